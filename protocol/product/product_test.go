package product

import (
	"bytes"
	"reflect"
	"testing"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

var day = calendar.MustDate

func clean() Document {
	return Document{Header: artifact.Header{Type: Type, Series: artifact.SeriesID{1}, Issued: day("2027-01-03").Millis(), Evidence: artifact.GradeB,
		Provenance: artifact.Provenance{SourceSystem: "ERP"}, Scope: artifact.Everything()},
		Links: []Link{
			{Buyers: "ZDV-300", Sellers: "M-77", GTIN: "4006381333931", From: day("2026-01-01"), Until: day("2027-03-01"), Units: quantity.Of(60)},
			{Buyers: "ZDV-300", Sellers: "M-77", GTIN: "4006381333931", From: day("2027-03-01"), Units: quantity.Of(90)},
			{Buyers: "ZDV-300", Sellers: "M-78", From: day("2026-01-01"), Units: quantity.Of(60), Share: 250_000},
			{Buyers: "ZDV-300", Sellers: "M-79", Plant: forecast.Location{UNLOCODE: "CIABJ"}, From: day("2026-01-01"), Units: quantity.Of(1)},
		}}
}

func TestRules(t *testing.T) {
	if found := Check(clean()); len(found) > 0 {
		t.Fatal(found)
	}
	for _, c := range []struct {
		code  string
		spoil func(*Document)
	}{
		{CodeEmpty, func(d *Document) { d.Links = nil }},
		{CodeItem, func(d *Document) { d.Links[0].Sellers = "" }},
		{CodeItem, func(d *Document) { d.Links[0].GTIN = "4006381333932" }},
		{CodeTwice, func(d *Document) { d.Links[0].Until = day("2027-03-02") }},
		{CodeTwice, func(d *Document) { d.Links[0].Until = 0 }},
		{CodeDays, func(d *Document) { d.Links[0].Until = d.Links[0].From }},
		{CodeUnits, func(d *Document) { d.Links[0].Units = quantity.Quantity{} }},
		{CodeShare, func(d *Document) { d.Links[2].Kit = true }},
		{CodePlant, func(d *Document) { d.Links[3].Plant.UNLOCODE = "nowhere" }},
		{CodeForm, func(d *Document) { d.Links[3].Description = "a\x00b" }},
	} {
		d := clean()
		c.spoil(&d)
		if codes := artifact.Codes(Check(d)); len(codes) == 0 || codes[0] != c.code {
			t.Errorf("%s: %v", c.code, Check(d))
		}
	}
	if codes := artifact.Codes(CheckScope(clean(), artifact.Scope{Products: []string{"M-77"}})); len(codes) == 0 || codes[0] != CodeScope {
		t.Errorf("outside the scope: %v", codes)
	}
}

// Practice T12: many to many, dated, by plant.
func TestFind(t *testing.T) {
	links := clean().Links
	units := func(found []Link) (out []string) {
		for _, l := range found {
			out = append(out, l.Sellers+"x"+l.Units.String())
		}
		return out
	}
	for _, c := range []struct {
		side  Side
		id    string
		plant forecast.Location
		day   string
		want  []string
	}{
		{OfBuyer, "ZDV-300", forecast.Location{}, "2027-02-28", []string{"M-77x60", "M-78x60"}},
		{OfBuyer, "ZDV-300", forecast.Location{}, "2027-03-01", []string{"M-77x90", "M-78x60"}},
		{OfBuyer, "ZDV-300", forecast.Location{UNLOCODE: "CIABJ"}, "2027-03-01", []string{"M-79x1"}},
		{OfBuyer, "ZDV-300", forecast.Location{UNLOCODE: "DEHAM"}, "2025-03-01", nil},
		{OfSeller, "4006381333931", forecast.Location{}, "2027-03-01", []string{"M-77x90"}},
		{OfBuyer, "M-77", forecast.Location{}, "2027-03-01", nil},
	} {
		if got := units(Find(links, c.side, c.id, c.plant, day(c.day))); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s %s on %s: %v, want %v", c.side, c.id, c.day, got, c.want)
		}
	}
	revised := clean()
	revised.Links[1].Units = quantity.Of(120)
	if got := Repacked(clean(), revised); !reflect.DeepEqual(got, []string{"M-77", "ZDV-300"}) {
		t.Errorf("%v", got)
	}
}

func FuzzFromSheet(f *testing.F) {
	s, err := ToSheet(clean(), [32]byte{1})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(s.Head, s.Rows[0].Key, s.Rows[0].Value)
	f.Fuzz(func(t *testing.T, head []byte, key string, value []byte) {
		in := block.Sheet{Type: Type, Head: head, Rows: []block.Row{{Key: key, Value: value}}}
		d, err := FromSheet(in)
		if err != nil {
			if !reflect.DeepEqual(d, Document{}) {
				t.Fatal("refused and still gave a map")
			}
			return
		}
		Check(d)
		again, err := ToSheet(d, [32]byte{})
		if err != nil || !bytes.Equal(again.Rows[0].Value, value) || !bytes.Equal(again.Head, head) {
			t.Fatalf("written again it is another: %v", err)
		}
	})
}
