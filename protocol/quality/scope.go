package quality

import (
	"fmt"

	"kontor/protocol/artifact"
	"kontor/protocol/forecast"
)

// CheckScope applies the granted scope to items and sites. Cases speak of complaints, and audits of sites: a site's
// region counts, an audit without one passes.
func CheckScope(d Document, granted artifact.Scope) []artifact.Finding {
	var r artifact.Report
	check := func(path string, i forecast.Item, site forecast.Location) {
		if !granted.HasProduct(i.BuyersID, i.SellersID, i.GTIN) {
			r.Add(CodeScope, path+".item", "product %q is outside the scope", artifact.Clip(i.ID()))
		}
		if site.Region != "" && !granted.HasRegion(site.Region) {
			r.Add(CodeScope, path+".site", "region %q is outside the scope", artifact.Clip(site.Region))
		}
	}
	for i, m := range d.Measures {
		check(fmt.Sprintf("measures[%d]", i), m.Item, m.Site)
	}
	for i, c := range d.Complaints {
		check(fmt.Sprintf("complaints[%d]", i), c.Item, c.Site)
	}
	for i, b := range d.Blocks {
		check(fmt.Sprintf("blocks[%d]", i), b.Item, b.Site)
	}
	for i, a := range d.Audits {
		if a.Site.Region != "" && !granted.HasRegion(a.Site.Region) {
			r.Add(CodeScope, fmt.Sprintf("audits[%d].site", i), "region %q is outside the scope", artifact.Clip(a.Site.Region))
		}
	}
	return r.Findings()
}

// Filter keeps what a scope grants.
func Filter(d Document, granted artifact.Scope) Document {
	kept := d
	kept.Measures, kept.Complaints, kept.Blocks, kept.Audits = nil, nil, nil, nil
	for _, m := range d.Measures {
		if len(CheckScope(Document{Measures: []Measure{m}}, granted)) == 0 {
			kept.Measures = append(kept.Measures, m)
		}
	}
	for _, c := range d.Complaints {
		if len(CheckScope(Document{Complaints: []Complaint{c}}, granted)) == 0 {
			kept.Complaints = append(kept.Complaints, c)
		}
	}
	for _, b := range d.Blocks {
		if len(CheckScope(Document{Blocks: []Block{b}}, granted)) == 0 {
			kept.Blocks = append(kept.Blocks, b)
		}
	}
	for _, a := range d.Audits {
		if len(CheckScope(Document{Audits: []Audit{a}}, granted)) == 0 {
			kept.Audits = append(kept.Audits, a)
		}
	}
	return kept
}
