package keys

import (
	"bytes"
	"crypto/rand"
	"testing"
)

func TestKeyFileOpensWithItsPassphraseOnly(t *testing.T) {
	k, err := Generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := AdmitPublic(k.Public().bytes()); err != nil {
		t.Fatal(err)
	}
	file, err := SealFile(rand.Reader, []byte("correct horse"), Role, k.Seed())
	if err != nil {
		t.Fatal(err)
	}
	usage, seed, err := OpenFile(file, []byte("correct horse"))
	if err != nil || usage != Role || !bytes.Equal(seed, k.Seed()) {
		t.Fatalf("opened %q %v", usage, err)
	}
	if _, seed, err = OpenFile(file, []byte("wrong")); err == nil || seed != nil {
		t.Fatal("a wrong passphrase opened the file")
	}
	t.Logf("%s %s %s", file, k, k.Public().ID())
}

func (p Public) bytes() []byte { return p[:] }
