package admin

import (
	"context"
	"slices"

	"kontor/crypto/keys"
	"kontor/node"
	"kontor/node/api/wire"
	"kontor/protocol/block"
	"kontor/protocol/identity"
	"kontor/protocol/partnership"
)

// FoundCircle founds a circle of three and more with companies this one has paired with, and proposes it to each.
func (o *Office) FoundCircle(ctx context.Context, command node.Command, req wire.CircleRequest) (wire.Circle, error) {
	roles := []string{partnership.RoleBuyer, partnership.RoleSeller, partnership.RoleObserver}
	if !slices.Contains(roles, req.As) {
		return wire.Circle{}, node.Failf("BAD_ROLE", "this company's role is %q; buyer, seller or observer is right", req.As)
	}
	offer := node.CircleOffer{Role: req.As, Materiality: identity.Amount{Minor: defaultMinor, Currency: defaultCurrency},
		Products: orEmpty(req.Products), Regions: orEmpty(req.Regions), Notice: req.Notice, Expires: req.Expires}
	if req.Notice < 0 || req.Notice > partnership.MaxNotice {
		return wire.Circle{}, badNotice(req.Notice)
	}
	if req.Materiality != nil {
		offer.Materiality = identity.Amount{Minor: req.Materiality.Minor, Currency: req.Materiality.Currency}
	}
	for _, m := range req.Members {
		if !slices.Contains(roles, m.Role) {
			return wire.Circle{}, node.Failf("BAD_ROLE", "the role of %q is %q; buyer, seller or observer is right", m.Member, m.Role)
		}
		company, err := o.partnerCalled(m.Member)
		if err != nil {
			return wire.Circle{}, err
		}
		offer.Members = append(offer.Members, node.CircleSeat{Company: company, Role: m.Role})
	}
	if req.Witness != "" {
		company := o.node.Company()
		if req.Witness != o.node.Name() && req.Witness != company.String() {
			var err error
			if company, err = o.partnerCalled(req.Witness); err != nil {
				return wire.Circle{}, err
			}
		}
		offer.Witness = &company
	}
	if company, err := o.partnerCalled(req.Arbiter); req.Arbiter != "" && err == nil {
		offer.Arbiter = &company
	} else if offer.Arbiter, err = arbiterOf(req.Arbiter); err != nil {
		return wire.Circle{}, err
	}
	if req.Replaces != "" {
		old, err := o.Find(wire.Scope{}, req.Replaces)
		if err != nil {
			return wire.Circle{}, err
		}
		offer.Replaces = &old.PID
	}
	c, err := o.node.FoundCircle(ctx, command, offer)
	if err != nil {
		return wire.Circle{}, err
	}
	return o.circle(c), nil
}

// partnerCalled finds the one company among the partners that has a name or CompanyID.
func (o *Office) partnerCalled(name string) (company block.CID, err error) {
	var fits []block.CID
	for _, p := range o.node.Partnerships() {
		if p.Removed {
			continue
		}
		for _, m := range p.Genesis.Others(o.node.Company()) {
			called := o.node.CompanyName(m.Company) == name || m.Company.String() == name || m.Company.Short() == name
			if called && !slices.Contains(fits, m.Company) {
				fits = append(fits, m.Company)
			}
		}
	}
	switch len(fits) {
	case 1:
		return fits[0], nil
	case 0:
		return company, node.Failf("NO_PARTNER", "no partner is called %q; kontor partner list shows all", name)
	}
	return company, node.Failf("WHICH_PARTNER", "%d partners are called %q; name the company ID (kontor partner show)", len(fits), name)
}

// JoinCircle signs a circle that a partner proposed. It is named by its PartnershipID or the end of that.
func (o *Office) JoinCircle(ctx context.Context, req wire.JoinRequest) (wire.Circle, error) {
	pid, err := block.ParseCID(req.Partnership)
	if err != nil {
		if pid, err = o.circleCalled(req.Partnership); err != nil {
			return wire.Circle{}, err
		}
	}
	c, err := o.node.JoinCircle(ctx, pid)
	if err != nil {
		return wire.Circle{}, err
	}
	return o.circle(c), nil
}

