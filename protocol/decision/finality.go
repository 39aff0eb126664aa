package decision

import (
	"cmp"
	"fmt"
	"slices"

	"kontor/crypto/keys"
	"kontor/crypto/sign"
	"kontor/protocol/block"
)

// Time bounds of a round, in milliseconds.
const (
	Grace         = 15 * 60 * 1000           // after a deadline, before it counts as passed: clocks differ
	LapseAfter    = 7 * 24 * 60 * 60 * 1000  // after the grace, before silence may be recorded as a lapse
	DefaultSignBy = 72 * 60 * 60 * 1000      // from the proposal of the document
	MaxSignBy     = 14 * 24 * 60 * 60 * 1000 // a firm offer longer than this would be a free option
)

// MaxSignatures bounds the signatures a round keeps: five roles of sixteen members with room for replaced keys.
const MaxSignatures = 256

// Verdict is what a round has come to.
type Verdict string

// The verdicts. FINAL and VOID exclude each other on every node, whatever it holds. FINAL becomes CONTESTED only by a
// lapse the other side's acknowledgement did not precede, or by a fork; a witness's word changes no more. CONTESTED becomes
// FINAL or VOID by the end of the dispute about it.
const (
	Open      Verdict = "OPEN"      // some party has neither acknowledged nor voided
	Final     Verdict = "FINAL"     // every party acknowledged the complete set before anything else
	Void      Verdict = "VOID"      // some party's feed passed sign_by without the complete set
	Contested Verdict = "CONTESTED" // a lapse or a fork stands against an acknowledgement: effects stop, a dispute opens
)

// Mark is a place in a member's feed, with the claimed time that stood there.
type Mark struct {
	Seq int64 `cbor:"seq" json:"seq"`
	Lam int64 `cbor:"lam" json:"lam"`
	T   int64 `cbor:"t" json:"t"` // ms UTC, as claimed
}

// RoundParty is one party's part in a round.
type RoundParty struct {
	Company   block.CID   `cbor:"company" json:"company"`
	PolicyCID block.CID   `cbor:"policy_cid" json:"policy_cid"` // what its signatures name
	Policy    sign.Policy `cbor:"policy" json:"policy"`         // whose signatures suffice for this company
	DualHat   bool        `cbor:"dual_hat" json:"dual_hat"`     // its genesis lets one person sign in two roles
	Ack       *Mark       `cbor:"ack,omitempty" json:"ack,omitempty"`
	Void      *Mark       `cbor:"void,omitempty" json:"void,omitempty"`
	Revised   *Mark       `cbor:"revised,omitempty" json:"revised,omitempty"`   // first material revision of a named artifact: later own signatures are invalid
	Heard     *Mark       `cbor:"heard,omitempty" json:"heard,omitempty"`       // newest entry while neither acked nor voided: "silent since"
	Forked    bool        `cbor:"forked" json:"forked"`                         // two entries with one seq: its voids no longer free it
	AckSide   *block.CID  `cbor:"ack_side,omitempty" json:"ack_side,omitempty"` // the branch of a forked feed on which it acknowledged, where that is not the one that counts
}

// Collected is a valid signature with the place of the entry that carried it.
type Collected struct {
	Company block.CID   `cbor:"company" json:"company"`
	Seq     int64       `cbor:"seq" json:"seq"`
	Key     keys.Public `cbor:"key" json:"key"`
	Person  [16]byte    `cbor:"person" json:"person"`
	Role    Role        `cbor:"role" json:"role"`
	Side    *block.CID  `cbor:"side,omitempty" json:"side,omitempty"` // the branch of a forked feed that carried it, where that is not the one that counts
}

// Lapse says that By, which had acknowledged, recorded Over's silence.
type Lapse struct {
	By   block.CID `cbor:"by" json:"by"`
	Over block.CID `cbor:"over" json:"over"`
	At   Mark      `cbor:"at" json:"at"`
}

// Round is the signing of one document: who signed, who acknowledged, and the verdict (PROTOCOL 6).
//
// Give Observe every entry of every party and of the witness, in any order that respects causality, from the entry that proposed the
// document on, while Settled is false; and after that the entries that lapse, resolve or abort this document.
type Round struct {
	Topic      block.CID    `cbor:"topic" json:"topic"`
	Number     int64        `cbor:"round" json:"round"`
	Document   block.CID    `cbor:"document" json:"document"`
	SignBy     int64        `cbor:"sign_by" json:"sign_by"`
	Witness    *block.CID   `cbor:"witness,omitempty" json:"witness,omitempty"` // a writing member that is no party
	Parties    []RoundParty `cbor:"parties" json:"parties"`                     // ascending by company
	Signatures []Collected  `cbor:"signatures" json:"signatures"`               // ascending by company, seq, key
	Lapses     []Lapse      `cbor:"lapses,omitempty" json:"lapses,omitempty"`   // ascending by By, Over
	Resolved   *Mark        `cbor:"resolved,omitempty" json:"resolved,omitempty"`
	Aborted    *Mark        `cbor:"aborted,omitempty" json:"aborted,omitempty"`
	Ruled      *Ruling      `cbor:"ruled,omitempty" json:"ruled,omitempty"` // what the dispute about a contested document came to
	Verdict    Verdict      `cbor:"verdict" json:"verdict"`
}

