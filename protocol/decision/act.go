package decision

import (
	"cmp"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
)

// Verb says what an act does.
type Verb string

// The acts a feed may carry.
const (
	ProposeTopic Verb = "PROPOSE"
	Join         Verb = "JOIN"    // take the matter up
	AddContext   Verb = "CONTEXT" // name artifacts the topic rests on
	DropContext  Verb = "DROP"    // take back artifacts one has named
	AddOption    Verb = "OPTION"  // put an option on the list
	AddIssue     Verb = "ISSUE"   // name an issue of the negotiation
	StateBasis   Verb = "BASIS"   // state what options are worth to one's side
	Ready        Verb = "READY"   // context complete; commits to weights; after a revision, reconfirms
	Commit       Verb = "COMMIT"  // commit to scores
	RevealScores Verb = "REVEAL"  // open parts of the commitment
	MakeOffer    Verb = "OFFER"
	AcceptOffer  Verb = "ACCEPT"
	Decline      Verb = "DECLINE"
	Withdraw     Verb = "WITHDRAW" // its author takes the topic back
)

// Act is the body of a topic entry. Exactly the parts its verb names are set.
type Act struct {
	Verb    Verb          `cbor:"verb" json:"verb"`
	Topic   *block.CID    `cbor:"topic,omitempty" json:"topic,omitempty"`     // absent in PROPOSE: the entry names the topic
	Propose *Proposal     `cbor:"propose,omitempty" json:"propose,omitempty"` // PROPOSE
	Context []block.CID   `cbor:"context,omitempty" json:"context,omitempty"` // CONTEXT
	Drop    []block.CID   `cbor:"drop,omitempty" json:"drop,omitempty"`       // DROP
	Option  *Option       `cbor:"option,omitempty" json:"option,omitempty"`   // OPTION
	Issue   *Issue        `cbor:"issue,omitempty" json:"issue,omitempty"`     // ISSUE
	Basis   []OptionBasis `cbor:"basis,omitempty" json:"basis,omitempty"`     // BASIS
	Weights *Digest       `cbor:"weights,omitempty" json:"weights,omitempty"` // READY, the first time
	Keep    bool          `cbor:"keep,omitempty" json:"keep,omitempty"`       // READY after a revision: old scores stand
	Commit  *Digest       `cbor:"commit,omitempty" json:"commit,omitempty"`   // COMMIT
	Reveal  *Reveal       `cbor:"reveal,omitempty" json:"reveal,omitempty"`   // REVEAL
	Offer   *Terms        `cbor:"offer,omitempty" json:"offer,omitempty"`     // OFFER
	Accept  *Acceptance   `cbor:"accept,omitempty" json:"accept,omitempty"`   // ACCEPT
	Reason  string        `cbor:"reason,omitempty" json:"reason,omitempty"`   // DECLINE, WITHDRAW
}

// Proposal opens a topic.
type Proposal struct {
	Kind      Kind          `cbor:"kind" json:"kind"`
	Title     string        `cbor:"title" json:"title"`
	Trigger   Trigger       `cbor:"trigger" json:"trigger"`
	Exception *block.CID    `cbor:"exception,omitempty" json:"exception,omitempty"` // of an EXCEPTION
	Priority  Priority      `cbor:"priority" json:"priority"`
	Scope     Scope         `cbor:"scope" json:"scope"`
	Deadline  int64         `cbor:"deadline" json:"deadline"` // ms UTC
	Required  []Requirement `cbor:"required" json:"required"` // every party once, ascending
	Context   []block.CID   `cbor:"context" json:"context"`
	Options   []Option      `cbor:"options" json:"options"` // ascending by ID, option 0 among them
	Issues    []Issue       `cbor:"issues" json:"issues"`   // ascending by ID
	Amends    *Amendment    `cbor:"amends,omitempty" json:"amends,omitempty"`
	Minuted   *Minuted      `cbor:"minuted,omitempty" json:"minuted,omitempty"` // the line of minutes it was opened of
}

