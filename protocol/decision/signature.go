package decision

import (
	"fmt"

	"kontor/crypto/keys"
	"kontor/crypto/sign"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/quantity"
)

// SignatureKind labels role signatures over agreements: application/vnd.kontor.role-signature.v1+cbor.
const SignatureKind = "role-signature"

// RoleSignature is what an officer signs (PROTOCOL 6). It names the partnership, the topic and the round, so that it
// counts nowhere else, and the document by its hash.
type RoleSignature struct {
	Partnership block.CID   `cbor:"pid" json:"pid"`
	Topic       block.CID   `cbor:"topic" json:"topic"`
	Round       int64       `cbor:"round" json:"round"`
	Document    block.CID   `cbor:"document" json:"document"`
	Policy      block.CID   `cbor:"policy" json:"policy"` // the identity chain entry whose quorum it counts toward
	Company     block.CID   `cbor:"company" json:"company"`
	Role        Role        `cbor:"role" json:"role"`
	Key         keys.Public `cbor:"key" json:"key"`
	IDHead      block.CID   `cbor:"id_head" json:"id_head"` // head of the company's identity chain the signer knew
	SignBy      int64       `cbor:"sign_by" json:"sign_by"` // the round's; another value is refused
}

// SignedRole is a role signature as an entry carries it.
type SignedRole struct {
	Body RoleSignature `cbor:"body" json:"body"`
	Sig  []byte        `cbor:"sig" json:"sig"`
}

// Marshal is the signed bytes, before the label.
func (s RoleSignature) Marshal() ([]byte, error) { return block.Marshal(s) }

// For is the body an officer of a company signs for a document.
func (a Agreement) For(cid, company, idHead block.CID, role Role, key keys.Public) (RoleSignature, error) {
	for _, p := range a.Parties {
		if p.Company == company {
			return RoleSignature{Partnership: a.Partnership, Topic: a.Topic, Round: a.Round, Document: cid, Policy: p.Policy,
				Company: company, Role: role, Key: key, IDHead: idHead, SignBy: a.SignBy}, nil
		}
	}
	return RoleSignature{}, fmt.Errorf("sign agreement %s: company %s is no party", cid.Short(), company.Short())
}

// Sign signs the body with the officer's key.
func (s RoleSignature) Sign(key keys.Private) (SignedRole, error) {
	if key.Public() != s.Key {
		return SignedRole{}, fmt.Errorf("sign as %s: the body names key %s, not %s", s.Role, s.Key.ID(), key.Public().ID())
	}
	body, err := s.Marshal()
	if err != nil {
		return SignedRole{}, err
	}
	return SignedRole{s, sign.Sign(key, SignatureKind, body)}, nil
}

// ParseSignedRole reads a signature from an entry's body. It says nothing about its validity.
func ParseSignedRole(data []byte) (SignedRole, error) {
	var s SignedRole
	if err := block.Unmarshal(data, &s); err != nil {
		return SignedRole{}, err
	}
	return s, nil
}

// Holder is what the identity chain says about a key at the entry that carries a signature: the caller looks it up at
// the entry's id_head and judges validity at the entry's claimed time.
type Holder struct {
	Company block.CID
	Role    Role
	Person  [16]byte
	Limit   *quantity.Money // commitment limit of one signature; nil: none
	Valid   bool            // certified, in its period, and not revoked at the carrying entry
}

// Verify turns a signature into the fact a Round counts, or says why it does not count: SIGNATURE-01 other document,
// topic, round or partnership, -02 other sign_by, -03 no party or another policy, -04 carried by another company's
// feed, -05 key not valid here or for another role, -06 above the signer's limit, -07 the signature is wrong.
// Time, quorum and doubles are the Round's to judge.
func (s SignedRole) Verify(doc Agreement, cid block.CID, carrier block.CID, holder Holder) (SignatureFact, []artifact.Finding) {
	b := s.Body
	no := func(code, path, format string, args ...any) (SignatureFact, []artifact.Finding) {
		return SignatureFact{}, refuse(code, path, format, args...)
	}
	if b.Document != cid || b.Topic != doc.Topic || b.Round != doc.Round || b.Partnership != doc.Partnership {
		return no("SIGNATURE-01", "body.document", "the signature is for document %s of round %d", b.Document.Short(), b.Round)
	}
	if b.SignBy != doc.SignBy {
		return no("SIGNATURE-02", "body.sign_by", "sign_by belongs to the round: %d, not %d", doc.SignBy, b.SignBy)
	}
	want, err := doc.For(cid, b.Company, b.IDHead, b.Role, b.Key)
	if err != nil || want.Policy != b.Policy {
		return no("SIGNATURE-03", "body.policy", "company %s with policy %s is no party to the document", b.Company.Short(), b.Policy.Short())
	}
	if carrier != b.Company {
		return no("SIGNATURE-04", "body.company", "a signature for %s counts only in its own feed", b.Company.Short())
	}
	if !holder.Valid || holder.Company != b.Company || holder.Role != b.Role {
		return no("SIGNATURE-05", "body.key", "key %s is not a valid key of the %s here", b.Key.ID(), b.Role)
	}
	if f := withinLimit(doc.Amount, holder.Limit); f != "" {
		return no("SIGNATURE-06", "body.role", "%s", f)
	}
	body, err := b.Marshal()
	if err != nil {
		return no("SIGNATURE-07", "body", "%v", err)
	}
	if err := sign.Verify(b.Key, SignatureKind, body, s.Sig); err != nil {
		return no("SIGNATURE-07", "sig", "%v", err)
	}
	return SignatureFact{Key: b.Key, Person: holder.Person, Role: b.Role}, nil
}

// withinLimit says what is wrong with an amount under a signer's limit, or "". A limit in another currency can't be
// compared, so it does not cover the amount; an agreement that names no amount commits to no money.
func withinLimit(amount, limit *quantity.Money) string {
	if amount == nil || limit == nil {
		return ""
	}
	if c, err := amount.Cmp(*limit); err != nil {
		return err.Error()
	} else if c > 0 {
		return fmt.Sprintf("the agreement commits to %s, the signer's limit is %s", amount, limit)
	}
	return ""
}
