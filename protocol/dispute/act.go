package dispute

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// Codes of the rules of disputes.
const (
	CodeForm     = "DISPUTE-01" // an act of no known kind, or with parts of another
	CodeUnknown  = "DISPUTE-02" // no such dispute
	CodeSubject  = "DISPUTE-03" // nothing of that name is held, or no terms in force name a path
	CodeAgain    = "DISPUTE-04" // a dispute about it is open, or has ended
	CodeSide     = "DISPUTE-05" // who acts is no party, or on the wrong side for this act
	CodeLate     = "DISPUTE-06" // the level's time is over, or the dispute has ended
	CodeLevel    = "DISPUTE-07" // signed for another level, or no level follows
	CodeRole     = "DISPUTE-08" // signed by a role or a key that does not speak at this level
	CodeAmount   = "DISPUTE-09" // an amount in another currency, above what is in dispute, or above the signer's limit
	CodeProposal = "DISPUTE-10" // no such proposal of the other side at this level, or not what it says
	CodeMany     = "DISPUTE-11" // more statements, proposals or open disputes than there may be
	CodeArbiter  = "DISPUTE-12" // not signed by the arbiter, or none is named, or not at the arbiter's level
	CodeEvidence = "DISPUTE-13" // evidence that is not shared here
	CodeStands   = "DISPUTE-14" // the entry does not stand where it could be disputed, or the time for it is over
	CodeQuorum   = "DISPUTE-15" // its company's signing policy asks for more officers than signed, or one signed something else
)

// Verb is what is done.
type Verb string

// The verbs.
const (
	OpenDispute Verb = "OPEN"
	Declare     Verb = "STATE"
	Propose     Verb = "PROPOSE"  // signed: a firm offer until the level's time is over
	Accept      Verb = "ACCEPT"   // signed: by the other side; together they are the settlement
	Escalate    Verb = "ESCALATE" // to the next level before its time
	Rule        Verb = "RULE"     // signed: by the arbiter
	Withdraw    Verb = "WITHDRAW" // signed: by the side that opened it
)

// SignatureKind labels what is signed in disputes: application/vnd.kontor.dispute.v1+cbor.
const SignatureKind = "dispute"

// DeskRole is the role of a desk's key in an instrument.
const DeskRole = "DESK"

// Ending tells whether an act of this kind ends a level when every other party has seen it.
func (v Verb) Ending() bool {
	return v == Accept || v == Escalate || v == Rule || v == Withdraw
}

// Signed tells whether an act of this kind carries an instrument.
func (v Verb) Signed() bool { return v == Propose || v == Accept || v == Rule || v == Withdraw }

// Binds tells whether an act of this kind commits the company that signs it: it counts on whatever branch of its feed it stands.
func (v Verb) Binds() bool { return v == Propose || v == Accept || v == Withdraw }

// Act is the body of an entry about a dispute.
type Act struct {
	Verb     Verb            `cbor:"verb" json:"verb"`
	Dispute  string          `cbor:"dispute,omitempty" json:"dispute,omitempty"` // ID; none for OPEN
	Subject  *Subject        `cbor:"subject,omitempty" json:"subject,omitempty"` // OPEN
	Worth    *quantity.Money `cbor:"worth,omitempty" json:"worth,omitempty"`     // OPEN of what has no amount of its own
	Text     string          `cbor:"text,omitempty" json:"text,omitempty"`       // OPEN, STATE, ESCALATE: at most MaxStatement bytes
	Evidence []block.CID     `cbor:"evidence,omitempty" json:"evidence,omitempty"`
	Signed   *Sealed         `cbor:"signed,omitempty" json:"signed,omitempty"`
	Beside   []Sealed        `cbor:"beside,omitempty" json:"beside,omitempty"` // PROPOSE, ACCEPT, WITHDRAW: the same, signed by further officers of the company
	Chain    [][]byte        `cbor:"chain,omitempty" json:"chain,omitempty"`   // RULE of an arbiter without a feed: its identity chain, entry by entry
}

// MaxBeside bounds the further signatures of an act, each of which is verified wherever it is folded: a quorum of every role, and some to spare.
const MaxBeside = 7

// MaxChain bounds the identity chain that a ruling carries: its entries are verified wherever the ruling is folded.
const MaxChain = 64

// Sealed is an instrument with the signature of a role's or a desk's key.
type Sealed struct {
	Document []byte `cbor:"doc" json:"doc"`
	Key      []byte `cbor:"key" json:"key"`
	Sig      []byte `cbor:"sig" json:"sig"`
}

