package forecast

import (
	"slices"
	"strings"
	"testing"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"

	"pgregory.net/rapid"
)

func weeks(loc Location, first string, n int) Line {
	l := Line{Item: Item{BuyersID: "A"}, Location: loc, Unit: "PK", Kind: Total, Category: Default, BucketBasis: Gross, DateBasis: ByNeed, SourcingShare: PPM}
	for i, b := range calendar.WeeksFrom(calendar.MustDate(first), n) {
		l.Buckets = append(l.Buckets, Cell{Bucket: b, Mean: quantity.Of(int64(i + 1)), Quantiles: []Quantile{{500_000, quantity.Of(int64(i + 1))}}})
	}
	return l
}

// Practice T3: near figures by week and site, later ones by week and region, the rest by month and region; the sum stays what it was.
func TestCoarsenByHorizon(t *testing.T) {
	from := calendar.MustDate("2027-01-04")
	d := Document{Lines: []Line{weeks(Location{GLN: "4012345000009", Region: "DE-BY"}, "2027-01-04", 40), weeks(Location{UNLOCODE: "DEHAM"}, "2027-01-04", 40)}}
	d.Lines[1].Location.Region = "DE-BY"
	out, notes, err := Coarsen(d, artifact.ItemLadder(), from, nil, nil)
	if err != nil || len(notes) != 2 {
		t.Fatalf("%v %v", notes, err)
	}
	grains := map[string]map[calendar.Grain]int{}
	for _, l := range out.Lines {
		grains[l.Location.Key()] = map[calendar.Grain]int{}
		for _, c := range l.Buckets {
			grains[l.Location.Key()][c.Bucket.Grain()]++
			if l.Location.GLN == "" && l.Location.UNLOCODE == "" && len(c.Quantiles) > 0 {
				t.Errorf("a figure put together has levels: %+v", c)
			}
		}
	}
	if len(out.Lines) != 3 || grains["4012345000009"][calendar.Weeks] != 9 || grains["DE-BY"][calendar.Weeks] != 19 || grains["DE-BY"][calendar.Other] != 3 {
		t.Errorf("%d lines, %v", len(out.Lines), grains)
	}
	if sum(t, out) != sum(t, d) {
		t.Errorf("%s became %s", sum(t, d), sum(t, out))
	}
	free, _, err := Coarsen(d, artifact.ItemLadder(), from, func(l Line, _ calendar.Bucket) bool { return l.Location.GLN != "" }, nil)
	if err != nil || len(free.Lines[0].Buckets) != 40 {
		t.Errorf("a line set free was coarsened: %v", err)
	}
	if _, _, err := Coarsen(Document{Lines: []Line{weeks(Location{GLN: "4012345000009"}, "2027-01-04", 40)}}, artifact.ItemLadder(), from, nil, nil); err == nil {
		t.Error("a site without a country was put under a region")
	}
}

func sum(t *testing.T, d Document) string {
	t.Helper()
	total := quantity.Quantity{}
	for _, l := range d.Lines {
		for _, c := range l.Buckets {
			var err error
			if total, err = total.Add(c.Mean); err != nil {
				t.Fatal(err)
			}
		}
	}
	return total.String()
}

// Whatever the ladder, nothing is lost or counted twice, buckets stay in order, and what is coarse enough is coarsened no further.
func TestCoarsenKeepsSums(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var ladder []artifact.Step
		for i := range rapid.IntRange(1, 4).Draw(rt, "steps") {
			ladder = append(ladder, artifact.Step{UntilDays: int64(i*60 + rapid.IntRange(0, 59).Draw(rt, "until")),
				Time: rapid.SampledFrom([]calendar.Grain{calendar.Days, calendar.Weeks, calendar.Months}).Draw(rt, "time"), Place: rapid.SampledFrom([]artifact.Place{artifact.Site, artifact.Region, artifact.Country}).Draw(rt, "place")})
		}
		d := Document{}
		for i := range rapid.IntRange(1, 4).Draw(rt, "lines") {
			loc := []Location{{Region: "CI"}, {Region: "CI-AB"}, {UNLOCODE: "CIABJ", Region: "CI-AB"}, {GLN: "4012345000009", Region: "CI"}}[i]
			d.Lines = append(d.Lines, weeks(loc, "2027-01-04", rapid.IntRange(1, 60).Draw(rt, "weeks")))
		}
		out, _, err := Coarsen(d, ladder, calendar.MustDate("2027-01-04"), nil, nil)
		if err != nil {
			rt.Fatal(err)
		}
		if sum(t, out) != sum(t, d) {
			rt.Fatalf("%s became %s", sum(t, d), sum(t, out))
		}
		for _, l := range out.Lines {
			for i := 1; i < len(l.Buckets); i++ {
				if l.Buckets[i-1].Start >= l.Buckets[i].Start {
					rt.Fatalf("%s: %s stands before %s", l.Key(), l.Buckets[i-1].Bucket, l.Buckets[i].Bucket)
				}
			}
		}
	})
}

func TestKeepFields(t *testing.T) {
	d := Document{Method: Method{Bands: BandsModel, Coverage: 800_000, Samples: 20}, Lines: []Line{weeks(Location{Region: "CI"}, "2027-01-04", 2)}}
	d.Lines[0].Lot, d.Lines[0].Item.Description = quantity.Of(12), "tablets"
	out := KeepFields(d, []string{"lot"})
	if l := out.Lines[0]; l.Lot != quantity.Of(12) || l.Item.Description != "" || l.Buckets[0].Quantiles != nil || out.Method.Bands != BandsNone || out.Method.Coverage != 0 {
		t.Errorf("%+v", out)
	}
	if len(d.Lines[0].Buckets[0].Quantiles) == 0 || KeepFields(d, nil).Lines[0].Item.Description == "" {
		t.Error("what was given has changed, or no list keeps nothing")
	}
}