// Ruling is what became of a contested document by a dispute: both sides signed it once, and it stands, or it binds nobody.
type Ruling struct {
	Stands bool `cbor:"stands" json:"stands"`
	At     Mark `cbor:"at" json:"at"` // the entry by which the dispute ended: a document that stands is final from there
}

// Rule is the round after a dispute about it ended; one that is not contested stays as it is.
func (r Round) Rule(x Ruling) Round {
	if r.Verdict == Contested {
		r.Ruled = &x
		r.Verdict = r.verdict()
	}
	return r
}

// NewRound opens the signing of a checked document. Policies are those in force at the topic's opening.
func NewRound(topic block.CID, number int64, document block.CID, signBy int64, witness *block.CID, parties []RoundParty) (Round, error) {
	r := Round{Topic: topic, Number: number, Document: document, SignBy: signBy, Witness: witness,
		Parties: slices.Clone(parties), Signatures: []Collected{}, Verdict: Open}
	slices.SortFunc(r.Parties, func(a, b RoundParty) int { return a.Company.Compare(b.Company) })
	if len(parties) < 2 {
		return Round{}, fmt.Errorf("open round %d: %d parties, not two or more", number, len(parties))
	}
	for i, p := range r.Parties {
		if i > 0 && r.Parties[i-1].Company == p.Company {
			return Round{}, fmt.Errorf("open round %d: party %s stands twice", number, p.Company.Short())
		}
		if witness != nil && *witness == p.Company {
			return Round{}, fmt.Errorf("open round %d: witness %s is a party", number, p.Company.Short())
		}
		if err := p.Policy.Validate(); err != nil {
			return Round{}, fmt.Errorf("open round %d: party %s: %w", number, p.Company.Short(), err)
		}
	}
	return r, nil
}

// SignatureFact is a role signature over this round, already verified: right document, policy, company and round,
// key certified for the role at the entry that carries it and not revoked, amount within its limit.
type SignatureFact struct {
	Key    keys.Public
	Person [16]byte
	Role   Role
}

// Event is one admitted entry as a round sees it.
type Event struct {
	Member block.CID // whose feed
	Seq    int64
	Lam    int64
	T      int64                                  // claimed time, ms UTC
	Saw    func(member block.CID, seq int64) bool // the entry's causal past holds that entry; not asked about Member itself
	// Side is the branch of its member's forked feed that the entry stands on, where that is not the one that counts; SawSide asks about
	// entries on such a branch. Both are nil while nobody has forked.
	Side       *block.CID
	SawSide    func(member, side block.CID, seq int64) bool
	Signatures []SignatureFact // that this entry carries for this round
	Revises    bool            // this entry materially revises (practice T1) or withdraws an artifact the document names
	Lapsed     *block.CID      // this entry records the silence of that party
	Resolve    bool            // the witness declares the set complete
	Abort      bool            // the witness declares the round void
}

func (e Event) mark() *Mark { return &Mark{e.Seq, e.Lam, e.T} }

// saw tells whether the event's causal past, itself included, holds the entry.
func (e Event) saw(member block.CID, seq int64) bool {
	if member == e.Member {
		return seq <= e.Seq
	}
	return e.Saw != nil && e.Saw(member, seq)
}

// sawOn is saw for an entry that may stand on a side branch. Who forked knows what it wrote on either branch.
func (e Event) sawOn(member block.CID, seq int64, side *block.CID) bool {
	switch {
	case side == nil && (member != e.Member || e.Side == nil):
		return e.saw(member, seq)
	case member == e.Member:
		return !sameSide(side, e.Side) || seq <= e.Seq
	}
	return e.SawSide != nil && e.SawSide(member, *side, seq)
}

func sameSide(a, b *block.CID) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

func (r Round) party(company block.CID) int {
	return slices.IndexFunc(r.Parties, func(p RoundParty) bool { return p.Company == company })
}

// passing is the claimed time from which an entry passes sign_by.
func (r Round) passing() int64 { return r.SignBy + Grace }

// Observe is the round after an entry. Refused parts of the entry (see Check) change nothing.
func (r Round) Observe(e Event) Round {
	r = r.collect(e)
	r = r.place(e)
	if e.Lapsed != nil && r.lapseRefused(e) == nil {
		r.Lapses = insert(r.Lapses, Lapse{e.Member, *e.Lapsed, *e.mark()}, func(a, b Lapse) int {
			return cmp.Or(a.By.Compare(b.By), a.Over.Compare(b.Over))
		})
	}
	if e.Resolve && r.resolveRefused(e) == nil {
		r.Resolved = e.mark()
	}
	if e.Abort && r.abortRefused(e) == nil {
		r.Aborted = e.mark()
	}
	r.Verdict = r.verdict()
	return r
}

