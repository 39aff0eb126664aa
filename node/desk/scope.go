package desk

import (
	"context"
	"slices"
	"strings"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/block"
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
