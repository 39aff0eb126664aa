package measure

import (
	"math/big"
	"slices"

	"kontor/protocol/quantity"
)

// DeliveryCounts is what a window of deliveries comes to without its lines: partners exchange it in their place.
type DeliveryCounts struct {
	Due, OnTime              int // lines judged, and those on time
	Quantified, InFull, Both int // lines with quantities, those in full, and those on time in full
	InWindow, Ordered        quantity.Quantity
	Excluded                 map[Reason]int // lines left out; those without quantities not among them
}

// LeavesOutLines tells whether lines of delivery measures may be left out for a reason.
func LeavesOutLines(r Reason) bool {
	return slices.Contains(DeliveryExclusions, r) || slices.Contains([]Reason{CancelledLine, NothingAsked, Pending, NoReceipt}, r)
}

// Counts are those of the lines added so far. The error says that their quantities add up to more than a quantity holds.
func (d *Deliveries) Counts() (DeliveryCounts, error) {
	c := DeliveryCounts{Due: d.due, OnTime: d.onTime, Quantified: d.quantified, InFull: d.inFull, Both: d.both, Excluded: map[Reason]int{}}
	for why, n := range d.ex {
		c.Excluded[why] = n
	}
	var err error
	for _, s := range []struct {
		from *big.Rat
		to   *quantity.Quantity
	}{{d.accepted.rat(), &c.InWindow}, {d.ordered.rat(), &c.Ordered}} {
		if *s.to, err = decimal(s.from).Round(countPlaces); err != nil {
			return DeliveryCounts{}, err
		}
	}
	return c, nil
}

// countPlaces are more decimals than a quantity of trade has.
const countPlaces = 9

// AddCounts takes the lines of a window whose counts somebody reports by the same definition. Whole orders and lateness are not told by
// counts of lines: OTIF_ORDERS is a Tally of counts of orders there.
func (d *Deliveries) AddCounts(c DeliveryCounts) {
	d.due += c.Due
	d.onTime += c.OnTime
	d.quantified += c.Quantified
	d.inFull += c.InFull
	d.both += c.Both
	d.accepted.add(c.InWindow)
	d.ordered.add(c.Ordered)
	for why, n := range c.Excluded {
		d.ex.add(why, n)
	}
}

// LeaveOut counts lines that are left out for another reason.
func (d *Deliveries) LeaveOut(why Reason, n int) { d.ex.add(why, n) }
