package desk

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"kontor/node"
	"kontor/node/intake"
	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/measure"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
)

// counted is with whom something was counted: the key of its rows at home, and the salt of its lines.
type counted struct {
	key  string
	salt performance.Salt
	step *artifact.Step // the grain at which it may leave; nil: as it was counted
}

// countedWith is what was counted with a partner.
func countedWith(p *node.Partnership) counted {
	return counted{key: p.PID.String(), salt: performance.NewSalt(p.Channel)}
}

// countedWithGuest is what was counted with a partner without a node. No root over its lines leaves: the salt hides nothing.
func countedWithGuest(name string) counted {
	sum := sha256.Sum256([]byte("guest\x00" + name))
	return counted{key: "guest-" + hex.EncodeToString(sum[:16]), salt: performance.NewSalt(sum[:])}
}

// guestNamed finds a partner without a node that a template was written for.
func (d *Desk) guestNamed(name string) (guest string, err error) {
	err = d.node.ReadPrivate(func(p node.PrivateRows) error {
		list, err := scanRows[guestTemplate](p, guestTemplates)
		for _, t := range list {
			if strings.EqualFold(t.Guest, name) {
				guest = t.Guest
			}
		}
		return err
	})
	if err == nil && guest == "" {
		err = node.Failf("NO_GUEST", "no template was ever written for a partner %q without a node; write one: kontor guest template NAME", intake.Shortened(name))
	}
	return guest, err
}

// measureGuest measures what is recorded here for a partner without a node: its forecasts, or what it was asked for and gave, against what this company counted with it.
func (d *Desk) measureGuest(q MeasureQuery) ([]MeasuredGroup, error) {
	m, err := q.read()
	if err != nil {
		return nil, err
	}
	if q.With != "" || q.Agreement != "" {
		return nil, node.Failf("BAD_GUEST", "a partner without a node is measured by itself: it is in no partnership and signs no agreement; leave out --with and --agreement")
	}
	guest, err := d.guestNamed(q.Guest)
	if err != nil {
		return nil, err
	}
	if err := d.guestVersions(&m, guest); err != nil {
		return nil, err
	}
	notes, err := d.guestCounted(&m, guest)
	if err != nil {
		return nil, err
	}
	out := []MeasuredGroup{m.accuracy(), m.deliveries(), m.stock()}
	if m.since != 0 {
		out = append(out, m.beforeAndAfter()...)
	}
	seen, err := d.GuestExceptions(guest, true)
	if err != nil {
		return nil, err
	}
	out = append(append(out, m.stability(), m.supply()), alertGroups(alertQuality(seen, q.Product))...)
	for i := range out {
		out[i].Grade = artifact.GradeC
	}
	out[0].Notes = append(out[0].Notes, fmt.Sprintf("all of it from what is recorded here for %s and what was counted here: %s signed none of it, and it is in no measure of a partnership", guest, guest))
	out[0].Notes = append(out[0].Notes, notes...)
	return out, nil
}

// guestVersions reads what a guest said it needs, and what it was asked for with what it gave.
func (d *Desk) guestVersions(m *measuring, guest string) error {
	series := map[intake.Kind][]performance.Version{}
	err := d.node.ReadPrivate(func(p node.PrivateRows) error {
		clear(series)
		records, err := scanRows[guestRecord](p, guestRecords)
		if err != nil {
			return err
		}
		for _, rec := range records {
			if rec.Guest != guest {
				continue
			}
			cells, err := readPieces[guestCell](p, guestKey(guestCells, rec.Number)+"/")
			if err != nil {
				return err
			}
			v := performance.Version{At: rec.T, Committed: func(string, calendar.Bucket) (quantity.Quantity, bool) { return quantity.Quantity{}, false }}
			if rec.Kind == intake.Forecast {
				v.Document = rec.forecast(cells)
			} else {
				var t guestTemplate
				if _, err := p.Get(guestTemplates+rec.Template, &t); err != nil {
					return err
				}
				rows, err := readPieces[guestRow](p, guestRows+rec.Template+"/")
				if err != nil {
					return err
				}
				said := map[string]quantity.Quantity{}
				for _, c := range cells {
					said[c.line().Key()+"|"+c.Bucket.String()] = c.Given
				}
				v.At, v.Document = t.T, askedDocument(rows, t)
				v.Committed = func(line string, b calendar.Bucket) (quantity.Quantity, bool) {
					q, answered := said[line+"|"+b.String()]
					return q, answered
				}
			}
			v.Document.Lines = slices.DeleteFunc(v.Document.Lines, func(l forecast.Line) bool {
				return m.q.Product != "" && l.Item.ID() != m.q.Product || m.q.Region != "" && l.Location.Region != m.q.Region
			})
			series[rec.Kind] = append(series[rec.Kind], v)
		}
		return nil
	})
	for _, kind := range []intake.Kind{intake.Forecast, intake.Answers} {
		if list := series[kind]; len(list) > 0 {
			m.versions = append(m.versions, list)
		}
	}
	return err
}

// guestCounted reads what this company counted with a guest, by calendar month.
func (d *Desk) guestCounted(m *measuring, guest string) (notes []string, err error) {
	with := countedWithGuest(guest)
	var span calendar.Bucket
	see := func(b calendar.Bucket) {
		if !b.Valid() {
			return
		}
		if span.Start == 0 {
			span = b
		}
		span.Start, span.End = min(span.Start, b.Start), max(span.End, b.End)
	}
	if err := d.node.ReadPrivate(func(rows node.PrivateRows) error {
		figures, err := scanRows[performance.Cell](rows, draftFigures+with.key+"/")
		if err != nil {
			return err
		}
		for _, c := range figures {
			see(c.Bucket)
		}
		records, err := recordsOf(rows, with)
		for _, r := range records {
			for _, day := range []calendar.Date{r.Line.Due, r.Line.Date} {
				if day != 0 {
					see(calendar.Bucket{Start: day, End: day.AddDays(1)})
				}
			}
		}
		return err
	}); err != nil || span.Start == 0 {
		return nil, err
	}
	span = calendar.Bucket{Start: span.Start.Month().First(), End: (span.End - 1).Month().Add(1).First()}
	m.setting = measure.Setting{}
	cells, _, notes, err := d.countedCells(with, span, countingTerms{Setting: m.setting, By: "month"}, calendar.DateOf(d.node.Now()))
	if err != nil {
		return nil, err
	}
	for _, c := range performance.Settle(&performance.Document{Cells: cells}, nil, performance.DefaultTolerance()) {
		if m.sees(c.Item, c.Place.Region, c.Bucket) {
			c.Grade = artifact.GradeC
			m.settled = append(m.settled, c)
		}
	}
	return notes, nil
}
