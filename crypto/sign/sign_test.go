package sign

import (
	"testing"

	"kontor/crypto/keys"
)

func TestPolicyInWords(t *testing.T) {
	p, err := ParsePolicy("COO and one of (CFO, CTO)")
	if err != nil {
		t.Fatal(err)
	}
	if p.String() != "COO and 1 of (CFO, CTO)" {
		t.Fatal(p.String())
	}
	coo := Signer{keys.Public{1}, [16]byte{1}, "COO"}
	if got := p.Missing([]Signer{coo}, false); got != "CFO or CTO" {
		t.Fatal(got)
	}
	if !p.Met([]Signer{{keys.Public{2}, [16]byte{2}, "CTO"}, coo}, false) {
		t.Fatal("COO and CTO do not meet the policy")
	}
	if p.Met([]Signer{{keys.Public{2}, [16]byte{1}, "CTO"}, coo}, false) {
		t.Fatal("one person met the policy alone")
	}
}
