package feed

import (
	"kontor/protocol/block"
)

// Admit checks a signed entry's links against what is held and stores it. It returns
//   - the entry and fresh = true when it is new;
//   - the entry and fresh = false when it was held already: nothing changes;
//   - ErrParked when it claims a time ahead of now (ms UTC; 0 leaves the clock out, for our own entries and rebuilds);
//   - *Missing when an entry it builds on is not held;
//   - *Error, an entry verdict, otherwise. Nothing is stored on any error.
//
// The caller has checked kind and body. A second valid entry for one seq is admitted too: it is the proof of a fork.
func (l Log) Admit(s Signed, now int64) (entry Entry, fresh bool, err error) {
	h := s.Header
	if next, err := l.isNext(h); err != nil {
		return Entry{}, false, err
	} else if !next {
		if held, found, err := l.Get(s.CID); err != nil || found {
			return held, false, err
		}
	}
	if now != 0 && h.T > now+AheadLimit {
		return Entry{}, false, ErrParked
	}
	clock := make([]int64, len(l.circle.Members))
	lam := int64(0)
	if h.Prev != nil {
		prev, err := l.link(*h.Prev)
		if err != nil {
			return Entry{}, false, err
		}
		if err := checkPrev(s, prev); err != nil {
			return Entry{}, false, err
		}
		clock, lam = append(clock[:0], prev.Clock...), prev.Header.Lam
	}
	seenLam, err := l.checkSeen(h, clock)
	if err != nil {
		return Entry{}, false, err
	}
	if want := 1 + max(lam, seenLam); h.Lam != want {
		return Entry{}, false, Refuse(CodeLam, "lam is %d; what the entry builds on makes it %d", h.Lam, want)
	}
	clock[l.circle.Index(h.Author)] = h.Seq
	if err := l.checkFork(s); err != nil {
		return Entry{}, false, err
	}
	entry = Entry{Signed: s, Clock: clock}
	return entry, true, l.put(entry)
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
	if !found {
		return Entry{}, &Missing{"entry", id}
	}
	return e, nil
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
	lam := int64(0)
	if head, found, err := l.Head(author); err != nil {
		return Header{}, err
	} else if found {
		prev := head.CID
		h.Prev, h.Seq, lam, h.Feat = &prev, head.Header.Seq+1, head.Header.Lam, head.Header.Feat
		h.T = max(h.T, head.Header.T)
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
			h.Seen = append(h.Seen, head.CID)
			lam = max(lam, head.Header.Lam)
		}
	}
	h.Lam = lam + 1
	return h, nil
}
