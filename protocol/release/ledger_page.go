package release

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// Page is a piece of a ledger as it is stored: pages are loaded in the order they came, and none is written twice. It fits a block.
type Page struct {
	Release      string   `cbor:"release"`                // which: for people
	Full         bool     `cbor:"full,omitempty"`         // a cell left by a grant that there was no room for
	Contributors []string `cbor:"contributors,omitempty"` // that are new
	Sources      []Source `cbor:"sources,omitempty"`      // that are new
	// Amounts that sources have from this page on: the distance from the source before in 7 bits a byte, then the unknown in eight bytes.
	Amounts  []byte    `cbor:"amounts,omitempty"`
	Patterns []Pattern `cbor:"patterns,omitempty"` // that are new
	// Runs of cells that left: the first pattern, how many follow each other, and 1 where they left by a grant.
	Runs [][3]int64 `cbor:"runs,omitempty"`
}

// Source is a number of a contributor that cells add up.
type Source struct {
	Contributor int64  `cbor:"c"`
	What        string `cbor:"w"`
	Again       int64  `cbor:"n,omitempty"` // of several amounts of one name in a cell: which
}

// Pattern is a cell without its amounts.
type Pattern struct {
	Path string `cbor:"p"`
	// Uses are its sources with their factors modulo the prime, written as amounts are.
	Uses []byte `cbor:"u"`
}

// Bytes is about what a page takes.
func (p Page) Bytes() int {
	n := len(p.Amounts) + runBytes*len(p.Runs)
	for _, s := range p.Sources {
		n += sourceBytes + len(s.What)
	}
	for _, x := range p.Patterns {
		n += sourceBytes + len(x.Path) + len(x.Uses)
	}
	return n
}

// Held is how many cells a ledger holds, and how many amounts and factors those take.
func (l *Ledger) Held() (cells, amounts int) { return l.cells, l.held }

// Unstored are the pages that came since the ledger was loaded, and the number of the first. They count as stored from now on.
func (l *Ledger) Unstored() (first int, out []Page) {
	first = l.stored
	for i := first; i < len(l.pages); i++ {
		p := &l.pages[i]
		contributors, sources, patterns := len(l.contributors), len(l.sources), len(l.patterns)
		if i+1 < len(l.pages) {
			next := l.pages[i+1]
			contributors, sources, patterns = next.contributors, next.sources, next.patterns
		}
		o := Page{Release: p.release, Full: p.full, Contributors: l.contributors[p.contributors:contributors]}
		for _, s := range l.sources[p.sources:sources] {
			o.Sources = append(o.Sources, Source{s.number, s.what, s.again})
		}
		slices.Sort(p.changed)
		p.changed = slices.Compact(p.changed)
		before := int32(0)
		for _, of := range p.changed {
			o.Amounts = packed(o.Amounts, of-before, uint64(l.sources[of].at(int32(i))))
			before = of
		}
		for _, n := range l.patterns[p.patterns:patterns] {
			before = 0
			stored := Pattern{Path: n.path, Uses: make([]byte, 0, factorBytes*len(n.uses))}
			for _, u := range n.uses {
				stored.Uses = packed(stored.Uses, u.source-before, u.factor)
				before = u.source
			}
			o.Patterns = append(o.Patterns, stored)
		}
		for _, r := range p.runs {
			granted := int64(0)
			if r.granted {
				granted = 1
			}
			o.Runs = append(o.Runs, [3]int64{int64(r.pattern), int64(r.count), granted})
		}
		out = append(out, o)
	}
	l.stored = len(l.pages)
	return first, out
}

func packed(data []byte, distance int32, value uint64) []byte {
	return binary.BigEndian.AppendUint64(binary.AppendUvarint(data, uint64(distance)), value)
}

// unpack reads what packed wrote: numbers below most, ascending.
func unpack(data []byte, most int, each func(of int32, value uint64)) error {
	at := uint64(0)
	for len(data) > 0 {
		distance, n := binary.Uvarint(data)
		if at += distance; n <= 0 || len(data) < n+8 || distance > uint64(most) || at >= uint64(most) {
			return fmt.Errorf("a page of a ledger names source %d of %d, or ends early", at, most)
		}
		each(int32(at), binary.BigEndian.Uint64(data[n:]))
		data = data[n+8:]
	}
	return nil
}

// Load takes the next stored page; after an error the ledger is of no use.
func (l *Ledger) Load(p Page) error {
	l.open()
	if l.stored != len(l.pages) {
		panic("invariant: a ledger is loaded before cells are added to it")
	}
	l.reads++
	l.begin(p.Release).full = p.Full
	l.full = l.full || p.Full
	for _, c := range p.Contributors {
		l.number[c] = int64(len(l.contributors))
		l.contributors = append(l.contributors, c)
	}
	for _, s := range p.Sources {
		if s.Contributor < 0 || s.Contributor >= int64(len(l.contributors)) {
			return fmt.Errorf("a page of a ledger names contributor %d of %d", s.Contributor, len(l.contributors))
		}
		name := sourceName{l.contributors[s.Contributor], s.What, s.Again}
		l.at[name] = int32(len(l.sources))
		l.sources = append(l.sources, source{sourceName: name, number: s.Contributor, used: -1})
	}
	if err := unpack(p.Amounts, len(l.sources), func(of int32, id uint64) { l.set(of, int64(id)) }); err != nil {
		return err
	}
	for _, stored := range p.Patterns {
		uses := make([]use, 0, len(stored.Uses)/9)
		if err := unpack(stored.Uses, len(l.sources), func(of int32, factor uint64) { uses = append(uses, use{of, factor}) }); err != nil {
			return err
		}
		l.pattern(pattern{stored.Path, uses})
	}
	last := &l.pages[len(l.pages)-1]
	for _, r := range p.Runs {
		if r[0] < 0 || r[1] < 1 || r[1] > int64(len(l.patterns)) || r[0] > int64(len(l.patterns))-r[1] {
			return fmt.Errorf("a page of a ledger names cells %d to %d of %d", r[0], r[0]+r[1], len(l.patterns))
		}
		last.runs = append(last.runs, run{int32(r[0]), int32(r[1]), r[2] == 1})
		l.cells += int(r[1])
	}
	l.stored = len(l.pages)
	return nil
}
