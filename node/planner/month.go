package planner

import (
	"fmt"
	"strconv"
)

// Month is a calendar month, counted from January of the year 0. Months
// subtract and compare as integers; the zero value prints as 0000-01.
type Month int

// Bounds of the years a month may lie in: outside them a date is a slip of the
// keyboard, and shifting by whole years could not be written back as YYYY-MM.
const (
	firstYear = 1900
	lastYear  = 2199
)

// MonthOf makes a month of a year and a month number from 1 to 12.
func MonthOf(year, month int) (Month, error) {
	if year < firstYear || year > lastYear {
		return 0, fmt.Errorf("year %d is outside %d to %d", year, firstYear, lastYear)
	}
	if month < 1 || month > 12 {
		return 0, fmt.Errorf("month %d is outside 1 to 12", month)
	}
	return Month(year*12 + month - 1), nil
}

// ParseMonth reads "2015-08".
func ParseMonth(text string) (Month, error) {
	if len(text) == 7 && text[4] == '-' {
		year, errYear := strconv.ParseUint(text[:4], 10, 16)
		month, errMonth := strconv.ParseUint(text[5:], 10, 8)
		if errYear == nil && errMonth == nil {
			m, err := MonthOf(int(year), int(month))
			if err != nil {
				return 0, fmt.Errorf("read month %q: %w", text, err)
			}
			return m, nil
		}
	}
	return 0, fmt.Errorf("read month %q: want YYYY-MM, as in 2015-08", text)
}

// Year is the calendar year.
func (m Month) Year() int { return int(m) / 12 }

// Number is the month's number in its year, 1 to 12.
func (m Month) Number() int { return int(m)%12 + 1 }

// AddYears moves a month by whole years, so that its season stays.
func (m Month) AddYears(years int) Month { return m + Month(12*years) }

func (m Month) String() string { return fmt.Sprintf("%04d-%02d", m.Year(), m.Number()) }
