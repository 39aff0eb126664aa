package intake

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/legible"
	"kontor/protocol/quantity"
)

// Options say how to read a file. The zero value lets the file decide.
type Options struct {
	// Kind of the file; "" finds it by the header.
	Kind Kind
	// SkipBad leaves bad lines out instead of refusing the file. A file whose
	// decimal mark or date order is in doubt is refused all the same: every line of
	// it may be wrong.
	SkipBad bool
	// Known are the products that are mapped; lines of others go to the worklist.
	// nil means that every product is known.
	Known map[string]bool
	// Decimal is "." or ","; "" finds it.
	Decimal string
	// DateOrder is "DMY" or "MDY", for dates such as 06/02/2006; "" finds it.
	DateOrder string
	// Delimiter is one of comma, semicolon, tab and pipe, or "" to find it.
	Delimiter rune
	// Unit of a bill of materials, capacity or forecast without a unit column or
	// with an empty cell there; "" makes that a complaint in a bill of materials
	// and means pieces (C62) elsewhere.
	Unit quantity.Unit
	// Places is the table of places: what codes of the sender's own mean, each a GLN,
	// UN/LOCODE or ISO 3166 region.
	Places map[string]string
	// Transit is how many days goods travel, for messages that give dates of shipment
	// beside dates of delivery; nil where the file has to tell.
	Transit *int
	// Map says what odd columns mean; nil where the headers say it.
	Map *Mapping
}

// Read reads a file. The draft is nil when the report has complaints and
// SkipBad isn't set, or when nothing is left; the report is never nil.
func Read(data []byte, options Options) (*Draft, *Report) {
	report := &Report{}
	options = options.Mapped()
	r := openTable(data, options, report, func(text string, delimiter rune) (header, bool) {
		return findHeader(text, delimiter, options.Kind, options.Map, report)
	})
	if r == nil {
		return nil, report
	}
	r.repeats = r.header.kind == Forecast // its rows are told apart by their period
	all := func(string) bool { return false }
	if !r.lookAhead(r.header.numberFields(), r.header.periodFields(), all, func(marks) bool { return false }) {
		return nil, report
	}
	r.noteHeader()
	draft := r.rows()
	if draft == nil {
		return nil, report
	}
	slices.SortStableFunc(report.Complaints, func(a, b Complaint) int { return cmp.Compare(a.Line, b.Line) })
	allParked := report.OK() && len(report.Worklist) > 0 // nothing is wrong, and nothing is imported
	if !report.OK() && !options.SkipBad || report.Imported == 0 && !allParked {
		report.Imported = 0
		return nil, report
	}
	return draft, report
}

func (o Options) check(r *Report) bool {
	refuse := func(name, value, want string) bool {
		r.Complain(Complaint{Code: CodeOption, Value: value, Text: "the option " + name + " has no such value", Want: want})
		return false
	}
	switch {
	case o.Kind != "" && !slices.Contains(openKinds, o.Kind) && !slices.Contains(kinds, o.Kind):
		return refuse("kind", string(o.Kind), "history, capacity, stock, bom, products, forecast, campaign, quality, performance or answer")
	case o.Decimal != "" && o.Decimal != "." && o.Decimal != ",":
		return refuse("decimal", o.Decimal, `"." or ","`)
	case o.DateOrder != "" && o.DateOrder != "DMY" && o.DateOrder != "MDY":
		return refuse("date order", o.DateOrder, "DMY or MDY")
	case o.Delimiter != 0 && delimiterNames[o.Delimiter] == "":
		return refuse("delimiter", string(o.Delimiter), "comma, semicolon, tab or pipe")
	case o.Unit != "" && !o.Unit.Known():
		return refuse("unit", string(o.Unit), "a UN/ECE Rec 20 code such as C62, PK or KGM")
	}
	return true
}

// hintedDelimiter is the one a spreadsheet names in a first line "sep=;".
func hintedDelimiter(text string) rune {
	first, _, _ := strings.Cut(text, "\n")
	if hint, ok := strings.CutPrefix(strings.ToLower(strings.TrimRight(first, "\r")), "sep="); ok && len(hint) == 1 && delimiterNames[rune(hint[0])] != "" {
		return rune(hint[0])
	}
	return 0
}

