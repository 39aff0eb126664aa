package transcript

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
	"kontor/protocol/decision"
	"kontor/protocol/exception"
	"kontor/protocol/quality"
	"kontor/protocol/quantity"
	"kontor/testnet/virtual"
)

// This file is what officers and desks say to each other: exceptions, topics of every kind, offers, documents with their effects, and rollout plans.

// exceptionID names an exception of a scenario by a word.
func exceptionID(word string) exception.ID {
	return exception.NewID(exception.Kind(word), exception.Scope{})
}

// opensTopic: maker opens DEMAND_CAPACITY topic third-shift [about demand,plan] [from shortage].
func (p *player) opensTopic(d *virtual.Desk, w []string) (string, error) {
	proposal := virtual.Proposal(p.s.Genesis, d.ID, p.s.Now+60*virtual.Day)
	proposal.Kind, proposal.Title = decision.Kind(w[1]), strings.ReplaceAll(w[3], "-", " ")
	for i := 4; i+1 < len(w); i += 2 {
		switch w[i] {
		case "about":
			for _, name := range strings.Split(w[i+1], ",") {
				proposal.Context = append(proposal.Context, p.artifact[name])
			}
		case "from":
			id := exceptionID(w[i+1])
			about := block.SumRaw(id[:])
			proposal.Trigger, proposal.Exception = decision.ByException, &about
		}
	}
	e, err := p.s.Say(d, decision.Act{Verb: decision.ProposeTopic, Propose: &proposal})
	if err != nil {
		return "", err
	}
	p.named["topic"] = e.CID
	return p.topic(d)
}

// say writes an act about the topic and lets everybody hear it.
func (p *player) say(d *virtual.Desk, act decision.Act) error {
	topic := p.named["topic"]
	act.Topic = &topic
	_, err := p.s.Say(d, act)
	return err
}

// allScore: everybody takes the topic up, declares the context complete and commits to scores.
func (p *player) allScore() (string, error) {
	t, err := p.current()
	if err != nil {
		return "", err
	}
	for _, step := range []struct {
		at  decision.Status
		act func(d *virtual.Desk) decision.Act
	}{
		{decision.Proposed, func(*virtual.Desk) decision.Act { return decision.Act{Verb: decision.Join} }},
		{decision.InContext, func(d *virtual.Desk) decision.Act {
			return decision.Act{Verb: decision.Ready, Weights: virtual.DigestOf("weights of " + d.Name)}
		}},
		{decision.Scoring, func(d *virtual.Desk) decision.Act {
			return decision.Act{Verb: decision.Commit, Commit: virtual.DigestOf("scores of " + d.Name)}
		}},
	} {
		if t.Status != step.at {
			continue
		}
		for _, d := range p.s.Parties() {
			if step.at == decision.Proposed && d.ID == t.ProposedBy {
				continue
			}
			if err := p.say(d, step.act(d)); err != nil {
				return "", err
			}
		}
		if t, err = p.current(); err != nil {
			return "", err
		}
	}
	return p.topic(p.s.Desks[0])
}

func (p *player) current() (t decision.Topic, err error) {
	err = p.s.Desks[0].View(func(r *protocol.Replica) error {
		t, _, err = r.Topic(p.named["topic"])
		return err
	})
	return t, err
}

// offers: maker offers 900 giving overtime for delivery; agency counters 800. A counter-offer is shown as a difference to the last.
func (p *player) offers(d *virtual.Desk, w []string) (string, error) {
	t, err := p.current()
	if err != nil {
		return "", err
	}
	n, err := strconv.ParseInt(w[1], 10, 64)
	if err != nil {
		return "", fmt.Errorf("%q is no volume", w[1])
	}
	terms := virtual.Offer(int64(len(t.Offers))+1, n)
	terms.Trades = []decision.TradeOff{}
	if len(w) > 5 && w[2] == "giving" && w[4] == "for" {
		terms.Trades = []decision.TradeOff{{Gave: w[3], Got: w[5]}}
	}
	if err := p.say(d, decision.Act{Verb: decision.MakeOffer, Offer: terms}); err != nil {
		return "", err
	}
	if t, err = p.current(); err != nil {
		return "", err
	}
	answer := fmt.Sprintf("round %d: volume %d", terms.Round, n)
	if k := len(t.Offers); k > 1 {
		for _, c := range decision.Difference(t.Issues, t.Offers[k-2].Terms, t.Offers[k-1].Terms) {
			answer = fmt.Sprintf("round %d: %s from %s to %s", terms.Round, c.Name, c.From, c.To)
		}
	}
	for _, trade := range terms.Trades {
		answer += fmt.Sprintf("; gave %s, got %s", trade.Gave, trade.Got)
	}
	if apart, ok := t.Distance(0); ok {
		answer += fmt.Sprintf("; %d ppm of the range apart", apart.Overall)
	}
	return answer, nil
}

