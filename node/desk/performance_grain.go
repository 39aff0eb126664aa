package desk

import (
	"fmt"
	"slices"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/calendar"
	"kontor/protocol/performance"
)

// This file brings what was counted to the grain at which it may leave (practice T3), before cells and the roots over their lines are made: a coarser cell has
// its own root, and what is opened to the partner under it are its lines.

// leaving is the same with the grain of a scope.
func (c counted) leaving(l protocol.Leaving) counted {
	if l.Set != nil && len(l.Set.Grain) > 0 {
		c.step = &l.Set.Grain[0]
	}
	return c
}

// coarseness orders how a window can be cut.
var coarseness = []string{"day", "week", "month", "window"}

// stepBy is how a window is cut at the finest for a grain.
var stepBy = map[calendar.Grain]string{calendar.Days: "day", calendar.Weeks: "week", calendar.Months: "month"}

// periods cuts a window as asked, and no finer than may leave: what is left behind the last whole week is put to it.
func (c counted) periods(w calendar.Bucket, by string) ([]calendar.Bucket, error) {
	if by == "" {
		by = "window"
	}
	if c.step == nil {
		return cutWindow(w, by)
	}
	finest := stepBy[c.step.Time]
	if c.step.Time == calendar.Months && (w.Start != w.Start.Month().First() || w.End != w.Last().Month().Add(1).First()) || w.Days() < 7 && finest == "week" {
		return nil, node.Failf("BAD_WINDOW", "reports leave no finer than %s (practice T3), and %s is no such window: want whole months or weeks, or open the grain with kontor scope set --kind performance", *c.step, w)
	}
	if slices.Index(coarseness, by) < slices.Index(coarseness, finest) && slices.Contains(coarseness, by) {
		by = finest
	}
	out, err := cutWindow(w, by)
	if n := len(out); n > 1 && by == "week" && out[n-1].Days() < 7 {
		out[n-2].End = out[n-1].End
		out = out[:n-1]
	}
	return out, err
}

// coarse brings records and figures of a window to the places and periods that may leave.
func (c counted) coarse(records []performance.Record, figures []performance.Cell, w calendar.Bucket) ([]performance.Record, []performance.Cell, []string, error) {
	if c.step == nil {
		return records, figures, nil, nil
	}
	left := map[string]bool{}
	var placed []performance.Record
	for _, r := range records {
		where, err := r.Place.At(c.step.Place)
		if err != nil {
			left[r.Place.Key()] = true
			continue
		}
		r.Place = where
		placed = append(placed, r)
	}
	var notes []string
	if len(left) > 0 {
		notes = append(notes, fmt.Sprintf("lines of %s without a region stay at home: the grain %s lets no site leave", node.Count(len(left), "place"), *c.step))
	}
	periods, err := c.periods(w, stepBy[c.step.Time])
	if err != nil {
		return nil, nil, nil, err
	}
	figures, said := atPeriodEnds(figures)
	notes = append(notes, said...)
	figures, said, err = performance.Coarsen(figures, *c.step, periods)
	if err != nil {
		return nil, nil, nil, node.Failf("NOT_COUNTED", "%v", err)
	}
	return placed, figures, append(notes, said...), nil
}

// otherCells says that the partner counted in other cells: figures of different ones are not set against each other.
func (c counted) otherCells(own performance.Document, partner *performance.Document) []string {
	if partner == nil {
		return nil
	}
	said := map[string]bool{}
	for _, x := range partner.Cells {
		said[x.Key()] = true
	}
	if alone := slices.DeleteFunc(slices.Clone(own.Cells), func(x performance.Cell) bool { return said[x.Key()] }); len(alone) > 0 {
		return []string{fmt.Sprintf("%s of the grain %s that the partner's report has not: what the two counted in different cells is not set against each other; agree on one grain", node.Count(len(alone), "cell"), *c.step)}
	}
	return nil
}
