package artifact

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"

	"kontor/protocol/quantity"
)

// Change is one difference between two revisions of any artifact.
type Change struct {
	Row      string            `json:"row,omitempty"`  // the line, group, event or block it is in; "" for the document as a whole
	Cell     string            `json:"cell,omitempty"` // the bucket in the row, where it is in one
	Field    string            `json:"field"`          // "mean", "actual", "status"; "added", "removed" and, outside a narrowed scope, "no longer shared" for all of a row or cell
	Old      string            `json:"old,omitempty"`
	New      string            `json:"new,omitempty"`
	Delta    quantity.Quantity `json:"delta,omitzero"` // of a figure, new less old
	Material bool              `json:"material"`       // beyond the tolerance of practice T1
}

// Compare lists what differs between two documents of one type apart from their headers, in the order of their fields. It reads their JSON view,
// which every document has: elements of lists are told apart by their bucket, number or item, else by their place. material judges each
// change; nil makes every change material, as the fold does for kinds it has no finer rule for.
func Compare(old, revised any, material func(Change) bool) ([]Change, error) {
	a, err := tree(old)
	if err != nil {
		return nil, err
	}
	b, err := tree(revised)
	if err != nil {
		return nil, err
	}
	delete(a, "header")
	delete(b, "header")
	c := comparison{}
	c.objects(place{}, a, b)
	for i := range c.found {
		c.found[i].Material = material == nil || material(c.found[i])
	}
	return c.found, nil
}

func tree(doc any) (map[string]any, error) {
	data, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("compare documents: %w", err)
	}
	out := map[string]any{}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber() // amounts are exact
	if err := dec.Decode(&out); err != nil {
		return nil, fmt.Errorf("compare documents: %w", err)
	}
	return out, nil
}

// place is where the comparison stands.
type place struct{ row, cell, field string }

func (p place) in(field string) place {
	if p.field != "" {
		field = p.field + "." + field
	}
	p.field = field
	return p
}

// element is an element of a list: the outermost list makes rows, a bucket in a row a cell, anything deeper is part of the field.
func (p place) element(name string, bucket bool) place {
	list := p.field
	switch {
	case p.row == "":
		return place{row: list + "/" + name}
	case bucket && p.cell == "":
		return place{row: p.row, cell: name}
	}
	p.field = list + "[" + name + "]"
	return p
}

type comparison struct {
	found []Change
	deep  bool // what was added is listed value by value, not as one
}

// Cells lists what a document says apart from its header, value by value, under the names that Compare uses.
func Cells(doc any) ([]Change, error) {
	b, err := tree(doc)
	if err != nil {
		return nil, err
	}
	delete(b, "header")
	c := comparison{deep: true}
	c.objects(place{}, map[string]any{}, b)
	return c.found, nil
}

func (c *comparison) note(at place, old, now any) {
	change := Change{Row: at.row, Cell: at.cell, Field: at.field, Old: shown(old), New: shown(now)}
	if at.field == "" {
		change.Field = "changed"
		switch {
		case old == nil:
			change.Field, change.New = "added", ""
		case now == nil:
			change.Field, change.Old = "removed", ""
		}
	}
	if was, err := quantity.Parse(change.Old); err == nil {
		if is, err := quantity.Parse(change.New); err == nil {
			change.Delta, _ = is.Sub(was) // a difference beyond the bounds stays zero; old and new stand beside it
		}
	}
	c.found = append(c.found, change)
}

func shown(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	data, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return Clip(string(data))
}

func (c *comparison) objects(at place, a, b map[string]any) {
	for _, name := range names(a, b) {
		c.values(at.in(name), a[name], b[name])
	}
}

func names(a, b map[string]any) (out []string) {
	for k := range a {
		out = append(out, k)
	}
	for k := range b {
		if _, both := a[k]; !both {
			out = append(out, k)
		}
	}
	sort.Strings(out)
	return out
}

