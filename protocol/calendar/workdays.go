package calendar

import (
	"sort"
	"time"
)

// Workdays says which days count as business days: every day that is neither one of the weekend's weekdays nor
// a listed holiday. Holidays come from a calendar artifact both sides named by CID (PROTOCOL 1).
type Workdays struct {
	weekend  [7]bool
	holidays []Date
}

// maxSearch is the longest run of days without a business day that is believed; beyond it the calendar is
// nonsense (every weekday a weekend) and the search ends.
const maxSearch = 400

// NewWorkdays takes the holidays in any order. Without a weekend given it is Saturday and Sunday.
func NewWorkdays(holidays []Date, weekend ...time.Weekday) Workdays {
	var w Workdays
	if len(weekend) == 0 {
		weekend = []time.Weekday{time.Saturday, time.Sunday}
	}
	for _, d := range weekend {
		w.weekend[(int(d)%7+7)%7] = true
	}
	w.holidays = append(w.holidays, holidays...)
	sort.Slice(w.holidays, func(i, j int) bool { return w.holidays[i] < w.holidays[j] })
	return w
}

// IsWorkday reports whether the day is a business day.
func (w Workdays) IsWorkday(d Date) bool {
	if w.weekend[d.Weekday()] {
		return false
	}
	i := sort.Search(len(w.holidays), func(i int) bool { return w.holidays[i] >= d })
	return i == len(w.holidays) || w.holidays[i] != d
}

// Add is the n-th business day after d (before it, for a negative n). Add(d, 0) is d itself if it is a business
// day, else the next one. The day d itself never counts: 3 business days after a Friday is a Wednesday.
func (w Workdays) Add(d Date, n int) Date {
	step, left := 1, n
	if n < 0 {
		step, left = -1, -n
	}
	for idle := 0; (left > 0 || !w.IsWorkday(d)) && idle < maxSearch; {
		d = d.AddDays(step)
		if w.IsWorkday(d) {
			left, idle = left-1, 0
		} else {
			idle++
		}
		if left <= 0 && w.IsWorkday(d) {
			break
		}
	}
	return d
}

// Count is the number of business days inside the bucket.
func (w Workdays) Count(b Bucket) int {
	n := 0
	for d := b.Start; d < b.End; d++ {
		if w.IsWorkday(d) {
			n++
		}
	}
	return n
}
