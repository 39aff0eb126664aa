package api

import (
	"context"
	"io"

	"kontor/node"
	"kontor/node/admin"
	"kontor/node/api/wire"
	"kontor/node/board"
	"kontor/node/desk"
)

// Routes is the whole local API of a node. A noun's routes stand in a file of their own and are registered here.
func Routes(n *node.Node, office *admin.Office) *Registry {
	r := NewRegistry()
	RegisterEvents(r, n)
	RegisterAdmin(r, office)
	d := desk.New(n)
	RegisterDesk(r, d)
	RegisterTier(r, d)
	RegisterBoard(r, board.New(n, d))
	return r
}

// RegisterAdmin registers the administration of a node.
func RegisterAdmin(r *Registry, o *admin.Office) {
	Handle(r, wire.Status, func(ctx context.Context, c Caller, _ wire.None) (wire.StatusReport, error) {
		return o.Status(ctx, c.Scope)
	})
	registerPartners(r, o)
	registerIdentity(r, o)
	registerTokens(r, o)
	Handle(r, wire.ClockConfirm, func(context.Context, Caller, wire.None) (wire.ClockReport, error) {
		return o.ConfirmClock(), nil
	})
	HandleDownload(r, wire.Backup, func(_ context.Context, _ Caller, in wire.BackupRequest, w io.Writer) error {
		return o.Backup(in, w)
	})
}

func registerPartners(r *Registry, o *admin.Office) {
	Handle(r, wire.PartnerInvite, func(ctx context.Context, c Caller, in wire.InviteRequest) (wire.Invitation, error) {
		return o.Invite(ctx, c.Command, in)
	})
	Handle(r, wire.PartnerAccept, func(ctx context.Context, _ Caller, in wire.AcceptRequest) (wire.Pairing, error) {
		return o.Accept(ctx, in)
	})
	Handle(r, wire.PartnerConfirm, func(ctx context.Context, _ Caller, in wire.ConfirmRequest) (wire.Pairing, error) {
		return o.Confirm(ctx, in)
	})
	Handle(r, wire.PartnerWithdraw, func(ctx context.Context, _ Caller, in wire.TokenQuery) (wire.Pairing, error) {
		return o.Withdraw(ctx, in.ID)
	})
	Handle(r, wire.PartnerCircle, func(ctx context.Context, c Caller, in wire.CircleRequest) (wire.Circle, error) {
		return o.FoundCircle(ctx, c.Command, in)
	})
	Handle(r, wire.PartnerJoin, func(ctx context.Context, _ Caller, in wire.JoinRequest) (wire.Circle, error) {
		return o.JoinCircle(ctx, in)
	})
	Handle(r, wire.PartnerClose, func(ctx context.Context, _ Caller, in wire.CloseRequest) (wire.Circle, error) {
		return o.CloseCircle(ctx, in)
	})
	Handle(r, wire.PartnerList, func(ctx context.Context, c Caller, _ wire.None) (wire.PartnerListing, error) {
		return o.Partners(ctx, c.Scope)
	})
	Handle(r, wire.PartnerShow, func(_ context.Context, c Caller, in wire.PartnerQuery) (wire.PartnerDetail, error) {
		return o.Show(c.Scope, in.With)
	})
	Handle(r, wire.PartnerSuspend, func(ctx context.Context, c Caller, in wire.PartnerActRequest) (wire.EntryReceipt, error) {
		return o.Suspend(ctx, c.Command, in)
	})
	Handle(r, wire.PartnerEnd, func(ctx context.Context, c Caller, in wire.PartnerActRequest) (wire.EntryReceipt, error) {
		return o.End(ctx, c.Command, in)
	})
	Handle(r, wire.PartnerForks, func(_ context.Context, c Caller, in wire.PartnerQuery) (wire.ForkListing, error) {
		return o.Forks(c.Scope, in.With)
	})
	Handle(r, wire.PartnerResolve, func(ctx context.Context, c Caller, in wire.SignedRequest) (wire.EntryReceipt, error) {
		return o.Resolve(ctx, c.Command, in)
	})
	Handle(r, wire.PartnerLost, func(_ context.Context, c Caller, in wire.ResumeQuery) (wire.ResumeDocument, error) {
		return o.Lost(c.Scope, in)
	})
	Handle(r, wire.PartnerResume, func(ctx context.Context, c Caller, in wire.SignedRequest) (wire.EntryReceipt, error) {
		return o.Resume(ctx, c.Command, in)
	})
	Handle(r, wire.PartnerThaw, func(_ context.Context, c Caller, in wire.ThawRequest) (wire.ThawReport, error) {
		return o.Thaw(c.Name, in)
	})
}

func registerIdentity(r *Registry, o *admin.Office) {
	Handle(r, wire.IdentityShow, func(_ context.Context, c Caller, _ wire.None) (wire.IdentityReport, error) {
		return o.Identity(wire.Administer.Allows(c.Role))
	})
	Handle(r, wire.IdentityExtend, func(ctx context.Context, _ Caller, in wire.ExtendRequest) (wire.IdentityReport, error) {
		return o.Extend(ctx, in.Envelope)
	})
	Handle(r, wire.OfficerPerson, func(_ context.Context, _ Caller, in wire.PersonRequest) (wire.PersonReport, error) {
		return o.Person(in.Name)
	})
	Handle(r, wire.PolicyShow, func(_ context.Context, c Caller, in wire.PartnerQuery) (wire.PolicyReport, error) {
		return o.Policies(c.Scope, in.With)
	})
	Handle(r, wire.MandateGrant, func(ctx context.Context, c Caller, in wire.SignedRequest) (wire.EntryReceipt, error) {
		return o.GrantMandate(ctx, c.Command, in)
	})
	Handle(r, wire.MandateRevoke, func(ctx context.Context, c Caller, in wire.SignedRequest) (wire.EntryReceipt, error) {
		return o.RevokeMandate(ctx, c.Command, in)
	})
	Handle(r, wire.MandateList, func(_ context.Context, c Caller, in wire.PartnerQuery) (wire.MandateListing, error) {
		return o.Mandates(c.Scope, in.With)
	})
}

func registerTokens(r *Registry, o *admin.Office) {
	Handle(r, wire.TokenAdd, func(_ context.Context, c Caller, in wire.TokenRequest) (wire.TokenSecret, error) {
		return o.AddToken(c.Command, in)
	})
	Handle(r, wire.TokenList, func(context.Context, Caller, wire.None) (wire.TokenListing, error) {
		return o.Tokens()
	})
	Handle(r, wire.TokenRevoke, func(_ context.Context, _ Caller, in wire.TokenQuery) (wire.TokenInfo, error) {
		return o.RevokeToken(in.ID)
	})
}
