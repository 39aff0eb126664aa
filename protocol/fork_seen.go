package protocol

import (
	"bytes"
	"slices"

	"kontor/protocol/block"
	"kontor/protocol/feed"
)

// seenOf says of an author that forked how much of each of its branches the others' entries named: by branch and member, the seqs of
// the author that were named and the member's entry that first did, both ascending.
type seenOf map[branchSeen][][2]int64

// branchSeen is a member's look at a branch, named by its first entry; for what goes on from a resolution by the entry it goes on from.
type branchSeen struct{ branch, member block.CID }

// sawForked tells whether the causal past of the fold's entry holds the forker's entry of a seq at or past its fork, on a side branch or, with
// side nil, on the one that counts. What goes on from a resolution was written by one that knew both branches.
func (f *fold) sawForked(author block.CID, seq int64, side *block.CID) bool {
	branches := []block.CID{}
	for _, fork := range f.replica.forks[author] {
		if seq < fork.Seq {
			break
		}
		if side == nil && (fork.resolved == nil || seq <= fork.resolved.OnSeq) {
			branches = append(branches, fork.main)
		}
		if fork.resolved != nil {
			branches = append(branches, fork.resolved.On)
		}
	}
	if side != nil {
		branches = append(branches, *side)
	}
	seen, err := f.replica.seenBranches(author)
	if err != nil {
		return false
	}
	for _, branch := range branches {
		for i, m := range f.replica.Circle.Members {
			for _, step := range seen[branchSeen{branch, m.Company}] {
				if step[1] > f.entry.Clock[i] {
					break
				}
				if step[0] >= seq || f.replica.goesOnFrom(author, branch, seq) {
					return true
				}
			}
		}
	}
	return false
}

// goesOnFrom tells whether a branch is what goes on from a resolution that keeps a seq: then any of its entries knows that one.
func (r *Replica) goesOnFrom(author, branch block.CID, seq int64) bool {
	return slices.ContainsFunc(r.forks[author], func(f forkState) bool {
		return f.resolved != nil && f.resolved.On == branch && seq <= f.resolved.OnSeq
	})
}

// seenBranches reads, once a transaction and only when asked, what others' entries named of an author since its fork.
func (r *Replica) seenBranches(author block.CID) (seenOf, error) {
	if seen, known := r.seen[author]; known {
		return seen, nil
	}
	forks := r.forks[author]
	seen := seenOf{}
	err := r.Log.Since(forks[0].Lam, func(e feed.Entry) error {
		if e.Header.Author == author {
			return nil
		}
		head, found, err := r.Log.SeenOf(author, e)
		if err != nil || !found || head.Header.Seq < forks[0].Seq {
			return err
		}
		branch, err := r.branchOf(head)
		if err != nil {
			return err
		}
		key := branchSeen{branch, e.Header.Author}
		steps := seen[key]
		if n := len(steps); n == 0 || steps[n-1][0] < head.Header.Seq {
			seen[key] = append(steps, [2]int64{head.Header.Seq, e.Header.Seq})
		}
		return nil
	})
	if r.seen == nil {
		r.seen = map[block.CID]seenOf{}
	}
	r.seen[author] = seen
	return seen, err
}

// branchOf names the branch of an author's entry past its fork.
func (r *Replica) branchOf(e feed.Entry) (branch block.CID, err error) {
	for _, f := range r.forks[e.Header.Author] {
		if e.Header.Seq < f.Seq {
			return branch, nil // between two forks: on what goes on from the first
		}
		if f.resolved != nil {
			on, err := r.Log.GoesOn(*f.resolved, e)
			if err != nil {
				return branch, err
			}
			if on {
				branch = f.resolved.On
				continue
			}
		}
		branch, _, err = r.Log.Branch(f.Fork, e)
		return branch, err
	}
	return branch, nil
}

func sameBranch(a, b *block.CID) bool {
	return a == nil && b == nil || a != nil && b != nil && bytes.Equal(a.Bytes(), b.Bytes())
}
