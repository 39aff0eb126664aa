package desk

import (
	"fmt"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/exception"
)

// staleData notes which inputs of a match are older than their authors vouch for (practice T21), one note per document over the days from
// the first such figure to the last. It is a view of this moment: now is ms UTC, and days that are over are left out.
func staleData(in capacity.Input, now int64) []exception.Exception {
	out := []exception.Exception{}
	for _, x := range []struct {
		what    string
		root    block.CID
		header  artifact.Header
		side    exception.Side
		buckets []calendar.Bucket
	}{{"forecast", in.ForecastCID, in.Forecast.Header, exception.Buyer, figureDays(in.Forecast)}, {"capacity plan", in.PlanCID, in.Plan.Header, exception.Seller, figureDays(in.Plan)}} {
		if span, stale := staleSpan(x.header, x.buckets, now); stale {
			scope := exception.Scope{Buckets: span}
			text := fmt.Sprintf("the %s of %s is older than its author vouches for in %s: ask for a new revision before relying on it: kontor request update", x.what,
				issuedDay(x.header.Issued), span)
			out = append(out, exception.Exception{ID: exception.NewID(exception.StaleData, scope, x.root), Kind: exception.StaleData, Scope: scope, Side: x.side,
				Speed: exception.Desk, Role: "PLANNER", Deadline: calendar.DateOf(now).Millis(), Default: exception.Outcome{Code: "STALE_FIGURES_STAND", Text: text}})
		}
	}
	return out
}

func staleSpan(h artifact.Header, buckets []calendar.Bucket, now int64) (span calendar.Bucket, stale bool) {
	today := calendar.DateOf(now)
	for _, b := range buckets {
		if b.End <= today || !h.StaleAt(max(b.Start, today), now) {
			continue
		}
		if !stale {
			span, stale = b, true
		}
		span.Start, span.End = min(span.Start, b.Start), max(span.End, b.End)
	}
	return span, stale
}