func (h header) numberFields() []int {
	fields := h.attributeFields(Number)
	switch h.layout {
	case long:
		return append(fields, longValue)
	case wide:
		for k := range h.periods {
			fields = append(fields, widePeriods+k)
		}
		return fields
	}
	switch h.kind {
	case History:
		fields = []int{historyQuantity}
	case Capacity:
		fields = []int{capacityMaximum, capacityActual, capacityLoad}
	case Stock:
		fields = []int{stockOnHand, stockInTransit, stockBacklog}
	case Bill:
		fields = []int{billQuantity}
	case Products:
		fields = []int{productsPack}
	case Forecast:
		fields = append(fields, forecastMean)
		for k := range h.levels {
			fields = append(fields, forecastQuantiles+k)
		}
	}
	return fields
}

func (h header) periodFields() []int {
	fields := h.attributeFields(Period)
	switch h.layout {
	case long:
		return append(fields, longPeriod)
	case wide:
		return fields
	}
	switch h.kind {
	case History:
		return []int{historyPeriod, historyDue}
	case Capacity:
		return []int{capacityPeriod}
	case Forecast:
		return append(fields, forecastPeriod)
	}
	return nil
}

func (r *reader) noteHeader() {
	if r.header.line > 1 {
		r.report.Note(Complaint{Code: NoteAboveHeader, Line: r.header.line, Text: "the header; what stands above it was left out"})
	}
	if ignored := r.header.ignored(); len(ignored) > 0 {
		r.report.Note(Complaint{Code: NoteIgnored, Line: r.header.line, Text: "nothing was read from the columns " + shortenedList(ignored)})
	}
}

func (r *reader) noteCentury() {
	if short := r.dates.short; short.line > 0 {
		r.report.Note(Complaint{Code: NoteCentury, Line: short.line, Column: short.column, Value: short.value, Text: "years of two digits were read as 1969 to 2068"})
	}
}

func shortenedList(names []string) string {
	const most = 40
	if len(names) > most {
		names = append(slices.Clone(names[:most]), fmt.Sprintf("and %d more", len(names)-most))
	}
	for i, name := range names {
		names[i] = shortened(name)
	}
	return strings.Join(names, ", ")
}

// rows reads every line into the draft; nil where the file as a whole can't be.
func (r *reader) rows() *Draft {
	d := &Draft{Kind: r.header.kind}
	state := newState(r)
	if !r.each(func(row *row) bool { return state.read(d, row) }) {
		return nil
	}
	if n := len(r.report.Worklist); n > 0 {
		r.report.Note(Complaint{Code: NoteParked, Text: fmt.Sprintf("unknown products parked in the worklist: %d; the rest was read", n)})
	}
	state.finish(d)
	return d
}

// The readers of cells. Each complains and marks the row as bad where the cell
// isn't what it should be.

func (r *reader) bad(row *row, f int, code Code, text, want string) {
	row.bad = true
	r.report.Complain(Complaint{Code: code, Line: row.line, Column: r.header.column(f), Value: row.cells[f], Text: text, Want: want})
}

// text reads a cell that names something: at most [artifact.MaxName] bytes that show as they are, as what is shared must.
func (r *reader) text(row *row, f int) string {
	v := r.prose(row, f, artifact.MaxName)
	if v == "" && r.header.fields[f].needed && !row.bad {
		r.bad(row, f, CodeMissing, "an empty cell", r.header.fields[f].says)
	}
	return v
}

// maxProse bounds a cell of free text: a paragraph.
const maxProse = 2000

// prose reads a cell of at most most bytes. Line ends and tabs become blanks; other characters that hide or forge text are refused: what a cell
// says is shown on screens and may reach partners.
func (r *reader) prose(row *row, f, most int) string {
	v := row.cells[f]
	for i, c := range v {
		switch {
		case c == '\n', c == '\r', c == '\t':
			row.cells[f] = strings.Join(strings.Fields(v), " ")
			return r.prose(row, f, most)
		case legible.Treacherous(c):
			r.bad(row, f, CodeNotText, fmt.Sprintf("the character U+%04X at byte %d hides or forges text", c, i+1), "text that shows as it is")
			return ""
		}
	}
	if len(v) > most {
		r.bad(row, f, CodeTooLarge, fmt.Sprintf("a text of %d bytes", len(v)), fmt.Sprintf("at most %d", most))
		return ""
	}
	return r.keep(v)
}

