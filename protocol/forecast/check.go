package forecast

import (
	"bytes"
	"fmt"
	"strings"

	"kontor/protocol/artifact"
	"kontor/protocol/quantity"
)

// Codes of the forecast rules. A code never changes its meaning.
const (
	CodeEmpty       = "FORECAST-01" // no line, or a line without buckets: the horizon is empty
	CodeBounds      = "FORECAST-02" // more lines, buckets or levels than the bounds, or a figure beyond them
	CodeItem        = "FORECAST-03" // item without identifier, malformed, or GTIN with a wrong check digit
	CodeFalling     = "FORECAST-04" // quantiles fall as the probability rises
	CodeDuplicate   = "FORECAST-05" // one line twice
	CodeBuckets     = "FORECAST-06" // buckets unsorted, overlapping, empty or backwards
	CodeNegative    = "FORECAST-07" // a quantity below zero
	CodeMean        = "FORECAST-08" // the mean is missing
	CodeLevel       = "FORECAST-09" // probabilities out of range or not rising
	CodeUnit        = "FORECAST-10" // unit unknown, or not fitting the product or the series
	CodeCumulative  = "FORECAST-11" // cumulative demand falls from one bucket to the next, or is given for some buckets only
	CodeLocation    = "FORECAST-12" // location malformed
	CodeEnum        = "FORECAST-13" // a code outside its list
	CodeSourcing    = "FORECAST-14" // sourcing share out of range
	CodeAnswer      = "FORECAST-15" // answer due and the meaning of silence do not agree
	CodeTier        = "FORECAST-16" // tier roles and emission do not agree
	CodeGap         = "FORECAST-17" // buckets missing in between without a reason
	CodeScope       = "FORECAST-18" // a product or region outside the scope
	CodeMethod      = "FORECAST-19" // method malformed, or bands without quantiles
	CodeExt         = "FORECAST-20" // extension fields of a line too many or too long
	CodeRevision    = "FORECAST-21" // not a revision of the forecast it names
	CodeAccumulated = "FORECAST-22" // accumulated quantities given for some buckets only, without the day they count from, or not what the buckets add up to
	CodeAuthorised  = "FORECAST-23" // an authorisation malformed, or less than what is firm or may be made
	CodeHighWater   = "FORECAST-24" // an authorisation falls although the accumulated quantities did not begin anew
	CodeLifecycle   = "FORECAST-25" // a life cycle malformed, or demand after a product is discontinued
	CodeFence       = "FORECAST-26" // time fences out of order, of an unknown zone, or with a flex band out of bounds
	CodeTotals      = "FORECAST-27" // a total that is not the sum of its base, promotional and seasonal parts
	CodeShipFrom    = "FORECAST-28" // too many ship-from sites, or one malformed or named twice
	CodeMembers     = "FORECAST-30" // a number of products in a family out of range
	CodeConsume     = "FORECAST-29" // the window in which orders meet forecast is out of range
)

// Check applies the newest rule set.
func Check(d Document) []artifact.Finding { return CheckUnder(d, artifact.RulesNewest) }

// CheckUnder applies the rules in force under the given rule set: first the header's, then these. It answers none
// for a document that may come into force, else at most artifact.MaxFindings.
func CheckUnder(d Document, _ artifact.Rules) []artifact.Finding {
	var r artifact.Report
	r.Append(artifact.CheckHeader(d.Header, Type))
	checkHead(&r, d)
	if len(d.Lines) == 0 {
		r.Add(CodeEmpty, "lines", "the forecast has no lines")
	}
	if len(d.Lines) > MaxLines {
		r.Add(CodeBounds, "lines", "%d lines are more than %d", len(d.Lines), MaxLines)
		return r.Findings()
	}
	for i, l := range d.Lines {
		if r.Full() {
			break
		}
		checkLine(&r, fmt.Sprintf("lines[%d]", i), d, l)
	}
	checkAcross(&r, d)
	checkTotals(&r, d)
	return r.Findings()
}

