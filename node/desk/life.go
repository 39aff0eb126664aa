package desk

import (
	"fmt"
	"slices"

	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
	"kontor/protocol/capacity"
	"kontor/protocol/exception"
	"kontor/protocol/forecast"
	productmap "kontor/protocol/product"
	"kontor/protocol/quality"
)

// lifeNow is how a version in force stands at this moment on this node. Nothing of it is state: both nodes see the same events, each at its own time.
type lifeNow struct {
	stale      bool
	span       calendar.Bucket // of the stale figures
	reaffirmed int64           // until when, ms UTC; 0: not, or over
	invalid    []string        // events since, in words (practice T21)
}

// life judges a version in force.
func (d *Desk) life(r *protocol.Replica, row protocol.ArtifactRow) (l lifeNow, err error) {
	sheet, err := r.Sheet(row.Root)
	if err != nil {
		return l, err
	}
	opened, err := protocol.OpenArtifact(sheet)
	if err != nil {
		return l, err
	}
	now := d.node.Now()
	h, until, err := aged(r, row.Root, opened.Header, now)
	if err != nil {
		return l, err
	}
	l.reaffirmed = until
	l.span, l.stale = staleSpan(h, figureDays(opened.Document), now)
	l.invalid, err = invalidated(r, opened)
	return l, err
}

// aged is a header whose issue is the time from which the age of its figures counts: a reaffirmation, while it lasts.
func aged(r *protocol.Replica, root block.CID, h artifact.Header, now int64) (artifact.Header, int64, error) {
	row, found, err := r.Reaffirmed(root)
	if err != nil || !found || now > row.Until {
		return h, 0, err
	}
	h.Issued = row.Since(h.Issued, now)
	return h, row.Until, nil
}

// figureDays are the days a document has figures for.
func figureDays(doc any) (out []calendar.Bucket) {
	switch doc := doc.(type) {
	case forecast.Document:
		for _, l := range doc.Lines {
			for _, c := range l.Buckets {
				out = append(out, c.Bucket)
			}
		}
	case capacity.Plan:
		for _, g := range doc.Groups {
			for _, c := range g.Capacities {
				out = append(out, c.Bucket)
			}
		}
	case capacity.Answer:
		for _, l := range doc.Lines {
			for _, c := range l.Buckets {
				out = append(out, c.Bucket)
			}
		}
	case campaign.Document:
		for _, e := range doc.Events {
			if e.Status.Open() {
				out = append(out, e.Period)
			}
		}
	}
	return out
}

// invalidated lists the events that make an artifact in force unfit to build on (practice T21): an input withdrawn or materially superseded, a lot
// blocked out of stock it counts on.
func invalidated(r *protocol.Replica, opened protocol.Opened) (events []string, err error) {
	for _, input := range opened.Inputs {
		row, found, err := r.Version(input)
		if err != nil || !found {
			if err != nil {
				return nil, err
			}
			continue // an agreement, or of another partnership: its own state says what became of it
		}
		switch row.Status {
		case protocol.Withdrawn:
			events = append(events, fmt.Sprintf("%s: the %s it was made from was withdrawn (%s)", protocol.CauseSource, protocol.ArtifactKind(row.Type), row.Ended.Cause))
		case protocol.Superseded:
			n, err := movedSince(r, row)
			if err != nil {
				return nil, err
			}
			if n > 0 {
				events = append(events, fmt.Sprintf("SUPERSEDED: the %s it was made from has changed materially in %d cells since", protocol.ArtifactKind(row.Type), n))
			}
		}
	}
	repacked, err := repackedSince(r, opened)
	if err != nil {
		return nil, err
	}
	events = append(events, repacked...)
	if plan, ok := opened.Document.(capacity.Plan); ok {
		lots, err := blockedSince(r, plan)
		if err != nil {
			return nil, err
		}
		events = append(events, lots...)
	}
	return events, nil
}

// movedSince counts the cells in which the version in force of a series differs materially from an earlier one.
func movedSince(r *protocol.Replica, row protocol.ArtifactRow) (int, error) {
	head, found, err := r.SeriesHead(row.Type, row.Author, row.Series)
	if err != nil || !found {
		return 0, err
	}
	var sheets [2]block.Sheet
	for i, root := range []block.CID{row.Root, head.Root} {
		if sheets[i], err = r.Sheet(root); err != nil {
			return 0, err
		}
	}
	changes, err := protocol.DiffArtifacts(sheets[0], sheets[1])
	return countMaterial(changes), err
}

