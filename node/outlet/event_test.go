package outlet

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"kontor/node/intake"
	"kontor/node/intake/door"
	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
	"kontor/protocol/forecast"
	"kontor/protocol/quality"
	"kontor/protocol/quantity"
)

func spring() campaign.Document {
	sellIn := calendar.MustBucket("2027-02-15/2027-03-01")
	baseline := quantity.Of(1000)
	return campaign.Document{Header: artifact.Header{Issued: 1_767_571_200_000}, Events: []campaign.Event{{ID: "S1", Name: "=Spring", Status: campaign.Proposed, Kind: campaign.ManufacturerPromotion,
		Period: calendar.MustBucket("2027-03-01/2027-03-15"), SellIn: &sellIn, Items: []forecast.Item{{BuyersID: "A"}, {BuyersID: "B"}}, Places: []forecast.Location{{Region: "DE"}},
		Offers: []campaign.Offer{{Item: "A", Mechanism: campaign.PercentOff, DepthPPM: 200_000}},
		Impacts: []campaign.Impact{{Item: "A", Place: forecast.Location{Region: "DE"}, Bucket: calendar.MustBucket("2027-W09"), Unit: quantity.Piece, Baseline: &baseline, Lift: quantity.MustParse("500.125"),
			Quantiles: []forecast.Quantile{{P: 100_000, Q: quantity.Of(300)}, {P: 500_000, Q: quantity.Of(490)}, {P: 900_000, Q: quantity.Of(700)}}}},
		Funding: &campaign.Funding{BuyerPPM: 400_000, SellerPPM: 600_000}}}}
}

// Tables of events and of defect counts are read back as what was written, and what would run as a formula does not.
func TestTablesOfEventsAndMeasuresComeBack(t *testing.T) {
	d := spring()
	inspected, delivered := quantity.Of(1000), quantity.MustParse("2000.5")
	q := quality.Document{Measures: []quality.Measure{
		{Item: forecast.Item{BuyersID: "A"}, Site: forecast.Location{Region: "DE"}, Process: "=paint", Period: calendar.MustBucket("2026-10"), Unit: quantity.Piece, Denominator: quality.ByInspected, Counting: quality.CountConfirmed,
			Inspected: &inspected, Delivered: &delivered, Defectives: quantity.Of(5), Confirmed: quantity.Of(3), Defects: quantity.Of(9), Codes: []quality.FailureCode{{System: "OWN", Code: "F7", Count: 5}}},
		{Item: forecast.Item{BuyersID: "B"}, Period: calendar.MustBucket("2026-W45"), Unit: quantity.Piece, Denominator: quality.ByDelivered, Counting: quality.CountConfirmed, Delivered: &delivered}}}
	for _, format := range []Format{CSV, XLSX} {
		data, left, err := Calendar(d, format, Options{})
		if err != nil || len(left) > 0 {
			t.Fatal(err, left)
		}
		if format == CSV && !strings.Contains(string(data), ",'=Spring,") {
			t.Errorf("the formula stands as it is: %s", data)
		}
		draft, report := door.Read(data, door.Options{})
		if draft == nil || !reflect.DeepEqual(draft.Events, d.Events) {
			t.Errorf("%s: %+v\nbecame\n%+v (%v)\n%s", format, d.Events, draft, report.Complaints, data)
		}
		if data, left, err = Report(q, format, Options{}); err != nil || len(left) > 0 {
			t.Fatal(err, left)
		}
		if draft, report = door.Read(data, door.Options{}); draft == nil || !reflect.DeepEqual(draft.Measures, q.Measures) {
			t.Errorf("%s: %+v\nbecame\n%+v (%v)\n%s", format, q.Measures, draft, report.Complaints, data)
		}
	}
}

// A RetailEvent is read back as the event without what UBL does not have, and that is said.
func TestRetailEvent(t *testing.T) {
	d := spring()
	d.Events[0].Status = campaign.Planned
	d.Events[0].Submitted, d.Events[0].AcceptBy = calendar.MustBucket("2026-09-01").Start, calendar.MustBucket("2026-10-31").Start
	display := calendar.MustBucket("2027-W09")
	d.Events[0].Tactics = []campaign.Tactic{{Display: campaign.EndCap, Period: &display}, {Feature: "FLYER"}, {Channel: campaign.TV}}
	d.Events[0].Places = []forecast.Location{{GLN: "5410013000006", Region: "BE"}, {UNLOCODE: "DEHAM", Region: "DE"}, {Region: "FR"}, {Region: "DE-BY"}}
	data, left, err := Calendar(d, UBL, Options{Sender: "4012345000009", Receiver: "5410013000006"})
	if err != nil || len(left) != 4 {
		t.Fatalf("%v, %q", err, left)
	}
	draft, report := door.Read(data, door.Options{})
	want := d.Events[0]
	want.SellIn, want.Offers, want.Impacts, want.Funding, want.Tactics = nil, nil, nil, nil, want.Tactics[:2]
	if draft == nil || report.Format != "ubl RetailEvent xml" || !reflect.DeepEqual(draft.Events, []campaign.Event{want}) {
		t.Errorf("%+v\nbecame\n%+v (%v)\n%s", want, draft, report, data)
	}
	d.Events = append(d.Events, d.Events[0])
	d.Events[1].ID = "S2"
	if _, _, err := Calendar(d, UBL, Options{}); err == nil || !strings.Contains(err.Error(), "S1, S2") {
		t.Errorf("two events in one document: %v", err)
	}
	if _, _, err := Calendar(d, UBL, Options{Number: "S2"}); err != nil {
		t.Error(err)
	}
}

