package quality

import (
	"kontor/protocol/calendar"
	"kontor/protocol/measure"
)

// Worked is how corrective work went: whether steps were done by their day, how long they took, and what came back.
type Worked struct {
	OnTime   measure.Shares // steps due by the day it was judged, or done
	Returned measure.Shares // closed cases, of which those that came back count
	days     map[Step][]int
	open     map[Step]int // cases that have not done the step
}

// WorkOf judges the complaints and cases of both sides' reports on a day; each complaint once. A step counts as due from the day after its deadline or once it is done;
// until then it is pending. What came back counts where a person confirmed it.
func WorkOf(reports []Document, today calendar.Date, about func(Complaint) bool) Worked {
	out := Worked{days: map[Step][]int{}, open: map[Step]int{}}
	cases := map[string]*Case{}
	for i := range reports {
		for j := range reports[i].Cases {
			cases[reports[i].Cases[j].Complaint] = &reports[i].Cases[j]
		}
	}
	back := map[string]bool{}
	for _, r := range Recurrences(reports) {
		back[r.Of] = back[r.Of] || r.Confirmed
	}
	seen := map[string]bool{}
	for _, d := range reports {
		for _, c := range d.Complaints {
			if seen[c.ID] || !about(c) {
				continue
			}
			seen[c.ID] = true
			out.add(d.Service, c, cases[c.ID], today, back[c.ID])
		}
	}
	return out
}

func (w *Worked) add(s ServiceRule, c Complaint, work *Case, today calendar.Date, back bool) {
	received := s.ReceivedOn(c.Raised)
	for _, step := range ClockOf(s, c, work, today) {
		switch step.State {
		case StepDue:
			w.OnTime.Exclude(measure.Pending)
		default:
			w.OnTime.Add(step.State == StepDone)
		}
		if step.Done == 0 {
			w.open[step.Step]++
			continue
		}
		w.days[step.Step] = append(w.days[step.Step], max(step.Done.Sub(received), 0))
	}
	if work == nil || work.closed() == 0 {
		w.Returned.Exclude(measure.Pending)
		return
	}
	w.Returned.Add(back)
}

// Median is CAPA_MEDIAN_DAYS: the days from the receipt of a complaint to a step; cases that have not done it are left out as pending.
func (w Worked) Median(s Step) measure.Result {
	return measure.StepDays(string(s), w.days[s], w.open[s])
}

// Steps are those with a deadline in any of the cases, in order.
func (w Worked) Steps() (out []Step) {
	for _, s := range []Step{D0, D1, D2, D3, D4, D5, D6, D7, D8} {
		if len(w.days[s]) > 0 || w.open[s] > 0 {
			out = append(out, s)
		}
	}
	return out
}
