package performance

import (
	"bytes"
	"maps"
	"math/big"
	"slices"

	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// Verdict is what a comparison of one figure comes to.
type Verdict string

// The verdicts.
const (
	Equal     Verdict = "EQUAL"
	DeMinimis Verdict = "DE_MINIMIS" // they differ within the tolerance: the mean stands (practice T7)
	Unequal   Verdict = "UNEQUAL"    // dispute level 0, until lines are compared
	OneSided  Verdict = "ONE_SIDED"  // the other side reports nothing: the one word stands, until it is answered (practice T2)
)

// Tolerance is what may differ. A difference within either part is de minimis.
type Tolerance struct {
	PPM    int64             `json:"ppm"`    // of the larger figure, and of a share one to one
	Amount quantity.Quantity `json:"amount"` // in the unit of the cell; not for shares
}

// DefaultTolerance is practice T7: half a point, and no amount.
func DefaultTolerance() Tolerance { return Tolerance{PPM: 5_000} }

// Compared is one figure of both sides.
type Compared struct {
	Figure     Figure             `json:"figure"`
	Buyer      *quantity.Quantity `json:"buyer,omitempty"`
	Seller     *quantity.Quantity `json:"seller,omitempty"`
	Difference *quantity.Quantity `json:"difference,omitempty"` // buyer's less seller's
	Verdict    Verdict            `json:"verdict"`
	Stands     *quantity.Quantity `json:"stands,omitempty"` // absent where they are unequal
}

// LineVerdict is what the roots of a cell say.
type LineVerdict string

// The verdicts on lines.
const (
	LinesEqual   LineVerdict = "EQUAL"        // one root: the same lines, down to the last date
	LinesUnequal LineVerdict = "UNEQUAL"      // kontor performance reconcile finds the lines
	LinesOneSide LineVerdict = "ONE_SIDED"    // the other side reports figures without lines, or nothing
	LinesOther   LineVerdict = "OTHER_EVENTS" // the two report another event of arrival
	NoLines      LineVerdict = "NONE"
)

// ComparedCell is one cell of both sides.
type ComparedCell struct {
	Key        string            `json:"key"`
	Item       forecast.Item     `json:"item"`
	Place      forecast.Location `json:"place,omitzero"`
	Bucket     calendar.Bucket   `json:"bucket"`
	Unit       quantity.Unit     `json:"unit"`
	Verdict    Verdict           `json:"verdict"` // the worst of the figures'
	Figures    []Compared        `json:"figures"`
	Deliveries []ComparedShare   `json:"deliveries"`
	Lines      LineVerdict       `json:"lines"`
	Units      bool              `json:"otherUnits,omitempty"` // the two count in other units: nothing is compared
}

// ComparedShare is a share of lines or orders of both sides, and those it is of; of LEAD_TIME the days, and the orders they are of.
type ComparedShare struct {
	Measure   string  `json:"measure"` // ON_TIME, IN_FULL, OTIF; LINE_FILL and ORDER_FILL with their event; OTIF_ORDERS, PERFECT_ORDER, LEAD_TIME
	BuyerOf   int64   `json:"buyerOf"`
	BuyerHas  int64   `json:"buyerHas"`
	SellerOf  int64   `json:"sellerOf"`
	SellerHas int64   `json:"sellerHas"`
	Verdict   Verdict `json:"verdict"`
}

// Comparison is both sides' reports of one window.
type Comparison struct {
	Window     calendar.Bucket `json:"window"`
	Definition Verdict         `json:"definition"` // whether both count deliveries by one definition; ONE_SIDED where only one does
	Cells      []ComparedCell  `json:"cells"`
	Tally      map[Verdict]int `json:"tally"`        // of cells
	Apart      int             `json:"unequalLines"` // cells whose lines differ
}

// Compare holds the two sides' reports of one window side by side; either may be nil. It names the sides and not who asks: both nodes get the
// same.
func Compare(buyer, seller *Document, t Tolerance) Comparison {
	out := Comparison{Cells: []ComparedCell{}, Tally: map[Verdict]int{}}
	sides := [2]map[string]Cell{{}, {}}
	for i, d := range []*Document{buyer, seller} {
		if d == nil {
			continue
		}
		out.Window = d.Window
		for _, c := range d.Cells {
			sides[i][c.Key()] = c
		}
	}
	sameEvent := true
	out.Definition = OneSided
	if buyer != nil && seller != nil {
		sameEvent = buyer.Event() == seller.Event()
		switch {
		case slices.Equal(buyer.Delivery, seller.Delivery):
			out.Definition = Equal
		case len(buyer.Delivery) > 0 && len(seller.Delivery) > 0:
			out.Definition = Unequal
		}
	}
	keys := map[string]bool{}
	for _, s := range sides {
		for k := range s {
			keys[k] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		b, hasBuyer := sides[0][key]
		s, hasSeller := sides[1][key]
		c := compareCells(key, b, s, hasBuyer, hasSeller, t, out.Definition != Unequal)
		if c.Lines == LinesUnequal && !sameEvent {
			c.Lines = LinesOther
		}
		if c.Lines == LinesUnequal {
			out.Apart++
		}
		out.Tally[c.Verdict]++
		out.Cells = append(out.Cells, c)
	}
	return out
}

func compareCells(key string, b, s Cell, hasBuyer, hasSeller bool, t Tolerance, oneDefinition bool) ComparedCell {
	either := b
	if !hasBuyer {
		either = s
	}
	out := ComparedCell{Key: key, Item: either.Item, Place: either.Place, Bucket: either.Bucket, Unit: either.Unit, Verdict: Equal, Figures: []Compared{}, Deliveries: []ComparedShare{}, Lines: compareLines(b.Lines, s.Lines)}
	if hasBuyer && hasSeller && b.Unit != s.Unit {
		out.Units, out.Verdict, out.Lines = true, Unequal, LinesOther
		return out
	}
	for _, f := range Figures {
		x, y := *b.At(f), *s.At(f)
		if x == nil && y == nil {
			continue
		}
		c := compareFigure(f, x, y, t)
		out.Figures = append(out.Figures, c)
		out.Verdict = worse(out.Verdict, c.Verdict)
	}
	for _, share := range append(compareShares(b.Deliveries, s.Deliveries, t), compareService(b, s, t)...) {
		if !oneDefinition && share.Verdict != OneSided {
			share.Verdict = Unequal
		}
		out.Deliveries = append(out.Deliveries, share)
		out.Verdict = worse(out.Verdict, share.Verdict)
	}
	if !hasBuyer || !hasSeller {
		out.Verdict = worse(out.Verdict, OneSided)
	}
	return out
}

// severity orders verdicts: one word that stands is less of a matter than two that differ.
var severity = []Verdict{Equal, DeMinimis, OneSided, Unequal}

func worse(a, b Verdict) Verdict {
	return severity[max(slices.Index(severity, a), slices.Index(severity, b))]
}

func compareLines(a, b *LineRoot) LineVerdict {
	switch {
	case a == nil && b == nil:
		return NoLines
	case a == nil || b == nil:
		return LinesOneSide
	case a.Count == b.Count && bytes.Equal(a.Root, b.Root):
		return LinesEqual
	}
	return LinesUnequal
}

func compareFigure(f Figure, x, y *quantity.Quantity, t Tolerance) Compared {
	c := Compared{Figure: f, Buyer: x, Seller: y, Verdict: OneSided}
	switch {
	case x == nil:
		c.Stands = y
		return c
	case y == nil:
		c.Stands = x
		return c
	}
	diff, err := x.Sub(*y)
	if err != nil {
		c.Verdict = Unequal
		return c
	}
	c.Difference = &diff
	switch {
	case diff.IsZero():
		c.Verdict, c.Stands = Equal, x
	case t.allows(diff.Abs(), *x, *y):
		c.Verdict = DeMinimis
		if mean, ok := mean(*x, *y); ok {
			c.Stands = &mean
		} else {
			c.Verdict = Unequal
		}
	default:
		c.Verdict = Unequal
	}
	return c
}

// allows tells whether a difference is de minimis beside two figures.
func (t Tolerance) allows(diff, x, y quantity.Quantity) bool {
	if !t.Amount.Less(diff) {
		return true
	}
	larger := x
	if larger.Less(y) {
		larger = y
	}
	return new(big.Rat).Mul(diff.Rat(), big.NewRat(ppmWhole, 1)).Cmp(new(big.Rat).Mul(larger.Rat(), big.NewRat(t.PPM, 1))) <= 0
}

// ppmWhole is one whole in parts per million.
const ppmWhole = 1_000_000

// mean is half the sum, exactly.
func mean(x, y quantity.Quantity) (quantity.Quantity, bool) {
	sum, err := x.Add(y)
	if err != nil {
		return quantity.Quantity{}, false
	}
	half, err := quantity.Scaled(5, -1)
	if err != nil {
		return quantity.Quantity{}, false
	}
	m, err := sum.Mul(half)
	return m, err == nil
}

// lineShares are the shares of the counts of deliveries.
var lineShares = []string{"ON_TIME", "IN_FULL", "OTIF"}

func compareShares(b, s *Deliveries, t Tolerance) (out []ComparedShare) {
	if b == nil && s == nil {
		return nil
	}
	var none Deliveries
	missing := b == nil || s == nil
	if b == nil {
		b = &none
	}
	if s == nil {
		s = &none
	}
	for _, m := range []ComparedShare{
		{Measure: "ON_TIME", BuyerOf: b.Due, BuyerHas: b.OnTime, SellerOf: s.Due, SellerHas: s.OnTime},
		{Measure: "IN_FULL", BuyerOf: b.Quantified, BuyerHas: b.InFull, SellerOf: s.Quantified, SellerHas: s.InFull},
		{Measure: "OTIF", BuyerOf: b.Quantified, BuyerHas: b.Both, SellerOf: s.Quantified, SellerHas: s.Both},
	} {
		switch {
		case missing:
			m.Verdict = OneSided
		case m.BuyerOf == m.SellerOf && m.BuyerHas == m.SellerHas:
			m.Verdict = Equal
		case m.BuyerOf > 0 && m.SellerOf > 0 && t.allowsShare(big.NewRat(m.BuyerHas, m.BuyerOf), big.NewRat(m.SellerHas, m.SellerOf)):
			m.Verdict = DeMinimis
		default:
			m.Verdict = Unequal
		}
		out = append(out, m)
	}
	return out
}

// allowsShare tells whether two shares differ by no more than the points allowed.
func (t Tolerance) allowsShare(x, y *big.Rat) bool {
	d := new(big.Rat).Sub(x, y)
	return d.Abs(d).Cmp(big.NewRat(t.PPM, ppmWhole)) <= 0
}
