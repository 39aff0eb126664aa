package desk

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"kontor/crypto/keys"
	"kontor/crypto/sign"
	"kontor/node"
	"kontor/node/intake"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
	"kontor/protocol/provenance"
	"kontor/protocol/quantity"
)

// GuestRecord is what is recorded for a partner without a node.
type GuestRecord struct {
	Number    int64               `json:"number"`
	Guest     string              `json:"guest"`
	Kind      intake.Kind         `json:"kind"`
	T         int64               `json:"t"` // ms UTC
	Grade     artifact.Grade      `json:"grade"`
	Evidence  string              `json:"evidence"` // the grade in words
	Source    artifact.Provenance `json:"provenance"`
	Cells     int                 `json:"cells"`
	Empty     int                 `json:"empty,omitempty"`
	Asked     quantity.Quantity   `json:"asked"`
	Given     quantity.Quantity   `json:"given"`
	Accepted  int                 `json:"accepted"`
	Countered int                 `json:"countered"`
	Newest    bool                `json:"newest"` // of its guest and kind
}

// GuestShown is a record with what it says.
type GuestShown struct {
	GuestRecord
	Lines    []GuestLine        `json:"lines"`
	Answer   *capacity.Answer   `json:"answer,omitempty"`
	Forecast *forecast.Document `json:"forecast,omitempty"`
}

// GuestLine is one period of a record: what was asked for beside what came back.
type GuestLine struct {
	Product string                `json:"product"`
	Region  string                `json:"region,omitempty"`
	Period  string                `json:"period"`
	Unit    quantity.Unit         `json:"unit"`
	Asked   quantity.Quantity     `json:"asked"`
	Given   quantity.Quantity     `json:"given"`
	Short   quantity.Quantity     `json:"short"` // 0 where all that was asked for is given
	Date    string                `json:"date,omitempty"`
	Late    bool                  `json:"late,omitempty"` // the date lies after the period
	Reason  capacity.CommitReason `json:"reason,omitempty"`
	Note    string                `json:"note,omitempty"`
}

// GuestQuery names a record.
type GuestQuery struct {
	Number int64 `json:"number"`
}

func (r guestRecord) view() GuestRecord {
	typ := capacity.AnswerType
	if r.Kind == intake.Forecast {
		typ = forecast.Type
	}
	h := r.header(typ)
	grade, says := provenance.Grade(h.Evidence, false, nil)
	return GuestRecord{Number: r.Number, Guest: r.Guest, Kind: r.Kind, T: r.T, Grade: grade, Evidence: says, Source: h.Provenance, Cells: r.Cells, Empty: r.Empty,
		Asked: r.Asked, Given: r.Given, Accepted: r.Accepted, Countered: r.Countered}
}

// Guests lists what is recorded for partners without a node, the newest first.
func (d *Desk) Guests() ([]GuestRecord, error) {
	out := []GuestRecord{}
	return out, d.node.ReadPrivate(func(p node.PrivateRows) error {
		all, err := scanRows[guestRecord](p, guestRecords)
		seen := map[string]bool{}
		out = out[:0]
		for _, r := range slices.Backward(all) {
			v := r.view()
			v.Newest = !seen[r.Guest+"\x00"+string(r.Kind)]
			seen[r.Guest+"\x00"+string(r.Kind)] = true
			out = append(out, v)
		}
		return err
	})
}

// guest reads one record.
func (d *Desk) guest(number int64) (rec guestRecord, cells []guestCell, err error) {
	return rec, cells, d.node.ReadPrivate(func(p node.PrivateRows) error {
		found, err := p.Get(guestKey(guestRecords, number), &rec)
		if err == nil && !found {
			err = node.Failf("NO_SUCH_RECORD", "nothing is recorded under the number %d; kontor guest list shows what is", number)
		}
		if err == nil {
			cells, err = readPieces[guestCell](p, guestKey(guestCells, number)+"/")
		}
		return err
	})
}

