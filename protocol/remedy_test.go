package protocol_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/feed"
	"kontor/protocol/forecast"
	"kontor/protocol/measure"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
	"kontor/testnet/virtual"
)

var refreshYear = flag.Bool("update", false, "write the transcripts of remedies anew")

// year is two companies under terms with one SLA.
type year struct {
	t       *testing.T
	s       *virtual.Scene
	buyer   *virtual.Desk
	seller  *virtual.Desk
	last    map[string]*block.CID // newest report by author and window
	count   map[string]int64
	printed map[string]string
	out     strings.Builder
}

// slaTerms are terms of a year with a credit for on time in full.
func slaTerms(at int64, change func(*terms.Document)) terms.Document {
	doc := virtual.Terms("frame", 0, nil, at, 12_345)
	doc.PaymentDays = 30
	doc.SLAs = []terms.SLA{{ID: "otif", Name: "on time in full", By: terms.Seller, Measure: mustDefine(measure.OTIF), Target: quantity.MustParse("0.95"), Window: terms.Window{Kind: terms.PerMonth}, MinSample: 10,
		Exclusions: []measure.Reason{measure.ForceMajeure}, Source: terms.Both, Duties: []terms.Duty{{By: terms.Buyer, What: "receipts", DueDays: 3, CorrectDays: 10}, {By: terms.Seller, What: "despatches", DueDays: 3, CorrectDays: 10}},
		OnMissing: terms.CounterpartyStands, Agree: quantity.MustParse("0.005")}}
	doc.Remedies = []terms.Remedy{{ID: "credit", SLA: "otif", Kind: terms.Credit, Pool: "delivery", PoolPPM: 500_000, AllocationPPM: 400_000, AtRiskPPM: 100_000,
		Tiers: []terms.RemedyTier{{Beyond: quantity.MustParse("0.95"), SharePPM: 500_000}, {Beyond: quantity.MustParse("0.9"), SharePPM: terms.PPM}},
		Cap:   &quantity.Money{Minor: 60_000, Currency: "EUR"}, CapPeriod: terms.PerQuarter, EarnBack: 2, AutoApply: true, DisputeDays: 10}}
	if change != nil {
		change(&doc)
	}
	return doc
}

func mustDefine(c measure.Code) measure.Definition {
	d, err := measure.Define(c, nil)
	if err != nil {
		panic("invariant: " + err.Error())
	}
	return d
}

// newYear puts terms in force by an agreement that officers of both sides signed.
func newYear(t *testing.T, change func(*terms.Document)) *year {
	t.Helper()
	return yearOf(t, scene(t, 2, false), change)
}

func yearOf(t *testing.T, s *virtual.Scene, change func(*terms.Document)) *year {
	t.Helper()
	y := &year{t: t, s: s, last: map[string]*block.CID{}, count: map[string]int64{}, printed: map[string]string{}}
	y.parties()
	first := share(t, y.seller, slaTerms(s.Now, change))
	meet(t, s)
	if codes := codesOf(t, y.buyer, first); len(codes) > 0 {
		t.Fatalf("terms refused: %v", codes)
	}
	document := agree(t, s, *first.Header.Body, y.seller.ID, "2027-01-01", "2028-01-01")
	everywhere(t, s, document, "")
	signAll(t, s, *document.Header.Body)
	return y
}

// parties finds who buys and who sells.
func (y *year) parties() {
	for _, d := range y.s.Parties() {
		if m, _ := d.Contract.Genesis.Member(d.ID); m.Role == "buyer" {
			y.buyer = d
		} else {
			y.seller = d
		}
	}
}

// counted is what a month was: lines due, of them on time in full, left out for force majeure.
type counted struct {
	due, good, out int64
	evidence       bool
	proof          *block.CID // nil: the terms, which both can open
	closed         bool
}

func (y *year) report(d *virtual.Desk, month string, c counted) {
	y.t.Helper()
	w := calendar.MustBucket(month)
	key := d.Name + month
	all, ordered, onTime := quantity.Of((c.due+c.out)*100), quantity.Of(c.due*100), quantity.Of(c.good*100)
	cell := performance.Cell{Item: forecast.Item{BuyersID: virtual.Product}, Place: forecast.Location{Region: "CI"}, Bucket: w, Unit: "PK", Ordered: &all, Received: &all, OnTime: &onTime, InFull: &ordered,
		Deliveries: &performance.Deliveries{Due: c.due, OnTime: c.good, Quantified: c.due, InFull: c.due, Both: c.good, InWindow: onTime, Ordered: ordered}}
	if c.out > 0 {
		l := performance.Left{Reason: measure.ForceMajeure, Lines: c.out}
		if c.evidence {
			if l.Evidence = c.proof; c.proof == nil {
				id := y.frame()
				l.Evidence = &id
			}
		}
		cell.Deliveries.LeftOut = []performance.Left{l}
	}
	doc := virtual.Performance(key, y.count[key], y.last[key], y.s.Now, w, c.closed, 1)
	doc.Cells = []performance.Cell{cell}
	e := share(y.t, d, doc)
	if codes := codesOf(y.t, d, e); len(codes) > 0 {
		y.t.Fatalf("%s: report of %s refused: %v", d.Name, month, codes)
	}
	y.count[key]++
	y.last[key] = e.Header.Body
	y.say("%s reports %s: %d of %d lines on time in full, %d left out%s", d.Name, month, c.good, c.due, c.out, map[bool]string{true: " with evidence"}[c.evidence])
}

