package campaign

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
)

func checkEvent(r *artifact.Report, path string, issued int64, e Event) {
	for _, n := range []int{len(e.Items), len(e.Places), len(e.Tactics), len(e.Offers), len(e.Messages)} {
		if n > MaxItems || len(e.Impacts) > MaxImpacts {
			r.Add(CodeBounds, path, "%d items, places, tactics, offers or messages, or %d planned impacts are too many", n, len(e.Impacts))
			return
		}
	}
	if !e.Status.Known() {
		r.Add(CodeStatus, path+".retailEventStatusCode", "unknown status %q", artifact.Clip(string(e.Status)))
	}
	if !e.Kind.Known() {
		r.Add(CodeKind, path+".promotionalEventTypeCode", "unknown event type %q", artifact.Clip(string(e.Kind)))
	}
	checkDates(r, path, e)
	if len(e.Items) == 0 {
		r.Add(CodeEmpty, path+".items", "an event without items")
	}
	ids := map[string]bool{}
	for i, item := range e.Items {
		if !validItem(item) || ids[item.ID()] {
			r.Add(CodeItem, fmt.Sprintf("%s.items[%d]", path, i), "item %q is malformed or stands twice", artifact.Clip(item.ID()))
		}
		ids[item.ID()] = true
	}
	for i, p := range e.Places {
		if !validPlace(p) {
			r.Add(CodePlace, fmt.Sprintf("%s.participatingLocations[%d]", path, i), "place %q is malformed or none", artifact.Clip(p.Key()))
		}
	}
	for i, t := range e.Tactics {
		checkTactic(r, fmt.Sprintf("%s.tactics[%d]", path, i), t)
	}
	for i, o := range e.Offers {
		checkOffer(r, fmt.Sprintf("%s.offers[%d]", path, i), issued, e, o)
	}
	checkImpacts(r, path, e)
	if e.Funding != nil {
		checkFunding(r, path+".funding", *e.Funding)
	}
	for i, m := range e.Messages {
		checkMessage(r, fmt.Sprintf("%s.messaging[%d]", path, i), e.Messages[:i], m)
	}
	if g := e.Go; g != nil && (g.MaxShortagePPM < 0 || g.MaxShortagePPM > PPM || (g.By != 0 && !g.By.Valid()) || (g.DecidedBy != "" && !artifact.IsRole(g.DecidedBy))) {
		r.Add(CodeGo, path+".goNoGo", "limit of %d ppm, date or role %q is out of range", g.MaxShortagePPM, artifact.Clip(g.DecidedBy))
	}
	if e.Launch != nil {
		checkLaunch(r, path+".launch", e)
	}
	artifact.CheckExt(r, CodeExt, path+".ext", e.Ext)
}

func checkDates(r *artifact.Report, path string, e Event) {
	for _, b := range []struct {
		name   string
		bucket *calendar.Bucket
	}{{"period", &e.Period}, {"shipPeriod", e.SellIn}, {"performancePeriod", e.SellOut}} {
		if b.bucket != nil && (!b.bucket.Valid() || b.bucket.Days() > MaxDays) {
			r.Add(CodeDates, path+"."+b.name, "%q to %q is empty, backwards or longer than %d days", b.bucket.Start, b.bucket.End, MaxDays)
		}
	}
	out := e.Period
	if e.SellOut != nil {
		out = *e.SellOut
	}
	if e.SellIn != nil && e.SellIn.Start > out.Start {
		r.Add(CodeDates, path+".shipPeriod", "sell-in begins on %s, after sell-out on %s", e.SellIn.Start, out.Start)
	}
	if e.PreDays < 0 || e.PreDays > MaxDays || e.PostDays < 0 || e.PostDays > MaxDays {
		r.Add(CodeDates, path, "windows of %d days before and %d after are out of range", e.PreDays, e.PostDays)
	}
	if (e.Submitted != 0 && !e.Submitted.Valid()) || (e.AcceptBy != 0 && (!e.AcceptBy.Valid() || e.AcceptBy < e.Submitted)) {
		r.Add(CodeDates, path+".latestProposalAcceptanceDate", "%s is no date at or after the submission on %s", e.AcceptBy, e.Submitted)
	}
}

