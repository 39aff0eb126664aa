package release

import (
	"regexp"
	"slices"
	"strings"

	"kontor/protocol/artifact"
)

// Codes of personal data in texts.
const (
	CodePersonal = "RELEASE-09" // a text holds personal data that the policy refuses
	CodeMasked   = "RELEASE-10" // a note: personal data in a text was masked
)

// Personal is a kind of personal data.
type Personal string

// The kinds looked for, in the order in which they are.
const (
	Mail       Personal = "E_MAIL"
	Identifier Personal = "IDENTIFIER" // of a person: bank account, card, social security, passport or personnel number
	Phone      Personal = "PHONE"
	Name       Personal = "NAME" // after a form of address or a word like "contact:"; a name by itself isn't told from a brand
)

func (p Personal) word() string { return strings.ToLower(strings.ReplaceAll(string(p), "_", "-")) }

// Action is what becomes of what was found.
type Action string

// The actions.
const (
	MaskIt   Action = "MASK"
	RefuseIt Action = "REFUSE"
	LeaveIt  Action = "LEAVE"
)

// TextPolicy says what becomes of personal data in texts. The zero policy masks all, and refuses identifiers.
type TextPolicy struct {
	Actions map[Personal]Action
	// Allow are places, brands and companies that are no people: "Dr. Oetker". Case is of no matter.
	Allow []string
}

func (p TextPolicy) action(kind Personal) Action {
	if a, set := p.Actions[kind]; set {
		return a
	}
	if kind == Identifier {
		return RefuseIt
	}
	return MaskIt
}

// What stands in place of what was masked: no longer than the shortest of its kind, so that a text never outgrows its field.
var masks = map[Personal]string{Mail: "[mail]", Identifier: "[id]", Phone: "[phone]", Name: "[who]"}

// Where the part masked is not all that was matched, it is the group "it".
var patterns = []struct {
	kind Personal
	is   *regexp.Regexp
	also func(string) bool // a check the pattern can't make
}{
	{Mail, regexp.MustCompile(`[\p{L}\p{N}._%+'-]*[\p{L}\p{N}_%+-]@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}{2,}`), nil},
	{Identifier, regexp.MustCompile(`(?i)\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b`), isIBAN},
	{Identifier, regexp.MustCompile(`\b[0-9]{4}([ -])[0-9]{4}[ -][0-9]{4}[ -][0-9]{4}\b`), isCard},
	{Identifier, regexp.MustCompile(`\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b`), nil},
	{Identifier, regexp.MustCompile(`(?i)\b(?:passport|ssn|social security|national id|tax id|personnel|employee|staff)(?: (?:no|number|nr|id))?[.:#]* *(?P<it>[A-Z0-9-]*[0-9][A-Z0-9-]{4,})`), nil},
	{Phone, regexp.MustCompile(`(?:\+|\b00)[1-9](?:[ ./()-]{0,2}[0-9]){7,13}\b`), nil},
	{Phone, regexp.MustCompile(`(?i)\b(?:tel|phone|mobile|cell|fax|call|whatsapp)[a-z]*[.:]* *(?P<it>\(?[0-9](?:[ ./()-]{0,2}[0-9]){6,13})\b`), nil},
	{Phone, regexp.MustCompile(`\(?\b0[0-9]{1,5}\)?[ /-][0-9](?:[ -]?[0-9]){5,9}\b`), nil},
	{Name, regexp.MustCompile(`\b(?:Mrs|Mr|Ms|Miss|Dr|Prof|Herr|Herrn|Frau|Mme|Monsieur|Madame|Sir|Dame)\b\.?(?: (?:Dr|Prof)\b\.?)* \p{Lu}[\p{L}'’-]+(?: \p{Lu}[\p{L}'’-]+){0,2}`), nil},
	{Name, regexp.MustCompile(`\b(?i:contact|attn|attention|ask for|c/o|signed by|approved by|reported by)[:.]* +(?P<it>\p{Lu}[\p{Ll}'’-]+(?: \p{Lu}[\p{L}'’-]+){1,2})`), nil},
}

func isIBAN(s string) bool {
	s = strings.ToUpper(strings.ReplaceAll(s, " ", ""))
	if len(s) < 15 || len(s) > 34 {
		return false
	}
	rest := 0
	for _, c := range s[4:] + s[:4] {
		if c >= 'A' {
			rest = (rest*100 + int(c-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(c-'0')) % 97
		}
	}
	return rest == 1 // ISO 13616
}

func isCard(s string) bool {
	sum, double := 0, false
	for _, c := range slices.Backward([]byte(s)) {
		if c < '0' || c > '9' {
			continue
		}
		n := int(c - '0')
		if double {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum, double = sum+n, !double
	}
	return sum%10 == 0 // ISO/IEC 7812
}

// Text masks what the policy masks in a text, the same way every time. The notes say what was masked, the refusals what the policy doesn't let
// leave at all; neither repeats it. A text without personal data is returned as it is; masked again, it stays.
func (p TextPolicy) Text(path, text string) (masked string, notes, refusals []artifact.Finding) {
	var noted, refused artifact.Report
	masked = text
	for _, look := range patterns {
		action := p.action(look.kind)
		if action == LeaveIt {
			continue
		}
		part := max(look.is.SubexpIndex("it"), 0)
		from, out := 0, strings.Builder{}
		for _, at := range look.is.FindAllStringSubmatchIndex(masked, -1) {
			start, end := at[2*part], at[2*part+1]
			found := masked[start:end]
			if look.also != nil && !look.also(found) || look.kind == Name && p.allowed(found) {
				continue
			}
			out.WriteString(masked[from:start])
			out.WriteString(masks[look.kind])
			from = end
			if action == RefuseIt {
				refused.Add(CodePersonal, path, "the text holds what reads like a person's %s, which may not leave; take it out", look.kind.word())
			} else {
				noted.Add(CodeMasked, path, "the partner sees %s in place of what reads like a person's %s", masks[look.kind], look.kind.word())
			}
		}
		masked = out.String() + masked[from:]
	}
	return masked, noted.Findings(), refused.Findings()
}

func (p TextPolicy) allowed(found string) bool {
	return slices.ContainsFunc(p.Allow, func(a string) bool {
		return a != "" && (strings.EqualFold(found, a) || len(found) > len(a) && strings.EqualFold(found[:len(a)], a) && found[len(a)] == ' ')
	})
}
