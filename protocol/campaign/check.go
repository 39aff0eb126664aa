package campaign

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// Codes of the rules of a campaign calendar. A code never changes its meaning.
const (
	CodeBounds    = "CAMPAIGN-01" // more events, blackouts, replies or parts of them than the bounds, or a figure beyond them
	CodeEmpty     = "CAMPAIGN-02" // a calendar of nothing, or an event without items
	CodeEvent     = "CAMPAIGN-03" // event id or name malformed, or one event twice
	CodeStatus    = "CAMPAIGN-04" // unknown status, or a status it cannot come from
	CodeKind      = "CAMPAIGN-05" // unknown event type
	CodeDates     = "CAMPAIGN-06" // a period is empty, backwards or too long, or sell-in begins after sell-out
	CodeItem      = "CAMPAIGN-07" // an item malformed, or a part that names an item the event has not
	CodePlace     = "CAMPAIGN-08" // a place malformed
	CodeTactic    = "CAMPAIGN-09" // a tactic of nothing, of several things, or unknown
	CodeOffer     = "CAMPAIGN-10" // mechanism unknown, or a depth, amount or count that does not fit it
	CodePrice     = "CAMPAIGN-11" // the resale price of an event that is not over: it never leaves (practice T19)
	CodeImpact    = "CAMPAIGN-12" // planned lift malformed, twice, outside its windows, or with falling quantiles
	CodeNamed     = "CAMPAIGN-13" // an item is cannibalised and halo at once, named twice, or lifts itself
	CodeFunding   = "CAMPAIGN-14" // funding shares do not sum to one whole, or cap, rule or deadline is malformed
	CodeMessage   = "CAMPAIGN-15" // an asset hash is not 32 bytes, or claims or roles are malformed
	CodeGo        = "CAMPAIGN-16" // go condition out of range
	CodeLaunch    = "CAMPAIGN-17" // launch item, date or gates malformed
	CodeBlackout  = "CAMPAIGN-18" // blackout id, reason, period or scope malformed, or one twice
	CodeRule      = "CAMPAIGN-19" // recurrence rule not read
	CodeReply     = "CAMPAIGN-20" // reply malformed, or two of one role on one event
	CodeScope     = "CAMPAIGN-21" // a product or region outside the scope
	CodeZone      = "CAMPAIGN-22" // zone name malformed
	CodeExt       = "CAMPAIGN-23" // extension fields too many or too long
	CodeVanished  = "CAMPAIGN-24" // an event that was shared is missing from the revision: cancel it instead
	CodeTooLate   = "CAMPAIGN-25" // a proposal is planned after its acceptance date without having been acknowledged
	CodeRevisions = "CAMPAIGN-26" // the revision does not follow the one it replaces
)

// Check applies the newest rule set to a calendar alone.
func Check(d Document) []artifact.Finding { return CheckUnder(d, artifact.RulesNewest) }

// CheckUnder applies the rules in force under the given rule set.
func CheckUnder(d Document, _ artifact.Rules) []artifact.Finding {
	var r artifact.Report
	r.Append(artifact.CheckHeader(d.Header, Type))
	if !artifact.IsName(d.Zone) || strings.Trim(d.Zone, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_+-") != "" {
		r.Add(CodeZone, "zone", "%q is no zone name such as Europe/Berlin or UTC", artifact.Clip(d.Zone))
	}
	if len(d.Events)+len(d.Blackouts)+len(d.Replies) == 0 {
		r.Add(CodeEmpty, "", "the calendar has no event, no blackout and no reply")
	}
	if len(d.Events) > MaxEvents || len(d.Blackouts) > MaxBlackouts || len(d.Replies) > MaxReplies {
		r.Add(CodeBounds, "", "%d events, %d blackouts or %d replies are too many", len(d.Events), len(d.Blackouts), len(d.Replies))
		return r.Findings()
	}
	seen := map[string]bool{}
	span := calendar.Bucket{}
	for i, e := range d.Events {
		if r.Full() {
			break
		}
		path := fmt.Sprintf("events[%d]", i)
		if !artifact.IsName(e.ID) || seen[e.ID] || !artifact.IsName(e.Name) {
			r.Add(CodeEvent, path, "id %q or name %q is malformed, or the event stands twice", artifact.Clip(e.ID), artifact.Clip(e.Name))
		}
		seen[e.ID] = true
		if span.Start == 0 || e.Period.Start < span.Start {
			span.Start = e.Period.Start
		}
		span.End = max(span.End, e.Period.End)
		checkEvent(&r, path, d.Header.Issued, e)
	}
	if span.End.Sub(span.Start) > MaxAhead {
		r.Add(CodeBounds, "events", "the events span %d days, more than %d", span.End.Sub(span.Start), MaxAhead)
	}
	checkBlackouts(&r, d)
	checkReplies(&r, d)
	return r.Findings()
}

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

