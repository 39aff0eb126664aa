package forecast

import (
	"fmt"
	"slices"

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
