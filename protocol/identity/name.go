package identity

import (
	"fmt"
	"kontor/protocol/legible"
	"strings"
	"unicode/utf8"
)

// MaxName bounds a company's display name in bytes.
const MaxName = 128

// CheckName checks a company's display name: 1 to MaxName bytes of plain text. A name stands on a partner's screen beside fingerprints and
// signatures, so that nothing in it may move, hide or turn around what is written there.
func CheckName(name string) error {
	if name == "" || len(name) > MaxName {
		return fmt.Errorf("name %q has %d bytes; 1 to %d are allowed", name[:min(len(name), 40)], len(name), MaxName)
	}
	if !utf8.ValidString(name) || strings.Trim(name, " ") != name || strings.ContainsFunc(name, legible.Treacherous) {
		return fmt.Errorf("name %+q is not plain text: characters that are invisible or turn the direction of text, and blanks at the ends, are not allowed", name)
	}
	return nil
}
