package desk

import (
	"cmp"
	"fmt"
	"slices"

	"kontor/node/planner"
	"kontor/protocol/artifact"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
	"kontor/protocol/release"
	"kontor/protocol/tier"
)

// derivation is everything an emission's figures are made from. It is a value: the same one always gives the same emission.
type derivation struct {
	Customers  []customerDemand
	Bill       planner.Bill
	Stock      []stockRow // of products and of components
	Lead       map[string]int
	LeadElse   int
	Components []string          // that the supplier makes; empty: all
	Step       quantity.Quantity // figures are rounded to it; 0: exact
	Scope      artifact.Scope    // what may be shared with the supplier at all
	Use        release.Use
	Grants     []release.Grant
	// Ledger finds what left before of a group of cells; nil: nothing did.
	Ledger func(group string) (*release.Ledger, error)
	Before []forecast.Line // what the supplier was told last
}

// customerDemand is what one customer asks for, ready to pass.
type customerDemand struct {
	Name  string // for the officer's eyes; never leaves
	Lines []forecast.Line
}

// derived is what would leave, and what would not.
type derived struct {
	Lines       []forecast.Line            // two for each component: end-demand equivalent and planned receipts
	All         []forecast.Line            // also those held back
	Held        []string                   // components that need a grant, ascending
	Kept        []string                   // components that stay at the figures told last, because new ones would show a customer's change; ascending
	Ledgers     map[string]*release.Ledger // as they are once the lines have left, by group
	Granted     []string                   // components that leave by a grant only, ascending
	Findings    []artifact.Finding         // the rules that cells do not meet by themselves
	Inferable   []release.Inferable        // what the supplier could work out
	WithoutBill []string                   // products that go nowhere, ascending
	Customers   int                        // behind the figures
}

// run explodes the bill of materials and judges every cell.
func (in derivation) run() (out derived, err error) {
	end, receipts, err := in.explode()
	if err != nil {
		return out, err
	}
	out.WithoutBill = end.WithoutBill
	cells, err := in.cells(end)
	if err != nil {
		return out, err
	}
	gate, err := in.gate(end)
	if err != nil {
		return out, err
	}
	products, behind := map[string][]string{}, map[string]bool{}
	var kept []release.Cell
	var made []planner.ComponentDemand
	verdicts := map[string]release.Verdict{}
	for _, c := range end.Components {
		if !in.makes(c.Component) {
			continue
		}
		made = append(made, c)
		products[c.Component] = c.Products
		kept = append(kept, cells[c.Component]...)
		verdict := release.Passes
		for _, cell := range cells[c.Component] {
			v, findings := release.Judge(cell, in.Use, in.Grants)
			if len(out.Findings) < artifact.MaxFindings {
				out.Findings = append(out.Findings, findings...)
			}
			if v == release.NeedsAction || verdict == release.Passes {
				verdict = v
			}
		}
		verdicts[c.Component] = verdict
	}
	// What leaves by a grant comes last: it may show few, and what passes by itself is then judged before it.
	slices.SortStableFunc(made, func(a, b planner.ComponentDemand) int {
		return cmp.Compare(last(verdicts[a.Component]), last(verdicts[b.Component]))
	})
	for _, c := range made {
		verdict := verdicts[c.Component]
		lines, err := in.lines(c, receipts)
		if err != nil {
			return out, err
		}
		out.All = append(out.All, lines...)
		switch verdict {
		case release.NeedsAction:
			out.Held = append(out.Held, c.Component)
			continue
		case release.ByGrant:
			out.Granted = append(out.Granted, c.Component)
		}
		findings, err := gate.pass(c.Component, verdict == release.ByGrant)
		if err != nil {
			return out, err
		}
		if len(findings) > 0 {
			out.Findings = append(out.Findings, findings[:min(len(findings), artifact.MaxFindings-len(out.Findings))]...)
			if lines = in.before(c.Component); len(lines) == 0 {
				out.Held = append(out.Held, c.Component)
				continue
			}
			out.Kept = append(out.Kept, c.Component)
		}
		out.Lines = append(out.Lines, lines...)
		for _, cell := range cells[c.Component] {
			for _, p := range cell.Parts {
				behind[p.Contributor] = true
			}
		}
	}
	slices.Sort(out.Held)
	slices.Sort(out.Kept)
	slices.Sort(out.Granted)
	out.Customers = len(behind)
	out.Ledgers = gate.changed
	planner.SortLines(out.Lines)
	planner.SortLines(out.All)
	out.Inferable = release.Infer(kept, products)
	return out, nil
}

