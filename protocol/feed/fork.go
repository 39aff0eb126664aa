package feed

import (
	"slices"

	"kontor/protocol/block"
	"kontor/protocol/state"
)

// Fork is the place where an author wrote two entries for one seq. The two envelopes and the author's certificate prove it to
// anyone, offline.
type Fork struct {
	Author block.CID
	Seq    int64
	Lam    int64 // the smaller lam of the two branches: nothing at or above it settles until the fork is resolved
	Proof  [2]Envelope
}

// forkPrefix separates fork records from the entry index in its table: no partition-relative index key has this length.
var forkPrefix = []byte("fork/")

// checkFork notes a fork when an entry's seq is taken by another one, within bounds: two branches, and ForkEntries past the fork.
func (l Log) checkFork(s Signed) error {
	if fresh, err := l.follows(s); err != nil || fresh {
		return err
	}
	same, err := l.At(s.Header.Author, s.Header.Seq)
	if err != nil {
		return err
	}
	if len(same) >= 2 {
		return Refuse(CodeFork, "author %s has two entries at seq %d already; a third branch is not kept", s.Header.Author.Short(), s.Header.Seq)
	}
	if err := l.checkStolen(s, same); err != nil {
		return err
	}
	fork, forked, err := l.ForkOf(s.Header.Author)
	if err != nil {
		return err
	}
	if forked && s.Header.Seq > fork.Seq+ForkEntries {
		return Refuse(CodeFork, "author %s forked at seq %d; at most %d entries past it are kept", s.Header.Author.Short(), fork.Seq, ForkEntries)
	}
	if len(same) == 0 || (forked && fork.Seq <= s.Header.Seq) {
		return nil
	}
	data, err := block.Marshal(forkRecord{Author: s.Header.Author, Seq: s.Header.Seq, Lam: min(s.Header.Lam, same[0].Header.Lam),
		A: same[0].Envelope, B: s.Envelope})
	if err != nil {
		return err
	}
	a := state.PartitionOf(s.Header.Author)
	l.memo.looked = false
	return l.kv.Put(state.TableIndex, l.part.Key(forkPrefix, a[:]), data)
}

// checkStolen refuses an entry for a taken seq when what stands there names an identity that revokes the key which signed it: its author had
// replaced the key by then, and whoever signs with it still is not the author (PROTOCOL 2, stolen feed key). It proves no fork.
func (l Log) checkStolen(s Signed, same []Entry) error {
	if l.ids == nil || len(same) == 0 {
		return nil
	}
	view, held := l.ids(s.Header.Author, s.Header.IDHead)
	if !held {
		return &Missing{"identity", s.Header.IDHead}
	}
	key, ok := view.FeedKey()
	if !ok {
		return nil // Open refuses it
	}
	for _, e := range same {
		if now, held := l.ids(e.Header.Author, e.Header.IDHead); held && now.Revoked(key[:]) {
			return Refuse(CodeNoKey, "feed key %s of %s was revoked and replaced at seq %d or before", key.ID(), s.Header.Author.Short(), s.Header.Seq)
		}
	}
	return nil
}

// follows tells that an entry stands after everything held of an author that never forked: the rule, and no fork.
func (l Log) follows(s Signed) (bool, error) {
	forks, err := l.Forks()
	if err != nil || slices.ContainsFunc(forks, func(f Fork) bool { return f.Author == s.Header.Author }) {
		return false, err
	}
	head, found, err := l.Head(s.Header.Author)
	return err == nil && (!found || head.Header.Seq < s.Header.Seq), err
}

type forkRecord struct {
	Author block.CID `cbor:"author"`
	Seq    int64     `cbor:"seq"`
	Lam    int64     `cbor:"lam"`
	A      Envelope  `cbor:"a"`
	B      Envelope  `cbor:"b"`
}

func (r forkRecord) fork() Fork {
	return Fork{Author: r.Author, Seq: r.Seq, Lam: r.Lam, Proof: [2]Envelope{r.A, r.B}}
}

// ForkOf is an author's fork; false for one that never forked.
func (l Log) ForkOf(author block.CID) (Fork, bool, error) {
	a := state.PartitionOf(author)
	data, found, err := l.kv.Get(state.TableIndex, l.part.Key(forkPrefix, a[:]))
	if err != nil || !found {
		return Fork{}, false, err
	}
	var rec forkRecord
	if err := block.Unmarshal(data, &rec); err != nil {
		return Fork{}, false, err
	}
	return rec.fork(), true, nil
}

// Forks lists the forks known in this partnership, at most one an author: its first.
func (l Log) Forks() (forks []Fork, err error) {
	if l.memo.looked {
		return slices.Clone(l.memo.forks), nil
	}
	for _, m := range l.circle.Members {
		fork, found, err := l.ForkOf(m.Company)
		if err != nil {
			return nil, err
		}
		if found {
			forks = append(forks, fork)
		}
	}
	l.memo.forks, l.memo.looked = slices.Clone(forks), true
	return forks, nil
}

// FirstFork is the known fork with the smallest lam.
func (l Log) FirstFork() (first Fork, found bool, err error) {
	forks, err := l.Forks()
	for _, f := range forks {
		if !found || f.Lam < first.Lam {
			first, found = f, true
		}
	}
	return first, found, err
}

// Branch is the entry at a fork's seq through which an entry of the forked author descends; false for one before the fork.
func (l Log) Branch(f Fork, e Entry) (block.CID, bool, error) {
	for e.Header.Seq > f.Seq {
		prev, found, err := l.Get(*e.Header.Prev)
		if err != nil || !found {
			return block.CID{}, false, err
		}
		e = prev
	}
	return e.CID, e.Header.Seq == f.Seq, nil
}

// SeenOf is the head of an author that an entry names as seen.
func (l Log) SeenOf(author block.CID, e Entry) (head Entry, found bool, err error) {
	for _, id := range e.Header.Seen {
		seen, held, err := l.Get(id)
		if err != nil {
			return Entry{}, false, err
		}
		if held && seen.Header.Author == author {
			return seen, true, nil
		}
	}
	return Entry{}, false, nil
}

// MainBranch is the branch of a fork that counts: the one some other member built upon first in the total order, so that a history
// shown later can't undo what others relied on; the lower CID while nobody has built on either. It depends on the entries held alone.
func (l Log) MainBranch(f Fork) (main block.CID, err error) {
	branches, err := l.At(f.Author, f.Seq)
	if err != nil || len(branches) == 0 {
		return block.CID{}, err
	}
	main = branches[0].CID // entries of one seq stand in the order of their CIDs
	prefix := l.part.Key()
	err = l.kv.Scan(state.TableOrder, prefix, l.part.Key(be64(f.Lam)), func(key, _ []byte) (bool, error) {
		var at state.OrderKey
		copy(at[:], key[len(prefix):])
		e, err := l.Resolve(at)
		if err != nil || e.Header.Author == f.Author {
			return true, err
		}
		head, found, err := l.SeenOf(f.Author, e)
		if err != nil || !found {
			return true, err
		}
		branch, past, err := l.Branch(f, head)
		if err != nil || !past {
			return true, err
		}
		main = branch
		return false, nil
	})
	return main, err
}
