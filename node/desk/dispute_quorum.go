package desk

import (
	"encoding/hex"

	"kontor/crypto/keys"
	"kontor/crypto/sign"
	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/dispute"
)

// What a company signs in disputes is bound by its signing policy. The officers need not meet: each signs the same instrument in a program of its own, and the
// last one hands all of them in.

// readSealed reads a signed instrument.
func readSealed(data []byte) (dispute.Sealed, dispute.Instrument, error) {
	var s protocol.Signed
	if err := block.Unmarshal(data, &s); err != nil {
		return dispute.Sealed{}, dispute.Instrument{}, node.Failf("BAD_SIGNATURE", "the signed instrument does not decode: %v", err)
	}
	i, err := dispute.ParseInstrument(s.Document)
	if err != nil {
		return dispute.Sealed{}, i, node.Failf("BAD_SIGNATURE", "the signed document does not decode: %v", err)
	}
	return dispute.Sealed{Document: s.Document, Key: s.Key, Sig: s.Sig}, i, nil
}

// besideOf is what the others signed, which must be one and the same, and of the act and the dispute that are meant.
func besideOf(q DisputeFormQuery, known dispute.Dispute, pid block.CID) (first dispute.Instrument, err error) {
	for n, text := range q.Beside {
		data, err := hex.DecodeString(text)
		if err != nil {
			return first, node.Failf("BAD_SIGNATURE", "the signed instrument is no hexadecimal: %v", err)
		}
		_, i, err := readSealed(data)
		if err != nil {
			return first, err
		}
		if n == 0 {
			first = i
		}
		role := i.Role
		if i.Role = first.Role; !i.Same(first) {
			return first, node.Failf("BAD_SIGNATURE", "the %s signed something else than the %s: one of them signs again", role, first.Role)
		}
	}
	if first.Dispute != known.ID || first.Partnership != pid || string(first.Verb) != q.Verb {
		return first, node.Failf("BAD_SIGNATURE", "the %s signed another act, or one of another dispute: a %s of dispute %.8s", first.Role, first.Verb, first.Dispute)
	}
	return first, nil
}

// besideIn puts further signatures into an act. The first is of who speaks at the level.
func besideIn(act *dispute.Act, beside [][]byte) error {
	for _, data := range beside {
		s, i, err := readSealed(data)
		if err != nil {
			return err
		}
		first, err := dispute.ParseInstrument(act.Signed.Document)
		if err != nil {
			return err
		}
		if !dispute.MaySpeak(first.Role, first.Level) && dispute.MaySpeak(i.Role, i.Level) {
			s, *act.Signed = *act.Signed, s
		}
		act.Beside = append(act.Beside, s)
	}
	return nil
}

// settlementQuorum is whose signatures an instrument needs by this company's policy, and who is missing when a key has signed beside others; both "" where it
// set none for it. The fold judges.
func (d *Desk) settlementQuorum(x dispute.Dispute, i dispute.Instrument, q DisputeFormQuery) (quorum, missing string) {
	view := d.node.Chain(d.node.Company()).Now()
	rule, ruled := view.Bound(protocol.SettlementKind, protocol.Settlement(x.Gives(i)))
	if !ruled || !i.Verb.Binds() {
		return "", ""
	}
	policy, err := sign.ParsePolicy(rule.Quorum)
	if err != nil {
		return rule.Quorum, rule.Quorum
	}
	own, _ := hex.DecodeString(q.Key)
	signed := [][]byte{own}
	for _, text := range q.Beside {
		data, _ := hex.DecodeString(text) // besideOf has read them all
		if s, _, err := readSealed(data); err == nil {
			signed = append(signed, s.Key)
		}
	}
	var signers []sign.Signer
	for _, key := range signed {
		if cert, officer := view.Key(key, keys.Role, d.node.Now()); officer {
			signers = append(signers, sign.Signer{Key: keys.Public(key), Person: [16]byte(cert.Person), Role: cert.Role})
		}
	}
	if policy.Met(signers, view.DualHat()) {
		return rule.Quorum, ""
	}
	return rule.Quorum, policy.Missing(signers, view.DualHat())
}
