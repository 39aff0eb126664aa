package outlet

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"kontor/protocol/forecast"
)

// ublForecast writes a Forecast, or a ForecastRevision of a revision after the first: a line for each period.
func ublForecast(d forecast.Document, o Options, n *notes) ([]byte, error) {
	const name = "UBL"
	err := distinct(d, name, func(l forecast.Line) string {
		return strings.Join([]string{l.Item.ID(), string(l.Kind)}, "\x00")
	})
	if err != nil {
		return nil, err
	}
	uncarried(d, n, name)
	document, line, purpose := "Forecast", "ForecastLine", "ForecastPurposeCode"
	revised := d.Header.Revision > 0
	if revised {
		document, line, purpose = "ForecastRevision", "ForecastRevisionLine", "PurposeCode"
	}
	var b elements
	b.begin(document, o.number(d), d.Header.Issued)
	if revised {
		b.put(`<cbc:SequenceNumberID>%s</cbc:SequenceNumberID>`, fmt.Sprint(d.Header.Revision))
		b.put(`<cbc:RevisionStatusCode>REVISED</cbc:RevisionStatusCode>`)
	}
	b.put(`<cbc:%s>%s</cbc:%s>`, purpose, string(d.Purpose), purpose)
	horizon, _ := d.Horizon()
	b.period("ForecastPeriod", horizon.Start.String(), horizon.Last().String())
	b.parties(o)
	number := 0
	for _, l := range d.Lines {
		unsaid(d, l, n)
		for _, c := range l.Buckets {
			number++
			b.put(`<cac:%s>`, line)
			b.put(`<cbc:ID>%s</cbc:ID>`, fmt.Sprint(number))
			if revised {
				b.revisedLine(d, l, number)
			} else {
				b.put(`<cbc:ForecastTypeCode>%s</cbc:ForecastTypeCode>`, string(l.Kind))
			}
			b.period("ForecastPeriod", c.Start.String(), c.Last().String())
			b.put(`<cac:SalesItem><cbc:Quantity unitCode="%s">%s</cbc:Quantity>`, string(l.Unit), c.Mean.String())
			b.item("Item", l.Item)
			b.put(`</cac:SalesItem></cac:%s>`, line)
		}
	}
	b.put(`</%s>`, document)
	return []byte(b.String()), nil
}

// revisedLine names the line that a line of a revision takes the place of, and why.
func (b *elements) revisedLine(d forecast.Document, l forecast.Line, number int) {
	issued := time.UnixMilli(d.Header.Issued).UTC()
	b.put(`<cbc:RevisedForecastLineID>%s</cbc:RevisedForecastLineID>`, fmt.Sprint(number))
	b.put(`<cbc:SourceForecastIssueDate>%s</cbc:SourceForecastIssueDate>`, issued.Format("2006-01-02"))
	b.put(`<cbc:SourceForecastIssueTime>%s</cbc:SourceForecastIssueTime>`, issued.Format("15:04:05"))
	if reason := cmp.Or(l.Reason, d.Header.Reason); reason != "" {
		b.put(`<cbc:AdjustmentReasonCode>%s</cbc:AdjustmentReasonCode>`, string(reason))
	}
}

// unsaid lists what a forecast in UBL can't say of a line.
func unsaid(d forecast.Document, l forecast.Line, n *notes) {
	if l.Location != (forecast.Location{}) {
		n.add("UBL has no place of a line: %s was left out", l.Location.Key())
	}
	if want := map[forecast.Purpose]forecast.DateBasis{forecast.SalesForecast: forecast.BySale}[d.Purpose]; l.DateBasis != want && !(want == "" && l.DateBasis == forecast.ByNeed) {
		n.add("UBL does not say which date a period means: %s was left out", l.DateBasis)
	}
	if d.Header.Revision > 0 && l.Kind != forecast.Total && len(l.Buckets) > 0 {
		n.add("UBL ForecastRevision has no type of forecast: %s was left out", l.Kind)
	}
}
