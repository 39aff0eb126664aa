package terms

import (
	"kontor/protocol/calendar"
)

// maxWindows is where a list of windows stops: a rolling window each day for ten years.
const maxWindows = 3_660

// RebutDays is how long what stands by silence may be rebutted after the last correction, in working days (practice T2).
const RebutDays = 10

// Span is one period of an SLA with the days its reports are due on.
type Span struct {
	Period  calendar.Bucket `json:"period"`
	Reports []Due           `json:"reports"`
	Until   calendar.Date   `json:"correctUntil"` // the last of the duties' corrections: the window's deadline (PROTOCOL 6)
	Rebut   calendar.Date   `json:"rebutUntil"`   // what stands by silence may be rebutted until here
}

// Due is a report that is owed.
type Due struct {
	By           Party         `json:"by"`
	What         string        `json:"what"`
	Due          calendar.Date `json:"due"`
	CorrectUntil calendar.Date `json:"correctUntil"`
}

// Windows are the periods of an SLA that end inside a range of days, in order: whole calendar months, quarters or years
// of the terms' zone, cut at both ends of the terms; or rolling ones from its first day on.
func (f Frame) Windows(s SLA, within calendar.Bucket) []Span {
	days := f.Calendar.Workdays()
	var out []Span
	add := func(b calendar.Bucket) {
		b.Start, b.End = max(b.Start, f.Period.Start), min(b.End, f.Period.End)
		if !b.Valid() || !within.Contains(b.Last()) || len(out) >= maxWindows {
			return
		}
		w := Span{Period: b, Reports: []Due{}}
		for _, d := range s.Duties {
			due := Due{d.By, d.What, days.Add(b.Last(), int(d.DueDays)), days.Add(b.Last(), int(d.CorrectDays))}
			w.Reports, w.Until = append(w.Reports, due), max(w.Until, due.CorrectUntil)
		}
		w.Rebut = days.Add(w.Until, RebutDays)
		out = append(out, w)
	}
	if s.Window.Kind == Rolling {
		if s.Window.Days <= 0 || s.Window.Step <= 0 {
			return nil // refused by Check
		}
		for start := f.Period.Start; start.AddDays(int(s.Window.Days)) <= min(f.Period.End, within.End); start = start.AddDays(int(s.Window.Step)) {
			add(calendar.Bucket{Start: start, End: start.AddDays(int(s.Window.Days))})
		}
		return out
	}
	months := map[WindowKind]int{PerMonth: 1, PerQuarter: 3, PerYear: 12}[s.Window.Kind]
	if months == 0 {
		return nil
	}
	first := f.Period.Start.Month()
	first -= first % calendar.Month(months)
	for m := first; m.First() < min(f.Period.End, within.End); m = m.Add(months) {
		add(calendar.Bucket{Start: m.First(), End: m.Add(months).First()})
	}
	return out
}

// Meeting is one date of the cadence.
type Meeting struct {
	Cadence string        `json:"cadence"`
	Name    string        `json:"name"`
	Day     calendar.Date `json:"day"`
	Gates   []string      `json:"gates,omitempty"`
}

// Meetings are the next dates of each cadence from a day on, inside the terms, at most so many of each, by day.
func (f Frame) Meetings(from calendar.Date, most int) []Meeting {
	out := []Meeting{}
	for _, c := range f.Cadence {
		rule, err := calendar.ParseRule(c.RRule, c.First)
		if err != nil {
			continue // refused by Check
		}
		for _, day := range rule.From(max(from, f.Period.Start), f.Period.End, most) {
			out = append(out, Meeting{c.ID, c.Name, day, c.Gates})
		}
	}
	sortMeetings(out)
	return out
}

// DeliveryWindow are the days on which a delivery due on a day is on time, the end exclusive.
func (f Frame) DeliveryWindow(due calendar.Date) calendar.Bucket {
	t := f.Tolerance
	if !t.Working {
		return calendar.Bucket{Start: due.AddDays(-int(t.EarlyDays)), End: due.AddDays(int(t.LateDays) + 1)}
	}
	w := f.Calendar.Workdays()
	b := calendar.Bucket{Start: due, End: due}
	if t.EarlyDays > 0 {
		b.Start = w.Add(due, -int(t.EarlyDays))
	}
	if t.LateDays > 0 {
		b.End = w.Add(due, int(t.LateDays))
	}
	b.End = b.End.AddDays(1)
	return b
}

// AnswerDue is the last millisecond, UTC, of the day by which a forecast issued at an instant is to be answered; 0 where the terms name no days.
func (f Frame) AnswerDue(issued int64) int64 {
	if f.Loop.AnswerDays <= 0 {
		return 0
	}
	due := f.Calendar.Workdays().Add(f.Calendar.Day(issued), int(f.Loop.AnswerDays))
	return f.Calendar.End(due)
}
