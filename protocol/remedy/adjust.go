package remedy

import (
	"math/big"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/measure"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// Point is what an index was published at for a month, as one side states it.
type Point struct {
	Index    string            `cbor:"index" json:"index"` // as the terms name it
	Month    calendar.Date     `cbor:"month" json:"month"` // its first day
	Value    quantity.Quantity `cbor:"value" json:"value"`
	Final    bool              `cbor:"final,omitempty" json:"final,omitempty"`       // else preliminary: its publisher may still revise it
	Source   string            `cbor:"source" json:"source"`                         // where it is published, a sentence
	Evidence *block.CID        `cbor:"evidence,omitempty" json:"evidence,omitempty"` // a shared artifact or attachment
}

// Check tells whether a point is well formed.
func (p Point) Check() bool {
	return artifact.IsName(p.Index) && p.Month.Valid() && p.Month == p.Month.Month().First() && p.Value.Sign() > 0 && p.Value.Exponent() >= -terms.MaxDecimals && p.Value.Cmp(quantity.Of(terms.MaxUnitPrice)) <= 0 &&
		p.Source != "" && artifact.IsSentence(p.Source)
}

// MaxPoints bounds how often one side states the value of one month: a first estimate, revisions, the final value, and mistakes.
const MaxPoints = 8

// Values finds what a side stated in time of an index in a month: the newest final value, else the newest preliminary one; nil where nothing.
type Values func(side terms.Party, index string, month calendar.Date) *Point

// PriceCase is a month of a price that is adjusted.
type PriceCase struct {
	Terms         terms.Document
	Price         terms.Price
	Period        calendar.Bucket
	Buyer, Seller []performance.Document
	Values        Values
	Agreed        terms.Party // whose values and figures the desks agreed upon; "" where they did not
}

// LookBack is how many months before the one that counts a value may be the last known.
const LookBack = 24

// standing is what a price moves to by what is stated: one value, or two that differ. None: the provisional price stays.
func (c PriceCase) standing() (values []quantity.Quantity, why Why, by terms.Party) {
	x := c.Price.Index
	month := x.Counts(c.Period.Start)
	for _, v := range x.Values {
		if v.Month == month {
			return []quantity.Quantity{v.Value}, "", terms.Both
		}
	}
	if values, by = c.stated(month); len(values) > 0 {
		return values, "", by
	}
	switch x.Adjust.OnMissing {
	case terms.AtBase:
		return []quantity.Quantity{x.BaseValue}, AtBase, terms.Both
	case terms.Unadjusted:
		return nil, NoReports, ""
	}
	for n := 1; n <= LookBack; n++ {
		earlier := month.Month().Add(-n).First()
		if values, by = c.stated(earlier); len(values) > 0 {
			return values, ByLastKnown, by
		}
		for _, v := range x.Values {
			if v.Month == earlier {
				return []quantity.Quantity{v.Value}, ByLastKnown, terms.Both
			}
		}
	}
	return []quantity.Quantity{x.BaseValue}, ByLastKnown, terms.Both
}

// stated is what the two sides state of a month: a final value goes before a preliminary one; two of one rank that differ are both there.
func (c PriceCase) stated(month calendar.Date) (values []quantity.Quantity, by terms.Party) {
	b, s := c.Values(terms.Buyer, c.Price.Index.ID, month), c.Values(terms.Seller, c.Price.Index.ID, month)
	switch {
	case b != nil && c.Agreed == terms.Buyer:
		return []quantity.Quantity{b.Value}, terms.Buyer
	case s != nil && c.Agreed == terms.Seller:
		return []quantity.Quantity{s.Value}, terms.Seller
	case b == nil && s == nil:
		return nil, ""
	case s == nil || b != nil && b.Final && !s.Final:
		return []quantity.Quantity{b.Value}, terms.Buyer
	case b == nil || s.Final && !b.Final:
		return []quantity.Quantity{s.Value}, terms.Seller
	case b.Value == s.Value:
		return []quantity.Quantity{b.Value}, terms.Both
	}
	return []quantity.Quantity{b.Value, s.Value}, terms.Both
}

// Adjust says what a month's deliveries come to beyond what they were charged at, by either side's figures of what came. An amount above nothing is
// owed by the seller, below nothing by the buyer. Where the two sides state values or quantities by which they come to different things, the greatest amount
// is held until their desks agree.
func Adjust(c PriceCase) Result {
	sla, adjusts := c.Price.Adjusts()
	if !adjusts {
		return Result{Verdict: NotMeasured, Why: Unsupported}
	}
	b, s := gather(terms.Buyer, sla, c.Period, c.Buyer), gather(terms.Seller, sla, c.Period, c.Seller)
	out := Result{Verdict: Adjusted, Stands: terms.Both}
	for _, r := range []reported{b, s} {
		if !r.whole {
			out.Silent = append(out.Silent, r.by)
		}
	}
	amount := func(a *quantity.Money, held bool) Result {
		if a == nil {
			a = &quantity.Money{Currency: c.Terms.Currency}
		}
		out.Amounts = []Amount{{Remedy: c.Price.ID, Kind: terms.RemedyKind(PriceMoved), SharePPM: terms.PPM, Amount: *a, Held: held}}
		return out
	}
	values, why, by := c.standing()
	out.Why, out.Stands = why, by
	if len(values) == 0 || !b.whole && !s.whole {
		out.Verdict, out.Why = NotMeasured, NoReports
		return amount(nil, false)
	}
	var all []quantity.Money
	for _, v := range values {
		for _, side := range []struct{ own, other reported }{{b, s}, {s, b}} {
			if !side.own.whole || side.other.whole && c.Agreed == side.other.by {
				continue
			}
			m, n, err := c.difference(side.own.with(side.other, measure.Definition{}), v)
			if err != nil {
				out.Verdict, out.Why = NotMeasured, Unsupported
				return amount(nil, false)
			}
			out.Count = max(out.Count, n)
			all = append(all, m)
		}
	}
	if len(out.Silent) > 0 && out.Why == "" {
		out.Why = BySilence
	}
	least, most, greatest := all[0], all[0], all[0]
	for _, m := range all {
		if m.Minor < least.Minor {
			least = m
		}
		if m.Minor > most.Minor {
			most = m
		}
		if magnitude(m.Minor) > magnitude(greatest.Minor) {
			greatest = m
		}
	}
	if most.Minor-least.Minor > max(1, magnitude(greatest.Minor)/200) {
		out.Verdict, out.Why, out.Stands = Unequal, "", ""
		return amount(&greatest, true)
	}
	out.Value = &values[0]
	return amount(&all[0], false) // the receiver's, where it reported: the receipt is what is charged
}

// difference is what cells come to at a value less what they were charged provisionally: owed by the seller where the price fell.
func (c PriceCase) difference(cells []cell, value quantity.Quantity) (m quantity.Money, n int64, err error) {
	moved, _, err := c.Terms.Moved(c.Price, value)
	if err != nil {
		return m, 0, err
	}
	sum := new(big.Rat)
	for _, x := range cells {
		q := came(x)
		if q == nil || q.Sign() <= 0 || !c.prices(x) {
			continue
		}
		in, err := quantity.Convert(*q, x.Unit, c.Price.Unit)
		if err != nil {
			continue // it was not charged by this clause either
		}
		first, _, err := c.Terms.Moved(c.Price, c.Price.Index.Provisional(c.Price.Index.Counts(x.Bucket.Start)))
		if err != nil {
			return m, 0, err
		}
		was, is := new(big.Rat).Quo(first.Amount.Rat(), first.Per.Rat()), new(big.Rat).Quo(moved.Amount.Rat(), moved.Per.Rat())
		sum.Add(sum, was.Sub(was, is).Mul(was, in.Rat()))
		n++
	}
	m, err = c.Terms.Money(sum)
	return m, n, err
}

// prices tells whether the clause prices a cell's product on its first day.
func (c PriceCase) prices(x cell) bool {
	for _, id := range []string{x.Item.BuyersID, x.Item.SellersID, x.Item.GTIN} {
		if id == "" {
			continue
		}
		if p, priced := c.Terms.PriceOf(id, x.Bucket.Start); priced {
			return p.ID == c.Price.ID
		}
	}
	return false
}
