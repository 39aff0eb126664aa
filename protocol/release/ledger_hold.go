package release

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

// page is what one release added, or a share of it: within a page a source that a cell added up has one amount.
type page struct {
	release string
	runs    []run
	bytes   int // that it takes stored, about
	// What it brought, as numbers of the ledger's lists: from these on to those of the next page.
	contributors, sources, patterns int
	changed                         []int32 // sources that have another amount from it on
	full                            bool
}

// run is cells that left one after the other, of patterns that follow each other.
type run struct {
	pattern, count int32
	granted        bool
}

// PageBytes closes a page, so that it fits a block with room to spare; one pattern of maxUses factors takes more, and fits all the same.
const PageBytes = 400_000

// maxUses bounds what one cell that leaves by a grant adds up, so that it fits a page.
const maxUses = 1 << 16

// begin opens another page.
func (l *Ledger) begin(release string) *page {
	l.pages = append(l.pages, page{release: release, contributors: len(l.contributors), sources: len(l.sources), patterns: len(l.patterns)})
	return &l.pages[len(l.pages)-1]
}

// room is the page that takes so many more bytes.
func (l *Ledger) room(release string, bytes int) *page {
	if len(l.pages) > l.stored {
		if p := &l.pages[len(l.pages)-1]; p.release == release && p.bytes+bytes <= PageBytes {
			p.bytes += bytes
			return p
		}
	}
	p := l.begin(release)
	p.bytes = bytes
	return p
}

// Sizes of what a page stores, beside names.
const (
	amountBytes = 5 + 8
	sourceBytes = 40
	factorBytes = 5 + 8
	runBytes    = 16
)

// useKey is the same for cells of one path with the same factors of the same sources.
func useKey(path string, uses []use) [32]byte {
	var space [512]byte // on the stack: a component of some products of some customers
	data := binary.BigEndian.AppendUint32(space[:0], uint32(len(path)))
	data = append(data, path...)
	for _, u := range uses {
		data = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(data, uint32(u.source)), u.factor)
	}
	return sha256.Sum256(data)
}

// hasRoom tells that a cell can be held. A pattern that is held already takes no room; that is looked for only where it decides.
func (l *Ledger) hasRoom(path string, terms []term) bool {
	if l.cells >= MaxReleased || len(terms) > maxUses {
		return false
	}
	need, held := 0, true
	for _, t := range terms {
		if held = held && t.source >= 0; t.source < 0 || l.sources[t.source].at(int32(len(l.pages))) != t.id {
			need++
		}
	}
	if l.held+need+len(terms) <= MaxHeld {
		return true
	}
	if !held || l.held+need > MaxHeld {
		return false
	}
	_, held = l.patternOf(path, usesOf(terms))
	return held
}

// expects tells that a cell is of the pattern that follows the last that left.
func (l *Ledger) expects(path string, uses []use) bool {
	n := l.expected
	return int(n) < len(l.patterns) && l.patterns[n].path == path && slices.Equal(l.patterns[n].uses, uses)
}

// patternOf is the pattern of a cell where it is held.
func (l *Ledger) patternOf(path string, uses []use) (number int32, held bool) {
	if l.expects(path, uses) {
		return l.expected, true
	}
	for ; l.keyed < len(l.patterns); l.keyed++ {
		p := &l.patterns[l.keyed]
		l.byUse[useKey(p.path, p.uses)] = int32(l.keyed)
	}
	number, held = l.byUse[useKey(path, uses)]
	return number, held
}

// usesOf are the factors of a cell all of whose sources are held, by source.
func usesOf(terms []term) []use {
	uses := make([]use, len(terms))
	for i, t := range terms {
		uses[i] = use{t.source, t.factor}
	}
	if bySource := func(a, b use) int { return int(a.source) - int(b.source) }; !slices.IsSortedFunc(uses, bySource) {
		slices.SortFunc(uses, bySource)
	}
	return uses
}

