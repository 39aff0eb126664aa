package remedy_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/measure"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
)

const product = "ZDV-300"

var months = func() (out []calendar.Bucket) {
	for m := 1; m <= 12; m++ {
		out = append(out, calendar.MustBucket(fmt.Sprintf("2027-%02d", m)))
	}
	return out
}()

// drawTerms are terms with one SLA and one to three remedies, of all kinds that windows bring.
func drawTerms(t *rapid.T) terms.Document {
	year := calendar.Bucket{Start: calendar.MustDate("2027-01-01"), End: calendar.MustDate("2028-01-01")}
	def := define(t, rapid.SampledFrom([]measure.Code{measure.OTIF, measure.OnTime, measure.OTIFUnits, measure.InFull}).Draw(t, "measure"))
	d := terms.Document{Frame: terms.Frame{Contract: "FRAME", Period: year, Currency: rapid.SampledFrom([]quantity.Currency{"EUR", "JPY", "BHD"}).Draw(t, "currency"), PaymentDays: 30,
		Rounding: terms.Rounding{Mode: rapid.SampledFrom([]terms.RoundingMode{terms.HalfUp, terms.HalfEven, terms.Down, terms.Up}).Draw(t, "rounding"), Level: terms.PerDocument}}}
	d.Prices = []terms.Price{{ID: "all", Unit: "PK", Valid: year, Kind: terms.Fixed, Base: quantity.Price{Amount: quantity.MustParse("12.345"), Currency: d.Currency, Per: quantity.Of(1000)}}}
	who := rapid.SampledFrom([]terms.Party{terms.Buyer, terms.Seller, terms.Both})
	s := terms.SLA{ID: "service", Name: "service", By: rapid.SampledFrom([]terms.Party{terms.Buyer, terms.Seller}).Draw(t, "promised by"), Measure: def, Target: quantity.MustParse("0.95"), Window: terms.Window{Kind: terms.PerMonth},
		MinSample: rapid.Int64Range(1, 12).Draw(t, "sample"), Source: who.Draw(t, "source"), OnMissing: rapid.SampledFrom([]terms.OnMissing{terms.CounterpartyStands, terms.NotMeasured, terms.ReportingRemedy}).Draw(t, "silence")}
	owes := who.Draw(t, "owes")
	for _, p := range []terms.Party{terms.Buyer, terms.Seller} {
		if owes == p || owes == terms.Both || s.Source == p || s.Source == terms.Both {
			s.Duties = append(s.Duties, terms.Duty{By: p, What: "lines", DueDays: 3, CorrectDays: 10})
		}
	}
	if rapid.Bool().Draw(t, "excludes") {
		s.Exclusions = []measure.Reason{measure.ForceMajeure}
	}
	d.SLAs = []terms.SLA{s}
	for i := range rapid.IntRange(1, 3).Draw(t, "remedies") {
		r := terms.Remedy{ID: fmt.Sprint("r", i), SLA: s.ID, Kind: rapid.SampledFrom([]terms.RemedyKind{terms.Credit, terms.CaseFine, terms.ServiceRebate, terms.Flat, terms.VolumeRebate}).Draw(t, "kind"), AutoApply: true,
			Cap: &quantity.Money{Minor: rapid.Int64Range(1, 40_000).Draw(t, "cap"), Currency: d.Currency}, CapPeriod: rapid.SampledFrom([]terms.WindowKind{terms.PerMonth, terms.PerQuarter, terms.PerYear}).Draw(t, "cap period"),
			EarnBack: rapid.Int64Range(0, 3).Draw(t, "earn back"), DisputeDays: 10}
		switch ppm := rapid.Int64Range(1, terms.PPM); r.Kind {
		case terms.Credit:
			r.Pool, r.PoolPPM, r.AllocationPPM, r.AtRiskPPM = fmt.Sprint("pool", i), ppm.Draw(t, "pool"), ppm.Draw(t, "allocation"), ppm.Draw(t, "at risk")
		case terms.VolumeRebate:
			r.Unit, r.Basis, r.EarnBack = "PK", rapid.SampledFrom([]terms.TierBasis{terms.Marginal, terms.AllUnits}).Draw(t, "basis"), 0
			r.Volume = []terms.VolumeTier{{From: quantity.Of(0), RatePPM: ppm.Draw(t, "rate")}, {From: quantity.Of(10_000), RatePPM: ppm.Draw(t, "rate")}}
		case terms.Flat:
			r.Amount = &quantity.Money{Minor: rapid.Int64Range(1, 20_000).Draw(t, "amount"), Currency: d.Currency}
		default:
			r.RatePPM = ppm.Draw(t, "rate")
		}
		if r.Kind != terms.VolumeRebate && rapid.Bool().Draw(t, "tiers") {
			r.Tiers = []terms.RemedyTier{{Beyond: quantity.MustParse("0.9"), SharePPM: 300_000}, {Beyond: quantity.MustParse("0.5"), SharePPM: terms.PPM}}
		}
		d.Remedies = append(d.Remedies, r)
	}
	return d
}