// collect takes the valid signatures the entry carries. One key counts once, by its first entry.
func (r Round) collect(e Event) Round {
	i := r.party(e.Member)
	if i < 0 {
		return r
	}
	if e.Revises && e.Side == nil && r.Parties[i].Revised == nil {
		r.Parties = slices.Clone(r.Parties)
		r.Parties[i].Revised = e.mark()
	}
	for _, s := range e.Signatures {
		if r.signatureRefused(e, s) == nil {
			r.Signatures = insert(r.Signatures, Collected{e.Member, e.Seq, s.Key, s.Person, s.Role, e.Side}, func(a, b Collected) int {
				return cmp.Or(a.Company.Compare(b.Company), cmp.Compare(a.Seq, b.Seq), a.Key.Compare(b.Key), compareSides(a.Side, b.Side))
			})
		}
	}
	return r
}

func compareSides(a, b *block.CID) int {
	switch {
	case sameSide(a, b):
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return a.Compare(*b)
}

// place sets the party's acknowledgement or void, whichever comes first in its feed. The other branch of a forked
// feed may still bring the acknowledgement: a fork never frees its author.
func (r Round) place(e Event) Round {
	i := r.party(e.Member)
	if i < 0 {
		return r
	}
	p := r.Parties[i]
	if p.Ack != nil || p.Void != nil && !p.Forked {
		return r
	}
	switch {
	case r.Complete(e):
		p.Ack, p.AckSide, p.Heard = e.mark(), e.Side, nil
	case p.Void != nil || e.Side != nil: // what a second history does not say frees nobody
		return r
	case e.T >= r.passing():
		p.Void, p.Heard = e.mark(), nil
	default:
		if p.Heard != nil && p.Heard.Seq >= e.Seq {
			return r
		}
		p.Heard = e.mark()
	}
	r.Parties = slices.Clone(r.Parties)
	r.Parties[i] = p
	return r
}

// Complete tells whether the causal past of an observed entry, itself included, meets every party's quorum.
func (r Round) Complete(e Event) bool {
	if len(r.Signatures) < len(r.Parties) {
		return false // each party needs one at least
	}
	for _, p := range r.Parties {
		if signers := r.signers(p.Company, func(c Collected) bool { return e.sawOn(c.Company, c.Seq, c.Side) }); len(signers) == 0 || !p.Policy.Met(signers, p.DualHat) {
			return false
		}
	}
	return true
}

// signers are whose signatures count; one that stands on two branches of a forked feed counts once.
func (r Round) signers(company block.CID, saw func(Collected) bool) []sign.Signer {
	var out []sign.Signer
	for _, s := range r.Signatures {
		signer := sign.Signer{Key: s.Key, Person: s.Person, Role: string(s.Role)}
		if s.Company == company && saw(s) && !slices.Contains(out, signer) {
			out = append(out, signer)
		}
	}
	return out
}

// verdict follows from the marks alone, so it does not depend on the order in which they came.
func (r Round) verdict() Verdict {
	if r.Ruled != nil {
		return map[bool]Verdict{true: Final, false: Void}[r.Ruled.Stands]
	}
	if r.Resolved != nil {
		return Final
	}
	if r.Aborted != nil {
		return Void
	}
	acks, freed := 0, false
	for _, p := range r.Parties {
		if p.Ack != nil {
			acks++
		}
		if p.Void == nil {
			continue
		}
		if p.Forked {
			freed = true
		} else if r.Witness == nil {
			return Void // with a witness, implied voids alone decide nothing
		}
	}
	complete := acks == len(r.Parties)
	if freed && (r.Witness == nil || complete) {
		return Contested // a fork must not free its author, nor bind the other by itself
	}
	for _, l := range r.Lapses {
		if r.Parties[r.party(l.Over)].Ack != nil {
			return Contested
		}
	}
	if complete {
		return Final
	}
	return Open
}

// Fork notes that a party's feed has two entries with one seq. Its voids stop counting; a verdict that rested on them
// alone becomes contested.
func (r Round) Fork(company block.CID) Round {
	if i := r.party(company); i >= 0 && !r.Parties[i].Forked {
		r.Parties = slices.Clone(r.Parties)
		r.Parties[i].Forked = true
		r.Verdict = r.verdict()
	}
	return r
}

// insert puts v into a sorted slice of its own, or leaves the slice as it is if v's place is taken.
func insert[T any](s []T, v T, compare func(a, b T) int) []T {
	i, found := slices.BinarySearchFunc(s, v, compare)
	if found {
		return s
	}
	out := make([]T, 0, len(s)+1)
	return append(append(append(out, s[:i]...), v), s[i:]...)
}
