package desk

import (
	"fmt"
	"strings"
	"testing"

	"kontor/node"
	"kontor/protocol/block"
)

// A JSON document that reads and breaks a rule is refused at import like a table, with the code and the place in the file, and nothing of it is kept.
func TestRulesOfJSONAreAskedAtImport(t *testing.T) {
	maker := foundDesk(t, "Maker")
	event := func(id, more string) string {
		return `{"id": "` + id + `", "name": "Spring", "retailEventStatusCode": "PLANNED", "promotionalEventTypeCode": "HOLIDAY", "period": {"start": "2027-03-01", "end": "2027-03-15"}, "items": [{"buyersItemId": "M-77"}]` + more + `}`
	}
	half := `, "funding": {"buyerShare": 500000, "sellerShare": 400000}`
	for text, want := range map[string]string{
		`{"events": [` + event("E1", "") + `, ` + event("E2", half) + `]}`: "in 1 place:\n  CAMPAIGN-14: events[1].funding: ",
		`{"events": [` + event("E1", "") + `, ` + event("E1", "") + `]}`:   "events[1]: id \"E1\" or name \"Spring\" is malformed, or the event stands twice",
		`{"zone": "nowhere!", "events": [` + event("E1", "") + `]}`:        "zone: \"nowhere!\" is no zone name",
		`{"blackouts": [{"id": "B", "reason": "WHIM"}]}`:                   "blackouts[0]: blackout \"B\" for \"WHIM\"",
		`{}`: "the calendar has no event",
		`{"events": [` + strings.Repeat(event("E1", half)+", ", 30) + event("", "") + `]}`: " more",
	} {
		_, err := maker.ImportCampaigns([]byte(text), ImportOptions{})
		if node.AsFailure(err).Code != "IMPORT_REFUSED" || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%.200s: %v; want %s", text, err, want)
		}
	}
	if doc, err := maker.campaignDraft(block.CID{}); err != nil || len(doc.Events)+len(doc.Blackouts) != 0 {
		t.Errorf("a refused document left %+v, %v", doc, err)
	}
	if _, err := maker.ImportCampaigns([]byte(`{"zone": "Europe/Berlin"}`), ImportOptions{}); err != nil {
		t.Error(err)
	}
	if _, err := maker.ImportCampaigns([]byte(`{"events": [`+event("E1", strings.Replace(half, "400000", "500000", 1))+`]}`), ImportOptions{}); err != nil {
		t.Error(err)
	}

	for text, want := range map[string]string{
		`{"cases": [{"complaint": "C", "leader": "Jane Doe"}]}`:                                         "cases[0].leader",
		`{"audits": [{"id": "A", "standard": "ISO 9001", "date": "2026-10-01", "result": "SPLENDID"}]}`: "audits[0]",
		`{}`: "the report has no measure",
	} {
		_, err := maker.ImportQuality([]byte(text), ImportOptions{})
		if node.AsFailure(err).Code != "IMPORT_REFUSED" || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%s: %v; want %s", text, err, want)
		}
	}
	if doc, err := maker.qualityDraft(block.CID{}, nil); err != nil || len(doc.Cases)+len(doc.Audits) != 0 {
		t.Errorf("a refused document left %+v, %v", doc, err)
	}
}
