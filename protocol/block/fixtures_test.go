package block

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"kontor/testnet/data/external"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"
	"github.com/ipld/go-ipld-prime/codec/dagcbor"
	"github.com/ipld/go-ipld-prime/datamodel"
	cidlink "github.com/ipld/go-ipld-prime/linking/cid"
	"github.com/ipld/go-ipld-prime/node/basicnode"
	mh "github.com/multiformats/go-multihash"
)

// outsideReasons reads a fixture with the other library and says with which codes our subset may refuse it: it holds a
// float, an integer beyond int64, a link of another kind. None means that it must be decoded.
func outsideReasons(t *testing.T, data []byte) map[string]bool {
	t.Helper()
	nb := basicnode.Prototype.Any.NewBuilder()
	if err := dagcbor.Decode(nb, bytes.NewReader(data)); err != nil {
		t.Fatalf("the other library refuses a fixture: %v", err)
	}
	reasons := map[string]bool{}
	var walk func(datamodel.Node)
	walk = func(n datamodel.Node) {
		switch n.Kind() {
		case datamodel.Kind_Float:
			reasons[CodeFloat] = true
		case datamodel.Kind_Int:
			if _, err := n.AsInt(); err != nil {
				reasons[CodeRange] = true
			}
		case datamodel.Kind_Link:
			l, err := n.AsLink()
			if err != nil {
				t.Fatal(err)
			}
			p := l.(cidlink.Link).Cid.Prefix()
			if p.Version != 1 || p.Codec != cid.DagCBOR && p.Codec != cid.Raw || p.MhType != mh.SHA2_256 || p.MhLength != 32 {
				reasons[CodeLink] = true
			}
		case datamodel.Kind_List:
			for it := n.ListIterator(); !it.Done(); {
				_, v, err := it.Next()
				if err != nil {
					t.Fatal(err)
				}
				walk(v)
			}
		case datamodel.Kind_Map:
			for it := n.MapIterator(); !it.Done(); {
				_, v, err := it.Next()
				if err != nil {
					t.Fatal(err)
				}
				walk(v)
			}
		}
	}
	walk(nb.Build())
	return reasons
}

func TestIPLDFixtures(t *testing.T) {
	dir := external.File(t, "encoding", "ipld-codec-fixtures", "fixtures")
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.dag-cbor"))
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, file := range files {
		name := filepath.Base(filepath.Dir(file))
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		// The file's name is the CID of its bytes, whatever stands in them.
		want := strings.TrimSuffix(filepath.Base(file), ".dag-cbor")
		if got := Sum(data).String(); got != want {
			t.Errorf("%s: CID %s, want %s", name, got, want)
		}
		// The other library can't hold the one integer below int64 at all.
		if name == "int--11959030306112471732" {
			if err := Validate(data); !hasCode(err, CodeRange) {
				t.Errorf("%s: %v", name, err)
			}
			count[CodeRange]++
			continue
		}
		reasons := outsideReasons(t, data)
		if err := Validate(data); err != nil {
			var e *Error
			if !errors.As(err, &e) || !reasons[e.Code] {
				t.Errorf("%s: %v, and it may only be refused for %v", name, err, reasons)
			} else {
				count[e.Code]++
			}
			continue
		}
		count["decoded"]++
		if len(reasons) != 0 {
			t.Errorf("%s: taken, although outside our subset: %v", name, reasons)
		}
		var v any
		if err := Unmarshal(data, &v); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if again := mustMarshal(t, v); !bytes.Equal(again, data) {
			t.Errorf("%s: written as %x, was %x", name, clip(again, 40), clip(data, 40))
		}
	}
	t.Logf("%d fixtures: %d decoded; refused because outside our subset: %d floats, %d integers beyond int64, %d other links",
		len(files), count["decoded"], count[CodeFloat], count[CodeRange], count[CodeLink])
	for what, want := range map[string]int{"decoded": 69, CodeFloat: 21, CodeRange: 3, CodeLink: 35} {
		if count[what] != want {
			t.Errorf("%s: %d fixtures, want %d", what, count[what], want)
		}
	}
}

