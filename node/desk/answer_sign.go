package desk

import (
	"fmt"
	"strings"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/identity"
	"kontor/protocol/partnership"
)

// AnswerForm is what a desk or an officer signs for an answer beyond the bands: filled in by the node, rendered and signed by the signer's own program.
type AnswerForm struct {
	Needed bool                `json:"needed"` // false: nothing moved beyond the bands, and the desk answers without a signature
	Sign   protocol.AnswerSign `json:"sign"`
	At     int64               `json:"at"`   // when the answer was made, ms UTC; it goes back with the signature
	Text   string              `json:"text"` // what is answered, in words
}

// SignedAnswer is such a form signed.
type SignedAnswer struct {
	At     int64           `cbor:"at"`
	Signed protocol.Signed `cbor:"signed"`
}

// answerAge is how long a made answer may wait for its signature: a person reads it and types a passphrase.
const answerAge = 60 * 60 * 1000

// PrepareAnswer fills in the form for the answer that would be shared now.
func (d *Desk) PrepareAnswer(with string, reasons []string) (form AnswerForm, err error) {
	p, err := d.Partner(with, partnership.RoleSeller)
	if err != nil {
		return form, err
	}
	form.At = d.node.Now()
	made, err := d.answer(p, form.At, reasons)
	if err != nil || made.beyond == nil {
		return form, err
	}
	policy, err := d.policy(capacity.Input{})
	if err != nil {
		return form, err
	}
	worth, known, err := made.beyond.worth(policy.Prices, calendar.DateOf(form.At))
	if err != nil {
		return form, err
	}
	products := made.beyond.movedProducts()
	if !known {
		return form, node.Failf("NO_PRICE", "the moves of %s can't be valued in one currency, and a mandate is bounded by value; say what a unit is worth: kontor price import FILE", strings.Join(products, ", "))
	}
	form.Needed = true
	form.Sign = protocol.AnswerSign{PID: p.PID, Answer: made.root.CID, Forecast: made.answer.Forecast, Products: products,
		Value: identity.Amount{Minor: worth.Minor, Currency: string(worth.Currency)}}
	form.Text = fmt.Sprintf("%s of %s moved beyond the bands of %s, worth %s; asked %s, committed %s", node.Count(len(made.beyond.cells), "cell"), strings.Join(products, ", "),
		made.beyond.contract.Contract, worth, made.out.Asked, made.out.Committed)
	return form, nil
}

// readAnswerSign opens what came back.
func readAnswerSign(data []byte) (form *protocol.AnswerSign, body *block.Block, at int64, err error) {
	var s SignedAnswer
	var a protocol.AnswerSign
	if err := block.Unmarshal(data, &s); err != nil {
		return nil, nil, 0, node.Failf("BAD_SIGNATURE", "the signed form does not decode: %v", err)
	}
	if err := block.Unmarshal(s.Signed.Document, &a); err != nil {
		return nil, nil, 0, node.Failf("BAD_SIGNATURE", "the signed document does not decode: %v", err)
	}
	b, err := block.New(s.Signed)
	return &a, &b, s.At, err
}

// answered is the receipt of an answer that stands already: a signed command that is said again.
func (d *Desk) answered(p *node.Partnership, root block.CID) (out AnswerResult, done bool, err error) {
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		row, held, err := r.Version(root)
		if err != nil || !held {
			return err
		}
		a, err := r.Answer(root)
		done = err == nil
		out.Shared = Shared{CID: root, Entry: row.Entry, With: d.PartnerName(p), Revision: row.Revision, Series: len(a.Lines), Unchanged: true}
		return err
	})
	return out, done, err
}

// beyondFailure says what an answer beyond the bands needs.
func (d *Desk) beyondFailure(p *node.Partnership, b *beyond) error {
	return node.Failf("MANDATE_NEEDED", "the forecast of %s moved beyond the bands of %s in %s (%s): a node answers inside them, a desk beyond them with a mandate's key, above the mandate an officer: kontor forecast answer --key-file FILE",
		d.PartnerName(p), b.contract.Contract, node.Count(len(b.cells), "cell"), strings.Join(b.movedProducts(), ", "))
}
