package storetest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"sync"
	"testing"

	"kontor/store/kv"
)

func concurrentUpdates(t *testing.T, s kv.Store) {
	const callers, each = 16, 25
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for i := range each {
				err := s.Update(func(k kv.KV) error {
					v, _, err := k.Get('a', []byte("counter"))
					if err != nil {
						return err
					}
					n := uint64(0)
					if len(v) == 8 {
						n = binary.BigEndian.Uint64(v)
					}
					if err := k.Put('a', []byte("counter"), binary.BigEndian.AppendUint64(nil, n+1)); err != nil {
						return err
					}
					return k.Put('c', fmt.Appendf(nil, "%d/%d", c, i), binary.BigEndian.AppendUint64(nil, n))
				})
				if err != nil {
					t.Errorf("caller %d: %v", c, err)
				}
				expect(t, s, 'c', fmt.Sprintf("%d/none", c), nil)
			}
		})
	}
	wg.Wait()
	expect(t, s, 'a', "counter", binary.BigEndian.AppendUint64(nil, callers*each))
	seen := map[string]bool{}
	view(t, s, func(k kv.KV) error {
		return k.Scan('c', nil, nil, func(_, value []byte) (bool, error) {
			seen[string(value)] = true
			return true, nil
		})
	})
	if len(seen) != callers*each {
		t.Errorf("%d different counts were seen, want %d", len(seen), callers*each)
	}
}

func failingNeighbour(t *testing.T, s kv.Store) {
	var wg sync.WaitGroup
	for c := range 24 {
		wg.Go(func() {
			defer func() { recover() }()
			err := s.Update(func(k kv.KV) error {
				if _, found, err := k.Get('a', []byte("poison")); found || err != nil {
					t.Errorf("a failed neighbour's write was seen (%v)", err)
				}
				if c%3 == 0 {
					if err := k.Put('a', []byte("poison"), nil); err != nil {
						return err
					}
					if c%2 == 0 {
						return errStop
					}
					panic(errStop)
				}
				return k.Put('a', fmt.Appendf(nil, "%02d", c), nil)
			})
			if c%3 != 0 && err != nil {
				t.Errorf("caller %d: %v", c, err)
			}
		})
	}
	wg.Wait()
	view(t, s, func(k kv.KV) error {
		if got := keys(t, k, false, 'a', nil, nil); len(got) != 16 {
			t.Errorf("kept %q, want the 16 that succeeded", got)
		}
		return nil
	})
}

func concurrentLarge(t *testing.T, s kv.Store) {
	var wg sync.WaitGroup
	for c := range 6 {
		wg.Go(func() {
			if err := s.Update(func(k kv.KV) error { return fullUpdate(k, 'a'+byte(c), 4_000) }); err != nil {
				t.Errorf("caller %d: %v", c, err)
			}
		})
	}
	wg.Wait()
	view(t, s, func(k kv.KV) error {
		for c := range 6 {
			if got := len(keys(t, k, false, 'a'+byte(c), nil, nil)); got != 4_000 {
				t.Errorf("caller %d: %d of 4000 keys", c, got)
			}
		}
		return nil
	})
}

func viewsBesideUpdates(t *testing.T, s kv.Store) {
	put(t, s, "x", "0", "y", "0")
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				view(t, s, func(k kv.KV) error {
					x, _, err := k.Get('a', []byte("x"))
					if err != nil {
						return err
					}
					y, _, err := k.Get('a', []byte("y"))
					if !bytes.Equal(x, y) {
						t.Errorf("a view saw half an update: %q %q", x, y)
					}
					return err
				})
			}
		})
	}
	for i := range 100 {
		put(t, s, "x", fmt.Sprint(i), "y", fmt.Sprint(i))
	}
	close(done)
	wg.Wait()
}
