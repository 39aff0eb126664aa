package protocol

import (
	"slices"

	"kontor/protocol/block"
	"kontor/protocol/decision"
)

// Reconfirmation is the body of an entry by which a party says again that a final document holds where another one fixes the same cells
// (practice T1). When every party has said so, its effects act there and the others' do not.
type Reconfirmation struct {
	Document block.CID `cbor:"document" json:"document"`
}

// ReconfirmedRow is one party's word.
type ReconfirmedRow struct {
	By    block.CID     `cbor:"by" json:"by"`
	Entry block.CID     `cbor:"entry" json:"entry"`
	At    decision.Mark `cbor:"at" json:"at"`
}

const reconfirmPrefix = "reconfirm/"

func reconfirmKey(document, company block.CID) string {
	return reconfirmPrefix + document.String() + "/" + company.String()
}

// applyReconfirm takes a party's word once. Whether it is in time is not its matter: what nobody reconfirmed in time the newest agreement
// decides, and a later word of all parties changes that back as a new agreement would.
func applyReconfirm(f *fold) ([]string, error) {
	var said Reconfirmation
	if block.Unmarshal(f.body, &said) != nil {
		return []string{codeBody}, nil
	}
	row, doc, found, err := f.round(said.Document)
	if err != nil {
		return nil, err
	}
	if !found || row.Verdict != decision.Final {
		return []string{codeReconfirm}, nil
	}
	key := reconfirmKey(said.Document, f.author.Company)
	party := slices.ContainsFunc(doc.Parties, func(p decision.AgreementParty) bool { return p.Company == f.author.Company })
	if done, err := f.rowExists(key); err != nil || done || !party {
		return []string{codeReconfirm}, err
	}
	return nil, put(f.rows, key, ReconfirmedRow{By: f.author.Company, Entry: f.entry.CID, At: decision.Mark{Seq: f.entry.Header.Seq, Lam: f.entry.Header.Lam, T: f.entry.Header.T}})
}

// Reconfirmed lists who of a document's parties has reconfirmed it.
func (r *Replica) Reconfirmed(document block.CID) (out []ReconfirmedRow, err error) {
	err = scanRows(r.Rows(), reconfirmPrefix+document.String()+"/", func(_ string, row ReconfirmedRow) error {
		out = append(out, row)
		return nil
	})
	return out, err
}

// supersedes refuses a document that takes the place of what is no final agreement of this partnership, or of one that other parties signed.
func (f *fold) supersedes(doc decision.Agreement) (string, error) {
	for _, old := range doc.Supersedes {
		if ok, err := f.standsFinal(old); err != nil || !ok {
			return codeSupersedes, err
		}
		_, was, _, err := f.round(old)
		if err != nil {
			return "", err
		}
		for _, p := range was.Parties {
			if !slices.ContainsFunc(doc.Parties, func(q decision.AgreementParty) bool { return q.Company == p.Company }) {
				return codeSupersedes, nil
			}
		}
	}
	return "", nil
}

// standsFinal tells whether a document of this partnership became final; one whose verdict is contested since can be replaced too, which is one
// way out of the contest.
func (f *fold) standsFinal(document block.CID) (bool, error) {
	var row RoundRow
	found, err := get(f.rows, roundKey(document), &row)
	return found && (row.Verdict == decision.Final || row.Verdict == decision.Contested), err
}
