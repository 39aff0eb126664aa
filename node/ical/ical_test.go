package ical

import (
	"bytes"
	"strings"
	"testing"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
	"kontor/testnet/virtual"
)

func spring(revision int64, status campaign.Status) campaign.Document {
	d := virtual.Campaign("buyer", revision, nil, virtual.Start, status, 400)
	in := calendar.MustBucket("2027-02-20/2027-03-05")
	d.Events[0].SellIn = &in
	d.Blackouts[0].RRule = "FREQ=MONTHLY;BYMONTHDAY=1"
	return d
}

// What is written is read again as the same days; the UID stays and the SEQUENCE rises with the revision.
func TestOutAndIn(t *testing.T) {
	for revision, status := range []campaign.Status{campaign.Proposed, campaign.Planned, campaign.Canceled} {
		d := spring(int64(revision), status)
		entries, err := Read(Write("Kontor", d))
		if err != nil || len(entries) != 3 {
			t.Fatalf("%d entries: %v", len(entries), err)
		}
		e := entries[0]
		if key, ok := e.Key(d.Header.Series); !ok || key != "event|spring" || e.Sequence != int64(revision) || len(e.Spans) != 1 || e.Spans[0].Days != d.Events[0].Period || e.Canceled != (status == campaign.Canceled) || e.Summary != "spring week" {
			t.Errorf("revision %d: %+v", revision, e)
		}
		if entries[1].Spans[0].Days != *d.Events[0].SellIn || entries[2].Spans[0] != (Span{d.Blackouts[0].Period, d.Blackouts[0].RRule}) {
			t.Errorf("deliveries and blackout: %+v", entries[1:])
		}
		if _, ok := e.Key(artifact.SeriesID{9}); ok {
			t.Error("a UID of another series was taken for ours")
		}
	}
}

// RFC 5545: the end of whole days is exclusive; without one it is one day; a time of day touches its day.
func TestDays(t *testing.T) {
	for body, want := range map[string]string{
		"DTSTART;VALUE=DATE:20270308\r\nDTEND;VALUE=DATE:20270315": "2027-W10",
		"DTSTART;VALUE=DATE:20270308":                              "2027-03-08",
		"DTSTART:20270308T090000Z\r\nDTEND:20270309T100000Z":       "2027-03-08/2027-03-10",
		"DTSTART:20270308T000000\r\nDTEND:20270309T000000":         "2027-03-08",
		"DTSTART;TZID=Europe/Berlin:20270308T090000":               "2027-03-08",
		"DTSTART;VALUE=DATE:20270229":                              "!no such day",
		"DTSTART;VALUE=DATE:20270101\r\nDTEND;VALUE=DATE:20370101": "!longer than",
		"DTSTART:yesterday":                                        "!no date",
		"DTSTART;VALUE=DATE:20270308\r\nDURATION:P3D":              "2027-03-08/2027-03-11",
		"DTSTART;VALUE=DATE:20270308\r\nDURATION:P1W":              "2027-W10",
		"DTSTART:20270308T220000\r\nDURATION:PT8H":                 "2027-03-08/2027-03-10",
		"DTSTART:20270308T220000\r\nDURATION:PT2H":                 "2027-03-08",
		"DTSTART;VALUE=DATE:20270308\r\nDURATION:-P1D":             "!DURATION",
		"DTSTART;VALUE=DATE:20270308\r\nDURATION:P":                "!DURATION",
		"DTSTART;VALUE=DATE:20270308\r\nSEQUENCE:new":              "!SEQUENCE",
	} {
		file := "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\n" + body + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
		entries, err := Read([]byte(file))
		if text, refused := strings.CutPrefix(want, "!"); refused {
			if err == nil || text != "no such day" && !strings.Contains(err.Error(), text) {
				t.Errorf("%q: %v, want %q", body, err, text)
			}
		} else if err != nil || entries[0].Spans[0].Days != calendar.MustBucket(want) {
			t.Errorf("%q: %v %v, want %s", body, entries, err, want)
		}
	}
	for what, file := range map[string]string{"nothing": "", "no entry": "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "no UID": "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20270308\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"} {
		if _, err := Read([]byte(file)); err == nil {
			t.Errorf("%s was read", what)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(Write("x", spring(2, campaign.Planned)))
	f.Fuzz(func(t *testing.T, data []byte) {
		if bytes.Count(data, []byte("\n")) > 2_000 {
			return
		}
		entries, err := Read(data)
		if err != nil {
			return
		}
		for _, e := range entries {
			if e.UID == "" || e.Sequence < 0 || len(e.Spans) > MaxSpans {
				t.Fatalf("%+v", e)
			}
			for _, p := range e.Spans {
				if !p.Days.Valid() {
					t.Fatalf("%+v", e)
				}
				if p.RRule != "" {
					if _, err := calendar.ParseRule(p.RRule, p.Days.Start); err != nil {
						t.Fatalf("%+v: %v", e, err)
					}
				}
			}
		}
	})
}
