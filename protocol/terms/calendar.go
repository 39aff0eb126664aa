package terms

import (
	"fmt"
	"slices"
	"sort"
	"time"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
)

// Bounds of the changes of a clock.
const (
	MaxShifts = 128            // four a year for thirty years, as where clocks also change for a month of fasting
	maxLeap   = 3 * 60         // minutes a clock changes by at once: more than any does, and days never vanish
	minSteady = 48 * 3_600_000 // ms between two changes, so that a day has one beginning
)

// Calendar is whose days the terms count. Windows are calendar days of the zone; deadlines end with their day there.
type Calendar struct {
	Zone     string          `cbor:"zone" json:"zone"`                             // IANA name
	Data     string          `cbor:"tzdata" json:"tzdata"`                         // version of the zone database both read it by: "2026b"
	Offset   int64           `cbor:"offsetMinutes" json:"offsetMinutes"`           // from UTC until the first shift
	Shifts   []Shift         `cbor:"shifts,omitempty" json:"shifts,omitempty"`     // of its clock, ascending; both signed them, so that no node asks its own zone database
	Weekend  []int64         `cbor:"weekend,omitempty" json:"weekend,omitempty"`   // days of the week without work, 0 = Sunday; none: Saturday and Sunday
	Holidays []calendar.Date `cbor:"holidays,omitempty" json:"holidays,omitempty"` // ascending
}

// Shift is a change of the zone's clock.
type Shift struct {
	At     int64 `cbor:"at" json:"at"`                       // ms UTC
	Offset int64 `cbor:"offsetMinutes" json:"offsetMinutes"` // from UTC from then on
}

// Workdays are the working days of the terms' calendar.
func (c Calendar) Workdays() calendar.Workdays {
	var weekend []time.Weekday
	for _, d := range c.Weekend {
		weekend = append(weekend, time.Weekday(d))
	}
	return calendar.NewWorkdays(c.Holidays, weekend...)
}

// Minute is how many minutes after the midnight of its day an instant is by the zone's clock. An hour that comes twice around midnight counts on beyond
// the 1,440 of the day it belongs to.
func (c Calendar) Minute(at int64) int64 {
	return (at + c.offset(at)*60_000 - c.Day(at).Millis()) / 60_000
}

// offset is how many minutes the clock is from UTC at an instant, ms UTC.
func (c Calendar) offset(at int64) int64 {
	i := sort.Search(len(c.Shifts), func(i int) bool { return c.Shifts[i].At > at })
	if i == 0 {
		return c.Offset
	}
	return c.Shifts[i-1].Offset
}

// Day is the day of an instant, ms UTC, by the zone's clock. A day is over when the clock shows it for the last time.
func (c Calendar) Day(at int64) calendar.Date {
	day := calendar.DateOf(at + c.offset(at)*60_000)
	if at < c.Begin(day) {
		return day.AddDays(-1) // the hour that comes twice still belongs to the day before
	}
	return day
}

// Begin is the first instant of a day, ms UTC: the midnight after which its clock shows no earlier day, or, where the clock leaps over midnight, the leap.
func (c Calendar) Begin(day calendar.Date) int64 {
	midnight := day.Millis()
	first := sort.Search(len(c.Shifts), func(i int) bool { return c.Shifts[i].At >= midnight-minSteady/2 })
	begin, found := int64(0), false
	try := func(offset, from, until int64) {
		if at := midnight - offset*60_000; !found && at >= from && at < until {
			begin, found = at, true
		}
	}
	const ever = int64(1) << 62
	offset, from := c.Offset, -ever
	if first > 0 {
		offset = c.Shifts[first-1].Offset
	}
	for _, s := range c.Shifts[first:] {
		if s.At > midnight+minSteady/2 {
			break
		}
		try(offset, from, s.At)
		switch after := s.At + s.Offset*60_000; {
		case !found && midnight-offset*60_000 >= s.At && midnight < after:
			begin, found = s.At, true // leapt over
		case found && after < midnight:
			found = false // it shows the day before once more
		}
		offset, from = s.Offset, s.At
	}
	try(offset, from, ever)
	if !found {
		begin = midnight - offset*60_000
	}
	return begin
}

