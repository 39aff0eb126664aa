package protocol

import (
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/feed"
)

// A member that wrote two histories (PROTOCOL 4) must not gain by it. Three rules, each a function of the entries held alone:
//   - acts on the side branch, the one nobody built upon first, are refused: shown later, they undo nothing others relied on;
//   - in every round still open for the forker, its voids no longer free it, and an acknowledgement on either branch counts;
//   - an entry saw of the forker what stands on the branch its author had seen, not what carries the same number on the other.
// Nothing at or above the fork settles, and a member that knows of it writes nothing that binds (see Replica.Write).

// forkState is a known fork and the branch that counts.
type forkState struct {
	feed.Fork
	main block.CID
}

// learnForks reads the forks known now. It tells whether they, or the branches that count, are others than before: then every row may
// be another.
func (r *Replica) learnForks() (changed bool, err error) {
	before := r.forks
	forks, err := r.Log.Forks()
	if err != nil {
		return false, err
	}
	r.forks = nil
	for _, f := range forks {
		main, err := r.Log.MainBranch(f)
		if err != nil {
			return false, err
		}
		if r.forks == nil {
			r.forks = map[block.CID]forkState{}
		}
		r.forks[f.Author] = forkState{f, main}
	}
	for author, now := range r.forks {
		old, known := before[author]
		changed = changed || !known || old.Seq != now.Seq || old.main != now.main
	}
	return changed, nil
}

// forked is the fork of an author, once learnForks has run.
func (r *Replica) forked(author block.CID) (forkState, bool) {
	f, ok := r.forks[author]
	return f, ok
}

// onSideBranch tells whether an entry stands on the branch that does not count.
func (r *Replica) onSideBranch(e feed.Entry) (bool, error) {
	f, ok := r.forked(e.Header.Author)
	if !ok || e.Header.Seq < f.Seq {
		return false, nil
	}
	branch, past, err := r.Log.Branch(f.Fork, e)
	return past && branch != f.main, err
}

// forkRounds tells every round, at the first entry past a fork, that its author forked. A void before the fork stands on both branches
// and stays.
func (f *fold) forkRounds() error {
	fork, ok := f.replica.forked(f.author.Company)
	if !ok || f.entry.Header.Seq != fork.Seq {
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
		row.Round = row.Round.Fork(f.author.Company)
		if err := f.putRound(row); err != nil {
			return err
		}
		if err := f.changeTopic(row.Topic, func(t decision.Topic) decision.Topic { return t.Settle(row.Round, f.mark()) }); err != nil {
			return err
		}
	}
	return nil
}

// sawForked tells whether the entry's author had seen the forker's entry of a seq at or past the fork: the head it names must descend
// through the branch that counts.
func (f *fold) sawForked(fork forkState, seq int64) bool {
	head, found, err := f.replica.Log.SeenOf(fork.Author, f.entry)
	if err != nil || !found || head.Header.Seq < seq {
		return false
	}
	branch, past, err := f.replica.Log.Branch(fork.Fork, head)
	return err == nil && past && branch == fork.main
}
