package api

import (
	"context"
	"io"
	"slices"

	"kontor/node/api/wire"
	"kontor/node/board"
	"kontor/node/desk"
	"kontor/node/intake"
)

// TermsListQuery chooses terms.
type TermsListQuery struct {
	With string `json:"with,omitempty" doc:"partner; empty: all"`
	Day  string `json:"day,omitempty" doc:"YYYY-MM-DD as of which they are listed; empty: today"`
}

// TermsDatesQuery asks what terms ask for from a day on.
type TermsDatesQuery struct {
	desk.TermsQuery
	From string `json:"from,omitempty" doc:"YYYY-MM-DD; empty: today"`
}

// TermsProposal puts terms on the table to the officers.
type TermsProposal struct {
	desk.TermsQuery
	Of       string `json:"of,omitempty" doc:"own or partner: whose proposal, where both have one"`
	Deadline int64  `json:"deadline,omitempty" doc:"ms UTC; empty: in a week"`
}

// Routes of contract terms, and of the loop of forecast, answer and order.
var (
	TermsDraft    = wire.Get[desk.TermsQuery, desk.TermsFile]("/v1/terms/draft", wire.Plan, "Gives the draft of terms as a file, or a template to begin from.")
	TermsImport   = wire.PostFile[desk.TermsImport, desk.TermsDrafted]("/v1/terms/import", wire.Plan, "Keeps a JSON file of terms as the draft of its contract.")
	TermsCadence  = wire.PostFile[desk.TermsCadence, desk.CadenceTaken]("/v1/terms/cadence", wire.Plan, "Takes the recurring meetings of an iCalendar file into the draft of terms, and says what that changes.")
	TermsPreview  = wire.Get[desk.TermsQuery, desk.TermsPreview]("/v1/terms/preview", wire.Plan, "Shows every field of the terms a partner would see, and why it may.")
	TermsShare    = wire.Post[desk.TermsQuery, desk.Shared]("/v1/terms/share", wire.Plan, "Shares terms with a partner; that proposes them.")
	TermsPropose  = wire.Post[TermsProposal, wire.TopicReceipt]("/v1/terms/propose", wire.Plan, "Opens a topic in which officers of both sides put terms in force.")
	TermsList     = wire.Get[TermsListQuery, []desk.HeldTerms]("/v1/terms/list", wire.View, "Lists the terms proposed and signed, as of a day.")
	TermsPrice    = wire.Get[desk.PriceQuery, desk.PriceView]("/v1/terms/price", wire.View, "Prices a quantity by the terms in force on a day.")
	TermsIndex    = wire.Post[desk.IndexEntry, desk.IndexEntry]("/v1/terms/index", wire.Plan, "Keeps a published value of an index.")
	TermsExposure = wire.Get[desk.ExposureQuery, desk.ExposureView]("/v1/terms/exposure", wire.View, "Says what the buyer's authorisations have the seller carry.")
	TermsFlex     = wire.Get[desk.TermsQuery, desk.FlexView]("/v1/terms/flex", wire.View, "Judges a revised forecast by the flex bands in force.")
	OrderImport   = wire.PostFile[desk.ImportOptions, desk.ImportResult]("/v1/order/import", wire.Plan, "Takes open orders from a table; only their sums by period leave, with a forecast.")
	OrderList     = wire.Get[wire.None, []intake.Order]("/v1/order/list", wire.View, "Lists the open orders.")
	ForecastLoop  = wire.Get[WithQuery, desk.LoopView]("/v1/forecast/loop", wire.View, "Says where the forecast in force stands between what is foreseen, answered and ordered.")
	TermsDates    = wire.Get[TermsDatesQuery, []desk.TermsDates]("/v1/terms/dates", wire.View, "Lists the next meetings, and the windows of the SLAs with their reports.")
)

func registerTerms(r *Registry, d *desk.Desk) {
	Handle(r, TermsDraft, func(_ context.Context, _ Caller, in desk.TermsQuery) (desk.TermsFile, error) {
		return d.TermsDraft(in)
	})
	HandleUpload(r, TermsImport, func(_ context.Context, _ Caller, in desk.TermsImport, file io.Reader) (desk.TermsDrafted, error) {
		data, err := io.ReadAll(file)
		if err != nil {
			return desk.TermsDrafted{}, err
		}
		return d.ImportTerms(data, in)
	})
	HandleUpload(r, TermsCadence, func(_ context.Context, _ Caller, in desk.TermsCadence, file io.Reader) (desk.CadenceTaken, error) {
		data, err := io.ReadAll(file)
		if err != nil {
			return desk.CadenceTaken{}, err
		}
		return d.ImportCadence(data, in)
	})
	Handle(r, TermsPreview, func(_ context.Context, _ Caller, in desk.TermsQuery) (desk.TermsPreview, error) {
		return d.PreviewTerms(in)
	})
	Handle(r, TermsShare, func(ctx context.Context, c Caller, in desk.TermsQuery) (desk.Shared, error) {
		return d.ShareTerms(ctx, in, c.Command)
	})
	Handle(r, TermsList, func(_ context.Context, c Caller, in TermsListQuery) ([]desk.HeldTerms, error) {
		return d.Terms(in.With, in.Day, c.Scope.Product)
	})
	Handle(r, TermsPrice, func(_ context.Context, c Caller, in desk.PriceQuery) (desk.PriceView, error) {
		if !c.Scope.Product(in.Product) {
			return desk.PriceView{}, wire.Problemf("NO_PRICE", "no terms in force name a price of %q; see kontor terms show", in.Product)
		}
		return d.PriceOf(in)
	})
	Handle(r, TermsIndex, func(_ context.Context, _ Caller, in desk.IndexEntry) (desk.IndexEntry, error) { return d.SetIndex(in) })
	Handle(r, TermsExposure, func(_ context.Context, c Caller, in desk.ExposureQuery) (desk.ExposureView, error) {
		return d.Exposure(in, c.Scope.Product)
	})
	Handle(r, TermsFlex, func(_ context.Context, c Caller, in desk.TermsQuery) (desk.FlexView, error) {
		return d.Flex(in, c.Scope.Product)
	})
	HandleUpload(r, OrderImport, func(_ context.Context, _ Caller, in desk.ImportOptions, file io.Reader) (desk.ImportResult, error) {
		data, err := io.ReadAll(file)
		if err != nil {
			return desk.ImportResult{}, err
		}
		return d.ImportOrders(data, in)
	})
	Handle(r, OrderList, func(_ context.Context, c Caller, _ wire.None) ([]intake.Order, error) {
		list, err := d.Orders()
		return slices.DeleteFunc(list, func(o intake.Order) bool { return !c.Scope.Product(o.Product) || !c.Scope.Region(o.Region) }), err
	})
	Handle(r, ForecastLoop, func(_ context.Context, c Caller, in WithQuery) (desk.LoopView, error) {
		return d.Loop(in.With, func(product, region string) bool { return c.Scope.Product(product) && c.Scope.Region(region) })
	})
	Handle(r, TermsDates, func(_ context.Context, _ Caller, in TermsDatesQuery) ([]desk.TermsDates, error) {
		return d.Dates(in.TermsQuery, in.From)
	})
}

func registerTermsTopics(r *Registry, b *board.Board) {
	Handle(r, TermsPropose, func(ctx context.Context, c Caller, in TermsProposal) (wire.TopicReceipt, error) {
		return b.ProposeTerms(ctx, by(c), in.TermsQuery, in.Of, in.Deadline)
	})
}
