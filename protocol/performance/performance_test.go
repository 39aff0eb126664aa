package performance

import (
	"encoding/hex"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/block/sheettest"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/measure"
	"kontor/protocol/quantity"
)

var (
	q      = quantity.MustParse
	day    = calendar.MustDate
	bucket = calendar.MustBucket
	tablet = forecast.Item{BuyersID: "EFV600-30"}
	ivory  = forecast.Location{Region: "CI"}
	secret = NewSalt([]byte("a channel key of a partnership"))
)

func qp(s string) *quantity.Quantity { v := q(s); return &v }

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// lines are so many lines of orders of October, all received as ordered.
func lines(n int) (out []Line) {
	for i := range n {
		out = append(out, Line{Order: fmt.Sprintf("PO-%04d", i), Line: "10", Item: "EFV600-30", Ordered: qp("100"), Due: day("2026-10-10"), Event: ReceiptPosted, Accepted: qp("100"), Date: day("2026-10-09")})
	}
	return out
}

// full is a report with every field set.
func full(t testing.TB) Document {
	tree := must[*Tree](t)(NewTree(secret, "cell", lines(40)))
	root := tree.Root()
	return Document{
		Header: artifact.Header{Type: Type, Series: artifact.SeriesID{1}, Issued: day("2026-11-22").Millis(), Evidence: artifact.GradeB,
			Provenance: artifact.Provenance{SourceSystem: "ERP"}, Scope: artifact.Everything()},
		Window: bucket("2026-10"), Closed: true, Delivery: must[[]measure.Parameter](t)(DeliveryBy(measure.Setting{"late": "1"})),
		Cells: []Cell{{Item: tablet, Place: ivory, Bucket: calendar.Bucket{Start: day("2026-10-01"), End: day("2026-10-08")}, Unit: quantity.Pack,
			Demand: qp("1100"), Ordered: qp("1000"), Shipped: qp("990"), Received: qp("980"), OnTime: qp("900"), InFull: qp("950"), Sold: qp("870"), Returned: qp("3"), OnHand: qp("400"), Blocked: qp("20"), InTransit: qp("10"),
			Cumulative: &Cumulative{day("2026-01-01"), q("9000")}, Days: &StockDays{7, 1}, Deliveries: &Deliveries{Due: 10, OnTime: 9, Quantified: 10, InFull: 9, Both: 8, LeftOut: []Left{{Reason: measure.NoReceipt, Lines: 1}}, InWindow: q("900"), Ordered: q("1000")},
			Service: &Service{Shipped: &Filled{Lines: Fill{Due: 10, First: 8, Whole: 9}, Orders: Fill{Due: 4, First: 2, Whole: 3}}, Received: &Filled{Lines: Fill{Due: 9, First: 7, Whole: 9, LeftOut: []Left{{Reason: measure.NotRecorded, Lines: 1}}}},
				Perfect: &Perfect{Due: 4, OnTime: 3, InFull: 3, Undamaged: 4, Documents: 4, All: 2}, Lead: &Lead{Due: 4, Days: 50, Open: 1, LeftOut: []Left{{Reason: measure.ForceMajeure, Lines: 1, Days: 30}}}},
			Lines: &root, Ext: map[string][]byte{"x": {1}}},
			{Item: tablet, Place: ivory, Bucket: calendar.Bucket{Start: day("2026-10-08"), End: day("2026-10-15")}, Unit: quantity.Pack, Received: qp("500"), Cumulative: &Cumulative{day("2026-01-01"), q("9500")}}},
	}
}

