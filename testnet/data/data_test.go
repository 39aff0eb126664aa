package data

import (
	"bytes"
	"strings"
	"testing"
)

func TestTablesHaveTheShapeTheReadmeStates(t *testing.T) {
	for _, c := range []struct {
		name, header string
		table        []byte
		rows         int
	}{
		{"monthly.csv", "product,region,month,packs_delivered,order_lines,order_lines_on_time,value_usd", Monthly(), 2112},
		{"products.csv", "product,description,pack_size", Products(), 12},
		{"bill_of_materials.csv", "product,component,quantity_per_pack,unit", BillOfMaterials(), 21},
	} {
		header, _, _ := strings.Cut(string(c.table), "\n")
		if header = strings.TrimSuffix(header, "\r"); header != c.header {
			t.Errorf("%s: header %q, want %q", c.name, header, c.header)
		}
		if got := bytes.Count(bytes.TrimSpace(c.table), []byte("\n")); got != c.rows {
			t.Errorf("%s: %d rows, want %d", c.name, got, c.rows)
		}
	}
	if !strings.Contains(string(Monthly()), ","+LastIncompleteMonth+",") {
		t.Errorf("monthly.csv has no row of %s, which it is said to end in", LastIncompleteMonth)
	}
}

func TestTablesAreCopies(t *testing.T) {
	Monthly()[0] = 'X'
	if Monthly()[0] == 'X' {
		t.Error("writing to the returned bytes changed the embedded table")
	}
}
