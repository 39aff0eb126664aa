package doc

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// vectors reads a golden file.
func vectors(t *testing.T, file string, into any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "vectors", file))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	data, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestEncoding(t *testing.T) {
	var blocks []struct{ What, Bytes, CID string }
	vectors(t, "encoding.json", &blocks)
	var signed struct {
		Key        struct{ Seed, Public, ID string }
		Signatures []struct{ Kind, Body, Signed, Signature string }
	}
	vectors(t, "keys.json", &signed)
	last, sig := blocks[len(blocks)-1], signed.Signatures[0]
	page(t, "encoding.md", map[string]string{
		"block": bytesAndView(t, "A block with a link, a quantity and extension fields", unhex(t, last.Bytes)),
		"signature": fence(
			"seed       "+signed.Key.Seed,
			"public     "+signed.Key.Public,
			"key id     "+signed.Key.ID,
			"kind       "+sig.Kind,
			"body       "+sig.Body,
			"signed     "+sig.Signed,
			"           \""+string(unhex(t, sig.Signed)[:len(unhex(t, sig.Signed))-len(sig.Body)/2])+"\" and the body",
			"signature  "+sig.Signature[:64],
			"           "+sig.Signature[64:]),
	})
}
