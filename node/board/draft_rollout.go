package board

import (
	"fmt"

	"cmp"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"slices"
	"strconv"
)

// leads is the officer who answers for the steps of a topic of each kind: whose word weighs most in it.
var leads = map[decision.Kind]decision.Role{decision.DemandCapacity: decision.COO, decision.JointMarketing: decision.CMO, decision.Quality: decision.CTO, decision.Commercial: decision.CFO}

// kindRollout are the steps of a topic that names no event, no complaint and no quantity to be made: those of its kind.
func (d *drafter) kindRollout() (out []decision.Milestone) {
	seller, buyer := d.sides()
	done := d.due()
	first := min(d.today.AddDays(prepareDays), done)
	lead := leads[d.topic.Kind]
	step := func(id, title string, party block.CID, due calendar.Date, proof string, after ...string) {
		if after == nil {
			after = []string{}
		}
		out = append(out, decision.Milestone{ID: id, Title: clip(title), Party: party, Owner: d.ownerOf(party, lead), Due: max(due, d.today), After: after, Proof: proof})
	}
	// every seller of a circle answers for its own part: which of them would do it for all nobody has said
	each := func(id, title string, due calendar.Date, proof string, after ...string) {
		for i, party := range d.sellers(seller) {
			name := id
			if i > 0 {
				name = fmt.Sprintf("%s-%d", id, i+1)
			}
			step(name, title, party, due, proof, after...)
		}
	}
	what := d.option.Summary
	switch d.topic.Kind {
	case decision.JointMarketing:
		step("1-plan", "plan as agreed: "+what, buyer, first, "campaign calendar shared as agreed")
		each("2-supply", "confirm that supply covers it", done, "answer to the forecast with the event in it", "1-plan")
		step("3-report", "report what it brought", buyer, done.AddDays(callOffDays), "performance report of its periods", "1-plan")
	case decision.Quality:
		step("1-contain", "contain: "+what, seller, first, "containment (D3) in the quality report")
		step("2-cause", "find the cause", seller, done, "causes (D4) in the quality report", "1-contain")
		step("3-verify", "verify that it stays away", buyer, done.AddDays(callOffDays), "counts of the next periods in the quality report", "2-cause")
	case decision.Commercial:
		if len(d.option.Effects) > 0 && d.buyer != nil && d.option.Effects[0].Party == *d.buyer {
			step("1-revise", "share the forecast as agreed: "+what, buyer, first, "forecast revision with the agreed quantities")
			step("2-answer", "answer it", seller, max(first, done), "answer to that revision", "1-revise")
			return out
		}
		each("1-carry-out", "carry out: "+what, done, "the partner's word that it is so")
		step("2-carry-out", "carry out: "+what, buyer, done, "the partner's word that it is so")
	default:
		each("1-carry-out", "carry out: "+what, done, "shared documents that show it")
		step("2-carry-out", "carry out: "+what, buyer, done, "shared documents that show it")
	}
	return out
}

// suppliesNothing tells a topic whose steps are not to make and deliver a quantity.
func (d *drafter) suppliesNothing() bool {
	return len(d.option.Effects) == 0 || d.topic.Kind != decision.DemandCapacity && !d.makes()
}

// makes tells whether some effect of the option is in the plan of another than the buyer.
func (d *drafter) makes() bool {
	for _, e := range d.option.Effects {
		if d.buyer == nil || e.Party != *d.buyer {
			return true
		}
	}
	return false
}

// due is the day by which the matter is done: as bargained, else the last of the topic's horizon, and time to prepare.
func (d *drafter) due() calendar.Date {
	if v := d.terms[issueDue]; v.Date != nil {
		return max(*v.Date, d.today)
	}
	return max(d.topic.Scope.Horizon.Last(), d.today.AddDays(prepareDays))
}

// sellers are the one that leads and every other party of that side, in the order of the topic.
func (d *drafter) sellers(lead block.CID) []block.CID {
	out := []block.CID{lead}
	for _, p := range d.topic.Parties {
		if p.Label == "seller" && p.Company != lead {
			out = append(out, p.Company)
		}
	}
	return out
}

// sides are who makes and who takes.
func (d *drafter) sides() (seller, buyer block.CID) {
	seller, buyer = d.topic.Parties[0].Company, d.topic.Parties[len(d.topic.Parties)-1].Company
	if d.seller != nil {
		seller = *d.seller
	}
	if d.buyer != nil {
		buyer = *d.buyer
	}
	return seller, buyer
}

// Days from signing that the rollout's first steps are given.
const (
	prepareDays = 14
	callOffDays = 21
)

// rollbackDays are the working days in which an officer sees to a condition that is met: those of a reconfirmation (practice T1).
const rollbackDays = decision.ReconfirmDays

func (d *drafter) rollout() []decision.Milestone {
	if d.contract != nil {
		return d.contract.rollout(d)
	}
	if own := d.subjectRollout(); len(own) > 0 {
		return own
	}
	if d.suppliesNothing() {
		return d.kindRollout()
	}
	done := d.delivery()
	prepare := min(d.today.AddDays(prepareDays), done)
	seller, buyer := d.sides()
	what := d.option.Summary
	if units, sum, scaled := d.agreed(); scaled && units != sum {
		what = fmt.Sprintf("%s; agreed are %s", what, d.unit().Said(strconv.FormatInt(units, 10)))
	}
	return []decision.Milestone{
		{ID: "1-prepare", Title: clip("prepare: " + what), Party: seller, Owner: d.owner(seller), Due: prepare, After: []string{}, Proof: "next capacity plan shared with the agreed quantity included"},
		{ID: "2-call-off", Title: "call off the agreed quantity", Party: buyer, Owner: d.owner(buyer), Due: min(max(d.today.AddDays(callOffDays), prepare), done), After: []string{"1-prepare"}, Proof: "order or forecast revision marked firm"},
		{ID: "3-deliver", Title: "deliver the agreed quantity in full", Party: seller, Owner: d.owner(seller), Due: done, After: []string{"1-prepare", "2-call-off"}, Proof: "receipt advice countersigned by both"},
	}
}

// owner is who of a company answers for a step: the COO where the topic asks for one.
func (d *drafter) owner(company block.CID) decision.Role {
	roles := required(d.topic, company)
	if len(roles) == 0 || slices.Contains(roles, decision.COO) {
		return decision.COO
	}
	return roles[0]
}

func (d *drafter) reviews() []calendar.Date {
	if d.contract != nil {
		return d.contract.reviews(d.today)
	}
	first, last := d.today.AddDays(prepareDays), d.delivery()
	if first >= last {
		return []calendar.Date{last}
	}
	return []calendar.Date{first, last}
}

// rollback is what the node proposes: where the first step is not taken by its day, the other side's officer sees to it.
func (d *drafter) rollback(plan []decision.Milestone) []decision.Rollback {
	if d.contract != nil || len(plan) == 0 {
		return []decision.Rollback{}
	}
	first := slices.MinFunc(plan, func(x, y decision.Milestone) int { return cmp.Or(cmp.Compare(x.Due, y.Due), cmp.Compare(x.ID, y.ID)) })
	other := d.other(first.Party)
	return []decision.Rollback{{
		Condition: clip(fmt.Sprintf("step %s is not shown by %s", first.ID, first.Due)),
		Action:    "the parties tell each other within two business days and option 0 applies to what was not delivered",
		Test:      &decision.RollbackTest{Measure: decision.ByStep, Step: first.ID, Party: other, Owner: d.ownerOf(other, first.Owner), Days: rollbackDays},
	}}
}
