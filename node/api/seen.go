package api

import (
	"slices"

	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol/campaign"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
	"kontor/protocol/quality"
)

// limited tells whether a caller's token covers some products or regions alone.
func (c Caller) limited() bool { return len(c.Scope.Products)+len(c.Scope.Regions) > 0 }

// seen is what a caller's token covers of an artifact: its rows about the token's products and regions, and nothing that speaks of others as well. Where no
// row is left, or the kind can't be shown in part, it is as if it were not there.
func (c Caller) seen(out desk.ArtifactContent) (desk.ArtifactContent, error) {
	absent := wire.Problemf("NO_SUCH_ARTIFACT", "no artifact %q is there for this caller", out.CID.Short())
	if !c.mayRead(out.Header) {
		return desk.ArtifactContent{}, absent
	}
	if !c.limited() {
		return out, nil
	}
	rows := 0
	switch doc := out.Document.(type) {
	case forecast.Document:
		doc = scoped(doc, c)
		rows, out.Document = len(doc.Lines), doc
	case capacity.Plan:
		doc = c.seenPlan(doc)
		rows, out.Document = len(doc.Groups)+len(doc.Positions), doc
	case campaign.Document:
		doc = c.seenCalendar(doc)
		rows, out.Document = len(doc.Events)+len(doc.Blackouts), doc
	case quality.Document:
		doc = seenReport(desk.HeldQuality{Document: doc}, c).Document
		doc.Audits = nil // of a site and all it makes
		rows, out.Document = len(doc.Measures)+len(doc.Complaints)+len(doc.Cases)+len(doc.Blocks), doc
	}
	if rows == 0 {
		return desk.ArtifactContent{}, absent
	}
	return out, nil
}

// seesRow takes "" for every region, which a token of some regions does not cover.
func (c Caller) seesRow(product, region string) bool {
	return c.Scope.Product(product) && c.Scope.Region(region)
}

// seenPlan keeps the groups that carry a product of the token's, with its links and slots alone.
func (c Caller) seenPlan(p capacity.Plan) capacity.Plan {
	var groups []capacity.Group
	shown := map[string]bool{}
	for _, g := range p.Groups {
		g.Links = slices.DeleteFunc(slices.Clone(g.Links), func(l capacity.Link) bool { return !c.seesRow(l.Product, l.Region) })
		g.Slots = slices.DeleteFunc(slices.Clone(g.Slots), func(s capacity.Slot) bool { return !c.seesRow(s.Product, s.Region) })
		if len(g.Links) > 0 {
			shown[g.ID] = true
			groups = append(groups, g)
		}
	}
	for i := range groups {
		groups[i].Nested = slices.DeleteFunc(slices.Clone(groups[i].Nested), func(id string) bool { return !shown[id] })
	}
	p.Groups = groups
	p.Positions = slices.DeleteFunc(slices.Clone(p.Positions), func(x capacity.Position) bool { return !c.seesRow(x.Product, x.Region) })
	return p
}

// seenCalendar keeps events and blackouts all of whose products and places the token covers, and what was said to those events.
func (c Caller) seenCalendar(d campaign.Document) campaign.Document {
	shown := map[string]bool{}
	d.Events = slices.DeleteFunc(slices.Clone(d.Events), func(e campaign.Event) bool {
		shown[e.ID] = len(seenEvents([]desk.HeldEvent{{Event: e}}, c)) > 0
		return !shown[e.ID]
	})
	d.Blackouts = slices.DeleteFunc(slices.Clone(d.Blackouts), func(b campaign.Blackout) bool {
		every := len(b.Items) == 0 && len(c.Scope.Products) > 0 || len(b.Places) == 0 && len(c.Scope.Regions) > 0
		return every || !c.sees(b.Items, b.Places)
	})
	d.Replies = slices.DeleteFunc(slices.Clone(d.Replies), func(r campaign.Reply) bool { return !shown[r.Event] })
	return d
}

// seenMatch keeps of a match what is about the token's products. Figures of a whole group, with the demand of others in it, and the counts over all of it are
// left out.
func (c Caller) seenMatch(v desk.MatchView) desk.MatchView {
	if !c.limited() {
		return v
	}
	v.Result.Groups, v.Result.Notes, v.Result.Unlinked, v.Exceptions = []capacity.GroupMatch{}, []string{}, []string{}, []desk.ExceptionView{}
	v.Result.Products = slices.DeleteFunc(slices.Clone(v.Result.Products), func(p capacity.ProductMatch) bool { return !c.seesRow(p.Product, p.Region) })
	v.Buckets, v.Bottlenecks, v.AtRisk, v.MaxShortagePPM, v.Agreed = 0, 0, 0, 0, 0
	return v
}
