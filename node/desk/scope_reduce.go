package desk

import (
	"fmt"
	"slices"
	"strings"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
)

// maxOutside is how many lines outside the scope a preview names.
const maxOutside = 20

// reduceForecast is the part of a forecast that may leave, at the grain and with the fields that may; outside names lines that stay at home.
func reduceForecast(doc forecast.Document, l protocol.Leaving, family func(forecast.Item) string) (out forecast.Document, outside, notes []string, err error) {
	out = doc
	out.Lines = nil
	for _, line := range doc.Lines {
		if inStanding(l, line) {
			out.Lines = append(out.Lines, line)
			continue
		}
		if granted, some := withinGrants(l, line); some {
			out.Lines = append(out.Lines, granted)
			continue
		}
		if len(outside) < maxOutside {
			outside = append(outside, fmt.Sprintf("%s in %s: outside the scope", line.Item.ID(), orAnywhere(line.Location.Key())))
		}
	}
	if l.Set == nil {
		return out, outside, nil, nil
	}
	free := func(line forecast.Line, days calendar.Bucket) bool {
		return l.Granted(days, line.Location.Region, line.Item.BuyersID, line.Item.SellersID, line.Item.GTIN)
	}
	if out, notes, err = forecast.Coarsen(out, l.Set.Grain, calendar.DateOf(doc.Header.Issued), free, family); err != nil {
		return out, outside, notes, node.Failf("FORECAST_GRAIN", "the forecast can't be shared at the grain that was set: %v", err)
	}
	inside := out.Lines[:0]
	for _, line := range out.Lines {
		if line.Members == 0 || inScope(l, line) {
			inside = append(inside, line)
		} else if len(outside) < maxOutside {
			outside = append(outside, fmt.Sprintf("family %s in %s: its name is no product of the scope, so its far figures can't leave", line.Item.ID(), orAnywhere(line.Location.Key())))
		}
	}
	out.Lines = inside
	if len(l.Set.Fields) > 0 {
		out = forecast.KeepFields(out, l.Set.Fields)
		notes = append(notes, "parts that stay at home: "+strings.Join(withoutThose(forecast.Fields, l.Set.Fields), ", "))
	}
	for _, g := range l.Grants {
		notes = append(notes, fmt.Sprintf("an officer granted detail for %q about %s until %s", g.Purpose, g.Period, issuedDay(g.Until)))
	}
	return out, outside, notes, nil
}

// seenGrain tells of the grain of a scope in a preview.
func seenGrain(ladder []artifact.Step) Seen {
	var steps []string
	for _, s := range ladder {
		steps = append(steps, s.String())
	}
	return Seen{"grain by horizon", strings.Join(steps, " "), "scope: no figure leaves finer than its step, counted in days from the issue (practice T3)"}
}

func inStanding(l protocol.Leaving, line forecast.Line) bool {
	return l.Scope.HasProduct(line.Item.BuyersID, line.Item.SellersID, line.Item.GTIN) && l.Scope.HasRegion(line.Location.Region)
}

// withinGrants is the part of a line outside the scope that officers' grants are about: a line leaves for the days of one grant. What is accumulated over
// other days stays at home.
func withinGrants(l protocol.Leaving, line forecast.Line) (forecast.Line, bool) {
	for _, g := range l.Grants {
		s, part := g.Scope(), line
		if !s.HasProduct(line.Item.BuyersID, line.Item.SellersID, line.Item.GTIN) || !s.HasRegion(line.Location.Region) {
			continue
		}
		part.Buckets = nil
		for _, c := range line.Buckets {
			if s.HasDays(c.Bucket) {
				part.Buckets = append(part.Buckets, c)
			}
		}
		if len(part.Buckets) == 0 {
			continue
		}
		if len(part.Buckets) < len(line.Buckets) {
			part.Schedule = nil
			for i := range part.Buckets {
				part.Buckets[i].Cumulative, part.Buckets[i].Accumulated = nil, nil
			}
		}
		return part, true
	}
	return line, false
}

func inScope(l protocol.Leaving, line forecast.Line) bool {
	return slices.ContainsFunc(l.Scopes(), func(s artifact.Scope) bool {
		return s.HasProduct(line.Item.BuyersID, line.Item.SellersID, line.Item.GTIN) && s.HasRegion(line.Location.Region)
	})
}

