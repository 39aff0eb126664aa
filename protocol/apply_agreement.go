package protocol

import (
	"slices"

	"kontor/crypto/keys"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/quantity"
)

// applyDraft puts the document of an accepted offer on the table and opens its signing round.
func applyDraft(f *fold) ([]string, error) {
	doc, err := decision.ParseAgreement(f.body)
	if err != nil {
		return []string{codeBody}, nil
	}
	cid := *f.entry.Header.Body
	var t decision.Topic
	found, err := get(f.rows, topicKey(doc.Topic), &t)
	if err != nil {
		return nil, err
	}
	if !found {
		return []string{codeNoTopic}, nil
	}
	var policies PolicyRow
	if _, err := get(f.rows, policyKey(doc.Topic), &policies); err != nil {
		return nil, err
	}
	after, findings := t.Draft(doc, cid, policies.Authority(doc, t.Scope, f.genesis.Witness), f.at())
	if len(findings) > 0 {
		return artifact.Codes(findings), nil
	}
	if code, err := f.namesTerms(doc); err != nil || code != "" {
		return nonEmpty(code), err
	}
	if code, err := f.supersedes(doc); err != nil || code != "" {
		return nonEmpty(code), err
	}
	round, err := doc.Signing(cid)
	if err != nil {
		return []string{codePolicy}, nil
	}
	if err := f.putTopic(after); err != nil {
		return nil, err
	}
	named := append([]block.CID{}, doc.Artifacts...)
	return nil, f.putRound(RoundRow{Round: round, Named: named})
}

// round reads a round's row and its document.
func (f *fold) round(document block.CID) (row RoundRow, doc decision.Agreement, found bool, err error) {
	found, err = get(f.rows, roundKey(document), &row)
	if err != nil || !found {
		return row, doc, false, err
	}
	data, err := f.block(document)
	if err != nil {
		return row, doc, false, err
	}
	doc, err = decision.ParseAgreement(data)
	return row, doc, err == nil, err
}

// applySignature verifies a role signature; what it means for the round, observeRounds says.
func applySignature(f *fold) ([]string, error) {
	signed, err := decision.ParseSignedRole(f.body)
	if err != nil {
		return []string{codeBody}, nil
	}
	body := signed.Body
	row, doc, found, err := f.round(body.Document)
	if err != nil {
		return nil, err
	}
	if !found {
		return []string{codeNoRound}, nil
	}
	fact, findings := signed.Verify(doc, body.Document, f.author.Company, f.holder(body))
	if len(findings) > 0 {
		return artifact.Codes(findings), nil
	}
	for i, p := range row.Parties {
		if p.Company == f.author.Company && f.signedBefore(row.Parties[i].DualHat, row, fact) {
			return []string{codeTwice}, nil
		}
	}
	e := f.event()
	e.Signatures = []decision.SignatureFact{fact}
	if findings := row.Check(e); len(findings) > 0 {
		return artifact.Codes(findings), nil
	}
	f.signatures = map[block.CID][]decision.SignatureFact{body.Document: {fact}}
	return nil, nil
}

// holder is what the author's identity, as this entry names it, says about a key.
func (f *fold) holder(body decision.RoleSignature) decision.Holder {
	cert, ok := f.view.Key(body.Key[:], keys.Role, f.entry.Header.T)
	if !ok {
		return decision.Holder{}
	}
	if knew, held := f.replica.Identities(f.author.Company, body.IDHead); !held || knew.Seq() > f.view.Seq() {
		return decision.Holder{} // it claims to know more of the chain than the entry that carries it
	}
	h := decision.Holder{Company: f.author.Company, Role: decision.Role(cert.Role), Person: [16]byte(cert.Person), Valid: true}
	if cert.Limit != nil {
		h.Limit = &quantity.Money{Minor: cert.Limit.Minor, Currency: quantity.Currency(cert.Limit.Currency)}
	}
	return h
}

// signedBefore tells whether the same key, or the same person where one may not hold several roles, signed this round already.
func (f *fold) signedBefore(dualHat bool, row RoundRow, fact decision.SignatureFact) bool {
	return slices.ContainsFunc(row.Signatures, func(c decision.Collected) bool {
		return c.Company == f.author.Company && sameBranch(c.Side, f.side) && (c.Key == fact.Key || (c.Person == fact.Person && !dualHat))
	})
}

// Lapse is the body of an entry by which a party that acknowledged records that another stayed silent.
type Lapse struct {
	Document block.CID `cbor:"document"`
	Party    block.CID `cbor:"party"`
}

func applyLapse(f *fold) ([]string, error) {
	var l Lapse
	if block.Unmarshal(f.body, &l) != nil {
		return []string{codeBody}, nil
	}
	return f.sayWord(roundWord{document: l.Document, lapsed: &l.Party})
}

// Witnessing is the body of the witness's word on a round.
type Witnessing struct {
	Document block.CID `cbor:"document"`
}

func applyWitness(f *fold) ([]string, error) {
	var w Witnessing
	if block.Unmarshal(f.body, &w) != nil {
		return []string{codeBody}, nil
	}
	kind := f.entry.Header.Kind
	return f.sayWord(roundWord{document: w.Document, resolve: kind == KindResolve, abort: kind == KindAbort})
}

func (f *fold) sayWord(w roundWord) ([]string, error) {
	var row RoundRow
	found, err := get(f.rows, roundKey(w.document), &row)
	if err != nil {
		return nil, err
	}
	if !found {
		return []string{codeNoRound}, nil
	}
	e := f.event()
	e.Lapsed, e.Resolve, e.Abort = w.lapsed, w.resolve, w.abort
	if findings := row.Check(e); len(findings) > 0 {
		return artifact.Codes(findings), nil
	}
	f.word = &w
	return nil, nil
}
