package desk

import (
	"fmt"
	"strconv"

	"kontor/node"
	"kontor/protocol/calendar"
	"kontor/protocol/measure"
	"kontor/protocol/partnership"
	"kontor/protocol/performance"
	"kontor/protocol/quality"
	"kontor/protocol/quantity"
)

func values(of string, results ...measure.Result) MeasuredGroup {
	g := MeasuredGroup{Of: of, Notes: []string{}, Results: []MeasuredValue{}}
	for _, r := range results {
		g.Results = append(g.Results, valueOf(r))
	}
	return g
}

func (m *measuring) accuracy() MeasuredGroup {
	setting := measure.Setting{"actualBasis": m.basis, "lag": strconv.Itoa(m.lag)}
	errors, scores := &measure.Errors{Setting: setting}, &measure.Scores{Setting: setting}
	for _, versions := range m.versions {
		e, s := performance.Accuracy(m.settled, versions, m.basis, m.lag, setting)
		errors.Join(e)
		scores.Join(s)
	}
	if len(m.versions) == 0 {
		e, s := performance.Accuracy(m.settled, nil, m.basis, m.lag, setting)
		errors.Join(e)
		scores.Join(s)
	}
	results := []measure.Result{errors.Result(measure.WAPE), errors.Result(measure.Bias), errors.Result(measure.MAPE), errors.Result(measure.MAE), errors.Result(measure.RMSE), errors.Result(measure.SMAPE2), errors.Result(measure.TrackingTest),
		scores.Result(measure.Pinball), scores.Result(measure.WIS)}
	for _, band := range scores.Bands() {
		results = append(results, scores.Of(measure.Coverage, "band", quantity.Quantity.String(ppmOf(band))))
	}
	g := values("forecast", results...)
	g.Notes = append(g.Notes, fmt.Sprintf("each actual against the forecast that stood %s before its bucket began", node.Count(m.lag, "bucket")))
	return g
}

func ppmOf(n int64) quantity.Quantity {
	q, err := quantity.Scaled(n, -6)
	if err != nil {
		panic("invariant: parts of a million are a quantity: " + err.Error())
	}
	return q
}

func (m *measuring) deliveries() MeasuredGroup {
	d := performance.Delivered(m.settled, m.setting)
	results := []measure.Result{d.Result(measure.OnTime), d.Result(measure.InFull), d.Result(measure.OTIF), d.Result(measure.OTIFUnits)}
	for _, code := range []measure.Code{measure.LineFill, measure.OrderFill} {
		for _, event := range []string{"SHIPPED", "RECEIVED"} {
			set := measure.Setting{"fillEvent": event, "dateBasis": m.setting["dateBasis"]}
			if m.setting["dateBasis"] == "" {
				delete(set, "dateBasis")
			}
			results = append(results, performance.Served(m.settled, code, set).Result(code, set))
		}
	}
	for _, code := range []measure.Code{measure.OTIFOrders, measure.PerfectOrder, measure.LeadTime} {
		results = append(results, performance.Served(m.settled, code, m.setting).Result(code, m.setting))
	}
	g := values("delivery", results...)
	if m.windows > 0 {
		g.Notes = append(g.Notes, fmt.Sprintf("from the reports of %s, %d of them by one side alone", node.Count(m.windows, "window"), m.oneSided))
	}
	return g
}

func (m *measuring) stocks(cells []performance.Settled) performance.Stocked {
	var all []performance.Version
	for _, versions := range m.versions {
		all = append(all, versions...)
	}
	return performance.Stocks(cells, all, measure.Setting{"cover": strconv.Itoa(m.cover)}, m.cover)
}

func (m *measuring) stock() MeasuredGroup {
	s := m.stocks(m.settled)
	return values("stock", s.Days.Result(measure.StockoutRate), s.Levels.Result(measure.Overstock), s.Levels.Result(measure.Turns), s.Levels.Result(measure.StockCover))
}

