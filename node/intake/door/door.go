// Package door takes a file of any format that is read and gives its draft.
//
// Read is the one way in: it finds the format by content, has its package read
// the file, and applies the rules of the document that the draft becomes.
// Detect tells the format alone.
//
// Guarantees: pure; a draft that is answered has no complaint, unless SkipBad is
// set, and keeps the rules of its document either way; the end of a file that was
// cut off, unsafe content and what is no format at all refuse the file whatever
// is set.
package door

import (
	"bytes"
	"slices"
	"strings"

	"kontor/node/intake"
	"kontor/node/intake/amazon"
	"kontor/node/intake/catenax"
	"kontor/node/intake/edifact"
	"kontor/node/intake/icalendar"
	"kontor/node/intake/ubl"
	"kontor/node/intake/vda"
	"kontor/node/intake/x12"
	"kontor/node/intake/xlsx"
	"kontor/protocol/artifact"
	"kontor/protocol/capacity"
)

// Format is a family of files.
type Format string

// The families. Table is CSV.
const (
	Table   Format = "csv"
	Sheet   Format = "xlsx"
	EDIFACT Format = "edifact"
	X12     Format = "x12"
	VDA     Format = "vda"
	UBL     Format = "ubl"
	CatenaX Format = "catena-x"
	Amazon  Format = "amazon"
	ICal    Format = "icalendar"
)

// Tradacoms is known by its first segment and not read.
const Tradacoms Format = "tradacoms"

// formats in the order in which a file is tried.
var formats = []struct {
	format Format
	is     func([]byte) bool
	read   func([]byte, intake.Options) (*intake.Draft, *intake.Report)
}{
	{Sheet, xlsx.Is, readSheet},
	{EDIFACT, edifact.Is, edifact.Read},
	{X12, x12.Is, x12.Read},
	{VDA, vda.Is, vda.Read},
	{UBL, ubl.IsXML, ubl.Read},
	{UBL, isJSON(ubl.IsJSON), ubl.Read},
	{ICal, icalendar.Is, icalendar.Read},
	{Amazon, isJSON(amazon.Is), amazon.Read},
	{Amazon, amazon.IsTable, amazon.Read},
	{CatenaX, isJSON(func([]byte) bool { return true }), catenax.Read},
	{Table, func([]byte) bool { return true }, readTable},
}

// isJSON asks only where the content may be JSON at all.
func isJSON(is func([]byte) bool) func([]byte) bool {
	return func(data []byte) bool {
		head := bytes.TrimLeft(bytes.TrimPrefix(data[:min(len(data), 512)], []byte("\xef\xbb\xbf")), " \t\r\n")
		return len(head) > 0 && (head[0] == '{' || head[0] == '[') && is(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
	}
}

// Options are those of package intake, and the format where it is not to be found
// by content.
type Options struct {
	intake.Options
	Format Format // "" or "auto" finds it
	Sheet  string // of a workbook; "" takes the first that has cells
}

// Formats lists the formats by name.
func Formats() (names []string) {
	for _, f := range formats {
		if !slices.Contains(names, string(f.format)) {
			names = append(names, string(f.format))
		}
	}
	return names
}

// isTradacoms finds the start of a transmission, whose tag is set off by an equals sign and not by a plus.
func isTradacoms(data []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), " \t\r\n"), []byte("STX=AN"))
}

// Detect finds the format of a file by its content.
func Detect(data []byte) Format {
	if isTradacoms(data) {
		return Tradacoms
	}
	for _, f := range formats {
		if f.is(data) {
			return f.format
		}
	}
	return Table
}

// Read reads a file. The draft is nil when the report has complaints and SkipBad
// isn't set, or when nothing is left; the report is never nil.
func Read(data []byte, o Options) (*intake.Draft, *intake.Report) {
	if len(data) > intake.MaxBytes {
		r := &intake.Report{}
		r.Complain(intake.Complaint{Code: intake.CodeTooLarge, Text: "the file is larger than 64 MiB", Want: "the file in parts"})
		return nil, r
	}
	o.Options = o.Mapped()
	if o.Map != nil && o.Sheet == "" {
		o.Sheet = o.Map.Sheet
	}
	format := o.Format
	if format == "" || format == "auto" {
		format = Detect(data)
	}
	for _, f := range formats {
		if f.format != format {
			continue
		}
		if f.format == Sheet {
			draft, report := sheet(data, o)
			return judge(draft, report, o.Options)
		}
		draft, report := f.read(data, o.Options)
		if report.Format == "" {
			report.Format = string(format)
		}
		return judge(draft, report, o.Options)
	}
	r := &intake.Report{Format: string(format)}
	if format == Tradacoms {
		r.Complain(intake.Complaint{Code: intake.CodeFormat, Value: string(format), Text: "a TRADACOMS transmission, which is not read: whether a quantity in it is stock or sale stands in the partners' agreement",
			Want: "the same as EDIFACT SLSRPT and INVRPT, X12 852, or a table with the columns sold and on hand"})
		return nil, r
	}
	r.Format = ""
	r.Complain(intake.Complaint{Code: intake.CodeOption, Value: string(format), Text: "the option format has no such value", Want: "auto, " + strings.Join(Formats(), ", ")})
	return nil, r
}

