package api

import (
	"context"
	"io"
	"slices"

	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol/campaign"
	"kontor/protocol/forecast"
	"kontor/protocol/quality"
)

// EventQuery names an event in force.
type EventQuery struct {
	With  string `json:"with,omitempty"`
	Event string `json:"event"`
}

// CalendarQuery says what entries of a calendar that are not the company's own become.
type CalendarQuery struct {
	Reason string `json:"reason,omitempty" doc:"of the blackouts: INVENTORY, QUALITY_HOLD, LEGAL, BRAND or FREEZE"`
}

// Routes of campaigns and quality.
var (
	CampaignImport   = wire.PostFile[desk.ImportOptions, desk.ImportResult]("/v1/campaign/import", wire.Plan, "Takes events from a table or a JSON document into the draft.")
	CampaignPlan     = wire.Post[desk.CampaignPlan, desk.Planned]("/v1/campaign/plan", wire.Plan, "Begins or changes an event of the draft.")
	CampaignBlackout = wire.Post[desk.BlackoutPlan, campaign.Blackout]("/v1/campaign/blackout", wire.Plan, "Sets or removes a blackout of the draft.")
	CampaignReply    = wire.Post[desk.ReplyPlan, campaign.Reply]("/v1/campaign/reply", wire.Plan, "Keeps a role's word on an event, or its approval of a message, in the draft.")
	CampaignPreview  = wire.Get[WithQuery, desk.CampaignPreview]("/v1/campaign/preview", wire.Plan, "Shows every field of the calendar a partner would see, and why it may.")
	CampaignShare    = wire.Post[WithQuery, desk.Shared]("/v1/campaign/share", wire.Plan, "Shares the campaign calendar with a partner; an event that is blocked does not go.")
	CampaignList     = wire.Get[wire.None, []desk.HeldEvent]("/v1/campaign/list", wire.View, "Lists the events in force, of both sides.")
	CampaignShow     = wire.Get[EventQuery, desk.HeldEvent]("/v1/campaign/show", wire.View, "Shows an event in force and what stands against it.")
	CampaignCheck    = wire.Get[WithQuery, desk.CampaignCheck]("/v1/campaign/check", wire.View, "Finds the conflicts of the events in force, and where launches stand.")
	CampaignCalendar = wire.GetFile[WithQuery]("/v1/campaign/calendar", wire.View, "Writes the campaigns in force as iCalendar.")
	CalendarImport   = wire.PostFile[CalendarQuery, desk.ImportResult]("/v1/campaign/calendar", wire.Plan, "Takes an iCalendar file: own events move, other entries become blackouts.")

	QualityImport  = wire.PostFile[desk.ImportOptions, desk.ImportResult]("/v1/quality/import", wire.Plan, "Takes defect counts from a table, or complaints, cases and audits from a JSON document, into the draft.")
	QualityPreview = wire.Get[WithQuery, desk.QualityPreview]("/v1/quality/preview", wire.Plan, "Shows every field of the report a partner would see, and why it may.")
	QualityShare   = wire.Post[WithQuery, desk.Shared]("/v1/quality/share", wire.Plan, "Shares the quality report with a partner.")
	QualityList    = wire.Get[wire.None, []desk.HeldQuality]("/v1/quality/list", wire.View, "Lists the reports in force, with rates, clocks and recurrences.")
	QualityChart   = wire.Get[desk.ChartQuery, desk.ChartView]("/v1/quality/chart", wire.View, "Draws the control chart of a product's counts.")
	QualityBlock   = wire.Post[desk.LotBlockPlan, quality.Block]("/v1/quality/block", wire.Plan, "Blocks a lot in the draft.")
	QualityRelease = wire.Post[desk.LotEnd, quality.Block]("/v1/quality/release", wire.Plan, "Releases a blocked lot in the draft.")
)

func registerCampaigns(r *Registry, d *desk.Desk) {
	HandleUpload(r, CampaignImport, func(_ context.Context, _ Caller, in desk.ImportOptions, file io.Reader) (desk.ImportResult, error) {
		data, err := io.ReadAll(file)
		if err != nil {
			return desk.ImportResult{}, err
		}
		return d.ImportCampaigns(data, in)
	})
	Handle(r, CampaignPlan, func(_ context.Context, _ Caller, in desk.CampaignPlan) (desk.Planned, error) {
		return d.PlanCampaign(in)
	})
	Handle(r, CampaignBlackout, func(_ context.Context, _ Caller, in desk.BlackoutPlan) (campaign.Blackout, error) {
		return d.PlanBlackout(in)
	})
	Handle(r, CampaignReply, func(_ context.Context, _ Caller, in desk.ReplyPlan) (campaign.Reply, error) { return d.PlanReply(in) })
	Handle(r, CampaignPreview, func(_ context.Context, _ Caller, in WithQuery) (desk.CampaignPreview, error) {
		return d.PreviewCampaign(in.With)
	})
	Handle(r, CampaignShare, func(ctx context.Context, c Caller, in WithQuery) (desk.Shared, error) {
		return d.ShareCampaign(ctx, in.With, c.Command)
	})
	Handle(r, CampaignList, func(_ context.Context, c Caller, _ wire.None) ([]desk.HeldEvent, error) {
		list, err := d.Campaigns()
		return seenEvents(list, c), err
	})
	Handle(r, CampaignShow, func(_ context.Context, c Caller, in EventQuery) (desk.HeldEvent, error) {
		e, err := d.Campaign(in.With, in.Event)
		if err == nil && len(seenEvents([]desk.HeldEvent{e}, c)) == 0 {
			return desk.HeldEvent{}, wire.Problemf("NO_SUCH_EVENT", "no event %q is in force; kontor campaign list shows those that are", in.Event)
		}
		return e, err
	})
	Handle(r, CampaignCheck, func(_ context.Context, c Caller, in WithQuery) (desk.CampaignCheck, error) {
		out, err := d.CheckCampaigns(in.With)
		out.Events = seenEvents(out.Events, c)
		seen := func(id string) bool {
			return slices.ContainsFunc(out.Events, func(e desk.HeldEvent) bool { return e.Event.ID == id })
		}
		out.Conflicts = slices.DeleteFunc(out.Conflicts, func(x campaign.Conflict) bool { return !seen(x.Event) })
		out.Launches = slices.DeleteFunc(out.Launches, func(x campaign.LaunchView) bool { return !seen(x.Event) })
		return out, err
	})
	HandleDownload(r, CampaignCalendar, func(_ context.Context, c Caller, in WithQuery, file io.Writer) error {
		data, err := d.CalendarFile(in.With, c.sees)
		if err != nil {
			return err
		}
		_, err = file.Write(data)
		return err
	})
	HandleUpload(r, CalendarImport, func(_ context.Context, _ Caller, in CalendarQuery, file io.Reader) (desk.ImportResult, error) {
		data, err := io.ReadAll(file)
		if err != nil {
			return desk.ImportResult{}, err
		}
		return d.ImportCalendar(data, in.Reason)
	})
}

