package artifact

import (
	"reflect"
	"testing"

	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

type cell struct {
	calendar.Bucket
	Actual quantity.Quantity `json:"actual"`
}

type group struct {
	ID    string   `json:"id"`
	Tags  []string `json:"tags"`
	Cells []cell   `json:"cells"`
}

type plan struct {
	Header Header  `json:"header"`
	Zone   string  `json:"zone"`
	Groups []group `json:"groups"`
}

// Practice T1: differences between revisions are shown cell by cell, whatever the noun.
func TestCompareNamesRowsAndCells(t *testing.T) {
	day := calendar.MustDate
	jan, feb := calendar.Bucket{Start: day("2027-01-01"), End: day("2027-02-01")}, calendar.Bucket{Start: day("2027-02-01"), End: day("2027-03-01")}
	old := plan{Header: cleanHeader(), Zone: "UTC", Groups: []group{{"press", []string{"a"}, []cell{{jan, quantity.Of(100)}, {feb, quantity.Of(100)}}}, {"mill", nil, nil}}}
	now := plan{Header: Header{Revision: 4}, Zone: "CET", Groups: []group{{"oven", nil, nil}, {"press", []string{"a", "b"}, []cell{{jan, quantity.Of(104)}}}}}
	changes, err := Compare(old, now, func(c Change) bool { return c.Field != "actual" || c.Exceeds(50_000) })
	if err != nil {
		t.Fatal(err)
	}
	want := []Change{
		{Row: "groups/mill", Field: "removed", Material: true},
		{Row: "groups/oven", Field: "added", Material: true},
		{Row: "groups/press", Cell: "2027-01-01/2027-02-01", Field: "actual", Old: "100", New: "104", Delta: quantity.Of(4)},
		{Row: "groups/press", Cell: "2027-02-01/2027-03-01", Field: "removed", Material: true},
		{Row: "groups/press", Field: "tags", Old: `["a"]`, New: `["a","b"]`, Material: true},
		{Field: "zone", Old: "UTC", New: "CET", Material: true},
	}
	if !reflect.DeepEqual(changes, want) {
		t.Errorf("%+v\nwant\n%+v", changes, want)
	}
	same, err := Compare(old, old, nil)
	if err != nil || len(same) != 0 {
		t.Errorf("a document differs from itself: %v %v", same, err)
	}
	if (Change{Old: "100", New: "106", Delta: quantity.Of(6)}).Exceeds(60_000) || !(Change{Old: "100", New: "107", Delta: quantity.Of(7)}).Exceeds(60_000) {
		t.Error("six percent")
	}
}

// Two elements of one name are told apart by their place: nothing is lost in a comparison.
func TestCompareElementsWithoutNames(t *testing.T) {
	type doc struct {
		Rows []map[string]string `json:"rows"`
	}
	changes, err := Compare(doc{[]map[string]string{{"id": "x", "v": "1"}, {"id": "x", "v": "2"}}}, doc{[]map[string]string{{"id": "x", "v": "1"}, {"id": "x", "v": "3"}}}, nil)
	if err != nil || len(changes) != 1 || changes[0].Row != "rows/0001" || changes[0].Old != "2" || changes[0].New != "3" {
		t.Errorf("%+v %v", changes, err)
	}
}

func TestCellsListsEveryValue(t *testing.T) {
	jan := calendar.Bucket{Start: calendar.MustDate("2027-01-01"), End: calendar.MustDate("2027-02-01")}
	cells, err := Cells(plan{Header: cleanHeader(), Zone: "UTC", Groups: []group{{"press", []string{"a"}, []cell{{jan, quantity.Of(100)}}}}})
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for _, c := range cells {
		said[c.Row+" "+c.Cell+" "+c.Field] = c.New
	}
	for name, want := range map[string]string{"  zone": "UTC", "groups/press  id": "press", "groups/press 2027-01-01/2027-02-01 actual": "100", "groups/press  tags": `["a"]`} {
		if said[name] != want {
			t.Errorf("%q is %q, want %q of %v", name, said[name], want, said)
		}
	}
}
