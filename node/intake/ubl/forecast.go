package ubl

import (
	"kontor/node/intake"
	"kontor/protocol/forecast"
)

// forecast reads a Forecast or ForecastRevision. The purpose of the one stands in
// ForecastPurposeCode and of the other in PurposeCode, from the same list.
func (r *reader) forecast(root *element) {
	d := &intake.Demand{Number: root.value("ID"), Revision: root.name == "ForecastRevision", Method: forecast.Method{Name: "file", Bands: forecast.BandsNone}}
	purpose := root.one("ForecastPurposeCode")
	lines := root.all("ForecastLine")
	if d.Revision {
		purpose, lines = root.one("PurposeCode"), root.all("ForecastRevisionLine")
	}
	switch {
	case purpose == nil:
		d.Purpose = forecast.OrderForecast
		c := root.place()
		c.Code, c.Text = intake.NoteAssumed, "no purpose of the forecast: ORDER_FORECAST was assumed"
		r.report.Note(c)
	case purpose.text == string(forecast.SalesForecast) || purpose.text == string(forecast.OrderForecast):
		d.Purpose = forecast.Purpose(purpose.text)
	default:
		c := purpose.place()
		c.Code, c.Value, c.Text, c.Want = intake.CodeSyntax, purpose.text, "an unknown purpose: it can't be told whether sales or orders are meant", "SALES_FORECAST or ORDER_FORECAST"
		r.report.Complain(c)
	}
	schedule := intake.NewSchedule(r.report)
	basis := forecast.ByNeed
	if d.Purpose == forecast.SalesForecast {
		basis = forecast.BySale
	}
	for _, e := range lines {
		sales := e.one("SalesItem")
		if sales == nil || sales.one("Quantity") == nil || sales.one("Item") == nil {
			r.missing(e, "a line without SalesItem, its Quantity or its Item", "SalesItem with Quantity and Item")
			continue
		}
		q, ok := r.number(sales.one("Quantity"))
		if !ok {
			continue
		}
		b, ok := r.period(e.one("ForecastPeriod"), root.one("ForecastPeriod"))
		if !ok {
			continue
		}
		unit, ok := r.MessageUnit(sales.one("Quantity").attrs["unitCode"], r.report, sales.one("Quantity").place())
		if !ok {
			continue
		}
		line := intake.Planned(r.item(sales.one("Item")), forecast.Location{}, unit, basis)
		if kind := e.one("ForecastTypeCode"); kind != nil {
			switch k := forecast.Kind(kind.text); k {
			case forecast.Base, forecast.Promotional, forecast.Seasonal, forecast.Total:
				line.Kind = k
			default:
				c := kind.place()
				c.Code, c.Value, c.Text, c.Want = intake.CodeSyntax, kind.text, "an unknown type of forecast: it can't be told whether the quantity is all or a part", "BASE, PROMOTIONAL, SEASONAL or TOTAL"
				r.report.Complain(c)
				continue
			}
		}
		if reason := e.one("AdjustmentReasonCode"); reason != nil {
			if code, known := intake.ReasonOf(reason.text); known && (d.Reason == "" || d.Reason == code) {
				d.Reason = code
			} else {
				c := reason.place()
				c.Code, c.Value, c.Text = intake.NoteNotCarried, reason.text, "a reason that is unknown, or another than that of an earlier line: a revision has one"
				r.report.Note(c)
			}
		}
		if l := schedule.Begin(line, "", e.place()); l != nil {
			l.Add(forecast.Cell{Bucket: b, Mean: q}, e.place())
		}
	}
	d.Lines = schedule.Lines()
	if len(lines) == 0 {
		r.report.Complain(intake.Complaint{Code: intake.CodeEmpty, Column: root.path, Text: "the document has no line", Want: "one or more"})
	}
	r.draft.Message = d
}
