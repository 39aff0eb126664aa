package calendar

import "testing"

// prints is the fuzz target of a text form: what is read prints as the text it was read from, what is refused gives the zero value.
func prints[T interface {
	comparable
	String() string
}](f *testing.F, parse func(string) (T, error), seeds ...string) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var none T
		v, err := parse(s)
		if err != nil {
			if v != none {
				t.Fatalf("refused %q and still gave %v", s, v)
			}
			return
		}
		if v.String() != s {
			t.Fatalf("%q prints as %q", s, v.String())
		}
	})
}

func FuzzParseDate(f *testing.F) {
	prints(f, ParseDate, "2026-11-22", "2024-02-29", "2026-02-30", "1899-12-31", "2999-12-31", "2026-1-1", "２０２６-11-22", "+026-11-22")
}

func FuzzParseMonth(f *testing.F) {
	prints(f, ParseMonth, "2026-11", "2026-00", "2026-13", "2999-12", "2026-1", "202611")
}

func FuzzParseWeek(f *testing.F) {
	prints(f, ParseWeek, "2026-W53", "2025-W53", "1900-W01", "2998-W52", "2026-W00", "2026-w01")
}
