package desk

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kontor/node/planner"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
	"kontor/protocol/release"
	"kontor/protocol/tier"
)

func TestDemandIsExplodedInTwoNumbers(t *testing.T) {
	in := derivationOf(t, customerDemand{agency, []forecast.Line{need(product, country, 1000, 2000, 3000), need(product, "MZ", 500, 0, 500)}})
	in.Grants = standing()
	in.LeadElse = 1
	in.Stock = []stockRow{
		{Product: product, OnHand: quantity.Of(1000)}, // no place: serves all
		{Product: "API-EFV", OnHand: q("3")},
	}
	out, err := in.run()
	if err != nil {
		t.Fatal(err)
	}
	if got := means(t, out.Lines, "API-EFV", forecast.EndDemand); got != "27 36 63" {
		t.Errorf("the market behind needs %q kg, want (1000+500) x 0.018 = 27, 36 and 63", got)
	}
	// Net of 1000 packs: 500, 2000, 3500 = 9, 36, 63 kg; a month earlier 45 and 63; less 3 kg in store.
	if got := means(t, out.Lines, "API-EFV", forecast.PlannedReceipts); got != "42 63" {
		t.Errorf("planned receipts are %q kg, want 42 and 63", got)
	}
	if len(out.Lines) != 2 || out.Customers != 1 || len(out.Held) != 0 || len(out.Granted) != 1 {
		t.Errorf("%d lines, %d customers, held %v, granted %v", len(out.Lines), out.Customers, out.Held, out.Granted)
	}
	if len(out.Inferable) != 1 || !strings.Contains(out.Inferable[0].String(), "this shows one customer's total") {
		t.Errorf("inferable: %v", out.Inferable)
	}
}

func TestOneCustomerNeedsAGrant(t *testing.T) {
	in := derivationOf(t, customerDemand{agency, []forecast.Line{need(product, country, 1000), need("3TC150-60", country, 400)}})
	out, err := in.run()
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Lines) != 0 || strings.Join(out.Held, " ") != "API-3TC API-EFV" || len(out.Findings) == 0 || out.Findings[0].Code != release.CodeFew {
		t.Fatalf("without a grant %d lines would leave; held %v, because %v", len(out.Lines), out.Held, out.Findings)
	}
	in.Grants = standing()
	in.Grants[0].Items = []string{"API-EFV"}
	if out, _ = in.run(); len(out.Lines) != 2 || strings.Join(out.Held, " ") != "API-3TC" {
		t.Fatalf("a grant for one item lets %d lines pass and holds %v", len(out.Lines), out.Held)
	}
	in.Use.At = in.Grants[0].Until
	if out, _ = in.run(); len(out.Lines) != 0 {
		t.Fatal("a grant that has ended lets demand pass")
	}
}

func TestFiveEvenCustomersNeedNone(t *testing.T) {
	var customers []customerDemand
	for i := range 5 {
		customers = append(customers, customerDemand{fmt.Sprint("customer ", i), []forecast.Line{need(product, country, 1000+int64(i))}})
	}
	out, err := derivationOf(t, customers...).run()
	if err != nil || len(out.Lines) != 2 || len(out.Granted) != 0 || out.Customers != 5 {
		t.Fatalf("%d lines, granted %v, %d customers, %v", len(out.Lines), out.Granted, out.Customers, err)
	}
	// The largest grows beyond three fifths.
	customers[0].Lines = []forecast.Line{need(product, country, 7000)}
	if out, _ = derivationOf(t, customers...).run(); len(out.Held) != 1 || out.Findings[0].Code != release.CodeLargest {
		t.Fatalf("held %v, because %v", out.Held, out.Findings)
	}
}

