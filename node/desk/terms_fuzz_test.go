package desk

import (
	"bytes"
	"encoding/json"
	"testing"
)

// FuzzReadTerms: a file of terms that reads is written as a file that reads as the same terms.
func FuzzReadTerms(f *testing.F) {
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"frame":{"contract":"FRAME-2027"},"prices":[],"bands":[],"authorisations":[],"slas":[{"measure":{"code":"OTIF","set":{}}}],"remedies":[]}`))
	f.Add([]byte(`{"slas":[{"measure":{"code":"NONE"}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := ReadTerms(data)
		if err != nil {
			return
		}
		text, err := json.Marshal(termsFile(doc))
		if err != nil || len(text) > maxTermsFile {
			return // what a file says in few bytes may be long when all is written
		}
		again, err := ReadTerms(text)
		if err != nil {
			t.Fatalf("read, written as %s and refused: %v", text, err)
		}
		if twice, err := json.Marshal(termsFile(again)); err != nil || !bytes.Equal(twice, text) {
			t.Fatalf("written as\n%s\nand again as\n%s\n%v", text, twice, err)
		}
	})
}
