package remedy

import (
	"math/big"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// Liability is the kind of an entry for what was made or bought at the buyer's risk and is not taken.
const Liability Kind = "LIABILITY"

// MaxOpenClaims bounds what is claimed and not answered yet in one contract: each asks people for an answer, and a node for what was authorised.
const MaxOpenClaims = 64

// Authorised is the most that may be left of an authorisation for a product, made and bought for, in its unit: by the forecasts that both hold.
type Authorised func(a terms.Authorisation) (finished, raw quantity.Quantity, err error)

// MaxHours bounds what a line stood in one event: a year.
const MaxHours = 8_784

// Claim is what a side says of something that no report carries: hours a line stood, faster freight, or what was made under an authorisation and is
// not taken. Its amount follows from the clause; it is due when the other side acknowledges it, or has let the time to dispute it pass.
type Claim struct {
	Contract string             `cbor:"contract" json:"contract"`
	Clause   string             `cbor:"clause" json:"clause"`                         // the remedy, or the authorisation
	Day      calendar.Date      `cbor:"day" json:"day"`                               // it happened
	Hours    *quantity.Quantity `cbor:"hours,omitempty" json:"hours,omitempty"`       // LINE_DOWN
	Cost     *quantity.Money    `cbor:"cost,omitempty" json:"cost,omitempty"`         // EXPEDITE
	Event    terms.EventKind    `cbor:"event,omitempty" json:"event,omitempty"`       // of an authorisation: nothing is claimed without one
	Product  string             `cbor:"product,omitempty" json:"product,omitempty"`   // of an authorisation
	Finished *quantity.Quantity `cbor:"finished,omitempty" json:"finished,omitempty"` // of an authorisation: left over, in its unit, after what was taken or used otherwise
	Raw      *quantity.Quantity `cbor:"raw,omitempty" json:"raw,omitempty"`
	Evidence *block.CID         `cbor:"evidence,omitempty" json:"evidence,omitempty"` // a shared artifact or an attachment; always there
	Reason   string             `cbor:"reason,omitempty" json:"reason,omitempty"`
}

// Check judges the form of a claim; "" where it is good.
func (c Claim) Check() (code string) {
	amount := func(q *quantity.Quantity, most int64) bool {
		return q == nil || q.Sign() >= 0 && q.Exponent() >= -terms.MaxDecimals && q.Cmp(quantity.Of(most)) <= 0
	}
	forms := 0
	for _, given := range []bool{c.Hours != nil, c.Cost != nil, c.Event != ""} {
		if given {
			forms++
		}
	}
	left := c.Finished != nil || c.Raw != nil
	if forms != 1 || (c.Event != "") != left || (c.Event != "") != (c.Product != "") || !artifact.IsName(c.Contract) || !artifact.IsName(c.Clause) || !c.Day.Valid() || c.Evidence == nil ||
		c.Product != "" && !artifact.IsName(c.Product) || !artifact.IsSentence(c.Reason) || !amount(c.Hours, MaxHours) || !amount(c.Finished, terms.MaxUnitPrice) || !amount(c.Raw, terms.MaxUnitPrice) || c.Cost != nil && c.Cost.Minor <= 0 {
		return CodeForm
	}
	return ""
}

// Raise makes the entry of a claim under the terms that were in force on its day, or the code that refuses it. By is the side that claims, on the day of
// its entry. What is claimed of an authorisation is no more than what was authorised; that is asked for last, for it costs most.
func Raise(c Claim, d terms.Document, root *block.CID, entries []Item, by terms.Party, on calendar.Date, authorised Authorised) (Item, string, error) {
	open := 0
	for _, e := range entries {
		if e.Contract == c.Contract && e.Claim != nil && e.Status == Claimable {
			open++
		}
	}
	if open >= MaxOpenClaims {
		return Item{}, CodeMany, nil
	}
	if c.Event != "" && c.Day <= on {
		return Booking{Terms: d, Entries: entries, On: on, Root: root}.liable(c, by, authorised)
	}
	i, code := raise(c, d, root, entries, by, on)
	return i, code, nil
}

func raise(c Claim, d terms.Document, root *block.CID, entries []Item, by terms.Party, on calendar.Date) (Item, string) {
	if c.Day > on {
		return Item{}, CodeClaim
	}
	b := Booking{Terms: d, Entries: entries, On: on, Root: root}
	r, known := b.remedy(c.Clause)
	if !known {
		return Item{}, CodeClaim
	}
	for _, s := range d.SLAs {
		if s.ID == r.SLA {
			b.SLA = s
		}
	}
	windows := d.Windows(b.SLA, d.Period)
	for _, w := range windows {
		if w.Period.Contains(c.Day) {
			b.Period = w.Period
		}
	}
	a := Amount{Remedy: r.ID, Kind: r.Kind, SharePPM: terms.PPM, Amount: quantity.Money{Currency: d.Currency}}
	switch {
	case !b.Period.Valid():
		return Item{}, CodeClaim
	case by != Other(b.SLA.By):
		return Item{}, CodeSide
	case r.Kind == terms.LineDown && c.Hours != nil:
		m, err := d.Money(new(big.Rat).Mul(major(*r.Amount), c.Hours.Rat()))
		if err != nil {
			return Item{}, CodeClaim
		}
		a.Amount = m
	case r.Kind == terms.Expedite && c.Cost != nil && c.Cost.Currency == d.Currency:
		a.Amount = *c.Cost
	default:
		return Item{}, CodeClaim
	}
	i, due := b.item(a, entries)
	return once(i, due, c, entries)
}

// liable is the buyer's part of what is left of an authorisation after an event, aged as the clause says.
func (b Booking) liable(c Claim, by terms.Party, authorised Authorised) (Item, string, error) {
	for _, a := range b.Terms.Authorisations {
		if a.ID != c.Clause {
			continue
		}
		zero := quantity.Quantity{}
		finished, raw := &zero, &zero
		if c.Finished != nil {
			finished = c.Finished
		}
		if c.Raw != nil {
			raw = c.Raw
		}
		value, err := b.Terms.Liable(a, *finished, *raw)
		if err != nil {
			return Item{}, CodeClaim, nil
		}
		due := a.Claim(terms.Exposed{Value: value}, &terms.Event{Kind: c.Event, Day: c.Day}, b.On)
		switch {
		case by != terms.Seller:
			return Item{}, CodeSide, nil
		case !due.Due:
			return Item{}, CodeClaim, nil // no such event, not aged yet, or nothing
		}
		b.SLA = terms.SLA{ID: c.Product, By: terms.Buyer}
		b.Period = calendar.Bucket{Start: c.Day, End: c.Day.AddDays(1)}
		i := b.blank(Liability, terms.Remedy{ID: a.ID, DisputeDays: liabilityDays})
		i.Amount, i.Computed = due.Amount, due.Amount
		if i, code := once(i, true, c, b.Entries); code != "" {
			return i, code, nil
		}
		made, bought, err := authorised(a)
		if err != nil {
			return Item{}, "", err
		}
		most, err := b.Terms.Liable(a, smaller(*finished, made), smaller(*raw, bought))
		if err != nil {
			return Item{}, CodeClaim, nil
		}
		whole, err := b.Terms.Liable(a, made, bought)
		if err != nil {
			return Item{}, CodeClaim, nil
		}
		for _, e := range b.Entries { // what was claimed before of the same year is not left a second time
			if e.Kind == Liability && e.Claim != nil && e.Claim.Clause == a.ID && e.Claim.Product == c.Product && a.Since(e.Claim.Day) == a.Since(c.Day) {
				whole.Minor -= e.claimed()
			}
		}
		if left := max(min(most.Minor, whole.Minor), 0); left < i.Amount.Minor {
			i.Amount.Minor, i.Limited = left, ByExposed
		}
		i, code := once(i, i.Amount.Minor > 0, c, b.Entries)
		return i, code, nil
	}
	return Item{}, CodeClaim, nil
}

// claimed is what a claim stood at, whatever a dispute made of it: what was decided is not claimed once more on another day.
func (i Item) claimed() int64 {
	if i.Stood != nil {
		return i.Stood.Minor
	}
	return i.Amount.Minor
}

func smaller(a, b quantity.Quantity) quantity.Quantity {
	if b.Less(a) {
		return b
	}
	return a
}

// liabilityDays are the working days to dispute a claim on an authorisation, which has no clause of its own for it.
const liabilityDays = 20

// once is the entry of a claim, unless there is one already: one remedy for one cause and window.
func once(i Item, due bool, c Claim, entries []Item) (Item, string) {
	for _, e := range entries {
		if e.ID == i.ID {
			return Item{}, CodeTwice
		}
	}
	if !due {
		return Item{}, CodeClaim
	}
	i.Status, i.Claim = Claimable, &c
	return i, ""
}
