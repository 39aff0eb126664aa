package dispute

import (
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// The levels of a path, in their order.
const (
	Desk    = "DESK"
	COO     = "COO"
	CEO     = "CEO"
	Arbiter = "ARBITER"
)

// Clock is how a contract reads time: its calendar's business days and its zone.
type Clock struct {
	Days calendar.Workdays
	zone terms.Calendar
}

// ClockOf is the clock of terms, with the changes of it that both sides signed.
func ClockOf(c terms.Calendar) Clock { return Clock{c.Workdays(), c} }

// Day is the day of an instant, ms UTC.
func (c Clock) Day(t int64) calendar.Date { return c.zone.Day(t) }

// End is the last millisecond, UTC, of a day.
func (c Clock) End(d calendar.Date) int64 { return c.zone.End(d) }

// Step is a level of a dispute's path with its days.
type Step struct {
	Level    string        `cbor:"level" json:"level"`
	Days     int64         `cbor:"days" json:"days"`         // business days
	Default  terms.Outcome `cbor:"default" json:"default"`   // what silence means
	From     calendar.Date `cbor:"from" json:"from"`         // the day before its first
	Until    calendar.Date `cbor:"until" json:"until"`       // its last day
	Deadline int64         `cbor:"deadline" json:"deadline"` // the last ms UTC of it
}

// Plan is the path of a dispute that is opened on a day: the levels the terms name, as far as the amount may go, if nobody acts. What is in dispute
// without an amount goes the whole path.
func Plan(levels []terms.DisputeLevel, c Clock, worth *quantity.Money, day calendar.Date) (path []Step) {
	for _, l := range levels {
		s := Step{Level: l.Level, Days: l.Days, Default: l.Default}
		small := l.EndsUpTo != nil && worth != nil && worth.Currency == l.EndsUpTo.Currency && worth.Minor <= l.EndsUpTo.Minor
		if small {
			s.Default = l.Ends
		}
		path = append(path, s)
		if small {
			break
		}
	}
	schedule(path, c, day)
	return path
}

// schedule gives levels their days, the first from the day after one on.
func schedule(path []Step, c Clock, day calendar.Date) {
	for i := range path {
		s := &path[i]
		s.From = day
		s.Until = c.Days.Add(day, int(s.Days))
		s.Deadline = c.End(s.Until)
		day = s.Until
	}
}

// PlainPath is how a contested agreement comes to its end where no terms in force name a path, such as the first agreement of a partnership: by business
// days from Monday to Friday, UTC. Nobody signed that silence lets it stand, so that by silence it is void.
func PlainPath(arbiter bool) []terms.DisputeLevel {
	path := []terms.DisputeLevel{{Level: Desk, Days: 5, Default: terms.NextLevel}, {Level: COO, Days: 10, Default: terms.NextLevel}, {Level: CEO, Days: 10, Default: terms.Dropped}}
	if arbiter {
		path[2].Default = terms.NextLevel
		path = append(path, terms.DisputeLevel{Level: Arbiter, Days: 20, Default: terms.Dropped})
	}
	return path
}

// Ends is the day on which the path is over if nobody acts, and what it comes to then: known from the first day on.
func (d Dispute) Ends() (calendar.Date, terms.Outcome) {
	for _, s := range d.Path[d.At:] {
		if s.Default != terms.NextLevel {
			return s.Until, s.Default
		}
	}
	s := d.Path[len(d.Path)-1]
	return s.Until, s.Default
}
