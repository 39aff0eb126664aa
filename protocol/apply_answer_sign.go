package protocol

import (
	"kontor/crypto/keys"
	"kontor/protocol/block"
	"kontor/protocol/identity"
)

// AnswerSign is what a desk, or an officer, signs for an answer to a forecast that moved beyond the bands both companies agreed on (practice T4): a node
// answers by itself only inside them. Products and value are the signer's own word, as those of [ExceptionClose] are; both nodes compute the value of the
// moves and show it beside the one claimed.
type AnswerSign struct {
	PID      block.CID       `cbor:"pid" json:"pid"`
	Answer   block.CID       `cbor:"answer" json:"answer"`     // root of the answer, which its author shares after this entry
	Forecast block.CID       `cbor:"forecast" json:"forecast"` // the revision that is answered
	Products []string        `cbor:"products" json:"products"` // that moved beyond the bands
	Value    identity.Amount `cbor:"value" json:"value"`       // of those moves
}

// AnswerSignRow is the signature an answer rests on.
type AnswerSignRow struct {
	AnswerSign
	By     block.CID `cbor:"by" json:"by"`
	Holder string    `cbor:"holder" json:"holder"` // the desk's name in its mandate, or the officer's role
	Desk   bool      `cbor:"desk" json:"desk"`     // under a mandate; else an officer's own
	Entry  block.CID `cbor:"entry" json:"entry"`
	T      int64     `cbor:"t" json:"t"`
}

// answerSignKey holds the author, so that no partner signs for an answer before its company does.
func answerSignKey(by, answer block.CID) string {
	return "answersign/" + by.String() + "/" + answer.String()
}

func applyAnswerSign(f *fold) ([]string, error) {
	var s Signed
	if block.Unmarshal(f.body, &s) != nil {
		return []string{codeBody}, nil
	}
	var a AnswerSign
	if code := f.open(s, AnswerSignature, &a); code != "" {
		return []string{code}, nil
	}
	if a.PID != f.replica.PID || !a.Answer.Defined() || !a.Forecast.Defined() {
		return []string{codeBody}, nil
	}
	row := AnswerSignRow{AnswerSign: a, By: f.author.Company, Entry: f.entry.CID, T: f.entry.Header.T}
	if cert, officer := f.view.Key(s.Key, keys.Role, f.entry.Header.T); officer {
		if a.Value.Minor < 0 || cert.Limit != nil && (cert.Limit.Currency != a.Value.Currency || a.Value.Minor > cert.Limit.Minor) {
			return []string{codeLimit}, nil
		}
		row.Holder = cert.Role
	} else {
		m, code, err := f.mandate(s.Key, KindAnswerSign)
		if err == nil && code == "" {
			code = m.covers(a.Products, a.Value)
		}
		if err != nil || code != "" {
			return nonEmpty(code), err
		}
		row.Holder, row.Desk = m.Holder, true
	}
	key := answerSignKey(f.author.Company, a.Answer)
	if known, err := f.rowExists(key); err != nil || known {
		if known {
			return []string{codeAnswerSigned}, nil
		}
		return nil, err
	}
	return nil, put(f.rows, key, row)
}

// AnswerSigned finds the signature for an answer: of the company that wrote the answer, for the forecast it answers.
func (r *Replica) AnswerSigned(answer, forecast, by block.CID) (row AnswerSignRow, found bool, err error) {
	found, err = get(r.Rows(), answerSignKey(by, answer), &row)
	return row, found && row.Forecast == forecast, err
}
