package vda

import (
	"fmt"
	"strconv"
	"strings"

	"kontor/node/intake"
	"kontor/protocol/calendar"
)

func day(text string) (calendar.Date, bool) {
	if len(text) != 6 {
		return 0, false
	}
	century := "20"
	if text >= "69" {
		century = "19"
	}
	d, err := calendar.ParseDate(century + text[:2] + "-" + text[2:4] + "-" + text[4:])
	return d, err == nil
}

// maxWeeks is the longest call-off for several weeks together: half a year. A longer
// one is more likely a date that was mistyped.
const maxWeeks = 26

// period reads yymmdd, yymm00 (a month) and yy00ww (a week). After 555555 it also
// reads yywwww, several weeks together, which stay one period: how the quantity falls
// on the weeks the file does not say; and there a date with a day is a week that
// begins with it. Six digits that can be either are what goes on where the period
// before ended, and else refused, for the quantity would stand in the wrong weeks.
func (r *reader) period(rec record, text string) (b calendar.Bucket, ok bool) {
	c := rec.place("date")
	c.Code, c.Value = intake.CodePeriod, text
	c.Text, c.Want = "not a date", "yymmdd; yymm00 for a month or yy00ww for a week"
	single, isSingle := r.single(text)
	several, isSeveral := weeks(text)
	switch {
	case !r.ranges && isSingle:
		return single, true
	case !r.ranges && isSeveral:
		c.Text = fmt.Sprintf("not a date; it may mean the weeks from %s to %s, and no 555555 says that periods follow", several.Start, several.End.AddDays(-1))
		c.Want = "555555 before it, or a call-off for each week, as yy00ww"
	case isSingle && !isSeveral:
		return single, true
	case isSeveral && !isSingle:
		return several, true
	case isSeveral:
		a, b := r.goesOn(single), r.goesOn(several)
		if a && !b {
			return single, true
		}
		if b && !a {
			return several, true
		}
		c.Text = fmt.Sprintf("either the week from %s or the weeks from %s to %s, and the period before does not tell which", single.Start, several.Start, several.End.AddDays(-1))
		c.Want = "weeks as yy00ww"
	}
	r.report.Complain(c)
	return b, false
}

// goesOn says whether a period begins within a week of where the one before ended.
func (r *reader) goesOn(b calendar.Bucket) bool {
	if len(r.cells) == 0 {
		return false
	}
	end := r.cells[len(r.cells)-1].bucket.End
	return b.Start >= end && b.Start < end.AddDays(7)
}

// single reads a date that names a day, a week or a month.
func (r *reader) single(text string) (b calendar.Bucket, ok bool) {
	if len(text) != 6 || strings.Trim(text, "0123456789") != "" {
		return b, false
	}
	year := "20" + text[:2]
	var err error
	switch {
	case text[2:4] == "00":
		b, err = calendar.ParseBucket(year + "-W" + text[4:])
	case text[4:] == "00":
		b, err = calendar.ParseBucket(year + "-" + text[2:4])
	default:
		d, ok := day(text)
		b = intake.Day(d)
		if r.ranges {
			b.End = d.AddDays(7)
		}
		return b, ok
	}
	return b, err == nil
}

// weeks reads yywwww, from the first week to the last, both inside; a last one that
// is smaller than the first is of the year after.
func weeks(text string) (b calendar.Bucket, ok bool) {
	if len(text) != 6 || strings.Trim(text, "0123456789") != "" || text[2:4] == text[4:] {
		return b, false
	}
	year, _ := strconv.Atoi("20" + text[:2])
	last := year
	if text[4:] < text[2:4] {
		last++
	}
	from, err := calendar.ParseBucket(fmt.Sprintf("%04d-W%s", year, text[2:4]))
	if err != nil {
		return b, false
	}
	to, err := calendar.ParseBucket(fmt.Sprintf("%04d-W%s", last, text[4:]))
	if err != nil || to.End > from.Start.AddDays(7*maxWeeks) {
		return b, false
	}
	return calendar.Bucket{Start: from.Start, End: to.End}, true
}
