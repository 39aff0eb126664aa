package decision

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/quantity"
)

func sheetWith(options []string, scores ...Score) ScoreSheet {
	s := ScoreSheet{Kind: DemandCapacity, Weights: StandardWeights(), Options: []ScoredOption{{NoAgreement, Neutral}}, Scores: scores}
	for _, id := range options {
		s.Options = append(s.Options, ScoredOption{id, Neutral})
	}
	return s.Sorted()
}

func view(role Role, option string, lens Lens, points int64) Score {
	return Score{Role: role, Option: option, Lens: lens, Points: points, Reason: "r", Lift: ""}
}

func valueOf(t testing.TB, s ScoreSheet, option string) OptionValue {
	t.Helper()
	for _, v := range s.Evaluate() {
		if v.Option == option {
			return v
		}
	}
	t.Fatalf("option %q has no value", option)
	return OptionValue{}
}

// Worked by hand: COO 25x7 + 30x8 + 30x5 + 15x6 = 655 / 100 -> 655; CFO scored two lenses, 30x4 + 30x5 = 270 / 60 -> 450;
// company (50 x 655 + 25 x 450) / 75 = 44000 / 75 = 586.67 -> 587.
func TestCompanyValueByHand(t *testing.T) {
	s := sheetWith([]string{"1"},
		view(COO, "1", LocalVision, 7), view(COO, "1", LocalPurpose, 8), view(COO, "1", PartnershipValue, 5), view(COO, "1", Legendary, 6),
		view(CFO, "1", LocalPurpose, 4), view(CFO, "1", PartnershipValue, 5))
	if found := s.Check(); len(found) > 0 {
		t.Fatal(found)
	}
	v := valueOf(t, s, "1")
	if fmt.Sprint(v.Roles) != "[{COO 655} {CFO 450}]" || v.Value != 587 || v.Spread != 205 || v.Smallest != 4 || v.Position != Accept {
		t.Errorf("got %+v", v)
	}
}

// Half-up: 25x5 + 30x6 = 305 / 55 = 554.545 -> 555; with one role that is the company's value.
func TestRoundingIsHalfUp(t *testing.T) {
	v := valueOf(t, sheetWith([]string{"1"}, view(COO, "1", LocalVision, 5), view(COO, "1", LocalPurpose, 6)), "1")
	if v.Value != 555 {
		t.Errorf("got %d", v.Value)
	}
	if halfUp(1, 2) != 1 || halfUp(149, 100) != 1 || halfUp(150, 100) != 2 {
		t.Error("halfUp does not round half-up")
	}
}

func TestPositions(t *testing.T) {
	objection := func(role Role, lens Lens, points int64, lift string) Score {
		return Score{Role: role, Option: "1", Lens: lens, Points: points, Reason: "r", Lift: lift}
	}
	good := view(COO, "1", LocalVision, 9)
	for _, c := range []struct {
		what   string
		scores []Score
		lifted []Lifting
		want   Position
	}{
		{"value 525 is enough", []Score{view(COO, "1", LocalVision, 5), view(CFO, "1", LocalVision, 6)}, nil, Accept}, // (50x500+25x600)/75 = 533
		{"as good as nothing is not enough", []Score{view(COO, "1", LocalVision, 5)}, nil, Conditional},
		{"below 450", []Score{view(COO, "1", LocalVision, 4)}, nil, Reject},
		{"an objection without a condition", []Score{good, objection(CFO, Legendary, 2, "")}, nil, Reject},
		{"an objection with a condition", []Score{good, objection(CFO, Legendary, 2, "publish it")}, nil, Conditional},
		{"the same, lifted by the CFO", []Score{good, objection(CFO, Legendary, 2, "publish it")}, []Lifting{{CFO, "1", Legendary, CFO, "done"}}, Accept},
		{"a role without standing does not object", []Score{good, objection(CTO, Legendary, 2, "")}, nil, Accept},
		{"a broken duty vetoes whatever its weight", []Score{good, objection(CTO, LocalPurpose, 0, "a permit")}, nil, Reject},
		{"the CEO lifts a veto", []Score{good, objection(CTO, LocalPurpose, 0, "a permit")}, []Lifting{{CTO, "1", LocalPurpose, CEO, "permit granted"}}, Accept},
		{"another role can't", []Score{good, objection(CTO, LocalPurpose, 0, "a permit")}, []Lifting{{CTO, "1", LocalPurpose, COO, "please"}}, Reject},
		{"nobody scored", nil, nil, ""},
	} {
		s := sheetWith([]string{"1"}, c.scores...)
		s.Lifted = c.lifted
		if got := valueOf(t, s, "1").Position; got != c.want {
			t.Errorf("%s: got %q, want %q", c.what, got, c.want)
		}
	}
}