func (y *year) act(d *virtual.Desk, a remedy.Act) []string {
	y.t.Helper()
	e := write(y.t, d, protocol.KindRemedy, a)
	meet(y.t, y.s)
	return codesOf(y.t, d, e)
}

// day lets the time come and everybody write something: nothing happens without an entry.
func (y *year) day(on string) {
	y.t.Helper()
	y.s.Now = calendar.MustDate(on).Millis() + 12*virtual.Hour
	y.say("-- %s", on)
	y.beat(y.s.Parties()...)
	y.state()
}

func (y *year) beat(desks ...*virtual.Desk) {
	y.t.Helper()
	meet(y.t, y.s)
	for _, d := range desks {
		must[feed.Entry](y.t)(d.Write(protocol.Draft{Kind: protocol.KindHeartbeat}))
	}
	meet(y.t, y.s)
}

func (y *year) say(format string, args ...any) { fmt.Fprintf(&y.out, format+"\n", args...) }

func (y *year) items() (out []remedy.Item) {
	y.t.Helper()
	if err := y.buyer.View(func(r *protocol.Replica) (err error) { out, err = r.Remedies(); return err }); err != nil {
		y.t.Fatal(err)
	}
	return out
}

// state prints what changed, and demands that both keep the same rows.
func (y *year) state() {
	y.t.Helper()
	sameRows(y.t, y.s.Desks...)
	var windows []protocol.SLARow
	if err := y.buyer.View(func(r *protocol.Replica) (err error) { windows, err = r.SLAWindows(); return err }); err != nil {
		y.t.Fatal(err)
	}
	show := func(key, text string) {
		if y.printed[key] != text {
			y.printed[key] = text
			y.say("   %s", text)
		}
	}
	for _, w := range windows {
		text := fmt.Sprintf("%s %s: %s", w.SLA, w.Period, w.State)
		if r := w.Result(); r != nil {
			text += " " + string(r.Verdict)
			if r.Value != nil {
				text += fmt.Sprintf(" at %s by %s of %d lines", r.Value, r.Stands, r.Count)
			}
			if r.Why != "" {
				text += " (" + string(r.Why) + ")"
			}
			for _, l := range r.Excluded {
				text += fmt.Sprintf(", %d lines excluded for %s", l.Lines, l.Reason)
			}
			for _, l := range r.Refused {
				text += fmt.Sprintf(", %d lines left out for %s in vain", l.Lines, l.Reason)
			}
			if r.Charges != nil {
				text += ", charges " + r.Charges.String()
			}
		}
		show(w.SLA+w.Period.String(), text)
	}
	for _, i := range y.items() {
		text := fmt.Sprintf("%s %s %s of %s: %s owes %s %s", i.Kind, i.Remedy, i.Period, i.SLA, i.Debtor, i.Creditor, i.Amount)
		if i.Limited != "" {
			text += fmt.Sprintf(" (%s before %s)", i.Computed, i.Limited)
		}
		text += fmt.Sprintf(", %s, pay by %s", i.Status, i.PayBy)
		show(i.ID, text)
	}
	for _, d := range y.disputes() {
		show(d.ID, disputeText(d))
	}
}

// golden compares the transcript with its file.
func (y *year) golden(name, header string) {
	y.t.Helper()
	path := "testdata/" + name
	got := header + "\n\n" + y.out.String()
	if *refreshYear {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			y.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		y.t.Fatal(err)
	}
	if string(want) != got {
		y.t.Fatalf("%s differs; after a look: go test ./protocol -run %s -update\n%s", path, y.t.Name(), got)
	}
}

// one is the only entry of a window.
func (y *year) one(month string, kind remedy.Kind) remedy.Item {
	y.t.Helper()
	list := slices.DeleteFunc(y.items(), func(i remedy.Item) bool { return i.Period != calendar.MustBucket(month) || i.Kind != kind })
	if len(list) != 1 {
		y.t.Fatalf("%d entries %s of %s", len(list), kind, month)
	}
	return list[0]
}

