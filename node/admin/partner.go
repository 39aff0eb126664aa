package admin

import (
	"context"
	"errors"
	"slices"

	"kontor/node"
	"kontor/node/api/wire"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/identity"
	"kontor/protocol/partnership"
)

// Defaults of an invitation.
const (
	invitationLife  = 7 * 24 * 3600 * 1000 // ms: a week of office days and a weekend
	maxInvitation   = 90 * 24 * 3600 * 1000
	defaultCurrency = "USD"
	defaultMinor    = 10_000_00 // materiality M: ten thousand dollars
)

// listedOver is how long a pairing that ended by itself stays listed, ms: whoever comes back from a week away still sees what became of it.
const listedOver = 7 * 24 * 3600 * 1000

// Invite opens an invitation.
func (o *Office) Invite(ctx context.Context, command node.Command, req wire.InviteRequest) (wire.Invitation, error) {
	var role string // of the acceptor
	switch req.As {
	case partnership.RoleBuyer:
		role = partnership.RoleSeller
	case partnership.RoleSeller:
		role = partnership.RoleBuyer
	default:
		return wire.Invitation{}, node.Failf("BAD_ROLE", "this company's role is %q; buyer or seller is right", req.As)
	}
	now := o.node.Now()
	if req.Expires == 0 {
		req.Expires = now + invitationLife
	}
	if req.Expires <= now || req.Expires > now+maxInvitation {
		return wire.Invitation{}, node.Failf("BAD_EXPIRY", "an invitation expires within 90 days from now")
	}
	if req.Notice < 0 || req.Notice > partnership.MaxNotice {
		return wire.Invitation{}, badNotice(req.Notice)
	}
	m := identity.Amount{Minor: defaultMinor, Currency: defaultCurrency}
	if req.Materiality != nil {
		m = identity.Amount{Minor: req.Materiality.Minor, Currency: req.Materiality.Currency}
	}
	arbiter, err := arbiterOf(req.Arbiter)
	if err != nil {
		return wire.Invitation{}, err
	}
	p, text, err := o.node.Invite(ctx, command, partnership.Offer{Role: role, Materiality: m, Products: orEmpty(req.Products), Regions: orEmpty(req.Regions), Expires: req.Expires,
		Notice: req.Notice, Arbiter: arbiter}, req.Ask)
	if err != nil {
		return wire.Invitation{}, err
	}
	return wire.Invitation{Invitation: text, ID: p.ID, Expires: p.Token.Expires, As: p.Role}, nil
}

// Accept takes up an invitation, up to the words.
func (o *Office) Accept(ctx context.Context, req wire.AcceptRequest) (wire.Pairing, error) {
	p, err := o.node.AcceptInvitation(ctx, req.Invitation)
	return o.pairing(p), err
}

// Confirm answers whether the words are the same.
func (o *Office) Confirm(ctx context.Context, req wire.ConfirmRequest) (wire.Pairing, error) {
	p, err := o.node.ConfirmWordsOf(ctx, req.ID, req.Same)
	return o.pairing(p), err
}

// Withdraw closes an invitation.
func (o *Office) Withdraw(ctx context.Context, id string) (wire.Pairing, error) {
	p, err := o.node.Withdraw(ctx, id)
	return o.pairing(p), err
}

func (o *Office) pairing(p node.Pairing) wire.Pairing {
	out := wire.Pairing{ID: p.ID, Stage: p.Stage, Words: orEmpty(p.Words), Role: p.Role, Products: orEmpty(p.Token.Products), Regions: orEmpty(p.Token.Regions), Notice: p.Token.Notice, Signed: p.Signed, Ends: p.Ends()}
	if p.Token.Arbiter != nil {
		out.Arbiter = p.Token.Arbiter.String()
	}
	if p.Token.Materiality.Currency != "" {
		out.Materiality = &wire.Amount{Minor: p.Token.Materiality.Minor, Currency: p.Token.Materiality.Currency}
	}
	if p.Company != nil {
		out.Company, out.Name = p.Company.String(), o.node.CompanyName(*p.Company)
	}
	if p.Head != nil {
		out.Fingerprint = fingerprintOf(*p.Head)
	}
	if p.PID != nil {
		out.Partnership = p.PID.String()
	}
	return out
}

