package board

import (
	"context"
	"reflect"
	"slices"
	"testing"

	"kontor/node/api/wire"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/protocol/quantity"
)

// The figures an option states follow from the documents the topic names, or are marked, alike on both nodes; Partnership Value is computed from those
// that follow.
func TestStatedFiguresAreComputedAgain(t *testing.T) {
	c := paired(t)
	c.short(t)
	ctx := context.Background()
	view, err := c.maker.desk.Match("")
	if err != nil {
		t.Fatal(err)
	}
	made, err := c.maker.proposal(c.maker.n.Partnerships()[0], wire.TopicOpenRequest{})
	if err != nil {
		t.Fatal(err)
	}
	// The maker paints option 2 better than it is.
	made.Options[2].Expect.Short = quantity.Of(0)
	made.Options[1].Basis, made.Options[2].Basis = nil, nil
	opened, err := c.maker.Open(ctx, admin, wire.TopicOpenRequest{Proposal: &made, Exception: view.Exceptions[0].ID.String()})
	if err != nil {
		t.Fatal(err)
	}
	act := wire.TopicAct{TopicQuery: wire.TopicQuery{Topic: opened.Topic}}
	c.sees(t, c.agency, opened.Topic, decision.Proposed)
	if _, err := c.agency.Join(ctx, admin, act); err != nil {
		t.Fatal(err)
	}
	// Whoever opened has joined; it may have heard of the other's word by now (TOPIC-20) or not (TOPIC-23).
	if _, err := c.maker.Join(ctx, admin, act); err != nil && codesOf(err) != "TOPIC-23" && codesOf(err) != "TOPIC-20" {
		t.Fatal(err)
	}
	c.sees(t, c.agency, opened.Topic, decision.InContext)
	c.sees(t, c.maker, opened.Topic, decision.InContext)
	basis := func(option string) []decision.OptionBasis {
		return []decision.OptionBasis{{Option: option, Basis: decision.ValueBasis{PerUnitShort: q("2"), ExtraCost: q("100")}}}
	}
	for _, who := range []*company{c.maker, c.agency} {
		if _, err := who.Basis(ctx, admin, wire.TopicBasisRequest{TopicAct: act, Basis: basis("2")}); err != nil {
			t.Fatal(err)
		}
	}
	// An option added later has its figures computed; one that states others is refused at home.
	month := calendar.MustBucket(months(3)[2])
	effect := wire.NewEffect{Product: "ZDV-300", Bucket: month, Quantity: quantity.Of(1500), Unit: "PK"}
	add := wire.TopicOptionRequest{TopicAct: act, Option: wire.NewOption{Summary: "a night shift", Effects: []wire.NewEffect{effect}}}
	wrong := add
	wrong.Option.Expect = &decision.Expectation{Short: quantity.Of(1)}
	if _, err := c.agency.AddOption(ctx, admin, wrong); codesOf(err) != "REFUSED" {
		t.Errorf("figures that do not follow: %v", err)
	}
	if _, err := c.agency.AddOption(ctx, admin, add); err != nil {
		t.Fatal(err)
	}
	if _, err := c.agency.AddIssue(ctx, admin, wire.TopicIssueRequest{TopicAct: act, ID: "payment", Name: "days to pay", Kind: decision.TermIssue, Unit: "days", Low: "14", High: "60"}); err != nil {
		t.Fatal(err)
	}
	var details [2]wire.TopicDetail
	soon(t, "all of it on both", func() bool {
		for i, who := range []*company{c.maker, c.agency} {
			if details[i], err = who.Show(admin, act.TopicQuery); err != nil || len(details[i].Options) != 4 || len(details[i].Issues) != 4 || len(details[i].Arithmetic) != 1 {
				return false
			}
		}
		return true
	})
	if !reflect.DeepEqual(details[0].Expectations, details[1].Expectations) || !reflect.DeepEqual(details[0].Arithmetic, details[1].Arithmetic) {
		t.Errorf("the nodes judge differently:\n%+v\n%+v", details[0].Expectations, details[1].Expectations)
	}
	codes := []string{}
	for _, x := range details[1].Expectations {
		codes = append(codes, x.Code)
	}
	if !slices.Equal(codes, []string{"", "", decision.ExpectDiffers, ""}) {
		t.Fatalf("codes %q", codes)
	}
	x := details[1].Expectations
	if x[2].Computed.Short.IsZero() || x[3].Stated.Short.Cmp(x[0].Stated.Short) >= 0 {
		t.Errorf("%+v", x)
	}
	saved, err := x[0].Stated.Short.Sub(x[2].Computed.Short)
	if err != nil {
		t.Fatal(err)
	}
	if gain := details[1].Arithmetic[0].Sides[0].Gain; gain != quantity.Of(2*whole(saved)-100).String() {
		t.Errorf("gain %s, while the documents say that %s units are saved", gain, saved)
	}
	// A revision of the forecast marks what followed from the one before.
	c.demands(t, 10000, 10000, 13000, 13000, 10000, 10100)
	soon(t, "the mark", func() bool {
		d, err := c.agency.Show(admin, act.TopicQuery)
		return err == nil && d.Expectations[1].Code == decision.ExpectRevised && d.Expectations[2].Code == decision.ExpectDiffers
	})
}

