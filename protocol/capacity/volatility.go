package capacity

import (
	"fmt"
	"math/big"
	"slices"
	"time"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

const (
	// MaxHorizonWeeks is how far the sub-horizons reach together (CX-0128, 5.11.3).
	MaxHorizonWeeks = 104
	daysPerWeek     = 7
)

// Volatility says how far the demand of a group may move between two measurements (CX-0128, 5.11).
type Volatility struct {
	Start    calendar.Date `cbor:"startReferenceDate" json:"startReferenceDate"`   // the first measurement
	Interval int64         `cbor:"measurementInterval" json:"measurementInterval"` // weeks between measurements, 1 to 104
	// Horizons follow each other without gaps, the first from week 0, the week of the newer measurement.
	Horizons []Subhorizon `cbor:"rollingHorizonAlertThresholds" json:"rollingHorizonAlertThresholds"`
}

// Subhorizon is a stretch of weeks with thresholds of its own. An absent threshold alarms nobody; each that is given is a test
// of its own.
type Subhorizon struct {
	Weeks        int64              `cbor:"subhorizonLength" json:"subhorizonLength"`
	RelativeUp   *int64             `cbor:"relativePositiveDeviation,omitempty" json:"relativePositiveDeviation,omitempty"` // ppm, from 0
	RelativeDown *int64             `cbor:"relativeNegativeDeviation,omitempty" json:"relativeNegativeDeviation,omitempty"` // ppm, 0 to 1,000,000
	AbsoluteUp   *quantity.Quantity `cbor:"absolutePositiveDeviation,omitempty" json:"absolutePositiveDeviation,omitempty"` // in the group's unit, from 0
	AbsoluteDown *quantity.Quantity `cbor:"absoluteNegativeDeviation,omitempty" json:"absoluteNegativeDeviation,omitempty"`
}

func (v Volatility) check(r *artifact.Report, at string) {
	if !v.Start.Valid() || v.Interval < 1 || v.Interval > MaxHorizonWeeks || len(v.Horizons) == 0 || len(v.Horizons) > MaxHorizonWeeks {
		r.Add(CodeVolatility, at, "first measured on %q, each %d weeks, %d sub-horizons: want a date, 1 to %d weeks and at least one sub-horizon", v.Start, v.Interval, len(v.Horizons), MaxHorizonWeeks)
		return
	}
	var weeks int64
	for i, h := range v.Horizons {
		path := fmt.Sprintf("%s.rollingHorizonAlertThresholds[%d]", at, i)
		if h.Weeks < 1 || h.Weeks > MaxHorizonWeeks-weeks {
			r.Add(CodeVolatility, path+".subhorizonLength", "%d weeks after %d: want 1 or more, and %d together at the most", h.Weeks, weeks, MaxHorizonWeeks)
			return
		}
		weeks += h.Weeks
		if h.RelativeUp != nil && (*h.RelativeUp < 0 || *h.RelativeUp > forecast.MaxQuantity) || h.RelativeDown != nil && (*h.RelativeDown < 0 || *h.RelativeDown > forecast.PPM) {
			r.Add(CodeVolatility, path, "a relative threshold below 0, or a fall by more than all of it")
		}
		for _, q := range []*quantity.Quantity{h.AbsoluteUp, h.AbsoluteDown} {
			if q != nil && (q.Sign() < 0 || !withinBounds(*q)) {
				r.Add(CodeVolatility, path, "an absolute threshold of %s: want 0 or more", *q)
			}
		}
	}
}

// Measured are the days of the last two measurements up to a day; false before the second one. The forecast that is in force at
// the end of each is compared.
func (v Volatility) Measured(on calendar.Date) (previous, latest calendar.Date, ok bool) {
	interval := int(v.Interval) * daysPerWeek
	if interval < 1 || on < v.Start.AddDays(interval) {
		return 0, 0, false
	}
	latest = v.Start.AddDays(on.Sub(v.Start) / interval * interval)
	return latest.AddDays(-interval), latest, true
}

// Deviation is one week of a group in which demand moved by more than is acceptable.
type Deviation struct {
	Group    string             `json:"group"`
	Bucket   calendar.Bucket    `json:"bucket"` // the week
	Week     int                `json:"week"`   // from 0, the week of the newer measurement
	Previous quantity.Quantity  `json:"previous"`
	Latest   quantity.Quantity  `json:"latest"`
	Change   quantity.Quantity  `json:"change"`             // latest less previous, in the group's unit
	Relative *quantity.Quantity `json:"relative,omitempty"` // change by previous, six decimals; absent where previous is 0
	Exceeded []string           `json:"exceeded"`           // the thresholds, by their names in CX-0128
	Moved    []ProductMove      `json:"moved,omitempty"`    // by product, in order of the forecast: what is priced, which a group's unit is not
}

// ProductMove is how far the lines of one product moved, each by its size, before load factors.
type ProductMove struct {
	Product string            `json:"product"`
	Unit    quantity.Unit     `json:"unit"`
	Size    quantity.Quantity `json:"size"`
}

// Deviations compares the demand of every group that states thresholds, week by week, between the forecasts of two
// measurements (CX-0128, 5.11.3, with two corrections: a sub-horizon of length l ends l-1 weeks after its first week, and a fall is
// compared by its size). Demand series are aggregated with their load factors first. A rise from nothing exceeds every
// relative threshold. The weeks begin on Monday; notes name lines whose buckets are no weeks, which are not counted.
//
// What the scope of the latest forecast no longer holds has not fallen: it is left out of both, and a note says so.
//
// Both forecasts and the plan must pass their checks.
func Deviations(previous, latest forecast.Document, p Plan, measured calendar.Date) (out []Deviation, notes []string, err error) {
	lines := linesOf(latest)
	previous, unshared := stillTold(previous, latest, lines)
	linesBefore := linesOf(previous)
	was, err := loaded(previous, p)
	if err != nil {
		return nil, nil, fmt.Errorf("previous forecast: %w", err)
	}
	is, err := loaded(latest, p)
	if err != nil {
		return nil, nil, fmt.Errorf("latest forecast: %w", err)
	}
	if unshared > 0 {
		is.note("lines of the previous forecast that are outside the scope of the latest: %d; what is needed of them is not known, and they are in neither", unshared)
	}
	first := measured.StartOfWeek(time.Monday)
	for i, g := range is.groups {
		if g.Volatility == nil {
			continue
		}
		for _, l := range g.loads {
			if !l.line.axis.weekly() {
				is.note("group %q: the buckets of line %q are not days or weeks from Monday: it is not counted where one reaches beyond a week", artifact.Clip(g.ID), artifact.Clip(l.line.key))
			}
		}
		week := 0
		for _, h := range g.Volatility.Horizons {
			for range h.Weeks {
				start := first.AddDays(week * daysPerWeek)
				b := calendar.Bucket{Start: start, End: start.AddDays(daysPerWeek)}
				before, err := was.demandIn(was.groups[i], b)
				if err != nil {
					return nil, nil, err
				}
				now, err := is.demandIn(g, b)
				if err != nil {
					return nil, nil, err
				}
				d, err := h.judge(before, now)
				if err != nil {
					return nil, nil, fmt.Errorf("group %q, week %s: %w", artifact.Clip(g.ID), b, err)
				}
				if len(d.Exceeded) > 0 {
					d.Group, d.Bucket, d.Week = g.ID, b, week
					if d.Moved, err = movedIn(b, previous, latest, linesBefore, lines, was.groups[i], g); err != nil {
						return nil, nil, fmt.Errorf("group %q, week %s: %w", artifact.Clip(g.ID), b, err)
					}
					out = append(out, d)
				}
				week++
			}
		}
	}
	return out, is.notes, nil
}

// stillTold is the part of a forecast that a later one's scope holds, and how many lines lost something by that.
func stillTold(previous, latest forecast.Document, lines map[string]forecast.Line) (out forecast.Document, unshared int) {
	out = previous
	out.Lines = nil
	told := latest.Told()
	for _, l := range previous.Lines {
		before := len(l.Buckets)
		inside, now := told.Line(l), lines[l.Key()]
		l.Buckets = slices.DeleteFunc(slices.Clone(l.Buckets), func(c forecast.Cell) bool {
			if inside && told.Days(c.Bucket) {
				return false
			}
			_, held := now.Cell(c.Bucket) // an officer's grant may tell more than its scope
			return !held
		})
		if len(l.Buckets) < before {
			unshared++
		}
		if len(l.Buckets) > 0 {
			out.Lines = append(out.Lines, l)
		}
	}
	return out, unshared
}

// linesOf are the lines of a forecast by key: a partner's forecast has too many to be looked through for each.
func linesOf(d forecast.Document) map[string]forecast.Line {
	lines := make(map[string]forecast.Line, len(d.Lines))
	for _, l := range d.Lines {
		lines[l.Key()] = l
	}
	return lines
}

// movedIn is how far each product of a group moved in a week: the lines that load it in either forecast, line by line.
func movedIn(b calendar.Bucket, previous, latest forecast.Document, before, now map[string]forecast.Line, groups ...loadedGroup) (out []ProductMove, err error) {
	linked := map[string]bool{}
	for _, g := range groups {
		for _, l := range g.loads {
			linked[l.line.key] = true
		}
	}
	seen := map[string]bool{}
	for _, line := range slices.Concat(latest.Lines, previous.Lines) {
		key := line.Key()
		if !linked[key] || seen[key] {
			continue
		}
		seen[key] = true
		was, is := before[key], now[key]
		move := ProductMove{Product: line.Item.ID(), Unit: line.Unit}
		if move.Size, err = movedBy(was, is, line.Unit, b); err != nil {
			return nil, err
		}
		at := slices.IndexFunc(out, func(m ProductMove) bool { return m.Product == move.Product && m.Unit == move.Unit })
		switch {
		case move.Size.IsZero():
		case at < 0:
			out = append(out, move)
		default:
			if out[at].Size, err = out[at].Size.Add(move.Size); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// movedBy is the size of a line's move in a week, in a unit. A version without the line asks for nothing.
func movedBy(was, is forecast.Line, unit quantity.Unit, week calendar.Bucket) (size quantity.Quantity, err error) {
	for _, side := range []struct {
		line forecast.Line
		add  func(a, b quantity.Quantity) (quantity.Quantity, error)
	}{{is, quantity.Quantity.Add}, {was, quantity.Quantity.Sub}} {
		for _, c := range side.line.Buckets {
			if !week.Covers(c.Bucket) {
				continue
			}
			mean, err := quantity.Convert(c.Mean, side.line.Unit, unit)
			if err != nil {
				return size, err
			}
			if size, err = side.add(size, mean); err != nil {
				return size, err
			}
		}
	}
	return size.Abs(), nil
}

// loaded finds which lines load which groups.
func loaded(f forecast.Document, p Plan) (*matcher, error) {
	for _, found := range [][]artifact.Finding{forecast.Check(f), CheckPlan(p)} {
		if len(found) > 0 {
			return nil, found[0]
		}
	}
	return newMatcher(Input{Forecast: f, Plan: p}, false)
}

// weekly tells whether each bucket lies in one week from Monday.
func (a *axis) weekly() bool {
	return !slices.ContainsFunc(a.buckets, func(b calendar.Bucket) bool {
		return b.Start.StartOfWeek(time.Monday) != b.Last().StartOfWeek(time.Monday)
	})
}

// demandIn is the demand of a group in a bucket after load factors, in its unit.
func (m *matcher) demandIn(g loadedGroup, b calendar.Bucket) (quantity.Quantity, error) {
	var sum accumulator
	for _, l := range g.loads {
		w := l.line.axis.window(b)
		l.line.addTo(&sum, w.from, w.to, colMean, l.factor)
	}
	return toQuantity(sum.value(), m.scale)
}

// judge compares one week with the thresholds.
func (h Subhorizon) judge(previous, latest quantity.Quantity) (d Deviation, err error) {
	d.Previous, d.Latest = previous, latest
	if d.Change, err = latest.Sub(previous); err != nil || d.Change.IsZero() {
		return d, err
	}
	if !previous.IsZero() {
		ratio, err := d.Change.Quo(previous)
		if err != nil {
			return d, err
		}
		shown, err := ratio.Round(6)
		if err != nil {
			return d, err
		}
		d.Relative = &shown
	}
	size := d.Change.Abs()
	relative, absolute, sign := h.RelativeUp, h.AbsoluteUp, "Positive"
	if d.Change.Sign() < 0 {
		relative, absolute, sign = h.RelativeDown, h.AbsoluteDown, "Negative"
	}
	// size / previous > threshold, without the quotient.
	if relative != nil && size.Rat().Cmp(new(big.Rat).Mul(previous.Rat(), big.NewRat(*relative, forecast.PPM))) > 0 {
		d.Exceeded = append(d.Exceeded, "relative"+sign+"Deviation")
	}
	if absolute != nil && absolute.Less(size) {
		d.Exceeded = append(d.Exceeded, "absolute"+sign+"Deviation")
	}
	return d, nil
}
