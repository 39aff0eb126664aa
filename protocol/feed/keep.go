package feed

import (
	"bytes"
	"slices"

	"kontor/protocol/block"
	"kontor/protocol/state"
)

// Which entries of an author with more than one history are part of the log is a function of the entries known, not of their order of
// arrival. At each seq, among the entries whose prev is kept, are kept
//   - every one that another member's entry builds upon, directly or through later entries of its author, or that a resolution names;
//   - the two with the lowest CIDs, up to ForkEntries past the fork;
//   - the one whose identity head is furthest along the author's chain.
//
// An entry signed by a feed key that an entry at its seq or before shows as revoked counts for the first rule alone: its author had gone
// on with another key (PROTOCOL 2). Past a resolution the two lowest are chosen among the entries that go on from it.
//
// Two members that have told each other all their logs hold have the same log. By induction over seq: what is kept below is the same; the
// lowest and the furthest of what one knows are in its log, so the other knows them, and none it knows beats them that the first does
// not know; what members build upon stands in the logs, which are otherwise equal.

// doubt notes that what is kept of an author from a seq on must be decided anew.
func (l Log) doubt(author block.CID, seq int64) {
	if low, known := l.memo.doubts[author]; !known || seq < low {
		l.memo.doubts[author] = seq
	}
}

// Reconsider has Keep decide again about an author that forked, or of whom entries are set aside: something new may lead to them.
func (l Log) Reconsider(author block.CID) error {
	if doubted, err := l.Doubted(); err != nil || !doubted {
		return err
	}
	aside, err := l.Aside(author)
	if err != nil {
		return err
	}
	for _, s := range aside {
		l.doubt(author, s.Header.Seq)
	}
	return l.doubtForked(author)
}

// Kept is what deciding changed.
type Kept struct {
	// Gone are entries that were admitted since the last decision and set aside at once.
	Gone map[block.CID]bool
	// Altered is true when entries left the log that stood in it before, or came back: every row may be another.
	Altered bool
}

// Keep decides, after entries were admitted, which of them stay in the log. Pins are entries that resolutions name.
func (l Log) Keep(pins []block.CID) (Kept, error) {
	out := Kept{Gone: map[block.CID]bool{}}
	for round := 0; len(l.memo.doubts) > 0 && round < 2*MaxMembers; round++ { // what one author loses may be what another one's entries stood upon
		for _, m := range l.circle.Members {
			low, doubted := l.memo.doubts[m.Company]
			if !doubted {
				continue
			}
			delete(l.memo.doubts, m.Company)
			if err := l.keep(m.Company, low, pins, &out); err != nil {
				return out, err
			}
		}
	}
	for id := range l.memo.taken {
		if _, held, err := l.Get(id); err != nil {
			return out, err
		} else if held {
			out.Altered = true
		}
	}
	clear(l.memo.fresh)
	clear(l.memo.taken)
	return out, nil
}

// known is an entry of an author in doubt, in the log or set aside.
type known struct {
	Entry
	aside bool
}

func (l Log) keep(author block.CID, low int64, pins []block.CID, out *Kept) error {
	all, low, err := l.knownFrom(author, low)
	if err != nil {
		return err
	}
	built, err := l.builtUpon(author, all, pins)
	if err != nil {
		return err
	}
	resolutions, err := l.Resolutions(author)
	if err != nil {
		return err
	}
	c := chooser{log: l, author: author, low: low, built: built, resolutions: resolutions, kept: map[block.CID]bool{}, goesOn: map[block.CID]int{}}
	for i := 0; i < len(all); {
		j := i
		for j < len(all) && all[j].Header.Seq == all[i].Header.Seq {
			j++
		}
		if err := c.level(all[i:j]); err != nil {
			return err
		}
		i = j
	}
	if err := l.setAsideAll(author, all, c.kept, out); err != nil {
		return err
	}
	if err := l.takeBackAll(author, all, c.kept); err != nil {
		return err
	}
	return l.settleFeed(author, all, c.kept)
}