// Partners lists what a caller's scope shows.
func (o *Office) Partners(_ context.Context, scope wire.Scope) (wire.PartnerListing, error) {
	out := wire.PartnerListing{Partnerships: []wire.PartnershipStatus{}, Invitations: []wire.InvitationInfo{}, Proposals: []wire.Circle{}}
	partnerships, err := o.visible(scope, "")
	if err != nil {
		return out, err
	}
	for _, p := range partnerships {
		st, err := o.partnershipStatus(p)
		if err != nil {
			return out, err
		}
		if p.Removed && st.State == "withdrawn" {
			continue // it never came about, and all have heard so
		}
		out.Partnerships = append(out.Partnerships, st)
	}
	pairings, err := o.node.Pairings()
	if err != nil {
		return out, err
	}
	for _, p := range pairings {
		if p.Stage == partnership.StageDone || (p.PID != nil && p.Ours) || p.Stage == partnership.StageWithdrawn || p.Back || len(scope.Partners) > 0 {
			continue
		}
		over := p.Over(o.node.Now())
		if over && o.node.Now() >= p.Ends()+listedOver {
			continue
		}
		info := wire.InvitationInfo{ID: p.ID, Ours: p.Ours, As: p.Role, Stage: p.Stage, Expires: p.Token.Expires, Words: p.Words, Ask: p.Ask, Since: p.Since, Ends: p.Ends()}
		if p.Company != nil {
			info.Company = p.Company.String()
			if o.node.Chain(*p.Company) != nil {
				info.Name = o.node.CompanyName(*p.Company)
			}
		}
		if over {
			info.Stage = "expired"
		}
		out.Invitations = append(out.Invitations, info)
	}
	out.Proposals, err = o.circles(scope)
	return out, err
}

func (o *Office) sees(scope wire.Scope, p *node.Partnership) bool {
	for _, m := range p.Genesis.Others(o.node.Company()) {
		if scope.Partner(m.Company.String()) {
			return true
		}
	}
	return false
}

// visible lists the partnerships a caller may ask about: the one with a partner, or all.
func (o *Office) visible(scope wire.Scope, with string) ([]*node.Partnership, error) {
	if with != "" {
		p, err := o.Find(scope, with)
		return []*node.Partnership{p}, err
	}
	return slices.DeleteFunc(o.node.Partnerships(), func(p *node.Partnership) bool { return !o.sees(scope, p) }), nil
}

// Find picks the partnership a caller means: by its ID, the partner's name or CompanyID; empty: the only one. What lies outside
// the caller's scope is as if it were not there.
func (o *Office) Find(scope wire.Scope, with string) (*node.Partnership, error) {
	var fits []*node.Partnership
	for _, p := range o.node.Partnerships() {
		if o.sees(scope, p) && (with == "" || p.PID.String() == with || p.PID.Short() == with || o.isWith(p, with)) {
			fits = append(fits, p)
		}
	}
	if len(fits) > 1 { // those that ended give way
		if active := slices.DeleteFunc(slices.Clone(fits), func(p *node.Partnership) bool { return p.Removed }); len(active) == 1 {
			fits = active
		}
	}
	if len(fits) > 1 && with != "" { // a partner's name means the partnership of two with it; a circle is meant by its ID
		if pairs := slices.DeleteFunc(slices.Clone(fits), func(p *node.Partnership) bool { return len(p.Genesis.Members) > 2 }); len(pairs) == 1 {
			fits = pairs
		}
	}
	switch {
	case len(fits) == 1:
		return fits[0], nil
	case len(fits) > 1:
		return nil, node.Failf("WHICH_PARTNER", "%d partnerships fit; say which with --with NAME or --with PARTNERSHIP (kontor partner list)", len(fits))
	case with == "":
		return nil, node.Failf("NO_PARTNER", "there is no partner yet; run: kontor partner invite --as buyer|seller")
	}
	return nil, node.Failf("NO_PARTNER", "no partner is called %q; kontor partner list shows all", with)
}

func (o *Office) isWith(p *node.Partnership, with string) bool {
	for _, m := range p.Genesis.Others(o.node.Company()) {
		if o.node.CompanyName(m.Company) == with || m.Company.String() == with || m.Company.Short() == with {
			return true
		}
	}
	return false
}

