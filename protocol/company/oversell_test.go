package company

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

func q(s string) quantity.Quantity { return quantity.MustParse(s) }

func press(maxima ...string) Line {
	l := Line{ID: "Press", Factors: map[string]quantity.Quantity{"A": q("1"), "B": q("0.5")}}
	for i, b := range calendar.MonthsFrom(calendar.MustDate("2027-01-01").Month(), len(maxima)) {
		l.Periods = append(l.Periods, Period{b, q(maxima[i])})
	}
	return l
}

func answer(partner, product, month, n string) Commitment {
	return Commitment{Partner: partner, Product: product, Bucket: calendar.MustBucket(month), Quantity: q(n)}
}

func slot(partner, product, month, n string) Commitment {
	c := answer(partner, product, month, n)
	c.Slot = true
	return c
}

func read(t testing.TB, found []Oversell, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, o := range found {
		what := "slots"
		if o.Cumulative {
			what = "up to"
		}
		all = append(all, fmt.Sprintf("%s %s %s: %s of %s, %s too much: %s", o.Line, what, o.Bucket, o.Promised, o.Maximum, o.Excess, strings.Join(o.Partners, " ")))
	}
	return strings.Join(all, "; ")
}

func TestPromisesToSeveralCustomersAreOneLoad(t *testing.T) {
	for what, c := range map[string]struct {
		stock       map[string]quantity.Quantity
		commitments []Commitment
		want        string
	}{
		"each customer alone would fit, together they do not": {
			commitments: []Commitment{answer("Agency", "A", "2027-01", "60"), answer("Ministry", "B", "2027-01", "100")},
			want:        "Press up to 2027-01: 110 of 100, 10 too much: Agency Ministry"},
		"stock serves what is promised of it, and nothing else": {
			stock:       map[string]quantity.Quantity{"A": q("10"), "C": q("1000")},
			commitments: []Commitment{answer("Agency", "A", "2027-01", "60"), answer("Ministry", "B", "2027-01", "100")}},
		"more stock than is promised of one product does not serve the other": {
			stock:       map[string]quantity.Quantity{"A": q("500")},
			commitments: []Commitment{answer("Agency", "A", "2027-01", "60"), answer("Ministry", "B", "2027-01", "220")},
			want:        "Press up to 2027-01: 110 of 100, 10 too much: Ministry"},
		"what is due later can be made before": {
			commitments: []Commitment{answer("Agency", "A", "2027-02", "150"), answer("Ministry", "A", "2027-01", "50")}},
		"a slot holds its own period": {
			commitments: []Commitment{slot("Agency", "A", "2027-02", "110")},
			want:        "Press slots 2027-02: 110 of 100, 10 too much: Agency"},
		"an answer that contains the slot is one promise": {
			commitments: []Commitment{slot("Agency", "A", "2027-01", "80"), answer("Agency", "A", "2027-01", "100")}},
		"an answer smaller than the slot does not take it away": {
			commitments: []Commitment{slot("Agency", "A", "2027-01", "101"), answer("Agency", "A", "2027-01", "1")},
			want:        "Press slots 2027-01: 101 of 100, 1 too much: Agency; Press up to 2027-01: 101 of 100, 1 too much: Agency"},
		"what is over is over": {
			commitments: []Commitment{answer("Agency", "A", "2026-12", "5000")}},
		"another line's product is not its business": {
			commitments: []Commitment{answer("Agency", "C", "2027-01", "5000")}},
	} {
		t.Run(what, func(t *testing.T) {
			found, err := Oversold([]Line{press("100", "100")}, c.stock, c.commitments)
			if got := read(t, found, err); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// Order is irrelevant; less promised, more stock or a larger line never find more.
func TestOversellIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := func(name string) string { return fmt.Sprint(rapid.Int64Range(0, 120).Draw(t, name)) }
		line := press(n("m1"), n("m2"), n("m3"))
		stock := map[string]quantity.Quantity{"A": q(n("stock")), "B": q(n("stock"))}
		var promised []Commitment
		for range rapid.IntRange(0, 10).Draw(t, "promises") {
			c := answer(rapid.SampledFrom([]string{"X", "Y", "Z"}).Draw(t, "partner"), rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t, "product"),
				rapid.SampledFrom([]string{"2027-01", "2027-02", "2027-03"}).Draw(t, "month"), n("quantity"))
			c.Slot = rapid.Bool().Draw(t, "slot")
			promised = append(promised, c)
		}
		before, err := Oversold([]Line{line, {ID: "Idle"}}, stock, promised)
		if err != nil {
			t.Fatal(err)
		}
		shuffled := rapid.Permutation(promised).Draw(t, "order")
		again, err := Oversold([]Line{{ID: "Idle"}, line}, stock, shuffled)
		if err != nil || !reflect.DeepEqual(before, again) {
			t.Fatalf("another order: %v, then %v, %v", before, again, err)
		}
		switch rapid.IntRange(0, 2).Draw(t, "relief") {
		case 0:
			line.Periods[rapid.IntRange(0, 2).Draw(t, "period")].Maximum = q("500")
		case 1:
			stock["A"] = q("1000")
		default:
			if len(promised) > 0 {
				promised = promised[1:]
			}
		}
		after, err := Oversold([]Line{line}, stock, promised)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range after {
			if !slices.ContainsFunc(before, func(b Oversell) bool {
				return b.Bucket == o.Bucket && b.Cumulative == o.Cumulative && !b.Excess.Less(o.Excess)
			}) {
				t.Fatalf("relieved, yet %+v is worse than before: %+v", o, before)
			}
		}
	})
}
