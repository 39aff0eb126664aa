// Package storetest is the suite every store must pass: Run checks the
// guarantees of package kv one sentence at a time.
package storetest

import (
	"bytes"
	"testing"

	"kontor/store/kv"
)

// Subject opens stores for the suite.
type Subject struct {
	// Open returns an empty store that is closed when the test ends.
	Open func(t *testing.T) kv.Store

	// Reopen closes a store of Open as a process that ends would and opens
	// what it left. nil where nothing outlives the store.
	Reopen func(t *testing.T, s kv.Store) kv.Store
}

// Run checks a store, and what it keeps when it is opened again.
func Run(t *testing.T, s Subject) {
	for _, c := range []struct {
		name string
		test func(*testing.T, kv.Store)
	}{
		{"get tells absent from empty", absentAndEmpty},
		{"tables are separate", tablesAreSeparate},
		{"scan is ascending within its bounds", scanBounds},
		{"reverse scan is descending within its bounds", reverseBounds},
		{"scan agrees with a sorted list for random inputs", scanModel},
		{"scan stops when told and returns the error of its function", scanStops},
		{"an update sees its own writes", ownWrites},
		{"a scan does not see what its function writes", scanWhileWriting},
		{"scans may nest", nestedScans},
		{"an error leaves nothing", errorLeavesNothing},
		{"a panic leaves nothing and a working store", panicLeavesNothing},
		{"a view sees one moment", viewIsOneMoment},
		{"a view can't write", viewCannotWrite},
		{"a transaction ends with its function", transactionEnds},
		{"values are independent of later mutation", independentValues},
		{"large values", largeValues},
		{"the largest update", largestUpdate},
		{"an update over the bounds leaves nothing", overTheBounds},
		{"bad tables and keys are refused", badKeys},
		{"concurrent updates lose nothing", concurrentUpdates},
		{"a failing neighbour leaves no trace", failingNeighbour},
		{"concurrent large updates", concurrentLarge},
		{"views run beside updates", viewsBesideUpdates},
		{"bulk", bulk},
		{"bulk returns the error of its function", bulkError},
		{"close twice", closeTwice},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, s.Open(t)) })
	}
	if s.Reopen == nil {
		return
	}
	t.Run("what was acknowledged is there again", func(t *testing.T) { reopen(t, s) })
}

// update and view run a transaction that must succeed.
func update(t testing.TB, s kv.Store, fn func(kv.KV) error) {
	t.Helper()
	if err := s.Update(fn); err != nil {
		t.Fatalf("update: %v", err)
	}
}

func view(t testing.TB, s kv.Store, fn func(kv.KV) error) {
	t.Helper()
	if err := s.View(fn); err != nil {
		t.Fatalf("view: %v", err)
	}
}

// put stores pairs of key and value in table 'a'.
func put(t testing.TB, s kv.Store, pairs ...string) {
	t.Helper()
	update(t, s, func(k kv.KV) error {
		for i := 0; i < len(pairs); i += 2 {
			if err := k.Put('a', []byte(pairs[i]), []byte(pairs[i+1])); err != nil {
				return err
			}
		}
		return nil
	})
}

// expect checks one record; want nil means absent.
func expect(t testing.TB, s kv.Store, table byte, key string, want []byte) {
	t.Helper()
	view(t, s, func(k kv.KV) error {
		got, found, err := k.Get(table, []byte(key))
		if err != nil {
			return err
		}
		if found != (want != nil) || !bytes.Equal(got, want) {
			t.Errorf("get %c/%q = %q, %v; want %q, %v", table, key, short(got), found, short(want), want != nil)
		}
		return nil
	})
}

func short(b []byte) []byte {
	if len(b) > 40 {
		return b[:40]
	}
	return b
}

// keys lists the keys of one scan.
func keys(t testing.TB, k kv.KV, reverse bool, table byte, prefix, from []byte) []string {
	t.Helper()
	scan := k.Scan
	if reverse {
		scan = k.ScanReverse
	}
	got := []string{}
	if err := scan(table, prefix, from, func(key, _ []byte) (bool, error) {
		got = append(got, string(key))
		return true, nil
	}); err != nil {
		t.Fatalf("scan %c %q from %q: %v", table, prefix, from, err)
	}
	return got
}

// wantCode checks that err carries code.
func wantCode(t testing.TB, err error, code kv.Code) {
	t.Helper()
	if kv.CodeOf(err) != code {
		t.Errorf("error %v, want code %s", err, code)
	}
}
