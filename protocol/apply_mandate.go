package protocol

import (
	"slices"

	"kontor/crypto/keys"
	"kontor/crypto/sign"
	"kontor/protocol/block"
	"kontor/protocol/exception"
	"kontor/protocol/identity"
)

// Labels of what officers and desks sign by themselves.
const (
	MandateSignature       = "mandate"
	MandateRevokeSignature = "mandate-revoke"
	ExceptionSignature     = "exception-close"
	AnswerSignature        = "answer-sign"
	RecordSignature        = "record"
)

// Signed is a document an officer or a desk signed with a key of its own, carried by an entry of its company.
type Signed struct {
	Document []byte `cbor:"doc"`
	Key      []byte `cbor:"key"`
	Sig      []byte `cbor:"sig"`
}

// SignDocument signs a document for an entry to carry.
func SignDocument(key keys.Private, label string, doc any) (Signed, error) {
	data, err := block.Marshal(doc)
	if err != nil {
		return Signed{}, err
	}
	pub := key.Public()
	return Signed{Document: data, Key: pub[:], Sig: sign.Sign(key, label, data)}, nil
}

// open verifies the signature and decodes the document; false for either failing.
func (f *fold) open(s Signed, label string, into any) (code string) {
	if code := f.replica.signatures.verify(label, s); code != "" {
		return code
	}
	if block.Unmarshal(s.Document, into) != nil {
		return codeBody
	}
	return ""
}

// MandateKinds are the acts a mandate can let a desk do. A mandate that names others is taken, and allows nothing by them.
var MandateKinds = []string{KindExceptionClose, KindAnswerSign, KindRecord, KindDispute}

// Mandate lets a desk act for its company inside bounds an officer set (practice T4).
type Mandate struct {
	PID      block.CID       `cbor:"pid"`
	Key      []byte          `cbor:"key"`    // the desk's Ed25519 key
	Holder   string          `cbor:"holder"` // the desk, never a person's name
	Kinds    []string        `cbor:"kinds"`  // acts it may do, of MandateKinds
	Products []string        `cbor:"products"`
	Limit    identity.Amount `cbor:"limit"` // per act that has a value
	From     int64           `cbor:"from"`
	Until    int64           `cbor:"until"`
}

// MandateRow is a mandate and where it came from.
type MandateRow struct {
	Mandate
	Company block.CID `cbor:"company"`
	Officer []byte    `cbor:"officer"` // the role key that granted it: the mandate falls with that key
	Role    string    `cbor:"role"`
	Entry   block.CID `cbor:"entry"`
	Revoked bool      `cbor:"revoked"`
}

// MaxMandates bounds a company's mandates in force in one partnership (PROTOCOL 9): each grant counts them.
const MaxMandates = 64

