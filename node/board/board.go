// Package board is what a company's officers do at their node: open a topic about a bottleneck, score options on the lenses, negotiate, and
// carry the agreement to its signatures.
//
// A [Board] works on a node.Node and takes matches from a desk.Desk. [Board.Open], [Board.Score], [Board.Offer], [Board.Accept] and
// [Board.Sign] are the main steps; [Board.Watch] does what follows by itself from decisions already taken.
//
// Guarantees: scores, weights and salts stay in private rows until an officer reveals them; an act is judged by decision's rules for
// persons and by the fold before it is written; officers' keys never come here.
package board

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"kontor/node"
	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/quantity"
)

// Board is the officers' side of one node.
type Board struct {
	node *node.Node
	desk *desk.Desk
	mu   sync.Mutex // one composite step at a time: what one writes, the next must see
}

// New opens the board of a node.
func New(n *node.Node, d *desk.Desk) *Board { return &Board{node: n, desk: d} }

// By is who asks, and under which command ID.
type By struct {
	Role    wire.Role
	Scope   wire.Scope
	Command node.Command
}

// step is the command's ID for one of several entries that a command may write: a retry finds each of them again.
func (b By) step(name string) node.Command {
	if b.Command == "" {
		return ""
	}
	return b.Command + node.Command("/"+name)
}

// rolesFor are the officer roles the caller acts in. The admin keeps the books for the officers: in the role it names, else in those the topic
// requires. An officer acts in its own role; the desk in none.
func (b *Board) rolesFor(by By, as decision.Role, t decision.Topic) ([]decision.Role, error) {
	switch {
	case by.Role == wire.Admin && as != "":
		return []decision.Role{as}, nil
	case by.Role == wire.Admin:
		return required(t, b.node.Company()), nil
	case as != "" && as != decision.Role(by.Role):
		return nil, wire.Problemf("FORBIDDEN", "the token is the %s's; it can't act as %s", by.Role, as)
	case by.Role.Officer():
		return []decision.Role{decision.Role(by.Role)}, nil
	}
	return nil, nil
}

func required(t decision.Topic, company block.CID) []decision.Role {
	for _, r := range t.Required {
		if r.Company == company {
			return r.Roles
		}
	}
	return nil
}

// sees tells whether a caller's scope covers a partnership.
func (b *Board) sees(s wire.Scope, p *node.Partnership) bool {
	for _, m := range p.Genesis.Others(b.node.Company()) {
		if s.Partner(m.Company.String()) {
			return true
		}
	}
	return false
}

// seesScope tells whether a caller's scope covers what a topic is about.
func seesScope(s wire.Scope, topic decision.Scope) bool {
	return !slices.ContainsFunc(topic.Products, func(p string) bool { return !s.Product(p) }) &&
		!slices.ContainsFunc(topic.Regions, func(r string) bool { return r != artifact.All && !s.Region(r) })
}

// visible lists the partnerships a caller may ask about: those with one partner, or all.
func (b *Board) visible(s wire.Scope, with string) ([]*node.Partnership, error) {
	if with != "" {
		p, err := b.desk.Partner(with, "")
		if err != nil {
			return nil, err
		}
		if !b.sees(s, p) {
			return nil, node.Failf("NO_PARTNER", "no partner is called %q; kontor partner list shows all", with)
		}
		return []*node.Partnership{p}, nil
	}
	return slices.DeleteFunc(b.node.Partnerships(), func(p *node.Partnership) bool { return !b.sees(s, p) }), nil
}

// found is a topic with the partnership it belongs to.
type found struct {
	p *node.Partnership
	t decision.Topic
}

