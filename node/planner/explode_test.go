package planner

import (
	"math/big"
	"reflect"
	"strings"
	"testing"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
	"kontor/testnet/data"

	"pgregory.net/rapid"
)

func realBill(t testing.TB) Bill {
	t.Helper()
	var lines []BillLine
	for i, row := range strings.Split(strings.TrimSpace(string(data.BillOfMaterials())), "\n") {
		if i == 0 {
			continue
		}
		c := strings.Split(strings.TrimSpace(row), ",")
		lines = append(lines, BillLine{c[0], c[1], quantity.MustParse(c[2]), quantity.Unit(c[3])})
	}
	b, err := NewBill(lines)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func needOf(product, region string, quantities ...string) forecast.Line {
	line := forecast.Line{Item: forecast.Item{BuyersID: product}, Location: forecast.Location{Region: region}}
	first := calendar.MustBucket("2026-12").Start.Month()
	for k, q := range quantities {
		line.Buckets = append(line.Buckets, forecast.Cell{Bucket: first.Add(k).Bucket(), Mean: quantity.MustParse(q)})
	}
	return line
}

func means(cells []forecast.Cell) string {
	var texts []string
	for _, c := range cells {
		texts = append(texts, c.Mean.String())
	}
	return strings.Join(texts, " ")
}

// Practice T9: upstream goes in two numbers. The tablet maker has 100 packs and
// 2 kg of the ingredient, and needs the ingredient a month before the tablets.
func TestTwoNumbersGoUpstream(t *testing.T) {
	bill, err := NewBill([]BillLine{{"TABLETS", "API", quantity.MustParse("0.018"), "KGM"}})
	if err != nil {
		t.Fatal(err)
	}
	e, err := Explode([]forecast.Line{needOf("TABLETS", "CI", "150", "200", "1000", "0"), needOf("SYRUP", "CI", "5", "5", "5", "5")}, bill, ExplodeOptions{
		Products:    map[Key]Supply{{"TABLETS", "CI"}: {OnHand: quantity.Of(120), Backlog: quantity.Of(20)}},
		Components:  map[string]Supply{"API": {OnHand: quantity.Of(2)}},
		DefaultLead: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	c := e.Components[0]
	if got, want := means(c.EndDemand), "2.7 3.6 18 0"; got != want {
		t.Errorf("end-demand equivalent %s, want %s", got, want)
	}
	// Net packs 50 200 1000 0; moved one month 250 1000 0; x 0.018 = 4.5 18 0; less 2 kg.
	if got, want := means(c.Receipts), "2.5 18 0"; got != want {
		t.Errorf("planned receipts %s, want %s", got, want)
	}
	if c.Late != quantity.MustParse("0.9") || c.Comonotone || !reflect.DeepEqual(c.Products, []string{"TABLETS"}) {
		t.Errorf("late %s, comonotone %v, products %v", c.Late, c.Comonotone, c.Products)
	}
	if !reflect.DeepEqual(e.WithoutBill, []string{"SYRUP"}) {
		t.Errorf("without a bill: %v", e.WithoutBill)
	}
	for _, line := range c.Lines() {
		if text := line.Key() + line.Item.Description; strings.Contains(text, "TABLETS") || line.Location != (forecast.Location{}) {
			t.Errorf("line %q tells of the tier behind", text)
		}
	}
}

// Two routes to one result: sums of exact products, as rationals.
func TestExplosionIsExact(t *testing.T) {
	bill := realBill(t)
	r, err := Forecast(realHistory(t), Options{Paths: 200})
	if err != nil {
		t.Fatal(err)
	}
	lines, err := r.Lines("C62")
	if err != nil {
		t.Fatal(err)
	}
	e, err := Explode(lines, bill, ExplodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Components) != 9 || len(e.WithoutBill) != 0 {
		t.Fatalf("%d components, %v without a bill", len(e.Components), e.WithoutBill)
	}
	for _, c := range e.Components {
		for k, cell := range c.EndDemand {
			want := new(big.Rat)
			for _, line := range lines {
				for _, use := range bill.of[line.Item.ID()] {
					if use.Component == c.Component {
						want.Add(want, new(big.Rat).Mul(rat(line.Buckets[k].Mean), rat(use.PerUnit)))
					}
				}
			}
			if rat(cell.Mean).Cmp(want) != 0 {
				t.Fatalf("%s, %s: %s, want %s", c.Component, cell.Bucket, cell.Mean, want.FloatString(9))
			}
		}
		if !c.Comonotone || !reflect.DeepEqual(c.EndDemand, c.Receipts) {
			t.Errorf("%s: comonotone %v; without stock and lead time the two numbers are one", c.Component, c.Comonotone)
		}
		document := forecast.Document{Emission: &forecast.Emission{Events: [][]byte{make([]byte, 16)}, Hops: 1}, Lines: c.Lines()}
		for _, f := range forecast.Check(document) {
			if strings.HasPrefix(f.Path, "lines") {
				t.Errorf("%s: %+v", c.Component, f)
			}
		}
	}
}

func rat(q quantity.Quantity) *big.Rat {
	r, ok := new(big.Rat).SetString(q.String())
	if !ok {
		panic("a quantity that is no number")
	}
	return r
}

// Netting and offsetting keep quantiles from falling and lose nothing: what is
// received plus what was there covers what is needed inside the horizon.
func TestPlannedReceiptsAreSound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		months := rapid.IntRange(2, 8).Draw(t, "months")
		lead := rapid.IntRange(0, months-1).Draw(t, "lead")
		line := needOf("A", "X", make([]string, 0)...)
		first := calendar.MustBucket("2026-12").Start.Month()
		sums := [3]int64{}
		for k := range months {
			low := int64(rapid.IntRange(0, 50).Draw(t, "low"))
			step := int64(rapid.IntRange(0, 50).Draw(t, "step"))
			cell := forecast.Cell{Bucket: first.Add(k).Bucket(), Mean: quantity.Of(low + step)}
			for q := range 3 {
				sums[q] += low + int64(q)*step
				cell.Quantiles = append(cell.Quantiles, forecast.Quantile{P: int64(250_000 * (q + 1)), Q: quantity.Of(low + int64(q)*step)})
				cell.Cumulative = append(cell.Cumulative, forecast.Quantile{P: int64(250_000 * (q + 1)), Q: quantity.Of(sums[q])})
			}
			line.Buckets = append(line.Buckets, cell)
		}
		bill, err := NewBill([]BillLine{{"A", "C", quantity.MustParse("0.5"), "KGM"}})
		if err != nil {
			t.Fatal(err)
		}
		stock := quantity.Of(int64(rapid.IntRange(0, 100).Draw(t, "stock")))
		e, err := Explode([]forecast.Line{line}, bill, ExplodeOptions{
			Products:    map[Key]Supply{{"A", "X"}: {OnHand: stock}},
			DefaultLead: lead,
		})
		if err != nil {
			t.Fatal(err)
		}
		c := e.Components[0]
		if len(c.Receipts) != months-lead {
			t.Fatalf("%d buckets of receipts, want %d", len(c.Receipts), months-lead)
		}
		received := new(big.Rat)
		for k, cell := range c.Receipts {
			received.Add(received, rat(cell.Mean))
			for q := 1; q < 3; q++ {
				if cell.Quantiles[q].Q.Less(cell.Quantiles[q-1].Q) || cell.Cumulative[q].Q.Less(cell.Cumulative[q-1].Q) {
					t.Fatalf("bucket %d: quantiles fall: %+v", k, cell)
				}
			}
		}
		needed := new(big.Rat)
		for _, cell := range line.Buckets {
			needed.Add(needed, rat(cell.Mean))
		}
		open := needed.Sub(needed, rat(stock))
		if open.Sign() < 0 {
			open.SetInt64(0)
		}
		if received.Add(received, received).Cmp(open) != 0 { // half a kilogram a pack
			t.Fatalf("received for %s packs, needed %s", received.FloatString(2), open.FloatString(2))
		}
	})
}

