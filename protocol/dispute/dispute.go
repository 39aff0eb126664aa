// Package dispute is how two companies get out of a quarrel: a path of levels, each with its days and its default, that always ends.
//
// Most callers need [Open] (a dispute and its path, by the terms in force), [Dispute.Do] (what somebody says or does), [Dispute.Observe] (what the
// time and the sight of an entry mean for it) and [Dispute.Now] (where it stands, until when, and what happens then).
//
// A dispute is about a subject: a credit, a clause, a measurement, lines that two sides count differently, a finding, an agreement. A level is a step of
// the terms' dispute path: DESK, COO, CEO, ARBITER. An ending act is an acceptance, an escalation, a withdrawal or a ruling: it takes
// effect when every other party has seen it before it passed the level's deadline.
//
// Guarantees: pure functions of entries, so that both nodes hold the same dispute. Every path is finite and its outcome by silence is
// known when it is opened. Nobody is bound by an act that it could not have known in time (PROTOCOL 4). No clock: time is that of entries.
package dispute

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// Time bounds, in milliseconds.
const (
	Grace      = 15 * 60 * 1000          // after a deadline, before an entry passes it: clocks differ
	LapseAfter = 7 * 24 * 60 * 60 * 1000 // after the grace, before another's entry passes it for a member that is silent
)

// Bounds of one dispute, so that its row stays small: it is written again by every act.
const (
	MaxStatements = 16 // of one company: a page each, two rounds at every level and room
	MaxProposals  = 16 // of one company: more is a negotiation, for which there are topics
	MaxEvidence   = 16 // artifacts that one statement names
	MaxStatement  = 4096
)

// IDSize is the length of a dispute's ID: 128 bits of a hash as hexadecimal digits. Signatures name it, so that nobody may be able to make two alike.
const IDSize = 32

// State is whether a dispute still runs.
type State string

// The states.
const (
	Running State = "OPEN"  // somebody may still act, or time decides
	Over    State = "ENDED" // End says how
)

// Cause is what ended a dispute.
type Cause string

// The causes.
const (
	Settled    Cause = "SETTLED"    // one side accepted what the other proposed
	Ruled      Cause = "RULED"      // by the arbiter
	Withdrawn  Cause = "WITHDRAWN"  // by the side that opened it
	ByDefault  Cause = "DEFAULT"    // the last level's time is over
	Reconciled Cause = "RECONCILED" // the desks agreed upon figures, and the entry is no longer in dispute
)

// What a dispute may come to beside the outcomes of terms.
const (
	Sum     terms.Outcome = "AMOUNT" // so much is owed
	Concord terms.Outcome = "AGREED" // what the settlement says; no amount is in dispute
)

// Party is a company on one side.
type Party struct {
	Company block.CID   `cbor:"company" json:"company"`
	Side    terms.Party `cbor:"side" json:"side"`
}

// Mark is an entry of a feed.
type Mark struct {
	By    block.CID `cbor:"by" json:"by"` // company
	Entry block.CID `cbor:"entry" json:"entry"`
	Seq   int64     `cbor:"seq" json:"seq"`
	T     int64     `cbor:"t" json:"t"` // claimed time, ms UTC
}

// Said is a statement. Its text stands in the body of its entry.
type Said struct {
	Mark
	Verb     Verb        `cbor:"verb" json:"verb"` // OPEN, STATE or ESCALATE
	Level    string      `cbor:"level" json:"level"`
	Evidence []block.CID `cbor:"evidence,omitempty" json:"evidence,omitempty"`
}

// Offered is a proposal: a firm offer of its company until the level's time is over.
type Offered struct {
	Mark
	Level   string          `cbor:"level" json:"level"`
	Role    string          `cbor:"role" json:"role"`
	Outcome terms.Outcome   `cbor:"outcome" json:"outcome"`
	Amount  *quantity.Money `cbor:"amount,omitempty" json:"amount,omitempty"`
	Side    *block.CID      `cbor:"side,omitempty" json:"side,omitempty"` // the side branch of a forked feed that it stands on
}

// Sight is a party's first entry that knows an ending act.
type Sight struct {
	Company block.CID `cbor:"company" json:"company"`
	Seq     int64     `cbor:"seq" json:"seq"`
}

