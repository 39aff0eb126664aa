package desk

import (
	"fmt"
	"kontor/node"
	"kontor/protocol/artifact"
	"kontor/protocol/forecast"
	"kontor/protocol/partnership"
	"kontor/protocol/tier"
)

// TierPreview is what a supplier would see of the customers' demand, before anything leaves.
type TierPreview struct {
	To          string             `json:"to"`
	Components  int                `json:"components"`
	Customers   int                `json:"customers"`
	Sees        []Seen             `json:"sees"`
	NeverSees   string             `json:"never_sees"`
	Held        []string           `json:"held"`      // components that need a grant
	Kept        []string           `json:"kept"`      // components that stay at the figures told last: see findings
	Granted     []string           `json:"granted"`   // components that leave by a grant only
	Inferable   []string           `json:"inferable"` // what the supplier could work out, for the officer who grants
	Findings    []artifact.Finding `json:"findings"`
	WithoutBill []string           `json:"without_bill"` // products without a bill of materials
	Sample      []forecast.Line    `json:"sample"`
}

// PreviewTier shows what a supplier would see if the customers' forecasts in force were passed on now, and what it could infer.
func (d *Desk) PreviewTier(to string) (TierPreview, error) {
	p, err := d.Partner(to, partnership.RoleBuyer)
	if err != nil {
		return TierPreview{}, err
	}
	s, err := d.tierSettings()
	if err != nil {
		return TierPreview{}, err
	}
	var inputs []tier.Input
	for _, customer := range d.customers() {
		if !s.derives(customer.PID, p.PID) {
			continue
		}
		arrivals, err := d.settledForecasts(customer, func(string) string { return "" })
		if err != nil {
			return TierPreview{}, err
		}
		for _, a := range arrivals {
			inputs = append(inputs, tier.Input{Source: a.Source, Version: a.Version})
		}
	}
	out, err := d.derive(s, p.PID, inputs)
	if err != nil {
		return TierPreview{}, node.Failf("NOT_DERIVED", "the customers' demand can't be exploded: %v", err)
	}
	v := TierPreview{To: d.PartnerName(p), Components: components(out.All), Customers: out.Customers, Held: append([]string{}, out.Held...), Kept: append([]string{}, out.Kept...), Granted: append([]string{}, out.Granted...),
		Inferable: []string{}, Findings: append([]artifact.Finding{}, out.Findings...), WithoutBill: append([]string{}, out.WithoutBill...), Sample: out.All[:min(len(out.All), previewLines)],
		NeverSees: "customers' names and keys, their product numbers, regions and documents (practice T10); quantities may be inferable, as listed"}
	v.Sees = []Seen{
		{"item", "this company's component numbers", "the supplier's own products"},
		{"buckets of END_DEMAND_EQUIVALENT", "what the market behind needs, in this component", "so that orders don't amplify changes (practice T9)"},
		{"buckets of PLANNED_RECEIPTS", "what this company means to receive", "less stock, earlier by the lead time"},
		{"contributors", fmt.Sprintf("that %d customers stand behind the figures", out.Customers), "PROTOCOL 7"},
		{"emission", "random event numbers and how many tiers the change has passed", "so that a change never runs in a circle (PROTOCOL 8)"},
		{"provenance", "EXPLODE, and a salted commitment to the inputs", "so that this company can prove later what it started from"},
	}
	for _, i := range out.Inferable {
		v.Inferable = append(v.Inferable, i.String())
	}
	return v, nil
}

func components(lines []forecast.Line) int {
	items := map[string]bool{}
	for _, l := range lines {
		items[l.Item.ID()] = true
	}
	return len(items)
}