// number reads a number of 0 or more; an empty cell is 0 unless needed.
func (r *reader) number(row *row, f int, needed bool) (quantity.Quantity, bool) {
	v := row.cells[f]
	if v == "" {
		if needed {
			r.bad(row, f, CodeMissing, "an empty cell", "a number; 0 where nothing is meant")
		}
		return quantity.Quantity{}, false
	}
	q, problem := r.marks.parse(v)
	switch {
	case problem == tooLarge || problem == "" && q.Sign() >= 0 && (q.Exponent() < -maxDecimals || maxQuantity.Less(q)):
		r.bad(row, f, CodeNumber, tooLarge, "at most 10^15 and 9 decimals")
	case problem != "":
		r.bad(row, f, CodeNumber, problem, "a number such as 1250 or 0.75")
	case q.Sign() < 0:
		r.bad(row, f, CodeSign, "below zero", "a number of 0 or more")
	}
	return q, !row.bad
}

// The bounds of a shared forecast, so that what is read can be shared.
const maxDecimals = 9

var maxQuantity = quantity.Of(1_000_000_000_000_000)

func (r *reader) period(row *row, f int) calendar.Bucket {
	v := row.cells[f]
	if v == "" {
		if r.header.fields[f].needed {
			r.bad(row, f, CodeMissing, "an empty cell", wantPeriod)
		}
		return calendar.Bucket{}
	}
	b, problem := r.dates.parse(v)
	if problem != "" {
		r.bad(row, f, CodePeriod, problem, wantPeriod)
	}
	return b
}

// unitNames are what people write instead of the codes of UN/ECE Rec 20.
var unitNames = map[string]quantity.Unit{
	"kg": "KGM", "kilogram": "KGM", "kilograms": "KGM", "g": "GRM", "gram": "GRM", "grams": "GRM", "t": "TNE",
	"pc": "C62", "pcs": "C62", "piece": "C62", "pieces": "C62", "each": "C62", "ea": "C62", "stk": "C62", "unit": "C62", "units": "C62",
	"pack": "PK", "packs": "PK", "l": "LTR", "h": "HUR", "hour": "HUR", "hours": "HUR",
}

func (r *reader) unit(row *row, f int, fallback quantity.Unit) quantity.Unit {
	v := row.cells[f]
	if v == "" {
		if fallback == "" {
			r.bad(row, f, CodeMissing, "an empty cell", "a unit such as KGM or C62, or the option unit")
		}
		return fallback
	}
	if m := r.header.titles.used; m != nil && m.Units[v] != "" {
		v = m.Units[v]
	}
	u := quantity.Unit(strings.ToUpper(v))
	if !u.Known() {
		u = unitNames[strings.ToLower(strings.TrimSuffix(v, "."))]
	}
	if !u.Known() {
		r.bad(row, f, CodeUnit, "an unknown unit", "a UN/ECE Rec 20 code such as C62, PK, KGM or HUR")
	}
	return u
}

// once complains about a second line of one key; what names the key where it does.
func (r *reader) once(row *row, what func() string, parts ...string) bool {
	key := strings.Join(parts, "\x00")
	if before, found := r.keys[key]; found {
		r.repeatedKey(row, before, what())
		return false
	}
	r.keys[key] = row.line
	return true
}

func (r *reader) repeatedKey(row *row, before int, what string) {
	row.bad = true
	r.report.Complain(Complaint{Code: CodeRepeatedKey, Line: row.line, Text: fmt.Sprintf("line %d is already of %s", before, what), Want: "one line for each"})
}

// maxWorklistLines bounds the lines named for one unknown product.
const maxWorklistLines = 100

// known parks the lines of unknown products.
func (r *reader) known(row *row, product string) bool {
	if r.Known == nil || r.Known[product] || product == "" {
		return true
	}
	at, found := r.parked[product]
	if !found {
		at = len(r.report.Worklist)
		r.parked[product] = at
		r.report.Worklist = append(r.report.Worklist, Unknown{Product: product})
	}
	u := &r.report.Worklist[at]
	if u.Count++; len(u.Lines) < maxWorklistLines {
		u.Lines = append(u.Lines, row.line)
	}
	return false
}