// readTable reads a table of whatever kind and layout.
func readTable(data []byte, o intake.Options) (*intake.Draft, *intake.Report) {
	if rows, report := intake.FieldRows(data, o); report.HeaderLine > 0 {
		if rows == nil {
			return nil, report
		}
		return &intake.Draft{Kind: report.Kind, Fields: rows}, report
	}
	shaped, report := intake.Reshape(data, o)
	if shaped == nil {
		return readByPeriod(data, o)
	}
	if shaped.Text == nil {
		return nil, report
	}
	draft, read := readByPeriod(shaped.Text, shaped.Options)
	shaped.Restore(read)
	for _, c := range report.Complaints {
		read.Complain(c)
	}
	return draft, read
}

// readByPeriod reads a table with a line for each period, or a layout of a forecast or history.
func readByPeriod(data []byte, o intake.Options) (*intake.Draft, *intake.Report) {
	kind := o.Kind
	if kind == "" {
		kind = intake.TableKind(data, o)
	}
	draft := &intake.Draft{Kind: kind}
	var report *intake.Report
	read := false
	switch kind {
	case intake.Campaign:
		draft.Events, report = intake.ReadCampaigns(data, o)
		read = draft.Events != nil
	case intake.Quality:
		draft.Measures, report = intake.ReadQuality(data, o)
		read = draft.Measures != nil
	case intake.Performance:
		draft.Figures, report = intake.ReadFigures(data, o)
		read = draft.Figures != nil
	case intake.Answers:
		draft.Answers, report = intake.ReadAnswer(data, o)
		read = draft.Answers != nil
	default:
		return intake.Read(data, o)
	}
	if !read {
		report.Kind = kind
		return nil, report
	}
	return draft, report
}

func readSheet(data []byte, o intake.Options) (*intake.Draft, *intake.Report) {
	return sheet(data, Options{Options: o})
}

// sheet reads a workbook as the table it holds. Line numbers are those of the
// sheet.
func sheet(data []byte, o Options) (*intake.Draft, *intake.Report) {
	text, inner, report, ok := sheetText(data, o)
	if !ok {
		return nil, report
	}
	draft, read := readTable(text, inner)
	read.Format, read.Delimiter, read.Encoding = string(Sheet), "", ""
	read.Notes = append(report.Notes, read.Notes...)
	return draft, read
}

// fatal complaints refuse a file whatever the options say: what was read of it may
// be wrong as a whole.
var fatal = []intake.Code{intake.CodeTooLarge, intake.CodeNotText, intake.CodeSyntax, intake.CodeFormat, intake.CodeUnsafe, intake.CodeTruncated, intake.CodeRule}

// judge applies the rules of the document that a draft becomes, and decides
// whether the draft stands.
func judge(d *intake.Draft, r *intake.Report, o intake.Options) (*intake.Draft, *intake.Report) {
	if d == nil {
		return nil, r
	}
	advice := o.Kind == intake.Performance && (d.Kind == intake.Despatch || d.Kind == intake.Receipt) // order lines of a report
	if o.Kind != "" && d.Kind != o.Kind && !advice {
		r.Complain(intake.Complaint{Code: intake.CodeFormat, Value: string(d.Kind), Text: "the file is no " + string(o.Kind), Want: "a file of that kind, or the command for what it is"})
		return nil, r
	}
	if demand := d.Message; demand != nil {
		demand.Check(r)
	}
	if len(d.Groups) > 0 {
		for _, f := range capacity.CheckPlan(capacity.Plan{Header: artifact.Header{Type: capacity.PlanType}, Groups: d.Groups}) {
			if strings.HasPrefix(f.Code, "CAPACITY-") {
				r.Complain(intake.Complaint{Code: intake.CodeRule, Column: f.Path, Text: f.Code + ": " + f.Text, Want: "a capacity plan that keeps the rule"})
			}
		}
	}
	lines, buckets := d.Size()
	r.Series, r.Buckets = lines, buckets
	if r.Lines == 0 {
		r.Lines, r.Imported = lines, lines
	}
	refused := !r.OK() && !o.SkipBad || lines == 0 && len(r.Worklist) == 0
	for _, c := range r.Complaints {
		refused = refused || slices.Contains(fatal, c.Code)
	}
	if refused {
		r.Imported = 0
		return nil, r
	}
	return d, r
}
