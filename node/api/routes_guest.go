package api

import (
	"context"

	"kontor/node/api/wire"
	"kontor/node/desk"
)

// Routes of partners without a node. What a template brings back comes in by the route of imports.
var (
	GuestTemplate = wire.Post[desk.GuestTemplate, desk.GuestFile]("/v1/guest/template", wire.Plan, "Writes a spreadsheet for a partner without a node to fill in, and keeps what stands in it.").Slow(exportTime)
	GuestList     = wire.Get[wire.None, []desk.GuestRecord]("/v1/guest/list", wire.Plan, "Lists what is recorded for partners without a node, the newest first.")
	GuestShow     = wire.Get[desk.GuestQuery, desk.GuestShown]("/v1/guest/show", wire.View, "Shows a record: what was asked for, what came back, and the document of evidence grade C.")
	GuestMatch    = wire.Get[desk.GuestName, desk.GuestMatch]("/v1/guest/match", wire.View, "Matches what a partner without a node needs against the lines and stock here, or the draft forecast against what it gives. Evidence grade C.")
	GuestReceipt  = wire.Get[desk.GuestQuery, desk.Receipt]("/v1/guest/receipt", wire.Plan, "Signs what was received from a partner without a node.")
)

func registerGuests(r *Registry, d *desk.Desk) {
	Handle(r, GuestTemplate, func(_ context.Context, _ Caller, in desk.GuestTemplate) (desk.GuestFile, error) {
		return d.TemplateFor(in)
	})
	Handle(r, GuestList, func(context.Context, Caller, wire.None) ([]desk.GuestRecord, error) { return d.Guests() })
	Handle(r, GuestShow, func(_ context.Context, c Caller, in desk.GuestQuery) (desk.GuestShown, error) {
		return d.GuestShow(in, func(product, region string) bool { return c.Scope.Product(product) && c.Scope.Region(region) })
	})
	Handle(r, GuestMatch, func(_ context.Context, c Caller, in desk.GuestName) (desk.GuestMatch, error) {
		out, err := d.MatchGuest(in)
		out.MatchView = c.seenMatch(out.MatchView)
		return out, err
	})
	Handle(r, GuestReceipt, func(_ context.Context, _ Caller, in desk.GuestQuery) (desk.Receipt, error) { return d.GuestReceipt(in) })
}