// beforeAndAfter are the stock measures before and after a day, and whether the stockouts changed by more than chance.
func (m *measuring) beforeAndAfter() []MeasuredGroup {
	before, after := performance.Split(m.settled, m.since)
	a, b := m.stocks(before), m.stocks(after)
	changes, unpaired := measure.StockoutChanges(a.Days, b.Days)
	change := values("stockouts, after less before "+m.since.String(), measure.Compared(changes, unpaired, measure.Setting{"minimum": "2"}))
	change.Notes = append(change.Notes, fmt.Sprintf("%s before and %d after; each product and place is compared with itself: it says what changed, not why", node.Count(len(before), "cell"), len(after)))
	return []MeasuredGroup{
		values("stock before "+m.since.String(), a.Days.Result(measure.StockoutRate), a.Levels.Result(measure.Overstock)),
		values("stock from "+m.since.String(), b.Days.Result(measure.StockoutRate), b.Levels.Result(measure.Overstock)),
		change,
	}
}

func (m *measuring) stability() MeasuredGroup {
	all := &measure.Revisions{}
	count := 0
	for _, versions := range m.versions {
		all.Join(performance.Revised(versions))
		count += len(versions)
	}
	g := values("revisions", all.Result(measure.Nervousness), all.Result(measure.Revised), all.Result(measure.DemandShift), all.Result(measure.FrozenChanges))
	g.Notes = append(g.Notes, fmt.Sprintf("over %s of %s, each against the one before", node.Count(count, "version"), node.Count(len(m.versions), "forecast")))
	return g
}

func (m *measuring) supply() MeasuredGroup {
	attained, adhered := &measure.Kept{}, &measure.Kept{}
	for _, versions := range m.versions {
		a, b := performance.Kept(m.settled, versions)
		attained.Join(a)
		adhered.Join(b)
	}
	return values("supply", attained.Result(measure.Attainment), adhered.Result(measure.Adherence))
}

// denominators are what the measures call the denominators of reports.
var denominators = map[quality.Denominator]string{quality.ByReceived: "RECEIVED", quality.ByDelivered: "SHIPPED", quality.ByInspected: "INSPECTED"}

func (m *measuring) quality() (out []MeasuredGroup) {
	for _, role := range []string{partnership.RoleBuyer, partnership.RoleSeller} {
		collectors := map[string]*measure.Defects{}
		for _, x := range m.reports[role] {
			base := x.Base()
			if base == nil {
				continue
			}
			name := denominators[x.Denominator]
			if collectors[name] == nil {
				collectors[name] = &measure.Defects{Setting: measure.Setting{"denominator": name}}
			}
			collectors[name].Add(measure.Lot{Units: *base, Defective: x.Confirmed, Defects: x.Defects})
		}
		var results []measure.Result
		for _, name := range []string{"RECEIVED", "SHIPPED", "INSPECTED"} {
			if c := collectors[name]; c != nil {
				results = append(results, c.Result(measure.DefectPPM), c.Result(measure.Yield))
			}
		}
		if len(results) > 0 {
			out = append(out, values("quality, as the "+role+" reports it", results...))
		}
	}
	if len(out) == 0 {
		none := measure.Defects{}
		out = append(out, values("quality", none.Result(measure.DefectPPM)))
	}
	return append(out, m.work())
}

// work says how corrective work went: the complaints and cases of both sides' reports, by the service rule of each.
func (m *measuring) work() MeasuredGroup {
	w := quality.WorkOf(m.documents, m.today, func(c quality.Complaint) bool {
		day := calendar.DateOf(c.Raised)
		return m.sees(c.Item, c.Site.Region, calendar.Bucket{Start: day, End: day.AddDays(1)})
	})
	results := []measure.Result{w.OnTime.Result(measure.StepsOnTime)}
	for _, s := range w.Steps() {
		results = append(results, w.Median(s))
	}
	g := values("corrective work", append(results, w.Returned.Result(measure.Recurrence))...)
	g.Notes = append(g.Notes, "days from the receipt of a complaint by its service rule; what came back counts where a person confirmed it")
	return g
}
