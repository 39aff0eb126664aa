package forecast

import (
	"bytes"
	"fmt"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
)

// A row of a forecast is nearly all buckets. They are written and read by themselves, in one pass over their columns, and the few fields around them as those of any
// document: the bytes are the same as if the whole went through block.Marshal and block.Unmarshal.
var (
	_ artifact.RowWriter = Line{}
	_ artifact.RowReader = (*Line)(nil)
)

const bucketsField = "buckets"

var noBuckets = mustColumns(nil)

func mustColumns(cs Cells) []byte {
	data, err := cs.appendTo(nil)
	if err != nil {
		panic("invariant: no buckets can be written: " + err.Error())
	}
	return data
}

// WriteRow writes the bytes of the line's row.
func (l Line) WriteRow() ([]byte, error) {
	cells := l.Buckets
	l.Buckets = nil
	rest, err := block.Marshal(l)
	if err != nil {
		return nil, err
	}
	from, to, found, err := block.Field(rest, bucketsField)
	if err != nil || !found {
		return nil, fmt.Errorf("line without its field %s: %w", bucketsField, err)
	}
	figures := 0
	for _, c := range cells {
		figures += 2 + len(c.Quantiles) + len(c.Cumulative)
	}
	row := append(make([]byte, 0, len(rest)+5*figures+64), rest[:from]...)
	if row, err = cells.appendTo(row); err != nil {
		return nil, err
	}
	return append(row, rest[to:]...), nil
}

// ReadRow reads what WriteRow writes and refuses every other form. On error the line is empty.
func (l *Line) ReadRow(data []byte) error {
	*l = Line{}
	from, to, found, err := block.Field(data, bucketsField)
	if err != nil {
		return err
	}
	if !found {
		return &block.Error{Code: block.CodeShape, Offset: -1, Text: "a line has no " + bucketsField}
	}
	var read Line
	if err := block.Unmarshal(bytes.Join([][]byte{data[:from], noBuckets, data[to:]}, nil), &read); err != nil {
		return err
	}
	if buckets := data[from:to]; listed(buckets) {
		read.Buckets, err = readListed(buckets)
	} else {
		err = read.Buckets.UnmarshalCBOR(buckets)
	}
	if err != nil {
		return &block.Error{Code: block.CodeShape, Offset: from, Text: "read the buckets of a line", Cause: err}
	}
	*l = read
	return nil
}
