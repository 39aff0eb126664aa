package provtest_test

import (
	"strings"
	"testing"

	"kontor/protocol/provenance/provtest"
)

const right = `{
  "prefix": {"prov": "http://www.w3.org/ns/prov#", "xsd": "http://www.w3.org/2001/XMLSchema#", "ex": "http://example.org/"},
  "entity": {"ex:e1": {"ex:size": 3, "prov:type": {"$": "prov:Plan", "type": "prov:QUALIFIED_NAME"}}, "ex:e2": {}},
  "activity": {"ex:a": {"prov:startTime": "2026-01-01T00:00:00Z", "prov:endTime": "2026-01-02T00:00:00Z"}},
  "agent": {"ex:p": {"prov:label": {"$": "Haus", "lang": "de"}}},
  "wasGeneratedBy": {"_:g": {"prov:entity": "ex:e2", "prov:activity": "ex:a", "prov:time": "2026-01-01T12:00:00+01:00"}},
  "wasDerivedFrom": {"_:d": [{"prov:generatedEntity": "ex:e2", "prov:usedEntity": "ex:e1"}]},
  "wasAssociatedWith": {"_:w": {"prov:activity": "ex:a", "prov:agent": "ex:p"}}
}`

func TestCheck(t *testing.T) {
	if found := provtest.Check([]byte(right)); len(found) > 0 {
		t.Fatal(found)
	}
	for _, c := range []struct{ old, new, says string }{
		{`"agent": {`, `"agents": {`, `section "agents"`},
		{`"ex:p": {`, `"who:p": {`, `"who:p" is no qualified name`},
		{`"ex:size"`, `"prov:size"`, "prov:size is no attribute"},
		{`"ex:size": 3`, `"ex:size": null`, "ex:size is no literal"},
		{`, "type": "prov:QUALIFIED_NAME"}`, `}`, "no typed literal"},
		{`"prov:activity": "ex:a", "prov:agent"`, `"prov:activity": "ex:b", "prov:agent"`, "no declared activity"},
		{`"prov:entity": "ex:e2", `, ``, "prov:entity is missing"},
		{`"prov:entity": "ex:e2"`, `"prov:entity": "ex:a"`, "no declared entity"},
		{`"prov:endTime": "2026-01-02T00:00:00Z"`, `"prov:endTime": "2025-01-02T00:00:00Z"`, "ends before it begins"},
		{`12:00:00+01:00`, `noon`, "no xsd:dateTime"},
		{`"prov:usedEntity": "ex:e1"`, `"prov:usedEntity": "ex:e2"`, "circle"},
		{`"http://example.org/"`, `""`, "no URI"},
		{right, `[]`, "no JSON object"},
	} {
		text := strings.Replace(right, c.old, c.new, 1)
		if text == right {
			t.Fatalf("%q is not there", c.old)
		}
		if found := strings.Join(provtest.Check([]byte(text)), "\n"); !strings.Contains(found, c.says) {
			t.Errorf("%s: %q, want %q", c.new, found, c.says)
		}
	}
}
