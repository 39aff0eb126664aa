package catenax

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"kontor/node/intake"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/quantity"
)

// volatility are the demandVolatilityParameters of a group.
type volatility struct {
	Start    string       `json:"startReferenceDateTime"`
	Interval int64        `json:"measurementInterval"`
	Horizons []subhorizon `json:"rollingHorizonAlertThresholds"`
}

type subhorizon struct {
	Sequence     int64       `json:"sequenceNumber"`
	Weeks        int64       `json:"subhorizonLength"`
	RelativeUp   json.Number `json:"relativePositiveDeviation"`
	RelativeDown json.Number `json:"relativeNegativeDeviation"`
	AbsoluteUp   json.Number `json:"absolutePositiveDeviation"`
	AbsoluteDown json.Number `json:"absoluteNegativeDeviation"`
}

// volatility reads thresholds of volatility; nil with a complaint where they can't be read. Sub-horizons follow each other by their numbers.
func (r *reader) volatility(v volatility, path string) *capacity.Volatility {
	at := r.moment(v.Start, path+"startReferenceDateTime", true)
	if at == 0 {
		return nil
	}
	out := &capacity.Volatility{Start: calendar.DateOf(at), Interval: v.Interval}
	slices.SortStableFunc(v.Horizons, func(a, b subhorizon) int { return cmp.Compare(a.Sequence, b.Sequence) })
	for i, h := range v.Horizons {
		path := fmt.Sprintf("%srollingHorizonAlertThresholds[%d].", path, i)
		s := capacity.Subhorizon{Weeks: h.Weeks}
		for _, f := range []struct {
			to   **int64
			from json.Number
			name string
		}{{&s.RelativeUp, h.RelativeUp, "relativePositiveDeviation"}, {&s.RelativeDown, h.RelativeDown, "relativeNegativeDeviation"}} {
			if f.from == "" {
				continue
			}
			q, ok := r.number(f.from, path+f.name)
			if !ok {
				return nil
			}
			n, exact := q.At(-6)
			if !exact || !n.IsInt64() {
				r.complain(path+f.name, f.from.String(), intake.CodeNumber, "a share finer than a millionth, or far too large", "a share as 0.2 for twenty percent")
				return nil
			}
			ppm := n.Int64()
			*f.to = &ppm
		}
		for _, f := range []struct {
			to   **quantity.Quantity
			from json.Number
			name string
		}{{&s.AbsoluteUp, h.AbsoluteUp, "absolutePositiveDeviation"}, {&s.AbsoluteDown, h.AbsoluteDown, "absoluteNegativeDeviation"}} {
			if f.from == "" {
				continue
			}
			q, ok := r.number(f.from, path+f.name)
			if !ok {
				return nil
			}
			*f.to = &q
		}
		out.Horizons = append(out.Horizons, s)
	}
	return out
}