// Minuted names a line of minutes that says what the officers are to decide.
type Minuted struct {
	Minutes block.CID `cbor:"minutes" json:"minutes"`
	Line    string    `cbor:"line" json:"line"`
}

// Amendment names the agreement a topic is about to replace or to end early: what is agreed in its place is an agreement too.
type Amendment struct {
	Agreement block.CID `cbor:"agreement" json:"agreement"` // its document
	End       bool      `cbor:"end" json:"end"`             // nothing takes its place
}

// OptionBasis is the author's value basis for one option.
type OptionBasis struct {
	Option string     `cbor:"option" json:"option"`
	Basis  ValueBasis `cbor:"basis" json:"basis"`
}

// Acceptance binds to one offer: its round and the entry that carries it.
type Acceptance struct {
	Round int64     `cbor:"round" json:"round"`
	Offer block.CID `cbor:"offer" json:"offer"`
}

// At is the entry that carries an act.
type At struct {
	Entry  block.CID
	Member block.CID
	Seq    int64
	Lam    int64
	T      int64 // claimed time, ms UTC
}

func (a At) mark() Mark { return Mark{a.Seq, a.Lam, a.T} }

// Check finds what is wrong with the form of an act: ACT-01 unknown verb, ACT-02 parts that its verb does not take or
// lacks, ACT-03 a topic named where none is, or none where one is.
func (a Act) Check() []artifact.Finding {
	parts := map[Verb]bool{
		ProposeTopic: a.Propose != nil, AddContext: len(a.Context) > 0, DropContext: len(a.Drop) > 0, AddOption: a.Option != nil, AddIssue: a.Issue != nil,
		StateBasis: len(a.Basis) > 0, Commit: a.Commit != nil, RevealScores: a.Reveal != nil, MakeOffer: a.Offer != nil,
		AcceptOffer: a.Accept != nil, Decline: a.Reason != "", Ready: a.Weights != nil || a.Keep,
	}
	if a.Verb == Withdraw { // the reason is the part of two verbs
		parts[Withdraw] = parts[Decline]
		delete(parts, Decline)
	}
	if _, known := parts[a.Verb]; !known && a.Verb != Join {
		return refuse("ACT-01", "verb", "unknown verb %q", a.Verb)
	}
	for _, verb := range []Verb{ProposeTopic, AddContext, DropContext, AddOption, AddIssue, StateBasis, Commit, RevealScores, MakeOffer, AcceptOffer, Decline, Withdraw, Ready} {
		switch {
		case parts[verb] && verb != a.Verb:
			return refuse("ACT-02", "", "%s does not take the part of %s", a.Verb, verb)
		case !parts[verb] && verb == a.Verb && verb != Ready:
			return refuse("ACT-02", "", "%s lacks its part", a.Verb)
		}
	}
	if (a.Topic == nil) != (a.Verb == ProposeTopic) {
		return refuse("ACT-03", "topic", "%s must name a topic, and only PROPOSE none", a.Verb)
	}
	return nil
}

// Marshal writes the act as an entry's body.
func (a Act) Marshal() ([]byte, error) { return block.Marshal(a) }

// ParseAct reads an entry's body and checks its form.
func ParseAct(data []byte) (Act, error) {
	var a Act
	if err := block.Unmarshal(data, &a); err != nil {
		return Act{}, err
	}
	if found := a.Check(); len(found) > 0 {
		return Act{}, found[0]
	}
	return a, nil
}

// valid tells whether a cell names a product, a region and a period.
func (c Cell) valid() bool { return validName(c.Product) && validName(c.Region) && c.Bucket.Valid() }

func validName(s string) bool { return s != "" && plain(s, artifact.MaxName) }

// Compare orders cells by product, region and period.
func (c Cell) Compare(d Cell) int {
	return cmp.Or(cmp.Compare(c.Product, d.Product), cmp.Compare(c.Region, d.Region), c.Bucket.Compare(d.Bucket))
}
