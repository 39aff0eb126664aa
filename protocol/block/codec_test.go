package block

import (
	"errors"
	"maps"
	"testing"
)

type line struct {
	SKU   string            `cbor:"sku"`
	Qty   int64             `cbor:"qty"`
	Next  *CID              `cbor:"next,omitempty"`
	Notes []string          `cbor:"notes,omitempty"`
	Key   [4]byte           `cbor:"key"`
	Ext   map[string][]byte `cbor:"ext,omitempty"`
}

func TestMarshalReadsBack(t *testing.T) {
	c := Sum([]byte("x"))
	in := line{SKU: "EFV-600", Qty: -7, Next: &c, Notes: []string{"a"}, Ext: map[string][]byte{"b": {1}, "aa": nil}}
	data, err := Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var out line
	if err := Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	if *out.Next != c || out.Qty != -7 || out.SKU != in.SKU {
		t.Fatalf("read back %+v", out)
	}
	links, err := Links(data)
	if err != nil || len(links) != 1 || links[0] != c {
		t.Fatalf("links %v, %v", links, err)
	}
}

func TestUnmarshalRefusesAnUnknownField(t *testing.T) {
	data, err := Marshal(map[string]int64{"sku": 1, "zz": 2})
	if err != nil {
		t.Fatal(err)
	}
	out := line{SKU: "before"}
	err = Unmarshal(data, &out)
	var e *Error
	if !errors.As(err, &e) || e.Code != CodeShape {
		t.Fatalf("error %v, want %s", err, CodeShape)
	}
	if out.SKU != "" {
		t.Fatalf("a refused block left %+v", out)
	}
}

// What the decoder alone would take for a line, although a line is never written so.
func TestUnmarshalRefusesWhatWouldBeWrittenOtherwise(t *testing.T) {
	good := map[string]any{"sku": "a", "qty": int64(1), "key": []byte{1, 2, 3, 4}}
	var out line
	if err := Unmarshal(mustMarshal(t, good), &out); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(map[string]any){
		"a short array":          func(m map[string]any) { m["key"] = []byte{1, 2, 3} },
		"a long array":           func(m map[string]any) { m["key"] = []byte{1, 2, 3, 4, 5} },
		"an array of numbers":    func(m map[string]any) { m["key"] = []int64{1, 2, 3, 4} },
		"null for a number":      func(m map[string]any) { m["qty"] = nil },
		"null for a link":        func(m map[string]any) { m["next"] = nil },
		"an empty list":          func(m map[string]any) { m["notes"] = []string{} },
		"an empty map":           func(m map[string]any) { m["ext"] = map[string][]byte{} },
		"a field missing":        func(m map[string]any) { delete(m, "qty") },
		"a field in upper case":  func(m map[string]any) { m["SKU"] = m["sku"]; delete(m, "sku") },
		"bytes for text":         func(m map[string]any) { m["sku"] = []byte("a") },
		"text for a number":      func(m map[string]any) { m["qty"] = "1" },
		"a link that is bytes":   func(m map[string]any) { m["next"] = Sum(nil).Bytes() },
		"one field more":         func(m map[string]any) { m["z"] = int64(1) },
		"a number for bytes":     func(m map[string]any) { m["ext"] = map[string]int64{"a": 1} },
		"a link where text goes": func(m map[string]any) { m["sku"] = Sum(nil) },
	} {
		m := maps.Clone(good)
		change(m)
		out := line{SKU: "before", Qty: 9}
		err := Unmarshal(mustMarshal(t, m), &out)
		if !hasCode(err, CodeShape) && !hasCode(err, CodeRoundTrip) && !hasCode(err, CodeLink) {
			t.Errorf("%s: %v", name, err)
		}
		if out.SKU != "" || out.Qty != 0 {
			t.Errorf("%s: left %+v", name, out)
		}
	}
}
