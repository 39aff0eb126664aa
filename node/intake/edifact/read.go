package edifact

import (
	"fmt"
	"slices"
	"strings"

	"kontor/node/intake"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// reader reads the messages of one interchange.
type reader struct {
	intake.Options
	report   *intake.Report
	marks    marks
	tally    *intake.Tally
	names    map[string]string // buyer's numbers by GTIN, where the message gives both
	schedule *intake.Schedule
	demand   *intake.Demand
	draft    *intake.Draft
	counting *intake.Counting // figures, where a message of sales or stock is read for a report
}

// Read reads an interchange. The draft is nil where nothing can be read at all;
// whether complaints refuse the file is the caller's to say.
func Read(data []byte, o intake.Options) (*intake.Draft, *intake.Report) {
	r := &intake.Report{Format: "edifact"}
	text, ok := intake.Decode(data, r)
	if !ok {
		return nil, r
	}
	latin(text, r)
	segments, marks, ok := split(text, r)
	if !ok {
		return nil, r
	}
	all, ok := messages(segments, r)
	if !ok {
		return nil, r
	}
	r.Format = "edifact " + all[0].kind + " " + all[0].release
	kind, known := kinds[all[0].kind]
	if !known {
		c := all[0].segments[0].place("0065")
		c.Code, c.Value, c.Text, c.Want = intake.CodeFormat, all[0].kind, "a message that is not read", "DELFOR, DELJIT, DESADV, RECADV, SLSRPT or INVRPT"
		r.Complain(c)
		return nil, r
	}
	if o.Kind == intake.Performance && (kind == intake.History || kind == intake.Stock) {
		kind = intake.Performance
	}
	r.Kind = kind
	rd := &reader{Options: o, report: r, marks: marks, tally: intake.NewTally(r), draft: &intake.Draft{Kind: kind}, schedule: intake.NewSchedule(r), demand: &intake.Demand{Purpose: forecast.OrderForecast, Method: forecast.Method{Name: "file", Bands: forecast.BandsNone}}}
	rd.counting = intake.NewCounting(r, rd.tally)
	for _, m := range all {
		if m.kind != all[0].kind {
			c := m.segments[0].place("0065")
			c.Code, c.Value, c.Text, c.Want = intake.CodeFormat, m.kind, "another kind of message than the first of the interchange", "one kind in a file: "+all[0].kind
			r.Complain(c)
			return nil, r
		}
		count(m, r)
		rd.names = rd.numbers(m)
		switch m.kind {
		case "DELFOR", "DELJIT":
			rd.plan(m)
		case "DESADV", "RECADV":
			rd.move(m)
		case "SLSRPT":
			rd.sales(m)
		case "INVRPT":
			rd.stock(m)
		}
	}
	if kind == intake.Performance {
		if rd.draft.Figures = rd.counting.Cells(); len(rd.draft.Figures) == 0 && r.OK() {
			r.Complain(intake.Complaint{Code: intake.CodeEmpty, Text: "the message has no figure of a report", Want: "QTY 145, 17, 89, 57, 48, 61 or 153"})
		}
	}
	rd.tally.Close()
	if kind == intake.Forecast {
		rd.demand.Lines = rd.schedule.Lines()
		rd.draft.Message = rd.demand
	}
	return rd.draft, r
}

// latin takes back the note about the encoding of an interchange that says itself that
// it is written in ISO 8859-1 (UNOC in UNB).
func latin(text string, r *intake.Report) {
	_, rest, found := strings.Cut(text[:min(len(text), 512)], "UNB")
	if r.Encoding != "UTF-8" && found && len(rest) > 5 && strings.HasPrefix(rest[1:], "UNOC") {
		r.Encoding = "ISO 8859-1"
		r.Notes = slices.DeleteFunc(r.Notes, func(c intake.Complaint) bool { return c.Code == intake.NoteWindows1252 })
	}
}

// count compares the number of lines that a message says it has (CNT 2) with those it
// has.
func count(m message, r *intake.Report) {
	lines := 0
	for _, s := range m.segments {
		if s.tag == "LIN" {
			lines++
		}
		if s.tag == "CNT" && s.at(0, 0) == "2" {
			r.Counted(s.at(0, 1), lines, "lines (LIN)", s.place("6066"))
		}
	}
}

var kinds = map[string]intake.Kind{"DELFOR": intake.Forecast, "DELJIT": intake.Forecast, "DESADV": intake.Despatch, "RECADV": intake.Receipt, "SLSRPT": intake.History, "INVRPT": intake.Stock}

// number reads a quantity: digits and one decimal mark, without grouping, as the
// syntax has it. Point and comma both mark decimals, whatever UNA says: nothing
// else they could mean is allowed.
func (r *reader) number(s segment, text string) (quantity.Quantity, bool) {
	clean := strings.ReplaceAll(strings.ReplaceAll(text, string(r.marks.decimal), "."), ",", ".")
	if strings.HasPrefix(clean, ".") {
		clean = "0" + clean
	}
	q, err := quantity.Parse(strings.TrimSuffix(clean, "."))
	if err != nil {
		c := s.place("6060")
		c.Code, c.Value, c.Text, c.Want = intake.CodeNumber, text, "not a number", "digits with at most one decimal mark"
		r.report.Complain(c)
		return quantity.Quantity{}, false
	}
	return q, true
}

// period reads a DTM by its format code (2379): a day, week or month, or a range.
func (r *reader) period(s segment) (calendar.Bucket, bool) {
	text, format := s.at(0, 1), s.at(0, 2)
	b, err := bucket(text, format)
	if err != nil {
		c := s.place("2380")
		c.Code, c.Value, c.Text, c.Want = intake.CodePeriod, text+":"+format, err.Error(), "a date in format 102 (ccyymmdd), a week in 616, a month in 610 or a range in 718"
		r.report.Complain(c)
		return b, false
	}
	return b, true
}

// bucket reads the text of a date in a format of code list 2379.
func bucket(text, format string) (calendar.Bucket, error) {
	digits := strings.TrimSpace(text)
	need := func(n int) error {
		if len(digits) < n || strings.Trim(digits[:n], "0123456789") != "" {
			return fmt.Errorf("not a date in format %s", format)
		}
		return nil
	}
	day := func(t string) (calendar.Bucket, error) {
		return calendar.ParseBucket(t[:4] + "-" + t[4:6] + "-" + t[6:8])
	}
	century := func(yy string) string {
		if yy >= "69" {
			return "19" + yy
		}
		return "20" + yy
	}
	switch format {
	case "101", "201": // yymmdd, with hours
		if err := need(6); err != nil {
			return calendar.Bucket{}, err
		}
		return day(century(digits[:2]) + digits[2:6])
	case "102", "203", "204", "303", "304", "": // ccyymmdd, with hours, with a zone
		if err := need(8); err != nil {
			return calendar.Bucket{}, err
		}
		return day(digits)
	case "616":
		if err := need(6); err != nil {
			return calendar.Bucket{}, err
		}
		return calendar.ParseBucket(digits[:4] + "-W" + digits[4:6])
	case "615":
		if err := need(4); err != nil {
			return calendar.Bucket{}, err
		}
		return calendar.ParseBucket(century(digits[:2]) + "-W" + digits[2:4])
	case "610":
		if err := need(6); err != nil {
			return calendar.Bucket{}, err
		}
		return calendar.ParseBucket(digits[:4] + "-" + digits[4:6])
	case "609":
		if err := need(4); err != nil {
			return calendar.Bucket{}, err
		}
		return calendar.ParseBucket(century(digits[:2]) + "-" + digits[2:4])
	case "718", "719": // two dates, the second inside
		digits = strings.ReplaceAll(digits, "-", "")
		second := 8
		if format == "719" {
			second = 12
		}
		if err := need(second + 8); err != nil {
			return calendar.Bucket{}, err
		}
		first, err := day(digits)
		if err != nil {
			return first, err
		}
		last, err := day(digits[second:])
		if err == nil && last.Start < first.Start {
			err = fmt.Errorf("a range that ends before it begins")
		}
		return calendar.Bucket{Start: first.Start, End: last.End}, err
	}
	return calendar.Bucket{}, fmt.Errorf("a date in the format %q, which is not read", format)
}

// party reads a NAD or LOC: its code and agency, and the country of a NAD.
func party(s segment) intake.Party {
	if s.tag == "LOC" {
		return intake.Party{Code: strings.TrimSpace(s.at(1, 0)), Agency: s.at(1, 2)}
	}
	return intake.Party{Code: strings.TrimSpace(s.at(1, 0)), Agency: s.at(1, 2), Country: strings.TrimSpace(s.at(8, 0))}
}

// item reads the numbers of LIN and PIA. Whose a number is follows from its code
// (7143) and, where that says neither, from who wrote the message.
func (r *reader) item(item *forecast.Item, s segment, number, code string, buyersMessage bool) {
	if number = strings.TrimSpace(number); number == "" {
		return
	}
	switch code {
	case "EN", "UP", "SRV", "EAN", "GTIN":
		item.GTIN = intake.GTIN(number, r.report, s.place("7140"))
		if item.GTIN == "" {
			return
		}
	case "IN", "BP", "BU", "PL":
		item.BuyersID = number
	case "SA", "VP", "VN", "MF", "MP":
		item.SellersID = number
	default:
		if s.tag == "PIA" {
			return // drawing numbers, lots, codes of others
		}
		if forecast.ValidGTIN(number) && len(number) >= 12 {
			item.GTIN = number
		} else if buyersMessage {
			item.BuyersID = number
		} else {
			item.SellersID = number
		}
	}
}

func (r *reader) items(item *forecast.Item, s segment, buyersMessage bool) {
	if s.tag == "LIN" {
		r.item(item, s, s.at(2, 0), s.at(2, 1), buyersMessage)
		return
	}
	for e := 1; e < len(s.elements); e++ {
		code := s.at(e, 1)
		if code == "" && s.at(0, 0) == "5" {
			code = "EN" // the product's own number, without a code: a GTIN where it has the shape of one
			if !forecast.ValidGTIN(strings.TrimSpace(s.at(e, 0))) {
				code = "IN"
			}
		}
		r.item(item, s, s.at(e, 0), code, buyersMessage)
	}
}

// numbers are the buyer's numbers that a message gives beside a GTIN, by GTIN: other
// lines of it may name the item by GTIN alone, and are of the same product. A GTIN with
// two numbers has none.
func (r *reader) numbers(m message) map[string]string {
	quiet := &reader{report: &intake.Report{}}
	names := map[string]string{}
	var item forecast.Item
	end := func() {
		if item.GTIN == "" || item.BuyersID == "" {
			return
		}
		if was, found := names[item.GTIN]; found && was != item.BuyersID {
			names[item.GTIN] = ""
			return
		}
		names[item.GTIN] = item.BuyersID
	}
	for _, s := range m.segments {
		switch s.tag {
		case "LIN":
			end()
			item = forecast.Item{}
			quiet.items(&item, s, false)
		case "PIA":
			quiet.items(&item, s, false)
		}
	}
	end()
	return names
}

// id is what an item is called: its own name, or that of the other lines with its GTIN.
func (r *reader) id(item forecast.Item) string {
	if item.BuyersID == "" && item.GTIN != "" {
		if name := r.names[item.GTIN]; name != "" {
			return name
		}
	}
	return item.ID()
}

// unknown notes a qualifier nothing is read from.
func (r *reader) unknown(s segment, element, value string, item int) {
	c := s.place(element)
	c.Code, c.Value, c.Text = intake.NoteQualifier, value, "an unknown qualifier: nothing was read from the segment"
	r.tally.Note(s.tag+element+value, item, c)
}
