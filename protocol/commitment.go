package protocol

import (
	"bytes"
	"errors"
	"slices"

	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/state"
)

// Commitment is the body of a commitment entry: the author's state root at a settled line.
type Commitment struct {
	Line int64  `cbor:"line"`
	Root []byte `cbor:"root"`
}

// commitmentPrefix stands in the tree table: the newest commitment held of each member, and ours.
var commitmentPrefix = []byte{'k'}

func (r *Replica) commitmentKey(member block.CID) []byte {
	m := state.PartitionOf(member)
	return r.part.Key(commitmentPrefix, m[:])
}

func (r *Replica) noteCommitment(e feed.Entry) error {
	data, err := r.Block(*e.Header.Body)
	if err != nil {
		return err
	}
	var c Commitment
	if err := block.Unmarshal(data, &c); err != nil || len(c.Root) != len(state.Hash{}) {
		return nil // the form of a body is a business matter: the fold refused it
	}
	if knew, err := r.knewForks(e, c.Line); err != nil || !knew {
		return err
	}
	return r.kv.Put(state.TableTree, r.commitmentKey(e.Header.Author), data)
}

// knewForks tells whether the author of a commitment to a line knew how every fork that reaches below that line is resolved. One that did not
// commits to what it believed then: rows at and above a fork are folded again when it is found.
func (r *Replica) knewForks(e feed.Entry, line int64) (bool, error) {
	for author, forks := range r.forks {
		for _, f := range forks {
			if f.Lam > line {
				continue
			}
			if f.resolved == nil {
				return false, nil
			}
			for _, v := range r.agreed[forkPlace{author, f.Seq}].Resolutions {
				if v.Document != f.resolved.Document {
					continue
				}
				for _, m := range v.Members {
					for _, signer := range m.Signers {
						vote, _, err := r.Log.Get(signer.Entry)
						if err != nil || vote.Header.Seq > e.Clock[r.Circle.Index(m.Company)] {
							return false, err
						}
					}
				}
			}
		}
	}
	return true, nil
}

// dropCommitments forgets the commitments to lines that a fork has taken back.
func (r *Replica) dropCommitments() error {
	lowest := int64(-1)
	for _, forks := range r.forks {
		for _, f := range forks {
			if lowest < 0 || f.Lam < lowest {
				lowest = f.Lam
			}
		}
	}
	for _, m := range r.Circle.Members {
		c, found, err := r.LastCommitment(m.Company)
		if err != nil {
			return err
		}
		if found && lowest >= 0 && c.Line >= lowest {
			if err := r.kv.Delete(state.TableTree, r.commitmentKey(m.Company)); err != nil {
				return err
			}
		}
	}
	return nil
}

// LastCommitment is the newest commitment held of a member.
func (r *Replica) LastCommitment(member block.CID) (c Commitment, found bool, err error) {
	data, found, err := r.kv.Get(state.TableTree, r.commitmentKey(member))
	if err != nil || !found {
		return c, false, err
	}
	return c, true, block.Unmarshal(data, &c)
}

// checkCommitments compares the commitments that came, and those whose line was reached only now, with our roots at their lines, and forgets
// the roots that every writing member has committed past. Old is the line before.
func (r *Replica) checkCommitments(old int64, change *Outcome) ([]Mismatch, error) {
	var out []Mismatch
	past, due := change.Line, false
	for _, m := range r.Circle.Members {
		if !m.Writes {
			continue
		}
		c, found, err := r.LastCommitment(m.Company)
		if err != nil {
			return nil, err
		}
		if !found {
			past = 0
			continue
		}
		past = min(past, c.Line)
		came := slices.ContainsFunc(change.Admitted, func(e feed.Entry) bool { return e.Header.Kind == KindCommitment && e.Header.Author == m.Company })
		if !came && c.Line <= old {
			continue // compared when it came
		}
		due = true
		root, known, err := r.machine.RootAt(c.Line)
		if err != nil {
			return nil, err
		}
		if known && root != state.Hash(c.Root) {
			out = append(out, Mismatch{PID: r.PID, Member: m.Company, Line: c.Line, Ours: root, Theirs: state.Hash(c.Root)})
		}
	}
	if past > 0 && due {
		return out, r.machine.PruneRoots(past)
	}
	return out, nil
}

// CommitmentDraft is the commitment to write now; ok is false when nothing that settled since our last one changed the root, or only commitments and receipts did. They change
// rows too, while a signing round is open: what was heard last of each party. Two nodes that answered each other's commitments to that would never end.
func (r *Replica) CommitmentDraft(own block.CID) (d Draft, ok bool, err error) {
	line, err := r.machine.Line()
	if err != nil || line == 0 {
		return d, false, err
	}
	last, found, err := r.LastCommitment(own)
	if err != nil || (found && last.Line >= line) {
		return d, false, err
	}
	root, known, err := r.machine.RootAt(line)
	if err != nil || !known || (found && bytes.Equal(last.Root, root[:])) {
		return d, false, err
	}
	if news, err := r.newsBetween(last.Line, line); err != nil || !news {
		return d, false, err
	}
	body, err := block.New(Commitment{Line: line, Root: root[:]})
	return Draft{Kind: KindCommitment, Body: &body}, err == nil, err
}

// errNews ends a walk over entries.
var errNews = errors.New("there is news")

// newsBetween tells whether an entry that asks for a commitment lies above one line and at or below another: any but a commitment or a receipt. A heartbeat is one, for it may
// pass a deadline, and there is one a day at most.
func (r *Replica) newsBetween(old, line int64) (bool, error) {
	err := r.Log.Since(old+1, func(e feed.Entry) error {
		switch {
		case e.Header.Lam > line:
			return errNothingMore
		case e.Header.Kind == KindCommitment || e.Header.Kind == KindReceipt:
			return nil
		}
		return errNews
	})
	switch {
	case errors.Is(err, errNews):
		return true, nil
	case errors.Is(err, errNothingMore):
		return false, nil
	}
	return false, err
}

// errNothingMore ends a walk that came past what it looks for.
var errNothingMore = errors.New("nothing more")
