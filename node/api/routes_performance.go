package api

import (
	"context"
	"io"
	"slices"

	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol/forecast"
	"kontor/protocol/performance"
)

// WindowQuery names a window with a partner.
type WindowQuery struct {
	With   string `json:"with,omitempty"`
	Window string `json:"window"`
}

// Routes of performance reports.
var (
	PerformanceImport    = wire.PostFile[desk.PerformanceImport, desk.ImportResult]("/v1/performance/import", wire.Plan, "Takes order lines, figures, or despatch and receipt advices into what is counted with a partner.")
	PerformancePreview   = wire.Get[desk.PerformanceQuery, desk.PerformancePreview]("/v1/performance/preview", wire.Plan, "Shows every field of a report a partner would see, and why it may.")
	PerformanceShare     = wire.Post[desk.PerformanceQuery, desk.Shared]("/v1/performance/share", wire.Plan, "Shares the report of a window with a partner, or closes it.")
	PerformanceList      = wire.Get[WithQuery, []desk.HeldWindow]("/v1/performance/list", wire.View, "Lists the windows that somebody reports on, and how the two sides compare.")
	PerformanceShow      = wire.Get[WindowQuery, []desk.ShownReport]("/v1/performance/show", wire.View, "Shows the reports of a window.")
	PerformanceCompare   = wire.Get[desk.CompareQuery, performance.Comparison]("/v1/performance/compare", wire.View, "Holds both sides' reports of a window side by side.")
	PerformanceReconcile = wire.Post[desk.ReconcileQuery, []desk.ReconciledCell]("/v1/performance/reconcile", wire.Plan, "Finds the lines in which two reports differ, and opens those to both desks.")
	MeasureShow          = wire.Get[desk.MeasureQuery, []desk.MeasuredGroup]("/v1/measure/show", wire.View, "Measures what can be measured of a partnership from what both sides hold.")
	PerformanceOpened    = wire.Get[WithQuery, []desk.LineView]("/v1/performance/opened", wire.View, "Lists the lines that were opened, whoever asked.")
)

func registerPerformance(r *Registry, d *desk.Desk) {
	HandleUpload(r, PerformanceImport, func(_ context.Context, _ Caller, in desk.PerformanceImport, file io.Reader) (desk.ImportResult, error) {
		data, err := io.ReadAll(file)
		if err != nil {
			return desk.ImportResult{}, err
		}
		return d.ImportPerformance(data, in)
	})
	Handle(r, PerformancePreview, func(_ context.Context, _ Caller, in desk.PerformanceQuery) (desk.PerformancePreview, error) {
		return d.PreviewPerformance(in)
	})
	Handle(r, PerformanceShare, func(ctx context.Context, c Caller, in desk.PerformanceQuery) (desk.Shared, error) {
		return d.SharePerformance(ctx, in, c.Command)
	})
	Handle(r, PerformanceList, func(_ context.Context, _ Caller, in WithQuery) ([]desk.HeldWindow, error) {
		return d.Windows(in.With)
	})
	Handle(r, PerformanceShow, func(_ context.Context, c Caller, in WindowQuery) ([]desk.ShownReport, error) {
		list, err := d.PerformanceReports(in.With, in.Window)
		for i := range list {
			cells := slices.Clone(list[i].Document.Cells)
			list[i].Document.Cells = slices.DeleteFunc(cells, func(x performance.Cell) bool { return !c.seesCell(x.Item, x.Place) })
		}
		return list, err
	})
	Handle(r, PerformanceCompare, func(_ context.Context, c Caller, in desk.CompareQuery) (performance.Comparison, error) {
		out, err := d.ComparePerformance(in)
		out.Cells = slices.DeleteFunc(out.Cells, func(x performance.ComparedCell) bool { return !c.seesCell(x.Item, x.Place) })
		return out, err
	})
	Handle(r, PerformanceReconcile, func(ctx context.Context, _ Caller, in desk.ReconcileQuery) ([]desk.ReconciledCell, error) {
		return d.ReconcilePerformance(ctx, in)
	})
	Handle(r, MeasureShow, func(_ context.Context, c Caller, in desk.MeasureQuery) ([]desk.MeasuredGroup, error) {
		if !c.Scope.Product(in.Product) || !c.Scope.Region(in.Region) {
			return nil, wire.Problemf("FORBIDDEN", "this token covers part of the products or places: name one that it covers with --product and --region")
		}
		return d.Measure(in)
	})
	Handle(r, PerformanceOpened, func(_ context.Context, c Caller, in WithQuery) ([]desk.LineView, error) {
		list, err := d.OpenedLines(in.With)
		return slices.DeleteFunc(list, func(l desk.LineView) bool {
			return l.Ours != nil && !c.Scope.Product(l.Ours.Item) || l.Theirs != nil && !c.Scope.Product(l.Theirs.Item)
		}), err
	})
}

func (c Caller) seesCell(item forecast.Item, place forecast.Location) bool {
	return c.Scope.Product(item.ID()) && c.Scope.Region(place.Region)
}
