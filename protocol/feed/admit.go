package feed

import (
	"kontor/protocol/block"
	"kontor/protocol/state"
)

// Admit checks a signed entry's links against what is held and stores it. It returns
//   - the entry and fresh = true when it is new;
//   - the entry and fresh = false when it was held already: nothing changes;
//   - ErrParked when it claims a time ahead of now (ms UTC; 0 leaves the clock out, for our own entries and rebuilds);
//   - *Missing when an entry it builds on is not held;
//   - *Error, an entry verdict, otherwise. Nothing is stored on any error.
//
// The caller has checked kind and body, and calls Keep after the last entry of a batch: a second valid entry for one seq is admitted
// too, and Keep decides what stays. An entry that was set aside is as one that is held.
func (l Log) Admit(s Signed, now int64) (entry Entry, fresh bool, err error) {
	h := s.Header
	doubted, err := l.Doubted()
	if err != nil {
		return Entry{}, false, err
	}
	if next, err := l.isNext(h); err != nil {
		return Entry{}, false, err
	} else if doubted || !next { // of an author that forked, what is held may stand further along than its head
		if held, found, err := l.Get(s.CID); err != nil || found {
			return held, false, err
		}
	}
	if doubted {
		if _, aside, err := l.asideEntry(s.CID); err != nil || aside {
			return Entry{}, false, err
		}
	}
	if now != 0 && h.T > now+AheadLimit {
		return Entry{}, false, ErrParked
	}
	if entry, err = l.admit(s); err != nil {
		return Entry{}, false, err
	}
	l.memo.fresh[s.CID] = true
	return entry, true, nil
}

func (l Log) admit(s Signed) (entry Entry, err error) {
	h := s.Header
	clock := make([]int64, len(l.circle.Members))
	lam := int64(0)
	if h.Prev != nil {
		prev, err := l.link(*h.Prev)
		if err != nil {
			return Entry{}, err
		}
		if err := checkPrev(s, prev); err != nil {
			return Entry{}, err
		}
		clock, lam = append(clock[:0], prev.Clock...), prev.Header.Lam
	}
	seenLam, err := l.checkSeen(h, clock)
	if err != nil {
		return Entry{}, err
	}
	if want := 1 + max(lam, seenLam); h.Lam != want {
		return Entry{}, Refuse(CodeLam, "lam is %d; what the entry builds on makes it %d", h.Lam, want)
	}
	clock[l.circle.Index(h.Author)] = h.Seq
	follows, err := l.follows(s)
	if err != nil {
		return Entry{}, err
	}
	if !follows {
		l.doubt(h.Author, h.Seq)
	}
	entry = Entry{Signed: s, Clock: clock}
	return entry, l.put(entry)
}

// isNext tells that an entry has a greater seq than any held of its author: then it is not held, and need not be looked for where a store
// takes longest to say so.
func (l Log) isNext(h Header) (bool, error) {
	head, found, err := l.Head(h.Author)
	return found && h.Seq > head.Header.Seq, err
}

func (l Log) link(id block.CID) (Entry, error) {
	for _, head := range l.memo.heads { // what most entries build on
		if head.CID == id {
			return head, nil
		}
	}
	e, found, err := l.Get(id)
	if err != nil {
		return Entry{}, err
	}
	if found {
		return e, nil
	}
	s, aside, err := l.asideEntry(id)
	if err != nil {
		return Entry{}, err
	}
	if !aside {
		return Entry{}, &Missing{"entry", id}
	}
	return l.takeBack(s)
}

func checkPrev(s Signed, prev Entry) error {
	h, p := s.Header, prev.Header
	switch {
	case p.Author != h.Author:
		return Refuse(CodePrev, "prev is an entry of another author")
	case h.Seq != p.Seq+1:
		return Refuse(CodeSeq, "seq is %d after %d", h.Seq, p.Seq)
	case h.T < p.T:
		return Refuse(CodeTime, "claimed time %d is before that of the entry before, %d", h.T, p.T)
	case s.IDSeq < prev.IDSeq:
		return Refuse(CodeIDHead, "identity head goes back from place %d to %d", prev.IDSeq, s.IDSeq)
	case h.Feat < p.Feat:
		return Refuse(CodeFeat, "capability level falls from %d to %d", p.Feat, h.Feat)
	}
	return nil
}

