package forecast

import (
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
	out, notes, err := Coarsen(d, artifact.DefaultLadder(), from, nil)
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
	free, _, err := Coarsen(d, artifact.DefaultLadder(), from, func(l Line) bool { return l.Location.GLN != "" })
	if err != nil || len(free.Lines[0].Buckets) != 40 {
		t.Errorf("a line set free was coarsened: %v", err)
	}
	if _, _, err := Coarsen(Document{Lines: []Line{weeks(Location{GLN: "4012345000009"}, "2027-01-04", 40)}}, artifact.DefaultLadder(), from, nil); err == nil {
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
		out, _, err := Coarsen(d, ladder, calendar.MustDate("2027-01-04"), nil)
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