// TestFamilyStep: beyond the item's horizon figures leave under the name of the family, by month, and nothing is lost or doubled; what counts to no family
// stays at home.
func TestFamilyStep(t *testing.T) {
	from := calendar.MustDate("2027-01-04")
	ladder := []artifact.Step{{UntilDays: 27, Time: calendar.Weeks, Place: artifact.Site}, {UntilDays: 3650, Time: calendar.Months, Place: artifact.Country, Level: artifact.Family}}
	family := func(i Item) string { return map[string]string{"A": "PACKS", "B": "PACKS"}[i.ID()] }
	var d Document
	for _, id := range []string{"A", "B", "C"} {
		for _, region := range []string{"CI", "CI-AB"} {
			l := weeks(Location{Region: region}, "2027-01-04", 20)
			l.Item = Item{BuyersID: id}
			l.Lifecycle, l.Lot = &Lifecycle{Status: InSeries}, quantity.Of(5)
			d.Lines = append(d.Lines, l)
		}
	}
	out, notes, err := Coarsen(d, ladder, from, nil, family)
	if err != nil {
		t.Fatal(err)
	}
	far, near := quantity.Quantity{}, 0
	for _, l := range out.Lines {
		for _, c := range l.Buckets {
			if ahead := c.Start.Sub(from); ahead > 27 != (l.Members > 0) {
				t.Errorf("%s of %s stands in a line of %d members", c.Bucket, l.Item.ID(), l.Members)
			}
			if l.Members > 0 {
				if far, err = far.Add(c.Mean); err != nil {
					t.Fatal(err)
				}
			} else {
				near++
			}
		}
		if l.Members > 0 && (l.Item != Item{BuyersID: "PACKS"} || l.Members != 2 || l.Location != Location{Region: "CI"} || l.Lifecycle != nil || !l.Lot.IsZero()) {
			t.Errorf("the family's line is %+v", l)
		}
	}
	want := quantity.Quantity{}
	for _, l := range d.Lines[:4] {
		for _, c := range l.Buckets {
			if c.Start.Sub(from) > 27 {
				if want, err = want.Add(c.Mean); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if far != want || far.IsZero() || near != 6*4 {
		t.Errorf("%s in families, want %s; %d near cells", far, want, near)
	}
	if text := strings.Join(notes, "; "); !strings.Contains(text, "2 products were put together in 1 lines") || !strings.Contains(text, "1 products count to no family") {
		t.Error(text)
	}
	if _, _, err := Coarsen(d, ladder, from, nil, func(i Item) string { return "C" }); err == nil {
		t.Error("a family goes by the number of a product")
	}
}

// TestUnlikeFiguresAreNotAdded: a family of what is measured differently makes a line of each sort; one product's sites that are, are refused with what differs.
func TestUnlikeFiguresAreNotAdded(t *testing.T) {
	from := calendar.MustDate("2027-01-04")
	ladder := []artifact.Step{{UntilDays: 27, Time: calendar.Weeks, Place: artifact.Site}, {UntilDays: 3650, Time: calendar.Months, Place: artifact.Country, Level: artifact.Family}}
	byRegion := []artifact.Step{{UntilDays: 3650, Time: calendar.Weeks, Place: artifact.Country}}
	for _, c := range []struct {
		change func(*Line)
		want   string
		names  []string
	}{
		{func(l *Line) { l.Unit = quantity.Piece }, "units PK and C62", []string{"PACKS, PK", "PACKS, C62"}},
		{func(l *Line) { l.BucketBasis = NetOfOrders }, "figures GROSS and NET_OF_ORDERS of orders", []string{"PACKS, GROSS", "PACKS, NET_OF_ORDERS"}},
		{func(l *Line) { l.DateBasis = ByArrival }, "dates of NEED and of ARRIVAL", []string{"PACKS, NEED", "PACKS, ARRIVAL"}},
		{func(l *Line) { l.SourcingShare = 400_000 }, "sourcing shares of 1000000 and 400000 ppm", []string{"PACKS, share 100 %", "PACKS, share 40 %"}},
	} {
		var products, sites Document
		for i, id := range []string{"A", "B"} {
			l := weeks(Location{Region: []string{"CI", "CI-AB"}[i]}, "2027-01-04", 20)
			l.Unit, l.BucketBasis, l.DateBasis, l.SourcingShare = quantity.Pack, Gross, ByNeed, PPM
			if i == 1 {
				c.change(&l)
			}
			l.Item = Item{BuyersID: "A"}
			sites.Lines = append(sites.Lines, l)
			l.Item = Item{BuyersID: id}
			products.Lines = append(products.Lines, l)
		}
		out, _, err := Coarsen(products, ladder, from, nil, func(Item) string { return "PACKS" })
		var far []string
		for _, l := range out.Lines {
			if l.Members > 0 {
				far = append(far, l.Item.ID())
			}
		}
		if err != nil || !slices.Equal(far, c.names) {
			t.Errorf("a family: %q, %v; want %q", far, err, c.names)
		}
		_, _, err = Coarsen(sites, byRegion, from, nil, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), `lines of "A"`) {
			t.Errorf("sites: %v; want %s", err, c.want)
		}
	}
}
