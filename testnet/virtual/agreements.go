package virtual

import (
	"slices"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/protocol/exception"
	"kontor/protocol/forecast"
	"kontor/protocol/partnership"
	"kontor/protocol/terms"
)

// This file is the story of two companies whose agreements live: amended, ended early, said again where two fix one cell, rolled out step by step, while
// figures change under the talks.

// agreeFirst brings an agreement with a rollout plan into force, over a forecast that both hold, and gives both desks a mandate.
func (w *world) agreeFirst() error {
	return w.calmly(func() error {
		root, err := w.share(w.offices[0], func(now int64) any { return Forecast(w.cast[0].Name, 0, nil, now, 100, 200, 300) })
		if err != nil {
			return err
		}
		for _, o := range w.offices {
			err := w.say(o, func(r *protocol.Replica, now int64) (protocol.Draft, error) {
				return SignedBody(protocol.KindMandateGrant, protocol.MandateSignature, o.officer(), MandateOf(r, o.c, now))
			})
			if err != nil {
				return err
			}
		}
		_, err = w.conclude(matter{kind: decision.DemandCapacity, about: []block.CID{root}, agreed: func(doc *decision.Agreement) {
			doc.From = calendar.DateOf(w.now)
			planned(doc)
		}})
		return err
	})
}

// planned gives a document a rollout plan in which each side waits for the other.
func planned(doc *decision.Agreement) {
	due := func(day string) calendar.Date { return calendar.MustDate(day) }
	a, b := doc.Parties[0].Company, doc.Parties[1].Company
	doc.Rollout = []decision.Milestone{
		{ID: "a-roster", Title: "shift roster posted", Party: a, Owner: "COO", Due: due("2027-01-15"), After: []string{}, Proof: "the roster"},
		{ID: "b-shift", Title: "third shift runs", Party: b, Owner: "COO", Due: due("2027-02-15"), After: []string{"a-roster"}, Proof: "the first week's output"},
		{ID: "c-review", Title: "first month looked at", Party: a, Owner: "CFO", Due: due("2027-03-15"), After: []string{"b-shift"}, Proof: "the minutes"},
	}
}

// agreementStep goes on with the topic that runs or opens another, reports a step of a rollout plan, says which agreement holds, changes what a topic rests
// on or the figures under it.
func (w *world) agreementStep(o *office) build {
	n, k := w.rng.IntN(20), w.rng.IntN(1<<20)
	revise, talk := w.shareForecast(o, 0), w.topicStep(o, 0)
	closing := w.closeException(o, 40_00)
	return func(r *protocol.Replica, now int64) (protocol.Draft, error) {
		me, _ := r.Genesis.Member(o.c.ID)
		switch {
		case n < 3:
			return milestoneStep(r, o, k)
		case n < 4:
			return reconfirmStep(r, k)
		case n < 6:
			return contextStep(r, o)
		case n < 7 && me.Role == partnership.RoleBuyer:
			return revise(r, now)
		case n < 8:
			return closing(r, now)
		}
		return talk(r, now)
	}
}

// inOpen are the agreements that were final or contested, in the order of their documents.
func inOpen(r *protocol.Replica) ([]decision.Concluded, error) {
	ledger, err := r.Concluded()
	return slices.DeleteFunc(ledger, func(c decision.Concluded) bool {
		return c.Verdict != decision.Final && c.Verdict != decision.Contested
	}), err
}

// openMatter opens the next topic: about what is agreed, to amend it or to end it, or another about the same cells; from an exception, or by hand.
func openMatter(r *protocol.Replica, o *office, now int64, length int64, k int) (protocol.Draft, error) {
	ledger, err := inOpen(r)
	if err != nil {
		return protocol.Draft{}, err
	}
	var context []block.CID
	for _, typ := range []string{forecast.Type, terms.Type} {
		row, found, err := inForce(r, typ, block.CID{})
		if err != nil {
			return protocol.Draft{}, err
		}
		if found {
			context = append(context, row.Root)
		}
	}
	p := Proposal(r.Genesis, o.c.ID, now+length, context...)
	p.Kind = decision.Kinds[k%len(decision.Kinds)]
	switch n := k / 4 % 8; {
	case n < 5 && len(ledger) > 0:
		c := ledger[k/32%len(ledger)]
		p.Amends = &decision.Amendment{Agreement: c.CID, End: n > 2}
	case n == 5:
		id := exceptionAbout(k / 32 % 3)
		p.Trigger, p.Exception = decision.ByException, &id
	}
	return Body(protocol.KindTopic, decision.Act{Verb: decision.ProposeTopic, Propose: &p})
}