// Add holds a cell that leaves, and tells whether that changed the ledger: one that repeats another takes no room.
func (l *Ledger) Add(release string, s Sum, granted bool) bool {
	return l.Take(release, Weighed{sum: s}, granted)
}

// Take is [Ledger.Add] for a cell that was judged.
func (l *Ledger) Take(release string, w Weighed, granted bool) bool {
	s, terms := w.sum, w.terms
	if w.reads == 0 || w.reads != l.reads {
		terms, w.touched = l.read(s), false
		w.repeats = len(terms) == 0 || !slices.ContainsFunc(terms, func(t term) bool { return !l.known(t.base, t.id) }) && l.repeats(s.Path, terms)
	}
	l.reads++ // what follows changes the ledger: nothing judged before it holds for it
	if w.repeats {
		return false
	}
	if !l.hasRoom(s.Path, terms) {
		if l.full {
			return false
		}
		l.full = true
		l.begin(release).full = true
		return true
	}
	l.takes(release, terms, w.touched)
	for i := range terms {
		if terms[i].source < 0 {
			terms[i].source = l.source(release, terms[i].name)
		}
	}
	for _, t := range terms {
		src := &l.sources[t.source]
		if src.at(int32(len(l.pages))) == t.id {
			continue
		}
		p := l.room(release, amountBytes)
		if src.used == int32(len(l.pages)-1) {
			p = l.begin(release) // a cell of that page adds up what the source had before
			p.bytes = amountBytes
		}
		l.set(t.source, t.id)
		p.changed = append(p.changed, t.source)
	}
	uses := usesOf(terms)
	number, known := l.patternOf(s.Path, uses)
	if !known {
		l.room(release, sourceBytes+len(s.Path)+factorBytes*len(uses))
		number = l.pattern(pattern{s.Path, uses})
	}
	l.expected = number + 1
	p := l.room(release, runBytes)
	if n := len(p.runs); n > 0 && p.runs[n-1].pattern+p.runs[n-1].count == number && p.runs[n-1].granted == granted {
		p.runs[n-1].count++
	} else {
		p.runs = append(p.runs, run{number, 1, granted})
	}
	l.cells++
	for _, u := range uses {
		l.sources[u.source].used = int32(len(l.pages) - 1)
	}
	return true
}

// source is a new one.
func (l *Ledger) source(release string, name sourceName) int32 {
	if of, held := l.at[name]; held {
		return of // another of the cell's terms brought it
	}
	l.room(release, sourceBytes+len(name.what)+len(name.contributor))
	number, known := l.number[name.contributor]
	if !known {
		number = int64(len(l.contributors))
		l.number[name.contributor] = number
		l.contributors = append(l.contributors, name.contributor)
	}
	l.at[name] = int32(len(l.sources))
	l.sources = append(l.sources, source{sourceName: name, number: number, used: -1})
	return int32(len(l.sources) - 1)
}

// set gives a source another amount from the newest page on.
func (l *Ledger) set(of int32, id int64) {
	l.unsure(of)
	s, now := &l.sources[of], int32(len(l.pages)-1)
	if n := len(s.amounts); n > 0 && s.amounts[n-1].page == now {
		s.amounts[n-1].id = id // no cell has added up the one before
		return
	}
	if len(s.amounts) == cap(s.amounts) {
		s.amounts = slices.Grow(s.amounts, 8) // a release a week: sooner or later it has them
	}
	s.amounts = append(s.amounts, amount{now, id})
	l.held++
}

// unsure forgets what was asked about a source's name.
func (l *Ledger) unsure(of int32) {
	name := l.sources[of].sourceName
	if name.again > 0 {
		name.again = 0
		of = l.at[name]
	}
	l.sources[of].sure = false
}

func (l *Ledger) pattern(p pattern) int32 {
	l.patterns = append(l.patterns, p)
	l.held += len(p.uses)
	return int32(len(l.patterns) - 1)
}
