package forecast

import (
	"fmt"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
)

// head is the first part of the stored form: the header and the document's own fields.
type head struct {
	Header       artifact.Header `cbor:"header"`
	Purpose      Purpose         `cbor:"forecastPurpose"`
	WeekScheme   WeekScheme      `cbor:"weekScheme,omitempty"`
	AnswerDue    int64           `cbor:"answerDue,omitzero"`
	OnNoAnswer   OnNoAnswer      `cbor:"onNoAnswer,omitempty"`
	Consumption  Consumption     `cbor:"consumption,omitzero"`
	Method       Method          `cbor:"method"`
	Contributors int64           `cbor:"contributors,omitzero"`
	Emission     *Emission       `cbor:"emission,omitempty"`
	Fences       []Fence         `cbor:"timeFences,omitempty"`
}

// ToSheet writes the document as a sheet of keyed rows, one per line. The order of the lines is irrelevant; two
// lines with one key are an error.
func ToSheet(d Document, seriesKey [32]byte) (block.Sheet, error) {
	rows, err := Rows(d.Lines)
	if err != nil {
		return block.Sheet{}, err
	}
	return SheetOf(d, seriesKey, rows)
}

// Rows writes lines as rows, which callers may share out among processors.
func Rows(lines []Line) ([]block.Row, error) { return artifact.Rows(Type, lines) }

// SheetOf is ToSheet with the rows of the document's lines, in any order.
func SheetOf(d Document, seriesKey [32]byte, rows []block.Row) (block.Sheet, error) {
	h := head{d.Header, d.Purpose, d.WeekScheme, d.AnswerDue, d.OnNoAnswer, d.Consumption, d.Method, d.Contributors, d.Emission, d.Fences}
	s, err := artifact.SheetOf(Type, seriesKey, h, rows)
	if err == nil {
		err = checkSize(s)
	}
	if err != nil {
		return block.Sheet{}, err
	}
	return s, nil
}

// Bounds of a whole forecast. Columns are read into some fifty times their bytes at worst, so that what may be read is bounded before it is: by its rows' bytes and, where those
// could hold so many, by its buckets.
const (
	MaxBytes = 64 << 20
	MaxCells = MaxLines * 52

	countedBytes = 4 << 20 // fewer hold no more than two million buckets
)

func checkSize(s block.Sheet) error {
	size, cells := 0, 0
	for _, row := range s.Rows {
		size += len(row.Value)
	}
	if size > MaxBytes {
		return artifact.Finding{Code: artifact.CodeForm, Path: "lines", Text: fmt.Sprintf("lines of %d bytes are more than %d; share fewer products, or a shorter horizon", size, MaxBytes)}
	}
	if size < countedBytes {
		return nil
	}
	for _, row := range s.Rows {
		from, to, found, err := block.Field(row.Value, bucketsField)
		if err != nil || !found || listed(row.Value[from:]) {
			continue // refused when it is read, or no smaller than what is made of it
		}
		r := columnReader{rest: row.Value[from:to]}
		if _, err := r.head(majorMap); err != nil || !r.named(columnMean) {
			continue
		}
		n, err := r.count()
		if err != nil {
			continue
		}
		if cells += n / 2; cells > MaxCells {
			return artifact.Finding{Code: artifact.CodeForm, Path: "lines", Text: fmt.Sprintf("the lines have more than %d buckets; share fewer products, or a shorter horizon", MaxCells)}
		}
	}
	return nil
}

// FromSheet reads what ToSheet writes, with the lines in order of their keys. It refuses what is no forecast at
// all; whether a forecast may come into force is Check's to say. On error the document is empty.
func FromSheet(s block.Sheet) (Document, error) {
	if err := checkSize(s); err != nil {
		return Document{}, err
	}
	h, lines, err := artifact.FromSheet[head, Line](s, Type, MaxLines)
	if err != nil {
		return Document{}, err
	}
	d := h.document()
	d.Lines = lines
	return d, nil
}

// document is the head as a document without lines.
func (h head) document() Document {
	return Document{h.Header, h.Purpose, h.WeekScheme, h.AnswerDue, h.OnNoAnswer, h.Consumption, h.Method, h.Contributors, h.Emission, h.Fences, nil}
}

// HeaderOf reads the header of a forecast without its lines.
func HeaderOf(s block.Sheet) (artifact.Header, error) {
	var h head
	if s.Type != Type {
		return h.Header, artifact.Finding{Code: artifact.CodeType, Path: "type", Text: "sheet is " + artifact.Clip(s.Type) + " where a forecast is read"}
	}
	err := block.Unmarshal(s.Head, &h)
	return h.Header, err
}
