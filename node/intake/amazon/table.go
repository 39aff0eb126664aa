package amazon

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"kontor/node/intake"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// maxColumns bounds a table; the report has 48 weeks and a dozen attributes.
const maxColumns = 256

// IsTable tells the report as CSV: the columns of the lines of the JSON report, or the settings that the portal writes above its table.
func IsTable(data []byte) bool {
	head := strings.TrimPrefix(string(data[:min(len(data), 4096)]), "\ufeff")
	if len(data) > 4096 {
		head = head[:strings.LastIndex(head, "\n")+1]
	}
	rows := 0
	for line := range strings.SplitSeq(head, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		if plain := plainName(line); strings.Contains(plain, "asin") && (strings.Contains(plain, "meanforecastunits") || weekHeading.MatchString(line)) {
			return true
		}
		if rows++; rows == 3 {
			break
		}
	}
	return false
}

var (
	setting     = regexp.MustCompile(`^\s*"?([A-Za-z][A-Za-z ]*)=\[(.*)\]"?\s*$`)
	weekHeading = regexp.MustCompile(`Week \d+ \(([^()]+?) - ([^()]+?)\)`)
	slashed     = regexp.MustCompile(`^(\d{1,4})[/.\-](\d{1,2})[/.\-](\d{1,4})$`)
)

func plainName(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= 'A' && c <= 'Z':
			return c + 'a' - 'A'
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			return c
		}
		return -1
	}, s)
}

// table is the state of reading the report as CSV.
type table struct {
	report   *intake.Report
	settings map[string]string // of the portal's first line, by plain name
	names    []string          // of the columns, plain
	header   []string
	schedule *intake.Schedule
	tally    *intake.Tally
	banded   bool
}

func readTable(text string, r *intake.Report) (*intake.Draft, *intake.Report) {
	t := &table{report: r, settings: map[string]string{}, schedule: intake.NewSchedule(r), tally: intake.NewTally(r)}
	in := csv.NewReader(strings.NewReader(text))
	in.FieldsPerRecord, in.LazyQuotes = -1, true
	first, _, _ := strings.Cut(text, "\n")
	for _, d := range []rune{';', '\t'} {
		if strings.Count(first, string(d)) > strings.Count(first, string(in.Comma)) {
			in.Comma = d
		}
	}
	rows := 0
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		line, _ := in.FieldPos(0)
		at := intake.Complaint{Line: line}
		if err != nil || len(cells) > maxColumns || rows >= intake.MaxRows {
			at.Code, at.Text, at.Want = intake.CodeSyntax, fmt.Sprintf("a line that can't be read, more than %d columns, or more than %d lines", maxColumns, intake.MaxRows), "the report as it was delivered"
			r.Complain(at)
			return nil, r
		}
		switch {
		case t.names == nil && setting.MatchString(cells[0]):
			for _, c := range cells {
				if m := setting.FindStringSubmatch(c); m != nil {
					t.settings[plainName(m[1])] = m[2]
				}
			}
		case t.names == nil:
			if !t.head(cells, at) {
				return nil, r
			}
		default:
			rows++
			t.row(cells, at)
		}
	}
	if rows == 0 {
		r.Complain(intake.Complaint{Code: intake.CodeEmpty, Text: "the report has no line", Want: "one or more"})
		return nil, r
	}
	r.Lines = rows
	t.tally.Close()
	d := &intake.Demand{Purpose: forecast.OrderForecast, WeekScheme: forecast.WeeksSunday, Method: forecast.Method{Name: "vendor forecasting report", Bands: forecast.BandsNone}}
	if t.banded {
		d.Method.Bands = forecast.BandsModel
	}
	d.Lines = t.schedule.Lines()
	if r.OK() {
		r.Imported = rows
	}
	return &intake.Draft{Kind: intake.Forecast, Message: d}, r
}

// head takes the line of column names. A table of weeks holds one statistic, which the settings name.
func (t *table) head(cells []string, at intake.Complaint) bool {
	t.header = cells
	for _, c := range cells {
		t.names = append(t.names, plainName(c))
	}
	t.report.HeaderLine, t.report.Encoding, t.report.Delimiter = at.Line, "UTF-8", "comma"
	if t.column("asin") < 0 {
		at.Code, at.Text, at.Want = intake.CodeHeader, "no column ASIN", "the report as it was delivered"
		t.report.Complain(at)
		return false
	}
	if t.column("meanforecastunits") >= 0 {
		return true
	}
	if statistic, said := t.settings["forecastingstatistic"]; !said || plainName(statistic) != "mean" {
		at.Code, at.Value = intake.CodeMeasure, statistic
		at.Text, at.Want = "a table of weeks that does not say that it holds the mean: a forecast without its mean can't be planned with", "the report with the forecasting statistic Mean, or as JSON with all four"
		t.report.Complain(at)
		return false
	}
	return true
}

func (t *table) column(name string) int {
	for i, n := range t.names {
		if n == name {
			return i
		}
	}
	return -1
}