// Who scores before the partner has said what options are worth sees afterwards that the computed value is another, and gives a moved one anew.
func TestAPartnershipValueThatChangedIsMarked(t *testing.T) {
	c := paired(t)
	c.short(t)
	ctx := context.Background()
	basis := []decision.OptionBasis{{Option: "1", Basis: decision.ValueBasis{PerUnitShort: q("5")}}}
	opened, err := c.maker.Open(ctx, admin, wire.TopicOpenRequest{Basis: basis})
	if err != nil {
		t.Fatal(err)
	}
	in := scoring(opened.Topic, "COO", 7)
	in.Scores = append(in.Scores, wire.Scoring{Option: "1", Lens: decision.PartnershipValue, Points: 3, Reason: "we carry it"})
	if _, err := c.maker.Score(ctx, admin, in); err != nil {
		t.Fatal(err)
	}
	c.maker.scores(t, opened.Topic, "CFO", 7)
	c.sees(t, c.agency, opened.Topic, decision.Proposed)
	theirs := scoring(opened.Topic, "COO", 7)
	theirs.Basis = basis
	if _, err := c.agency.Score(ctx, admin, theirs); err != nil {
		t.Fatal(err)
	}
	c.agency.scores(t, opened.Topic, "CFO", 7)
	c.sees(t, c.maker, opened.Topic, decision.Scoring)
	query := wire.TopicQuery{Topic: opened.Topic}
	d, err := c.maker.Show(admin, query)
	if err != nil {
		t.Fatal(err)
	}
	value := d.Arithmetic[0].Value
	want := []wire.ChangedValue{{Role: "COO", Option: "1", From: 5, To: value, Points: 3, Again: true}, {Role: "CFO", Option: "1", From: 5, To: value, Points: value}}
	if value < 8 || !reflect.DeepEqual(d.Own.Changed, want) || d.Own.Committed {
		t.Fatalf("computed %d, committed %t, marked %+v", value, d.Own.Committed, d.Own.Changed)
	}
	if l, err := c.maker.List(By{Role: wire.COO}, wire.TopicListQuery{Waiting: true, Open: true}); err != nil || len(l.Topics) != 1 {
		t.Errorf("what waits for the COO: %+v, %v", l, err)
	}
	in.Scores[len(in.Scores)-1].Points = value
	in.Scores[len(in.Scores)-1].Reason = "both gain"
	out, err := c.maker.Score(ctx, admin, in)
	if err != nil || !out.Committed {
		t.Fatalf("given anew: %+v, %v", out, err)
	}
	c.sees(t, c.agency, opened.Topic, decision.Negotiation)
}
