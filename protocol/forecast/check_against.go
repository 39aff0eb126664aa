package forecast

import (
	"fmt"
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/quantity"
)

// CheckScope applies the granted scope: every line must be of a product and a region inside it.
func CheckScope(d Document, granted artifact.Scope) []artifact.Finding {
	var r artifact.Report
	for i, l := range d.Lines {
		if r.Full() {
			break
		}
		if !granted.HasProduct(l.Item.BuyersID, l.Item.SellersID, l.Item.GTIN) {
			r.Add(CodeScope, fmt.Sprintf("lines[%d].item", i), "product %q is outside the scope", artifact.Clip(l.Item.ID()))
		}
		if !granted.HasRegion(l.Location.Region) {
			r.Add(CodeScope, fmt.Sprintf("lines[%d].location", i), "region %q is outside the scope", artifact.Clip(l.Location.Region))
		}
		if j := slices.IndexFunc(l.Buckets, func(c Cell) bool { return !granted.HasDays(c.Bucket) }); j >= 0 {
			r.Add(CodeScope, fmt.Sprintf("lines[%d].buckets[%d]", i, j), "%s is outside the days %s that the grant is about", l.Buckets[j].Bucket, granted.Days)
		}
	}
	return r.Findings()
}

// CheckRevision applies the rules between a revision and the one it replaces: one series, the next number, and
// units that still fit.
func CheckRevision(old, revised Document) []artifact.Finding {
	var r artifact.Report
	if old.Header.Series != revised.Header.Series || revised.Header.Revision != old.Header.Revision+1 {
		r.Add(CodeRevision, "header", "revision %d of series %s does not follow revision %d of series %s", revised.Header.Revision, revised.Header.Series, old.Header.Revision, old.Header.Series)
	}
	if revised.Header.Issued < old.Header.Issued {
		r.Add(CodeRevision, "header.issued", "is before the revision it replaces")
	}
	units := map[string]quantity.Unit{}
	for _, l := range old.Lines {
		units[l.Item.ID()] = l.Unit
	}
	for i, l := range revised.Lines {
		if was, known := units[l.Item.ID()]; known && was.Known() && l.Unit.Known() && was.Dimension() != l.Unit.Dimension() {
			r.Add(CodeUnit, fmt.Sprintf("lines[%d].unit", i), "unit %q does not fit %q of the same product in the series", string(l.Unit), string(was))
		}
	}
	checkHighWater(&r, old, revised)
	return r.Findings()
}
