package decision

import (
	"encoding/hex"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kontor/crypto/keys"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

var update = flag.Bool("update", false, "rewrite the golden files; review the difference")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s differs; run the test with -update and review.\ngot\n%s", path, got)
	}
}

// accepted takes the running example to the accepted offer.
func accepted(t testing.TB) *script {
	t.Helper()
	s := negotiated(t)
	s.does(maker, Act{Verb: MakeOffer, Offer: offerOf(1, "1", "12", "2027-03-31", "90000")}, "")
	s.does(agency, Act{Verb: MakeOffer, Offer: offerOf(2, "1", "11", "2027-03-19", "100000")}, "")
	s.does(maker, Act{Verb: AcceptOffer, Accept: &Acceptance{2, s.topic.Offers[1].Entry}}, "")
	return s
}

// agreement is the document of the running example.
func agreement(t testing.TB, s *script) Agreement {
	t.Helper()
	a, ok := s.topic.Agree()
	if !ok {
		t.Fatalf("a topic in %s has nothing to agree", s.topic.Status)
	}
	for i := range a.Parties {
		p := &a.Parties[i]
		p.Name, p.Quorum, p.Policy = names[p.Company], "COO and CFO", policyCID
	}
	march := Cell{"ZDV-300", "CI", calendar.MustBucket("2027-03")}
	amount := euros(110_000_00)
	a.Effects = []Effect{
		{Kind: SlotCommitted, Party: maker, Cell: march, Quantity: quantity.Of(100000), Unit: "C62", Artifact: &capacity},
		{Kind: ForecastAccepted, Party: agency, Cell: march, Quantity: quantity.Of(100000), Unit: "C62", Artifact: &forecast},
	}
	a.Artifacts = []block.CID{forecast, capacity}
	a.Targets = []Target{{ID: "otif", Name: "on time in full", Target: quantity.Of(95), Unit: "%", By: calendar.MustDate("2027-04-30")}}
	a.Rollout = []Milestone{
		{ID: "1-shift", Title: "staff the third shift", Party: maker, Owner: COO, Due: calendar.MustDate("2027-02-15"), Proof: "roster"},
		{ID: "2-order", Title: "call off March", Party: agency, Owner: COO, Due: calendar.MustDate("2027-02-20"), After: []string{"1-shift"}, Proof: "order"},
	}
	a.Reviews = []calendar.Date{calendar.MustDate("2027-03-15")}
	a.Rollback = []Rollback{{Condition: "the shift can't be staffed by 15 February", Action: "option 2"}}
	a.Amount, a.SignBy = &amount, s.now+DefaultSignBy
	a.From, a.Expires = calendar.MustDate("2027-02-01"), calendar.MustDate("2027-05-01")
	return a.Sorted()
}

func authority() Authority {
	return Authority{Parties: []PartyAuthority{{agency, policyCID, "COO and CFO", false}, {maker, policyCID, "COO and CFO", false}}}
}

func TestAgreementOfTheRunningExample(t *testing.T) {
	s := accepted(t)
	a := agreement(t, s)
	b, err := a.Block()
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseAgreement(b.Data)
	if err != nil || !sameRow(t, a, again) {
		t.Fatalf("does not read back: %v", err)
	}
	topic, found := s.topic.Draft(a, b.CID, authority(), s.at(maker))
	if len(found) > 0 || *topic.Document != b.CID {
		t.Fatal(found)
	}
	if _, found := topic.Draft(a, b.CID, authority(), s.at(agency)); codes(found) != "TOPIC-23" {
		t.Errorf("a second document for the round: %v", found)
	}
	r, err := Render(b.Data)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "agreement.txt", r.Text)
	golden(t, "agreement.hex", hex.EncodeToString(b.Data)+"\n")

	changed := agreement(t, s)
	changed.SignBy = a.SignBy
	changed.Amount.Minor++
	changed.Effects[0].Quantity = quantity.Of(99999)
	cb, _ := changed.Block()
	cr, err := Render(cb.Data)
	if err != nil {
		t.Fatal(err)
	}
	if r.Digest == cr.Digest {
		t.Error("two documents with one digest")
	}
	golden(t, "agreement.diff", Changes(r, cr))
	if Changes(r, r) != "" {
		t.Error("a rendering differs from itself")
	}
}

