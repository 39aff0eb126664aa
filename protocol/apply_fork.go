package protocol

import (
	"bytes"
	"fmt"
	"slices"

	"kontor/crypto/keys"
	"kontor/crypto/sign"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
	"kontor/protocol/partnership"
	"kontor/protocol/state"
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

// forkPlace names a fork.
type forkPlace struct {
	author block.CID
	seq    int64
}

// vote is the verdict on one entry of kind fork.resolve and, for one in force, the row as it stands after it.
type vote struct {
	codes []string
	row   ForkRow
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

// votePrefix separates the places of fork.resolve entries from the entry index in its table.
var votePrefix = []byte("vote/")

// noteVote remembers where an entry of kind fork.resolve stands. What it names stays, or comes back.
func (r *Replica) noteVote(e feed.Entry) error {
	if e.Header.Kind != KindForkResolve {
		return nil
	}
	at := e.Key()
	if err := r.kv.Put(state.TableIndex, r.part.Key(votePrefix, at[:]), []byte{}); err != nil {
		return err
	}
	doc, _, err := r.readVote(e)
	if err != nil {
		return nil // the fold refuses it
	}
	return r.Log.Reconsider(doc.Author)
}

// voteEntries lists the fork.resolve entries held, in the total order.
func (r *Replica) voteEntries() (out []feed.Entry, err error) {
	var places []state.OrderKey
	prefix := r.part.Key(votePrefix)
	err = r.kv.Scan(state.TableIndex, prefix, prefix, func(key, _ []byte) (bool, error) {
		if len(key) == len(prefix)+len(state.OrderKey{}) {
			places = append(places, state.OrderKey(key[len(prefix):]))
		}
		return true, nil
	})
	for _, at := range places {
		if err != nil {
			return nil, err
		}
		var held bool
		if _, held, err = r.kv.Get(state.TableOrder, r.part.Key(at[:])); err == nil && held { // else it was set aside
			var e feed.Entry
			e, err = r.Log.Resolve(at)
			out = append(out, e)
		}
	}
	return out, err
}

// pinned lists the entries that the resolutions which other members than the forker signed keep, whatever becomes of them.
func (r *Replica) pinned() (pins []block.CID, err error) {
	entries, err := r.voteEntries()
	for _, e := range entries {
		if doc, _, err := r.readVote(e); err == nil && doc.Author != e.Header.Author {
			pins = append(pins, doc.Kept...)
		}
	}
	return pins, err
}

func (r *Replica) readVote(e feed.Entry) (doc ForkResolution, s Signed, err error) {
	data, err := r.Block(*e.Header.Body)
	if err != nil {
		return doc, s, err
	}
	if err := block.Unmarshal(data, &s); err != nil {
		return doc, s, err
	}
	if err := block.Unmarshal(s.Document, &doc); err != nil {
		return doc, s, err
	}
	ascending := slices.IsSortedFunc(doc.Kept, block.CID.Compare)
	if doc.PID != r.PID || len(doc.Kept) == 0 || len(doc.Kept) > MaxKept || !ascending || len(slices.Compact(slices.Clone(doc.Kept))) != len(doc.Kept) || doc.Seq < 1 {
		return doc, s, fmt.Errorf("resolution of a fork: another partnership, or kept entries that are none, too many or not ascending")
	}
	return doc, s, nil
}

// countVotes judges the fork.resolve entries in the total order and says which forks they resolve. The verdict on one depends on
// entries that stand before it alone, so that it is the same in the fold, whatever has arrived since.
func (r *Replica) countVotes() (map[forkPlace]feed.Resolution, error) {
	entries, err := r.voteEntries()
	if err != nil {
		return nil, err
	}
	r.votes, r.agreed, r.when = map[block.CID]vote{}, map[forkPlace]ForkRow{}, map[forkPlace]state.OrderKey{}
	rows := map[forkPlace]ForkRow{}
	resolved := map[forkPlace]feed.Resolution{}
	for _, e := range entries {
		doc, s, err := r.readVote(e)
		if err != nil {
			r.votes[e.CID] = vote{codes: []string{codeBody}}
			continue
		}
		at := forkPlace{doc.Author, doc.Seq}
		row, known := rows[at]
		if !known {
			row = ForkRow{Author: doc.Author, Seq: doc.Seq, Resolutions: []ResolutionVote{}}
		}
		after, kept, code, err := r.judgeVote(e, doc, s, row)
		if err != nil {
			return nil, err
		}
		if code != "" {
			r.votes[e.CID] = vote{codes: []string{code}}
			continue
		}
		if after.Resolved != nil {
			next := on(kept)
			r.agreed[at], r.when[at] = after, e.Key()
			resolved[at] = feed.Resolution{Seq: doc.Seq, Main: doc.Main, Kept: doc.Kept, On: next.CID, OnSeq: next.Header.Seq, Document: *after.Resolved}
		}
		rows[at] = after
		r.votes[e.CID] = vote{row: after}
	}
	return resolved, nil
}

// judgeVote counts one officer's signature, or says why it does not count.
func (r *Replica) judgeVote(e feed.Entry, doc ForkResolution, s Signed, row ForkRow) (after ForkRow, kept []feed.Entry, code string, err error) {
	if row.Resolved != nil {
		return row, nil, codeForkResolved, nil
	}
	if code := r.signatures.verify(ForkSignature, s); code != "" {
		return row, nil, code, nil
	}
	view, held := r.Identities(e.Header.Author, e.Header.IDHead)
	cert, officer := view.Key(s.Key, keys.Role, e.Header.T)
	if !held || !officer {
		return row, nil, codeRoleKey, nil
	}
	if kept, code, err = r.checkKept(e, doc); err != nil || code != "" {
		return row, nil, code, err
	}
	id := block.Sum(s.Document)
	i := slices.IndexFunc(row.Resolutions, func(v ResolutionVote) bool { return v.Document == id })
	after = row
	after.Resolutions = slices.Clone(row.Resolutions)
	if i < 0 {
		i = len(after.Resolutions)
		after.Resolutions = append(after.Resolutions, ResolutionVote{Document: id, Body: *e.Header.Body, Members: []MemberVotes{}})
	}
	for j, v := range after.Resolutions {
		if j != i && slices.ContainsFunc(v.Members, func(m MemberVotes) bool { return m.Company == e.Header.Author }) {
			return row, nil, codeForkOther, nil
		}
	}
	members := slices.Clone(after.Resolutions[i].Members)
	j := slices.IndexFunc(members, func(m MemberVotes) bool { return m.Company == e.Header.Author })
	if j < 0 {
		j = len(members)
		members = append(members, MemberVotes{Company: e.Header.Author, Signers: []VotedRole{}})
	}
	m := members[j]
	if slices.ContainsFunc(m.Signers, func(v VotedRole) bool { return bytes.Equal(v.Key, s.Key) }) {
		return row, nil, codeTwice, nil
	}
	m.Signers = append(slices.Clone(m.Signers), VotedRole{Role: cert.Role, Key: s.Key, Person: cert.Person, Entry: e.CID})
	m.Met = m.Met || quorumMet(view, m.Signers)
	members[j] = m
	after.Resolutions[i].Members = members
	all := true
	for _, member := range r.Genesis.Members {
		all = all && (member.Role == partnership.RoleObserver || slices.ContainsFunc(members, func(m MemberVotes) bool { return m.Company == member.Company && m.Met }))
	}
	if all {
		after.Resolved = &id
	}
	return after, kept, "", nil
}

// quorumMet tells whether officers bind their company in the matter of a fork.
func quorumMet(view identity.View, votes []VotedRole) bool {
	text, _ := view.Quorum(ForkTopic)
	policy, err := sign.ParsePolicy(text)
	if err != nil {
		return false // the chain holds no policy that does not parse
	}
	return policy.Met(voters(votes), view.DualHat())
}

func voters(votes []VotedRole) []sign.Signer {
	var out []sign.Signer
	for _, v := range votes {
		out = append(out, sign.Signer{Key: keys.Public(v.Key), Person: [16]byte(v.Person), Role: v.Role})
	}
	return out
}

// checkKept looks whether a resolution names a fork and entries of its branches, all before the entry that carries it, and
// whether the forker signs on the branch from which its feed goes on.
func (r *Replica) checkKept(e feed.Entry, doc ForkResolution) (kept []feed.Entry, code string, err error) {
	branches, err := r.Log.At(doc.Author, doc.Seq)
	if err != nil {
		return nil, "", err
	}
	branches = slices.DeleteFunc(branches, func(b feed.Entry) bool { return b.Key().Compare(e.Key()) >= 0 })
	if len(branches) < 2 {
		return nil, codeNoFork, nil
	}
	if !slices.ContainsFunc(branches, func(b feed.Entry) bool { return b.CID == doc.Main }) {
		return nil, codeForkMain, nil
	}
	mainKept := false
	for _, id := range doc.Kept {
		k, held, err := r.Log.Get(id)
		if err != nil {
			return nil, "", err
		}
		if !held || k.Header.Author != doc.Author || k.Header.Seq < doc.Seq || k.Key().Compare(e.Key()) >= 0 {
			return nil, codeForkKept, nil
		}
		branch, _, err := r.Log.Branch(feed.Fork{Author: doc.Author, Seq: doc.Seq}, k)
		if err != nil {
			return nil, "", err
		}
		mainKept = mainKept || branch == doc.Main
		kept = append(kept, k)
	}
	if !mainKept {
		return nil, codeForkKept, nil
	}
	if e.Header.Author == doc.Author {
		next := on(kept)
		goes, err := r.Log.GoesOn(feed.Resolution{On: next.CID, OnSeq: next.Header.Seq}, e)
		if err != nil || !goes {
			return nil, codeForkBranch, err
		}
	}
	return kept, "", nil
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
	text, _ := view.Quorum(ForkTopic)
	policy, err := sign.ParsePolicy(text)
	if err != nil {
		return "", err
	}
	return policy.Missing(voters(votes), view.DualHat()), nil
}
