package quality

import (
	"time"

	"kontor/protocol/calendar"
	"kontor/protocol/terms"
)

// DefaultService is a rule many contracts have: received the same working day until 17:00, containment (D3) within two
// working days, causes and chosen actions (D5) within 14 days, closed (D8) within 60.
func DefaultService() ServiceRule {
	return ServiceRule{Zone: "UTC", Cutoff: 17 * 60, Weekend: []int64{0, 6},
		Deadlines: []Deadline{{Step: D3, Days: 2, Working: true}, {Step: D5, Days: 14}, {Step: D8, Days: 60}}}
}

func (s ServiceRule) workdays() calendar.Workdays {
	var weekend []time.Weekday
	for _, d := range s.Weekend {
		weekend = append(weekend, time.Weekday(d))
	}
	return calendar.NewWorkdays(s.Holidays, weekend...)
}

// Day is the day of an instant, ms UTC, by the rule's clock: that of receipts, and the one that deadlines are held against.
func (s ServiceRule) Day(at int64) calendar.Date { return s.clock().Day(at) }

func (s ServiceRule) clock() terms.Calendar {
	return terms.Calendar{Zone: s.Zone, Offset: s.Offset, Shifts: s.Shifts}
}

// ReceivedOn is the day a complaint raised at a time (ms UTC) counts as received: that day until the cut-off, else the
// next working day. Nothing about nodes or networks enters.
func (s ServiceRule) ReceivedOn(raised int64) calendar.Date {
	clock, days := s.clock(), s.workdays()
	day := clock.Day(raised)
	if days.IsWorkday(day) && clock.Minute(raised) < s.Cutoff {
		return day
	}
	return days.Add(day, 1)
}

// StepState is where a step of the clock stands.
type StepState string

// The states of a step.
const (
	StepDone     StepState = "DONE"
	StepDoneLate StepState = "DONE_LATE"
	StepDue      StepState = "DUE"
	StepOverdue  StepState = "OVERDUE"
)

// Clock is one step with its day.
type Clock struct {
	Step  Step          `json:"step"`
	Due   calendar.Date `json:"due"`
	Done  calendar.Date `json:"done,omitzero"`
	State StepState     `json:"state"`
	// Agreed says that an agreement fixed the day, in the place of the service rule's.
	Agreed bool `json:"agreed,omitempty"`
}

// ClockOf gives every step with a deadline its due day and where it stands on a day. work is nil where the supplier has
// shared no case yet.
func ClockOf(s ServiceRule, c Complaint, work *Case, today calendar.Date) []Clock {
	received, days := s.ReceivedOn(c.Raised), s.workdays()
	out := make([]Clock, 0, len(s.Deadlines))
	for _, d := range s.Deadlines {
		clock := Clock{Step: d.Step, Due: received.AddDays(int(d.Days)), State: StepDue}
		if d.Working {
			clock.Due = days.Add(received, int(d.Days))
		}
		if work != nil {
			for _, done := range work.Steps {
				if done.Step == d.Step {
					clock.Done = done.At
				}
			}
		}
		out = append(out, clock.judged(today))
	}
	return out
}

func (c Clock) judged(today calendar.Date) Clock {
	c.State = StepDue
	switch {
	case c.Done != 0 && c.Done <= c.Due:
		c.State = StepDone
	case c.Done != 0:
		c.State = StepDoneLate
	case today > c.Due:
		c.State = StepOverdue
	}
	return c
}

// WithAgreed is a complaint's clock with the day by which an agreement wants the work closed (D8), in the place of the service rule's.
func WithAgreed(clocks []Clock, due calendar.Date, work *Case, today calendar.Date) []Clock {
	agreed := Clock{Step: D8, Due: due, Agreed: true}
	if work != nil {
		agreed.Done = work.closed()
	}
	out := []Clock{}
	for _, c := range clocks {
		if c.Step != D8 {
			out = append(out, c)
		}
	}
	return append(out, agreed.judged(today))
}

// recurrenceMonths is how long after its D8 a failure that comes back is the same one.
const recurrenceMonths = 12

// Recurrence says that a complaint looks like one that was closed: the same failure code, item family and root cause.
// A person confirms it or not.
type Recurrence struct {
	Complaint string `json:"complaint"`
	Of        string `json:"of"`
	Code      string `json:"code"`
	Family    string `json:"family"`
	Node      string `json:"node"`
	Confirmed bool   `json:"confirmed"`
}

// Recurrences finds complaints raised within twelve months after the D8 of another of the same failure code, item
// family and root cause. Complaints and cases may come from both sides' reports; the day a complaint was raised is that of the service rule it was
// reported under, as its deadlines are.
func Recurrences(reports []Document) []Recurrence {
	byComplaint := map[string]Case{}
	var complaints []Complaint
	var days []calendar.Date // on which they were raised
	for i := range reports {
		for _, c := range reports[i].Cases {
			byComplaint[c.Complaint] = c
		}
		for _, c := range reports[i].Complaints {
			complaints, days = append(complaints, c), append(days, reports[i].Service.Day(c.Raised))
		}
	}
	out := []Recurrence{}
	for i, c := range complaints {
		day := days[i]
		for _, old := range complaints {
			if old.ID == c.ID {
				continue
			}
			closed := byComplaint[old.ID].closed()
			if closed == 0 || day <= closed || day > closed.AddMonths(recurrenceMonths) || family(c) != family(old) {
				continue
			}
			code, ok := sharedCode(c, old)
			node, same := sharedNode(byComplaint[c.ID], byComplaint[old.ID])
			if ok && same {
				out = append(out, Recurrence{Complaint: c.ID, Of: old.ID, Code: code, Family: family(c), Node: node, Confirmed: c.Recurs != nil && c.Recurs.Of == old.ID})
			}
		}
	}
	return out
}

func family(c Complaint) string {
	if c.Family != "" {
		return c.Family
	}
	return c.Item.ID()
}

func (c Case) closed() calendar.Date {
	for _, s := range c.Steps {
		if s.Step == D8 {
			return s.At
		}
	}
	return 0
}

func sharedCode(a, b Complaint) (string, bool) {
	for _, x := range a.Codes {
		for _, y := range b.Codes {
			if x.System == y.System && x.Code == y.Code {
				return x.System + ":" + x.Code, true
			}
		}
	}
	return "", false
}

func sharedNode(a, b Case) (string, bool) {
	for _, x := range a.Causes {
		for _, y := range b.Causes {
			if x.Node == y.Node {
				return x.Node, true
			}
		}
	}
	return "", false
}