// The CID of a report's root block, and of the root of its lines, as another implementation must get them.
func TestGolden(t *testing.T) {
	d := full(t)
	if found := Check(d); len(found) != 0 {
		t.Fatal(found)
	}
	s := must[block.Sheet](t)(ToSheet(d, [32]byte{7}))
	back := must[Document](t)(FromSheet(s))
	if !reflect.DeepEqual(back, d) {
		t.Fatalf("\n%+v\n%+v", back, d)
	}
	root, _, err := s.Build()
	if err != nil {
		t.Fatal(err)
	}
	const wantRoot, wantLines = "bafyreihly6wqufo2xhzo7jr56w3uh7u7gcgw7wqadoyvwvahvfadno5hki", "ed8abd19c520e311e7b4279b07dd470f6284e0b317bc5c3460b8186e0129fa65"
	if got, lines := root.CID.String(), hex.EncodeToString(d.Cells[0].Lines.Root); got != wantRoot || lines != wantLines {
		t.Errorf("the report is %s over lines %s", got, lines)
	}
}

// Every rule has a report that breaks it alone, and the place it breaks it at.
func TestRules(t *testing.T) {
	for _, c := range []struct {
		code, path string
		breaks     func(*Document)
	}{
		{CodeBounds, "", func(d *Document) { d.Window.End = d.Window.Start.AddDays(MaxWindow + 1) }},
		{CodeEmpty, "cells", func(d *Document) { d.Cells = nil }},
		{CodeEmpty, "cells[1]", func(d *Document) { d.Cells[1].Received, d.Cells[1].Cumulative = nil, nil }},
		{CodeTwice, "cells[1].bucket", func(d *Document) { d.Cells[1].Bucket.Start = day("2026-10-07") }},
		{CodeItem, "cells[0]", func(d *Document) { d.Cells[0].Unit, d.Cells[1].Unit = "??", "??" }},
		{CodeItem, "cells[1].unit", func(d *Document) { d.Cells[1].Unit = quantity.Piece }},
		{CodeItem, "cells[1]", func(d *Document) { d.Cells[1].Item = forecast.Item{GTIN: "4006381333932"} }},
		{CodeWindow, "window", func(d *Document) { d.Window.End = d.Window.Start }},
		{CodeWindow, "cells[1].bucket", func(d *Document) { d.Cells[1].Bucket.End = day("2026-11-02") }},
		{CodeFuture, "cells[1].bucket", func(d *Document) { d.Header.Issued, d.Closed = day("2026-10-13").Millis(), false }},
		{CodeOpen, "closed", func(d *Document) { d.Header.Issued = day("2026-10-20").Millis() }},
		{CodeFigure, "cells[0].sold", func(d *Document) { d.Cells[0].Sold = qp("-1") }},
		{CodeFigure, "cells[0].sold", func(d *Document) { d.Cells[0].Sold = qp("0.0000000001") }},
		{CodeOnTime, "cells[0].onTime", func(d *Document) { d.Cells[0].OnTime = qp("981") }},
		{CodeOnTime, "cells[0].onTime", func(d *Document) { d.Cells[0].Received = nil; d.Cells[0].OnTime = qp("991") }},
		{CodeOnTime, "cells[0].onTime", func(d *Document) { d.Cells[0].Received = qp("1200"); d.Cells[0].OnTime = qp("1001") }},
		{CodeOnTime, "cells[0].inFull", func(d *Document) { d.Cells[0].InFull = qp("1001") }},
		{CodeBlocked, "cells[0].blocked", func(d *Document) { d.Cells[0].Blocked = qp("401") }},
		{CodeCumulative, "cells[1].cumulative", func(d *Document) { d.Cells[1].Cumulative.Received = q("8999") }},
		{CodeCumulative, "cells[1].cumulative", func(d *Document) { d.Cells[1].Cumulative.Since = day("2026-10-15") }},
		{CodeCounts, "cells[0].deliveries", func(d *Document) { d.Cells[0].Deliveries.OnTime = 11 }},
		{CodeCounts, "cells[0].deliveries", func(d *Document) { d.Cells[0].Deliveries.Due = MaxCounted + 1 }},
		{CodeService, "cells[0].service", func(d *Document) { d.Cells[0].Service = &Service{} }},
		{CodeService, "cells[0].service", func(d *Document) { d.Cells[0].Service.Shipped.Lines.First = 10 }},
		{CodeService, "cells[0].service", func(d *Document) { d.Cells[0].Service.Received.Orders.Whole = 1 }},
		{CodeService, "cells[0].service", func(d *Document) { d.Cells[0].Service.Timely = &Timely{Due: 1, Both: 2} }},
		{CodeService, "cells[0].service", func(d *Document) { d.Cells[0].Service.Timely = &Timely{Due: -1} }},
		{CodeService, "cells[0].service", func(d *Document) {
			d.Cells[0].Service.Timely = &Timely{LeftOut: []Left{{Reason: measure.Promoted, Lines: 1}}}
		}},
		{CodeService, "cells[0].service", func(d *Document) { d.Cells[0].Service.Perfect.All = 4 }},
		{CodeService, "cells[0].service", func(d *Document) { d.Cells[0].Service.Perfect.Due = -1 }},
		{CodeService, "cells[0].service", func(d *Document) { d.Cells[0].Service.Lead.Days = 4*MaxLeadDays + 1 }},
		{CodeService, "cells[0].service", func(d *Document) { d.Cells[0].Service.Lead.LeftOut[0].Days = MaxLeadDays + 1 }},
		{CodeService, "cells[0].service", func(d *Document) {
			d.Cells[0].Service.Perfect.LeftOut = []Left{{Reason: measure.ForceMajeure, Lines: 1, Days: 1}}
		}},
		{CodeService, "cells[0].service", func(d *Document) { d.Cells[0].Service.Received.Lines.LeftOut[0].Reason = measure.Promoted }},
		{CodeCounts, "cells[0].deliveries", func(d *Document) { d.Cells[0].Deliveries.Both = 10 }},
		{CodeCounts, "cells[0].deliveries", func(d *Document) { d.Cells[0].Deliveries.LeftOut[0].Reason = measure.Promoted }},
		{CodeDays, "cells[0].days", func(d *Document) { d.Cells[0].Days.Listed = 8 }},
		{CodeRoot, "cells[0].lines", func(d *Document) { d.Cells[0].Lines.Root = d.Cells[0].Lines.Root[:31] }},
		{CodeRoot, "cells[0].lines", func(d *Document) { d.Cells[0].Lines.Count = MaxLines + 1 }},
		{CodeDelivery, "delivery", func(d *Document) { d.Delivery = nil }},
		{CodeDelivery, "delivery", func(d *Document) { d.Delivery = d.Delivery[1:] }},
		{CodeDelivery, "delivery", func(d *Document) { d.Delivery[3].Value = "PORCH" }},
		{CodeExt, "cells[0].ext", func(d *Document) { d.Cells[0].Ext = map[string][]byte{"x": make([]byte, 1<<20)} }},
	} {
		d := full(t)
		c.breaks(&d)
		found := Check(d)
		if len(found) == 0 || found[0].Code != c.code || !strings.HasPrefix(found[0].Path, c.path) {
			t.Errorf("%s at %q: found %v", c.code, c.path, found)
		}
	}
	d := full(t)
	scope := artifact.Everything()
	scope.Regions = []string{"FR"}
	if found := CheckScope(d, scope); len(found) != 2 || found[0].Code != CodeScope || len(Filter(d, scope).Cells) != 0 {
		t.Errorf("%v", found)
	}
	for code, change := range map[string]func(*Document){
		"header": func(n *Document) { n.Header.Revision = 2 }, "window": func(n *Document) { n.Window = bucket("2026-11") }, "closed": func(n *Document) { n.Closed = false },
	} {
		next := full(t)
		next.Header.Revision = 1
		change(&next)
		if found := CheckRevision(d, next); len(found) != 1 || found[0].Code != CodeRevisions || found[0].Path != code {
			t.Errorf("%s: %v", code, found)
		}
	}
}

