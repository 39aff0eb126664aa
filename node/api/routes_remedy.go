package api

import (
	"context"
	"io"

	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol/block"
	"kontor/protocol/remedy"
)

// RemedyClaim is a claim on a partner.
type RemedyClaim struct {
	With string `json:"with,omitempty" doc:"partner; empty: the only one"`
	remedy.Claim
}

// IndexQuery names a partner.
type IndexQuery struct {
	With string `json:"with,omitempty" doc:"partner; empty: all"`
}

// IndexStatement is what an index was published at, for a partner.
type IndexStatement struct {
	With string `json:"with,omitempty" doc:"partner; empty: the only one"`
	remedy.Point
}

// IndexStated is a statement made.
type IndexStated struct {
	remedy.Point
	Entry block.CID `json:"entry"`
}

// Routes of SLAs and of what follows when they are missed.
var (
	SLAStatus         = wire.Get[desk.SLAQuery, []desk.SLAStatus]("/v1/sla/status", wire.View, "Lists the windows of SLAs that are over, what they come to, and who has reported.")
	SLASimulate       = wire.Get[desk.SimulateQuery, desk.SimulatedTerms]("/v1/sla/simulate", wire.View, "Says what terms would have paid over the past.")
	SLASimulateBy     = wire.PostFile[desk.SimulateReports, desk.SimulatedTerms]("/v1/sla/simulate/reports", wire.View, "Says what terms would have paid by the figures of a file, as if both sides had counted so.")
	SLAReconcile      = wire.Post[desk.SLAReconcileQuery, desk.SLAReconciled]("/v1/sla/reconcile", wire.Plan, "Finds the lines in which the two sides' figures of a window differ, or takes the partner's figures.")
	SLALapse          = wire.Post[desk.SLAQuery, desk.SLAReconciled]("/v1/sla/lapse", wire.Plan, "Records that the partner has written nothing for seven days after a window's deadline.")
	SLAIndexes        = wire.Get[IndexQuery, []desk.StatedIndex]("/v1/sla/indexes", wire.View, "Lists what both sides stated that indexes were published at.")
	SLAIndex          = wire.Post[IndexStatement, IndexStated]("/v1/sla/index", wire.Plan, "Tells the partner what an index was published at.")
	RemedyList        = wire.Get[desk.SLAQuery, desk.RemedyList]("/v1/remedy/list", wire.View, "Lists what is owed by missed SLAs, entry by entry and netted by month.")
	RemedyRequest     = wire.Post[desk.RemedyAct, desk.RemedyDone]("/v1/remedy/request", wire.Plan, "Asks for what is not applied by itself.")
	RemedyRaise       = wire.Post[RemedyClaim, desk.RemedyDone]("/v1/remedy/claim", wire.Plan, "Claims what no report carries: hours a line stood, faster freight, or what is left of an authorisation.")
	RemedyAcknowledge = wire.Post[desk.RemedyAct, desk.RemedyDone]("/v1/remedy/acknowledge", wire.Plan, "Says that what is due is owed.")
	RemedySettle      = wire.Post[desk.RemedyAct, desk.RemedyDone]("/v1/remedy/settle", wire.Plan, "Says that it was paid, by a reference; the word of who was owed confirms.")
	RemedyDispute     = wire.Post[desk.RemedyAct, desk.RemedyDone]("/v1/remedy/dispute", wire.Plan, "Disputes what is due: the amount is held.")
)

func registerRemedies(r *Registry, d *desk.Desk) {
	Handle(r, SLAStatus, func(_ context.Context, c Caller, in desk.SLAQuery) ([]desk.SLAStatus, error) {
		return d.SLAs(in, c.Scope.Product)
	})
	Handle(r, SLASimulate, func(ctx context.Context, c Caller, in desk.SimulateQuery) (desk.SimulatedTerms, error) {
		return d.Simulate(ctx, in, c.Scope.Product)
	})
	HandleUpload(r, SLASimulateBy, func(_ context.Context, c Caller, in desk.SimulateReports, file io.Reader) (desk.SimulatedTerms, error) {
		data, err := io.ReadAll(file)
		if err != nil {
			return desk.SimulatedTerms{}, err
		}
		return d.SimulateBy(data, in, c.Scope.Product)
	})
	Handle(r, SLAReconcile, func(ctx context.Context, c Caller, in desk.SLAReconcileQuery) (desk.SLAReconciled, error) {
		return d.ReconcileSLA(ctx, in, c.Scope.Product, c.Command)
	})
	Handle(r, SLALapse, func(ctx context.Context, c Caller, in desk.SLAQuery) (desk.SLAReconciled, error) {
		return d.LapseSLA(ctx, in, c.Scope.Product, c.Command)
	})
	Handle(r, SLAIndexes, func(_ context.Context, c Caller, in IndexQuery) ([]desk.StatedIndex, error) {
		return d.StatedIndexes(in.With, c.Scope.Product)
	})
	Handle(r, SLAIndex, func(ctx context.Context, c Caller, in IndexStatement) (IndexStated, error) {
		entry, err := d.StateIndex(ctx, in.With, in.Point, c.Command)
		return IndexStated{in.Point, entry}, err
	})
	Handle(r, RemedyList, func(_ context.Context, c Caller, in desk.SLAQuery) (desk.RemedyList, error) {
		return d.Remedies(in, c.Scope.Product)
	})
	Handle(r, RemedyRequest, func(ctx context.Context, c Caller, in desk.RemedyAct) (desk.RemedyDone, error) {
		return d.DoRemedy(ctx, remedy.Request, in, c.Command)
	})
	Handle(r, RemedyRaise, func(ctx context.Context, c Caller, in RemedyClaim) (desk.RemedyDone, error) {
		return d.ClaimRemedy(ctx, in.With, in.Claim, c.Command)
	})
	Handle(r, RemedyAcknowledge, func(ctx context.Context, c Caller, in desk.RemedyAct) (desk.RemedyDone, error) {
		return d.DoRemedy(ctx, remedy.Acknowledge, in, c.Command)
	})
	Handle(r, RemedySettle, func(ctx context.Context, c Caller, in desk.RemedyAct) (desk.RemedyDone, error) {
		return d.DoRemedy(ctx, remedy.Settle, in, c.Command)
	})
	Handle(r, RemedyDispute, func(ctx context.Context, c Caller, in desk.RemedyAct) (desk.RemedyDone, error) {
		return d.DoRemedy(ctx, remedy.Dispute, in, c.Command)
	})
}
