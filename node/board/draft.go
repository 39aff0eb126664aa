package board

import (
	"context"
	"slices"
	"strings"

	"kontor/node"
	"kontor/node/api/wire"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/decision"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// Draft puts the document of a topic's accepted offer on the table.
func (b *Board) Draft(ctx context.Context, by By, in wire.AgreementDraftRequest) (wire.AgreementReceipt, error) {
	f, roles, done, err := b.begin(by, in.TopicAct)
	if err != nil {
		return wire.AgreementReceipt{}, err
	}
	defer done()
	return b.draft(ctx, f, by.Command, roles, in)
}

func (b *Board) draft(ctx context.Context, f found, command node.Command, roles []decision.Role, in wire.AgreementDraftRequest) (wire.AgreementReceipt, error) {
	w, err := b.node.Write(ctx, f.p.PID, command, func(r *protocol.Replica, now int64) (protocol.Draft, error) {
		t, _, err := r.Topic(f.t.ID)
		if err != nil {
			return protocol.Draft{}, err
		}
		if !slices.ContainsFunc(roles, func(role decision.Role) bool {
			return role == decision.CEO || slices.Contains(required(t, b.node.Company()), role)
		}) {
			return protocol.Draft{}, node.Failf("FORBIDDEN", "the document is drafted by %v", required(t, b.node.Company()))
		}
		policies, err := r.Policies(t.ID)
		if err != nil {
			return protocol.Draft{}, err
		}
		doc, err := b.document(r, f.p, t, policies, in, now)
		if err != nil {
			return protocol.Draft{}, err
		}
		if findings := doc.Check(); len(findings) > 0 {
			return protocol.Draft{}, refusal("draft", findings)
		}
		body, err := doc.Block()
		return protocol.Draft{Kind: protocol.KindDraft, Body: &body}, err
	})
	if err != nil {
		return wire.AgreementReceipt{}, err
	}
	return wire.AgreementReceipt{Partnership: f.p.PID.String(), Topic: f.t.ID.String(), Agreement: w.Body.String(), Entry: w.Entry.String(), Seq: w.Seq, T: w.T}, nil
}

// document writes the agreement of the accepted offer. Parts the request leaves out follow from option and offer.
func (b *Board) document(r *protocol.Replica, p *node.Partnership, t decision.Topic, policies protocol.PolicyRow, in wire.AgreementDraftRequest, now int64) (decision.Agreement, error) {
	doc, ok := t.Agree()
	if !ok {
		return doc, node.Failf("STATE_EARLY", "a topic in %s has no offer accepted by all", t.Status)
	}
	for i, party := range doc.Parties {
		doc.Parties[i].Name = b.node.CompanyName(party.Company)
	}
	doc.Witness = p.Genesis.Witness
	option, _ := t.Option(doc.Option)
	d := drafter{topic: t, option: option, today: calendar.DateOf(now), terms: map[string]decision.Value{}}
	for _, term := range doc.Terms {
		d.terms[term.Issue] = term.Value
	}
	d.find(doc.Parties)
	for _, e := range option.Effects { // of several sellers the one that makes it
		if d.buyer == nil || e.Party != *d.buyer {
			d.seller = &e.Party
		}
	}
	doc.Artifacts = []block.CID{}
	for _, ref := range t.Context {
		c := currentOf(ref)
		if c == nil || slices.Contains(doc.Artifacts, *c) {
			continue
		}
		doc.Artifacts = append(doc.Artifacts, *c)
		if err := d.read(r, *c); err != nil {
			return doc, err
		}
	}
	if err := d.narrow(r); err != nil {
		return doc, err
	}
	doc.Effects = given(in.Effects, d.effects)
	doc.Targets = given(in.Targets, d.targets)
	doc.Rollout = given(in.Rollout, d.rollout)
	doc.Reviews = given(in.Reviews, d.reviews)
	said, err := b.rollbackOf(p, in.RollbackText)
	if err != nil {
		return doc, err
	}
	doc.Rollback = given(slices.Concat(in.Rollback, said), func() []decision.Rollback { return d.rollback(doc.Rollout) })
	doc.SignBy, doc.From, doc.Expires, doc.Amount = in.SignBy, in.From, in.Expires, in.Amount
	for _, c := range in.Supersedes {
		if !slices.Contains(doc.Supersedes, c) {
			doc.Supersedes = append(doc.Supersedes, c)
		}
	}
	if t.Amends != nil {
		old, err := r.Agreement(t.Amends.Agreement)
		if err != nil {
			return doc, err
		}
		if err := d.remember(r, *t.Amends, old); err != nil {
			return doc, err
		}
		d.amends(&doc, old, in)
	}
	if doc.SignBy == 0 {
		doc.SignBy = now + decision.DefaultSignBy
	}
	if d.contract != nil {
		d.contract.dates(&doc, d.today)
	}
	if doc.From == 0 {
		doc.From = d.today
	}
	if doc.Expires == 0 {
		doc.Expires = max(d.last(), doc.From).AddDays(30)
	}
	if doc.Amount == nil {
		doc.Amount = d.amount(materiality(p).Currency)
	}
	for _, policy := range policies.Authority(doc, t.Scope, doc.Witness).Parties { // what it commits to decides who signs
		for i := range doc.Parties {
			if doc.Parties[i].Company == policy.Company {
				doc.Parties[i].Quorum, doc.Parties[i].Policy, doc.Parties[i].DualHat = policy.Quorum, policy.Policy, policy.DualHat
			}
		}
	}
	return doc.Sorted(), nil
}

// remember reads what an amendment needs of the agreement whose place it takes.
func (d *drafter) remember(r *protocol.Replica, of decision.Amendment, old decision.Agreement) error {
	was, _, err := r.Topic(old.Topic)
	if err != nil {
		return err
	}
	d.before, _ = was.Option(old.Option)
	reported, err := r.Milestones(of.Agreement)
	d.done = map[string]bool{}
	for id := range reported {
		d.done[id] = true
	}
	return err
}

// given is what the caller wrote, or else what the node makes.
func given[T any](own []T, made func() []T) []T {
	if len(own) > 0 {
		return own
	}
	return made()
}

// currentOf is the version of a context artifact to rest on: its newest revision, nil where it was withdrawn.
func currentOf(ref decision.ContextRef) *block.CID {
	if ref.ReplacedBy != nil {
		return ref.ReplacedBy
	}
	return &ref.CID
}

// drafter makes the parts of a document that follow from option and accepted terms.
type drafter struct {
	topic         decision.Topic
	option        decision.Option
	terms         map[string]decision.Value
	today         calendar.Date
	buyer, seller *block.CID
	asked         map[calendar.Bucket]quantity.Quantity // what the buyer's forecast asks of the topic's product, all regions in scope
	forecast      *block.CID
	plan          *block.CID
	contract      *contract
	subject       draftedOn
	before        decision.Option // of an amendment: the option of the agreement whose place it takes
	done          map[string]bool // and its steps that were reported
}

// read takes what the document needs from an artifact it rests on.
func (d *drafter) read(r *protocol.Replica, c block.CID) error {
	row, known, err := r.Version(c)
	if err != nil || !known {
		return err
	}
	if err := d.readSubject(r, c, row); err != nil {
		return err
	}
	switch row.Type {
	case capacity.PlanType:
		d.plan = &c
	case terms.Type:
		doc, err := r.Terms(c)
		if err != nil {
			return err
		}
		d.contract = &contract{author: row.Author, root: c, revision: row.Revision, doc: doc}
		if d.contract.begun, err = begun(r, doc.Contract); err != nil {
			return err
		}
	case forecast.Type:
		doc, err := r.Forecast(c)
		if err != nil {
			return err
		}
		d.forecast, d.asked = &c, map[calendar.Bucket]quantity.Quantity{}
		scope := artifact.Scope{Products: d.topic.Scope.Products, Regions: d.topic.Scope.Regions}
		for _, l := range doc.Lines {
			if l.Role == forecast.EndDemand || !scope.HasProduct(l.Item.ID()) || !scope.HasRegion(l.Location.Region) {
				continue
			}
			for _, cell := range l.Buckets {
				if d.asked[cell.Bucket], err = d.asked[cell.Bucket].Add(cell.Mean); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (d *drafter) find(parties []decision.AgreementParty) {
	for _, p := range parties {
		switch p.Label {
		case "buyer":
			d.buyer = &p.Company
		case "seller":
			d.seller = &p.Company
		}
	}
}

// agreed is the accepted extra quantity and what the option's effects sum up to, in whole units; ok is false where the terms name none.
func (d *drafter) agreed() (units, sum int64, ok bool) {
	for _, e := range d.inTime() {
		sum += whole(e.Quantity)
	}
	v, named := d.terms[issueQuantity]
	if !named || v.Number == nil || sum == 0 {
		return sum, sum, false
	}
	return whole(*v.Number), sum, true
}

// inTime are the option's cells that begin by the day on which everything is to be there: a document that promises all by March does not spread it to
// November. Where none does, the first cell takes all.
func (d *drafter) inTime() []decision.OptionEffect {
	v := d.terms[issueDelivery]
	if v.Date == nil || len(d.option.Effects) == 0 {
		return d.option.Effects
	}
	var out []decision.OptionEffect
	for _, e := range d.option.Effects {
		if e.Bucket.Start <= *v.Date {
			out = append(out, e)
		}
	}
	if len(out) == 0 {
		return d.option.Effects[:1]
	}
	return out
}

// clip shortens a title to what a milestone takes.
func clip(s string) string {
	if len(s) <= decision.MaxNote {
		return s
	}
	return strings.ToValidUTF8(s[:decision.MaxNote], "")
}
