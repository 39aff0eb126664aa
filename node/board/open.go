package board

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"kontor/crypto/sign"
	"kontor/node"
	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/exception"
	"kontor/protocol/identity"
)

// leastTime is the least time a topic is given: two business days (practice T1) are not to be had in less.
const leastTime = 2 * 24 * 60 * 60 * 1000

// Open opens a topic. Without a proposal of the caller's own it is made from an exception: what the match says happens by itself, at
// least two ways out with their effects and what they are expected to leave short, and what is to be negotiated.
func (b *Board) Open(ctx context.Context, by By, in wire.TopicOpenRequest) (wire.TopicReceipt, error) {
	p, err := b.desk.Partner(in.With, "")
	if err != nil {
		return wire.TopicReceipt{}, err
	}
	if !b.sees(by.Scope, p) {
		return wire.TopicReceipt{}, node.Failf("NO_PARTNER", "no partner is called %q; kontor partner list shows all", in.With)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	// The match takes its time and is made outside the transaction; a retry of a written command does not need it.
	proposal, failed := b.proposal(p, in)
	w, err := b.node.Write(ctx, p.PID, by.Command, func(r *protocol.Replica, now int64) (protocol.Draft, error) {
		if failed != nil {
			return protocol.Draft{}, failed
		}
		if err := alreadyOpen(r, proposal); err != nil {
			return protocol.Draft{}, err
		}
		for _, c := range proposal.Context {
			if _, held, err := r.Version(c); err != nil || !held {
				return protocol.Draft{}, errOr(err, node.Failf("NO_ARTIFACT", "no accepted artifact %s is held in this partnership", c))
			}
		}
		at, err := b.place(r, now)
		if err != nil {
			return protocol.Draft{}, err
		}
		if findings := proposal.MayPropose(); len(findings) > 0 {
			return protocol.Draft{}, refusal("topic", findings)
		}
		// The entry that will carry the proposal is not known yet; nothing judged here depends on it.
		at.Entry = p.PID
		if _, findings := decision.OpenTopic(p.PID, proposal, members(p), at); len(findings) > 0 {
			return protocol.Draft{}, refusal("topic", findings)
		}
		return topicDraft(decision.Act{Verb: decision.ProposeTopic, Propose: &proposal})
	})
	if err != nil {
		return wire.TopicReceipt{}, err
	}
	return wire.TopicReceipt{Partnership: p.PID.String(), Topic: w.Entry.String(), Entry: w.Entry.String(), Seq: w.Seq, T: w.T}, nil
}

// alreadyOpen tells that a topic about the same exception, or that puts the same terms to the officers, is open: duplicates join it.
func alreadyOpen(r *protocol.Replica, proposal decision.Proposal) error {
	exception := proposal.Exception
	if exception == nil && proposal.Kind != decision.Commercial {
		return nil
	}
	topics, err := r.Topics()
	if err != nil {
		return err
	}
	for _, t := range topics {
		if !t.Status.Active() {
			continue
		}
		for _, c := range t.Context {
			if exception == nil && t.Kind == proposal.Kind && t.Title == proposal.Title && slices.Contains(proposal.Context, c.CID) && isTerms(r, c.CID) {
				return node.Failf("TOPIC_OPEN", "topic %s about these terms is open already; go on with it: kontor topic show %s", t.ID.Short(), t.ID.Short())
			}
		}
		if exception != nil && t.Exception != nil && *t.Exception == *exception {
			return node.Failf("TOPIC_OPEN", "topic %s about this exception is open already; go on with it: kontor topic show %s", t.ID.Short(), t.ID.Short())
		}
	}
	return nil
}

func errOr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// members are the parties of topics in a partnership, as the fold sees them: who writes and signs, a witness left out.
func members(p *node.Partnership) (out []decision.Member) {
	for _, m := range p.Genesis.Members {
		if m.Role != "observer" && (p.Genesis.Witness == nil || *p.Genesis.Witness != m.Company) && (p.Genesis.Arbiter == nil || *p.Genesis.Arbiter != m.Company) {
			out = append(out, decision.Member{Company: m.Company, Label: m.Role})
		}
	}
	return out
}

// proposal is what the caller wrote, with what it left empty filled in.
func (b *Board) proposal(p *node.Partnership, in wire.TopicOpenRequest) (decision.Proposal, error) {
	out := decision.Proposal{Kind: decision.DemandCapacity, Trigger: decision.ByHand, Priority: decision.High}
	var worth *identity.Amount
	if !in.Manual {
		made, value, err := b.fromException(p, in)
		if err != nil {
			return out, err
		}
		out, worth = made, value
	}
	if own := in.Proposal; own != nil {
		out = overlay(out, *own)
	}
	b.expects(p, &out)
	if in.Title != "" {
		out.Title = in.Title
	}
	if in.Deadline != 0 {
		out.Deadline = in.Deadline
	}
	if out.Deadline == 0 {
		out.Deadline = b.node.Now() + 7*24*60*60*1000
	}
	if len(out.Required) == 0 {
		required, err := b.required(p, out, worth)
		if err != nil {
			return out, err
		}
		out.Required = required
	}
	return b.tidy(out, in.Basis), nil
}

// overlay puts the parts a person wrote over those the node made.
func overlay(made, own decision.Proposal) decision.Proposal {
	if own.Kind != "" {
		made.Kind = own.Kind
	}
	if own.Title != "" {
		made.Title = own.Title
	}
	if own.Trigger != "" {
		made.Trigger, made.Exception = own.Trigger, own.Exception
	}
	if own.Priority != "" {
		made.Priority = own.Priority
	}
	if len(own.Scope.Products) > 0 {
		made.Scope = own.Scope
	}
	if own.Deadline != 0 {
		made.Deadline = own.Deadline
	}
	if len(own.Required) > 0 {
		made.Required = own.Required
	}
	if len(own.Context) > 0 {
		made.Context = own.Context
	}
	if len(own.Options) > 0 {
		made.Options = own.Options
	}
	if len(own.Issues) > 0 {
		made.Issues = own.Issues
	}
	if own.Amends != nil {
		made.Amends = own.Amends
	}
	if own.Minuted != nil {
		made.Minuted = own.Minuted
	}
	return made
}

// tidy brings lists into their one order and makes this company the author of the options.
func (b *Board) tidy(p decision.Proposal, basis []decision.OptionBasis) decision.Proposal {
	p.Options, p.Issues, p.Required = slices.Clone(p.Options), slices.Clone(p.Issues), slices.Clone(p.Required)
	if p.Context == nil {
		p.Context = []block.CID{}
	}
	if p.Issues == nil {
		p.Issues = []decision.Issue{}
	}
	for i := range p.Options {
		o := &p.Options[i]
		o.By = b.node.Company()
		if o.Effects == nil {
			o.Effects = []decision.OptionEffect{}
		}
		slices.SortFunc(o.Effects, func(x, y decision.OptionEffect) int { return cmp.Or(x.Party.Compare(y.Party), x.Cell.Compare(y.Cell)) })
		if o.Basis == nil {
			o.Basis = []decision.StatedBasis{}
		}
		for _, s := range basis {
			if s.Option == o.ID && o.ID != decision.NoAgreement {
				o.Basis = []decision.StatedBasis{{Company: b.node.Company(), Basis: s.Basis}}
			}
		}
	}
	slices.SortFunc(p.Options, func(x, y decision.Option) int { return cmp.Compare(x.ID, y.ID) })
	slices.SortFunc(p.Issues, func(x, y decision.Issue) int { return cmp.Compare(x.ID, y.ID) })
	slices.SortFunc(p.Required, func(x, y decision.Requirement) int { return x.Company.Compare(y.Company) })
	for i := range p.Required {
		p.Required[i].Roles = slices.Sorted(slices.Values(p.Required[i].Roles))
	}
	return p
}

// required are the roles whose signatures bind each party in a topic of this kind, scope and worth: who signs has scored. Where the worth
// is unknown it counts as high. What the document commits to in the end decides again who signs it.
func (b *Board) required(p *node.Partnership, topic decision.Proposal, worth *identity.Amount) (out []decision.Requirement, err error) {
	m := identity.Matter{Amount: worth, Products: topic.Scope.Products, Regions: topic.Scope.Regions}
	for _, member := range members(p) {
		chain := b.node.Chain(member.Company)
		if chain == nil {
			return nil, node.Failf("NO_IDENTITY", "the identity of %s is not held yet", member.Company.Short())
		}
		view := chain.Now()
		quorum, entry := view.Quorum(string(topic.Kind), b.node.Now())
		rule := identity.Choose(identity.Rule{Quorum: quorum, Entry: entry}, view.Rules(string(topic.Kind)), m)
		policy, err := sign.ParsePolicy(rule.Quorum)
		if err != nil {
			return nil, err
		}
		roles := slices.DeleteFunc(policyRoles(policy), func(r decision.Role) bool { return !slices.Contains(decision.ScoringRoles, r) })
		if len(roles) == 0 {
			roles = []decision.Role{decision.COO}
		}
		out = append(out, decision.Requirement{Company: member.Company, Roles: roles})
	}
	return out, nil
}

func policyRoles(p sign.Policy) []decision.Role {
	var roles []decision.Role
	if p.Role != "" {
		roles = append(roles, decision.Role(p.Role))
	}
	for _, below := range p.Of {
		roles = append(roles, policyRoles(below)...)
	}
	slices.Sort(roles)
	return slices.Compact(roles)
}

// chosen is the exception a topic is opened about: the one named; else, of what the match leaves short, the most valuable one for officers, else the most
// valuable; and where demand is covered, the most valuable of any other cause that waits for officers and that no topic is about.
func (b *Board) chosen(p *node.Partnership, id string) (desk.ExceptionView, error) {
	if id != "" {
		all, err := b.desk.Exceptions(p.PID.String(), true) // one that ended by default may still be talked about
		if err != nil {
			return desk.ExceptionView{}, err
		}
		i := slices.IndexFunc(all, func(e desk.ExceptionView) bool { return e.ID.String() == id })
		if i < 0 {
			return desk.ExceptionView{}, node.Failf("NO_SUCH_EXCEPTION", "no exception %s is open; kontor exception list shows them", id)
		}
		if e := all[i]; e.Closed && e.State != desk.ExceptionDefault {
			return e, node.Failf("ALREADY_CLOSED", "exception %s was closed by %s: %s", id, e.ClosedBy, e.Reason)
		}
		return all[i], nil
	}
	view, err := b.desk.Match(p.PID.String())
	if err != nil {
		if other, none := b.otherwiseChosen(p); none == nil {
			return other, nil // without a forecast or a plan nothing is matched, and what has another cause still waits
		}
		return desk.ExceptionView{}, err
	}
	open := slices.DeleteFunc(view.Exceptions, func(e desk.ExceptionView) bool { return e.Closed })
	if len(open) == 0 {
		return b.otherwiseChosen(p)
	}
	if i := slices.IndexFunc(open, func(e desk.ExceptionView) bool { return e.Speed == exception.Officers }); i > 0 {
		return open[i], nil
	}
	return open[0], nil
}

// otherwiseChosen is the most valuable exception of officers beside the match.
func (b *Board) otherwiseChosen(p *node.Partnership) (desk.ExceptionView, error) {
	all, err := b.desk.Exceptions(p.PID.String(), false)
	if err != nil {
		return desk.ExceptionView{}, err
	}
	if i := slices.IndexFunc(all, func(e desk.ExceptionView) bool { return e.Speed == exception.Officers && e.Topic == "" }); i >= 0 {
		return all[i], nil
	}
	return desk.ExceptionView{}, node.Failf("NO_EXCEPTION", "nothing waits for officers; a topic about an exception of the desk takes its ID (kontor exception list), one about something else --kind and --title, or --proposal FILE --manual")
}

// fromException makes the proposal of a topic about an exception, and says what the exception is worth where that is known.
func (b *Board) fromException(p *node.Partnership, in wire.TopicOpenRequest) (decision.Proposal, *identity.Amount, error) {
	e, err := b.chosen(p, in.Exception)
	if err != nil {
		return decision.Proposal{}, nil, err
	}
	var out decision.Proposal
	if byMatch(e.Kind) {
		out, err = b.aboutShortage(p, e)
	} else {
		out, err = b.aboutCause(p, e)
	}
	if err != nil || e.Value.Minor == 0 {
		return out, nil, err
	}
	return out, &identity.Amount{Minor: e.Value.Minor, Currency: string(e.Value.Currency)}, nil
}

// aboutShortage makes the proposal of a topic about what the match leaves short.
func (b *Board) aboutShortage(p *node.Partnership, e desk.ExceptionView) (decision.Proposal, error) {
	view, err := b.desk.Match(p.PID.String())
	if err != nil {
		return decision.Proposal{}, err
	}
	plan, err := b.waysOut(p, view, e)
	if err != nil {
		return decision.Proposal{}, err
	}
	id := desk.ExceptionCID(e.ID)
	return decision.Proposal{Kind: decision.DemandCapacity, Trigger: decision.ByException, Exception: &id, Priority: decision.High,
		Title: fmt.Sprintf("%s short in %s", plan.product, periods(e.Scope.Buckets)), Scope: plan.scope(),
		Deadline: max(e.Deadline, b.node.Now()+leastTime), Context: []block.CID{view.Forecast, view.Plan}, Options: plan.options, Issues: plan.issues(materiality(p))}, nil
}

// isTerms tells whether an artifact held is contract terms.
func isTerms(r *protocol.Replica, root block.CID) bool {
	_, err := r.Terms(root)
	return err == nil
}