func TestRankTieBreaks(t *testing.T) {
	values := []OptionValue{
		{Option: "0", Scored: true, Value: 500, Smallest: 5, Computed: 5},
		{Option: "a", Scored: true, Value: 600, Smallest: 3, Computed: 9},
		{Option: "b", Scored: true, Value: 600, Smallest: 4, Computed: 5},
		{Option: "c", Scored: true, Value: 600, Smallest: 4, Computed: 6},
		{Option: "d", Scored: true, Value: 600, Smallest: 4, Computed: 6},
		{Option: "e", Scored: false},
		{Option: "f", Scored: true, Value: 500, Smallest: 5, Computed: 5},
	}
	if got := Rank(values); !slices.Equal(got, []string{"c", "d", "b", "a", "0", "f", "e"}) {
		t.Errorf("got %v", got)
	}
}

func TestScoreSheetRefusals(t *testing.T) {
	for _, c := range []struct {
		what string
		bend func(*ScoreSheet)
		want string
	}{
		{"weights that don't sum to 100", func(s *ScoreSheet) { s.Weights.Default.Vision = 30 }, "SCORE-01"},
		{"option 0 missing", func(s *ScoreSheet) { s.Options = s.Options[1:] }, "SCORE-02"},
		{"option 0 scored", func(s *ScoreSheet) { s.Scores[0].Option = "0" }, "SCORE-03"},
		{"eleven points", func(s *ScoreSheet) { s.Scores[0].Points = 11 }, "SCORE-03"},
		{"the CEO scores", func(s *ScoreSheet) { s.Scores[0].Role = CEO }, "SCORE-03"},
		{"a double", func(s *ScoreSheet) { s.Scores = append(s.Scores, s.Scores[0]) }, "SCORE-04"},
		{"nine without a reason", func(s *ScoreSheet) { s.Scores[0].Points, s.Scores[0].Reason = 9, "" }, "SCORE-05"},
		{"Partnership Value moved by three", func(s *ScoreSheet) { s.Scores[0].Lens, s.Scores[0].Points = PartnershipValue, 8 }, "SCORE-06"},
		{"Partnership Value moved without a reason", func(s *ScoreSheet) { s.Scores[0] = Score{Role: COO, Option: "1", Lens: PartnershipValue, Points: 6} }, "SCORE-06"},
		{"lifted by a colleague", func(s *ScoreSheet) { s.Lifted = []Lifting{{CFO, "1", Legendary, COO, "r"}} }, "SCORE-07"},
	} {
		s := sheetWith([]string{"1"}, view(COO, "1", LocalVision, 5))
		c.bend(&s)
		if got := codes(s.Check()); got != c.want {
			t.Errorf("%s: got %q, want %q", c.what, got, c.want)
		}
	}
}

// sheets draws checked score sheets over option 0 and up to four others.
func sheets(t *rapid.T) ScoreSheet {
	s := ScoreSheet{Kind: rapid.SampledFrom([]Kind{DemandCapacity, JointMarketing, Quality, Commercial}).Draw(t, "kind"),
		Weights: CompanyWeights{Default: weights(t), Margin: rapid.Int64Range(0, 100).Draw(t, "margin")}, Options: []ScoredOption{{NoAgreement, Neutral}}}
	for i := range rapid.IntRange(1, 4).Draw(t, "options") {
		o := ScoredOption{fmt.Sprint(i + 1), rapid.Int64Range(0, 10).Draw(t, "computed")}
		s.Options = append(s.Options, o)
		for _, role := range ScoringRoles {
			for _, lens := range Lenses {
				points := rapid.Int64Range(0, 10).Draw(t, "points")
				if lens == PartnershipValue {
					points = min(10, max(0, o.Computed+points%5-2))
				}
				if rapid.IntRange(0, 3).Draw(t, "has a view") > 0 {
					lift := rapid.SampledFrom([]string{"", "a condition"}).Draw(t, "lift")
					s.Scores = append(s.Scores, Score{Role: role, Option: o.ID, Lens: lens, Points: points, Reason: "r", Lift: lift})
				}
			}
		}
	}
	return s.Sorted()
}

func weights(t *rapid.T) Weights {
	a := rapid.Int64Range(0, 100).Draw(t, "vision")
	b := rapid.Int64Range(0, 100-a).Draw(t, "purpose")
	c := rapid.Int64Range(0, 100-a-b).Draw(t, "partnership")
	return Weights{a, b, c, 100 - a - b - c}
}

// "option 0 => 500 exactly", and an option scored 5 everywhere is worth the same.
func TestOptionZeroIs500(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := sheets(t)
		if found := s.Check(); len(found) > 0 {
			t.Fatal(found)
		}
		for i := range s.Scores {
			s.Scores[i].Points = Neutral
		}
		for _, v := range s.Evaluate() {
			if v.Scored && v.Value != 500 {
				t.Fatalf("option %s is worth %d", v.Option, v.Value)
			}
		}
	})
}

// "ACCEPT is monotone in any score": raising a score never takes an acceptance away, nor lowers a value.
func TestAcceptIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := sheets(t)
		if len(s.Scores) == 0 {
			return // nobody has a view: there is nothing to raise
		}
		i := rapid.IntRange(0, len(s.Scores)-1).Draw(t, "which")
		raised := s
		raised.Scores = slices.Clone(s.Scores)
		raised.Scores[i].Points = min(MaxPoints, raised.Scores[i].Points+rapid.Int64Range(1, 10).Draw(t, "by"))
		for j, v := range s.Evaluate() {
			w := raised.Evaluate()[j]
			if v.Position == Accept && w.Position != Accept || w.Value < v.Value {
				t.Fatalf("%+v became %+v", v, w)
			}
		}
	})
}

