package wire_test

import (
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
	"kontor/protocol/wire"
	"kontor/protocol/wire/wiretest"
	"kontor/store/kv"
	"kontor/store/memory"
)

// site is one company's log in memory.
type site struct {
	*wiretest.Company
	store  *memory.Store
	chains map[block.CID]*identity.Chain
	circle feed.Circle
}

func sites(t require, names ...string) []*site {
	var companies []*wiretest.Company
	for _, name := range names {
		companies = append(companies, wiretest.New(name))
	}
	circle, err := wiretest.Genesis([32]byte{1}, companies...).Circle()
	t.check(err)
	var out []*site
	for _, c := range companies {
		s := &site{Company: c, store: memory.New(), chains: map[block.CID]*identity.Chain{c.ID: c.Chain}, circle: circle}
		for _, other := range companies {
			if other != c {
				chain, err := identity.Found(other.Chain.From(0)[0])
				t.check(err)
				s.chains[other.ID] = chain
			}
		}
		out = append(out, s)
	}
	return out
}

// require fails whichever kind of test is running.
type require struct {
	fatal func(...any)
}

func (r require) check(err error) {
	if err != nil {
		r.fatal(err)
	}
}

func (s *site) view(company, head block.CID) (identity.View, bool) { return s.chains[company].At(head) }

func (s *site) with(t require, fn func(feed.Log) error) {
	t.check(s.store.Update(func(txn kv.KV) error { return fn(feed.NewLog(txn, s.circle)) }))
}

func (s *site) seal(t require, change func(*feed.Header)) feed.Envelope {
	var h feed.Header
	s.with(t, func(log feed.Log) (err error) {
		h, err = log.Draft(s.ID, wiretest.Begin+1000)
		return err
	})
	h.Kind, h.IDHead = "test", s.Chain.Head()
	if change != nil {
		change(&h)
	}
	env, err := feed.Seal(h, s.Feed)
	t.check(err)
	return env
}

func (s *site) admit(t require, env feed.Envelope) (fresh bool, err error) {
	signed, err := feed.Open(s.circle, env, s.view)
	if err != nil {
		return false, err
	}
	s.with(t, func(log feed.Log) error {
		if _, fresh, err = log.Admit(signed, 0); err == nil {
			_, err = log.Keep(nil)
		}
		return nil
	})
	return fresh, err
}

func (s *site) write(t require) {
	if _, err := s.admit(t, s.seal(t, nil)); err != nil {
		t.fatal(err)
	}
}

func (s *site) held(t require) (held wire.Held) {
	s.with(t, func(log feed.Log) (err error) {
		held, err = wire.HeldOf(log, s.circle, func(c block.CID) *identity.Chain { return s.chains[c] })
		return err
	})
	t.check(held.Check())
	return held
}

// pull takes one batch from another site, as the receiver of the wire does; it says whether there is more and what was new.
func (s *site) pull(t require, from *site) (more bool, fresh int) {
	var b wire.Batch
	mine := s.held(t)
	from.with(t, func(log feed.Log) (err error) {
		b, err = wire.Gather(wire.Source{Log: log, Circle: from.circle,
			Chain: func(c block.CID, at int64) []identity.Envelope { return from.chains[c].From(at) }}, mine)
		return err
	})
	data, err := block.Marshal(b)
	t.check(err)
	if b, err = wire.Decode[wire.Batch](data); err != nil {
		t.fatal(err)
	}
	for _, run := range b.IDs {
		for _, env := range run.Entries {
			t.check(s.chains[run.Company].Append(env))
			fresh++
		}
	}
	for i, env := range b.Entries {
		was, err := s.admit(t, env)
		if err != nil {
			t.fatal(fmt.Sprintf("entry %d of %d can't be admitted after those before it: %v", i, len(b.Entries), err))
		}
		if was {
			fresh++
		}
	}
	return b.More, fresh
}

func (s *site) places(t require) (n int) {
	s.with(t, func(log feed.Log) error {
		places, err := log.Places()
		n = len(places)
		return err
	})
	return n
}

// Whoever asks whom in whatever order, at the end all hold the same entries, and then nobody has anything to send.
func TestGatherConverges(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		must := require{rt.Fatal}
		all := sites(must, "a", "b", "c")
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			s := all[rapid.IntRange(0, 2).Draw(rt, "who")]
			if rapid.Bool().Draw(rt, "writes") {
				s.write(must)
			} else {
				s.pull(must, all[rapid.IntRange(0, 2).Draw(rt, "from")])
			}
		}
		settle(must, all)
	})
}

func settle(t require, all []*site) {
	for range 4 {
		for _, s := range all {
			for _, from := range all {
				for more := s != from; more; {
					more, _ = s.pull(t, from)
				}
			}
		}
	}
	for _, s := range all {
		if s.places(t) != all[0].places(t) {
			t.fatal(fmt.Sprintf("%s holds %d entries, %s %d", s.Name, s.places(t), all[0].Name, all[0].places(t)))
		}
		for _, from := range all {
			if _, fresh := s.pull(t, from); fresh != 0 {
				t.fatal("something new after all hold the same")
			}
		}
	}
}

