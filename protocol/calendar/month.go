package calendar

import (
	"fmt"
	"time"
)

// Month is a calendar month: twelve times the year plus the month from 0. The zero value is no month.
type Month int32

// MonthOf is the given month of the given year.
func MonthOf(year int, month time.Month) Month { return Month(year*12 + int(month) - 1) }

// Month is the month that holds the date.
func (d Date) Month() Month {
	y, m, _ := d.YMD()
	return MonthOf(y, m)
}

// ParseMonth reads YYYY-MM.
func ParseMonth(s string) (Month, error) {
	if len(s) == 7 && s[4] == '-' {
		if d, err := ParseDate(s + "-01"); err == nil {
			return d.Month(), nil
		}
	}
	return 0, fmt.Errorf("malformed month %q: want YYYY-MM", s)
}

// Year and Number are the parts: Number is 1 for January.
func (m Month) Year() int { return int(m) / 12 }

// Number is 1 for January to 12 for December.
func (m Month) Number() time.Month { return time.Month(int(m)%12 + 1) }

// Add is the month n months later.
func (m Month) Add(n int) Month { return m + Month(n) }

// First is the first day of the month; not Valid outside the years 1900 to 2999.
func (m Month) First() Date {
	t := time.Date(m.Year(), m.Number(), 1, 0, 0, 0, 0, time.UTC)
	return Date(0).AddDays(int(t.Unix()/86400) + unixDays)
}

// Days is the number of days in the month.
func (m Month) Days() int { return m.Add(1).First().Sub(m.First()) }

// Bucket is the month as a range of days.
func (m Month) Bucket() Bucket { return Bucket{m.First(), m.Add(1).First()} }

// String is YYYY-MM, or "" for no month.
func (m Month) String() string {
	if m == 0 {
		return ""
	}
	return fmt.Sprintf("%04d-%02d", m.Year(), int(m.Number()))
}

// Week is an ISO 8601 week. Year is the week-year, which differs from the calendar year around New Year:
// 2027-01-01 lies in week 53 of 2026.
type Week struct {
	Year   int
	Number int // 1 to 52 or 53
}

// ISOWeek is the ISO week that holds the date.
func (d Date) ISOWeek() Week {
	y, n := d.utc().ISOWeek()
	return Week{y, n}
}

// WeeksIn is 53 where 1 January of the week-year is a Thursday, or a Wednesday of a leap year; else 52.
func WeeksIn(year int) int {
	// 28 December always lies in the last week of its week-year (ISO 8601).
	_, n := time.Date(year, time.December, 28, 0, 0, 0, 0, time.UTC).ISOWeek()
	return n
}

// ParseWeek reads YYYY-Www, refusing week 53 of years that have 52.
func ParseWeek(s string) (Week, error) {
	if len(s) != 8 || s[4] != '-' || s[5] != 'W' {
		return Week{}, fmt.Errorf("malformed week %q: want YYYY-Www", s)
	}
	w := Week{digits(s[:4]), digits(s[6:])}
	if w.Year < 1900 || w.Year > 2998 || w.Number < 1 {
		return Week{}, fmt.Errorf("malformed week %q: want YYYY-Www with a year from 1900 to 2998", s)
	}
	if last := WeeksIn(w.Year); w.Number > last {
		return Week{}, fmt.Errorf("no such week %q: %d has %d weeks", s, w.Year, last)
	}
	if !w.Monday().Valid() {
		return Week{}, fmt.Errorf("week %q begins before 1900", s)
	}
	return w, nil
}

// Monday is the first day of the week.
func (w Week) Monday() Date {
	// 4 January always lies in week 1 (ISO 8601).
	t := time.Date(w.Year, time.January, 4, 0, 0, 0, 0, time.UTC)
	fourth := Date(0).AddDays(int(t.Unix()/86400) + unixDays)
	return fourth.StartOfWeek(time.Monday).AddDays(7 * (w.Number - 1))
}

// Bucket is the week, Monday to Sunday, as a range of days.
func (w Week) Bucket() Bucket { return Bucket{w.Monday(), w.Monday().AddDays(7)} }

// Add is the week n weeks later.
func (w Week) Add(n int) Week { return w.Monday().AddDays(7 * n).ISOWeek() }

// String is YYYY-Www.
func (w Week) String() string {
	if w == (Week{}) {
		return ""
	}
	return fmt.Sprintf("%04d-W%02d", w.Year, w.Number)
}

// StartOfWeek is the latest date at or before d that falls on the given first day of the week: series name
// their own week scheme, and retail weeks often begin on a Sunday (practice T13).
func (d Date) StartOfWeek(first time.Weekday) Date {
	return d.AddDays(-((int(d.Weekday()) - int(first) + 7) % 7))
}
