package store_test

import (
	"bytes"
	"fmt"
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
	if fi, err := os.Stat(path); err != nil || fi.Size() > 4096 {
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
	if err := h.Raise(map[string]int64{"a": 10}); err != nil {
		t.Fatal(err)
	}
	h.Close()
	whole, _ := os.ReadFile(path)
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
	if marks, err := try(append(bytes.Clone(whole), make([]byte, 100)...)); err != nil || marks["a"] != 10 {
		t.Errorf("zeros of a torn append: %v, %v", marks, err)
	}
}
