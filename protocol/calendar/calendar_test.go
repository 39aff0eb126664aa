package calendar

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestBoundsAreTheDatesTheySay(t *testing.T) {
	if MinDate.String() != "1900-01-01" || MaxDate.String() != "2999-12-31" {
		t.Fatalf("bounds are %s and %s", MinDate, MaxDate)
	}
	if Date(unixDays).String() != "1970-01-01" {
		t.Fatalf("unix epoch is %s", Date(unixDays))
	}
}

func TestParseDateRefuses(t *testing.T) {
	for _, s := range []string{"", "2026-02-30", "2026-13-01", "2026-00-10", "26-11-22", "2026/11/22", "2026-11-2a", "1899-12-31", "3000-01-01", "2026-11-22 "} {
		if d, err := ParseDate(s); err == nil || d != 0 {
			t.Errorf("ParseDate(%q) = %v, %v; want an error", s, d, err)
		}
	}
}

// Complaint C-5 of the users' list: week 53 was lost because ISO weeks were compared with calendar years.
func TestISOWeekYears(t *testing.T) {
	for _, c := range []struct{ date, week string }{
		{"2020-12-31", "2020-W53"}, {"2021-01-03", "2020-W53"}, {"2021-01-04", "2021-W01"},
		{"2026-12-31", "2026-W53"}, {"2027-01-03", "2026-W53"}, {"2027-01-04", "2027-W01"},
		{"2018-12-31", "2019-W01"}, {"2026-11-22", "2026-W47"},
	} {
		if got := MustDate(c.date).ISOWeek().String(); got != c.week {
			t.Errorf("%s lies in %s, want %s", c.date, got, c.week)
		}
	}
	for year, weeks := range map[int]int{2020: 53, 2021: 52, 2025: 52, 2026: 53, 2027: 52} {
		if WeeksIn(year) != weeks {
			t.Errorf("%d has %d weeks, want %d", year, WeeksIn(year), weeks)
		}
	}
	if _, err := ParseWeek("2025-W53"); err == nil {
		t.Error("2025 has no week 53, and it was accepted")
	}
	if got := (Week{2026, 53}).Add(1).String(); got != "2027-W01" {
		t.Errorf("the week after 2026-W53 is %s", got)
	}
}

func TestParseBucket(t *testing.T) {
	for _, c := range []struct {
		text, start, end string
		grain            Grain
	}{
		{"2026-11", "2026-11-01", "2026-12-01", Months},
		{"2026-02", "2026-02-01", "2026-03-01", Months},
		{"2026-W48", "2026-11-23", "2026-11-30", Weeks},
		{"2026-W53", "2026-12-28", "2027-01-04", Weeks},
		{"2026-11-22", "2026-11-22", "2026-11-23", Days},
		{"2026-11-22/2026-11-29", "2026-11-22", "2026-11-29", Weeks},
		{"2026-11-22/2027-01-05", "2026-11-22", "2027-01-05", Other},
	} {
		b, err := ParseBucket(c.text)
		if err != nil || b.Start.String() != c.start || b.End.String() != c.end || b.Grain() != c.grain {
			t.Errorf("ParseBucket(%q) = %v (%s), %v", c.text, b, b.Grain(), err)
		}
		if b.String() != c.text {
			t.Errorf("%q prints as %q", c.text, b.String())
		}
	}
	for _, s := range []string{"2026", "2026-W54", "2026-13", "2026-11-22/2026-11-22", "2026-12-01/2026-11-01", "x"} {
		if b, err := ParseBucket(s); err == nil || b != (Bucket{}) {
			t.Errorf("ParseBucket(%q) = %v, %v; want an error", s, b, err)
		}
	}
}

func dates() *rapid.Generator[Date] {
	return rapid.Custom(func(t *rapid.T) Date {
		return Date(rapid.IntRange(int(MinDate), int(MaxDate)).Draw(t, "date"))
	})
}

func TestDateProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := dates().Draw(t, "d")
		if back, err := ParseDate(d.String()); err != nil || back != d {
			t.Fatalf("%s reads back as %s, %v", d, back, err)
		}
		y, m, day := d.YMD()
		if want := time.Date(y, m, day, 0, 0, 0, 0, time.UTC); d.Weekday() != want.Weekday() || d.Millis() != want.UnixMilli() {
			t.Fatalf("%s is a %s at %d, want %s at %d", d, d.Weekday(), d.Millis(), want.Weekday(), want.UnixMilli())
		}
		if DateOf(d.Millis()) != d || DateOf(d.Millis()+millisPerDay-1) != d {
			t.Fatalf("%s does not hold its own first and last millisecond", d)
		}
		w := d.ISOWeek()
		if !w.Bucket().Contains(d) {
			t.Fatalf("%s is not in its week %s", d, w)
		}
		if w.Year < 2999 && d > MinDate+7 {
			if back, err := ParseWeek(w.String()); err != nil || back != w {
				t.Fatalf("week %s reads back as %v, %v", w, back, err)
			}
		}
		if b := d.Month().Bucket(); d < MaxDate-31 && !b.Contains(d) {
			t.Fatalf("%s is not in its month %s", d, b)
		}
	})
}

func TestSequencesAreContiguous(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := Date(rapid.IntRange(int(MinDate), int(MaxDate)-4000).Draw(t, "from"))
		n := rapid.IntRange(0, 60).Draw(t, "n")
		for _, seq := range [][]Bucket{DaysFrom(from, n), WeeksFrom(from, n), MonthsFrom(from.Month(), n)} {
			if len(seq) != n {
				t.Fatalf("%d buckets of %d", len(seq), n)
			}
			for i := 1; i < n; i++ {
				if seq[i-1].End != seq[i].Start || seq[i-1].Overlaps(seq[i]) || seq[i-1].Compare(seq[i]) != -1 {
					t.Fatalf("%s and %s do not meet", seq[i-1], seq[i])
				}
			}
		}
	})
}

func TestAddMonthsKeepsToTheMonthsEnd(t *testing.T) {
	for _, c := range []struct {
		from string
		n    int
		want string
	}{{"2026-01-31", 1, "2026-02-28"}, {"2028-01-31", 1, "2028-02-29"}, {"2026-11-22", -11, "2025-12-22"}} {
		if got := MustDate(c.from).AddMonths(c.n).String(); got != c.want {
			t.Errorf("%s plus %d months is %s, want %s", c.from, c.n, got, c.want)
		}
	}
}

func TestWorkdays(t *testing.T) {
	w := NewWorkdays([]Date{MustDate("2026-12-25"), MustDate("2027-01-01")})
	for _, c := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-11-20", 3, "2026-11-25"},  // Friday: the weekend does not count
		{"2026-11-22", 0, "2026-11-23"},  // Sunday moves to Monday
		{"2026-12-24", 1, "2026-12-28"},  // Christmas and a weekend
		{"2026-11-23", -1, "2026-11-20"}, // Monday back to Friday
		{"2026-11-23", 0, "2026-11-23"},
	} {
		if got := w.Add(MustDate(c.from), c.n).String(); got != c.want {
			t.Errorf("%d business days from %s is %s, want %s", c.n, c.from, got, c.want)
		}
	}
	if n := w.Count(MustBucket("2026-12")); n != 22 {
		t.Errorf("December 2026 has %d business days, want 22", n)
	}
	all := NewWorkdays(nil, 0, 1, 2, 3, 4, 5, 6)
	all.Add(MustDate("2026-11-22"), 5) // a calendar without business days must still end
}

func FuzzDateCBOR(f *testing.F) {
	for _, s := range []string{"2026-11-22", "1900-01-01", "2999-12-31", "2024-02-29"} {
		b, _ := MustDate(s).MarshalCBOR()
		f.Add(b)
	}
	f.Add([]byte("\x6a2026-02-30"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var d Date
		if err := d.UnmarshalCBOR(data); err != nil {
			if d != 0 {
				t.Fatalf("refused %x and still set %s", data, d)
			}
			return
		}
		if again, err := d.MarshalCBOR(); err != nil || string(again) != string(data) {
			t.Fatalf("%x re-encodes to %x, %v", data, again, err)
		}
	})
}

func FuzzParseBucket(f *testing.F) {
	for _, s := range []string{"2026-11", "2026-W53", "2026-11-22", "2026-11-22/2026-12-01"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b, err := ParseBucket(s)
		if err != nil {
			if b != (Bucket{}) {
				t.Fatalf("refused %q and still gave %v", s, b)
			}
			return
		}
		if again, err := ParseBucket(b.String()); err != nil || again != b {
			t.Fatalf("%q is %v and prints as %q, which reads as %v, %v", s, b, b.String(), again, err)
		}
	})
}
