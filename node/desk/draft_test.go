package desk

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"kontor/node"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// draftOf are lines of a year of weeks, every figure n.
func draftOf(lines int, n int64) (out []forecast.Line) {
	for i := range lines {
		l := forecast.Line{Item: forecast.Item{BuyersID: fmt.Sprintf("P%06d", i)}, Location: forecast.Location{Region: "DE"}, Unit: quantity.Pack, Kind: forecast.Total,
			Category: forecast.Default, BucketBasis: forecast.Gross, DateBasis: forecast.ByNeed, SourcingShare: forecast.PPM}
		for _, w := range calendar.WeeksFrom(calendar.MustDate("2027-01-04"), 52) {
			l.Buckets = append(l.Buckets, forecast.Cell{Bucket: w, Mean: quantity.Of(n), Quantiles: []forecast.Quantile{{P: 900_000, Q: quantity.Of(n + 1)}}})
		}
		out = append(out, l)
	}
	return out
}

// isDraft fails unless the draft is so many lines, every figure n.
func isDraft(t *testing.T, d *Desk, lines int, n int64) {
	t.Helper()
	_, got, err := d.draft()
	if err != nil || len(got) != lines {
		t.Fatalf("%d lines, want %d: %v", len(got), lines, err)
	}
	for _, l := range got {
		for _, c := range l.Buckets {
			if c.Mean != quantity.Of(n) {
				t.Fatalf("line %s has %s in %s, want %d: two drafts are mixed", l.Item.ID(), c.Mean, c.Bucket, n)
			}
		}
	}
}

// generations counts the generations that parts stand under.
func generations(t *testing.T, d *Desk) int {
	t.Helper()
	there := map[string]bool{}
	if err := d.node.ReadPrivate(func(rows node.PrivateRows) error {
		return rows.Keys(draftParts, func(key string) error {
			there[strings.Split(key, "/")[0]] = true
			return nil
		})
	}); err != nil {
		t.Fatal(err)
	}
	return len(there)
}

// However far the writing of a draft came when the node died, the old one stands whole; what is left is deleted with the next one.
func TestADraftIsReplacedWholeOrNotAtAll(t *testing.T) {
	d, home := deskOf(t)
	if err := d.keepDraft(forecastDraft{}, draftOf(2_000, 1)); err != nil {
		t.Fatal(err)
	}
	isDraft(t, d, 2_000, 1)
	// Broken off in the middle: some parts stand.
	broken := draftOf(2_000, 2)
	broken = append(broken, broken[1_999])
	var failure *node.Failure
	if err := d.keepDraft(forecastDraft{}, broken); !errors.As(err, &failure) || failure.Code != "FORECAST_LINE_TWICE" {
		t.Fatal(err)
	}
	isDraft(t, d, 2_000, 1)
	// Broken off between the last part and the head: all of them stand.
	half := forecastDraft{}
	if err := d.node.Staged(func() error { return d.stageDraft(&half, draftOf(1_500, 3)) }); err != nil {
		t.Fatal(err)
	}
	if n := generations(t, d); n != 2 {
		t.Fatalf("%d generations stand, want the draft and what was written ahead", n)
	}
	if err := d.node.Close(); err != nil {
		t.Fatal(err)
	}
	n, err := node.Open(node.Config{Home: node.Home(home), Offline: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	d = New(n)
	isDraft(t, d, 2_000, 1)
	if err := d.keepDraft(forecastDraft{}, draftOf(10, 4)); err != nil {
		t.Fatal(err)
	}
	isDraft(t, d, 10, 4)
	if err := d.keepDraft(forecastDraft{}, draftOf(11, 5)); err != nil {
		t.Fatal(err)
	}
	if n := generations(t, d); n > 2 {
		t.Errorf("%d generations stand after two drafts more", n)
	}
	isDraft(t, d, 11, 5)
}

// A draft of more lines than one update of the database has keys comes in by a file, is compared cell by cell, and goes back by undo.
func TestALargeDraftIsImportedAndUndone(t *testing.T) {
	const lines = 10_500
	file := func(n int) string {
		var b strings.Builder
		b.WriteString("product,region,week,mean,p90\n")
		for i := range lines {
			fmt.Fprintf(&b, "P%06d,DE,2027-W01,%d,%d\n", i, n, n+1)
		}
		return b.String()
	}
	d, _ := deskOf(t)
	first := take(t, d, file(1), ImportOptions{File: "one.csv"})
	if first.Added != lines {
		t.Fatalf("%+v", first.Difference)
	}
	second := take(t, d, file(2), ImportOptions{File: "two.csv"})
	if second.Changed != lines || second.Unchanged != 0 {
		t.Fatalf("%+v", second.Difference)
	}
	isDraft(t, d, lines, 2)
	preview, err := d.UndoImport(UndoOptions{Number: second.Number, DryRun: true})
	if err != nil || preview.Difference.Changed != lines {
		t.Fatalf("%+v, %v", preview.Difference, err)
	}
	isDraft(t, d, lines, 2)
	if _, err := d.UndoImport(UndoOptions{Number: second.Number}); err != nil {
		t.Fatal(err)
	}
	isDraft(t, d, lines, 1)
	if _, err := d.UndoImport(UndoOptions{Number: first.Number}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.draft(); err == nil {
		t.Error("a draft stands after the undo of the only import")
	}
}

// Lines of a draft that was kept before there were generations are read, and go when another draft has taken their place.
func TestADraftOfBeforeGenerations(t *testing.T) {
	d, _ := deskOf(t)
	if err := d.node.Private(func(rows node.PrivateRows) error {
		for _, l := range draftOf(7, 1) {
			if err := rows.Put(draftLines+l.Key(), l); err != nil {
				return err
			}
		}
		return rows.Put(draftHead, forecastDraft{})
	}); err != nil {
		t.Fatal(err)
	}
	isDraft(t, d, 7, 1)
	for n := range int64(2) {
		if err := d.keepDraft(forecastDraft{}, draftOf(3, n+2)); err != nil {
			t.Fatal(err)
		}
	}
	isDraft(t, d, 3, 3)
	left := 0
	if err := d.node.ReadPrivate(func(rows node.PrivateRows) error {
		return rows.Keys(draftLines, func(string) error { left++; return nil })
	}); err != nil || left != 0 {
		t.Errorf("%d lines of before are left: %v", left, err)
	}
}
