package planner

import (
	"math"
	"testing"
)

func TestHistoryAddsUpAndFillsHoles(t *testing.T) {
	january := month(t, "2015-01")
	h, err := NewHistory([]Record{
		{Key{"B", "X"}, january + 2, 5}, {Key{"A", "Y"}, january, 1}, {Key{"A", "Y"}, january, 2},
	}, january+3)
	if err != nil {
		t.Fatal(err)
	}
	if len(h.Keys) != 4 || h.Keys[1] != (Key{"A", "Y"}) || h.Values[1][0] != 3 || h.Values[2][2] != 5 || h.Months != 4 {
		t.Errorf("arranged as %+v", h)
	}
	if s := h.Shifted(12); s.First.String() != "2027-01" || h.First != january {
		t.Errorf("shifted to %s, left %s", s.First, h.First)
	}
}

func TestHistoryRefuses(t *testing.T) {
	m := month(t, "2015-01")
	for name, records := range map[string][]Record{
		"nothing":        nil,
		"negative":       {{Key{"A", "X"}, m, -1}},
		"not a number":   {{Key{"A", "X"}, m, math.NaN()}},
		"infinite":       {{Key{"A", "X"}, m, math.Inf(1)}},
		"after the last": {{Key{"A", "X"}, m + 1, 1}},
		"no product":     {{Key{"", "X"}, m, 1}},
		"too long":       {{Key{"A", "X"}, m - MaxMonths, 1}},
	} {
		if _, err := NewHistory(records, m); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