func checkTactic(r *artifact.Report, path string, t Tactic) {
	given := 0
	for _, s := range []string{string(t.Display), t.Feature, string(t.Channel)} {
		if s != "" {
			given++
		}
	}
	if given != 1 || t.Display != "" && !slices.Contains(displayTactics, t.Display) || t.Feature != "" && !artifact.IsRole(t.Feature) || t.Channel != "" && !slices.Contains(channels, t.Channel) {
		r.Add(CodeTactic, path, "a tactic is one of a display, a feature and a channel with a known code")
	}
	if t.Period != nil && (!t.Period.Valid() || t.Period.Days() > MaxDays) {
		r.Add(CodeDates, path+".period", "%q to %q is empty, backwards or too long", t.Period.Start, t.Period.End)
	}
}

func checkOffer(r *artifact.Report, path string, issued int64, e Event, o Offer) {
	if !e.Has(o.Item) {
		r.Add(CodeItem, path+".item", "the event has no item %q", artifact.Clip(o.Item))
	}
	fits := slices.Contains(mechanisms, o.Mechanism) && o.DepthPPM >= 0 && o.DepthPPM <= PPM && o.MinUnits >= 0 && o.MinUnits <= 1_000_000
	switch o.Mechanism {
	case PercentOff:
		fits = fits && o.DepthPPM > 0 && o.Amount == nil
	case AmountOff:
		fits = fits && o.DepthPPM == 0 && o.Amount != nil && o.Amount.Minor > 0 && o.Amount.Currency.Digits() >= 0
	default:
		fits = fits && o.DepthPPM == 0 && o.Amount == nil
	}
	if !fits {
		r.Add(CodeOffer, path, "mechanism %q with a depth of %d ppm and %d units: PCT_OFF has a depth, AMT_OFF an amount, the others neither", artifact.Clip(string(o.Mechanism)), o.DepthPPM, o.MinUnits)
	}
	if o.Price != nil && e.Period.End > calendar.DateOf(issued) {
		r.Add(CodePrice, path+".price", "the event ends on %s and the calendar is of %s: the resale price of a coming event stays at home", e.Period.Last(), calendar.DateOf(issued))
	}
	artifact.CheckExt(r, CodeExt, path+".ext", o.Ext)
}

func checkImpacts(r *artifact.Report, path string, e Event) {
	type cell struct {
		item, place string
		bucket      calendar.Bucket
	}
	seen := map[cell]bool{}
	window := calendar.Bucket{Start: min(e.Period.Start, e.Delivery().Start).AddDays(-int(e.PreDays)), End: max(e.Period.End, e.Delivery().End).AddDays(int(e.PostDays))}
	if e.SellOut != nil {
		window.End = max(window.End, e.SellOut.End)
	}
	for i, m := range e.Impacts {
		if r.Full() {
			return
		}
		at := fmt.Sprintf("%s.plannedImpact[%d]", path, i)
		c := cell{m.Item, m.Place.Key(), m.Bucket}
		switch {
		case !e.Has(m.Item):
			r.Add(CodeItem, at+".item", "the event has no item %q", artifact.Clip(m.Item))
		case m.Place != (forecast.Location{}) && !validPlace(m.Place):
			r.Add(CodePlace, at+".location", "place %q is malformed", artifact.Clip(m.Place.Key()))
		case !m.Bucket.Valid() || m.Bucket.Days() > MaxDays || !m.Bucket.Overlaps(window) || seen[c] || !m.Unit.Known():
			r.Add(CodeImpact, at, "%q to %q in unit %q is no period inside the event's windows, or stands twice", m.Bucket.Start, m.Bucket.End, artifact.Clip(string(m.Unit)))
		}
		seen[c] = true
		if !figure(m.Lift.Abs()) || m.Baseline != nil && (m.Baseline.Sign() < 0 || !figure(*m.Baseline)) || m.PullForward < 0 || m.PullForward > PPM || len(m.Quantiles) > MaxQuantiles {
			r.Add(CodeBounds, at, "lift %s, baseline, pull-forward or %d quantiles are out of bounds", m.Lift, len(m.Quantiles))
		}
		for k, q := range m.Quantiles {
			if q.P <= 0 || q.P >= PPM || !figure(q.Q.Abs()) || k > 0 && (q.P <= m.Quantiles[k-1].P || q.Q.Less(m.Quantiles[k-1].Q)) {
				r.Add(CodeImpact, fmt.Sprintf("%s.incrementalQuantiles[%d]", at, k), "level %d ppm of %s does not rise, or falls below the one before", q.P, q.Q)
			}
		}
		named := map[string]bool{m.Item: true}
		for _, id := range append(append([]string{}, m.Cannibalises...), m.Halo...) {
			if !artifact.IsName(id) || named[id] {
				r.Add(CodeNamed, at, "%q is malformed, the item itself, or named twice among cannibalised and halo items", artifact.Clip(id))
			}
			named[id] = true
		}
		if len(named) > MaxNames {
			r.Add(CodeBounds, at, "%d cannibalised and halo items are more than %d", len(named)-1, MaxNames)
		}
	}
}

