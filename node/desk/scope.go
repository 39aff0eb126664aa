package desk

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
	"kontor/protocol/performance"
	"kontor/protocol/request"
)

// scopeFields are the parts of each kind that a scope can keep at home.
var scopeFields = map[string][]string{protocol.KindForecast: forecast.Fields, protocol.KindCapacity: {"stock", "capacity"}, protocol.KindPerformance: performance.Fields}

// ScopeView is what one member may share of a kind with the others.
type ScopeView struct {
	With     string   `json:"with"`
	Company  string   `json:"company"`
	Own      bool     `json:"own"`
	Role     string   `json:"role"` // buyer, seller
	Kind     string   `json:"kind"`
	Purposes []string `json:"purposes"` // of the invitation
	Products []string `json:"products"` // what may leave now; "*": all
	Regions  []string `json:"regions"`
	// What the company has set inside the invitation; nothing where it has not.
	Set    *protocol.ScopeSet `json:"set,omitempty"`
	Grants []GrantedDetail    `json:"grants"` // officers' grants of detail that stand now
	Closed bool               `json:"closed,omitempty"`
}

// GrantedDetail is a grant that stands.
type GrantedDetail struct {
	request.Grant
	Ends int64 `json:"ends"` // ms UTC
}

// Scopes lists what every member of a partnership may share, kind by kind.
func (d *Desk) Scopes(with string) ([]ScopeView, error) {
	p, err := d.Partner(with, "")
	if err != nil {
		return nil, err
	}
	out := []ScopeView{}
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		for _, m := range p.Genesis.Members {
			for _, kind := range protocol.ArtifactKinds() {
				l, ok, err := r.Leaving(m.Company, kind, d.node.Now())
				if err != nil {
					return err
				}
				if !ok && l.Set == nil {
					continue // nothing of the kind was granted to the role: denied by default
				}
				v := ScopeView{With: d.PartnerName(p), Company: d.node.CompanyName(m.Company), Own: m.Company == d.node.Company(), Role: m.Role, Kind: kind, Products: l.Scope.Products, Regions: l.Scope.Regions,
					Purposes: []string{}, Grants: []GrantedDetail{}}
				for _, s := range p.Genesis.Scopes {
					if s.Role == m.Role && slices.Contains(s.Kinds, kind) {
						v.Purposes = append(v.Purposes, s.Purpose)
					}
				}
				if l.Set != nil {
					v.Set, v.Closed = &l.Set.ScopeSet, l.Set.Closed
				}
				for _, g := range l.Grants {
					v.Grants = append(v.Grants, GrantedDetail{g, g.Until})
				}
				out = append(out, v)
			}
		}
		return nil
	})
	return out, err
}

// ScopeOptions set what this company lets leave of a kind. Lists that are empty mean all the invitation granted.
type ScopeOptions struct {
	With     string   `json:"with"`
	Kind     string   `json:"kind"`
	Closed   bool     `json:"closed" doc:"nothing of the kind leaves"`
	Products []string `json:"products"`
	Regions  []string `json:"regions"`
	Purpose  []string `json:"purpose"`
	Roles    []string `json:"roles" doc:"of the partner's people, who may see it"`
	Fields   []string `json:"fields" doc:"parts that leave"`
	Grain    []string `json:"grain" doc:"steps as DAYS:DAY|WEEK|MONTH:SITE|REGION|COUNTRY, with :FAMILY behind it for whole product families; default for 56:WEEK:SITE, 182:WEEK:REGION, then MONTH:REGION:FAMILY; items for the same without families; of capacity the periods alone, of performance one step"`
}

// ScopeWritten is the receipt of a scope that was set.
type ScopeWritten struct {
	With  string            `json:"with"`
	Set   protocol.ScopeSet `json:"set"`
	Entry block.CID         `json:"entry"`
}

