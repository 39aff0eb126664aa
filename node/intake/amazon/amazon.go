// Package amazon reads the vendor forecasting report into a draft: the mean and
// the levels of 70, 80 and 90 percent, in weeks that begin on Sundays. It comes as
// JSON, as CSV with the same members as columns, or as the portal's table of one
// statistic with a column for each week.
//
// Is and IsTable tell such a report, and Read reads any of them. Guarantees: pure; figures are read
// exactly; a marketplace stands for the country it serves.
package amazon

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"kontor/node/intake"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// Is tells a report by the member that holds its lines, also where the end of the file is missing.
func Is(data []byte) bool {
	var top struct {
		Lines *json.RawMessage `json:"forecastByAsin"`
	}
	if json.Unmarshal(data, &top) == nil {
		return top.Lines != nil
	}
	return bytes.Contains(data[:min(len(data), 4096)], []byte(`"forecastByAsin"`))
}

type report struct {
	Specification struct {
		Type         string   `json:"reportType"`
		Marketplaces []string `json:"marketplaceIds"`
	} `json:"reportSpecification"`
	Lines []line `json:"forecastByAsin"`
}

type line struct {
	Generated string      `json:"forecastGenerationDate"`
	ASIN      string      `json:"asin"`
	Start     string      `json:"startDate"`
	End       string      `json:"endDate"`
	Mean      json.Number `json:"meanForecastUnits"`
	P70       json.Number `json:"p70ForecastUnits"`
	P80       json.Number `json:"p80ForecastUnits"`
	P90       json.Number `json:"p90ForecastUnits"`
}

// marketplaces are the public identifiers of the marketplaces and the countries
// they serve.
var marketplaces = map[string]string{
	"ATVPDKIKX0DER": "US", "A2EUQ1WTGCTBG2": "CA", "A1AM78C64UM0Y8": "MX", "A2Q3Y263D00KWC": "BR", "A1PA6795UKMFR9": "DE", "A1RKKUPIHCS9HS": "ES", "A13V1IB3VIYZZH": "FR", "APJ6JRA9NG5V4": "IT",
	"A1F83G8C2ARO7P": "GB", "A1805IZSGTT6HS": "NL", "A2NODRKZP88ZB9": "SE", "A1C3SOZRARQ6R3": "PL", "AMEN7PMS3EDWL": "BE", "A33AVAJ2PDY3EV": "TR", "A21TJRUUN4KGV": "IN", "A1VC38T7YXB528": "JP",
	"A39IBJ37TRP1C6": "AU", "A19VAU5U5O7RUS": "SG", "A2VIGQ35RCS4UG": "AE", "A17E79C6D8DWNP": "SA", "ARBP9OOSHTCHU": "EG",
}