func checkFunding(r *artifact.Report, path string, f Funding) {
	if f.BuyerPPM < 0 || f.SellerPPM < 0 || f.BuyerPPM > PPM || f.SellerPPM > PPM || f.BuyerPPM+f.SellerPPM != PPM {
		r.Add(CodeFunding, path, "%d and %d ppm do not sum to 1,000,000", f.BuyerPPM, f.SellerPPM)
	}
	if f.Cap != nil && (f.Cap.Minor < 0 || f.Cap.Currency.Digits() < 0) || f.Accrual != "" && !slices.Contains(accrualRules, f.Accrual) || f.ClaimBy != 0 && !f.ClaimBy.Valid() {
		r.Add(CodeFunding, path, "cap, accrual rule %q or claim deadline is malformed", artifact.Clip(string(f.Accrual)))
	}
}

func checkMessage(r *artifact.Report, path string, before []Message, m Message) {
	ok := len(m.Asset) == 32 && len(m.Claims) <= MaxNames && len(m.Needs) <= MaxGates && m.Embargo >= 0 && m.Embargo <= artifact.MaxTime
	for _, b := range before {
		ok = ok && !bytes.Equal(b.Asset, m.Asset)
	}
	for i, c := range m.Claims {
		ok = ok && artifact.IsName(c) && !slices.Contains(m.Claims[:i], c)
	}
	for i, n := range m.Needs {
		side, role, found := strings.Cut(n, ":")
		ok = ok && found && (side == "buyer" || side == "seller") && artifact.IsRole(role) && !slices.Contains(m.Needs[:i], n)
	}
	if !ok {
		r.Add(CodeMessage, path, "an asset hash of %d bytes, %d claims, %d approvals: want 32 bytes, each asset once, and approvals such as buyer:CMO", len(m.Asset), len(m.Claims), len(m.Needs))
	}
}

func checkLaunch(r *artifact.Report, path string, e Event) {
	l := e.Launch
	if !e.Has(l.Item) || !l.Date.Valid() || len(l.Gates) == 0 || len(l.Gates) > MaxGates {
		r.Add(CodeLaunch, path, "item %q, date %s or %d gates: want an item of the event and 1 to %d gates", artifact.Clip(l.Item), l.Date, len(l.Gates), MaxGates)
	}
	seen := map[string]bool{}
	for i, g := range l.Gates {
		key := string(g.Kind) + ":" + g.Role
		if !slices.Contains(gateKinds, g.Kind) || !g.Due.Valid() || g.Due > l.Date || seen[key] || g.Role != "" && !artifact.IsRole(g.Role) || g.Done != 0 && (g.Kind != GateManual || !g.Done.Valid()) {
			r.Add(CodeLaunch, fmt.Sprintf("%s.gates[%d]", path, i), "gate %q due %s is unknown, twice, after the launch, or done by hand where it computes itself", artifact.Clip(string(g.Kind)), g.Due)
		}
		seen[key] = true
	}
}
