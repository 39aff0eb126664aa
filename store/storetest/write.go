package storetest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"kontor/store/kv"
)

func errorLeavesNothing(t *testing.T, s kv.Store) {
	put(t, s, "kept", "1", "gone?", "1")
	err := s.Update(func(k kv.KV) error {
		if err := k.Put('a', []byte("kept"), []byte("2")); err != nil {
			return err
		}
		if err := k.Put('a', []byte("new"), nil); err != nil {
			return err
		}
		if err := k.Delete('a', []byte("gone?")); err != nil {
			return err
		}
		return errStop
	})
	if err != errStop {
		t.Errorf("update returns %v instead of its function's error", err)
	}
	expect(t, s, 'a', "kept", []byte("1"))
	expect(t, s, 'a', "new", nil)
	expect(t, s, 'a', "gone?", []byte("1"))
}

func panicLeavesNothing(t *testing.T, s kv.Store) {
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = s.Update(func(k kv.KV) error {
			if err := k.Put('a', []byte("k"), nil); err != nil {
				t.Error(err)
			}
			panic("in the update")
		})
	}()
	expect(t, s, 'a', "k", nil)
	put(t, s, "after", "works")
	expect(t, s, 'a', "after", []byte("works"))
}

func transactionEnds(t *testing.T, s kv.Store) {
	check := func(k kv.KV) {
		t.Helper()
		_, _, err := k.Get('a', nil)
		wantCode(t, err, kv.CodeEnded)
		wantCode(t, k.Put('a', nil, nil), kv.CodeEnded)
		wantCode(t, k.Scan('a', nil, nil, nil), kv.CodeEnded)
	}
	var kept kv.KV
	update(t, s, func(k kv.KV) error { kept = k; return nil })
	check(kept)
	view(t, s, func(k kv.KV) error { kept = k; return nil })
	check(kept)
}

func independentValues(t *testing.T, s kv.Store) {
	key, value := []byte("k"), bytes.Repeat([]byte("v"), 4096)
	spoil := func(b []byte) {
		for i := range b {
			b[i] = '!'
		}
	}
	want := bytes.Clone(value)
	update(t, s, func(k kv.KV) error {
		if err := k.Put('a', key, value); err != nil {
			return err
		}
		spoil(key)
		spoil(value)
		got, _, err := k.Get('a', []byte("k"))
		spoil(got)
		return err
	})
	read := func(k kv.KV) error {
		got, _, err := k.Get('a', []byte("k"))
		if !bytes.Equal(got, want) {
			t.Errorf("a caller's change reached the store: %q", short(got))
		}
		spoil(got)
		if err != nil {
			return err
		}
		return k.Scan('a', nil, nil, func(key, value []byte) (bool, error) {
			if string(key) != "k" || !bytes.Equal(value, want) {
				t.Errorf("a caller's change reached the store: %q %q", key, short(value))
			}
			spoil(key)
			spoil(value)
			return true, nil
		})
	}
	view(t, s, read)
	view(t, s, read)
	var kept []byte
	view(t, s, func(k kv.KV) (err error) {
		kept, _, err = k.Get('a', []byte("k"))
		return err
	})
	put(t, s, "k", "something else")
	if !bytes.Equal(kept, want) {
		t.Errorf("a value kept by the caller changed to %q", short(kept))
	}
}

// pattern makes n bytes that tell their place.
func pattern(n, seed int) []byte {
	b := make([]byte, n)
	for i := 0; i+8 <= n; i += 8 {
		binary.BigEndian.PutUint64(b[i:], uint64(i)*0x9e3779b97f4a7c15+uint64(seed))
	}
	return b
}

