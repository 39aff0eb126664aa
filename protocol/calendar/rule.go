package calendar

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

// Bounds of a recurrence. Its rule comes from a partner and is run on this node.
const (
	MaxRule     = 200 // bytes of a rule
	MaxInterval = 100 // every so many days, weeks, months or years
	MaxCount    = 4_000
)

// Rule is a recurrence of days. The zero value has none.
type Rule struct{ rule *rrule.RRule }

// From are the days of the rule from a day on, to before another, in order, most of them at the most.
func (r Rule) From(start, end Date, most int) (out []Date) {
	if r.rule == nil {
		return nil
	}
	for next := r.rule.Iterator(); len(out) < most; {
		at, more := next()
		if !more {
			return out
		}
		day := DateOf(at.UnixMilli())
		if day >= end {
			return out
		}
		if day >= start {
			out = append(out, day)
		}
	}
	return out
}

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
func ParseRule(text string, first Date) (Rule, error) {
	if len(text) > MaxRule {
		return Rule{}, fmt.Errorf("a recurrence rule of %d bytes is longer than %d", len(text), MaxRule)
	}
	parts := map[string]string{}
	for _, part := range strings.Split(text, ";") {
		name, value, ok := strings.Cut(part, "=")
		if _, twice := parts[name]; !ok || twice || value == "" {
			return Rule{}, fmt.Errorf("part %q of the recurrence rule is malformed or stands twice", part)
		}
		parts[name] = value
	}
	allowed, ok := ruleParts[parts["FREQ"]]
	if !ok {
		return Rule{}, fmt.Errorf("frequency %q: want DAILY, WEEKLY, MONTHLY or YEARLY", parts["FREQ"])
	}
	for name, value := range parts {
		if name != "FREQ" && !slices.Contains(allowed, name) {
			return Rule{}, fmt.Errorf("%s is not read in a %s rule; it takes %s", name, parts["FREQ"], strings.Join(allowed, ", "))
		}
		if err := checkPart(name, value); err != nil {
			return Rule{}, err
		}
	}
	for _, pair := range [][2]string{{"COUNT", "UNTIL"}, {"BYDAY", "BYMONTHDAY"}} {
		if parts[pair[0]] != "" && parts[pair[1]] != "" {
			return Rule{}, fmt.Errorf("%s and %s exclude each other", pair[0], pair[1])
		}
	}
	if parts["FREQ"] == "WEEKLY" && strings.ContainsAny(parts["BYDAY"], "12345") {
		return Rule{}, fmt.Errorf("BYDAY=%q: a week has each day once", parts["BYDAY"])
	}
	if parts["BYSETPOS"] != "" && (parts["BYDAY"] == "" || strings.ContainsAny(parts["BYDAY"], "12345")) {
		return Rule{}, fmt.Errorf("BYSETPOS picks among plain days of the week: want BYDAY such as MO,TU beside it")
	}
	if parts["FREQ"] == "YEARLY" && (parts["BYMONTH"] == "") != (parts["BYMONTHDAY"] == "") {
		return Rule{}, fmt.Errorf("a YEARLY rule names both BYMONTH and BYMONTHDAY, or neither")
	}
	option, err := rrule.StrToROption(text)
	if err != nil {
		return Rule{}, fmt.Errorf("recurrence rule: %w", err)
	}
	option.Dtstart = timeOf(first)
	if parts["FREQ"] == "YEARLY" && parts["BYMONTH"] == "" {
		if _, month, day := first.YMD(); month == time.February && day == 29 {
			return Rule{}, fmt.Errorf("a yearly rule can't begin on 29 February")
		}
	}
	rule, err := rrule.NewRRule(*option)
	return Rule{rule}, err
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

func timeOf(d Date) time.Time { return time.UnixMilli(d.Millis()).UTC() }
