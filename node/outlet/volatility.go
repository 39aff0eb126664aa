package outlet

import (
	"encoding/json"

	"kontor/protocol/capacity"
	"kontor/protocol/quantity"
)

// volatility are the demandVolatilityParameters of a WeekBasedCapacityGroup.
type volatility struct {
	Start    string       `json:"startReferenceDateTime"`
	Interval int64        `json:"measurementInterval"`
	Horizons []subhorizon `json:"rollingHorizonAlertThresholds"`
}

type subhorizon struct {
	Sequence     int         `json:"sequenceNumber"`
	Weeks        int64       `json:"subhorizonLength"`
	RelativeUp   json.Number `json:"relativePositiveDeviation,omitempty"`
	RelativeDown json.Number `json:"relativeNegativeDeviation,omitempty"`
	AbsoluteUp   json.Number `json:"absolutePositiveDeviation,omitempty"`
	AbsoluteDown json.Number `json:"absoluteNegativeDeviation,omitempty"`
}

// thresholds writes thresholds of volatility; a share of one is 1 there and 1,000,000 here.
func thresholds(v *capacity.Volatility) *volatility {
	if v == nil {
		return nil
	}
	out := &volatility{Start: stamp(v.Start.Millis()), Interval: v.Interval, Horizons: []subhorizon{}}
	share := func(ppm *int64) json.Number {
		if ppm == nil {
			return ""
		}
		q, err := quantity.Scaled(*ppm, -6)
		if err != nil {
			panic("invariant: parts per million are a quantity: " + err.Error())
		}
		return json.Number(q.String())
	}
	figure := func(q *quantity.Quantity) json.Number {
		if q == nil {
			return ""
		}
		return json.Number(q.String())
	}
	for i, h := range v.Horizons {
		out.Horizons = append(out.Horizons, subhorizon{Sequence: i + 1, Weeks: h.Weeks, RelativeUp: share(h.RelativeUp), RelativeDown: share(h.RelativeDown),
			AbsoluteUp: figure(h.AbsoluteUp), AbsoluteDown: figure(h.AbsoluteDown)})
	}
	return out
}
