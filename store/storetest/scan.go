package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kontor/store/kv"
)

// ladder holds keys around the edges of the prefix "b" and of 0xff.
var ladder = []string{"", "a", "b", "b\x00", "ba", "bb", "b\xff", "b\xff\xff", "c", "\xff", "\xff\xff"}

type bounds struct {
	prefix string
	from   []byte
	want   []string
}

func scanBounds(t *testing.T, s kv.Store) {
	checkBounds(t, s, false, []bounds{
		{"", nil, ladder},
		{"", []byte{}, ladder},
		{"", []byte("bb"), ladder[5:]},
		{"", []byte("bab"), ladder[5:]},
		{"b", nil, ladder[2:8]},
		{"b", []byte("a"), ladder[2:8]},
		{"b", []byte("b"), ladder[2:8]},
		{"b", []byte("bb"), ladder[5:8]},
		{"b", []byte("b\xff\xff\x00"), nil},
		{"b", []byte("c"), nil},
		{"\xff", nil, ladder[9:]},
		{"\xff\xff", nil, ladder[10:]},
		{"x", nil, nil},
		{"bbb", nil, nil},
	})
}

func reverseBounds(t *testing.T, s kv.Store) {
	checkBounds(t, s, true, []bounds{
		{"", nil, ladder},
		{"", []byte{}, ladder[:1]},
		{"", []byte("bb"), ladder[:6]},
		{"", []byte("bab"), ladder[:5]},
		{"b", nil, ladder[2:8]},
		{"b", []byte("c"), ladder[2:8]},
		{"b", []byte("b"), ladder[2:3]},
		{"b", []byte("bb"), ladder[2:6]},
		{"b", []byte("b\xff\xff\x00"), ladder[2:8]},
		{"b", []byte("a"), nil},
		{"\xff", nil, ladder[9:]},
		{"\xff\xff", nil, ladder[10:]},
		{"x", nil, nil},
		{"bbb", nil, nil},
	})
}