func TestASupplierGetsOnlyItsComponents(t *testing.T) {
	in := derivationOf(t, customerDemand{agency, []forecast.Line{need("3TC-ZDV", country, 1000), need("unknown product", country, 5)}})
	in.Grants, in.Components = standing(), []string{"API-ZDV"}
	out, err := in.run()
	if err != nil || len(out.Lines) != 2 || out.Lines[0].Item.ID() != "API-ZDV" || strings.Join(out.WithoutBill, "") != "unknown product" {
		t.Fatalf("%d lines, without bill %v, %v", len(out.Lines), out.WithoutBill, err)
	}
	in.Components, in.Scope.Products = nil, []string{"API-3TC"}
	if out, _ = in.run(); len(out.Lines) != 2 || out.Lines[0].Item.ID() != "API-3TC" {
		t.Fatalf("outside the scope: %v", out.Lines)
	}
	in.Scope.Regions = []string{"DE"}
	if out, _ = in.run(); len(out.Lines) != 0 {
		t.Fatal("lines without a region pass a scope of one region")
	}
}

// A customer that is itself a tier has told two numbers: each is passed on as what it is.
func TestTwoNumbersStayTwo(t *testing.T) {
	end, receipts := need(product, "", 1000), need(product, "", 600)
	end.Role, receipts.Role = forecast.EndDemand, forecast.PlannedReceipts
	in := derivationOf(t, customerDemand{agency, []forecast.Line{end, receipts}})
	in.Grants = standing()
	out, err := in.run()
	if err != nil {
		t.Fatal(err)
	}
	if a, b := means(t, out.Lines, "API-EFV", forecast.EndDemand), means(t, out.Lines, "API-EFV", forecast.PlannedReceipts); a != "18" || b != "10.8" {
		t.Fatalf("end demand %s and receipts %s, want 18 and 10.8", a, b)
	}
}

func TestOrderedQuantitiesAreNeededToo(t *testing.T) {
	l := need(product, "", 100, 100)
	l.BucketBasis = forecast.NetOfOrders
	ordered := quantity.Of(50)
	l.Buckets[0].Ordered = &ordered
	g, err := grossLine(l)
	if err != nil {
		t.Fatal(err)
	}
	if g.Buckets[0].Mean != quantity.Of(150) || g.Buckets[1].Mean != quantity.Of(100) || g.Buckets[1].Cumulative[1].Q != quantity.Of(250) || l.Buckets[0].Mean != quantity.Of(100) {
		t.Fatalf("gross: %+v", g.Buckets)
	}
}

// What came round a loop is taken off what comes later, and the rest is a forecast that passes every rule.
func TestAChangeIsTakenOff(t *testing.T) {
	before, looped := []forecast.Line{need(product, country, 100, 100)}, []forecast.Line{need(product, country, 130, 100)}
	now := []forecast.Line{need(product, country, 150, 10)}
	got, err := lessChange(now, before, looped)
	if err != nil {
		t.Fatal(err)
	}
	if got[0].Buckets[0].Mean != quantity.Of(120) || got[0].Buckets[1].Mean != quantity.Of(10) {
		t.Fatalf("150 and 10 less a loop of 30 in the first month: %v", got[0].Buckets)
	}
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) []forecast.Line {
			return []forecast.Line{need(product, country, rapid.SliceOfN(rapid.Int64Range(0, 1000), 3, 3).Draw(t, name)...)}
		}
		later, from, to := draw("later"), draw("from"), draw("to")
		got, err := lessChange(later, from, to)
		if err != nil {
			t.Fatal(err)
		}
		doc := emissionDocument(headerFor(), derived{Lines: got}, tier.Emission{}, nil)
		doc.Emission = nil
		for _, f := range forecast.Check(doc) {
			if f.Code != artifact.CodeProvenance && f.Code != forecast.CodeMean {
				t.Fatalf("%v", f)
			}
		}
	})
}

