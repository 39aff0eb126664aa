package desk

import (
	"fmt"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/campaign"
	"kontor/protocol/measure"
	"kontor/protocol/performance"
)

// maxSwings bounds the products whose bullwhip is shown.
const maxSwings = 20

// gatherCampaigns reads the events of both sides that ran or run, in whose buckets orders swing on purpose.
func (m *measuring) gatherCampaigns(r *protocol.Replica) error {
	rows, err := r.InForce(campaign.Type, block.CID{})
	if err != nil {
		return err
	}
	for _, row := range rows {
		doc, err := r.Campaign(row.Root)
		if err != nil {
			return err
		}
		for _, e := range doc.Events {
			if e.Status == campaign.Active || e.Status == campaign.Completed || e.Status == campaign.Planned {
				m.events = append(m.events, e)
			}
		}
	}
	return nil
}

// promoted tells whether a campaign's goods are delivered or its sales counted in the bucket of a cell.
func (m *measuring) promoted(c performance.Cell) bool {
	for _, e := range m.events {
		sold := e.Period
		if e.SellOut != nil {
			sold = *e.SellOut
		}
		if (e.Delivery().Overlaps(c.Bucket) || sold.Overlaps(c.Bucket)) && e.Has(c.Item.ID()) && e.Reaches(c.Place) {
			return true
		}
	}
	return false
}

// swings say how much more orders swing than the demand behind them: for each product and place that both are reported of.
func (m *measuring) swings() (out []MeasuredGroup) {
	wanted := performance.Demand
	if m.basis == "POS" {
		wanted = performance.Sold
	}
	all := performance.Swings(m.settled, wanted, m.promoted)
	var few []measure.Result
	more := 0
	for _, s := range all {
		r := s.Orders.Result()
		switch {
		case !r.Measured():
			few = append(few, r)
			continue
		case len(out) == maxSwings:
			more++
			continue
		}
		of := "orders of " + s.Item.ID()
		if place := s.Place.Key(); place != "" {
			of += " in " + place
		}
		g := values(of, r)
		g.Notes = append(g.Notes, fmt.Sprintf("ordered against %s, in buckets like %s; 1: orders swing as much as demand", wanted, s.Bucket))
		out = append(out, g)
	}
	if len(out) == 0 {
		none := (&measure.Amplification{}).Result()
		if len(few) > 0 {
			none = few[0]
			for _, r := range few[1:] {
				if r.Count > none.Count {
					none = r
				}
			}
		}
		out = append(out, values("orders against "+string(wanted), none))
	}
	last := &out[len(out)-1]
	if more > 0 {
		last.Notes = append(last.Notes, fmt.Sprintf("%s not shown; say which with --product", node.Count(more, "series")))
	}
	if len(few) > 0 {
		last.Notes = append(last.Notes, fmt.Sprintf("%s with too few buckets, or none that differ: the bullwhip needs 12 in which both %s and ordered are reported", node.Count(len(few), "series"), wanted))
	}
	return out
}