// report is what a side says of a month.
func report(d terms.Document, month calendar.Bucket, due, good, out int64) performance.Document {
	all, ordered, onTime := quantity.Of((due+out)*1000), quantity.Of(due*1000), quantity.Of(good*1000)
	cell := performance.Cell{Item: forecast.Item{BuyersID: product}, Bucket: month, Unit: "PK", Ordered: &all, Received: &all, OnTime: &onTime, InFull: &onTime,
		Deliveries: &performance.Deliveries{Due: due, OnTime: good, Quantified: due, InFull: good, Both: good, InWindow: onTime, Ordered: ordered}}
	if out > 0 {
		cell.Deliveries.LeftOut = []performance.Left{{Reason: measure.ForceMajeure, Lines: out}}
	}
	return performance.Document{Window: month, Delivery: d.SLAs[0].Measure.Parameters, Cells: []performance.Cell{cell}}
}

func drawReport(t *rapid.T, d terms.Document, month calendar.Bucket) performance.Document {
	due, out := rapid.Int64Range(0, 30).Draw(t, "due"), int64(0)
	if len(d.SLAs[0].Exclusions) > 0 { // a true report leaves out what the clause allows
		out = rapid.SampledFrom([]int64{0, 2}).Draw(t, "left out")
	}
	return report(d, month, due, rapid.Int64Range(0, due).Draw(t, "good"), out)
}

// owed is what a result makes the side that promised owe, before caps; what is held counts as nothing.
func owed(r remedy.Result) (out map[string]int64) {
	out = map[string]int64{}
	for _, a := range r.Amounts {
		if !a.Held {
			out[a.Remedy] = a.Amount.Minor
		}
	}
	return out
}

// Practice T2: whoever withholds its report is no better off than it is when both report what was, whatever the clause says of silence, of whose
// figures count and of who owes a report.
func TestWithheldReportsNeverPay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawTerms(t)
		s, month := d.SLAs[0], months[2]
		truth := drawReport(t, d, month)
		last := quantity.Money{Minor: rapid.Int64Range(0, 100_000).Draw(t, "charges before"), Currency: d.Currency}
		evaluate := func(buyer, seller bool) map[string]int64 {
			c := remedy.Case{Terms: d, SLA: s, Period: month, LastCharges: last}
			if buyer {
				c.Buyer = []performance.Document{truth}
			}
			if seller {
				c.Seller = []performance.Document{truth}
			}
			return owed(remedy.Evaluate(c))
		}
		both := evaluate(true, true)
		debtorSilent, creditorSilent := evaluate(s.By == terms.Seller, s.By == terms.Buyer), evaluate(s.By == terms.Buyer, s.By == terms.Seller)
		for _, r := range d.Remedies {
			if owing(s, s.By) && debtorSilent[r.ID] < both[r.ID] {
				t.Fatalf("the side that promised withholds its report and owes %d instead of %d by %s", debtorSilent[r.ID], both[r.ID], r.ID)
			}
			if owing(s, remedy.Other(s.By)) && creditorSilent[r.ID] > both[r.ID] {
				t.Fatalf("the side that is owed withholds its report and is owed %d instead of %d by %s", creditorSilent[r.ID], both[r.ID], r.ID)
			}
		}
		// A part of a report is no report, and leaving lines out is no better.
		half := truth
		half.Window.End = half.Window.End.AddDays(-1)
		if r := remedy.Evaluate(remedy.Case{Terms: d, SLA: s, Period: month, Buyer: []performance.Document{half}, LastCharges: last}); !slices.Contains(r.Silent, terms.Buyer) {
			t.Fatalf("a report that ends a day before its window counts as one: %+v", r)
		}
	})
}

