package storetest

import (
	"slices"
	"testing"

	"kontor/store/kv"
)

func absentAndEmpty(t *testing.T, s kv.Store) {
	put(t, s, "empty", "", "", "the empty key")
	expect(t, s, 'a', "empty", []byte{})
	expect(t, s, 'a', "", []byte("the empty key"))
	expect(t, s, 'a', "absent", nil)
	view(t, s, func(k kv.KV) error {
		v, found, err := k.Get('a', []byte("empty"))
		if v == nil || !found {
			t.Errorf("an empty value came back as %v, %v", v, found)
		}
		return err
	})
	update(t, s, func(k kv.KV) error { return k.Delete('a', []byte("empty")) })
	expect(t, s, 'a', "empty", nil)
	update(t, s, func(k kv.KV) error { return k.Delete('a', []byte("never there")) })
}

func tablesAreSeparate(t *testing.T, s kv.Store) {
	update(t, s, func(k kv.KV) error {
		for _, table := range []byte("abz") {
			if err := k.Put(table, []byte("k"), []byte{table}); err != nil {
				return err
			}
		}
		return nil
	})
	expect(t, s, 'b', "k", []byte("b"))
	view(t, s, func(k kv.KV) error {
		for _, reverse := range []bool{false, true} {
			if got := keys(t, k, reverse, 'b', nil, nil); len(got) != 1 {
				t.Errorf("a scan of table b (reverse %v) visits %q", reverse, got)
			}
			if got := keys(t, k, reverse, 'c', nil, nil); len(got) != 0 {
				t.Errorf("a scan of the empty table c (reverse %v) visits %q", reverse, got)
			}
		}
		return nil
	})
}

func ownWrites(t *testing.T, s kv.Store) {
	put(t, s, "a", "1", "b", "1", "c", "1")
	update(t, s, func(k kv.KV) error {
		if err := k.Put('a', []byte("b"), []byte("2")); err != nil {
			return err
		}
		if err := k.Delete('a', []byte("c")); err != nil {
			return err
		}
		if err := k.Put('a', []byte("d"), []byte("2")); err != nil {
			return err
		}
		for key, want := range map[string]string{"a": "1", "b": "2", "c": "absent", "d": "2"} {
			v, found, err := k.Get('a', []byte(key))
			if err != nil {
				return err
			}
			if got := string(v); !found && want != "absent" || found && got != want {
				t.Errorf("own view of %q: %q %v, want %q", key, got, found, want)
			}
		}
		if got := keys(t, k, false, 'a', nil, nil); !slices.Equal(got, []string{"a", "b", "d"}) {
			t.Errorf("own scan visits %q", got)
		}
		if err := k.Put('a', []byte("c"), []byte("3")); err != nil {
			return err
		}
		if got := keys(t, k, true, 'a', nil, nil); !slices.Equal(got, []string{"d", "c", "b", "a"}) {
			t.Errorf("own reverse scan visits %q", got)
		}
		return nil
	})
	expect(t, s, 'a', "c", []byte("3"))
}

func viewIsOneMoment(t *testing.T, s kv.Store) {
	put(t, s, "k", "old")
	view(t, s, func(k kv.KV) error {
		put(t, s, "k", "new", "more", "")
		v, _, err := k.Get('a', []byte("k"))
		if string(v) != "old" {
			t.Errorf("the view changed to %q", v)
		}
		if got := keys(t, k, false, 'a', nil, nil); len(got) != 1 {
			t.Errorf("the view grew to %q", got)
		}
		return err
	})
	expect(t, s, 'a', "k", []byte("new"))
}

func viewCannotWrite(t *testing.T, s kv.Store) {
	view(t, s, func(k kv.KV) error {
		wantCode(t, k.Put('a', []byte("k"), nil), kv.CodeViewOnly)
		wantCode(t, k.Delete('a', []byte("k")), kv.CodeViewOnly)
		return nil
	})
	if err := s.View(func(kv.KV) error { return errStop }); err != errStop {
		t.Errorf("view returns %v instead of its function's error", err)
	}
}
