package protocol

import (
	"bytes"
	"fmt"
	"testing"

	"kontor/protocol/block"
)

// TestPatchesAreRemembered: a patch is made once for all partners that ask a moment later, is never taken for another's, and is forgotten when nobody asks.
func TestPatchesAreRemembered(t *testing.T) {
	var versions []block.Version
	for n := range 3 {
		s := block.Sheet{Type: "bench", SeriesKey: [32]byte{1}, Head: mustMarshal(t, map[string]int64{"n": int64(n)})}
		for row := range 100 {
			s.Rows = append(s.Rows, block.Row{Key: fmt.Sprintf("%03d", row), Value: mustMarshal(t, map[string]int64{"v": int64(row * (1 + n*(row%2)))})})
		}
		v, _, _, err := s.BuildOn(block.Version{}, block.OneByOne)
		if err != nil {
			t.Fatal(err)
		}
		versions = append(versions, v)
	}
	c := &Contract{}
	patch := func(from, to int) []byte {
		t.Helper()
		data, err := c.Patch(versions[from], versions[to], block.OneByOne)
		if err != nil {
			t.Fatal(err)
		}
		p, err := block.OpenPatch(data)
		if err != nil {
			t.Fatal(err)
		}
		if v, _, _, err := p.RebuildOn(versions[from], block.OneByOne); err != nil || v.Root != versions[to].Root {
			t.Fatalf("the patch from %d to %d leads to %s, %v", from, to, v.Root.Short(), err)
		}
		return data
	}
	first := patch(0, 1)
	if again := patch(0, 1); &again[0] != &first[0] {
		t.Error("it was made twice")
	}
	patch(0, 2)
	patch(1, 2)
	back := patch(1, 0)
	c.Rest()
	if kept := patch(1, 0); &kept[0] != &back[0] {
		t.Error("it was forgotten while it was asked for")
	}
	c.Rest()
	c.Rest()
	if c.versions.patched.data != nil {
		t.Error("it is remembered though nobody asks")
	}
	if later := patch(1, 0); !bytes.Equal(later, back) {
		t.Error("made again it has other bytes")
	}
}

func mustMarshal(t *testing.T, v any) []byte {
	t.Helper()
	data, err := block.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
