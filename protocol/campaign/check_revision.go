package campaign

import (
	"fmt"

	"kontor/protocol/artifact"
	"kontor/protocol/forecast"
)

// CheckScope applies the granted scope to items and places of events and blackouts. An event everywhere, and a
// blackout of everything, says nothing of one product or region and passes.
func CheckScope(d Document, granted artifact.Scope) []artifact.Finding {
	return scopeFindings(d, granted)
}

func scopeFindings(d Document, granted artifact.Scope) []artifact.Finding {
	var r artifact.Report
	place := func(path string, places []forecast.Location) {
		for _, p := range places {
			if !granted.HasRegion(p.Region) {
				r.Add(CodeScope, path, "region %q is outside the scope", artifact.Clip(p.Region))
			}
		}
	}
	product := func(path string, ids ...string) {
		if !granted.HasProduct(ids...) {
			r.Add(CodeScope, path, "product %q is outside the scope", artifact.Clip(ids[0]))
		}
	}
	for i, e := range d.Events {
		if r.Full() {
			break
		}
		path := fmt.Sprintf("events[%d]", i)
		for _, item := range e.Items {
			product(path+".items", item.ID(), item.BuyersID, item.SellersID, item.GTIN)
		}
		place(path+".participatingLocations", e.Places)
		for _, m := range e.Impacts {
			if m.Place != (forecast.Location{}) {
				place(path+".plannedImpact", []forecast.Location{m.Place})
			}
			for _, id := range append(append([]string{}, m.Cannibalises...), m.Halo...) {
				product(path+".plannedImpact", id)
			}
		}
	}
	for i, b := range d.Blackouts {
		if r.Full() {
			break
		}
		path := fmt.Sprintf("blackouts[%d]", i)
		for _, id := range b.Items {
			product(path+".items", id)
		}
		place(path+".places", b.Places)
	}
	return r.Findings()
}

// CheckRevision applies the rules between a revision and the one it replaces: states only move forward, what was
// shared is cancelled and never just gone, and a proposal is not planned after its time to be accepted.
func CheckRevision(old, revised Document) []artifact.Finding {
	var r artifact.Report
	if old.Header.Series != revised.Header.Series || revised.Header.Revision != old.Header.Revision+1 || revised.Header.Issued < old.Header.Issued {
		r.Add(CodeRevisions, "header", "revision %d does not follow revision %d of its series, or is of an earlier time", revised.Header.Revision, old.Header.Revision)
	}
	next := make(map[string]Event, len(revised.Events))
	for _, e := range revised.Events {
		next[e.ID] = e
	}
	for i, e := range old.Events {
		if r.Full() {
			break
		}
		n, there := next[e.ID]
		switch {
		case !there && e.Status.Open():
			r.Add(CodeVanished, fmt.Sprintf("events[%d]", i), "event %q is %s and gone from the revision", artifact.Clip(e.ID), e.Status)
		case there && !e.Status.MayBecome(n.Status):
			r.Add(CodeStatus, "events", "event %q cannot go from %s to %s", artifact.Clip(e.ID), e.Status, n.Status)
		case there && n.Status == Planned && e.Status == Proposed && e.ExpiredAt(revised.Header.Issued):
			r.Add(CodeTooLate, "events", "event %q was to be accepted by %s", artifact.Clip(e.ID), e.AcceptBy)
		}
	}
	return r.Findings()
}

// ExpiredAt reports whether a proposal ran out at a time, ms UTC: its last day of acceptance is over.
func (e Event) ExpiredAt(at int64) bool {
	return e.Status == Proposed && e.AcceptBy != 0 && at >= e.AcceptBy.AddDays(1).Millis()
}
