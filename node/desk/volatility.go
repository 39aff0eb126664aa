package desk

import (
	"fmt"
	"slices"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
)

// VolatilityView is how far demand moved between the last two measurements of each group that states thresholds.
type VolatilityView struct {
	With       string               `json:"with"`
	Plan       block.CID            `json:"plan"`
	Measured   []Measurement        `json:"measured"`
	Deviations []capacity.Deviation `json:"deviations"` // unacceptable ones
	Notes      []string             `json:"notes"`
}

// Measurement says which two forecasts were compared for some groups.
type Measurement struct {
	Groups   []string      `json:"groups"`
	On       calendar.Date `json:"on"`
	Before   calendar.Date `json:"before"`
	Latest   block.CID     `json:"latest"`
	Previous block.CID     `json:"previous"`
}

// Volatility compares the forecasts that were in force at the end of the last two measurements (CX-0128, 5.11), by the thresholds of the
// capacity plan in force. Both nodes hold the same versions and find the same.
func (d *Desk) Volatility(with string) (VolatilityView, error) {
	p, err := d.Partner(with, "")
	if err != nil {
		return VolatilityView{}, err
	}
	v := VolatilityView{With: d.PartnerName(p), Measured: []Measurement{}, Deviations: []capacity.Deviation{}, Notes: []string{}}
	err = d.node.View(p.PID, func(r *protocol.Replica) error { return d.volatility(p, r, &v) })
	return v, err
}

func (d *Desk) volatility(p *node.Partnership, r *protocol.Replica, v *VolatilityView) error {
	var in capacity.Input
	seller, found, err := d.planOf(p, r, &in)
	if err != nil {
		return err
	}
	if !found {
		return node.Failf("NO_CAPACITY", "no capacity plan is in force with %s; the seller shares one with: kontor capacity share", d.PartnerName(p))
	}
	v.Plan = in.PlanCID
	plan, err := r.Plan(in.PlanCID)
	if err != nil {
		return err
	}
	versions, err := r.Versions(forecast.Type)
	if err != nil {
		return err
	}
	versions = slices.DeleteFunc(versions, func(row protocol.ArtifactRow) bool { return row.Author == seller })
	for _, rhythm := range rhythms(plan) {
		if err := d.deviations(r, v, plan, rhythm, versions); err != nil {
			return err
		}
	}
	if len(v.Measured)+len(v.Notes) == 0 {
		v.Notes = append(v.Notes, "no group of the plan states thresholds; they come with a WeekBasedCapacityGroup: kontor import FILE")
	}
	return nil
}

// rhythm is when some groups are measured.
type rhythm struct {
	start    calendar.Date
	interval int64
}

// rhythms are those of a plan, in order of its groups.
func rhythms(p capacity.Plan) (out []rhythm) {
	for _, g := range p.Groups {
		if g.Volatility == nil || g.Inactive {
			continue
		}
		if r := (rhythm{g.Volatility.Start, g.Volatility.Interval}); !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	return out
}

func (d *Desk) deviations(r *protocol.Replica, v *VolatilityView, plan capacity.Plan, at rhythm, versions []protocol.ArtifactRow) error {
	// Other groups keep what they link, for those that hold them; only these are judged.
	groups := slices.Clone(plan.Groups)
	var m Measurement
	for i, g := range groups {
		if g.Volatility == nil {
			continue
		}
		if (rhythm{g.Volatility.Start, g.Volatility.Interval}) == at && !g.Inactive {
			m.Groups = append(m.Groups, g.ID)
		} else {
			groups[i].Volatility = nil
		}
	}
	plan.Groups = groups
	before, on, ok := capacity.Volatility{Start: at.start, Interval: at.interval}.Measured(calendar.DateOf(d.node.Now()))
	if !ok {
		v.Notes = append(v.Notes, fmt.Sprintf("%s: measured from %s on, every %s; there is nothing to compare before the second time", listed(m.Groups), at.start, node.Count(int(at.interval), "week")))
		return nil
	}
	m.On, m.Before = on, before
	var docs [2]forecast.Document
	for i, day := range []calendar.Date{before, on} {
		row, found := inForceOn(versions, day)
		if !found {
			v.Notes = append(v.Notes, fmt.Sprintf("%s: no forecast was in force on %s", listed(m.Groups), day))
			return nil
		}
		var err error
		if docs[i], err = r.Forecast(row.Root); err != nil {
			return err
		}
		if i == 0 {
			m.Previous = row.Root
		} else {
			m.Latest = row.Root
		}
	}
	found, notes, err := capacity.Deviations(docs[0], docs[1], plan, on)
	v.Measured, v.Deviations, v.Notes = append(v.Measured, m), append(v.Deviations, found...), append(v.Notes, notes...)
	return err
}

// inForceOn is the version that was the newest at the end of a day, UTC.
func inForceOn(versions []protocol.ArtifactRow, day calendar.Date) (row protocol.ArtifactRow, found bool) {
	for _, v := range versions {
		if v.T < day.AddDays(1).Millis() && (!found || v.T >= row.T) {
			row, found = v, true
		}
	}
	return row, found
}
