package intake

import (
	"fmt"
	"slices"

	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// settle keeps what a schedule says of accumulated quantities and authorisations where it agrees with the line's periods. What does not is noted and left
// aside: the quantities of the periods are what is asked for.
func (s *Schedule) settle(l *ScheduleLine) {
	aside := func(format string, args ...any) {
		at := l.at
		at.Code, at.Text = NoteNotCarried, fmt.Sprintf("product %q: ", l.Line.Item.ID())+fmt.Sprintf(format, args...)
		s.report.Note(at)
	}
	line := &l.Line
	drop := func() {
		for i := range line.Buckets {
			line.Buckets[i].Accumulated = nil
		}
	}
	counted := slices.ContainsFunc(line.Buckets, func(c forecast.Cell) bool { return c.Accumulated != nil })
	x := line.Schedule
	if x == nil {
		x = &forecast.Schedule{}
	}
	if !x.Reset.Valid() || x.Reset > line.Buckets[0].Start {
		drop()
		line.Schedule = nil
		if x.Backlog != nil {
			line.Schedule = &forecast.Schedule{Backlog: x.Backlog}
		}
		if counted || x.Received != nil || x.Fabrication != nil || x.Material != nil {
			if x.Reset.Valid() {
				aside("its cumulative quantities count from %s, after the first period: left aside", x.Reset)
			} else {
				aside("cumulative quantities and authorisations without the day they count from: left aside")
			}
		}
		return
	}
	if why := broken(*line); why != "" {
		drop()
		aside("its cumulative quantities were left aside: %s", why)
	}
	least := firm(*line)
	for _, a := range []struct {
		name string
		at   **forecast.Authorisation
	}{{"fabrication", &x.Fabrication}, {"material", &x.Material}} {
		if *a.at == nil {
			continue
		}
		if (*a.at).From == 0 {
			(*a.at).From = x.Reset
		}
		switch is := **a.at; {
		case is.To <= is.From:
			*a.at = nil
			aside("the authorisation of %s for %s has no day on which it ends: left aside", a.name, is.Quantity)
		case is.Quantity.Less(least):
			*a.at = nil
			aside("the authorisation of %s for %s is less than the %s that are firm or may be made: left aside", a.name, is.Quantity, least)
		default:
			least = is.Quantity
		}
	}
}

// broken tells why the accumulated quantities of a line don't follow from its periods; "" where they do, or where there are none.
func broken(l forecast.Line) string {
	n := 0
	for _, c := range l.Buckets {
		if c.Accumulated != nil {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	if n < len(l.Buckets) {
		return fmt.Sprintf("%d of %d periods have one", n, len(l.Buckets))
	}
	before := l.Schedule.Received
	for i, c := range l.Buckets {
		if before != nil {
			step, err := c.Accumulated.Sub(*before)
			over := i == 0 && err == nil && step.Sign() < 0 && c.Mean.IsZero()
			if err != nil || step.Cmp(c.Mean) != 0 && !over {
				return fmt.Sprintf("%s follows %s, and the period %s asks for %s", c.Accumulated, before, c.Bucket, c.Mean)
			}
		}
		before = c.Accumulated
	}
	return ""
}

// firm is the accumulated quantity at the end of the last firm period.
func firm(l forecast.Line) (q quantity.Quantity) {
	for _, c := range l.Buckets {
		if c.Firmness == forecast.Firm && c.Accumulated != nil {
			q = *c.Accumulated
		}
	}
	return q
}

// NewAuthorisation is what may be made or bought ahead, until a last day. Without a first day it is from the day the quantities count from.
func NewAuthorisation(q quantity.Quantity, from, last calendar.Date) *forecast.Authorisation {
	a := &forecast.Authorisation{Quantity: q, From: from}
	if last.Valid() {
		a.To = last.AddDays(1)
	}
	return a
}