// Ending is an ending act that not every other party has seen yet.
type Ending struct {
	Mark
	Verb     Verb            `cbor:"verb" json:"verb"`
	Role     string          `cbor:"role,omitempty" json:"role,omitempty"`
	Proposal *block.CID      `cbor:"proposal,omitempty" json:"proposal,omitempty"` // ACCEPT: the entry that carries what is accepted
	Outcome  terms.Outcome   `cbor:"outcome,omitempty" json:"outcome,omitempty"`
	Amount   *quantity.Money `cbor:"amount,omitempty" json:"amount,omitempty"`
	Side     *block.CID      `cbor:"side,omitempty" json:"side,omitempty"` // the side branch of a forked feed that it stands on
	Seen     []Sight         `cbor:"seen" json:"seen"`
}

// Passing says that a member's time is beyond a level's deadline, by its own entry or by that of another which heard nothing for a week.
type Passing struct {
	Company block.CID  `cbor:"company" json:"company"`
	Seq     int64      `cbor:"seq" json:"seq"` // of the entry in its author's feed
	T       int64      `cbor:"t" json:"t"`
	Lapsed  *block.CID `cbor:"lapsed,omitempty" json:"lapsed,omitempty"` // whose entry it is, where the member was silent
}

// Turn is a change of level, or an ending act that came to nothing.
type Turn struct {
	What  TurnKind  `cbor:"what" json:"what"`
	Level string    `cbor:"level" json:"level"` // that was left
	Entry block.CID `cbor:"entry" json:"entry"` // at which it happened
	T     int64     `cbor:"t" json:"t"`
	Act   *Mark     `cbor:"act,omitempty" json:"act,omitempty"` // the ending act
}

// TurnKind is what happened.
type TurnKind string

// The turns.
const (
	Escalated TurnKind = "ESCALATED" // a party took it to the next level
	TimedOut  TurnKind = "TIMED_OUT" // the level's time was over
	Unseen    TurnKind = "UNSEEN"    // an ending act that another party had not seen when it passed the deadline
)

// End is how a dispute ended.
type End struct {
	Cause   Cause           `cbor:"cause" json:"cause"`
	Level   string          `cbor:"level" json:"level"`
	Outcome terms.Outcome   `cbor:"outcome" json:"outcome"`
	Amount  *quantity.Money `cbor:"amount,omitempty" json:"amount,omitempty"` // AMOUNT: what is owed of what was disputed
	Act     *Mark           `cbor:"act,omitempty" json:"act,omitempty"`       // the act that ended it, if any did
	Entry   block.CID       `cbor:"entry" json:"entry"`                       // at which it ended
	T       int64           `cbor:"t" json:"t"`                               // claimed time of that entry
	Day     calendar.Date   `cbor:"day" json:"day"`                           // of it, by the terms' calendar
}

// Dispute is one quarrel, as far as entries tell it.
type Dispute struct {
	ID         string             `cbor:"id" json:"id"`
	Subject    Subject            `cbor:"subject" json:"subject"`
	Terms      *block.CID         `cbor:"terms,omitempty" json:"terms,omitempty"` // root of the terms whose path it goes; none: PlainPath
	Opened     Mark               `cbor:"opened" json:"opened"`
	Side       terms.Party        `cbor:"side" json:"side"`                         // that opened it: only it withdraws; of figures apart the debtor, of a contested agreement none
	Worth      *quantity.Money    `cbor:"worth,omitempty" json:"worth,omitempty"`   // what is in dispute: of a credit its amount, else what the side that opened it says (see Claimed)
	Debtor     terms.Party        `cbor:"debtor,omitempty" json:"debtor,omitempty"` // who owes it, if it stands
	Rounding   terms.RoundingMode `cbor:"rounding" json:"rounding"`                 // of a half, by the terms
	Own        bool               `cbor:"own,omitempty" json:"own,omitempty"`       // it opened by itself: figures that stay apart, a contested agreement
	Parties    []Party            `cbor:"parties" json:"parties"`
	Arbiter    *block.CID         `cbor:"arbiter,omitempty" json:"arbiter,omitempty"`
	Path       []Step             `cbor:"path" json:"path"`
	At         int64              `cbor:"at" json:"at"` // index of the level in Path
	Passed     []Passing          `cbor:"passed" json:"passed"`
	Statements []Said             `cbor:"statements" json:"statements"`
	Proposals  []Offered          `cbor:"proposals" json:"proposals"`
	Pending    []Ending           `cbor:"pending" json:"pending"`
	Turns      []Turn             `cbor:"turns" json:"turns"`
	End        *End               `cbor:"end,omitempty" json:"end,omitempty"`
}

