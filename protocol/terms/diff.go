package terms

import (
	"bytes"
	"slices"
	"sort"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
)

// Change is one clause in which two revisions differ.
type Change struct {
	Clause   string `json:"clause"` // key of the row, or the name of a part of the frame
	How      string `json:"how"`    // "added", "removed", "changed"
	Material bool   `json:"material"`
}

// Diff lists the clauses that differ between two revisions that passed Check, the frame first, then by key. Every clause
// is material, for each is signed; a title, and index values added behind those that stand, inform.
func Diff(old, revised Document) []Change {
	var out []Change
	o, n := old.Frame, revised.Frame
	for _, part := range []struct {
		name     string
		a, b     any
		material bool
	}{
		{"contractReference", o.Contract, n.Contract, true}, {"title", o.Title, n.Title, false}, {"effectivePeriod", o.Period, n.Period, true},
		{"notice", o.NoticeDays, n.NoticeDays, true}, {"governingLaw", []string{o.Law, o.Jurisdiction}, []string{n.Law, n.Jurisdiction}, true},
		{"incoterm", o.Incoterm, n.Incoterm, true}, {"payment", o.PaymentDays, n.PaymentDays, true}, {"currency", o.Currency, n.Currency, true}, {"rounding", o.Rounding, n.Rounding, true},
		{"calendar", o.Calendar, n.Calendar, true}, {"tolerance", o.Tolerance, n.Tolerance, true}, {"loop", o.Loop, n.Loop, true}, {"dataTerms", o.Data, n.Data, true},
		{"disputePath", o.Disputes, n.Disputes, true}, {"arbitration", o.Arbitration, n.Arbitration, true}, {"cadence", o.Cadence, n.Cadence, true},
	} {
		if !same(part.a, part.b) {
			out = append(out, Change{part.name, "changed", part.material})
		}
	}
	before, after := byKey(old), byKey(revised)
	keys := make([]string, 0, len(before)+len(after))
	for k := range before {
		keys = append(keys, k)
	}
	for k := range after {
		if _, both := before[k]; !both {
			keys = append(keys, k)
		}
	}
	sort.Strings(keys)
	for _, k := range keys {
		a, had := before[k]
		b, has := after[k]
		switch {
		case !had:
			out = append(out, Change{k, "added", true})
		case !has:
			out = append(out, Change{k, "removed", true})
		case !same(a, b):
			out = append(out, Change{k, "changed", !fixings(a, b)})
		}
	}
	return out
}

// Material reports whether any change is.
func Material(changes []Change) bool {
	for _, c := range changes {
		if c.Material {
			return true
		}
	}
	return false
}

// fixings tells whether two price clauses differ only in index values that the later one adds behind the earlier one's.
func fixings(a, b row) bool {
	if a.Price == nil || b.Price == nil || a.Price.Index == nil || b.Price.Index == nil {
		return false
	}
	p, q, x, y := *a.Price, *b.Price, *a.Price.Index, *b.Price.Index
	if len(y.Values) < len(x.Values) || !same(x.Values, y.Values[:len(x.Values)]) {
		return false
	}
	y.Values = x.Values
	p.Index, q.Index = &x, &y
	return same(p, q)
}

func byKey(d Document) map[string]row {
	m := map[string]row{}
	for _, r := range rows(d) {
		m[r.Key()] = r
	}
	return m
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

// Filter keeps the clauses whose products and regions all lie inside a scope.
func Filter(d Document, granted artifact.Scope) Document {
	kept := d
	kept.Prices, kept.Bands, kept.Authorisations, kept.SLAs, kept.Remedies = nil, nil, nil, nil, nil
	for _, p := range d.Prices {
		if len(CheckScope(Document{Prices: []Price{p}}, granted)) == 0 {
			kept.Prices = append(kept.Prices, p)
		}
	}
	for _, b := range d.Bands {
		if len(CheckScope(Document{Bands: []FlexBand{b}}, granted)) == 0 {
			kept.Bands = append(kept.Bands, b)
		}
	}
	for _, a := range d.Authorisations {
		if len(CheckScope(Document{Authorisations: []Authorisation{a}}, granted)) == 0 {
			kept.Authorisations = append(kept.Authorisations, a)
		}
	}
	promised := map[string]bool{}
	for _, s := range d.SLAs {
		if len(CheckScope(Document{SLAs: []SLA{s}}, granted)) == 0 {
			kept.SLAs = append(kept.SLAs, s)
			promised[s.ID] = true
		}
	}
	for _, m := range d.Remedies {
		if promised[m.SLA] {
			kept.Remedies = append(kept.Remedies, m)
		}
	}
	return kept
}

// Agreed is a document named by an agreement in force.
type Agreed struct {
	Agreement block.CID     `json:"agreement"`
	Root      block.CID     `json:"root"` // of the document
	Author    block.CID     `json:"author"`
	From      calendar.Date `json:"from"`
	Expires   calendar.Date `json:"expires"` // exclusive
	Document  Document      `json:"document"`
}

// InForce are the terms in force on a day, of every contract: of each reference the one whose agreement was final last,
// by reference. The list is in order of finality.
func InForce(agreed []Agreed, on calendar.Date) []Agreed {
	latest := map[string]Agreed{}
	for _, a := range agreed {
		if a.From <= on && on < a.Expires && a.Document.Period.Contains(on) {
			latest[a.Document.Contract] = a
		}
	}
	names := make([]string, 0, len(latest))
	for n := range latest {
		names = append(names, n)
	}
	sort.Strings(names)
	out := []Agreed{}
	for _, n := range names {
		out = append(out, latest[n])
	}
	return out
}

// Overtaken are the agreements whose terms apply on no day any more, from a day on: later ones of the same contract stand in their place to the end of their
// run. Where an agreement names terms of several contracts, all of them must be. The list is in order of finality.
func Overtaken(agreed []Agreed, from calendar.Date) map[block.CID]bool {
	out := map[block.CID]bool{}
	for i, a := range agreed {
		gone := !a.appliesBeside(agreed[i+1:], from)
		if before, seen := out[a.Agreement]; seen {
			gone = gone && before
		}
		out[a.Agreement] = gone
	}
	return out
}

// run is the first day the terms can apply and the first after their last.
func (a Agreed) run() (from, end calendar.Date) {
	return max(a.From, a.Document.Period.Start), min(a.Expires, a.Document.Period.End)
}

// appliesBeside tells whether there is a day left that none of the later terms of the contract holds. If there is one, the first such day is the
// first of the run that is left, or a day on which later ones end.
func (a Agreed) appliesBeside(later []Agreed, from calendar.Date) bool {
	start, end := a.run()
	start = max(start, from)
	days := []calendar.Date{start}
	for _, b := range later {
		_, ends := b.run()
		days = append(days, ends)
	}
	return slices.ContainsFunc(days, func(day calendar.Date) bool {
		return start <= day && day < end && !slices.ContainsFunc(later, func(b Agreed) bool {
			first, ends := b.run()
			return b.Document.Contract == a.Document.Contract && first <= day && day < ends
		})
	})
}