// Both sides get the same comparison, and within the tolerance the mean stands (practice T7).
func TestCompare(t *testing.T) {
	cell := func(ordered, received string) Document {
		return Document{Window: bucket("2026-10"), Cells: []Cell{{Item: tablet, Place: ivory, Bucket: bucket("2026-10"), Unit: quantity.Pack, Ordered: qp(ordered), Received: qp(received)}}}
	}
	buyer, seller := cell("1000", "995"), cell("1000", "1000")
	seller.Cells = append(seller.Cells, Cell{Item: forecast.Item{BuyersID: "other"}, Bucket: bucket("2026-10"), Unit: quantity.Pack, Shipped: qp("5")})
	c := Compare(&buyer, &seller, DefaultTolerance())
	got := map[Figure]Verdict{}
	for _, f := range c.Cells[0].Figures {
		got[f.Figure] = f.Verdict
	}
	if got[Ordered] != Equal || got[Received] != DeMinimis || c.Cells[0].Figures[1].Stands.String() != "997.5" || c.Cells[1].Verdict != OneSided || c.Tally[OneSided] != 1 {
		t.Errorf("%+v", c)
	}
	strict := Compare(&buyer, &seller, Tolerance{})
	if strict.Cells[0].Verdict != Unequal || strict.Cells[0].Figures[1].Stands != nil {
		t.Errorf("%+v", strict)
	}
	if near := Compare(&buyer, &seller, Tolerance{Amount: q("5")}); near.Cells[0].Verdict != DeMinimis {
		t.Errorf("%+v", near)
	}
	settled := Settle(&buyer, &seller, Tolerance{})
	if len(settled) != 2 || settled[0].Received != nil || settled[0].Ordered == nil || settled[0].Grade != artifact.GradeA || settled[1].Grade != artifact.GradeB || len(settled[0].Disputed) != 1 {
		t.Errorf("%+v", settled)
	}
	if len(Compare(nil, &seller, Tolerance{}).Cells) != 2 || len(Compare(&buyer, nil, Tolerance{}).Cells) != 1 || len(Compare(nil, nil, Tolerance{}).Cells) != 0 {
		t.Error("one side alone, or none")
	}
}

