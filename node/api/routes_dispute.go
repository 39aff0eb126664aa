package api

import (
	"context"
	"io"

	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol/dispute"
)

// DisputeName names a dispute.
type DisputeName struct {
	ID string `json:"id" doc:"of the dispute, or the beginning of it"`
}

// Routes of disputes. The signature in an instrument is its signer's word: who hands it in is of less weight.
var (
	DisputeList     = wire.Get[desk.DisputeQuery, []desk.DisputeView]("/v1/dispute/list", wire.View, "Lists disputes: the level, until when, and what happens then.")
	DisputeShow     = wire.Get[DisputeName, desk.DisputeView]("/v1/dispute/show", wire.View, "Shows a dispute with all that was said, both sides side by side.")
	DisputeOpen     = wire.Post[desk.DisputeOpen, desk.DisputeDone]("/v1/dispute/open", wire.Work, "Opens a dispute: what it is about is held, the measurement stands.")
	DisputeState    = wire.Post[desk.DisputeSay, desk.DisputeDone]("/v1/dispute/state", wire.Work, "States something in a dispute, with evidence.")
	DisputeEscalate = wire.Post[desk.DisputeSay, desk.DisputeDone]("/v1/dispute/escalate", wire.Work, "Takes a dispute to the next level before its time.")
	DisputeForm     = wire.Get[desk.DisputeFormQuery, desk.DisputeForm]("/v1/dispute/form", wire.Work, "Fills in what is signed to propose, accept, withdraw or rule.")
	DisputeSign     = wire.Post[desk.DisputeSigned, desk.DisputeDone]("/v1/dispute/sign", wire.Work, "Hands in what was signed. The signer's own program makes it; the node never holds the key.")
	DisputeRuling   = wire.Get[desk.RulingQuery, desk.RulingForm]("/v1/dispute/ruling", wire.Work, "Fills in the ruling of an arbiter that is no member, with the identity that goes with it.")
	DisputeExport   = wire.GetFile[DisputeName]("/v1/dispute/export", wire.Work, "Writes what proves a dispute as one CAR file that anyone can verify offline.")
)

func registerDisputes(r *Registry, d *desk.Desk) {
	Handle(r, DisputeList, func(_ context.Context, c Caller, in desk.DisputeQuery) ([]desk.DisputeView, error) {
		return d.Disputes(in, c.Scope.Product)
	})
	Handle(r, DisputeShow, func(_ context.Context, c Caller, in DisputeName) (desk.DisputeView, error) {
		return d.Dispute(in.ID, c.Scope.Product)
	})
	Handle(r, DisputeOpen, func(ctx context.Context, c Caller, in desk.DisputeOpen) (desk.DisputeDone, error) {
		return d.OpenDispute(ctx, in, c.Command)
	})
	Handle(r, DisputeState, func(ctx context.Context, c Caller, in desk.DisputeSay) (desk.DisputeDone, error) {
		return d.SayDispute(ctx, dispute.Declare, in, c.Command)
	})
	Handle(r, DisputeEscalate, func(ctx context.Context, c Caller, in desk.DisputeSay) (desk.DisputeDone, error) {
		return d.SayDispute(ctx, dispute.Escalate, in, c.Command)
	})
	Handle(r, DisputeForm, func(_ context.Context, _ Caller, in desk.DisputeFormQuery) (desk.DisputeForm, error) {
		return d.PrepareDispute(in)
	})
	Handle(r, DisputeSign, func(ctx context.Context, c Caller, in desk.DisputeSigned) (desk.DisputeDone, error) {
		return d.SignDispute(ctx, in, c.Command)
	})
	Handle(r, DisputeRuling, func(_ context.Context, _ Caller, in desk.RulingQuery) (desk.RulingForm, error) {
		return d.PrepareRuling(in)
	})
	HandleDownload(r, DisputeExport, func(_ context.Context, c Caller, in DisputeName, w io.Writer) error {
		return d.ExportDispute(in.ID, c.Scope.Product, w)
	})
}
