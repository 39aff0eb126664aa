package capacity

import (
	"strings"
	"testing"

	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// What the buyer says is overdue is taken off the stock that serves its lines, unless the seller has a word on it: a backlog of its own, or a stock
// counted later.
func TestBacklogOfTheForecast(t *testing.T) {
	owing := func(region, backlog string) forecast.Line {
		l := line("A", region, cell("2027-01", "100", levels("0.5", "100", "0.9", "120")...), cell("2027-02", "100", levels("0.5", "200", "0.9", "240")...))
		if backlog != "" {
			l.Schedule = &forecast.Schedule{Backlog: qp(backlog)}
		}
		return l
	}
	position := func(region, backlog, asOf string) Position {
		return Position{Product: "A", Region: region, Unit: quantity.Pack, AsOf: calendar.MustDate(asOf), Stock: qp("250"), Backlog: q(backlog)}
	}
	const before, after = "2026-11-22", "2026-11-23" // the forecast is issued on 2026-11-22
	for _, c := range []struct {
		name      string
		lines     []forecast.Line
		positions []Position
		free      []string // of each pool, what is overdue taken off
	}{
		{"nothing overdue", []forecast.Line{owing("UG", "")}, []Position{position("", "0", before)}, []string{"250"}},
		{"overdue", []forecast.Line{owing("UG", "40.5")}, []Position{position("", "0", before)}, []string{"209.5"}},
		{"of two places of one stock", []forecast.Line{owing("KE", "40"), owing("UG", "10")}, []Position{position("", "0", before)}, []string{"200"}},
		{"each of its own stock", []forecast.Line{owing("KE", "40"), owing("UG", "10")}, []Position{position("", "0", before), position("KE", "0", before)}, []string{"240", "210"}},
		{"the seller names another", []forecast.Line{owing("UG", "40")}, []Position{position("", "30", before)}, []string{"220"}},
		{"counted since", []forecast.Line{owing("UG", "40")}, []Position{position("", "0", after)}, []string{"250"}},
	} {
		r := match(t, doc(c.lines...), Plan{Header: header(PlanType), Positions: c.positions})
		if len(r.Products) != len(c.free) {
			t.Fatalf("%s: %d pools", c.name, len(r.Products))
		}
		taken := false
		for i, p := range r.Products {
			if p.Ahead == nil || p.Ahead.Stock.Cmp(q(c.free[i])) != 0 {
				t.Fatalf("%s: pool %d has %+v, want a stock of %s", c.name, i, p.Ahead, c.free[i])
			}
			taken = taken || p.Ahead.Stock.Cmp(quantity.Of(250)) != 0
		}
		said := strings.Contains(strings.Join(r.Notes, "\n"), "overdue as the forecast says")
		if own := c.positions[0].Backlog.IsZero(); said != (taken && own) {
			t.Errorf("%s: the notes say %q", c.name, r.Notes)
		}
	}
}
