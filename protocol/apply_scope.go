package protocol

import (
	"slices"
	"strings"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/partnership"
	"kontor/protocol/request"
	"kontor/protocol/state"
)

// ScopeSet says what its author lets leave of a kind from there on, inside what the invitation granted its role. It binds its author alone: its
// artifacts beyond it are refused on both nodes.
type ScopeSet struct {
	Kind     string          `cbor:"kind" json:"kind"`
	Closed   bool            `cbor:"closed,omitempty" json:"closed,omitempty"`     // nothing of the kind leaves
	Products []string        `cbor:"products,omitempty" json:"products,omitempty"` // empty: all that the invitation granted
	Regions  []string        `cbor:"regions,omitempty" json:"regions,omitempty"`   // empty: all that the invitation granted
	Purpose  []string        `cbor:"purpose,omitempty" json:"purpose,omitempty"`   // what it may be used for; empty: what the invitation says
	Roles    []string        `cbor:"roles,omitempty" json:"roles,omitempty"`       // of the partner's people, who may see it; empty: all
	Fields   []string        `cbor:"fields,omitempty" json:"fields,omitempty"`     // parts that leave; empty: all
	Grain    []artifact.Step `cbor:"grain,omitempty" json:"grain,omitempty"`       // no finer by horizon (practice T3); empty: as it is
}

// ScopeRow is the scope an author has set, and where.
type ScopeRow struct {
	ScopeSet
	Author block.CID `cbor:"author" json:"author"`
	Entry  block.CID `cbor:"entry" json:"entry"`
	T      int64     `cbor:"t" json:"t"` // ms UTC
}

// MaxScopeFields bounds the field list of a scope: no document has more parts to keep at home.
const MaxScopeFields = 32

const scopePrefix = "scope/"

func scopeKey(author block.CID, kind string) string {
	return scopePrefix + author.String() + "/" + kind
}

func applyScope(f *fold) ([]string, error) {
	var s ScopeSet
	if block.Unmarshal(f.body, &s) != nil {
		return []string{codeBody}, nil
	}
	granted, ok := grantedScope(f.genesis, f.author.Role, s.Kind)
	if !ok {
		return []string{codeScopeKind}, nil
	}
	malformed := artifact.CheckLadder(s.Grain) != "" || len(s.Fields) > MaxScopeFields
	for _, list := range [][]string{s.Products, s.Regions, s.Purpose, s.Roles, s.Fields} {
		malformed = malformed || len(list) > artifact.MaxScopeEntries || slices.ContainsFunc(list, func(v string) bool { return !artifact.IsName(v) || v == artifact.All })
	}
	if malformed {
		return []string{codeScopeForm}, nil
	}
	if slices.ContainsFunc(s.Products, func(id string) bool { return !granted.HasProduct(id) }) || slices.ContainsFunc(s.Regions, func(region string) bool { return !granted.HasRegion(region) }) {
		return []string{codeScopeWide}, nil
	}
	return nil, put(f.rows, scopeKey(f.author.Company, s.Kind), ScopeRow{ScopeSet: s, Author: f.author.Company, Entry: f.entry.CID, T: f.entry.Header.T})
}

// Leaving is what an author may share of a kind at a time: one scope that always stands, and those of officers' grants that stand then.
type Leaving struct {
	Scope  artifact.Scope
	Set    *ScopeRow // nil: as the invitation granted it
	Grants []request.Grant
}

// Scopes are the standing scope and those of the grants. What leaves lies wholly inside one of them.
func (l Leaving) Scopes() []artifact.Scope {
	out := []artifact.Scope{l.Scope}
	for _, g := range l.Grants {
		out = append(out, g.Scope())
	}
	return out
}

// limits are all that the scopes of an author say, days among them, as a key of what was judged by them.
func (l Leaving) limits() (out [][]string) {
	for _, s := range l.Scopes() {
		out = append(out, s.Products, s.Regions, []string{s.Days.String()})
	}
	return out
}

// Granted tells whether a grant that stands lifts the grain of a product at a place for some days.
func (l Leaving) Granted(days calendar.Bucket, region string, ids ...string) bool {
	return slices.ContainsFunc(l.Grants, func(g request.Grant) bool {
		s := g.Scope()
		return s.HasProduct(ids...) && s.HasRegion(region) && s.HasDays(days)
	})
}

// leaving reads what an author may share of a kind at a time; ok is false where nothing is.
func leaving(rows state.Rows, g *partnership.Genesis, author partnership.Member, kind string, at int64) (l Leaving, ok bool, err error) {
	l.Scope, ok = grantedScope(g, author.Role, kind)
	var row ScopeRow
	found, err := get(rows, scopeKey(author.Company, kind), &row)
	if err != nil {
		return l, false, err
	}
	if found {
		l.Set = &row
		ok = ok && !row.Closed
		if len(row.Products) > 0 {
			l.Scope.Products = row.Products
		}
		if len(row.Regions) > 0 {
			l.Scope.Regions = row.Regions
		}
		if len(row.Roles) > 0 {
			l.Scope.Roles = row.Roles
		}
		l.Scope.Purpose = row.Purpose
	}
	err = scanRows(rows, grantPrefix+author.Company.String()+"/", func(_ string, g request.Grant) error {
		if g.Stands(kind, at) {
			l.Grants = append(l.Grants, g)
		}
		return nil
	})
	if len(l.Grants) > 0 && !ok {
		l.Scope, ok = artifact.Scope{Roles: []string{artifact.All}}, true // nothing but what is granted
	}
	return l, ok, err
}

// Leaving is what a member may share of a kind at a time.
func (r *Replica) Leaving(author block.CID, kind string, at int64) (l Leaving, ok bool, err error) {
	m, member := r.Genesis.Member(author)
	if !member {
		return l, false, nil
	}
	return leaving(r.Rows(), &r.Genesis, m, kind, at)
}

// ScopeRows lists the scopes that members have set.
func (r *Replica) ScopeRows() (out []ScopeRow, err error) {
	err = scanRows(r.Rows(), scopePrefix, func(_ string, row ScopeRow) error {
		out = append(out, row)
		return nil
	})
	return out, err
}

// outside are the findings about lines that lie in none of several scopes. A line is named by the first index in a finding's path.
func outside(check func(artifact.Scope) []artifact.Finding, scopes []artifact.Scope) []artifact.Finding {
	var kept []artifact.Finding
	for i, s := range scopes {
		found := check(s)
		if i == 0 {
			kept = found
			continue
		}
		if len(found) == 0 || len(kept) == 0 {
			return nil
		}
		if len(found) >= artifact.MaxFindings {
			continue // a full report does not name every line: this scope excuses none
		}
		lines := map[string]bool{}
		for _, x := range found {
			lines[lineOf(x.Path)] = true
		}
		if len(kept) >= artifact.MaxFindings {
			return kept
		}
		kept = slices.DeleteFunc(kept, func(x artifact.Finding) bool { return !lines[lineOf(x.Path)] })
	}
	return kept
}

func lineOf(path string) string {
	if i := strings.IndexByte(path, ']'); i >= 0 {
		return path[:i]
	}
	return path
}

// fitsHeader tells whether a header's purpose and roles are among those of the scope its author has set.
func (l Leaving) fitsHeader(h artifact.Header) bool {
	if l.Set == nil {
		return true
	}
	within := func(given, allowed []string) bool {
		return len(allowed) == 0 || len(given) > 0 && !slices.ContainsFunc(given, func(s string) bool { return !slices.Contains(allowed, s) })
	}
	return within(h.Scope.Purpose, l.Set.Purpose) && within(h.Scope.Roles, l.Set.Roles)
}
