package keys

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"kontor/testnet/data/external"
	"os"
	"strings"
	"testing"

	"golang.org/x/crypto/chacha20poly1305"
)

// bits is a byte string written in hexadecimal in a JSON file.
type bits []byte

func (b *bits) UnmarshalText(text []byte) (err error) {
	*b, err = hex.DecodeString(string(text))
	return err
}

type wycheproof[T any] struct {
	NumberOfTests int
	TestGroups    []struct {
		PublicKey struct{ Pk bits }
		Tests     []T
	}
}

func readWycheproof[T any](t *testing.T, name string) wycheproof[T] {
	t.Helper()
	data, err := os.ReadFile(external.File(t, "crypto", "wycheproof", "testvectors_v1", name))
	if err != nil {
		t.Fatal(err)
	}
	var file wycheproof[T]
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, g := range file.TestGroups {
		count += len(g.Tests)
	}
	if count != file.NumberOfTests || count == 0 {
		t.Fatalf("%d of %d tests read", count, file.NumberOfTests)
	}
	return file
}

func TestWycheproofEd25519(t *testing.T) {
	type test struct {
		TcID     int
		Comment  string
		Msg, Sig bits
		Result   string
	}
	for _, g := range readWycheproof[test](t, "ed25519_test.json").TestGroups {
		pub, err := AdmitPublic(g.PublicKey.Pk)
		if err != nil {
			t.Errorf("key %x: %v", g.PublicKey.Pk, err)
			continue
		}
		m := negated(pub)
		for _, c := range g.Tests {
			if got := pub.Verify(c.Msg, c.Sig); got != (c.Result == "valid") {
				t.Errorf("%d %s: valid is %v, want %s", c.TcID, c.Comment, got, c.Result)
			}
			if got := len(c.Sig) == SignatureSize && m.holds(pub, c.Msg, c.Sig); got != (c.Result == "valid") {
				t.Errorf("%d %s: by the key's multiples valid is %v, want %s", c.TcID, c.Comment, got, c.Result)
			}
		}
	}
}

// Points of small order, whose shared secret is zero, are refused; of the other keys the secret is the one expected.
// Encodings that are not canonical are refused when a key is admitted.
func TestWycheproofX25519(t *testing.T) {
	type test struct {
		TcID                    int
		Comment                 string
		Flags                   []string
		Public, Private, Shared bits
		Result                  string
	}
	admitted, refused := 0, 0
	for _, g := range readWycheproof[test](t, "x25519_test.json").TestGroups {
		for _, c := range g.Tests {
			k, err := SealFromSeed(c.Private)
			if err != nil {
				t.Fatal(err)
			}
			zero := bytes.Equal(c.Shared, make([]byte, 32))
			secret, err := agree(k, SealPublic(c.Public))
			if zero != (err != nil) || err == nil && !bytes.Equal(secret, c.Shared) {
				t.Errorf("%d %s: %x %v", c.TcID, c.Comment, secret, err)
			}
			_, canonical := Public(c.Public).coordinate()
			canonical = canonical && c.Public[31] < 0x80
			if _, err := AdmitSealPublic(c.Public); (err == nil) != (canonical && !zero) {
				t.Errorf("%d %s: canonical %v, zero secret %v, admitted %v", c.TcID, c.Comment, canonical, zero, err)
			} else if err == nil {
				admitted++
			} else {
				refused++
			}
		}
	}
	t.Logf("%d public keys admitted, %d refused", admitted, refused)
	if refused < 20 {
		t.Errorf("only %d keys were refused", refused)
	}
}

func TestWycheproofXChaCha20Poly1305(t *testing.T) {
	type test struct {
		TcID                       int
		Comment                    string
		Key, Iv, Aad, Msg, Ct, Tag bits
		Result                     string
	}
	for _, g := range readWycheproof[test](t, "xchacha20_poly1305_test.json").TestGroups {
		for _, c := range g.Tests {
			if len(c.Iv) != chacha20poly1305.NonceSizeX {
				if c.Result == "valid" {
					t.Errorf("%d: a nonce of %d bytes", c.TcID, len(c.Iv))
				}
				continue
			}
			aead, err := chacha20poly1305.NewX(c.Key)
			if err != nil {
				t.Fatal(err)
			}
			sealed := append(bytes.Clone(c.Ct), c.Tag...)
			msg, err := aead.Open(nil, c.Iv, sealed, c.Aad)
			if (err == nil) != (c.Result == "valid") {
				t.Errorf("%d %s: %v, want %s", c.TcID, c.Comment, err, c.Result)
			}
			if err == nil && (!bytes.Equal(msg, c.Msg) || !bytes.Equal(aead.Seal(nil, c.Iv, c.Msg, c.Aad), sealed)) {
				t.Errorf("%d %s: another message or ciphertext", c.TcID, c.Comment)
			}
		}
	}
}

func TestWycheproofHKDF(t *testing.T) {
	type test struct {
		TcID                 int
		Ikm, Salt, Info, Okm bits
		Size                 int
		Result               string
	}
	for _, g := range readWycheproof[test](t, "hkdf_sha256_test.json").TestGroups {
		for _, c := range g.Tests {
			okm, err := hkdf.Key(sha256.New, c.Ikm, c.Salt, string(c.Info), c.Size)
			if (err == nil) != (c.Result == "valid") || err == nil && !bytes.Equal(okm, c.Okm) {
				t.Errorf("%d: %x %v", c.TcID, okm, err)
			}
		}
	}
}

// 128 of the cases that come with RFC 8032's reference: secret and public key, public key, message, signature and
// message.
func TestEd25519Reference(t *testing.T) {
	file, err := os.Open(external.File(t, "crypto", "sign.input.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	in, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<16)
	n := 0
	for ; lines.Scan(); n++ {
		fields := strings.Split(lines.Text(), ":")
		var parts [4][]byte
		for i := range parts {
			if parts[i], err = hex.DecodeString(fields[i]); err != nil {
				t.Fatal(err)
			}
		}
		k, err := FromSeed(parts[0][:SeedSize])
		if err != nil {
			t.Fatal(err)
		}
		pub, err := AdmitPublic(parts[1])
		if err != nil || pub != k.Public() {
			t.Fatalf("line %d: public key %x, %v", n, pub, err)
		}
		sig := k.Sign(parts[2])
		if !bytes.Equal(sig[:], parts[3][:SignatureSize]) || !pub.Verify(parts[2], sig[:]) {
			t.Fatalf("line %d: signature %x", n, sig)
		}
		sig[n%SignatureSize] ^= 1 << (n % 8)
		if pub.Verify(parts[2], sig[:]) {
			t.Fatalf("line %d: a damaged signature holds", n)
		}
	}
	if n != 128 || lines.Err() != nil {
		t.Fatalf("%d lines, %v", n, lines.Err())
	}
}
