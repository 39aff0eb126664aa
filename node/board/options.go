package board

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"

	"kontor/node"
	"kontor/node/desk"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/decision"
	"kontor/protocol/quantity"
)

// ways are the ways out of a shortage that the node finds by itself, for people to change or choose from. Amounts are whole units.
type ways struct {
	product string
	region  string // of the cover view; "" is every region
	unit    quantity.Unit
	short   calendar.Bucket // the periods in which something is missing
	span    calendar.Bucket // these, and those in which options make goods
	most    int64           // of option 1
	options []decision.Option
}

// cell is one period of the product with what stands in it.
type cell struct {
	calendar.Bucket
	need     int64 // units to be made up to the end of this period so that little of the shortage is left
	headroom int64 // units between actual and maximum capacity
	inside   bool  // one of the short periods
}

// waysOut finds the ways out: "1" makes more in the short periods, up to the maximum the seller has stated; "2" makes half of it there
// and the rest in the free capacity of earlier periods, or later where there is none. Expectations are those of desk.Expect over the topic's scope.
func (b *Board) waysOut(p *node.Partnership, view desk.MatchView, e desk.ExceptionView) (w ways, err error) {
	var in capacity.Input
	var seller block.CID
	if err := b.node.View(p.PID, func(r *protocol.Replica) error {
		if in, err = b.desk.MatchInput(p, r); err != nil {
			return err
		}
		plan, _, err := r.Version(in.PlanCID)
		seller = plan.Author
		return err
	}); err != nil {
		return w, err
	}
	if in.ForecastCID != view.Forecast || in.PlanCID != view.Plan {
		return w, node.Failf("STATE_MOVED", "a new forecast or plan came into force meanwhile; say the command again")
	}
	w = ways{product: e.Scope.Product, region: e.Scope.Region, short: e.Scope.Buckets}
	if w.product == "" {
		w.product = largestProduct(in, e.Scope.Group, e.Scope.Buckets)
	}
	for _, l := range in.Forecast.Lines {
		if l.Item.ID() == w.product {
			w.unit = l.Unit
		}
	}
	cells := w.cells(view.Result, in.Plan, e)
	if w.unit == "" || len(cells) == 0 {
		return w, node.Failf("NO_WAY_OUT", "exception %s speaks of no product and period the node could make options for; open the topic with --proposal FILE", e.ID)
	}
	extra, beyond := more(cells)
	first := w.option("1", fmt.Sprintf("extra shifts in %s: %s on top of the plan", periods(w.short), w.unit.Said("%d")), seller, extra)
	if beyond {
		first.Summary = fmt.Sprintf("capacity from elsewhere in %s: %s on top of the plan", periods(w.short), w.unit.Said(strconv.FormatInt(sum(extra), 10)))
		first.Needs = []string{"capacity above the maximum the seller has stated"}
	} else {
		first.Needs = []string{"overtime up to the maximum capacity stated"}
	}
	split, words := spread(cells, extra)
	second := w.option("2", words+": "+w.unit.Said("%d")+" on top of the plan", seller, split)
	w.most = max(sum(extra), 1)
	w.span = w.short
	for _, q := range append(slices.Clone(extra), split...) {
		w.span.Start, w.span.End = min(w.span.Start, q.Start), max(w.span.End, q.End)
	}
	zero := decision.Option{ID: decision.NoAgreement, Summary: e.Default.Text, Effects: []decision.OptionEffect{}, Basis: []decision.StatedBasis{}}
	w.options = []decision.Option{zero, first, second}
	for i := range w.options {
		if w.options[i].Expect, err = desk.Expect(in, p.PID, w.scope(), w.options[i].Effects); err != nil {
			return w, err
		}
	}
	return w, nil
}

// periods writes a range of days as people say it: a month, a week, or the months from and to.
func periods(b calendar.Bucket) string {
	first, last := b.Start.Month(), b.Last().Month()
	if first == last || b.Start != first.First() || b.End != last.Add(1).First() {
		return b.String()
	}
	return first.String() + " to " + last.String()
}

// made is a quantity on top of the plan in one period.
type made struct {
	calendar.Bucket
	units int64
}

