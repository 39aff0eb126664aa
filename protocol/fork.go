package protocol

import (
	"slices"

	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/feed"
	"kontor/protocol/state"
)

// A member that wrote two histories (PROTOCOL 4) must not gain by it. Three rules, each a function of the entries held alone:
//   - acts on a side branch, one that is not the one built upon first, are refused: shown later, they undo nothing others relied on;
//   - in every round still open for the forker, its voids no longer free it; its signatures and acknowledgements on any branch count;
//   - an entry saw of the forker what its causal past leads to, not what carries the same number on another branch.
//
// Nothing at or above the fork settles, and a member that knows of it writes nothing that binds (see Replica.Write), until the quorums of
// all members have signed a resolution (see ForkResolution). Then what it keeps counts for good, and the forker's feed goes on from one place.

// forkState is a known fork and the branch that counts.
type forkState struct {
	feed.Fork
	main     block.CID
	resolved *feed.Resolution // nil: nothing binds until it is
	when     state.OrderKey   // of the entry by which it was
}

// frozen tells whether a fork waits to be resolved.
func (r *Replica) frozen() bool {
	for _, forks := range r.forks {
		if slices.ContainsFunc(forks, func(f forkState) bool { return f.resolved == nil }) {
			return true
		}
	}
	return false
}

// learnForks reads the forks known now and what resolves them. It tells whether they, or the branches that count, are others than before:
// then every row may be another.
func (r *Replica) learnForks() (changed bool, err error) {
	before := r.forks
	r.forks, r.votes, r.seen, r.inside = nil, nil, nil, nil
	doubted, err := r.Log.Doubted()
	if err != nil || !doubted {
		return false, err
	}
	resolved, err := r.countVotes()
	if err != nil {
		return false, err
	}
	for _, m := range r.Circle.Members {
		states, err := r.forksOf(m.Company, resolved)
		if err != nil {
			return false, err
		}
		if len(states) == 0 {
			continue
		}
		if r.forks == nil {
			r.forks = map[block.CID][]forkState{}
		}
		r.forks[m.Company] = states
	}
	same := func(a, b forkState) bool {
		return a.Seq == b.Seq && a.Lam == b.Lam && a.main == b.main && (a.resolved == nil) == (b.resolved == nil)
	}
	for _, m := range r.Circle.Members {
		changed = changed || !slices.EqualFunc(before[m.Company], r.forks[m.Company], same)
	}
	return changed, nil
}

// forksOf lists an author's forks: those resolved, each going on from the one before, and the one that is not.
func (r *Replica) forksOf(author block.CID, resolved map[forkPlace]feed.Resolution) (states []forkState, err error) {
	list := []feed.Resolution{}
	for {
		fork, found, err := r.Log.ForkBeyond(author, list)
		if err != nil {
			return nil, err
		}
		if !found {
			break
		}
		how, done := resolved[forkPlace{author, fork.Seq}]
		if !done || len(list) > 0 && fork.Seq <= list[len(list)-1].OnSeq {
			main, err := r.Log.MainBranch(fork)
			if err != nil {
				return nil, err
			}
			states = append(states, forkState{Fork: fork, main: main})
			break
		}
		states = append(states, forkState{Fork: fork, main: how.Main, resolved: &how, when: r.when[forkPlace{author, fork.Seq}]})
		list = append(list, how)
	}
	noted, err := r.Log.Resolutions(author)
	if err != nil {
		return nil, err
	}
	if !slices.EqualFunc(noted, list, func(a, b feed.Resolution) bool { return a.Document == b.Document }) {
		err = r.Log.SetResolutions(author, list)
	}
	return states, err
}

// keepBranches decides, after entries were admitted, which of them stay and which branches count: gone are those admitted that were set
// aside at once; changed tells that every row may be another.
func (r *Replica) keepBranches() (gone map[block.CID]bool, changed bool, err error) {
	if doubted, err := r.Log.Doubted(); err != nil || !doubted {
		return nil, false, err
	}
	gone = map[block.CID]bool{}
	for range 3 { // what is kept says what is resolved, and that what is kept
		pins, err := r.pinned()
		if err != nil {
			return nil, false, err
		}
		kept, err := r.Log.Keep(pins)
		if err != nil {
			return nil, false, err
		}
		for id := range kept.Gone {
			gone[id] = true
		}
		learnt, err := r.learnForks()
		if err != nil {
			return nil, false, err
		}
		changed = changed || kept.Altered || learnt
		if !learnt && !kept.Altered {
			break
		}
	}
	return gone, changed, nil
}

