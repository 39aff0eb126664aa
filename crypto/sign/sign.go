package sign

import (
	"errors"
	"fmt"
	"strconv"

	"kontor/crypto/keys"
)

// ErrSignature is the error for a signature that does not hold.
var ErrSignature = errors.New("the signature does not hold")

const (
	typePrefix = "application/vnd.kontor."
	typeSuffix = ".v1+cbor"
	// maxKind bounds the name of a kind in bytes; kinds are constants of this program.
	maxKind = 64
)

// PAE is the pre-authentication encoding of DSSE: the exact bytes that are signed for a body of a payload type.
// Lengths stand before both, so no body can pass for a part of the type.
func PAE(payloadType string, body []byte) []byte {
	b := make([]byte, 0, len("DSSEv1")+44+len(payloadType)+len(body))
	b = append(b, "DSSEv1 "...)
	b = strconv.AppendInt(b, int64(len(payloadType)), 10)
	b = append(b, ' ')
	b = append(b, payloadType...)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(len(body)), 10)
	b = append(b, ' ')
	return append(b, body...)
}

// PayloadType is the label under which a kind is signed, "application/vnd.kontor.<kind>.v1+cbor".
// A kind is lower case letters, digits and dashes; another is a mistake of the caller and panics.
func PayloadType(kind string) string {
	if !validKind(kind) {
		panic(fmt.Sprintf("invariant: a kind is 1 to %d lower case letters, digits and dashes, not %q", maxKind, kind))
	}
	return typePrefix + kind + typeSuffix
}

func validKind(kind string) bool {
	if kind == "" || len(kind) > maxKind {
		return false
	}
	for _, r := range kind {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
			return false
		}
	}
	return true
}

// Sign signs body as a thing of a kind. The signature has 64 bytes.
func Sign(k keys.Private, kind string, body []byte) []byte {
	sig := k.Sign(PAE(PayloadType(kind), body))
	return sig[:]
}

// Verify checks that sig is pub's signature over body as a thing of this kind. Pub must have been admitted.
func Verify(pub keys.Public, kind string, body, sig []byte) error {
	if !pub.Verify(PAE(PayloadType(kind), body), sig) {
		return fmt.Errorf("verify %s signed by %s: %w", kind, pub, ErrSignature)
	}
	return nil
}
