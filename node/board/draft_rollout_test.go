package board

import (
	"slices"
	"strings"
	"testing"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
	"kontor/protocol/decision"
	"kontor/protocol/quantity"
)

// The steps of a topic whose option makes no quantity are those of its kind: the officers who lead in it answer for them, they are in an order that a
// document may have, and the agreed day is the day of the work.
func TestStepsFitTheKindOfATopic(t *testing.T) {
	seller, buyer := block.Sum([]byte("seller")), block.Sum([]byte("buyer"))
	today := calendar.MustDate("2026-09-01")
	for kind, lead := range leads {
		for name, due := range map[string]calendar.Date{"no day": 0, "a day near": today.AddDays(3), "a day far": today.AddDays(60), "a day gone": today.AddDays(-3)} {
			d := drafter{today: today, seller: &seller, buyer: &buyer, terms: map[string]decision.Value{}, option: decision.Option{ID: "1", Summary: "as said"},
				topic: decision.Topic{Kind: kind, Scope: decision.Scope{Horizon: calendar.Bucket{Start: today, End: today.AddDays(30)}}, Parties: []decision.Participant{{Company: seller, Label: "seller"}, {Company: buyer, Label: "buyer"}},
					Required: []decision.Requirement{{Company: seller, Roles: []decision.Role{lead}}, {Company: buyer, Roles: []decision.Role{lead}}}}}
			if due != 0 {
				v := decision.Day(due)
				d.terms[issueDue] = v
			}
			steps := d.rollout()
			doc := decision.Agreement{Rollout: steps, Parties: []decision.AgreementParty{{Company: seller}, {Company: buyer}}}.Sorted()
			for _, f := range doc.Check() {
				if strings.HasPrefix(f.Path, "rollout") {
					t.Errorf("%s, %s: %v", kind, name, f)
				}
			}
			for _, m := range steps {
				if m.Owner != lead || m.Due < today {
					t.Errorf("%s, %s: step %s of the %s by %s, want the %s", kind, name, m.ID, m.Owner, m.Due, lead)
				}
			}
			parties := map[block.CID]bool{}
			for _, m := range steps {
				parties[m.Party] = true
			}
			if len(steps) < 2 || len(parties) != 2 {
				t.Errorf("%s: %+v", kind, steps)
			}
			if name == "a day far" && !slices.ContainsFunc(steps, func(m decision.Milestone) bool { return m.Due == due }) {
				t.Errorf("%s: no step by the agreed %s: %+v", kind, due, steps)
			}
		}
	}
}

// In a circle every seller confirms its own part of a campaign; which of them stands first in the genesis decides nothing.
func TestEverySellerOfACircleHasItsStep(t *testing.T) {
	one, two, buyer := block.Sum([]byte("one")), block.Sum([]byte("two")), block.Sum([]byte("buyer"))
	today := calendar.MustDate("2026-09-01")
	d := drafter{today: today, seller: &one, buyer: &buyer, terms: map[string]decision.Value{}, option: decision.Option{ID: "1", Summary: "as said"},
		topic: decision.Topic{Kind: decision.JointMarketing, Scope: decision.Scope{Horizon: calendar.Bucket{Start: today, End: today.AddDays(30)}},
			Parties: []decision.Participant{{Company: one, Label: "seller"}, {Company: two, Label: "seller"}, {Company: buyer, Label: "buyer"}}}}
	owners := map[string]block.CID{}
	for _, m := range d.rollout() {
		owners[m.ID] = m.Party
	}
	if owners["2-supply"] != one || owners["2-supply-2"] != two || owners["1-plan"] != buyer || len(owners) != 4 {
		t.Errorf("%v", owners)
	}
}

// Where the option is a quantity in the seller's plan, the steps are to make and deliver it, whatever the kind; where it is a number of the buyer's alone in a
// commercial topic, they are to share the forecast and to answer it.
func TestStepsFollowWhoseNumbersAnOptionNames(t *testing.T) {
	seller, buyer := block.Sum([]byte("seller")), block.Sum([]byte("buyer"))
	today := calendar.MustDate("2026-09-01")
	for name, want := range map[string]struct {
		party block.CID
		steps []string
	}{"made": {seller, []string{"1-prepare", "2-call-off", "3-deliver"}}, "asked for": {buyer, []string{"1-revise", "2-answer"}}} {
		d := drafter{today: today, seller: &seller, buyer: &buyer, terms: map[string]decision.Value{},
			option: decision.Option{ID: "1", Summary: "as said", Effects: []decision.OptionEffect{{Party: want.party, Quantity: quantity.Of(5), Unit: quantity.Pack}}},
			topic:  decision.Topic{Kind: decision.Commercial, Scope: decision.Scope{Horizon: calendar.Bucket{Start: today, End: today.AddDays(30)}}, Parties: []decision.Participant{{Company: seller}, {Company: buyer}}}}
		var ids []string
		for _, m := range d.rollout() {
			ids = append(ids, m.ID)
		}
		if !slices.Equal(ids, want.steps) {
			t.Errorf("%s: %v", name, ids)
		}
	}
}

// Two revisions of terms bring steps that people can tell apart on one agenda.
func TestStepsNameTheRevisionOfTheTerms(t *testing.T) {
	d := plannedDrafter()
	d.contract = &contract{revision: 3}
	d.contract.doc.Contract = "FRAME-7"
	steps := d.rollout()
	if len(steps) != 2 || steps[0].Title != "take over the terms FRAME-7, revision 3" || steps[1].Title != steps[0].Title {
		t.Errorf("%+v", steps)
	}
}

// plannedDrafter drafts about an event of two months in the topic's scope, and one beyond it.
func plannedDrafter() drafter {
	seller, buyer := block.Sum([]byte("seller")), block.Sum([]byte("buyer"))
	impact := func(month string, lift int64) campaign.Impact {
		return campaign.Impact{Item: "ZDV-300", Bucket: calendar.MustBucket(month), Unit: quantity.Pack, Lift: quantity.Of(lift)}
	}
	event := campaign.Event{ID: "spring", Name: "spring", Period: calendar.Bucket{Start: calendar.MustDate("2026-09-01"), End: calendar.MustDate("2026-11-01")},
		Impacts: []campaign.Impact{impact("2026-09", 100), impact("2026-10", 300), impact("2026-11", 900)}}
	cmo := []decision.Role{decision.CMO}
	return drafter{today: calendar.MustDate("2026-08-01"), seller: &seller, buyer: &buyer, terms: map[string]decision.Value{}, option: decision.Option{ID: "1", Summary: "as said"},
		subject: draftedOn{events: []plannedEvent{{author: buyer, calendar: block.Sum([]byte("calendar")), event: event}}},
		topic: decision.Topic{Kind: decision.JointMarketing, Parties: []decision.Participant{{Company: seller}, {Company: buyer}}, Required: []decision.Requirement{{Company: seller, Roles: cmo}, {Company: buyer, Roles: cmo}},
			Scope: decision.Scope{Products: []string{"ZDV-300"}, Regions: []string{artifact.All}, Horizon: calendar.Bucket{Start: calendar.MustDate("2026-09-01"), End: calendar.MustDate("2026-11-01")}}}}
}