func (c *comparison) values(at place, a, b any) {
	switch x := a.(type) {
	case map[string]any:
		if y, ok := b.(map[string]any); ok {
			c.objects(at, x, y)
			return
		}
	case []any:
		if y, ok := b.([]any); ok || b == nil {
			c.lists(at, x, y)
			return
		}
	case nil:
		if y, ok := b.([]any); ok {
			c.lists(at, nil, y)
			return
		}
		if y, ok := b.(map[string]any); ok && c.deep {
			c.objects(at, map[string]any{}, y)
			return
		}
	}
	if shown(a) != shown(b) || !same(a, b) {
		c.note(at, a, b)
	}
}

func same(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

func (c *comparison) lists(at place, a, b []any) {
	if plainList(a) && plainList(b) {
		if !same(a, b) && len(a)+len(b) > 0 {
			c.note(at, orNil(a), orNil(b))
		}
		return
	}
	before, buckets := named(a)
	after, more := named(b)
	bucket := buckets || more
	for _, name := range names(before, after) {
		x, y := before[name], after[name]
		here := at.element(name, bucket)
		if (x == nil || y == nil) && !c.deep {
			c.note(here, x, y)
			continue
		}
		c.values(here, x, y)
	}
}

func orNil(list []any) any {
	if len(list) == 0 {
		return nil
	}
	return list
}

// plainList tells that a list holds no objects: it is one value.
func plainList(list []any) bool {
	return !slices.ContainsFunc(list, func(v any) bool { _, object := v.(map[string]any); return object })
}

// named gives each element its name; by place where an element has none or two have one. bucket tells that the names are buckets.
func named(list []any) (out map[string]any, bucket bool) {
	out = make(map[string]any, len(list))
	for _, v := range list {
		name, isBucket := identity(v)
		if _, twice := out[name]; name == "" || twice {
			out = make(map[string]any, len(list))
			for i, v := range list {
				out[fmt.Sprintf("%04d", i)] = v
			}
			return out, false
		}
		out[name], bucket = v, isBucket
	}
	return out, bucket
}

// idFields name an element, the first that is there; the fields that follow in a row are added to it.
var idFields = [][]string{
	{"capacityGroupId"}, {"id"}, {"slaId"}, {"line"}, {"key"}, {"item", "location", "forecastType", "demandCategory", "role", "bucket"},
	{"product", "region", "demandCategory"}, {"hash"}, {"p"}, {"company"}, {"issue"}, {"kind", "party", "cell"}, {"name"},
}

func identity(v any) (name string, bucket bool) {
	m, object := v.(map[string]any)
	if !object {
		return "", false
	}
	start, hasStart := m["start"].(string)
	end, hasEnd := m["end"].(string)
	for _, fields := range idFields {
		if m[fields[0]] == nil {
			continue
		}
		var parts []string
		for _, f := range fields {
			if s := idOf(m[f]); s != "" {
				parts = append(parts, s)
			}
		}
		if len(parts) > 0 {
			return strings.Join(parts, "|"), false
		}
	}
	if hasStart && hasEnd {
		return start + "/" + end, true
	}
	return "", false
}

// idOf is the shortest name of a value: itself, the number of an item, the place of a location, the days of a bucket.
func idOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case map[string]any:
		for _, f := range []string{"buyersItemId", "sellersItemId", "gtin", "gln", "unlocode", "region", "start"} {
			if s, ok := v[f].(string); ok && s != "" {
				return s
			}
		}
	}
	return ""
}

// Exceeds reports whether a change moves its figure by more than ppm of the old one; a figure that is not one, or came or went, exceeds.
func (c Change) Exceeds(ppm int64) bool {
	old, err := quantity.Parse(c.Old)
	if err != nil {
		return true
	}
	if _, err := quantity.Parse(c.New); err != nil {
		return true
	}
	share, err := quantity.Scaled(ppm, -6)
	if err != nil {
		return true
	}
	limit, err := old.Abs().Mul(share)
	return err != nil || c.Delta.Abs().Cmp(limit) > 0
}
