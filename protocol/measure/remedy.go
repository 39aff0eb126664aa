package measure

import (
	"fmt"
	"math/big"

	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// Credit is one form of a service credit: pool share A times the SLA's allocation B times the charges at risk C of the period's charges,
// rounded once, half-up, to the minor unit. Shares are of one whole.
func Credit(pool, allocation, atRisk quantity.Quantity, charges quantity.Money) (quantity.Money, error) {
	for _, s := range []quantity.Quantity{pool, allocation, atRisk} {
		if s.Sign() < 0 {
			return quantity.Money{}, fmt.Errorf("credit: a share of %s; want 0 or more", s)
		}
	}
	return minor(times(times(pool.Rat(), allocation.Rat()), times(atRisk.Rat(), new(big.Rat).SetInt64(charges.Minor))), charges.Currency)
}

// Capped is the sum of credits of a period, at most the cap.
func Capped(limit quantity.Money, credits ...quantity.Money) (quantity.Money, error) {
	sum := quantity.Money{Currency: limit.Currency}
	for _, c := range credits {
		var err error
		if sum, err = sum.Add(c); err != nil {
			return quantity.Money{}, err
		}
	}
	if sum.Minor > limit.Minor {
		return limit, nil
	}
	return sum, nil
}

// CaseFine is a rate of the cost of the failing cases only.
func CaseFine(rate quantity.Quantity, cost quantity.Money) (quantity.Money, error) {
	if rate.Sign() < 0 {
		return quantity.Money{}, fmt.Errorf("fine: a rate of %s; want 0 or more", rate)
	}
	return minor(times(rate.Rat(), new(big.Rat).SetInt64(cost.Minor)), cost.Currency)
}

// minor rounds an amount of minor units once, half-up away from zero.
func minor(r *big.Rat, c quantity.Currency) (quantity.Money, error) {
	q, err := decimal(r).Round(0)
	if err != nil {
		return quantity.Money{}, fmt.Errorf("amount: %w", err)
	}
	n, exact := q.At(0)
	if !exact || !n.IsInt64() {
		return quantity.Money{}, fmt.Errorf("amount of %s minor units: %w", q, quantity.ErrOverflow)
	}
	return quantity.Money{Minor: n.Int64(), Currency: c}, nil
}

// Authorised are cumulative quantities of one year of an item: what the buyer authorised at most, and what came.
type Authorised struct {
	Fabrication, Material quantity.Quantity // high-water marks
	Received, Invoiced    quantity.Quantity // cumulative; what is invoiced is paid already
	Reused                quantity.Quantity // finished units resold or used elsewhere, with evidence
}

// Exposure are the units that a buyer has authorised and not paid: finished ones, and material beyond them. It is the ordinary pipeline as
// long as the business goes on. It is claimed only upon a cancellation, an end of life or a shortfall, after the days that the terms
// name, and never by itself.
func (a Authorised) Exposure() (finished, material quantity.Decimal) {
	settled := a.Received.Rat()
	if a.Received.Less(a.Invoiced) {
		settled = a.Invoiced.Rat()
	}
	none := new(big.Rat)
	f := atLeast(minus(a.Fabrication.Rat(), settled), none)
	m := atLeast(minus(a.Material.Rat(), bounded(settled, a.Fabrication.Rat(), nil)), none)
	return decimal(atLeast(minus(f, a.Reused.Rat()), none)), decimal(m)
}

// CutOff is the last day of an authorisation of so many days, the first day counting as day one.
func CutOff(start calendar.Date, days int) calendar.Date { return start.AddDays(days - 1) }
