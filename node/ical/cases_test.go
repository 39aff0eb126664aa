package ical

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
)

var update = flag.Bool("update", false, "write what is read into the cases; review the diff")

// Every file below testdata/cases is one case: a line that says what it shows, a calendar between lines of dashes, and the days it gives,
// which go test -update writes. Lines of the calendar end with CRLF when it is read. Names end in .bad where it is refused.
func TestCases(t *testing.T) {
	paths, err := filepath.Glob("testdata/cases/*")
	if err != nil || len(paths) < 10 {
		t.Fatalf("%d cases (%v)", len(paths), err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			parts := strings.SplitN(string(content), "\n----\n", 3)
			if len(parts) < 2 {
				t.Fatal("no line of dashes")
			}
			entries, err := Read([]byte(strings.ReplaceAll(parts[1], "\n", "\r\n") + "\r\n"))
			if (err != nil) != strings.HasSuffix(path, ".bad") {
				t.Errorf("%v", err)
			}
			got := render(entries, err)
			if *update {
				if err := os.WriteFile(path, []byte(parts[0]+"\n----\n"+parts[1]+"\n----\n"+got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if len(parts) < 3 || parts[2] != got {
				t.Errorf("read\n%s\nand the case expects\n%s", got, strings.Join(parts[2:], ""))
			}
		})
	}
}

func render(entries []Entry, err error) string {
	if err != nil {
		return err.Error() + "\n"
	}
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&b, "%s %d %q", e.UID, e.Sequence, e.Summary)
		if e.Canceled {
			b.WriteString(" cancelled")
		}
		if e.Free {
			b.WriteString(" free")
		}
		if e.Marked || e.Cadence != "" {
			fmt.Fprintf(&b, " a meeting (%s)", e.Cadence)
		}
		if e.Zone != "" {
			fmt.Fprintf(&b, " at %s %s", e.Clock, e.Zone)
		}
		b.WriteString("\n")
		for _, s := range e.Spans {
			fmt.Fprintf(&b, "  %s\n", strings.TrimSpace(s.Days.String()+" "+s.RRule))
			if s.RRule != "" {
				rule, _ := calendar.ParseRule(s.RRule, s.Days.Start)
				fmt.Fprintf(&b, "    %v\n", rule.From(s.Days.Start, s.Days.Start.AddDays(3_000), 6))
			}
		}
		for _, n := range e.Notes {
			fmt.Fprintf(&b, "  note: %s\n", n)
		}
	}
	return b.String()
}

// RFC 5545, 3.8.5.1: the days of a recurrence without those of EXDATE are the days of the rule less the exceptions, whatever the rule and
// the exceptions are.
func TestExceptionsAreTheRuleWithoutThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rule := rapid.SampledFrom([]string{"FREQ=DAILY", "FREQ=DAILY;INTERVAL=3", "FREQ=WEEKLY;BYDAY=MO,WE,FR", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=-2,5",
			"FREQ=MONTHLY;BYDAY=MO,TU,WE;BYSETPOS=-1", "FREQ=MONTHLY", "FREQ=YEARLY;BYMONTH=2,6;BYMONTHDAY=9"}).Draw(t, "rule")
		first := calendar.MustBucket("2026-12-31").Start.AddDays(rapid.IntRange(0, 400).Draw(t, "first"))
		switch rapid.IntRange(0, 2).Draw(t, "end") {
		case 1:
			rule += fmt.Sprintf(";COUNT=%d", rapid.IntRange(1, 40).Draw(t, "count"))
		case 2:
			rule += ";UNTIL=" + strings.ReplaceAll(first.AddDays(rapid.IntRange(0, 500).Draw(t, "until")).String(), "-", "")
		}
		parsed, err := calendar.ParseRule(rule, first)
		if err != nil {
			t.Fatal(err)
		}
		horizon := first.AddDays(900)
		all := parsed.From(first, horizon, campaign.MaxAhead)
		var gone []calendar.Date
		for range rapid.IntRange(0, 12).Draw(t, "exceptions") {
			if len(all) > 0 && rapid.Bool().Draw(t, "hit") {
				gone = append(gone, rapid.SampledFrom(all[:min(len(all), 30)]).Draw(t, "of"))
			} else {
				gone = append(gone, first.AddDays(rapid.IntRange(0, 300).Draw(t, "day")))
			}
		}
		slices.Sort(gone)
		gone = slices.Compact(gone)
		var want []calendar.Date
		for _, d := range all {
			if !slices.Contains(gone, d) {
				want = append(want, d)
			}
		}
		var e Entry
		if err := e.recur(component{days: calendar.Bucket{Start: first, End: first.AddDays(1)}, rule: rule}, gone); err != nil {
			t.Fatal(err)
		}
		var got []calendar.Date
		for _, s := range e.Spans {
			for _, w := range (campaign.Blackout{Period: s.Days, RRule: s.RRule}).Windows(calendar.Bucket{Start: first, End: horizon}) {
				got = append(got, w.Start)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("%s from %s without %v: spans %v give %v, want %v", rule, first, gone, e.Spans, got, want)
		}
	})
}
