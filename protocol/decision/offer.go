package decision

import (
	"fmt"
	"math/big"
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// IssueKind says what sort of thing is negotiated.
type IssueKind string

// The kinds of issues. All but DATE are numbers with a unit; a TERM is a number of days, months or the like, OTHER whatever else has a unit and bounds.
const (
	QuantityIssue IssueKind = "QUANTITY"
	DateIssue     IssueKind = "DATE"
	PriceIssue    IssueKind = "PRICE"
	ShareIssue    IssueKind = "SHARE"
	TermIssue     IssueKind = "TERM"
	OtherIssue    IssueKind = "OTHER"
)

// Value is a number or a date.
type Value struct {
	Number *quantity.Quantity `cbor:"number,omitempty" json:"number,omitempty"`
	Date   *calendar.Date     `cbor:"date,omitempty" json:"date,omitempty"`
}

// Number is a value that is a number.
func Number(q quantity.Quantity) Value { return Value{Number: &q} }

// Day is a value that is a date.
func Day(d calendar.Date) Value { return Value{Date: &d} }

// String is the value for people.
func (v Value) String() string {
	switch {
	case v.Number != nil:
		return v.Number.String()
	case v.Date != nil:
		return v.Date.String()
	}
	return "nothing"
}

// Equal tells whether two values are one.
func (v Value) Equal(w Value) bool { return v.String() == w.String() }

func (v Value) rat() *big.Rat {
	if v.Number != nil {
		return rat(*v.Number)
	}
	return new(big.Rat).SetInt64(int64(*v.Date))
}

func (v Value) fits(kind IssueKind) bool {
	if kind == DateIssue {
		return v.Number == nil && v.Date != nil && v.Date.Valid()
	}
	return v.Number != nil && v.Date == nil
}

// Issue is one thing the parties negotiate about, with the range inside which any settlement lies.
type Issue struct {
	ID   string    `cbor:"id" json:"id"`
	Name string    `cbor:"name" json:"name"`
	Kind IssueKind `cbor:"kind" json:"kind"`
	Unit string    `cbor:"unit" json:"unit"` // "C62", "EUR per 1000", "%", "days"; empty for a date
	Low  Value     `cbor:"low" json:"low"`
	High Value     `cbor:"high" json:"high"`
}

func (i Issue) check(f *artifact.Report, path string) {
	known := slices.Contains([]IssueKind{QuantityIssue, DateIssue, PriceIssue, ShareIssue, TermIssue, OtherIssue}, i.Kind)
	if !identifier(i.ID) || !validName(i.Name) || !known || !plain(i.Unit, MaxID) || (i.Unit == "") != (i.Kind == DateIssue) {
		f.Add("TOPIC-11", path, "issue %q of kind %q in %q: want an ID, a name, a known kind and a unit unless it is a date", i.ID, i.Kind, i.Unit)
		return
	}
	if !i.Low.fits(i.Kind) || !i.High.fits(i.Kind) || i.Low.rat().Cmp(i.High.rat()) >= 0 {
		f.Add("TOPIC-11", path, "issue %q runs from %s to %s: want two values of its kind, the lower first", i.ID, i.Low, i.High)
	}
}

// within tells whether v is a value of the issue's kind inside its range.
func (i Issue) within(v Value) bool {
	return v.fits(i.Kind) && v.rat().Cmp(i.Low.rat()) >= 0 && v.rat().Cmp(i.High.rat()) <= 0
}

// gap is |a - b| as a part of the issue's range, 0 to 1 for values inside it.
func (i Issue) gap(a, b Value) *big.Rat {
	d := new(big.Rat).Sub(a.rat(), b.rat())
	return d.Quo(d.Abs(d), new(big.Rat).Sub(i.High.rat(), i.Low.rat()))
}

// IssueValue settles one issue.
type IssueValue struct {
	Issue string `cbor:"issue" json:"issue"`
	Value Value  `cbor:"value" json:"value"`
}

// TradeOff is what a side says it gave and got with an offer, and until when that holds.
type TradeOff struct {
	Gave  string         `cbor:"gave" json:"gave"`
	Got   string         `cbor:"got" json:"got"`
	Until *calendar.Date `cbor:"until,omitempty" json:"until,omitempty"`
}

// Terms are an offer as its author writes it: a full package for one option, a value for every issue.
type Terms struct {
	Round  int64        `cbor:"round" json:"round"` // one more than the last offer's
	Option string       `cbor:"option" json:"option"`
	Values []IssueValue `cbor:"values" json:"values"` // every issue, ascending by ID
	Trades []TradeOff   `cbor:"trades" json:"trades"`
	Note   string       `cbor:"note,omitempty" json:"note,omitempty"`
}

// Offer is an offer on the table.
type Offer struct {
	Terms
	By    block.CID `cbor:"by" json:"by"`
	Entry block.CID `cbor:"entry" json:"entry"` // what an acceptance names
	At    Mark      `cbor:"at" json:"at"`
}

func (t Terms) value(issue string) (Value, bool) {
	for _, v := range t.Values {
		if v.Issue == issue {
			return v.Value, true
		}
	}
	return Value{}, false
}

// check finds what is wrong with an offer over these issues.
func (t Terms) check(issues []Issue) []artifact.Finding {
	var f artifact.Report
	if len(t.Values) != len(issues) {
		f.Add("TOPIC-12", "offer.values", "%d values for %d issues: an offer is a full package", len(t.Values), len(issues))
		return f.Findings()
	}
	for i, issue := range issues { // issues are ascending by ID, so values are
		path := fmt.Sprintf("offer.values[%d]", i)
		v := t.Values[i]
		switch {
		case v.Issue != issue.ID:
			f.Add("TOPIC-12", path, "value for issue %q where %q is due", v.Issue, issue.ID)
		case !issue.within(v.Value):
			f.Add("TOPIC-13", path, "%s of issue %q is outside %s to %s", v.Value, issue.ID, issue.Low, issue.High)
		}
	}
	checkTrades(&f, "offer.trades", "TOPIC-14", t.Trades)
	if !plain(t.Note, MaxNote) {
		f.Add("TOPIC-14", "offer.note", "the note is longer than %d bytes or not plain text", MaxNote)
	}
	return f.Findings()
}

func checkTrades(f *artifact.Report, path, code string, trades []TradeOff) {
	if len(trades) > MaxTrades {
		f.Add(code, path, "%d trade-offs, at most %d", len(trades), MaxTrades)
		return
	}
	for i, trade := range trades {
		if trade.Gave == "" || trade.Got == "" || !plain(trade.Gave, MaxNote) || !plain(trade.Got, MaxNote) || trade.Until != nil && !trade.Until.Valid() {
			f.Add(code, fmt.Sprintf("%s[%d]", path, i), "a trade-off says what was given and what was got, in up to %d bytes of plain text each", MaxNote)
		}
	}
}

// Change is how one issue of an offer differs from another offer.
type Change struct {
	Issue string `cbor:"issue" json:"issue"`
	Name  string `cbor:"name" json:"name"`
	Unit  string `cbor:"unit" json:"unit"`
	From  Value  `cbor:"from" json:"from"`
	To    Value  `cbor:"to" json:"to"`
	PPM   int64  `cbor:"ppm" json:"ppm"` // size of the step in parts per million of the issue's range
}

// Difference lists what changed from one offer to the next, issue by issue, unchanged ones left out.
func Difference(issues []Issue, from, to Terms) []Change {
	var out []Change
	for _, issue := range issues {
		a, okA := from.value(issue.ID)
		b, okB := to.value(issue.ID)
		if okA && okB && !a.Equal(b) {
			out = append(out, Change{issue.ID, issue.Name, issue.Unit, a, b, *ppm(issue.gap(a, b))})
		}
	}
	return out
}

// IssueDistance is how far the parties are apart on one issue.
type IssueDistance struct {
	Issue string `cbor:"issue" json:"issue"`
	PPM   int64  `cbor:"ppm" json:"ppm"` // 0 together, 1,000,000 at opposite ends of the range
}

// Distance is how far the parties' newest offers are apart.
type Distance struct {
	Issues     []IssueDistance `cbor:"issues" json:"issues"`
	Overall    int64           `cbor:"overall" json:"overall"`         // mean over the issues, ppm, half-up
	SameOption bool            `cbor:"same_option" json:"same_option"` // their offers are about one option
}

// Distance compares the newest offer of each party up to a round (0: the last); ok is false until every party has
// made one. It is zero when the packages are equal and never rises while parties move toward each other.
func (t Topic) Distance(round int64) (d Distance, ok bool) {
	newest := map[block.CID]Terms{}
	for _, offer := range t.Offers {
		if round == 0 || offer.Round <= round {
			newest[offer.By] = offer.Terms
		}
	}
	if len(newest) < len(t.Parties) {
		return Distance{}, false
	}
	d.SameOption, d.Issues = true, []IssueDistance{}
	first := newest[t.Parties[0].Company]
	total := new(big.Rat)
	for _, issue := range t.Issues {
		widest := new(big.Rat)
		for i, p := range t.Parties {
			a, _ := newest[p.Company].value(issue.ID)
			for _, q := range t.Parties[i+1:] {
				b, _ := newest[q.Company].value(issue.ID)
				if gap := issue.gap(a, b); gap.Cmp(widest) > 0 {
					widest = gap
				}
			}
		}
		d.Issues = append(d.Issues, IssueDistance{issue.ID, *ppm(widest)})
		total.Add(total, widest)
	}
	for _, p := range t.Parties {
		d.SameOption = d.SameOption && newest[p.Company].Option == first.Option
	}
	if len(t.Issues) > 0 {
		d.Overall = *ppm(total.Quo(total, big.NewRat(int64(len(t.Issues)), 1)))
	}
	return d, true
}