func TestDiff(t *testing.T) {
	a, b := full(t), full(t)
	if changes := Diff(a, b); len(changes) != 0 {
		t.Fatal(changes)
	}
	b.Cells[0].Sold = qp("871")
	if changes := Diff(a, b); len(changes) != 1 || changes[0].Material || changes[0].Field != "sold" {
		t.Error(changes)
	}
	b.Cells[0].Sold = qp("1000")
	if changes := Diff(a, b); !Material(changes) {
		t.Error(changes)
	}
	b.Cells = b.Cells[:1]
	if changes := Diff(a, b); len(changes) != 2 || changes[1].Field != "removed" {
		t.Error(changes)
	}
	if part := About(a, []string{"EFV600-31"}); len(part.Cells) != 0 || len(About(a, []string{"EFV600-30"}).Cells) != 2 {
		t.Error(part.Cells)
	}
}

func FuzzFromSheet(f *testing.F) {
	sheets := sheettest.Format[Document]{Type: Type, To: ToSheet, From: FromSheet}
	sheettest.Fuzz[Document, Cell](f, sheets, full(f), func(_ *testing.T, d Document) { Check(d) })
}

func FuzzProof(f *testing.F) {
	tree := must[*Tree](f)(NewTree(secret, "cell", lines(40)))
	for _, l := range tree.leaves[:3] {
		f.Add(must[[]byte](f)(block.Marshal(tree.Prove(l.at))), l.at[:])
	}
	f.Fuzz(func(t *testing.T, data, at []byte) {
		var p Proof
		if len(at) != len(Hash{}) || block.Unmarshal(data, &p) != nil {
			return
		}
		got, err := p.Verify(tree.Root(), Hash(at))
		if err != nil && got != nil {
			t.Fatal("a line beside an error")
		}
		// Nothing is provable of a signed tree but what stands in it.
		if _, want, have := tree.Open(Hash(at)); err == nil && (have != (got != nil) || have && *got != want) {
			t.Fatal("a proof of what is not so")
		}
	})
}
