package desk

import (
	"fmt"
	"slices"
	"strings"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
	"math/big"
)

// planDraft is a capacity plan ready to be shared.
type planDraft struct {
	plan  capacity.Plan
	sheet block.Sheet
	notes []string
	// inferable is what the buyer could work out about others.
	inferable []string
	refusals  []artifact.Finding // personal data that may not leave
	grain     []artifact.Step    // of the scope
	outside   []string           // what stays at home because it lies outside the scope
}

// buildPlan makes the capacity plan a buyer would get: the lines that make what it forecasts, and the stock of those products.
func (d *Desk) buildPlan(p *node.Partnership) (out planDraft, err error) {
	leaving, err := d.leaving(p, protocol.KindCapacity)
	if err != nil {
		return out, err
	}
	lines, err := d.capacityLines()
	if err != nil {
		return out, err
	}
	if len(lines) == 0 {
		return out, node.Failf("NO_CAPACITY", "there is no capacity to share yet; run: kontor capacity import FILE")
	}
	stock, err := d.stock()
	if err != nil {
		return out, err
	}
	s, err := d.series(p.PID, capacity.PlanType, "own")
	if err != nil {
		return out, err
	}
	gate, err := d.capacityGate(p)
	if err != nil {
		return out, err
	}
	now := d.node.Now()
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		h, _, err := d.next(r, capacity.PlanType, s, now)
		if err != nil {
			return err
		}
		h.Scope = leaving.Scope
		h.Provenance = artifact.Provenance{SourceSystem: "file import", ExtractedAt: now, Activity: "IMPORT"}
		out.plan = capacity.Plan{Header: h}
		fc, root, found, err := d.partnerForecast(r)
		if err != nil {
			return err
		}
		if !found {
			return node.Failf("NO_FORECAST", "%s has shared no forecast yet: a capacity plan answers one", d.PartnerName(p))
		}
		out.plan.Forecast = &root
		links, err := r.ProductLinks()
		if err != nil {
			return err
		}
		asked := map[string]bool{}
		for _, l := range fc.Lines {
			asked[l.Item.ID()] = true
		}
		theirLines, theirStock, converted, err := inBuyersNumbers(lines, stock, links, func(id string) bool { return asked[id] }, calendar.DateOf(now))
		if err != nil {
			return err
		}
		out.notes = append(out.notes, converted...)
		if err := d.fillPlan(&out, fc, theirLines, theirStock, gate); err != nil {
			return err
		}
		if err := d.addSlots(p.PID, &out); err != nil {
			return err
		}
		var notes []string
		if leaving.Set != nil {
			out.grain = leaving.Set.Grain
		}
		if out.outside, notes, err = reducePlan(&out.plan, leaving); err != nil {
			return err
		}
		out.notes = append(out.notes, notes...)
		return nil
	})
	if err != nil {
		return out, err
	}
	texts := d.texts(p)
	// A line's name is what it is known by: masked it would be another line, so it is refused.
	for i, g := range out.plan.Groups {
		texts.refuse(fmt.Sprintf("capacityGroups[%d].id", i), g.ID)
	}
	out.refusals = texts.refusals
	out.sheet, err = capacity.PlanToSheet(out.plan, s.Key)
	return out, err
}

// partnerForecast is the forecast in force of the other side. Of several series, the one revised last.
func (d *Desk) partnerForecast(r *protocol.Replica) (doc forecast.Document, root block.CID, found bool, err error) {
	rows, err := d.theirForecasts(r)
	if err != nil {
		return doc, root, false, err
	}
	newest := int64(-1)
	for _, row := range rows {
		if row.T > newest {
			root, newest, found = row.Root, row.T, true
		}
	}
	if !found {
		return doc, root, false, nil
	}
	doc, err = r.Forecast(root)
	return doc, root, true, err
}

// fillPlan keeps what concerns the forecast's products: their lines, agreed shares of those, and stock.
func (d *Desk) fillPlan(out *planDraft, fc forecast.Document, lines []capacityRow, stock []stockRow, gate *capacityGate) error {
	units := unitsOf(fc)
	weights, basis, err := d.shareWeights()
	if err != nil {
		return err
	}
	keys, err := d.allocations()
	if err != nil {
		return err
	}
	for _, line := range lines {
		g := line.making(units)
		if len(g.Links) == 0 {
			continue // makes nothing this buyer asked for: not its business
		}
		key := keys[line.Line]
		cut := weights
		if key.Rule == "" || key.Rule == capacity.ByReceipts {
			cut = gate.weights(line, units, weights)
		}
		key.divide(&g, line, cut, basis)
		out.notes = append(out.notes, key.note(g))
		out.plan.Groups = append(out.plan.Groups, line.group(g))
	}
	out.plan.Groups = append(out.plan.Groups, around(lines, out.plan.Groups)...)
	if out.plan.Positions, err = positionsOf(stock, units); err != nil {
		return err
	}
	for i, pos := range out.plan.Positions {
		if !pos.Backlog.IsZero() && !gate.backlog(pos.Product) {
			out.plan.Positions[i].Backlog = quantity.Quantity{}
		}
	}
	out.notes, out.inferable = append(out.notes, gate.notes...), gate.inferable
	return nil
}

