package artifact

import (
	"kontor/protocol/calendar"
	"strings"
)

// All in a scope's list stands for everything. An empty list stands for nothing: what was not granted is denied.
const All = "*"

// Scope says which roles may see an artifact, which products and regions it speaks of, and for what purpose.
type Scope struct {
	Roles    []string `cbor:"roles" json:"roles"`                         // COO CMO CFO CTO CEO, desk roles, or "*"
	Products []string `cbor:"products" json:"products"`                   // item identifiers, or "*"
	Regions  []string `cbor:"regions" json:"regions"`                     // ISO 3166 codes; "CI" includes "CI-AB"; or "*"
	Purpose  []string `cbor:"purpose,omitempty" json:"purpose,omitempty"` // "PLANNING", "CAPACITY", ...
	// Days are those that an officer's grant of detail is about; zero: all. No header states it, it is never on the wire.
	Days calendar.Bucket `cbor:"-" json:"-"`
}

// HasDays reports whether all days of a bucket are in scope.
func (s Scope) HasDays(b calendar.Bucket) bool {
	return s.Days == (calendar.Bucket{}) || s.Days.Covers(b)
}

// Everything is the scope without limits.
func Everything() Scope {
	return Scope{Roles: []string{All}, Products: []string{All}, Regions: []string{All}, Purpose: []string{All}}
}

// HasProduct reports whether any of the identifiers of one product is in scope.
func (s Scope) HasProduct(ids ...string) bool {
	for _, allowed := range s.Products {
		if allowed == All {
			return true
		}
		for _, id := range ids {
			if id != "" && id == allowed {
				return true
			}
		}
	}
	return false
}

// HasRegion reports whether the region is in scope; a country includes its subdivisions. A line without a
// region is only in a scope of all regions.
func (s Scope) HasRegion(region string) bool {
	for _, allowed := range s.Regions {
		if allowed == All || (region != "" && (region == allowed || strings.HasPrefix(region, allowed+"-"))) {
			return true
		}
	}
	return false
}
