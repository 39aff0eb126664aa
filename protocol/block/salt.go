package block

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
)

// SaltSize is the length of a salt in bytes.
const SaltSize = 16

// saltPair is how a salt stands in a block: the key "salt" and a byte string of 16.
var saltPair = [...]byte{0x64, 's', 'a', 'l', 't', 0x50}

const (
	saltBytes = len(saltPair) + SaltSize
	// saltedFields is the most fields a salted block has, the salt among them: its map head is one byte.
	saltedFields = 23
)

// NewSalted writes v, a struct without its salt, as a block that carries one. The salt is the first 16 bytes of
// HMAC-SHA256 under the series key over the block without it: holders of the key get equal CIDs for equal content,
// all others can't try out what content a CID stands for.
func NewSalted(seriesKey [32]byte, v any) (Block, error) {
	plain, err := Marshal(v)
	if err != nil {
		return Block{}, err
	}
	return saltBlock(seriesKey, plain)
}

func saltBlock(seriesKey [32]byte, plain []byte) (Block, error) {
	at, found, err := findSalt(plain)
	if err != nil {
		return Block{}, err
	}
	if found || plain[0]&0x1f >= saltedFields || len(plain)+saltBytes > MaxBlock {
		return Block{}, whole(CodeEncode, "write salted block of %d bytes: it has a salt, more than %d fields or no room for a salt",
			len(plain), saltedFields-1)
	}
	data := make([]byte, 0, len(plain)+saltBytes)
	data = append(data, plain[0]+1)
	data = append(data, plain[1:at]...)
	data = append(data, saltPair[:]...)
	data = append(data, saltOf(seriesKey, plain)...)
	data = append(data, plain[at:]...)
	return Block{Sum(data), data}, nil
}

// CheckSalt verifies that the salt in a block follows from the series key and the rest of the block.
func CheckSalt(seriesKey [32]byte, data []byte) error {
	at, found, err := findSalt(data)
	if err != nil {
		return err
	}
	if !found {
		return &Error{Code: CodeSalt, Offset: at, Text: "the block has no salt of 16 bytes"}
	}
	end := at + saltBytes
	if !hmac.Equal(data[at+len(saltPair):end], saltOf(seriesKey, []byte{data[0] - 1}, data[1:at], data[end:])) {
		return &Error{Code: CodeSalt, Offset: at, Text: "the salt does not follow from the series key"}
	}
	return nil
}

func saltOf(seriesKey [32]byte, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, seriesKey[:])
	for _, part := range parts {
		h.Write(part)
	}
	return h.Sum(nil)[:SaltSize]
}

// findSalt walks the fields of a block to where its salt stands or would stand.
func findSalt(data []byte) (at int, found bool, err error) {
	s := scanner{data: data}
	major, n, bad := s.head()
	if bad != nil {
		return 0, false, bad
	}
	if major != 5 || n > saltedFields {
		return 0, false, &Error{Code: CodeSalt, Offset: 0, Text: fmt.Sprintf("a salted block is a map of at most %d fields", saltedFields)}
	}
	for ; n > 0; n-- {
		at = s.pos
		_, size, bad := s.head()
		if bad != nil {
			return 0, false, bad
		}
		name, bad := s.text(at, size)
		if bad != nil {
			return 0, false, bad
		}
		switch order := compareKeys(name, saltPair[1:5]); {
		case order > 0:
			return at, false, nil
		case order == 0:
			whole := at+saltBytes <= len(data) && data[at+len(saltPair)-1] == saltPair[len(saltPair)-1]
			return at, whole, nil
		}
		if bad := s.item(1); bad != nil {
			return 0, false, bad
		}
	}
	return s.pos, false, nil
}
