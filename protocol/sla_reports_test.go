package protocol_test

import (
	"slices"
	"testing"

	"kontor/protocol"
	"kontor/protocol/calendar"
	"kontor/protocol/terms"
	"kontor/testnet/virtual"
)

// What one side reported is closed by the days of the terms while the other stays silent: no day before the last SLA that it counts for is final, on both nodes
// alike. Afterwards nobody revises it, takes it back or adds to it; what no SLA speaks of stays open.
func TestReportsCloseByTheTermsDays(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*terms.Document)
		open   string // the last day on which it is open
		closed string
	}{
		{"months", nil, "2027-02-26", "2027-03-02"},
		{"months and quarters", func(d *terms.Document) {
			quarter := d.SLAs[0]
			quarter.ID, quarter.Window = "otif-quarter", terms.Window{Kind: terms.PerQuarter}
			d.SLAs = append(d.SLAs, quarter)
		}, "2027-04-26", "2027-05-03"},
	} {
		t.Run(c.name, func(t *testing.T) {
			y := newYear(t, c.change)
			window := func(month string) (row protocol.WindowRow) {
				t.Helper()
				sameRows(t, y.s.Desks...)
				if err := y.buyer.View(func(r *protocol.Replica) (err error) {
					row, err = r.Window(calendar.MustBucket(month))
					return err
				}); err != nil {
					t.Fatal(err)
				}
				return row
			}
			y.day("2027-02-02")
			y.report(y.buyer, "2026-12", counted{due: 20, good: 15})
			y.report(y.buyer, "2027-01", counted{due: 20, good: 15})
			for day := calendar.MustDate("2027-02-03"); day <= calendar.MustDate(c.open); day = day.AddDays(1) {
				y.day(day.String())
			}
			if row := window("2027-01"); row.Closed || len(row.Reports) != 1 {
				t.Fatalf("on %s: %+v", c.open, row)
			}
			for day := calendar.MustDate(c.open); day <= calendar.MustDate(c.closed); day = day.AddDays(1) {
				y.day(day.String())
			}
			if row := window("2027-01"); !row.Closed || !row.ByTerms || len(row.Reports) != 1 {
				t.Fatalf("on %s: %+v", c.closed, row)
			}
			if row := window("2026-12"); row.Closed {
				t.Errorf("no SLA speaks of it: %+v", row)
			}
			for _, d := range []*virtual.Desk{y.buyer, y.seller} {
				key := d.Name + "2027-01"
				doc := virtual.Performance(key, y.count[key], y.last[key], y.s.Now, calendar.MustBucket("2027-01"), false, 1)
				if codes := codesOf(t, d, share(t, d, doc)); !slices.Equal(codes, []string{"SERIES-04"}) {
					t.Errorf("%s reports late: %v", d.Name, codes)
				}
			}
			y.report(y.seller, "2026-12", counted{due: 20, good: 15})
		})
	}
}
