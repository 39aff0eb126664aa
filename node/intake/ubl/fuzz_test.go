package ubl

import (
	"testing"

	"kontor/node/intake"
	"kontor/protocol/forecast"
)

// FuzzRead: whatever comes, reading ends, and a draft with lines has no negative
// size; what is refused says why.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Forecast xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:Forecast-2\" xmlns:cac=\"urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2\" xmlns:cbc=\"urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2\">\n<cbc:UBLVersionID>2.1</cbc:UBLVersionID><cbc:ID>F1</cbc:ID><cbc:IssueDate>2026-01-05</cbc:IssueDate><cbc:ForecastPurposeCode>SALES_FORECAST</cbc:ForecastPurposeCode>\n<cac:ForecastLine><cbc:ID>1</cbc:ID><cbc:ForecastTypeCode>BASE</cbc:ForecastTypeCode><cac:ForecastPeriod><cbc:StartDate>2026-02-01</cbc:StartDate><cbc:EndDate>2026-02-28</cbc:EndDate></cac:ForecastPeriod><cac:SalesItem><cbc:Quantity unitCode=\"KGM\">20</cbc:Quantity><cac:Item><cbc:Name>beeswax</cbc:Name><cac:BuyersItemIdentification><cbc:ID>657</cbc:ID></cac:BuyersItemIdentification></cac:Item></cac:SalesItem></cac:ForecastLine><cac:ForecastLine><cbc:ID>1</cbc:ID><cbc:ForecastTypeCode>BASE</cbc:ForecastTypeCode><cac:ForecastPeriod><cbc:StartDate>2026-03-01</cbc:StartDate><cbc:EndDate>2026-03-31</cbc:EndDate></cac:ForecastPeriod><cac:SalesItem><cbc:Quantity unitCode=\"KGM\">30.5</cbc:Quantity><cac:Item><cbc:Name>beeswax</cbc:Name><cac:BuyersItemIdentification><cbc:ID>657</cbc:ID></cac:BuyersItemIdentification></cac:Item></cac:SalesItem></cac:ForecastLine><cac:ForecastLine><cbc:ID>1</cbc:ID><cbc:ForecastTypeCode>PROMOTIONAL</cbc:ForecastTypeCode><cac:ForecastPeriod><cbc:StartDate>2026-02-01</cbc:StartDate><cbc:EndDate>2026-02-28</cbc:EndDate></cac:ForecastPeriod><cac:SalesItem><cbc:Quantity unitCode=\"KGM\">4</cbc:Quantity><cac:Item><cbc:Name>beeswax</cbc:Name><cac:BuyersItemIdentification><cbc:ID>657</cbc:ID></cac:BuyersItemIdentification></cac:Item></cac:SalesItem></cac:ForecastLine>\n</Forecast>",
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ForecastRevision xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:ForecastRevision-2\" xmlns:cac=\"urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2\" xmlns:cbc=\"urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2\">\n<cbc:UBLVersionID>2.1</cbc:UBLVersionID><cbc:ID>F1</cbc:ID><cbc:IssueDate>2026-01-05</cbc:IssueDate><cbc:PurposeCode>SALES_FORECAST</cbc:PurposeCode>\n<cac:ForecastRevisionLine><cbc:ID>1</cbc:ID><cbc:ForecastTypeCode>BASE</cbc:ForecastTypeCode><cbc:AdjustmentReasonCode>REVISED_PROMOTION</cbc:AdjustmentReasonCode><cac:ForecastPeriod><cbc:StartDate>2026-02-01</cbc:StartDate><cbc:EndDate>2026-02-28</cbc:EndDate></cac:ForecastPeriod><cac:SalesItem><cbc:Quantity unitCode=\"KGM\">20</cbc:Quantity><cac:Item><cbc:Name>beeswax</cbc:Name><cac:BuyersItemIdentification><cbc:ID>657</cbc:ID></cac:BuyersItemIdentification></cac:Item></cac:SalesItem></cac:ForecastRevisionLine>\n</ForecastRevision>",
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE Forecast [<!ENTITY x SYSTEM \"file:///etc/hostname\">]>\n<Forecast xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:Forecast-2\" xmlns:cac=\"urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2\" xmlns:cbc=\"urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2\">\n<cbc:UBLVersionID>2.1</cbc:UBLVersionID><cbc:ID>F1</cbc:ID><cbc:IssueDate>2026-01-05</cbc:IssueDate><cbc:ForecastPurposeCode>SALES_FORECAST</cbc:ForecastPurposeCode>\n<cac:ForecastLine><cbc:ID>1</cbc:ID><cbc:ForecastTypeCode>BASE</cbc:ForecastTypeCode><cac:ForecastPeriod><cbc:StartDate>2026-02-01</cbc:StartDate><cbc:EndDate>2026-02-28</cbc:EndDate></cac:ForecastPeriod><cac:SalesItem><cbc:Quantity unitCode=\"KGM\">&x;</cbc:Quantity><cac:Item><cbc:Name>beeswax</cbc:Name><cac:BuyersItemIdentification><cbc:ID>657</cbc:ID></cac:BuyersItemIdentification></cac:Item></cac:SalesItem></cac:ForecastLine>\n</Forecast>",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		draft, report := Read(data, intake.Options{})
		if draft == nil && report.OK() {
			t.Fatal("refused without a complaint")
		}
		if draft == nil {
			return
		}
		for _, l := range linesOf(draft) {
			for i := range l.Buckets {
				if i > 0 && l.Buckets[i].Start < l.Buckets[i-1].End {
					t.Fatalf("periods overlap: %s after %s", l.Buckets[i].Bucket, l.Buckets[i-1].Bucket)
				}
				if l.Buckets[i].Mean.Sign() < 0 {
					t.Fatalf("a quantity below zero: %s", l.Buckets[i].Mean)
				}
			}
		}
	})
}

func linesOf(d *intake.Draft) []forecast.Line {
	if d.Message == nil {
		return nil
	}
	return d.Message.Lines
}
