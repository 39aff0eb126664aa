package x12

import (
	"fmt"
	"strings"

	"kontor/node/intake"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

type reader struct {
	intake.Options
	report   *intake.Report
	draft    *intake.Draft
	schedule *intake.Schedule
	demand   *intake.Demand
	tally    *intake.Tally
	counting *intake.Counting // figures, where an 852 is read for a report
	lineAt   int              // segment of the LIN that is read
}

// Read reads an interchange. The draft is nil where nothing can be read at all;
// whether complaints refuse the file is the caller's to say.
func Read(data []byte, o intake.Options) (*intake.Draft, *intake.Report) {
	r := &intake.Report{Format: "x12"}
	text, ok := intake.Decode(data, r)
	if !ok {
		return nil, r
	}
	if !Is([]byte(text)) {
		r.Complain(intake.Complaint{Code: intake.CodeSyntax, Text: "the file begins neither with ISA nor with ST", Want: "an X12 interchange"})
		return nil, r
	}
	segments, ok := split(text, r)
	if !ok {
		return nil, r
	}
	all, ok := sets(segments, r)
	if !ok {
		return nil, r
	}
	r.Format = strings.TrimSpace("x12 " + all[0].kind + " " + all[0].version)
	kind, known := kinds[all[0].kind]
	if !known {
		c := all[0].segments[0].place(1)
		c.Code, c.Value, c.Text, c.Want = intake.CodeFormat, all[0].kind, "a transaction set that is not read", "830, 862, 852 or 856"
		r.Complain(c)
		return nil, r
	}
	if all[0].kind == "852" && (o.Kind == intake.Stock || o.Kind == intake.Performance) {
		kind = o.Kind
	}
	r.Kind = kind
	rd := &reader{Options: o, report: r, draft: &intake.Draft{Kind: kind}, schedule: intake.NewSchedule(r), tally: intake.NewTally(r),
		demand: &intake.Demand{Purpose: forecast.OrderForecast, Method: forecast.Method{Name: "file", Bands: forecast.BandsNone}}}
	rd.counting = intake.NewCounting(r, rd.tally)
	for _, s := range all {
		if s.kind != all[0].kind {
			c := s.segments[0].place(1)
			c.Code, c.Value, c.Text, c.Want = intake.CodeFormat, s.kind, "another kind of transaction set than the first of the interchange", "one kind in a file: "+all[0].kind
			r.Complain(c)
			return nil, r
		}
		rd.lineAt = 0
		switch s.kind {
		case "830", "862":
			rd.plan(s)
		case "852":
			rd.activity(s)
		case "856":
			rd.ship(s)
		}
	}
	rd.tally.Close()
	if kind == intake.Forecast {
		rd.demand.Lines = rd.schedule.Lines()
		rd.draft.Message = rd.demand
	}
	return rd.draft, r
}

var kinds = map[string]intake.Kind{"830": intake.Forecast, "862": intake.Forecast, "852": intake.History, "856": intake.Despatch}

func (r *reader) number(s segment, element int) (quantity.Quantity, bool) {
	text := s.at(element)
	clean := strings.TrimPrefix(text, "+")
	if strings.HasPrefix(clean, ".") {
		clean = "0" + clean
	}
	q, err := quantity.Parse(strings.TrimSuffix(clean, "."))
	if err != nil {
		c := s.place(element)
		c.Code, c.Value, c.Text, c.Want = intake.CodeNumber, text, "not a number", "digits with at most one decimal point"
		r.report.Complain(c)
		return quantity.Quantity{}, false
	}
	return q, true
}

// day reads ccyymmdd or yymmdd, which is what versions before 4010 have.
func (r *reader) day(s segment, element int) (calendar.Date, bool) {
	text := s.at(element)
	digits := text
	if len(digits) == 6 {
		century := "20"
		if digits >= "69" {
			century = "19"
		}
		digits = century + digits
	}
	if len(digits) == 8 && strings.Trim(digits, "0123456789") == "" {
		if d, err := calendar.ParseDate(digits[:4] + "-" + digits[4:6] + "-" + digits[6:]); err == nil {
			return d, true
		}
	}
	c := s.place(element)
	c.Code, c.Value, c.Text, c.Want = intake.CodePeriod, text, "not a date", "ccyymmdd"
	r.report.Complain(c)
	return 0, false
}

// item reads the pairs of LIN: qualifier (235) and number (234). Qualifiers of
// drawings, revisions, colours and orders are no numbers of the product.
func (r *reader) item(s segment) (item forecast.Item) {
	for i := 2; i+1 <= len(s.elements); i += 2 {
		number := s.at(i + 1)
		if number == "" {
			continue
		}
		switch s.at(i) {
		case "BP", "IN", "CB", "SK", "PI":
			item.BuyersID = first(item.BuyersID, number)
		case "VP", "VN", "VA", "MG", "MF", "VC":
			item.SellersID = first(item.SellersID, number)
		case "UP", "UK", "EN", "UA", "UI", "EO", "UD":
			item.GTIN = first(item.GTIN, intake.GTIN(number, r.report, s.place(i+1)))
		}
	}
	return item
}

func first(have, new string) string {
	if have != "" {
		return have
	}
	return new
}

// party is an N1: GLN (UL), DUNS (1, 9) or a code of the buyer's (92) or seller's
// (91) own. The country comes with N4.
func party(s segment) intake.Party {
	agency := "92"
	if s.at(3) == "UL" {
		agency = intake.AgencyGS1
	}
	return intake.Party{Code: s.at(4), Agency: agency}
}

// unknown notes a code nothing is read from.
func (r *reader) unknown(s segment, element int, text string) {
	c := s.place(element)
	c.Code, c.Value, c.Text = intake.NoteQualifier, s.at(element), text
	r.tally.Note(fmt.Sprint(s.tag, element, s.at(element)), r.lineAt, c)
}

func (r *reader) notCarried(s segment, text string) {
	c := s.place(0)
	c.Code, c.Value, c.Text = intake.NoteNotCarried, s.at(1), text
	r.tally.Note("carried"+s.tag+s.at(1), r.lineAt, c)
}