// exceptionAbout is one of a few exceptions that both sides see: two topics about one may be opened at once, and one of them stands.
func exceptionAbout(n int) block.CID {
	id := exception.NewID(exception.Kind([]string{"shortage", "overstock", "volatility"}[n]), exception.Scope{})
	return block.SumRaw(id[:])
}

// shape writes the document of a topic as its kind and what it amends ask for.
func shape(r *protocol.Replica, doc decision.Agreement, t decision.Topic, now int64) (decision.Agreement, error) {
	doc.From = calendar.DateOf(now)
	planned(&doc)
	first := doc.Effects[0]
	switch {
	case t.Amends != nil && t.Amends.End:
		doc.Effects = []decision.Effect{}
	case t.Kind == decision.JointMarketing:
		doc.Effects = append(doc.Effects, campaignEffect(first.Party))
	case t.Kind == decision.Quality:
		doc.Effects = append(doc.Effects, decision.Effect{Kind: decision.CAPADue, Party: first.Party, Cell: first.Cell, Ref: "C-17"})
	case t.Kind == decision.Commercial:
		row, found, err := inForce(r, terms.Type, block.CID{})
		if err != nil {
			return doc, err
		}
		if found {
			doc.Artifacts = append(slices.Clone(doc.Artifacts), row.Root)
			doc.Effects = append(doc.Effects, decision.Effect{Kind: decision.TermsInForce, Party: row.Author, Cell: first.Cell, Artifact: &row.Root})
		}
	}
	return doc.Sorted(), nil
}

// milestoneStep reports the next step of a rollout plan, or one that is not this side's to report, or not yet.
func milestoneStep(r *protocol.Replica, o *office, k int) (protocol.Draft, error) {
	ledger, err := inOpen(r)
	if err != nil || len(ledger) == 0 {
		return protocol.Draft{}, orIdle(err)
	}
	c := ledger[k%len(ledger)]
	reported, err := r.Milestones(c.CID)
	if err != nil {
		return protocol.Draft{}, err
	}
	done := map[string]bool{}
	for id := range reported {
		done[id] = true
	}
	next := c.Doc.Next(done)
	if k/8%8 > 0 {
		next = slices.DeleteFunc(next, func(m decision.Milestone) bool { return m.Party != o.c.ID })
	} else {
		next = c.Doc.Rollout
	}
	if len(next) == 0 {
		return protocol.Draft{}, errIdle
	}
	return Body(protocol.KindMilestone, protocol.MilestoneReport{Document: c.CID, Milestone: next[k/64%len(next)].ID, Proof: "posted in the hall"})
}

// reconfirmStep says again that an agreement holds.
func reconfirmStep(r *protocol.Replica, k int) (protocol.Draft, error) {
	ledger, err := inOpen(r)
	if err != nil || len(ledger) < 2 {
		return protocol.Draft{}, orIdle(err)
	}
	return Body(protocol.KindReconfirm, protocol.Reconfirmation{Document: ledger[k%len(ledger)].CID})
}

// contextStep takes back what this side named in the topic that runs, or names what is in force and not named yet.
func contextStep(r *protocol.Replica, o *office) (protocol.Draft, error) {
	t, found, err := newest(r)
	if err != nil || !found || t.Status != decision.InContext {
		return protocol.Draft{}, orIdle(err)
	}
	a := decision.Act{Topic: &t.ID}
	for _, c := range t.Context {
		if c.By != nil && *c.By == o.c.ID || c.By == nil && t.ProposedBy == o.c.ID {
			a.Verb, a.Drop = decision.DropContext, []block.CID{c.CID}
		}
	}
	if a.Verb == "" {
		row, found, err := inForce(r, forecast.Type, block.CID{})
		if err != nil || !found || slices.ContainsFunc(t.Context, func(c decision.ContextRef) bool { return c.CID == row.Root }) {
			return protocol.Draft{}, orIdle(err)
		}
		a.Verb, a.Context = decision.AddContext, []block.CID{row.Root}
	}
	return Body(protocol.KindTopic, a)
}