// find picks the topic a caller means: by ID, by the end of the ID, or the only active one, or the only one.
func (b *Board) find(by By, q wire.TopicQuery) (found, error) {
	list, err := b.visible(by.Scope, q.With)
	if err != nil {
		return found{}, err
	}
	var fits, over []found
	for _, p := range list {
		topics, err := b.topics(p)
		if err != nil {
			return found{}, err
		}
		for _, t := range topics {
			switch named := q.Topic != "" && strings.HasSuffix(t.ID.String(), q.Topic); {
			case !seesScope(by.Scope, t.Scope):
			case named, q.Topic == "" && t.Status.Active():
				fits = append(fits, found{p, t})
			case q.Topic == "":
				over = append(over, found{p, t})
			}
		}
	}
	if len(fits) == 0 && len(over) == 1 {
		fits = over // a command about the only topic finds it again after it has ended
	}
	switch {
	case len(fits) == 1:
		return fits[0], nil
	case len(fits) > 1:
		return found{}, node.Failf("WHICH_TOPIC", "%d topics fit; name one by its ID (kontor topic list)", len(fits))
	case q.Topic == "":
		return found{}, node.Failf("NO_TOPIC", "no topic is open; kontor topic list shows those that were, kontor topic open opens one")
	}
	return found{}, node.Failf("NO_TOPIC", "no topic %q is known; kontor topic list shows them", q.Topic)
}

func (b *Board) topics(p *node.Partnership) (out []decision.Topic, err error) {
	err = b.node.View(p.PID, func(r *protocol.Replica) error {
		out, err = r.Topics()
		return err
	})
	return out, err
}

// errIdle says that an act is done already or not due: nothing is written, and that is right.
var errIdle = errors.New("nothing to do")

// act decides and writes one act. make runs inside the transaction, over the topic as it stands there.
func (b *Board) act(ctx context.Context, f found, command node.Command, roles []decision.Role, make func(t decision.Topic, now int64) (decision.Act, error)) (node.Written, error) {
	return b.node.Write(ctx, f.p.PID, command, func(r *protocol.Replica, now int64) (protocol.Draft, error) {
		t, known, err := r.Topic(f.t.ID)
		if err != nil {
			return protocol.Draft{}, err
		}
		if !known {
			return protocol.Draft{}, node.Failf("NO_TOPIC", "no topic %s is open in this partnership", f.t.ID.Short())
		}
		a, err := make(t, now)
		if err != nil {
			return protocol.Draft{}, err
		}
		a.Topic = &t.ID
		at, err := b.place(r, now)
		if err != nil {
			return protocol.Draft{}, err
		}
		if _, findings := t.Decide(a, decision.Person{Company: b.node.Company(), Roles: roles}, at); len(findings) > 0 {
			return protocol.Draft{}, refusal(string(a.Verb), findings)
		}
		return topicDraft(a)
	})
}

// place is where the next own entry will stand.
func (b *Board) place(r *protocol.Replica, now int64) (decision.At, error) {
	h, err := r.Log.Draft(b.node.Company(), now)
	return decision.At{Member: b.node.Company(), Seq: h.Seq, Lam: h.Lam, T: h.T}, err
}

func topicDraft(a decision.Act) (protocol.Draft, error) {
	if findings := a.Check(); len(findings) > 0 {
		return protocol.Draft{}, refusal(string(a.Verb), findings)
	}
	body, err := block.New(a)
	return protocol.Draft{Kind: protocol.KindTopic, Body: &body}, err
}

// refusal turns findings into an error with a stable code: a matter of the caller's role is one of permission.
func refusal(what string, findings []artifact.Finding) error {
	code := "REFUSED"
	if findings[0].Code == "PERSON-01" || findings[0].Code == "PERSON-02" {
		code = "FORBIDDEN"
	}
	return &node.Failure{Code: code, Text: strings.ToLower(what) + " refused: " + findings[0].Error(), Findings: findings}
}

func receipt(f found, w node.Written) wire.TopicReceipt {
	return wire.TopicReceipt{Partnership: f.p.PID.String(), Topic: f.t.ID.String(), Entry: w.Entry.String(), Seq: w.Seq, T: w.T}
}

// materiality is M of a partnership.
func materiality(p *node.Partnership) quantity.Money {
	return quantity.Money{Minor: p.Genesis.Materiality.Minor, Currency: quantity.Currency(p.Genesis.Materiality.Currency)}
}

// Join takes the matter up.
func (b *Board) Join(ctx context.Context, by By, in wire.TopicAct) (wire.TopicReceipt, error) {
	return b.simple(ctx, by, in, decision.Act{Verb: decision.Join})
}

