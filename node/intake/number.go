package intake

import (
	"fmt"
	"strconv"
	"strings"

	"kontor/protocol/quantity"
)

// reading is what a cell's separators say about the decimal mark.
type reading int

const (
	plain     reading = iota // no separator: says nothing
	withDot                  // can only be a number with a decimal point
	withComma                // can only be a number with a decimal comma
	either                   // 1.234: a thousand or one and a bit
	noNumber
)

// groupSpaces are blanks and apostrophes that some countries put between
// thousands. They never mark decimals.
var groupSpaces = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "'", "", "\u2019", "")

// readNumber looks at a cell's separators alone.
func readNumber(text string) reading {
	if dots, ok := digitsOf(text); ok && dots == 0 {
		return plain
	}
	body := strings.TrimLeft(text, "+-")
	if len(text)-len(body) > 1 || body == "" || strings.ContainsAny(body[:1], " '") {
		return noNumber
	}
	if spaced := strings.FieldsFunc(body, func(c rune) bool { return groupSpaces.Replace(string(c)) == "" }); len(spaced) > 1 {
		for i, part := range spaced {
			if whole, _, _ := strings.Cut(strings.ReplaceAll(part, ",", "."), "."); i > 0 && len(whole) != 3 {
				return noNumber
			}
		}
	}
	body = groupSpaces.Replace(body)
	if strings.Trim(body, "0123456789.,") != "" || strings.Trim(body, ".,") == "" {
		return noNumber
	}
	dots, commas := strings.Count(body, "."), strings.Count(body, ",")
	switch {
	case dots == 0 && commas == 0:
		return plain
	case dots > 0 && commas > 0:
		if strings.LastIndex(body, ".") > strings.LastIndex(body, ",") {
			return ifGrouped(body, ',', '.', withDot)
		}
		return ifGrouped(body, '.', ',', withComma)
	case dots > 1:
		return ifGrouped(body, '.', ',', withComma)
	case commas > 1:
		return ifGrouped(body, ',', '.', withDot)
	}
	only, then := withDot, "."
	if commas == 1 {
		only, then = withComma, ","
	}
	whole, fraction, _ := strings.Cut(body, then)
	if len(fraction) == 3 && len(whole) >= 1 && len(whole) <= 3 && whole[0] != '0' {
		return either
	}
	return only
}

// digitsOf is how many points stand between the digits of a number that has nothing else,
// and false for all other text: most cells of most files need no closer look.
func digitsOf(text string) (points int, ok bool) {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c >= '0' && c <= '9':
		case c == '.' && i > 0 && i < len(text)-1:
			points++
		default:
			return points, false
		}
	}
	return points, text != ""
}

// ifGrouped is yes where the whole part is grouped in threes by group and at
// most one decimal mark follows.
func ifGrouped(body string, group, mark byte, yes reading) reading {
	whole, fraction, marked := strings.Cut(body, string(mark))
	if marked && strings.ContainsAny(fraction, ".,") {
		return noNumber
	}
	parts := strings.Split(whole, string(group))
	for i, part := range parts {
		if i > 0 && len(part) != 3 || i == 0 && (len(part) < 1 || len(part) > 3) {
			return noNumber
		}
	}
	return yes
}

// marks is what all number cells of a file say together: a file has one decimal
// mark, whatever column it stands in.
type marks struct {
	decimal            byte // '.' or ',', 0 while nothing decided
	dot, comma, unsure cell // first cell that says so
}

// cell is a place in the file.
type cell struct {
	line          int
	column, value string
}

// look notes what a cell says about the mark.
func (m *marks) look(line int, column, value string) {
	if points, ok := digitsOf(value); ok && (points == 0 || points == 1 && m.dot.line > 0) {
		return // nothing, or what an earlier cell has said
	}
	first := func(at *cell) {
		if at.line == 0 {
			*at = cell{line, column, value}
		}
	}
	switch readNumber(value) {
	case withDot:
		first(&m.dot)
	case withComma:
		first(&m.comma)
	case either:
		first(&m.unsure)
	}
}

// settle decides the mark, or complains that the file leaves it open.
func (m *marks) settle(option string, r *Report) bool {
	switch {
	case option != "":
		m.decimal = option[0]
	case m.dot.line > 0 && m.comma.line > 0:
		first, second := m.dot, m.comma
		if second.line < first.line {
			first, second = second, first
		}
		r.Complain(Complaint{Code: CodeMixedMarks, Line: second.line, Column: second.column, Value: second.value,
			Text: fmt.Sprintf("another decimal mark than %q in line %d", shortened(first.value), first.line),
			Want: "one decimal mark in the whole file, or the option decimal set to the one that is meant"})
		return false
	case m.dot.line > 0:
		m.decimal = '.'
	case m.comma.line > 0:
		m.decimal = ','
	case m.unsure.line > 0:
		mark := "."
		if strings.Contains(m.unsure.value, ",") {
			mark = ","
		}
		r.Complain(Complaint{Code: CodeAmbiguousMark, Line: m.unsure.line, Column: m.unsure.column, Value: m.unsure.value,
			Text: fmt.Sprintf("%q may mark decimals or thousands, and no other cell of the file tells which", mark),
			Want: "the option decimal set to \".\" or \",\", or figures without grouping and with another number of decimals"})
		return false
	default:
		return true // nothing in the file depends on it
	}
	r.Decimal = string(m.decimal)
	return true
}

