package doc

import (
	"fmt"
	"testing"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/product"
	"kontor/protocol/quantity"
	"kontor/testnet/virtual"
)

func TestProducts(t *testing.T) {
	doc := virtual.Products("maker's numbers", 0, nil, virtual.Start, 60)
	march, plant := calendar.MustDate("2027-03-01"), forecast.Location{Region: "CI"}
	first := doc.Links[0]
	first.Until, first.GTIN = march, "4006381333931"
	later := product.Link{Buyers: first.Buyers, Sellers: first.Sellers, GTIN: first.GTIN, From: march, Units: quantity.Of(90), Description: "tablets in the larger pack"}
	local := product.Link{Buyers: first.Buyers, Sellers: "CI-4", Plant: plant, From: first.From, Units: quantity.Of(60), Share: 400_000}
	doc.Links = []product.Link{first, later, local,
		{Buyers: "BOX-1", Sellers: "M-77", From: first.From, Units: quantity.Of(2), Kit: true},
		{Buyers: "BOX-1", Sellers: "M-80", From: first.From, Units: quantity.MustParse("0.5"), Kit: true}}
	if found := product.Check(doc); len(found) > 0 {
		t.Fatal(found)
	}
	again := doc
	again.Links = append([]product.Link{later}, doc.Links...)
	again.Links[0].From = first.From
	if found := product.Check(again); len(found) == 0 || found[0].Code != product.CodeTwice {
		t.Errorf("the same numbers twice on one day: %v", found)
	}
	draft, err := virtual.Share(doc)
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("Root `%s`. The root block:\n\n", draft.Body.CID) + fence(view(t, draft.Body.Data))
	for i, b := range draft.Blocks {
		text += fmt.Sprintf("\nBlock %d of %d below it, `%s`:\n\n", i+1, len(draft.Blocks), b.CID) + fence(view(t, b.Data))
	}
	finds := "| item | side | plant | day | is |\n|---|---|---|---|---|\n"
	for _, q := range []struct {
		side  product.Side
		id    string
		plant forecast.Location
		day   string
	}{{product.OfBuyer, virtual.Product, forecast.Location{}, "2027-02-28"}, {product.OfBuyer, virtual.Product, forecast.Location{}, "2027-03-01"}, {product.OfBuyer, virtual.Product, plant, "2027-03-01"},
		{product.OfSeller, "4006381333931", forecast.Location{}, "2027-03-01"}, {product.OfBuyer, "BOX-1", forecast.Location{}, "2027-03-01"}, {product.OfBuyer, "BOX-1", forecast.Location{}, "2025-12-31"}} {
		is := ""
		for _, l := range product.Find(doc.Links, q.side, q.id, q.plant, calendar.MustDate(q.day)) {
			other := l.Sellers
			if q.side == product.OfSeller {
				other = l.Buyers
			}
			is += fmt.Sprintf("`%s`, %s in one; ", artifact.Clip(other), l.Units)
		}
		if is == "" {
			is = "nothing"
		}
		finds += fmt.Sprintf("| `%s` | %s | %s | %s | %s |\n", q.id, q.side, q.plant.Key(), q.day, is)
	}
	page(t, "products.md", map[string]string{"map": text, "finds": finds})
}
