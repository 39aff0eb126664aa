package forecast

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// Practice T1: beyond five percent and one lot.
func TestMaterial(t *testing.T) {
	for _, c := range []struct {
		old, revised, lot string
		material          bool
	}{
		{"1000", "1050", "1", false}, {"1000", "1050.1", "1", true}, {"1000", "950", "1", false}, {"1000", "949", "1", true},
		{"100", "110", "10", false}, {"100", "111", "10", true}, {"0", "10", "10", false}, {"0", "11", "10", true}, {"0", "1", "0", true}, {"100", "100", "0", false},
	} {
		old, revised := agencyForecast(), agencyForecast()
		old.Lines[0].Lot, revised.Lines[0].Lot = q(c.lot), q(c.lot)
		old.Lines[0].Buckets[1].Mean, revised.Lines[0].Buckets[1].Mean = q(c.old), q(c.revised)
		changes, err := Diff(old, revised)
		if err != nil || len(changes) != btoi(c.old != c.revised) {
			t.Fatalf("%s to %s: %d changes, %v", c.old, c.revised, len(changes), err)
		}
		for _, change := range changes {
			if Material(change, DefaultTolerance()) != c.material {
				t.Errorf("%s to %s with lots of %s: material is %t", c.old, c.revised, c.lot, !c.material)
			}
		}
	}
	old, revised := agencyForecast(), agencyForecast()
	revised.Lines[0].DateBasis = ByShip
	changes, err := Diff(old, revised)
	if err != nil || len(changes) != 3 || !Material(changes[0], DefaultTolerance()) {
		t.Errorf("another date basis changes every cell of the line: %v, %v", changes, err)
	}
	revised = agencyForecast()
	revised.Lines[0].Buckets[0].Quantiles[2].Q = q("301")
	if changes, _ := Diff(old, revised); len(changes) != 1 || Material(changes[0], DefaultTolerance()) {
		t.Errorf("a band alone is a change and not material: %v", changes)
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// documents draws small forecasts that may differ in lines, buckets and figures.
func documents() *rapid.Generator[Document] {
	return rapid.Custom(func(t *rapid.T) Document {
		d := agencyForecast()
		template := d.Lines[0]
		d.Lines = nil
		for _, item := range []string{"A", "B", "C|D", "E%7C"} {
			if rapid.Bool().Draw(t, "absent") {
				continue
			}
			l := template
			l.Item, l.Buckets = Item{BuyersID: item}, nil
			for _, b := range calendar.MonthsFrom(calendar.MustDate("2027-01-01").Month(), rapid.IntRange(1, 4).Draw(t, "buckets")) {
				c := Cell{Bucket: b, Mean: quantity.Of(rapid.Int64Range(1, 50).Draw(t, "mean"))}
				if rapid.Bool().Draw(t, "banded") {
					c.Quantiles = []Quantile{{500_000, quantity.Of(rapid.Int64Range(0, 3).Draw(t, "median"))}}
				}
				l.Buckets = append(l.Buckets, c)
			}
			d.Lines = append(d.Lines, l)
		}
		return d
	})
}

// Diff tells all: the changes laid over the old cells give the new ones.
func TestDiffThenApply(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		old, revised := documents().Draw(t, "old"), documents().Draw(t, "revised")
		changes, err := Diff(old, revised)
		if err != nil {
			t.Fatal(err)
		}
		type at struct {
			line string
			b    calendar.Bucket
		}
		cells := func(d Document) map[at]Cell {
			m := map[at]Cell{}
			for _, l := range d.Lines {
				for _, c := range l.Buckets {
					m[at{l.Key(), c.Bucket}] = c
				}
			}
			return m
		}
		laid := cells(old)
		for _, c := range changes {
			where := at{c.Line, c.Bucket}
			if was, there := laid[where]; there != (c.Old != nil) || (there && !reflect.DeepEqual(was, *c.Old)) {
				t.Fatalf("change %+v does not start from the old cell", c)
			}
			if c.New == nil {
				delete(laid, where)
			} else {
				laid[where] = *c.New
			}
		}
		if !reflect.DeepEqual(laid, cells(revised)) {
			t.Fatalf("%d changes do not lead from old to new", len(changes))
		}
		if same, _ := Diff(old, old); len(same) != 0 {
			t.Fatalf("a document differs from itself: %v", same)
		}
	})
}

// A cell that left the scope moved by nothing and is material all the same; one that went inside the scope moved by all of it.
func TestDiffOfANarrowedScope(t *testing.T) {
	old, revised := agencyForecast(), agencyForecast()
	gone := old.Lines[0]
	revised.Lines = revised.Lines[1:]
	for _, c := range []struct {
		product  string
		unshared bool
	}{{"OTHER", true}, {gone.Item.BuyersID, false}} {
		revised.Header.Scope.Products = []string{c.product}
		changes, err := Diff(old, revised)
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		for _, x := range changes {
			if x.Line != gone.Key() || x.Old.Mean.IsZero() {
				continue
			}
			seen++
			if x.Unshared != c.unshared || x.Delta.IsZero() != c.unshared || !Material(x, DefaultTolerance()) {
				t.Errorf("scope %s: %+v", c.product, x)
			}
		}
		if seen == 0 {
			t.Error("nothing is said of the line that went")
		}
	}
}

// What left the scope is what its entries, read one by one, do not hold: of whatever identifier, country or subdivision, and in whatever days.
func TestUnsharedIsWhatTheScopeDoesNotHold(t *testing.T) {
	names := func(of ...string) *rapid.Generator[[]string] { return rapid.SliceOfN(rapid.SampledFrom(of), 0, 3) }
	rapid.Check(t, func(t *rapid.T) {
		old, revised := documents().Draw(t, "old"), documents().Draw(t, "revised")
		regions := map[string]string{}
		for _, d := range []Document{old, revised} {
			for i := range d.Lines {
				l := &d.Lines[i]
				id := l.Item.BuyersID
				if _, drawn := regions[id]; !drawn {
					regions[id] = rapid.SampledFrom([]string{"", "CI", "CI-AB", "CI-AB-1", "CIX", "NG"}).Draw(t, "region")
				}
				l.Item.SellersID, l.Item.GTIN, l.Location = "S"+id, "G"+id, Location{Region: regions[id]}
			}
		}
		s := &revised.Header.Scope
		s.Products = names("*", "A", "SB", "GC|D", "none").Draw(t, "products")
		s.Regions = names("*", "CI", "CI-AB", "NG", "CI-").Draw(t, "regions")
		if rapid.Bool().Draw(t, "days") {
			s.Days = calendar.Bucket{Start: calendar.MustDate("2027-01-01"), End: calendar.MustDate("2027-03-15")}
		}
		changes, err := Diff(old, revised)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range changes {
			held := true
			if c.New == nil {
				i := slices.IndexFunc(old.Lines, func(l Line) bool { return l.Key() == c.Line })
				l := old.Lines[i]
				held = (len(s.Products) == 0 || s.HasProduct(l.Item.BuyersID, l.Item.SellersID, l.Item.GTIN)) &&
					(len(s.Regions) == 0 || s.HasRegion(l.Location.Region)) && s.HasDays(c.Bucket)
			}
			if c.Unshared == held {
				t.Fatalf("%+v: in scope %+v is %t", c, *s, held)
			}
		}
	})
}
