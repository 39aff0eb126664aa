package block

import (
	"bytes"
	"kontor/testnet/data/external"
	"os"
	"path/filepath"
	"testing"
)

// seedBlocks adds the refused forms, good ones and what lies in the fixtures.
func seedBlocks(f *testing.F) {
	for _, c := range refusals {
		f.Add(unhex(f, c.bytes))
	}
	f.Add(unhex(f, link))
	f.Add(unhex(f, "a3 6162 01 626161 8201 20 626162 f6"))
	f.Add(mustMarshal(f, map[string]any{"link": Sum(nil), "text": "Čaues", "list": []any{int64(-1), true, nil, []byte{1}}}))
	_, _, p := revision(f)
	b, err := p.Block()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b.Data)
	files, _ := filepath.Glob(filepath.Join(external.Directory(f), "encoding", "ipld-codec-fixtures", "fixtures", "*", "*.dag-cbor"))
	for _, file := range files {
		if data, err := os.ReadFile(file); err == nil && len(data) < 4096 {
			f.Add(data)
		}
	}
}

// What is taken, the other codec writes with the same bytes; what it refuses as not canonical is refused here.
func FuzzValidate(f *testing.F) {
	seedBlocks(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		err := Validate(data)
		links, linksErr := Links(data)
		if (err == nil) != (linksErr == nil) || err != nil && links != nil {
			t.Fatalf("Validate says %v, Links says %v", err, linksErr)
		}
		if err == nil && !oracle(data) {
			t.Fatalf("taken here, refused by the other codec: %x", data)
		}
		if e, ok := err.(*Error); ok && (e.Offset < 0 || e.Offset > len(data)) {
			t.Fatalf("offset %d of %d", e.Offset, len(data))
		}
	})
}

func FuzzUnmarshalAny(f *testing.F) {
	seedBlocks(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		var v any
		if err := Unmarshal(data, &v); err != nil {
			if v != nil {
				t.Fatalf("refused, yet %v came back", v)
			}
			if Validate(data) == nil {
				t.Fatalf("a valid block can't be held: %v", err)
			}
			return
		}
		if again, err := Marshal(v); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%x was written as %x: %v", data, again, err)
		}
	})
}

func FuzzUnmarshalStruct(f *testing.F) {
	seedBlocks(f)
	c := Sum(nil)
	f.Add(mustMarshal(f, line{SKU: "a", Next: &c, Notes: []string{"b"}, Ext: map[string][]byte{"c": {1}}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		var v line
		if err := Unmarshal(data, &v); err != nil {
			if v.SKU != "" || v.Next != nil || v.Ext != nil {
				t.Fatalf("refused, yet %v came back", v)
			}
			return
		}
		if again, err := Marshal(v); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%x was written as %x: %v", data, again, err)
		}
	})
}

// FuzzOpenSheet lets the bytes be a root block and a chunk under it, the salts made good so that the fuzzer gets past
// them.
func FuzzOpenSheet(f *testing.F) {
	s := forecast(f, 4)
	_, below, err := s.Build()
	if err != nil {
		f.Fatal(err)
	}
	chunk := unsalted(f, below[0].Data)
	f.Add(mustMarshal(f, rootBlock{Key: s.SeriesKey, Head: s.Head, Rows: 4, Type: s.Type, Chunks: []CID{below[0].CID}, Levels: 1}), chunk)
	f.Add(mustMarshal(f, rootBlock{Key: s.SeriesKey, Head: s.Head, Type: s.Type, Levels: 1}), chunk)
	f.Add(mustMarshal(f, rootBlock{Key: s.SeriesKey, Head: s.Head, Rows: 4, Type: s.Type, Chunks: []CID{below[0].CID}, Levels: 2}),
		mustMarshal(f, indexBlock{Chunks: []CID{below[0].CID}}))
	f.Fuzz(func(t *testing.T, rootData, chunkData []byte) {
		var top rootBlock
		if Unmarshal(rootData, &top) != nil {
			return
		}
		all := shelf{}
		if b, err := saltBlock(top.Key, chunkData); err == nil {
			all[b.CID] = b.Data
			if len(top.Chunks) == 1 {
				top.Chunks[0] = b.CID
			}
		}
		root, err := NewSalted(top.Key, top)
		if err != nil {
			return
		}
		all[root.CID] = root.Data
		got, err := OpenSheet(root.CID, all.get)
		if err != nil {
			if got.Rows != nil || got.Type != "" {
				t.Fatal("refused, yet a sheet came back")
			}
			return
		}
		again, _, err := got.Build()
		if err != nil || again.CID != root.CID {
			t.Fatalf("the sheet builds to another root: %v", err)
		}
	})
}

