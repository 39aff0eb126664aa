package forecast

import (
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"sort"
	"sync"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// Change is one cell in which two revisions differ. Old is nil where the cell was added, New where it was
// taken away; zero and absent differ.
type Change struct {
	Line   string            `json:"line"` // key of the line
	Bucket calendar.Bucket   `json:"bucket"`
	Old    *Cell             `json:"old,omitempty"`
	New    *Cell             `json:"new,omitempty"`
	Delta  quantity.Quantity `json:"delta"`  // new mean less old mean, an absent one counted as nothing; in the unit of the new line
	Fields []string          `json:"fields"` // what differs: "mean", "quantiles", "cumulative", "firmness", "ordered", "accumulated", "unit", "line", "schedule", "lifecycle"
	Lot    quantity.Quantity `json:"lot"`    // the lot the line states
	// Unshared says that the new version has no such cell because its scope no longer holds it: nothing tells what it is now, and it moved by nothing.
	Unshared bool `json:"unshared,omitempty"`
}

// Tolerance is what a revision may move without being material (practice T1).
type Tolerance struct {
	UpPPM   int64             // rise of the quantity, ppm of the old one
	DownPPM int64             // fall of the quantity, ppm of the old one
	Exact   bool              // frozen: any move of the quantity is material, of however little
	Lot     quantity.Quantity // a move of at most one lot is never material; 0 = the lot the line states
}

// DefaultTolerance is practice T1 where the terms name no flex band: five percent, and one lot.
func DefaultTolerance() Tolerance { return Tolerance{UpPPM: 50_000, DownPPM: 50_000} }

// Diff lists the cells in which the revised document differs from the old one, by line key, then bucket. Both
// documents have passed Check. A line
// whose unit or bases changed has all its cells listed: every figure in it means something else.
func Diff(old, revised Document) ([]Change, error) {
	before, after := byKey(old), byKey(revised)
	told := sync.OnceValue(revised.Told)
	keys := make([]string, 0, len(before)+len(after))
	for k := range before {
		keys = append(keys, k)
	}
	for k := range after {
		if _, both := before[k]; !both {
			keys = append(keys, k)
		}
	}
	sort.Strings(keys)
	var changes []Change
	for _, k := range keys {
		o, n := before[k], after[k]
		meaning := lineDifferences(o, n)
		if old.Consumption != revised.Consumption && o != nil && n != nil && (o.HasOrders() || n.HasOrders()) && !slices.Contains(meaning, "line") {
			meaning = append(meaning, "line")
		}
		lot, all := lotOf(o, n), bucketsOf(o, n)
		gone := n == nil || len(all) > len(n.Buckets)
		outside := gone && !told().Line(*o)
		for _, b := range all {
			c := Change{Line: k, Bucket: b, Old: cellOf(o, b), New: cellOf(n, b), Lot: lot}
			c.Fields = append(cellDifferences(c.Old, c.New), meaning...)
			if len(c.Fields) == 0 {
				continue
			}
			if c.New == nil && (outside || !told().Days(b)) {
				c.Unshared = true
				changes = append(changes, c)
				continue
			}
			var err error
			if c.Delta, err = mean(c.New).Sub(mean(c.Old)); err != nil {
				return nil, fmt.Errorf("difference in line %q, bucket %s: %w", artifact.Clip(k), b, err)
			}
			changes = append(changes, c)
		}
	}
	return changes, nil
}

func byKey(d Document) map[string]*Line {
	m := make(map[string]*Line, len(d.Lines))
	for i := range d.Lines {
		m[d.Lines[i].Key()] = &d.Lines[i]
	}
	return m
}

// lineDifferences names what changed about a line that changes the meaning of all its figures.
func lineDifferences(o, n *Line) []string {
	var fields []string
	if o == nil || n == nil {
		return nil // its cells are added or taken away one by one
	}
	if o.Unit != n.Unit {
		fields = append(fields, "unit")
	}
	if o.BucketBasis != n.BucketBasis || o.DateBasis != n.DateBasis || o.SourcingShare != n.SourcingShare || o.Members != n.Members {
		fields = append(fields, "line")
	}
	if !reflect.DeepEqual(o.Schedule, n.Schedule) {
		fields = append(fields, "schedule")
	}
	if !reflect.DeepEqual(o.Lifecycle, n.Lifecycle) || o.Item.Revision != n.Item.Revision || !slices.Equal(o.ShipFrom, n.ShipFrom) {
		fields = append(fields, "lifecycle")
	}
	return fields
}

func lotOf(o, n *Line) quantity.Quantity {
	if n != nil {
		return n.Lot
	}
	return o.Lot
}

func bucketsOf(o, n *Line) []calendar.Bucket {
	seen := map[calendar.Bucket]bool{}
	var all []calendar.Bucket
	for _, l := range []*Line{o, n} {
		if l == nil {
			continue
		}
		for _, c := range l.Buckets {
			if !seen[c.Bucket] {
				seen[c.Bucket] = true
				all = append(all, c.Bucket)
			}
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Compare(all[j]) < 0 })
	return all
}

func cellOf(l *Line, b calendar.Bucket) *Cell {
	if l == nil {
		return nil
	}
	if c, ok := l.Cell(b); ok {
		return &c
	}
	return nil
}

func mean(c *Cell) quantity.Quantity {
	if c == nil {
		return quantity.Quantity{}
	}
	return c.Mean
}

func cellDifferences(o, n *Cell) []string {
	if o == nil || n == nil {
		return []string{"mean"}
	}
	var fields []string
	if o.Mean != n.Mean {
		fields = append(fields, "mean")
	}
	if !sameQuantiles(o.Quantiles, n.Quantiles) {
		fields = append(fields, "quantiles")
	}
	if !sameQuantiles(o.Cumulative, n.Cumulative) {
		fields = append(fields, "cumulative")
	}
	if o.Firmness != n.Firmness {
		fields = append(fields, "firmness")
	}
	if (o.Ordered == nil) != (n.Ordered == nil) || (o.Ordered != nil && *o.Ordered != *n.Ordered) {
		fields = append(fields, "ordered")
	}
	if (o.Accumulated == nil) != (n.Accumulated == nil) || o.Accumulated != nil && *o.Accumulated != *n.Accumulated {
		fields = append(fields, "accumulated")
	}
	return fields
}

func sameQuantiles(a, b []Quantile) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// Material applies practice T1 to one changed cell: it is material if the cell came or went, if its unit or the
// meaning of its figures changed, or if its mean moved by more than the tolerance and by more than one lot.
// Changed bands alone are not material: they inform, and nobody committed to them. A cell that is no longer shared is material, because nobody can rest on it.
func Material(c Change, t Tolerance) bool {
	if c.Unshared {
		return !c.Old.Mean.IsZero()
	}
	if c.Old == nil || c.New == nil {
		return !c.Delta.IsZero() // a cell of zero that came or went moved nothing
	}
	for _, f := range c.Fields {
		if f == "unit" || f == "line" {
			return true
		}
	}
	if t.Exact {
		return !c.Delta.IsZero()
	}
	lot := t.Lot
	if lot.IsZero() {
		lot = c.Lot
	}
	if c.Delta.Abs().Cmp(lot) <= 0 {
		return false
	}
	limit := t.UpPPM
	if c.Delta.Sign() < 0 {
		limit = t.DownPPM
	}
	return exceeds(c.Delta.Abs(), c.Old.Mean.Abs(), limit)
}

// exceeds reports move > base × ppm / 1,000,000, exactly.
func exceeds(move, base quantity.Quantity, ppm int64) bool {
	e := min(move.Exponent(), base.Exponent())
	a, _ := move.At(e)
	b, _ := base.At(e)
	return a.Mul(a, big.NewInt(PPM)).Cmp(b.Mul(b, big.NewInt(ppm))) > 0
}