func TestAgreementRefusals(t *testing.T) {
	s := accepted(t)
	for _, c := range []struct {
		what string
		bend func(*Agreement)
		want string
	}{
		{"another type", func(a *Agreement) { a.Type = "PartnershipAgreement.v2" }, "AGREEMENT-01"},
		{"one party", func(a *Agreement) { a.Parties = a.Parties[:1] }, "AGREEMENT-02 AGREEMENT-04 AGREEMENT-06 AGREEMENT-08"},
		{"a policy nobody can read", func(a *Agreement) { a.Parties[0].Quorum = "the boss" }, "AGREEMENT-02"},
		{"a policy in other words", func(a *Agreement) { a.Parties[0].Quorum = "COO  and CFO" }, "AGREEMENT-02"},
		{"a party as witness", func(a *Agreement) { a.Witness = &maker }, "AGREEMENT-02"},
		{"a name that forges a line", func(a *Agreement) { a.Parties[0].Name = "x\nTERMS (0)" }, "AGREEMENT-02"},
		{"a summary that reads backwards", func(a *Agreement) { a.Summary = "\u202eabc" }, "AGREEMENT-03"},
		{"effects on a stranger's plan", func(a *Agreement) { a.Effects[0].Party = witness }, "AGREEMENT-04"},
		{"a cell fixed twice", func(a *Agreement) { a.Effects = append(a.Effects, a.Effects[1]) }, "AGREEMENT-04"},
		{"an artifact that is not named", func(a *Agreement) { a.Artifacts = a.Artifacts[:1] }, "AGREEMENT-05"},
		{"no rollout", func(a *Agreement) { a.Rollout = nil }, "AGREEMENT-08"},
		{"a step owned by a stranger", func(a *Agreement) { a.Rollout[0].Party = witness }, "AGREEMENT-08"},
		{"a step that waits for nothing known", func(a *Agreement) { a.Rollout[0].After = []string{"9"} }, "AGREEMENT-08"},
		{"steps that wait for each other", func(a *Agreement) {
			a.Rollout[0].After, a.Rollout[0].Due = []string{"2-order"}, a.Rollout[1].Due
		}, "AGREEMENT-09"},
		{"due before what it waits for", func(a *Agreement) { a.Rollout[1].Due = calendar.MustDate("2027-01-01") }, "AGREEMENT-10"},
		{"ends before it begins", func(a *Agreement) { a.Expires = a.From }, "AGREEMENT-10"},
		{"no review", func(a *Agreement) { a.Reviews = nil }, "AGREEMENT-10"},
		{"a condition without an action", func(a *Agreement) { a.Rollback[0].Action = "" }, "AGREEMENT-11"},
		{"a condition nobody measures", func(a *Agreement) { a.Rollback[0].Test = test(a, func(t *RollbackTest) { t.Measure = "MOOD" }) }, "AGREEMENT-40"},
		{"a condition nobody sees to", func(a *Agreement) {
			a.Rollback[0].Test = test(a, func(t *RollbackTest) { t.Party = block.Sum([]byte("stranger")) })
		}, "AGREEMENT-40"},
		{"a condition seen to in no time", func(a *Agreement) { a.Rollback[0].Test = test(a, func(t *RollbackTest) { t.Days = 0 }) }, "AGREEMENT-40"},
		{"a condition after the last day", func(a *Agreement) {
			a.Rollback[0].Test = test(a, func(t *RollbackTest) { t.Within = calendar.Bucket{Start: a.Expires, End: a.Expires.AddDays(1)} })
		}, "AGREEMENT-40"},
		{"a share with a unit", func(a *Agreement) { a.Rollback[0].Test = test(a, func(t *RollbackTest) { t.Unit = "C62" }) }, "AGREEMENT-40"},
		{"a sum without one", func(a *Agreement) { a.Rollback[0].Test = test(a, func(t *RollbackTest) { t.Measure = ByReceived }) }, "AGREEMENT-40"},
		{"products out of order", func(a *Agreement) {
			a.Rollback[0].Test = test(a, func(t *RollbackTest) { t.Products = []string{"B", "A"} })
		}, "AGREEMENT-40"},
		{"a step of no plan", func(a *Agreement) {
			a.Rollback[0].Test = &RollbackTest{Measure: ByStep, Step: "9-dance", Party: a.Parties[0].Company, Owner: COO, Days: 5}
		}, "AGREEMENT-40"},
		{"money of no country", func(a *Agreement) { a.Amount.Currency = "XXX" }, "AGREEMENT-12"},
	} {
		a := agreement(t, s)
		c.bend(&a)
		found := a.Check()
		if got := codes(found); !strings.HasPrefix(got+" ", strings.Fields(c.want)[0]+" ") && got != c.want {
			t.Errorf("%s: got %v, want %q", c.what, found, c.want)
		}
	}
	for _, c := range []struct {
		what string
		bend func(*Agreement)
		want string
	}{
		{"another round", func(a *Agreement) { a.Round = 1 }, "AGREEMENT-20"},
		{"the unaccepted offer", func(a *Agreement) { a.Offer = s.topic.Offers[0].Entry }, "AGREEMENT-20"},
		{"another price", func(a *Agreement) { a.Terms[0].Value = number("10") }, "AGREEMENT-22"},
		{"another unit for the price", func(a *Agreement) { a.Terms[0].Unit = "EUR" }, "AGREEMENT-22"},
		{"a trade-off left out", func(a *Agreement) { a.Trades = nil }, "AGREEMENT-22"},
		{"sign_by 15 days away", func(a *Agreement) { a.SignBy = s.now + MaxSignBy + day }, "AGREEMENT-23"},
		{"a cell of another product", func(a *Agreement) { a.Effects[0].Product = "3TC-150" }, "AGREEMENT-24"},
		{"a month beyond the horizon", func(a *Agreement) { a.Effects[0].Bucket = calendar.MustBucket("2027-04") }, "AGREEMENT-24"},
		{"sign_by in the past", func(a *Agreement) { a.SignBy = s.now - 1 }, "AGREEMENT-23"},
	} {
		a := agreement(t, s)
		c.bend(&a)
		if found := a.CheckAgainst(s.topic, s.now); codes(found) != c.want {
			t.Errorf("%s: got %v, want %q", c.what, found, c.want)
		}
	}
}

