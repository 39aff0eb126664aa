package forecast

import (
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
	h := head{d.Header, d.Purpose, d.WeekScheme, d.AnswerDue, d.OnNoAnswer, d.Consumption, d.Method, d.Contributors, d.Emission, d.Fences}
	return artifact.ToSheet(Type, seriesKey, h, d.Lines)
}

// FromSheet reads what ToSheet writes, with the lines in order of their keys. It refuses what is no forecast at
// all; whether a forecast may come into force is Check's to say. On error the document is empty.
func FromSheet(s block.Sheet) (Document, error) {
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