// Pooling lines and exploding them one by one give the same end demand.
func TestPoolingChangesNoSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var lines []forecast.Line
		for i := range rapid.IntRange(1, 5).Draw(t, "lines") {
			lines = append(lines, need(product, rapid.SampledFrom([]string{"ZW", "MZ", ""}).Draw(t, "region"), rapid.SliceOfN(rapid.Int64Range(0, 1_000_000), 1, 6).Draw(t, fmt.Sprint("means ", i))...))
		}
		pooled, err := pool(lines, map[string]bool{product: rapid.Bool().Draw(t, "everywhere")})
		if err != nil {
			t.Fatal(err)
		}
		a, errA := planner.Explode(lines, bill(t), planner.ExplodeOptions{})
		b, errB := planner.Explode(pooled, bill(t), planner.ExplodeOptions{})
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		if x, y := tierCells(a.Components[0].Lines()), tierCells(b.Components[0].Lines()); !x.Same(y) {
			t.Fatalf("%v\n%v", x, y)
		}
	})
}

func headerFor() artifact.Header {
	h := artifact.Header{Type: forecast.Type, Issued: 1_800_000_000_000, Evidence: artifact.GradeB, Freshness: artifact.DefaultFreshness(), Scope: artifact.Everything()}
	h.Series[0] = 1
	return h
}

// Practice T10: names, identities and CIDs of the tier behind never travel. Every byte that would leave is searched.
func TestNoByteOfTheTierBehindLeaves(t *testing.T) {
	lines := []forecast.Line{need(product, country, 1000, 2000, 3000), need("3TC150-60", "MZ", 10, 20, 30)}
	lines[0].Item.GTIN, lines[0].Item.SellersID = "04006381333931", "TAB-7781"
	lines[0].Item.Description = "Efavirenz 600 mg tablet"
	lines[0].Location.GLN = "4006381000000"
	lines[0].Ext = map[string][]byte{"agencySecret": []byte("hidden in an extension")}
	lines[1].GapReason = "a note of the agency"
	in := derivationOf(t, customerDemand{agency + " (" + agencyCID.Short() + ")", lines})
	in.Grants, in.LeadElse = standing(), 1
	out, err := in.run()
	if err != nil {
		t.Fatal(err)
	}
	e := tier.Emission{Events: []tier.EventID{{1}, {2}}, Hops: 1}
	input := tier.Input{Source: customerPID.String() + "/" + agencyCID.String() + "/00", Version: forecastCID.String()}
	salt := bytes.Repeat([]byte{7}, 32)
	doc := emissionDocument(headerFor(), out, e, commitTo(salt, e, []tier.Input{input}))
	if findings := forecast.Check(doc); len(findings) > 0 {
		t.Fatalf("the supplier's node would refuse it: %v", findings)
	}
	sheet, err := forecast.ToSheet(doc, [32]byte{9})
	if err != nil {
		t.Fatal(err)
	}
	root, below, err := sheet.Build()
	if err != nil {
		t.Fatal(err)
	}
	secrets := [][]byte{[]byte(agency), []byte("Relief"), []byte(product), []byte("3TC150-60"), []byte(lines[0].Item.GTIN), []byte("TAB-7781"), []byte("Efavirenz"),
		[]byte(lines[0].Location.GLN), []byte("agencySecret"), []byte("hidden"), []byte("note of"), []byte(agencyCID.Short())}
	for _, id := range []block.CID{agencyCID, forecastCID, customerPID} {
		secrets = append(secrets, id.Bytes(), id.Bytes()[4:], []byte(id.String()))
	}
	for _, b := range append(below, root) {
		for _, s := range secrets {
			if bytes.Contains(b.Data, s) {
				t.Errorf("block %s holds %q of the tier behind", b.CID.Short(), s)
			}
		}
		// Two letters are found in any bytes; as a text of two letters they stand behind the head 0x62.
		for _, c := range []string{country, "MZ"} {
			if bytes.Contains(b.Data, append([]byte{0x62}, c...)) {
				t.Errorf("block %s holds the country %q", b.CID.Short(), c)
			}
		}
	}
	for _, l := range doc.Lines {
		if l.Location != (forecast.Location{}) || l.Ext != nil || l.GapReason != "" || l.Item != (forecast.Item{BuyersID: l.Item.BuyersID}) {
			t.Errorf("line %q carries more than component and figures: %+v", l.Key(), l)
		}
	}
	if h := doc.Header; len(h.Provenance.DerivedFrom) != 0 || len(h.Provenance.Commitments) != 1 || h.Provenance.SourceRecord != "" {
		t.Errorf("provenance says more than it may: %+v", h.Provenance)
	}
	if again := commitTo(salt, tier.Emission{Events: []tier.EventID{{3}}}, []tier.Input{input}); bytes.Equal(again, doc.Header.Provenance.Commitments[0]) {
		t.Error("two emissions of the same inputs carry the same commitment: the supplier sees that nothing behind it changed")
	}
}

