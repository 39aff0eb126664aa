package capacity

import (
	"fmt"
	"slices"
	"sort"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// Codes of the rules of a capacity plan. A code never changes its meaning.
const (
	CodePlanBounds  = "CAPACITY-01" // more groups, links, buckets, slots or positions than the bounds, or a figure beyond them
	CodePlanEmpty   = "CAPACITY-02" // a plan without groups and positions, or an active group without capacity or links
	CodeGroup       = "CAPACITY-03" // group id or name malformed, or one group twice
	CodeUnit        = "CAPACITY-04" // unit unknown
	CodeMaximum     = "CAPACITY-05" // maximum below actual (CX-0128)
	CodeNegative    = "CAPACITY-06" // a quantity below zero
	CodeBuckets     = "CAPACITY-07" // buckets unsorted, overlapping, empty or backwards
	CodeFactor      = "CAPACITY-08" // a load factor not above zero, or given by some links of a group only (CX-0128)
	CodeLink        = "CAPACITY-09" // a link malformed, or one demand series twice in a group
	CodeShare       = "CAPACITY-10" // shares of a group out of range or above one
	CodeSlot        = "CAPACITY-11" // a slot malformed or twice
	CodeOversold    = "CAPACITY-12" // reserved and committed slots of a bucket above the maximum
	CodePosition    = "CAPACITY-13" // a position malformed, or one twice
	CodePlanScope   = "CAPACITY-15" // a product or region outside the scope
	CodePlanExt     = "CAPACITY-16" // extension fields too many or too long
	CodeNested      = "CAPACITY-17" // nested groups unknown, in a circle, too deep, of another unit, or beside links (CX-0128)
	CodeShutdown    = "CAPACITY-18" // a shutdown malformed, unsorted or overlapping, or capacity inside one
	CodeVolatility  = "CAPACITY-19" // thresholds of demand volatility malformed (CX-0128)
	CodeBand        = "CAPACITY-20" // quantiles of capacity that do not rise, or above the maximum
	CodeAllocation  = "CAPACITY-21" // an allocation by no known rule, or with a basis that is no plain text
	CodeAnswerEmpty = "ANSWER-01"   // no line, or a line without buckets
	CodeAnswerLine  = "ANSWER-03"   // a line or bucket the forecast does not have, or one line twice
	CodeAnswerUnit  = "ANSWER-04"   // not the unit of the forecast line
	CodeAnswerSize  = "ANSWER-05"   // a figure below zero or out of bounds
	CodeAnswerState = "ANSWER-06"   // state does not fit the quantity, or unknown
	CodeAnswerWhy   = "ANSWER-07"   // unknown reason, or none where less than the forecast is committed
	CodeAnswerUntil = "ANSWER-08"   // valid until before the issue
	CodeAnswerOrder = "ANSWER-09"   // buckets unsorted, overlapping, empty or backwards
)

// CheckPlan applies the newest rule set to a plan alone.
func CheckPlan(p Plan) []artifact.Finding { return CheckPlanUnder(p, artifact.RulesNewest) }

// CheckPlanUnder applies the rules in force under the given rule set.
func CheckPlanUnder(p Plan, _ artifact.Rules) []artifact.Finding {
	var r artifact.Report
	r.Append(artifact.CheckHeader(p.Header, PlanType))
	if len(p.Groups) == 0 && len(p.Positions) == 0 {
		r.Add(CodePlanEmpty, "", "the plan has neither groups nor positions")
	}
	if len(p.Groups) > MaxGroups || len(p.Positions) > MaxPositions || len(p.Includes) > MaxIncludes {
		r.Add(CodePlanBounds, "", "%d groups, %d positions or %d included agreements are too many", len(p.Groups), len(p.Positions), len(p.Includes))
		return r.Findings()
	}
	groups := map[string]bool{}
	for i, g := range p.Groups {
		if r.Full() {
			break
		}
		path := fmt.Sprintf("groups[%d]", i)
		if !artifact.IsName(g.ID) || groups[g.ID] {
			r.Add(CodeGroup, path+".capacityGroupId", "%q is malformed or named twice", artifact.Clip(g.ID))
		}
		groups[g.ID] = true
		checkGroup(&r, path, g)
	}
	checkNesting(&r, p.Groups)
	positions := map[string]bool{}
	for i, pos := range p.Positions {
		if r.Full() {
			break
		}
		path := fmt.Sprintf("positions[%d]", i)
		if positions[pos.Key()] {
			r.Add(CodePosition, path, "product %q and region %q have a position already", artifact.Clip(pos.Product), artifact.Clip(pos.Region))
		}
		positions[pos.Key()] = true
		checkPosition(&r, path, pos)
	}
	return r.Findings()
}

func checkGroup(r *artifact.Report, path string, g Group) {
	if g.Name != "" && !artifact.IsName(g.Name) {
		r.Add(CodeGroup, path+".name", "%q is too long or not plain text", artifact.Clip(g.Name))
	}
	if !g.Unit.Known() {
		r.Add(CodeUnit, path+".unit", "unknown unit %q: want a UN/ECE Rec 20 code such as C62, HUR or KGM", artifact.Clip(string(g.Unit)))
	}
	if len(g.Links) > MaxLinks || len(g.Capacities) > MaxCapacities || len(g.Slots) > MaxSlots {
		r.Add(CodePlanBounds, path, "%d links, %d buckets or %d slots are too many", len(g.Links), len(g.Capacities), len(g.Slots))
		return
	}
	if !g.Inactive && (len(g.Links)+len(g.Nested) == 0 || len(g.Capacities) == 0) {
		r.Add(CodePlanEmpty, path, "an active group has %d links, %d groups inside and %d buckets of capacity", len(g.Links), len(g.Nested), len(g.Capacities))
	}
	if g.LeadDays < 0 || g.LeadDays > artifact.MaxHorizonDays {
		r.Add(CodePlanBounds, path+".leadDays", "%d days are out of range", g.LeadDays)
	}
	checkFigure(r, path+".minLot", g.MinLot)
	checkFigure(r, path+".multiple", g.Multiple)
	artifact.CheckExt(r, CodePlanExt, path+".ext", g.Ext)
	checkLinks(r, path, g)
	for j, c := range g.Capacities {
		if r.Full() {
			return
		}
		at := fmt.Sprintf("%s.capacities[%d]", path, j)
		if !c.Bucket.Valid() || (j > 0 && c.Start < g.Capacities[j-1].End) {
			r.Add(CodeBuckets, at, "bucket %q to %q is empty, backwards, unsorted or overlaps the one before", c.Start, c.End)
		}
		checkFigure(r, at+".actual", c.Actual)
		checkFigure(r, at+".maximum", c.Maximum)
		if c.Maximum.Less(c.Actual) {
			r.Add(CodeMaximum, at+".maximum", "maximum %s is below actual %s", c.Maximum, c.Actual)
		}
		if c.Agreed != nil {
			checkFigure(r, at+".agreed", *c.Agreed)
		}
		if c.Delta != nil {
			checkFigure(r, at+".deltaProductionResult", c.Delta.Abs())
		}
		checkBand(r, at+".quantiles", c)
	}
	if g.Allocation != nil {
		g.Allocation.check(r, path+".allocation")
	}
	checkShutdowns(r, path, g)
	if g.Volatility != nil {
		g.Volatility.check(r, path+".demandVolatilityParameters")
	}
	checkSlots(r, path, g)
}

func checkLinks(r *artifact.Report, path string, g Group) {
	seen := map[Link]bool{}
	var shares int64
	given := 0
	for j, l := range g.Links {
		at := fmt.Sprintf("%s.linkedDemandSeries[%d]", path, j)
		series := Link{Product: l.Product, Region: l.Region, Category: l.Category}
		if !artifact.IsName(l.Product) || (l.Region != "" && !forecast.ValidRegion(l.Region)) || len(l.Category) > 8 || seen[series] {
			r.Add(CodeLink, at, "product %q, region %q is malformed or linked twice", artifact.Clip(l.Product), artifact.Clip(l.Region))
		}
		seen[series] = true
		if !l.Factor.IsZero() {
			given++
		}
		if l.Factor.Sign() < 0 || !withinBounds(l.Factor) {
			r.Add(CodeFactor, at+".loadFactor", "load factor %s is not above zero or out of bounds", l.Factor)
		}
		if l.Share < 0 || l.Share > forecast.PPM {
			r.Add(CodeShare, at+".share", "%d ppm is no share", l.Share)
			continue
		}
		shares += l.Share
	}
	if given > 0 && given < len(g.Links) {
		r.Add(CodeFactor, path+".linkedDemandSeries", "%d of %d links have a load factor: all or none", given, len(g.Links))
	}
	if shares > forecast.PPM {
		r.Add(CodeShare, path+".linkedDemandSeries", "shares sum to %d ppm, more than one", shares)
	}
}

// CheckSlot applies the rules of one slot, wherever it stands.
func CheckSlot(s Slot) []artifact.Finding {
	var r artifact.Report
	checkSlots(&r, "", Group{Slots: []Slot{s}})
	return r.Findings()
}

func checkSlots(r *artifact.Report, path string, g Group) {
	seen := map[string]bool{}
	for j, s := range g.Slots {
		if r.Full() {
			return
		}
		at := fmt.Sprintf("%s.slots[%d]", path, j)
		switch s.Status {
		case SlotOffered, SlotReserved, SlotCommitted, SlotConsumed, SlotReleased:
		default:
			r.Add(CodeSlot, at+".status", "unknown status %q", artifact.Clip(string(s.Status)))
		}
		if !artifact.IsName(s.ID) || seen[s.ID] || !artifact.IsName(s.Product) || !s.Bucket.Valid() || len(s.Line) > block.MaxRowKey || s.ExpiresAt < 0 {
			r.Add(CodeSlot, at, "slot %q of product %q in %q to %q is malformed or twice", artifact.Clip(s.ID), artifact.Clip(s.Product), s.Start, s.End)
		}
		seen[s.ID] = true
		checkFigure(r, at+".quantity", s.Quantity)
	}
	checkOversold(r, path, g)
}

// checkOversold compares the slots set aside with the maximum of the bucket that holds them. One partner's plan
// shows one partner's slots; that nothing is sold twice to several is checked at home.
func checkOversold(r *artifact.Report, path string, g Group) {
	loads := make([]quantity.Quantity, len(g.Capacities))
	factors := g.factors()
	for _, s := range g.Slots {
		j := g.capacityAt(s.Bucket)
		if !s.held() || j < 0 {
			continue
		}
		load, err := s.Quantity.Mul(factors.of(s.Product, s.Region))
		if err == nil {
			loads[j], err = loads[j].Add(load)
		}
		if err != nil || g.Capacities[j].Maximum.Less(loads[j]) {
			r.Add(CodeOversold, fmt.Sprintf("%s.capacities[%d]", path, j), "reserved and committed slots load more than the maximum %s", g.Capacities[j].Maximum)
			return
		}
	}
}

// capacityAt is the index of the capacity bucket that holds all of b, or -1. Capacities are sorted.
func (g Group) capacityAt(b calendar.Bucket) int {
	j := sort.Search(len(g.Capacities), func(i int) bool { return g.Capacities[i].End >= b.End })
	if j < len(g.Capacities) && g.Capacities[j].Covers(b) {
		return j
	}
	return -1
}

func (s Slot) held() bool { return s.Status == SlotReserved || s.Status == SlotCommitted }

// factorTable finds the load factor of a product and region: the link of that very region before one of every region.
type factorTable map[[2]string]quantity.Quantity

func (g Group) factors() factorTable {
	t := make(factorTable, 2*len(g.Links))
	for _, l := range g.Links {
		t[[2]string{l.Product, l.Region}] = l.factor()
		if _, set := t[[2]string{l.Product, ""}]; !set {
			t[[2]string{l.Product, ""}] = l.factor()
		}
	}
	return t
}

func (t factorTable) of(product, region string) quantity.Quantity {
	if f, ok := t[[2]string{product, region}]; ok {
		return f
	}
	if f, ok := t[[2]string{product, ""}]; ok {
		return f
	}
	return quantity.Of(1)
}

func checkPosition(r *artifact.Report, path string, p Position) {
	if !artifact.IsName(p.Product) || (p.Region != "" && !forecast.ValidRegion(p.Region)) || !p.AsOf.Valid() {
		r.Add(CodePosition, path, "product %q, region %q or date %q is malformed", artifact.Clip(p.Product), artifact.Clip(p.Region), p.AsOf)
	}
	if !p.Unit.Known() {
		r.Add(CodeUnit, path+".unit", "unknown unit %q", artifact.Clip(string(p.Unit)))
	}
	if p.Stock != nil {
		checkFigure(r, path+".stock", *p.Stock)
	}
	if p.Limit != nil {
		checkFigure(r, path+".stockLimit", *p.Limit)
	}
	if p.MaxCover != nil {
		checkFigure(r, path+".maxCover", *p.MaxCover)
	}
	checkFigure(r, path+".inTransit", p.InTransit)
	checkFigure(r, path+".backlog", p.Backlog)
}

func checkFigure(r *artifact.Report, at string, q quantity.Quantity) {
	switch {
	case q.Sign() < 0:
		r.Add(CodeNegative, at, "quantity %s is below zero", q)
	case !withinBounds(q):
		r.Add(CodePlanBounds, at, "quantity %s exceeds 10^15 or %d decimals", q, forecast.MaxDecimals)
	}
}

func withinBounds(q quantity.Quantity) bool {
	return q.Exponent() >= -forecast.MaxDecimals && q.Abs().Cmp(quantity.Of(forecast.MaxQuantity)) <= 0
}

// CheckPlanScope applies the granted scope to groups and positions.
func CheckPlanScope(p Plan, granted artifact.Scope) []artifact.Finding {
	var r artifact.Report
	for i, g := range p.Groups {
		for j, l := range g.Links {
			if r.Full() {
				return r.Findings()
			}
			if !granted.HasProduct(l.Product) || (l.Region != "" && !granted.HasRegion(l.Region)) {
				r.Add(CodePlanScope, fmt.Sprintf("groups[%d].linkedDemandSeries[%d]", i, j), "product %q, region %q is outside the scope", artifact.Clip(l.Product), artifact.Clip(l.Region))
			}
			if k := slices.IndexFunc(g.Capacities, func(c Capacity) bool { return !granted.HasDays(c.Bucket) }); k >= 0 {
				r.Add(CodePlanScope, fmt.Sprintf("groups[%d].linkedDemandSeries[%d]", i, j), "the capacity of %s is outside the days %s that the grant is about", g.Capacities[k].Bucket, granted.Days)
			}
		}
	}
	for i, p := range p.Positions {
		if r.Full() {
			break
		}
		if !granted.HasProduct(p.Product) || (p.Region != "" && !granted.HasRegion(p.Region)) || !granted.HasDays(calendar.Bucket{Start: p.AsOf, End: p.AsOf + 1}) {
			r.Add(CodePlanScope, fmt.Sprintf("positions[%d]", i), "product %q, region %q is outside the scope", artifact.Clip(p.Product), artifact.Clip(p.Region))
		}
	}
	return r.Findings()
}