func sum(list []made) (n int64) {
	for _, m := range list {
		n += m.units
	}
	return n
}

// largestProduct is the product that asks most of a group in a range of days.
func largestProduct(in capacity.Input, group string, within calendar.Bucket) (best string) {
	demand := map[string]int64{}
	for _, l := range in.Forecast.Lines {
		for _, c := range l.Buckets {
			if within.Overlaps(c.Bucket) {
				demand[l.Item.ID()] += whole(c.Mean)
			}
		}
	}
	for _, g := range in.Plan.Groups {
		if g.ID != group {
			continue
		}
		for _, l := range g.Links {
			if d := demand[l.Product]; d > demand[best] || best == "" || d == demand[best] && l.Product < best {
				best = l.Product
			}
		}
	}
	return best
}

// cells lists the product's periods with need and headroom.
func (w ways) cells(r capacity.Result, plan capacity.Plan, e desk.ExceptionView) []cell {
	var out []cell
	if e.Scope.Product == "" {
		for _, g := range r.Groups {
			if g.Group != e.Scope.Group {
				continue
			}
			need := int64(0)
			for _, c := range g.Buckets {
				inside := w.short.Covers(c.Bucket)
				if inside {
					need += perUnit(c.Excess, plan, g.Group, w.product)
				}
				out = append(out, cell{c.Bucket, need, w.headroom(r, plan, []string{g.Group}, c.Bucket), inside})
			}
		}
		return out
	}
	for _, m := range r.Products {
		if m.Product != w.product || m.Region != w.region {
			continue
		}
		for _, c := range m.Buckets {
			one := cell{Bucket: c.Bucket, headroom: w.headroom(r, plan, m.Groups, c.Bucket), inside: w.short.Covers(c.Bucket)}
			if one.inside && c.Cover != nil {
				// Twice what is expected to be missing: a supply that only meets the expectation leaves half of it short.
				one.need = whole(c.Cover.Expected.Lower) + whole(c.Cover.Expected.Upper)
			}
			out = append(out, one)
		}
	}
	return out
}

// headroom is what the groups could make above their actual capacity in a period, in units of the product.
func (w ways) headroom(r capacity.Result, plan capacity.Plan, groups []string, b calendar.Bucket) (units int64) {
	for _, g := range r.Groups {
		if !slices.Contains(groups, g.Group) {
			continue
		}
		for _, c := range g.Buckets {
			if c.Bucket == b {
				if free, err := c.Maximum.Sub(c.Actual); err == nil {
					units += perUnit(free, plan, g.Group, w.product)
				}
			}
		}
	}
	return units
}

// perUnit is how many units of a product a load stands for, rounded down.
func perUnit(load quantity.Quantity, plan capacity.Plan, group, product string) int64 {
	for _, g := range plan.Groups {
		for _, l := range g.Links {
			if g.ID != group || l.Product != product {
				continue
			}
			factor := l.Factor
			if factor.IsZero() {
				factor = quantity.Of(1)
			}
			n := new(big.Rat).Quo(rat(load), rat(factor))
			return new(big.Int).Quo(n.Num(), n.Denom()).Int64()
		}
	}
	return 0
}

func rat(q quantity.Quantity) *big.Rat {
	r, ok := new(big.Rat).SetString(q.String())
	if !ok {
		panic("invariant: a quantity prints as a number: " + q.String())
	}
	return r
}

// whole is a quantity in whole units, half-up.
func whole(q quantity.Quantity) int64 {
	r, err := q.Round(0)
	if err != nil {
		return 0
	}
	n, exact := r.At(0)
	if !exact || !n.IsInt64() {
		return 0
	}
	return n.Int64()
}

// more makes up what is missing in each short period, up to the headroom. Where there is none at all it goes beyond it and says so.
func more(cells []cell) (out []made, beyond bool) {
	fill := func(limited bool) (out []made) {
		total := int64(0)
		for _, c := range cells {
			if !c.inside {
				continue
			}
			units := max(c.need-total, 0)
			if limited {
				units = min(units, c.headroom)
			}
			if units > 0 {
				out = append(out, made{c.Bucket, units})
				total += units
			}
		}
		return out
	}
	if out = fill(true); len(out) > 0 {
		return out, false
	}
	return fill(false), true
}