// checkBounds runs the scans over stored records, over the same records
// unstored, and over a mix.
func checkBounds(t *testing.T, s kv.Store, reverse bool, cases []bounds) {
	check := func(where string, k kv.KV, table byte) {
		for _, c := range cases {
			want := slices.Clone(c.want)
			if reverse {
				slices.Reverse(want)
			}
			if got := keys(t, k, reverse, table, []byte(c.prefix), c.from); !slices.Equal(got, want) {
				t.Errorf("%s: prefix %q from %q visits %q, want %q", where, c.prefix, c.from, got, want)
			}
		}
	}
	fill := func(k kv.KV, table byte, take func(i int) bool) {
		for i, key := range ladder {
			if take(i) {
				if err := k.Put(table, []byte(key), []byte("v")); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	update(t, s, func(k kv.KV) error {
		// Neighbouring tables must not leak in.
		for _, table := range []byte("ln") {
			fill(k, table, func(int) bool { return true })
		}
		fill(k, 'm', func(i int) bool { return i%2 == 0 })
		return k.Put('m', []byte("bz"), []byte("deleted below"))
	})
	update(t, s, func(k kv.KV) error {
		fill(k, 'm', func(i int) bool { return i%2 == 1 })
		if err := k.Delete('m', []byte("bz")); err != nil {
			return err
		}
		check("half of it uncommitted", k, 'm')
		fill(k, 'h', func(int) bool { return true })
		check("all of it uncommitted", k, 'h')
		return nil
	})
	view(t, s, func(k kv.KV) error {
		check("committed", k, 'm')
		return nil
	})
}

// scanModel compares scans with a sorted list, over random keys of a small
// alphabet, part committed, part not, part deleted.
func scanModel(t *testing.T, s kv.Store) {
	round := 0
	rapid.Check(t, func(r *rapid.T) {
		round++
		m := model{r, fmt.Sprintf("%08d/", round), map[string]string{}}
		update(t, s, func(k kv.KV) error { m.change(k, "first"); return nil })
		update(t, s, func(k kv.KV) error {
			m.change(k, "second")
			for range 4 {
				m.compare(k)
			}
			return nil
		})
		view(t, s, func(k kv.KV) error {
			for range 4 {
				m.compare(k)
			}
			return nil
		})
	})
}

// model is what a table must hold in one round of scanModel.
type model struct {
	*rapid.T
	under   string // each round has its own keys
	records map[string]string
}

var modelKey = rapid.StringMatching(`[ab\x{0}-\x{1}]{0,4}`)

// change puts and deletes drawn keys, in the store and in the model.
func (m model) change(k kv.KV, label string) {
	for _, name := range rapid.SliceOfN(modelKey, 0, 12).Draw(m.T, label) {
		name = m.under + name
		if rapid.Bool().Draw(m.T, "delete") {
			delete(m.records, name)
			if err := k.Delete('t', []byte(name)); err != nil {
				m.Fatal(err)
			}
			continue
		}
		value := fmt.Sprintf("%s%d", label, len(m.records))
		m.records[name] = value
		if err := k.Put('t', []byte(name), []byte(value)); err != nil {
			m.Fatal(err)
		}
	}
}

// compare scans a drawn range in a drawn direction.
func (m model) compare(k kv.KV) {
	prefix := m.under + modelKey.Draw(m.T, "prefix")
	var from []byte
	if rapid.Bool().Draw(m.T, "bounded") {
		from = []byte(m.under + modelKey.Draw(m.T, "from"))
	}
	scan, reverse := k.Scan, rapid.Bool().Draw(m.T, "reverse")
	if reverse {
		scan = k.ScanReverse
	}
	var got []string
	if err := scan('t', []byte(prefix), from, func(key, value []byte) (bool, error) {
		got = append(got, string(key)+"="+string(value))
		return true, nil
	}); err != nil {
		m.Fatal(err)
	}
	if want := m.expected(prefix, from, reverse); !slices.Equal(got, want) {
		m.Fatalf("prefix %q from %q reverse %v: got %q, want %q", prefix, from, reverse, got, want)
	}
}

// expected is what a scan of the model gives.
func (m model) expected(prefix string, from []byte, reverse bool) (want []string) {
	for name := range m.records {
		if strings.HasPrefix(name, prefix) && (from == nil || !reverse && name >= string(from) || reverse && name <= string(from)) {
			want = append(want, name)
		}
	}
	sort.Strings(want)
	if reverse {
		slices.Reverse(want)
	}
	for i, name := range want {
		want[i] = name + "=" + m.records[name]
	}
	return want
}

var errStop = errors.New("stop")

func scanStops(t *testing.T, s kv.Store) {
	put(t, s, "1", "", "2", "", "3", "")
	check := func(k kv.KV) error {
		for _, scan := range []func(byte, []byte, []byte, func(key, value []byte) (bool, error)) error{k.Scan, k.ScanReverse} {
			seen := 0
			if err := scan('a', nil, nil, func(_, _ []byte) (bool, error) { seen++; return seen < 2, nil }); err != nil || seen != 2 {
				t.Errorf("told to stop after two: visited %d, %v", seen, err)
			}
			seen = 0
			if err := scan('a', nil, nil, func(_, _ []byte) (bool, error) { seen++; return true, errStop }); err != errStop || seen != 1 {
				t.Errorf("failing at once: visited %d, %v", seen, err)
			}
		}
		return nil
	}
	view(t, s, check)
	update(t, s, func(k kv.KV) error {
		if err := k.Put('a', []byte("2"), []byte("own")); err != nil {
			return err
		}
		return check(k)
	})
}

func scanWhileWriting(t *testing.T, s kv.Store) {
	put(t, s, "b", "", "d", "")
	update(t, s, func(k kv.KV) error {
		if err := k.Put('a', []byte("f"), nil); err != nil {
			return err
		}
		seen := 0
		if err := k.Scan('a', nil, nil, func(key, _ []byte) (bool, error) {
			if seen++; seen > 100 {
				return false, errors.New("the scan meets its own writes")
			}
			if err := k.Put('a', append(key, 'x'), nil); err != nil {
				return false, err
			}
			return true, k.Delete('a', []byte("f"))
		}); err != nil {
			return err
		}
		if seen != 3 {
			t.Errorf("visited %d keys, want the 3 that were there", seen)
		}
		if got := keys(t, k, false, 'a', nil, nil); !slices.Equal(got, []string{"b", "bx", "d", "dx", "fx"}) {
			t.Errorf("afterwards: %q", got)
		}
		return nil
	})
}

func nestedScans(t *testing.T, s kv.Store) {
	put(t, s, "1", "", "2", "", "3", "")
	pairs := func(k kv.KV) error {
		n := 0
		err := k.Scan('a', nil, nil, func(_, _ []byte) (bool, error) {
			return true, k.ScanReverse('a', nil, nil, func(_, _ []byte) (bool, error) { n++; return true, nil })
		})
		if n != 9 {
			t.Errorf("nested scans visited %d pairs, want 9", n)
		}
		return err
	}
	view(t, s, pairs)
	update(t, s, func(k kv.KV) error {
		if err := k.Put('a', []byte("2"), []byte("own")); err != nil {
			return err
		}
		return pairs(k)
	})
}
