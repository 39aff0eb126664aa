package performance

import (
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/measure"
)

// head is the stored form of what stands above the cells.
type head struct {
	Header   artifact.Header     `cbor:"header"`
	Window   calendar.Bucket     `cbor:"window"`
	Closed   bool                `cbor:"closed,omitempty"`
	Delivery []measure.Parameter `cbor:"delivery,omitempty"`
}

// ToSheet writes the report as a sheet of keyed cells, whatever their order.
func ToSheet(d Document, seriesKey [32]byte) (block.Sheet, error) {
	return artifact.ToSheet(Type, seriesKey, head{d.Header, d.Window, d.Closed, d.Delivery}, d.Cells)
}

// FromSheet reads what ToSheet writes, cells in order of their keys. It refuses what is no report at all; whether one
// may come into force is Check's to say. On error the document is empty.
func FromSheet(s block.Sheet) (Document, error) {
	h, cells, err := artifact.FromSheet[head, Cell](s, Type, MaxCells)
	if err != nil {
		return Document{}, err
	}
	return Document{Header: h.Header, Window: h.Window, Closed: h.Closed, Delivery: h.Delivery, Cells: cells}, nil
}