// Show tells all about one partnership.
func (o *Office) Show(scope wire.Scope, with string) (wire.PartnerDetail, error) {
	p, err := o.Find(scope, with)
	if err != nil {
		return wire.PartnerDetail{}, err
	}
	st, err := o.partnershipStatus(p)
	g := p.Genesis
	out := wire.PartnerDetail{PartnershipStatus: st, Since: p.Since, Ruleset: g.Ruleset, Scopes: scopesOf(g), Notice: g.Notice,
		Materiality: wire.Amount{Minor: g.Materiality.Minor, Currency: g.Materiality.Currency}}
	if g.Arbiter != nil {
		out.Arbiter = g.Arbiter.String()
	}
	if g.Replaces != nil {
		out.Replaces = g.Replaces.String()
	}
	pairings, listErr := o.node.Pairings()
	for _, pairing := range pairings {
		if pairing.PID != nil && *pairing.PID == p.PID {
			out.Words = pairing.Words
		}
	}
	if err == nil {
		err = o.node.View(p.PID, func(r *protocol.Replica) error {
			rules, err := r.Ruleset()
			out.Ruleset = rules.InForce
			return err
		})
	}
	for i := range out.Members {
		if m, ok := g.Member(mustCID(out.Members[i].Company)); ok {
			out.Members[i].Addresses = m.Addresses
		}
	}
	ended, endErr := o.circleEnd(p)
	out.Withdrawn = ended
	return out, errors.Join(err, listErr, endErr)
}

// arbiterOf reads the company that rules on disputes; none is named by nothing.
func arbiterOf(id string) (*block.CID, error) {
	if id == "" {
		return nil, nil
	}
	company, err := block.ParseCID(id)
	if err != nil {
		return nil, node.Failf("BAD_ARBITER", "arbiter %q is no CompanyID: %v; the arbiter reads it with kontor status", id, err)
	}
	return &company, nil
}

func badNotice(days int64) error {
	return node.Failf("BAD_NOTICE", "a notice of %d days; 0 (both sides end the partnership) to %d are right", days, partnership.MaxNotice)
}

// mustCID reads back what String wrote.
func mustCID(text string) block.CID {
	id, err := block.ParseCID(text)
	if err != nil {
		panic("invariant: the text of a CID reads back: " + err.Error())
	}
	return id
}

// Suspend suspends a partnership or lifts this company's suspension.
func (o *Office) Suspend(ctx context.Context, command node.Command, req wire.PartnerActRequest) (wire.EntryReceipt, error) {
	return o.act(ctx, command, protocol.KindSuspend, req)
}

// End writes this company's end of a partnership.
func (o *Office) End(ctx context.Context, command node.Command, req wire.PartnerActRequest) (wire.EntryReceipt, error) {
	return o.act(ctx, command, protocol.KindEnd, req)
}

const maxReason = 1024

func (o *Office) act(ctx context.Context, command node.Command, kind string, req wire.PartnerActRequest) (wire.EntryReceipt, error) {
	p, err := o.Find(wire.Scope{}, req.With)
	if err != nil {
		return wire.EntryReceipt{}, err
	}
	if len(req.Reason) > maxReason {
		return wire.EntryReceipt{}, node.Failf("BAD_REASON", "the reason has %d bytes; at most %d are allowed", len(req.Reason), maxReason)
	}
	body, err := block.New(protocol.PartnershipAct{Reason: req.Reason, Lift: req.Lift})
	if err != nil {
		return wire.EntryReceipt{}, err
	}
	w, err := o.node.Write(ctx, p.PID, command, func(r *protocol.Replica, _ int64) (protocol.Draft, error) {
		return protocol.Draft{Kind: kind, Body: &body}, o.newAct(r, kind, req.Lift)
	})
	return receipt(p.PID, w), err
}

// newAct refuses what would change nothing: to suspend or end twice, and to lift a suspension that this company did not write.
func (o *Office) newAct(r *protocol.Replica, kind string, lift bool) error {
	row, err := r.Partnership()
	if err != nil {
		return err
	}
	own := o.node.Company()
	suspended := slices.Contains(row.Suspended, own)
	switch {
	case kind == protocol.KindEnd && slices.ContainsFunc(row.Ended, func(e protocol.Ending) bool { return e.Member == own }):
		return node.Failf("ALREADY_ENDED", "this company has ended its side of the partnership already; kontor partner show says what is still to come")
	case kind == protocol.KindSuspend && !lift && suspended:
		return node.Failf("ALREADY_SUSPENDED", "this company has suspended the partnership already; to take that back: kontor partner suspend --lift")
	case kind == protocol.KindSuspend && lift && !suspended && len(row.Suspended) > 0:
		return node.Failf("OTHER_SUSPENDED", "the suspension is not this company's to lift: %s wrote it", o.node.CompanyName(row.Suspended[0]))
	case kind == protocol.KindSuspend && lift && !suspended:
		return node.Failf("NOTHING_SUSPENDED", "the partnership is not suspended")
	}
	return nil
}
