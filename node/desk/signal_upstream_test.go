package desk

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"kontor/protocol/calendar"
	"kontor/protocol/exception"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
	"kontor/protocol/tier"
)

// upstreamNews are the changes that an office should tell a partner of.
func (d *desked) upstreamNews(t *testing.T, with string) (out []ExceptionView) {
	t.Helper()
	list, err := d.Exceptions(with, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if e.Kind == exception.Upstream {
			out = append(out, e)
		}
	}
	return out
}

// In the modes NOTIFY and ERP nothing leaves by itself: changed demand is an exception of the planner, without a figure of the customer's, until the next
// forecast is shared with the supplier, who lists none of it.
func TestChangeUpstreamIsAnExceptionUntilTold(t *testing.T) {
	for _, mode := range []tier.Mode{tier.Notify, tier.ERP} {
		agency, maker, supplier := foundDesk(t, "Relief Agency"), foundDesk(t, "Tablet Maker"), foundDesk(t, "Ingredient Maker")
		down, up := agency.buysFrom(t, maker), maker.buysFrom(t, supplier)
		if _, err := maker.ImportBill(context.Background(), []byte(billCSV), ImportOptions{}); err != nil {
			t.Fatal(err)
		}
		agency.shares(t, down, need(product, country, 1000, 2000))
		soon(t, "the forecast", func() bool { return len(maker.received(t, down.PID)) == 1 })
		edge, err := maker.SetEdge(EdgeOptions{From: "Relief Agency", To: "Ingredient Maker", Mode: mode})
		if err != nil || !strings.Contains(edge.Note, "exception") {
			t.Fatal(edge, err)
		}
		if news := maker.upstreamNews(t, "Ingredient Maker"); len(news) > 0 {
			t.Fatalf("nothing has changed, and %+v", news)
		}
		revised := func(revision int64) func() bool {
			return func() bool {
				docs := maker.received(t, down.PID)
				return len(docs) == 1 && docs[0].Header.Revision == revision
			}
		}
		agency.shares(t, down, need(product, country, 1020, 2000))
		soon(t, "the revision", revised(1))
		if news := maker.upstreamNews(t, "Ingredient Maker"); len(news) > 0 {
			t.Fatalf("two per cent are news: %+v", news)
		}
		agency.shares(t, down, need(product, country, 1600, 2000))
		soon(t, "the second revision", revised(2))
		news := maker.upstreamNews(t, "Ingredient Maker")
		if len(news) != 1 {
			t.Fatalf("%s: %+v", mode, news)
		}
		e := news[0]
		if e.Scope.Product != "API-EFV" || !strings.Contains(e.Cause, "has risen by 10 to 25 % in 2026-12") || e.Owner != "Tablet Maker" || e.Role != "PLANNER" || !e.Units.IsZero() {
			t.Errorf("%+v", e.Exception)
		}
		if strings.Contains(fmt.Sprintf("%+v", e.Exception), "1600") || strings.Contains(e.Cause, "Relief") {
			t.Errorf("it names the customer or a figure: %+v", e.Exception)
		}
		if waits := strings.Contains(e.Default.Text, "inbox/forecast"); waits != (mode == tier.ERP) {
			t.Errorf("%s: %s", mode, e.Default.Text)
		}
		for who, d := range map[string]*desked{"Tablet Maker": supplier, "Ingredient Maker": maker} {
			if docs := d.received(t, up.PID); len(docs) > 0 {
				t.Fatalf("%s got %d forecasts by itself", who, len(docs))
			}
		}
		if news := supplier.upstreamNews(t, "Tablet Maker"); len(news) > 0 {
			t.Errorf("the supplier lists %+v", news)
		}
		if news := maker.upstreamNews(t, "Relief Agency"); len(news) > 0 {
			t.Errorf("with the customer stands %+v", news)
		}
		own := forecast.Line{Item: forecast.Item{BuyersID: "API-EFV"}, Location: forecast.Location{Region: country}, Unit: "KGM", Kind: forecast.Total, Category: forecast.Default, BucketBasis: forecast.Gross, DateBasis: forecast.ByNeed,
			SourcingShare: forecast.PPM, Buckets: []forecast.Cell{{Bucket: calendar.MustBucket("2026-12"), Mean: quantity.Of(30)}}}
		maker.shares(t, up, own)
		if news := maker.upstreamNews(t, "Ingredient Maker"); len(news) > 0 {
			t.Errorf("the supplier was told, and %+v", news)
		}
	}
}

// What moved is said by direction, band and horizon; what every version holds alone is compared, and what is over is not.
func TestMovedInWords(t *testing.T) {
	cells := func(means ...int64) map[calendar.Bucket]forecast.Cell {
		out := map[calendar.Bucket]forecast.Cell{}
		month, _ := calendar.ParseMonth("2027-01")
		for i, m := range means {
			if m >= 0 {
				out[month.Add(i).Bucket()] = forecast.Cell{Bucket: month.Add(i).Bucket(), Mean: quantity.Of(m)}
			}
		}
		return out
	}
	today := calendar.MustDate("2027-01-10")
	for _, c := range []struct {
		was, is map[calendar.Bucket]forecast.Cell
		want    string
	}{
		{cells(100, 100), cells(100, 105), ""},
		{cells(100, 100), cells(100, 106), "has moved between periods by 5 to 10 % in 2027-02;"}, // the whole by three
		{cells(100, 100), cells(160, 160), "has risen by more than 50 % in 2027-01-01/2027-03-01;"},
		{cells(100, 100), cells(100, 40), "has fallen by 25 to 50 % in 2027-02;"},
		{cells(100, 100), cells(50, 150), "has moved between periods by 25 to 50 % in 2027-01-01/2027-03-01;"},
		{nil, cells(10), "is new in 2027-01;"},
		{cells(100), cells(100, 500), ""}, // the horizon went on by a month
		{cells(0, 0), cells(0, 0), ""},
	} {
		text, _ := moved(c.was, c.is, today)
		if !strings.HasPrefix(text, c.want) || (text == "") != (c.want == "") {
			t.Errorf("%q, want %q", text, c.want)
		}
	}
	if text, _ := moved(cells(100), cells(300), calendar.MustDate("2027-02-01")); text != "" {
		t.Errorf("a month that is over: %q", text)
	}
	banded := cells(300)
	for b, c := range banded {
		c.Quantiles = []forecast.Quantile{{P: 100_000, Q: quantity.Of(200)}, {P: 900_000, Q: quantity.Of(400)}}
		banded[b] = c
	}
	if text, _ := moved(cells(100), banded, today); !strings.HasSuffix(text, "outside the band of now in 1 of 1 period") {
		t.Errorf("%q", text)
	}
}
