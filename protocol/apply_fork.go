package protocol

import (
	"fmt"
	"slices"

	"kontor/crypto/sign"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
)

// ForkSignature labels officers' signatures over a ForkResolution; ForkTopic is the topic kind whose policy says which officers bind a company here.
const (
	ForkSignature = "fork-resolve"
	ForkTopic     = "fork-resolve"
)

// MaxKept bounds the entries a resolution keeps: as many as ends of branches are told of.
const MaxKept = feed.MaxEnds

// ForkResolution is what officers of all writing members sign so that a partnership goes on after one of them wrote two histories.
// A member signs one resolution of a fork and no other.
type ForkResolution struct {
	PID    block.CID   `cbor:"pid"`
	Author block.CID   `cbor:"author"` // the member that forked
	Seq    int64       `cbor:"seq"`    // where
	Main   block.CID   `cbor:"main"`   // its entry at seq whose branch counts; signatures and acknowledgements on the others count against it
	Kept   []block.CID `cbor:"kept"`   // the last entry that counts of each branch, ascending; what comes after on a side branch counts nowhere
}

// on is the kept entry from which the author's feed goes on: the one of the greatest seq, so that what others have seen never shrinks; of two, the
// greater CID.
func on(kept []feed.Entry) feed.Entry {
	return slices.MaxFunc(kept, func(a, b feed.Entry) int {
		if a.Header.Seq != b.Header.Seq {
			return int(max(-1, min(1, a.Header.Seq-b.Header.Seq)))
		}
		return a.CID.Compare(b.CID)
	})
}

// ForkRow is what the members have signed about a fork.
type ForkRow struct {
	Author      block.CID        `cbor:"author"`
	Seq         int64            `cbor:"seq"`
	Resolutions []ResolutionVote `cbor:"resolutions"`        // in the order in which they were first signed
	Resolved    *block.CID       `cbor:"resolved,omitempty"` // the document that all have signed
}

// ResolutionVote is who signed one document.
type ResolutionVote struct {
	Document block.CID     `cbor:"document"` // CID of its canonical bytes
	Body     block.CID     `cbor:"body"`     // of the first entry that carried it
	Members  []MemberVotes `cbor:"members"`  // in the order of signing
}

// MemberVotes are the officers of one company.
type MemberVotes struct {
	Company block.CID   `cbor:"company"`
	Signers []VotedRole `cbor:"signers"`
	Met     bool        `cbor:"met"` // its quorum signed
}

// VotedRole is one officer's signature.
type VotedRole struct {
	Role   string    `cbor:"role"`
	Key    []byte    `cbor:"key"`
	Person []byte    `cbor:"person"`
	Entry  block.CID `cbor:"entry"`
}

func forkRowKey(author block.CID, seq int64) string {
	return fmt.Sprintf("fork/%s/%016x", author.String(), seq)
}

func applyForkResolve(f *fold) ([]string, error) {
	v, known := f.replica.votes[f.entry.CID]
	if !known {
		return []string{codeNoFork}, nil // nobody ever wrote two entries here
	}
	if len(v.codes) > 0 {
		return v.codes, nil
	}
	return nil, put(f.rows, forkRowKey(v.row.Author, v.row.Seq), v.row)
}

// draft frames the next entry of an author. The author that forked signs a resolution where its feed is to go on, which may
// be another branch than the one it wrote upon last.
func (r *Replica) draft(d Draft, author block.CID, now int64) (feed.Header, error) {
	if d.Kind == KindForkResolve && d.Body != nil {
		var s Signed
		var doc ForkResolution
		if block.Unmarshal(d.Body.Data, &s) == nil && block.Unmarshal(s.Document, &doc) == nil && doc.Author == author {
			if at, found, err := r.endGoingOn(doc); err != nil {
				return feed.Header{}, err
			} else if found {
				return r.Log.DraftAfter(at, now)
			}
		}
	}
	return r.Log.Draft(author, now)
}

// endGoingOn is the last entry held of what goes on from a resolution.
func (r *Replica) endGoingOn(doc ForkResolution) (end feed.Entry, found bool, err error) {
	if end, err = r.GoesOnFrom(doc); err != nil || !end.CID.Defined() {
		return end, false, err
	}
	after := map[block.CID]bool{end.CID: true}
	err = r.Log.From(doc.Author, end.Header.Seq+1, func(e feed.Entry) (bool, error) {
		if e.Header.Prev != nil && after[*e.Header.Prev] {
			after[e.CID] = true
			end = e
		}
		return true, nil
	})
	return end, true, err
}

