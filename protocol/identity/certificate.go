package identity

import (
	"bytes"
	"fmt"
	"slices"
	"sort"

	"kontor/crypto/keys"
	"kontor/crypto/sign"
	"kontor/protocol/block"
)

// CertificateKind labels the reverse signature by the certified key.
const CertificateKind = "certificate"

// Amount is money in minor units of an ISO 4217 currency; a commitment limit is one.
type Amount struct {
	Minor    int64  `cbor:"minor"`
	Currency string `cbor:"currency"`
}

// Certificate says that a key speaks for a company, in which usage, and, for an officer, in which role, up to which amount.
type Certificate struct {
	Company block.CID `cbor:"company"`
	Key     []byte    `cbor:"key"`              // Ed25519, or X25519 for seal and role-seal
	Usage   string    `cbor:"usage"`            // keys.Usage
	Role    string    `cbor:"role,omitempty"`   // of role, role-seal keys
	Person  []byte    `cbor:"person,omitempty"` // 16 random bytes per natural person, asserted by the company
	Limit   *Amount   `cbor:"limit,omitempty"`  // commitment limit of one signature; none: no limit
	From    int64     `cbor:"from"`             // validity, ms UTC, judged at the claimed time of the carrying entry
	Until   int64     `cbor:"until"`
	Proof   []byte    `cbor:"proof,omitempty"` // signature by the key over this certificate without proof
}

func (c Certificate) unsigned() ([]byte, error) {
	c.Proof = nil
	return block.Marshal(c)
}

// Prove adds the reverse signature: the holder of the key accepts to stand for the company.
func (c Certificate) Prove(key keys.Private) (Certificate, error) {
	pub := key.Public()
	if !bytes.Equal(pub[:], c.Key) {
		return Certificate{}, fmt.Errorf("certificate is for another key than the one that would prove it")
	}
	body, err := c.unsigned()
	if err != nil {
		return Certificate{}, err
	}
	c.Proof = sign.Sign(key, CertificateKind, body)
	return c, nil
}

// Check tells why a certificate may not enter the chain of company.
func (c Certificate) Check(company block.CID) error {
	if c.Company != company {
		return fmt.Errorf("certificate names company %s, the chain is of %s", c.Company, company)
	}
	if c.Until <= c.From {
		return fmt.Errorf("certificate is valid until %d, before it begins at %d", c.Until, c.From)
	}
	usage := keys.Usage(c.Usage)
	switch usage {
	case keys.Role, keys.RoleSeal:
		if !slices.Contains(sign.Roles, c.Role) {
			return fmt.Errorf("certificate of a %s key has the role %q; %v are known", c.Usage, c.Role, sign.Roles)
		}
		if len(c.Person) != PersonSize {
			return fmt.Errorf("certificate of a %s key names a person of %d bytes instead of %d", c.Usage, len(c.Person), PersonSize)
		}
	case keys.Node, keys.Feed, keys.Seal:
		if c.Role != "" || len(c.Person) != 0 || c.Limit != nil {
			return fmt.Errorf("certificate of a %s key carries a role, person or limit; only officers' keys do", c.Usage)
		}
	default:
		return fmt.Errorf("certificate has the usage %q; node, feed, role, seal and role-seal enter a chain", c.Usage)
	}
	if c.Limit != nil && (c.Limit.Minor < 0 || len(c.Limit.Currency) != 3) {
		return fmt.Errorf("certificate limit %d %q is no amount", c.Limit.Minor, c.Limit.Currency)
	}
	if usage == keys.Seal || usage == keys.RoleSeal {
		// An X25519 key can't sign; possession shows when the first message sealed to it is opened.
		if len(c.Key) != 32 || len(c.Proof) != 0 {
			return fmt.Errorf("certificate of a %s key has %d key bytes and %d proof bytes; 32 and 0 are right", c.Usage, len(c.Key), len(c.Proof))
		}
		return nil
	}
	pub, err := keys.AdmitPublic(c.Key)
	if err != nil {
		return fmt.Errorf("certificate key: %w", err)
	}
	body, err := c.unsigned()
	if err != nil {
		return err
	}
	if err := sign.Verify(pub, CertificateKind, body, c.Proof); err != nil {
		return fmt.Errorf("certificate's reverse signature: %w", err)
	}
	return nil
}

func sortKeys(list [][]byte) {
	sort.Slice(list, func(i, j int) bool { return bytes.Compare(list[i], list[j]) < 0 })
}