func (p *player) accepts(d *virtual.Desk) (string, error) {
	t, err := p.current()
	if err != nil || len(t.Offers) == 0 {
		return "", fmt.Errorf("no offer is on the table: %w", err)
	}
	last := t.Offers[len(t.Offers)-1]
	if err := p.say(d, decision.Act{Verb: decision.AcceptOffer, Accept: &decision.Acceptance{Round: last.Round, Offer: last.Entry}}); err != nil {
		return "", err
	}
	return p.topic(d)
}

// puts: agency puts agreement fixing maker SLOT_COMMITTED 800, agency FORECAST_ACCEPTED 800. A CAPA_DUE names its complaint, a campaign its event after the
// quantity, terms the artifact.
func (p *player) puts(d *virtual.Desk, line string) (string, error) {
	_, list, ok := strings.Cut(line, " fixing ")
	if !ok {
		return "", fmt.Errorf("what does the agreement fix?")
	}
	var effects []decision.Effect
	var named []block.CID
	for _, one := range strings.Split(list, ", ") {
		w := strings.Fields(one)
		e := decision.Effect{Kind: decision.EffectKind(w[1]), Party: p.s.Desk(w[0]).ID, Cell: decision.Cell{Product: virtual.Product, Region: "CI", Bucket: virtual.Months[2]}, Unit: "PK"}
		switch e.Kind {
		case decision.CAPADue:
			e.Ref, e.Unit = w[2], ""
		case decision.TermsInForce:
			root := p.artifact[w[2]]
			e.Artifact, e.Unit = &root, ""
			named = append(named, root)
		default:
			n, err := strconv.ParseInt(w[2], 10, 64)
			if err != nil {
				return "", fmt.Errorf("%q is no quantity", w[2])
			}
			e.Quantity = quantity.Of(n)
			if len(w) > 3 {
				e.Ref = w[3]
			}
		}
		effects = append(effects, e)
	}
	signBy := d.Clock() + 3*virtual.Day
	document, err := p.s.DraftWith(d, p.named["topic"], signBy, 0, func(doc *decision.Agreement) {
		doc.Effects, doc.From = effects, calendar.DateOf(p.s.Now)
		doc.Rollout = append(doc.Rollout, decision.Milestone{ID: "done", Title: "carried out", Party: doc.Parties[1].Company, Owner: "COO",
			Due: calendar.MustDate("2027-03-31"), After: []string{"start"}, Proof: "both sides' reports"})
	}, named...)
	if err != nil {
		return "", err
	}
	p.named["document"] = document
	return fmt.Sprintf("a document for the officers, to be signed by %s", p.moment(signBy)), p.s.Meet()
}

// allSign: the officers of every party sign, each after hearing the others.
func (p *player) allSign() (string, error) {
	if err := p.s.Conclude(p.named["document"]); err != nil {
		return "", err
	}
	return "final at all", nil
}

// reports: maker reports start with the roster.
func (p *player) reports(w []string) (protocol.Draft, error) {
	return virtual.Body(protocol.KindMilestone, protocol.MilestoneReport{Document: p.named["document"], Milestone: w[1], Proof: strings.Join(w[3:], " ")})
}

// desk is what a desk does under a mandate: grants mandate; closes shortage worth 50.
func (p *player) deskDoes(d *virtual.Desk, w []string) (draft protocol.Draft, err error) {
	err = d.View(func(r *protocol.Replica) error {
		if w[0] == "grants" {
			draft, err = virtual.SignedBody(protocol.KindMandateGrant, protocol.MandateSignature, d.Officer("COO"), virtual.MandateOf(r, d.Company, d.Clock()))
			return err
		}
		euros, err := strconv.ParseInt(w[3], 10, 64)
		if err != nil {
			return fmt.Errorf("%q is no number of euros", w[3])
		}
		draft, err = virtual.SignedBody(protocol.KindExceptionClose, protocol.ExceptionSignature, d.Company.Desk, virtual.ExceptionOf(r, w[1], euros*100))
		return err
	})
	return draft, err
}