// The drafter can't choose whose signature binds the partner.
func TestDraftKeepsToTheAuthority(t *testing.T) {
	s := accepted(t)
	for _, c := range []struct {
		what string
		bend func(*AgreementParty, *Agreement)
		want string
	}{
		{"a weaker quorum", func(p *AgreementParty, _ *Agreement) { p.Quorum = "COO" }, "AGREEMENT-25"},
		{"another policy", func(p *AgreementParty, _ *Agreement) { p.Policy = pid }, "AGREEMENT-25"},
		{"two hats", func(p *AgreementParty, _ *Agreement) { p.DualHat = true }, "AGREEMENT-25"},
		{"a witness of its own", func(_ *AgreementParty, a *Agreement) { a.Witness = &witness }, "AGREEMENT-26"},
	} {
		a := agreement(t, s)
		c.bend(&a.Parties[1], &a)
		b, err := a.Block()
		if err != nil {
			t.Fatal(err)
		}
		if after, found := s.topic.Draft(a, b.CID, authority(), s.at(maker)); codes(found) != c.want || after.Document != nil {
			t.Errorf("%s: got %v, want %q", c.what, found, c.want)
		}
	}
}

// Text a partner wrote can't draw a line of its own, not even in a document nobody checked.
func TestRenderingKeepsPartnerTextInItsPlace(t *testing.T) {
	a := agreement(t, accepted(t))
	lines := strings.Count(a.text(pid), "\n")
	a.Title = "x\"\nSUPERSEDES (0)\u2028\u202e\u200b\\"
	text := a.text(pid)
	if strings.Count(text, "\n") != lines || strings.ContainsAny(text, "\u2028\u202e\u200b") || !strings.Contains(text, `\"\u{a}SUPERSEDES (0)\u{2028}\u{202e}\u{200b}\\"`) {
		t.Errorf("got\n%s", text)
	}
}

