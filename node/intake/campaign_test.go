package intake

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"kontor/protocol/campaign"
	"kontor/protocol/quality"
)

func showEvents(data string, o Options) string {
	events, report := ReadCampaigns([]byte(data), o)
	if events == nil {
		return report.Complaints[0].String()
	}
	var out []string
	for _, e := range events {
		text := fmt.Sprintf("%s %q %s %s", e.ID, e.Name, e.Kind, e.Period)
		if e.SellIn != nil {
			text += " shipped " + e.SellIn.String()
		}
		for _, i := range e.Items {
			text += " " + i.ID()
		}
		for _, m := range e.Impacts {
			text += fmt.Sprintf(" [%s %s %s %s %s %d levels]", m.Item, m.Place.Region, m.Bucket, m.Lift, m.Unit, len(m.Quantiles))
		}
		for _, x := range e.Offers {
			text += fmt.Sprintf(" (%s %s %d)", x.Item, x.Mechanism, x.DepthPPM)
		}
		if e.Funding != nil {
			text += fmt.Sprintf(" funded %d/%d", e.Funding.BuyerPPM, e.Funding.SellerPPM)
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

func TestCampaignTables(t *testing.T) {
	for data, want := range map[string]string{
		"event,from,to,product\nspring,2027-03-08,2027-03-21,A\n": `spring "spring" RETAILER_EVENT 2027-03-08/2027-03-22 A`,
		"event,name,type,from,to,ship start,ship end,product,region,bucket,baseline,lift,p10,p90,unit,depth,buyer share\n" +
			"spring,Spring week,HOLIDAY,2027-03-08,2027-03-21,2027-03-01,2027-03-10,A,CI,2027-03,900,400,250,600,PK,20,60\n" +
			"spring,Spring week,HOLIDAY,2027-03-08,2027-03-21,2027-03-01,2027-03-10,B,GH,2027-03,100,40,,,PK,,\n": `spring "Spring week" HOLIDAY 2027-03-08/2027-03-22 shipped 2027-03-01/2027-03-11 A B [A CI 2027-03 400 PK 2 levels] [B GH 2027-03 40 PK 0 levels] (A PCT_OFF 200000) funded 600000/400000`,
		"event;from;to;product;p50;mechanism\nx;08.03.2027;21.03.2027;A;1,5;multibuy\n": `x "x" RETAILER_EVENT 2027-03-08/2027-03-22 A [A  2027-03-08/2027-03-22 1.5 C62 1 levels] (A MULTIBUY 0)`,
		"event,from,to,product\nx,2027-03-08,2027-03-01,A\n":                            `INTAKE-12: line 2, column "to", value "2027-03-01": the last day is before the first; want days in order`,
		"event,from,to,product\nx,2027-03-08,2027-03-21,A\nx,2027-03-09,2027-03-21,B\n": `INTAKE-17: line 3, column "event", value "x": event "x" runs in 2027-03-08/2027-03-22 and in 2027-03-09/2027-03-22; want the same event in all its lines`,
		"event,from,to,product,buyer share,seller share\nx,2027-03,2027-03,A,60,50\n":   `INTAKE-17: line 2, column "seller share", value "50": the funding shares sum to 110 percent; want shares that sum to 100 percent`,
		"event,from,to,product,type\nx,2027-03,2027-03,A,party\n":                       `INTAKE-20: line 2, column "type", value "party": not an event type of UBL; want such as HOLIDAY, MANUFACTURER_PROMOTION, RETAILER_EVENT or TRADE_ITEM_INTRODUCTION`,
		"event,from,product\nx,2027-03,A\n":                                             `INTAKE-04: line 1: a column for the last day is needed, and there is none among event, from, product; want a header such as to, end, end date, ends`,
	} {
		if got := showEvents(data, Options{}); got != want {
			t.Errorf("%q is read as\n%s\nwant\n%s", data, got, want)
		}
	}
}

func TestUnitOfLiftsIsSaidWhereItIsAssumed(t *testing.T) {
	const plain, inPacks = "event,from,to,product,lift\nx,2027-03,2027-03,A,5\n", "event,from,to,product,lift,unit\nx,2027-03,2027-03,A,5,PK\n"
	noted := func(data string, o Options) bool {
		events, report := ReadCampaigns([]byte(data), o)
		if events == nil {
			t.Fatalf("%q: %v", data, report.Complaints)
		}
		return slices.ContainsFunc(report.Notes, func(c Complaint) bool { return c.Code == NoteUnit })
	}
	if !noted(plain, Options{}) || noted(plain, Options{Unit: "PK"}) || noted(inPacks, Options{}) || noted("event,from,to,product\nx,2027-03,2027-03,A\n", Options{}) {
		t.Error("the assumed unit is to be noted where a lift has none, and only there")
	}
}

func TestQualityTables(t *testing.T) {
	show := func(data string) string {
		measures, report := ReadQuality([]byte(data), Options{})
		if measures == nil {
			return report.Complaints[0].String()
		}
		var out []string
		for _, m := range measures {
			rate, ok, err := m.Rate()
			out = append(out, fmt.Sprintf("%s %s %s %s %s ppm/%v %v %d codes", m.Item.ID(), m.Site.Region, m.Period, m.Denominator, rate, ok, err, len(m.Codes)))
		}
		return strings.Join(out, "; ")
	}
	for data, want := range map[string]string{
		"product,month,received,defectives\nA,2026-10,12000,6\n":                                                                             "A  2026-10 RECEIVED 500 ppm/true <nil> 0 codes",
		"product,region,month,inspected,received,defectives,confirmed,denominator,failure code\nA,CI,2026-10,500,12000,7,6,received,crack\n": "A CI 2026-10 RECEIVED 500 ppm/true <nil> 1 codes",
		"product,month,inspected,received,defectives\nA,2026-10,500,12000,7\n":                                                               "INTAKE-07: line 2, column \"what defects are divided by\": no denominator is named, or its quantity is missing; want RECEIVED, DELIVERED or INSPECTED, and that quantity; or a file with one of the three",
		"product,month,inspected,defectives\nA,2026-10,5,7\n":                                                                                `INTAKE-17: line 2, column "defectives", value "7": bad units below zero, more than inspected, or fewer than confirmed; want confirmed among the bad units, and those among the inspected`,
		"product,month,inspected,defectives\nA,2026-10,50,7\nA,2026-10,60,7\n":                                                               "INTAKE-16: line 3: line 2 is already of that product, place, process and period; want one line for each",
	} {
		if got := show(data); got != want {
			t.Errorf("%q is read as\n%s\nwant\n%s", data, got, want)
		}
	}
}

// What is read keeps the rules of its document, whatever is read.
func FuzzCampaignsAndQuality(f *testing.F) {
	f.Add([]byte("event,from,to,product,region,lift,p10,p90,buyer share\nx,2027-03,2027-03,A,CI,5,1,9,60\n"))
	f.Add([]byte("product,month,received,defectives\nA,2026-10,12000,6\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		events, _ := ReadCampaigns(data, Options{})
		for _, e := range events {
			if !e.Period.Valid() || len(e.Items) == 0 || !e.Kind.Known() || e.Status != campaign.Proposed {
				t.Fatalf("%+v", e)
			}
		}
		measures, _ := ReadQuality(data, Options{})
		for _, m := range measures {
			if m.Base() == nil || m.Denominator != quality.ByReceived && m.Denominator != quality.ByDelivered && m.Denominator != quality.ByInspected {
				t.Fatalf("%+v", m)
			}
		}
	})
}
