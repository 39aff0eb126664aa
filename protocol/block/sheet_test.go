package block

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func mustMarshal(t testing.TB, v any) []byte {
	t.Helper()
	data, err := Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// forecast is a sheet of n short lines, such as a forecast of n products has.
func forecast(t testing.TB, n int) Sheet {
	s := Sheet{Type: "SharedForecast.v1", SeriesKey: [32]byte{7}, Head: mustMarshal(t, map[string]int64{"v": 1})}
	for i := range n {
		s.Rows = append(s.Rows, Row{fmt.Sprintf("SKU-%06d", i), mustMarshal(t, []int64{int64(i), int64(i * i)})})
	}
	return s
}

// shelf keeps blocks by name and lets a test damage them.
type shelf map[CID][]byte

func shelve(t testing.TB, s Sheet) (CID, shelf) {
	t.Helper()
	root, below, err := s.Build()
	if err != nil {
		t.Fatal(err)
	}
	all := shelf{root.CID: root.Data}
	for _, b := range below {
		all[b.CID] = b.Data
	}
	return root.CID, all
}

func (s shelf) get(c CID) ([]byte, error) {
	data, ok := s[c]
	if !ok {
		return nil, whole(CodeMissing, "no block %s", c)
	}
	return data, nil
}

func sameSheet(a, b Sheet) bool {
	return a.Type == b.Type && a.SeriesKey == b.SeriesKey && bytes.Equal(a.Head, b.Head) &&
		slices.EqualFunc(a.Rows, b.Rows, func(x, y Row) bool { return x.Key == y.Key && bytes.Equal(x.Value, y.Value) })
}

func TestSheetReadsBack(t *testing.T) {
	for _, n := range []int{0, 1, 2, 127, 1000, 20000} {
		s := forecast(t, n)
		root, all := shelve(t, s)
		got, err := OpenSheet(root, all.get)
		if err != nil {
			t.Fatalf("%d rows: %v", n, err)
		}
		if !sameSheet(s, got) {
			t.Fatalf("%d rows: another sheet came back", n)
		}
		t.Logf("%d rows in %d blocks", n, len(all))
	}
}

// The blocks of a sheet are reached by the lists of links, which is how a partner asks for them.
func TestLinksReachEveryBlock(t *testing.T) {
	root, all := shelve(t, forecast(t, 3000))
	reached := map[CID]bool{}
	var walk func(CID)
	walk = func(c CID) {
		reached[c] = true
		links, err := Links(all[c])
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range links {
			walk(link)
		}
	}
	walk(root)
	if len(reached) != len(all) {
		t.Fatalf("%d of %d blocks are reached", len(reached), len(all))
	}
}

func drawSheet(t *rapid.T, label string) Sheet {
	values := rapid.MapOfN(
		rapid.OneOf(rapid.StringMatching(`[a-d]{1,3}`), rapid.StringN(1, 40, 200)),
		rapid.SliceOfN(rapid.Int64(), 0, 5), 0, 200).Draw(t, label)
	s := Sheet{Type: "T.v1", SeriesKey: [32]byte{1}}
	head, err := Marshal(rapid.Int64().Draw(t, label+" head"))
	if err != nil {
		t.Fatal(err)
	}
	s.Head = head
	for _, key := range slices.Sorted(maps.Keys(values)) {
		data, err := Marshal(values[key])
		if err != nil {
			t.Fatal(err)
		}
		s.Rows = append(s.Rows, Row{key, data})
	}
	return s
}

func TestAnySheetReadsBackAndAnyPatchApplies(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		old, new := drawSheet(rt, "old"), drawSheet(rt, "new")
		oldRoot, oldBlocks := shelve(t, old)
		newRoot, newBlocks := shelve(t, new)
		for root, want := range map[CID]Sheet{oldRoot: old, newRoot: new} {
			blocks := oldBlocks
			if root == newRoot {
				blocks = newBlocks
			}
			got, err := OpenSheet(root, blocks.get)
			if err != nil || !sameSheet(got, want) {
				rt.Fatalf("opened another sheet: %v", err)
			}
		}
		p, err := Diff(old, new, oldRoot)
		if err != nil {
			rt.Fatal(err)
		}
		b, err := p.Block()
		if err != nil {
			rt.Fatal(err)
		}
		back, err := OpenPatch(b.Data)
		if err != nil {
			rt.Fatal(err)
		}
		got, root, _, err := back.Rebuild(old)
		if err != nil || !sameSheet(got, new) || root.CID != newRoot {
			rt.Fatalf("the patch leads elsewhere: %v", err)
		}
		if oldRoot != newRoot {
			if _, err := back.Apply(new); !hasCode(err, CodePatch) {
				rt.Fatalf("a patch applied to another sheet: %v", err)
			}
		}
	})
}

func hasCode(err error, code string) bool {
	for ; err != nil; err = errors.Unwrap(err) {
		if e, ok := err.(*Error); ok && e.Code == code {
			return true
		}
	}
	return false
}

// A revision of one value sends one chunk and the root again, nothing else.
func TestAChangedValueMovesNoBorder(t *testing.T) {
	s := forecast(t, 20000)
	_, before := shelve(t, s)
	s.Rows[7777].Value = mustMarshal(t, "changed")
	_, after := shelve(t, s)
	fresh := 0
	for c := range after {
		if _, ok := before[c]; !ok {
			fresh++
		}
	}
	if fresh != 2 {
		t.Fatalf("%d blocks changed with one value, want the chunk and the root", fresh)
	}
}

