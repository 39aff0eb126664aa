package protocol_test

import (
	"slices"
	"testing"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/state"
	"kontor/store/kv"
	"kontor/store/memory"
	"kontor/testnet/virtual"
)

// scene seats n companies that have signed their partnership.
func scene(t testing.TB, n int, witness bool) *virtual.Scene {
	t.Helper()
	s, err := virtual.NewScene(n, witness)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Signed(); err != nil {
		t.Fatal(err)
	}
	return s
}

func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func meet(t testing.TB, s *virtual.Scene) {
	t.Helper()
	if err := s.Meet(); err != nil {
		t.Fatal(err)
	}
}

// rows are all rows a desk keeps.
func rows(t testing.TB, d *virtual.Desk) []state.Row {
	t.Helper()
	return rowsOf(t, d.DB, d.Contract.PID)
}

func rowsOf(t testing.TB, db *memory.Store, pid block.CID) (out []state.Row) {
	t.Helper()
	err := db.View(func(kv kv.KV) (err error) {
		out, err = state.Snapshot(kv, state.PartitionOf(pid))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// sameRows fails when desks keep different rows, or other rows than a fold from nothing.
func sameRows(t testing.TB, desks ...*virtual.Desk) {
	t.Helper()
	first := rows(t, desks[0])
	for _, d := range desks {
		if !equal(first, rows(t, d)) {
			t.Fatalf("%s keeps other rows than %s", d.Name, desks[0].Name)
		}
		fresh, err := virtual.Refold(d.DB, d.Contract.Genesis, d.Contract.Identities)
		if err != nil {
			t.Fatal(err)
		}
		if !equal(first, rowsOf(t, fresh, d.Contract.PID)) {
			t.Fatalf("%s keeps other rows than a fold from nothing gives", d.Name)
		}
	}
}

func equal(a, b []state.Row) bool {
	return slices.EqualFunc(a, b, func(x, y state.Row) bool { return x.Key == y.Key && string(x.Value) == string(y.Value) })
}

// codesOf is why the rules refused an entry; none for one in force.
func codesOf(t testing.TB, d *virtual.Desk, e feed.Entry) (codes []string) {
	t.Helper()
	err := d.View(func(r *protocol.Replica) error {
		refusal, err := r.Refusal(e.CID)
		if refusal != nil {
			codes = refusal.Codes
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return codes
}

// everywhere expects the rules to refuse an entry with one code at every desk, and every desk to keep the same rows.
func everywhere(t testing.TB, s *virtual.Scene, e feed.Entry, code string) {
	t.Helper()
	meet(t, s)
	for _, d := range s.Desks {
		got := codesOf(t, d, e)
		if code == "" && len(got) > 0 || code != "" && !slices.Contains(got, code) {
			t.Fatalf("%s refuses %s with %v, want %q", d.Name, e.Header.Kind, got, code)
		}
	}
	sameRows(t, s.Desks...)
}
