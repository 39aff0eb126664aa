package planner

import (
	"reflect"
	"testing"

	"kontor/protocol/calendar"
)

// The settings of the fit were chosen on forecasts made up to August 2012, whose
// months ended by August 2013. These origins were not looked at for that.
var judgedOrigins = []string{"2013-02", "2013-08", "2014-02", "2014-08"}

// Issue 2, step 2: calibrated on one window and judged on another, the 80 % band
// covers 75 to 88 % and the mean pinball loss is no worse than that of the
// empirical quantiles of the same history.
func TestBandsHoldOnLaterMonthsOfTheRealHistory(t *testing.T) {
	h := realHistory(t)
	for _, origin := range judgedOrigins {
		j, err := Judge(h, month(t, origin), Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%v; totals over the year: band covers %.1f %%, pinball loss %.0f against %.0f",
			j, 100*j.CoverageTotal, j.PinballTotal, j.PinballTotalEmpirical)
		if !j.Holds() {
			t.Errorf("the promise does not hold: %v", j)
		}
		if j.Calibration.Through != j.Origin || j.From != j.Origin+1 {
			t.Errorf("calibrated through %s, origin %s, judged from %s: the windows must follow each other", j.Calibration.Through, j.Origin, j.From)
		}
		if j.PinballTotal > j.PinballTotalEmpirical {
			t.Errorf("totals after %s: pinball loss %.0f is worse than %.0f", origin, j.PinballTotal, j.PinballTotalEmpirical)
		}
		if j.CoverageTotal < 0.6 || j.CoverageTotal > 0.95 {
			t.Errorf("totals after %s: band covers %.3f", origin, j.CoverageTotal)
		}
	}
}

func TestBandsHoldThreeMonthsAheadToo(t *testing.T) {
	h := realHistory(t)
	for _, origin := range []string{"2013-08", "2014-02", "2014-05"} {
		j, err := Judge(h, month(t, origin), Options{LeadIn: 3})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%v", j)
		if !j.Holds() || j.From != j.Origin+4 {
			t.Errorf("the promise does not hold: %v", j)
		}
	}
}

func TestAForecastDoesNotSeeTheMonthsItIsJudgedOn(t *testing.T) {
	h := realHistory(t)
	origin := month(t, "2013-08")
	forecast := func(h History) Result {
		known, err := h.Until(origin)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Forecast(known, Options{Paths: 200})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	was, judged := forecast(h), mustJudge(t, h, origin)
	for i := range h.Values {
		for m := origin + 1; m <= h.Last(); m++ {
			h.Values[i][m-h.First] = float64(1_000_000 * (i + 1))
		}
	}
	if now := forecast(h); !reflect.DeepEqual(was, now) {
		t.Error("changing the months after the origin changed the forecast")
	}
	if now := mustJudge(t, h, origin); now.Calibration != judged.Calibration || now.PinballEmpirical == judged.PinballEmpirical {
		t.Error("changing the months after the origin must change the verdict and leave the calibration")
	}
}

func mustJudge(t *testing.T, h History, origin calendar.Month) Judgement {
	t.Helper()
	j, err := Judge(h, origin, Options{Paths: 200})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestJudgeRefusesWhatItCannotJudge(t *testing.T) {
	h := realHistory(t)
	if _, err := Judge(h, month(t, "2014-09"), Options{}); err == nil {
		t.Error("judged a forecast whose last month is not known")
	}
	if _, err := Judge(h, h.First-1, Options{}); err == nil {
		t.Error("judged a forecast made before the history")
	}
	small, err := NewHistory([]Record{{Key{"A", "X"}, h.First, 1}}, h.First+23)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := JudgeLatest(small, Options{}); err == nil {
		t.Error("gave a verdict on 12 cells")
	}
}

func TestAnActualCountsWithTheShareOfItsJumpInsideTheBand(t *testing.T) {
	for _, c := range []struct{ below, upTo, want float64 }{
		{0, 0.05, 0},
		{0, 0.2, 0.5},
		{0, 1, 0.8},
		{0, 0.75, 0.65 / 0.75},
		{0.95, 1, 0},
		{0.5, 0.5, 1},
		{0.95, 0.95, 0},
	} {
		if got := within(c.below, c.upTo, 0.1, 0.9); got < c.want-1e-12 || got > c.want+1e-12 {
			t.Errorf("within(%v, %v) = %v, want %v", c.below, c.upTo, got, c.want)
		}
	}
}
