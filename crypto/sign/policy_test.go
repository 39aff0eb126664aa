package sign

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"pgregory.net/rapid"
)

func policy(t testing.TB, text string) Policy {
	t.Helper()
	p, err := ParsePolicy(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestParsePolicy(t *testing.T) {
	for text, want := range map[string]string{
		"COO":                              "COO",
		"((coo))":                          "COO",
		"COO and CFO":                      "COO and CFO",
		"coo AND cfo and cto":              "COO and CFO and CTO",
		"COO and (CFO and CTO)":            "COO and (CFO and CTO)",
		"COO or CFO":                       "1 of (COO, CFO)",
		"CEO or (COO and CFO)":             "1 of (CEO, COO and CFO)",
		"COO and 1 of (CFO, CTO)":          "COO and 1 of (CFO, CTO)",
		"COO and one of (CFO,CTO)":         "COO and 1 of (CFO, CTO)",
		"2 of (CEO, COO, CFO)":             "2 of (CEO, COO, CFO)",
		"2 of (CEO, COO)":                  "CEO and COO",
		"1 of (COO)":                       "COO",
		"COO and COO":                      "COO and COO",
		"1 of (2 of (CEO, COO, CFO), CTO)": "1 of (2 of (CEO, COO, CFO), CTO)",
		" COO\nand\tCFO ":                  "COO and CFO",
		"1 of (CEO or COO, CFO) and two of (CMO, CTO, CEO)": "1 of (1 of (CEO, COO), CFO) and 2 of (CMO, CTO, CEO)",
	} {
		p := policy(t, text)
		if got := p.String(); got != want {
			t.Errorf("%q reads as %q, want %q", text, got, want)
		}
		if again := policy(t, want); again.String() != want {
			t.Errorf("%q reads as %q", want, again)
		}
	}
}

func TestParsePolicyRefuses(t *testing.T) {
	for text, complaint := range map[string]string{
		"":                         "a role is missing",
		"COOO":                     `"COOO" is no officer's role`,
		"COO and":                  "a role is missing",
		"COO CFO":                  `"CFO" is not expected here`,
		"COO and CFO or CTO":       `"and" and "or" stand side by side`,
		"COO or CFO and CTO":       "stand side by side",
		"(COO":                     `")" is missing`,
		"COO)":                     `")" is not expected`,
		"2 of COO":                 `"COO" stands where "(" should`,
		"2 of (COO)":               "a group of one",
		"3 of (COO, CFO)":          "3 of 2 can't be",
		"0 of (COO, CFO)":          "0 of 2 can't be",
		"-1 of (COO, CFO)":         "-1 of 2 can't be",
		"1 of ()":                  `")" is no officer's role`,
		"1 of (COO,)":              `")" is no officer's role`,
		"99999999999 of (COO,CFO)": "is no officer's role",
		"and":                      "is no officer's role",
		"1 of (COO, 1 of (COO, 1 of (COO, 1 of (COO, CFO))))":                          "nested deeper than 4",
		strings.Repeat("(", 100) + "COO":                                               "nested deeper than",
		strings.Repeat("COO and ", 63) + "COO":                                         "more than 64 roles and groups",
		strings.Repeat(" ", MaxPolicyText) + "COO":                                     "characters are more than",
		"25 of (" + strings.Repeat("CEO,COO,CMO,CFO,CTO,", 9) + "COO,CEO,CFO,CTO,CMO)": "too many ways",
	} {
		p, err := ParsePolicy(text)
		if err == nil || p.Role != "" || p.Of != nil {
			t.Errorf("%q was read as %s", text, p)
		} else if !strings.Contains(err.Error(), complaint) {
			t.Errorf("%q: %v, want %s", text, err, complaint)
		}
	}
}

func TestValidateRefusesWhatNoTextSays(t *testing.T) {
	leaf := Policy{Role: "COO"}
	for name, p := range map[string]Policy{
		"nothing":                {},
		"a role and a group":     {Role: "COO", Need: 1, Of: []Policy{leaf, leaf}},
		"a role with a number":   {Role: "COO", Need: 1},
		"a number alone":         {Need: 1},
		"a group of one":         {Need: 1, Of: []Policy{leaf}},
		"a role in lower case":   {Role: "coo"},
		"an empty one inside":    {Need: 1, Of: []Policy{leaf, {}}},
		"more than there are":    {Need: 3, Of: []Policy{leaf, leaf}},
		"a very large number":    {Need: 1 << 62, Of: []Policy{leaf, leaf}},
		"none of them":           {Need: 0, Of: []Policy{leaf, leaf}},
		"less than none of them": {Need: -1, Of: []Policy{leaf, leaf}},
	} {
		if err := p.Validate(); err == nil {
			t.Errorf("%s: %s is valid", name, p)
		}
		if p.Met([]Signer{signer(1, 1, "COO"), signer(2, 2, "COO"), signer(3, 3, "COO")}, true) {
			t.Errorf("%s: %s is met", name, p)
		}
		if p.Missing(nil, false) == "" {
			t.Errorf("%s: nobody is missing", name)
		}
	}
}

// drawPolicy draws a valid policy of at most depth levels.
func drawPolicy(t *rapid.T, depth int) Policy {
	if depth == 1 || rapid.Bool().Draw(t, "leaf") {
		return Policy{Role: rapid.SampledFrom(Roles).Draw(t, "role")}
	}
	p := Policy{Of: make([]Policy, rapid.IntRange(2, 3).Draw(t, "children"))}
	for i := range p.Of {
		p.Of[i] = drawPolicy(t, depth-1)
	}
	p.Need = int64(rapid.IntRange(1, len(p.Of)).Draw(t, "need"))
	return p
}

func TestAnyPolicyReadsBackFromItsText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPolicy(t, MaxPolicyDepth)
		got, err := ParsePolicy(p.String())
		if err != nil || fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", p) {
			t.Fatalf("%q reads as %#v, was %#v: %v", p, got, p, err)
		}
		// And from CBOR, although the type holds itself.
		data, err := cbor.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var back Policy
		if err := cbor.Unmarshal(data, &back); err != nil || back.String() != p.String() {
			t.Fatalf("%q came back as %q: %v", p, back, err)
		}
	})
}

func FuzzParsePolicy(f *testing.F) {
	f.Add("COO and 1 of (CFO, CTO)")
	f.Add("CEO or (COO and CFO)")
	f.Add("2 of (CEO, COO and CFO, 1 of (CTO, CMO))")
	f.Add("((coo))")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePolicy(text)
		if err != nil {
			if p.Role != "" || p.Of != nil || p.Need != 0 {
				t.Fatal("refused, yet a policy came back")
			}
			return
		}
		again, err := ParsePolicy(p.String())
		if err != nil || fmt.Sprintf("%#v", again) != fmt.Sprintf("%#v", p) {
			t.Fatalf("%q prints as %q, which reads as %q: %v", text, p, again, err)
		}
		everybody := make([]Signer, 0, 5*MaxPolicyNodes)
		for i := range 5 * MaxPolicyNodes {
			everybody = append(everybody, signer(i+1, i+1, Roles[i%5]))
		}
		if !p.Met(everybody, false) || p.Missing(everybody, false) != "" || p.Met(nil, true) || p.Missing(nil, false) == "" {
			t.Fatalf("%q is not met by everybody or met by nobody", p)
		}
	})
}
