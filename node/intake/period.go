package intake

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"kontor/protocol/calendar"
)

// dates is what all slashed dates of a file say together about the order of day
// and month.
type dates struct {
	order         string // "DMY" or "MDY", "" while nothing decided
	dmy, mdy, any cell   // first cell that says so, or leaves it open
	short         cell   // first with a year of two digits
	looked        map[string]bool
	known         map[string]calendar.Bucket // of texts that were read: a file has few periods, each in many lines
}

// maxKnown bounds the texts remembered of one file: thirty years of days.
const maxKnown = calendar.MaxSequence

// look notes what a cell says about the order.
func (d *dates) look(line int, column, value string) {
	if d.looked[value] {
		return // only the first cell of each text is noted
	}
	if d.looked == nil {
		d.looked = map[string]bool{}
	}
	if len(d.looked) < maxKnown {
		d.looked[value] = true
	}
	c := cell{line, column, value}
	text := withoutTime(value)
	if d.short.line == 0 && hasShortYear(text) {
		d.short = c
	}
	a, b, _, ok := slashed(text)
	switch {
	case !ok: // says nothing
	case a > 12 && b <= 12:
		if d.dmy.line == 0 {
			d.dmy = c
		}
	case b > 12 && a <= 12:
		if d.mdy.line == 0 {
			d.mdy = c
		}
	case a != b && a <= 12 && b <= 12 && d.any.line == 0:
		d.any = c
	}
}

// settle decides the order, or complains that the file leaves it open.
func (d *dates) settle(option string, r *Report) bool {
	switch {
	case option != "":
		d.order = option
	case d.dmy.line > 0 && d.mdy.line > 0:
		first, second := d.dmy, d.mdy
		if second.line < first.line {
			first, second = second, first
		}
		r.Complain(Complaint{Code: CodeMixedOrders, Line: second.line, Column: second.column, Value: second.value,
			Text: fmt.Sprintf("another order of day and month than %q in line %d", shortened(first.value), first.line),
			Want: "one order in the whole file; dates as 2026-11-22 leave no doubt"})
		return false
	case d.dmy.line > 0:
		d.order = "DMY"
	case d.mdy.line > 0:
		d.order = "MDY"
	case d.any.line > 0:
		r.Complain(Complaint{Code: CodeAmbiguousOrder, Line: d.any.line, Column: d.any.column, Value: d.any.value,
			Text: "day and month can be read either way round, and no other cell of the file tells which",
			Want: "the option date order set to DMY or MDY, or dates as 2026-11-22"})
		return false
	default:
		return true
	}
	r.DateOrder = d.order
	return true
}

const wantPeriod = "a date as 2026-11-22, a week as 2026-W48 or a month as 2026-11"

// parse reads a date, week or month. The text of a failure says what is wrong.
func (d *dates) parse(text string) (calendar.Bucket, string) {
	if b, found := d.known[text]; found {
		return b, ""
	}
	b, problem := d.read(text)
	if d.known == nil {
		d.known = map[string]calendar.Bucket{}
	}
	if problem == "" && len(d.known) < maxKnown {
		d.known[text] = b
	}
	return b, problem
}

func (d *dates) read(text string) (calendar.Bucket, string) {
	text = withoutTime(text)
	if b, err := calendar.ParseBucket(strings.ToUpper(text)); err == nil {
		return b, ""
	}
	if b, problem, ok := compact(text); ok {
		return b, problem
	}
	if a, b, year, ok := slashed(text); ok {
		day, month := a, b
		if d.order == "MDY" {
			day, month = b, a
		}
		return dayOf(year, month, day)
	}
	if b, problem, ok := named(text); ok {
		return b, problem
	}
	if n, err := strconv.Atoi(text); err == nil && n > 20_000 && n < 80_000 {
		return calendar.Bucket{}, "a spreadsheet's number of a day"
	}
	return calendar.Bucket{}, "not a date, week or month"
}

// withoutTime cuts a time of day off a date: periods are days at least.
func withoutTime(text string) string {
	at := strings.IndexAny(text, "T ")
	if at < 6 || at+1 >= len(text) || text[at+1] < '0' || text[at+1] > '9' || !strings.Contains(text[at+1:], ":") {
		return text
	}
	if strings.Trim(text[at+1:], "0123456789:.+-ZAPMapm ") != "" {
		return text
	}
	return text[:at]
}

