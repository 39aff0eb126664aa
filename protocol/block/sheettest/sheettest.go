// Package sheettest has what the tests of every document that travels as a sheet ask of it: [Format.RoundTrip], [Format.Unchanged] and [Fuzz].
package sheettest

import (
	"crypto/sha256"
	"encoding/hex"
	"reflect"
	"testing"

	"kontor/protocol/block"
)

// seriesKey is that of every sheet here.
var seriesKey = [32]byte{7}

// Format is how one kind of document is written as a sheet and read back.
type Format[D any] struct {
	Type string
	To   func(document D, seriesKey [32]byte) (block.Sheet, error)
	From func(block.Sheet) (D, error)
}

// Sheet writes a document.
func (f Format[D]) Sheet(t testing.TB, d D) block.Sheet {
	t.Helper()
	s, err := f.To(d, seriesKey)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// RoundTrip fails unless a document comes back the same from the blocks of its sheet, and answers the sheet.
func (f Format[D]) RoundTrip(t testing.TB, d D) block.Sheet {
	t.Helper()
	s := f.Sheet(t, d)
	back, err := f.From(Stored(t, s))
	if err != nil || !reflect.DeepEqual(back, d) {
		t.Fatalf("%v\n%+v\n%+v", err, back, d)
	}
	return s
}

// Stored is a sheet as it is read back from its blocks.
func Stored(t interface {
	Helper()
	Fatal(args ...any)
}, s block.Sheet) block.Sheet {
	t.Helper()
	root, below, err := s.Build()
	if err != nil {
		t.Fatal(err)
	}
	stored := map[block.CID][]byte{root.CID: root.Data}
	for _, b := range below {
		stored[b.CID] = b.Data
	}
	opened, err := block.OpenSheet(root.CID, func(c block.CID) ([]byte, error) { return stored[c], nil })
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

// Unchanged fails when head and rows of a document no longer have the hash that they were published with.
func (f Format[D]) Unchanged(t testing.TB, d D, want string) {
	t.Helper()
	s, h := f.Sheet(t, d), sha256.New()
	h.Write(s.Head)
	for _, r := range s.Rows {
		h.Write([]byte(r.Key))
		h.Write(r.Value)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		t.Errorf("head and rows hash to %s, want %s", got, want)
	}
}

// Fuzz reads heads with one row, beginning with the rows of an example. What is refused gives no document; what is read is handed to accepted and must be written as the
// same bytes again.
func Fuzz[D any, R interface{ Key() string }](f *testing.F, format Format[D], example D, accepted func(*testing.T, D), more ...R) {
	s := format.Sheet(f, example)
	for _, r := range s.Rows {
		f.Add(s.Head, r.Value)
	}
	for _, r := range more {
		value, err := block.Marshal(r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(s.Head, value)
	}
	f.Fuzz(func(t *testing.T, head, value []byte) {
		var r R
		if block.Unmarshal(value, &r) != nil {
			return
		}
		sheet := block.Sheet{Type: format.Type, SeriesKey: seriesKey, Head: head, Rows: []block.Row{{Key: r.Key(), Value: value}}}
		d, err := format.From(sheet)
		if err != nil {
			if !reflect.ValueOf(&d).Elem().IsZero() {
				t.Fatal("refused and still gave a document")
			}
			return
		}
		accepted(t, d)
		if again, err := format.To(d, seriesKey); err != nil || !reflect.DeepEqual(again, sheet) {
			t.Fatalf("what was read is written otherwise: %v", err)
		}
	})
}
