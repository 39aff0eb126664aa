package protocol

import (
	"bytes"
	"testing"

	"kontor/crypto/keys"
	"kontor/protocol/block"
)

// A signature that was found good must not make another reading of the same bytes good.
func TestRememberedSignature(t *testing.T) {
	key, err := keys.Generate(bytes.NewReader(bytes.Repeat([]byte{7}, 64)))
	if err != nil {
		t.Fatal(err)
	}
	s, err := SignDocument(key, RecordSignature, Record{Type: "note", Text: []byte("four pallets came"), Label: "record", PID: block.Sum([]byte("partnership"))})
	if err != nil {
		t.Fatal(err)
	}
	var cache signatureCache
	for range 2 {
		if cache.verify(RecordSignature, s) != "" {
			t.Fatal("a good signature is refused")
		}
	}
	if len(cache.good) != 1 {
		t.Fatalf("%d signatures are remembered, not 1", len(cache.good))
	}
	shifted := Signed{Key: s.Key, Sig: append(bytes.Clone(s.Sig), s.Document[:3]...), Document: s.Document[3:]}
	short := Signed{Key: s.Key, Sig: s.Sig[:61], Document: append(bytes.Clone(s.Sig[61:]), s.Document...)}
	altered := Signed{Key: s.Key, Sig: s.Sig, Document: append(bytes.Clone(s.Document), 0)}
	for name, bad := range map[string]Signed{"longer signature": shifted, "shorter signature": short, "longer document": altered} {
		if cache.verify(RecordSignature, bad) == "" {
			t.Errorf("%s: accepted", name)
		}
	}
	if cache.verify(MandateSignature, s) == "" {
		t.Error("a signature for a record is accepted for a mandate")
	}
}

// What is signed in this process is remembered as good, as what it is and as nothing else.
func TestOwnSignatureIsRemembered(t *testing.T) {
	key, err := keys.Generate(bytes.NewReader(bytes.Repeat([]byte{9}, 64)))
	if err != nil {
		t.Fatal(err)
	}
	var c Contract
	s, err := c.SignDocument(key, RecordSignature, Record{Type: "note", Label: "record", PID: block.Sum([]byte("partnership"))})
	if err != nil {
		t.Fatal(err)
	}
	if !c.signatures.knows(signatureID(RecordSignature, s)) {
		t.Error("it is not remembered")
	}
	var elsewhere signatureCache
	if code := elsewhere.verify(RecordSignature, s); code != "" {
		t.Errorf("another node refuses it with %s", code)
	}
	bad := s
	bad.Sig = bytes.Clone(s.Sig)
	bad.Sig[5] ^= 1
	if c.signatures.verify(RecordSignature, bad) == "" || c.signatures.verify(MandateSignature, s) == "" {
		t.Error("another signature, or another meaning of it, is good too")
	}
}