// owing tells whether a side has a report to withhold.
func owing(s terms.SLA, p terms.Party) bool {
	return slices.ContainsFunc(s.Duties, func(d terms.Duty) bool { return d.By == p })
}

// A side that leaves lines out of its own report in vain is never better off by it.
func TestLinesLeftOutInVain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawTerms(t)
		s, month := d.SLAs[0], months[2]
		s.Exclusions, s.Source = nil, s.By
		s.Duties = []terms.Duty{{By: s.By, What: "lines", DueDays: 3, CorrectDays: 10}}
		due, out := rapid.Int64Range(15, 30).Draw(t, "due"), rapid.Int64Range(1, 10).Draw(t, "left out")
		good := rapid.Int64Range(0, due-out).Draw(t, "good")
		honest, cut := report(d, month, due, good, 0), report(d, month, due-out, good, out)
		evaluate := func(doc performance.Document) map[string]int64 {
			c := remedy.Case{Terms: d, SLA: s, Period: month}
			if s.By == terms.Seller {
				c.Seller = []performance.Document{doc}
			} else {
				c.Buyer = []performance.Document{doc}
			}
			return owed(remedy.Evaluate(c))
		}
		before, after := evaluate(honest), evaluate(cut)
		for id, want := range before {
			if after[id] < want {
				t.Fatalf("%d lines left out make it %d instead of %d by %s", out, after[id], want, id)
			}
		}
	})
}

// Whatever is reported and corrected over a year: no remedy exceeds its cap in any period, no month its charges at risk, no cause is remedied beyond its
// greatest remedy, every entry is there once, corrections are one for each window and remedy, and what is earned back is what was booked.
func TestBooksStayInBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawTerms(t)
		s := d.SLAs[0]
		var items []remedy.Item
		var finals []remedy.Final
		last := quantity.Money{Currency: d.Currency}
		put := func(list []remedy.Item) {
			for _, i := range list {
				if at := slices.IndexFunc(items, func(x remedy.Item) bool { return x.ID == i.ID }); at >= 0 {
					items[at] = i
				} else {
					items = append(items, i)
				}
			}
		}
		fresh := func(list []remedy.Item) {
			for _, i := range list {
				if slices.ContainsFunc(items, func(x remedy.Item) bool { return x.ID == i.ID }) {
					t.Fatalf("booked twice: %s", i)
				}
			}
			put(list)
		}
		for _, month := range months {
			c := remedy.Case{Terms: d, SLA: s, Period: month, LastCharges: last}
			draw := func(name string) (out []performance.Document) {
				if rapid.IntRange(0, 4).Draw(t, name) > 0 {
					out = append(out, drawReport(t, d, month))
				}
				return out
			}
			c.Buyer, c.Seller = draw("buyer"), draw("seller")
			if rapid.Bool().Draw(t, "alike") {
				c.Seller = c.Buyer
			}
			first := remedy.Evaluate(c)
			b := remedy.Booking{Terms: d, SLA: s, Period: month, Result: first, Entries: items, On: month.End}
			fresh(remedy.Book(b))
			if rapid.Bool().Draw(t, "corrected") {
				c.Buyer, c.Seller = draw("buyer again"), draw("seller again")
			}
			result := remedy.Evaluate(c)
			b.Result, b.Entries = result, slices.Clone(items)
			changed, more := remedy.Correct(b, first)
			put(changed)
			fresh(more)
			if result.Charges != nil {
				last = *result.Charges
			}
			finals = append(finals, remedy.Final{Period: month, Verdict: result.Verdict})
			b.Entries = slices.Clone(items)
			fresh(remedy.EarnBack(b, finals))
			bounds(t, d, items)
		}
	})
}

