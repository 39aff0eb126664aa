// Package ordered walks a sorted map by prefix, up or down. It gives the
// in-memory store and the uncommitted writes of the durable one the same
// bounds: Seek makes a Cursor, the Cursor walks.
package ordered

import (
	"strings"

	"github.com/tidwall/btree"
)

// Map is a sorted map from composite keys (table byte and key) to V. Copy is
// O(1) and copies are independent.
type Map[V any] = btree.Map[string, V]

// Join makes the composite key of a table and a key.
func Join(table byte, key []byte) string {
	var room [192]byte // on the stack: keys of a partnership have 33 to 113 bytes
	b := append(room[:0], table)
	b = append(b, key...)
	return string(b)
}

// Span says which keys a scan visits and in which direction. Prefix and From
// are composite keys; an empty From means the beginning, of a reverse scan the
// end, of the prefix.
type Span struct {
	Prefix  string
	From    string
	Reverse bool
}

// Ascending is the span of KV.Scan.
func Ascending(table byte, prefix, from []byte) Span {
	s := Span{Prefix: Join(table, prefix)}
	if from != nil {
		s.From = Join(table, from)
	}
	return s
}

// Descending is the span of KV.ScanReverse.
func Descending(table byte, prefix, from []byte) Span {
	s := Ascending(table, prefix, from)
	s.Reverse = true
	return s
}

// Empty says that From lies beyond the prefix, so that no key can be visited.
func (s Span) Empty() bool {
	if s.From == "" || strings.HasPrefix(s.From, s.Prefix) {
		return false
	}
	if s.Reverse {
		return s.From < s.Prefix
	}
	return s.From > s.Prefix
}

// Bounded says that From narrows the prefix.
func (s Span) Bounded() bool {
	return s.From != "" && strings.HasPrefix(s.From, s.Prefix)
}

// After returns the smallest composite key above every key with this prefix.
// Table bytes are letters, so the first byte can always be raised.
func After(prefix string) string {
	b := []byte(prefix)
	for b[len(b)-1] == 0xff {
		b = b[:len(b)-1]
	}
	b[len(b)-1]++
	return string(b)
}

// Cursor is a position in a map within a span.
type Cursor[V any] struct {
	span Span
	it   btree.MapIter[string, V]
	ok   bool
}

// Seek places a cursor on the first key of the span. The map must not change
// while the cursor is used.
func Seek[V any](m *Map[V], s Span) Cursor[V] {
	c := Cursor[V]{span: s}
	if m.Len() == 0 || s.Empty() {
		return c
	}
	c.it = m.Iter()
	switch {
	case !s.Reverse && s.Bounded():
		c.ok = c.it.Seek(s.From)
	case !s.Reverse:
		c.ok = c.it.Seek(s.Prefix)
	default:
		limit, inclusive := After(s.Prefix), false
		if s.Bounded() {
			limit, inclusive = s.From, true
		}
		if !c.it.Seek(limit) {
			c.ok = c.it.Last()
		} else if c.ok = true; !inclusive || c.it.Key() != limit {
			c.ok = c.it.Prev()
		}
	}
	c.check()
	return c
}

func (c *Cursor[V]) check() {
	c.ok = c.ok && strings.HasPrefix(c.it.Key(), c.span.Prefix)
}

// OK says that the cursor is on a key of the span.
func (c *Cursor[V]) OK() bool { return c.ok }

// Key is the composite key under the cursor.
func (c *Cursor[V]) Key() string { return c.it.Key() }

// Value is the value under the cursor.
func (c *Cursor[V]) Value() V { return c.it.Value() }

// Next moves to the following key in the direction of the span.
func (c *Cursor[V]) Next() {
	if c.span.Reverse {
		c.ok = c.it.Prev()
	} else {
		c.ok = c.it.Next()
	}
	c.check()
}