// sideBranch is the branch an entry stands on, where that is not the one that counts; nil otherwise.
func (r *Replica) sideBranch(e feed.Entry) (*block.CID, error) {
	for _, f := range r.forks[e.Header.Author] {
		if e.Header.Seq < f.Seq {
			return nil, nil
		}
		if f.resolved != nil {
			if on, err := r.Log.GoesOn(*f.resolved, e); err != nil {
				return nil, err
			} else if on {
				continue
			}
		}
		branch, past, err := r.Log.Branch(f.Fork, e)
		if err != nil || !past || branch == f.main {
			return nil, err
		}
		return &branch, nil
	}
	return nil, nil
}

// doubted tells that an entry stands at or past a fork of its author that no resolution before it, in the order, resolves.
func (r *Replica) doubted(e feed.Entry) bool {
	return slices.ContainsFunc(r.forks[e.Header.Author], func(f forkState) bool {
		return e.Header.Seq >= f.Seq && (f.resolved == nil || e.Key().Compare(f.when) < 0)
	})
}

// outside tells that resolutions do not keep the entry at a place: it is stored, because entries may name it, and counts nowhere.
func (r *Replica) outside(at state.OrderKey) bool {
	for author, forks := range r.forks {
		if state.PartitionOf(author) != at.Author() || forks[0].resolved == nil || at.Seq() < forks[0].Seq || r.unread != nil {
			continue
		}
		e, err := r.Log.Resolve(at)
		if err == nil {
			var out bool
			if out, err = r.notKept(forks, e); err == nil {
				return out
			}
		}
		r.unread = err
	}
	return false
}

func (r *Replica) notKept(forks []forkState, e feed.Entry) (bool, error) {
	if r.inside == nil {
		if err := r.readKept(); err != nil {
			return false, err
		}
	}
	for _, f := range forks {
		if f.resolved == nil || e.Header.Seq < f.Seq {
			return false, nil
		}
		on, err := r.Log.GoesOn(*f.resolved, e)
		if err != nil {
			return false, err
		}
		if !on {
			return !r.inside[e.CID], nil
		}
	}
	return false, nil
}

// readKept finds all entries past forks that resolutions keep.
func (r *Replica) readKept() error {
	r.inside = map[block.CID]bool{}
	for _, forks := range r.forks {
		for _, f := range forks {
			if f.resolved == nil {
				continue
			}
			for _, id := range f.resolved.Kept {
				e, found, err := r.Log.Get(id)
				for ; err == nil && found && e.Header.Seq >= f.Seq && !r.inside[e.CID]; e, found, err = r.Log.Get(*e.Header.Prev) {
					r.inside[e.CID] = true
					if e.Header.Prev == nil {
						break
					}
				}
				if err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// forkRounds tells every round, at the first entry past a fork, that its author forked. A void before the fork stands on all branches
// and stays.
func (f *fold) forkRounds() error {
	forks := f.replica.forks[f.author.Company]
	if !slices.ContainsFunc(forks, func(fork forkState) bool { return fork.Seq == f.entry.Header.Seq }) {
		return nil
	}
	var rows []RoundRow
	err := scanRows(f.rows, roundPrefix, func(_ string, row RoundRow) error {
		for _, p := range row.Parties {
			if p.Company == f.author.Company && !p.Forked && p.Void == nil {
				rows = append(rows, row)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, row := range rows {
		before := row.Verdict
		row.Round = row.Round.Fork(f.author.Company)
		if err := f.putRound(row); err != nil {
			return err
		}
		if err := f.changeTopic(row.Topic, func(t decision.Topic) decision.Topic { return t.Settle(row.Round, f.mark()) }); err != nil {
			return err
		}
		if err := f.contestRound(before, row); err != nil {
			return err
		}
	}
	return nil
}
