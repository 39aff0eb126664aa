package identity

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxName bounds a company's display name in bytes.
const MaxName = 128

// CheckName checks a company's display name: 1 to MaxName bytes of plain text. A name stands on a partner's screen beside fingerprints and
// signatures, so that nothing in it may move, hide or turn around what is written there.
func CheckName(name string) error {
	if name == "" || len(name) > MaxName {
		return fmt.Errorf("name %q has %d bytes; 1 to %d are allowed", name, len(name), MaxName)
	}
	if !utf8.ValidString(name) || strings.Trim(name, " ") != name || strings.ContainsFunc(name, treacherous) {
		return fmt.Errorf("name %+q is not plain text: characters that are invisible or turn the direction of text, and blanks at the ends, are not allowed", name)
	}
	return nil
}

// treacherous names the characters refused instead of asking a Unicode table: a table grows with the version of the language, and two nodes
// must give one verdict.
func treacherous(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7f && r < 0xa0, // controls, line ends
		r == 0xad, r == 0x61c, // soft hyphen, Arabic letter mark
		r >= 0x200b && r <= 0x200f, // zero width, direction marks
		r >= 0x2028 && r <= 0x202e, // line separators, embeddings, overrides
		r >= 0x2060 && r <= 0x206f, // invisible operators, isolates
		r == 0xfeff, r >= 0xfff9 && r <= 0xfffb,
		r >= 0xe0000 && r <= 0xe007f: // tags
		return true
	}
	return false
}
