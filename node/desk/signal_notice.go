package desk

import (
	"fmt"
	"slices"
	"strconv"

	"kontor/protocol/calendar"
	"kontor/protocol/exception"
	"kontor/protocol/forecast"
	"kontor/protocol/partnership"
	"kontor/protocol/quantity"
)

// disturbed raises the notices that came in files and wait for somebody: what they mean for a forecast or a plan, somebody on this side has to say. The other
// side does not have the file, and lists no such exception.
func (s *sight) disturbed() (out []exception.Exception, err error) {
	list, err := s.d.Notices()
	if err != nil {
		return nil, err
	}
	for _, n := range list {
		if !n.Open() || !s.speaksOf(n) {
			continue
		}
		from := calendar.DateOf(n.Start)
		span := calendar.Bucket{Start: from, End: max(from, s.today).AddDays(1)} // without an end it goes on
		if n.End != 0 {
			span.End = max(calendar.DateOf(n.End), from).AddDays(1)
		}
		if span.End <= s.today {
			continue // it is over: nothing can be done about it any more
		}
		e := exception.Exception{Kind: exception.Disturbed, Side: exception.Buyer, Scope: exception.Scope{Buckets: span}, Deadline: s.workday(calendar.DateOf(n.Taken), reactDays),
			Cause: fmt.Sprintf("notice %s from a file: %s, %s: %s", n.ID, n.Effect, n.Cause, n.Text),
			Default: exception.Outcome{Code: exception.OutcomeStays, Text: "If nothing is done forecast and plan stay as they are: a notice changes no figure. " +
				"Share what it means, and say that it is seen to: kontor notice done " + n.ID}}
		if n.Effect == effectAsked {
			e.Default.Text = "If nothing is done the partner goes on with the figures it has. Share newer ones, or nothing where there are none, and say that it is seen to: kontor notice done " + n.ID
		}
		if s.d.node.Own(s.p).Role == partnership.RoleSeller {
			e.Side = exception.Seller
		}
		if len(n.Products) == 1 {
			e.Scope.Product = n.Products[0].ID()
		} else {
			e.Scope.Group = n.ID
		}
		e = named(e, exception.Scope{Group: n.ID, Region: strconv.FormatInt(n.Changed, 10)}) // a newer word waits again
		of := "by which two values differ"
		if n.Units != nil {
			e.Units, e.Unit = *n.Units, n.Unit
		} else if of = "forecast while it lasts"; s.match != nil {
			if e.Units, e.Unit, err = forecastIn(s.match.Forecast, n.Products, span); err != nil {
				return nil, err
			}
		}
		e.UnitsMax = e.Units
		if e, err = s.forDesk(e, of, "PLANNER"); err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// speaksOf tells whether a notice is of this partnership: its file was said to be the partner's, or the forecast in use names one of its products, or there is
// no other partnership that it could be of.
func (s *sight) speaksOf(n Notice) bool {
	if n.With != "" {
		return n.With == s.p.PID.String()
	}
	if s.match != nil && slices.ContainsFunc(s.match.Forecast.Lines, func(l forecast.Line) bool { return isAmong(n.Products, l.Item) }) {
		return true
	}
	only, err := s.d.Partner("", "")
	return err == nil && only.PID == s.p.PID
}

// isAmong tells whether one of the items is the other, under any number both have.
func isAmong(items []forecast.Item, other forecast.Item) bool {
	return slices.ContainsFunc(items, func(i forecast.Item) bool {
		return i.GTIN != "" && i.GTIN == other.GTIN || i.BuyersID != "" && i.BuyersID == other.BuyersID || i.SellersID != "" && i.SellersID == other.SellersID
	})
}

// forecastIn is what a forecast asks of some items in the periods that overlap a span; nothing where it counts them in several units.
func forecastIn(doc forecast.Document, items []forecast.Item, span calendar.Bucket) (sum quantity.Quantity, unit quantity.Unit, err error) {
	for _, l := range doc.Lines {
		if !isAmong(items, l.Item) {
			continue
		}
		if unit != "" && unit != l.Unit {
			return quantity.Quantity{}, "", nil
		}
		unit = l.Unit
		for _, c := range l.Buckets {
			if c.Start < span.End && span.Start < c.End {
				if sum, err = sum.Add(c.Mean); err != nil {
					return sum, unit, err
				}
			}
		}
	}
	return sum, unit, nil
}