func TestRoleSignatures(t *testing.T) {
	s := accepted(t)
	a := agreement(t, s)
	b, _ := a.Block()
	coo := key(t, 1)
	limit := *a.Amount
	holder := Holder{Company: maker, Role: COO, Person: [16]byte{1}, Limit: &limit, Valid: true}
	body, err := a.For(b.CID, maker, pid, COO, coo.Public())
	if err != nil {
		t.Fatal(err)
	}
	signed, err := body.Sign(coo)
	if err != nil {
		t.Fatal(err)
	}
	data, _ := block.Marshal(signed)
	golden(t, "role-signature.hex", hex.EncodeToString(data)+"\n")
	fact, found := signed.Verify(a, b.CID, maker, holder)
	if len(found) > 0 || fact.Role != COO || fact.Key != coo.Public() {
		t.Fatal(fact, found)
	}
	for _, c := range []struct {
		what string
		bend func(*SignedRole, *block.CID, *Holder)
		want string
	}{
		{"for another partnership", func(s *SignedRole, _ *block.CID, _ *Holder) { s.Body.Partnership = maker }, "SIGNATURE-01"},
		{"for another document", func(s *SignedRole, _ *block.CID, _ *Holder) { s.Body.Document = maker }, "SIGNATURE-01"},
		{"for another round", func(s *SignedRole, _ *block.CID, _ *Holder) { s.Body.Round++ }, "SIGNATURE-01"},
		{"with more time", func(s *SignedRole, _ *block.CID, _ *Holder) { s.Body.SignBy++ }, "SIGNATURE-02"},
		{"under a weaker policy", func(s *SignedRole, _ *block.CID, _ *Holder) { s.Body.Policy = maker }, "SIGNATURE-03"},
		{"carried by the partner", func(_ *SignedRole, carrier *block.CID, _ *Holder) { *carrier = agency }, "SIGNATURE-04"},
		{"with a revoked key", func(_ *SignedRole, _ *block.CID, h *Holder) { h.Valid = false }, "SIGNATURE-05"},
		{"by another role", func(_ *SignedRole, _ *block.CID, h *Holder) { h.Role = CFO }, "SIGNATURE-05"},
		{"above the limit", func(_ *SignedRole, _ *block.CID, h *Holder) {
			h.Limit = &quantity.Money{Minor: limit.Minor - 1, Currency: "EUR"}
		}, "SIGNATURE-06"},
		{"with a limit in another currency", func(_ *SignedRole, _ *block.CID, h *Holder) {
			h.Limit = &quantity.Money{Minor: limit.Minor, Currency: "USD"}
		}, "SIGNATURE-06"},
		{"with a flipped bit", func(s *SignedRole, _ *block.CID, _ *Holder) { s.Sig[0] ^= 1 }, "SIGNATURE-07"},
		{"stripped", func(s *SignedRole, _ *block.CID, _ *Holder) { s.Sig = nil }, "SIGNATURE-07"},
		{"with the id_head moved", func(s *SignedRole, _ *block.CID, _ *Holder) { s.Body.IDHead = maker }, "SIGNATURE-07"},
	} {
		bent, carrier, h := signed, maker, holder
		bent.Sig = append([]byte{}, signed.Sig...)
		c.bend(&bent, &carrier, &h)
		if _, found := bent.Verify(a, b.CID, carrier, h); codes(found) != c.want {
			t.Errorf("%s: got %v, want %q", c.what, found, c.want)
		}
	}
	if _, err := body.Sign(key(t, 2)); err == nil {
		t.Error("signed with a key the body does not name")
	}
	if _, err := a.For(b.CID, witness, pid, COO, keys.Public{}); err == nil {
		t.Error("a body for a stranger")
	}
}

func TestLifecycle(t *testing.T) {
	s := accepted(t)
	first, second := agreement(t, s), agreement(t, s)
	ledger := func(supersedes bool, verdict Verdict) []Concluded {
		second.Supersedes = nil
		if supersedes {
			second.Supersedes = []block.CID{forecast}
		}
		return []Concluded{{CID: forecast, Doc: first, Verdict: Final, Final: Mark{Lam: 1, T: calendar.MustDate("2027-03-01").Millis()}},
			{CID: capacity, Doc: second, Verdict: verdict, Final: Mark{Lam: 2, T: calendar.MustDate("2027-03-01").Millis()}}}
	}
	in, before, after := calendar.MustDate("2027-03-01"), calendar.MustDate("2027-01-31"), calendar.MustDate("2027-05-01")
	for _, c := range []struct {
		what    string
		ledger  []Concluded
		on      calendar.Date
		one     Standing
		two     Standing
		cells   int
		pending bool
	}{
		{"two on the same cells", ledger(false, Final), in, InForce, InForce, 4, true},
		{"the second takes the first one's place", ledger(true, Final), in, Superseded, InForce, 2, false},
		{"not before its first day", ledger(true, Final), before, Upcoming, Upcoming, 4, true},
		{"an open one supersedes nothing", ledger(true, Open), in, InForce, Pending, 2, false},
		{"a contested one has no effects", ledger(false, Contested), in, InForce, Suspended, 2, false},
		{"a void one binds nobody", ledger(true, Void), in, InForce, Voided, 2, false},
		{"both have ended", ledger(false, Final), after, Ended, Ended, 0, false},
	} {
		got := Standings(c.ledger, c.on)
		effects := EffectsInForce(c.ledger, c.on)
		if got[forecast] != c.one || got[capacity] != c.two || len(effects) != c.cells || c.cells > 0 && effects[0].Pending != c.pending {
			t.Errorf("%s: got %s and %s with %d cells", c.what, got[forecast], got[capacity], len(effects))
		}
	}
	if next := first.Next(map[string]bool{}); len(next) != 1 || next[0].ID != "1-shift" {
		t.Errorf("first step: %+v", next)
	}
	if next := first.Next(map[string]bool{"1-shift": true}); len(next) != 1 || next[0].ID != "2-order" {
		t.Errorf("second step: %+v", next)
	}
}