func (t *table) cell(cells []string, name string) string {
	if i := t.column(name); i >= 0 && i < len(cells) {
		return strings.TrimSpace(cells[i])
	}
	return ""
}

func (t *table) row(cells []string, at intake.Complaint) {
	asin := t.cell(cells, "asin")
	if asin == "" {
		at.Code, at.Column, at.Text, at.Want = intake.CodeIdentity, "ASIN", "a line without a product number", "the ASIN"
		t.report.Complain(at)
		return
	}
	put := func(c forecast.Cell) {
		t.banded = t.banded || len(c.Quantiles) > 0
		if line := t.schedule.Begin(intake.Planned(forecast.Item{BuyersID: asin}, forecast.Location{}, quantity.Piece, forecast.ByNeed), "", at); line != nil {
			line.Add(c, at)
		}
	}
	if t.column("meanforecastunits") >= 0 {
		l := line{ASIN: asin, Start: t.cell(cells, "startdate"), End: t.cell(cells, "enddate"), Mean: json.Number(t.cell(cells, "meanforecastunits")),
			P70: json.Number(t.cell(cells, "p70forecastunits")), P80: json.Number(t.cell(cells, "p80forecastunits")), P90: json.Number(t.cell(cells, "p90forecastunits"))}
		if c, ok := l.cell(t.report, at); ok {
			put(c)
		}
		return
	}
	for i, name := range t.header {
		m := weekHeading.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		at := at
		at.Column = name
		week, ok := weekOf(m[1], m[2], t.settings["locale"])
		if !ok {
			at.Code, at.Text, at.Want = intake.CodePeriod, "not a week from Sunday to Saturday", "a heading such as Week 0 (11/22/2026 - 11/28/2026)"
			t.report.Complain(at)
			continue
		}
		value := ""
		if i < len(cells) {
			value = strings.TrimSpace(cells[i])
		}
		if value == "" {
			at.Code, at.Text = intake.NoteAssumed, "an empty cell: the report says nothing of that week"
			t.tally.Note("empty", at.Line, at)
			continue
		}
		q, ok := grouped(value, t.settings["locale"])
		if !ok || q.Sign() < 0 {
			at.Code, at.Value, at.Text, at.Want = intake.CodeNumber, value, "not a number, or below zero", "a number of units such as 1,210 or 2,004.5, and the settings with its locale above the table"
			t.report.Complain(at)
			continue
		}
		put(forecast.Cell{Bucket: week, Mean: q})
	}
}

// weekOf reads the first and last day of a week in either order of day and month: a week of the report begins on a Sunday and has seven
// days, which leaves one of the two in all but a few, where the locale decides.
func weekOf(first, last, locale string) (calendar.Bucket, bool) {
	var found []calendar.Bucket
	orders := []bool{true, false} // month first
	if locale != "" && locale != "en_US" {
		orders = []bool{false, true}
	}
	for _, monthFirst := range orders {
		a, ok := dayOf(first, monthFirst)
		b, also := dayOf(last, monthFirst)
		if ok && also && a.Weekday().String() == "Sunday" && b.Sub(a) == 6 {
			found = append(found, calendar.Bucket{Start: a, End: a.AddDays(7)})
		}
	}
	if len(found) == 0 || len(found) == 2 && locale == "" && found[0] != found[1] {
		return calendar.Bucket{}, false
	}
	return found[0], true
}

func dayOf(text string, monthFirst bool) (calendar.Date, bool) {
	m := slashed.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return 0, false
	}
	year, month, day := m[3], m[2], m[1]
	switch {
	case len(m[1]) == 4:
		year, month, day = m[1], m[2], m[3]
	case monthFirst:
		month, day = m[1], m[2]
	}
	if len(year) != 4 || len(day) > 2 {
		return 0, false
	}
	d, err := calendar.ParseDate(fmt.Sprintf("%s-%02s-%02s", year, month, day))
	return d, err == nil
}

var (
	open     = regexp.MustCompile(`^\d{1,3}[.,]\d{3}$`)
	grouping = regexp.MustCompile(`^\d{1,3}(,\d{3})+(\.\d+)?$`)
	simple   = regexp.MustCompile(`^\d+(\.\d+)?$`)
)

// grouped reads a number of the portal, with a comma between thousands where the locale is English, and a point where it is not.
// Without a locale 1,210 can be either.
func grouped(value, locale string) (quantity.Quantity, bool) {
	if locale == "" && open.MatchString(value) {
		return quantity.Quantity{}, false
	}
	if locale != "" && !strings.HasPrefix(locale, "en") {
		value = strings.NewReplacer(".", ",", ",", ".", "\u00a0", ",", "\u202f", ",").Replace(value)
	}
	if grouping.MatchString(value) {
		value = strings.ReplaceAll(value, ",", "")
	} else if !simple.MatchString(value) {
		return quantity.Quantity{}, false
	}
	q, err := intake.ParseNumber(value)
	if err == nil && q.Exponent() < -forecast.MaxDecimals {
		q, err = q.Round(forecast.MaxDecimals)
	}
	return q, err == nil
}
