package forecast

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// UnmarshalCBOR reads what MarshalCBOR writes and refuses every other form. On error the cells are unchanged.
func (cs *Cells) UnmarshalCBOR(data []byte) error {
	r := columnReader{rest: data}
	cells, err := r.cells()
	if err != nil {
		return err
	}
	*cs = cells
	return nil
}

// columnReader reads columns; rest is what was not read yet.
type columnReader struct {
	rest []byte
	// reuse keeps the memory of the cells for the next list: what was read before is gone then.
	reuse      bool
	kept       Cells
	keptLevels []Quantile
	used       int // of keptLevels
}

// room is memory for n empty cells.
func (r *columnReader) room(n int) Cells {
	r.used = 0
	if !r.reuse {
		return make(Cells, n)
	}
	r.kept = slices.Grow(r.kept[:0], n)[:n]
	clear(r.kept)
	return r.kept
}

// levelRoom is memory for n levels.
func (r *columnReader) levelRoom(n int) []Quantile {
	if !r.reuse || r.used+n > cap(r.keptLevels) {
		all := make([]Quantile, n)
		if r.reuse && n > cap(r.keptLevels) {
			r.keptLevels = all // of the next list
			r.used = n
		}
		return all
	}
	all := r.keptLevels[:cap(r.keptLevels)][r.used : r.used+n]
	r.used += n
	return all
}

func (r *columnReader) cells() (Cells, error) {
	columns, err := r.head(majorMap)
	if err != nil {
		return nil, err
	}
	if columns < 2 || columns > 7 {
		return nil, fmt.Errorf("buckets in %d columns: want mean, spans and up to five more", columns)
	}
	if err := r.name(columnMean); err != nil {
		return nil, err
	}
	// Every cell has a mean, so there are never more cells than a few for each byte that came.
	numbers, err := r.count()
	if err != nil {
		return nil, err
	}
	if numbers%2 != 0 {
		return nil, fmt.Errorf("column of means has %d numbers: want a mantissa and an exponent for each", numbers)
	}
	cs := r.room(numbers / 2)
	for i := range cs {
		if cs[i].Mean, err = r.quantity(); err != nil {
			return nil, err
		}
	}
	if err := r.name(columnSpans); err != nil {
		return nil, err
	}
	if err := r.spans(cs); err != nil {
		return nil, err
	}
	columns -= 2
	for _, column := range []struct {
		name string
		read func(Cells) error
	}{
		{columnOrdered, func(cs Cells) error {
			return r.optional(cs, func(c *Cell, q *quantity.Quantity) { c.Ordered = q })
		}},
		{columnFirmness, r.firmness},
		{columnQuantiles, func(cs Cells) error {
			return r.bands(cs, func(c *Cell, q []Quantile) { c.Quantiles = q })
		}},
		{columnCumulative, func(cs Cells) error {
			return r.bands(cs, func(c *Cell, q []Quantile) { c.Cumulative = q })
		}},
		{columnAccumulated, func(cs Cells) error {
			return r.optional(cs, func(c *Cell, q *quantity.Quantity) { c.Accumulated = q })
		}},
	} {
		if columns == 0 {
			break
		}
		if !r.named(column.name) {
			continue
		}
		if err := column.read(cs); err != nil {
			return nil, fmt.Errorf("column %s: %w", column.name, err)
		}
		columns--
	}
	if columns != 0 || len(r.rest) != 0 {
		return nil, fmt.Errorf("buckets end with %d columns of an unknown name or place, and %d bytes", columns, len(r.rest))
	}
	return cs, nil
}