// SetScope says what this company lets leave of a kind from now on. It stands in the feed: the partner's node holds this company to it.
func (d *Desk) SetScope(ctx context.Context, o ScopeOptions, command node.Command) (ScopeWritten, error) {
	p, err := d.Partner(o.With, "")
	if err != nil {
		return ScopeWritten{}, err
	}
	if kinds := protocol.ArtifactKinds(); !slices.Contains(kinds, o.Kind) {
		return ScopeWritten{}, node.Failf("BAD_KIND", "%q is no kind of artifact; there are %s", o.Kind, strings.Join(kinds, ", "))
	}
	for _, f := range o.Fields {
		if !slices.Contains(scopeFields[o.Kind], f) {
			return ScopeWritten{}, node.Failf("BAD_FIELD", "%q is no part of a %s that can be kept at home; there are: %s", f, o.Kind, strings.Join(scopeFields[o.Kind], ", "))
		}
	}
	ladder, err := ladderOf(o.Kind, o.Grain)
	if err != nil {
		return ScopeWritten{}, err
	}
	set := protocol.ScopeSet{Kind: o.Kind, Closed: o.Closed, Products: o.Products, Regions: o.Regions, Purpose: o.Purpose, Roles: o.Roles, Fields: o.Fields, Grain: ladder}
	body, err := block.New(set)
	if err != nil {
		return ScopeWritten{}, err
	}
	w, err := d.node.Write(ctx, p.PID, command, func(*protocol.Replica, int64) (protocol.Draft, error) {
		return protocol.Draft{Kind: protocol.KindScope, Body: &body}, nil
	})
	return ScopeWritten{With: d.PartnerName(p), Set: set, Entry: w.Entry}, err
}

// ladderOf reads the grain of a kind. The ladder of practice T3 is a forecast's; a capacity plan takes its periods, and a performance report its first step.
func ladderOf(kind string, texts []string) (ladder []artifact.Step, err error) {
	named := len(texts) == 1 && (texts[0] == "default" || texts[0] == "items")
	if ladder, err = parseLadder(texts); err != nil || len(ladder) == 0 {
		return ladder, err
	}
	why := ""
	switch kind {
	case protocol.KindForecast:
	case protocol.KindCapacity:
		if named {
			ladder = artifact.ItemLadder()
		}
		why = capacity.CheckLadder(ladder)
	case protocol.KindPerformance:
		if named {
			ladder = artifact.ItemLadder()[:1]
		}
		why = performance.CheckLadder(ladder)
	default:
		why = fmt.Sprintf("a grain is kept for forecasts, capacity plans and performance reports; a %s has no series of figures, and leaves as it is", kind)
	}
	if why != "" {
		return nil, node.Failf("BAD_GRAIN", "%s", why)
	}
	return ladder, nil
}

// parseLadder reads steps of a grain ladder.
func parseLadder(texts []string) (ladder []artifact.Step, err error) {
	if len(texts) == 1 && texts[0] == "default" {
		return artifact.DefaultLadder(), nil
	}
	if len(texts) == 1 && texts[0] == "items" {
		return artifact.ItemLadder(), nil
	}
	for _, text := range texts {
		parts := strings.Split(text, ":")
		days, err := int64(0), error(nil)
		level := artifact.Level("")
		if len(parts) == 4 {
			level, parts = artifact.Level(parts[3]), parts[:3]
		}
		if len(parts) == 3 {
			days, err = strconv.ParseInt(parts[0], 10, 64)
		}
		if len(parts) != 3 || err != nil {
			return nil, node.Failf("BAD_GRAIN", "step %q is no DAYS:GRAIN:PLACE or DAYS:GRAIN:PLACE:FAMILY; right would be 56:WEEK:SITE, default or items", text)
		}
		ladder = append(ladder, artifact.Step{UntilDays: days, Time: calendar.Grain(parts[1]), Place: artifact.Place(parts[2]), Level: level})
	}
	if why := artifact.CheckLadder(ladder); why != "" {
		return nil, node.Failf("BAD_GRAIN", "%s", why)
	}
	return ladder, nil
}

// leaving is what this company may share of a kind with a partner now.
func (d *Desk) leaving(p *node.Partnership, kind string) (l protocol.Leaving, err error) {
	ok := false
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		l, ok, err = r.Leaving(d.node.Company(), kind, d.node.Now())
		return err
	})
	switch {
	case err != nil:
		return l, err
	case !ok && l.Set != nil && l.Set.Closed:
		return l, node.Failf("NOT_IN_SCOPE", "this company lets no %s leave to %s: kontor scope set --kind %s opens it again", kind, d.PartnerName(p), kind)
	case !ok:
		return l, node.Failf("NOT_IN_SCOPE", "the partnership with %s lets a %s share no %s; what may leave was agreed with the invitation", d.PartnerName(p), d.node.Own(p).Role, kind)
	}
	return l, nil
}

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
