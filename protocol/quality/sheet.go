package quality

import (
	"kontor/protocol/artifact"
	"kontor/protocol/block"
)

// head and row are the stored form: what a report holds is rows of one sheet.
type head struct {
	Header  artifact.Header `cbor:"header"`
	Salt    []byte          `cbor:"salt"`
	Service ServiceRule     `cbor:"service"`
}

type row struct {
	Measure   *Measure   `cbor:"measure,omitempty"`
	Complaint *Complaint `cbor:"complaint,omitempty"`
	Case      *Case      `cbor:"case,omitempty"`
	Block     *Block     `cbor:"block,omitempty"`
	Audit     *Audit     `cbor:"audit,omitempty"`
}

// parts are the things a row holds, as their keys.
func (r row) parts() (keys []string) {
	if r.Measure != nil {
		keys = append(keys, r.Measure.Key())
	}
	if r.Complaint != nil {
		keys = append(keys, r.Complaint.Key())
	}
	if r.Case != nil {
		keys = append(keys, r.Case.Key())
	}
	if r.Block != nil {
		keys = append(keys, r.Block.Key())
	}
	if r.Audit != nil {
		keys = append(keys, r.Audit.Key())
	}
	return keys
}

// Key is that of the one thing the row holds; a row of several or none has no key and is refused.
func (r row) Key() string {
	if keys := r.parts(); len(keys) == 1 {
		return keys[0]
	}
	return ""
}

func (d Document) rows() []row {
	rows := make([]row, 0, len(d.Measures)+len(d.Complaints)+len(d.Cases)+len(d.Blocks)+len(d.Audits))
	for i := range d.Measures {
		rows = append(rows, row{Measure: &d.Measures[i]})
	}
	for i := range d.Complaints {
		rows = append(rows, row{Complaint: &d.Complaints[i]})
	}
	for i := range d.Cases {
		rows = append(rows, row{Case: &d.Cases[i]})
	}
	for i := range d.Blocks {
		rows = append(rows, row{Block: &d.Blocks[i]})
	}
	for i := range d.Audits {
		rows = append(rows, row{Audit: &d.Audits[i]})
	}
	return rows
}

// ToSheet writes the report as a sheet of keyed rows, whatever the order of its parts.
func ToSheet(d Document, seriesKey [32]byte) (block.Sheet, error) {
	return artifact.ToSheet(Type, seriesKey, head{d.Header, d.Salt, d.Service}, d.rows())
}

// FromSheet reads what ToSheet writes, each part in order of its keys. It refuses what is no report at all; whether
// one may come into force is Check's to say. On error the document is empty.
func FromSheet(s block.Sheet) (Document, error) {
	h, rows, err := artifact.FromSheet[head, row](s, Type, 5*MaxRows)
	if err != nil {
		return Document{}, err
	}
	d := Document{Header: h.Header, Salt: h.Salt, Service: h.Service}
	for _, r := range rows {
		switch {
		case r.Measure != nil:
			d.Measures = append(d.Measures, *r.Measure)
		case r.Complaint != nil:
			d.Complaints = append(d.Complaints, *r.Complaint)
		case r.Case != nil:
			d.Cases = append(d.Cases, *r.Case)
		case r.Block != nil:
			d.Blocks = append(d.Blocks, *r.Block)
		default:
			d.Audits = append(d.Audits, *r.Audit)
		}
	}
	return d, nil
}
