package block

import (
	"errors"
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