func last(v release.Verdict) int {
	if v == release.ByGrant {
		return 1
	}
	return 0
}

// makes tells whether a component is this supplier's business. Its lines name no region, so only a scope of all regions holds them.
func (in derivation) makes(component string) bool {
	return (len(in.Components) == 0 || slices.Contains(in.Components, component)) && in.Scope.HasProduct(component) && in.Scope.HasRegion("")
}

// explode makes the two numbers of practice T9: the end demand of what customers' markets need, the receipts of what customers mean to
// receive. A customer that is no tier itself has one number for both.
func (in derivation) explode() (end, receipts planner.Explosion, err error) {
	var needs, orders []forecast.Line
	for _, c := range in.Customers {
		needs = append(needs, linesOf(c.Lines, forecast.EndDemand)...)
		orders = append(orders, linesOf(c.Lines, forecast.PlannedReceipts)...)
	}
	if len(needs) == 0 && len(orders) == 0 {
		return end, receipts, nil
	}
	o := planner.ExplodeOptions{Products: map[planner.Key]planner.Supply{}, Components: map[string]planner.Supply{}, Lead: in.Lead, DefaultLead: in.LeadElse}
	everywhere, err := in.supply(&o)
	if err != nil {
		return end, receipts, err
	}
	if needs, err = pool(needs, everywhere); err != nil {
		return end, receipts, err
	}
	if orders, err = pool(orders, everywhere); err != nil {
		return end, receipts, err
	}
	if len(needs) > 0 {
		if end, err = planner.Explode(needs, in.Bill, o); err != nil {
			return end, receipts, err
		}
	}
	if len(orders) > 0 {
		receipts, err = planner.Explode(orders, in.Bill, o)
	}
	return end, receipts, err
}

// linesOf are the lines that speak of one of the two numbers.
func linesOf(lines []forecast.Line, role forecast.TierRole) (out []forecast.Line) {
	for _, l := range lines {
		if l.Role == "" || l.Role == role {
			out = append(out, l)
		}
	}
	return out
}

// supply arranges the stock: of components as it is, of products by place, or over all places where a row names none.
func (in derivation) supply(o *planner.ExplodeOptions) (everywhere map[string]bool, err error) {
	everywhere = map[string]bool{}
	component := map[string]bool{}
	for _, name := range in.Bill.Components() {
		component[name] = true
	}
	for _, s := range in.Stock {
		if s.Region == "" {
			everywhere[s.Product] = true
		}
	}
	add := func(to planner.Supply, s stockRow) planner.Supply {
		for _, part := range []struct {
			to *quantity.Quantity
			q  quantity.Quantity
		}{{&to.OnHand, s.OnHand}, {&to.InTransit, s.InTransit}, {&to.Backlog, s.Backlog}} {
			if err == nil {
				*part.to, err = part.to.Add(part.q)
			}
		}
		return to
	}
	for _, s := range in.Stock {
		if component[s.Product] {
			o.Components[s.Product] = add(o.Components[s.Product], s)
			continue
		}
		k := planner.Key{Product: s.Product, Region: s.Region}
		if everywhere[s.Product] {
			k.Region = ""
		}
		o.Products[k] = add(o.Products[k], s)
	}
	return everywhere, err
}

