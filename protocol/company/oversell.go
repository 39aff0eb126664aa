// Package company holds what one company computes over all its partnerships, at home: nothing of it leaves.
//
// Most callers need Oversold, which sets what was promised to all customers together against what the lines can carry.
//
// Guarantees: pure functions without floats; the order of lines, commitments and stock is irrelevant; cost is linear in
// commitments times the lines that make their product, after one sort.
package company

import (
	"cmp"
	"fmt"
	"maps"
	"math/big"
	"slices"

	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// Line is a production line, or whatever else several products share, with all it can carry for all customers.
type Line struct {
	ID      string
	Factors map[string]quantity.Quantity // load of one unit, by product; above zero
	Periods []Period                     // sorted, without overlap
}

// Period is the most a line can carry in some days, in its unit of load.
type Period struct {
	calendar.Bucket
	Maximum quantity.Quantity
}

// Commitment is a quantity of a product promised to one partner: in an answer, or by an agreement's slot.
type Commitment struct {
	Partner  string
	Product  string
	Region   string
	Bucket   calendar.Bucket
	Quantity quantity.Quantity // in the product's unit
	Slot     bool              // capacity is held for it in these days; otherwise stock may serve it, and what was made before
}

// Oversell is a time by which more is promised than a line can carry and stock can serve.
type Oversell struct {
	Line     string            `json:"line"`
	Bucket   calendar.Bucket   `json:"bucket"`   // the period; of everything promised up to its end where cumulative
	Promised quantity.Quantity `json:"promised"` // load, what stock serves taken off where cumulative
	Maximum  quantity.Quantity `json:"maximum"`  // the most that can be carried
	Excess   quantity.Quantity `json:"excess"`
	// Cumulative says that everything promised from the first period on is compared; else the slots held in this period alone.
	Cumulative bool     `json:"cumulative"`
	Partners   []string `json:"partners"` // to whom it is promised, sorted
}

// Oversold lists what is promised to all partners together and can't be kept (artifacts B2, C10). Two comparisons, each of which
// proves a broken promise alone: the slots held in a period against the maximum of that period; and, up to the end of each
// period, everything promised of each product less its stock against the sum of the maxima so far. Where several lines are
// needed for a product, each has to carry it. An answer and a slot for the same partner, product, region and days are one promise,
// the greater of the two. Nothing listed is no proof that all can be kept: work may be in the wrong order.
//
// The result is sorted by line, then period. Figures that exceed a quantity's digits are an error.
func Oversold(lines []Line, stock map[string]quantity.Quantity, commitments []Commitment) ([]Oversell, error) {
	promised := merged(commitments)
	byProduct := map[string][]promise{}
	for _, p := range promised {
		byProduct[p.Product] = append(byProduct[p.Product], p)
	}
	lines = slices.SortedFunc(slices.Values(lines), func(a, b Line) int { return cmp.Compare(a.ID, b.ID) })
	var out []Oversell
	for _, l := range lines {
		found, err := l.oversold(stock, byProduct)
		if err != nil {
			return nil, fmt.Errorf("line %q: %w", l.ID, err)
		}
		out = append(out, found...)
	}
	return out, nil
}

// promise is what one partner is promised of a product in some days.
type promise struct {
	Commitment
	all, slot *big.Rat
}

// merged takes the sum of a partner's slots or what was answered, whichever is more.
func merged(commitments []Commitment) []promise {
	type of struct {
		partner, product, region string
		bucket                   calendar.Bucket
	}
	slots, answers := map[of]*big.Rat{}, map[of]*big.Rat{}
	all := map[of]Commitment{}
	for _, c := range commitments {
		k := of{c.Partner, c.Product, c.Region, c.Bucket}
		all[k] = c
		sums := answers
		if c.Slot {
			sums = slots
		}
		if sums[k] == nil {
			sums[k] = new(big.Rat)
		}
		sums[k].Add(sums[k], c.Quantity.Rat())
	}
	out := make([]promise, 0, len(all))
	for k, c := range all {
		p := promise{Commitment: c, all: new(big.Rat), slot: new(big.Rat)}
		if n := slots[k]; n != nil {
			p.slot, p.all = n, n
		}
		if n := answers[k]; n != nil && n.Cmp(p.all) > 0 {
			p.all = n
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b promise) int {
		return cmp.Or(a.Bucket.Compare(b.Bucket), cmp.Compare(a.Product, b.Product), cmp.Compare(a.Partner, b.Partner), cmp.Compare(a.Region, b.Region))
	})
	return out
}

// sweep is the promises of a product while the periods of a line pass.
type sweep struct {
	factor, stock, sum *big.Rat
	left               []promise // by the end of their days
	partners           map[string]bool
}

// sweeps are the products of a line before its first period, in order of their names.
func (l Line) sweeps(stock map[string]quantity.Quantity, byProduct map[string][]promise) (products []*sweep) {
	for _, name := range slices.Sorted(maps.Keys(l.Factors)) {
		s := &sweep{factor: l.Factors[name].Rat(), stock: new(big.Rat), sum: new(big.Rat), partners: map[string]bool{}}
		if have := stock[name]; have.Sign() > 0 {
			s.stock = have.Rat()
		}
		for _, p := range byProduct[name] {
			if p.Bucket.End > l.Periods[0].Start { // what is over was kept or not
				s.left = append(s.left, p)
			}
		}
		slices.SortStableFunc(s.left, func(a, b promise) int { return cmp.Compare(a.Bucket.End, b.Bucket.End) })
		products = append(products, s)
	}
	return products
}

// until adds up what is promised to a day.
func (s *sweep) until(end calendar.Date) {
	for len(s.left) > 0 && s.left[0].Bucket.End <= end {
		s.sum.Add(s.sum, s.left[0].all)
		s.partners[s.left[0].Partner] = true
		s.left = s.left[1:]
	}
}

// oversold sweeps the periods of a line once.
func (l Line) oversold(stock map[string]quantity.Quantity, byProduct map[string][]promise) (out []Oversell, err error) {
	if len(l.Periods) == 0 {
		return nil, nil
	}
	products := l.sweeps(stock, byProduct)
	held, holders := l.slots(byProduct)
	carried := new(big.Rat)
	for i, period := range l.Periods {
		maximum := period.Maximum.Rat()
		carried.Add(carried, maximum)
		load, partners := new(big.Rat), map[string]bool{}
		for _, s := range products {
			s.until(period.End)
			if short := new(big.Rat).Sub(s.sum, s.stock); short.Sign() > 0 {
				load.Add(load, short.Mul(short, s.factor))
				maps.Copy(partners, s.partners)
			}
		}
		for _, c := range []struct {
			load, maximum *big.Rat
			partners      map[string]bool
			cumulative    bool
		}{{held[i], maximum, holders[i], false}, {load, carried, partners, true}} {
			if c.load == nil || c.load.Cmp(c.maximum) <= 0 {
				continue
			}
			o := Oversell{Line: l.ID, Bucket: period.Bucket, Cumulative: c.cumulative, Partners: slices.Sorted(maps.Keys(c.partners))}
			for _, f := range []struct {
				to   *quantity.Quantity
				from *big.Rat
			}{{&o.Promised, c.load}, {&o.Maximum, c.maximum}, {&o.Excess, new(big.Rat).Sub(c.load, c.maximum)}} {
				d, err := quantity.DecimalOf(f.from)
				if err != nil {
					return nil, err
				}
				if *f.to, err = d.Round(places); err != nil {
					return nil, err
				}
			}
			out = append(out, o)
		}
	}
	return out, nil
}

// places is how many decimals of a load are shown.
const places = 6

// slots are the loads of the slots that lie in each period of the line, and whose they are.
func (l Line) slots(byProduct map[string][]promise) (held []*big.Rat, holders []map[string]bool) {
	held, holders = make([]*big.Rat, len(l.Periods)), make([]map[string]bool, len(l.Periods))
	for name, factor := range l.Factors {
		for _, p := range byProduct[name] {
			if p.slot.Sign() == 0 {
				continue
			}
			i, _ := slices.BinarySearchFunc(l.Periods, p.Bucket.End, func(a Period, end calendar.Date) int { return cmp.Compare(a.End, end) })
			if i == len(l.Periods) || !l.Periods[i].Covers(p.Bucket) {
				continue
			}
			if held[i] == nil {
				held[i], holders[i] = new(big.Rat), map[string]bool{}
			}
			held[i].Add(held[i], new(big.Rat).Mul(p.slot, factor.Rat()))
			holders[i][p.Partner] = true
		}
	}
	return held, holders
}
