package store_test

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"maps"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"kontor/store"
	"kontor/store/kv"
)

func highWater(t *testing.T, path string) *store.HighWater {
	t.Helper()
	h, err := store.OpenHighWater(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

func TestHighWater(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "high-water")
	h := highWater(t, path)
	if !h.Fresh() {
		t.Error("a new file is not fresh")
	}
	if _, ok := h.Get("p1"); ok {
		t.Error("a new file has marks")
	}
	want := map[string]int64{}
	for i, m := range []map[string]int64{
		{"p1": 7}, {"p1": 3}, {"p2": 0, "p1": 8}, nil, {"\x00\xff": math.MaxInt64, "": -5}, {"": math.MinInt64},
	} {
		if err := h.Raise(m); err != nil {
			t.Fatal(err)
		}
		for k, v := range m {
			if old, ok := want[k]; !ok || v > old {
				want[k] = v
			}
		}
		if !maps.Equal(h.All(), want) {
			t.Errorf("after raise %d: %v, want %v", i, h.All(), want)
		}
	}
	for range 2 { // first over appended lines, then over a rewritten file
		h.Close()
		h.Close()
		if err := h.Raise(map[string]int64{"p1": 99}); kv.CodeOf(err) != kv.CodeClosed {
			t.Errorf("raise after close: %v", err)
		}
		h = highWater(t, path)
		if h.Fresh() || !maps.Equal(h.All(), want) {
			t.Errorf("read back: fresh %v, %v, want %v", h.Fresh(), h.All(), want)
		}
	}
	if err := h.Raise(map[string]int64{strings.Repeat("k", 257): 1}); kv.CodeOf(err) != kv.CodeBadKey {
		t.Errorf("an oversized key: %v", err)
	}
}

func TestHighWaterConcurrent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "high-water")
	h := highWater(t, path)
	var wg sync.WaitGroup
	for c := range 8 {
		wg.Go(func() {
			for i := range 200 {
				key := fmt.Sprint("feed ", c%4)
				if err := h.Raise(map[string]int64{key: int64(i)}); err != nil {
					t.Error(err)
				}
				if v, _ := h.Get(key); v < int64(i) {
					t.Errorf("%s is %d after it was raised to %d", key, v, i)
				}
			}
		})
	}
	wg.Wait()
	again := highWater(t, path)
	for c := range 4 {
		if v, _ := again.Get(fmt.Sprint("feed ", c)); v != 199 {
			t.Errorf("feed %d: %d", c, v)
		}
	}
}

