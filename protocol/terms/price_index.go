package terms

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// moved is the price by its index on a day.
func (d Document) moved(p Price, day calendar.Date, published Published, out *Priced) (quantity.Price, error) {
	x := p.Index
	month := x.Counts(day)
	value, known := x.value(month)
	if !known && published != nil {
		value, known = published(x.ID, month)
	}
	if !known || value.Sign() <= 0 {
		return quantity.Price{}, fmt.Errorf("index %q of %s, by which %q moves: %w", artifact.Clip(x.ID), month.Month(), artifact.Clip(p.ID), ErrNoValue)
	}
	out.Index = &IndexValue{month, value}
	moved, collar, err := d.Moved(p, value)
	out.Collar = collar
	return moved, err
}

// Moved is a price by a value of its index, kept inside the collar and rounded; collar is LOW or HIGH where that held.
func (d Document) Moved(p Price, value quantity.Quantity) (moved quantity.Price, collar string, err error) {
	x := p.Index
	base, weight := p.Base.Amount.Rat(), big.NewRat(x.WeightPPM, PPM)
	factor := new(big.Rat).Quo(value.Rat(), x.BaseValue.Rat())
	factor.Sub(factor, big.NewRat(1, 1)).Mul(factor, weight).Add(factor, big.NewRat(1, 1))
	if x.LowPPM != nil && factor.Cmp(big.NewRat(*x.LowPPM, PPM)) < 0 {
		factor, collar = big.NewRat(*x.LowPPM, PPM), "LOW"
	}
	if x.HighPPM != nil && factor.Cmp(big.NewRat(*x.HighPPM, PPM)) > 0 {
		factor, collar = big.NewRat(*x.HighPPM, PPM), "HIGH"
	}
	amount, err := round(factor.Mul(factor, base), int(x.Decimals), d.Rounding.Mode)
	return quantity.Price{Amount: amount, Currency: p.Base.Currency, Per: p.Base.Per}, collar, err
}

// Counts is the month whose value counts for a day.
func (x Index) Counts(day calendar.Date) calendar.Date {
	return day.Month().Add(-int(x.LagMonths)).First()
}

// Provisional is the value that deliveries are charged by first: the newest that the terms fix for a month or one before it, else the base.
func (x Index) Provisional(month calendar.Date) quantity.Quantity {
	out := x.BaseValue
	for _, v := range x.Values {
		if v.Month <= month {
			out = v.Value
		}
	}
	return out
}

// Provisionally prices what is adjusted later by what it is charged at first.
func (d Document) Provisionally() Published {
	return func(index string, month calendar.Date) (quantity.Quantity, bool) {
		for _, p := range d.Prices {
			if p.Index != nil && p.Index.Adjust != nil && p.Index.ID == index {
				return p.Index.Provisional(month), true
			}
		}
		return quantity.Quantity{}, false
	}
}

// adjustmentPrefix begins the names of the windows of price adjustments among those of SLAs.
const adjustmentPrefix = "price/"

// Adjusts is the SLA that stands for the monthly adjustment of a price: whose windows are opened and become final like those of any other. It
// promises nothing.
func (p Price) Adjusts() (SLA, bool) {
	if p.Index == nil || p.Index.Adjust == nil {
		return SLA{}, false
	}
	const report, correct = 3, 10
	return SLA{ID: adjustmentPrefix + p.ID, Name: "price by " + p.Index.ID, By: Seller, Items: p.Items, Window: Window{Kind: PerMonth}, MinSample: 1, Source: Both, OnMissing: CounterpartyStands,
		Duties: []Duty{{By: Buyer, What: "receipts", DueDays: report, CorrectDays: correct}, {By: Seller, What: "despatches", DueDays: report, CorrectDays: correct}}}, true
}

// Promises are the SLAs, with one for each price that is adjusted.
func (d Document) Promises() []SLA {
	out := slices.Clone(d.SLAs)
	for _, p := range d.Prices {
		if s, adjusts := p.Adjusts(); adjusts {
			out = append(out, s)
		}
	}
	return out
}

// Promise finds one of them.
func (d Document) Promise(id string) (SLA, bool) {
	if i := slices.IndexFunc(d.SLAs, func(s SLA) bool { return s.ID == id }); i >= 0 {
		return d.SLAs[i], true
	}
	if p, adjusts := d.AdjustedPrice(id); adjusts {
		return p.Adjusts()
	}
	return SLA{}, false
}

// AdjustedPrice is the price that a window of this name adjusts.
func (d Document) AdjustedPrice(id string) (Price, bool) {
	name, adjustment := strings.CutPrefix(id, adjustmentPrefix)
	if !adjustment {
		return Price{}, false
	}
	i := slices.IndexFunc(d.Prices, func(p Price) bool { return p.ID == name && p.Index != nil && p.Index.Adjust != nil })
	if i < 0 {
		return Price{}, false
	}
	return d.Prices[i], true
}

func (x Index) value(month calendar.Date) (quantity.Quantity, bool) {
	for _, v := range x.Values {
		if v.Month == month {
			return v.Value, true
		}
	}
	return quantity.Quantity{}, false
}
