package decision_test

import (
	"fmt"

	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/quantity"
)

// A company scores one option through two officers; the third shift is worth more than nothing, and nobody objects.
func ExampleScoreSheet_Evaluate() {
	sheet := decision.ScoreSheet{
		Kind:    decision.DemandCapacity,
		Weights: decision.StandardWeights(),
		Options: []decision.ScoredOption{{ID: decision.NoAgreement, Computed: 5}, {ID: "1", Computed: 7}},
		Scores: []decision.Score{
			{Role: decision.COO, Option: "1", Lens: decision.LocalPurpose, Points: 8, Reason: "no patient waits"},
			{Role: decision.CFO, Option: "1", Lens: decision.PartnershipValue, Points: 7},
		},
	}.Sorted()
	for _, v := range sheet.Evaluate() {
		fmt.Printf("%s %d %q\n", v.Option, v.Value, v.Position)
	}
	fmt.Println(decision.Rank(sheet.Evaluate()))
	// Output:
	// 0 500 ""
	// 1 767 "ACCEPT"
	// [1 0]
}

func ExamplePartnership() {
	basis := func(short, extra string) decision.ValueBasis {
		return decision.ValueBasis{PerUnitShort: quantity.MustParse(short), ExtraCost: quantity.MustParse(extra)}
	}
	a, err := decision.Partnership(decision.ValueInput{
		Option: "1",
		Zero:   decision.Expectation{Short: quantity.Of(100)},
		With:   decision.Expectation{Short: quantity.Of(20)},
		Sides: []decision.SideBasis{
			{Company: block.Sum([]byte("agency")), Label: "buyer", Basis: basis("12.50", "100")},
			{Company: block.Sum([]byte("maker")), Label: "seller", Basis: basis("10", "200")},
		},
		Materiality: quantity.Money{Minor: 200_000, Currency: "EUR"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, line := range a.Lines[2:] {
		fmt.Println(line)
	}
	// Output:
	// buyer: 80 x 12.5 + 0 x 0 - 100 = 900 EUR
	// seller: 80 x 10 + 0 x 0 - 200 = 600 EUR
	// joint gain 1500 EUR, materiality 2000 EUR
	// 5 + 5 x 1500 / 2000 = 8.75, clamped to 0..10 and rounded half-up: 9
	// shares of the gain: buyer 60 %, seller 40 %
	// Partnership Value 9
}

// Both go down their lists in step and meet at the second place.
func ExamplePropose() {
	b := decision.Propose([]decision.Side{
		{Company: block.Sum([]byte("agency")), Order: []string{"third shift", "second site", "later", "0"}},
		{Company: block.Sum([]byte("maker")), Order: []string{"later", "second site", "third shift", "0"}},
	}, nil)
	fmt.Println(b.Option, b.Depth)
	// Output: second site 2
}
