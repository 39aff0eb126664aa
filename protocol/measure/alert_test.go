package measure

import (
	"testing"

	"kontor/protocol/quantity"
)

// The share acted on is of those that somebody acted on or that are over; what is open is left out, and of open ones alone nothing is measured.
func TestAlertsActedOn(t *testing.T) {
	var a Alerts
	if r := a.Result(); r.Measured() || r.Reason != NoData {
		t.Errorf("of none: %+v", r)
	}
	a.Add(false, false)
	if r := a.Result(); r.Measured() || r.Reason != Pending || r.Excluded[Pending] != 1 {
		t.Errorf("of one that is open: %+v", r)
	}
	a.Add(true, false) // in a topic
	a.Add(true, true)
	a.Add(false, true)
	a.Add(false, true)
	if r := a.Result(); !r.Measured() || r.Value.String() != "0.5" || r.Count != 4 || r.Excluded[Pending] != 1 {
		t.Errorf("two of four: %+v", r)
	}
}

// Demand of a period comes evenly over its days: 300 on hand against 310 of a month of 31 days last 30 days; of a month half over the days left count.
func TestDaysOfSupplyOverPeriods(t *testing.T) {
	for _, c := range []struct {
		stock  int64
		demand []Ahead
		want   string
		beyond bool
	}{
		{300, []Ahead{{31, 31, quantity.Of(310)}}, "30", false},
		{300, []Ahead{{15, 30, quantity.Of(300)}, {31, 31, quantity.Of(310)}}, "30", false},
		{0, []Ahead{{31, 31, quantity.Of(310)}}, "0", false},
		{-5, []Ahead{{31, 31, quantity.Of(310)}}, "0", false},
		{0, []Ahead{{31, 31, quantity.Of(0)}, {1, 1, quantity.Of(1)}}, "31", false},
		{310, []Ahead{{31, 31, quantity.Of(310)}}, "31", true},
		{5, []Ahead{{1, 1, quantity.Of(2)}, {1, 1, quantity.Of(2)}, {1, 1, quantity.Of(2)}}, "2.5", false},
	} {
		r, beyond := SupplyOver(quantity.Of(c.stock), c.demand, nil)
		if !r.Measured() || r.Value.String() != c.want || beyond != c.beyond {
			t.Errorf("%d against %v: %s (%v), want %s (%v)", c.stock, c.demand, r.Value, beyond, c.want, c.beyond)
		}
	}
	if r, _ := SupplyOver(quantity.Of(1), nil, nil); r.Measured() || r.Reason != NoData {
		t.Errorf("without demand: %+v", r)
	}
}
