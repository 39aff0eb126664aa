package p2p

import (
	"testing"
	"time"
)

// One slow answer does not show in a partner's clock, and a clock that was set shows at once.
func TestAPartnersClockThatWasSetShowsAtOnce(t *testing.T) {
	var c clockOffset
	at := time.UnixMilli(1_800_000_000_000)
	compare := func(theirs, took time.Duration) {
		c.note(at.Add(theirs).UnixMilli(), at, at.Add(took))
		at = at.Add(time.Minute)
	}
	says := func(want time.Duration) {
		t.Helper()
		if got, known := c.median(); !known || got != want {
			t.Errorf("%v, %v; want %v", got, known, want)
		}
	}
	if _, known := c.median(); known {
		t.Error("known before the first comparison")
	}
	for range 5 {
		compare(time.Second, 0)
	}
	compare(0, time.Minute)
	says(time.Second)
	compare(time.Hour, 0)
	says(time.Hour)
	compare(time.Second, 0)
	says(time.Second)
}
