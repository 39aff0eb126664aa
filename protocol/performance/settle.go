package performance

import (
	"slices"

	"kontor/protocol/artifact"
)

// Settled is a cell with the figures that stand, for measures that both nodes compute alike.
type Settled struct {
	Cell                    // without what is disputed
	Grade    artifact.Grade // A where both reported what stands, B where one did (practice T11)
	Disputed []Figure       // figures the two differ about: they are in no measure until somebody corrects them
	Lines    int            // delivery lines that are left out as disputed
	Apart    map[string]int // lines or orders of the counts of its service that are left out as disputed, by ComparedShare.Measure
}

// Settle keeps of both reports what stands. Of counts of lines, which are whole, the receiver's stand where the shares differ by no
// more than the tolerance: the receipt is its event.
func Settle(buyer, seller *Document, t Tolerance) (out []Settled) {
	sides := [2]map[string]Cell{{}, {}}
	for i, d := range []*Document{buyer, seller} {
		if d != nil {
			for _, c := range d.Cells {
				sides[i][c.Key()] = c
			}
		}
	}
	for _, c := range Compare(buyer, seller, t).Cells {
		b, hasBuyer := sides[0][c.Key]
		s, hasSeller := sides[1][c.Key]
		x := Settled{Cell: b, Grade: artifact.GradeA}
		if !hasBuyer {
			x.Cell = s
		}
		if !hasBuyer || !hasSeller {
			x.Grade = artifact.GradeB
		}
		x.settleFigures(c)
		x.settleCounts(c, b, s)
		out = append(out, x)
	}
	return out
}

// settleFigures keeps the figures that stand, and names those that don't.
func (x *Settled) settleFigures(c ComparedCell) {
	for _, f := range Figures {
		*x.At(f) = nil
	}
	for _, f := range c.Figures {
		if *x.At(f.Figure) = f.Stands; f.Stands == nil {
			x.Disputed = append(x.Disputed, f.Figure)
		}
	}
}

// settleCounts keeps the counts of days, lines and services that stand, of a cell that begins as the buyer's.
func (x *Settled) settleCounts(c ComparedCell, buyer, seller Cell) {
	if x.Days == nil {
		x.Days = seller.Days
	} else if seller.Days != nil && *seller.Days != *x.Days {
		x.Days = nil // both count the same days, or nobody does
	}
	if x.Deliveries == nil {
		x.Deliveries = seller.Deliveries
	}
	x.Service = x.Service.Or(seller.Service)
	if c.Units {
		x.Service = nil
	}
	apart := c.Units
	for _, d := range c.Deliveries {
		switch {
		case d.Verdict != Unequal:
		case slices.Contains(lineShares, d.Measure):
			apart = true
		default:
			if x.Apart == nil {
				x.Apart = map[string]int{}
			}
			x.Apart[d.Measure] = int(max(d.BuyerOf, d.SellerOf, 1))
		}
	}
	if apart {
		x.Lines = int(max(buyer.deliveriesDue(), seller.deliveriesDue()))
		x.Deliveries = nil
	}
}

func (c Cell) deliveriesDue() int64 {
	if c.Deliveries == nil {
		return 0
	}
	return c.Deliveries.Due
}