// GuestShow shows a record: what was asked for, what came back, and the document it stands for, of evidence grade C.
func (d *Desk) GuestShow(in GuestQuery, sees func(product, region string) bool) (out GuestShown, err error) {
	rec, cells, err := d.guest(in.Number)
	if err != nil {
		return out, err
	}
	out.GuestRecord, out.Lines = rec.view(), []GuestLine{}
	cells = slices.DeleteFunc(cells, func(c guestCell) bool { return !sees(c.Product, c.Region) })
	for _, c := range cells {
		l := GuestLine{Product: c.Product, Region: c.Region, Period: c.Bucket.String(), Unit: c.Unit, Asked: c.Asked, Given: c.Given, Late: c.late(), Reason: c.Reason, Note: c.Note}
		if c.Date != 0 {
			l.Date = c.Date.String()
		}
		if c.Given.Less(c.Asked) {
			if l.Short, err = c.Asked.Sub(c.Given); err != nil {
				return out, err
			}
		}
		out.Lines = append(out.Lines, l)
	}
	if rec.Kind == intake.Forecast {
		doc := rec.forecast(cells)
		out.Forecast = &doc
	} else {
		doc := rec.answer(cells)
		out.Answer = &doc
	}
	return out, nil
}

// receiptKind labels the signature under a receipt.
const receiptKind = "guest-receipt"

// Receipt is what a guest gets for its answer: signed by the node that recorded it, so that both can show what was received.
type Receipt struct {
	Body      string `json:"body"`      // JSON of a ReceiptBody: the bytes that are signed
	Key       string `json:"key"`       // of the node
	Signature string `json:"signature"` // hexadecimal, Ed25519 over the labelled body
}

// ReceiptBody says what was received.
type ReceiptBody struct {
	Company  block.CID         `json:"company"`
	Name     string            `json:"name"`
	Guest    string            `json:"guest"`
	Kind     intake.Kind       `json:"kind"`
	Number   int64             `json:"number"`
	Template string            `json:"template"`
	File     string            `json:"file"` // sha256:... of the file as it was received
	T        int64             `json:"t"`    // ms UTC
	Role     string            `json:"role"` // who recorded it
	Grade    artifact.Grade    `json:"grade"`
	Cells    int               `json:"cells"`
	Asked    quantity.Quantity `json:"asked"`
	Given    quantity.Quantity `json:"given"`
}

// GuestReceipt signs what was received from a guest.
func (d *Desk) GuestReceipt(in GuestQuery) (out Receipt, err error) {
	rec, _, err := d.guest(in.Number)
	if err != nil {
		return out, err
	}
	body, err := json.Marshal(ReceiptBody{Company: d.node.Company(), Name: d.node.CompanyName(d.node.Company()), Guest: rec.Guest, Kind: rec.Kind, Number: rec.Number, Template: rec.Template,
		File: "sha256:" + hex.EncodeToString(rec.Hash[:]), T: rec.T, Role: rec.Role, Grade: artifact.GradeC, Cells: rec.Cells, Asked: rec.Asked, Given: rec.Given})
	if err != nil {
		return out, err
	}
	key, signature := d.node.SignReceipt(receiptKind, body)
	return Receipt{string(body), hex.EncodeToString(key[:]), hex.EncodeToString(signature)}, nil
}

// CheckReceipt verifies a receipt, and against the file that was sent where it is given. It needs no node. What it can't know is whose the key is: that is asked of the company.
func CheckReceipt(data, file []byte) (body ReceiptBody, key keys.Public, err error) {
	var r Receipt
	if err := readJSON(data, &r); err != nil {
		return body, key, err
	}
	if key, err = keys.ParsePublic(r.Key); err != nil {
		return body, key, node.Failf("VERIFY_FAILED", "the receipt's key: %v", err)
	}
	signature, err := hex.DecodeString(r.Signature)
	if err != nil {
		return body, key, node.Failf("VERIFY_FAILED", "the receipt's signature is no hexadecimal: %v", err)
	}
	if err := sign.Verify(key, receiptKind, []byte(r.Body), signature); err != nil {
		return body, key, node.Failf("VERIFY_FAILED", "the receipt was not signed by its key, or was changed: %v", err)
	}
	if err := json.Unmarshal([]byte(r.Body), &body); err != nil {
		return body, key, node.Failf("VERIFY_FAILED", "what was signed is no receipt: %v", err)
	}
	if file != nil {
		sum := sha256.Sum256(file)
		if is := "sha256:" + hex.EncodeToString(sum[:]); is != body.File {
			return body, key, node.Failf("VERIFY_FAILED", "the receipt is of another file: %s, and this one is %s", body.File, is)
		}
	}
	return body, key, nil
}