func largeValues(t *testing.T, s kv.Store) {
	sizes := []int{kv.SmallValueBytes - 1, kv.SmallValueBytes, 1 << 16, 1 << 20, kv.MaxValueBytes}
	update(t, s, func(k kv.KV) error {
		for _, n := range sizes {
			if err := k.Put('b', fmt.Append(nil, n), pattern(n, n)); err != nil {
				return err
			}
		}
		return nil
	})
	for _, n := range sizes {
		expect(t, s, 'b', fmt.Sprint(n), pattern(n, n))
	}
	wantCode(t, s.Update(func(k kv.KV) error {
		return k.Put('b', []byte("over"), make([]byte, kv.MaxValueBytes+1))
	}), kv.CodeTooBig)
	expect(t, s, 'b', "over", nil)
}

// fullUpdate writes as many small records as the bounds allow.
func fullUpdate(k kv.KV, table byte, n int) error {
	size := kv.MaxUpdateBytes/n - 13
	for i := range n {
		if err := k.Put(table, fmt.Appendf(nil, "%012d", i), pattern(size, i)); err != nil {
			return err
		}
	}
	return nil
}

func largestUpdate(t *testing.T, s kv.Store) {
	for i, n := range []int{5_000, kv.MaxUpdateKeys, 3_100} {
		update(t, s, func(k kv.KV) error { return fullUpdate(k, 'a'+byte(i), n) })
		view(t, s, func(k kv.KV) error {
			if got := len(keys(t, k, false, 'a'+byte(i), nil, nil)); got != n {
				t.Errorf("%d of %d keys are there", got, n)
			}
			return nil
		})
	}
	// 3 MiB of small values and 28 MiB of large ones at once.
	update(t, s, func(k kv.KV) error {
		for i := range 28 {
			if err := k.Put('x', []byte{byte(i)}, pattern(1<<20, i)); err != nil {
				return err
			}
		}
		return fullUpdate(k, 'y', 5_000-40)
	})
	expect(t, s, 'x', "\x05", pattern(1<<20, 5))
	expect(t, s, 'y', fmt.Sprintf("%012d", 77), pattern(kv.MaxUpdateBytes/4_960-13, 77))
	// The longest keys, and deletions of all of them.
	long := func(i int) []byte {
		return append(bytes.Repeat([]byte("k"), kv.MaxKeyBytes-4), fmt.Sprintf("%04d", i)...)
	}
	n := kv.MaxUpdateBytes / (kv.MaxKeyBytes + 1 + kv.PointerBytes)
	update(t, s, func(k kv.KV) error {
		for i := range n {
			if err := k.Put('l', long(i), pattern(kv.SmallValueBytes, i)); err != nil {
				return err
			}
		}
		return nil
	})
	update(t, s, func(k kv.KV) error {
		for i := range n {
			if err := k.Delete('l', long(i)); err != nil {
				return err
			}
		}
		return nil
	})
	expect(t, s, 'l', string(long(3)), nil)
}

func overTheBounds(t *testing.T, s kv.Store) {
	for name, fill := range map[string]func(k kv.KV) error{
		"keys": func(k kv.KV) error {
			for i := range kv.MaxUpdateKeys + 1 {
				if err := k.Put('a', fmt.Append(nil, i), nil); err != nil {
					return err
				}
			}
			return nil
		},
		"small values": func(k kv.KV) error { return fullUpdate2(k, 6_000, 600) },
		"large values": func(k kv.KV) error { return fullUpdate2(k, 33, 1<<20) },
	} {
		err := s.Update(fill)
		if kv.CodeOf(err) != kv.CodeTooBig {
			t.Errorf("%s: error %v, want %s", name, err, kv.CodeTooBig)
		}
	}
	view(t, s, func(k kv.KV) error {
		if got := keys(t, k, false, 'a', nil, nil); len(got) != 0 {
			t.Errorf("%d keys were left", len(got))
		}
		return nil
	})
	// Overwriting one key is one key.
	update(t, s, func(k kv.KV) error {
		for i := range 40 {
			if err := k.Put('a', []byte("k"), pattern(1<<20, i)); err != nil {
				return err
			}
		}
		return nil
	})
	expect(t, s, 'a', "k", pattern(1<<20, 39))
}

