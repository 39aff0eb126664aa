package outlet

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"strings"
	"time"

	"kontor/protocol/forecast"
)

// ublForecast writes a Forecast, or a ForecastRevision of a revision after the
// first: a line for each period.
func ublForecast(d forecast.Document, o Options, n *notes) ([]byte, error) {
	const name = "UBL"
	err := distinct(d, name, func(l forecast.Line) string {
		return strings.Join([]string{l.Item.ID(), string(l.Kind)}, "\x00")
	})
	if err != nil {
		return nil, err
	}
	uncarried(d, n, name)
	document, lineName, purpose := "Forecast", "ForecastLine", "ForecastPurposeCode"
	if d.Header.Revision > 0 {
		document, lineName, purpose = "ForecastRevision", "ForecastRevisionLine", "PurposeCode"
	}
	issued := time.UnixMilli(d.Header.Issued).UTC()
	var b strings.Builder
	put := func(format string, args ...any) {
		for i, a := range args {
			if s, ok := a.(string); ok {
				var e strings.Builder
				_ = xml.EscapeText(&e, []byte(s)) // a strings.Builder does not fail
				args[i] = e.String()
			}
		}
		fmt.Fprintf(&b, format+"\n", args...)
	}
	horizon, _ := d.Horizon()
	put(`<?xml version="1.0" encoding="UTF-8"?>`)
	put(`<%s xmlns="urn:oasis:names:specification:ubl:schema:xsd:%s-2" xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">`, document, document)
	put(`<cbc:UBLVersionID>2.1</cbc:UBLVersionID>`)
	put(`<cbc:ID>%s</cbc:ID>`, o.number(d))
	put(`<cbc:CopyIndicator>false</cbc:CopyIndicator>`)
	put(`<cbc:IssueDate>%s</cbc:IssueDate>`, issued.Format("2006-01-02"))
	put(`<cbc:IssueTime>%s</cbc:IssueTime>`, issued.Format("15:04:05"))
	if d.Header.Revision > 0 {
		put(`<cbc:SequenceNumberID>%s</cbc:SequenceNumberID>`, fmt.Sprint(d.Header.Revision))
		put(`<cbc:RevisionStatusCode>REVISED</cbc:RevisionStatusCode>`)
	}
	put(`<cbc:%s>%s</cbc:%s>`, purpose, string(d.Purpose), purpose)
	put(`<cac:ForecastPeriod><cbc:StartDate>%s</cbc:StartDate><cbc:EndDate>%s</cbc:EndDate></cac:ForecastPeriod>`, horizon.Start.String(), horizon.Last().String())
	for _, role := range [][2]string{{"SenderParty", o.Sender}, {"ReceiverParty", o.Receiver}} {
		put(`<cac:%s><cac:PartyIdentification><cbc:ID>%s</cbc:ID></cac:PartyIdentification></cac:%s>`, role[0], role[1], role[0])
	}
	line := 0
	for _, l := range d.Lines {
		if l.Location != (forecast.Location{}) {
			n.add("UBL has no place of a line: %s was left out", l.Location.Key())
		}
		if want := map[forecast.Purpose]forecast.DateBasis{forecast.SalesForecast: forecast.BySale}[d.Purpose]; l.DateBasis != want && !(want == "" && l.DateBasis == forecast.ByNeed) {
			n.add("UBL does not say which date a period means: %s was left out", l.DateBasis)
		}
		for _, c := range l.Buckets {
			line++
			put(`<cac:%s>`, lineName)
			put(`<cbc:ID>%s</cbc:ID>`, fmt.Sprint(line))
			if d.Header.Revision > 0 {
				put(`<cbc:RevisedForecastLineID>%s</cbc:RevisedForecastLineID>`, fmt.Sprint(line))
				put(`<cbc:SourceForecastIssueDate>%s</cbc:SourceForecastIssueDate>`, issued.Format("2006-01-02"))
				put(`<cbc:SourceForecastIssueTime>%s</cbc:SourceForecastIssueTime>`, issued.Format("15:04:05"))
				if reason := cmp.Or(l.Reason, d.Header.Reason); reason != "" {
					put(`<cbc:AdjustmentReasonCode>%s</cbc:AdjustmentReasonCode>`, string(reason))
				}
			} else {
				put(`<cbc:ForecastTypeCode>%s</cbc:ForecastTypeCode>`, string(l.Kind))
			}
			if d.Header.Revision > 0 && l.Kind != forecast.Total {
				n.add("UBL ForecastRevision has no type of forecast: %s was left out", l.Kind)
			}
			put(`<cac:ForecastPeriod><cbc:StartDate>%s</cbc:StartDate><cbc:EndDate>%s</cbc:EndDate></cac:ForecastPeriod>`, c.Start.String(), c.Last().String())
			put(`<cac:SalesItem><cbc:Quantity unitCode="%s">%s</cbc:Quantity><cac:Item>`, string(l.Unit), c.Mean.String())
			if l.Item.Description != "" {
				put(`<cbc:Name>%s</cbc:Name>`, l.Item.Description)
			}
			for _, id := range [][2]string{{"BuyersItemIdentification", l.Item.BuyersID}, {"SellersItemIdentification", l.Item.SellersID}, {"StandardItemIdentification", l.Item.GTIN}} {
				if id[1] != "" {
					put(`<cac:%s><cbc:ID>%s</cbc:ID></cac:%s>`, id[0], id[1], id[0])
				}
			}
			put(`</cac:Item></cac:SalesItem></cac:%s>`, lineName)
		}
	}
	put(`</%s>`, document)
	return []byte(b.String()), nil
}
