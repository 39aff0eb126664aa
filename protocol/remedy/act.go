package remedy

import (
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/terms"
)

// Codes of the rules of acts.
const (
	CodeForm     = "REMEDY-01" // an act of no known kind, or with parts of another
	CodeUnknown  = "REMEDY-02" // no such entry, or no such window
	CodeSide     = "REMEDY-03" // the act is the other side's
	CodeStatus   = "REMEDY-04" // the entry does not stand where the act would take it from
	CodeLate     = "REMEDY-05" // the time to dispute is over
	CodeFigures  = "REMEDY-06" // the window's figures are not apart, or the side's own are agreed
	CodeClaim    = "REMEDY-07" // no clause in force on the day brings the claim: no such clause, no event, not aged, or nothing left below its cap
	CodeTwice    = "REMEDY-08" // the clause was claimed for this window, or this product and day, before
	CodeMany     = "REMEDY-11" // as many claims are open as may be at once
	CodeIndex    = "REMEDY-10" // no price in force is adjusted by the index in that month, or the side has stated its value too often
	CodeEvidence = "REMEDY-12" // evidence that is not shared here
	CodeLapse    = "REMEDY-09" // a silence is recorded too early, by one who is late itself, or of one that wrote
)

// Verb is what is done with entries.
type Verb string

// The verbs.
const (
	Request     Verb = "REQUEST"     // by who is owed what is not applied by itself
	Acknowledge Verb = "ACKNOWLEDGE" // by who owes
	Settle      Verb = "SETTLE"      // paid, by either side; the word of who was owed confirms
	Dispute     Verb = "DISPUTE"     // opens a dispute about each: Item.Contend
	MakeClaim   Verb = "CLAIM"       // of what no report carries, by who is owed
	Agree       Verb = "AGREE"       // the other side's figures of a window, where the two come to different things
	State       Verb = "STATE"       // what an index was published at, by either side
	Lapse       Verb = "LAPSE"       // of a window's deadline, by a side that passed it, where another wrote nothing for seven days after
)

// MaxItems bounds the entries of one act: what falls due between two companies in a month, netted.
const MaxItems = 64

// Act is the body of an entry of a feed by which a company says something of entries.
type Act struct {
	Verb      Verb     `cbor:"verb" json:"verb"`
	Items     []string `cbor:"items,omitempty" json:"items,omitempty"`         // IDs, ascending; none for AGREE, LAPSE, STATE and CLAIM
	Window    *Window  `cbor:"window,omitempty" json:"window,omitempty"`       // AGREE, LAPSE
	Claim     *Claim   `cbor:"claim,omitempty" json:"claim,omitempty"`         // CLAIM
	Point     *Point   `cbor:"point,omitempty" json:"point,omitempty"`         // STATE
	Reference string   `cbor:"reference,omitempty" json:"reference,omitempty"` // SETTLE: of the payment, which happens elsewhere
	Reason    string   `cbor:"reason,omitempty" json:"reason,omitempty"`       // DISPUTE: a sentence
}

// ParseAct reads an act's body.
func ParseAct(data []byte) (a Act, err error) {
	err = block.Unmarshal(data, &a)
	return a, err
}

// Check judges the form of an act; "" where it is good.
func (a Act) Check() (code string) {
	known := slices.Contains([]Verb{Request, Acknowledge, Settle, Dispute, MakeClaim, Agree, Lapse, State}, a.Verb)
	named := len(a.Items) > 0 && len(a.Items) <= MaxItems
	for i, id := range a.Items {
		named = named && len(id) == IDSize && (i == 0 || a.Items[i-1] < id)
	}
	switch a.Verb {
	case State:
		named = len(a.Items) == 0 && a.Window == nil && a.Point != nil && a.Point.Check()
	case MakeClaim:
		named = len(a.Items) == 0 && a.Window == nil && a.Claim != nil && a.Claim.Check() == ""
	case Agree, Lapse:
		named = len(a.Items) == 0 && a.Window != nil && artifact.IsName(a.Window.Contract) && artifact.IsName(a.Window.SLA) && a.Window.Period.Valid()
	default:
		named = named && a.Window == nil
	}
	named = named && (a.Verb == MakeClaim) == (a.Claim != nil) && (a.Verb == State) == (a.Point != nil)
	if !known || !named || (a.Verb == Settle) != (a.Reference != "") || (a.Verb == Dispute) != (a.Reason != "") || a.Reference != "" && !artifact.IsName(a.Reference) || !artifact.IsSentence(a.Reason) {
		return CodeForm
	}
	return ""
}

// Doer is who acts, and when.
type Doer struct {
	Company block.CID
	Side    terms.Party
	T       int64         // claimed time, ms UTC
	Day     calendar.Date // of it, by the terms' calendar
}

// Do is an entry after a request, an acknowledgement or a settlement, or the code that refuses it. What is disputed goes another way: [Item.Contend].
func (i Item) Do(a Act, by Doer) (Item, string) {
	word := &Word{By: by.Company, Day: by.Day, T: by.T, Reference: a.Reference, Reason: a.Reason}
	owed := i.Status == Due || i.Status == Acknowledged
	unconfirmed := i.Status == Settled && i.Received == nil && by.Side == i.Creditor
	side := map[Verb]terms.Party{Request: i.Creditor, Acknowledge: i.Debtor, Settle: by.Side}[a.Verb]
	switch {
	case by.Side != i.Debtor && by.Side != i.Creditor || side != by.Side:
		return i, CodeSide
	case a.Verb == Request && i.Status == Claimable:
		if i.Claim != nil && by.Day <= i.DisputeBy {
			return i, CodeStatus // the other side may still answer
		}
		i.Status = Due
	case a.Verb == Acknowledge && (i.Status == Due || i.Status == Claimable && i.Claim != nil):
		i.Status, i.Reply = Acknowledged, word
	case a.Verb == Settle && (owed || unconfirmed):
		if i.Status = Settled; by.Side == i.Creditor {
			i.Received = word
		}
		if i.Paid == nil {
			i.Paid = word
		}
	default:
		return i, CodeStatus
	}
	return i, ""
}
