package desk

import (
	"context"
	"fmt"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/capacity"
	"kontor/protocol/partnership"
)

// PreviewCapacity shows what the buyer would see.
func (d *Desk) PreviewCapacity(with string) (Preview, error) {
	p, err := d.Partner(with, partnership.RoleSeller)
	if err != nil {
		return Preview{}, err
	}
	draft, err := d.buildPlan(p)
	if err != nil {
		return Preview{}, err
	}
	root, below, err := draft.sheet.Build()
	if err != nil {
		return Preview{}, err
	}
	v := Preview{Withheld: len(draft.outside), Outside: append([]string{}, draft.outside...), With: d.PartnerName(p), Type: capacity.PlanType, Revision: draft.plan.Header.Revision, Series: len(draft.plan.Groups), Bytes: len(root.Data),
		Notes: draft.notes, Findings: append(capacity.CheckPlan(draft.plan), draft.refusals...), Inferable: append([]string{}, draft.inferable...)}
	for _, b := range below {
		v.Bytes += len(b.Data)
	}
	for _, g := range draft.plan.Groups {
		v.Buckets += len(g.Capacities)
	}
	v.Sees = []Seen{
		{"groups", "production lines that make what the buyer forecast, with load factors", "an answer needs what it is made from"},
		{"capacities", "actual and maximum per line and period, for all customers together", "the company's own capacity: no customer's demand is in it"},
		{"allocation", "by what each line is divided", "practice T14: never the current forecast, which would pay whoever forecasts most"},
		{"slots", "what is set aside for this partner", "an offer or a promise to this partner alone"},
		{"shares", "the part of each line that stands behind each product", "practice T14: a partner is shown its own share and the key; where other customers stand behind the shipments, equal parts or a grant (PROTOCOL 7)"},
		{"positions", "stock, in transit and backlog per product", "practice T6: without them there is no cover view"},
	}
	if len(draft.grain) > 0 {
		v.Sees = append(v.Sees, seenGrain(draft.grain))
	}
	return v, nil
}

// ShareCapacity shares the capacity plan as its next revision.
func (d *Desk) ShareCapacity(ctx context.Context, with string, command node.Command) (Shared, error) {
	p, err := d.Partner(with, partnership.RoleSeller)
	if err != nil {
		return Shared{}, err
	}
	draft, err := d.buildPlan(p)
	if err != nil {
		return Shared{}, err
	}
	if findings := append(capacity.CheckPlan(draft.plan), draft.refusals...); len(findings) > 0 {
		return Shared{}, &node.Failure{Code: "CAPACITY_REFUSED", Text: fmt.Sprintf("the plan breaks %s: %s", node.Count(len(findings), "rule"), findings[0].Error()), Findings: findings}
	}
	w, size, err := d.share(ctx, p, command, protocol.KindCapacity, draft.sheet)
	if err != nil {
		return Shared{}, err
	}
	out := Shared{CID: *w.Body, Entry: w.Entry, With: d.PartnerName(p), Revision: draft.plan.Header.Revision, Series: len(draft.plan.Groups), Bytes: size}
	for _, g := range draft.plan.Groups {
		out.Buckets += len(g.Capacities)
	}
	out.Waits, err = d.waits(p, w.Entry)
	return out, err
}
