package desk

import (
	"fmt"
	"slices"

	"kontor/protocol/calendar"
	"kontor/protocol/exception"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
)

// promises raises the SLAs whose running window is heading for a miss, by all that both hold of it so far: early enough to still do something. The same
// projection is shown with the windows of the terms; fewer observations than the clause wants say nothing yet.
func (s *sight) promises() (out []exception.Exception, err error) {
	cases := s.r.SLACases()
	for _, a := range s.inForce {
		today := s.d.dayBy(a.Document)
		for _, sla := range a.Document.SLAs {
			if _, adjusts := a.Document.AdjustedPrice(sla.ID); adjusts {
				continue // the value of an index is nobody's promise
			}
			for _, w := range running(a.Document.Frame, sla, today) {
				c, err := cases(a.Document, sla, w.Period)
				if err != nil {
					return nil, err
				}
				ahead := remedy.Project(c, today)
				if (ahead.Outlook == remedy.AtRisk || ahead.Outlook == remedy.Lost) && ahead.Count >= sla.MinSample {
					out = append(out, s.promiseAtRisk(a.Document, sla, w, ahead))
				}
			}
		}
	}
	return out, nil
}

func (s *sight) promiseAtRisk(doc terms.Document, sla terms.SLA, w terms.Span, ahead remedy.Projection) exception.Exception {
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
		Cause:    fmt.Sprintf("%s of %s stands at %s over %d counted in %s; %s %s is promised", sla.ID, doc.Contract, ahead.Value, ahead.Count, w.Period, want, sla.Target),
		Default:  exception.Outcome{Code: exception.OutcomeRemedy, Text: fmt.Sprintf("If it goes on like this %s is missed in %s, and what the terms say of that applies.", sla.ID, w.Period)}}
	if ahead.Outlook == remedy.Lost {
		e.Cause += "; as much again will not make up for it"
	}
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
