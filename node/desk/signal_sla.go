package desk

import (
	"fmt"
	"slices"

	"kontor/protocol/calendar"
	"kontor/protocol/exception"
	"kontor/protocol/forecast"
	"kontor/protocol/measure"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// promises raises the SLAs that are missed at the rate their running window has gone so far, by the reports both hold of days inside it: early enough to
// still do something. What a clause measures and these reports can't tell is left to the end of the window.
func (s *sight) promises() (out []exception.Exception, err error) {
	clauses := 0
	for _, a := range s.inForce {
		clauses += len(a.Document.SLAs)
	}
	if clauses == 0 {
		return nil, nil
	}
	var m measuring
	if err := s.d.gather(&m, s.r, s.p); err != nil || len(m.settled) == 0 {
		return nil, err
	}
	for _, a := range s.inForce {
		for _, sla := range a.Document.SLAs {
			for _, w := range running(a.Document.Frame, sla, s.today) {
				cells := slices.DeleteFunc(slices.Clone(m.settled), func(c performance.Settled) bool {
					return !w.Period.Covers(c.Bucket) || !concerns(sla, c.Item, c.Place.Region)
				})
				r, ok := measuredBy(sla.Measure, cells)
				if !ok || !r.Measured() || int64(r.Count) < sla.MinSample || reaches(sla, r) {
					continue
				}
				out = append(out, s.promiseAtRisk(a.Document, sla, w, r))
			}
		}
	}
	return out, nil
}

func (s *sight) promiseAtRisk(doc terms.Document, sla terms.SLA, w terms.Span, r measure.Result) exception.Exception {
	side := exception.Seller
	if sla.By == terms.Buyer {
		side = exception.Buyer
	}
	want := "at least"
	if sla.AtMost {
		want = "at most"
	}
	e := exception.Exception{Kind: exception.SLARisk, Side: side, Speed: exception.Desk, Role: "ACCOUNT", Scope: exception.Scope{Group: sla.ID, Buckets: w.Period},
		Deadline: w.Period.End.Millis() - 1,
		Cause:    fmt.Sprintf("%s of %s stands at %s over %d counted in %s; %s %s is promised", sla.ID, doc.Contract, r.Value, r.Count, w.Period, want, sla.Target),
		Default:  exception.Outcome{Code: exception.OutcomeRemedy, Text: fmt.Sprintf("If it goes on like this %s is missed in %s, and what the terms say of that applies.", sla.ID, w.Period)}}
	e = atStake(e, doc, sla.ID)
	if e.Value != (quantity.Money{}) && !s.deskMay(e.Value) {
		e.Speed, e.Role = exception.Officers, e.Kind.Officer()
	}
	return named(e, exception.Scope{Group: doc.Contract + "/" + sla.ID, Buckets: w.Period})
}

// running is the window of a clause that holds a day.
func running(f terms.Frame, sla terms.SLA, today calendar.Date) []terms.Span {
	const longest = 366 // days of a window: a year; rolling ones are bounded by the terms' checks
	reach := max(longest, int(sla.Window.Days))
	all := f.Windows(sla, calendar.Bucket{Start: today, End: today.AddDays(reach + 1)})
	held := slices.DeleteFunc(all, func(w terms.Span) bool { return !w.Period.Contains(today) })
	return held[:min(1, len(held))] // of overlapping ones the first to end: the others say the same later
}

func concerns(sla terms.SLA, item forecast.Item, region string) bool {
	named := func(id string) bool { return id != "" && slices.Contains(sla.Items, id) }
	return (len(sla.Items) == 0 || named(item.BuyersID) || named(item.SellersID) || named(item.GTIN)) && (len(sla.Regions) == 0 || slices.Contains(sla.Regions, region))
}

// measuredBy computes a clause's measure from reports; ok is false where they can't tell it.
func measuredBy(d measure.Definition, cells []performance.Settled) (r measure.Result, ok bool) {
	setting := measure.Setting{}
	for _, p := range d.Parameters {
		setting[p.Name] = p.Value
	}
	switch d.Code {
	case measure.OnTime, measure.InFull, measure.OTIF, measure.OTIFUnits:
		return performance.Delivered(cells, setting).Result(d.Code), true
	}
	return r, false
}

// reaches tells whether a result keeps the promise.
func reaches(sla terms.SLA, r measure.Result) bool {
	order := r.Value.Rat().Cmp(sla.Target.Rat())
	return sla.AtMost && order <= 0 || !sla.AtMost && order >= 0
}