// A row that comes or goes touches the chunk it stands in, and the one beside it if it is a border.
func TestARowMoreTouchesItsChunkOnly(t *testing.T) {
	s := forecast(t, 20000)
	_, before := shelve(t, s)
	for _, at := range []int{0, 5000, 19999} {
		less := s
		less.Rows = slices.Delete(slices.Clone(s.Rows), at, at+1)
		_, after := shelve(t, less)
		fresh := 0
		for c := range after {
			if _, ok := before[c]; !ok {
				fresh++
			}
		}
		if fresh > 2 {
			t.Errorf("without row %d, %d blocks are new, want at most 2", at, fresh)
		}
	}
}

func TestChunksHoldAboutAHundredAndTwentyEightRows(t *testing.T) {
	const rows = 100000
	l := layOut(forecast(t, rows).Rows)
	if l.chunks < rows/128*8/10 || l.chunks > rows/128*12/10 {
		t.Fatalf("%d chunks of %d rows, want about %d", l.chunks, rows, rows/128)
	}
	for _, group := range l.groups {
		for _, n := range group {
			if n < 1 || n > MaxChunkRows {
				t.Fatalf("a chunk of %d rows", n)
			}
		}
	}
}

// Where no key is a border, the bound on rows cuts, and the cut depends on the rows of the run alone.
func TestARunWithoutBordersIsCut(t *testing.T) {
	s := Sheet{Type: "T.v1", Head: []byte{0xa0}}
	for i := 0; len(s.Rows) < 3*MaxChunkRows+5; i++ {
		key := fmt.Sprintf("%08d", i)
		if chunk, _ := border(key); !chunk {
			s.Rows = append(s.Rows, Row{key, []byte{0xf6}})
		}
	}
	want := []int{MaxChunkRows, MaxChunkRows, MaxChunkRows, 5}
	if got := layOut(s.Rows).groups; len(got) != 1 || !slices.Equal(got[0], want) {
		t.Fatalf("chunks of %v rows, want %v", got, want)
	}
}

// Every key a border, so that there are more chunks than one block links to: index blocks stand between.
func TestManyChunksGoUnderIndexBlocks(t *testing.T) {
	if testing.Short() {
		t.Skip("hashes two million keys")
	}
	s := Sheet{Type: "T.v1", Head: []byte{0xa0}}
	for i := 0; len(s.Rows) < 3*maxLinks; i++ {
		key := fmt.Sprintf("%08d", i)
		if chunk, _ := border(key); chunk {
			s.Rows = append(s.Rows, Row{key, []byte{0xf6}})
		}
	}
	root, all := shelve(t, s)
	got, err := OpenSheet(root, all.get)
	if err != nil || !sameSheet(got, s) {
		t.Fatalf("open: %v", err)
	}
	indexes := len(all) - 1 - len(s.Rows)
	if indexes < 3 {
		t.Fatalf("%d index blocks for %d chunks", indexes, len(s.Rows))
	}
	t.Logf("%d chunks under %d index blocks", len(s.Rows), indexes)
	s.Rows[100].Value = []byte{0xf5}
	_, after := shelve(t, s)
	fresh := 0
	for c := range after {
		if _, ok := all[c]; !ok {
			fresh++
		}
	}
	if fresh != 3 {
		t.Fatalf("%d blocks changed with one value, want chunk, index block and root", fresh)
	}
}

func TestRowsOfNearlyABlock(t *testing.T) {
	if testing.Short() {
		t.Skip("builds 64 MiB")
	}
	s := Sheet{Type: "T.v1", Head: []byte{0xa0}}
	value := mustMarshal(t, make([]byte, MaxRow-200))
	for i := range 64 {
		s.Rows = append(s.Rows, Row{fmt.Sprintf("part-%02d", i), value})
	}
	root, all := shelve(t, s)
	if len(all) != 65 {
		t.Fatalf("%d blocks, want a root and 64 chunks", len(all))
	}
	got, err := OpenSheet(root, all.get)
	if err != nil || !sameSheet(got, s) {
		t.Fatal(err)
	}
	// The largest row of all fits, one byte more does not.
	key := "k"
	room := MaxRow - rowFrame - 1 - len(key) - 5 // heads of key and value
	head := 5                                    // of the byte string that is the value
	fits := Sheet{Type: "T.v1", Head: []byte{0xa0}, Rows: []Row{{key, mustMarshal(t, make([]byte, room-head))}}}
	if fits.Rows[0].size() != MaxRow {
		t.Fatalf("the row has %d bytes, want %d", fits.Rows[0].size(), MaxRow)
	}
	_, all = shelve(t, fits)
	largest := 0
	for _, data := range all {
		largest = max(largest, len(data))
	}
	if largest > MaxBlock || largest < MaxBlock-2 {
		t.Fatalf("the fullest chunk has %d bytes", largest)
	}
	fits.Rows[0].Value = mustMarshal(t, make([]byte, room-head+1))
	if _, _, err := fits.Build(); !hasCode(err, CodeSheetSize) {
		t.Fatalf("a row too large: %v", err)
	}
}

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
