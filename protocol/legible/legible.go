// Package legible says which characters may stand in text that people read before they sign or trust.
package legible

// Treacherous tells whether a character hides, reorders or forges text. The list is fixed, not taken from Unicode tables: a table grows with the
// version of the language, and two nodes must give one verdict.
func Treacherous(r rune) bool {
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