// End is the last millisecond of a day, UTC.
func (c Calendar) End(day calendar.Date) int64 { return c.Begin(day.AddDays(1)) - 1 }

func checkCalendar(r *artifact.Report, c Calendar) {
	if !artifact.IsName(c.Zone) || !artifact.IsName(c.Data) || c.Offset < -MaxOffset || c.Offset > MaxOffset {
		r.Add(CodeCalendar, "calendar.zone", "zone %q by data %q, %d minutes from UTC: want an IANA name, the version of the zone data and at most %d minutes", artifact.Clip(c.Zone), artifact.Clip(c.Data), c.Offset, MaxOffset)
	}
	checkShifts(r, c)
	ok := len(c.Weekend) < 7
	for i, d := range c.Weekend {
		ok = ok && d >= 0 && d < 7 && (i == 0 || c.Weekend[i-1] < d)
	}
	if !ok {
		r.Add(CodeCalendar, "calendar.weekend", "days of the week are 0 to 6, rising, and not all seven")
	}
	if len(c.Holidays) > MaxHolidays {
		r.Add(CodeBounds, "calendar.holidays", "%d holidays are more than %d", len(c.Holidays), MaxHolidays)
		return
	}
	for i, d := range c.Holidays {
		if !d.Valid() || i > 0 && c.Holidays[i-1] >= d {
			r.Add(CodeCalendar, fmt.Sprintf("calendar.holidays[%d]", i), "%s is no date, or out of order", d)
			return
		}
	}
}

func checkShifts(r *artifact.Report, c Calendar) {
	if len(c.Shifts) > MaxShifts {
		r.Add(CodeBounds, "calendar.shifts", "%d changes of the clock are more than %d", len(c.Shifts), MaxShifts)
		return
	}
	if i := BadShift(c.Offset, c.Shifts); i >= 0 {
		s := c.Shifts[i]
		r.Add(CodeCalendar, fmt.Sprintf("calendar.shifts[%d]", i), "to %d minutes from UTC at %d: want changes in order, two days apart or more, by at most %d minutes each", s.Offset, s.At, maxLeap)
	}
}

// BadShift is the first change that is out of order, too near to the one before, or too large for days to keep one beginning; -1 where none is. offset is
// that of the clock before the first, in minutes from UTC.
func BadShift(offset int64, shifts []Shift) int {
	last := Shift{-minSteady, offset}
	for i, s := range shifts {
		leap := s.Offset - last.Offset
		if s.At < last.At+minSteady || s.At > artifact.MaxTime || s.Offset < -MaxOffset || s.Offset > MaxOffset || leap == 0 || leap > maxLeap || leap < -maxLeap {
			return i
		}
		last = s
	}
	return -1
}

// ShiftsOf are the changes of a zone's clock over a period, with a day at both ends, and its offset before the first. It reads the zone that it is given,
// for whoever drafts terms; nobody else asks a zone database.
func ShiftsOf(zone *time.Location, over calendar.Bucket) (offset int64, shifts []Shift) {
	minutes := func(ms int64) int64 {
		_, seconds := time.UnixMilli(ms).In(zone).Zone()
		return int64(seconds) / 60
	}
	const hour = int64(3_600_000)
	at, end := over.Start.AddDays(-2).Millis(), over.End.AddDays(2).Millis()
	offset = minutes(at)
	for now := offset; at < end && len(shifts) < MaxShifts; at += 6 * hour {
		if next := minutes(at + 6*hour); next != now {
			low, high := at, at+6*hour
			for high-low > 1 {
				if middle := low + (high-low)/2; minutes(middle) == now {
					low = middle
				} else {
					high = middle
				}
			}
			shifts, now = append(shifts, Shift{high, next}), next
		}
	}
	return offset, slices.Clip(shifts)
}
