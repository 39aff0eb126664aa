package sign

import (
	"errors"
	"os"
	"strings"
	"testing"

	"kontor/crypto/keys"
	"kontor/testnet/data/external"

	"pgregory.net/rapid"
)

func privateKey(t testing.TB, first byte) keys.Private {
	t.Helper()
	seed := make([]byte, keys.SeedSize)
	seed[0] = first
	k, err := keys.FromSeed(seed)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// The example of the DSSE specification: the text after "PAE:" in its page of vectors.
func TestDSSEVector(t *testing.T) {
	page, err := os.ReadFile(external.File(t, "crypto", "dsse", "protocol-test-vectors.md"))
	if err != nil {
		t.Fatal(err)
	}
	section := func(title string) string {
		_, rest, found := strings.Cut(string(page), "\n"+title+":\n\n```none\n")
		text, _, closed := strings.Cut(rest, "\n```")
		if !found || !closed {
			t.Fatalf("no section %s", title)
		}
		return text
	}
	if got := PAE(section("PAYLOAD_TYPE"), []byte(section("SERIALIZED_BODY"))); string(got) != section("PAE") {
		t.Errorf("%q", got)
	}
}

// Two pairs of type and body never have one encoding.
func TestPAETellsTypeAndBodyApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := rapid.StringMatching(`[ 0-9a]{0,6}`)
		a, b := draw.Draw(t, "type a"), draw.Draw(t, "body a")
		c, d := draw.Draw(t, "type b"), draw.Draw(t, "body b")
		if (a != c || b != d) == (string(PAE(a, []byte(b))) == string(PAE(c, []byte(d)))) {
			t.Fatalf("%q %q and %q %q", a, b, c, d)
		}
	})
}

func TestASignatureIsForItsKindAlone(t *testing.T) {
	k := privateKey(t, 1)
	body := []byte("body")
	sig := Sign(k, "entry", body)
	if err := Verify(k.Public(), "entry", body, sig); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"another kind":    Verify(k.Public(), "agreement", body, sig),
		"another body":    Verify(k.Public(), "entry", []byte("Body"), sig),
		"another key":     Verify(privateKey(t, 2).Public(), "entry", body, sig),
		"no signature":    Verify(k.Public(), "entry", body, nil),
		"a short one":     Verify(k.Public(), "entry", body, sig[:63]),
		"a long one":      Verify(k.Public(), "entry", body, append(sig, 0)),
		"the body plain":  Verify(k.Public(), "entry", PAE(PayloadType("entry"), body), sig),
		"the zero key":    Verify(keys.Public{}, "entry", body, sig),
		"a flipped bit":   Verify(k.Public(), "entry", body, append([]byte{sig[0] ^ 1}, sig[1:]...)),
		"another version": Verify(k.Public(), "entry-v1", body, sig),
	} {
		if !errors.Is(err, ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Golden: what another implementation must sign for this.
	if got := string(PAE(PayloadType("entry"), body)); got != "DSSEv1 36 application/vnd.kontor.entry.v1+cbor 4 body" {
		t.Errorf("%q", got)
	}
}

func TestAKindOutOfFormPanics(t *testing.T) {
	for _, kind := range []string{"", "Entry", "a b", "a/b", strings.Repeat("a", maxKind+1)} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q is a kind", kind)
				}
			}()
			PayloadType(kind)
		}()
	}
}
