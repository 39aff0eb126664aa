package forecast

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

func ints(text string) (out []*big.Int) {
	for _, f := range strings.Fields(text) {
		n, _ := new(big.Int).SetString(f, 10)
		out = append(out, n)
	}
	return out
}

func text(list []*big.Int) string {
	var out []string
	for _, n := range list {
		out = append(out, n.String())
	}
	return strings.Join(out, " ")
}

func TestConsume(t *testing.T) {
	for _, c := range []struct {
		what                     string
		rule                     Consumption
		forecast, ordered        string
		consumed, extra, demands string
	}{
		{"orders inside the forecast", Consumption{}, "100 100", "30 100", "30 100", "0 0", "100 100"},
		{"more than foreseen, no window", Consumption{}, "100 100", "130 0", "100 0", "30 0", "130 100"},
		{"what is left looks back, the nearest first", Consumption{Backward: 2}, "20 20 20", "0 0 50", "10 20 20", "0 0 0", "10 0 50"},
		{"then ahead", Consumption{Backward: 1, Forward: 1}, "20 20 20 20", "0 50 0 0", "20 20 10 0", "0 0 0 0", "0 50 10 20"},
		{"an order ahead finds its own forecast first", Consumption{Backward: 1, Forward: 1}, "10 50 10", "30 50 0", "10 50 0", "20 0 0", "30 50 10"},
		{"beyond the window nothing is met", Consumption{Backward: 1}, "50 0 0", "0 0 40", "0 0 0", "0 0 40", "50 0 40"},
		{"one forecast is not met twice", Consumption{Backward: 1, Forward: 1}, "0 60 0", "50 0 50", "0 60 0", "0 0 40", "50 0 50"},
	} {
		consumed, extra := c.rule.Consume(ints(c.forecast), ints(c.ordered))
		demand := c.rule.Demand(Gross, ints(c.forecast), ints(c.ordered))
		if text(consumed) != c.consumed || text(extra) != c.extra || text(demand) != c.demands {
			t.Errorf("%s: consumed %s, extra %s, demand %s; want %s, %s, %s", c.what, text(consumed), text(extra), text(demand), c.consumed, c.extra, c.demands)
		}
	}
	if got := text((Consumption{}).Demand(NetOfOrders, ints("100 100"), ints("30 0"))); got != "130 100" {
		t.Errorf("net of orders: %s", got)
	}
}

// Practice T5, for any figures and window: consumed never above the forecast; consumed and remaining are the forecast; consumed and extra are the orders;
// demand covers every order and is forecast and extra; with a window over all it is the greater of the two sums; a wider window consumes no less; more
// forecast anywhere never means less demand up to any bucket.
func TestConsumeProperties(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(rt, "buckets")
		draw := func(what string) []*big.Int {
			out := make([]*big.Int, n)
			for i := range out {
				out[i] = big.NewInt(rapid.Int64Range(0, 60).Draw(rt, fmt.Sprint(what, i)))
			}
			return out
		}
		forecast, ordered := draw("forecast"), draw("order")
		rule := Consumption{rapid.Int64Range(0, 5).Draw(rt, "back"), rapid.Int64Range(0, 5).Draw(rt, "ahead")}
		sum := func(list []*big.Int) *big.Int {
			total := new(big.Int)
			for _, v := range list {
				total.Add(total, v)
			}
			return total
		}
		consumed, extra := rule.Consume(forecast, ordered)
		demand := rule.Demand(Gross, forecast, ordered)
		for i := range forecast {
			if consumed[i].Sign() < 0 || consumed[i].Cmp(forecast[i]) > 0 || extra[i].Sign() < 0 || extra[i].Cmp(ordered[i]) > 0 || demand[i].Cmp(ordered[i]) < 0 {
				rt.Fatalf("bucket %d: %s of %s consumed, %s of %s extra, demand %s", i, consumed[i], forecast[i], extra[i], ordered[i], demand[i])
			}
		}
		if new(big.Int).Add(sum(consumed), sum(extra)).Cmp(sum(ordered)) != 0 || new(big.Int).Add(sum(forecast), sum(extra)).Cmp(sum(demand)) != 0 {
			rt.Fatalf("not conserved: %s of %s consumed, %s of %s extra, demand %s", text(consumed), text(forecast), text(extra), text(ordered), text(demand))
		}
		all := Consumption{int64(n), int64(n)}.Demand(Gross, forecast, ordered)
		greater := sum(forecast)
		if greater.Cmp(sum(ordered)) < 0 {
			greater = sum(ordered)
		}
		if sum(all).Cmp(greater) != 0 {
			rt.Fatalf("over all buckets the demand is %s, forecast %s, orders %s", sum(all), sum(forecast), sum(ordered))
		}
		wider, _ := Consumption{rule.Backward + 1, rule.Forward + 1}.Consume(forecast, ordered)
		if sum(wider).Cmp(sum(consumed)) < 0 {
			rt.Fatalf("a wider window consumed %s after %s", text(wider), text(consumed))
		}
		more := slices.Clone(forecast)
		at := rapid.IntRange(0, n-1).Draw(rt, "at")
		more[at] = new(big.Int).Add(more[at], big.NewInt(rapid.Int64Range(1, 40).Draw(rt, "more")))
		raised := rule.Demand(Gross, more, ordered)
		before, after := new(big.Int), new(big.Int)
		for i := range demand {
			before.Add(before, demand[i])
			if after.Add(after, raised[i]); after.Cmp(before) < 0 {
				rt.Fatalf("more forecast in %d lowered the demand up to %d: %s after %s", at, i, text(raised), text(demand))
			}
		}
	})
}

