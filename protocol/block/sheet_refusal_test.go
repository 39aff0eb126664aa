package block

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestBuildRefuses(t *testing.T) {
	good := forecast(t, 3)
	for name, spoil := range map[string]func(*Sheet){
		"no type":          func(s *Sheet) { s.Type = "" },
		"no header":        func(s *Sheet) { s.Head = nil },
		"header of text":   func(s *Sheet) { s.Head = []byte("{}") },
		"header too long":  func(s *Sheet) { s.Head = mustMarshal(t, make([]byte, MaxHead)) },
		"rows out of turn": func(s *Sheet) { s.Rows[0], s.Rows[1] = s.Rows[1], s.Rows[0] },
		"a key twice":      func(s *Sheet) { s.Rows[1].Key = s.Rows[0].Key },
		"an empty key":     func(s *Sheet) { s.Rows[0].Key = "" },
		"a key too long":   func(s *Sheet) { s.Rows[2].Key = string(bytes.Repeat([]byte("z"), MaxRowKey+1)) },
		"a key not UTF-8":  func(s *Sheet) { s.Rows[2].Key = "\xff" },
		"no value":         func(s *Sheet) { s.Rows[1].Value = nil },
		"a float":          func(s *Sheet) { s.Rows[1].Value = []byte{0xf9, 0, 0} },
	} {
		s := good
		s.Rows = slices.Clone(good.Rows)
		spoil(&s)
		if _, _, err := s.Build(); err == nil {
			t.Errorf("%s: built", name)
		} else {
			t.Logf("%s: %v", name, err)
		}
	}
}

// Every single flipped bit of every block is noticed, also where the CIDs above it are made to fit.
func TestAFlippedBitIsNoticed(t *testing.T) {
	s := forecast(t, 300)
	root, all := shelve(t, s)
	random := rand.New(rand.NewPCG(1, 2))
	for c, data := range all {
		for range 200 {
			bit := random.IntN(len(data) * 8)
			damaged := slices.Clone(data)
			damaged[bit/8] ^= 1 << (bit % 8)
			spoilt := maps.Clone(all)
			spoilt[c] = damaged
			if got, err := OpenSheet(root, spoilt.get); !hasCode(err, CodeCID) || got.Rows != nil {
				t.Fatalf("bit %d of %s: %v", bit, c.Short(), err)
			}
			// The attacker who knows no series key but makes the CIDs fit fails on the salt or the form.
			if c == root {
				name := Sum(damaged)
				spoilt[name] = damaged
				if _, err := OpenSheet(name, spoilt.get); err == nil {
					t.Fatalf("bit %d of the root with a fitting CID was taken", bit)
				}
			}
		}
	}
}

func TestOpenSheetRefusesOtherLayouts(t *testing.T) {
	s := forecast(t, 1000)
	plan := layOut(s.Rows)
	var links []CID
	all := shelf{}
	salted := func(v any) CID {
		b, err := NewSalted(s.SeriesKey, v)
		if err != nil {
			t.Fatal(err)
		}
		all[b.CID] = b.Data
		return b.CID
	}
	rows := s.Rows
	for _, n := range plan.groups[0] {
		links = append(links, salted(chunkBlock{Rows: rows[:n]}))
		rows = rows[n:]
	}
	if len(plan.groups) != 1 || len(links) < 4 {
		t.Skipf("the keys give %d groups, %d chunks", len(plan.groups), len(links))
	}
	n := plan.groups[0]
	merged := salted(chunkBlock{Rows: s.Rows[:n[0]+n[1]]})
	top := rootBlock{Key: s.SeriesKey, Head: s.Head, Rows: 1000, Type: s.Type, Chunks: links, Levels: 1}
	with := func(change func(*rootBlock)) CID {
		r := top
		r.Chunks = slices.Clone(top.Chunks)
		change(&r)
		return salted(r)
	}
	if _, err := OpenSheet(with(func(*rootBlock) {}), all.get); err != nil {
		t.Fatalf("the true layout: %v", err)
	}
	for name, root := range map[string]CID{
		"two chunks in one":  with(func(r *rootBlock) { r.Chunks = append([]CID{merged}, links[2:]...) }),
		"a chunk missing":    with(func(r *rootBlock) { r.Chunks = links[1:] }),
		"a chunk twice":      with(func(r *rootBlock) { r.Chunks = append(r.Chunks, links[0]) }),
		"chunks swapped":     with(func(r *rootBlock) { r.Chunks[0], r.Chunks[1] = links[1], links[0] }),
		"fewer rows said":    with(func(r *rootBlock) { r.Rows = 999 }),
		"more rows said":     with(func(r *rootBlock) { r.Rows = 1001 }),
		"negative rows said": with(func(r *rootBlock) { r.Rows = -1 }),
		"an index not due": with(func(r *rootBlock) {
			r.Chunks, r.Levels = []CID{salted(indexBlock{Chunks: links})}, 2
		}),
		"no levels":     with(func(r *rootBlock) { r.Levels = 0 }),
		"another key":   with(func(r *rootBlock) { r.Key[0]++ }),
		"an empty one":  with(func(r *rootBlock) { r.Chunks = append(r.Chunks, salted(chunkBlock{})) }),
		"a raw chunk":   with(func(r *rootBlock) { r.Chunks = []CID{SumRaw([]byte("x"))} }),
		"a root inside": with(func(r *rootBlock) { r.Chunks[1] = salted(top) }),
	} {
		got, err := OpenSheet(root, all.get)
		if err == nil || got.Rows != nil {
			t.Errorf("%s: opened", name)
		} else {
			t.Logf("%s: %v", name, err)
		}
	}
}
