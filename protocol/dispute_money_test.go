package protocol_test

import (
	"slices"
	"testing"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/dispute"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
	"kontor/testnet/virtual"
)

// settles lets officers of both sides agree upon an outcome.
func (y *year) settles(id string, outcome terms.Outcome, amount *quantity.Money) {
	y.t.Helper()
	y.good(y.signs(y.buyer, "COO", dispute.Instrument{Verb: dispute.Propose, Dispute: id, Outcome: outcome, Amount: amount}))
	list := y.the(id).Proposals
	y.good(y.signs(y.seller, "COO", dispute.Instrument{Verb: dispute.Accept, Dispute: id, Proposal: &list[len(list)-1].Entry, Outcome: outcome, Amount: amount}))
}

// Every kind of entry that moves money goes through a dispute, and is owed as it ends on the nodes of all: what was halved by officers, and what the default
// halves when nobody says a word.
func TestDisputesOverEveryKindOfEntry(t *testing.T) {
	remedyOf := func(r terms.Remedy) func(*terms.Document) {
		return func(d *terms.Document) {
			r.ID, r.SLA, r.AutoApply, r.DisputeDays = "due", "otif", r.Kind != terms.LineDown && r.Kind != terms.Expedite, 10
			r.Cap, r.CapPeriod = euro(10_000_000), terms.PerYear
			d.Remedies = []terms.Remedy{r}
		}
	}
	claims := func(c remedy.Claim) func(*year) {
		return func(y *year) {
			y.missed0()
			c.Contract, c.Evidence = "FRAME-2027", share(y.t, y.buyer, virtual.Forecast("proof", 0, nil, y.s.Now, 1)).Header.Body
			meet(y.t, y.s)
			y.good(y.act(y.buyer, remedy.Act{Verb: remedy.MakeClaim, Claim: &c}))
		}
	}
	tablets := []terms.VolumeTier{{From: quantity.Of(100), RatePPM: 50_000}}
	hours := quantity.MustParse("3.5")
	for _, c := range []struct {
		kind  remedy.Kind
		terms func(*terms.Document)
		play  func(*year)
		owed  int64 // before the dispute
	}{
		{remedy.Kind(terms.CaseFine), remedyOf(terms.Remedy{Kind: terms.CaseFine, RatePPM: 30_000}), (*year).missed0, 37_035},
		{remedy.Kind(terms.ServiceRebate), remedyOf(terms.Remedy{Kind: terms.ServiceRebate, RatePPM: 30_000}), (*year).missed0, 74_070},
		{remedy.Kind(terms.Flat), remedyOf(terms.Remedy{Kind: terms.Flat, Amount: euro(25_001)}), (*year).missed0, 25_001},
		{remedy.Kind(terms.VolumeRebate), remedyOf(terms.Remedy{Kind: terms.VolumeRebate, Unit: "PK", Basis: terms.AllUnits, Volume: tablets}), (*year).missed0, 123_450},
		{remedy.Kind(terms.LineDown), remedyOf(terms.Remedy{Kind: terms.LineDown, Amount: euro(10_000)}), claims(remedy.Claim{Clause: "due", Day: calendar.MustDate("2027-01-12"), Hours: &hours}), 35_000},
		{remedy.Kind(terms.Expedite), remedyOf(terms.Remedy{Kind: terms.Expedite}), claims(remedy.Claim{Clause: "due", Day: calendar.MustDate("2027-01-12"), Cost: euro(7_777)}), 7_777},
		{remedy.PriceMoved, indexed(terms.LastKnown), func(y *year) {
			y.states(y.seller, "2026-12", "106", true)
			y.missed0()
		}, 60_000},
	} {
		for _, silent := range []bool{false, true} {
			name := string(c.kind) + map[bool]string{false: " settled", true: " by default"}[silent]
			t.Run(name, func(t *testing.T) {
				y := newYear(t, func(d *terms.Document) {
					c.terms(d)
					d.Disputes = []terms.DisputeLevel{{Level: dispute.Desk, Days: 5, Default: terms.NextLevel}, {Level: dispute.COO, Days: 5, Default: terms.Halved}}
				})
				c.play(y)
				id := y.halved(c.kind, c.owed, silent)
				y.proved(id, y.the(id).End.Cause)
			})
		}
	}
}

