package release

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
)

// idOf is the unknown that a term stands for: 63 bits of a hash of what names it.
func idOf(t *Term) int64 {
	name := t.Amount.Append(make([]byte, 0, 128)) // digits and signs only, so the lengths that follow keep the parts apart
	name = binary.BigEndian.AppendUint32(append(name, '|'), uint32(len(t.Contributor)))
	name = append(append(name, t.Contributor...), t.What...)
	sum := sha256.Sum256(name)
	return int64(max(binary.BigEndian.Uint64(sum[:])>>1, 1))
}

// id is the same, of a term whose source is held: cells of one release add up the same amounts.
func (l *Ledger) id(t *Term, of int32) int64 {
	if of < 0 {
		return idOf(t)
	}
	s := &l.sources[of]
	if s.lastID == 0 || s.last != t.Amount {
		s.last, s.lastID = t.Amount, idOf(t)
	}
	return s.lastID
}

// sourceOf is the source of a term where it is held, else -1.
func (l *Ledger) sourceOf(t *Term) int32 {
	if len(l.sources) == 0 {
		return -1
	}
	if of := l.sources[l.asked].next; l.sources[of].is(t) {
		l.asked = of
		return of
	}
	of, known := l.at[sourceName{t.Contributor, t.What, 0}]
	if !known {
		return -1
	}
	l.sources[l.asked].next, l.asked = of, of
	return of
}

// is tells that a term adds up a number of the source, as the first of its name.
func (s *source) is(t *Term) bool {
	return s.again == 0 && s.what == t.What && s.contributor == t.Contributor
}

// known tells whether an earlier cell has an unknown of the name of a source that is counted 0. Its hash names contributor and product, so that no other source can have it.
func (l *Ledger) known(base int32, id int64) bool {
	if base < 0 {
		return false
	}
	s := &l.sources[base]
	if !s.sure || s.asked != id {
		s.asked, s.known, s.sure = id, l.has(s.sourceName, id), true
	}
	return s.known
}

func (l *Ledger) has(name sourceName, id int64) bool {
	for name.again = 0; ; name.again++ {
		of, held := l.at[name]
		if !held {
			return false
		}
		for _, a := range slices.Backward(l.sources[of].amounts) {
			if a.id == id {
				return true
			}
		}
	}
}

// fresh tells that k contributors each add an amount that no earlier cell has. It looks no further than to the k-th; an amount that the
// cell adds up twice is left to read, because two factors may take it away.
func (l *Ledger) fresh(s Sum) bool {
	var found [MinContributors]int
	n := 0
	for i := range s.Terms {
		t := &s.Terms[i]
		seen := slices.ContainsFunc(found[:n], func(j int) bool { return s.Terms[j].Contributor == t.Contributor })
		if seen || factorOf(t.Factor) == 0 {
			continue
		}
		if of := l.sourceOf(t); of >= 0 && l.known(of, l.id(t, of)) {
			continue
		}
		found[n] = i
		if n++; n == MinContributors {
			break
		}
	}
	if n < MinContributors {
		return false
	}
	for i := range s.Terms {
		t := &s.Terms[i]
		for _, j := range found {
			if f := &s.Terms[j]; i != j && t.Amount == f.Amount && t.Contributor == f.Contributor && t.What == f.What {
				return false
			}
		}
	}
	return true
}

// read takes a cell apart into its unknowns, by contributor and product, each once; those that factors take away are none. The result is good until
// the next is read.
func (l *Ledger) read(s Sum) []term {
	l.open()
	l.reads++
	terms := slices.Grow(l.terms[:0], len(s.Terms))
	held := true
	for i := range s.Terms {
		t := &s.Terms[i]
		of := l.sourceOf(t)
		held = held && of >= 0
		terms = append(terms, term{l.id(t, of), sourceName{t.Contributor, t.What, 0}, of, of, factorOf(t.Factor)})
	}
	if held { // what is one name is one source: numbers are quicker to compare, and where no two are the same there is nothing to bring together
		if l.again(terms) {
			slices.SortFunc(terms, func(a, b term) int { return cmp.Or(cmp.Compare(a.base, b.base), cmp.Compare(a.id, b.id)) })
		}
	} else {
		slices.SortFunc(terms, func(a, b term) int {
			return cmp.Or(strings.Compare(a.name.contributor, b.name.contributor), strings.Compare(a.name.what, b.name.what), cmp.Compare(a.id, b.id))
		})
	}
	kept := terms[:0]
	for _, t := range terms {
		if n := len(kept); n > 0 && kept[n-1].id == t.id && kept[n-1].name == t.name {
			kept[n-1].factor = modulo(kept[n-1].factor + t.factor)
			continue
		}
		kept = append(kept, t)
	}
	kept = slices.DeleteFunc(kept, func(t term) bool { return t.factor == 0 })
	for i := 1; i < len(kept); i++ {
		if before := kept[i-1].name; before.contributor == kept[i].name.contributor && before.what == kept[i].name.what {
			kept[i].name.again = before.again + 1
			kept[i].source = -1
			if of, held := l.at[kept[i].name]; held {
				kept[i].source = of
			}
		}
	}
	l.terms = terms
	return kept
}

// again tells that a cell adds up two numbers of one source.
func (l *Ledger) again(terms []term) bool {
	for _, t := range terms {
		s := &l.sources[t.base]
		if s.read == l.reads {
			return true
		}
		s.read = l.reads
	}
	return false
}
