// Package fields writes a document as a table of its fields, and reads such a table back.
//
// Write gives the table with a line for each field (part, entry, field, value), Records the one with a line for each entry of a list and a column
// for each field; Read takes either and answers the document's JSON, which its importer reads as it reads a file of that kind.
//
// A part is a member of the document that is a list, such as prices; an entry is one of the list, by its id or its place. What stands once is of the
// part "document". A field is a path below the entry: tiers[0].minQty.
//
// Guarantees: pure; whatever a document says but empty values is in the table, and Read of what Write wrote is the document again. Read takes
// cells by the types of the document: 007 stays a text where the field is one, and a cell that does not fit is complained about with its line.
package fields

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// Document is the part of what stands once.
const Document = "document"

// kindField says, in the part Document, what the table is of.
const kindField = "kind"

// Bounds of a table.
const (
	MaxLines   = 400_000 // fields: a price list of 5,000 clauses has some 60,000
	maxDepth   = 12      // of a path: no document nests deeper
	maxIndex   = 10_000  // of a list below an entry
	maxColumns = 256     // of a table of records: what package intake reads
	maxValue   = 32_767  // characters of a cell: what a spreadsheet holds
)

// The headers of both tables.
var (
	fieldHead  = []string{"part", "entry", "field", "value"}
	recordHead = []string{"part", "entry"}
)

// member is one member of an object, in the order in which it was written.
type member struct {
	name  string
	value any // []member, []any, string, bool, json.Number or nil
}

// cell is one field of a document.
type cell struct {
	part, entry, field, value string
}

// Write writes a document as a table with a line for each field. kind is what its importer is called by.
func Write(kind string, document any) ([][]string, error) {
	cells, err := cellsOf(kind, document)
	if err != nil {
		return nil, err
	}
	rows := [][]string{fieldHead}
	for _, c := range cells {
		rows = append(rows, []string{c.part, c.entry, c.field, c.value})
	}
	return rows, nil
}

// Records writes a document as a table with a line for each entry and a column for each field.
func Records(kind string, document any) ([][]string, error) {
	cells, err := cellsOf(kind, document)
	if err != nil {
		return nil, err
	}
	head := slices.Clone(recordHead)
	at := map[string]int{}
	for _, c := range cells {
		if _, known := at[c.field]; !known {
			at[c.field] = len(head)
			head = append(head, c.field)
		}
	}
	if len(head) > maxColumns {
		return nil, fmt.Errorf("the document has %d different fields; a table of records has at most %d columns: write a line for each field instead", len(head), maxColumns)
	}
	rows := [][]string{head}
	row := map[[2]string]int{}
	for _, c := range cells {
		key := [2]string{c.part, c.entry}
		i, known := row[key]
		if !known {
			i = len(rows)
			row[key] = i
			rows = append(rows, make([]string, len(head)))
			rows[i][0], rows[i][1] = c.part, c.entry
		}
		rows[i][at[c.field]] = c.value
	}
	return rows, nil
}

func cellsOf(kind string, document any) ([]cell, error) {
	data, err := json.Marshal(document)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	tree, err := ordered(d)
	if err != nil {
		return nil, err
	}
	top, isObject := tree.([]member)
	if !isObject {
		return nil, errors.New("the document is no object")
	}
	out := []cell{{Document, "", kindField, kind}}
	var lists []cell
	for _, m := range top {
		list, isList := m.value.([]any)
		if !isList || len(list) > 0 && !isMembers(list[0]) {
			if err := flatten(&out, Document, "", m.name, m.value); err != nil {
				return nil, err
			}
			continue
		}
		names := entries(list)
		for i, v := range list {
			before := len(lists)
			for _, f := range v.([]member) {
				if err := flatten(&lists, m.name, names[i], f.name, f.value); err != nil {
					return nil, err
				}
			}
			if len(lists) == before {
				return nil, fmt.Errorf("%s[%d] is empty and would be lost", m.name, i)
			}
		}
	}
	if out = append(out, lists...); len(out) > MaxLines {
		return nil, fmt.Errorf("the document has %d fields; a table has at most %d", len(out), MaxLines)
	}
	return out, nil
}

func isMembers(v any) bool { _, ok := v.([]member); return ok }

// entries names the entries of a list: by their ids where each has one of its own, else by their place, counted from 1.
func entries(list []any) []string {
	names := make([]string, len(list))
	seen := map[string]bool{}
	for i, v := range list {
		for _, m := range v.([]member) {
			if id, isText := m.value.(string); isText && m.name == "id" {
				names[i] = id
			}
		}
		if names[i] == "" || seen[names[i]] {
			for k := range names {
				names[k] = strconv.Itoa(k + 1)
			}
			return names
		}
		seen[names[i]] = true
	}
	return names
}

func flatten(out *[]cell, part, entry, path string, v any) error {
	switch v := v.(type) {
	case []member:
		for _, m := range v {
			if err := flatten(out, part, entry, path+"."+m.name, m.value); err != nil {
				return err
			}
		}
	case []any:
		for i, below := range v {
			if err := flatten(out, part, entry, fmt.Sprintf("%s[%d]", path, i), below); err != nil {
				return err
			}
		}
	case nil:
	default:
		text := fmt.Sprint(v)
		if len(text) > maxValue {
			return fmt.Errorf("%s of %s %q has %d bytes; a cell holds %d", path, part, entry, len(text), maxValue)
		}
		if text != "" {
			*out = append(*out, cell{part, entry, path, text})
		}
	}
	return nil
}

// ordered reads a value with its members in the order in which they stand.
func ordered(d *json.Decoder) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('{'):
		out := []member{}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return nil, err
			}
			v, err := ordered(d)
			if err != nil {
				return nil, err
			}
			out = append(out, member{name.(string), v})
		}
		_, err = d.Token()
		return out, err
	case json.Delim('['):
		out := []any{}
		for d.More() {
			v, err := ordered(d)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		_, err = d.Token()
		return out, err
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return t, err
}
