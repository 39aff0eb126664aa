package desk

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
	"kontor/protocol/capacity"
	"kontor/protocol/decision"
	"kontor/protocol/forecast"
	"kontor/protocol/quality"
	"kontor/protocol/quantity"
	"kontor/testnet/virtual"
)

// march is the cell every effect of these tests is about: the third bucket of every forecast of the cast.
var march = decision.Cell{Product: virtual.Product, Region: "CI", Bucket: virtual.Months[2]}

// agreedScene is a buyer and a seller with a forecast, after an agreement with one effect of the given kind; shared runs before it.
func agreedScene(t *testing.T, kind decision.EffectKind, quantityOf int64, ref string, shared func(*virtual.Scene)) *virtual.Scene {
	t.Helper()
	s, err := virtual.NewScene(2, false)
	if err == nil {
		err = s.Signed()
	}
	if err != nil {
		t.Fatal(err)
	}
	if shared != nil {
		shared(s)
	}
	topic, err := s.Negotiate(s.Now + 20*virtual.Day)
	if err != nil {
		t.Fatal(err)
	}
	buyer := s.Desk("agency")
	document, err := s.DraftWith(buyer, topic, s.Now+3*virtual.Day, 0, func(doc *decision.Agreement) {
		e := decision.Effect{Kind: kind, Party: buyer.ID, Cell: march, Quantity: quantity.Of(quantityOf), Unit: "PK", Ref: ref}
		if kind == decision.CAPADue {
			e.Quantity, e.Unit = quantity.Quantity{}, ""
		}
		doc.Effects, doc.From = []decision.Effect{e}, calendar.DateOf(s.Now)
	})
	if err == nil {
		err = s.Conclude(document)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func share(t *testing.T, s *virtual.Scene, d *virtual.Desk, doc any) block.CID {
	t.Helper()
	draft, err := virtual.Share(doc)
	if err == nil {
		_, err = d.Write(draft)
	}
	if err == nil {
		err = s.Meet()
	}
	if err != nil {
		t.Fatal(err)
	}
	return draft.Body.CID
}

// asked is what both nodes' matches take as the mean demand of March of a version.
func asked(t *testing.T, s *virtual.Scene, root block.CID) (mean string, notes []string) {
	t.Helper()
	for i, d := range s.Parties() {
		var here string
		err := d.View(func(r *protocol.Replica) error {
			doc, err := r.Forecast(root)
			if err != nil {
				return err
			}
			effects, err := effectsOn(r, calendar.DateOf(s.Now), 0)
			if err != nil {
				return err
			}
			doc, notes, err = withAgreed(r, root, doc, effects)
			cell, _ := doc.Lines[0].Cell(virtual.Months[2])
			here = cell.Mean.String()
			return err
		})
		if err != nil || i > 0 && here != mean {
			t.Fatalf("%s takes %s, the other %s: %v", d.Name, here, mean, err)
		}
		mean = here
	}
	return mean, notes
}

// What a buyer accepted counts in later matches over the version in force at finality; a later revision changes it only where it is material, and then
// the match goes by the revision and says so.
func TestAcceptedForecastReachesTheMatch(t *testing.T) {
	for _, kind := range []decision.EffectKind{decision.ForecastAccepted, decision.LastTimeBuy} {
		var first block.CID
		s := agreedScene(t, kind, 850, "", func(s *virtual.Scene) {
			first = share(t, s, s.Desk("agency"), virtual.Forecast("demand", 0, nil, s.Now, 400, 500, 900))
		})
		if got, notes := asked(t, s, first); got != "850" || len(notes) > 0 {
			t.Errorf("%s: the match takes %s, %v", kind, got, notes)
		}
		second := share(t, s, s.Desk("agency"), virtual.Forecast("demand", 1, &first, s.Now, 400, 500, 860))
		if got, notes := asked(t, s, second); got != "850" || len(notes) > 0 {
			t.Errorf("%s: after an immaterial revision the match takes %s, %v", kind, got, notes)
		}
		third := share(t, s, s.Desk("agency"), virtual.Forecast("demand", 2, &second, s.Now, 400, 500, 1200))
		if got, notes := asked(t, s, third); got != "1200" || len(notes) != 1 || !strings.Contains(notes[0], "materially revised") {
			t.Errorf("%s: after a material revision the match takes %s, %v", kind, got, notes)
		}
		s.Now += 500 * virtual.Day // the agreement is over
		if got, _ := asked(t, s, second); got != "860" {
			t.Errorf("%s: after its end the match takes %s", kind, got)
		}
	}
}

// A last-time buy is owed whatever the forecast says.
func TestLastBuysAreListedAsExposure(t *testing.T) {
	s := agreedScene(t, decision.LastTimeBuy, 850, "", nil)
	err := s.Desk("maker").View(func(r *protocol.Replica) error {
		effects, err := effectsOn(r, calendar.DateOf(s.Now), 0)
		if err != nil {
			return err
		}
		d := &Desk{}
		if none := d.lastBuys(effects, "OTHER", func(string) bool { return true }); len(none) != 0 {
			t.Errorf("of another product: %+v", none)
		}
		if hidden := d.lastBuys(effects, "", func(string) bool { return false }); len(hidden) != 0 {
			t.Errorf("of a product the caller may not see: %+v", hidden)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A campaign's agreed lift is what its cover is judged by, whatever the calendar says now; the calendar that departs from it is warned of, and one that has
// dropped the event is stopped.
func TestAgreedCampaignReachesTheCheck(t *testing.T) {
	var root block.CID
	s := agreedScene(t, decision.CampaignPlanned, 700, "spring", func(s *virtual.Scene) {
		root = share(t, s, s.Desk("agency"), virtual.Campaign("events", 0, nil, s.Now, campaign.Planned, 100))
	})
	fc := virtual.Forecast("demand", 0, nil, s.Now, 400, 500, 900)
	plan := virtual.Plan("plan", 0, nil, nil, s.Now, 1000)
	check := func(root block.CID) (kinds []string, short string) {
		t.Helper()
		err := s.Desk("maker").View(func(r *protocol.Replica) error {
			effects, err := effectsOn(r, calendar.DateOf(s.Now), 0)
			if err != nil {
				return err
			}
			doc, err := r.Campaign(root)
			if err != nil {
				return err
			}
			in := campaign.Input{At: s.Now, Agreed: agreedLifts(effects), Calendars: []campaign.Held{{Author: s.Desk("agency").ID, Side: "buyer", CID: root, Document: doc}}}
			if in.Cover, _, err = campaign.NewCover(capacity.Input{Forecast: fc, Plan: plan}, in.WithAgreed(), nil); err != nil {
				return err
			}
			for _, p := range in.Cover(doc.Events[0]).Products {
				for _, c := range p.Buckets {
					if c.Bucket == virtual.Months[2] {
						short = c.Demand.String()
					}
				}
			}
			all, err := campaign.Conflicts(in)
			for _, c := range all {
				if c.Kind == campaign.ByTerms {
					kinds = append(kinds, string(c.Severity))
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return kinds, short
	}
	if kinds, demand := check(root); strings.Join(kinds, " ") != "WARN" || demand != "1600" {
		t.Errorf("the calendar plans 100, agreed are 700: %v, demand %s", kinds, demand)
	}
	root = share(t, s, s.Desk("agency"), virtual.Campaign("events", 1, &root, s.Now, campaign.Planned, 700))
	if kinds, demand := check(root); len(kinds) != 0 || demand != "1600" {
		t.Errorf("the calendar plans what was agreed: %v, demand %s", kinds, demand)
	}
	root = share(t, s, s.Desk("agency"), virtual.Campaign("events", 2, &root, s.Now, campaign.Canceled, 700))
	if kinds, _ := check(root); strings.Join(kinds, " ") != "BLOCK" {
		t.Errorf("the calendar has cancelled it: %v", kinds)
	}
}

// The day by which an agreement wants the work on a complaint closed is its D8 at both nodes, in the place of the service rule's, while the agreement
// stands; other complaints and other steps keep the rule's days. The day ends with the day of the rule's zone.
func TestAgreedClosingReachesTheClock(t *testing.T) {
	var root block.CID
	raised := int64(0)
	s := agreedScene(t, decision.CAPADue, 0, "C-7", func(s *virtual.Scene) {
		raised = s.Now
		doc := virtual.Quality("report", 0, nil, s.Now, quality.Blocked, 3)
		doc.Service.Zone, doc.Service.Offset = "Etc/GMT-2", 120
		for _, id := range []string{"C-7", "C-8"} {
			doc.Complaints = append(doc.Complaints, quality.Complaint{ID: id, Item: forecast.Item{BuyersID: virtual.Product}, Raised: raised, Severity: quality.Critical, Status: quality.ComplaintOpen})
		}
		root = share(t, s, s.Desk("agency"), doc)
	})
	clocks := func(now int64) (steps map[string]string) {
		t.Helper()
		for i, d := range s.Parties() {
			here := map[string]string{}
			err := d.View(func(r *protocol.Replica) error {
				doc, err := r.Quality(root)
				if err != nil {
					return err
				}
				effects, err := effectsOn(r, calendar.DateOf(now), 0)
				if err != nil {
					return err
				}
				held := []HeldQuality{{Document: doc}}
				err = completed(held, effects, now)
				for _, c := range held[0].Clocks {
					for _, x := range c.Steps {
						here[c.Complaint+" "+string(x.Step)] = fmt.Sprintf("%s %s %v", x.Due, x.State, x.Agreed)
					}
				}
				return err
			})
			if err != nil || i > 0 && !maps.Equal(here, steps) {
				t.Fatalf("%s has %v, the other %v: %v", d.Name, here, steps, err)
			}
			steps = here
		}
		return steps
	}
	agreed, plain := march.Bucket.Last(), quality.DefaultService()
	plain.Offset = 120
	rule := plain.ReceivedOn(raised).AddDays(60)
	if rule == agreed {
		t.Fatalf("both days are %s: nothing would be told apart", rule)
	}
	end := agreed.AddDays(1).Millis() - 120*60_000 // of the agreed day, two hours east
	for _, c := range []struct {
		what      string
		now       int64
		key, want string
	}{
		{"on its last minute", end - 1, "C-7 D8", agreed.String() + " DUE true"},
		{"with the day after", end, "C-7 D8", agreed.String() + " OVERDUE true"},
		{"another complaint", raised, "C-8 D8", rule.String() + " DUE false"},
		{"another step", raised, "C-7 D5", rule.AddDays(14-60).String() + " DUE false"},
		{"after the agreement's end", s.Now + 500*virtual.Day, "C-7 D8", rule.String() + " OVERDUE false"},
	} {
		if got := clocks(c.now)[c.key]; got != c.want {
			t.Errorf("%s: %s is %q, want %q", c.what, c.key, got, c.want)
		}
	}
}

// Accepted demand that names every region is spread over the lines in proportion; nothing is lost in rounding.
func TestAcceptedDemandIsSpread(t *testing.T) {
	doc := virtual.Forecast("demand", 0, nil, virtual.Start, 400, 500, 900)
	other := doc.Lines[0]
	other.Location = forecast.Location{Region: "NG"}
	other.Buckets = append(forecast.Cells{}, other.Buckets...)
	other.Buckets[2].Mean = quantity.Of(450)
	doc.Lines = append(doc.Lines, other)
	out, notes, err := forecast.WithAccepted(doc, []forecast.Accepted{{Product: virtual.Product, Region: "*", Bucket: virtual.Months[2], Quantity: quantity.Of(1000), Unit: "PK"},
		{Product: "NONE", Region: "*", Bucket: virtual.Months[2], Quantity: quantity.Of(1), Unit: "PK"}})
	if err != nil || len(notes) != 1 {
		t.Fatal(notes, err)
	}
	a, b := out.Lines[0].Buckets[2], out.Lines[1].Buckets[2]
	sum, _ := a.Mean.Add(b.Mean)
	if sum.String() != "1000" || !b.Mean.Less(a.Mean) || doc.Lines[0].Buckets[2].Mean.String() != "900" {
		t.Errorf("%s and %s are %s; the document itself says %s", a.Mean, b.Mean, sum, doc.Lines[0].Buckets[2].Mean)
	}
	if moved, _ := a.Quantiles[1].Q.Sub(doc.Lines[0].Buckets[2].Quantiles[1].Q); moved.Cmp(quantity.Of(-200)) >= 0 {
		t.Errorf("the bands did not move along: %s", moved)
	}
}
