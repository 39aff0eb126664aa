package outlet

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"kontor/protocol/calendar"
	"kontor/protocol/quality"
)

// rules8D says what the published JSON schema of Report8D 1.0.0 (Catena-X, urn:samm:io.catenax.report_8d:1.0.0) asks: which members an
// object must have, and of which form a member is where it has one. A member of a name that is not here may be anything, as there.
// The form of a value is that of its name, wherever the member stands: the model gives no name two forms.
var rules8D = struct {
	required map[string][]string // by path, lists without their index
	lists    []string
	forms    map[string]string // draft-04 schemas
}{
	required: map[string][]string{
		"":                       {"header"},
		"header":                 {"complaintDate", "lastRevisionDate", "customerComplaintId", "customerContact", "parts", "supplierId"},
		"header.customerContact": {"companyName", "city", "country", "bpnlProperty", "email"},
		"header.supplierContact": {"companyName", "city", "country", "bpnlProperty", "email"},
		"header.parts":           {"customerPartNumber", "orderNumber"},
		"stepD0":                 {"defineEmergencyResponseAction", "customerComplaintId", "problemDescription", "complaintDate"},
		"stepD1":                 {"contactPerson"},
		"stepD2":                 {"symptomDescription", "problemDescription", "riskAssessmentStarted"},
		"stepD3":                 {"descriptionOfInterimContainmentActions"},
		"stepD4":                 {"causes"},
		"stepD5":                 {"definePermanentCorrectiveActions"},
		"stepD6":                 {"implementedCorrectiveMeasures"},
		"stepD7":                 {"errorPreventiveMeasures"},
		"stepD8":                 {"closingDate"},

		"stepD0.defineEmergencyResponseAction":          {"introductionDate", "proofOfEffectiveness", "measure"},
		"stepD3.descriptionOfInterimContainmentActions": {"proofOfEffectiveness", "introductionDate"},
		"stepD4.causes": {"typeOfCauses", "causeHypothesisDescription", "clarificationDate", "result"},
		"stepD5.definePermanentCorrectiveActions": {"introductionDate", "proofOfEffectiveness", "measure"},
		"stepD6.implementedCorrectiveMeasures":    {"introductionDate", "proofOfEffectiveness", "measure"},
		"stepD7.errorPreventiveMeasures":          {"introductionDate", "proofOfEffectiveness", "measure"},
	},
	lists: []string{"header.parts", "stepD0.defineEmergencyResponseAction", "stepD3.descriptionOfInterimContainmentActions", "stepD4.causes", "stepD5.definePermanentCorrectiveActions",
		"stepD6.implementedCorrectiveMeasures", "stepD7.errorPreventiveMeasures"},
	forms: map[string]string{
		"Date":                `{"type": "string", "pattern": "^[0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|[12][0-9]))$"}`, // names that end so
		"bpnlProperty":        `{"type": "string", "pattern": "^BPNL[a-zA-Z0-9]{12}$"}`,
		"email":               `{"type": "string", "pattern": "^[a-zA-Z0-9.!#$%&?*+/=^_{|}~-]+@[a-zA-Z0-9-]+(\\.[a-zA-Z0-9-]+)*$"}`,
		"typeOfCauses":        `{"enum": ["TUA", "TUN", "SUA", "SUN"]}`,
		"status":              `{"enum": ["closed", "open", "in progress"]}`,
		"effectivenessResult": `{"type": "number", "minimum": 0, "maximum": 100}`,
		"":                    `{"type": "string"}`, // every other name
	},
}

// schema8D is rules8D for the members that a payload has, as a schema.
func schema8D(tree any, path string) map[string]any {
	properties := map[string]any{}
	node, ok := tree.(map[string]any)
	if !ok {
		node = tree.([]any)[0].(map[string]any)
	}
	for name, value := range node {
		at := strings.TrimPrefix(path+"."+name, ".")
		switch value.(type) {
		case map[string]any, []any:
			properties[name] = schema8D(value, at)
		default:
			form, ok := rules8D.forms[name]
			if !ok && strings.HasSuffix(name, "Date") {
				form = rules8D.forms["Date"]
			} else if !ok {
				form = rules8D.forms[""]
			}
			properties[name] = json.RawMessage(form)
		}
	}
	object := map[string]any{"type": "object", "properties": properties}
	if required := rules8D.required[path]; required != nil {
		object["required"] = required
	}
	if slices.Contains(rules8D.lists, path) {
		return map[string]any{"type": "array", "items": object}
	}
	return object
}

// compile8D is the schema for payloads with the members of this one.
func compile8D(t *testing.T, payload []byte) *jsonschema.Schema {
	t.Helper()
	var tree any
	if err := json.Unmarshal(payload, &tree); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(schema8D(tree, ""))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft4)
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// worked is a complaint whose case went through every step that a Report8D has and is written.
func worked() quality.Document {
	d := complaint()
	k := &d.Cases[0]
	for i, s := range []quality.Step{quality.D0, quality.D6, quality.D7} {
		k.Actions = append(k.Actions, quality.Action{ID: fmt.Sprintf("%s-%d", s, i), Step: s, Kind: quality.Corrective, Measure: "pump changed", Role: "QUALITY", Begun: calendar.MustDate("2026-03-30"), Status: quality.ActionClosed, Evidence: []byte{1, 2}})
	}
	for _, s := range []quality.Step{quality.D5, quality.D6, quality.D7, quality.D8} {
		k.Steps = append(k.Steps, quality.Done{Step: s, At: calendar.MustDate("2026-04-20")})
	}
	return d
}

// TestReport8DKeepsItsSchema: a case with every step keeps what the published schema asks; each member that it requires and each form is
// missed where it is taken away or spoilt, one at a time.
func TestReport8DKeepsItsSchema(t *testing.T) {
	data, _, err := Report(worked(), CatenaX, customer)
	if err != nil {
		t.Fatal(err)
	}
	schema := compile8D(t, data)
	var tree map[string]any
	if err := json.Unmarshal(data, &tree); err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(tree); err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	for _, step := range []string{"stepD0", "stepD3", "stepD4", "stepD5", "stepD6", "stepD7", "stepD8"} {
		if tree[step] == nil {
			t.Errorf("%s is not written: %s", step, data)
		}
	}
	tried := 0
	var spoil func(node map[string]any, path string)
	spoil = func(node map[string]any, path string) {
		for name, value := range node {
			at := strings.TrimPrefix(path+"."+name, ".")
			if slices.Contains(rules8D.required[path], name) {
				delete(node, name)
				if schema.Validate(tree) == nil {
					t.Errorf("without %s the schema says nothing", at)
				}
				tried++
			}
			node[name] = true // no member is a truth value
			if schema.Validate(tree) == nil {
				t.Errorf("with %s spoilt the schema says nothing", at)
			}
			node[name] = value
			switch v := value.(type) {
			case map[string]any:
				spoil(v, at)
			case []any:
				spoil(v[0].(map[string]any), at)
			}
		}
	}
	spoil(tree, "")
	if tried < 35 {
		t.Errorf("%d members were taken away", tried)
	}
}
