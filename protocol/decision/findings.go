package decision

import (
	"fmt"
	"unicode/utf8"

	"kontor/protocol/artifact"
	"kontor/protocol/legible"
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
		if legible.Treacherous(r) {
			return false
		}
	}
	return true
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