// checkSeen resolves the heads an author has seen, merges their pasts into clock and returns the greatest lam among them.
func (l Log) checkSeen(h Header, clock []int64) (int64, error) {
	before := append([]int64{}, clock...)
	lam, last := int64(0), -1
	named := make([]bool, len(clock))
	for _, id := range h.Seen {
		seen, err := l.link(id)
		if err != nil {
			return 0, err
		}
		member := l.circle.Index(seen.Header.Author)
		if seen.Header.Author == h.Author {
			return 0, Refuse(CodeSeen, "an author does not see itself")
		}
		if member <= last {
			return 0, Refuse(CodeSeen, "heads seen are not in the order of the members, each at most once")
		}
		last = member
		if seen.Header.Seq < before[member] {
			return 0, Refuse(CodeSeen, "seen of %s goes back from seq %d to %d", seen.Header.Author.Short(), before[member], seen.Header.Seq)
		}
		named[member] = true
		lam = max(lam, seen.Header.Lam)
		for i, seq := range seen.Clock {
			clock[i] = max(clock[i], seq)
		}
	}
	self := l.circle.Index(h.Author)
	for i, seq := range before {
		if i != self && seq > 0 && !named[i] {
			return 0, Refuse(CodeSeen, "head of member %d, seen before, is left out", i)
		}
	}
	return lam, nil
}

// Draft frames the next entry of an author on top of everything held: prev, seen, seq, lam. The caller sets kind, body and
// identity head and seals it. Its time is now, or the time of the entry before if the clock stands behind that.
func (l Log) Draft(author block.CID, now int64) (Header, error) {
	h := Header{V: 1, PID: l.circle.PID, Author: author, Seq: 1, T: now, Seen: []block.CID{}}
	own, found, err := l.Head(author)
	if err != nil {
		return Header{}, err
	}
	if !found {
		return l.draft(h, nil)
	}
	return l.draft(h, &own)
}

// DraftAfter is Draft for an author whose feed goes on from another entry than its head: one that forked and signs how that is resolved.
func (l Log) DraftAfter(own Entry, now int64) (Header, error) {
	return l.draft(Header{V: 1, PID: l.circle.PID, Author: own.Header.Author, Seq: 1, T: now, Seen: []block.CID{}}, &own)
}

func (l Log) draft(h Header, own *Entry) (Header, error) {
	author, lam := h.Author, int64(0)
	if own != nil {
		prev := own.CID
		h.Prev, h.Seq, lam, h.Feat = &prev, own.Header.Seq+1, own.Header.Lam, own.Header.Feat
		h.T = max(h.T, own.Header.T)
	}
	for _, m := range l.circle.Members {
		if m.Company == author {
			continue
		}
		head, found, err := l.Head(m.Company)
		if err != nil {
			return Header{}, err
		}
		if found {
			if head, err = l.notBefore(head, own, l.circle.Index(m.Company)); err != nil {
				return Header{}, err
			}
			h.Seen = append(h.Seen, head.CID)
			lam = max(lam, head.Header.Lam)
		}
	}
	h.Lam = lam + 1
	return h, nil
}

// notBefore is the entry of another member to name as seen: its head, but after a fork, when the author has seen more of another branch, the
// furthest one held, because what an author has seen never shrinks.
func (l Log) notBefore(head Entry, own *Entry, member int) (Entry, error) {
	if own == nil || head.Header.Seq >= own.Clock[member] {
		return head, nil
	}
	furthest := head
	err := l.kv.ScanReverse(state.TableEntries, l.feedPrefix(head.Header.Author), nil, func(key, value []byte) (bool, error) {
		var err error
		furthest, err = l.decodeAt(key, value)
		return false, err
	})
	return furthest, err
}