// halved lets an entry of January be disputed by who owes it, and end at half: by its officers' word, or by silence. Nothing that comes later takes it back.
func (y *year) halved(kind remedy.Kind, owed int64, silent bool) (id string) {
	y.t.Helper()
	i := y.one("2027-01", kind)
	if i.Amount.Minor != owed {
		y.t.Fatalf("%s, want %d", i, owed)
	}
	debtor := map[terms.Party]*virtual.Desk{terms.Buyer: y.buyer, terms.Seller: y.seller}[i.Debtor]
	id = y.opened(debtor, i)
	if silent {
		for _, day := range []string{"2027-02-25", "2027-03-04", "2027-03-12"} {
			y.day(day)
		}
	} else {
		y.settles(id, terms.Halved, nil)
	}
	after := y.one("2027-01", kind)
	if end := y.the(id).End; end == nil || (end.Cause == dispute.ByDefault) != silent || after.Status != remedy.Due || after.Amount.Minor != (owed+1)/2 || after.Debtor != i.Debtor {
		y.t.Fatalf("%+v: %s", end, after)
	}
	y.day("2027-07-01") // windows are final
	sum := int64(0)
	for _, x := range y.items() {
		if x.Period == i.Period {
			sum += x.Net(i.Debtor)
		}
	}
	if sum != (owed+1)/2 {
		y.t.Fatalf("comes to %d in the end: %v", sum, y.items())
	}
	return id
}

// missed0 is January with half of its lines missed, as both report it, evaluated.
func (y *year) missed0() {
	y.t.Helper()
	share(y.t, y.buyer, virtual.Forecast("march", 0, nil, y.s.Now, 100)) // which has no part in it
	y.day("2027-02-03")
	for _, d := range []*virtual.Desk{y.buyer, y.seller} {
		y.report(d, "2027-01", counted{due: 20, good: 10})
	}
	y.day("2027-02-16")
}

// awarded are the entries that disputes brought which were about none.
func (y *year) awarded() []remedy.Item {
	return slices.DeleteFunc(y.items(), func(i remedy.Item) bool { return i.Kind != remedy.Awarded })
}