func (r *columnReader) spans(cs Cells) error {
	runs, err := r.count()
	if err != nil {
		return err
	}
	at := 0
	for range runs {
		if err := r.items(3); err != nil {
			return err
		}
		var start calendar.Date
		if len(r.rest) < 11 {
			return fmt.Errorf("bytes end inside the begin of a span")
		}
		if err := start.UnmarshalCBOR(r.rest[:11]); err != nil {
			return err
		}
		r.rest = r.rest[11:]
		length, err := r.int()
		if err != nil {
			return err
		}
		n, err := r.some(len(cs) - at)
		if err != nil {
			return err
		}
		const era = int64(calendar.MaxDate - calendar.MinDate)
		if length < -era || length > era {
			return fmt.Errorf("buckets of %d days", length)
		}
		for range n {
			end := int64(start) + length
			if !start.Valid() || end < int64(calendar.MinDate) || end > int64(calendar.MaxDate) {
				return fmt.Errorf("a span of %d buckets of %d days leaves the years 1900 to 2999", n, length)
			}
			cs[at].Bucket = calendar.Bucket{Start: start, End: calendar.Date(end)}
			start, at = calendar.Date(end), at+1
		}
		if first := at - n; first > 0 && follows(cs[first-1].Bucket, cs[first].Bucket) {
			return errRuns
		}
	}
	if at != len(cs) {
		return fmt.Errorf("spans of %d buckets for %d means", at, len(cs))
	}
	return nil
}

var errRuns = fmt.Errorf("two runs stand where one would do")

func (r *columnReader) optional(cs Cells, set func(*Cell, *quantity.Quantity)) error {
	runs, err := r.count()
	if err != nil {
		return err
	}
	if runs == 0 {
		return errEmptyColumn
	}
	at := 0
	for i := range runs {
		if err := r.items(2); err != nil {
			return err
		}
		skip, err := r.head(majorUint)
		if err != nil {
			return err
		}
		if i > 0 && skip == 0 {
			return errRuns
		}
		numbers, err := r.count()
		if err != nil {
			return err
		}
		n := numbers / 2
		if numbers%2 != 0 || n == 0 || skip > uint64(len(cs)-at) || uint64(n) > uint64(len(cs)-at)-skip {
			return fmt.Errorf("%d cells without and %d numbers after %d of %d cells", skip, numbers, at, len(cs))
		}
		at += int(skip)
		values := make([]quantity.Quantity, n)
		for k := range values {
			if values[k], err = r.quantity(); err != nil {
				return err
			}
			set(&cs[at], &values[k])
			at++
		}
	}
	return nil
}

var errEmptyColumn = fmt.Errorf("the column holds nothing and stands there")

func (r *columnReader) firmness(cs Cells) error {
	runs, err := r.count()
	if err != nil {
		return err
	}
	at, said := 0, false
	for i := range runs {
		if err := r.items(2); err != nil {
			return err
		}
		n, err := r.some(len(cs) - at)
		if err != nil {
			return err
		}
		text, err := r.text()
		if err != nil {
			return err
		}
		if i > 0 && cs[at-1].Firmness == Firmness(text) {
			return errRuns
		}
		said = said || text != ""
		for range n {
			cs[at].Firmness = Firmness(text)
			at++
		}
	}
	if at != len(cs) {
		return fmt.Errorf("runs of %d cells for %d", at, len(cs))
	}
	if !said {
		return errEmptyColumn
	}
	return nil
}

func (r *columnReader) bands(cs Cells, set func(*Cell, []Quantile)) error {
	runs, err := r.count()
	if err != nil {
		return err
	}
	at, said := 0, false
	var before []int64
	for i := range runs {
		if err := r.items(3); err != nil {
			return err
		}
		n, err := r.some(len(cs) - at)
		if err != nil {
			return err
		}
		levels, err := r.levels()
		if err != nil {
			return err
		}
		if i > 0 && sameInts(before, levels) {
			return errRuns
		}
		before, said = levels, said || len(levels) > 0
		numbers, err := r.count()
		if err != nil {
			return err
		}
		if numbers != 2*n*len(levels) {
			return fmt.Errorf("%d numbers for %d cells of %d levels", numbers, n, len(levels))
		}
		all := r.levelRoom(n * len(levels)) // one piece of memory for all cells of the run
		for range n {
			qs := all[:len(levels):len(levels)]
			all = all[len(levels):]
			for k := range qs {
				qs[k].P = levels[k]
				if qs[k].Q, err = r.quantity(); err != nil {
					return err
				}
			}
			if len(qs) > 0 {
				set(&cs[at], qs)
			}
			at++
		}
	}
	if at != len(cs) {
		return fmt.Errorf("runs of %d cells for %d", at, len(cs))
	}
	if !said {
		return errEmptyColumn
	}
	return nil
}

