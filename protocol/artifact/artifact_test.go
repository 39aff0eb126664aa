package artifact

import (
	"bytes"
	"reflect"
	"testing"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
)

func cleanHeader() Header {
	return Header{Type: "T.v1", Series: SeriesID{1}, Issued: calendar.MustDate("2026-11-22").Millis(), Evidence: GradeB,
		Provenance: Provenance{SourceSystem: "ERP"}, Scope: Everything()}
}

func TestHeaderFindings(t *testing.T) {
	parent := block.SumRaw([]byte("parent"))
	for _, c := range []struct {
		rule, code string
		spoil      func(*Header)
	}{
		{"type", CodeType, func(h *Header) { h.Type = "T.v2" }},
		{"series", CodeSeries, func(h *Header) { h.Series = SeriesID{} }},
		{"R4: no parent, revision 0", CodeRevision, func(h *Header) { h.Revision = 3 }},
		{"R4: revision 0, no parent", CodeRevision, func(h *Header) { h.Parent = &parent }},
		{"negative revision", CodeRevision, func(h *Header) { h.Revision = -1 }},
		{"T22: reason codes", CodeReason, func(h *Header) { h.Reason = "MOOD" }},
		{"time of issue", CodeTime, func(h *Header) { h.Issued = 0 }},
		{"extracted after the issue", CodeTime, func(h *Header) { h.Provenance.ExtractedAt = h.Issued + 1 }},
		{"T11: evidence", CodeEvidence, func(h *Header) { h.Evidence = "D" }},
		{"T21: the ladder rises", CodeFreshness, func(h *Header) { h.Freshness = []Freshness{{30, 8}, {30, 35}} }},
		{"scope named twice", CodeScope, func(h *Header) { h.Scope.Roles = []string{"COO", "COO"} }},
		{"scope with a control character", CodeScope, func(h *Header) { h.Scope.Products = []string{"A\x1b[2J"} }},
		{"text turned around", CodeProvenance, func(h *Header) { h.Provenance.SourceRecord = "exe\u202etxt" }},
		{"no source", CodeProvenance, func(h *Header) { h.Provenance.SourceSystem = "" }},
		{"commitment too long", CodeProvenance, func(h *Header) { h.Provenance.Commitments = [][]byte{make([]byte, 65)} }},
		{"extension", CodeExt, func(h *Header) { h.Ext = map[string][]byte{"": nil} }},
	} {
		h := cleanHeader()
		c.spoil(&h)
		if codes := Codes(CheckHeader(h, "T.v1")); len(codes) != 1 || codes[0] != c.code {
			t.Errorf("%s: %v, want %s", c.rule, CheckHeader(h, "T.v1"), c.code)
		}
	}
	h := cleanHeader()
	h.Revision, h.Parent, h.Reason, h.Freshness = 4, &parent, "SYSTEM_RERUN", DefaultFreshness()
	if found := CheckHeader(h, "T.v1"); len(found) != 0 {
		t.Error(found)
	}
}

// Practice T21: weeks 1-4 stale after 8 days, 5-26 after 35, the rest after 100.
func TestStaleByHorizon(t *testing.T) {
	h := cleanHeader()
	issued := calendar.MustDate("2026-11-22")
	for _, c := range []struct {
		ageDays, aheadDays int
		stale              bool
	}{{8, 10, false}, {9, 10, true}, {9, 28, true}, {9, 29, false}, {35, 100, false}, {36, 100, true}, {100, 400, false}, {101, 400, true}, {0, -5, false}} {
		at := issued.AddDays(c.ageDays)
		if got := h.StaleAt(at.AddDays(c.aheadDays), at.Millis()); got != c.stale {
			t.Errorf("%d days old, %d days ahead: stale is %t", c.ageDays, c.aheadDays, got)
		}
	}
	h.Freshness = []Freshness{{10, 5}}
	if !h.StaleAt(issued.AddDays(11), issued.Millis()) {
		t.Error("beyond the ladder nothing is vouched for")
	}
}