// What a settlement or a ruling gives over a clause, a measurement or a report is owed by one entry, the same on all nodes; by silence nothing is.
func TestWhatADisputeGivesIsOwed(t *testing.T) {
	opens := func(y *year, d *virtual.Desk, s dispute.Subject, worth *quantity.Money) (string, []string) {
		s.Contract = "FRAME-2027"
		codes := y.about(d, dispute.Act{Verb: dispute.OpenDispute, Subject: &s, Worth: worth, Text: "pallets came without labels"})
		if len(codes) > 0 {
			return "", codes
		}
		y.beat(y.s.Desks...)
		list := y.disputes()
		return list[len(list)-1].ID, nil
	}
	root := func(y *year) *block.CID { id := y.frame(); return &id }
	january := calendar.MustBucket("2027-01")
	measured := dispute.Subject{Kind: dispute.Measurement, Part: "otif", Period: &january}
	t.Run("a clause, ruled", func(t *testing.T) {
		y := yearOf(t, withArbiter(t), pathToArbiter)
		share(t, y.buyer, virtual.Forecast("march", 0, nil, y.s.Now, 100)) // which has no part in it
		y.day("2027-01-05")
		id, codes := opens(y, y.buyer, dispute.Subject{Kind: dispute.Clause, Artifact: root(y), Part: "credit"}, euro(80_001))
		y.good(codes)
		for range 3 {
			y.escalates(y.seller, id)
		}
		y.good(y.signs(y.judge(), "COO", dispute.Instrument{Verb: dispute.Rule, Dispute: id, Outcome: terms.Halved, Text: "each bears half"}))
		list := y.awarded()
		if len(list) != 1 || list[0].Amount.Minor != 40_001 || list[0].Debtor != terms.Seller || list[0].Status != remedy.Due || list[0].Dispute != id || list[0].SLA != dispute.AwardName(id) {
			t.Fatalf("%v", list)
		}
		y.proved(id, dispute.Ruled)
		i := list[0].ID
		y.bad(y.act(y.seller, remedy.Act{Verb: remedy.Dispute, Items: []string{i}, Reason: "once more"}), remedy.CodeStatus)
		y.good(y.act(y.seller, remedy.Act{Verb: remedy.Acknowledge, Items: []string{i}}))
		y.good(y.act(y.seller, remedy.Act{Verb: remedy.Settle, Items: []string{i}, Reference: "credit note 1"}))
		y.good(y.act(y.buyer, remedy.Act{Verb: remedy.Settle, Items: []string{i}, Reference: "received"}))
		y.day("2027-06-01")
		if list = y.awarded(); len(list) != 1 || list[0].Status != remedy.Settled {
			t.Fatalf("%v", list)
		}
	})
	t.Run("a clause, by silence", func(t *testing.T) {
		y := newYear(t, pathToArbiter)
		y.day("2027-01-05")
		id, codes := opens(y, y.buyer, dispute.Subject{Kind: dispute.Clause, Artifact: root(y), Part: "credit"}, euro(80_000))
		y.good(codes)
		for _, day := range []string{"2027-01-20", "2027-01-28", "2027-02-05", "2027-03-10", "2027-03-12"} {
			y.day(day)
		}
		if d := y.the(id); d.End == nil || d.End.Cause != dispute.ByDefault || len(y.awarded()) > 0 {
			t.Fatalf("%+v %v", d.End, y.awarded())
		}
	})
	t.Run("a measurement, which gives back no more than the window came to", func(t *testing.T) {
		y := newYear(t, func(d *terms.Document) { pathToArbiter(d); d.Remedies[0].Cap = euro(1_000_000) })
		y.missed0()
		_, codes := opens(y, y.seller, measured, euro(60_000))
		y.bad(codes, dispute.CodeStands) // its figures may still be corrected
		y.day("2027-03-04")
		id, codes := opens(y, y.seller, measured, euro(60_000))
		y.good(codes)
		y.settles(id, dispute.Sum, euro(55_000))
		i, list := y.one("2027-01", remedy.Kind(terms.Credit)), y.awarded()
		if len(list) != 1 || list[0].Amount.Minor != 49_380 || list[0].Limited != remedy.ByWindow || list[0].Debtor != terms.Buyer || i.Amount.Minor != 49_380 {
			t.Fatalf("%s; %v", i, list)
		}
		y.proved(id, dispute.Settled)
	})
	t.Run("a measurement and its entry in dispute at once", func(t *testing.T) {
		y := newYear(t, func(d *terms.Document) {
			pathToArbiter(d)
			d.Remedies[0].Cap, d.Remedies[0].DisputeDays = euro(1_000_000), 60
		})
		i := y.missed()
		y.day("2027-03-04")
		first, codes := opens(y, y.seller, measured, euro(30_000))
		y.good(codes)
		second := y.opened(y.seller, i)
		y.settles(first, terms.Halved, nil)
		y.settles(second, terms.Dropped, nil)
		i, list := y.one("2027-01", remedy.Kind(terms.Credit)), y.awarded()
		if len(list) != 1 || list[0].Amount.Minor != 15_000 || i.Amount.Minor != 15_000 {
			t.Fatalf("the window comes to less than nothing: %s; %v", i, list)
		}
	})
	t.Run("a measurement whose entry is in dispute", func(t *testing.T) {
		y := newYear(t, func(d *terms.Document) { pathToArbiter(d); d.Remedies[0].Cap = euro(1_000_000) })
		y.opened(y.seller, y.missed())
		y.day("2027-02-24")
		y.day("2027-03-04")
		if w := y.window("otif", "2027-01"); w.State != protocol.SLAFinal {
			t.Fatalf("%s", w.State)
		}
		_, codes := opens(y, y.buyer, measured, euro(60_000))
		y.bad(codes, dispute.CodeStands)
	})
}
