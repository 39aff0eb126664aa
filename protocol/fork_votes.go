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
	text, _ := view.Quorum(ForkTopic, 0) // the same officers at all times
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
