package forecast

import (
	"encoding/binary"
	"math"

	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// Cells are the buckets of a line, each with its figures. In memory every bucket is whole; on the wire they stand in columns, because a year of weeks with five
// quantiles is three hundred numbers and, bucket by bucket, two thousand names around them:
//
//	{mean:  [m, e, m, e, ...],            mantissa and exponent of each cell's mean
//	 spans: [["2027-01-04", 7, 52], ...],  52 buckets of 7 days from that date on, each where the one before ends
//	 ordered: [[skip, [m, e, ...]], ...],  cells that state none, then quantities of the cells that follow
//	 firmness: [[cells, "FIRM"], ...],
//	 quantiles, cumulative: [[cells, [p, ...], [m, e, ...]], ...],  of so many cells: their levels, then cell by cell a quantity for each level
//	 cumulativeQuantity: as ordered}
//
// Mean and spans always stand; another column is left out where no cell has a value in it. Runs are as long as they can be, so that one list of cells has one form.
type Cells []Cell

// Names of the columns, in the order of DAG-CBOR.
const (
	columnMean        = "mean"
	columnSpans       = "spans"
	columnOrdered     = "ordered"
	columnFirmness    = "firmness"
	columnQuantiles   = "quantiles"
	columnCumulative  = "cumulative"
	columnAccumulated = "cumulativeQuantity"
)

// Major types of CBOR.
const (
	majorUint  = 0
	majorText  = 3
	majorArray = 4
	majorMap   = 5
)

// MarshalCBOR writes the columns.
func (cs Cells) MarshalCBOR() ([]byte, error) { return cs.appendTo(nil) }

func (cs Cells) appendTo(b []byte) ([]byte, error) {
	var ordered, firm, bands, chained, accumulated bool
	for i := range cs {
		c := &cs[i]
		ordered, firm, accumulated = ordered || c.Ordered != nil, firm || c.Firmness != "", accumulated || c.Accumulated != nil
		bands, chained = bands || len(c.Quantiles) > 0, chained || len(c.Cumulative) > 0
	}
	columns := uint64(2)
	for _, present := range []bool{ordered, firm, bands, chained, accumulated} {
		if present {
			columns++
		}
	}
	b = appendHead(b, majorMap, columns)
	b = appendHead(appendText(b, columnMean), majorArray, uint64(2*len(cs)))
	for i := range cs {
		b = quantity.AppendPair(b, cs[i].Mean)
	}
	b, err := cs.appendSpans(appendText(b, columnSpans))
	if err != nil {
		return nil, err
	}
	if ordered {
		b = cs.appendOptional(appendText(b, columnOrdered), func(c *Cell) *quantity.Quantity { return c.Ordered })
	}
	if firm {
		b = cs.appendFirmness(appendText(b, columnFirmness))
	}
	if bands {
		b = cs.appendBands(appendText(b, columnQuantiles), func(c *Cell) []Quantile { return c.Quantiles })
	}
	if chained {
		b = cs.appendBands(appendText(b, columnCumulative), func(c *Cell) []Quantile { return c.Cumulative })
	}
	if accumulated {
		b = cs.appendOptional(appendText(b, columnAccumulated), func(c *Cell) *quantity.Quantity { return c.Accumulated })
	}
	return b, nil
}

// runs tells how many runs there are, and how long each is: a run goes on at i where joins(i) says so.
func (cs Cells) runs(joins func(i int) bool) (lengths []int) {
	for i := range cs {
		if i > 0 && joins(i) {
			lengths[len(lengths)-1]++
		} else {
			lengths = append(lengths, 1)
		}
	}
	return lengths
}

func days(b calendar.Bucket) int { return b.End.Sub(b.Start) }

func (cs Cells) appendSpans(b []byte) ([]byte, error) {
	lengths := cs.runs(func(i int) bool { return follows(cs[i-1].Bucket, cs[i].Bucket) })
	b, at := appendHead(b, majorArray, uint64(len(lengths))), 0
	for _, n := range lengths {
		first := cs[at].Bucket
		start, err := first.Start.MarshalCBOR()
		if err != nil {
			return nil, err
		}
		for i := range cs[at : at+n] {
			if end := cs[at+i].End; !end.Valid() {
				_, err := end.MarshalCBOR()
				return nil, err
			}
		}
		b = append(appendHead(b, majorArray, 3), start...)
		b = appendHead(appendInt(b, int64(days(first))), majorUint, uint64(n))
		at += n
	}
	return b, nil
}

// follows tells whether a bucket goes on where one of the same length ends.
func follows(before, b calendar.Bucket) bool {
	return b.Start == before.End && days(b) == days(before)
}

func (cs Cells) appendOptional(b []byte, of func(*Cell) *quantity.Quantity) []byte {
	type stretch struct{ skip, from, to int }
	var all []stretch
	skip := 0
	for i := range cs {
		switch {
		case of(&cs[i]) == nil:
			skip++
		case skip == 0 && len(all) > 0:
			all[len(all)-1].to++
		default:
			all, skip = append(all, stretch{skip, i, i + 1}), 0
		}
	}
	b = appendHead(b, majorArray, uint64(len(all)))
	for _, s := range all {
		b = appendHead(appendHead(b, majorArray, 2), majorUint, uint64(s.skip))
		b = appendHead(b, majorArray, uint64(2*(s.to-s.from)))
		for i := s.from; i < s.to; i++ {
			b = quantity.AppendPair(b, *of(&cs[i]))
		}
	}
	return b
}

func (cs Cells) appendFirmness(b []byte) []byte {
	lengths := cs.runs(func(i int) bool { return cs[i].Firmness == cs[i-1].Firmness })
	b, at := appendHead(b, majorArray, uint64(len(lengths))), 0
	for _, n := range lengths {
		b = appendHead(appendHead(b, majorArray, 2), majorUint, uint64(n))
		b = appendText(b, string(cs[at].Firmness))
		at += n
	}
	return b
}

func (cs Cells) appendBands(b []byte, of func(*Cell) []Quantile) []byte {
	lengths := cs.runs(func(i int) bool { return sameLevels(of(&cs[i-1]), of(&cs[i])) })
	b, at := appendHead(b, majorArray, uint64(len(lengths))), 0
	for _, n := range lengths {
		levels := of(&cs[at])
		b = appendHead(appendHead(b, majorArray, 3), majorUint, uint64(n))
		b = appendHead(b, majorArray, uint64(len(levels)))
		for _, q := range levels {
			b = appendInt(b, q.P)
		}
		b = appendHead(b, majorArray, uint64(2*n*len(levels)))
		for i := at; i < at+n; i++ {
			for _, q := range of(&cs[i]) {
				b = quantity.AppendPair(b, q.Q)
			}
		}
		at += n
	}
	return b
}

func sameLevels(a, b []Quantile) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].P != b[i].P {
			return false
		}
	}
	return true
}

func appendInt(b []byte, n int64) []byte {
	if n < 0 {
		return appendHead(b, 1, uint64(-1-n))
	}
	return appendHead(b, majorUint, uint64(n))
}

func appendText(b []byte, s string) []byte {
	return append(appendHead(b, majorText, uint64(len(s))), s...)
}

// appendHead writes the head of a CBOR item in its shortest form.
func appendHead(b []byte, major byte, n uint64) []byte {
	major <<= 5
	switch {
	case n < 24:
		return append(b, major|byte(n))
	case n <= math.MaxUint8:
		return append(b, major|24, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(b, major|25), uint16(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(b, major|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, major|27), n)
}
