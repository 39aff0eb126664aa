package intake

import (
	"hash/maphash"
	"slices"
)

// repeats finds lines that repeat an earlier one, cell by cell. It keeps a hash and
// a place for each line and compares the lines themselves where the hashes agree, so
// that its answer does not depend on the hash.
type repeats struct {
	seed   maphash.Seed
	places map[uint64]place
}

// place is where a line begins in the text, and its number. Both fit 32 bits: a text
// has at most [MaxBytes], three times that once it was decoded.
type place struct{ at, line uint32 }

// newRepeats is made for about as many lines.
func newRepeats(lines int) *repeats {
	return &repeats{maphash.MakeSeed(), make(map[uint64]place, min(lines, MaxRows))}
}

// before is the number of the first line with the cells of the one that s has just
// read; where there is none it remembers this one.
func (r *repeats) before(s *scanner, cells []string, line int) (int, bool) {
	sum := uint64(len(cells))
	for _, c := range cells {
		sum = sum*0x9e3779b97f4a7c15 ^ maphash.String(r.seed, c)
	}
	for ; ; sum++ {
		first, found := r.places[sum]
		if !found {
			r.places[sum] = place{uint32(s.began), uint32(line)}
			return 0, false
		}
		earlier := newScanner(s.text[first.at:], s.delimiter)
		earlier.at, earlier.line = 0, 0 // no hint stands there
		if same, _, err := earlier.next(); err == nil && slices.Equal(same, cells) {
			return int(first.line), true
		}
	}
}
