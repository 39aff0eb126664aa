package desk

import (
	"fmt"
	"slices"

	"kontor/node"
	"kontor/protocol/block"
	"kontor/protocol/partnership"
	"kontor/protocol/quantity"
	"kontor/protocol/tier"
)

// routeRow is one edge from a customer through this company to a supplier.
type routeRow struct {
	From  block.CID `cbor:"from"` // PartnershipID with the customer
	To    block.CID `cbor:"to"`   // PartnershipID with the supplier
	Mode  tier.Mode `cbor:"mode"`
	Since int64     `cbor:"since"` // ms UTC
}

// supplierRow says how a supplier is told, whatever customer stands behind it.
type supplierRow struct {
	To         block.CID         `cbor:"to"`
	Components []string          `cbor:"components"` // that it makes, ascending; empty: all
	Step       quantity.Quantity `cbor:"step"`       // figures are rounded to it; 0: exact
	HoldOff    int64             `cbor:"hold_off"`   // ms; 0: the default
}

// changedCount is the counter that tells the automation to look again.
type changedCount struct {
	Count int64 `cbor:"count"`
}

func changed(rows node.PrivateRows) error {
	var c changedCount
	if _, err := rows.Get(changedRow, &c); err != nil {
		return err
	}
	c.Count++
	return rows.Put(changedRow, c)
}

// EdgeOptions set an edge.
type EdgeOptions struct {
	From           string    `json:"from"` // the customer; may be left out when there is one
	To             string    `json:"to"`   // the supplier; may be left out when there is one
	Mode           tier.Mode `json:"mode"`
	Components     []string  `json:"components"`       // that the supplier makes; empty: all
	Step           string    `json:"step"`             // rounds what leaves to multiples of it; empty: exact
	HoldOffSeconds int64     `json:"hold_off_seconds"` // 0: fifteen minutes
}

// EdgeView is an edge as people see it.
type EdgeView struct {
	From       string    `json:"from"`
	To         string    `json:"to"`
	Mode       tier.Mode `json:"mode"`
	Components []string  `json:"components"` // empty: all
	Since      int64     `json:"since"`
	Leads      []Lead    `json:"leads,omitempty"` // in mode DERIVE: what it derives with, the one for all other products first; none: 0
	Note       string    `json:"note,omitempty"`
}

// modeNote says what a mode leaves to people.
func modeNote(m tier.Mode) string {
	if m == tier.Derive {
		return ""
	}
	if m == tier.ERP {
		return "changed demand is an exception until the planning system's next run is shared: it reads outbox, and its file comes in by inbox/forecast"
	}
	return "changed demand is an exception here, with direction, band of size and horizon, until the supplier is told; nothing leaves by itself"
}

// SetEdge says what happens to a supplier when a customer's forecast changes. In mode DERIVE this node passes changed demand on by itself
// while it runs.
func (d *Desk) SetEdge(o EdgeOptions) (EdgeView, error) {
	o.Components = slices.Clone(o.Components)
	slices.Sort(o.Components)
	if !o.Mode.Valid() {
		return EdgeView{}, node.Failf("BAD_MODE", "mode %q is none of NOTIFY, DERIVE and ERP", o.Mode)
	}
	if o.HoldOffSeconds < 0 || o.HoldOffSeconds > 7*24*60*60 {
		return EdgeView{}, node.Failf("BAD_HOLD_OFF", "a hold-off of %d seconds is outside 0 to a week", o.HoldOffSeconds)
	}
	s := supplierRow{Components: slices.Compact(o.Components), HoldOff: o.HoldOffSeconds * 1000}
	if o.Step != "" {
		step, err := quantity.Parse(o.Step)
		if err != nil || step.Sign() < 0 {
			return EdgeView{}, node.Failf("BAD_STEP", "step %q is no quantity above zero", o.Step)
		}
		s.Step = step
	}
	from, err := d.Partner(o.From, partnership.RoleSeller)
	if err != nil {
		return EdgeView{}, err
	}
	to, err := d.Partner(o.To, partnership.RoleBuyer)
	if err != nil {
		return EdgeView{}, err
	}
	s.To = to.PID
	route := routeRow{From: from.PID, To: to.PID, Mode: o.Mode, Since: d.node.Now()}
	err = d.node.Private(func(rows node.PrivateRows) error {
		if err := d.checkOverlap(rows, route, s); err != nil {
			return err
		}
		if err := rows.Put(supplierRows+s.To.String(), s); err != nil {
			return err
		}
		if err := rows.Put(routeRows+route.To.String()+"/"+route.From.String(), route); err != nil {
			return err
		}
		return changed(rows)
	})
	return EdgeView{From: d.PartnerName(from), To: d.PartnerName(to), Mode: o.Mode, Components: s.Components, Since: route.Since, Note: modeNote(o.Mode)}, err
}

