package capacity

import (
	"testing"

	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// banded is a demand of 100 in each of six months, with bands up to the level where they are given.
func banded(level int64) forecast.Document {
	l := line("A", "UG")
	for i := range 6 {
		m := calendar.MustBucket("2027-01").Start.Month().Add(i)
		c := forecast.Cell{Bucket: calendar.Bucket{Start: m.First(), End: m.Add(1).First()}, Mean: quantity.Of(100)}
		if level > 0 {
			c.Cumulative = []forecast.Quantile{{P: 500_000, Q: quantity.Of(int64(100 * (i + 1)))}, {P: level, Q: quantity.Of(int64(120 * (i + 1)))}}
		}
		l.Buckets = append(l.Buckets, c)
	}
	return doc(l)
}

// How far a stock reaches, and how much of it is too much (D11).
func TestAhead(t *testing.T) {
	pos := func(stock, backlog int64) Position {
		q := quantity.Of(stock)
		return Position{Product: "A", Unit: quantity.Pack, AsOf: calendar.MustDate("2027-01-01"), Stock: &q, Backlog: quantity.Of(backlog)}
	}
	for name, c := range map[string]struct {
		level          int64
		stock, backlog int64
		cover          *quantity.Quantity
		days           string
		beyond         bool
		excess         string // "" where nothing is claimed
	}{
		"ten days of a month":    {900_000, 31, 0, nil, "9.6", false, "0"}, // 31 of 100 a month of 31 days: 9.61
		"two months and half":    {900_000, 250, 0, nil, "74.5", false, "0"},
		"owed before":            {900_000, 250, 150, nil, "31.0", false, "0"},
		"more is owed":           {900_000, 100, 150, nil, "0.0", false, "0"},
		"four months' worth":     {900_000, 500, 0, nil, "151.0", false, "140"}, // 90 days reach to the end of March: 3 x 120
		"outlasts what is known": {900_000, 900, 0, nil, "181.0", true, "540"},
		"a level too low":        {800_000, 900, 0, nil, "181.0", true, ""},
		"no bands":               {0, 900, 0, nil, "181.0", true, ""},
		"a cover of its own":     {0, 900, 0, new(quantity.Quantity), "181.0", true, "900"},
	} {
		p := pos(c.stock, c.backlog)
		p.MaxCover = c.cover
		r := match(t, banded(c.level), Plan{Header: header(PlanType), Positions: []Position{p}})
		if len(r.Products) != 1 || r.Products[0].Ahead == nil {
			t.Fatalf("%s: %+v", name, r.Products)
		}
		a := r.Products[0].Ahead
		if a.Days.Format(1) != c.days || a.Beyond != c.beyond {
			t.Errorf("%s: %s days, beyond %v; want %s, %v", name, a.Days.Format(1), a.Beyond, c.days, c.beyond)
		}
		switch {
		case c.excess == "" && a.Excess != nil:
			t.Errorf("%s: an excess of %s is claimed", name, a.Excess)
		case c.excess != "" && (a.Excess == nil || a.Excess.Cmp(quantity.MustParse(c.excess)) != 0):
			t.Errorf("%s: excess %v, want %s", name, a.Excess, c.excess)
		}
	}
}
