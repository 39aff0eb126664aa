package capacity

import (
	"math/big"
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// tolerancePPM is how far a capacity may move without being material: practice T1 where the terms name no flex band.
const tolerancePPM = 50_000

// Material tells whether a revision of a plan changes what is made of some products in some days beyond the tolerance (practice T1): which groups make
// them and how, their actual or maximum capacity by more than five percent, the slots held for them, or whether stock is shared. Days before from are
// over and count no more. How much stock lies there moves every day and is no figure of those days.
func Material(old, revised Plan, products []string, horizon calendar.Bucket, from calendar.Date) bool {
	before, after := old.making(products), revised.making(products)
	if len(before) != len(after) {
		return true
	}
	within := func(b calendar.Bucket) bool { return horizon.Overlaps(b) && b.End > from }
	for id, was := range before {
		is, there := after[id]
		if !there || is.Unit != was.Unit || !slices.Equal(is.Links, was.Links) || !slices.Equal(is.Nested, was.Nested) || moved(was.Capacities, is.Capacities, within) ||
			!slices.Equal(slotsOf(was, products, within), slotsOf(is, products, within)) {
			return true
		}
	}
	return !slices.Equal(shared(old, products), shared(revised, products))
}

// making are the active groups that make one of the products, or hold a group that does, by id.
func (p Plan) making(products []string) map[string]Group {
	out := map[string]Group{}
	for range MaxNesting + 1 {
		before := len(out)
		for _, g := range p.Groups {
			if !g.Inactive && (slices.ContainsFunc(g.Links, func(l Link) bool { return l.Product == artifact.All || slices.Contains(products, l.Product) }) ||
				slices.ContainsFunc(g.Nested, func(id string) bool { _, makes := out[id]; return makes })) {
				out[g.ID] = g
			}
		}
		if len(out) == before {
			break
		}
	}
	return out
}

// moved tells whether a period came, went, or changed by more than the tolerance.
func moved(was, is []Capacity, within func(calendar.Bucket) bool) bool {
	old := map[calendar.Bucket]Capacity{}
	for _, c := range was {
		if within(c.Bucket) {
			old[c.Bucket] = c
		}
	}
	for _, c := range is {
		if !within(c.Bucket) {
			continue
		}
		before, there := old[c.Bucket]
		if !there || far(before.Actual, c.Actual) || far(before.Maximum, c.Maximum) {
			return true
		}
		delete(old, c.Bucket)
	}
	return len(old) > 0
}

// far tells whether two quantities differ by more than the tolerance of the first.
func far(a, b quantity.Quantity) bool {
	e := min(a.Exponent(), b.Exponent())
	x, _ := a.At(e)
	y, _ := b.At(e)
	step := new(big.Int).Sub(y, x)
	step.Abs(step).Mul(step, big.NewInt(1_000_000))
	return step.Cmp(new(big.Int).Mul(x, big.NewInt(tolerancePPM))) > 0
}

func slotsOf(g Group, products []string, within func(calendar.Bucket) bool) (out []Slot) {
	for _, s := range g.Slots {
		if slices.Contains(products, s.Product) && within(s.Bucket) {
			out = append(out, s)
		}
	}
	return out
}

// shared names the products and regions whose stock is shared, with its unit.
func shared(p Plan, products []string) (out []string) {
	for _, at := range p.Positions {
		if slices.Contains(products, at.Product) && at.Stock != nil {
			out = append(out, at.Key()+" "+string(at.Unit))
		}
	}
	slices.Sort(out)
	return out
}
