package forecast

import (
	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
)

// Told is what the scope of a version tells of: where it does not hold a bucket of a line, that the bucket is absent says nothing about what is needed.
// A scope has thousands of entries and a version many more cells, so the entries are indexed once; a line is judged once, and each of its cells by its days.
type Told struct {
	scope             artifact.Scope
	products, regions map[string]bool
}

// Told makes the scope of a version ready to be asked of all lines.
func (d Document) Told() Told {
	return Told{d.Header.Scope, entries(d.Header.Scope.Products), entries(d.Header.Scope.Regions)}
}

func entries(of []string) map[string]bool {
	set := make(map[string]bool, len(of))
	for _, e := range of {
		set[e] = true
	}
	return set
}

// Line reports whether product and region of a line are in scope, as Scope.HasProduct and HasRegion do; a scope that names none holds all.
func (t Told) Line(l Line) bool { return t.hasProduct(l.Item) && t.hasRegion(l.Location.Region) }

func (t Told) hasProduct(i Item) bool {
	if len(t.products) == 0 || t.products[artifact.All] {
		return true
	}
	for _, id := range []string{i.BuyersID, i.SellersID, i.GTIN} {
		if id != "" && t.products[id] {
			return true
		}
	}
	return false
}

func (t Told) hasRegion(region string) bool {
	if len(t.regions) == 0 || t.regions[artifact.All] {
		return true
	}
	for i := range region {
		if region[i] == '-' && t.regions[region[:i]] { // a country includes its subdivisions
			return true
		}
	}
	return region != "" && t.regions[region]
}

// Days reports whether all days of a bucket are in scope.
func (t Told) Days(b calendar.Bucket) bool { return t.scope.HasDays(b) }