func checkHead(r *artifact.Report, d Document) {
	if !oneOf(d.Purpose, SalesForecast, OrderForecast) {
		r.Add(CodeEnum, "purpose", "unknown forecast purpose %q", artifact.Clip(string(d.Purpose)))
	}
	if !oneOf(d.WeekScheme, "", WeeksISO, WeeksSunday, WeeksSaturday) {
		r.Add(CodeEnum, "weekScheme", "unknown week scheme %q", artifact.Clip(string(d.WeekScheme)))
	}
	switch {
	case d.AnswerDue == 0 && d.OnNoAnswer != "":
		r.Add(CodeAnswer, "onNoAnswer", "silence has a meaning (%q) and no answer is due", artifact.Clip(string(d.OnNoAnswer)))
	case d.AnswerDue != 0 && !oneOf(d.OnNoAnswer, NoCommit, LastCommitStands):
		r.Add(CodeAnswer, "onNoAnswer", "an answer is due and silence means %q: want NO_COMMIT or LAST_COMMIT_STANDS", artifact.Clip(string(d.OnNoAnswer)))
	case d.AnswerDue != 0 && (d.AnswerDue <= d.Header.Issued || d.AnswerDue > artifact.MaxTime):
		r.Add(CodeAnswer, "answerDue", "%d is not after the issue at %d", d.AnswerDue, d.Header.Issued)
	}
	if c := d.Consumption; c.Backward < 0 || c.Backward > MaxConsumption || c.Forward < 0 || c.Forward > MaxConsumption {
		r.Add(CodeConsume, "consumption", "%d buckets backward and %d forward: want 0 to %d", c.Backward, c.Forward, MaxConsumption)
	}
	m := d.Method
	if (m.Name != "" && !artifact.IsName(m.Name)) || (m.Version != "" && !artifact.IsName(m.Version)) || !oneOf(m.Bands, "", BandsModel, BandsEmpirical, BandsNone) {
		r.Add(CodeMethod, "method", "name %q, version %q or bands %q is malformed", artifact.Clip(m.Name), artifact.Clip(m.Version), artifact.Clip(string(m.Bands)))
	}
	if m.Coverage < 0 || m.Coverage > PPM || m.Samples < 0 {
		r.Add(CodeMethod, "method.coverage", "%d ppm of %d samples is no coverage", m.Coverage, m.Samples)
	}
	if d.Contributors < 0 || d.Contributors > MaxLines {
		r.Add(CodeBounds, "contributors", "%d is out of range", d.Contributors)
	}
	if d.Emission != nil {
		checkEmission(r, *d.Emission)
	}
	checkFences(r, d.Fences)
}

func checkEmission(r *artifact.Report, e Emission) {
	if len(e.Events) == 0 || len(e.Events) > MaxEvents {
		r.Add(CodeTier, "emission.events", "%d events: want 1 to %d", len(e.Events), MaxEvents)
		return
	}
	for i, id := range e.Events {
		if len(id) != 16 || (i > 0 && bytes.Compare(e.Events[i-1], id) >= 0) {
			r.Add(CodeTier, fmt.Sprintf("emission.events[%d]", i), "event ids have 16 bytes and rise")
			return
		}
	}
	if e.Hops < 1 || e.Hops > MaxHops {
		r.Add(CodeTier, "emission.hops", "%d hops: want 1 to %d", e.Hops, MaxHops)
	}
}