func TestScope(t *testing.T) {
	s := Scope{Roles: []string{"COO"}, Products: []string{"A"}, Regions: []string{"CI", "DE-BY"}}
	for region, want := range map[string]bool{"CI": true, "CI-AB": true, "CIX": false, "DE": false, "DE-BY": true, "": false} {
		if s.HasRegion(region) != want {
			t.Errorf("region %q in scope: %t", region, !want)
		}
	}
	if !s.HasProduct("", "A") || s.HasProduct("", "B") {
		t.Error("products")
	}
	if e := Everything(); !e.HasProduct("x") || !e.HasRegion("") {
		t.Error("everything")
	}
	if n := (Scope{}); n.HasProduct("x") || n.HasRegion("CI") {
		t.Error("an empty scope grants nothing")
	}
}

func TestHeaderEncoding(t *testing.T) {
	parent := block.SumRaw([]byte("parent"))
	h := cleanHeader()
	h.Revision, h.Parent, h.Ext = 1, &parent, map[string][]byte{"b": {1}, "aa": {}}
	h.Provenance.DerivedFrom, h.Provenance.Commitments = []block.CID{parent}, [][]byte{{1, 2}}
	data, err := block.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(data, append([]byte("series\x50"), h.Series[:]...)) {
		t.Error("the series id is not a byte string of 16")
	}
	var back Header
	if err := block.Unmarshal(data, &back); err != nil || !reflect.DeepEqual(back, h) {
		t.Errorf("%v\n%+v\n%+v", err, back, h)
	}
}

type word string

func (w word) Key() string { return string(w) }

func TestSheetOfKeyedLines(t *testing.T) {
	s, err := ToSheet("T.v1", [32]byte{1}, cleanHeader(), []word{"b", "a"})
	if err != nil {
		t.Fatal(err)
	}
	h, lines, err := FromSheet[Header, word](s, "T.v1", 2)
	if err != nil || !reflect.DeepEqual(lines, []word{"a", "b"}) || !reflect.DeepEqual(h, cleanHeader()) {
		t.Fatalf("%v %v", lines, err)
	}
	for name, spoil := range map[string]func(*block.Sheet){
		"another type":      func(s *block.Sheet) { s.Type = "T.v2" },
		"too many lines":    func(s *block.Sheet) { s.Rows = append(s.Rows, block.Row{Key: "c", Value: []byte{0x61, 'c'}}) },
		"a foreign key":     func(s *block.Sheet) { s.Rows[0].Key = "aa" },
		"an empty key":      func(s *block.Sheet) { s.Rows[0] = block.Row{Value: []byte{0x60}} },
		"rows out of order": func(s *block.Sheet) { s.Rows[0], s.Rows[1] = s.Rows[1], s.Rows[0] },
		"a row twice":       func(s *block.Sheet) { s.Rows[1] = s.Rows[0] },
		"an unknown field":  func(s *block.Sheet) { s.Head = []byte{0xa1, 0x61, 'x', 0x01} },
		"not canonical":     func(s *block.Sheet) { s.Rows[0].Value = []byte{0x78, 0x01, 'a'} },
	} {
		bad := s
		bad.Rows = append([]block.Row(nil), s.Rows...)
		spoil(&bad)
		if h, lines, err := FromSheet[Header, word](bad, "T.v1", 2); err == nil || lines != nil || !reflect.DeepEqual(h, Header{}) {
			t.Errorf("%s was read: %v", name, lines)
		}
	}
}

func FuzzHeader(f *testing.F) {
	parent := block.SumRaw([]byte("parent"))
	h := cleanHeader()
	h.Revision, h.Parent, h.Ext = 1, &parent, map[string][]byte{"b": {1}}
	data, err := block.Marshal(h)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		var h Header
		if err := block.Unmarshal(data, &h); err != nil {
			if !reflect.DeepEqual(h, Header{}) {
				t.Fatal("refused and still gave a header")
			}
			return
		}
		CheckHeader(h, "T.v1")
		if again, err := block.Marshal(h); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("re-encodes to %x, %v", again, err)
		}
	})
}