// setAsideAll takes the entries out of the log that are not kept, the newest first.
func (l Log) setAsideAll(author block.CID, all []known, kept map[block.CID]bool, out *Kept) error {
	for _, e := range slices.Backward(all) {
		if kept[e.CID] || e.aside {
			continue
		}
		if err := l.setAside(e.Entry); err != nil {
			return err
		}
		if l.memo.fresh[e.CID] {
			out.Gone[e.CID] = true
		} else if !l.memo.taken[e.CID] {
			out.Altered = true
		}
		for _, m := range l.circle.Members { // what it built upon has lost it
			if m.Company != author {
				if err := l.doubtForked(m.Company); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// takeBackAll puts the entries into the log that were set aside and are kept.
func (l Log) takeBackAll(author block.CID, all []known, kept map[block.CID]bool) error {
	back := false
	for _, e := range all {
		if !e.aside || !kept[e.CID] {
			continue
		}
		if _, held, err := l.Get(e.CID); err != nil {
			return err
		} else if !held {
			if _, err := l.takeBack(e.Signed); err != nil {
				return err
			}
			back = true
		}
	}
	if back {
		delete(l.memo.doubts, author) // decided just now
	}
	return nil
}

// doubtForked puts an author in doubt that has forked, from its fork on.
func (l Log) doubtForked(author block.CID) error {
	places, err := l.forkPlaces(author)
	if err == nil && len(places) > 0 {
		l.doubt(author, places[0])
	}
	return err
}

// knownFrom lists what is known of an author from the lowest seq that matters, ascending by seq and CID.
func (l Log) knownFrom(author block.CID, low int64) (all []known, from int64, err error) {
	places, err := l.forkPlaces(author)
	if err != nil {
		return nil, 0, err
	}
	if len(places) > 0 {
		low = min(low, places[0])
	}
	aside, err := l.Aside(author)
	if err != nil {
		return nil, 0, err
	}
	for _, s := range aside {
		low = min(low, s.Header.Seq)
		all = append(all, known{Entry{Signed: s}, true})
	}
	err = l.From(author, low, func(e Entry) (bool, error) {
		all = append(all, known{e, false})
		return true, nil
	})
	slices.SortFunc(all, func(a, b known) int {
		if a.Header.Seq != b.Header.Seq {
			return int(max(-1, min(1, a.Header.Seq-b.Header.Seq)))
		}
		return bytes.Compare(a.CID.Bytes(), b.CID.Bytes())
	})
	return all, low, err
}

// builtUpon is what of an author other members' entries lead to, and what the pins lead to.
func (l Log) builtUpon(author block.CID, all []known, pins []block.CID) (map[block.CID]bool, error) {
	built, byID := map[block.CID]bool{}, map[block.CID]known{}
	from := int64(-1)
	for _, e := range all {
		byID[e.CID] = e
		if from < 0 || e.Header.Lam < from {
			from = e.Header.Lam
		}
	}
	mark := func(id block.CID) {
		for e, known := byID[id]; known && !built[e.CID]; {
			built[e.CID] = true
			if e.Header.Prev == nil {
				return
			}
			e, known = byID[*e.Header.Prev]
		}
	}
	for _, id := range pins {
		mark(id)
	}
	err := l.Since(from, func(e Entry) error {
		if e.Header.Author != author {
			for _, id := range e.Header.Seen {
				mark(id)
			}
		}
		return nil
	})
	return built, err
}

// Since visits all entries from a lam on, in the total order.
func (l Log) Since(lam int64, fn func(Entry) error) error {
	prefix := l.part.Key()
	return l.kv.Scan(state.TableOrder, prefix, l.part.Key(be64(max(0, lam))), func(key, _ []byte) (bool, error) {
		var at state.OrderKey
		copy(at[:], key[len(prefix):])
		e, err := l.Resolve(at)
		if err != nil {
			return false, err
		}
		return true, fn(e)
	})
}

// settleFeed notes what follows from what is kept: where the author forked, its head, and the ends of its other branches.
func (l Log) settleFeed(author block.CID, all []known, kept map[block.CID]bool) error {
	count := map[int64]int{}
	for _, e := range all {
		if kept[e.CID] {
			count[e.Header.Seq]++
		}
	}
	for _, e := range all {
		seq := e.Header.Seq
		var err error
		if count[seq] > 1 {
			err = l.kv.Put(state.TableIndex, l.forkKey(author, seq), []byte{})
		} else {
			err = l.kv.Delete(state.TableIndex, l.forkKey(author, seq))
		}
		if err != nil {
			return err
		}
	}
	if len(count) > 0 {
		if err := l.kv.Put(state.TableIndex, l.part.Key(forkPrefix), []byte{}); err != nil {
			return err
		}
		l.memo.forked = true
	}
	head, err := l.putHead(author)
	if err != nil {
		return err
	}
	return l.noteEnds(author, head, all)
}

// putHead notes an author's newest entry anew.
func (l Log) putHead(author block.CID) (head Entry, err error) {
	l.memo.looked = false
	delete(l.memo.heads, author)
	head, found, err := l.findHead(author)
	if err != nil || !found {
		return head, err
	}
	l.memo.heads[author] = head
	a, id := state.PartitionOf(author), state.PartitionOf(head.CID)
	return head, l.kv.Put(state.TableIndex, l.part.Key(headPrefix, a[:]), id[:])
}

// findHead looks for an author's newest entry: the greatest seq, then the greatest CID, among those that go on from its last resolution.
func (l Log) findHead(author block.CID) (head Entry, found bool, err error) {
	list, err := l.Resolutions(author)
	if err != nil {
		return Entry{}, false, err
	}
	var last *Resolution
	if len(list) > 0 {
		last = &list[len(list)-1]
	}
	var down []Entry
	err = l.kv.ScanReverse(state.TableEntries, l.feedPrefix(author), nil, func(key, value []byte) (bool, error) {
		e, err := l.decodeAt(key, value)
		if err != nil {
			return false, err
		}
		if last == nil {
			head, found = e, true
			return false, nil
		}
		down = append(down, e)
		return e.Header.Seq >= last.OnSeq, nil
	})
	if err != nil || last == nil {
		return head, found, err
	}
	on := map[block.CID]bool{last.On: true}
	for _, e := range slices.Backward(down) {
		if e.CID == last.On || e.Header.Prev != nil && on[*e.Header.Prev] {
			on[e.CID] = true
			head, found = e, true
		}
	}
	return head, found, nil
}
