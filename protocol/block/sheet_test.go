package block

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
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
