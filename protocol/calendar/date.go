// Package calendar holds calendar dates, months, ISO weeks and the buckets plans are written in.
//
// Most callers need Date (a day, without time or zone), Bucket (a half-open range of days) and ParseBucket,
// which reads "2026-11", "2026-W48" and "2026-11-22" alike. Workdays counts business days over a list of holidays;
// ParseRule reads a recurrence of days.
//
// Guarantees: nothing here reads a clock or a zone. An instant is int64 milliseconds UTC elsewhere and never a
// Date; a Date is never an instant. Dates are comparable integers: earlier dates are smaller.
package calendar

import (
	"fmt"
	"time"
)

// Date is a day of the proleptic Gregorian calendar: the number of days since 0000-12-31. The zero value is no
// date at all and prints as "".
type Date int32

// The first and last dates that can be written. Years before 1900 or after 2999 in trade data are typing
// errors, and a bounded range keeps every sum of days inside an int32.
const (
	MinDate Date = 693596  // 1900-01-01
	MaxDate Date = 1095362 // 2999-12-31
)

// unixDays is the Date of 1970-01-01.
const unixDays = 719163

// millisPerDay counts no leap seconds, as the protocol's clock does.
const millisPerDay = 24 * 60 * 60 * 1000

// NewDate is the date of a year, a month and a day, refusing 30 February and the like.
func NewDate(year int, month time.Month, day int) (Date, error) {
	t := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	if y, m, d := t.Date(); y != year || m != month || d != day {
		return 0, fmt.Errorf("no such date %04d-%02d-%02d", year, month, day)
	}
	d := Date(t.Unix()/86400 + unixDays)
	if !d.Valid() {
		return 0, fmt.Errorf("date %04d-%02d-%02d is outside the years 1900 to 2999", year, month, day)
	}
	return d, nil
}

// ParseDate reads YYYY-MM-DD.
func ParseDate(s string) (Date, error) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return 0, fmt.Errorf("malformed date %q: want YYYY-MM-DD", s)
	}
	y, m, d := digits(s[:4]), digits(s[5:7]), digits(s[8:])
	if y < 0 || m < 1 || m > 12 || d < 1 {
		return 0, fmt.Errorf("malformed date %q: want YYYY-MM-DD", s)
	}
	date, err := NewDate(y, time.Month(m), d)
	if err != nil {
		return 0, fmt.Errorf("date %q: %w", s, err)
	}
	return date, nil
}

// MustDate is ParseDate for constants of the program; it panics on a malformed one.
func MustDate(s string) Date {
	d, err := ParseDate(s)
	if err != nil {
		panic("calendar: constant " + err.Error())
	}
	return d
}

// DateOf is the day in UTC that holds an instant given in milliseconds since 1970; instants outside the
// permitted years give the first or last date.
func DateOf(millis int64) Date {
	days := millis / millisPerDay
	if millis%millisPerDay < 0 {
		days--
	}
	return Date(min(max(days+unixDays, int64(MinDate)), int64(MaxDate)))
}

// Millis is the instant at which the day begins in UTC.
func (d Date) Millis() int64 { return (int64(d) - unixDays) * millisPerDay }

// Valid reports whether the date can be written: the zero value cannot.
func (d Date) Valid() bool { return d >= MinDate && d <= MaxDate }

// YMD are the parts of the date.
func (d Date) YMD() (year int, month time.Month, day int) { return d.utc().Date() }

func (d Date) utc() time.Time { return time.Unix((int64(d)-unixDays)*86400, 0).UTC() }

// AddDays is the date n days later. A result outside the permitted years is not Valid.
func (d Date) AddDays(n int) Date {
	return Date(min(max(int64(d)+int64(n), 0), int64(MaxDate)+1))
}

// AddMonths is the same day n months later, or the last day of that month where it is shorter.
func (d Date) AddMonths(n int) Date {
	_, _, day := d.YMD()
	first := d.Month().Add(n).First()
	return first.AddDays(min(day, first.Month().Days()) - 1)
}

// Sub is the number of days from e to d.
func (d Date) Sub(e Date) int { return int(d) - int(e) }

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return time.Weekday(((int(d) % 7) + 7) % 7) }

// String is YYYY-MM-DD, or "" for no date.
func (d Date) String() string {
	if d == 0 {
		return ""
	}
	y, m, day := d.YMD()
	if y < 0 || y > 9999 {
		return fmt.Sprintf("%04d-%02d-%02d", y, m, day)
	}
	b := []byte("0000-00-00") // by hand: a large forecast has a million of them
	for i := 3; i >= 0; i, y = i-1, y/10 {
		b[i] += byte(y % 10)
	}
	b[5], b[6] = b[5]+byte(m/10), b[6]+byte(m%10)
	b[8], b[9] = b[8]+byte(day/10), b[9]+byte(day%10)
	return string(b)
}

// digits reads a decimal number of at most four digits, or answers -1.
func digits(s string) int {
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return -1
		}
		n = n*10 + int(s[i]-'0')
	}
	return n
}

// MarshalText writes String, for JSON and CSV.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads YYYY-MM-DD, and "" as no date.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = 0
		return nil
	}
	parsed, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// textOf10 is the CBOR head of a text of ten bytes.
const textOf10 = 0x60 | 10

// MarshalCBOR writes the date as the text YYYY-MM-DD. A date that is not Valid is an error: an optional one
// is left out with omitzero.
func (d Date) MarshalCBOR() ([]byte, error) {
	if !d.Valid() {
		return nil, fmt.Errorf("date %q cannot be written: it is missing or outside the years 1900 to 2999", d)
	}
	return append([]byte{textOf10}, d.String()...), nil
}

// UnmarshalCBOR reads what MarshalCBOR writes. On error d is unchanged.
func (d *Date) UnmarshalCBOR(data []byte) error {
	if len(data) != 11 || data[0] != textOf10 {
		return fmt.Errorf("date %x is not a text YYYY-MM-DD", data[:min(len(data), 16)])
	}
	return d.UnmarshalText(data[1:])
}
