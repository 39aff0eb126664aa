package protocol

import (
	"slices"

	"kontor/crypto/keys"
	"kontor/crypto/sign"
	"kontor/protocol/dispute"
	"kontor/protocol/identity"
	"kontor/protocol/quantity"
)

// SettlementKind is the kind under which a company's signing policy speaks of what it signs in disputes. No default stands for it: where a company set nothing,
// whoever speaks at the level signs alone.
const SettlementKind = "SETTLEMENT"

// settles judges the further signatures of an act, and whether all of them meet the signing policy that the author's identity shows at this entry for what
// the act gives up. A desk's mandate is no officer's signature: it fills no place of a quorum.
func (f *fold) settles(d dispute.Dispute, act dispute.Act, i dispute.Instrument) (code string) {
	gives := d.Gives(i)
	var signers []sign.Signer
	for n, s := range append([]dispute.Sealed{*act.Signed}, act.Beside...) {
		cert, officer := f.view.Key(s.Key, keys.Role, f.entry.Header.T)
		if n > 0 {
			var beside dispute.Instrument
			if code := f.open(Signed{s.Document, s.Key, s.Sig}, dispute.SignatureKind, &beside); code != "" {
				return code
			}
			role := beside.Role
			if beside.Role = i.Role; !officer || role != cert.Role || !beside.Same(i) {
				return dispute.CodeQuorum
			}
			if cert.Limit != nil && !(dispute.Signer{Limit: &quantity.Money{Minor: cert.Limit.Minor, Currency: quantity.Currency(cert.Limit.Currency)}}).Within(gives) {
				return dispute.CodeAmount
			}
		}
		if officer {
			key := keys.Public(s.Key)
			if slices.ContainsFunc(signers, func(x sign.Signer) bool { return x.Key == key }) {
				return dispute.CodeQuorum
			}
			signers = append(signers, sign.Signer{Key: key, Person: [16]byte(cert.Person), Role: cert.Role})
		}
	}
	rule, ruled := f.view.Bound(SettlementKind, Settlement(gives))
	if !ruled {
		return ""
	}
	policy, err := sign.ParsePolicy(rule.Quorum)
	if err != nil || !policy.Met(signers, f.view.DualHat()) {
		return dispute.CodeQuorum
	}
	return ""
}

// Settlement is what the conditions of a signing policy are asked about. What a dispute gives up names no product and no region, so that it is about all; without an
// amount it can't be shown to stay below one.
func Settlement(gives *quantity.Money) (m identity.Matter) {
	if gives != nil {
		m.Amount = &identity.Amount{Minor: gives.Minor, Currency: string(gives.Currency)}
	}
	return m
}
