package vectors

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"strconv"
	"testing"

	"github.com/ipfs/go-cid"
	"github.com/ipld/go-ipld-prime"
	"github.com/ipld/go-ipld-prime/codec/dagcbor"
	"github.com/ipld/go-ipld-prime/codec/dagjson"
	"github.com/ipld/go-ipld-prime/datamodel"
)

// TestVectorsByOtherMeans reads the signed vectors with none of our packages: another DAG-CBOR codec, the standard library's
// Ed25519 and SHA-256, and the pre-authentication encoding written out here.
func TestVectorsByOtherMeans(t *testing.T) {
	data, err := os.ReadFile("signed.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Signed []struct {
			What, CID, Type, Key, Signature, Body string
			View                                  json.RawMessage
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	unhex := func(s string) []byte {
		b, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	signatures := 0
	for _, v := range file.Signed {
		body := unhex(v.Body)

		// The CID is version 1, dag-cbor, sha2-256 of the body.
		c, err := cid.Decode(v.CID)
		if err != nil {
			t.Errorf("%s: %v", v.What, err)
			continue
		}
		sum := sha256.Sum256(body)
		if !bytes.Equal(c.Bytes(), append([]byte{1, 0x71, 0x12, 32}, sum[:]...)) {
			t.Errorf("%s: the CID is not that of the body", v.What)
		}

		// The body is canonical: another encoder writes the same bytes.
		node, err := ipld.Decode(body, func(na datamodel.NodeAssembler, r io.Reader) error {
			return dagcbor.DecodeOptions{AllowLinks: true}.Decode(na, r)
		})
		if err != nil {
			t.Errorf("%s: %v", v.What, err)
			continue
		}
		again, err := ipld.Encode(node, dagcbor.Encode)
		if err != nil || !bytes.Equal(again, body) {
			t.Errorf("%s: another encoder writes other bytes: %v", v.What, err)
		}

		// The view for people says the same.
		seen, err := ipld.Decode(v.View, dagjson.Decode)
		if err != nil {
			t.Errorf("%s: view: %v", v.What, err)
			continue
		}
		if again, err = ipld.Encode(seen, dagcbor.Encode); err != nil || !bytes.Equal(again, body) {
			t.Errorf("%s: the view differs from the body: %v", v.What, err)
		}

		// The signature is over DSSEv1 SP length SP type SP length SP body.
		if v.Type == "" {
			continue
		}
		message := "DSSEv1 " + strconv.Itoa(len(v.Type)) + " " + v.Type + " " + strconv.Itoa(len(body)) + " " + string(body)
		if key := unhex(v.Key); len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, []byte(message), unhex(v.Signature)) {
			t.Errorf("%s: the signature does not verify", v.What)
		}
		signatures++
	}
	if signatures < 15 {
		t.Errorf("only %d signatures were verified", signatures)
	}
}