// unitsOf are the units of a forecast's products.
func unitsOf(fc forecast.Document) map[string]quantity.Unit {
	units := map[string]quantity.Unit{}
	for _, l := range fc.Lines {
		units[l.Item.ID()] = l.Unit
	}
	return units
}

// positionsOf adds up the stock of some products over its places, by product.
func positionsOf(stock []stockRow, units map[string]quantity.Unit) (out []capacity.Position, err error) {
	at := map[string]int{}
	for _, s := range stock {
		unit := units[s.Product]
		if unit == "" {
			continue
		}
		i, known := at[s.Product]
		if !known {
			i = len(out)
			at[s.Product] = i
			out = append(out, capacity.Position{Product: s.Product, Unit: unit, AsOf: s.AsOf, Stock: &quantity.Quantity{}})
		}
		pos := &out[i]
		pos.AsOf = min(pos.AsOf, s.AsOf) // of several places, the one counted first
		total, err := pos.Stock.Add(s.OnHand)
		if err != nil {
			return nil, err
		}
		pos.Stock = &total
		if pos.InTransit, err = pos.InTransit.Add(s.InTransit); err != nil {
			return nil, err
		}
		if pos.Backlog, err = pos.Backlog.Add(s.Backlog); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(out, func(a, b capacity.Position) int { return strings.Compare(a.Product, b.Product) })
	return out, nil
}

// making is a line as a group that makes some of the products, with no period yet.
func (line capacityRow) making(units map[string]quantity.Unit) capacity.Group {
	g := capacity.Group{ID: line.Line, Name: line.Line, Unit: line.Unit}
	for _, link := range line.Links {
		if units[link.Product] != "" {
			g.Links = append(g.Links, capacity.Link{Product: link.Product, Factor: link.Factor})
		}
	}
	return g
}

// group completes a group with what a line has whatever it makes.
func (line capacityRow) group(g capacity.Group) capacity.Group {
	g.Volatility, g.Shutdowns = line.Volatility, line.Shutdowns
	for _, c := range line.Periods {
		g.Capacities = append(g.Capacities, capacity.Capacity{Bucket: c.Bucket, Actual: c.Actual, Maximum: c.Maximum})
	}
	return g
}

// around are the lines that hold one of the groups, or a line that does, each with what of it the buyer sees.
func around(lines []capacityRow, groups []capacity.Group) (out []capacity.Group) {
	shown := map[string]bool{}
	for _, g := range groups {
		shown[g.ID] = true
	}
	for range capacity.MaxNesting {
		before := len(out)
		for _, line := range lines {
			var inside []string
			for _, name := range line.Nested {
				if shown[name] {
					inside = append(inside, name)
				}
			}
			if len(inside) > 0 && !shown[line.Line] {
				shown[line.Line] = true
				out = append(out, line.group(capacity.Group{ID: line.Line, Name: line.Line, Unit: line.Unit, Links: []capacity.Link{}, Nested: inside}))
			}
		}
		if len(out) == before {
			break
		}
	}
	return out
}

// shareWeights are what each product weighs when a line is divided: its trailing shipments in the private history, else one each.
func (d *Desk) shareWeights() (map[string]quantity.Quantity, string, error) {
	rows, err := d.history()
	if err != nil {
		return nil, "", err
	}
	if len(rows) == 0 {
		return nil, "", nil
	}
	last := ""
	for _, row := range rows {
		if n := len(row.Months); n > 0 && row.Months[n-1].Month > last {
			last = row.Months[n-1].Month
		}
	}
	weights := map[string]quantity.Quantity{}
	const window = 24
	from := monthsBefore(last, window)
	for _, row := range rows {
		for _, m := range row.Months {
			if m.Month > from {
				if weights[row.Product], err = weights[row.Product].Add(m.Quantity); err != nil {
					return nil, "", err
				}
			}
		}
	}
	return weights, fmt.Sprintf("shipments of the last %d months", window), nil
}

// setShares divides a line among all its products and writes the buyer's into its links, in ppm, rounded down.
func setShares(links []capacity.Link, all []capacityLink, weights map[string]quantity.Quantity) {
	weight := func(product string, factor quantity.Quantity) *big.Rat {
		w := big.NewRat(1, 1)
		if weights != nil {
			w = ratOf(weights[product])
		}
		return w.Mul(w, ratOf(factor))
	}
	total := new(big.Rat)
	for _, l := range all {
		total.Add(total, weight(l.Product, l.Factor))
	}
	if total.Sign() == 0 {
		return
	}
	for i := range links {
		share := weight(links[i].Product, links[i].Factor)
		share.Quo(share, total).Mul(share, big.NewRat(forecast.PPM, 1))
		links[i].Share = new(big.Int).Quo(share.Num(), share.Denom()).Int64()
	}
}

func ratOf(q quantity.Quantity) *big.Rat {
	r, ok := new(big.Rat).SetString(q.String())
	if !ok {
		panic("invariant: a quantity prints as a number: " + q.String())
	}
	return r
}
