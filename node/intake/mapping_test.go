package intake

import (
	"reflect"
	"strings"
	"testing"
)

// The three ways to write a mapping are one mapping.
func TestParseMapping(t *testing.T) {
	want := &Mapping{Kind: Forecast, Decimal: ",", Columns: map[string]string{"Teil": "product", "Menge (St)": "mean"}, Constants: map[string]string{"region": "DE"},
		Units: map[string]string{"ST": "C62"}, Codes: map[string]map[string]string{"product": {"4711": "ART-1"}}}
	for name, text := range map[string]string{
		"yaml": "kind: forecast\ndecimal: ','\ncolumns:\n  Teil: product\n  Menge (St): mean\nconstants: {region: DE}\nunits: {ST: C62}\ncodes:\n  product: {4711: ART-1}\n",
		"json": `{"kind":"forecast","decimal":",","columns":{"Teil":"product","Menge (St)":"mean"},"constants":{"region":"DE"},"units":{"ST":"C62"},"codes":{"product":{"4711":"ART-1"}}}`,
		"csv":  "what,from,to,field\noption,kind,forecast\noption,decimal,\",\"\ncolumn,Teil,product\ncolumn,Menge (St),mean\nconstant,region,DE\nunit,ST,C62\ncode,4711,ART-1,product\n",
	} {
		got, err := ParseMapping([]byte(text))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestMappingsThatCouldNeverBeApplied(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  "the mapping is empty",
		"columns: {A: prodct}":              `column "A" goes to "prodct", which is no field; want one of accepted, actual,`,
		"columns: {A: product, B: product}": `columns "A" and "B" both go to the field "product"`,
		"columns: {A: region}\nconstants: {region: DE}": `the field "region" has the column "A" and a constant`,
		"units: {ST: stones}":                           `unit "ST": `,
		"colums: {A: product}":                          "field colums not found",
		"kind: orders":                                  `kind "orders" is none of`,
		"what,from,to,field\nrow,a,b\n":                 `mapping line 2: "row" is none of column,`,
		"what,from,to,field\noption,sheets,b\n":         `mapping line 2: no option is called "sheets"`,
		strings.Repeat("#", MaxMapping+1):               "at most 16384 are read",
		"a: &a [x]\nb: [*a,*a]\ncolumns: {A: b}\n":      "field a not found",
	} {
		if m, err := ParseMapping([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %+v, %v; want %q", text, m, err, want)
		}
	}
}

// A mapping kept from before is for files with its columns; others are read as if there were none.
func TestKeptMappingIsForItsOwnFiles(t *testing.T) {
	m, err := ParseMapping([]byte("columns: {Teil: product, Menge 2: quantity}"))
	if err != nil {
		t.Fatal(err)
	}
	m.Optional = true
	for text, imported := range map[string]int{"product,month,quantity\nA,2026-01,5\n": 1, "Teil,month,Menge 2\nA,2026-01,5\n": 1, "Teil,month,quantity\nA,2026-01,5\n": 0} {
		if _, r := Read([]byte(text), Options{Map: m}); r.Imported != imported {
			t.Errorf("%q: %d imported, %v", text, r.Imported, r.Complaints)
		}
	}
}
