package block

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"
	mh "github.com/multiformats/go-multihash"
	"pgregory.net/rapid"
)

func TestCIDForms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOf(rapid.Byte()).Draw(t, "data")
		for _, c := range []CID{Sum(data), SumRaw(data)} {
			codec := uint64(cid.DagCBOR)
			if c.Raw() {
				codec = cid.Raw
			}
			other, err := cid.Prefix{Version: 1, Codec: codec, MhType: mh.SHA2_256, MhLength: -1}.Sum(data)
			if err != nil || other.String() != c.String() || !bytes.Equal(other.Bytes(), c.Bytes()) {
				t.Fatalf("%s, the library says %s", c, other)
			}
			if got, err := ParseCID(c.String()); err != nil || got != c {
				t.Fatalf("text: %v %v", got, err)
			}
			if got, err := CIDFromBytes(c.Bytes()); err != nil || got != c {
				t.Fatalf("bytes: %v %v", got, err)
			}
			text, err := json.Marshal(map[string]CID{"a": c})
			if err != nil || string(text) != `{"a":"`+c.String()+`"}` {
				t.Fatalf("JSON: %s %v", text, err)
			}
			var back map[string]CID
			if err := json.Unmarshal(text, &back); err != nil || back["a"] != c {
				t.Fatalf("JSON: %v %v", back, err)
			}
			if !c.Holds(data) || c.Holds(append(data, 0)) {
				t.Fatal("Holds is wrong")
			}
			if !strings.HasSuffix(c.String(), c.Short()) || len(c.Short()) != 8 {
				t.Fatalf("short: %q", c.Short())
			}
		}
	})
}

func TestCIDRefuses(t *testing.T) {
	good := Sum([]byte("x"))
	text := good.String()
	for _, s := range []string{
		"", "b", "none", text[1:], text + "a", text[:58], strings.ToUpper(text), " " + text[1:],
		"bafkqaatine",                  // identity hash
		"bafkreank",                    // sha2-256 cut to one byte
		text[:30] + "\n" + text[31:],   // the decoder would skip a line end
		text[:30] + "1" + text[31:],    // not in the alphabet
		text[:58] + string(text[58]+1), // bits beyond the 36 bytes
		"zdpuAtX7ZibcWdSKQwiDCkPjWwRvtcKCPku9H7LhgA4qJW4Wk",
		"QmQg1v4o9xdT3Q14wh4S7dxZkDjyZ9ssFzFzyep1YrVJBY",
		"bafybeihyivpglm6o6wrafbe36fp5l67abmewk7i2eob5wacdbhz7as5obe", // dag-pb
		strings.Repeat("b", 1<<20),
	} {
		if c, err := ParseCID(s); !hasCode(err, CodeLink) || c.Defined() {
			t.Errorf("%q was read as %s: %v", clipText(s), c, err)
		} else if len(err.Error()) > 300 {
			t.Errorf("a hostile text fills the message: %d bytes", len(err.Error()))
		}
	}
	for i, change := range []func([]byte) []byte{
		func(b []byte) []byte { return nil },
		func(b []byte) []byte { return b[:35] },
		func(b []byte) []byte { return append(b, 0) },
		func(b []byte) []byte { b[0] = 2; return b },
		func(b []byte) []byte { b[1] = 0x70; return b },
		func(b []byte) []byte { b[2] = 0x13; return b },
		func(b []byte) []byte { b[3] = 31; return b },
	} {
		if c, err := CIDFromBytes(change(slices.Clone(good.Bytes()))); !hasCode(err, CodeLink) || c.Defined() {
			t.Errorf("bytes %d were read as %s: %v", i, c, err)
		}
	}
}

// The library writes an undefined CID as null; here it is an error wherever it would be written.
func TestUndefinedCIDIsNotWritten(t *testing.T) {
	var none CID
	if none.String() != "none" || none.Bytes() != nil || none.Defined() || none.Holds(nil) {
		t.Error("the zero value does not read as none")
	}
	if _, err := Marshal(struct {
		C CID `cbor:"c"`
	}{}); !hasCode(err, CodeEncode) {
		t.Errorf("CBOR: %v", err)
	}
	if data, err := json.Marshal(none); err == nil {
		t.Errorf("JSON: %s", data)
	}
	if _, err := none.MarshalBinary(); err == nil {
		t.Error("binary form")
	}
	type optional struct {
		C *CID `cbor:"c,omitempty"`
	}
	data, err := Marshal(optional{})
	if err != nil || !bytes.Equal(data, []byte{0xa0}) {
		t.Errorf("absent link: %x %v", data, err)
	}
	var back optional
	if err := Unmarshal(data, &back); err != nil || back.C != nil {
		t.Errorf("absent link read back: %v %v", back, err)
	}
}

func TestCompareOrdersByBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := Sum(rapid.SliceOf(rapid.Byte()).Draw(t, "a")), SumRaw(rapid.SliceOf(rapid.Byte()).Draw(t, "b"))
		if a.Compare(b) != bytes.Compare(a.Bytes(), b.Bytes()) || a.Compare(a) != 0 || a.Compare(b) != -b.Compare(a) {
			t.Fatal("not the order of the bytes")
		}
	})
}
