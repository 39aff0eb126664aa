package remedy

import (
	"cmp"
	"math/big"
	"slices"

	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/measure"
	"kontor/protocol/performance"
	"kontor/protocol/quality"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// Records are what both sides hold beside the reports of a window: signed entries that need no report of their own. What lies outside a window is
// passed over.
type Records struct {
	Quality   map[terms.Party][]quality.Document // in force, by who reported
	Forecasts [][]performance.Version            // by series, oldest first; each with what was committed to it before a bucket began
	Asked     []Asked                            // revisions that asked for an answer
}

// Asked is one revision of a forecast that was to be answered.
type Asked struct {
	At       int64    // claimed time of its entry, ms UTC
	Due      int64    // by which the answer was due, ms UTC
	Answered int64    // claimed time of the first answer the other side had in time; 0: none
	Replaced int64    // claimed time of the next revision; 0: none
	Products []string // it speaks of, ascending; nil: of all the SLA is about
}

// source says what a measure is counted from.
type source int

const (
	nowhere   source = iota // reports don't carry what the measure needs
	byReports               // either side's performance reports
	byQuality               // either side's quality reports
	byRecord                // entries that both sides hold: the same by both sides' figures
)

// maxForecastDays bounds the windows that measures of forecasts are taken over: one version of a day counts.
const maxForecastDays = 400

// sources of measures. Those of forecasts need a stated basis and lag: without them two readers measure two things.
var sources = map[measure.Code]source{
	measure.OnTime: byReports, measure.InFull: byReports, measure.OTIF: byReports, measure.OTIFUnits: byReports, measure.UnitFill: byReports,
	measure.StockoutRate: byReports, measure.Turns: byReports, measure.StockCover: byReports, measure.Adherence: byReports,
	measure.WAPE: byReports, measure.Bias: byReports, measure.MAE: byReports, measure.SMAPE1: byReports, measure.SMAPE2: byReports, measure.TrackingTest: byReports,
	measure.Coverage: byReports, measure.CoverageBelow: byReports, measure.Pinball: byReports, measure.WIS: byReports, measure.QuantileBias: byReports,
	measure.DefectPPM: byQuality, measure.Yield: byQuality,
	measure.Attainment: byRecord, measure.StepsOnTime: byRecord, measure.AnsweredOnTime: byRecord, measure.AnswerTime: byRecord,
	measure.Nervousness: byRecord, measure.Revised: byRecord, measure.DemandShift: byRecord, measure.FrozenChanges: byRecord,
}

var (
	pointErrors = []measure.Code{measure.WAPE, measure.Bias, measure.MAE, measure.SMAPE1, measure.SMAPE2, measure.TrackingTest}
	bandScores  = []measure.Code{measure.Coverage, measure.CoverageBelow, measure.Pinball, measure.WIS, measure.QuantileBias}
)

// sourceOf says what an SLA is counted from.
func sourceOf(d measure.Definition) source {
	from := sources[d.Code]
	set := setting(d)
	if slices.Contains(pointErrors, d.Code) || slices.Contains(bandScores, d.Code) {
		if _, stated := performance.Bases[set["actualBasis"]]; !stated || set["lag"] == "UNSTATED" {
			return nowhere
		}
	}
	if from == byQuality && denominator(set) == "" {
		return nowhere
	}
	return from
}

// Measurable tells whether what two companies share carries what a measure needs.
func Measurable(d measure.Definition) bool { return sourceOf(d) != nowhere }

// ByReports tells whether a measure is made of performance reports, with or without forecasts.
func ByReports(d measure.Definition) bool { return sourceOf(d) == byReports }

// commitDays is how long before a window what is committed to it is looked for.
const commitDays = 200

// longestBucket is how many days of a lag a bucket is at most: those of a month.
const longestBucket = 31

// NeedsForecasts tells whether a measure is made of revisions of forecasts and answers to them, and how many days before its window those begin.
func NeedsForecasts(d measure.Definition) (days int, needs bool) {
	switch {
	case slices.Contains(pointErrors, d.Code) || slices.Contains(bandScores, d.Code):
		return number(setting(d)["lag"]) * longestBucket, Measurable(d)
	case d.Code == measure.Adherence || d.Code == measure.Attainment:
		return commitDays, true
	case slices.Contains([]measure.Code{measure.Nervousness, measure.Revised, measure.DemandShift, measure.FrozenChanges}, d.Code):
		return 0, true
	}
	return 0, false
}

// NeedsQuality tells whether a measure is made of quality reports.
func NeedsQuality(d measure.Definition) bool {
	return sourceOf(d) == byQuality || d.Code == measure.StepsOnTime
}

// NeedsAnswers tells whether a measure is made of the times of answers.
func NeedsAnswers(d measure.Definition) bool {
	return d.Code == measure.AnsweredOnTime || d.Code == measure.AnswerTime
}

func setting(d measure.Definition) measure.Setting {
	out := measure.Setting{}
	for _, p := range d.Parameters {
		out[p.Name] = p.Value
	}
	return out
}

func number(text string) int {
	q, err := quantity.Parse(text)
	if err != nil {
		return 0
	}
	n, whole := q.At(0)
	if !whole || !n.IsInt64() {
		return 0
	}
	return int(n.Int64())
}

// measured is a figure beside the counts of cells: exact, or the reason why there is none.
type measured struct {
	value  *big.Rat
	count  int64
	reason measure.Reason
}

func measuredBy(r measure.Result) measured {
	if !r.Measured() {
		return measured{reason: r.Reason}
	}
	return measured{value: r.Value.Rat(), count: int64(r.Count)}
}

// ofCells is a measure of one side's cells that is no share of counts; false where it is one.
func (c Case) ofCells(cells []cell) (m measured, special bool) {
	code := c.SLA.Measure.Code
	set := setting(c.SLA.Measure)
	switch {
	case code == measure.Turns || code == measure.StockCover:
		return stock(cells, code, set), true
	case code == measure.Adherence:
		return c.kept(cells), true
	case slices.Contains(pointErrors, code) || slices.Contains(bandScores, code):
		if c.Period.Days() > maxForecastDays {
			return measured{reason: measure.NoForecast}, true
		}
		plain := make([]performance.Settled, len(cells))
		for i, x := range cells {
			plain[i].Cell = x.Cell
		}
		errors, scores := &measure.Errors{Setting: set}, &measure.Scores{Setting: set}
		for _, versions := range c.Records.Forecasts {
			e, s := performance.Accuracy(plain, versions, set["actualBasis"], number(set["lag"]), set)
			errors.Join(e)
			scores.Join(s)
		}
		if slices.Contains(pointErrors, code) {
			return measuredBy(errors.Result(code)), true
		}
		return measuredBy(scores.Result(code)), true
	}
	return m, false
}

// stock is what stood at the ends of buckets, each for the days of its bucket, against what was used. Quantities of different units don't add up.
func stock(cells []cell, code measure.Code, set measure.Setting) measured {
	all := &measure.Stock{Setting: set}
	unit := quantity.Unit("")
	for _, c := range cells {
		used := c.Sold
		if used == nil {
			used = c.Demand
		}
		if c.OnHand == nil || used == nil {
			continue
		}
		if unit == "" {
			unit = c.Unit
		}
		day := measure.StockDay{Item: c.Item.ID(), Location: c.Place.Key(), Listed: true}
		for _, q := range []struct{ from, to *quantity.Quantity }{{c.OnHand, new(quantity.Quantity)}, {c.Blocked, &day.Blocked}, {c.InTransit, &day.InTransit}, {used, &day.Used}} {
			if q.from == nil {
				continue
			}
			v, err := quantity.Convert(*q.from, c.Unit, unit)
			if err != nil {
				return measured{reason: measure.NotPossible}
			}
			*q.to = v
			if q.from == c.OnHand {
				day.OnHand = &v
			}
		}
		all.AddSpan(day, c.Bucket.Days())
	}
	return measuredBy(all.Result(code))
}

// kept is what was delivered of what had been committed when a bucket began.
func (c Case) kept(cells []cell) measured {
	out := &measure.Kept{}
	received := map[string]*quantity.Quantity{}
	for _, x := range cells {
		received[x.Key()+"|"+string(x.Unit)] = x.Received
	}
	c.committed(func(l forecast.Line, b forecast.Cell, committed quantity.Quantity, answered bool) {
		at := performance.Cell{Item: l.Item, Place: l.Location, Bucket: b.Bucket}
		if got := received[at.Key()+"|"+string(l.Unit)]; got != nil && answered {
			out.Add(b.Mean, committed, *got)
		}
	})
	return measuredBy(out.Result(measure.Adherence))
}

// committed visits the buckets of the window that forecasts ask for, by the newest version before each began, with what was committed to it by then:
// by the newest of its versions that was answered.
func (c Case) committed(fn func(l forecast.Line, b forecast.Cell, committed quantity.Quantity, answered bool)) {
	if c.Period.Days() > maxForecastDays {
		return
	}
	for _, versions := range c.Records.Forecasts {
		asked := map[string]bool{}
		said := map[string]quantity.Quantity{}
		c.inTime(versions, func(v performance.Version, l forecast.Line, b forecast.Cell, key string) {
			if _, known := said[key]; known || v.Committed == nil {
				return // an earlier version only fills in what was not answered later
			}
			if q, answered := v.Committed(l.Key(), b.Bucket); answered {
				said[key] = q
			}
		})
		c.inTime(versions, func(_ performance.Version, l forecast.Line, b forecast.Cell, key string) {
			if asked[key] || l.Kind != forecast.Total || !speaks(c.SLA, l.Item, l.Location.Region) {
				return
			}
			asked[key] = true
			q, answered := said[key]
			fn(l, b, q, answered)
		})
	}
}

// inTime visits the buckets of the window in versions that came before the bucket began, the newest version first. key names the bucket of the line.
func (c Case) inTime(versions []performance.Version, fn func(v performance.Version, l forecast.Line, b forecast.Cell, key string)) {
	for _, v := range slices.Backward(versions) {
		for _, l := range v.Document.Lines {
			for _, b := range l.Buckets {
				if c.Period.Covers(b.Bucket) && v.At < c.Terms.Calendar.Begin(b.Start) {
					fn(v, l, b, l.Key()+"|"+b.Bucket.String())
				}
			}
		}
	}
}

// ofRecord is a measure of entries that both sides hold.
func (c Case) ofRecord() measured {
	switch c.SLA.Measure.Code {
	case measure.Attainment:
		out := &measure.Kept{}
		// What was asked for and not answered is nothing committed: who does not answer gains nothing by it.
		c.committed(func(_ forecast.Line, b forecast.Cell, committed quantity.Quantity, _ bool) {
			out.Add(b.Mean, committed, quantity.Quantity{})
		})
		return measuredBy(out.Result(measure.Attainment))
	case measure.AnsweredOnTime, measure.AnswerTime:
		return c.answers()
	case measure.StepsOnTime:
		return c.steps()
	}
	return c.revisions()
}

// answers judges the revisions whose answers were due in the window.
func (c Case) answers() measured {
	share, took := &measure.Shares{}, []int64{}
	begin, end := c.Terms.Calendar.Begin(c.Period.Start), c.Terms.Calendar.Begin(c.Period.End)
	for _, a := range c.Records.Asked {
		inTime := a.Answered != 0 && a.Answered <= a.Due
		if a.Due < begin || a.Due >= end || !inTime && a.Replaced != 0 && a.Replaced <= a.Due {
			continue // due elsewhere, or nobody was to answer what was replaced before
		}
		if len(c.SLA.Items) > 0 && a.Products != nil && !slices.ContainsFunc(c.SLA.Items, func(id string) bool { _, has := slices.BinarySearch(a.Products, id); return has }) {
			continue
		}
		share.Add(inTime)
		until := a.Answered
		if until == 0 || until > end {
			until = end
		}
		took = append(took, max(until-a.At, 0))
	}
	if c.SLA.Measure.Code == measure.AnswerTime {
		return measuredBy(measure.AnswerHours(took))
	}
	return measuredBy(share.Result(measure.AnsweredOnTime))
}

// steps judges the steps of corrective work that were due in the window, by the service rule of the report that holds the complaint. The complaint is
// the receiver's, the work the other side's, both as their newest reports have them.
func (c Case) steps() measured {
	share := &measure.Shares{}
	work := map[string]quality.Case{}
	parties := []terms.Party{terms.Buyer, terms.Seller}
	for _, p := range parties {
		for _, d := range c.Records.Quality[p] {
			for _, w := range d.Cases {
				work[w.Complaint] = w
			}
		}
	}
	seen := map[string]bool{}
	for _, p := range parties {
		for _, d := range c.Records.Quality[p] {
			for _, x := range d.Complaints {
				if seen[x.ID] || !speaks(c.SLA, x.Item, x.Site.Region) {
					continue
				}
				seen[x.ID] = true
				var done *quality.Case
				if w, known := work[x.ID]; known {
					done = &w
				}
				for _, step := range quality.ClockOf(d.Service, x, done, c.Period.End) {
					if c.Period.Contains(step.Due) {
						share.Add(step.Done != 0 && step.Done <= step.Due)
					}
				}
			}
		}
	}
	return measuredBy(share.Result(measure.StepsOnTime))
}

// revisions judges how forecasts were revised in the window: of several versions of a day the last counts.
func (c Case) revisions() measured {
	all := &measure.Revisions{}
	if c.Period.Days() <= maxForecastDays {
		begin, end := c.Terms.Calendar.Begin(c.Period.Start), c.Terms.Calendar.Begin(c.Period.End)
		for _, versions := range c.Records.Forecasts {
			first := 0
			for i, v := range versions {
				if v.At < begin {
					first = i
				}
			}
			var within []performance.Version
			for _, v := range versions[min(first, len(versions)):] {
				if v.At < end {
					v.Document.Lines = slices.DeleteFunc(slices.Clone(v.Document.Lines), func(l forecast.Line) bool { return !speaks(c.SLA, l.Item, l.Location.Region) })
					within = append(within, v)
				}
			}
			all.Join(performance.Revised(within))
		}
	}
	m := measuredBy(all.Result(c.SLA.Measure.Code))
	m.count = int64(all.Result(measure.Revised).Count) // a forecast that nobody changed was observed all the same
	return m
}

// denominators are what reports call the denominators of a definition; what is made is in no report.
var denominators = map[string]quality.Denominator{"RECEIVED": quality.ByReceived, "SHIPPED": quality.ByDelivered, "INSPECTED": quality.ByInspected}

func denominator(set measure.Setting) quality.Denominator { return denominators[set["denominator"]] }

// inspected is what one side says of quality in a window.
type inspected struct {
	whole bool
	by    map[string]quality.Measure
}

// inspections takes from a side's quality reports what speaks of the window, by item, place, process and period. Where periods of one item overlap, the
// one of just this window goes before others, then the earliest and longest: nothing counts twice. A side has reported when what it counted covers
// every day of the window.
func (c Case) inspections(docs []quality.Document) inspected {
	out := inspected{by: map[string]quality.Measure{}}
	var all []quality.Measure
	for _, d := range docs {
		for _, m := range d.Measures {
			if c.Period.Covers(m.Period) && m.Denominator == denominator(setting(c.SLA.Measure)) && m.Base() != nil && speaks(c.SLA, m.Item, m.Site.Region) {
				all = append(all, m)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b quality.Measure) int {
		exact := func(m quality.Measure) int {
			if m.Period == c.Period {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(exact(a), exact(b)), cmp.Compare(a.Period.Start, b.Period.Start), cmp.Compare(b.Period.End, a.Period.End), cmp.Compare(inspectionOf(a), inspectionOf(b)))
	})
	until, whole := map[string]calendar.Date{}, map[string]bool{}
	at := c.Period.Start
	for _, m := range all {
		of := inspectionOf(m)
		if whole[of] || m.Period.Start < until[of] {
			continue
		}
		whole[of] = m.Period == c.Period
		until[of] = max(until[of], m.Period.End)
		out.by[of+"|"+m.Period.String()] = m
	}
	slices.SortStableFunc(all, func(a, b quality.Measure) int { return cmp.Compare(a.Period.Start, b.Period.Start) })
	for _, m := range all {
		if m.Period.Start <= at {
			at = max(at, m.Period.End)
		}
	}
	out.whole = at >= c.Period.End
	return out
}

func inspectionOf(m quality.Measure) string {
	return forecast.JoinKey(m.Item.ID(), m.Site.Key(), m.Process, string(m.Unit))
}

// defects adds up what a side inspected, with what only the other side did, and prices what was bad.
func (c Case) defects(f *figures, own, other inspected) {
	all := &measure.Defects{Setting: measure.Setting{"denominator": setting(c.SLA.Measure)["denominator"]}}
	sum, said := new(big.Rat), map[string]bool{}
	add := func(m quality.Measure) {
		base := m.Base()
		bad, err := m.Counted()
		if err != nil {
			return
		}
		all.Add(measure.Lot{Units: *base, Defective: bad})
		sum.Add(sum, base.Rat())
		if r := c.priced(m.Item, bad, m.Unit, m.Period.Start); r != nil && bad.Sign() > 0 {
			f.failing.Add(f.failing, r)
		}
	}
	for _, key := range sortedKeys(own.by) {
		said[inspectionOf(own.by[key])] = true
		add(own.by[key])
	}
	for _, key := range sortedKeys(other.by) {
		if !said[inspectionOf(other.by[key])] {
			add(other.by[key])
		}
	}
	m := measuredBy(all.Result(c.SLA.Measure.Code))
	f.value, f.reason, f.whole = m.value, m.reason, own.whole
	f.count = 0
	if units := new(big.Int).Quo(sum.Num(), sum.Denom()); units.IsInt64() {
		f.count = units.Int64()
	} else if units.Sign() > 0 {
		f.count = 1 << 62
	}
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// speaks tells whether an SLA is about an item at a place.
func speaks(s terms.SLA, item forecast.Item, region string) bool {
	return covers(s, performance.Cell{Item: item, Place: forecast.Location{Region: region}})
}