// Both branches of a fork, the proof of it, reach everybody, whichever branch a site had heard of; and then the asking ends.
func TestGatherSpreadsForks(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		must := require{rt.Fatal}
		all := sites(must, "a", "b", "c")
		a, b, c := all[0], all[1], all[2]
		common := rapid.IntRange(0, 3).Draw(rt, "common")
		for range common {
			a.write(must)
		}
		for _, s := range []*site{b, c} {
			for more := true; more; {
				more, _ = s.pull(must, a)
			}
		}
		// The forker runs a second time from a copy.
		twin := &site{Company: a.Company, store: a.store.Clone(), chains: a.chains, circle: a.circle}
		for i := range rapid.IntRange(1, 4).Draw(rt, "left") {
			env := a.seal(must, func(h *feed.Header) { h.T += int64(1 + i) })
			if _, err := a.admit(must, env); err != nil {
				rt.Fatal(err)
			}
		}
		for i := range rapid.IntRange(1, 4).Draw(rt, "right") {
			env := twin.seal(must, func(h *feed.Header) { h.T += int64(100 + i) })
			if _, err := twin.admit(must, env); err != nil {
				rt.Fatal(err)
			}
		}
		b.pull(must, a)
		c.pull(must, twin)
		b.write(must)
		for range 3 {
			b.pull(must, c)
			c.pull(must, b)
		}
		for _, s := range []*site{b, c} {
			s.with(must, func(log feed.Log) error {
				if forks, err := log.Forks(); err != nil || len(forks) != 1 {
					return errors.Join(err, fmt.Errorf("%s knows of %d forks", s.Name, len(forks)))
				}
				return nil
			})
			if n := len(s.held(must).Heads); n != 3 {
				rt.Fatalf("%s names %d heads; two branches and one feed are three", s.Name, n)
			}
		}
		if b.places(must) != c.places(must) {
			rt.Fatal("the two hold different entries")
		}
		if _, fresh := b.pull(must, c); fresh != 0 {
			rt.Fatal("something new after both hold the same")
		}
	})
}

func TestGatherStaysInBounds(t *testing.T) {
	must := require{t.Fatal}
	all := sites(must, "a", "b")
	for range 600 {
		all[0].write(must)
	}
	var b wire.Batch
	all[0].with(must, func(log feed.Log) (err error) {
		b, err = wire.Gather(wire.Source{Log: log, Circle: all[0].circle, Chain: func(block.CID, int64) []identity.Envelope { return nil }}, wire.Held{})
		return err
	})
	if len(b.Entries) != wire.MaxBatchEntries || !b.More {
		t.Fatalf("%d entries, more %t", len(b.Entries), b.More)
	}
	count := 0
	for more := true; more; count++ {
		more, _ = all[1].pull(must, all[0])
	}
	if count != 3 || all[1].places(must) != 600 {
		t.Fatalf("%d batches bring %d entries", count, all[1].places(must))
	}
}

// A walk with the same blocks takes the same way on both sides, and takes none that is another's.
func TestDeepWalk(t *testing.T) {
	blocks := map[block.CID][]byte{}
	put := func(v any) block.CID {
		b, err := block.New(v)
		if err != nil {
			t.Fatal(err)
		}
		blocks[b.CID] = b.Data
		return b.CID
	}
	type inner struct {
		Links []block.CID `cbor:"links"`
		Name  string      `cbor:"name"`
	}
	leaf1, leaf2 := put(inner{Name: "1"}), put(inner{Name: "2"})
	mid := put(inner{Links: []block.CID{leaf1, leaf2}, Name: "mid"})
	root := put(inner{Links: []block.CID{leaf2, mid, leaf1, mid}, Name: "root"})
	walk := wire.NewDeep(root)
	var order []block.CID
	for id, more := walk.Next(); more; id, more = walk.Next() {
		if walk.Take([]byte{0xa0}) == nil {
			t.Fatal("another block is taken")
		}
		order = append(order, id)
		if err := walk.Take(blocks[id]); err != nil {
			t.Fatal(err)
		}
	}
	want := []block.CID{root, leaf2, mid, leaf1}
	if fmt.Sprint(order) != fmt.Sprint(want) {
		t.Fatalf("order %v instead of %v", order, want)
	}
	get := func(id block.CID) ([]byte, error) { return blocks[id], nil }
	if at, err := wire.WalkPath(root, []int64{1, 0}, get); err != nil || at != leaf1 {
		t.Fatalf("path leads to %v, %v", at, err)
	}
	if _, err := wire.WalkPath(root, []int64{4}, get); !wire.IsNotFound(err) {
		t.Fatalf("a path that leads nowhere: %v", err)
	}
	all, err := wire.InlineBody(root, true, get)
	if err != nil || len(all) != 4 {
		t.Fatalf("%d blocks, %v", len(all), err)
	}
	if one, err := wire.InlineBody(root, false, get); err != nil || len(one) != 1 {
		t.Fatalf("%d blocks of a document, %v", len(one), err)
	}
}
