package capacity

import (
	"fmt"
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/forecast"
)

// AllocationRule is by what a seller cuts a line into the shares of its links (practice T14). Slots that are set aside come first under every rule; none
// looks at the current forecast, because that would pay whoever forecasts most.
type AllocationRule string

// The rules.
const (
	ByReceipts AllocationRule = "TRAILING_RECEIPTS" // in proportion to what was shipped and accepted before
	ByContract AllocationRule = "AGREED_SHARE"      // as contracts say
	ByPriority AllocationRule = "PRIORITY"          // in an order, each up to its cap, until the line is full
	InEqual    AllocationRule = "EQUAL"             // in equal parts
)

// Allocation is the key by which a group is divided, shown to the partner with its own share and nobody else's.
type Allocation struct {
	Rule  AllocationRule `cbor:"rule" json:"rule"`
	Basis string         `cbor:"basis,omitempty" json:"basis,omitempty"` // in words: "shipments of the last 24 months"
}

func (a Allocation) check(r *artifact.Report, at string) {
	if !slices.Contains([]AllocationRule{ByReceipts, ByContract, ByPriority, InEqual}, a.Rule) || a.Basis != "" && !artifact.IsName(a.Basis) {
		r.Add(CodeAllocation, at, "rule %q or basis %q is unknown or no plain text: want TRAILING_RECEIPTS, AGREED_SHARE, PRIORITY or EQUAL", artifact.Clip(string(a.Rule)), artifact.Clip(a.Basis))
	}
}

// ProductShare is what a product gets of a line, or up to how much, ppm.
type ProductShare struct {
	Product string `cbor:"product" json:"product"`
	PPM     int64  `cbor:"ppm" json:"ppm"`
}

// MaxShares bounds a key: the links of a group.
const MaxShares = MaxLinks

// CheckShares tells why a list of shares is no key for a rule; nil where it is one. Agreed shares sum to at most one whole; caps by priority may sum to more.
func CheckShares(rule AllocationRule, shares []ProductShare) error {
	if rule == ByReceipts || rule == InEqual {
		if len(shares) > 0 {
			return fmt.Errorf("rule %s takes no shares: %d were named", rule, len(shares))
		}
		return nil
	}
	if rule != ByContract && rule != ByPriority {
		return fmt.Errorf("unknown rule %q: want TRAILING_RECEIPTS, AGREED_SHARE, PRIORITY or EQUAL", rule)
	}
	if len(shares) == 0 || len(shares) > MaxShares {
		return fmt.Errorf("rule %s with %d shares: want 1 to %d", rule, len(shares), MaxShares)
	}
	sum, seen := int64(0), map[string]bool{}
	for _, s := range shares {
		if !artifact.IsName(s.Product) || seen[s.Product] || s.PPM <= 0 || s.PPM > forecast.PPM {
			return fmt.Errorf("share %d ppm of %q: want each product once, above nothing and at most one whole", s.PPM, artifact.Clip(s.Product))
		}
		seen[s.Product] = true
		sum += s.PPM
	}
	if rule == ByContract && sum > forecast.PPM {
		return fmt.Errorf("agreed shares sum to %d ppm, more than one whole", sum)
	}
	return nil
}

// Cut is each product's part of a line under a key, ppm: agreed shares as they are; by priority each up to its cap in the order named, until the line is
// full. The parts sum to at most one whole.
func Cut(rule AllocationRule, shares []ProductShare) map[string]int64 {
	out, left := map[string]int64{}, int64(forecast.PPM)
	for _, s := range shares {
		part := s.PPM
		if rule == ByPriority {
			part = min(part, left)
		}
		out[s.Product] = part
		left -= part
	}
	return out
}