func TestIPLDNegativeFixtures(t *testing.T) {
	dir := external.File(t, "encoding", "ipld-codec-fixtures", "negative-fixtures", "dag-cbor", "decode")
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no negative fixtures: %v", err)
	}
	for _, file := range files {
		var cases []struct{ Name, Hex string }
		readJSON(t, file, &cases)
		for _, c := range cases {
			if err := Validate(unhex(t, c.Hex)); !hasCode(err, CodeOrder) {
				t.Errorf("%s: %v", c.Name, err)
			}
		}
	}
}

// The examples of RFC 8949, appendix A: taken are exactly those that are DAG-CBOR of our subset.
func TestCBORExamples(t *testing.T) {
	var cases []struct {
		Hex       string
		Roundtrip bool
	}
	readJSON(t, external.File(t, "encoding", "cbor-test-vectors", "appendix_a.json"), &cases)
	taken := 0
	for _, c := range cases {
		data := unhex(t, c.Hex)
		if err := Validate(data); err == nil {
			taken++
			if !oracle(data) || !c.Roundtrip {
				t.Errorf("%s is taken", c.Hex)
			}
			continue
		}
		// The other codec takes more only where our subset is narrower: floats, and integers above int64.
		if oracle(data) && !hasCode(Validate(data), CodeFloat) && !hasCode(Validate(data), CodeRange) {
			t.Errorf("%s is refused", c.Hex)
		}
	}
	t.Logf("%d of %d taken", taken, len(cases))
	if taken != 34 {
		t.Errorf("%d examples are taken, want 34", taken)
	}
}

func TestCARFixtures(t *testing.T) {
	v1, err := os.ReadFile(external.File(t, "encoding", "ipld-specs", "transport", "car", "fixture", "carv1-basic", "carv1-basic.car"))
	if err != nil {
		t.Fatal(err)
	}
	// It holds dag-pb blocks, and our files don't.
	if _, _, err := ReadCAR(bytes.NewReader(v1), CARBounds{}); !hasCode(err, CodeLink) {
		t.Errorf("version 1: %v", err)
	}
	v2, err := os.ReadFile(external.File(t, "encoding", "ipld-specs", "transport", "car", "fixture", "carv2-basic", "carv2-basic.car"))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := ReadCAR(bytes.NewReader(v2), CARBounds{}); !hasCode(err, CodeCAR) {
		t.Errorf("version 2: %v", err)
	}
	// What it holds of our kinds, in its own order, becomes a file of ours that reads back.
	var described struct {
		Blocks []struct {
			Cid struct {
				Slash string `json:"/"`
			}
			BlockOffset, BlockLength int
		}
	}
	readJSON(t, external.File(t, "encoding", "ipld-specs", "transport", "car", "fixture", "carv1-basic", "carv1-basic.json"), &described)
	var blocks []Block
	for _, b := range described.Blocks {
		c, err := cid.Decode(b.Cid.Slash)
		if err != nil {
			t.Fatal(err)
		}
		data := v1[b.BlockOffset : b.BlockOffset+b.BlockLength]
		if own, err := CIDFromBytes(c.Bytes()); err == nil && (own.Raw() || Validate(data) == nil) {
			blocks = append(blocks, Block{own, data})
		}
	}
	if len(blocks) == 0 {
		t.Fatal("no block of the fixture is of our kinds")
	}
	var file bytes.Buffer
	if err := WriteCAR(&file, []CID{blocks[0].CID}, blocks); err != nil {
		t.Fatal(err)
	}
	_, back, err := ReadCAR(&file, CARBounds{})
	if err != nil || len(back) != len(blocks) {
		t.Fatalf("%d of %d blocks back: %v", len(back), len(blocks), err)
	}
	t.Logf("%d of %d blocks of the fixture are of our kinds", len(blocks), len(described.Blocks))
}

func readJSON(t *testing.T, file string, v any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatalf("%s: %v", hex.EncodeToString(clip(text, 8)), err)
	}
}
