package protocol

import (
	"sync"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/forecast"
	"kontor/protocol/partnership"
)

// verdict is what the rules say of an artifact by its bytes alone, and what the fold needs of its head.
type verdict struct {
	codes  []string
	header artifact.Header
	// answers is the forecast an answer or a plan was made for.
	answers *block.CID
	// report is the window of a performance report.
	report reported
}

// maxVerdicts bounds the cache: artifacts of the tail are judged again when it is full, no more.
const maxVerdicts = 1024

type verdictCache struct {
	mu     sync.Mutex
	byRoot map[judged]verdict
}

// judged is all a verdict depends on: one body may travel as another kind, or from another role with other scopes.
type judged struct {
	root       block.CID
	kind, role string
	rules      int64
	scopes     block.CID // undefined: those of the invitation
}

func (c *verdictCache) get(root judged) (verdict, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, known := c.byRoot[root]
	return v, known
}

func (c *verdictCache) put(root judged, v verdict) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byRoot == nil || len(c.byRoot) >= maxVerdicts {
		c.byRoot = map[judged]verdict{}
	}
	c.byRoot[root] = v
}

// judge opens an artifact and applies the rules of its kind and the scopes of its author's role.
func (f *fold) judge(open func(block.Sheet, []artifact.Scope, RuleSet) (verdict, error)) (verdict, error) {
	root := *f.entry.Header.Body
	rules, version, err := f.rules()
	if err != nil {
		return verdict{}, err
	}
	l, ok, err := leaving(f.rows, f.genesis, f.author, f.entry.Header.Kind, f.entry.Header.T)
	if err != nil {
		return verdict{}, err
	}
	if !ok {
		return verdict{codes: []string{codeScopeKind}}, nil
	}
	key := judged{root: root, kind: f.entry.Header.Kind, role: f.author.Role, rules: version}
	if l.Set != nil || len(l.Grants) > 0 {
		data, err := block.Marshal(l.limits())
		if err != nil {
			return verdict{}, err
		}
		key.scopes = block.Sum(data)
	}
	v, known := f.replica.verdicts.get(key)
	if !known {
		sheet, err := f.replica.Sheet(root)
		if err != nil {
			return verdict{codes: []string{codeBody}}, nil
		}
		if v, follows := f.followsInFigures(key, sheet, rules); follows {
			f.replica.verdicts.put(key, v)
			return f.fitting(v, l), nil
		}
		if v, err = open(sheet, l.Scopes(), rules); err != nil {
			v = verdict{codes: []string{codeBody}}
		}
		f.replica.verdicts.put(key, v)
	}
	return f.fitting(v, l), nil
}

// fitting holds a header against what may leave.
func (f *fold) fitting(v verdict, l Leaving) verdict {
	if len(v.codes) == 0 && !l.fitsHeader(v.header) {
		v.codes = []string{codeScopePurpose}
	}
	return v
}

// followsInFigures is the verdict on a forecast that differs from its parent in figures alone, where the parent was judged before by the same rules and within the same scopes.
// It is the one that looking at the whole gives, at the cost of what differs.
func (f *fold) followsInFigures(key judged, sheet block.Sheet, rules RuleSet) (verdict, bool) {
	if key.kind != KindForecast {
		return verdict{}, false
	}
	header, err := forecast.HeaderOf(sheet)
	if err != nil || header.Parent == nil {
		return verdict{}, false
	}
	parent := key
	parent.root = *header.Parent
	if was, known := f.replica.verdicts.get(parent); !known || len(was.codes) > 0 {
		return verdict{}, false
	}
	_, _, follows, err := f.replica.Follows(parent.root, key.root, rules.Artifacts)
	return verdict{header: header}, err == nil && follows
}

// grantedScope is what a role may share of a kind here.
func grantedScope(g *partnership.Genesis, role, kind string) (artifact.Scope, bool) {
	products, regions, ok := g.Granted(role, kind)
	all := func(list []string) []string {
		if list == nil {
			return []string{artifact.All}
		}
		return list
	}
	return artifact.Scope{Roles: []string{artifact.All}, Products: all(products), Regions: all(regions)}, ok
}
