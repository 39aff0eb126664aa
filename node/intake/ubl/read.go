package ubl

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"kontor/node/intake"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// namespace is what the documents' namespaces begin with; the name of the document
// and "-2" follow.
const namespace = "urn:oasis:names:specification:ubl:schema:xsd:"

// IsXML tells an XML document; whether it is UBL shows when it is read.
func IsXML(data []byte) bool {
	head := strings.TrimLeft(string(data[:min(len(data), 512)]), " \t\r\n\ufeff")
	return strings.HasPrefix(head, "<")
}

// IsJSON tells the JSON form of UBL by its member "_D", also where the end of the file
// is missing: its complaint is then that of a broken UBL document.
func IsJSON(data []byte) bool {
	var top struct {
		Space *string `json:"_D"`
	}
	if json.Unmarshal(data, &top) == nil {
		return top.Space != nil
	}
	return broken.Match(data[:min(len(data), 4096)])
}

// broken tells a document that isn't well-formed by its first members.
var broken = regexp.MustCompile(`"_D"\s*:\s*"urn:oasis:names:specification:ubl:`)

type reader struct {
	intake.Options
	report *intake.Report
	draft  *intake.Draft
	seen   map[string]bool
}

var kinds = map[string]intake.Kind{"Forecast": intake.Forecast, "ForecastRevision": intake.Forecast, "ProductActivity": intake.History,
	"DespatchAdvice": intake.Despatch, "ReceiptAdvice": intake.Receipt, "RetailEvent": intake.Campaign, "ExceptionNotification": intake.Exceptions}

// Read reads a document. The draft is nil where nothing can be read at all;
// whether complaints refuse the file is the caller's to say.
func Read(data []byte, o intake.Options) (*intake.Draft, *intake.Report) {
	r := &intake.Report{Format: "ubl"}
	text, ok := intake.Decode(data, r)
	if !ok {
		return nil, r
	}
	syntax := "json"
	parse := parseJSON
	if IsXML([]byte(text)) {
		syntax, parse = "xml", parseXML
	}
	root, space := parse(text, r)
	if root == nil {
		return nil, r
	}
	r.Format = "ubl " + root.name + " " + syntax
	kind, known := kinds[root.name]
	if !known || space != namespace+root.name+"-2" {
		c := root.place()
		c.Code, c.Value, c.Text = intake.CodeFormat, space, fmt.Sprintf("%s is no document that is read", root.name)
		c.Want = "Forecast, ForecastRevision, ProductActivity, RetailEvent, ExceptionNotification, DespatchAdvice or ReceiptAdvice of UBL 2"
		r.Complain(c)
		return nil, r
	}
	r.Kind = kind
	rd := &reader{Options: o, report: r, draft: &intake.Draft{Kind: kind}, seen: map[string]bool{}}
	if v := root.value("UBLVersionID"); v != "" && !strings.HasPrefix(v, "2.") {
		c := root.one("UBLVersionID").place()
		c.Code, c.Value, c.Text = intake.NoteQualifier, v, "another version than 2: read as 2.1"
		r.Note(c)
	}
	if claimed := root.one("LineCountNumeric"); claimed != nil {
		lines := 0
		for _, e := range root.children {
			if strings.HasSuffix(e.name, "Line") {
				lines++
			}
		}
		r.Counted(claimed.text, lines, "lines", claimed.place())
	}
	switch root.name {
	case "Forecast", "ForecastRevision":
		rd.forecast(root)
	case "ProductActivity":
		rd.activity(root)
	case "RetailEvent":
		rd.event(root)
	case "ExceptionNotification":
		rd.exceptions(root)
	default:
		rd.advice(root)
	}
	return rd.draft, r
}

// number reads a quantity. XML decimals have a point and may have a sign; JSON
// numbers may have an exponent as well.
func (r *reader) number(e *element) (quantity.Quantity, bool) {
	if e == nil {
		return quantity.Quantity{}, false
	}
	q, err := intake.ParseNumber(e.text)
	if err != nil {
		c := e.place()
		c.Code, c.Value, c.Text, c.Want = intake.CodeNumber, e.text, "not a number", "a decimal such as 120 or 0.5"
		r.report.Complain(c)
		return q, false
	}
	if q.Sign() < 0 {
		c := e.place()
		c.Code, c.Value, c.Text, c.Want = intake.CodeSign, e.text, "a quantity below zero", "0 or more"
		r.report.Complain(c)
		return q, false
	}
	return q, true
}

// day reads an xsd:date. A zone says nothing about the day that is meant.
func (r *reader) day(e *element) (calendar.Date, bool) {
	if e == nil {
		return 0, false
	}
	text := e.text
	if len(text) >= 10 {
		if rest := text[10:]; rest == "" || rest == "Z" || len(rest) == 6 && (rest[0] == '+' || rest[0] == '-') && rest[3] == ':' {
			text = text[:10]
		}
	}
	d, err := calendar.ParseDate(text)
	if err != nil {
		c := e.place()
		c.Code, c.Value, c.Text, c.Want = intake.CodePeriod, e.text, "not a date", "a date as 2026-11-22"
		r.report.Complain(c)
		return 0, false
	}
	return d, true
}

// period reads StartDate and EndDate, both inside.
func (r *reader) period(e, otherwise *element) (b calendar.Bucket, ok bool) {
	if e == nil {
		e = otherwise
	}
	if e == nil || e.one("StartDate") == nil || e.one("EndDate") == nil {
		c := e.place()
		c.Code, c.Text, c.Want = intake.CodePeriod, "no period with a first and a last day", "StartDate and EndDate"
		r.report.Complain(c)
		return b, false
	}
	first, ok := r.day(e.one("StartDate"))
	if !ok {
		return b, false
	}
	last, ok := r.day(e.one("EndDate"))
	if !ok {
		return b, false
	}
	b = calendar.Bucket{Start: first, End: last.AddDays(1)}
	if !b.Valid() {
		c := e.one("EndDate").place()
		c.Code, c.Value, c.Text, c.Want = intake.CodePeriod, last.String(), "a period that ends before it begins", "EndDate on or after StartDate"
		r.report.Complain(c)
		return b, false
	}
	return b, true
}

// item reads an Item.
func (r *reader) item(e *element) forecast.Item {
	item := forecast.Item{BuyersID: e.value("BuyersItemIdentification", "ID"), SellersID: e.value("SellersItemIdentification", "ID"), Description: e.value("Name")}
	if item.Description == "" {
		item.Description = e.value("Description")
	}
	if std := e.one("StandardItemIdentification", "ID"); std != nil {
		item.GTIN = intake.GTIN(std.text, r.report, std.place())
	}
	return item
}

func (r *reader) location(e *element) (intake.Party, *element) {
	if e == nil {
		return intake.Party{}, nil
	}
	p := intake.Party{Code: e.value("ID"), Country: e.value("Address", "Country", "IdentificationCode")}
	if id := e.one("ID"); id != nil {
		switch strings.ToUpper(id.attrs["schemeID"]) {
		case "GLN", "0088":
			p.Agency = intake.AgencyGS1
		case "UN/LOCODE", "UNLOCODE":
			p.Agency = intake.AgencyUN
		}
	}
	return p, e
}

func (r *reader) missing(e *element, text, want string) {
	c := e.place()
	c.Code, c.Text, c.Want = intake.CodeMissing, text, want
	r.report.Complain(c)
}