func TestExplodeRefuses(t *testing.T) {
	bill, _ := NewBill([]BillLine{{"A", "C", quantity.Of(1), "KGM"}})
	week := needOf("A", "Y", "1")
	week.Buckets[0].Bucket = calendar.MustBucket("2026-W50")
	for name, run := range map[string]func() error{
		"no buckets": func() error { _, err := Explode(nil, bill, ExplodeOptions{}); return err },
		"overlap": func() error {
			_, err := Explode([]forecast.Line{needOf("A", "X", "1"), week}, bill, ExplodeOptions{})
			return err
		},
		"lead too long": func() error {
			_, err := Explode([]forecast.Line{needOf("A", "X", "1")}, bill, ExplodeOptions{DefaultLead: 1})
			return err
		},
		"lead negative": func() error {
			_, err := Explode([]forecast.Line{needOf("A", "X", "1")}, bill, ExplodeOptions{Lead: map[string]int{"A": -1}})
			return err
		},
		"overflow": func() error {
			huge, _ := NewBill([]BillLine{{"A", "C", quantity.Of(1 << 60), "KGM"}})
			_, err := Explode([]forecast.Line{needOf("A", "X", "1000000000000003")}, huge, ExplodeOptions{})
			return err
		},
	} {
		if run() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for name, lines := range map[string][]BillLine{
		"twice":     {{"A", "C", quantity.Of(1), "KGM"}, {"A", "C", quantity.Of(2), "KGM"}},
		"itself":    {{"A", "A", quantity.Of(1), "KGM"}},
		"nothing":   {{"A", "C", quantity.Of(0), "KGM"}},
		"two units": {{"A", "C", quantity.Of(1), "KGM"}, {"B", "C", quantity.Of(1), "GRM"}},
		"nameless":  {{"A", "", quantity.Of(1), "KGM"}},
	} {
		if _, err := NewBill(lines); err == nil {
			t.Errorf("bill with %s: accepted", name)
		}
	}
}

func TestLinesPassTheSharedForecastsRules(t *testing.T) {
	h := realHistory(t)
	r, err := Forecast(h, Options{Paths: 200})
	if err != nil {
		t.Fatal(err)
	}
	lines, err := r.Lines("C62")
	if err != nil {
		t.Fatal(err)
	}
	SortLines(lines)
	j, err := JudgeLatest(h, Options{Paths: 200})
	if err != nil {
		t.Fatal(err)
	}
	d := forecast.Document{
		Header:  artifact.Header{Type: forecast.Type},
		Purpose: forecast.OrderForecast, Method: j.Method(), Lines: lines,
	}
	for _, f := range forecast.Check(d) {
		if strings.HasPrefix(f.Path, "lines") || strings.HasPrefix(f.Path, "method") {
			t.Errorf("%+v", f)
		}
	}
	t.Logf("%d lines of %d series", len(lines), len(r.Series))
}