// mandatesFull tells whether the author has as many mandates in force at this entry as it may.
func (f *fold) mandatesFull() (bool, error) {
	n := 0
	err := scanRows(f.rows, mandatePrefix(f.author.Company), func(_ string, row MandateRow) error {
		if _, ok := f.view.Key(row.Officer, keys.Role, 0); ok && !row.Revoked && f.entry.Header.T <= row.Until {
			n++
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	rules, _, err := f.rules()
	return n >= rules.Mandates, err
}

func mandatePrefix(company block.CID) string { return "mandate/" + company.String() + "/" }

func mandateKey(company block.CID, key []byte) string {
	var pub keys.Public
	copy(pub[:], key)
	return mandatePrefix(company) + string(pub.ID())
}

func applyMandateGrant(f *fold) ([]string, error) {
	var s Signed
	if block.Unmarshal(f.body, &s) != nil {
		return []string{codeBody}, nil
	}
	var m Mandate
	if code := f.open(s, MandateSignature, &m); code != "" {
		return []string{code}, nil
	}
	cert, ok := f.view.Key(s.Key, keys.Role, f.entry.Header.T)
	if !ok {
		return []string{codeRoleKey}, nil
	}
	if _, err := keys.AdmitPublic(m.Key); err != nil || m.PID != f.replica.PID || m.Until <= m.From || len(m.Kinds) == 0 {
		return []string{codeBody}, nil
	}
	if cert.Limit != nil && (cert.Limit.Currency != m.Limit.Currency || m.Limit.Minor > cert.Limit.Minor) {
		return []string{codeLimit}, nil
	}
	if f.view.Names(m.Key) {
		return []string{codeMandateKey}, nil
	}
	key := mandateKey(f.author.Company, m.Key)
	if _, exists, err := f.rows.Get(key); err != nil {
		return nil, err
	} else if exists {
		return []string{codeMandateKnown}, nil
	}
	if full, err := f.mandatesFull(); err != nil || full {
		return []string{codeMandateMany}, err
	}
	return nil, put(f.rows, key, MandateRow{Mandate: m, Company: f.author.Company, Officer: s.Key, Role: cert.Role, Entry: f.entry.CID})
}

// MandateRevocation ends a mandate.
type MandateRevocation struct {
	PID block.CID `cbor:"pid"`
	Key []byte    `cbor:"key"`
}

func applyMandateRevoke(f *fold) ([]string, error) {
	var s Signed
	if block.Unmarshal(f.body, &s) != nil {
		return []string{codeBody}, nil
	}
	var rev MandateRevocation
	if code := f.open(s, MandateRevokeSignature, &rev); code != "" {
		return []string{code}, nil
	}
	if _, ok := f.view.Key(s.Key, keys.Role, f.entry.Header.T); !ok {
		return []string{codeRoleKey}, nil
	}
	var row MandateRow
	found, err := get(f.rows, mandateKey(f.author.Company, rev.Key), &row)
	if err != nil {
		return nil, err
	}
	if !found || rev.PID != f.replica.PID {
		return []string{codeMandate}, nil
	}
	row.Revoked = true
	return nil, put(f.rows, mandateKey(f.author.Company, rev.Key), row)
}

// mandate finds the mandate by which a desk key may do an act of a kind at this entry, or the code that refuses it.
func (f *fold) mandate(key []byte, kind string) (row MandateRow, code string, err error) {
	found, err := get(f.rows, mandateKey(f.author.Company, key), &row)
	if err != nil {
		return row, "", err
	}
	if !found || row.Revoked {
		return row, codeMandate, nil
	}
	if _, ok := f.view.Key(row.Officer, keys.Role, 0); !ok {
		return row, codeMandate, nil
	}
	if t := f.entry.Header.T; t < row.From || t > row.Until {
		return row, codeMandateTime, nil
	}
	if !slices.Contains(row.Kinds, kind) {
		return row, codeMandateScope, nil
	}
	return row, "", nil
}

// covers checks what an act is about against the mandate's bounds. An act that names no product may be about any: it passes only a mandate
// for all products.
func (m Mandate) covers(products []string, value identity.Amount) (code string) {
	if len(m.Products) > 0 {
		if len(products) == 0 {
			return codeMandateScope
		}
		for _, p := range products {
			if !slices.Contains(m.Products, p) {
				return codeMandateScope
			}
		}
	}
	if value.Minor < 0 || value.Minor > m.Limit.Minor || value.Currency != m.Limit.Currency {
		return codeMandateLimit
	}
	return ""
}

// ExceptionClose is what a desk signs when it closes an exception inside its mandate. Products and value are the closing side's own word: open
// exceptions are computed, not written, so no rule can compare. Both sides show the value they compute beside the one claimed.
type ExceptionClose struct {
	PID        block.CID       `cbor:"pid"`
	Exception  string          `cbor:"exception"`  // exception.ID, 32 hexadecimal digits
	Resolution string          `cbor:"resolution"` // a UBL ResolutionCode, see artifacts.md B6
	Note       string          `cbor:"note"`
	Products   []string        `cbor:"products"`
	Value      identity.Amount `cbor:"value"` // value at risk as the closing side computed it
}

// ExceptionRow is a closed exception. Open ones are computed from the artifacts in force and need no row.
type ExceptionRow struct {
	ExceptionClose
	By    block.CID `cbor:"by"`
	Entry block.CID `cbor:"entry"`
	T     int64     `cbor:"t"`
}

func exceptionKey(id string) string { return "exception/" + id }

func applyExceptionClose(f *fold) ([]string, error) {
	var s Signed
	if block.Unmarshal(f.body, &s) != nil {
		return []string{codeBody}, nil
	}
	var c ExceptionClose
	if code := f.open(s, ExceptionSignature, &c); code != "" {
		return []string{code}, nil
	}
	// One exception has one name: in another form it could be closed twice.
	if id, err := exception.ParseID(c.Exception); err != nil || id.String() != c.Exception || c.PID != f.replica.PID {
		return []string{codeBody}, nil
	}
	row, code, err := f.mandate(s.Key, KindExceptionClose)
	if err == nil && code == "" {
		code = row.covers(c.Products, c.Value)
	}
	if err != nil || code != "" {
		return nonEmpty(code), err
	}
	if _, closed, err := f.rows.Get(exceptionKey(c.Exception)); err != nil {
		return nil, err
	} else if closed {
		return []string{codeClosed}, nil
	}
	return nil, put(f.rows, exceptionKey(c.Exception), ExceptionRow{ExceptionClose: c, By: f.author.Company, Entry: f.entry.CID, T: f.entry.Header.T})
}

func nonEmpty(code string) []string {
	if code == "" {
		return nil
	}
	return []string{code}
}