// The layers of a bucket are its demand, by the strongest statement behind each part.
func TestLayers(t *testing.T) {
	q := quantity.MustParse
	bucket := Consumed{Ordered: q("300"), Remaining: q("700"), Demand: q("1000")}
	for _, c := range []struct {
		firmness Firmness
		commit   string
		want     string
		governs  Statement
	}{{"", "", "300 0 0 700", CallOff}, {Firm, "", "300 0 700 0", CallOff}, {Firm, "800", "300 500 200 0", CallOff}, {"", "200", "300 0 0 700", CallOff}, {"", "5000", "300 700 0 0", CallOff}} {
		var commit *quantity.Quantity
		if c.commit != "" {
			v := q(c.commit)
			commit = &v
		}
		l, err := bucket.Layers(c.firmness, commit)
		if got := fmt.Sprintf("%s %s %s %s", l.CallOff, l.Commit, l.Firm, l.Forecast); err != nil || l.Governs() != c.governs || got != c.want {
			t.Errorf("%s with %s committed: %s, %v; want %s", c.firmness, c.commit, got, err, c.want)
		}
	}
	open := Consumed{Remaining: q("10")}
	five := q("5")
	if l, _ := open.Layers(Firm, &five); l.Governs() != Committed {
		t.Errorf("a commitment comes before a firm forecast: %+v", l)
	}
	if l, _ := open.Layers(Firm, nil); l.Governs() != FirmDemand {
		t.Errorf("firm comes before forecast: %+v", l)
	}
	if l, _ := open.Layers(Fabrication, nil); l.Governs() != JustForecast {
		t.Errorf("an authorisation to make is no firm demand: %+v", l)
	}
}

func TestConsumptionWindowInTheDocument(t *testing.T) {
	five := quantity.Of(5)
	d := Document{Consumption: Consumption{Backward: 1, Forward: 2}, Lines: []Line{{Item: Item{BuyersID: "X"}, Location: Location{Region: "CI"}, Unit: "PK", Buckets: []Cell{{Bucket: calendar.MustBucket("2027-01"), Mean: quantity.Of(9), Ordered: &five}}}}}
	s, err := ToSheet(d, [32]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	back, err := FromSheet(s)
	if err != nil || back.Consumption != d.Consumption {
		t.Fatalf("%+v, %v", back.Consumption, err)
	}
	// Another window means other figures wherever something is ordered.
	other := d
	other.Consumption.Backward = 0
	if changes, err := Diff(d, other); err != nil || len(changes) != 1 || !Material(changes[0], DefaultTolerance()) {
		t.Errorf("%+v, %v", changes, err)
	}
	d.Consumption.Forward = MaxConsumption + 1
	if !slices.Contains(artifact.Codes(Check(d)), CodeConsume) {
		t.Error("a window beyond the bound is admitted")
	}
}
