package release

import (
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
)

// GrantSignature labels an officer's signature over a Grant.
const GrantSignature = "release-grant"

// Bounds of a grant.
const (
	MaxKinds      = 16
	MaxItems      = 1024
	MaxStatements = 1024
	// MaxGrantDays bounds how long a grant stands: a permission that nobody renews ends within a business year and its close.
	MaxGrantDays = 400
)

const millisPerDay = 24 * 60 * 60 * 1000

// Grant is an officer's standing permission that cells about third parties leave to one partner. It is signed with the officer's role key,
// stays with the company that gave it, and can be taken back at any time.
type Grant struct {
	V         int64     `cbor:"v" json:"v"`                 // 1
	Company   block.CID `cbor:"company" json:"company"`     // that grants
	Partner   block.CID `cbor:"partner" json:"partner"`     // PartnershipID of those who may receive
	Purpose   string    `cbor:"purpose" json:"purpose"`     // what for, in words
	Kinds     []string  `cbor:"kinds" json:"kinds"`         // of entries: "forecast"
	Items     []string  `cbor:"items" json:"items"`         // of the partner's items; empty: all
	From      int64     `cbor:"from" json:"from"`           // ms UTC
	Until     int64     `cbor:"until" json:"until"`         // ms UTC
	Inferable []string  `cbor:"inferable" json:"inferable"` // what the officer was told the receiver could work out
}

// Use is what a grant is asked for.
type Use struct {
	Partner block.CID
	Kind    string
	Item    string // filled in by Judge
	At      int64  // ms UTC
}

// Check tells why a grant can't stand.
func (g Grant) Check() []artifact.Finding {
	var r artifact.Report
	if g.V != 1 {
		r.Add(CodeGrant, "v", "version %d is unknown; this program reads version 1", g.V)
	}
	if !g.Company.Defined() || !g.Partner.Defined() {
		r.Add(CodeGrant, "partner", "the company that grants or the partnership is missing")
	}
	if g.Purpose == "" || !artifact.IsSentence(g.Purpose) {
		r.Add(CodeGrant, "purpose", "a grant says in one sentence what it is for; %q doesn't", artifact.Clip(g.Purpose))
	}
	if len(g.Kinds) == 0 || len(g.Kinds) > MaxKinds || slices.Contains(g.Kinds, "") {
		r.Add(CodeGrant, "kinds", "%d kinds: want 1 to %d, such as forecast", len(g.Kinds), MaxKinds)
	}
	if len(g.Items) > MaxItems {
		r.Add(CodeGrant, "items", "%d items are more than %d", len(g.Items), MaxItems)
	}
	if len(g.Inferable) > MaxStatements {
		r.Add(CodeGrant, "inferable", "%d statements are more than %d", len(g.Inferable), MaxStatements)
	}
	if g.Until <= g.From || g.From < 0 || g.Until-g.From > MaxGrantDays*millisPerDay {
		r.Add(CodeGrant, "until", "a grant ends after it begins and within %d days", MaxGrantDays)
	}
	return r.Findings()
}

// Covers tells why a grant does not serve a use; nothing when it does.
func (g Grant) Covers(u Use) []artifact.Finding {
	findings := g.Check()
	if len(findings) > 0 {
		return findings
	}
	var r artifact.Report
	if u.At < g.From || u.At >= g.Until {
		r.Add(CodeGrantTime, "until", "the grant stands from %d until %d, the release is at %d: an officer has to renew it", g.From, g.Until, u.At)
	}
	if g.Partner != u.Partner {
		r.Add(CodeGrantFor, "partner", "the grant is for another partnership")
	}
	if !slices.Contains(g.Kinds, u.Kind) {
		r.Add(CodeGrantFor, "kinds", "the grant is not for entries of kind %q", artifact.Clip(u.Kind))
	}
	if len(g.Items) > 0 && !slices.Contains(g.Items, u.Item) {
		r.Add(CodeGrantFor, "items", "the grant does not name %q", artifact.Clip(u.Item))
	}
	return r.Findings()
}
