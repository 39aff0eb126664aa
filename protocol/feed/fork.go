package feed

import (
	"encoding/binary"
	"slices"

	"kontor/protocol/block"
	"kontor/protocol/state"
)

// Fork is the place where an author wrote two entries for one seq. The two envelopes and the author's certificate prove it to
// anyone, offline.
type Fork struct {
	Author block.CID
	Seq    int64
	Lam    int64 // the smallest lam of the branches: nothing at or above it settles until the fork is resolved
	Proof  [2]Envelope
}

// forkPrefix separates fork places from the entry index in its table: no partition-relative index key has this length.
var forkPrefix = []byte("fork/")

func (l Log) forkKey(author block.CID, seq int64) []byte {
	a := state.PartitionOf(author)
	return l.part.Key(forkPrefix, a[:], be64(seq))
}

// forkPlaces lists the seqs at which more than one entry of an author is kept, ascending.
func (l Log) forkPlaces(author block.CID) (places []int64, err error) {
	a := state.PartitionOf(author)
	prefix := l.part.Key(forkPrefix, a[:])
	err = l.kv.Scan(state.TableIndex, prefix, prefix, func(key, _ []byte) (bool, error) {
		if len(key) == len(prefix)+8 {
			places = append(places, int64(binary.BigEndian.Uint64(key[len(prefix):])))
		}
		return true, nil
	})
	return places, err
}

// Doubted tells whether ever an entry here did not simply follow its author's newest one: without that there is no fork to look for.
func (l Log) Doubted() (bool, error) {
	if l.memo.forked || len(l.memo.doubts) > 0 {
		return true, nil
	}
	_, found, err := l.kv.Get(state.TableIndex, l.part.Key(forkPrefix))
	l.memo.forked = found
	return found, err
}

// FirstForkPlace is the smallest seq at which an author has more than one entry in the log, resolved or not.
func (l Log) FirstForkPlace(author block.CID) (seq int64, forked bool, err error) {
	doubted, err := l.Doubted()
	if err != nil || !doubted {
		return 0, false, err
	}
	places, err := l.forkPlaces(author)
	if err != nil || len(places) == 0 {
		return 0, false, err
	}
	return places[0], true, nil
}

// follows tells that an entry stands after everything held of an author, and that no fork of its waits to be resolved: the rule.
func (l Log) follows(s Signed) (bool, error) {
	forks, err := l.Forks()
	if err != nil || slices.ContainsFunc(forks, func(f Fork) bool { return f.Author == s.Header.Author }) {
		return false, err
	}
	head, found, err := l.Head(s.Header.Author)
	if err != nil || !found {
		return err == nil, err
	}
	return s.Header.Prev != nil && *s.Header.Prev == head.CID, nil
}

// Forks lists the forks of this partnership that are not resolved, at most one an author: its first.
func (l Log) Forks() (forks []Fork, err error) {
	if l.memo.looked {
		return slices.Clone(l.memo.forks), nil
	}
	doubted, err := l.Doubted()
	if err != nil {
		return nil, err
	}
	for _, m := range l.circle.Members {
		if !doubted {
			break
		}
		resolutions, err := l.Resolutions(m.Company)
		if err != nil {
			return nil, err
		}
		fork, found, err := l.ForkBeyond(m.Company, resolutions)
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

// ForkBeyond is an author's first fork that resolutions, each going on from the one before, do not cover.
func (l Log) ForkBeyond(author block.CID, resolutions []Resolution) (Fork, bool, error) {
	places, err := l.forkPlaces(author)
	if err != nil {
		return Fork{}, false, err
	}
	for _, seq := range places {
		if n := len(resolutions); n > 0 && seq <= resolutions[n-1].OnSeq {
			if seq < resolutions[0].Seq {
				return l.forkAt(author, seq, nil) // an earlier fork than any resolved
			}
			continue
		}
		if fork, found, err := l.forkAt(author, seq, resolutions); err != nil || found {
			return fork, found, err
		}
	}
	return Fork{}, false, nil
}

// forkAt is the fork at a seq; false where fewer than two entries go on there from what was resolved before.
func (l Log) forkAt(author block.CID, seq int64, resolutions []Resolution) (f Fork, found bool, err error) {
	entries, err := l.At(author, seq)
	if err != nil {
		return Fork{}, false, err
	}
	if len(resolutions) > 0 {
		last := resolutions[len(resolutions)-1]
		var on []Entry
		for _, e := range entries {
			goes, err := l.GoesOn(last, e)
			if err != nil {
				return Fork{}, false, err
			}
			if goes {
				on = append(on, e)
			}
		}
		entries = on
	}
	if len(entries) < 2 {
		return Fork{}, false, nil
	}
	f = Fork{Author: author, Seq: seq, Lam: entries[0].Header.Lam, Proof: [2]Envelope{entries[0].Envelope, entries[1].Envelope}}
	for _, e := range entries {
		f.Lam = min(f.Lam, e.Header.Lam)
	}
	return f, true, nil
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
