package desk

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// groups are a line inside a hall, with thresholds, as a partner's planning system exports them; its first week is that of the day.
func groups(monday calendar.Date, start string) []byte {
	week := monday.String()
	one := func(id, name, rest string) string {
		return `{"capacityGroupId":"` + id + `","name":"` + name + `","unitOfMeasure":"unit:piece","unitOfMeasureIsOmitted":false,"capacityGroupIsInactive":false,
"customer":"BPNL00000000015G","supplier":"BPNL000000000BXT","supplierLocations":["BPNS000000000PFA"],"changedAt":"2026-03-10T12:27:11.320Z",
"capacities":[{"pointInTime":"` + week + `","actualCapacity":100,"maximumCapacity":120}],` + rest + `}`
	}
	return []byte("[" + one("0157ba42-d2a8-4e28-8565-7b07830c1110", "Line 1", `"linkedDemandSeries":[{"loadFactor":1,"materialNumberCustomer":"A","customerLocation":"BPNS0000000000WN","demandCategory":{"demandCategoryCode":"0001"}}],
"demandVolatilityParameters":{"measurementInterval":1,"startReferenceDateTime":"`+start+`T12:00:00Z","rollingHorizonAlertThresholds":[{"sequenceNumber":1,"subhorizonLength":8,"relativePositiveDeviation":0.2,"relativeNegativeDeviation":0.3}]}`) +
		"," + one("be4d8470-2de6-43d2-b5f8-2e5d3eebf3fd", "Hall", `"linkedCapacityGroups":["0157ba42-d2a8-4e28-8565-7b07830c1110"]`) + "]")
}

// Two customers, each of whom would fit alone, are promised more than the line can carry together: seen at home, and nowhere else. What a group of the
// partner's system holds inside arrives with the plan.
func TestTwoCustomersAreNotPromisedTheSameLine(t *testing.T) {
	ctx := context.Background()
	maker := foundDesk(t, "Maker")
	// A week that lies wholly ahead of today, whatever the day.
	monday := calendar.DateOf(time.Now().UnixMilli()).AddDays(14).StartOfWeek(time.Monday)
	line := need("A", "CI")
	line.Unit = quantity.Piece
	line.Buckets = []forecast.Cell{{Bucket: calendar.Bucket{Start: monday, End: monday.AddDays(7)}, Mean: quantity.Of(80)}}
	var customers []*desked
	var partnerships []*node.Partnership
	for _, name := range []string{"Agency", "Ministry"} {
		c := foundDesk(t, name)
		p := c.buysFrom(t, maker)
		c.shares(t, p, line)
		customers, partnerships = append(customers, c), append(partnerships, p)
	}
	if _, err := maker.ImportStock([]byte("product,on_hand\nA,1\n"), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := maker.Import("", groups(monday, "2026-01-05"), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	for i, p := range partnerships {
		soon(t, "the forecast at the maker", func() bool { return len(maker.received(t, p.PID)) == 1 })
		if _, err := maker.ShareCapacity(ctx, customers[i].n.Name(), ""); err != nil {
			t.Fatal(err)
		}
		soon(t, "the plan at the customer", func() bool { _, err := customers[i].Match(""); return err == nil })
		if _, err := maker.Answer(ctx, AnswerOrder{With: customers[i].n.Name()}, ""); err != nil {
			t.Fatal(err)
		}
		v, err := maker.Oversold()
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			if len(v.Oversold) != 0 {
				t.Errorf("80 promised of 120: %+v", v)
			}
			continue
		}
		// 160 promised, 1 in stock, 120 at the most: on the line and in the hall around it.
		if len(v.Oversold) != 2 || v.Oversold[0].Line != "Hall" || v.Oversold[1].Excess != q("39") || !slices.Equal(v.Oversold[1].Partners, []string{"Agency", "Ministry"}) {
			t.Errorf("%+v", v)
		}
	}
	var plan capacity.Plan
	err := customers[0].n.View(partnerships[0].PID, func(r *protocol.Replica) error {
		rows, err := r.InForce(capacity.PlanType, maker.n.Company())
		if err != nil {
			return err
		}
		plan, err = r.Plan(rows[0].Root)
		return err
	})
	if err != nil || len(plan.Groups) != 2 || !slices.Equal(plan.Groups[0].Nested, []string{"Line 1"}) || plan.Groups[1].Volatility == nil {
		t.Fatalf("%+v, %v", plan.Groups, err)
	}
	m, err := customers[0].Match("")
	if err != nil || m.Result.Groups[0].Buckets[0].Demand != q("80") {
		t.Errorf("the hall carries %+v, %v", m.Result.Groups[0], err)
	}
	// Measured each week since long ago; there was no forecast a week ago.
	v, err := customers[0].Volatility("")
	if err != nil || len(v.Measured) != 0 || len(v.Notes) != 1 || !strings.Contains(v.Notes[0], "no forecast was in force") {
		t.Errorf("%+v, %v", v, err)
	}
}
