package release

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

// index finds earlier cells by what they add up. Only cells without enough new amounts need it: it is brought up to date when one comes.
type index struct {
	proportion map[[32]byte]int32 // classes of patterns whose factors are in the same proportion, of the same sources
	class      []int32            // by pattern
	alike      [][]int32          // by class: its patterns, ascending
	left       []patternSet       // by page: the patterns that left in it
	run        int                // of the last page in left: seen up to this run
	count      int32              // and so many cells of it
	users      [][]int32          // by source: the patterns that use it, ascending; of the first so many
	used       int                // patterns
}

func (l *Ledger) indexed() *index {
	x := &l.index
	if x.proportion == nil {
		x.proportion = map[[32]byte]int32{}
	}
	for n := len(x.class); n < len(l.patterns); n++ {
		key := l.proportion(l.patterns[n].uses)
		class, known := x.proportion[key]
		if !known {
			class = int32(len(x.alike))
			x.proportion[key], x.alike = class, append(x.alike, nil)
		}
		x.class, x.alike[class] = append(x.class, class), append(x.alike[class], int32(n))
	}
	for page := max(len(x.left)-1, 0); page < len(l.pages); page++ { // the last one seen may have grown
		if page == len(x.left) {
			x.left, x.run, x.count = append(x.left, patternSet{}), 0, 0
		}
		for runs := l.pages[page].runs; x.run < len(runs); x.run, x.count = x.run+1, 0 {
			r := runs[x.run]
			x.left[page].add(r.pattern+x.count, r.count-x.count)
			if x.count = r.count; x.run == len(runs)-1 {
				break // it may grow
			}
		}
	}
	return x
}

// last is the newest page in which a pattern left.
func (x *index) last(pattern int32) int32 {
	in := len(x.left) - 1
	for in > 0 && !x.left[in].has(pattern) {
		in--
	}
	return int32(in)
}

// indexUsers brings users up to date.
func (l *Ledger) indexUsers() {
	x := &l.index
	for ; len(x.users) < len(l.sources); x.users = append(x.users, nil) {
	}
	for ; x.used < len(l.patterns); x.used++ {
		for _, u := range l.patterns[x.used].uses {
			x.users[u.source] = append(x.users[u.source], int32(x.used))
		}
	}
}

// patternSet is a set of numbers of patterns that lie close together.
type patternSet struct {
	first int32    // word
	words []uint64 // a bit for each pattern
}

// add takes in so many patterns from one on.
func (s *patternSet) add(from, count int32) {
	if count <= 0 {
		return
	}
	low, high := from/64, (from+count-1)/64
	if len(s.words) == 0 {
		s.first = low
	}
	if low < s.first {
		s.words = append(make([]uint64, s.first-low, int(s.first-low)+len(s.words)), s.words...)
		s.first = low
	}
	if need := int(high-s.first) + 1; need > len(s.words) {
		s.words = append(s.words, make([]uint64, need-len(s.words))...)
	}
	for word := low; word <= high; word++ {
		bits := ^uint64(0)
		if word == low {
			bits &= ^uint64(0) << (from % 64)
		}
		if word == high {
			bits &= ^uint64(0) >> (63 - (from+count-1)%64)
		}
		s.words[word-s.first] |= bits
	}
}

func (s patternSet) has(n int32) bool {
	word := n/64 - s.first
	return word >= 0 && int(word) < len(s.words) && s.words[word]>>(n%64)&1 == 1
}

// alike are the patterns whose factors are in the same proportion as a cell's, of the same sources.
func (l *Ledger) alike(x *index, path string, uses []use) []int32 {
	if l.expects(path, uses) {
		return x.alike[x.class[l.expected]]
	}
	if class, known := x.proportion[l.proportion(uses)]; known {
		return x.alike[class]
	}
	return nil
}

// proportion is the same for factors that differ by one factor only.
func (l *Ledger) proportion(uses []use) [32]byte {
	if len(uses) == 0 {
		return [32]byte{}
	}
	f := l.inverse(uses[0].factor)
	var space [512]byte // on the stack, as a rule
	data := space[:0]
	for _, u := range uses {
		data = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(data, uint32(u.source)), times(u.factor, f))
	}
	return sha256.Sum256(data)
}

// maxInverses bounds the inverses that are kept.
const maxInverses = 4096

// inverse is that of a factor, kept because cells have few different ones.
func (l *Ledger) inverse(factor uint64) uint64 {
	f, known := l.inverses[factor]
	if !known {
		if f = inverse(factor); len(l.inverses) < maxInverses {
			l.inverses[factor] = f
		}
	}
	return f
}

// repeats tells that a cell, all of whose amounts are known, left before up to a factor.
func (l *Ledger) repeats(path string, terms []term) bool {
	if slices.ContainsFunc(terms, func(t term) bool { return t.source < 0 }) {
		return false
	}
	x := l.indexed()
	from, until := l.during(terms[0])
	for _, n := range l.alike(x, path, usesOf(terms)) {
		for in := until - 1; in >= from; in-- {
			if x.left[in].has(n) && !slices.ContainsFunc(terms, func(t term) bool { return l.sources[t.source].at(in) != t.id }) {
				return true
			}
		}
	}
	return false
}

// during are the pages from the first in which a term's source has its amount to the last, and none where it never had it: from is one of them, until is not.
func (l *Ledger) during(t term) (from, until int32) {
	from = int32(len(l.pages))
	end := from
	for _, a := range slices.Backward(l.sources[t.source].amounts) {
		if a.id == t.id {
			from, until = a.page, max(until, end)
		}
		end = a.page
	}
	return from, until
}

// usersIn visits the patterns of a page that use a source, while visit wants more.
func (l *Ledger) usersIn(in, of int32, visit func(pattern int32) bool) {
	users := l.index.users[of]
	for _, r := range l.pages[in].runs {
		i, _ := slices.BinarySearch(users, r.pattern)
		for ; i < len(users) && users[i] < r.pattern+r.count; i++ {
			if !visit(users[i]) {
				return
			}
		}
	}
}
