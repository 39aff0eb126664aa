package desk

import (
	"strings"
	"testing"

	"kontor/node/planner"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
	"kontor/protocol/release"
)

// The cast: an agency buys tablets from a maker, which buys ingredients.
const (
	agency  = "Relief Agency of Somewhere"
	product = "EFV600-30"
	country = "ZW"
)

var (
	supplierPID = block.Sum([]byte("partnership of maker and ingredient maker"))
	customerPID = block.Sum([]byte("partnership of agency and maker"))
	agencyCID   = block.Sum([]byte("the agency"))
	forecastCID = block.Sum([]byte("the agency's forecast"))
)

func q(s string) quantity.Quantity { return quantity.MustParse(s) }

// need is a line over months from 2026-12 on, with levels of a tenth, a half and nine tenths.
func need(product, region string, means ...int64) forecast.Line {
	l := forecast.Line{Item: forecast.Item{BuyersID: product}, Location: forecast.Location{Region: region}, Unit: "PK", Kind: forecast.Total,
		Category: forecast.Default, BucketBasis: forecast.Gross, DateBasis: forecast.ByNeed, SourcingShare: forecast.PPM}
	month, _ := calendar.ParseMonth("2026-12")
	sum := int64(0)
	for i, m := range means {
		sum += m
		c := forecast.Cell{Bucket: month.Add(i).Bucket(), Mean: quantity.Of(m)}
		for k, p := range []int64{100_000, 500_000, 900_000} {
			c.Quantiles = append(c.Quantiles, forecast.Quantile{P: p, Q: quantity.Of(m * int64(k) / 2)})
			c.Cumulative = append(c.Cumulative, forecast.Quantile{P: p, Q: quantity.Of(sum * int64(k+1) / 2)})
		}
		l.Buckets = append(l.Buckets, c)
	}
	return l
}

func bill(t interface{ Fatal(...any) }) planner.Bill {
	b, err := planner.NewBill([]planner.BillLine{
		{Product: product, Component: "API-EFV", PerUnit: q("0.018"), Unit: "KGM"},
		{Product: "3TC-ZDV", Component: "API-3TC", PerUnit: q("0.009"), Unit: "KGM"},
		{Product: "3TC-ZDV", Component: "API-ZDV", PerUnit: q("0.018"), Unit: "KGM"},
		{Product: "3TC150-60", Component: "API-3TC", PerUnit: q("0.009"), Unit: "KGM"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func standing() []release.Grant {
	return []release.Grant{{V: 1, Company: block.Sum([]byte("maker")), Partner: supplierPID, Purpose: "plan ingredients", Kinds: []string{"forecast"}, From: 1, Until: 1 << 30}}
}

func derivationOf(t interface{ Fatal(...any) }, customers ...customerDemand) derivation {
	return derivation{Customers: customers, Bill: bill(t), Scope: artifact.Everything(), Use: release.Use{Partner: supplierPID, Kind: "forecast", At: 1000}}
}

func means(t *testing.T, lines []forecast.Line, item string, role forecast.TierRole) string {
	t.Helper()
	var out []string
	for _, l := range lines {
		if l.Item.ID() == item && l.Role == role {
			for _, c := range l.Buckets {
				out = append(out, c.Mean.String())
			}
		}
	}
	return strings.Join(out, " ")
}