// Instrument is what is signed: it names the partnership, the dispute and the level, so that it counts nowhere else.
type Instrument struct {
	Partnership block.CID       `cbor:"pid" json:"pid"`
	Dispute     string          `cbor:"dispute" json:"dispute"`
	Verb        Verb            `cbor:"verb" json:"verb"`
	Level       string          `cbor:"level" json:"level"`
	Company     block.CID       `cbor:"company" json:"company"`
	Role        string          `cbor:"role" json:"role"`                             // an officer's, or DESK
	Proposal    *block.CID      `cbor:"proposal,omitempty" json:"proposal,omitempty"` // ACCEPT: the entry that carries it
	Outcome     terms.Outcome   `cbor:"outcome,omitempty" json:"outcome,omitempty"`   // PROPOSE, ACCEPT, RULE
	Amount      *quantity.Money `cbor:"amount,omitempty" json:"amount,omitempty"`     // of outcome AMOUNT
	Text        string          `cbor:"text,omitempty" json:"text,omitempty"`         // the grounds, or what is agreed
}

// ParseAct reads an act's body.
func ParseAct(data []byte) (a Act, err error) {
	err = block.Unmarshal(data, &a)
	return a, err
}

// ParseInstrument reads what was signed.
func ParseInstrument(data []byte) (i Instrument, err error) {
	err = block.Unmarshal(data, &i)
	return i, err
}

var verbs = []Verb{OpenDispute, Declare, Propose, Accept, Escalate, Rule, Withdraw}

// Check judges the form of an act; "" where it is good.
func (a Act) Check() (code string) {
	v := a.Verb
	ok := slices.Contains(verbs, v) && (v == OpenDispute) == (a.Subject != nil) && (v == OpenDispute) == (a.Dispute == "") && v.Signed() == (a.Signed != nil)
	ok = ok && (a.Dispute == "" || isID(a.Dispute)) && (a.Subject == nil || a.Subject.Valid()) && IsStatement(a.Text) && len(a.Evidence) <= MaxEvidence && len(a.Chain) <= MaxChain
	ok = ok && (a.Text == "" || !v.Signed()) && (a.Text != "" || v != OpenDispute && v != Declare) && (len(a.Evidence) == 0 || !v.Signed()) && (len(a.Chain) == 0 || v == Rule)
	ok = ok && (a.Worth == nil || v == OpenDispute && a.Subject.Kind != Credit && a.Worth.Minor >= 0)
	ok = ok && (len(a.Beside) == 0 || v.Binds()) && len(a.Beside) <= MaxBeside
	for i, e := range a.Evidence {
		ok = ok && (i == 0 || a.Evidence[i-1].Compare(e) < 0)
	}
	if !ok {
		return CodeForm
	}
	return ""
}

// Check judges the form of an instrument; "" where it is good.
func (i Instrument) Check() (code string) {
	v := i.Verb
	says := i.Outcome != ""
	ok := v.Signed() && isID(i.Dispute) && IsStatement(i.Text) && artifact.IsRole(i.Role) && (v == Accept) == (i.Proposal != nil) && says == (v != Withdraw)
	ok = ok && (i.Outcome == Sum) == (i.Amount != nil) && (i.Amount == nil || i.Amount.Minor >= 0)
	ok = ok && (!says || slices.Contains([]terms.Outcome{terms.Stands, terms.Dropped, terms.Halved, Sum, Concord}, i.Outcome)) && (i.Outcome != Concord || i.Text != "" && v != Rule)
	if !ok {
		return CodeForm
	}
	return ""
}

func isID(s string) bool { return len(s) == IDSize && strings.Trim(s, "0123456789abcdef") == "" }

// IsStatement tells whether a text can stand in a dispute: plain lines, at most MaxStatement bytes in all.
func IsStatement(s string) bool {
	if len(s) > MaxStatement || !utf8.ValidString(s) {
		return false
	}
	for line := range strings.SplitSeq(s, "\n") {
		if !artifact.IsSentence(line) {
			return false
		}
	}
	return true
}

// Render says what signing an instrument means, from its very bytes.
func (i Instrument) Render() string {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-12s %s\n", name, fmt.Sprintf(format, args...))
	}
	line("dispute", "%s of partnership %s", i.Dispute, i.Partnership)
	line("signs", "the %s of %s, at level %s", i.Role, i.Company, i.Level)
	switch i.Verb {
	case Propose:
		line("proposes", "to settle: a firm offer until the level's time is over")
	case Accept:
		line("accepts", "the proposal in entry %s, and settles", *i.Proposal)
	case Withdraw:
		line("withdraws", "the dispute: it stands as it did before")
	case Rule:
		line("rules", "on the dispute, for both sides")
	}
	switch {
	case i.Amount != nil:
		line("owed", "%s", i.Amount)
	case i.Outcome != "":
		line("outcome", "%s", i.Outcome)
	}
	for text := range strings.SplitSeq(i.Text, "\n") {
		if text != "" {
			line("text", "%s", text)
		}
	}
	return b.String()
}

// Same tells whether two instruments say the same.
func (i Instrument) Same(j Instrument) bool {
	return i.Partnership == j.Partnership && i.Dispute == j.Dispute && i.Verb == j.Verb && i.Level == j.Level && i.Company == j.Company && i.Role == j.Role && sameCID(i.Proposal, j.Proposal) &&
		i.Outcome == j.Outcome && sameAmount(i.Amount, j.Amount) && i.Text == j.Text
}
