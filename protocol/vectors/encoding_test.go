package vectors

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"testing"

	"kontor/protocol/block"
)

// sample has every kind of field a wire type may have.
type sample struct {
	Count    int64             `cbor:"count"`
	Below    int64             `cbor:"below"`
	Name     string            `cbor:"name"`
	Nonce    [4]byte           `cbor:"nonce"`
	Amounts  []int64           `cbor:"amounts"`
	Accepted bool              `cbor:"accepted"`
	Next     *block.CID        `cbor:"next,omitempty"`
	Ext      map[string][]byte `cbor:"ext,omitempty"`
}

type encodingVector struct {
	What  string    `json:"what"`
	Bytes octets    `json:"bytes"`
	CID   block.CID `json:"cid"`
}

func TestEncodingVectors(t *testing.T) {
	linked := block.SumRaw([]byte("hello"))
	var all []encodingVector
	for _, c := range []struct {
		what string
		v    any
	}{
		{"an empty map", struct{}{}},
		{"integers at the borders of their lengths", []int64{0, 23, 24, 255, 256, 65535, 65536, 1<<32 - 1, 1 << 32, 1<<63 - 1, -1, -24, -25, -256, -257, -1 << 63}},
		{"a struct: keys by length, then bytewise; the optional fields absent", sample{Count: 3, Below: -3, Name: "Čaues"}},
		{"the same with a link to the raw block of hello and extensions", sample{Count: 3, Below: -3, Name: "Čaues",
			Nonce: [4]byte{1, 2, 3, 4}, Amounts: []int64{10, -20}, Accepted: true, Next: &linked, Ext: map[string][]byte{"b": {1}, "a": {}, "aa": {2}}}},
	} {
		b, err := block.New(c.v)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, encodingVector{c.what, b.Data, b.CID})
	}
	golden(t, "encoding.json", all)
}

type refusalVector struct {
	What   string `json:"what"`
	Bytes  octets `json:"bytes"`
	Code   string `json:"code"`
	Offset int    `json:"offset"`
}

// One refused form for each code of the validator.
func TestRefusalVectors(t *testing.T) {
	var all []refusalVector
	for _, c := range []struct {
		what  string
		bytes octets
	}{
		{"nothing", octets{}},
		{"two items", octets{0x01, 0x01}},
		{"17 nested arrays", append(bytes.Repeat([]byte{0x81}, 17), 0x01)},
		{"an array of 65537 elements", octets{0x9a, 0, 1, 0, 1}},
		{"text that is not UTF-8", octets{0x61, 0xff}},
		{"23 in two bytes", octets{0x18, 0x17}},
		{"an indefinite array", octets{0x9f, 0xff}},
		{"2^63", octets{0x1b, 0x80, 0, 0, 0, 0, 0, 0, 0}},
		{"1.0", octets{0xf9, 0x3c, 0x00}},
		{"undefined", octets{0xf7}},
		{"tag 0", octets{0xc0, 0x61, 0x61}},
		{"a link without its zero byte", append(octets{0xd8, 0x2a, 0x58, 0x24}, block.Sum(nil).Bytes()...)},
		{"an integer as key", octets{0xa1, 0x01, 0x02}},
		{"keys out of order", octets{0xa2, 0x61, 0x62, 0x01, 0x61, 0x61, 0x02}},
		{"a reserved form", octets{0x1c}},
	} {
		err := block.Validate(c.bytes)
		refusal, ok := err.(*block.Error)
		if !ok {
			t.Fatalf("%s: %v", c.what, err)
		}
		all = append(all, refusalVector{c.what, c.bytes, refusal.Code, refusal.Offset})
	}
	golden(t, "refusals.json", all)
}

type blockVector struct {
	CID   block.CID `json:"cid"`
	Bytes octets    `json:"bytes"`
}

type sheetVector struct {
	What      string        `json:"what"`
	Type      string        `json:"type"`
	SeriesKey octets        `json:"series_key"`
	Head      octets        `json:"head"`
	Rows      [][2]octets   `json:"rows"` // key and value
	Blocks    []blockVector `json:"blocks"`
}

// A sheet small enough to read, whose keys cross some borders; its revision; the patch between; and both as a file.
func TestSheetVectors(t *testing.T) {
	first := block.Sheet{Type: "SharedForecast.v1", Head: octets{0xa1, 0x61, 0x76, 0x01}}
	for i := range first.SeriesKey {
		first.SeriesKey[i] = byte(i)
	}
	// Some rows, and of the first 400 all that begin a chunk: those whose key hashes to seven zero bits.
	for i := range 400 {
		key := fmt.Sprintf("row-%03d", i)
		if i%50 == 0 || startsChunk(key) {
			first.Rows = append(first.Rows, block.Row{Key: key, Value: []byte{byte(i % 24)}})
		}
	}
	second := first
	second.Head = octets{0xa1, 0x61, 0x76, 0x02}
	second.Rows = append([]block.Row{}, first.Rows[:len(first.Rows)-2]...)
	second.Rows[3].Value = octets{0x18, 0x63}
	second.Rows = append(second.Rows, block.Row{Key: "row-999", Value: octets{0xf6}})

	describe := func(what string, s block.Sheet) (sheetVector, []block.Block) {
		v := sheetVector{What: what, Type: s.Type, SeriesKey: s.SeriesKey[:], Head: s.Head}
		for _, row := range s.Rows {
			v.Rows = append(v.Rows, [2]octets{octets(row.Key), row.Value})
		}
		root, below, err := s.Build()
		if err != nil {
			t.Fatal(err)
		}
		all := append([]block.Block{root}, below...)
		for _, b := range all {
			v.Blocks = append(v.Blocks, blockVector{b.CID, b.Data})
		}
		return v, all
	}
	one, oneBlocks := describe("the first version", first)
	if len(oneBlocks) < 4 {
		t.Fatalf("%d blocks: the rows cross no border", len(oneBlocks))
	}
	two, twoBlocks := describe("its revision", second)
	p, err := block.Diff(first, second, oneBlocks[0].CID)
	if err != nil {
		t.Fatal(err)
	}
	patch, err := p.Block()
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	all := append(append([]block.Block{}, twoBlocks...), patch)
	if err := block.WriteCAR(&file, []block.CID{twoBlocks[0].CID}, all); err != nil {
		t.Fatal(err)
	}
	golden(t, "sheet.json", struct {
		Sheets []sheetVector `json:"sheets"`
		Patch  blockVector   `json:"patch"`
		CAR    octets        `json:"car"` // the revision's blocks and the patch, the root of the revision as root
	}{[]sheetVector{one, two}, blockVector{patch.CID, patch.Data}, file.Bytes()})
}

func startsChunk(key string) bool {
	h := sha256.Sum256([]byte(key))
	return h[0]>>1 == 0
}