// shortForm is said of a number in scientific notation. Spreadsheets write long numbers so and drop digits, which an import can't have; what
// is measured is taken as it is, since statistical programs write every number so.
const shortForm = "a spreadsheet's shortened number, which has lost digits"

// scientific reads a number in scientific notation, with the file's decimal mark.
func (m *marks) scientific(text string) (quantity.Quantity, error) {
	if m.decimal == ',' {
		if strings.Contains(text, ".") {
			return quantity.Quantity{}, fmt.Errorf("another decimal mark than the file's")
		}
		text = strings.Replace(text, ",", ".", 1)
	}
	return ParseNumber(text)
}

const tooLarge = "a number that is too large or has too many digits"

// parse reads a cell with the file's decimal mark. The text of a failure says
// what is wrong, for a complaint.
func (m *marks) parse(text string) (quantity.Quantity, string) {
	decimal := m.decimal
	if decimal == 0 {
		decimal = '.'
	}
	if q, ok := plainNumber(text, decimal); ok {
		return q, ""
	}
	switch readNumber(text) {
	case noNumber:
		switch {
		case strings.ContainsAny(text, "eE") && strings.Trim(text, "0123456789+-.,eE") == "":
			return quantity.Quantity{}, shortForm
		case strings.HasPrefix(text, "(") && strings.HasSuffix(text, ")"):
			return quantity.Quantity{}, "not a number; brackets are not read as a minus sign"
		}
		return quantity.Quantity{}, "not a number"
	case withDot:
		if decimal == ',' {
			return quantity.Quantity{}, "not a number with a decimal comma"
		}
	case withComma:
		if decimal == '.' {
			return quantity.Quantity{}, "not a number with a decimal point"
		}
	}
	group := ","
	if decimal == ',' {
		group = "."
	}
	body := strings.ReplaceAll(groupSpaces.Replace(text), group, "")
	q, err := parseDecimal(strings.Replace(body, string(decimal), ".", 1))
	if err != nil {
		return quantity.Quantity{}, tooLarge
	}
	return q, ""
}

// plainNumber reads digits with at most one decimal mark between them, as most cells have
// them, and leaves everything else to a closer look.
func plainNumber(text string, decimal byte) (quantity.Quantity, bool) {
	const digits = 18 // fit an int64
	if text == "" || len(text) > digits {
		return quantity.Quantity{}, false
	}
	mantissa, places, marked := int64(0), 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			mantissa = 10*mantissa + int64(c-'0')
			if marked {
				places++
			}
		case c == decimal && !marked && i > 0 && i < len(text)-1:
			marked = true
		default:
			return quantity.Quantity{}, false
		}
	}
	q, err := quantity.Scaled(mantissa, -places)
	return q, err == nil
}

// parseDecimal reads digits with a decimal point, one of which may be missing on
// either side: ".5" and "5." are what some systems write.
func parseDecimal(text string) (quantity.Quantity, error) {
	sign := ""
	if text != "" && (text[0] == '-' || text[0] == '+') {
		sign, text = text[:1], text[1:]
	}
	if strings.HasPrefix(text, ".") {
		text = "0" + text
	}
	return quantity.Parse(sign + strings.TrimSuffix(text, "."))
}

// maxExponentDigits bounds the exponent of a number in JSON: quantities end at 18
// places on either side of the point.
const maxExponentDigits = 3

// ParseNumber reads a number as XML and JSON write it, exactly: a decimal point,
// no grouping, and an exponent where there is one (1.8E+3).
func ParseNumber(text string) (quantity.Quantity, error) {
	base, exponent, scaled := strings.Cut(strings.ToLower(strings.TrimSpace(text)), "e")
	q, err := parseDecimal(base)
	if err != nil || !scaled {
		return q, err
	}
	if len(strings.TrimLeft(exponent, "+-")) > maxExponentDigits {
		return quantity.Quantity{}, quantity.ErrOverflow
	}
	n, err := strconv.Atoi(exponent)
	if err != nil {
		return quantity.Quantity{}, fmt.Errorf("exponent %q is no whole number", exponent)
	}
	if q.IsZero() {
		return q, nil
	}
	return quantity.Scaled(q.Mantissa(), q.Exponent()+n)
}
