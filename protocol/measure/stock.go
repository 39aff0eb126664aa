package measure

import (
	"maps"
	"math/big"

	"kontor/protocol/quantity"
)

// StockDay is the stock of one item at one location on one day.
type StockDay struct {
	Item, Location string
	Listed         bool               // the item is meant to be there
	OnHand         *quantity.Quantity // nil where it is not shared
	Blocked        quantity.Quantity  // for quality
	InTransit      quantity.Quantity
	Expected       bool               // demand is expected
	MostCover      *quantity.Quantity // 0.9 quantile of the demand over the most cover; nil where no bands are shared
	Demand         bool               // there is demand within the most cover
	UnitValue      quantity.Quantity  // 0 where it is not shared
	Used           quantity.Quantity  // consumption of the day
	Wanted         *Wanted            // what was foreseen of the day; nil where no bands are shared
}

// Stock collects the days of items at locations, in any order.
type Stock struct {
	Setting Setting

	listed, shared, out int
	covered             int
	available, excess   total
	worth, dead         total
	valued              int
	used                total
	missed              lostSales
	places              map[place]*placeDays
	ex                  excluded
}

type place struct{ item, location string }

// placeDays are the days of one item at one location.
type placeDays struct{ days, out int }

// available is what may be sold or used, by the rules of the definition; below zero is a backlog and counts as nothing.
func (s *Stock) availableOf(day StockDay) *big.Rat {
	r := day.OnHand.Rat()
	if s.Setting["blocked"] != "INCLUDED" {
		r = minus(r, day.Blocked.Rat())
	}
	if s.Setting["inTransit"] == "INCLUDED" {
		r = plus(r, day.InTransit.Rat())
	}
	return r
}

// Add takes one day.
func (s *Stock) Add(day StockDay) { s.AddSpan(day, 1) }

// AddSpan takes so many days alike; what was used, and what was foreseen, is that of all of them together.
func (s *Stock) AddSpan(day StockDay, days int) {
	if days <= 0 {
		return
	}
	if !day.Listed {
		s.ex.add(NotListed, days)
		return
	}
	s.listed += days
	if day.OnHand == nil {
		s.ex.add(NotShared, days)
		return
	}
	s.shared += days
	available := s.availableOf(day)
	if s.places == nil {
		s.places = map[place]*placeDays{}
	}
	at := place{day.Item, day.Location}
	if s.places[at] == nil {
		s.places[at] = &placeDays{}
	}
	s.places[at].days += days
	if available.Sign() <= 0 && day.Expected {
		s.out += days
		s.places[at].out += days
		s.missed.add(day.Wanted, day.Used, days)
	}
	s.used.add(day.Used)
	stock := times(atLeast(available, new(big.Rat)), whole(days))
	s.available.addRat(stock)
	if day.MostCover == nil {
		return
	}
	s.covered += days
	above := atLeast(minus(stock, times(day.MostCover.Rat(), whole(days))), new(big.Rat))
	s.excess.addRat(above)
	if day.UnitValue.Sign() > 0 {
		s.valued += days
		s.worth.addRat(times(stock, day.UnitValue.Rat()))
		if !day.Demand {
			above = stock // obsolete: all of it
		}
		s.dead.addRat(times(above, day.UnitValue.Rat()))
	}
}

// AddDays takes the days of one item at one location as a report counts them: those on which it was listed, and of them those without stock
// though demand was expected. Nothing is known of how much there was: the measures of that are not told by days.
func (s *Stock) AddDays(item, location string, listed, out int) {
	if s.places == nil {
		s.places = map[place]*placeDays{}
	}
	at := place{item, location}
	if s.places[at] == nil {
		s.places[at] = &placeDays{}
	}
	s.listed += listed
	s.shared += listed
	s.out += out
	s.missed.unknown += out
	s.places[at].days += listed
	s.places[at].out += out
}

// Result is STOCKOUT_RATE, LOST_SALES, OVERSTOCK, EXCESS_AND_OBSOLETE, TURNS or STOCK_COVER.
func (s *Stock) Result(code Code) Result {
	d := define(code, s.Setting)
	switch {
	case s.listed == 0:
		return missing(d, NoData, 0, s.ex)
	case s.shared == 0:
		return missing(d, NotShared, 0, s.ex)
	}
	switch code {
	case StockoutRate:
		return share(d, whole(s.out), whole(s.shared), s.shared, s.ex)
	case LostSales:
		return s.lost(d)
	case Overstock:
		if s.covered < s.shared {
			return s.partly(d, s.covered)
		}
		return share(d, s.excess.rat(), s.available.rat(), s.covered, s.ex)
	case ExcessValue:
		if s.valued < s.shared {
			return s.partly(d, s.valued)
		}
		return share(d, s.dead.rat(), s.worth.rat(), s.valued, s.ex)
	case Turns:
		// Mean stock is Σ available / days, so the days of the window cancel out.
		return share(d, times(s.used.rat(), d.number("yearDays")), s.available.rat(), s.shared, s.ex)
	case StockCover:
		return share(d, s.available.rat(), s.used.rat(), s.shared, s.ex)
	}
	panic("invariant: " + string(code) + " is no measure of stock")
}

// partly refuses a figure of a part of the stock: its denominator would be of the whole.
func (s *Stock) partly(d Definition, n int) Result {
	var ex excluded
	ex.join(s.ex)
	ex.add(NoBands, s.shared-n)
	return missing(d, NotShared, n, ex)
}

// Change is one item at one location, by the same measure before and after an agreement took effect.
type Change struct{ Before, After *big.Rat }

// StockoutChanges pairs the stockout rates of two windows by item and location; what is in one window only is left out and counted.
func StockoutChanges(before, after *Stock) (changes []Change, unpaired int) {
	for at, b := range before.places {
		a := after.places[at]
		if a == nil {
			unpaired++
			continue
		}
		changes = append(changes, Change{over(whole(b.out), whole(b.days)), over(whole(a.out), whole(a.days))})
	}
	for at := range maps.Keys(after.places) {
		if before.places[at] == nil {
			unpaired++
		}
	}
	return changes, unpaired
}

// Compared is BEFORE_AFTER: the mean of the differences, its interval, and whether that tells it apart from chance. Items at locations are
// compared with themselves, because their days are no independent observations. It says what changed, not why.
func Compared(changes []Change, unpaired int, setting Setting) Result {
	d := define(BeforeAfter, setting)
	var ex excluded
	ex.add(NoData, unpaired)
	var sum, squares terms
	for _, c := range changes {
		diff := minus(c.After, c.Before)
		sum.add(diff)
		squares.add(square(diff))
	}
	n := len(changes)
	if n < max(2, d.count("minimum")) {
		return missing(d, TooFew, n, ex)
	}
	mean := sum.mean()
	// The variance of the mean: (mean of squares - square of the mean) / (n - 1).
	variance := atLeast(over(minus(squares.mean(), square(mean)), whole(n-1)), new(big.Rat))
	z := deviates[d.get("confidence")]
	r := value(d, mean, n, ex)
	reach := times(z, root(variance).Rat())
	r.Interval = &Interval{decimal(minus(mean, reach)), decimal(plus(mean, reach)), levelPPM[d.get("confidence")]}
	r.Verdict = Noise
	if square(mean).Cmp(times(square(z), variance)) > 0 {
		r.Verdict = Distinguishable
	}
	return r
}