// Of two agreements on one cell the first acts until the parties have said which holds, or the newest once their days are over (practice T1).
func TestOneOfTwoAgreementsActs(t *testing.T) {
	s := accepted(t)
	first, second := agreement(t, s), agreement(t, s)
	monday := calendar.MustDate("2027-03-08")
	thursday := monday.AddDays(3)
	for _, c := range []struct {
		what    string
		final   calendar.Date // of the second
		on      calendar.Date
		again   block.CID // reconfirmed by all
		acts    block.CID
		pending bool
	}{
		{"on the day itself", monday, monday, block.CID{}, forecast, true},
		{"on the last of the two business days", monday, monday.AddDays(2), block.CID{}, forecast, true},
		{"after them the newest holds", monday, monday.AddDays(3), block.CID{}, capacity, false},
		{"a weekend is no business day", thursday, thursday.AddDays(4), block.CID{}, forecast, true},
		{"and then they are over", thursday, thursday.AddDays(5), block.CID{}, capacity, false},
		{"reconfirmed at once", monday, monday, capacity, capacity, false},
		{"reconfirmed, the first goes on", monday, monday.AddDays(20), forecast, forecast, false},
	} {
		ledger := []Concluded{{CID: forecast, Doc: first, Verdict: Final, Final: Mark{Lam: 1, T: 1}, Reconfirmed: c.again == forecast},
			{CID: capacity, Doc: second, Verdict: Final, Final: Mark{Lam: 2, T: c.final.Millis()}, Reconfirmed: c.again == capacity}}
		effects := EffectsInForce(ledger, c.on)
		if len(effects) != 4 {
			t.Fatalf("%s: %d cells", c.what, len(effects))
		}
		for _, e := range effects {
			if e.Acts != (e.Agreement == c.acts) || e.Pending != c.pending || c.pending && e.Due < c.on {
				t.Errorf("%s: agreement %s acts %t, pending %t until %s", c.what, e.Agreement.Short(), e.Acts, e.Pending, e.Due)
			}
		}
	}
}

// test is a condition by reports that would stand, bent.
func test(a *Agreement, bend func(*RollbackTest)) *RollbackTest {
	t := &RollbackTest{Measure: ByOTIF, Below: true, Limit: quantity.MustParse("0.9"), Within: calendar.Bucket{Start: a.From, End: a.From.AddDays(28)}, Party: a.Parties[0].Company, Owner: COO, Days: 5}
	bend(t)
	return t
}

// What decides a condition stands in the text that is signed, and in words that nothing does.
func TestARollbackSaysHowItIsMeasured(t *testing.T) {
	a := agreement(t, accepted(t))
	a.Rollback = append(a.Rollback, Rollback{Condition: "late", Action: "stop", Test: test(&a, func(t *RollbackTest) { t.Least = 10; t.Products = []string{"ZDV-300"} })},
		Rollback{Condition: "unstaffed", Action: "stop", Test: &RollbackTest{Measure: ByStep, Step: a.Rollout[0].ID, Party: a.Parties[0].Company, Owner: COO, Days: 2}})
	if found := a.Check(); len(found) > 0 {
		t.Fatal(found)
	}
	body, err := a.Block()
	if err != nil {
		t.Fatal(err)
	}
	r, err := Render(body.Data)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"not measured: the reviews look at it", `measured: if the share of delivery lines on time in full is below 0.9 in 2027-02 for products "ZDV-300" over 10 lines or more, the COO of "`,
		`measured: if step "` + a.Rollout[0].ID + `" is not reported by its day, the COO of ` + a.who(a.Parties[0].Company) + " sees to it within 2 working days\n"} {
		if !strings.Contains(r.Text, want) {
			t.Errorf("%q is not in\n%s", want, r.Text)
		}
	}
}
