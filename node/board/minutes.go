package board

import (
	"cmp"
	"slices"

	"kontor/node"
	"kontor/node/api/wire"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
)

// minutesSince is how many days back minutes look where no day is named: a month's cycle.
const minutesSince = 31

// Minutes are what came of meetings since a day: topics opened and ended, agreements made final, milestones reported. They are read from
// what both sides signed, so that nobody writes down another version.
func (b *Board) Minutes(by By, q wire.CadenceQuery) (wire.MinutesReport, error) {
	since := calendar.DateOf(b.node.Now()).AddDays(-minutesSince)
	if q.From != "" {
		var err error
		if since, err = calendar.ParseDate(q.From); err != nil {
			return wire.MinutesReport{}, node.Failf("BAD_DATE", "the day %q: %v", q.From, err)
		}
	}
	out := wire.MinutesReport{Since: since, Lines: []wire.MinutesLine{}, Recorded: []wire.RecordedMinutes{}}
	add := func(t int64, f found, what, ref, title string) {
		if t >= since.Millis() {
			out.Lines = append(out.Lines, wire.MinutesLine{T: t, With: b.desk.PartnerName(f.p), What: what, Ref: ref, Title: title})
		}
	}
	err := b.eachTopic(by, wire.TopicListQuery{With: q.With}, func(f found) error {
		opened := "topic opened by " + b.node.CompanyName(f.t.ProposedBy)
		if f.t.Trigger == decision.ByCadence {
			opened += ", by cadence"
		}
		add(f.t.Opened.T, f, opened, f.t.ID.String(), f.t.Title)
		if !f.t.Status.Active() {
			add(f.t.Since.T, f, "topic "+string(f.t.Status), f.t.ID.String(), f.t.Title)
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	docs, err := b.documents(by, q.With)
	if err != nil {
		return out, err
	}
	for _, d := range docs {
		f := found{p: d.p}
		if d.row.Verdict == decision.Final {
			add(settledBy(d.row).T, f, "agreement final", d.row.Document.String(), d.doc.Title)
		}
		steps, err := b.plan(d)
		if err != nil {
			return out, err
		}
		for _, s := range steps {
			if s.DoneAt > 0 {
				add(s.DoneAt, f, "milestone done by "+s.Name, d.row.Document.String()+"/"+s.ID, s.Title+": "+s.Shown)
			}
		}
	}
	if out.Recorded, err = b.recorded(by, q, since); err != nil {
		return out, err
	}
	slices.SortStableFunc(out.Lines, func(x, y wire.MinutesLine) int { return cmp.Or(cmp.Compare(x.T, y.T), cmp.Compare(x.Ref, y.Ref)) })
	return out, nil
}