// A year of credits as a planner reads it: tiers, the cap of a quarter, an exclusion with evidence and one in vain, earn-back, a report withheld by each
// side, too few lines, figures apart that the desks agree upon, and one correction after the fact.
func TestYearOfCredits(t *testing.T) {
	y := newYear(t, nil)
	both := func(month string, c counted) {
		for _, d := range []*virtual.Desk{y.buyer, y.seller} {
			y.report(d, month, c)
		}
	}
	credit := remedy.Kind(terms.Credit)
	y.day("2027-02-03")
	both("2027-01", counted{due: 20, good: 20})
	y.day("2027-02-16")
	y.day("2027-03-04")
	y.report(y.buyer, "2027-02", counted{due: 20, good: 18})
	y.report(y.seller, "2027-02", counted{due: 18, good: 18, out: 2})
	y.day("2027-03-16")
	y.day("2027-04-02")
	both("2027-03", counted{due: 20, good: 10})
	y.day("2027-04-16")
	feb := y.one("2027-02", credit)
	if codes := y.act(y.buyer, remedy.Act{Verb: remedy.Acknowledge, Items: []string{feb.ID}}); !slices.Equal(codes, []string{remedy.CodeSide}) {
		t.Fatalf("the buyer acknowledges what the seller owes: %v", codes)
	}
	if codes := y.act(y.seller, remedy.Act{Verb: remedy.Acknowledge, Items: []string{feb.ID}}); len(codes) > 0 {
		t.Fatal(codes)
	}
	if codes := y.act(y.seller, remedy.Act{Verb: remedy.Settle, Items: []string{feb.ID}, Reference: "credit note 4711"}); len(codes) > 0 {
		t.Fatal(codes)
	}
	y.say("the seller acknowledges the credit of February and settles it by credit note 4711")
	y.state()
	y.day("2027-05-04")
	both("2027-04", counted{due: 20, good: 20})
	y.day("2027-05-18")
	y.day("2027-06-03")
	both("2027-05", counted{due: 20, good: 20})
	y.day("2027-06-16")
	y.day("2027-07-02")
	y.report(y.buyer, "2027-06", counted{due: 18, good: 18, out: 2})
	y.report(y.seller, "2027-06", counted{due: 18, good: 18, out: 2, evidence: true})
	y.day("2027-07-16")
	y.day("2027-08-03")
	y.report(y.buyer, "2027-07", counted{due: 20, good: 17})
	y.day("2027-08-17")
	y.day("2027-09-02")
	y.report(y.buyer, "2027-08", counted{due: 20, good: 15})
	y.report(y.seller, "2027-08", counted{due: 20, good: 20})
	y.day("2027-09-16")
	w := remedy.Window{Contract: "FRAME-2027", SLA: "otif", Period: calendar.MustBucket("2027-08")}
	if codes := y.act(y.buyer, remedy.Act{Verb: remedy.Dispute, Items: []string{y.one("2027-08", credit).ID}, Reason: "what is held is not due yet"}); !slices.Equal(codes, []string{remedy.CodeStatus}) {
		t.Fatalf("what is held is disputed: %v", codes)
	}
	if codes := y.act(y.seller, remedy.Act{Verb: remedy.Agree, Window: &w}); len(codes) > 0 {
		t.Fatal(codes)
	}
	y.say("the seller's desk agrees to the buyer's figures of August")
	y.state()
	y.day("2027-10-04")
	both("2027-09", counted{due: 8, good: 1})
	y.day("2027-10-18")
	y.day("2027-11-02")
	y.report(y.seller, "2027-10", counted{due: 20, good: 20})
	y.day("2027-11-16")
	y.day("2027-12-02")
	both("2027-11", counted{due: 20, good: 18})
	y.day("2027-12-16")
	both("2027-11", counted{due: 20, good: 17})
	y.say("both correct November after the fact")
	y.day("2028-01-04")
	y.day("2028-01-18")
	y.day("2028-02-03")
	for _, m := range remedy.Net(y.items()) {
		y.say("net of %s: %s %s, open %s, held %s", m.Month.Month(), m.Debtor, m.Net, m.Open, m.Held)
	}
	y.golden("remedy_year.txt", "# A year of an SLA: on time in full, at least 0.95 of the lines of a month, both sides report by the third working day and correct until the tenth.\n"+
		"# A miss credits 2 % of the month's charges (pool 0.5 x allocation 0.4 x 10 % at risk), half of it down to 0.9; at most 600.00 EUR a quarter; what was\n"+
		"# paid comes back when the next two months reach the target. Every line below is the same on both nodes, which compute it alone.")
	seen := map[string]bool{}
	for _, i := range y.items() {
		key := fmt.Sprint(i.Kind, i.Window, i.Remedy)
		if seen[key] {
			t.Errorf("twice: %s", key)
		}
		seen[key] = true
	}
}