// GoesOnFrom is the entry from which the forker's feed goes on under a resolution.
func (r *Replica) GoesOnFrom(doc ForkResolution) (feed.Entry, error) {
	var kept []feed.Entry
	for _, id := range doc.Kept {
		k, held, err := r.Log.Get(id)
		if err != nil {
			return feed.Entry{}, err
		}
		if held {
			kept = append(kept, k)
		}
	}
	if len(kept) == 0 {
		return feed.Entry{}, nil
	}
	return on(kept), nil
}

// KeptStandsAfter tells that a resolution was refused because an entry it keeps does not stand before the one that carries it: time cures that.
func (r *Refusal) KeptStandsAfter() bool { return slices.Contains(r.Codes, codeForkKept) }

// OpenFork is a fork that waits to be resolved, or was.
type OpenFork struct {
	feed.Fork
	// Proposal is the resolution that keeps all that is held, with the branch that others built upon first.
	Proposal ForkResolution
	// Ends are the entries the proposal keeps; On is the one from which the feed would go on.
	Ends []feed.Entry
	On   feed.Entry
	// Row is what was signed; empty while nothing was.
	Row ForkRow
	// Resolved tells that it is.
	Resolved bool
}

// OpenForks lists the forks of this partnership, resolved ones too.
func (r *Replica) OpenForks() (out []OpenFork, err error) {
	if _, err := r.learnForks(); err != nil {
		return nil, err
	}
	for _, m := range r.Circle.Members {
		for _, f := range r.forks[m.Company] {
			o := OpenFork{Fork: f.Fork, Resolved: f.resolved != nil, Proposal: ForkResolution{PID: r.PID, Author: m.Company, Seq: f.Seq, Main: f.main}}
			if f.resolved != nil {
				o.Proposal.Kept = f.resolved.Kept
			} else if o.Proposal.Kept, err = r.lastOf(f.Fork); err != nil {
				return nil, err
			}
			for _, id := range o.Proposal.Kept {
				e, held, err := r.Log.Get(id)
				if err != nil {
					return nil, err
				}
				if held {
					o.Ends = append(o.Ends, e)
				}
			}
			o.On = on(o.Ends)
			if _, err := get(r.Rows(), forkRowKey(m.Company, f.Seq), &o.Row); err != nil {
				return nil, err
			}
			out = append(out, o)
		}
	}
	return out, nil
}

// lastOf lists the last entries held of the branches of a fork, ascending; of more than MaxKept the furthest.
func (r *Replica) lastOf(f feed.Fork) ([]block.CID, error) {
	var ends []feed.Entry
	err := r.Log.From(f.Author, f.Seq, func(e feed.Entry) (bool, error) {
		ends = append(slices.DeleteFunc(ends, func(b feed.Entry) bool { return e.Header.Prev != nil && b.CID == *e.Header.Prev }), e)
		return true, nil
	})
	if len(ends) > MaxKept {
		ends = ends[len(ends)-MaxKept:]
	}
	var out []block.CID
	for _, e := range ends {
		out = append(out, e.CID)
	}
	slices.SortFunc(out, block.CID.Compare)
	return out, err
}

// Resolution reads the document that an entry of kind fork.resolve carried, by that entry's body.
func (r *Replica) Resolution(body block.CID) (doc ForkResolution, err error) {
	data, err := r.Block(body)
	if err != nil {
		return doc, err
	}
	var s Signed
	if err := block.Unmarshal(data, &s); err != nil {
		return doc, err
	}
	return doc, block.Unmarshal(s.Document, &doc)
}

// MissingForFork says which officers of a company are still to sign a resolution; empty when its quorum is met.
func MissingForFork(view identity.View, votes []VotedRole) (string, error) {
	text, _ := view.Quorum(ForkTopic, 0)
	policy, err := sign.ParsePolicy(text)
	if err != nil {
		return "", err
	}
	return policy.Missing(voters(votes), view.DualHat()), nil
}