func bounds(t *rapid.T, d terms.Document, items []remedy.Item) {
	s := d.SLAs[0]
	type of struct {
		remedy string
		start  calendar.Date
	}
	capped, booked, back, corrections := map[of]int64{}, map[of]int64{}, map[of]int64{}, map[of]int{}
	for _, i := range items {
		if i.Amount.Minor < 0 || i.Debtor == i.Creditor {
			t.Fatalf("malformed: %s", i)
		}
		r := d.Remedies[slices.IndexFunc(d.Remedies, func(r terms.Remedy) bool { return r.ID == i.Remedy })]
		net := i.Net(s.By)
		if i.Status == remedy.Dropped {
			continue
		}
		if i.Kind == remedy.EarnedBack {
			back[of{i.Remedy, i.Period.Start}] -= net
			continue
		}
		if i.Kind == remedy.Correction {
			corrections[of{i.Remedy, i.Period.Start}]++
		}
		start := i.Period.Start
		switch m := start.Month(); r.CapPeriod {
		case terms.PerQuarter:
			start = (m - m%3).First()
		case terms.PerYear:
			start = (m - m%12).First()
		}
		capped[of{i.Remedy, start}] += net
		booked[of{i.Remedy, i.Period.Start}] += net
	}
	for at, sum := range capped {
		r := d.Remedies[slices.IndexFunc(d.Remedies, func(r terms.Remedy) bool { return r.ID == at.remedy })]
		if sum > r.Cap.Minor {
			t.Fatalf("%s comes to %d in the %s from %s, above its cap of %d", at.remedy, sum, r.CapPeriod, at.start, r.Cap.Minor)
		}
	}
	for at, sum := range booked {
		if sum < 0 || back[at] != 0 && back[at] != sum {
			t.Fatalf("%s of %s: booked %d, earned back %d", at.remedy, at.start, sum, back[at])
		}
		if corrections[at] > 1 {
			t.Fatalf("%s of %s is corrected %d times", at.remedy, at.start, corrections[at])
		}
	}
	for at := range back {
		if _, known := booked[at]; !known {
			t.Fatalf("%s of %s is earned back without a booking", at.remedy, at.start)
		}
	}
}

// What a month nets to is the sum of its entries, to the minor unit.
func TestNetIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var items []remedy.Item
		want := map[calendar.Date]int64{}
		for i := range rapid.IntRange(1, 20).Draw(t, "entries") {
			month := rapid.SampledFrom(months).Draw(t, "month")
			x := remedy.Item{ID: fmt.Sprint(i), Window: remedy.Window{Contract: "FRAME"}, Fell: month.Start.AddDays(rapid.IntRange(0, 27).Draw(t, "day")), Debtor: rapid.SampledFrom([]terms.Party{terms.Buyer, terms.Seller}).Draw(t, "debtor"),
				Amount: quantity.Money{Minor: rapid.Int64Range(0, 1_000_000).Draw(t, "amount"), Currency: "EUR"}, Status: rapid.SampledFrom([]remedy.Status{remedy.Due, remedy.Acknowledged, remedy.Settled, remedy.Held, remedy.Disputed, remedy.Dropped}).Draw(t, "status")}
			x.Creditor = remedy.Other(x.Debtor)
			items = append(items, x)
			if slices.Contains([]remedy.Status{remedy.Due, remedy.Acknowledged, remedy.Settled}, x.Status) {
				want[month.Start] += x.Net(terms.Seller)
			}
		}
		for _, m := range remedy.Net(items) {
			got := m.Net.Minor
			if m.Debtor == terms.Buyer {
				got = -got
			}
			if got != want[m.Month] {
				t.Fatalf("%s nets to %d, want %d", m.Month, got, want[m.Month])
			}
		}
	})
}

