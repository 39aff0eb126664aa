package measure

import (
	"math/big"
	"slices"

	"kontor/protocol/quantity"
)

// Supply is DAYS_OF_SUPPLY: how many days of the demand to come the stock covers, without what will arrive. beyond tells that it covers
// more than the demand that is known; the value is then the days known.
func Supply(stock quantity.Quantity, demand []quantity.Quantity, setting Setting) (r Result, beyond bool) {
	days := make([]Ahead, len(demand))
	for i, q := range demand {
		days[i] = Ahead{1, 1, q}
	}
	return SupplyOver(stock, days, setting)
}

// Ahead is the demand of a period of which some days are to come.
type Ahead struct {
	Days   int // to come, above zero
	Of     int // of the period, at least Days
	Demand quantity.Quantity
}

// SupplyOver is Supply where demand is known by periods: it comes evenly over the days of each. The count is of periods.
func SupplyOver(stock quantity.Quantity, demand []Ahead, setting Setting) (r Result, beyond bool) {
	d := define(DaysOfSupply, setting)
	if len(demand) == 0 {
		return missing(d, NoData, 0, nil), false
	}
	left, days := stock.Rat(), new(big.Rat)
	if left.Sign() < 0 {
		left = new(big.Rat)
	}
	for _, a := range demand {
		w := times(a.Demand.Rat(), fraction(int64(a.Days), int64(a.Of)))
		if left.Cmp(w) < 0 {
			return value(d, plus(days, times(whole(a.Days), over(left, w))), len(demand), nil), false
		}
		left, days = minus(left, w), plus(days, whole(a.Days))
	}
	return value(d, days, len(demand), nil), true
}

// Shares counts how many of something hold: CAPA_ON_TIME, RECURRENCE, ANSWERED_ON_TIME.
type Shares struct {
	n, held int
	ex      excluded
}

// Add takes one.
func (s *Shares) Add(holds bool) {
	s.n++
	if holds {
		s.held++
	}
}

// Exclude counts one that is left out.
func (s *Shares) Exclude(why Reason) { s.ex.add(why, 1) }

// Result is the share as one of the measures above.
func (s *Shares) Result(code Code) Result {
	if code != StepsOnTime && code != Recurrence && code != AnsweredOnTime {
		panic("invariant: " + string(code) + " is no share of cases")
	}
	return share(define(code, nil), whole(s.held), whole(s.n), s.n, s.ex)
}

// Kept collects what was committed, forecast and delivered, per bucket.
type Kept struct {
	n                             int
	committed, forecast, delivers total
}

// Add takes one bucket. What was delivered beyond the commitment makes up for no other bucket.
func (k *Kept) Add(forecast, committed, delivered quantity.Quantity) {
	k.n++
	k.forecast.add(forecast)
	k.committed.add(committed)
	if committed.Less(delivered) {
		delivered = committed
	}
	k.delivers.add(delivered)
}

// Join takes what another collected.
func (k *Kept) Join(o *Kept) {
	k.n += o.n
	k.committed.join(o.committed)
	k.forecast.join(o.forecast)
	k.delivers.join(o.delivers)
}

// Result is CAPACITY_ADHERENCE or COMMIT_ATTAINMENT.
func (k *Kept) Result(code Code) Result {
	d := define(code, nil)
	if code == Attainment {
		return share(d, k.committed.rat(), k.forecast.rat(), k.n, nil)
	}
	return share(d, k.delivers.rat(), k.committed.rat(), k.n, nil)
}

// StepDays is CAPA_MEDIAN_DAYS: the median of the days that cases took to a step; pending is how many have not done it.
func StepDays(step string, days []int, pending int) Result {
	d := define(MedianDays, Setting{"step": step})
	var ex excluded
	ex.add(Pending, pending)
	if len(days) == 0 {
		return missing(d, ex.only(), 0, ex)
	}
	sorted := slices.Sorted(slices.Values(days))
	low, high := sorted[(len(sorted)-1)/2], sorted[len(sorted)/2]
	return value(d, fraction(int64(low)+int64(high), 2), len(days), ex)
}

// AnswerHours is ANSWER_TIME: the mean of times given in milliseconds.
func AnswerHours(took []int64) Result {
	d := define(AnswerTime, nil)
	if len(took) == 0 {
		return missing(d, NoData, 0, nil)
	}
	sum := new(big.Int)
	for _, ms := range took {
		sum.Add(sum, big.NewInt(ms))
	}
	return value(d, over(new(big.Rat).SetInt(sum), whole(len(took)*3_600_000)), len(took), nil)
}
