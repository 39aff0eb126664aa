package desk

import (
	"fmt"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/exception"
	"kontor/protocol/forecast"
	"kontor/protocol/partnership"
	"kontor/protocol/quantity"
)

// slotRows keep the slots a seller sets aside for a partner, until the next plan carries them.
const slotRows = "figures/slot/"

// slotRow is a slot in one line.
type slotRow struct {
	Line string        `cbor:"line"`
	Slot capacity.Slot `cbor:"slot"`
}

// SlotPlan sets a slot, or changes one.
type SlotPlan struct {
	With     string `json:"with,omitempty"`
	ID       string `json:"id"`
	Line     string `json:"line"`
	Product  string `json:"product"` // as the partner's forecast names it
	Region   string `json:"region,omitempty"`
	Period   string `json:"period"`
	Quantity string `json:"quantity"`
	Forecast string `json:"forecast_line,omitempty"` // key of the forecast line it is for; default: every line of the product there
	Status   string `json:"status,omitempty"`        // default: RESERVED
	Expires  string `json:"expires,omitempty"`       // last day on which it is held; default: it does not expire
	Remove   bool   `json:"remove,omitempty"`
}

// PlanSlot sets a slot aside for a partner, in the private figures: the next plan shared carries it.
func (d *Desk) PlanSlot(in SlotPlan) (s capacity.Slot, err error) {
	p, err := d.Partner(in.With, partnership.RoleSeller)
	if err != nil {
		return s, err
	}
	row := slotRow{Line: in.Line}
	key := slotRows + p.PID.String() + "/" + rowName(in.Line, in.ID)
	err = d.node.Private(func(rows node.PrivateRows) error {
		found, err := rows.Get(key, &row)
		if err != nil {
			return err
		}
		if in.Remove {
			if !found {
				return node.Failf("NO_SLOT", "no slot %q is set aside in line %q for %s; kontor capacity slots lists them", in.ID, in.Line, d.PartnerName(p))
			}
			s = row.Slot
			return rows.Delete(key)
		}
		if err := in.apply(&row.Slot); err != nil {
			return err
		}
		s = row.Slot
		return rows.Put(key, row)
	})
	return s, err
}

// apply writes what was said into a slot and checks it as a plan would.
func (in SlotPlan) apply(s *capacity.Slot) (err error) {
	s.ID = in.ID
	if in.Product != "" {
		s.Product = in.Product
	}
	if in.Region != "" {
		s.Region = in.Region
	}
	if in.Forecast != "" {
		s.Line = in.Forecast
	}
	if in.Period != "" {
		if s.Bucket, err = calendar.ParseBucket(in.Period); err != nil {
			return node.Failf("BAD_PERIOD", "%v", err)
		}
	}
	if in.Quantity != "" {
		if s.Quantity, err = quantity.Parse(in.Quantity); err != nil {
			return node.Failf("BAD_QUANTITY", "%v", err)
		}
	}
	switch {
	case in.Status != "":
		s.Status = capacity.SlotStatus(in.Status)
	case s.Status == "":
		s.Status = capacity.SlotReserved
	}
	if in.Expires != "" {
		day, err := dayOf("the last day", in.Expires)
		if err != nil {
			return err
		}
		s.ExpiresAt = day.AddDays(1).Millis()
	}
	if findings := capacity.CheckSlot(*s); len(findings) > 0 {
		return &node.Failure{Code: "BAD_SLOT", Text: "the slot can't stand in a plan: " + findings[0].Error(), Findings: findings}
	}
	return nil
}

// addSlots puts the slots set aside for a partner into its plan, where the line is in it.
func (d *Desk) addSlots(pid block.CID, out *planDraft) error {
	var list []slotRow
	if err := d.node.ReadPrivate(func(rows node.PrivateRows) (err error) {
		list, err = scanRows[slotRow](rows, slotRows+pid.String()+"/")
		return err
	}); err != nil {
		return err
	}
	for _, row := range list {
		placed := false
		for i := range out.plan.Groups {
			g := &out.plan.Groups[i]
			if g.ID == row.Line {
				g.Slots, placed = append(g.Slots, row.Slot), true
			}
		}
		if !placed {
			out.notes = append(out.notes, fmt.Sprintf("slot %s stays at home: line %s makes nothing that is asked for", row.Slot.ID, row.Line))
		}
	}
	return nil
}

// slotsOf reads the slots of the plan in force against the forecast in force.
func (d *Desk) slotViews(p *node.Partnership, r *protocol.Replica, in capacity.Input) ([]capacity.SlotView, error) {
	var made *forecast.Document
	if in.Plan.Forecast != nil {
		doc, err := r.Forecast(*in.Plan.Forecast)
		if err != nil {
			return nil, err
		}
		made = &doc
	}
	return capacity.Slots(in.Plan, made, &in.Forecast, d.node.Now())
}

// slotReviews raises the slots whose forecast moved materially since the plan that holds them.
func (s *sight) slotReviews() (out []exception.Exception, err error) {
	if s.match == nil {
		return nil, nil
	}
	views, err := s.d.slotViews(s.p, s.r, *s.match)
	if err != nil {
		return nil, err
	}
	for _, v := range views {
		if v.State != capacity.SlotNeedsReview {
			continue
		}
		by, err := v.Is.Sub(v.Was)
		if err != nil {
			return nil, err
		}
		e := exception.Exception{Kind: exception.SlotReview, Side: exception.Seller, Scope: exception.Scope{Group: v.Group, Product: v.Slot.Product, Region: v.Slot.Region, Buckets: v.Slot.Bucket},
			Units: by.Abs(), UnitsMax: by.Abs(), Deadline: s.workday(calendar.DateOf(s.match.Forecast.Header.Issued), reactDays),
			Cause:   fmt.Sprintf("slot %s holds %s of %s in %s; the forecast behind it went from %s to %s", v.Slot.ID, v.Slot.Quantity, v.Slot.Product, v.Slot.Bucket, v.Was, v.Is),
			Default: exception.Outcome{Code: exception.OutcomeSlotStands, Text: fmt.Sprintf("If nothing is done slot %s holds what it held; the next plan shared ends the review.", v.Slot.ID)}}
		for _, l := range s.match.Forecast.Lines {
			if l.Item.ID() == v.Slot.Product {
				e.Unit = l.Unit
			}
		}
		if e, err = s.forDesk(e, "moved behind the slot", "PLANNER"); err != nil { // a slot that is kept as it is costs nobody anything
			return nil, err
		}
		out = append(out, named(e, exception.Scope{Group: v.Group, Product: v.Slot.ID}, s.match.PlanCID))
	}
	return out, nil
}

// Slots lists the slots of the plan in force with a partner, as they stand against the forecast in force: the same on both nodes.
func (d *Desk) Slots(with string) (out []capacity.SlotView, err error) {
	p, err := d.Partner(with, "")
	if err != nil {
		return nil, err
	}
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		in, err := d.MatchInput(p, r)
		if err != nil {
			return err
		}
		out, err = d.slotViews(p, r, in)
		return err
	})
	if out == nil {
		out = []capacity.SlotView{}
	}
	return out, err
}