// State tells whether the dispute runs.
func (d Dispute) State() State {
	if d.End != nil {
		return Over
	}
	return Running
}

// Again tells whether a side may open another about the subject: the other side opened this one, and withdrew it.
func (d Dispute) Again(side terms.Party) bool {
	return d.End != nil && d.End.Cause == Withdrawn && d.Side != side
}

// Step is the level it stands at, or stood at last.
func (d Dispute) Step() Step { return d.Path[d.At] }

// last tells whether no level follows.
func (d Dispute) last() bool { return int(d.At) == len(d.Path)-1 }

// side is on which side a company is; "" for one that is no party.
func (d Dispute) side(company block.CID) terms.Party {
	for _, p := range d.Parties {
		if p.Company == company {
			return p.Side
		}
	}
	return ""
}

func (d Dispute) hasPassed(company block.CID) bool {
	return slices.ContainsFunc(d.Passed, func(p Passing) bool { return p.Company == company })
}

// clone lets a change leave the dispute it began with as it was.
func (d Dispute) clone() Dispute {
	d.Passed, d.Statements, d.Proposals, d.Turns, d.Pending = slices.Clone(d.Passed), slices.Clone(d.Statements), slices.Clone(d.Proposals), slices.Clone(d.Turns), slices.Clone(d.Pending)
	for i := range d.Pending {
		d.Pending[i].Seen = slices.Clone(d.Pending[i].Seen)
	}
	d.Path = slices.Clone(d.Path)
	return d
}

// Identify names the dispute that an entry opens about a subject. One entry may open several.
func Identify(entry block.CID, s Subject) string {
	sum := sha256.Sum256([]byte("kontor dispute v1\x00" + entry.String() + "\x00" + s.Key()))
	return hex.EncodeToString(sum[:IDSize/2])
}

// Opening is what a new dispute begins with.
type Opening struct {
	Subject  Subject
	Terms    *block.CID
	Levels   []terms.DisputeLevel
	Clock    Clock
	Side     terms.Party // that opens it
	Worth    *quantity.Money
	Debtor   terms.Party
	Own      bool // it opens by itself
	Rounding terms.RoundingMode
	Parties  []Party // ascending by company
	Arbiter  *block.CID
	At       Mark
	Known    int64 // the newest claimed time that the entry knows of: a clock turned back takes no days from the other side
	Evidence []block.CID
}

// Open is a new dispute at its first level.
func Open(o Opening) Dispute {
	d := Dispute{ID: Identify(o.At.Entry, o.Subject), Subject: o.Subject, Terms: o.Terms, Opened: o.At, Side: o.Side, Worth: o.Worth, Debtor: o.Debtor, Own: o.Own, Rounding: o.Rounding, Parties: slices.Clone(o.Parties), Arbiter: o.Arbiter,
		Path: Plan(o.Levels, o.Clock, o.Worth, o.Clock.Day(max(o.At.T, o.Known))), Passed: []Passing{}, Statements: []Said{}, Proposals: []Offered{}, Pending: []Ending{}, Turns: []Turn{}}
	d.Statements = append(d.Statements, Said{Mark: o.At, Verb: OpenDispute, Level: d.Path[0].Level, Evidence: o.Evidence})
	return d
}

// Reconcile is the dispute after its entry was decided otherwise; one that has ended stays as it is.
func (d Dispute) Reconcile(at Mark, day calendar.Date) Dispute {
	if d.End != nil {
		return d
	}
	d = d.clone()
	d.End = &End{Cause: Reconciled, Level: d.Step().Level, Outcome: Concord, Entry: at.Entry, T: at.T, Day: day}
	d.Pending = []Ending{}
	return d
}