// "unscored lens never changes rank of others' equal scores": two options with equal scores stand in the order of
// their IDs whatever lenses have no view, and one score on every lens is that value whatever is left out.
func TestUnscoredLensChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := sheets(t)
		s.Scores = slices.DeleteFunc(s.Scores, func(x Score) bool { return x.Option != "1" })
		s.Options = []ScoredOption{{NoAgreement, Neutral}, {"1", Neutral}, {"2", Neutral}}
		for _, x := range slices.Clone(s.Scores) {
			x.Option = "2"
			s.Scores = append(s.Scores, x)
		}
		lens := rapid.SampledFrom(Lenses[:]).Draw(t, "unscored")
		s.Scores = slices.DeleteFunc(s.Scores, func(x Score) bool { return x.Lens == lens })
		rank := Rank(s.Sorted().Evaluate())
		if slices.Index(rank, "1") > slices.Index(rank, "2") {
			t.Fatalf("equal scores are ranked %v", rank)
		}
		points := rapid.Int64Range(0, 10).Draw(t, "points")
		for i := range s.Scores {
			s.Scores[i].Points = points
		}
		if v := s.Sorted().Evaluate()[1]; v.Scored && v.Value != 100*points {
			t.Fatalf("%d on every scored lens is worth %d", points, v.Value)
		}
	})
}

func TestPartnershipValueByHand(t *testing.T) {
	in := func(short, with string, buyer, seller ValueBasis) ValueInput {
		return ValueInput{Option: "1", Zero: Expectation{Short: quantity.MustParse(short)}, With: Expectation{Short: quantity.MustParse(with)},
			Sides: []SideBasis{{agency, "buyer", buyer}, {maker, "seller", seller}}, Materiality: euros(200_000)}
	}
	basis := func(short, extra string) ValueBasis {
		return ValueBasis{PerUnitShort: quantity.MustParse(short), ExtraCost: quantity.MustParse(extra)}
	}
	for _, c := range []struct {
		what  string
		in    ValueInput
		delta string
		want  int64
	}{
		{"900 + 600 of 2,000: 5 + 3.75 = 8.75 -> 9, shares 60 and 40", in("100", "20", basis("12.5", "100"), basis("10", "200")), "1500", 9},
		{"nothing changes", in("100", "100", basis("12.5", "0"), basis("10", "0")), "0", 5},
		{"2,400 of 2,000 is clamped to 10, shares 75 and 25: minus 2", in("100", "0", basis("20", "200"), basis("10", "400")), "2400", 8},
		{"exactly 30 per cent is fair", in("100", "0", basis("7", "0"), basis("3", "0")), "1000", 8}, // 5 + 2.5 = 7.5 -> 8
		{"what one wins the other loses", in("100", "0", basis("10", "0"), basis("0", "1000")), "0", 3},
		{"a loss shared evenly", in("100", "100", basis("0", "500"), basis("0", "500")), "-1000", 3}, // 2.5 -> 3
		{"a loss one side carries alone", in("100", "100", basis("0", "1000"), basis("0", "0")), "-1000", 0},
		{"a loss of M or more", in("100", "100", basis("0", "1000"), basis("0", "1000")), "-2000", 0},
	} {
		a, err := Partnership(c.in)
		if err != nil || a.Value != c.want || a.Delta != c.delta {
			t.Errorf("%s: got %d, delta %s, %v\n%v", c.what, a.Value, a.Delta, err, a.Lines)
		}
	}
}

// The arithmetic people see is part of the promise: both nodes show the same lines.
func TestArithmeticLines(t *testing.T) {
	a, err := Partnership(ValueInput{Option: "1", Zero: Expectation{Short: quantity.Of(100), Over: quantity.Of(10)},
		With: Expectation{Short: quantity.Of(20), Over: quantity.Of(10)},
		Sides: []SideBasis{{agency, "buyer", ValueBasis{quantity.MustParse("12.5"), quantity.Of(1), quantity.Of(100)}},
			{maker, "seller", ValueBasis{quantity.Of(10), quantity.Of(1), quantity.Of(200)}}}, Materiality: euros(200_000)})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"expected short 100 without, 20 with the option: 80 fewer",
		"expected over 10 without, 10 with the option: 0 fewer",
		"buyer: 80 x 12.5 + 0 x 1 - 100 = 900 EUR",
		"seller: 80 x 10 + 0 x 1 - 200 = 600 EUR",
		"joint gain 1500 EUR, materiality 2000 EUR",
		"5 + 5 x 1500 / 2000 = 8.75, clamped to 0..10 and rounded half-up: 9",
		"shares of the gain: buyer 60 %, seller 40 %",
		"Partnership Value 9",
	}
	if !slices.Equal(a.Lines, want) {
		t.Errorf("got\n%q", a.Lines)
	}
}
