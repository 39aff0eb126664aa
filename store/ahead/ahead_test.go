package ahead

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kontor/store/kv"
	"kontor/store/memory"
)

const table = 'p'

// rowsOf are the rows that a View of the table shows, the log left out.
func rowsOf(t testing.TB, r *Rows) map[string]string {
	t.Helper()
	out := map[string]string{}
	if err := r.View(func(t kv.KV) error {
		return t.Scan(table, []byte("row/"), nil, func(key, value []byte) (bool, error) {
			out[string(key)] = string(value)
			return true, nil
		})
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// many are more rows than one Update has room for: small ones, and ones of the value log.
func many(n int, say string) map[string]string {
	out := map[string]string{}
	for i := range n {
		out[fmt.Sprintf("row/%06d", i)] = fmt.Sprintf("%s %d", say, i)
	}
	for i := range 3 {
		out[fmt.Sprintf("row/large/%d", i)] = say + string(bytes.Repeat([]byte{'x'}, partBytes))
	}
	return out
}

func replaceAll(rows map[string]string) func(kv.KV) error {
	return func(t kv.KV) error {
		var keys [][]byte
		if err := t.Scan(table, []byte("row/"), nil, func(key, _ []byte) (bool, error) {
			keys = append(keys, key)
			return true, nil
		}); err != nil {
			return err
		}
		for _, key := range keys {
			if err := t.Delete(table, key); err != nil {
				return err
			}
		}
		for _, key := range slices.Sorted(maps.Keys(rows)) {
			if err := t.Put(table, []byte(key), []byte(rows[key])); err != nil {
				return err
			}
		}
		return nil
	}
}

func logged(t *testing.T, store kv.Store) (n int) {
	t.Helper()
	if err := store.View(func(t kv.KV) error {
		return t.Scan(table, []byte("ahead/"), nil, func(_, _ []byte) (bool, error) { n++; return true, nil })
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// A change that one Update refuses is made by a large one, and leaves no log behind.
func TestALargeUpdate(t *testing.T) {
	store := memory.New()
	r := New(store, table, "ahead/")
	before, after := many(100, "before"), many(kv.MaxUpdateKeys+5_000, "after")
	delete(after, "row/000007")
	if err := r.Update(replaceAll(before)); err != nil {
		t.Fatal(err)
	}
	if err := r.Update(replaceAll(after)); kv.CodeOf(err) != kv.CodeTooBig {
		t.Fatalf("an update of ordinary size took %d rows: %v", len(after), err)
	}
	if err := r.UpdateLarge(replaceAll(after)); err != nil {
		t.Fatal(err)
	}
	if got := rowsOf(t, r); !maps.Equal(got, after) {
		t.Fatalf("%d rows of %d", len(got), len(after))
	}
	if n := logged(t, store); n != 0 {
		t.Errorf("%d records of the log are left", n)
	}
	broken := errors.New("broken off")
	if err := r.UpdateLarge(func(t kv.KV) error { return errors.Join(replaceAll(before)(t), broken) }); !errors.Is(err, broken) || !maps.Equal(rowsOf(t, r), after) {
		t.Fatalf("an update that failed left something: %v", err)
	}
	if err := r.UpdateLarge(func(t kv.KV) error { return t.Put('q', []byte("x"), nil) }); kv.CodeOf(err) != kv.CodeBadTable {
		t.Errorf("a row of another table: %v", err)
	}
	if err := r.UpdateLarge(func(t kv.KV) error {
		for i := range MaxBytes/kv.MaxValueBytes + 1 {
			if err := t.Put(table, fmt.Appendf(nil, "row/%d", i), make([]byte, kv.MaxValueBytes)); err != nil {
				return err
			}
		}
		return nil
	}); kv.CodeOf(err) != kv.CodeTooBig || !maps.Equal(rowsOf(t, r), after) {
		t.Errorf("beyond the bound: %v", err)
	}
}

// Whatever step breaks, by a write that fails or by a crash, there is all of a large update or nothing of it, at once and after the process came back; and what
// returned without an error is there.
func TestEveryStepBreaks(t *testing.T) {
	before, after := many(40, "before"), many(60, "after")
	delete(after, "row/000007")
	for _, crash := range []bool{false, true} {
		fresh, old := 0, 0
		for n, ended := 1, false; !ended; n++ {
			store := memory.New()
			r := New(store, table, "ahead/")
			if err := r.Update(replaceAll(before)); err != nil {
				t.Fatal(err)
			}
			if crash {
				store.CrashAt(n)
			} else {
				store.FailAt(n)
			}
			start := store.Steps()
			err := r.UpdateLarge(replaceAll(after))
			ended = store.Steps()-start < n
			if !crash {
				if got := rowsOf(t, r); err == nil && !maps.Equal(got, after) || err != nil && !maps.Equal(got, before) {
					t.Fatalf("step %d failed: %v, and a View shows %d rows", n, err, len(got))
				}
				store.FailAt(0)
				if err == nil { // what a failure held up follows before the next update
					if err := r.Update(func(t kv.KV) error { return t.Put(table, []byte("row/000001"), []byte("later")) }); err != nil {
						t.Fatal(err)
					}
					if got := rowsOf(t, New(store, table, "ahead/")); got["row/000001"] != "later" || len(got) != len(after) || logged(t, store) != 0 {
						t.Fatalf("step %d: %d rows, %q", n, len(got), got["row/000001"])
					}
					fresh++
					continue
				}
			}
			store.Restart()
			r = New(store, table, "ahead/")
			if err := r.Recover(); err != nil {
				t.Fatal(err)
			}
			got := rowsOf(t, r)
			switch {
			case maps.Equal(got, after):
				fresh++
			case maps.Equal(got, before) && err != nil:
				old++
			default:
				t.Fatalf("step %d broke: %v, and afterwards %d rows are there", n, err, len(got))
			}
			if n := logged(t, store); n != 0 {
				t.Fatalf("%d records of the log are left", n)
			}
		}
		if fresh < 60 || old < 3 {
			t.Errorf("crash %v: the new rows stood %d times, the old ones %d times", crash, fresh, old)
		}
	}
}

// A crash in the middle of what comes back is finished by the next.
func TestCrashWhileRecovering(t *testing.T) {
	after := many(60, "after")
	made := memory.New()
	r := New(made, table, "ahead/")
	if err := r.Update(replaceAll(many(40, "before"))); err != nil {
		t.Fatal(err)
	}
	own := &overlay{}
	if err := made.View(func(t kv.KV) error {
		return replaceAll(after)(&writing{over: over{KV: t, table: table, own: own}})
	}); err != nil {
		t.Fatal(err)
	}
	parts, err := r.writeLog(own)
	if err == nil {
		err = r.nameLog(parts)
	}
	if err != nil || parts < 2 {
		t.Fatalf("%d parts, %v", parts, err)
	}
	for n := 1; ; n++ {
		store := made.Clone()
		store.CrashAt(n)
		err := New(store, table, "ahead/").Recover()
		store.Restart()
		r := New(store, table, "ahead/")
		if again := r.Recover(); again != nil || !maps.Equal(rowsOf(t, r), after) {
			t.Fatalf("step %d: %v, %v", n, err, again)
		}
		if err == nil {
			break
		}
	}
}

// Inside a large update, and over one in force, reads show the same as over the rows themselves.
func TestReadsOverWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.StringMatching(`[ab]{0,3}`)
		rows := rapid.MapOf(key, rapid.StringMatching(`[xy]{0,2}`))
		store := memory.New()
		fill := func(t kv.KV, rows map[string]string) error {
			for k, v := range rows {
				if err := t.Put(table, []byte(k), []byte(v)); err != nil {
					return err
				}
			}
			return nil
		}
		was, puts, gone := rows.Draw(t, "was"), rows.Draw(t, "puts"), rapid.SliceOf(key).Draw(t, "gone")
		if err := store.Update(func(t kv.KV) error { return fill(t, was) }); err != nil {
			t.Fatal(err)
		}
		change := func(t kv.KV) error {
			for _, k := range gone {
				if err := t.Delete(table, []byte(k)); err != nil {
					return err
				}
			}
			return fill(t, puts)
		}
		prefix, from, most := key.Draw(t, "prefix"), rapid.Ptr(key, true).Draw(t, "from"), rapid.IntRange(1, 20).Draw(t, "most")
		reads := func(t kv.KV) (out []string, err error) {
			var begin []byte
			if from != nil {
				begin = []byte(*from)
			}
			for _, scan := range []func(byte, []byte, []byte, func(k, v []byte) (bool, error)) error{t.Scan, t.ScanReverse} {
				n := 0
				if err := scan(table, []byte(prefix), begin, func(k, v []byte) (bool, error) {
					n++
					out = append(out, fmt.Sprintf("%s=%s", k, v))
					return n < most, nil
				}); err != nil {
					return nil, err
				}
			}
			v, found, err := t.Get(table, []byte(prefix))
			return append(out, fmt.Sprint(string(v), found)), err
		}
		var want, got []string
		twin := store.Clone()
		if err := twin.Update(change); err != nil {
			t.Fatal(err)
		}
		if err := twin.View(func(t kv.KV) (err error) { want, err = reads(t); return err }); err != nil {
			t.Fatal(err)
		}
		if err := store.View(func(t kv.KV) error {
			w := &writing{over: over{KV: t, table: table, own: &overlay{}}}
			if err := change(w); err != nil {
				return err
			}
			var err error
			got, err = reads(w)
			return err
		}); err != nil || !slices.Equal(got, want) {
			t.Fatalf("%q where the rows say %q: %v", got, want, err)
		}
	})
}
