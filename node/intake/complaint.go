package intake

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Code is the stable name of a kind of complaint or note.
type Code string

// Complaints: the file, or a line of it, can't be imported as it stands.
const (
	CodeTooLarge       Code = "INTAKE-01" // more bytes, rows, columns or characters than allowed
	CodeNotText        Code = "INTAKE-02" // not a text file in UTF-8 or Windows-1252
	CodeEmpty          Code = "INTAKE-03" // no line below the header
	CodeHeader         Code = "INTAKE-04" // the columns of the wanted kind were not found
	CodeQuote          Code = "INTAKE-05" // a quotation mark opens and does not close, or stands inside a cell
	CodeTooManyCells   Code = "INTAKE-06" // more cells in a line than in the header
	CodeMissing        Code = "INTAKE-07" // an empty cell that is needed
	CodeNumber         Code = "INTAKE-08" // not a number
	CodeAmbiguousMark  Code = "INTAKE-09" // decimal mark and digit grouping can't be told apart
	CodeMixedMarks     Code = "INTAKE-10" // both decimal marks in one file
	CodeSign           Code = "INTAKE-11" // below zero, or zero where more is needed
	CodePeriod         Code = "INTAKE-12" // not a date, week or month
	CodeAmbiguousOrder Code = "INTAKE-13" // day and month can't be told apart
	CodeMixedOrders    Code = "INTAKE-14" // both orders of day and month in one column
	CodeRepeatedLine   Code = "INTAKE-15" // a line that repeats another, cell by cell
	CodeRepeatedKey    Code = "INTAKE-16" // a second line for the same thing
	CodeContradiction  Code = "INTAKE-17" // two lines that can't both be right
	CodeMaximum        Code = "INTAKE-18" // actual capacity above the maximum
	CodeUnit           Code = "INTAKE-19" // unknown unit
	CodeOption         Code = "INTAKE-20" // an option that isn't one of its values
	CodeCrossing       Code = "INTAKE-21" // quantiles that fall where the level rises
	CodeSyntax         Code = "INTAKE-22" // not well formed as its format: a segment, element or field
	CodeFormat         Code = "INTAKE-23" // no format, or no kind of message, that is read
	CodeUnsafe         Code = "INTAKE-24" // a document type or entity declaration in XML, macros or links out of a spreadsheet
	CodeCumulative     Code = "INTAKE-25" // cumulative quantities from which the quantity of a period can't be told
	CodeIdentity       Code = "INTAKE-26" // a product without usable number, or lines that can't be told apart
	CodeRule           Code = "INTAKE-27" // what the file says breaks a rule of the document it becomes
	CodeTruncated      Code = "INTAKE-28" // the end of the message is missing, or its own counts say that a part is
	CodeMapping        Code = "INTAKE-31" // a mapping that names columns the file has not
	CodeMeasure        Code = "INTAKE-30" // a measure that is neither the mean nor a quantile
	CodeField          Code = "INTAKE-32" // a field of a document that its table has wrong
	CodeTemplate       Code = "INTAKE-33" // a template that somebody changed where it was not to be changed
	CodeWide           Code = "INTAKE-29" // a wide table of which nothing says what its figures are
	CodeAttribute      Code = "INTAKE-34" // a firmness, day, share or other attribute of a forecast that is none
)

// Notes: the file was imported, and this was done with it.
const (
	NoteIgnored     Code = "INTAKE-40" // columns that nothing was read from
	NoteAddedUp     Code = "INTAKE-41" // lines of one product, region and period, added up
	NoteWindows1252 Code = "INTAKE-42" // read as Windows-1252
	NoteAboveHeader Code = "INTAKE-43" // lines above the header, left out
	NoteCentury     Code = "INTAKE-45" // years of two digits
	NoteUnit        Code = "INTAKE-46" // no unit column: a unit was assumed
	NoteParked      Code = "INTAKE-47" // unknown products, parked in the worklist
	NoteTrailer     Code = "INTAKE-48" // a count or control total of a trailer is wrong
	NoteQualifier   Code = "INTAKE-49" // an unknown qualifier, code or field: nothing was read from it
	NotePlace       Code = "INTAKE-50" // a place under a code of the sender's own, left out or read as its country
	NoteNotCarried  Code = "INTAKE-51" // said by the file, and nothing in the draft can hold it
	NoteAssumed     Code = "INTAKE-52" // not said by the file, and assumed
	NoteInactive    Code = "INTAKE-53" // marked as inactive by its sender: nothing of it is planned with
	NoteShortened   Code = "INTAKE-54" // a period that begins inside another: it begins where that one ends
	NoteReturns     Code = "INTAKE-55" // sales below zero: more came back than was sold
	NoteMapped      Code = "INTAKE-56" // read with a mapping that was kept from before
	NoteRule        Code = "INTAKE-57" // kept as a draft, and against a rule of the document it becomes

	NoteScientific   Code = "INTAKE-58" // numbers in scientific notation, measured as they are written
	NoteDecimalPoint Code = "INTAKE-60" // thousands or decimals in doubt, read with a decimal point beside comma delimiters
)

