package campaign

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/teambition/rrule-go"

	"kontor/protocol/calendar"
)

// Bounds of a recurrence. Its rule comes from a partner and is run on this node.
const (
	MaxRule     = 200 // bytes of a rule
	MaxInterval = 100 // every so many days, weeks, months or years
	MaxCount    = 4_000
)

// ruleParts are the parts of an RFC 5545 rule that are read, by frequency. What is left out could describe a day
// that never comes (the 31st of February), for which a search would run to the year 9999.
var ruleParts = map[string][]string{
	"DAILY":   {"INTERVAL", "COUNT", "UNTIL"},
	"WEEKLY":  {"INTERVAL", "COUNT", "UNTIL", "BYDAY", "WKST"},
	"MONTHLY": {"INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYSETPOS"},
	"YEARLY":  {"INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYMONTHDAY"},
}

// ParseRule reads a recurrence rule of days: FREQ and, by frequency, INTERVAL, COUNT or UNTIL (a date), BYDAY,
// BYMONTHDAY from -28 to 28, BYMONTH, BYSETPOS of 1 or -1. first is the first day.
func ParseRule(text string, first calendar.Date) (*rrule.RRule, error) {
	if len(text) > MaxRule {
		return nil, fmt.Errorf("a recurrence rule of %d bytes is longer than %d", len(text), MaxRule)
	}
	parts := map[string]string{}
	for _, part := range strings.Split(text, ";") {
		name, value, ok := strings.Cut(part, "=")
		if _, twice := parts[name]; !ok || twice || value == "" {
			return nil, fmt.Errorf("part %q of the recurrence rule is malformed or stands twice", part)
		}
		parts[name] = value
	}
	allowed, ok := ruleParts[parts["FREQ"]]
	if !ok {
		return nil, fmt.Errorf("frequency %q: want DAILY, WEEKLY, MONTHLY or YEARLY", parts["FREQ"])
	}
	for name, value := range parts {
		if name != "FREQ" && !slices.Contains(allowed, name) {
			return nil, fmt.Errorf("%s is not read in a %s rule; it takes %s", name, parts["FREQ"], strings.Join(allowed, ", "))
		}
		if err := checkPart(name, value); err != nil {
			return nil, err
		}
	}
	for _, pair := range [][2]string{{"COUNT", "UNTIL"}, {"BYDAY", "BYMONTHDAY"}} {
		if parts[pair[0]] != "" && parts[pair[1]] != "" {
			return nil, fmt.Errorf("%s and %s exclude each other", pair[0], pair[1])
		}
	}
	if parts["FREQ"] == "WEEKLY" && strings.ContainsAny(parts["BYDAY"], "12345") {
		return nil, fmt.Errorf("BYDAY=%q: a week has each day once", parts["BYDAY"])
	}
	if parts["BYSETPOS"] != "" && (parts["BYDAY"] == "" || strings.ContainsAny(parts["BYDAY"], "12345")) {
		return nil, fmt.Errorf("BYSETPOS picks among plain days of the week: want BYDAY such as MO,TU beside it")
	}
	if parts["FREQ"] == "YEARLY" && (parts["BYMONTH"] == "") != (parts["BYMONTHDAY"] == "") {
		return nil, fmt.Errorf("a YEARLY rule names both BYMONTH and BYMONTHDAY, or neither")
	}
	option, err := rrule.StrToROption(text)
	if err != nil {
		return nil, fmt.Errorf("recurrence rule: %w", err)
	}
	option.Dtstart = timeOf(first)
	if parts["FREQ"] == "YEARLY" && parts["BYMONTH"] == "" {
		if _, month, day := first.YMD(); month == time.February && day == 29 {
			return nil, fmt.Errorf("a yearly rule can't begin on 29 February")
		}
	}
	return rrule.NewRRule(*option)
}

// ordinals are the places of a day of the week that every month has.
var ordinals = []string{"1", "2", "3", "4", "+1", "+2", "+3", "+4", "-1", "-2", "-3", "-4"}

func checkPart(name, value string) error {
	within := func(low, high int) error {
		for _, v := range strings.Split(value, ",") {
			n, err := strconv.Atoi(v)
			if err != nil || n < low || n > high || n == 0 {
				return fmt.Errorf("%s=%q: want whole numbers from %d to %d", name, value, low, high)
			}
		}
		return nil
	}
	switch name {
	case "INTERVAL":
		return within(1, MaxInterval)
	case "COUNT":
		return within(1, MaxCount)
	case "BYMONTH":
		return within(1, 12)
	case "BYMONTHDAY":
		return within(-28, 28)
	case "BYDAY":
		for _, v := range strings.Split(value, ",") {
			if n := strings.TrimRight(v, "MOTUWEHFRSA"); n != "" && !slices.Contains(ordinals, n) {
				return fmt.Errorf("BYDAY=%q: want days such as MO, 1MO or -1FR", value)
			}
		}
	case "BYSETPOS":
		if value != "1" && value != "-1" {
			return fmt.Errorf("BYSETPOS=%q: want 1 or -1", value)
		}
	case "UNTIL":
		if _, err := time.Parse("20060102", value); err != nil {
			return fmt.Errorf("UNTIL=%q: want a date such as 20271231", value)
		}
	}
	return nil
}

func timeOf(d calendar.Date) time.Time { return time.UnixMilli(d.Millis()).UTC() }

// Windows are the days of a blackout that fall into a span, each occurrence once, in order. The rule has passed Check.
func (b Blackout) Windows(span calendar.Bucket) []calendar.Bucket {
	if b.RRule == "" {
		if b.Period.Overlaps(span) {
			return []calendar.Bucket{b.Period}
		}
		return nil
	}
	rule, err := ParseRule(b.RRule, b.Period.Start)
	if err != nil {
		return nil // refused by Check
	}
	length := b.Period.Days()
	var out []calendar.Bucket
	next := rule.Iterator()
	for {
		at, more := next()
		if !more {
			return out
		}
		start := calendar.DateOf(at.UnixMilli())
		if start >= span.End {
			return out
		}
		if w := (calendar.Bucket{Start: start, End: start.AddDays(length)}); w.Overlaps(span) {
			out = append(out, w)
		}
	}
}
