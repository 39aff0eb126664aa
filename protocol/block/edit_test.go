package block

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// figures is a sheet of rows with many small numbers.
func figures(t testing.TB, rows, numbers int) Sheet {
	s := Sheet{Type: "figures", SeriesKey: [32]byte{9}, Head: []byte{0xa0}}
	for i := range rows {
		list := make([]int64, numbers)
		for k := range list {
			list[k] = int64(i*numbers+k) * 7919 % 10_000
		}
		s.Rows = append(s.Rows, Row{fmt.Sprintf("row-%05d", i), mustMarshal(t, map[string]any{"cells": list, "name": fmt.Sprint("row ", i)})})
	}
	return s
}

func version(t testing.TB, s Sheet) (Version, shelf) {
	t.Helper()
	v, root, below, err := s.BuildOn(Version{}, OneByOne)
	if err != nil {
		t.Fatal(err)
	}
	all := shelf{root.CID: root.Data}
	for _, b := range below {
		all[b.CID] = b.Data
	}
	return v, all
}

// anyRevision draws a sheet that came of another by any mixture of rows set, edited, added and dropped.
func anyRevision(t *rapid.T, old Sheet) Sheet {
	new := old
	new.Head = mustMarshalRapid(t, map[string]int64{"v": rapid.Int64Range(0, 3).Draw(t, "head")})
	new.Rows = nil
	for _, row := range old.Rows {
		switch rapid.SampledFrom([]string{"stays", "stays", "stays", "figure", "figures", "item in", "other", "goes"}).Draw(t, "row") {
		case "stays":
			new.Rows = append(new.Rows, row)
		case "figure":
			new.Rows = append(new.Rows, altered(t, row, 1))
		case "figures":
			new.Rows = append(new.Rows, altered(t, row, 5))
		case "item in":
			new.Rows = append(new.Rows, Row{row.Key, mustMarshalRapid(t, map[string]any{"cells": []int64{1, 2, 3}, "name": "x"})})
		case "other":
			new.Rows = append(new.Rows, Row{row.Key, mustMarshalRapid(t, rapid.Int64().Draw(t, "value"))})
		}
	}
	for range rapid.IntRange(0, 3).Draw(t, "added") {
		new.Rows = append(new.Rows, Row{"row-" + rapid.StringMatching(`[a-z0-9]{1,6}`).Draw(t, "key"), mustMarshalRapid(t, rapid.Int64().Draw(t, "value"))})
	}
	SortRows(new.Rows)
	new.Rows = slices.CompactFunc(new.Rows, func(a, b Row) bool { return a.Key == b.Key })
	return new
}

func altered(t *rapid.T, row Row, times int) Row {
	var v struct {
		Cells []int64 `cbor:"cells"`
		Name  string  `cbor:"name"`
	}
	if err := Unmarshal(row.Value, &v); err != nil {
		t.Fatal(err)
	}
	for range times {
		v.Cells[rapid.IntRange(0, len(v.Cells)-1).Draw(t, "cell")] = rapid.Int64Range(0, 100_000).Draw(t, "figure")
	}
	if rapid.Bool().Draw(t, "rolls on") {
		v.Cells = append(v.Cells[1:], 5)
	}
	return Row{row.Key, mustMarshalRapid(t, v)}
}

func mustMarshalRapid(t *rapid.T, v any) []byte {
	data, err := Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// backwards is a Spread of no order that could be relied upon, and of as many goroutines as calls: the race detector sees what they share.
func backwards(n int, work func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { work(n - 1 - i) })
	}
	all.Wait()
}

// Any two revisions: base and patch give the very blocks of the new one, of which those that the base has are not made again.
func TestPatchAndBaseGiveTheRevision(t *testing.T) {
	old := figures(t, 300, 20)
	base, stored := version(t, old)
	rapid.Check(t, func(t *rapid.T) {
		new := anyRevision(t, old)
		want, wantBelow, err := new.Build()
		if err != nil {
			t.Fatal(err)
		}
		v, root, fresh, err := new.BuildOn(base, backwards)
		if err != nil || root.CID != want.CID || !bytes.Equal(root.Data, want.Data) {
			t.Fatalf("built on the base it is another: %v", err)
		}
		sent, err := base.PatchTo(v, backwards)
		if err != nil {
			t.Fatal(err)
		}
		b, err := sent.Block()
		if err != nil {
			t.Fatal(err)
		}
		p, err := OpenPatch(b.Data)
		if err != nil {
			t.Fatal(err)
		}
		got, gotRoot, gotFresh, err := p.RebuildOn(base, OneByOne)
		if err != nil || gotRoot.CID != want.CID || !bytes.Equal(gotRoot.Data, want.Data) || len(gotFresh) != len(fresh) {
			t.Fatalf("base and patch give another: %v", err)
		}
		all := map[CID][]byte{gotRoot.CID: gotRoot.Data}
		for _, b := range gotFresh {
			if _, had := stored[b.CID]; had {
				t.Fatalf("block %s is made again", b.CID.Short())
			}
			all[b.CID] = b.Data
		}
		for _, b := range wantBelow {
			data, found := all[b.CID]
			if !found {
				data = stored[b.CID]
			}
			if !bytes.Equal(data, b.Data) {
				t.Fatalf("block %s is missing", b.CID.Short())
			}
		}
		opened, err := OpenVersion(want.CID, func(c CID) ([]byte, error) {
			if data, found := all[c]; found {
				return data, nil
			}
			return stored.get(c)
		})
		if err != nil || !sameSheet(opened.Sheet, got.Sheet) || !slices.Equal(opened.chunks, got.chunks) || !slices.Equal(v.chunks, got.chunks) {
			t.Fatalf("what was built and what is read differ: %v", err)
		}
	})
}

