package api

import (
	"context"
	"io"
	"slices"
	"time"

	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/node/intake"
	"kontor/protocol/block"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// WithQuery names a partner: a name, a CompanyID or a partnership; empty where there is only one.
type WithQuery struct {
	With string `json:"with,omitempty"`
}

// OversoldQuery says whom to look at.
type OversoldQuery struct {
	Guests bool `json:"guests,omitempty" doc:"also what partners without a node say they need (evidence C), told apart"`
}

// ForecastQuery names a forecast; empty: the draft.
type ForecastQuery struct {
	CID  string `json:"cid,omitempty"`
	With string `json:"with,omitempty" doc:"without cid: the newest in force with this partner"`
}

// ExceptionPolicy is what the desk may deal with by itself.
type ExceptionPolicy struct {
	LimitMinor int64  `json:"limit_minor" doc:"up to this value, in minor units, an exception is the desk's"`
	Currency   string `json:"currency"`
	MinUnits   string `json:"min_units,omitempty" doc:"expected shortages not above this are no exception"`
}

// ExceptionQuery asks for the exceptions with a partner.
type ExceptionQuery struct {
	WithQuery
	Guest string `json:"guest,omitempty" doc:"a partner without a node, instead"`
	All   bool   `json:"all,omitempty" doc:"those that are over too, with why and by whom"`
}

// AlertQuery says whose exceptions are measured.
type AlertQuery struct {
	WithQuery
	Guest string `json:"guest,omitempty" doc:"a partner without a node, instead"`
}

// CloseQuery names an exception to close and says how.
type CloseQuery struct {
	With       string `json:"with,omitempty"`
	Exception  string `json:"exception"`
	Resolution string `json:"resolution,omitempty" doc:"a UBL resolution code; default LOCAL_ISSUE_LEFT_VALUE_UNCHANGED"`
	Note       string `json:"note,omitempty"`
}

// AnswerQuery says how a forecast is answered.
type AnswerQuery struct {
	WithQuery
	Reasons []string `json:"reasons,omitempty" doc:"why less is committed: CODE, PRODUCT=CODE or PRODUCT@REGION=CODE; the most particular holds"`
}

// AnswerRequest answers a forecast.
type AnswerRequest struct {
	AnswerQuery
	Signed []byte `json:"signed,omitempty" doc:"canonical desk.SignedAnswer; needed where the forecast moved beyond the bands both signed"`
}

// NoticeQuery names a notice.
type NoticeQuery struct {
	ID string `json:"id"`
}

// ImportQuery are the options of an import of any kind.
type ImportQuery struct {
	desk.ImportOptions
	Kind string `json:"kind,omitempty" doc:"history, forecast, capacity, stock, bom, products, campaign, quality, performance or answer; empty: found by content"`
}

// Counted says how many there were.
type Counted struct {
	Count int `json:"count"`
}

// forecastTime is what a baseline of the largest history may take.
const forecastTime = 10 * time.Minute

// exportTime is what writing the largest forecast as a workbook may take.
const exportTime = 2 * time.Minute

// Routes of the desk.
var (
	Import             = wire.PostFile[ImportQuery, desk.ImportResult]("/v1/import", wire.Plan, "Takes a file of any kind and format to where that kind is kept.")
	ImportList         = wire.Get[wire.None, []desk.Imported]("/v1/import/list", wire.View, "Lists the imports, the newest first, and whether each can be undone.")
	ImportUndo         = wire.Post[desk.UndoOptions, desk.Undone]("/v1/import/undo", wire.Plan, "Puts back what stood before an import.")
	Export             = wire.Get[desk.ExportOptions, desk.Exported]("/v1/export", wire.Plan, "Writes an artifact that is held, or the draft forecast, for another system.").Slow(exportTime)
	Outbox             = wire.Get[wire.None, desk.OutboxView]("/v1/outbox", wire.View, "Tells in which form what partners share is written to the folder outbox.")
	OutboxSet          = wire.Post[desk.OutboxForm, desk.OutboxView]("/v1/outbox/set", wire.Plan, "Sets the form in which one kind is written to the folder outbox, or takes it away.")
	HistoryImport      = wire.PostFile[desk.ImportOptions, desk.ImportResult]("/v1/history/import", wire.Plan, "Takes past demand from a file.")
	ForecastBaseline   = wire.Post[desk.BaselineOptions, desk.BaselineResult]("/v1/forecast/baseline", wire.Plan, "Forecasts the private history and keeps the result as the draft.").Slow(forecastTime)
	ForecastImport     = wire.PostFile[desk.ImportOptions, desk.ImportResult]("/v1/forecast/import", wire.Plan, "Takes a forecast from a file as the draft.")
	ForecastAdjust     = wire.Post[desk.AdjustOptions, desk.AdjustResult]("/v1/forecast/adjust", wire.Plan, "Raises or lowers the draft of a product.")
	ForecastPreview    = wire.Get[WithQuery, desk.Preview]("/v1/forecast/preview", wire.Plan, "Shows what a partner would see of the draft.")
	ForecastShare      = wire.Post[WithQuery, desk.Shared]("/v1/forecast/share", wire.Plan, "Shares the draft with a partner.")
	ForecastAnswer     = wire.Post[AnswerRequest, desk.AnswerResult]("/v1/forecast/answer", wire.Plan, "Answers the partner's forecast line by line.")
	ForecastAnswerForm = wire.Get[AnswerQuery, desk.AnswerForm]("/v1/forecast/answer/form", wire.Plan, "Says whether the answer needs a signature, and what is signed then.")
	CapacitySlot       = wire.Post[desk.SlotPlan, capacity.Slot]("/v1/capacity/slot", wire.Plan, "Sets a slot of capacity aside for a partner, or takes it back; the next plan carries it.")
	CapacitySlots      = wire.Get[WithQuery, []capacity.SlotView]("/v1/capacity/slots", wire.View, "Lists the slots of the plan in force, as they stand against the forecast in force.")
	CapacityAllocate   = wire.Post[desk.LineAllocation, desk.LineAllocation]("/v1/capacity/allocate", wire.Plan, "Says by what a line is divided among its products.")
	CapacityAllocation = wire.Get[wire.None, []desk.LineAllocation]("/v1/capacity/allocation", wire.Plan, "Lists by what each line is divided.")
	ForecastList       = wire.Get[WithQuery, []desk.HeldForecast]("/v1/forecast/list", wire.View, "Lists the forecasts held.")
	ForecastShow       = wire.Get[ForecastQuery, forecast.Document]("/v1/forecast/show", wire.View, "Shows a forecast, or the draft.")
	ForecastChanges    = wire.Get[ForecastQuery, desk.RevisionView]("/v1/forecast/changes", wire.View, "Says what a forecast, or the draft, changes of the revision before it, and why.")
	ForecastBands      = wire.PostFile[desk.BandsOptions, desk.BandsResult]("/v1/forecast/bands", wire.Plan, "Puts empirical bands on the draft's points, from the errors of past versions.")
	ForecastFences     = wire.Post[desk.FenceOptions, desk.FencesView]("/v1/forecast/fences", wire.Plan, "Shows or sets the time fences of the forecasts that are shared.")
	CapacityImport     = wire.PostFile[desk.ImportOptions, desk.ImportResult]("/v1/capacity/import", wire.Plan, "Takes lines and their capacity from a file.")
	ForecastOwn        = wire.Get[ForecastQuery, desk.OwnForecast]("/v1/forecast/own", wire.View, "Shows a buyer's forecast in this company's own numbers, by the product maps in force.")
	CapacityPreview    = wire.Get[WithQuery, desk.Preview]("/v1/capacity/preview", wire.Plan, "Shows what the buyer would see of the capacity.")
	CapacityShare      = wire.Post[WithQuery, desk.Shared]("/v1/capacity/share", wire.Plan, "Shares the capacity plan with a buyer.")
	CapacityOversold   = wire.Get[OversoldQuery, desk.OversellView]("/v1/capacity/oversold", wire.Plan, "Checks that no more is promised to all customers together than the lines can carry.")
	CapacityVolatility = wire.Get[WithQuery, desk.VolatilityView]("/v1/capacity/volatility", wire.View, "Compares demand between two measurements by the thresholds of the capacity plan.")
	CapacityMatch      = wire.Get[WithQuery, desk.MatchView]("/v1/capacity/match", wire.View, "Compares the forecast in force with the capacity in force, both views.")
	NoticeList         = wire.Get[wire.None, []desk.Notice]("/v1/notice/list", wire.View, "Lists the notices of disturbances that came in files.")
	NoticeSeen         = wire.Post[desk.NoticeDone, desk.Notice]("/v1/notice/done", wire.Plan, "Says that somebody has seen to a notice, or forgets it.")
	NoticeFile         = wire.Get[NoticeQuery, desk.Exported]("/v1/notice/file", wire.Plan, "Writes a notice as a DemandAndCapacityNotification.")
	StockList          = wire.Get[desk.StockQuery, []desk.StockView]("/v1/stock/list", wire.View, "Lists the stock at home: on hand, in transit, backlog, and how old the count is.")
	StockImport        = wire.PostFile[desk.ImportOptions, desk.ImportResult]("/v1/stock/import", wire.Plan, "Takes stock, in transit and backlog from a file.")
	PriceImport        = wire.PostFile[wire.None, Counted]("/v1/price/import", wire.Plan, "Takes what a unit is worth: private, puts a value on exceptions.")
	ExceptionList      = wire.Get[ExceptionQuery, []desk.ExceptionView]("/v1/exception/list", wire.View, "Lists what somebody should do something about.")
	ExceptionQuality   = wire.Get[AlertQuery, desk.AlertReport]("/v1/exception/quality", wire.View, "Says how many exceptions somebody acted on, of each kind and of all.")
	ExceptionRules     = wire.Post[ExceptionPolicy, wire.None]("/v1/exception/policy", wire.Plan, "Sets up to which value an exception is the desk's.")
	ExceptionForm      = wire.Get[CloseQuery, desk.CloseForm]("/v1/exception/form", wire.Plan, "Fills in what the desk signs to close an exception.")
	ExceptionClose     = wire.Post[desk.CloseRequest, desk.Closed]("/v1/exception/close", wire.Plan, "Closes an exception with the signature of a mandate key.")
)

// RegisterDesk registers the routes of the desk.
func RegisterDesk(r *Registry, d *desk.Desk) {
	registerCampaigns(r, d)
	registerQuality(r, d)
	registerPerformance(r, d)
	registerArtifacts(r, d)
	registerTerms(r, d)
	registerRequests(r, d)
	registerRemedies(r, d)
	registerDisputes(r, d)
	registerProducts(r, d)
	registerGuests(r, d)
	upload := func(route wire.Route[desk.ImportOptions, desk.ImportResult], take func([]byte, desk.ImportOptions) (desk.ImportResult, error)) {
		HandleUpload(r, route, func(_ context.Context, _ Caller, in desk.ImportOptions, file io.Reader) (desk.ImportResult, error) {
			data, err := io.ReadAll(file)
			if err != nil {
				return desk.ImportResult{}, err
			}
			return take(data, in)
		})
	}
	Handle(r, Export, func(_ context.Context, _ Caller, in desk.ExportOptions) (desk.Exported, error) { return d.Export(in) })
	HandleUpload(r, Import, func(_ context.Context, _ Caller, in ImportQuery, file io.Reader) (desk.ImportResult, error) {
		kind, ok := intake.ParseKind(in.Kind)
		if !ok {
			return desk.ImportResult{}, wire.Problemf("BAD_REQUEST", "parameter \"kind\" is %q; history, forecast, capacity, stock, bom, products, campaign, quality, performance or answer is right", in.Kind)
		}
		data, err := io.ReadAll(file)
		if err != nil {
			return desk.ImportResult{}, err
		}
		return d.Import(kind, data, in.ImportOptions)
	})
	Handle(r, ImportList, func(context.Context, Caller, wire.None) ([]desk.Imported, error) { return d.Imports() })
	Handle(r, ImportUndo, func(_ context.Context, _ Caller, in desk.UndoOptions) (desk.Undone, error) { return d.UndoImport(in) })
	Handle(r, Outbox, func(context.Context, Caller, wire.None) (desk.OutboxView, error) { return d.Outbox() })
	Handle(r, OutboxSet, func(_ context.Context, _ Caller, in desk.OutboxForm) (desk.OutboxView, error) { return d.SetOutbox(in) })
	upload(HistoryImport, d.ImportHistory)
	upload(ForecastImport, d.ImportForecast)
	upload(CapacityImport, d.ImportCapacity)
	upload(StockImport, d.ImportStock)
	HandleUpload(r, PriceImport, func(_ context.Context, _ Caller, _ wire.None, file io.Reader) (Counted, error) {
		data, err := io.ReadAll(file)
		if err != nil {
			return Counted{}, err
		}
		n, err := d.ImportPrices(data)
		return Counted{n}, err
	})
	Handle(r, ForecastBaseline, func(_ context.Context, _ Caller, in desk.BaselineOptions) (desk.BaselineResult, error) {
		return d.Baseline(in)
	})
	Handle(r, ForecastAdjust, func(_ context.Context, _ Caller, in desk.AdjustOptions) (desk.AdjustResult, error) {
		return d.Adjust(in)
	})
	HandleUpload(r, ForecastBands, func(_ context.Context, _ Caller, in desk.BandsOptions, file io.Reader) (desk.BandsResult, error) {
		data, err := io.ReadAll(file)
		if err != nil {
			return desk.BandsResult{}, err
		}
		return d.Bands(data, in)
	})
	Handle(r, ForecastFences, func(_ context.Context, _ Caller, in desk.FenceOptions) (desk.FencesView, error) {
		return d.SetFences(in)
	})
	Handle(r, ForecastChanges, func(_ context.Context, c Caller, in ForecastQuery) (desk.RevisionView, error) {
		cid, err := namedForecast(d, in)
		if err != nil {
			return desk.RevisionView{}, err
		}
		return d.ForecastChanges(cid, in.With, c.seesRow)
	})
	Handle(r, ForecastPreview, func(_ context.Context, _ Caller, in WithQuery) (desk.Preview, error) {
		return d.PreviewForecast(in.With)
	})
	Handle(r, ForecastShare, func(ctx context.Context, c Caller, in WithQuery) (desk.Shared, error) {
		return d.ShareForecast(ctx, in.With, c.Command)
	})
	Handle(r, ForecastAnswerForm, func(_ context.Context, _ Caller, in AnswerQuery) (desk.AnswerForm, error) {
		return d.PrepareAnswer(in.With, in.Reasons)
	})
	Handle(r, ForecastAnswer, func(ctx context.Context, c Caller, in AnswerRequest) (desk.AnswerResult, error) {
		return d.Answer(ctx, desk.AnswerOrder{With: in.With, Reasons: in.Reasons, Signed: in.Signed}, c.Command)
	})
	Handle(r, ForecastList, func(_ context.Context, _ Caller, in WithQuery) ([]desk.HeldForecast, error) {
		return d.Forecasts(in.With)
	})
	Handle(r, ForecastShow, func(_ context.Context, c Caller, in ForecastQuery) (forecast.Document, error) {
		cid, err := namedForecast(d, in)
		if err != nil {
			return forecast.Document{}, err
		}
		doc, err := d.Forecast(cid)
		return scoped(doc, c), err
	})
	Handle(r, ForecastOwn, func(_ context.Context, c Caller, in ForecastQuery) (desk.OwnForecast, error) {
		cid, err := namedForecast(d, in)
		if err != nil {
			return desk.OwnForecast{}, err
		}
		return d.ForecastOwn(cid, func(doc forecast.Document) forecast.Document { return scoped(doc, c) })
	})
	Handle(r, CapacityPreview, func(_ context.Context, _ Caller, in WithQuery) (desk.Preview, error) {
		return d.PreviewCapacity(in.With)
	})
	Handle(r, CapacityShare, func(ctx context.Context, c Caller, in WithQuery) (desk.Shared, error) {
		return d.ShareCapacity(ctx, in.With, c.Command)
	})
	Handle(r, NoticeList, func(_ context.Context, c Caller, _ wire.None) ([]desk.Notice, error) {
		list, err := d.Notices()
		return slices.DeleteFunc(list, func(n desk.Notice) bool {
			return slices.ContainsFunc(n.Products, func(i forecast.Item) bool { return !c.Scope.Product(i.ID()) })
		}), err
	})
	Handle(r, NoticeSeen, func(_ context.Context, _ Caller, in desk.NoticeDone) (desk.Notice, error) { return d.DoneNotice(in) })
	Handle(r, NoticeFile, func(_ context.Context, _ Caller, in NoticeQuery) (desk.Exported, error) {
		data, err := d.NoticeFile(in.ID)
		return desk.Exported{Data: data}, err
	})
	Handle(r, CapacitySlot, func(_ context.Context, _ Caller, in desk.SlotPlan) (capacity.Slot, error) { return d.PlanSlot(in) })
	Handle(r, CapacitySlots, func(_ context.Context, c Caller, in WithQuery) ([]capacity.SlotView, error) {
		list, err := d.Slots(in.With)
		return slices.DeleteFunc(list, func(v capacity.SlotView) bool { return !c.Scope.Product(v.Slot.Product) }), err
	})
	Handle(r, CapacityAllocate, func(_ context.Context, _ Caller, in desk.LineAllocation) (desk.LineAllocation, error) {
		return d.SetAllocation(in)
	})
	Handle(r, CapacityAllocation, func(context.Context, Caller, wire.None) ([]desk.LineAllocation, error) { return d.Allocations() })
	Handle(r, StockList, func(_ context.Context, c Caller, in desk.StockQuery) ([]desk.StockView, error) {
		list, err := d.StockList(in)
		return slices.DeleteFunc(list, func(s desk.StockView) bool { return !c.seesRow(s.Product, s.Region) }), err
	})
	Handle(r, CapacityOversold, func(_ context.Context, _ Caller, in OversoldQuery) (desk.OversellView, error) {
		if in.Guests {
			return d.OversoldWithGuests()
		}
		return d.Oversold()
	})
	Handle(r, CapacityVolatility, func(_ context.Context, _ Caller, in WithQuery) (desk.VolatilityView, error) {
		return d.Volatility(in.With)
	})
	Handle(r, CapacityMatch, func(_ context.Context, c Caller, in WithQuery) (desk.MatchView, error) {
		v, err := d.Match(in.With)
		return c.seenMatch(v), err
	})
	Handle(r, ExceptionList, func(_ context.Context, _ Caller, in ExceptionQuery) ([]desk.ExceptionView, error) {
		if in.Guest != "" {
			return d.GuestExceptions(in.Guest, in.All)
		}
		return d.Exceptions(in.With, in.All)
	})
	Handle(r, ExceptionQuality, func(_ context.Context, _ Caller, in AlertQuery) (desk.AlertReport, error) {
		if in.Guest != "" {
			return d.GuestAlerts(in.Guest)
		}
		return d.Alerts(in.With)
	})
	Handle(r, ExceptionRules, func(_ context.Context, _ Caller, in ExceptionPolicy) (wire.None, error) {
		least := quantity.Quantity{}
		if in.MinUnits != "" {
			var err error
			if least, err = quantity.Parse(in.MinUnits); err != nil {
				return wire.None{}, err
			}
		}
		return wire.None{}, d.SetExceptionPolicy(quantity.Money{Minor: in.LimitMinor, Currency: quantity.Currency(in.Currency)}, least)
	})
	Handle(r, ExceptionForm, func(_ context.Context, _ Caller, in CloseQuery) (desk.CloseForm, error) {
		return d.PrepareClose(in.With, in.Exception, in.Resolution, in.Note)
	})
	Handle(r, ExceptionClose, func(ctx context.Context, c Caller, in desk.CloseRequest) (desk.Closed, error) {
		return d.CloseException(ctx, in, c.Command)
	})
}

// namedForecast is the forecast a query names; undefined for the draft.
func namedForecast(d *desk.Desk, in ForecastQuery) (cid block.CID, err error) {
	switch {
	case in.CID != "":
		return d.FindForecast(in.CID)
	case in.With != "":
		return d.NewestForecast(in.With)
	}
	return cid, nil
}

// scoped leaves out the lines a caller's token does not cover.
func scoped(doc forecast.Document, c Caller) forecast.Document {
	var kept []forecast.Line
	for _, l := range doc.Lines {
		if c.Scope.Product(l.Item.ID()) && c.Scope.Region(l.Location.Region) {
			kept = append(kept, l)
		}
	}
	doc.Lines = kept
	return doc
}