func registerQuality(r *Registry, d *desk.Desk) {
	HandleUpload(r, QualityImport, func(_ context.Context, _ Caller, in desk.ImportOptions, file io.Reader) (desk.ImportResult, error) {
		data, err := io.ReadAll(file)
		if err != nil {
			return desk.ImportResult{}, err
		}
		return d.ImportQuality(data, in)
	})
	Handle(r, QualityPreview, func(_ context.Context, _ Caller, in WithQuery) (desk.QualityPreview, error) {
		return d.PreviewQuality(in.With)
	})
	Handle(r, QualityShare, func(ctx context.Context, c Caller, in WithQuery) (desk.Shared, error) {
		return d.ShareQuality(ctx, in.With, c.Command)
	})
	Handle(r, QualityList, func(_ context.Context, c Caller, _ wire.None) ([]desk.HeldQuality, error) {
		list, err := d.QualityReports()
		for i := range list {
			list[i] = seenReport(list[i], c)
		}
		return list, err
	})
	Handle(r, QualityChart, func(_ context.Context, c Caller, in desk.ChartQuery) (desk.ChartView, error) {
		if !c.Scope.Product(in.Product) || !c.Scope.Region(in.Region) {
			return desk.ChartView{}, wire.Problemf("NO_CHART", "no report in force counts whole units of %q there; kontor quality show lists what is counted", in.Product)
		}
		return d.QualityChart(in)
	})
	Handle(r, QualityBlock, func(_ context.Context, _ Caller, in desk.LotBlockPlan) (quality.Block, error) { return d.BlockLot(in) })
	Handle(r, QualityRelease, func(_ context.Context, _ Caller, in desk.LotEnd) (quality.Block, error) { return d.ReleaseLot(in) })
}

// sees tells whether a caller's token covers all of some products and places.
func (c Caller) sees(items []string, places []forecast.Location) bool {
	return !slices.ContainsFunc(items, func(id string) bool { return !c.Scope.Product(id) }) &&
		!slices.ContainsFunc(places, func(p forecast.Location) bool { return !c.Scope.Region(p.Region) })
}

// seenEvents are the events all of whose products and places a caller's token covers.
func seenEvents(list []desk.HeldEvent, c Caller) []desk.HeldEvent {
	out := []desk.HeldEvent{}
	for _, h := range list {
		var ids []string
		for _, i := range h.Event.Items {
			ids = append(ids, i.ID())
		}
		if c.sees(ids, h.Event.Places) {
			out = append(out, h)
		}
	}
	return out
}

// seenReport leaves out the rows a caller's token does not cover.
func seenReport(h desk.HeldQuality, c Caller) desk.HeldQuality {
	hidden := func(i forecast.Item, site forecast.Location) bool {
		return !c.Scope.Product(i.ID()) || !c.Scope.Region(site.Region)
	}
	gone := map[string]bool{}
	d := &h.Document
	d.Measures = slices.DeleteFunc(slices.Clone(d.Measures), func(m quality.Measure) bool { gone[m.Key()] = hidden(m.Item, m.Site); return gone[m.Key()] })
	d.Complaints = slices.DeleteFunc(slices.Clone(d.Complaints), func(x quality.Complaint) bool { gone[x.ID] = hidden(x.Item, x.Site); return gone[x.ID] })
	d.Blocks = slices.DeleteFunc(slices.Clone(d.Blocks), func(b quality.Block) bool { return hidden(b.Item, b.Site) })
	d.Cases = slices.DeleteFunc(slices.Clone(d.Cases), func(x quality.Case) bool { return gone[x.Complaint] })
	h.Rates = slices.DeleteFunc(h.Rates, func(x desk.DefectRate) bool { return gone[x.Measure] })
	h.Clocks = slices.DeleteFunc(h.Clocks, func(x desk.ComplaintClock) bool { return gone[x.Complaint] })
	h.Again = slices.DeleteFunc(h.Again, func(x quality.Recurrence) bool { return gone[x.Complaint] || gone[x.Of] })
	return h
}
