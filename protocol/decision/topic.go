package decision

import (
	"fmt"
	"slices"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// Bounds of a topic. A topic is one row: with all of them used up it stays under a block of 1 MiB.
const (
	MaxContext = 64   // artifacts a topic rests on
	MaxIssues  = 16   // named issues of a negotiation
	MaxEffects = 1024 // cells over all options of a topic, or of one agreement
	MaxNeeds   = 16   // things an option asks for
	MaxRounds  = 100  // PROTOCOL 9
	MaxTrades  = 8    // trade-offs stated with one offer
	MaxNote    = 500  // bytes of a note, a trade-off's side, a condition
	MaxScope   = 256  // products or regions a topic names
)

// Status is where a topic stands. Each comment says what a party knows in it.
type Status string

// The states of a topic.
const (
	Proposed    Status = "PROPOSED"    // one party has put the matter and its options on the table
	InContext   Status = "CONTEXT"     // all take part; artifacts, options and value bases are being gathered
	Scoring     Status = "SCORING"     // the list is closed; each company scores at home and commits
	Negotiation Status = "NEGOTIATION" // all have committed; rankings may be shown, offers go back and forth
	Signing     Status = "SIGNING"     // an offer is accepted by all; the document is drafted and signed
	Agreed      Status = "AGREED"      // the document is final
	Declined    Status = "DECLINED"    // a party has said no: option 0 happens
	Withdrawn   Status = "WITHDRAWN"   // its author has taken it back before anyone scored: as if it had not been opened
	Expired     Status = "EXPIRED"     // the deadline passed: option 0 happens
	InContest   Status = "CONTESTED"   // the verdict is contested: effects stop
	Disputed    Status = "DISPUTED"    // a dispute has taken over
)

// Trigger says what made a topic necessary.
type Trigger string

// The triggers.
const (
	ByException Trigger = "EXCEPTION"
	BySLA       Trigger = "SLA"
	ByCadence   Trigger = "CADENCE"
	ByEvent     Trigger = "EVENT"
	ByHand      Trigger = "MANUAL"
)

// Priority as UBL's CollaborationPriorityCode.
type Priority string

// The priorities.
const (
	High   Priority = "HIGH"
	Medium Priority = "MEDIUM"
	Low    Priority = "LOW"
)

// Scope names what a topic is about: the cells a revision must touch to be material to it.
type Scope struct {
	Products []string        `cbor:"products" json:"products"` // ascending
	Regions  []string        `cbor:"regions" json:"regions"`   // ascending
	Horizon  calendar.Bucket `cbor:"horizon" json:"horizon"`   // end exclusive
}

// Cell is one figure of a plan: what an effect changes.
type Cell struct {
	Product string          `cbor:"product" json:"product"`
	Region  string          `cbor:"region" json:"region"`
	Bucket  calendar.Bucket `cbor:"bucket" json:"bucket"` // end exclusive
}

// OptionEffect is what an option would do to a cell, compared with nothing: the quantity there if it is agreed.
type OptionEffect struct {
	Cell
	Party    block.CID         `cbor:"party" json:"party"` // whose plan the cell is in
	Quantity quantity.Quantity `cbor:"quantity" json:"quantity"`
	Unit     quantity.Unit     `cbor:"unit" json:"unit"`
}

// Option is one way to settle the matter.
type Option struct {
	ID      string         `cbor:"id" json:"id"` // "0" is what happens by itself
	Summary string         `cbor:"summary" json:"summary"`
	By      block.CID      `cbor:"by" json:"by"` // who put it on the list
	Effects []OptionEffect `cbor:"effects" json:"effects"`
	Needs   []string       `cbor:"needs,omitempty" json:"needs,omitempty"` // what it asks of either side
	Expect  Expectation    `cbor:"expect" json:"expect"`                   // expected units short and over, from the match
	Basis   []StatedBasis  `cbor:"basis" json:"basis"`                     // ascending by company; what it is worth to each side
}

// StatedBasis is one side's value basis for an option.
type StatedBasis struct {
	Company block.CID  `cbor:"company" json:"company"`
	Basis   ValueBasis `cbor:"basis" json:"basis"`
}

// Requirement names the roles of one company that must score, and whose word binds it.
type Requirement struct {
	Company block.CID `cbor:"company" json:"company"`
	Roles   []Role    `cbor:"roles" json:"roles"` // ascending
}

// ContextRef is an artifact the topic rests on.
type ContextRef struct {
	CID        block.CID  `cbor:"cid" json:"cid"`
	By         *block.CID `cbor:"by,omitempty" json:"by,omitempty"`                   // who named it since; absent: who opened the topic, with it
	ReplacedBy *block.CID `cbor:"replaced_by,omitempty" json:"replaced_by,omitempty"` // a newer revision; material ones send the topic back
}

// Participant is one company's part in a topic.
type Participant struct {
	Company    block.CID `cbor:"company" json:"company"`
	Label      string    `cbor:"label" json:"label"` // "buyer", "seller": its role in the partnership
	Joined     bool      `cbor:"joined" json:"joined"`
	Ready      bool      `cbor:"ready" json:"ready"`                               // its context is complete
	Weights    *Digest   `cbor:"weights,omitempty" json:"weights,omitempty"`       // committed before its first score
	Commitment *Digest   `cbor:"commitment,omitempty" json:"commitment,omitempty"` // to scores, weights, values, rank
	Old        bool      `cbor:"old" json:"old"`                                   // scores from before a material revision, not reconfirmed
	Shown      *Shown    `cbor:"shown,omitempty" json:"shown,omitempty"`
	Accepted   int64     `cbor:"accepted,omitempty" json:"accepted,omitempty"` // round of the offer it has accepted
}

// Shown is what a company has revealed; its scores, if any, stand in the entry.
type Shown struct {
	Entry     block.CID        `cbor:"entry" json:"entry"`
	Positions []OptionPosition `cbor:"positions,omitempty" json:"positions,omitempty"`
	Order     []string         `cbor:"order,omitempty" json:"order,omitempty"`
	Scores    bool             `cbor:"scores" json:"scores"` // the whole sheet was opened
}

// Topic is one CoordinationTopic as all members see it: a row of the fold.
type Topic struct {
	ID          block.CID     `cbor:"id" json:"id"` // the entry that proposed it
	Partnership block.CID     `cbor:"pid" json:"pid"`
	Kind        Kind          `cbor:"kind" json:"kind"`
	Title       string        `cbor:"title" json:"title"`
	ProposedBy  block.CID     `cbor:"proposed_by" json:"proposed_by"`
	Opened      Mark          `cbor:"opened" json:"opened"` // its place: policies of that moment apply
	Trigger     Trigger       `cbor:"trigger" json:"trigger"`
	Exception   *block.CID    `cbor:"exception,omitempty" json:"exception,omitempty"`
	Priority    Priority      `cbor:"priority" json:"priority"`
	Scope       Scope         `cbor:"scope" json:"scope"`
	Deadline    int64         `cbor:"deadline" json:"deadline"` // ms UTC; passed in scoring or talks: expired, option 0 happens
	Required    []Requirement `cbor:"required" json:"required"` // ascending by company
	Parties     []Participant `cbor:"parties" json:"parties"`   // ascending by company
	Context     []ContextRef  `cbor:"context" json:"context"`   // in the order of naming
	Options     []Option      `cbor:"options" json:"options"`   // ascending by ID
	Issues      []Issue       `cbor:"issues" json:"issues"`     // ascending by ID
	Offers      []Offer       `cbor:"offers" json:"offers"`     // round n at index n-1
	Status      Status        `cbor:"status" json:"status"`
	Since       Mark          `cbor:"since" json:"since"`                           // place of the last change of status
	Closer      *block.CID    `cbor:"closer,omitempty" json:"closer,omitempty"`     // who accepted last, declined or passed the deadline
	Reason      string        `cbor:"reason,omitempty" json:"reason,omitempty"`     // of a decline, or the rule of an expiry
	Document    *block.CID    `cbor:"document,omitempty" json:"document,omitempty"` // drafted in this round
	SignBy      int64         `cbor:"sign_by,omitempty" json:"sign_by,omitempty"`
	Bound       bool          `cbor:"bound" json:"bound"` // a role signature stands: context no longer sends it back
	Amends      *Amendment    `cbor:"amends,omitempty" json:"amends,omitempty"`
	Minuted     *Minuted      `cbor:"minuted,omitempty" json:"minuted,omitempty"`
}

// Option finds an option by ID.
func (t Topic) Option(id string) (Option, bool) {
	i := slices.IndexFunc(t.Options, func(o Option) bool { return o.ID == id })
	if i < 0 {
		return Option{}, false
	}
	return t.Options[i], true
}

// OptionIDs lists the options, ascending.
func (t Topic) OptionIDs() []string {
	ids := make([]string, len(t.Options))
	for i, o := range t.Options {
		ids[i] = o.ID
	}
	return ids
}

func (t Topic) party(company block.CID) int {
	return slices.IndexFunc(t.Parties, func(p Participant) bool { return p.Company == company })
}

// all tells whether every party meets the condition.
func (t Topic) all(meets func(Participant) bool) bool {
	return !slices.ContainsFunc(t.Parties, func(p Participant) bool { return !meets(p) })
}

// Arithmetic is the computed Partnership Value of an option, from what the sides have stated so far.
func (t Topic) Arithmetic(option string, materiality quantity.Money) (Arithmetic, error) {
	with, ok := t.Option(option)
	zero, hasZero := t.Option(NoAgreement)
	if !ok || !hasZero {
		return Arithmetic{}, fmt.Errorf("compute Partnership Value: option %q is not on the list", option)
	}
	in := ValueInput{Option: option, Zero: zero.Expect, With: with.Expect, Materiality: materiality}
	for _, p := range t.Parties {
		i := slices.IndexFunc(with.Basis, func(b StatedBasis) bool { return b.Company == p.Company })
		if i < 0 {
			return Arithmetic{}, fmt.Errorf("compute Partnership Value: %s has stated no value basis for option %q", p.Label, option)
		}
		in.Sides = append(in.Sides, SideBasis{p.Company, p.Label, with.Basis[i].Basis})
	}
	return Partnership(in)
}

// Scorable is the empty score sheet of a topic: options with their computed Partnership Values prefilled, 5 where a
// side has stated no basis. Its second result holds the arithmetic of those that could be computed.
func (t Topic) Scorable(weights CompanyWeights, materiality quantity.Money) (ScoreSheet, []Arithmetic) {
	sheet := ScoreSheet{Kind: t.Kind, Weights: weights, Options: []ScoredOption{}, Scores: []Score{}}
	var shown []Arithmetic
	for _, o := range t.Options {
		computed := int64(Neutral)
		if o.ID != NoAgreement {
			if a, err := t.Arithmetic(o.ID, materiality); err == nil {
				computed = a.Value
				shown = append(shown, a)
			}
		}
		sheet.Options = append(sheet.Options, ScoredOption{o.ID, computed})
	}
	return sheet, shown
}

// Proposal is what the node proposes once every party has shown its ranking; ok is false before that. It is the same
// on every node.
func (t Topic) Proposal(materiality quantity.Money) (b Bargain, ok bool) {
	delta := map[string]string{}
	for _, o := range t.Options {
		if a, err := t.Arithmetic(o.ID, materiality); err == nil && o.ID != NoAgreement {
			delta[o.ID] = a.Delta
		}
	}
	var sides []Side
	for _, p := range t.Parties {
		if p.Shown == nil || len(p.Shown.Order) == 0 {
			return Bargain{}, false
		}
		sides = append(sides, Side{p.Company, p.Shown.Order, p.Shown.Positions})
	}
	return Propose(sides, delta), true
}