// checkOverlap refuses to ask two suppliers for the whole need of one component.
func (d *Desk) checkOverlap(rows node.PrivateRows, route routeRow, s supplierRow) error {
	if route.Mode != tier.Derive {
		return nil
	}
	routes, suppliers, err := readEdges(rows)
	if err != nil {
		return err
	}
	for _, r := range routes {
		if r.To == s.To || r.Mode != tier.Derive {
			continue
		}
		have := suppliers[r.To].Components
		if len(have) == 0 || len(s.Components) == 0 || slices.ContainsFunc(have, func(c string) bool { return slices.Contains(s.Components, c) }) {
			return node.Failf("EDGE_OVERLAP", "%s is asked for the same components already: each would get the whole need; say who makes what with --components", d.partnerOf(r.To))
		}
	}
	return nil
}

// RemoveEdge ends an edge. The supplier keeps what it has received.
func (d *Desk) RemoveEdge(fromName, toName string) error {
	from, err := d.Partner(fromName, partnership.RoleSeller)
	if err != nil {
		return err
	}
	to, err := d.Partner(toName, partnership.RoleBuyer)
	if err != nil {
		return err
	}
	return d.node.Private(func(rows node.PrivateRows) error {
		if err := rows.Delete(routeRows + to.PID.String() + "/" + from.PID.String()); err != nil {
			return err
		}
		return changed(rows)
	})
}

// Edges lists the edges, by supplier and customer.
func (d *Desk) Edges() (out []EdgeView, err error) {
	out = []EdgeView{}
	err = d.node.ReadPrivate(func(rows node.PrivateRows) error {
		routes, suppliers, err := readEdges(rows)
		if err != nil {
			return err
		}
		leads, err := listLeads(rows)
		for _, r := range routes {
			e := EdgeView{From: d.partnerOf(r.From), To: d.partnerOf(r.To), Mode: r.Mode, Components: suppliers[r.To].Components, Since: r.Since, Note: modeNote(r.Mode)}
			if r.Mode == tier.Derive {
				e.Leads = leads
			}
			out = append(out, e)
		}
		return err
	})
	return out, err
}

func readEdges(rows node.PrivateRows) (routes []routeRow, suppliers map[block.CID]supplierRow, err error) {
	suppliers = map[block.CID]supplierRow{}
	err = rows.Scan(routeRows, func(_ string, decode func(any) error) (bool, error) {
		var r routeRow
		err := decode(&r)
		routes = append(routes, r)
		return true, err
	})
	if err != nil {
		return nil, nil, err
	}
	err = rows.Scan(supplierRows, func(_ string, decode func(any) error) (bool, error) {
		var s supplierRow
		err := decode(&s)
		suppliers[s.To] = s
		return true, err
	})
	return routes, suppliers, err
}

// partnerOf names the company on the other side of a partnership, for texts.
func (d *Desk) partnerOf(pid block.CID) string {
	if p, err := d.node.Partnership(pid); err == nil {
		return d.PartnerName(p)
	}
	return fmt.Sprintf("partnership %s", pid.Short())
}

// customers lists the partnerships in which this company sells.
func (d *Desk) customers() (out []*node.Partnership) {
	for _, p := range d.node.Partnerships() {
		if !p.Removed && d.node.Own(p).Role == partnership.RoleSeller {
			out = append(out, p)
		}
	}
	return out
}