// What changed materially between two revisions is an exception each, and read back as the two values.
func TestExceptions(t *testing.T) {
	doc := func(first, second int64) forecast.Document {
		l := intake.Planned(forecast.Item{BuyersID: "A"}, forecast.Location{}, quantity.Piece, forecast.ByNeed)
		l.Buckets = []forecast.Cell{{Bucket: calendar.MustBucket("2027-W09"), Mean: quantity.Of(first)}, {Bucket: calendar.MustBucket("2027-W10"), Mean: quantity.Of(second)}}
		return forecast.Document{Header: artifact.Header{Issued: 1_767_571_200_000}, Purpose: forecast.OrderForecast, Lines: []forecast.Line{l}}
	}
	data, left, err := Exceptions(doc(100, 100), doc(101, 140), Options{Number: "7"})
	if err != nil || len(left) > 0 {
		t.Fatal(err, left)
	}
	draft, report := door.Read(data, door.Options{})
	if draft == nil || len(report.Notes) > 0 || len(draft.Deviations) != 1 {
		t.Fatalf("%+v, %v\n%s", draft, report, data)
	}
	x := draft.Deviations[0]
	x.Line = 0
	want := intake.Deviation{Document: "7", Issued: calendar.MustDate("2026-01-05"), ID: "1", Item: forecast.Item{BuyersID: "A"}, Period: calendar.MustBucket("2027-W10"), Status: "NEW", Of: "ORDER_FORECAST TOTAL", Compared: quantity.Of(100), Source: quantity.Of(140), Unit: quantity.Piece}
	if x != want {
		t.Errorf("%+v, want %+v", x, want)
	}
	if _, _, err := Exceptions(doc(100, 100), doc(101, 100), Options{}); err == nil || !strings.Contains(err.Error(), "no cell differs materially") {
		t.Errorf("nothing material: %v", err)
	}
}

func complaint() quality.Document {
	effect := int64(800_000)
	return quality.Document{Header: artifact.Header{Issued: 1_775_001_600_000},
		Complaints: []quality.Complaint{{ID: "OE-1", SupplierID: "SU-1", Item: forecast.Item{BuyersID: "987", SellersID: "123"}, Raised: 1_772_409_600_000, Severity: quality.Major, Status: quality.ComplaintOpen, Text: "scratches"}},
		Cases: []quality.Case{{Complaint: "OE-1", Is: "scrap rate too high", Causes: []quality.Cause{{Type: quality.TechnicalOccurrence, Node: "10030012", Whys: []string{"no lubrication", "pump worn"}}},
			Steps: []quality.Done{{Step: quality.D4, At: calendar.MustBucket("2026-03-20").Start}},
			Actions: []quality.Action{{ID: "D3-1", Step: quality.D3, Kind: quality.Containment, Measure: "all parts checked", Role: "QUALITY", Begun: calendar.MustBucket("2026-03-04").Start, Status: quality.ActionBegun, Effective: &effect},
				{ID: "D5-1", Step: quality.D5, Kind: quality.Corrective, Measure: "camera", Role: "QUALITY", Begun: calendar.MustBucket("2026-03-25").Start, Status: quality.ActionOpen}}}}}
}

var customer = Options{Sender: "BPNL8888888888XX", Receiver: "BPNL6666666666YY", Contact: Contact{"Customer AG", "Berlin", "Germany", "quality@example.com"}, Order: "4711"}

// TestReport8D: what is written is read back as the complaint and its case, but for what the model does not have.
func TestReport8D(t *testing.T) {
	d := complaint()
	data, left, err := Report(d, CatenaX, customer)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(left, func(s string) bool { return strings.Contains(s, "no severity") }) {
		t.Errorf("left out: %q", left)
	}
	draft, report := door.Read(data, door.Options{})
	if draft == nil {
		t.Fatalf("%v\n%s", report.Complaints, data)
	}
	want := d.Cases[0]
	want.Steps = nil
	got := draft.Cases[0]
	for i := range got.Actions {
		got.Actions[i].Role = "QUALITY" // a role where the model has a person's name is nobody's in the team
	}
	if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(draft.Complaints, d.Complaints) {
		t.Errorf("%+v %+v\nbecame\n%+v %+v\n%s", d.Complaints, want, draft.Complaints, got, data)
	}
	if _, _, err := Report(d, CatenaX, Options{Sender: customer.Sender, Receiver: customer.Receiver}); err == nil || !strings.Contains(err.Error(), "COMPANY, CITY, COUNTRY, EMAIL") {
		t.Errorf("without a contact: %v", err)
	}
	if _, err := ParseContact("Customer AG, Berlin, Germany, nobody"); err == nil {
		t.Error("an address that is none was taken")
	}
}
