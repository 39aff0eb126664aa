package desk

import (
	"kontor/node"
	"kontor/protocol/forecast"
)

// FenceOptions set the time fences of the forecasts that this company shares.
type FenceOptions struct {
	Fences []string `json:"fences" doc:"from the nearest: DAYS:ZONE or DAYS:ZONE:UP:DOWN, such as 14:FROZEN, 56:SLUSHY:10:20, 365:FREE; none with set: no fences"`
	Set    bool     `json:"set"`
}

// FencesView are the fences that the next forecast states. Where contract terms in force have their own, those count.
type FencesView struct {
	Fences []forecast.Fence `json:"fences"`
}

// Fences are the time fences of the forecasts this company shares, from the nearest.
func (d *Desk) Fences() (fences []forecast.Fence, err error) {
	err = d.node.ReadPrivate(func(rows node.PrivateRows) error {
		_, err := rows.Get(fencesKey, &fences)
		return err
	})
	return fences, err
}

// SetFences shows the fences, or sets them first.
func (d *Desk) SetFences(o FenceOptions) (v FencesView, err error) {
	if o.Set {
		fences, err := forecast.ParseFences(o.Fences)
		if err != nil {
			return v, node.Failf("BAD_FENCE", "%v", err)
		}
		if findings := forecast.CheckFences(fences); len(findings) > 0 {
			return v, &node.Failure{Code: "BAD_FENCE", Text: findings[0].Error(), Findings: findings}
		}
		if err := d.node.Private(func(rows node.PrivateRows) error { return rows.Put(fencesKey, fences) }); err != nil {
			return v, err
		}
	}
	v.Fences, err = d.Fences()
	v.Fences = append([]forecast.Fence{}, v.Fences...)
	return v, err
}