func (r *columnReader) levels() ([]int64, error) {
	n, err := r.count()
	if err != nil {
		return nil, err
	}
	levels := make([]int64, n)
	for i := range levels {
		if levels[i], err = r.int(); err != nil {
			return nil, err
		}
	}
	return levels, nil
}

func sameInts(a, b []int64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func (r *columnReader) quantity() (q quantity.Quantity, err error) {
	q, r.rest, err = quantity.ReadPair(r.rest)
	return q, err
}

// count reads the head of an array, of which each element takes at least a byte: so much memory it may cost.
func (r *columnReader) count() (int, error) {
	n, err := r.head(majorArray)
	if err == nil && (n > block.MaxArray || n > uint64(len(r.rest))) {
		err = fmt.Errorf("array of %d elements in %d bytes", n, len(r.rest))
	}
	return int(n), err
}

// some reads how many cells a run has: at least one, and no more than are left.
func (r *columnReader) some(left int) (int, error) {
	n, err := r.head(majorUint)
	if err == nil && (n == 0 || n > uint64(left)) {
		err = fmt.Errorf("run of %d cells where %d are left", n, left)
	}
	return int(n), err
}

// items reads the head of an array of n elements.
func (r *columnReader) items(n uint64) error {
	found, err := r.head(majorArray)
	if err == nil && found != n {
		err = fmt.Errorf("run of %d elements: want %d", found, n)
	}
	return err
}

func (r *columnReader) int() (int64, error) {
	if len(r.rest) > 0 && r.rest[0]>>5 == 1 {
		n, err := r.head(1)
		if err == nil && n > math.MaxInt64 {
			err = fmt.Errorf("integer beyond 63 bits")
		}
		return -1 - int64(n), err
	}
	n, err := r.head(majorUint)
	if err == nil && n > math.MaxInt64 {
		err = fmt.Errorf("integer beyond 63 bits")
	}
	return int64(n), err
}

func (r *columnReader) text() (string, error) {
	n, err := r.head(majorText)
	if err == nil && n > uint64(len(r.rest)) {
		err = fmt.Errorf("bytes end inside a text")
	}
	if err != nil {
		return "", err
	}
	s := string(r.rest[:n])
	r.rest = r.rest[n:]
	return s, nil
}

func (r *columnReader) name(want string) error {
	if !r.named(want) {
		return fmt.Errorf("column %s is missing or not in its place", want)
	}
	return nil
}

// named reads a name if it is the one that is next.
func (r *columnReader) named(want string) bool {
	if n := 1 + len(want); len(r.rest) >= n && r.rest[0] == majorText<<5|byte(len(want)) && string(r.rest[1:n]) == want {
		r.rest = r.rest[n:]
		return true
	}
	return false
}

// head reads the head of an item of one major type, in its shortest form.
func (r *columnReader) head(major byte) (uint64, error) {
	if len(r.rest) == 0 {
		return 0, fmt.Errorf("bytes end where an item should begin")
	}
	if r.rest[0]>>5 != major {
		return 0, fmt.Errorf("byte 0x%02x begins no item of major type %d", r.rest[0], major)
	}
	low := r.rest[0] & 0x1f
	if low < 24 {
		r.rest = r.rest[1:]
		return uint64(low), nil
	}
	size := 1 << (low - 24)
	if low > 27 || len(r.rest) < 1+size {
		return 0, fmt.Errorf("a number is cut short or malformed")
	}
	var n, least uint64
	switch b := r.rest[1:]; size {
	case 1:
		n, least = uint64(b[0]), 24
	case 2:
		n, least = uint64(binary.BigEndian.Uint16(b)), 1<<8
	case 4:
		n, least = uint64(binary.BigEndian.Uint32(b)), 1<<16
	default:
		n, least = binary.BigEndian.Uint64(b), 1<<32
	}
	if n < least {
		return 0, fmt.Errorf("a number is not in its shortest form")
	}
	r.rest = r.rest[1+size:]
	return n, nil
}