// blockedSince names the lots blocked after a plan was made out of stock that it counts.
func blockedSince(r *protocol.Replica, plan capacity.Plan) (events []string, err error) {
	rows, err := r.InForce(quality.Type, block.CID{})
	if err != nil {
		return nil, err
	}
	counts := func(i forecast.Item) bool {
		return slices.ContainsFunc(plan.Positions, func(p capacity.Position) bool {
			return p.Stock != nil && slices.Contains([]string{i.BuyersID, i.SellersID, i.GTIN}, p.Product)
		})
	}
	made := calendar.DateOf(plan.Header.Issued)
	for _, row := range rows {
		report, err := r.Quality(row.Root)
		if err != nil {
			return nil, err
		}
		for _, b := range quality.OpenBlocks(report) {
			if counts(b.Item) && b.Since > made {
				events = append(events, fmt.Sprintf("%s: %s of %s were blocked on %s, after its stock was counted", protocol.CauseLot, b.Unit.Said(b.Quantity.String()), b.Item.ID(), b.Since))
			}
		}
	}
	return events, nil
}

// staleInputs notes which inputs of a match are older than their authors vouch for, and which events have made unfit: one note per document and
// reason.
func (d *Desk) staleInputs(r *protocol.Replica, in capacity.Input) ([]exception.Exception, error) {
	now := d.node.Now()
	fresh := in
	var err error
	if fresh.Forecast.Header, _, err = aged(r, in.ForecastCID, in.Forecast.Header, now); err != nil {
		return nil, err
	}
	if fresh.Plan.Header, _, err = aged(r, in.PlanCID, in.Plan.Header, now); err != nil {
		return nil, err
	}
	out := staleData(fresh, now)
	planInputs := append(in.Plan.Includes[:len(in.Plan.Includes):len(in.Plan.Includes)], in.Plan.Header.Provenance.DerivedFrom...)
	if in.Plan.Forecast != nil {
		planInputs = append(planInputs, *in.Plan.Forecast)
	}
	for _, x := range []struct {
		what   string
		root   block.CID
		side   exception.Side
		opened protocol.Opened
	}{
		{"forecast", in.ForecastCID, exception.Buyer, protocol.Opened{Header: in.Forecast.Header, Document: in.Forecast, Inputs: in.Forecast.Header.Provenance.DerivedFrom}},
		{"capacity plan", in.PlanCID, exception.Seller, protocol.Opened{Header: in.Plan.Header, Document: in.Plan, Inputs: planInputs}},
	} {
		events, err := invalidated(r, x.opened)
		if err != nil {
			return nil, err
		}
		span, some := horizonOf(figureDays(x.opened.Document))
		if len(events) == 0 || !some {
			continue
		}
		scope := exception.Scope{Buckets: span}
		text := fmt.Sprintf("the %s of %s was overtaken: %s; ask for a new revision before relying on it: kontor request update", x.what, issuedDay(x.opened.Header.Issued), events[0])
		out = append(out, exception.Exception{ID: exception.NewID(exception.Invalidated, scope, x.root), Kind: exception.Invalidated, Scope: scope, Side: x.side, Speed: exception.Desk,
			Role: "PLANNER", Deadline: calendar.DateOf(now).Millis(), Default: exception.Outcome{Code: "OVERTAKEN_FIGURES_STAND", Text: text}})
	}
	return out, nil
}

// horizonOf is the range from the first day to the last.
func horizonOf(days []calendar.Bucket) (span calendar.Bucket, some bool) {
	for _, b := range days {
		if !some {
			span, some = b, true
		}
		span.Start, span.End = min(span.Start, b.Start), max(span.End, b.End)
	}
	return span, some
}

// repackedSince names the products of a document whose pack size changed after it was issued (practice T12).
func repackedSince(r *protocol.Replica, opened protocol.Opened) (events []string, err error) {
	used := productsOf(opened.Document)
	if len(used) == 0 {
		return nil, nil
	}
	rows, err := r.InForce(productmap.Type, block.CID{})
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		now, err := r.ProductMap(row.Root)
		if err != nil {
			return nil, err
		}
		if now.Header.Parent == nil || now.Header.Issued <= opened.Header.Issued {
			continue
		}
		before, err := r.ProductMap(*now.Header.Parent)
		if err != nil {
			return nil, err
		}
		for _, id := range productmap.Repacked(before, now) {
			if used[id] {
				events = append(events, fmt.Sprintf("%s: the pack size of %s changed on %s; open quantities mean something else", protocol.CauseUnit, id, issuedDay(now.Header.Issued)))
			}
		}
	}
	return events, nil
}

// productsOf are the numbers of the items a forecast or a plan has figures for.
func productsOf(doc any) map[string]bool {
	used := map[string]bool{}
	switch doc := doc.(type) {
	case forecast.Document:
		for _, l := range doc.Lines {
			used[l.Item.ID()] = true
		}
	case capacity.Plan:
		for _, g := range doc.Groups {
			for _, l := range g.Links {
				used[l.Product] = true
			}
		}
	}
	return used
}
