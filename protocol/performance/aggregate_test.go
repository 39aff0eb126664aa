package performance

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/measure"
	"kontor/protocol/quantity"
)

// Cells from lines: in full late, short on time, in two parts, nothing came, and one excluded; a despatch that names no line of the order finds
// it by its item.
func TestAggregate(t *testing.T) {
	record := func(order, line, due, event, accepted, date string) Record {
		r := Record{Item: tablet, Place: ivory, Unit: quantity.Pack, Line: Line{Order: order, Line: line, Item: tablet.ID(), Event: Event(event)}}
		if due != "" {
			r.Due, r.Ordered = day(due), qp("100")
		}
		if date != "" {
			r.Date, r.Accepted = day(date), qp(accepted)
		}
		return r
	}
	excluded := record("E", "1", "2026-10-12", "RECEIPT_POSTED", "100", "2026-10-20")
	excluded.Exclude = measure.ForceMajeure
	records := []Record{
		record("A", "1", "2026-10-10", "RECEIPT_POSTED", "100", "2026-10-14"),
		record("B", "1", "2026-10-10", "RECEIPT_POSTED", "90", "2026-10-10"),
		record("C", "1", "2026-10-10", "RECEIPT_POSTED", "40", "2026-10-10"), record("C", "1", "2026-10-10", "RECEIPT_POSTED", "60", "2026-10-09"),
		record("D", "1", "2026-10-11", "", "", ""), excluded,
		record("A", "", "", "DESPATCH", "100", "2026-10-12"), // joins line 1 of A
		record("F", "1", "2026-11-01", "", "", ""),           // due in another window
		record("", "", "", "DESPATCH", "7", "2026-10-30"),
	}
	records[8].Delivery = "ASN-9"
	drawn := must[[]Drawn](t)(Aggregate(records, measure.Setting{}, []calendar.Bucket{bucket("2026-10")}, 0))
	if len(drawn) != 1 {
		t.Fatalf("%+v", drawn)
	}
	c := drawn[0].Cell
	if c.Ordered.String() != "500" || c.Shipped.String() != "107" || c.Received.String() != "390" || c.OnTime.String() != "190" || c.InFull.String() != "200" {
		t.Errorf("ordered %s, shipped %s, received %s, on time %s, in full %s", c.Ordered, c.Shipped, c.Received, c.OnTime, c.InFull)
	}
	if d := c.Deliveries; d.Due != 3 || d.OnTime != 2 || d.InFull != 2 || d.Both != 1 || fmt.Sprint(d.LeftOut) != "[{FORCE_MAJEURE 1 0 <nil>} {NO_RECEIPT 1 0 <nil>}]" {
		t.Errorf("%+v", *d)
	}
	if n := len(drawn[0].Lines); n != 7 {
		t.Errorf("%d lines: %+v", n, drawn[0].Lines)
	}
	d := full(t)
	d.Cells = []Cell{c}
	d.Delivery = must[[]measure.Parameter](t)(DeliveryBy(nil))
	if found := Check(d); len(found) != 0 {
		t.Error(found)
	}
}

// In whatever order lines come, the cells and roots are the same.
func TestAggregateHasNoOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var records []Record
		for range rapid.IntRange(1, 30).Draw(t, "n") {
			r := Record{Item: tablet, Unit: quantity.Pack, Line: Line{Order: rapid.SampledFrom([]string{"A", "B"}).Draw(t, "order"), Line: rapid.SampledFrom([]string{"1", "2"}).Draw(t, "line"), Item: tablet.ID(),
				Due: day("2026-10-10"), Ordered: qp("10"), Event: rapid.SampledFrom([]Event{"", Despatch, ReceiptPosted}).Draw(t, "event")}}
			if r.Event != "" {
				q := quantity.Of(rapid.Int64Range(0, 12).Draw(t, "accepted"))
				r.Accepted, r.Date = &q, day("2026-10-01").AddDays(rapid.IntRange(0, 20).Draw(t, "day"))
				whole := rapid.Bool().Draw(t, "right documents")
				r.Damaged, r.Documents = rapid.SampledFrom([]*quantity.Quantity{nil, qp("0"), qp("1")}).Draw(t, "damaged"), &whole
			}
			if rapid.Bool().Draw(t, "dated") {
				r.OrderedOn = day("2026-09-20").AddDays(rapid.IntRange(0, 20).Draw(t, "ordered on"))
			}
			records = append(records, r)
		}
		roots := func(records []Record) string {
			drawn, err := Aggregate(records, nil, []calendar.Bucket{bucket("2026-10")}, 0)
			if err != nil {
				t.Fatal(err)
			}
			text := ""
			for _, d := range drawn {
				tree, err := NewTree(secret, d.Cell.Key(), d.Lines)
				if err != nil {
					t.Fatal(err)
				}
				data, err := block.Marshal(d.Cell)
				if err != nil {
					t.Fatal(err)
				}
				text += fmt.Sprintf("%x %x\n", tree.Root().Root, data)
			}
			return text
		}
		if a, b := roots(records), roots(rapid.Permutation(records).Draw(t, "other order")); a != b {
			t.Fatalf("%s\n%s", a, b)
		}
	})
}
