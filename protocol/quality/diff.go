package quality

import (
	"bytes"
	"math/big"
	"slices"
	"sort"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// Change is one difference between two revisions of a report.
type Change struct {
	Row      string `json:"row"`   // key of the measure, complaint, case, block or audit
	Field    string `json:"field"` // "added", "removed", "status", "counts", "changed"
	Old      string `json:"old,omitempty"`
	New      string `json:"new,omitempty"`
	Material bool   `json:"material"` // by practice T1
}

// tolerancePPM is the move of a count that is not yet material (practice T1: five percent, and one unit).
const tolerancePPM = 50_000

// Diff lists what differs between two reports that passed Check, by row. Material are blocks that came, ended or hold
// another quantity, complaints raised or closed, counts that moved beyond the tolerance, and the service rule; work on
// a case, charts and audits inform.
func Diff(old, revised Document) []Change {
	var out []Change
	before, after := map[string]row{}, map[string]row{}
	var keys []string
	for _, r := range old.rows() {
		before[r.Key()] = r
		keys = append(keys, r.Key())
	}
	for _, r := range revised.rows() {
		if _, both := before[r.Key()]; !both {
			keys = append(keys, r.Key())
		}
		after[r.Key()] = r
	}
	sort.Strings(keys)
	for _, k := range keys {
		o, had := before[k]
		n, has := after[k]
		switch {
		case !had:
			out = append(out, Change{Row: k, Field: "added", Material: n.Case == nil && n.Audit == nil})
		case !has:
			out = append(out, Change{Row: k, Field: "removed", Material: o.Case == nil && o.Audit == nil})
		case same(o, n):
		case o.Block != nil:
			out = append(out, blockChange(k, *o.Block, *n.Block))
		case o.Measure != nil:
			out = append(out, measureChange(k, *o.Measure, *n.Measure))
		case o.Complaint != nil && o.Complaint.Status != n.Complaint.Status:
			out = append(out, Change{Row: k, Field: "status", Old: string(o.Complaint.Status), New: string(n.Complaint.Status), Material: n.Complaint.Status == ComplaintClosed})
		default:
			out = append(out, Change{Row: k, Field: "changed", Material: o.Complaint != nil && o.Complaint.Severity != n.Complaint.Severity})
		}
	}
	if !same(old.Service, revised.Service) {
		out = append(out, Change{Field: "service", Material: true})
	}
	return out
}

// Material reports whether any change of a revision is.
func Material(changes []Change) bool {
	for _, c := range changes {
		if c.Material {
			return true
		}
	}
	return false
}

// same compares by canonical bytes.
func same(a, b any) bool {
	x, err := block.Marshal(a)
	if err != nil {
		return false
	}
	y, err := block.Marshal(b)
	return err == nil && bytes.Equal(x, y)
}

func blockChange(key string, o, n Block) Change {
	switch {
	case o.Status != n.Status:
		return Change{Row: key, Field: "status", Old: string(o.Status), New: string(n.Status), Material: true}
	case o.Quantity != n.Quantity || o.Unit != n.Unit:
		return Change{Row: key, Field: "quantity", Old: o.Quantity.String(), New: n.Quantity.String(), Material: true}
	}
	return Change{Row: key, Field: "changed", Old: string(o.Severity), New: string(n.Severity), Material: o.Critical() != n.Critical() || o.Likely() != n.Likely()}
}

func measureChange(key string, o, n Measure) Change {
	c := Change{Row: key, Field: "counts", Old: o.Confirmed.String(), New: n.Confirmed.String()}
	c.Material = o.Unit != n.Unit || o.Denominator != n.Denominator || o.Counting != n.Counting || !same(o.Chart, n.Chart)
	for _, pair := range [][2]quantity.Quantity{{o.Confirmed, n.Confirmed}, {o.Defectives, n.Defectives}, {baseOf(o), baseOf(n)}} {
		c.Material = c.Material || moved(pair[0], pair[1])
	}
	return c
}

func baseOf(m Measure) quantity.Quantity {
	if b := m.Base(); b != nil {
		return *b
	}
	return quantity.Quantity{}
}

// moved is practice T1 for a count: more than one unit and more than five percent.
func moved(base, now quantity.Quantity) bool {
	delta, err := now.Sub(base)
	if err != nil {
		return true
	}
	if delta.Abs().Cmp(quantity.Of(1)) <= 0 {
		return false
	}
	e := min(base.Exponent(), delta.Exponent())
	d, _ := delta.Abs().At(e)
	b, _ := base.Abs().At(e)
	return d.Mul(d, big.NewInt(PPMWhole)).Cmp(b.Mul(b, big.NewInt(tolerancePPM))) > 0
}

// About is the part of a report that speaks of any of the products: what a revision may be material to.
func About(d Document, products []string) Document {
	named := func(i forecast.Item) bool {
		return slices.Contains(products, artifact.All) || slices.ContainsFunc([]string{i.BuyersID, i.SellersID, i.GTIN}, func(id string) bool { return id != "" && slices.Contains(products, id) })
	}
	part := Document{Header: d.Header, Salt: d.Salt, Service: d.Service}
	for _, m := range d.Measures {
		if named(m.Item) {
			part.Measures = append(part.Measures, m)
		}
	}
	for _, c := range d.Complaints {
		if named(c.Item) {
			part.Complaints = append(part.Complaints, c)
		}
	}
	for _, b := range d.Blocks {
		if named(b.Item) {
			part.Blocks = append(part.Blocks, b)
		}
	}
	return part
}
