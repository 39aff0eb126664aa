package campaign

import (
	"slices"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
)

// How far other days for an event are looked for, and how many matches are made to see whether supply covers it there.
const (
	MoveDays    = 366
	moveMatches = 12
)

// Elsewhere is an event on other days.
type Elsewhere struct {
	Event  Event
	Cells  bool            // its lifts are in other periods than before
	Looked calendar.Bucket // the first days it could have there that were looked at; none where what stands against it is no matter of days
}

// Move finds the first days after an event's own, as many as it has and not before a day, on which nothing stands against it that days can change: no blackout, no
// other event on its items and places, and no period in which supply falls or may fall short. match makes the cover of calendars; nil where there is nothing to match. Blocked lots
// and missing words stand on all days alike. found is false where something stands against every day looked at.
func (in Input) Move(author block.CID, event string, from calendar.Date, match func([]Held) (CoverOf, error)) (to Elsewhere, found bool, err error) {
	f := finder{Input: in}
	f.Calendars = sorted(in.Calendars)
	f.Cover = nil
	of := slices.IndexFunc(f.Calendars, func(c Held) bool {
		_, held := c.Document.Event(event)
		return held && c.Author == author
	})
	if of < 0 {
		return to, false, nil
	}
	own, _ := f.Calendars[of].Document.Event(event)
	first := max(from, own.Period.Start.AddDays(1))
	f.expand(calendar.Bucket{Start: own.Period.Start, End: first.AddDays(MoveDays + own.Period.Days())})
	if f.quiet(f.Calendars[of], own) {
		there := true
		if match != nil {
			there, err = f.supplied(of, own, match)
		}
		if err != nil || there {
			return to, false, err
		}
	}
	to.Looked = calendar.Bucket{Start: first, End: first.AddDays(MoveDays)}
	var tried []Impact
	supplied, matches := true, 0
	for day := first; day < to.Looked.End; day = day.AddDays(1) {
		moved := own.on(day)
		if !f.quiet(f.Calendars[of], moved) {
			continue
		}
		if match != nil && (matches == 0 || !samePeriods(tried, moved.Impacts)) {
			if matches == moveMatches {
				break
			}
			matches, tried = matches+1, moved.Impacts
			if supplied, err = f.supplied(of, moved, match); err != nil {
				return to, false, err
			}
		}
		if supplied {
			to.Event, to.Cells = moved, !samePeriods(own.Impacts, moved.Impacts)
			return to, true, nil
		}
	}
	return to, false, nil
}

// quiet tells whether an event lies in no blackout and beside no other event.
func (f *finder) quiet(of Held, e Event) bool {
	f.found = nil
	h := held{of, e}
	f.blackouts(h)
	for _, c := range f.Calendars {
		for _, other := range c.Document.Events {
			if other.Status.Open() && (c.CID != of.CID || other.ID != e.ID) {
				f.overlap(h, held{c, other})
			}
		}
	}
	return len(f.found) == 0
}

// supplied tells whether supply is known to fall short in no period of an event that takes the place of the one in a calendar. What agreements fix of it where it was
// does not count.
func (f *finder) supplied(of int, e Event, match func([]Held) (CoverOf, error)) (bool, error) {
	in := f.Input
	in.Agreed = slices.DeleteFunc(slices.Clone(f.Agreed), func(a AgreedLift) bool { return a.Author == f.Calendars[of].Author && a.Event == e.ID })
	in.Calendars = slices.Clone(f.Calendars)
	doc := &in.Calendars[of].Document
	doc.Events = slices.Clone(doc.Events)
	for i := range doc.Events {
		if doc.Events[i].ID == e.ID {
			doc.Events[i] = e
		}
	}
	cover, err := match(in.WithAgreed())
	if err != nil {
		return false, err
	}
	one := finder{Input: Input{Cover: cover}}
	one.cover(held{in.Calendars[of], e})
	return !slices.ContainsFunc(one.found, func(c Conflict) bool { return c.Period.Valid() }), nil
}

// on is the event with another first day: its other days move with it, lifts of months by whole months, those of weeks by as many weeks as lie between the weeks that
// hold the old and the new first day. A week begins on the weekday on which the lift's own begins, whatever week scheme that is of.
func (e Event) on(first calendar.Date) Event {
	days := first.Sub(e.Period.Start)
	by := func(b calendar.Bucket) calendar.Bucket {
		return calendar.Bucket{Start: b.Start.AddDays(days), End: b.End.AddDays(days)}
	}
	for _, b := range []**calendar.Bucket{&e.SellIn, &e.SellOut} {
		if *b != nil {
			moved := by(**b)
			*b = &moved
		}
	}
	months := int(first.Month() - e.Period.Start.Month())
	e.Period = by(e.Period)
	e.Impacts = slices.Clone(e.Impacts)
	for i, m := range e.Impacts {
		switch b := m.Bucket; b.Grain() {
		case calendar.Months:
			e.Impacts[i].Bucket = b.Start.Month().Add(months).Bucket()
		case calendar.Weeks:
			whole := weekOf(first, b.Start).Sub(weekOf(first.AddDays(-days), b.Start))
			e.Impacts[i].Bucket = calendar.Bucket{Start: b.Start.AddDays(whole), End: b.End.AddDays(whole)}
		default:
			e.Impacts[i].Bucket = by(b)
		}
	}
	return e
}

// weekOf is the first day of the week that holds a day, where weeks begin on the weekday of begins.
func weekOf(day, begins calendar.Date) calendar.Date {
	return day.AddDays(-(int(day.Weekday()-begins.Weekday()) + 7) % 7)
}

func samePeriods(a, b []Impact) bool {
	return slices.EqualFunc(a, b, func(x, y Impact) bool { return x.Bucket == y.Bucket })
}
