package doc

import (
	"encoding/hex"
	"fmt"
	"testing"

	"kontor/protocol/block"
	"kontor/protocol/wire"
)

func TestBlocks(t *testing.T) {
	var golden struct {
		Sheets []struct {
			What      string
			Type      string
			SeriesKey string `json:"series_key"`
			Blocks    []struct{ CID, Bytes string }
		}
	}
	vectors(t, "sheet.json", &golden)
	first, revised := golden.Sheets[0], golden.Sheets[1]
	open := func(n int) (block.Sheet, block.CID) {
		blocks := map[string][]byte{}
		for _, b := range golden.Sheets[n].Blocks {
			blocks[b.CID] = unhex(t, b.Bytes)
		}
		root, err := block.ParseCID(golden.Sheets[n].Blocks[0].CID)
		if err != nil {
			t.Fatal(err)
		}
		sheet, err := block.OpenSheet(root, func(c block.CID) ([]byte, error) { return blocks[c.String()], nil })
		if err != nil {
			t.Fatal(err)
		}
		return sheet, root
	}
	old, oldRoot := open(0)
	next, _ := open(1)
	patch, err := block.Diff(old, next, oldRoot)
	if err != nil {
		t.Fatal(err)
	}
	carried, err := patch.Block()
	if err != nil {
		t.Fatal(err)
	}
	shared := map[string]bool{}
	for _, b := range first.Blocks {
		shared[b.CID] = true
	}
	list := []string{}
	for _, b := range revised.Blocks {
		note := "new"
		if shared[b.CID] {
			note = "shared with the first version"
		}
		list = append(list, b.CID+"  "+note)
	}
	ask, err := block.Marshal(wire.BlocksAsk{PID: block.Sum([]byte("partnership")), Entry: block.Sum([]byte("entry")), Path: []int64{1}, From: []block.CID{}})
	if err != nil {
		t.Fatal(err)
	}
	was, edited := editedRow(t)
	page(t, "blocks.md", map[string]string{
		"edit": "A row of a sheet with the key of the series above, its value in the parent:\n\n" + fence(hex.EncodeToString(was)) + "\n" +
			bytesAndView(t, "A patch that makes its second cell 7000 and its last one 9", edited.Data),
		"root":  fence("series key  "+hex.EncodeToString(old.SeriesKey[:])) + "\n" + bytesAndView(t, "The root block of a sheet of "+fmt.Sprint(len(old.Rows))+" rows", unhex(t, first.Blocks[0].Bytes)),
		"chunk": bytesAndView(t, "Its first chunk", unhex(t, first.Blocks[1].Bytes)),
		"patch": "The blocks of a revision, root first:\n\n" + fence(list...) + "\n" + bytesAndView(t, "The patch that leads to it", carried.Data),
		"ask":   fmt.Sprintf("An ask for the second chunk, %d bytes:\n\n", len(ask)) + fence(view(t, ask)),
	})
}

// editedRow is the value of the one row of a sheet, and a patch that changes two of its cells.
func editedRow(t *testing.T) (was []byte, patch block.Block) {
	t.Helper()
	sheet := func(cells ...int64) block.Sheet {
		value, err := block.Marshal(map[string]any{"mean": cells, "name": "a row with many cells, of which few change"})
		if err != nil {
			t.Fatal(err)
		}
		s := block.Sheet{Type: "example.v1", Head: []byte{0xa0}, Rows: []block.Row{{Key: "row-001", Value: value}}}
		for i := range s.SeriesKey {
			s.SeriesKey[i] = byte(i)
		}
		return s
	}
	old, next := sheet(100, 2, 101, 2, 102, 2, 103, 2, 104, 2, 105, 2, 106, 2), sheet(100, 2, 7000, 2, 102, 2, 103, 2, 104, 2, 105, 2, 9, 2)
	root, _, err := old.Build()
	if err != nil {
		t.Fatal(err)
	}
	p, err := block.Diff(old, next, root.CID)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Edit) != 1 || len(p.Set) != 0 {
		t.Fatalf("%d rows edited, %d set", len(p.Edit), len(p.Set))
	}
	if patch, err = p.Block(); err != nil {
		t.Fatal(err)
	}
	return old.Rows[0].Value, patch
}
