package product

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

func asked(id, unit string, buckets ...string) forecast.Line {
	l := forecast.Line{Item: forecast.Item{BuyersID: id}, Location: forecast.Location{Region: "CI"}, Unit: quantity.Unit(unit), Kind: forecast.Base, SourcingShare: forecast.PPM}
	for i, text := range buckets {
		l.Buckets = append(l.Buckets, forecast.Cell{Bucket: calendar.MustBucket(text), Mean: quantity.Of(int64(100 + i)), Quantiles: []forecast.Quantile{{P: 900_000, Q: quantity.Of(int64(120 + i))}}})
	}
	return l
}

func link(buyers, sellers string, units int64) Link {
	return Link{Buyers: buyers, Sellers: sellers, Units: quantity.Of(units), From: calendar.MustBucket("2000-01-01").Start}
}

// A forecast in the seller's numbers: packs, a pack that changes, parts of a kit, alternatives by share, two of the buyer's that are one here, and what stays.
func TestAForecastInTheSellersNumbers(t *testing.T) {
	old, young := link("PACK", "P", 60), link("PACK", "P", 90)
	old.Until, young.From = calendar.MustBucket("2027-02").Start, calendar.MustBucket("2027-02").Start
	screw, board := link("KIT", "SCREW", 8), link("KIT", "BOARD", 2)
	screw.Kit, board.Kit = true, true
	left, right := link("EITHER", "L", 1), link("EITHER", "R", 1)
	left.Share, right.Share = 750_000, 250_000
	vague, other := link("VAGUE", "V1", 1), link("VAGUE", "V2", 1)
	links := []Link{old, young, screw, board, left, right, vague, other, link("TWIN-1", "T", 1), link("TWIN-2", "T", 10)}
	var doc forecast.Document
	doc.Lines = append(doc.Lines, asked("PACK", "PK", "2027-01", "2027-02"))
	for _, id := range []string{"KIT", "EITHER", "VAGUE", "TWIN-1", "TWIN-2", "NEW"} {
		doc.Lines = append(doc.Lines, asked(id, "C62", "2027-01"))
	}
	for i := range doc.Lines { // of what is overdue too; the two twins owe as one
		debt := quantity.Of(3)
		doc.Lines[i].Schedule = &forecast.Schedule{Backlog: &debt}
	}
	out, notes, err := InSellers(doc, links, func(id string) quantity.Unit { return map[string]quantity.Unit{"P": "EA"}[id] })
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range out.Lines {
		line := l.Item.ID() + " " + string(l.Unit)
		for _, c := range l.Buckets {
			line += " " + c.Mean.String()
			if len(c.Quantiles) > 0 {
				line += "<" + c.Quantiles[0].Q.String()
			}
		}
		got = append(got, line+" owes "+l.Schedule.Backlog.String())
	}
	want := "P EA 6000<7200 9090<10890 owes 180\nBOARD C62 200<240 owes 6\nSCREW C62 800<960 owes 24\nL C62 75<90 owes 2.25\nR C62 25<30 owes 0.75\nVAGUE C62 100<120 owes 3\nT C62 1100 owes 33\nNEW C62 100<120 owes 3"
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
	for _, part := range []string{"PACK in 2027-01 is P, 60 in one, so the first 100 PK became 6000 EA", "KIT in 2027-01: each is a kit with 8 of SCREW", "750000 ppm of it are L", "VAGUE is one of 2 items, and their shares do not sum", "NEW has no number"} {
		if !strings.Contains(strings.Join(notes, "\n"), part) {
			t.Errorf("no note of %q in\n%s", part, strings.Join(notes, "\n"))
		}
	}
	if doc.Lines[0].Buckets[0].Mean != quantity.Of(100) || doc.Lines[0].Item.ID() != "PACK" {
		t.Error("the document itself was changed")
	}
}

// Whatever the links, what is translated is the buyer's figures times the units of the day, and what is not stays: nothing is lost.
func TestTranslationsLoseNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := calendar.MustBucket("2027-01-04").Start
		change := first.AddDays(rapid.IntRange(-7, 77).Draw(t, "change"))
		a, b := int64(rapid.IntRange(1, 50).Draw(t, "before")), int64(rapid.IntRange(1, 50).Draw(t, "after"))
		before, after := link("A", "X", a), link("A", "X", b)
		before.Until, after.From = change, change
		links := []Link{before, after}
		if rapid.Bool().Draw(t, "only later") {
			links = links[1:]
		}
		l, want, stays := asked("A", "PK"), quantity.Quantity{}, quantity.Quantity{}
		for _, bucket := range calendar.WeeksFrom(first, rapid.IntRange(1, 10).Draw(t, "weeks")) {
			n := quantity.Of(int64(rapid.IntRange(0, 1000).Draw(t, "need")))
			l.Buckets = append(l.Buckets, forecast.Cell{Bucket: bucket, Mean: n})
			units, known := a, len(links) == 2
			if bucket.Start >= change {
				units, known = b, true
			}
			if known {
				n, _ = n.Mul(quantity.Of(units))
				want, _ = want.Add(n)
			} else {
				stays, _ = stays.Add(n)
			}
		}
		out, _, err := InSellers(forecast.Document{Lines: []forecast.Line{l}}, links, func(string) quantity.Unit { return "" })
		if err != nil {
			t.Fatal(err)
		}
		sums, cells := map[string]quantity.Quantity{}, 0
		for _, x := range out.Lines {
			for i, c := range x.Buckets {
				sums[x.Item.ID()], _ = sums[x.Item.ID()].Add(c.Mean)
				if cells++; i > 0 && x.Buckets[i-1].End > c.Start {
					t.Fatalf("buckets out of order: %s", fmt.Sprint(x.Buckets))
				}
			}
		}
		if sums["X"].Cmp(want) != 0 || sums["A"].Cmp(stays) != 0 || cells != len(l.Buckets) {
			t.Fatalf("%v, want %s here and %s there", sums, want, stays)
		}
	})
}
