package partnership

import (
	"strings"

	"github.com/tyler-smith/go-bip39/wordlists"
)

// WordCount words of a list of 2,048 carry 66 bits: too many for anybody between two companies to hit by trying.
const (
	WordCount = 6
	wordBits  = 11
)

// Words are what both screens show and two people compare by telephone.
type Words [WordCount]string

func (w Words) String() string { return strings.Join(w[:], " ") }

// wordsOf reads the first 66 bits of a digest, most significant first, eleven a word.
func wordsOf(digest [32]byte) Words {
	var w Words
	acc, have, next := uint32(0), 0, 0
	for i := range w {
		for have < wordBits {
			acc = acc<<8 | uint32(digest[next])
			have, next = have+8, next+1
		}
		have -= wordBits
		w[i] = wordlists.English[acc>>have&(1<<wordBits-1)]
	}
	return w
}