// cells are the figures of each component with what every customer adds to them: its own end demand, before stock and lead time. The
// planned receipts speak of the same customers.
func (in derivation) cells(end planner.Explosion) (map[string][]release.Cell, error) {
	out := map[string][]release.Cell{}
	at := map[string]int{}
	for _, c := range end.Components {
		for _, cell := range c.EndDemand {
			path := c.Component + ", " + cell.Bucket.String()
			at[path] = len(out[c.Component])
			out[c.Component] = append(out[c.Component], release.Cell{Path: path, Item: c.Component})
		}
	}
	for _, customer := range in.Customers {
		lines := linesOf(customer.Lines, forecast.EndDemand)
		if len(lines) == 0 {
			continue
		}
		lines, err := pool(lines, nil)
		if err != nil {
			return nil, err
		}
		own, err := planner.Explode(lines, in.Bill, planner.ExplodeOptions{})
		if err != nil {
			return nil, err
		}
		for _, c := range own.Components {
			for _, cell := range c.EndDemand {
				i, known := at[c.Component+", "+cell.Bucket.String()]
				if !known {
					panic("invariant: what one customer needs is part of what all need")
				}
				out[c.Component][i].Parts = append(out[c.Component][i].Parts, release.Part{Contributor: customer.Name, Amount: cell.Mean})
			}
		}
	}
	return out, nil
}

// lines are the two lines of a component, rounded to what may stand in a shared forecast.
func (in derivation) lines(c planner.ComponentDemand, receipts planner.Explosion) ([]forecast.Line, error) {
	c.Receipts = nil
	for _, r := range receipts.Components {
		if r.Component == c.Component {
			c.Receipts = r.Receipts
		}
	}
	lines := c.Lines()
	if len(c.Receipts) == 0 {
		lines = lines[:1]
	}
	for i := range lines {
		lines[i].Buckets = slices.Clone(lines[i].Buckets)
		for j, cell := range lines[i].Buckets {
			var err error
			round := func(q quantity.Quantity) quantity.Quantity {
				if err == nil {
					q, err = release.Round(q, in.Step)
				}
				if err == nil {
					q, err = q.Round(forecast.MaxDecimals)
				}
				return q
			}
			levels := func(qs []forecast.Quantile) []forecast.Quantile {
				out := make([]forecast.Quantile, len(qs))
				for k, q := range qs {
					out[k] = forecast.Quantile{P: q.P, Q: round(q.Q)}
				}
				return out
			}
			cell.Mean, cell.Quantiles, cell.Cumulative = round(cell.Mean), levels(cell.Quantiles), levels(cell.Cumulative)
			if err != nil {
				return nil, fmt.Errorf("round the need for %q: %w", c.Component, err)
			}
			lines[i].Buckets[j] = cell
		}
	}
	return lines, nil
}

// tierCells are the figures that the dead band compares: every mean and every level of every cell.
func tierCells(lines []forecast.Line) tier.Cells {
	out := tier.Cells{}
	for _, l := range lines {
		for _, c := range l.Buckets {
			key := string(l.Unit) + "|" + l.Key() + "|" + c.Bucket.String() + "|"
			out[key+"mean"] = c.Mean
			for _, q := range c.Quantiles {
				out[fmt.Sprintf("%sq%d", key, q.P)] = q.Q
			}
			for _, q := range c.Cumulative {
				out[fmt.Sprintf("%sc%d", key, q.P)] = q.Q
			}
		}
	}
	return out
}

// ExplosionMethod is the method name of demand passed on.
const ExplosionMethod = "kontor explosion"

// emissionDocument is the forecast the supplier gets. header holds series, revision and scope; commitment is a salted hash of the inputs,
// and nothing else of the tier behind is in the document but its figures and how many customers there are.
func emissionDocument(header artifact.Header, out derived, e tier.Emission, commitment []byte) forecast.Document {
	header.Provenance = artifact.Provenance{SourceSystem: "kontor tier", ExtractedAt: header.Issued, Activity: "EXPLODE", Commitments: [][]byte{commitment}}
	doc := forecast.Document{Header: header, Purpose: forecast.OrderForecast, Contributors: int64(out.Customers), Lines: out.Lines,
		Method: forecast.Method{Name: ExplosionMethod, Version: "1", Bands: forecast.BandsNone}, Emission: &forecast.Emission{Hops: e.Hops}}
	for _, id := range e.Events {
		doc.Emission.Events = append(doc.Emission.Events, slices.Clone(id[:]))
	}
	for _, l := range out.Lines {
		for _, c := range l.Buckets {
			if len(c.Quantiles)+len(c.Cumulative) > 0 {
				doc.Method.Bands = forecast.BandsModel
			}
		}
	}
	return doc
}
