package memory_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"kontor/store/kv"
	"kontor/store/memory"
	"kontor/store/storetest"
)

func TestConformance(t *testing.T) {
	storetest.Run(t, storetest.Subject{
		Open: func(t *testing.T) kv.Store { return memory.New() },
		Reopen: func(t *testing.T, s kv.Store) kv.Store {
			m := s.(*memory.Store)
			if err := m.Close(); err != nil {
				t.Fatal(err)
			}
			m.Restart()
			return m
		},
	})
}

// transfer moves one unit from x to y and counts it: three writes.
func transfer(s *memory.Store) error {
	return s.Update(func(k kv.KV) error {
		for key, by := range map[string]int{"x": -1, "y": +1, "n": +1} {
			v, _, err := k.Get('a', []byte(key))
			if err != nil {
				return err
			}
			if err := k.Put('a', []byte(key), fmt.Append(nil, atoi(v)+by)); err != nil {
				return err
			}
		}
		return nil
	})
}

func atoi(b []byte) (n int) {
	fmt.Sscan(string(b), &n)
	return n
}

// state returns the counter and checks that no unit was lost.
func state(t *testing.T, s *memory.Store) (n int) {
	t.Helper()
	if err := s.View(func(k kv.KV) error {
		var v [3]int
		for i, key := range []string{"x", "y", "n"} {
			b, _, err := k.Get('a', []byte(key))
			if err != nil {
				return err
			}
			v[i] = atoi(b)
		}
		if v[0]+v[1] != 0 || v[1] != v[2] {
			t.Errorf("half a transfer: %v", v)
		}
		n = v[2]
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestCrashAtEveryStep crashes two transfers at step 1, 2, 3 ... until none is
// left, and finds after each restart either all or nothing of each.
func TestCrashAtEveryStep(t *testing.T) {
	for n := 1; ; n++ {
		s := memory.New()
		s.CrashAt(n)
		acked := 0
		var err error
		for range 2 {
			if err = transfer(s); err != nil {
				break
			}
			acked++
		}
		if err == nil {
			if s.Crashed() || n != 11 {
				t.Errorf("two transfers took %d steps (crashed %v), want 10", n-1, s.Crashed())
			}
			return
		}
		if kv.CodeOf(err) != kv.CodeCrashed || !s.Crashed() {
			t.Fatalf("step %d: %v", n, err)
		}
		if err := s.View(func(kv.KV) error { return nil }); kv.CodeOf(err) != kv.CodeCrashed {
			t.Errorf("step %d: a crashed store can be read: %v", n, err)
		}
		s.Restart()
		// The fifth step of a transfer lies between commit and acknowledgement.
		want := acked
		if n%5 == 0 {
			want++
		}
		if got := state(t, s); got != want {
			t.Errorf("step %d: %d transfers after the restart, want %d", n, got, want)
		}
		if err := transfer(s); err != nil {
			t.Errorf("step %d: after the restart: %v", n, err)
		}
	}
}

// TestFailAtEveryStep fails one step and goes on: the failed transfer has left
// nothing, the next one works.
func TestFailAtEveryStep(t *testing.T) {
	for n := 1; n <= 4; n++ {
		s := memory.New()
		s.FailAt(n)
		if err := transfer(s); kv.CodeOf(err) != kv.CodeInjected {
			t.Errorf("step %d: %v", n, err)
		}
		if got := state(t, s); got != 0 {
			t.Errorf("step %d: %d transfers", n, got)
		}
		if err := transfer(s); err != nil || state(t, s) != 1 {
			t.Errorf("step %d: the next transfer: %v", n, err)
		}
	}
	s := memory.New()
	s.FailAt(5) // an acknowledgement: the next step fails instead
	if err := transfer(s); err != nil {
		t.Errorf("step 5: %v", err)
	}
	if err := transfer(s); kv.CodeOf(err) != kv.CodeInjected || state(t, s) != 1 {
		t.Errorf("step 6: %v", err)
	}
	s.FailAt(1)
	s.FailAt(0)
	if err := transfer(s); err != nil {
		t.Errorf("a failure taken back: %v", err)
	}
}

// TestSwallowedFailure: an Update whose function hides a failed write must not
// commit the rest.
func TestSwallowedFailure(t *testing.T) {
	s := memory.New()
	s.FailAt(2)
	err := s.Update(func(k kv.KV) error {
		for _, key := range []string{"x", "y", "n"} {
			_ = k.Put('a', []byte(key), []byte("1"))
		}
		return nil
	})
	if kv.CodeOf(err) != kv.CodeInjected || s.Len() != 0 {
		t.Errorf("%v, %d records", err, s.Len())
	}
}

func TestBulkCrash(t *testing.T) {
	s := memory.New()
	s.CrashAt(4)
	err := s.Bulk(func(put func(byte, []byte, []byte) error) error {
		for i := range 10 {
			if err := put('b', []byte{byte(i)}, nil); err != nil {
				return err
			}
		}
		return nil
	})
	s.Restart()
	if kv.CodeOf(err) != kv.CodeCrashed || s.Len() != 3 {
		t.Errorf("%v, %d records, want the 3 before the crash", err, s.Len())
	}
}

func TestCloneIsIndependent(t *testing.T) {
	s := memory.New()
	for range 3 {
		if err := transfer(s); err != nil {
			t.Fatal(err)
		}
	}
	s.CrashAt(1)
	old := s.Clone()
	if err := transfer(old); err != nil {
		t.Errorf("a clone inherits a planned crash: %v", err)
	}
	if err := transfer(s); kv.CodeOf(err) != kv.CodeCrashed {
		t.Errorf("the original: %v", err)
	}
	of := s.Clone() // what a crashed machine left
	if got := state(t, of); got != 3 {
		t.Errorf("a clone of a crashed store holds %d", got)
	}
	if got := state(t, old); got != 4 {
		t.Errorf("the first clone holds %d", got)
	}
}

// TestNoBadger keeps the durable store out of simulations.
func TestNoBadger(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "kontor/store/memory").Output()
	if err != nil {
		t.Skip("no go command here")
	}
	for _, pkg := range strings.Fields(string(out)) {
		if strings.Contains(pkg, "badger") || pkg == "kontor/store" {
			t.Errorf("store/memory depends on %s", pkg)
		}
	}
}

func TestHighWater(t *testing.T) {
	h := memory.NewHighWater()
	if err := h.Raise(map[string]int64{"a": 2, "b": 0}); err != nil {
		t.Fatal(err)
	}
	c := h.Clone()
	if err := h.Raise(map[string]int64{"a": 1, "b": 5}); err != nil {
		t.Fatal(err)
	}
	if a, ok := h.Get("a"); a != 2 || !ok {
		t.Errorf("a fell to %d", a)
	}
	if b, _ := c.Get("b"); b != 0 {
		t.Errorf("the clone rose to %d", b)
	}
	if _, ok := h.Get("c"); ok {
		t.Error("c is there")
	}
}

func BenchmarkUpdate(b *testing.B) {
	s := memory.New()
	var key [8]byte
	value := make([]byte, 300)
	for i := 0; b.Loop(); i++ {
		if err := s.Update(func(k kv.KV) error {
			for j := range 5 {
				n := uint64(i)*5 + uint64(j)
				for at := range key {
					key[at] = byte(n * 0x9e3779b97f4a7c15 >> (8 * at))
				}
				if err := k.Put('a', key[:], value); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewCloneView(b *testing.B) {
	for b.Loop() {
		s := memory.New()
		if err := s.Update(func(k kv.KV) error { return k.Put('a', []byte("k"), nil) }); err != nil {
			b.Fatal(err)
		}
		if err := s.Clone().View(func(k kv.KV) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
