package protocol

import (
	"kontor/crypto/keys"
	"kontor/protocol/block"
)

// Record is a small document that both sides sign with an officer's or a desk's key: a delivery confirmed, a figure
// acknowledged. It reaches evidence grade A (practice T11) when the other side countersigned it.
type Record struct {
	PID   block.CID  `cbor:"pid"`
	Type  string     `cbor:"type"`
	Text  []byte     `cbor:"text,omitempty"` // the content, in the first signature
	Of    *block.CID `cbor:"of,omitempty"`   // the entry countersigned, in the second
	Label string     `cbor:"label"`
}

// RecordRow is a record and who signed it.
type RecordRow struct {
	Author  block.CID  `cbor:"author"`
	Type    string     `cbor:"type"`
	Body    block.CID  `cbor:"body"`
	Counter *block.CID `cbor:"counter,omitempty"` // entry of the countersignature
}

func recordKey(entry block.CID) string { return "record/" + entry.String() }

func applyRecord(f *fold) ([]string, error) {
	var s Signed
	if block.Unmarshal(f.body, &s) != nil {
		return []string{codeBody}, nil
	}
	var rec Record
	if code := f.open(s, RecordSignature, &rec); code != "" {
		return []string{code}, nil
	}
	if rec.PID != f.replica.PID {
		return []string{codeBody}, nil
	}
	if code, err := f.maySignRecord(s.Key); err != nil || code != "" {
		return nonEmpty(code), err
	}
	if rec.Of == nil {
		return nil, put(f.rows, recordKey(f.entry.CID), RecordRow{Author: f.author.Company, Type: rec.Type, Body: *f.entry.Header.Body})
	}
	var row RecordRow
	found, err := get(f.rows, recordKey(*rec.Of), &row)
	if err != nil {
		return nil, err
	}
	if !found || row.Author == f.author.Company || row.Counter != nil {
		return []string{codeNoRecord}, nil
	}
	counter := f.entry.CID
	row.Counter = &counter
	return nil, put(f.rows, recordKey(*rec.Of), row)
}

// maySignRecord admits an officer's key, and a desk's whose mandate names records. A record has neither product nor value: a mandate's bounds on
// those say nothing about it, its kinds do.
func (f *fold) maySignRecord(key []byte) (code string, err error) {
	if _, officer := f.view.Key(key, keys.Role, f.entry.Header.T); officer {
		return "", nil
	}
	_, code, err = f.mandate(key, KindRecord)
	if code == codeMandate {
		code = codeRoleKey // neither an officer nor a desk of this company
	}
	return code, err
}
