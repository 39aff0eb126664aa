package protocol

import (
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/decision"
	"kontor/protocol/forecast"
)

// revision is what the entry does to an artifact in force, as far as it can be material to something (practice T1).
type revision struct {
	forecasts func() ([2]forecast.Document, error) // before and after; nil: it is of another kind
	plans     [2]capacity.Plan
	unread    error                     // why the forecasts could not be read: the entry is not folded then
	whole     bool                      // of a kind that is judged as a whole: any revision is material
	other     func(decision.Scope) bool // of a campaign calendar, a quality report or contract terms
	day       calendar.Date             // of the entry's claimed time: what was over by then changes nothing
}

// material tells whether the revision changes a cell of a scope beyond the tolerance.
func (r *revision) material(s decision.Scope) bool {
	switch {
	case r == nil:
		return false
	case r.whole:
		return true
	case r.other != nil:
		return r.other(s)
	case len(r.plans[0].Groups) > 0 || len(r.plans[1].Groups) > 0:
		return capacity.Material(r.plans[0], r.plans[1], s.Products, s.Horizon, r.day)
	}
	if r.forecasts == nil {
		return false
	}
	docs, err := r.forecasts()
	if err != nil {
		r.unread = err
		return true
	}
	changes, err := forecast.Diff(r.within(docs[0], s), r.within(docs[1], s))
	// Of another unit or basis: as material as can be.
	return err != nil || slices.ContainsFunc(changes, func(c forecast.Change) bool { return forecast.Material(c, docs[0].ToleranceAt(c.Bucket)) })
}

// within is the part of a forecast that a scope is about.
func (r *revision) within(d forecast.Document, s decision.Scope) forecast.Document {
	var lines []forecast.Line
	for _, l := range d.Lines {
		region := slices.Contains(s.Regions, artifact.All) || slices.Contains(s.Regions, l.Location.Region)
		if !region || !slices.Contains(s.Products, l.Item.ID()) {
			continue
		}
		l.Buckets = slices.DeleteFunc(slices.Clone(l.Buckets), func(c forecast.Cell) bool { return !s.Horizon.Overlaps(c.Bucket) || c.End <= r.day })
		lines = append(lines, l)
	}
	d.Lines = lines
	return d
}
