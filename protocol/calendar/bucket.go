package calendar

import (
	"fmt"
	"time"
)

// Bucket is a range of days, Start inside and End outside: a month ends on the first of the next. It is
// comparable; buckets sort by Start, then End.
type Bucket struct {
	Start Date `cbor:"start" json:"start"`
	End   Date `cbor:"end" json:"end"` // exclusive
}

// MaxSequence bounds the buckets of one sequence: thirty years of days, far past any horizon of trade.
const MaxSequence = 11_000

// Grain says what kind of range a bucket is.
type Grain string

// The grains a bucket can have.
const (
	Days   Grain = "DAY"
	Weeks  Grain = "WEEK" // seven days, whatever its first day
	Months Grain = "MONTH"
	Other  Grain = "OTHER"
)

// ParseBucket reads a month "2026-11", an ISO week "2026-W48", a day "2026-11-22", or two dates with the second
// exclusive "2026-11-22/2026-12-01".
func ParseBucket(s string) (Bucket, error) {
	switch {
	case len(s) == 7:
		m, err := ParseMonth(s)
		if err != nil {
			return Bucket{}, err
		}
		return checked(s, m.Bucket())
	case len(s) == 8:
		w, err := ParseWeek(s)
		if err != nil {
			return Bucket{}, err
		}
		return checked(s, w.Bucket())
	case len(s) == 10:
		d, err := ParseDate(s)
		if err != nil {
			return Bucket{}, err
		}
		return checked(s, Bucket{d, d.AddDays(1)})
	case len(s) == 21 && s[10] == '/':
		from, err := ParseDate(s[:10])
		if err != nil {
			return Bucket{}, err
		}
		to, err := ParseDate(s[11:])
		if err != nil {
			return Bucket{}, err
		}
		return checked(s, Bucket{from, to})
	}
	return Bucket{}, fmt.Errorf("malformed bucket %q: want YYYY-MM, YYYY-Www, YYYY-MM-DD or YYYY-MM-DD/YYYY-MM-DD", s)
}

func checked(s string, b Bucket) (Bucket, error) {
	if !b.Valid() {
		return Bucket{}, fmt.Errorf("bucket %q is empty, backwards or outside the years 1900 to 2999", s)
	}
	return b, nil
}

// MustBucket is ParseBucket for constants of the program; it panics on a malformed one.
func MustBucket(s string) Bucket {
	b, err := ParseBucket(s)
	if err != nil {
		panic("calendar: constant " + err.Error())
	}
	return b
}

// Valid reports whether both ends can be written and the end lies after the start.
func (b Bucket) Valid() bool { return b.Start.Valid() && b.End.Valid() && b.Start < b.End }

// Days is the number of days in the bucket.
func (b Bucket) Days() int { return b.End.Sub(b.Start) }

// Last is the last day inside the bucket.
func (b Bucket) Last() Date { return b.End.AddDays(-1) }

// Contains reports whether the day lies in the bucket.
func (b Bucket) Contains(d Date) bool { return b.Start <= d && d < b.End }

// Covers reports whether all of c lies in b.
func (b Bucket) Covers(c Bucket) bool { return b.Start <= c.Start && c.End <= b.End }

// Overlaps reports whether the two share a day.
func (b Bucket) Overlaps(c Bucket) bool { return b.Start < c.End && c.Start < b.End }

// Compare orders by start, then end.
func (b Bucket) Compare(c Bucket) int {
	if b.Start != c.Start {
		return sign(b.Start.Sub(c.Start))
	}
	return sign(b.End.Sub(c.End))
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

// Joins tells whether a bucket goes into the one before it where figures are put together by a grain: seven days, or what begins in one month. A week belongs to
// the month in which it begins. Nothing joins by days, and nothing across a gap.
func (g Grain) Joins(last, next Bucket) bool {
	if last.End != next.Start {
		return false
	}
	switch g {
	case Weeks:
		return next.End.Sub(last.Start) <= 7
	case Months:
		return last.Start.Month() == next.Start.Month()
	}
	return false
}

// Grain is MONTH for a whole calendar month, WEEK for seven days, DAY for one; February of 28 days is a month.
func (b Bucket) Grain() Grain {
	switch {
	case b.Days() == 1:
		return Days
	case b.Days() == 7:
		return Weeks
	case b.Start.Valid() && b == b.Start.Month().Bucket():
		return Months
	}
	return Other
}

// String is the shortest form ParseBucket reads: a month, an ISO week, a day, or both dates.
func (b Bucket) String() string {
	switch g := b.Grain(); {
	case g == Months:
		return b.Start.Month().String()
	case g == Weeks && b.Start.Weekday() == time.Monday:
		return b.Start.ISOWeek().String()
	case g == Days:
		return b.Start.String()
	}
	return b.Start.String() + "/" + b.End.String()
}

// MonthsFrom are n consecutive months, MaxSequence at most.
func MonthsFrom(first Month, n int) []Bucket {
	return sequence(n, func(i int) Bucket { return first.Add(i).Bucket() })
}

// WeeksFrom are n consecutive weeks, the first beginning on the given day, whatever weekday that is.
func WeeksFrom(first Date, n int) []Bucket {
	return sequence(n, func(i int) Bucket { return Bucket{first.AddDays(7 * i), first.AddDays(7*i + 7)} })
}

// DaysFrom are n consecutive days.
func DaysFrom(first Date, n int) []Bucket {
	return sequence(n, func(i int) Bucket { return Bucket{first.AddDays(i), first.AddDays(i + 1)} })
}

func sequence(n int, at func(int) Bucket) []Bucket {
	var all []Bucket
	for i := range min(n, MaxSequence) {
		if b := at(i); b.Valid() {
			all = append(all, b)
		}
	}
	return all
}
