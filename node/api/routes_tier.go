package api

import (
	"context"
	"io"

	"kontor/node"
	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/release"
)

// ToQuery names a supplier; empty where there is only one.
type ToQuery struct {
	To string `json:"to,omitempty"`
}

// EdgeName names an edge between a customer and a supplier.
type EdgeName struct {
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
}

// SignedGrant is a grant with its officer's signature, made in the officer's own program.
type SignedGrant struct {
	Signed []byte `json:"signed"` // canonical protocol.Signed
}

// GrantName names a grant.
type GrantName struct {
	ID string `json:"id"`
}

// SuspendEdge stops an edge until a person lets it go on.
type SuspendEdge struct {
	To     string `json:"to,omitempty"`
	Reason string `json:"reason,omitempty"`
	Resume bool   `json:"resume,omitempty"`
}

// Routes of the tiers.
var (
	BillImport  = wire.PostFile[desk.ImportOptions, desk.ImportResult]("/v1/bom/import", wire.Plan, "Takes the private bill of materials from a file.")
	TierEdges   = wire.Get[wire.None, []desk.EdgeView]("/v1/tier/edges", wire.View, "Lists what happens to suppliers when a customer's forecast changes.")
	TierEdgeSet = wire.Post[desk.EdgeOptions, desk.EdgeView]("/v1/tier/edges", wire.Plan, "Says what happens to a supplier when a customer's forecast changes.")
	TierEdgeEnd = wire.Post[EdgeName, wire.None]("/v1/tier/edges/remove", wire.Plan, "Ends an edge.")
	TierLeadSet = wire.Post[desk.LeadOptions, desk.LeadView]("/v1/tier/leads", wire.Plan, "Says how many buckets before a product is needed its components must have arrived.")
	TierPreview = wire.Get[ToQuery, desk.TierPreview]("/v1/tier/preview", wire.Work, "Shows what a supplier would see, and what it could work out.")
	TierState   = wire.Get[ToQuery, desk.TierStatus]("/v1/tier/status", wire.View, "Says what left to a supplier last, and what waits.")
	TierSuspend = wire.Post[SuspendEdge, wire.None]("/v1/tier/suspend", wire.Plan, "Stops an edge, or lets it go on.")
	GrantForm   = wire.Get[desk.GrantOptions, release.Grant]("/v1/tier/grant/form", wire.Decide, "Fills in the grant an officer may sign.")
	GrantAdd    = wire.Post[SignedGrant, desk.GrantView]("/v1/tier/grants", wire.Decide, "Keeps a grant an officer signed.")
	GrantList   = wire.Get[wire.None, []desk.GrantView]("/v1/tier/grants", wire.View, "Lists standing grants.")
	GrantRevoke = wire.Post[GrantName, wire.None]("/v1/tier/grants/revoke", wire.Decide, "Ends a grant.")
)

// RegisterTier registers the routes of the tiers.
func RegisterTier(r *Registry, d *desk.Desk) {
	HandleUpload(r, BillImport, func(ctx context.Context, _ Caller, in desk.ImportOptions, file io.Reader) (desk.ImportResult, error) {
		data, err := io.ReadAll(file)
		if err != nil {
			return desk.ImportResult{}, err
		}
		return d.ImportBill(ctx, data, in)
	})
	Handle(r, TierEdges, func(context.Context, Caller, wire.None) ([]desk.EdgeView, error) { return d.Edges() })
	Handle(r, TierEdgeSet, func(_ context.Context, _ Caller, in desk.EdgeOptions) (desk.EdgeView, error) { return d.SetEdge(in) })
	Handle(r, TierEdgeEnd, func(_ context.Context, _ Caller, in EdgeName) (wire.None, error) {
		return wire.None{}, d.RemoveEdge(in.From, in.To)
	})
	Handle(r, TierLeadSet, func(_ context.Context, _ Caller, in desk.LeadOptions) (desk.LeadView, error) { return d.SetLead(in) })
	Handle(r, TierPreview, func(_ context.Context, _ Caller, in ToQuery) (desk.TierPreview, error) { return d.PreviewTier(in.To) })
	Handle(r, TierState, func(_ context.Context, _ Caller, in ToQuery) (desk.TierStatus, error) { return d.TierStatus(in.To) })
	Handle(r, TierSuspend, func(_ context.Context, _ Caller, in SuspendEdge) (wire.None, error) {
		if in.Resume {
			return wire.None{}, d.ResumeEdge(in.To)
		}
		return wire.None{}, d.SuspendEdge(in.To, in.Reason)
	})
	Handle(r, GrantForm, func(_ context.Context, _ Caller, in desk.GrantOptions) (release.Grant, error) {
		return d.GrantDraft(in)
	})
	Handle(r, GrantAdd, func(_ context.Context, _ Caller, in SignedGrant) (desk.GrantView, error) {
		var s protocol.Signed
		if err := block.Unmarshal(in.Signed, &s); err != nil {
			return desk.GrantView{}, node.Failf("BAD_SIGNATURE", "the signed grant does not decode: %v", err)
		}
		return d.AddGrant(s)
	})
	Handle(r, GrantList, func(context.Context, Caller, wire.None) ([]desk.GrantView, error) { return d.Grants() })
	Handle(r, GrantRevoke, func(_ context.Context, _ Caller, in GrantName) (wire.None, error) {
		return wire.None{}, d.RevokeGrant(in.ID)
	})
}
