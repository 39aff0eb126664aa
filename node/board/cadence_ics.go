package board

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"kontor/node"
	"kontor/node/api/wire"
	"kontor/node/ical"
	"kontor/protocol"
	"kontor/protocol/calendar"
	"kontor/protocol/terms"
)

// sentMeetings are the meetings that were written into calendar files, by UID, so that a later file changes or cancels them.
const sentMeetings = "cadence-sent/"

// sentMeeting is a meeting as it was last written.
type sentMeeting struct {
	Title    string        `cbor:"title"`
	Day      calendar.Date `cbor:"day"`
	Canceled bool          `cbor:"canceled"`
	Sequence int64         `cbor:"sequence"`
	Stamp    int64         `cbor:"stamp"`
}

// CadenceCalendar is the next meetings and their steps for a calendar program: titles and days, no figures and no products. A meeting keeps
// its UID when it moves inside its month, and its SEQUENCE rises; one that is not held any more stands as cancelled.
func (b *Board) CadenceCalendar(by By, q wire.CadenceQuery) (wire.CadenceFile, error) {
	day, err := b.meetingsFrom(q)
	if err != nil {
		return wire.CadenceFile{}, err
	}
	if q.Rules {
		return b.cadenceRules(by, q, day)
	}
	// Meetings are numbered inside their month, so the month is looked at from its first day, also where the terms began later in it.
	q.Most, q.Cadence = max(q.Most, 1)+31, ""
	report, err := b.meetings(by, q, day, day.Month().First())
	if err != nil {
		return wire.CadenceFile{}, err
	}
	list, err := b.visible(by.Scope, q.With)
	if err != nil {
		return wire.CadenceFile{}, err
	}
	prefix := list[0].PID.String() + "/"
	now := map[string]sentMeeting{}
	number := map[string]int{}
	for _, m := range report.Meetings {
		month := fmt.Sprintf("%s/%s/%s", m.Contract, m.Cadence, m.Day.Month())
		number[month]++
		for _, s := range m.Steps {
			title := m.Name
			if len(m.Steps) > 1 {
				title += ": " + s.Name
			}
			// A meeting that is not due yet may still get items: it is cancelled on its day, when it has none.
			now[fmt.Sprintf("%s%s-%d/%s", prefix, month, number[month], s.ID)] = sentMeeting{Title: title, Day: s.Day, Canceled: m.Canceled && m.Day <= calendar.DateOf(b.node.Now())}
		}
	}
	var out []ical.Meeting
	err = b.node.Private(func(rows node.PrivateRows) error {
		out = nil
		before := map[string]sentMeeting{}
		if err := rows.Scan(sentMeetings+prefix, func(key string, decode func(any) error) (bool, error) {
			var m sentMeeting
			err := decode(&m)
			before[prefix+key] = m
			return true, err
		}); err != nil {
			return err
		}
		for uid, m := range resent(before, now, day, b.node.Now()) {
			if m != before[uid] {
				if err := rows.Put(sentMeetings+uid, m); err != nil {
					return err
				}
			}
			out = append(out, ical.Meeting{UID: calendarUID(uid), Sequence: m.Sequence, Stamp: m.Stamp, Title: m.Title, Day: m.Day, Canceled: m.Canceled})
		}
		return nil
	})
	if err != nil {
		return wire.CadenceFile{}, err
	}
	slices.SortFunc(out, func(x, y ical.Meeting) int { return cmp.Or(cmp.Compare(x.Day, y.Day), cmp.Compare(x.UID, y.UID)) })
	return wire.CadenceFile{Events: len(out), ICS: string(ical.WriteMeetings(report.With, out))}, nil
}

// resent is what a file of the meetings from a day on holds, given what was written before: what changed has a higher number, and what is
// not among them any more stands as cancelled.
func resent(before, now map[string]sentMeeting, from calendar.Date, t int64) map[string]sentMeeting {
	out := map[string]sentMeeting{}
	for uid, was := range before {
		if _, still := now[uid]; !still && was.Day >= from {
			was.Canceled = true
			out[uid] = was
		}
	}
	for uid, m := range now {
		if m.Day >= from {
			out[uid] = m
		}
	}
	for uid, m := range out {
		was, known := before[uid]
		m.Sequence, m.Stamp = was.Sequence, was.Stamp
		if m != was {
			m.Stamp = t
			if known {
				m.Sequence++
			}
		}
		out[uid] = m
	}
	return out
}

// cadenceRules are the cadences of the terms in force on a day, each as one recurring entry with its rule: the same file makes the same
// meetings of a draft of terms. Its first day is the first on which the rule holds, as calendar programs show the first day of any entry.
func (b *Board) cadenceRules(by By, q wire.CadenceQuery, on calendar.Date) (wire.CadenceFile, error) {
	list, err := b.visible(by.Scope, q.With)
	if err != nil {
		return wire.CadenceFile{}, err
	}
	if len(list) != 1 {
		return wire.CadenceFile{}, node.Failf("WHICH_PARTNER", "%d partnerships fit; name one with --with: kontor partner list", len(list))
	}
	var agreed []terms.Agreed
	if err := b.node.View(list[0].PID, func(r *protocol.Replica) (err error) {
		agreed, err = r.TermsInForce(on)
		return err
	}); err != nil {
		return wire.CadenceFile{}, err
	}
	var out []ical.Recurring
	zone := ""
	for _, a := range agreed {
		for _, c := range a.Document.Cadence {
			rule, err := calendar.ParseRule(c.RRule, c.First)
			if err != nil || q.Cadence != "" && c.ID != q.Cadence {
				continue
			}
			first := rule.From(c.First, calendar.MaxDate, 1)
			if len(first) == 0 {
				continue
			}
			zone = a.Document.Calendar.Zone
			h := a.Document.Header
			out = append(out, ical.Recurring{UID: calendarUID(fmt.Sprintf("%s/%s/%s", list[0].PID, a.Document.Contract, c.ID)), Sequence: h.Revision, Stamp: h.Issued, ID: c.ID, Title: c.Name, First: first[0], RRule: c.RRule})
		}
	}
	with := b.desk.PartnerName(list[0])
	if len(out) == 0 {
		return wire.CadenceFile{}, node.Failf("NO_MEETING", "the terms in force with %s on %s name no such meeting; kontor terms dates lists them", with, on)
	}
	return wire.CadenceFile{Events: len(out), ICS: string(ical.WriteCadences(with, zone, out))}, nil
}

// calendarUID names a meeting to calendar programs without saying which contract it is of.
func calendarUID(name string) string {
	sum := sha256.Sum256([]byte("kontor cadence v1 " + name))
	return hex.EncodeToString(sum[:16])
}