// One cell in a hundred, in every row: the patch is a small part of the sheet.
func TestAPatchOfCellsIsSmall(t *testing.T) {
	old := figures(t, 500, 100)
	base, _ := version(t, old)
	new := old
	new.Rows = slices.Clone(old.Rows)
	for i, row := range new.Rows {
		var v struct {
			Cells []int64 `cbor:"cells"`
			Name  string  `cbor:"name"`
		}
		if err := Unmarshal(row.Value, &v); err != nil {
			t.Fatal(err)
		}
		v.Cells[i%len(v.Cells)] += 70_000
		new.Rows[i].Value = mustMarshal(t, v)
	}
	v, _, _, err := new.BuildOn(base, OneByOne)
	if err != nil {
		t.Fatal(err)
	}
	p, err := base.PatchTo(v, backwards)
	if err != nil {
		t.Fatal(err)
	}
	b, err := p.Block()
	if err != nil || len(p.Edit) != 500 || len(b.Data) > v.BlockBytes()/10 {
		t.Fatalf("%d rows edited, %d bytes for a sheet of %d: %v", len(p.Edit), len(b.Data), v.BlockBytes(), err)
	}
}

// Edits from a hostile peer leave no value, take no memory, and are said to be wrong.
func TestHostileEditsAreRefused(t *testing.T) {
	old := figures(t, 20, 10)
	base, _ := version(t, old)
	good := Patch{Head: old.Head, Root: base.Root, Parent: base.Root}
	for name, edits := range map[string][]RowEdit{
		"a row beyond the last":   {{Row: 20, Edits: []Edit{{Drop: 1}}}},
		"a row below the first":   {{Row: -1, Edits: []Edit{{Drop: 1}}}},
		"rows out of turn":        {{Row: 3, Edits: []Edit{{Drop: 1}}}, {Row: 2, Edits: []Edit{{Drop: 1}}}},
		"a row twice":             {{Row: 3, Edits: []Edit{{Drop: 1}}}, {Row: 3, Edits: []Edit{{Drop: 1}}}},
		"no edits":                {{Row: 3}},
		"an edit of nothing":      {{Row: 3, Edits: []Edit{{Skip: 1}}}},
		"two edits side by side":  {{Row: 3, Edits: []Edit{{Drop: 1}, {Drop: 1}}}},
		"a skip beyond the value": {{Row: 3, Edits: []Edit{{Skip: 1 << 40, Drop: 1}}}},
		"a drop beyond the value": {{Row: 3, Edits: []Edit{{Drop: 1 << 62}}}},
		"a skip backwards":        {{Row: 3, Edits: []Edit{{Skip: -1, Drop: 2}}}},
		"a drop of less":          {{Row: 3, Edits: []Edit{{Drop: -1, Put: []byte{1}}}}},
		"what it is":              {{Row: 3, Edits: []Edit{{Drop: 1, Put: old.Rows[3].Value[:1]}}}},
		"no item":                 {{Row: 3, Edits: []Edit{{Drop: 1, Put: []byte{0xff}}}}},
		"bytes behind the item":   {{Row: 3, Edits: []Edit{{Skip: int64(len(old.Rows[3].Value)), Put: []byte{0}}}}},
		"another root":            {{Row: 3, Edits: []Edit{{Skip: int64(len(old.Rows[3].Value)) - 1, Drop: 1, Put: []byte{'x'}}}}},
	} {
		p := good
		p.Edit = edits
		plain, err := encoder.Marshal(p)
		if err != nil {
			t.Fatal(name, err)
		}
		p.Salt = saltOf(old.SeriesKey, plain)
		if v, _, fresh, err := p.RebuildOn(base, OneByOne); err == nil || v.Rows != nil || fresh != nil {
			t.Errorf("%s: applied", name)
		}
	}
	for name, change := range map[string]func(*Patch){
		"edited and set":     func(p *Patch) { p.Set = []Row{{old.Rows[3].Key, []byte{0x01}}} },
		"edited and dropped": func(p *Patch) { p.Drop = []string{old.Rows[3].Key} },
	} {
		p := good
		p.Edit = []RowEdit{{Row: 3, Edits: []Edit{{Skip: int64(len(old.Rows[3].Value)) - 1, Drop: 1, Put: []byte{'x'}}}}}
		change(&p)
		plain, err := encoder.Marshal(p)
		if err != nil {
			t.Fatal(name, err)
		}
		p.Salt = saltOf(old.SeriesKey, plain)
		if _, _, _, err := p.RebuildOn(base, OneByOne); !hasCode(err, CodePatch) {
			t.Errorf("%s: %v", name, err)
		}
	}
	large := RowEdit{Edits: []Edit{{Put: make([]byte, MaxRow)}}}
	if out, err := large.apply([]byte{0}); !hasCode(err, CodeSheetSize) || out != nil {
		t.Errorf("a row larger than rows may be: %v", err)
	}
}

// Edits between any two values lead from the one to the other.
func FuzzEdits(f *testing.F) {
	f.Add([]byte{0x83, 1, 2, 3}, []byte{0x83, 1, 5, 3})
	f.Add([]byte{0x83, 1, 2, 3}, []byte{0x82, 1, 3})
	f.Add([]byte{0x61, 'a'}, []byte{0xa0})
	f.Fuzz(func(t *testing.T, old, new []byte) {
		if Validate(old) != nil || Validate(new) != nil || bytes.Equal(old, new) {
			return
		}
		got, err := RowEdit{Edits: editsTo(old, new)}.apply(old)
		if err != nil || !bytes.Equal(got, new) {
			t.Fatalf("edits of %x to %x give %x: %v", old, new, got, err)
		}
	})
}