func TestStepRoundsEveryFigure(t *testing.T) {
	in := derivationOf(t, customerDemand{agency, []forecast.Line{need(product, "", 1234)}})
	in.Grants, in.Step = standing(), quantity.Of(5)
	out, err := in.run()
	if err != nil || means(t, out.Lines, "API-EFV", forecast.EndDemand) != "20" {
		t.Fatalf("22.212 kg in steps of 5: %s, %v", means(t, out.Lines, "API-EFV", forecast.EndDemand), err)
	}
	for _, c := range out.Lines[0].Buckets {
		for _, l := range c.Quantiles {
			if l.Q.Exponent() < 0 || l.Q.Mantissa()%5 != 0 && l.Q.Exponent() == 0 {
				t.Errorf("level %d is %s", l.P, l.Q)
			}
		}
	}
}

func TestTheSameEventsAreOneCommand(t *testing.T) {
	a := emissionCommand(supplierPID, []tier.EventID{{1}, {2}})
	if a != emissionCommand(supplierPID, []tier.EventID{{1}, {2}}) || a == emissionCommand(supplierPID, []tier.EventID{{1}, {3}}) || a == emissionCommand(customerPID, []tier.EventID{{1}, {2}}) {
		t.Fatal("the command ID does not follow from edge and events")
	}
}

// Of six customers one changes its forecast: the new total less the old would show the change, so the old figures stand until enough others
// have moved.
func TestOneCustomersChangeIsNotShown(t *testing.T) {
	ledgers := map[string][]release.Page{}
	told := []forecast.Line(nil)
	tell := func(changed int) derived {
		t.Helper()
		var all []customerDemand
		for i := range int64(6) {
			n := 1000 + i
			if int(i) < changed {
				n += 100
			}
			all = append(all, customerDemand{fmt.Sprint("customer ", i), []forecast.Line{need(product, country, n, 2*n)}})
		}
		in := derivationOf(t, all...)
		in.Before = told
		in.Ledger = func(group string) (*release.Ledger, error) {
			l := &release.Ledger{}
			for _, p := range ledgers[group] {
				if err := l.Load(p); err != nil {
					return nil, err
				}
			}
			return l, nil
		}
		out, err := in.run()
		if err != nil {
			t.Fatal(err)
		}
		for group, l := range out.Ledgers {
			_, pages := l.Unstored()
			ledgers[group] = append(ledgers[group], pages...)
		}
		told = out.Lines
		return out
	}
	first := tell(0)
	if len(first.Lines) != 2 || len(first.Kept)+len(first.Held) != 0 {
		t.Fatalf("six customers: %d lines, held %v, kept %v: %v", len(first.Lines), first.Held, first.Kept, first.Findings)
	}
	before := means(t, first.Lines, "API-EFV", forecast.EndDemand)
	for _, changed := range []int{1, 4} {
		out := tell(changed)
		if got := means(t, out.Lines, "API-EFV", forecast.EndDemand); got != before || len(out.Kept) != 1 || len(out.Ledgers) != 0 {
			t.Errorf("%d changed: %q instead of %q leaves, kept %v", changed, got, before, out.Kept)
		}
		if text := keptBack(out); !strings.Contains(text, release.CodeCombines) || !strings.Contains(text, "the release of 1970-01-01 it shows what customer 0") {
			t.Errorf("%d changed: says %q", changed, text)
		}
	}
	if out := tell(5); len(out.Kept) != 0 || means(t, out.Lines, "API-EFV", forecast.EndDemand) == before {
		t.Errorf("five changed, and kept is %v: %v", out.Kept, out.Findings)
	}
}