// compact reads forms of digits with the year first or alone at the end, which
// leave no doubt: 20261122, 202611, 2026/11/22, 2026-8, 2026W48, 11/2026,
// 22.11.2026 (points are the day's order wherever they are written).
func compact(text string) (b calendar.Bucket, problem string, ok bool) {
	if year, week, ok := strings.Cut(strings.ToUpper(strings.ReplaceAll(text, " ", "")), "W"); ok {
		year = strings.TrimRight(year, "-/")
		if n, err := strconv.Atoi(week); err == nil && len(year) == 4 && len(week) <= 2 {
			b, err := calendar.ParseBucket(fmt.Sprintf("%s-W%02d", year, n))
			if err != nil {
				return b, "no such week", true
			}
			return b, "", true
		}
		return b, "", false
	}
	parts := strings.FieldsFunc(text, func(c rune) bool { return c == '-' || c == '/' || c == '.' })
	n := make([]int, len(parts))
	for i, part := range parts {
		var err error
		if n[i], err = strconv.Atoi(part); err != nil || part[0] == '+' {
			return b, "", false
		}
	}
	if strings.Count(text, "-")+strings.Count(text, "/")+strings.Count(text, ".") != len(parts)-1 {
		return b, "", false
	}
	switch {
	case len(parts) == 1 && len(text) == 8:
		b, problem = dayOf(n[0]/10000, n[0]/100%100, n[0]%100)
	case len(parts) == 1 && len(text) == 6:
		b, problem = monthOf(n[0]/100, n[0]%100)
	case len(parts) == 2 && len(parts[0]) == 4:
		b, problem = monthOf(n[0], n[1])
	case len(parts) == 2 && len(parts[1]) == 4:
		b, problem = monthOf(n[1], n[0])
	case len(parts) == 3 && len(parts[0]) == 4:
		b, problem = dayOf(n[0], n[1], n[2])
	case len(parts) == 3 && strings.Count(text, ".") == 2 && (len(parts[2]) == 4 || len(parts[2]) == 2):
		b, problem = dayOf(century(n[2], len(parts[2])), n[1], n[0])
	default:
		return b, "", false
	}
	return b, problem, true
}

// slashed reads 6/2/2006, 06-02-06 and the like: two small numbers and a year.
func slashed(text string) (first, second, year int, ok bool) {
	mark := "/"
	if !strings.Contains(text, mark) {
		mark = "-"
	}
	parts := strings.Split(text, mark)
	if len(parts) != 3 || len(parts[0]) > 2 || len(parts[1]) > 2 || len(parts[2]) != 2 && len(parts[2]) != 4 {
		return 0, 0, 0, false
	}
	var n [3]int
	for i, part := range parts {
		var err error
		if n[i], err = strconv.Atoi(part); err != nil || part == "" || part[0] < '0' || part[0] > '9' {
			return 0, 0, 0, false
		}
	}
	return n[0], n[1], century(n[2], len(parts[2])), true
}

// hasShortYear says that a date ends in a year of two digits.
func hasShortYear(text string) bool {
	parts := strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune("-/. ,", c) })
	if len(parts) < 2 || len(parts[0]) == 4 {
		return false
	}
	last := parts[len(parts)-1]
	return len(last) == 2 && strings.Trim(last, "0123456789") == ""
}

// century completes a year of two digits as POSIX does: 69 to 99 belong to the
// 1900s, 00 to 68 to the 2000s.
func century(year, digits int) int {
	switch {
	case digits != 2:
		return year
	case year >= 69:
		return 1900 + year
	}
	return 2000 + year
}

var monthNames = []string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}

// monthNumber reads an English month's name, or three letters or more of it.
func monthNumber(name string) int {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if len(name) < 3 {
		return 0
	}
	for i, full := range monthNames {
		if strings.HasPrefix(full, name) || name == "sept" && i == 8 {
			return i + 1
		}
	}
	return 0
}

// named reads forms with the month's name: 2-Jun-06, 2 June 2006, Jun 2, 2006,
// Jun-06, June 2006.
func named(text string) (b calendar.Bucket, problem string, ok bool) {
	parts := strings.FieldsFunc(text, func(c rune) bool { return c == '-' || c == ' ' || c == '/' || c == ',' })
	var numbers []string
	month := 0
	for _, part := range parts {
		if m := monthNumber(part); m > 0 && month == 0 {
			month = m
		} else if _, err := strconv.ParseUint(part, 10, 16); err == nil && len(part) <= 4 {
			numbers = append(numbers, part)
		} else {
			return b, "", false
		}
	}
	if month == 0 || len(numbers) == 0 || len(numbers) > 2 {
		return b, "", false
	}
	last := numbers[len(numbers)-1]
	if len(last) != 2 && len(last) != 4 {
		return b, "", false
	}
	year, _ := strconv.Atoi(last)
	year = century(year, len(last))
	if len(numbers) == 1 {
		b, problem = monthOf(year, month)
		return b, problem, true
	}
	day, _ := strconv.Atoi(numbers[0])
	b, problem = dayOf(year, month, day)
	return b, problem, true
}

func monthOf(year, month int) (calendar.Bucket, string) {
	b, problem := dayOf(year, month, 1)
	if problem != "" {
		return b, "no such month"
	}
	return b.Start.Month().Bucket(), ""
}

func dayOf(year, month, day int) (calendar.Bucket, string) {
	d, err := calendar.NewDate(year, time.Month(month), day)
	if err != nil {
		return calendar.Bucket{}, "no such day"
	}
	b := calendar.Bucket{Start: d, End: d.AddDays(1)}
	if !b.Valid() {
		return calendar.Bucket{}, "no such day"
	}
	return b, ""
}
