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
