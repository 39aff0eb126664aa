package vectors

import (
	"testing"

	"kontor/crypto/keys"
	"kontor/crypto/sign"
	"kontor/protocol/block"
)

// count is a source of bytes 0, 1, 2 and so on.
type count byte

func (c *count) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(*c)
		*c++
	}
	return len(b), nil
}

type keyVector struct {
	Seed   octets      `json:"seed"`
	Public keys.Public `json:"public"`
	ID     keys.ID     `json:"id"`
}

type signatureVector struct {
	Kind      string `json:"kind"`
	Body      octets `json:"body"`
	Signed    octets `json:"signed"` // the pre-authentication encoding
	Signature octets `json:"signature"`
}

type wrapVector struct {
	Seed    octets `json:"seed"` // of the receiver's X25519 key
	Once    octets `json:"once"` // of the key made for the message
	Label   string `json:"label"`
	Message octets `json:"message"`
	Box     octets `json:"box"`
}

type fileVector struct {
	Usage      keys.Usage `json:"usage"`
	Passphrase string     `json:"passphrase"` // empty for the plain form
	Seed       octets     `json:"seed"`
	File       string     `json:"file"`
}

func TestKeyVectors(t *testing.T) {
	random := count(0)
	k, err := keys.Generate(&random)
	if err != nil {
		t.Fatal(err)
	}
	var signatures []signatureVector
	for _, kind := range []string{"entry", "role-signature"} {
		body := octets{0xa1, 0x61, 0x76, 0x01}
		signatures = append(signatures, signatureVector{kind, body,
			sign.PAE(sign.PayloadType(kind), body), sign.Sign(k, kind, body)})
	}
	random = 100
	receiver, err := keys.GenerateSeal(&random)
	if err != nil {
		t.Fatal(err)
	}
	random = 200
	box, err := keys.Wrap(&random, receiver.Public(), "channel key", []byte("message"))
	if err != nil {
		t.Fatal(err)
	}
	random = 200
	once, err := keys.GenerateSeal(&random)
	if err != nil {
		t.Fatal(err)
	}
	random = 50
	sealed, err := keys.SealFile(&random, []byte("correct horse"), keys.Role, k.Seed())
	if err != nil {
		t.Fatal(err)
	}
	plain, err := keys.PlainFile(keys.Node, k.Seed())
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "keys.json", struct {
		Key        keyVector         `json:"key"`
		Signatures []signatureVector `json:"signatures"`
		Wrap       wrapVector        `json:"wrap"`
		Files      []fileVector      `json:"files"`
	}{
		keyVector{k.Seed(), k.Public(), k.Public().ID()}, signatures,
		wrapVector{receiver.Seed(), once.Seed(), "channel key", octets("message"), box},
		[]fileVector{{keys.Role, "correct horse", k.Seed(), string(sealed)}, {keys.Node, "", k.Seed(), string(plain)}},
	})
}

type policyVector struct {
	Text    string `json:"text"`
	Printed string `json:"printed"`
	Bytes   octets `json:"bytes"`
	Lacks   string `json:"lacks"` // once a COO has signed
}

func TestPolicyVectors(t *testing.T) {
	var all []policyVector
	for _, text := range []string{"COO and CFO", "coo and one of (CFO, CTO)", "CEO or (COO and CFO)", "2 of (CEO, COO, CFO and CTO)"} {
		p, err := sign.ParsePolicy(text)
		if err != nil {
			t.Fatal(err)
		}
		coo := sign.Signer{Key: keys.Public{1}, Person: [16]byte{1}, Role: "COO"}
		data, err := block.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, policyVector{text, p.String(), data, p.Missing([]sign.Signer{coo}, false)})
	}
	golden(t, "policies.json", all)
}
