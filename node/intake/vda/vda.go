// Package vda reads delivery call-offs of VDA 4905 into drafts: records of 128
// characters, 511 to 519, with or without line ends.
//
// Is tells such a file by its first record, and Read reads it. Guarantees: pure;
// the counts of record 519 are made again, and a file that has fewer records than it
// counts, or no 519, is refused, because records may be missing. Record layouts
// are those of the recommendation's fourth edition (April 1996).
package vda

import (
	"fmt"
	"strings"

	"kontor/node/intake"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

const (
	length     = 128     // characters of a record
	maxRecords = 500_000 // of one file: 64 MiB of them
)

// record is one record. N counts from 1.
type record struct {
	kind    string
	text    string // padded to its length
	n, line int
}

// at is the field from column first to last, both inside and from 1, as the
// recommendation counts.
func (r record) at(first, last int) string { return strings.TrimSpace(r.text[first-1 : last]) }

func (r record) place(field string) intake.Complaint {
	return intake.Complaint{Line: r.line, Segment: r.n, Column: strings.TrimSpace(r.kind + " " + field)}
}

// Is tells a file by its first record: 511, its version, and numbers.
func Is(data []byte) bool {
	head := strings.TrimLeft(string(data[:min(len(data), 256)]), " \t\r\n\ufeff")
	return strings.HasPrefix(head, "511") && len(head) >= 40 && strings.Trim(head[3:5], "0123456789") == "" && !strings.ContainsAny(head[:40], ",;\t+*")
}

// split takes the file apart: by line ends where it has any, else by length.
func split(text string, r *intake.Report) (out []record, ok bool) {
	var lines []string
	text = strings.TrimLeft(text, " \t\r\n\ufeff")
	if strings.Contains(strings.TrimRight(text, "\r\n\x1a "), "\n") {
		lines = strings.Split(text, "\n")
	} else {
		for rest := []rune(text); len(rest) > 0; {
			n := min(length, len(rest))
			lines, rest = append(lines, string(rest[:n])), rest[n:]
		}
	}
	for i, l := range lines {
		l = strings.TrimRight(l, "\r\n\x1a")
		if strings.TrimSpace(l) == "" {
			continue
		}
		runes := []rune(l)
		switch {
		case len(runes) > length:
			r.Complain(intake.Complaint{Code: intake.CodeSyntax, Line: i + 1, Segment: len(out) + 1, Value: string(runes[length:]), Text: fmt.Sprintf("a record of %d characters", len(runes)), Want: "128"})
			return nil, false
		case len(runes) < 5 || len(out) >= maxRecords:
			r.Complain(intake.Complaint{Code: intake.CodeSyntax, Line: i + 1, Segment: len(out) + 1, Value: l, Text: fmt.Sprintf("no record, or more than %d of them", maxRecords), Want: "records of 128 characters that begin with 511 to 519"})
			return nil, false
		}
		for j, c := range runes {
			if c > 126 {
				runes[j] = '?' // letters of names: nothing is read from them but descriptions, and columns stay in place
			}
		}
		padded := string(runes) + strings.Repeat(" ", length-len(runes))
		out = append(out, record{padded[:3], padded, len(out) + 1, i + 1})
	}
	return out, true
}

type reader struct {
	intake.Options
	report   *intake.Report
	schedule *intake.Schedule
	demand   *intake.Demand
	item     record // 512
	ranges   bool   // after 555555 dates are weeks or months
	done     bool   // after 000000 or 222222
	owed     record // has the backlog of the item
	counts   forecast.Schedule
	cells    []cell
	tally    *intake.Tally
}

type cell struct {
	at       record
	bucket   calendar.Bucket
	quantity quantity.Quantity
	firmness forecast.Firmness
}

// Read reads a file. The draft is nil where nothing can be read at all; whether
// complaints refuse the file is the caller's to say.
func Read(data []byte, o intake.Options) (*intake.Draft, *intake.Report) {
	r := &intake.Report{Format: "vda 4905", Kind: intake.Forecast}
	text, ok := intake.Decode(data, r)
	if !ok {
		return nil, r
	}
	records, ok := split(text, r)
	if !ok {
		return nil, r
	}
	rd := &reader{Options: o, report: r, schedule: intake.NewSchedule(r), tally: intake.NewTally(r), demand: &intake.Demand{Purpose: forecast.OrderForecast, Revision: true, Method: forecast.Method{Name: "file", Bands: forecast.BandsNone}}}
	counts := map[string]int{}
	ended := false
	for _, rec := range records {
		if ended && rec.kind != "511" {
			c := rec.place("")
			c.Code, c.Text, c.Want = intake.CodeSyntax, "a record after the end of the transmission", "511 to begin another"
			r.Complain(c)
			return nil, r
		}
		counts[rec.kind]++
		switch rec.kind {
		case "511":
			ended, counts = false, map[string]int{"511": 1}
			rd.demand.Number = rec.at(29, 33)
		case "512":
			rd.endItem()
			rd.item, rd.ranges, rd.done, rd.owed, rd.counts = rec, false, false, record{}, forecast.Schedule{}
		case "513", "514":
			rd.callOffs(rec)
		case "515":
			rd.authorise(rec)
		case "517":
			rd.notCarried(rec, "packaging")
		case "518":
			rd.notCarried(rec, "texts")
		case "519":
			rd.endItem()
			ended = true
			rd.trailer(rec, counts)
		default:
			c := rec.place("")
			c.Code, c.Value, c.Text = intake.NoteQualifier, rec.kind, "an unknown kind of record: nothing was read from it"
			r.Note(c)
		}
	}
	if !ended {
		r.Complain(intake.Complaint{Code: intake.CodeTruncated, Segment: len(records), Text: "the transmission has no end (519)", Want: "the whole file: was it sent in full?"})
		return nil, r
	}
	rd.tally.Close()
	rd.demand.Lines = rd.schedule.Lines()
	return &intake.Draft{Kind: intake.Forecast, Message: rd.demand}, r
}

func (r *reader) notCarried(rec record, what string) {
	c := rec.place("")
	c.Code, c.Text = intake.NoteNotCarried, what+": a forecast has no field for them"
	r.tally.Note(rec.kind, r.item.n, c)
}

// trailer compares the counts of 519: by kind of record from 511 on, seven digits
// each.
func (r *reader) trailer(rec record, counts map[string]int) {
	for i, kind := range []string{"511", "512", "513", "514", "517", "518", "519", "515"} {
		text := rec.at(6+7*i, 12+7*i)
		if text != "" {
			r.report.Counted(text, counts[kind], "records "+kind, rec.place("count of "+kind))
		}
	}
}

// callOffs reads the pairs of date and quantity: five from column 48 of 513, eight
// from column 6 of 514.
func (r *reader) callOffs(rec record) {
	if r.item.kind == "" {
		c := rec.place("")
		c.Code, c.Text, c.Want = intake.CodeSyntax, "call-offs without an item", "512 before 513"
		r.report.Complain(c)
		return
	}
	first, pairs := 48, 5
	if rec.kind == "514" {
		first, pairs = 6, 8
	} else if rec.at(38, 47) != "" {
		if q, ok := r.number(rec, 38, 47, "cumulative quantity"); ok {
			r.counts.Received, r.counts.LastDespatch = &q, rec.at(12, 19)
		}
	}
	for i := range pairs {
		if r.done {
			return
		}
		at := first + 15*i
		r.callOff(rec, rec.at(at, at+5), rec.at(at+6, at+14))
	}
}

// authorise reads record 515: first and last day and the accumulated quantity of what may be made, from column 6, and of what may be bought, from 28.
func (r *reader) authorise(rec record) {
	if r.item.kind == "" {
		return
	}
	for i, into := range []**forecast.Authorisation{&r.counts.Fabrication, &r.counts.Material} {
		at := 6 + 22*i
		until := rec.at(at+6, at+11)
		if strings.Trim(until, "0") == "" {
			continue // none
		}
		last, ok := day(until)
		first, given := day(rec.at(at, at+5))
		q, counted := r.number(rec, at+12, at+21, "cumulative quantity")
		if !ok || !given && strings.Trim(rec.at(at, at+5), "0") != "" {
			c := rec.place("date")
			c.Code, c.Value, c.Text, c.Want = intake.CodePeriod, rec.at(at, at+11), "not two dates", "yymmddyymmdd"
			r.report.Complain(c)
			continue
		}
		if counted {
			*into = intake.NewAuthorisation(q, first, last)
		}
	}
}

func (r *reader) number(rec record, first, last int, field string) (q quantity.Quantity, ok bool) {
	text := rec.at(first, last)
	q, err := quantity.Parse(strings.TrimLeft(text, "+"))
	if err != nil {
		c := rec.place(field)
		c.Code, c.Value, c.Text, c.Want = intake.CodeNumber, text, "not a number", fmt.Sprintf("%d digits", last-first+1)
		r.report.Complain(c)
	}
	return q, err == nil
}

// Codes in place of a date.
const (
	noMore    = "000000" // no further call-off
	noNeed    = "222222" // nothing is needed
	overdue   = "333333" // backlog
	immediate = "444444"
	spans     = "555555" // dates from here on are weeks or months
	rest      = "999999" // outlook without a date
)

func (r *reader) callOff(rec record, date, amount string) {
	switch date {
	case "":
		return
	case noMore, noNeed:
		r.done = true
		return
	case spans:
		r.ranges = true
		return
	}
	q, err := quantity.Parse(strings.TrimLeft(amount, "+"))
	if err != nil {
		c := rec.place("quantity")
		c.Code, c.Value, c.Text, c.Want = intake.CodeNumber, amount, "not a number", "nine digits"
		r.report.Complain(c)
		return
	}
	out := cell{at: rec, quantity: q}
	switch date {
	case overdue:
		r.counts.Backlog, r.owed = intake.Owed(r.counts.Backlog, q, r.report, rec.place("date 333333")), rec
		return
	case immediate:
		issued, ok := day(r.item.at(18, 23))
		if !ok {
			c := rec.place("date")
			c.Code, c.Value, c.Text, c.Want = intake.CodePeriod, date, "a quantity due at once, and the call-off has no date of its own", "the date of the call-off in columns 18 to 23 of 512"
			r.report.Complain(c)
			return
		}
		out.bucket, out.firmness = intake.Day(issued), forecast.Firm
		c := rec.place("date")
		c.Code, c.Value, c.Text = intake.NoteAssumed, date, "needed at once: it was put on the day of the call-off"
		r.tally.Note(date, r.item.n, c)
	case rest:
		c := rec.place("date")
		c.Code, c.Value, c.Text = intake.NoteNotCarried, amount, "an outlook without a date: left out"
		r.tally.Note(date, r.item.n, c)
		return
	default:
		b, ok := r.period(rec, date)
		if !ok {
			return
		}
		out.bucket = b
	}
	r.cells = append(r.cells, out)
}

// count assumes the day that the accumulated quantities begin on, for which the records have no field: the year of the call-off, as is usual.
func (r *reader) count(item record, s *forecast.Schedule) {
	issued, ok := day(item.at(18, 23))
	if !ok {
		return // without it they are left aside, and that is said
	}
	year, _, _ := issued.YMD()
	reset, err := calendar.ParseDate(fmt.Sprintf("%04d-01-01", year))
	if err != nil {
		return
	}
	s.Reset = reset
	c := item.place("")
	c.Code, c.Value, c.Text = intake.NoteAssumed, reset.String(), "the day that cumulative quantities count from, which no record tells: the beginning of the year of the call-off"
	r.tally.Note("reset", item.n, c)
}

func (r *reader) endItem() {
	item, cells := r.item, r.cells
	r.item, r.cells = record{}, nil
	if item.kind == "" {
		return
	}
	product := forecast.Item{BuyersID: item.at(39, 60), SellersID: item.at(61, 82)}
	if len(cells) == 0 && r.counts.Backlog != nil {
		r.tally.Backlog(item.n, r.counts.Backlog.String(), r.owed.place("date 333333"))
		return // nothing of it is to come
	}
	if len(cells) == 0 {
		c := item.place("")
		c.Code, c.Value, c.Text = intake.NoteNotCarried, product.ID(), "an item without call-offs: nothing of it is needed, and no period is named"
		r.report.Note(c)
		return
	}
	unit, ok := r.MessageUnit(item.at(104, 105), r.report, item.place("unit"))
	if !ok {
		return
	}
	where, plant := r.PlaceInside(intake.Party{Code: item.at(6, 8), Agency: "92"}, intake.Party{Code: item.at(95, 99), Agency: "92"}, r.report, item.place("plant and point of unloading"))
	if line := r.schedule.Begin(intake.Planned(product, where, unit, forecast.ByArrival), plant, item.place("")); line != nil {
		if r.counts != (forecast.Schedule{}) {
			if r.counts != (forecast.Schedule{Backlog: r.counts.Backlog}) {
				r.count(item, &r.counts)
			}
			line.Counts(r.counts, r.report)
		}
		for _, c := range cells {
			line.Add(forecast.Cell{Bucket: c.bucket, Mean: c.quantity, Firmness: c.firmness}, c.at.place(""))
		}
	}
}