// unsalted takes the salt out of a block.
func unsalted(t testing.TB, data []byte) []byte {
	at, found, err := findSalt(data)
	if err != nil || !found {
		t.Fatalf("no salt: %v", err)
	}
	plain := append([]byte{data[0] - 1}, data[1:at]...)
	return append(plain, data[at+saltBytes:]...)
}

func FuzzPatch(f *testing.F) {
	old, _, p := revision(f)
	b, err := p.Block()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(unsalted(f, b.Data))
	none, err := Diff(old, old, p.Parent)
	if err != nil {
		f.Fatal(err)
	}
	if b, err = none.Block(); err != nil {
		f.Fatal(err)
	}
	f.Add(unsalted(f, b.Data))
	edited := none
	edited.Edit = []RowEdit{{Row: 2, Edits: []Edit{{Skip: 0, Drop: 1, Put: []byte{0x01}}, {Skip: 1, Put: []byte{0x02}}}}}
	f.Add(mustMarshal(f, struct {
		Set    []Row     `cbor:"set"`
		Drop   []string  `cbor:"drop"`
		Edit   []RowEdit `cbor:"edit"`
		Head   []byte    `cbor:"head"`
		Root   CID       `cbor:"root"`
		Parent CID       `cbor:"parent"`
	}{edited.Set, edited.Drop, edited.Edit, edited.Head, edited.Root, edited.Parent}))
	f.Fuzz(func(t *testing.T, plain []byte) {
		b, err := saltBlock(old.SeriesKey, plain)
		if err != nil {
			return
		}
		p, err := OpenPatch(b.Data)
		if err != nil {
			if p.Set != nil || p.Root.Defined() {
				t.Fatal("refused, yet a patch came back")
			}
			return
		}
		if again, err := p.Block(); err != nil || !bytes.Equal(again.Data, b.Data) {
			t.Fatalf("written as another block: %v", err)
		}
		got, err := p.Apply(old)
		if err != nil {
			if got.Rows != nil {
				t.Fatal("refused, yet a sheet came back")
			}
			return
		}
		if root, _, err := got.Build(); err != nil || root.CID != p.Root {
			t.Fatalf("the result is not what was promised: %v", err)
		}
	})
}

func FuzzReadCAR(f *testing.F) {
	// Small seeds: minimising a large file eats the time of a run.
	small := Block{Sum([]byte{0xa0}), []byte{0xa0}}
	var out bytes.Buffer
	if err := WriteCAR(&out, []CID{small.CID}, []Block{small}); err != nil {
		f.Fatal(err)
	}
	f.Add(out.Bytes())
	f.Add(unhex(f, "0aa16776657273696f6e02"))
	for _, name := range []string{"carv1-basic", "carv2-basic"} {
		if data, err := os.ReadFile(filepath.Join(external.Directory(f), "encoding", "ipld-specs", "transport", "car", "fixture", name, name+".car")); err == nil {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		roots, blocks, err := ReadCAR(bytes.NewReader(file), CARBounds{Blocks: 1000, Bytes: 1 << 20})
		if err != nil {
			if roots != nil || blocks != nil {
				t.Fatal("refused, yet blocks came back")
			}
			return
		}
		var out bytes.Buffer
		if err := WriteCAR(&out, roots, blocks); err != nil || !bytes.Equal(out.Bytes(), file) {
			t.Fatalf("written as another file: %v", err)
		}
	})
}

func FuzzParseCID(f *testing.F) {
	f.Add(Sum(nil).String())
	f.Add(SumRaw(nil).String())
	f.Add("bafkqaatine")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseCID(s)
		if err == nil && c.String() != s || err != nil && c.Defined() {
			t.Fatalf("%q was read as %s: %v", s, c, err)
		}
	})
}
