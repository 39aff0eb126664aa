package keys

import (
	"crypto/sha256"
	"fmt"
	"math/big"
	"strings"
)

// ID names a public key for people: five groups of four characters such as "4gq2-m9xf-07kd-aa3t-9w5c", made to be
// read aloud over the telephone. The first 18 characters are the first 90 bits of SHA-256 over "kontor key id" and
// the key, the last two are check characters: any one wrong character and any two swapped neighbours are noticed.
// Programs compare keys, not IDs.
type ID string

const (
	idLabel  = "kontor key id"
	idBits   = 90
	idData   = idBits / 5
	idCheck  = 2
	idGroup  = 4
	idPrime  = 1021 // the largest prime two characters can tell apart
	alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
)

// ID is the key's name for people.
func (p Public) ID() ID {
	h := sha256.Sum256(append([]byte(idLabel), p[:]...))
	n := new(big.Int).SetBytes(h[:])
	n.Rsh(n, sha256.Size*8-idBits)
	return writeID(n)
}

func writeID(n *big.Int) ID {
	check := new(big.Int).Mod(n, big.NewInt(idPrime))
	n = new(big.Int).Lsh(n, 5*idCheck)
	n.Or(n, check)
	var b strings.Builder
	for i := range idData + idCheck {
		if i > 0 && i%idGroup == 0 {
			b.WriteByte('-')
		}
		shift := uint(5 * (idData + idCheck - 1 - i))
		digit := new(big.Int).Rsh(n, shift).Uint64() & 31
		b.WriteByte(alphabet[digit])
	}
	return ID(b.String())
}

// ParseID reads an ID as a person may have typed it: upper or lower case, with or without the dashes, o for 0 and i or
// l for 1. It answers the one canonical form, or says that it was misread.
func ParseID(s string) (ID, error) {
	const longest = 64 // generous for spaces and dashes; keeps a hostile text out of the message
	if len(s) > longest {
		return "", fmt.Errorf("read key id: %d characters are too many", len(s))
	}
	n, count := new(big.Int), 0
	for _, r := range strings.ToLower(s) {
		switch r {
		case '-', ' ':
			continue
		case 'o':
			r = '0'
		case 'i', 'l':
			r = '1'
		}
		digit := strings.IndexRune(alphabet, r)
		if digit < 0 {
			return "", fmt.Errorf("read key id %q: %q is no character of a key id", s, r)
		}
		n.Lsh(n, 5).Or(n, big.NewInt(int64(digit)))
		count++
	}
	if count != idData+idCheck {
		return "", fmt.Errorf("read key id %q: it has %d characters, not %d", s, count, idData+idCheck)
	}
	data := new(big.Int).Rsh(n, 5*idCheck)
	id := writeID(data)
	if got := new(big.Int).And(n, big.NewInt(1<<(5*idCheck)-1)); got.Cmp(new(big.Int).Mod(data, big.NewInt(idPrime))) != 0 {
		return "", fmt.Errorf("read key id %q: the check characters don't fit, a character was misread", s)
	}
	return id, nil
}