// paper is a shared artifact that is no forecast: shares plan made 1000; shares campaign events 700; shares quality report 3; shares terms frame 12.
func (p *player) paper(d *virtual.Desk, w []string) (protocol.Draft, error) {
	name := w[2]
	n, err := strconv.ParseInt(w[3], 10, 64)
	if err != nil {
		return protocol.Draft{}, fmt.Errorf("%q is no number", w[3])
	}
	var parent *block.CID
	revision := int64(0)
	if w[0] == "revises" {
		id := p.artifact[name]
		parent, revision = &id, p.series[name]+1
	}
	var doc any
	switch w[1] {
	case "plan":
		doc = virtual.Plan(name, revision, parent, nil, d.Clock(), n)
	case "campaign":
		doc = virtual.Campaign(name, revision, parent, d.Clock(), campaign.Planned, n)
	case "quality":
		doc = virtual.Quality(name, revision, parent, d.Clock(), quality.Blocked, n)
	case "terms":
		doc = virtual.Terms(name, revision, parent, d.Clock(), n)
	default:
		return protocol.Draft{}, fmt.Errorf("nobody shares %q", w[1])
	}
	draft, err := virtual.Share(doc)
	if err == nil {
		p.series[name], p.artifact[name] = revision, draft.Body.CID
	}
	return draft, err
}

// effects says what acts today at a company, in the order of effects.
func (p *player) effects(d *virtual.Desk, r *protocol.Replica) (string, error) {
	ledger, err := r.Concluded()
	if err != nil {
		return "", err
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%s counts:\n", d.Name)
	for _, e := range decision.EffectsInForce(ledger, calendar.DateOf(p.s.Now)) {
		what := []string{string(e.Kind)}
		if !e.Quantity.IsZero() {
			what = append(what, e.Quantity.String(), string(e.Unit))
		}
		if e.Ref != "" {
			what = append(what, e.Ref)
		}
		state := "acts"
		if !e.Acts {
			state = "does not act"
		}
		if e.Pending {
			state += ", pending until " + e.Due.String()
		}
		fmt.Fprintf(&out, "    %s of %s to %s: %s\n", strings.Join(what, " "), p.s.Cast.Of(e.Party).Name, e.Bucket.End, state)
	}
	return out.String(), nil
}

// plan says where each step of the rollout stands at a company.
func (p *player) plan(d *virtual.Desk, r *protocol.Replica) (text string, open bool, err error) {
	doc, err := r.Agreement(p.named["document"])
	if err != nil {
		return "", false, err
	}
	reported, err := r.Milestones(p.named["document"])
	done := map[string]bool{}
	for id := range reported {
		done[id] = true
	}
	text = d.Name + " sees:\n"
	for _, m := range doc.Rollout {
		state := doc.Step(m, done, calendar.DateOf(p.s.Now))
		open = open || state != decision.StepDone
		text += fmt.Sprintf("    %s of %s, due %s: %s\n", m.ID, p.s.Cast.Of(m.Party).Name, m.Due, strings.ToLower(string(state)))
	}
	return text, open, err
}

// assertClosed: the rollout is closed everywhere, with one state of the plan.
func (p *player) assertClosed() (string, error) {
	for _, d := range p.s.Parties() {
		err := d.View(func(r *protocol.Replica) error {
			text, open, err := p.plan(d, r)
			if open {
				return fmt.Errorf("it is not:\n%s", text)
			}
			return err
		})
		if err != nil {
			return "", err
		}
	}
	return "it is", nil
}

// assertClosedByDesk: exception shortage is closed everywhere.
func (p *player) assertClosedByDesk(word string) (string, error) {
	for _, d := range p.s.Desks {
		err := d.View(func(r *protocol.Replica) error {
			closed, err := r.ClosedExceptions()
			id := exceptionID(word)
			if _, done := closed[id.String()]; !done {
				return fmt.Errorf("%s holds it open: %v", d.Name, err)
			}
			topics, err := r.Topics()
			if slices.ContainsFunc(topics, func(t decision.Topic) bool { return t.Exception != nil }) {
				return fmt.Errorf("a topic is about an exception at %s", d.Name)
			}
			return err
		})
		if err != nil {
			return "", err
		}
	}
	return "it is, and no officer was asked", nil
}