// TestHighWaterCompacts raises one mark so often that the file is rewritten.
func TestHighWaterCompacts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "high-water")
	h := highWater(t, path)
	for i := range 4200 {
		if err := h.Raise(map[string]int64{"k": int64(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if fi, err := os.Stat(path); err != nil || fi.Size() > 66<<10 {
		t.Errorf("the file has %d bytes (%v)", fi.Size(), err)
	}
	h.Close()
	if v, _ := highWater(t, path).Get("k"); v != 4199 {
		t.Errorf("read back %d", v)
	}
}

// TestHighWaterDamage cuts the file at every length and flips every byte: a
// cut loses at most raises after the cut, a flip is always noticed.
func TestHighWaterDamage(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "high-water")
	h := highWater(t, path)
	if err := h.Raise(map[string]int64{"a": 1, "b": 2}); err != nil {
		t.Fatal(err)
	}
	h.Close()
	h = highWater(t, path) // rewritten with two lines
	made, _ := os.ReadFile(path)
	made = bytes.TrimRight(made, "\x00")
	if err := h.Raise(map[string]int64{"a": 10}); err != nil {
		t.Fatal(err)
	}
	h.Close()
	full, _ := os.ReadFile(path)
	whole := bytes.TrimRight(full, "\x00")
	try := func(text []byte) (map[string]int64, error) {
		p := filepath.Join(dir, "damaged")
		if err := os.WriteFile(p, text, 0o600); err != nil {
			t.Fatal(err)
		}
		h, err := store.OpenHighWater(p)
		if err != nil {
			if after, _ := os.ReadFile(p); !bytes.Equal(after, text) {
				t.Error("a refusal changed the file")
			}
			return nil, err
		}
		defer h.Close()
		return h.All(), nil
	}
	for n := range whole {
		marks, err := try(whole[:n])
		if n < len(made) {
			if kv.CodeOf(err) != kv.CodeHighWater {
				t.Errorf("cut at %d of %d: %v, %v", n, len(whole), marks, err)
			}
			continue
		}
		if err != nil || !maps.Equal(marks, map[string]int64{"a": 1, "b": 2}) {
			t.Errorf("cut at %d of %d: %v, %v", n, len(whole), marks, err)
		}
	}
	for n := range len(whole) - 1 { // the last line end decides whether there is a last line
		bad := bytes.Clone(whole)
		bad[n] ^= 0x20
		if marks, err := try(bad); kv.CodeOf(err) != kv.CodeHighWater || !strings.Contains(err.Error(), "kontor restore") {
			t.Errorf("byte %d flipped: %v, %v", n, marks, err)
		}
	}
	if marks, err := try(full); err != nil || marks["a"] != 10 {
		t.Errorf("the room behind the lines: %v, %v", marks, err)
	}
	for n := len(made); n < len(whole); n++ { // a raise cut off over the zeros
		torn := append(bytes.Clone(whole[:n]), full[n:]...)
		clear(torn[n:])
		if marks, err := try(torn); err != nil || !maps.Equal(marks, map[string]int64{"a": 1, "b": 2}) {
			t.Errorf("cut at %d of %d over zeros: %v, %v", n, len(whole), marks, err)
		}
	}
}

// TestHighWaterSectors loses the sectors of the last raise, one by one: what was acknowledged before it is always there.
func TestHighWaterSectors(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "high-water")
	h := highWater(t, path)
	for i := range int64(40) {
		before, _ := os.ReadFile(path)
		marks := map[string]int64{"first feed of some length": i, fmt.Sprint("feed ", i%7): i}
		if i%9 == 8 { // more than a sector holds
			for k := range 12 {
				marks[fmt.Sprint("another feed of some length ", k)] = i
			}
		}
		acknowledged := h.All()
		if err := h.Raise(marks); err != nil {
			t.Fatal(err)
		}
		after, _ := os.ReadFile(path)
		if i%9 == 8 {
			continue // replaced as a whole
		}
		for at := 0; at < len(after); at += 512 {
			torn := bytes.Clone(after)
			copy(torn[at:min(at+512, len(torn))], before[at:])
			if bytes.Equal(torn, after) {
				continue
			}
			p := filepath.Join(dir, "torn")
			if err := os.WriteFile(p, torn, 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := store.OpenHighWater(p)
			if err != nil {
				t.Fatalf("raise %d without the sector at %d: %v", i, at, err)
			}
			if !maps.Equal(got.All(), acknowledged) {
				t.Errorf("raise %d without the sector at %d: %v, want %v", i, at, got.All(), acknowledged)
			}
			got.Close()
		}
	}
}

// TestHighWaterOfVersion1 reads a file without room, also with a last line that was cut off, and writes it anew.
func TestHighWaterOfVersion1(t *testing.T) {
	path := filepath.Join(t.TempDir(), "high-water")
	line := func(text string) string {
		return fmt.Sprintf("%s %08x\n", text, crc32.Checksum([]byte(text), crc32.MakeTable(crc32.Castagnoli)))
	}
	old := line("kontor high water 1 1") + line("6b 5") + line("6b 9")
	for _, tail := range []string{"", "6b 1", "\x00\x00\x00"} {
		if err := os.WriteFile(path, []byte(old+tail), 0o600); err != nil {
			t.Fatal(err)
		}
		h := highWater(t, path)
		if v, _ := h.Get("k"); v != 9 || h.Fresh() {
			t.Errorf("with the tail %q: %d, fresh %v", tail, v, h.Fresh())
		}
		h.Close()
		if text, _ := os.ReadFile(path); !strings.HasPrefix(string(text), "kontor high water 2 1 ") {
			t.Errorf("written anew as %.40q", text)
		}
	}
	if err := os.WriteFile(path, []byte(old+"\x00\x00"+line("6b 11")), 0o600); err != nil {
		t.Fatal(err)
	}
	if h, err := store.OpenHighWater(path); kv.CodeOf(err) != kv.CodeHighWater {
		h.Close()
		t.Errorf("zeros between the lines of a file without room: %v", err)
	}
}
