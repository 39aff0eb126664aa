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
	page(t, "blocks.md", map[string]string{
		"root":  fence("series key  "+hex.EncodeToString(old.SeriesKey[:])) + "\n" + bytesAndView(t, "The root block of a sheet of "+fmt.Sprint(len(old.Rows))+" rows", unhex(t, first.Blocks[0].Bytes)),
		"chunk": bytesAndView(t, "Its first chunk", unhex(t, first.Blocks[1].Bytes)),
		"patch": "The blocks of a revision, root first:\n\n" + fence(list...) + "\n" + bytesAndView(t, "The patch that leads to it", carried.Data),
		"ask":   fmt.Sprintf("An ask for the second chunk, %d bytes:\n\n", len(ask)) + fence(view(t, ask)),
	})
}