// CloseCircle withdraws a circle this company proposed, or declines one that was proposed to it.
func (o *Office) CloseCircle(ctx context.Context, req wire.CloseRequest) (wire.Circle, error) {
	pid, err := block.ParseCID(req.Partnership)
	if err != nil {
		if pid, err = o.circleCalled(req.Partnership); err != nil {
			return wire.Circle{}, err
		}
	}
	c, err := o.node.CloseCircle(ctx, pid, req.Reason)
	if err != nil {
		return wire.Circle{}, err
	}
	return o.circle(c), nil
}

func (o *Office) circleCalled(short string) (pid block.CID, err error) {
	proposed, err := o.node.ProposedCircles()
	if err != nil {
		return pid, err
	}
	var all []block.CID
	for _, c := range proposed {
		all = append(all, c.PID)
	}
	for _, p := range o.node.Partnerships() {
		all = append(all, p.PID) // joining again is no mistake
	}
	for _, id := range all {
		if id.Short() == short {
			return id, nil
		}
	}
	return pid, node.Failf("NO_CIRCLE", "no circle %q is proposed here; kontor partner list shows those that are", short)
}

// circles lists what not all have signed; a caller whose scope names partners sees what those proposed.
func (o *Office) circles(scope wire.Scope) ([]wire.Circle, error) {
	list, err := o.node.WaitingCircles()
	out := []wire.Circle{}
	for _, c := range list {
		if c.Founder == o.node.Company() && len(scope.Partners) == 0 || scope.Partner(c.Founder.String()) {
			out = append(out, o.circle(c))
		}
	}
	return out, err
}

func (o *Office) circle(c node.Circle) wire.Circle {
	g := c.Genesis
	out := wire.Circle{Partnership: c.PID.String(), Founder: c.Founder.String(), FounderName: o.node.CompanyName(c.Founder), Proposed: c.T, Joined: c.Joined, Expires: c.Expires, Notice: g.Notice,
		Waits: o.companyNames(c.Waits), Declined: o.companyNames(c.Declined),
		Materiality: wire.Amount{Minor: g.Materiality.Minor, Currency: g.Materiality.Currency}, Members: []wire.CircleMember{}, Scopes: scopesOf(g)}
	if g.Witness != nil {
		out.Witness = g.Witness.String()
	}
	if g.Arbiter != nil {
		out.Arbiter = g.Arbiter.String()
	}
	if g.Replaces != nil {
		out.Replaces = g.Replaces.String()
	}
	for _, m := range g.Members {
		member := wire.CircleMember{Company: m.Company.String(), Name: o.node.CompanyName(m.Company), Role: m.Role, Own: m.Company == o.node.Company(),
			NodeKey: string(keys.Public(m.NodeKey).ID()), Fingerprint: Fingerprint(o.node.Chain(m.Company)), Addresses: orEmpty(m.Addresses)}
		if member.Own {
			out.Role = m.Role
		}
		out.Members = append(out.Members, member)
	}
	return out
}

func (o *Office) companyNames(list []block.CID) (out []string) {
	for _, company := range list {
		out = append(out, o.node.CompanyName(company))
	}
	return out
}

func scopesOf(g partnership.Genesis) []wire.ScopeInfo {
	out := []wire.ScopeInfo{}
	for _, s := range g.Scopes {
		out = append(out, wire.ScopeInfo{Role: s.Role, Kinds: s.Kinds, Products: s.Products, Regions: s.Regions, Purpose: s.Purpose})
	}
	return out
}

// circleEnd tells how a circle was given up; nil of what was not.
func (o *Office) circleEnd(p *node.Partnership) (*wire.CircleEnd, error) {
	end, withdrawn, err := o.node.CircleEnd(p.PID)
	if err != nil || !withdrawn {
		return nil, err
	}
	out := &wire.CircleEnd{Acts: []wire.CircleAct{}, ListedUntil: end.Until}
	for _, a := range end.Acts {
		act := wire.CircleAct{Company: a.Company.String(), Name: o.node.CompanyName(a.Company), Act: "taken back", Reason: a.Reason, T: a.T}
		switch {
		case a.Company == end.Founder:
			act.Act = "withdrawn"
		case a.Declined:
			act.Act = "declined"
		}
		out.Acts = append(out.Acts, act)
	}
	return out, nil
}
