package block

import (
	"fmt"
	"slices"
	"testing"
)

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