func checkBlackouts(r *artifact.Report, d Document) {
	seen := map[string]bool{}
	recurring := 0
	for i, b := range d.Blackouts {
		if r.Full() {
			return
		}
		path := fmt.Sprintf("blackouts[%d]", i)
		if !artifact.IsName(b.ID) || seen[b.ID] || !b.Reason.Known() || !b.Period.Valid() || b.Period.Days() > MaxDays || !artifact.IsSentence(b.Note) || len(b.Items) > MaxItems || len(b.Places) > MaxItems {
			r.Add(CodeBlackout, path, "blackout %q for %q from %q to %q is malformed or stands twice", artifact.Clip(b.ID), artifact.Clip(string(b.Reason)), b.Period.Start, b.Period.End)
			continue
		}
		seen[b.ID] = true
		for _, id := range b.Items {
			if !artifact.IsName(id) {
				r.Add(CodeBlackout, path+".items", "item %q is malformed", artifact.Clip(id))
			}
		}
		for _, p := range b.Places {
			if !validPlace(p) {
				r.Add(CodePlace, path+".places", "place %q is malformed or none", artifact.Clip(p.Key()))
			}
		}
		if b.RRule != "" {
			if recurring++; recurring > MaxRecurring {
				r.Add(CodeBounds, path, "more than %d recurring blackouts", MaxRecurring)
				return
			}
			if _, err := calendar.ParseRule(b.RRule, b.Period.Start); err != nil {
				r.Add(CodeRule, path+".rrule", "%v", err)
			}
		}
		artifact.CheckExt(r, CodeExt, path+".ext", b.Ext)
	}
}

func checkReplies(r *artifact.Report, d Document) {
	seen := map[string]bool{}
	for i, y := range d.Replies {
		if r.Full() {
			return
		}
		ok := y.Series != (artifact.SeriesID{}) && artifact.IsName(y.Event) && artifact.IsRole(y.Role) && !seen[y.Key()] && len(y.Assets) <= MaxNames
		ok = ok && (y.Verdict == "") == (len(y.Digest) == 0) && (y.Verdict == "" || slices.Contains(verdicts, y.Verdict) && len(y.Digest) == 36) && (y.Verdict != "" || len(y.Assets) > 0)
		for k, a := range y.Assets {
			ok = ok && len(a) == 32 && (k == 0 || bytes.Compare(y.Assets[k-1], a) < 0)
		}
		if !ok {
			r.Add(CodeReply, fmt.Sprintf("replies[%d]", i), "reply of %q on event %q is malformed, empty, or stands twice", artifact.Clip(y.Role), artifact.Clip(y.Event))
		}
		seen[y.Key()] = true
	}
}

func figure(q quantity.Quantity) bool {
	return q.Exponent() >= -MaxDecimals && q.Cmp(quantity.Of(MaxQuantity)) <= 0
}

func validItem(i forecast.Item) bool {
	name := func(s string) bool { return s == "" || artifact.IsName(s) }
	return i.ID() != "" && (i.GTIN == "" || forecast.ValidGTIN(i.GTIN)) && name(i.BuyersID) && name(i.SellersID) && artifact.IsSentence(i.Description)
}

func validPlace(l forecast.Location) bool {
	return l.Key() != "" && (l.GLN == "" || forecast.ValidGLN(l.GLN)) && (l.Region == "" || forecast.ValidRegion(l.Region)) && (l.UNLOCODE == "" || forecast.ValidUNLOCODE(l.UNLOCODE))
}

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
