package desk

import (
	"errors"
	"fmt"
	"math/big"
	"strings"

	"kontor/node"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/exception"
	"kontor/protocol/measure"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
)

// overstock raises stock above the demand that it should cover at most (D11): for what its band allows, and where none is shared nothing is claimed.
func (s *sight) overstock() (out []exception.Exception, err error) {
	if s.result == nil {
		return nil, nil
	}
	for _, p := range s.result.Products {
		a := p.Ahead
		if a == nil || a.Excess == nil || a.Excess.Cmp(s.d.leastUnits()) <= 0 {
			continue
		}
		until := max(a.Until, a.AsOf.AddDays(1))
		e := exception.Exception{Kind: exception.Overstock, Side: exception.Seller, Unit: p.Unit, Units: *a.Excess, UnitsMax: *a.Excess,
			Scope: exception.Scope{Product: p.Product, Region: p.Region, Buckets: calendar.Bucket{Start: a.AsOf, End: until}}, Deadline: s.workday(a.AsOf, 10),
			Default: exception.Outcome{Code: exception.OutcomeStays, Text: fmt.Sprintf("If nothing is done %s of %s go on lying there.", p.Unit.Said(a.Excess.Format(0)), p.Product)},
			Cause: fmt.Sprintf("%s lie there, %s days of mean demand; more than %s will hardly be wanted in %d days", p.Unit.Said(a.Stock.Format(0)), daysText(*a), a.Cover.Format(0),
				until.Sub(a.AsOf))}
		e = named(e, exception.Scope{Product: p.Product, Region: p.Region}) // one as long as it lies there
		if e, err = s.valued(e, "too many", "PLANNER"); err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

func daysText(a capacity.Ahead) string {
	if a.Beyond {
		return "more than " + a.Days.String()
	}
	return a.Days.String()
}

// unmapped raises what is forecast and made by no group of the plan: its demand enters no match.
func (s *sight) unmapped() (out []exception.Exception, err error) {
	if s.match == nil {
		return nil, nil
	}
	unlinked := map[string]bool{}
	for _, key := range s.result.Unlinked {
		unlinked[key] = true
	}
	seen := map[string]bool{}
	for _, l := range s.match.Forecast.Lines {
		id := l.Item.ID()
		if !unlinked[l.Key()] || seen[id] || len(l.Buckets) == 0 {
			continue
		}
		seen[id] = true
		e := exception.Exception{Kind: exception.Unmapped, Side: exception.Seller, Unit: l.Unit, Speed: exception.Desk, Role: "PLANNER",
			Scope:    exception.Scope{Product: id, Buckets: calendar.Bucket{Start: l.Buckets[0].Start, End: l.Buckets[len(l.Buckets)-1].End}},
			Deadline: s.workday(calendar.DateOf(s.match.Plan.Header.Issued), reactDays),
			Cause:    fmt.Sprintf("the forecast asks for %s, and no capacity group of the plan makes it under that number", id),
			Default:  exception.Outcome{Code: exception.OutcomeNotCounted, Text: fmt.Sprintf("If nothing is done the demand for %s enters no match; map it: kontor product map, or name it at a line of the capacity.", id)}}
		for _, c := range l.Buckets {
			if e.Units, err = e.Units.Add(c.Mean); err != nil {
				return nil, err
			}
		}
		e.UnitsMax = e.Units
		if e, err = s.forDesk(e, "asked for", "PLANNER"); err != nil {
			return nil, err
		}
		out = append(out, named(e, exception.Scope{Product: id}))
	}
	return out, nil
}

// volatility raises the groups whose thresholds the demand exceeded between the last two measurements (CX-0128, 5.11).
func (s *sight) volatility() (out []exception.Exception, err error) {
	v := VolatilityView{}
	err = s.d.volatility(s.p, s.r, &v)
	var none *node.Failure
	if errors.As(err, &none) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	at, moved := map[string]int{}, map[string]demand{}
	for _, x := range v.Deviations {
		i, joined := at[x.Group]
		if !joined {
			i = len(out)
			at[x.Group] = i
			on := calendar.Date(0)
			for _, m := range v.Measured {
				for _, g := range m.Groups {
					if g == x.Group {
						on = m.On
					}
				}
			}
			e := exception.Exception{Kind: exception.Volatility, Side: exception.Buyer, Speed: exception.Desk, Role: "PLANNER", Scope: exception.Scope{Group: x.Group, Buckets: x.Bucket},
				Deadline: s.workday(on, 5),
				Cause:    fmt.Sprintf("demand of %s moved by more than its thresholds allow between two measurements, the last on %s: %s", x.Group, on, strings.Join(x.Exceeded, ", ")),
				Default:  exception.Outcome{Code: exception.OutcomeStays, Text: "If nothing is said the new demand stands, and the next measurement is taken from it."}}
			// One measurement, one exception: the next one asks anew.
			out = append(out, named(e, exception.Scope{Group: x.Group, Buckets: calendar.Bucket{Start: on, End: on.AddDays(1)}}))
		}
		e := &out[i]
		e.Scope.Buckets.Start, e.Scope.Buckets.End = min(e.Scope.Buckets.Start, x.Bucket.Start), max(e.Scope.Buckets.End, x.Bucket.End)
		if e.Units, err = e.Units.Add(x.Change.Abs()); err != nil {
			return nil, err
		}
		e.UnitsMax = e.Units
		for _, m := range x.Moved {
			products := moved[x.Group]
			if err := products.add(m.Product, m.Unit, m.Size); err != nil {
				return nil, err
			}
			moved[x.Group] = products
		}
	}
	for i := range out {
		if out[i], err = s.worthOf(out[i], moved[out[i].Scope.Group], "moved in the periods beyond their thresholds"); err != nil {
			return nil, err
		}
	}
	if s.match != nil {
		for i := range out {
			for _, g := range s.match.Plan.Groups {
				if g.ID == out[i].Scope.Group {
					out[i].Unit = g.Unit
				}
			}
		}
	}
	return out, nil
}

// bias raises the items whose forecasts err to one side by more than chance, over the reports of actuals both hold: each actual against the forecast that
// stood one bucket before. The test needs as many reports as its definition says.
func (s *sight) bias() (out []exception.Exception, err error) {
	var m measuring
	m.basis, m.lag = "CONSUMPTION", 1
	if err := s.d.gather(&m, s.r, s.p); err != nil {
		return nil, err
	}
	return s.biased(&m)
}

// biased is bias over the actuals and the versions that were gathered.
func (s *sight) biased(m *measuring) (out []exception.Exception, err error) {
	byItem := map[string][]performance.Settled{}
	var items []string
	for _, c := range m.settled {
		id := c.Item.ID()
		if byItem[id] == nil {
			items = append(items, id)
		}
		byItem[id] = append(byItem[id], c)
	}
	for _, id := range items {
		setting := measure.Setting{"actualBasis": m.basis, "lag": "1"}
		sum := &measure.Errors{Setting: setting}
		for _, versions := range m.versions {
			e, _ := performance.Accuracy(byItem[id], versions, m.basis, m.lag, setting)
			sum.Join(e)
		}
		test, bias := sum.Result(measure.TrackingTest), sum.Result(measure.Bias)
		if test.Verdict != measure.Biased || !bias.Measured() {
			continue
		}
		last := byItem[id][0].Bucket
		for _, c := range byItem[id] {
			if c.Bucket.End > last.End {
				last = c.Bucket
			}
		}
		way := "above"
		if bias.Value.Rat().Sign() < 0 {
			way = "below"
		}
		e := exception.Exception{Kind: exception.Bias, Side: exception.Buyer, Speed: exception.Desk, Role: "PLANNER", Unit: byItem[id][0].Unit,
			Scope: exception.Scope{Product: id, Buckets: test.Window}, Deadline: s.workday(last.End, 10),
			Cause:   fmt.Sprintf("forecasts of %s lie %s what came, by %s of it over %s: more than chance", id, way, percent(bias.Value), node.Count(sum.Count(), "actual")),
			Default: exception.Outcome{Code: exception.OutcomeStays, Text: fmt.Sprintf("If nothing is done forecasts of %s go on lying %s what comes.", id, way)}}
		// Whole units are enough to say what is at stake.
		missed := new(big.Int)
		if r := sum.Signed().Rat(); r.Sign() != 0 {
			missed.Quo(r.Num(), r.Denom()).Abs(missed)
		}
		if e.Units, err = quantity.FromBig(missed, 0); err != nil {
			return nil, err
		}
		e.UnitsMax = e.Units
		if e, err = s.forDesk(e, "forecast "+way+" what came", "PLANNER"); err != nil {
			return nil, err
		}
		out = append(out, named(e, exception.Scope{Product: id}))
	}
	return out, nil
}

// percent writes a share.
func percent(share quantity.Decimal) string {
	r := share.Rat()
	r.Abs(r).Mul(r, ratOf(quantity.Of(100)))
	return r.FloatString(1) + " %"
}