// Read reads a report. The draft is nil where nothing can be read at all; whether
// complaints refuse the file is the caller's to say.
func Read(data []byte, o intake.Options) (*intake.Draft, *intake.Report) {
	r := &intake.Report{Format: "amazon GET_VENDOR_FORECASTING_REPORT", Kind: intake.Forecast}
	text, ok := intake.Decode(data, r)
	if !ok {
		return nil, r
	}
	if head := strings.TrimLeft(text, " \t\r\n"); !strings.HasPrefix(head, "{") && !strings.HasPrefix(head, "[") {
		r.Format += " csv"
		return readTable(text, r)
	}
	var in report
	if err := json.Unmarshal([]byte(text), &in); err != nil {
		c := intake.Complaint{Code: intake.CodeSyntax, Text: "not the JSON of the report: " + err.Error(), Want: "the report as it was delivered"}
		if s, ok := err.(*json.SyntaxError); ok {
			c.Line = 1 + strings.Count(text[:min(int(s.Offset), len(text))], "\n")
		}
		r.Complain(c)
		return nil, r
	}
	if len(in.Lines) == 0 {
		r.Complain(intake.Complaint{Code: intake.CodeEmpty, Column: "forecastByAsin", Text: "the report has no line", Want: "one or more"})
		return nil, r
	}
	if len(in.Lines) > intake.MaxRows {
		r.Complain(intake.Complaint{Code: intake.CodeTooLarge, Column: "forecastByAsin", Text: fmt.Sprintf("%d lines", len(in.Lines)), Want: fmt.Sprintf("at most %d", intake.MaxRows)})
		return nil, r
	}
	where := forecast.Location{}
	switch ids := in.Specification.Marketplaces; {
	case len(ids) == 1:
		where = o.Place(intake.Party{Code: ids[0], Country: marketplaces[ids[0]]}, &intake.Report{}, intake.Complaint{})
	case len(ids) > 1:
		r.Note(intake.Complaint{Code: intake.NotePlace, Column: "reportSpecification.marketplaceIds", Value: strings.Join(ids, " "), Text: "several marketplaces: the forecast is for no place of its own"})
	}
	d := &intake.Demand{Purpose: forecast.OrderForecast, WeekScheme: forecast.WeeksSunday, Method: forecast.Method{Name: "vendor forecasting report", Bands: forecast.BandsModel}}
	schedule := intake.NewSchedule(r)
	for i, l := range in.Lines {
		at := intake.Complaint{Column: fmt.Sprintf("forecastByAsin[%d]", i)}
		cell, ok := l.cell(r, at)
		if !ok {
			continue
		}
		line := schedule.Begin(intake.Planned(forecast.Item{BuyersID: l.ASIN}, where, quantity.Piece, forecast.ByNeed), "", at)
		if line != nil {
			line.Add(cell, at)
		}
	}
	d.Lines = schedule.Lines()
	return &intake.Draft{Kind: intake.Forecast, Message: d}, r
}

func (l line) cell(r *intake.Report, at intake.Complaint) (cell forecast.Cell, ok bool) {
	bad := func(member, value string, code intake.Code, text, want string) {
		at.Column, at.Value, at.Code, at.Text, at.Want = strings.TrimPrefix(at.Column+"."+member, "."), value, code, text, want
		r.Complain(at)
	}
	start, err := calendar.ParseDate(l.Start)
	if err != nil {
		bad("startDate", l.Start, intake.CodePeriod, "not a date", "the Sunday a week begins with")
		return cell, false
	}
	end, err := calendar.ParseDate(l.End)
	if err != nil || end < start {
		bad("endDate", l.End, intake.CodePeriod, "not a date on or after the start", "the Saturday the week ends with")
		return cell, false
	}
	cell.Bucket = calendar.Bucket{Start: start, End: end.AddDays(1)}
	read := func(member string, n json.Number) (quantity.Quantity, bool) {
		q, err := intake.ParseNumber(n.String())
		if err == nil && q.Exponent() < -forecast.MaxDecimals {
			q, err = q.Round(forecast.MaxDecimals) // floats of the sender's arithmetic: noise beyond a millionth of a piece
		}
		if err != nil || q.Sign() < 0 {
			bad(member, n.String(), intake.CodeNumber, "not a number, or below zero", "a number of units")
			return q, false
		}
		return q, true
	}
	if l.Mean == "" {
		bad("meanForecastUnits", "", intake.CodeMissing, "no mean", "a number of units; 0 where none is expected")
		return cell, false
	}
	if cell.Mean, ok = read("meanForecastUnits", l.Mean); !ok {
		return cell, false
	}
	for _, level := range []struct {
		member string
		p      int64
		n      json.Number
	}{{"p70ForecastUnits", 700_000, l.P70}, {"p80ForecastUnits", 800_000, l.P80}, {"p90ForecastUnits", 900_000, l.P90}} {
		if level.n == "" {
			continue
		}
		q, ok := read(level.member, level.n)
		if !ok {
			return cell, false
		}
		if n := len(cell.Quantiles); n > 0 && q.Less(cell.Quantiles[n-1].Q) {
			bad(level.member, level.n.String(), intake.CodeCrossing, "the quantile falls below the "+cell.Quantiles[n-1].Q.String()+" of the lower level", "values that rise with the level, or stay")
			return cell, false
		}
		cell.Quantiles = append(cell.Quantiles, forecast.Quantile{P: level.p, Q: q})
	}
	return cell, true
}
