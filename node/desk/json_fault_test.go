package desk

import (
	"strings"
	"testing"

	"kontor/protocol/block"
)

// A document written by hand is refused by the place of its first mistake, with what would be right there; a hash is taken as sha256sum prints it.
func TestMistakesInJSONAreNamedByTheirPlace(t *testing.T) {
	maker := foundDesk(t, "Maker")
	for text, want := range map[string]string{
		`{"audits": [{"id": "A", "standrad": "ISO 9001"}]}`:                        `audits[0] has no field "standrad"; want date, evidenceHash, findings, id, result, site, standard, validUntil`,
		`{"measures": [{"unit": "PK", "receivedQuantity": "many"}]}`:               `measures[0].receivedQuantity is "many": malformed quantity "many"`,
		`{"cases": [{"complaint": "C", "actions": [{"id": "1", "due": "soon"}]}]}`: `cases[0].actions[0].due is "soon": `,
		`{"audits": 7}`: `audits is 7: `,
		`{"audits": [`:  `unexpected EOF`,
	} {
		if _, err := maker.ImportQuality([]byte(text), ImportOptions{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %s", text, err, want)
		}
	}
	if _, err := maker.ImportTerms([]byte(`{"contractReference": "X", "prices": [{"id": "all", "tiers": [{"from": "100"}]}]}`), TermsImport{}); err == nil || !strings.Contains(err.Error(), `prices[0].tiers[0] has no field "from"; want amount, minQty`) {
		t.Error(err)
	}
	sum := strings.Repeat("0a", 32)
	if _, err := maker.ImportQuality([]byte(`{"audits": [{"id": "A", "standard": "ISO 9001", "date": "2026-10-01", "result": "PASSED", "evidenceHash": "`+sum+`"}]}`), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	doc, err := maker.qualityDraft(block.CID{}, nil)
	if err != nil || len(doc.Audits) != 1 || len(doc.Audits[0].Evidence) != 32 || doc.Audits[0].Evidence[31] != 0x0a {
		t.Errorf("%+v: %v", doc.Audits, err)
	}
}
