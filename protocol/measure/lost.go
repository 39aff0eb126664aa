package measure

import (
	"math/big"

	"kontor/protocol/quantity"
)

// Wanted is the demand that was foreseen of days without stock: its median, and the ends of the band of the definition.
type Wanted struct{ Low, Median, High quantity.Quantity }

// lostSales collects what was foreseen and not sold on days without stock.
type lostSales struct {
	days, unknown    int // out of stock: with a band, without one
	low, median, top total
}

// add takes days without stock and what was sold of them all together. A level below what was sold lost nothing.
func (l *lostSales) add(w *Wanted, used quantity.Quantity, days int) {
	if w == nil {
		l.unknown += days
		return
	}
	l.days += days
	for _, s := range []struct {
		sum      *total
		foreseen quantity.Quantity
	}{{&l.low, w.Low}, {&l.median, w.Median}, {&l.top, w.High}} {
		s.sum.addRat(atLeast(minus(s.foreseen.Rat(), used.Rat()), new(big.Rat)))
	}
}

// lost is LOST_SALES. The ends of its interval are those of all days together being low or high, which is the widest it can be. Without a band on any day that was
// out nothing is claimed; where nothing was out nothing was lost.
func (s *Stock) lost(d Definition) Result {
	var ex excluded
	ex.join(s.ex)
	ex.add(NoBands, s.missed.unknown)
	if s.missed.days == 0 && s.missed.unknown > 0 {
		return missing(d, NoBands, 0, ex)
	}
	r := value(d, s.missed.median.rat(), s.missed.days, ex)
	if s.missed.days > 0 {
		r.Interval = &Interval{decimal(s.missed.low.rat()), decimal(s.missed.top.rat()), parts(d.number("band"))}
	}
	return r
}
