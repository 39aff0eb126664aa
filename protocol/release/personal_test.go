package release

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"kontor/protocol/artifact"
)

func TestPersonalDataIsMasked(t *testing.T) {
	policy := TextPolicy{Actions: map[Personal]Action{Identifier: MaskIt}, Allow: []string{"Dr. Oetker", "Mr Price"}}
	for text, want := range map[string]string{
		"": "",
		"late, write to jane.o'doe+x@acme-pharma.co.zw today":    "late, write to [mail] today",
		"call +263 77 123 4567 or 0049 (30) 1234-5678":           "call [phone] or [phone]",
		"tel: 555 123 4567, then tel. 020 7946 0958":             "tel: [phone], then tel. [phone]",
		"reach 030 / 1234567":                                    "reach 030 / 1234567", // blanks on both sides of the stroke: lot over count
		"reach 030/1234567":                                      "reach [phone]",
		"IBAN GB82 WEST 1234 5698 7654 32":                       "IBAN [id]",
		"order GB82 WEST 1234 5698 7654 33":                      "order GB82 WEST 1234 5698 7654 33",
		"card 4111 1111 1111 1111":                               "card [id]",
		"SSN 078-05-1120":                                        "SSN [id]",
		"passport no. C01X00T47 shown":                           "passport no. [id] shown",
		"ask Mr. Tendai Moyo, Frau Dr. Müller and Mme O'Neill.":  "ask [who], [who] and [who].",
		"contact: Jane Doe":                                      "contact: [who]",
		"promotion of Dr. Oetker and Mr Price Harare":            "promotion of Dr. Oetker and Mr Price Harare",
		"Efavirenz 600 mg tablet, 30 per pack":                   "Efavirenz 600 mg tablet, 30 per pack",
		"GTIN 04012345678901, lot 2026-12-01/7, 1 234 567 packs": "GTIN 04012345678901, lot 2026-12-01/7, 1 234 567 packs",
		"from 01.12.2026 until 15.01.2027, 4500012345":           "from 01.12.2026 until 15.01.2027, 4500012345",
		"St Moritz, Port Elizabeth and Victoria Falls":           "St Moritz, Port Elizabeth and Victoria Falls",
	} {
		got, notes, refusals := policy.Text("lines[0].item.description", text)
		if got != want || (got != text) != (len(notes) > 0) || len(refusals) > 0 {
			t.Errorf("%q: %q, want %q; %v %v", text, got, want, notes, refusals)
		}
	}
	got, _, refusals := TextPolicy{}.Text("note", "SSN 078-05-1120")
	if len(refusals) != 1 || refusals[0].Code != CodePersonal || strings.Contains(refusals[0].Text, "078") || strings.Contains(got, "078") {
		t.Errorf("an identifier: %q, %v", got, refusals)
	}
	if got, notes, _ := (TextPolicy{Actions: map[Personal]Action{Mail: LeaveIt}}).Text("note", "a@b.org"); got != "a@b.org" || len(notes) > 0 {
		t.Errorf("left by policy: %q, %v", got, notes)
	}
}

func checkMasked(t interface{ Fatalf(string, ...any) }, text string) {
	once, notes, refusals := TextPolicy{}.Text("p", text)
	again, _, _ := TextPolicy{}.Text("p", text)
	if once != again || (once != text) != (len(notes)+len(refusals) > 0) {
		t.Fatalf("%q: %q, %q", text, once, again)
	}
	if len(once) > len(text) || utf8.ValidString(text) && !utf8.ValidString(once) {
		t.Fatalf("%q becomes %q", text, once)
	}
	if artifact.IsSentence(text) && !artifact.IsSentence(once) {
		t.Fatalf("%q is no sentence any more: %q", text, once)
	}
}

func TestMaskingIsDeterministicAndFits(t *testing.T) {
	pieces := []string{"a@b.cc", "+1 2345678", "Mr Li", "x", " ", ", ", "GB82WEST12345698765432", "tel 1234567", "007 ", "@", "é", "0", "078-05-1120", "contact: Al Bo"}
	rapid.Check(t, func(t *rapid.T) {
		checkMasked(t, strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 8).Draw(t, "text"), ""))
	})
}

func FuzzText(f *testing.F) {
	f.Add("write to jane@acme.org or +263 77 123 4567")
	f.Add("Mr. Tendai Moyo")
	f.Fuzz(func(t *testing.T, text string) { checkMasked(t, text) })
}