// reducePlan leaves out what a plan says of products outside the scope, and stock where that stays at home.
func reducePlan(plan *capacity.Plan, l protocol.Leaving) (outside, notes []string, err error) {
	out := func(product, region string) bool {
		in := slices.ContainsFunc(l.Scopes(), func(s artifact.Scope) bool { return s.HasProduct(product) && (region == "" || s.HasRegion(region)) })
		if !in && len(outside) < maxOutside {
			outside = append(outside, fmt.Sprintf("%s in %s: outside the scope", product, orAnywhere(region)))
		}
		return !in
	}
	for i := range plan.Groups {
		plan.Groups[i].Links = slices.DeleteFunc(plan.Groups[i].Links, func(k capacity.Link) bool { return out(k.Product, k.Region) })
		plan.Groups[i].Slots = slices.DeleteFunc(plan.Groups[i].Slots, func(s capacity.Slot) bool { return out(s.Product, s.Region) })
	}
	keepGranted(plan, l)
	// A group that holds others goes with the last of them, and so may the one around it.
	for before := -1; before != len(plan.Groups); {
		before = len(plan.Groups)
		plan.Groups = slices.DeleteFunc(plan.Groups, func(g capacity.Group) bool { return len(g.Links)+len(g.Nested) == 0 })
		shown := map[string]bool{}
		for _, g := range plan.Groups {
			shown[g.ID] = true
		}
		for i, g := range plan.Groups {
			plan.Groups[i].Nested = slices.DeleteFunc(g.Nested, func(id string) bool { return !shown[id] })
		}
	}
	plan.Positions = slices.DeleteFunc(plan.Positions, func(x capacity.Position) bool { return out(x.Product, x.Region) })
	if l.Set != nil && len(l.Set.Fields) > 0 && !slices.Contains(l.Set.Fields, "stock") {
		for i := range plan.Positions {
			plan.Positions[i].Stock, plan.Positions[i].Limit, plan.Positions[i].MaxCover = nil, nil, nil
		}
		notes = append(notes, "parts that stay at home: stock")
	}
	if l.Set != nil && len(l.Set.Fields) > 0 && !slices.Contains(l.Set.Fields, "capacity") {
		plan.Groups = nil
		notes = append(notes, "parts that stay at home: capacity")
	}
	if l.Set == nil {
		return outside, notes, nil
	}
	free := func(g capacity.Group, days calendar.Bucket) bool {
		return slices.ContainsFunc(g.Links, func(k capacity.Link) bool { return l.Granted(days, k.Region, k.Product) })
	}
	coarse, said, err := capacity.Coarsen(*plan, l.Set.Grain, calendar.DateOf(plan.Header.Issued), free)
	if err != nil {
		return nil, nil, node.Failf("CAPACITY_GRAIN", "the plan can't be shared at the grain that was set: %v", err)
	}
	*plan = coarse
	return outside, append(notes, said...), nil
}

// keepGranted keeps of groups and positions that leave by a grant alone what is about its days.
func keepGranted(plan *capacity.Plan, l protocol.Leaving) {
	if len(l.Grants) == 0 {
		return
	}
	standing := func(product, region string) bool {
		return l.Scope.HasProduct(product) && (region == "" || l.Scope.HasRegion(region))
	}
	for i := range plan.Groups {
		g := &plan.Groups[i]
		if slices.ContainsFunc(g.Links, func(k capacity.Link) bool { return standing(k.Product, k.Region) }) {
			continue
		}
		g.Capacities = slices.DeleteFunc(slices.Clone(g.Capacities), func(c capacity.Capacity) bool {
			return !slices.ContainsFunc(g.Links, func(k capacity.Link) bool { return l.Granted(c.Bucket, k.Region, k.Product) })
		})
	}
	plan.Groups = slices.DeleteFunc(plan.Groups, func(g capacity.Group) bool { return len(g.Capacities) == 0 })
	plan.Positions = slices.DeleteFunc(plan.Positions, func(x capacity.Position) bool {
		return !standing(x.Product, x.Region) && !l.Granted(calendar.Bucket{Start: x.AsOf, End: x.AsOf + 1}, x.Region, x.Product)
	})
}

func orAnywhere(place string) string {
	if place == "" {
		return "no named place"
	}
	return place
}

func withoutThose(all, some []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(some, s) })
}
