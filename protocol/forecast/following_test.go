package forecast

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// What FollowsInFigures lets pass, the rules over the whole let pass, and the rule between revisions answers by the heads what it answers by the documents.
func TestFollowingAgreesWithTheWhole(t *testing.T) {
	follows, refused := 0, 0
	compare := func(t rapid.TB, old, revised Document) {
		a, err := ToSheet(old, [32]byte{1})
		if err != nil {
			t.Fatal(err)
		}
		b, err := ToSheet(revised, [32]byte{1})
		if err != nil {
			t.Fatal(err)
		}
		before, after, short := FollowsInFigures(a, b, artifact.RulesNewest, block.OneByOne)
		whole := len(Check(revised)) == 0
		if short && !whole {
			t.Fatalf("the short way lets pass what breaks %v", Check(revised))
		}
		if !short {
			refused++
			return
		}
		follows++
		if x, y := fmt.Sprint(artifact.Codes(CheckRevision(before, after))), fmt.Sprint(artifact.Codes(CheckRevision(old, revised))); x != y {
			t.Fatalf("between the heads %s, between the documents %s", x, y)
		}
	}
	base := manyLines(8)
	if found := Check(base); len(found) > 0 {
		t.Fatal(found)
	}
	alter := map[string]func(d *Document, line, cell int, figure int64){
		"mean": func(d *Document, line, cell int, n int64) { d.Lines[line].Buckets[cell].Mean = quantity.Of(n) },
		"level": func(d *Document, line, cell int, n int64) {
			d.Lines[line].Buckets[cell].Quantiles[0].Q = quantity.Of(n)
		},
		"bucket": func(d *Document, line, cell int, n int64) { d.Lines[line].Buckets[cell].End += calendar.Date(n % 9) },
		"accumulate": func(d *Document, line, cell int, n int64) {
			q := quantity.Of(n)
			d.Lines[line].Buckets[cell].Accumulated = &q
		},
		"unit":     func(d *Document, line, _ int, _ int64) { d.Lines[line].Unit = quantity.Kilogram },
		"item":     func(d *Document, line, _ int, _ int64) { d.Lines[line].Item.Description = "schedule" },
		"gap":      func(d *Document, line, _ int, _ int64) { d.Lines[line].GapReason = "closed" },
		"lot":      func(d *Document, line, _ int, n int64) { d.Lines[line].Lot = quantity.Of(n) },
		"kind":     func(d *Document, line, _ int, _ int64) { d.Lines[line].Kind = Base },
		"gone":     func(d *Document, line, _ int, _ int64) { d.Lines = append(d.Lines[:line:line], d.Lines[line+1:]...) },
		"head":     func(d *Document, _, _ int, n int64) { d.Contributors = n },
		"revision": func(d *Document, _, _ int, n int64) { d.Header.Revision = n },
	}
	names := []string{"mean", "mean", "level", "level", "bucket", "accumulate", "unit", "item", "gap", "lot", "kind", "gone", "head", "revision"}
	for _, name := range names { // each at least once, whatever is drawn below
		revised := manyLines(8)
		alter[name](&revised, 3, 1, 7)
		compare(t, base, revised)
	}
	if follows == 0 || refused == 0 {
		t.Fatalf("%d follow in figures, %d do not: both ways are to be tried", follows, refused)
	}
	rapid.Check(t, func(t *rapid.T) {
		revised := manyLines(8)
		for range rapid.IntRange(0, 3).Draw(t, "changes") {
			alter[rapid.SampledFrom(names).Draw(t, "what")](&revised, rapid.IntRange(0, len(revised.Lines)-1).Draw(t, "line"), rapid.IntRange(0, 2).Draw(t, "cell"), rapid.Int64Range(-2, 200).Draw(t, "figure"))
		}
		compare(t, base, revised)
	})
}

// manyLines is a forecast of some lines of three cells with one level each, one line with a life cycle, which the short way leaves to the long one.
func manyLines(n int) Document {
	d := agencyForecast()
	template := d.Lines[0]
	template.GapReason, template.Schedule, template.Lifecycle, template.Item = "", nil, nil, Item{}
	d.Lines = nil
	for i := range n {
		l := template
		l.Item.BuyersID, l.Kind, l.Buckets = fmt.Sprintf("item-%d", i), Total, nil
		for k, b := range calendar.MonthsFrom(calendar.MustDate("2027-01-01").Month(), 3) {
			l.Buckets = append(l.Buckets, Cell{Bucket: b, Mean: quantity.Of(int64(100 + i + k)), Quantiles: []Quantile{{500_000, quantity.Of(90)}}})
		}
		d.Lines = append(d.Lines, l)
	}
	d.Lines[n-1].Lifecycle = &Lifecycle{Status: InSeries}
	return d
}

// A document of several pieces: each has a say, wherever the change is, and whether totals and parts meet is seen across them.
func TestFollowingLooksAtAllPieces(t *testing.T) {
	n := 2*pieceRows + 10
	sheet := func(alter func(*Document)) block.Sheet {
		d := manyLines(n)
		alter(&d)
		s, err := ToSheet(d, [32]byte{1})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	base := sheet(func(*Document) {})
	for _, line := range []int{0, pieceRows - 1, pieceRows, n - 2} {
		figures := sheet(func(d *Document) { d.Lines[line].Buckets[0].Mean = d.Lines[line].Buckets[1].Mean })
		if _, _, follows := FollowsInFigures(base, figures, artifact.RulesNewest, block.OneByOne); !follows {
			t.Errorf("another mean in line %d does not follow", line)
		}
		negative := sheet(func(d *Document) { d.Lines[line].Buckets[0].Mean = quantity.Of(-1) })
		if _, _, follows := FollowsInFigures(base, negative, artifact.RulesNewest, block.OneByOne); follows {
			t.Errorf("a negative mean in line %d follows", line)
		}
	}
	mixed := base
	mixed.Rows = slices.Clone(base.Rows)
	mixed.Rows[n-1].Key = strings.Replace(mixed.Rows[n-1].Key, "|"+string(kindOfKey(mixed.Rows[n-1].Key))+"|", "|"+string(Base)+"|", 1)
	if kindOfKey(mixed.Rows[n-1].Key) != Base || kindOfKey(mixed.Rows[0].Key) != Total {
		t.Fatalf("the keys are %q and %q", mixed.Rows[0].Key, mixed.Rows[n-1].Key)
	}
	if _, _, follows := FollowsInFigures(mixed, mixed, artifact.RulesNewest, block.OneByOne); follows {
		t.Error("a total beside parts follows")
	}
}