func fullUpdate2(k kv.KV, n, size int) error {
	for i := range n {
		if err := k.Put('a', fmt.Append(nil, i), make([]byte, size)); err != nil {
			return err
		}
	}
	return nil
}

func badKeys(t *testing.T, s kv.Store) {
	long := bytes.Repeat([]byte("k"), kv.MaxKeyBytes)
	update(t, s, func(k kv.KV) error {
		for _, table := range []byte{0, '$', '!', 'A', '`', '{', 0xff} {
			wantCode(t, k.Put(table, nil, nil), kv.CodeBadTable)
			_, _, err := k.Get(table, nil)
			wantCode(t, err, kv.CodeBadTable)
			wantCode(t, k.Scan(table, nil, nil, nil), kv.CodeBadTable)
			wantCode(t, k.ScanReverse(table, nil, nil, nil), kv.CodeBadTable)
		}
		wantCode(t, k.Put('a', append(long, 'k'), nil), kv.CodeBadKey)
		return k.Put('a', long, []byte("longest"))
	})
	expect(t, s, 'a', string(long), []byte("longest"))
	view(t, s, func(k kv.KV) error {
		if got := keys(t, k, true, 'a', []byte("kk"), nil); len(got) != 1 {
			t.Errorf("a reverse scan misses the longest key: %d", len(got))
		}
		return nil
	})
}

func bulk(t *testing.T, s kv.Store) {
	const n = 300
	put(t, s, "overwritten", "old")
	var late func(table byte, key, value []byte) error
	if err := s.Bulk(func(put func(table byte, key, value []byte) error) error {
		late = put
		value := make([]byte, 64<<10)
		for i := range n {
			copy(value, pattern(64<<10, i)) // the buffer is reused
			if err := put('b', fmt.Append(nil, i), value); err != nil {
				return err
			}
		}
		wantCode(t, put('B', nil, nil), kv.CodeBadTable)
		return put('a', []byte("overwritten"), []byte("new"))
	}); err != nil {
		t.Fatal(err)
	}
	wantCode(t, late('a', nil, nil), kv.CodeEnded)
	for i := range n {
		expect(t, s, 'b', fmt.Sprint(i), pattern(64<<10, i))
	}
	expect(t, s, 'a', "overwritten", []byte("new"))
	if err := s.Bulk(func(func(byte, []byte, []byte) error) error { return nil }); err != nil {
		t.Errorf("an empty bulk: %v", err)
	}
}

func bulkError(t *testing.T, s kv.Store) {
	if err := s.Bulk(func(put func(table byte, key, value []byte) error) error {
		if err := put('a', []byte("k"), nil); err != nil {
			return err
		}
		return errStop
	}); err != errStop {
		t.Errorf("bulk returns %v instead of its function's error", err)
	}
	put(t, s, "after", "works")
	expect(t, s, 'a', "after", []byte("works"))
}

func closeTwice(t *testing.T, s kv.Store) {
	put(t, s, "k", "v")
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	nothing := func(kv.KV) error { t.Error("a closed store ran a transaction"); return nil }
	wantCode(t, s.View(nothing), kv.CodeClosed)
	wantCode(t, s.Update(nothing), kv.CodeClosed)
	wantCode(t, s.Bulk(func(func(byte, []byte, []byte) error) error { return nil }), kv.CodeClosed)
}

func reopen(t *testing.T, sub Subject) {
	s := sub.Open(t)
	for i := range 50 {
		put(t, s, fmt.Sprint(i), fmt.Sprint("value ", i))
	}
	update(t, s, func(k kv.KV) error { return k.Delete('a', []byte("7")) })
	if err := s.Bulk(func(put func(table byte, key, value []byte) error) error {
		return put('b', []byte("large"), pattern(1<<20, 1))
	}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		s = sub.Reopen(t, s)
		expect(t, s, 'a', "7", nil)
		expect(t, s, 'a', "49", []byte("value 49"))
		expect(t, s, 'b', "large", pattern(1<<20, 1))
		put(t, s, "after", "works")
	}
}
