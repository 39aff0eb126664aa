package state_test

import (
	"bytes"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/state"
	"kontor/store/kv"
	"kontor/store/memory"
)

// The root at a line depends on the entries at or below it alone, not on when the line passed them.
func TestRootsDoNotDependOnHowTheLineMoved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := places(rapid.IntRange(1, 30).Draw(t, "entries"), rapid.Int64().Draw(t, "seed"))
		top := int64(0)
		for _, at := range all {
			top = max(top, at.Lam())
		}
		roots := map[int64]state.Hash{}
		for run := range 2 {
			s := memory.New()
			err := s.Update(func(tx kv.KV) error {
				m := state.NewMachine(tx, part, toyFold, nil)
				if err := insert(tx, m, all); err != nil {
					return err
				}
				for line := int64(0); line < top; {
					line += int64(rapid.IntRange(1, 5).Draw(t, "step"))
					if _, err := m.Settle(line); err != nil {
						return err
					}
				}
				for line := int64(1); line <= top; line++ {
					root, known, err := m.RootAt(line)
					if err != nil || !known {
						return fmt.Errorf("root at %d is not known: %v", line, err)
					}
					if run == 0 {
						roots[line] = root
					} else if roots[line] != root {
						t.Fatalf("root at line %d depends on the steps of the line", line)
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}

// Pruning forgets roots below its line and none at or above it, whatever runs they were kept in, also where each was a record of its own.
func TestPrunedRoots(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := places(rapid.IntRange(1, 300).Draw(t, "entries"), rapid.Int64().Draw(t, "seed"))
		first, top := all[0].Lam(), int64(0)
		for _, at := range all {
			first, top = min(first, at.Lam()), max(top, at.Lam())
		}
		whole := map[int64]state.Hash{}
		for run := range 2 {
			s := memory.New()
			pruned := int64(0)
			step := func(fn func(m state.Machine, tx kv.KV) error) {
				if err := s.Update(func(tx kv.KV) error { return fn(state.NewMachine(tx, part, toyFold, nil), tx) }); err != nil {
					t.Fatal(err)
				}
			}
			step(func(m state.Machine, tx kv.KV) error { return insert(tx, m, all) })
			for line := int64(0); line < top; {
				if run == 0 {
					line = top
				} else {
					line = min(top, line+int64(rapid.IntRange(1, 150).Draw(t, "step")))
				}
				step(func(m state.Machine, tx kv.KV) error {
					for { // in steps of MaxSettle entries
						if _, err := m.Settle(line); err != nil {
							return err
						}
						if at, err := m.Line(); err != nil || at == line {
							return err
						}
					}
				})
				if run == 1 && rapid.Bool().Draw(t, "as before") {
					step(splitRuns)
				}
				if run == 1 && rapid.Bool().Draw(t, "prune") {
					to := int64(rapid.IntRange(0, int(line)).Draw(t, "pruned to"))
					step(func(m state.Machine, _ kv.KV) error { return m.PruneRoots(to) })
					if to >= first { // before the first root there is none to forget
						pruned = max(pruned, to)
					}
				}
				step(func(m state.Machine, _ kv.KV) error {
					for at := int64(1); at <= line; at++ {
						root, known, err := m.RootAt(at)
						if err != nil || known != (at >= pruned) {
							return fmt.Errorf("root at %d, pruned to %d: known %v, %v", at, pruned, known, err)
						}
						if run == 0 {
							whole[at] = root
						} else if known && root != whole[at] {
							return fmt.Errorf("root at %d, line %d, pruned to %d, is another", at, line, pruned)
						}
					}
					return nil
				})
			}
		}
	})
}

// splitRuns keeps each root in a record of its own, as it was before runs.
func splitRuns(_ state.Machine, tx kv.KV) error {
	type record struct{ key, value []byte }
	var runs []record
	prefix := part.Key([]byte{'r'})
	if err := tx.Scan(state.TableTree, prefix, prefix, func(key, value []byte) (bool, error) {
		runs = append(runs, record{key, value})
		return true, nil
	}); err != nil {
		return err
	}
	for _, r := range runs {
		for v := r.value; len(v) > 32; v = v[40:] {
			if err := tx.Put(state.TableTree, append(bytes.Clone(prefix), v[:8]...), v[8:40]); err != nil {
				return err
			}
		}
	}
	return nil
}

// The tree's root is a function of its rows: built in any order, with detours, it is the same.
func TestTreeRootIsAFunctionOfTheRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z]{1,6}`), 1, 40, rapid.ID[string]).Draw(t, "keys")
		keep := rapid.IntRange(0, len(keys)).Draw(t, "keep")
		build := func(detour bool) state.Hash {
			s := memory.New()
			var root state.Hash
			err := s.Update(func(tx kv.KV) error {
				tree := state.NewTree(tx, part)
				order := rapid.Permutation(keys).Draw(t, "order")
				kept := map[string]bool{}
				for _, k := range keys[:keep] {
					kept[k] = true
				}
				for _, k := range order {
					if detour || kept[k] {
						if err := tree.Put(k, []byte("v"+k)); err != nil {
							return err
						}
					}
				}
				if detour {
					for _, k := range order {
						if !kept[k] {
							if err := tree.Delete(k); err != nil {
								return err
							}
						}
					}
				}
				var err error
				root, err = tree.Root()
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return root
		}
		if build(true) != build(false) {
			t.Fatal("rows put and taken out again left a trace in the root")
		}
	})
}

// PROTOCOL 4: "a mismatch alarms and bisects to the first differing row".
func TestBisectionNamesTheRowThatDiffers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "rows")
		wrong := rapid.IntRange(0, n-1).Draw(t, "wrong")
		how := rapid.SampledFrom([]string{"changed", "missing", "extra"}).Draw(t, "how")
		trees := [2]*memory.Store{memory.New(), memory.New()}
		name := func(i int) string { return fmt.Sprintf("topic/%d", i) }
		for side, s := range trees {
			if err := s.Update(func(tx kv.KV) error {
				tree := state.NewTree(tx, part)
				for i := range n {
					value := []byte("same")
					if i == wrong && side == 1 {
						switch how {
						case "changed":
							value = []byte("other")
						case "missing":
							continue
						}
					}
					if i == wrong && side == 0 && how == "extra" {
						continue
					}
					if err := tree.Put(name(i), value); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		nodes := func(s *memory.Store) state.Nodes {
			return func(path []byte) (n *state.Node, err error) {
				err = s.View(func(tx kv.KV) error {
					n, err = state.NewTree(tx, part).Nodes(path)
					return err
				})
				return n, err
			}
		}
		d, err := state.Bisect(nodes(trees[0]), nodes(trees[1]))
		if err != nil {
			t.Fatal(err)
		}
		if d == nil || d.Row != name(wrong) {
			t.Fatalf("bisection named %+v instead of %s (%s)", d, name(wrong), how)
		}
		if same, err := state.Bisect(nodes(trees[0]), nodes(trees[0])); err != nil || same != nil {
			t.Fatalf("equal trees differ in %+v, %v", same, err)
		}
	})
}