func checkLine(r *artifact.Report, path string, d Document, l Line) {
	checkItem(r, path+".item", l.Item)
	checkLocation(r, path+".location", l.Location)
	if !l.Unit.Known() {
		r.Add(CodeUnit, path+".unit", "unknown unit %q: want a UN/ECE Rec 20 code such as C62, PK or KGM", artifact.Clip(string(l.Unit)))
	}
	if !oneOf(l.Kind, Base, Promotional, Seasonal, Total) {
		r.Add(CodeEnum, path+".forecastType", "unknown forecast type %q", artifact.Clip(string(l.Kind)))
	}
	if !oneOf(l.Category, Default, AfterSales, Series, PhaseIn, OneTime, OperatingItems, Extraordinary, PhaseOut) {
		r.Add(CodeEnum, path+".demandCategory", "unknown demand category %q", artifact.Clip(string(l.Category)))
	}
	if !oneOf(l.BucketBasis, Gross, NetOfOrders) {
		r.Add(CodeEnum, path+".bucketBasis", "unknown bucket basis %q", artifact.Clip(string(l.BucketBasis)))
	}
	if !oneOf(l.DateBasis, ByShip, ByArrival, ByNeed, BySale) {
		r.Add(CodeEnum, path+".dateBasis", "unknown date basis %q", artifact.Clip(string(l.DateBasis)))
	}
	if l.SourcingShare <= 0 || l.SourcingShare > PPM {
		r.Add(CodeSourcing, path+".sourcingShare", "%d ppm: want more than 0 and at most 1,000,000", l.SourcingShare)
	}
	switch {
	case !oneOf(l.Role, "", EndDemand, PlannedReceipts):
		r.Add(CodeEnum, path+".role", "unknown tier role %q", artifact.Clip(string(l.Role)))
	case (l.Role != "") != (d.Emission != nil):
		r.Add(CodeTier, path+".role", "tier role %q, and emission present: %t; passed-on demand has both", string(l.Role), d.Emission != nil)
	}
	if l.Members < 0 || l.Members > MaxLines {
		r.Add(CodeMembers, path+".members", "%d products in a family: want 0 for a line of one product, else 1 to %d", l.Members, MaxLines)
	}
	if l.Lot.Sign() < 0 || !withinBounds(l.Lot) {
		r.Add(CodeBounds, path+".lot", "lot %s is below zero or out of bounds", l.Lot)
	}
	if !artifact.IsSentence(l.GapReason) {
		r.Add(CodeGap, path+".gapReason", "is too long or not plain text")
	}
	if l.Reason != "" && !l.Reason.Known() {
		r.Add(CodeEnum, path+".adjustmentReason", "unknown reason code %q", artifact.Clip(string(l.Reason)))
	}
	checkShipFrom(r, path+".shipFrom", l.ShipFrom)
	checkLifecycle(r, path, l)
	artifact.CheckExt(r, CodeExt, path+".ext", l.Ext)
	checkBuckets(r, path, l)
	checkSchedule(r, path, l)
}

func checkShipFrom(r *artifact.Report, path string, sites []Location) {
	if len(sites) > MaxShipFrom {
		r.Add(CodeShipFrom, path, "%d sites are more than %d", len(sites), MaxShipFrom)
		return
	}
	seen := map[string]bool{}
	for i, s := range sites {
		at := fmt.Sprintf("%s[%d]", path, i)
		checkLocation(r, at, s)
		if s.Key() == "" || seen[s.Key()] {
			r.Add(CodeShipFrom, at, "site %q is none, or named twice", artifact.Clip(s.Key()))
		}
		seen[s.Key()] = true
	}
}

// checkAcross applies the rules that need all lines: no line twice, one dimension of units for a product, both
// or no tier roles.
func checkAcross(r *artifact.Report, d Document) {
	keys := make(map[string]int, len(d.Lines))
	type spot struct{ id, location, kind, category, role string }
	places := map[spot]int{}
	units := map[string]quantity.Unit{}
	for i, l := range d.Lines {
		if r.Full() {
			return
		}
		path := fmt.Sprintf("lines[%d]", i)
		key := l.Key()
		if first, twice := keys[key]; twice {
			r.Add(CodeDuplicate, path, "is line %d again: %s", first, artifact.Clip(key))
		} else {
			keys[key] = i
			// The same GTIN under two item numbers is the same goods asked for twice.
			if l.Item.GTIN != "" {
				p := spot{canonicalGTIN(l.Item.GTIN), l.Location.Key(), string(l.Kind), string(l.Category), string(l.Role)}
				if first, twice := places[p]; twice {
					r.Add(CodeDuplicate, path, "GTIN %s at this place is already in line %d", artifact.Clip(l.Item.GTIN), first)
				}
				places[p] = i
			}
		}
		if l.Unit.Known() {
			if first, seen := units[l.Item.ID()]; seen && first.Dimension() != l.Unit.Dimension() {
				r.Add(CodeUnit, path+".unit", "unit %q does not fit %q used for the same product", string(l.Unit), string(first))
			} else {
				units[l.Item.ID()] = l.Unit
			}
		}
	}
}

func canonicalGTIN(s string) string { return strings.Repeat("0", max(0, 14-len(s))) + s }