// Context names artifacts the topic rests on, or takes back those this company named.
func (b *Board) Context(ctx context.Context, by By, in wire.TopicContextRequest) (wire.TopicReceipt, error) {
	switch {
	case len(in.Artifacts) > 0 && len(in.Drop) > 0:
		return wire.TopicReceipt{}, node.Failf("BAD_CONTEXT", "name artifacts or take some back, one after the other")
	case len(in.Drop) > 0:
		return b.simple(ctx, by, in.TopicAct, decision.Act{Verb: decision.DropContext, Drop: in.Drop})
	}
	f, roles, done, err := b.begin(by, in.TopicAct)
	if err != nil {
		return wire.TopicReceipt{}, err
	}
	defer done()
	err = b.node.View(f.p.PID, func(r *protocol.Replica) error {
		for _, c := range in.Artifacts { // a link to nothing would tell the partner nothing
			if _, held, err := r.Version(c); err != nil || !held {
				return errOr(err, node.Failf("NO_ARTIFACT", "no accepted artifact %s is held in this partnership; kontor artifact list shows those that are", c))
			}
		}
		return nil
	})
	if err != nil {
		return wire.TopicReceipt{}, err
	}
	w, err := b.act(ctx, f, by.Command, roles, func(decision.Topic, int64) (decision.Act, error) {
		return decision.Act{Verb: decision.AddContext, Context: in.Artifacts}, nil
	})
	if err != nil {
		return wire.TopicReceipt{}, err
	}
	return receipt(f, w), nil
}

// Basis states what options are worth to this side.
func (b *Board) Basis(ctx context.Context, by By, in wire.TopicBasisRequest) (wire.TopicReceipt, error) {
	return b.simple(ctx, by, in.TopicAct, decision.Act{Verb: decision.StateBasis, Basis: in.Basis})
}

// Decline ends the topic.
func (b *Board) Decline(ctx context.Context, by By, in wire.TopicDeclineRequest) (wire.TopicReceipt, error) {
	return b.simple(ctx, by, in.TopicAct, decision.Act{Verb: decision.Decline, Reason: in.Reason})
}

// Withdraw takes a topic back that this company opened, before anyone scored.
func (b *Board) Withdraw(ctx context.Context, by By, in wire.TopicDeclineRequest) (wire.TopicReceipt, error) {
	return b.simple(ctx, by, in.TopicAct, decision.Act{Verb: decision.Withdraw, Reason: in.Reason})
}

// AddIssue names one more thing to negotiate about.
func (b *Board) AddIssue(ctx context.Context, by By, in wire.TopicIssueRequest) (wire.TopicReceipt, error) {
	issue, err := issueOf(in)
	if err != nil {
		return wire.TopicReceipt{}, err
	}
	return b.simple(ctx, by, in.TopicAct, decision.Act{Verb: decision.AddIssue, Issue: &issue})
}

// issueOf reads an issue as people write it.
func issueOf(in wire.TopicIssueRequest) (decision.Issue, error) {
	issue := decision.Issue{ID: in.ID, Name: in.Name, Kind: in.Kind, Unit: in.Unit}
	for _, end := range []struct {
		text string
		into *decision.Value
	}{{in.Low, &issue.Low}, {in.High, &issue.High}} {
		v, err := valueOf(issue, end.text)
		if err != nil {
			return issue, node.Failf("BAD_VALUE", "issue %q: %v", in.ID, err)
		}
		*end.into = v
	}
	return issue, nil
}

// begin finds the topic a command is about and the roles it is done in, and holds the board until done.
func (b *Board) begin(by By, in wire.TopicAct) (f found, roles []decision.Role, done func(), err error) {
	if f, err = b.find(by, in.TopicQuery); err != nil {
		return f, nil, nil, err
	}
	if roles, err = b.rolesFor(by, in.As, f.t); err != nil {
		return f, nil, nil, err
	}
	b.mu.Lock()
	return f, roles, b.mu.Unlock, nil
}

func (b *Board) simple(ctx context.Context, by By, in wire.TopicAct, a decision.Act) (wire.TopicReceipt, error) {
	f, roles, done, err := b.begin(by, in)
	if err != nil {
		return wire.TopicReceipt{}, err
	}
	defer done()
	w, err := b.act(ctx, f, by.Command, roles, func(decision.Topic, int64) (decision.Act, error) { return a, nil })
	if err != nil {
		return wire.TopicReceipt{}, err
	}
	return receipt(f, w), nil
}