// spread makes half of what option 1 makes in the short periods and the rest in the headroom of earlier periods, the nearest first; what finds no
// room there comes later.
func spread(cells []cell, extra []made) (out []made, words string) {
	rest := int64(0)
	at := map[calendar.Bucket]int64{}
	for _, m := range extra {
		at[m.Bucket] += (m.units + 1) / 2
		rest += m.units / 2
	}
	first := slices.IndexFunc(cells, func(c cell) bool { return c.inside })
	early := int64(0)
	for i := first - 1; i >= 0 && rest > 0; i-- {
		units := min(rest, cells[i].headroom)
		at[cells[i].Bucket] += units
		early, rest = early+units, rest-units
	}
	late := false
	if rest > 0 {
		for i := len(cells) - 1; i > first; i-- {
			if cells[i].inside {
				break
			}
			if !cells[i-1].inside {
				continue
			}
			at[cells[i].Bucket] += rest
			late, rest = true, 0
		}
	}
	for _, c := range cells {
		if at[c.Bucket] > 0 {
			out = append(out, made{c.Bucket, at[c.Bucket]})
		}
	}
	switch {
	case early > 0 && late:
		return out, "half of it in extra shifts, the rest built earlier and accepted later"
	case early > 0:
		return out, "half of it in extra shifts, the rest built earlier"
	case late:
		return out, "half of it in extra shifts, the rest accepted one period later"
	}
	return out, "half of it in extra shifts, the rest from the buyer's own stock"
}

// place is the region an effect names: every region is written as one.
func (w ways) place() string {
	if w.region == "" {
		return artifact.All
	}
	return w.region
}

func (w ways) option(id, summary string, seller block.CID, list []made) decision.Option {
	o := decision.Option{ID: id, Summary: fmt.Sprintf(summary, sum(list)), Effects: []decision.OptionEffect{}, Basis: []decision.StatedBasis{}}
	for _, m := range list {
		o.Effects = append(o.Effects, decision.OptionEffect{Cell: decision.Cell{Product: w.product, Region: w.place(), Bucket: m.Bucket}, Party: seller,
			Quantity: quantity.Of(m.units), Unit: w.unit})
	}
	return o
}

func (w ways) scope() decision.Scope {
	return decision.Scope{Products: []string{w.product}, Regions: []string{w.place()}, Horizon: w.span}
}

// Issues of a generated topic.
const (
	issueDelivery  = "delivery"
	issueQuantity  = "quantity"
	issueSurcharge = "surcharge"
)

// deliverySlack is how many days after the short periods a delivery can still be talked about.
const deliverySlack = 60

// issues are what the parties negotiate: how much more, by when, at which surcharge. The surcharge's range ends where the whole quantity would
// cost the materiality both have agreed on; no private price goes into it.
func (w ways) issues(m quantity.Money) []decision.Issue {
	digits := m.Currency.Digits()
	highest := new(big.Int).Mul(big.NewInt(m.Minor), big.NewInt(1000))
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(digits, 0))), nil)
	highest.Quo(highest, scale.Mul(scale, big.NewInt(w.most)))
	high, err := quantity.FromBig(highest.Add(highest, big.NewInt(1)), 0)
	if err != nil {
		high = quantity.Of(1)
	}
	return []decision.Issue{
		{ID: issueDelivery, Name: "delivered in full by", Kind: decision.DateIssue, Low: decision.Day(w.short.Start), High: decision.Day(w.short.End.AddDays(deliverySlack))},
		{ID: issueQuantity, Name: "extra quantity", Kind: decision.QuantityIssue, Unit: string(w.unit), Low: decision.Number(quantity.Quantity{}), High: decision.Number(quantity.Of(w.most))},
		{ID: issueSurcharge, Name: "surcharge", Kind: decision.PriceIssue, Unit: fmt.Sprintf("%s per 1000 %s", m.Currency, w.unit), Low: decision.Number(quantity.Quantity{}), High: decision.Number(high)},
	}
}