// Complaint is one thing that is wrong, or that was done (a note). Line counts
// from 1 in the file as an editor shows it; 0 means the whole file.
type Complaint struct {
	Code Code `json:"code"`
	Line int  `json:"line,omitempty"`
	// Segment counts from 1 through a whole file of segments or records, UNB, ISA or 511 the
	// first and UNA not counted; 0 elsewhere. It is not the number inside a message.
	Segment int    `json:"segment,omitempty"`
	Column  string `json:"column,omitempty"` // as the header writes it; the element or path where there are no columns
	Value   string `json:"value,omitempty"`  // the cell, shortened
	Text    string `json:"text"`             // what is wrong
	Want    string `json:"want,omitempty"`   // what would be right
}

func (c Complaint) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: ", c.Code)
	if c.Line > 0 {
		fmt.Fprintf(&b, "line %d, ", c.Line)
	}
	if c.Segment > 0 {
		fmt.Fprintf(&b, "segment %d, ", c.Segment)
	}
	if c.Column != "" {
		fmt.Fprintf(&b, "column %q, ", c.Column)
	}
	if c.Value != "" {
		fmt.Fprintf(&b, "value %q, ", c.Value)
	}
	text := strings.TrimSuffix(b.String(), ", ")
	if !strings.HasSuffix(text, ": ") {
		text += ": "
	}
	text += c.Text
	if c.Want != "" {
		text += "; want " + c.Want
	}
	return text
}

// maxValue bounds the part of a cell that a complaint repeats: enough to find
// it, too little to flood a log.
const maxValue = 64

// Shortened is a value as complaints repeat it.
func Shortened(value string) string { return shortened(value) }

func shortened(value string) string {
	if len(value) <= maxValue {
		return value
	}
	cut := maxValue
	for cut > 0 && !utf8.RuneStart(value[cut]) {
		cut--
	}
	return value[:cut] + "..."
}

// maxComplaints bounds the complaints kept: a file that is wrong in a hundred
// places is wrong in one way. The rest is counted.
const maxComplaints = 100

// Report says how a file was read and what is wrong with it.
type Report struct {
	Format     string      `json:"format,omitempty"` // as the door names it: csv, xlsx, edifact DELFOR D.97A ...
	Kind       Kind        `json:"kind,omitempty"`
	Encoding   string      `json:"encoding,omitempty"` // UTF-8 or Windows-1252
	Delimiter  string      `json:"delimiter,omitempty"`
	Decimal    string      `json:"decimal,omitempty"`   // decimal mark: "." or ",", or "" where no cell has one
	DateOrder  string      `json:"dateOrder,omitempty"` // DMY or MDY where slashed dates were read
	HeaderLine int         `json:"headerLine,omitempty"`
	Lines      int         `json:"lines"`             // below the header, blank ones not counted
	Imported   int         `json:"imported"`          // of them, in the draft
	Series     int         `json:"series,omitempty"`  // that the file speaks of, also where it is refused
	Buckets    int         `json:"buckets,omitempty"` // periods of all of them
	Complaints []Complaint `json:"complaints,omitempty"`
	Further    int         `json:"further,omitempty"` // complaints beyond the first hundred
	Notes      []Complaint `json:"notes,omitempty"`
	Skipped    []int       `json:"skipped,omitempty"`  // lines left out, with SkipBad
	Worklist   []Unknown   `json:"worklist,omitempty"` // products to be mapped
}

// Unknown is a product that nobody has mapped yet, and where it stands.
type Unknown struct {
	Product string `json:"product"`
	Lines   []int  `json:"lines"` // at most the first hundred
	Count   int    `json:"count"`
}

// OK says that nothing is wrong.
func (r *Report) OK() bool { return len(r.Complaints) == 0 }

// Complain adds a complaint: the file, or a part of it, can't be imported as it stands.
func (r *Report) Complain(c Complaint) {
	if len(r.Complaints) == maxComplaints {
		r.Further++
		return
	}
	c.Value = shortened(c.Value)
	r.Complaints = append(r.Complaints, c)
}

// Note adds what was done with the file, or what of it was left out. Notes beyond a
// hundred, and those that say the same of the same place, are dropped.
func (r *Report) Note(c Complaint) {
	if len(r.Notes) == maxComplaints {
		return
	}
	c.Value = shortened(c.Value)
	if slices.Contains(r.Notes, c) {
		return
	}
	r.Notes = append(r.Notes, c)
}

// noted says that a note of a code speaks of a value already.
func (r *Report) noted(code Code, value string) bool {
	value = shortened(value)
	return slices.ContainsFunc(r.Notes, func(c Complaint) bool { return c.Code == code && c.Value == value })
}
