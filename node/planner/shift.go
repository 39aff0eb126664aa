package planner

import (
	"fmt"

	"kontor/protocol/calendar"
)

// Shift moves a history by whole years, so that its seasons stay, to end before
// today. It is for figures of the past that stand in for today's, and is said to
// whoever sees them: String is that sentence.
type Shift struct {
	Years    int            // added to every month; 0 = none needed
	Was, Now calendar.Month // last month of the history, before and after
	First    calendar.Month // first month to forecast: the one after today's
	LeadIn   int            // months between Now and First, for Options.LeadIn; 0 to 11
}

// ShiftAhead is the shift that brings a history ending with the month last as
// near to today as whole years allow without going past today's month. The
// horizon begins with the month after today's, so that all of it lies ahead.
//
// A history that ends after today's month is not moved, and its horizon begins
// with the month after its end.
func ShiftAhead(last calendar.Month, today calendar.Date) Shift {
	s := Shift{Was: last, Now: last, First: last + 1}
	if behind := int(today.Month() - last); behind >= 0 {
		s.Years = behind / 12
		s.Now = last.Add(12 * s.Years)
		s.First = today.Month() + 1
		s.LeadIn = int(s.First-s.Now) - 1
	}
	return s
}

func (s Shift) String() string {
	var moved string
	switch s.Years {
	case 0:
		moved = fmt.Sprintf("the history ends with %s and is not shifted", s.Was)
	case 1:
		moved = fmt.Sprintf("the history ended with %s; every month is shifted by 1 year, to end with %s", s.Was, s.Now)
	default:
		moved = fmt.Sprintf("the history ended with %s; every month is shifted by %d years, to end with %s", s.Was, s.Years, s.Now)
	}
	switch s.LeadIn {
	case 0:
		return fmt.Sprintf("%s; the forecast begins with %s", moved, s.First)
	case 1:
		return fmt.Sprintf("%s; the forecast begins with %s, leaving out 1 month that is neither known nor ahead", moved, s.First)
	}
	return fmt.Sprintf("%s; the forecast begins with %s, leaving out %d months that are neither known nor ahead", moved, s.First, s.LeadIn)
}
