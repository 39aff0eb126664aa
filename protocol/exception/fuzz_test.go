package exception

import (
	"strings"
	"testing"
)

// FuzzParseID: an ID that is read prints as the digits it was read from; what is refused is no ID.
func FuzzParseID(f *testing.F) {
	f.Add(ID{1, 2, 0xfe}.String())
	f.Add(strings.ToUpper(ID{0xfe}.String()))
	f.Add(strings.Repeat("g", 32))
	f.Fuzz(func(t *testing.T, s string) {
		id, err := ParseID(s)
		if err != nil {
			if id != (ID{}) {
				t.Fatalf("refused %q and still gave %v", s, id)
			}
			return
		}
		if id.String() != strings.ToLower(s) {
			t.Fatalf("%q prints as %s", s, id)
		}
	})
}
