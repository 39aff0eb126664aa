package desk

import (
	"bytes"
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"kontor/crypto/keys"
	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
	"kontor/protocol/tier"
)

const billCSV = "product,component,quantity_per_pack,unit\nEFV600-30,API-EFV,0.018,KGM\n3TC150-60,API-3TC,0.009,KGM\n"

// lastEmission is the last demand passed on to the one supplier; false when there was none.
func (d *desked) lastEmission() (EmissionReport, bool, error) {
	st, err := d.TierStatus("")
	return st.Last, st.Last.CID != "", err
}

func (d *desked) maker(t *testing.T, customer, supplier string, holdOff int64) {
	t.Helper()
	if _, err := d.ImportBill(context.Background(), []byte(billCSV), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.ImportStock([]byte("product,on_hand\nAPI-EFV,4\n"), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.SetEdge(EdgeOptions{From: customer, To: supplier, Mode: tier.Derive, HoldOffSeconds: holdOff}); err != nil {
		t.Fatal(err)
	}
}

func (d *desked) grants(t *testing.T, to string) GrantView {
	t.Helper()
	draft, err := d.GrantDraft(GrantOptions{To: to, Purpose: "the supplier plans its ingredients"})
	if err != nil {
		t.Fatal(err)
	}
	signed, err := SignGrant(d.officer(t, "COO"), draft)
	if err != nil {
		t.Fatal(err)
	}
	v, err := d.AddGrant(signed)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// One customer's demand goes one tier further by itself, once an officer has granted it, and nothing else of the customer does.
func TestDemandGoesOneTierFurther(t *testing.T) {
	agency, maker, supplier := foundDesk(t, "Relief Agency"), foundDesk(t, "Tablet Maker"), foundDesk(t, "Ingredient Maker")
	down, up := agency.buysFrom(t, maker), maker.buysFrom(t, supplier)
	first := agency.shares(t, down, need(product, country, 1000, 2000))
	maker.maker(t, "Relief Agency", "Ingredient Maker", 1)

	soon(t, "the reason why nothing leaves", func() bool {
		st, err := maker.TierStatus("")
		return err == nil && strings.Contains(st.Note, "need an officer's grant") && strings.Contains(st.Note, "shows one customer's total")
	})
	if docs := supplier.received(t, up.PID); len(docs) != 0 {
		t.Fatalf("%d forecasts left without a grant", len(docs))
	}
	preview, err := maker.PreviewTier("")
	if err != nil || strings.Join(preview.Held, "") != "API-EFV" || len(preview.Inferable) != 1 || !strings.Contains(preview.Inferable[0], "Relief Agency") {
		t.Fatalf("the preview says %+v, %v", preview, err)
	}
	granted := maker.grants(t, "")
	if granted.Officer != "COO" || len(granted.Inferable) != 1 {
		t.Fatalf("the grant is %+v", granted)
	}
	soon(t, "the derived demand", func() bool { return len(supplier.received(t, up.PID)) == 1 })
	doc := supplier.received(t, up.PID)[0]
	if got := means(t, doc.Lines, "API-EFV", forecast.EndDemand); got != "18 36" || doc.Emission == nil || len(doc.Emission.Events) != 1 || doc.Emission.Hops != 1 {
		t.Fatalf("the supplier got %q with emission %+v", got, doc.Emission)
	}

	// The agency raises one product: a new revision follows by itself, and its time is measured.
	second := agency.shares(t, down, need(product, country, 1500, 2000))
	soon(t, "the second revision", func() bool {
		docs := supplier.received(t, up.PID)
		return len(docs) == 1 && docs[0].Header.Revision == 1
	})
	soon(t, "its report", func() bool { last, _, err := maker.lastEmission(); return err == nil && last.Revision == 1 })
	last, found, err := maker.lastEmission()
	if err != nil || !found || last.Milliseconds < 0 || last.Milliseconds > 60_000 || last.Lines != 2 {
		t.Fatalf("the report is %+v, %v", last, err)
	}
	if got := means(t, supplier.received(t, up.PID)[0].Lines, "API-EFV", forecast.PlannedReceipts); got != "23 36" {
		t.Fatalf("with 4 kg in store the supplier got receipts of %q", got)
	}
	if got := means(t, supplier.received(t, up.PID)[0].Lines, "API-EFV", forecast.EndDemand); got != "27 36" {
		t.Fatalf("the supplier got %q", got)
	}

	// A change inside the dead band stays.
	agency.shares(t, down, need(product, country, 1510, 2000))
	soon(t, "the dead band's note", func() bool { st, _ := maker.TierStatus(""); return strings.Contains(st.Note, "dead band") })

	// Revoked, nothing more leaves.
	if err := maker.RevokeGrant(granted.ID); err != nil {
		t.Fatal(err)
	}
	agency.shares(t, down, need(product, country, 9000, 2000))
	soon(t, "the refusal after revocation", func() bool {
		st, _ := maker.TierStatus("")
		return strings.Contains(st.Note, "need an officer's grant")
	})
	if docs := supplier.received(t, up.PID); docs[0].Header.Revision != 1 {
		t.Fatal("demand left after its grant was revoked")
	}

	for _, data := range supplier.blocksOf(t, up.PID) {
		for _, secret := range [][]byte{[]byte("Relief"), []byte(product), first.Bytes(), second.Bytes(), []byte(first.String()), down.PID.Bytes(), []byte(down.PID.String()),
			agency.n.Company().Bytes(), []byte(agency.n.Company().String()), append([]byte{0x62}, country...)} {
			if bytes.Contains(data, secret) {
				t.Errorf("the supplier holds %q of the agency", secret)
			}
		}
	}
}

// What a customer has ordered meets what it forecast, by its own rule, before anything goes one tier further: an order is passed on once, and one that is more
// than was foreseen is passed on in full.
func TestOrdersArePassedOnOnce(t *testing.T) {
	agency, maker, supplier := foundDesk(t, "Relief Agency"), foundDesk(t, "Tablet Maker"), foundDesk(t, "Ingredient Maker")
	down, up := agency.buysFrom(t, maker), maker.buysFrom(t, supplier)
	ordered := func(inDecember int64) forecast.Line {
		l, q := need(product, country, 1000, 2000), quantity.Of(inDecember)
		l.Buckets[0].Ordered = &q
		return l
	}
	agency.sharesAs(t, down, forecast.Consumption{Forward: 1}, ordered(1500))
	maker.maker(t, "Relief Agency", "Ingredient Maker", 1)
	maker.grants(t, "")
	got := func(want string) func() bool {
		return func() bool {
			docs := supplier.received(t, up.PID)
			return len(docs) == 1 && means(t, docs[0].Lines, "API-EFV", forecast.EndDemand) == want
		}
	}
	soon(t, "500 more in December and 500 less in January: the sum of the forecast", got("27 27"))
	agency.sharesAs(t, down, forecast.Consumption{Forward: 1}, ordered(4000))
	soon(t, "an order above all that was foreseen, once", got("72 0"))
}

// A stop between decision and receipt writes the emission exactly once.
func TestAnEmissionIsWrittenExactlyOnce(t *testing.T) {
	agency, maker, supplier := foundDesk(t, "Relief Agency"), foundDesk(t, "Tablet Maker"), foundDesk(t, "Ingredient Maker")
	down, up := agency.buysFrom(t, maker), maker.buysFrom(t, supplier)
	maker.maker(t, "", "", 1)
	maker.grants(t, "")
	agency.shares(t, down, need(product, country, 1000, 2000))
	soon(t, "the first emission", func() bool { last, found, _ := maker.lastEmission(); return found && last.Revision == 0 })

	// The receipt is lost, as if the machine had stopped right after the entry was durable; then right before.
	st, err := maker.tierState(up.PID)
	if err != nil {
		t.Fatal(err)
	}
	maker.stop()
	home := maker.home
	lose := func(event tier.EventID, report EmissionReport) {
		n, err := node.Open(node.Config{Home: home, Offline: true})
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		sending := *st.Edge.Last
		if event != (tier.EventID{}) {
			sending.Events = []tier.EventID{event}
		}
		err = n.Private(func(rows node.PrivateRows) error {
			lost := st
			lost.Sending, lost.Report = &sending, report
			return rows.Put(stateRows+up.PID.String(), lost)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	lose(tier.EventID{}, EmissionReport{})
	maker = openDesk(t, home)
	soon(t, "the receipt again", func() bool { _, found, _ := maker.lastEmission(); return found })
	if last, _, _ := maker.lastEmission(); last.CID != st.Report.CID || last.Revision != 0 {
		t.Fatalf("after the restart the emission is %+v, it was %+v", last, st.Report)
	}
	maker.stop()
	lose(tier.EventID{5}, st.Report)
	maker = openDesk(t, home)
	soon(t, "the emission that was decided and not written", func() bool { last, _, _ := maker.lastEmission(); return last.Revision == 1 })
	soon(t, "it at the supplier", func() bool {
		docs := supplier.received(t, up.PID)
		return len(docs) == 1 && docs[0].Header.Revision == 1
	})
}

// An arrival that carries an event of our own is recorded and goes no further.
func TestALoopIsRecorded(t *testing.T) {
	agency, maker, supplier := foundDesk(t, "Relief Agency"), foundDesk(t, "Tablet Maker"), foundDesk(t, "Ingredient Maker")
	down, up := agency.buysFrom(t, maker), maker.buysFrom(t, supplier)
	maker.maker(t, "", "", 1)
	maker.grants(t, "")
	agency.shares(t, down, need(product, country, 1000, 2000))
	soon(t, "the first emission", func() bool { _, found, _ := maker.lastEmission(); return found })
	soon(t, "it at the supplier", func() bool { return len(supplier.received(t, up.PID)) > 0 })
	event := supplier.received(t, up.PID)[0].Emission.Events[0]

	// The agency's demand comes back to the maker with the maker's own event, as from a circle.
	end, receipts := need(product, country, 1950, 3900), need(product, country, 1950, 3900)
	end.Role, receipts.Role = forecast.EndDemand, forecast.PlannedReceipts
	s, err := agency.series(down.PID, forecast.Type, "own")
	if err != nil {
		t.Fatal(err)
	}
	var h artifact.Header
	err = agency.n.View(down.PID, func(r *protocol.Replica) (err error) {
		h, _, err = agency.next(r, forecast.Type, s, agency.n.Now())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	h.Scope, h.Provenance = artifact.Everything(), artifact.Provenance{SourceSystem: "test", Activity: "EXPLODE"}
	sheet, err := forecast.ToSheet(forecast.Document{Header: h, Purpose: forecast.OrderForecast, Lines: []forecast.Line{end, receipts}, Emission: &forecast.Emission{Events: [][]byte{event}, Hops: 3}}, s.Key)
	if err == nil {
		_, _, err = agency.share(context.Background(), down, "", protocol.KindForecast, sheet)
	}
	if err != nil {
		t.Fatal(err)
	}
	soon(t, "the record of the loop", func() bool {
		st, _ := maker.TierStatus("")
		return len(st.Recorded) == 1 && st.Recorded[0].Verdict == tier.Looped
	})
	st, err := maker.TierStatus("")
	if err != nil || st.Last.Revision != 0 || st.Waiting != 0 {
		t.Fatalf("after the loop: %+v, %v", st, err)
	}
	// It came back at nearly all of its size: 0.95 of what was sent.
	if st.Suspended == nil || st.Suspended.Reason != tier.LoopGain {
		t.Fatalf("the edge is suspended: %+v", st.Suspended)
	}
	if err := maker.ResumeEdge(""); err != nil {
		t.Fatal(err)
	}
	soon(t, "the edge to resume", func() bool { st, _ := maker.TierStatus(""); return st.Suspended == nil })
}

// Grants are an officer's of this company, and nobody else's.
func TestGrantsAreVerified(t *testing.T) {
	maker, supplier := foundDesk(t, "Tablet Maker"), foundDesk(t, "Ingredient Maker")
	maker.buysFrom(t, supplier)
	draft, err := maker.GrantDraft(GrantOptions{Purpose: "plan"})
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := keys.Generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := SignGrant(stranger, draft)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := maker.AddGrant(signed); err == nil || !strings.Contains(err.Error(), "no officer's key") {
		t.Fatalf("a stranger's grant: %v", err)
	}
	officer := maker.officer(t, "CFO")
	if signed, err = SignGrant(officer, draft); err != nil {
		t.Fatal(err)
	}
	altered := signed
	altered.Document = bytes.Replace(bytes.Clone(signed.Document), []byte("plan"), []byte("scan"), 1)
	if _, err := maker.AddGrant(altered); err == nil || !strings.Contains(err.Error(), "does not verify") {
		t.Fatalf("an altered grant: %v", err)
	}
	draft.Company = supplier.n.Company()
	if other, _ := SignGrant(officer, draft); true {
		if _, err := maker.AddGrant(other); err == nil || !strings.Contains(err.Error(), "another company") {
			t.Fatalf("a grant of another company: %v", err)
		}
	}
	v, err := maker.AddGrant(signed)
	if err != nil || !v.Stands || v.Officer != "CFO" {
		t.Fatalf("%+v, %v", v, err)
	}
	if err := maker.RevokeGrant(v.ID); err != nil {
		t.Fatal(err)
	}
	if all, err := maker.Grants(); err != nil || len(all) != 1 || all[0].Stands {
		t.Fatalf("after revocation: %+v, %v", all, err)
	}
	if _, err := maker.AddGrant(signed); err == nil {
		t.Fatal("a revoked grant is taken again")
	}
}