// Claims follow their clause: hours by the rate, under the cap and once a window; an authorisation only after an event that has aged.
func TestClaims(t *testing.T) {
	year := calendar.Bucket{Start: calendar.MustDate("2027-01-01"), End: calendar.MustDate("2028-01-01")}
	price := quantity.Price{Amount: quantity.MustParse("1.5"), Currency: "EUR", Per: quantity.Of(1)}
	d := terms.Document{Frame: terms.Frame{Contract: "FRAME", Period: year, Currency: "EUR", Rounding: terms.Rounding{Mode: terms.HalfUp, Level: terms.PerDocument}}}
	d.SLAs = []terms.SLA{{ID: "s", By: terms.Seller, Window: terms.Window{Kind: terms.PerMonth}}}
	d.Remedies = []terms.Remedy{{ID: "stop", SLA: "s", Kind: terms.LineDown, Amount: &quantity.Money{Minor: 10_000, Currency: "EUR"}, Cap: &quantity.Money{Minor: 100_000, Currency: "EUR"}, CapPeriod: terms.PerQuarter, DisputeDays: 10},
		{ID: "freight", SLA: "s", Kind: terms.Expedite, Cap: &quantity.Money{Minor: 100_000, Currency: "EUR"}, CapPeriod: terms.PerQuarter, DisputeDays: 10}}
	d.Authorisations = []terms.Authorisation{{ID: "all", Unit: "PK", FabDays: 28, RawDays: 84, Finished: price, Raw: price, LiablePPM: terms.Liability{Finished: terms.PPM, Raw: 500_000}, AgeDays: 60}}
	proof, q := block.Sum([]byte("stop report")), func(s string) *quantity.Quantity { v := quantity.MustParse(s); return &v }
	march, july := calendar.MustDate("2027-03-12"), calendar.MustDate("2027-07-01")
	var items []remedy.Item
	for _, c := range []struct {
		what  string
		claim remedy.Claim
		by    terms.Party
		minor int64
		code  string
	}{
		{"six and a half hours", remedy.Claim{Clause: "stop", Day: march, Hours: q("6.5")}, terms.Buyer, 65_000, ""},
		{"the same month again", remedy.Claim{Clause: "stop", Day: march + 1, Hours: q("1")}, terms.Buyer, 0, remedy.CodeTwice},
		{"by the side that promised", remedy.Claim{Clause: "stop", Day: march - 30, Hours: q("1")}, terms.Seller, 0, remedy.CodeSide},
		{"another month of the quarter, up to the cap", remedy.Claim{Clause: "stop", Day: march - 30, Hours: q("9")}, terms.Buyer, 35_000, ""},
		{"nothing is left below the cap", remedy.Claim{Clause: "stop", Day: march - 60, Hours: q("9")}, terms.Buyer, 0, remedy.CodeClaim},
		{"freight of what was remedied already: only the rest", remedy.Claim{Clause: "freight", Day: march, Cost: &quantity.Money{Minor: 70_000, Currency: "EUR"}}, terms.Buyer, 5_000, ""},
		{"a day to come", remedy.Claim{Clause: "stop", Day: july + 1, Hours: q("9")}, terms.Buyer, 0, remedy.CodeClaim},
		{"no event", remedy.Claim{Clause: "all", Day: march, Event: "WHIM", Product: "X", Finished: q("100")}, terms.Seller, 0, remedy.CodeClaim},
		{"not aged", remedy.Claim{Clause: "all", Day: july - 59, Event: terms.Cancelled, Product: "X", Finished: q("100")}, terms.Seller, 0, remedy.CodeClaim},
		{"aged", remedy.Claim{Clause: "all", Day: july - 60, Event: terms.Cancelled, Product: "X", Finished: q("100"), Raw: q("100")}, terms.Seller, 22_500, ""},
		{"the rest of what was authorised", remedy.Claim{Clause: "all", Day: july - 62, Event: terms.EndOfLife, Product: "X", Finished: q("100"), Raw: q("100")}, terms.Seller, 9_000, ""}, // 150 and 120 were, 225.00 of 315.00 is claimed
		{"nothing is left of it", remedy.Claim{Clause: "all", Day: july - 63, Event: terms.EndOfLife, Product: "X", Finished: q("1")}, terms.Seller, 0, remedy.CodeClaim},
		{"more than was authorised of another", remedy.Claim{Clause: "all", Day: july - 60, Event: terms.Cancelled, Product: "Y", Finished: q("1000000")}, terms.Seller, 22_500, ""},
		{"by the buyer", remedy.Claim{Clause: "all", Day: july - 61, Event: terms.Cancelled, Product: "X", Finished: q("100")}, terms.Buyer, 0, remedy.CodeSide},
	} {
		c.claim.Contract, c.claim.Evidence = "FRAME", &proof
		if code := c.claim.Check(); code != "" {
			t.Fatalf("%s: malformed", c.what)
		}
		i, code, err := remedy.Raise(c.claim, d, &proof, items, c.by, july, func(terms.Authorisation) (quantity.Quantity, quantity.Quantity, error) {
			return quantity.Of(150), quantity.Of(120), nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if code != c.code || i.Amount.Minor != c.minor {
			t.Fatalf("%s: %q, %d; want %q, %d", c.what, code, i.Amount.Minor, c.code, c.minor)
		}
		if code == "" {
			items = append(items, i)
		}
	}
	// Claims that nobody answered are bounded, whatever they are of.
	many := items
	for n := range remedy.MaxOpenClaims {
		many = append(many, remedy.Item{ID: fmt.Sprint(n), Window: remedy.Window{Contract: "FRAME"}, Claim: &remedy.Claim{}, Status: remedy.Claimable})
	}
	if _, code, _ := remedy.Raise(remedy.Claim{Contract: "FRAME", Clause: "stop", Day: march, Hours: q("1"), Evidence: &proof}, d, &proof, many, terms.Buyer, july, nil); code != remedy.CodeMany {
		t.Fatalf("one claim more than may be open: %q", code)
	}
	// It is due when the other side says so, or has let its time pass.
	claimed := items[0]
	early := remedy.Doer{Company: proof, Side: terms.Buyer, Day: claimed.DisputeBy}
	if _, code := claimed.Do(remedy.Act{Verb: remedy.Request, Items: []string{claimed.ID}}, early); code != remedy.CodeStatus {
		t.Fatalf("due before the other side could dispute it: %q", code)
	}
	late := early
	late.Day++
	if i, code := claimed.Do(remedy.Act{Verb: remedy.Request, Items: []string{claimed.ID}}, late); code != "" || i.Status != remedy.Due {
		t.Fatalf("after its silence: %q %s", code, i.Status)
	}
	seller := remedy.Doer{Company: proof, Side: terms.Seller, Day: claimed.Fell}
	if i, code := claimed.Do(remedy.Act{Verb: remedy.Acknowledge, Items: []string{claimed.ID}}, seller); code != "" || i.Status != remedy.Acknowledged {
		t.Fatalf("acknowledged: %q %s", code, i.Status)
	}
	if i, code := claimed.Contend(seller, "why", "d"); code != "" || i.Status != remedy.Disputed {
		t.Fatalf("disputed: %q %s", code, i.Status)
	}
}

// Figures that rebut what stood by silence put what is open in dispute, and leave alone what a dispute decided: no second one would ever end it.
func TestWhatADisputeDecidedIsNotDisputedByFigures(t *testing.T) {
	b := remedy.Booking{Terms: terms.Document{Frame: terms.Frame{Contract: "FRAME"}}, SLA: terms.SLA{ID: "service"}, Period: months[0], Result: remedy.Result{Verdict: remedy.Unequal}}
	w := remedy.Window{Contract: "FRAME", SLA: "service", Period: months[0]}
	b.Entries = []remedy.Item{{ID: "a", Kind: remedy.Kind(terms.Credit), Window: w, Remedy: "open", Status: remedy.Due},
		{ID: "b", Kind: remedy.Kind(terms.Credit), Window: w, Remedy: "decided", Status: remedy.Due, Dispute: "over"}}
	changed, fresh := remedy.Correct(b, remedy.Result{Why: remedy.BySilence})
	if len(changed) != 1 || changed[0].ID != "a" || changed[0].Status != remedy.Disputed || len(fresh) != 0 {
		t.Fatalf("changed %v, fresh %v", changed, fresh)
	}
}

// What is petty is in the clause: amounts that differ by no more than it says are no matter of dispute, whatever the figures; with a clause of nothing, or none,
// a cent or half a percent more is.
func TestWhatIsPettyIsInTheClause(t *testing.T) {
	year := calendar.Bucket{Start: calendar.MustDate("2027-01-01"), End: calendar.MustDate("2028-01-01")}
	d := terms.Document{Frame: terms.Frame{Contract: "FRAME", Period: year, Currency: "EUR", Rounding: terms.Rounding{Mode: terms.HalfUp, Level: terms.PerDocument}}}
	d.Prices = []terms.Price{{ID: "all", Unit: "PK", Valid: year, Kind: terms.Fixed, Base: quantity.Price{Amount: quantity.MustParse("12.345"), Currency: "EUR", Per: quantity.Of(1000)}}}
	s := terms.SLA{ID: "service", Name: "service", By: terms.Seller, Measure: define(t, measure.OTIF), Target: quantity.MustParse("0.95"), Window: terms.Window{Kind: terms.PerMonth}, MinSample: 1, Source: terms.Both, OnMissing: terms.CounterpartyStands}
	d.Remedies = []terms.Remedy{{ID: "fine", SLA: s.ID, Kind: terms.CaseFine, RatePPM: 100_000, AutoApply: true}}
	for _, c := range []struct {
		clause *quantity.Money
		seller int64 // lines on time in full of 20; the buyer counts 10
		want   remedy.Verdict
		fine   int64
	}{
		{nil, 11, remedy.Unequal, 0},
		{&quantity.Money{Minor: 123, Currency: "EUR"}, 11, remedy.Unequal, 0},
		{&quantity.Money{Minor: 124, Currency: "EUR"}, 11, remedy.Missed, 1_173},
		{&quantity.Money{Minor: 0, Currency: "EUR"}, 11, remedy.Unequal, 0},
		{&quantity.Money{Minor: 10_000, Currency: "EUR"}, 20, remedy.Unequal, 0}, // whether the target is met is never petty
	} {
		s.Petty = c.clause
		d.SLAs = []terms.SLA{s}
		r := remedy.Evaluate(remedy.Case{Terms: d, SLA: s, Period: months[0], Buyer: []performance.Document{report(d, months[0], 20, 10, 0)}, Seller: []performance.Document{report(d, months[0], 20, c.seller, 0)}})
		if r.Verdict != c.want || owed(r)["fine"] != c.fine {
			t.Errorf("clause %s, seller %d: %s, fine %d, want %s and %d (%+v)", c.clause, c.seller, r.Verdict, owed(r)["fine"], c.want, c.fine, r)
		}
	}
}
