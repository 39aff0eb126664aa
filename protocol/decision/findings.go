package decision

import (
	"fmt"
	"unicode/utf8"

	"kontor/protocol/artifact"
)

// refuse is the single finding of an act that changes nothing.
func refuse(code, path, format string, args ...any) []artifact.Finding {
	return []artifact.Finding{{Code: code, Path: path, Text: fmt.Sprintf(format, args...)}}
}

// plain tells whether s is text that shows as it is: bounded, UTF-8, no control or direction-changing characters.
// What officers sign must not be able to draw lines of its own on their screen.
func plain(s string, most int) bool {
	if len(s) > most || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if treacherous(r) {
			return false
		}
	}
	return true
}

// treacherous characters hide, reorder or forge text. The list is fixed, not taken from Unicode tables, which
// differ from one release of the toolchain to the next.
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

// identifier tells whether s may name an option, an issue or a milestone: short, visible ASCII without blanks.
func identifier(s string) bool {
	if s == "" || len(s) > MaxID {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}
