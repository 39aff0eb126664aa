package terms

import (
	"fmt"
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// Codes of the rules of contract terms. A code never changes its meaning.
const (
	CodeBounds     = "TERMS-01" // more clauses or parts of them than the bounds, or a figure beyond them
	CodeFrame      = "TERMS-02" // no contract reference, no period or a malformed one, or texts of the frame malformed
	CodeMoney      = "TERMS-03" // currency unknown, rounding unknown, or an amount of another currency
	CodeCalendar   = "TERMS-04" // zone, weekend or holidays malformed
	CodeID         = "TERMS-05" // the name of a clause is malformed, or stands twice
	CodeItems      = "TERMS-06" // products or regions of a clause malformed or out of order
	CodePrice      = "TERMS-07" // a price clause of unknown kind, unit or price, or with parts of another kind
	CodeTiers      = "TERMS-08" // tiers without a basis, not rising, or with a hole or an overlap
	CodeIndex      = "TERMS-09" // an index without base, with a collar that excludes the base, or values out of order
	CodeOverlap    = "TERMS-10" // two price clauses, bands or authorisations speak of one product at one time
	CodeFlex       = "TERMS-11" // a band of unknown zone, without days, or one whose limits do not fit its zone
	CodeAuthority  = "TERMS-12" // an authorisation whose periods, prices or parts do not fit
	CodeSLA        = "TERMS-13" // an SLA without a promise, window, sample or exclusion that can be measured
	CodeDefinition = "TERMS-14" // the definition of a measure is not one both nodes know
	CodeDuty       = "TERMS-15" // nobody owes the report, it is corrected before it is due, or silence has no meaning
	CodeRemedy     = "TERMS-16" // a remedy of an SLA that is not there, without a formula of its kind, or without a cap
	CodePool       = "TERMS-17" // the allocations of one pool are more than one whole
	CodeTolerance  = "TERMS-18" // a tolerance of delivery out of range
	CodeLoop       = "TERMS-19" // the loop of forecast, answer and order malformed
	CodeData       = "TERMS-20" // data terms without a purpose, or malformed
	CodeDispute    = "TERMS-21" // a dispute path without levels, end or outcome
	CodeCadence    = "TERMS-22" // a cadence malformed, twice, or of a rule that is not read
	CodeScope      = "TERMS-23" // a product or region outside the scope
	CodeRevision   = "TERMS-24" // not a revision of the terms it names, or of another contract
	CodeExt        = "TERMS-25" // extension fields too many or too long
)

// Check applies the newest rule set.
func Check(d Document) []artifact.Finding { return CheckUnder(d, artifact.RulesNewest) }

// CheckUnder applies the rules in force under a rule set: first the header's, then these. It answers none for terms
// that may be proposed, else at most artifact.MaxFindings.
func CheckUnder(d Document, _ artifact.Rules) []artifact.Finding {
	var r artifact.Report
	r.Append(artifact.CheckHeader(d.Header, Type))
	for _, n := range []struct {
		path string
		n    int
		most int
	}{{"prices", len(d.Prices), MaxPrices}, {"flexBands", len(d.Bands), MaxFlex}, {"authorizations", len(d.Authorisations), MaxFlex}, {"slas", len(d.SLAs), MaxSLAs}, {"remedies", len(d.Remedies), MaxRemedies}} {
		if n.n > n.most {
			r.Add(CodeBounds, n.path, "%d are more than %d", n.n, n.most)
			return r.Findings()
		}
	}
	adjusted := 0
	for _, p := range d.Prices {
		if p.Index != nil && p.Index.Adjust != nil {
			adjusted++
		}
	}
	if adjusted > MaxAdjusted {
		r.Add(CodeBounds, "prices", "%d prices are adjusted month by month: more than %d", adjusted, MaxAdjusted)
		return r.Findings()
	}
	checkFrame(&r, d.Frame)
	checkIDs(&r, d)
	for i, p := range d.Prices {
		checkPrice(&r, fmt.Sprintf("prices[%d]", i), p, d.Currency)
	}
	for i, b := range d.Bands {
		checkFlex(&r, fmt.Sprintf("flexBands[%d]", i), b)
	}
	for i, a := range d.Authorisations {
		checkAuthorisation(&r, fmt.Sprintf("authorizations[%d]", i), a, d.Currency)
	}
	for i, s := range d.SLAs {
		checkSLA(&r, fmt.Sprintf("slas[%d]", i), s, d.Currency)
	}
	checkRemedies(&r, d)
	checkOverlaps(&r, d)
	return r.Findings()
}

func checkFrame(r *artifact.Report, f Frame) {
	if !artifact.IsName(f.Contract) {
		r.Add(CodeFrame, "contractReference", "%q is empty, too long or not plain text", artifact.Clip(f.Contract))
	}
	for _, t := range []struct{ path, text string }{{"title", f.Title}, {"governingLaw", f.Law}, {"jurisdiction", f.Jurisdiction}} {
		if !artifact.IsSentence(t.text) {
			r.Add(CodeFrame, t.path, "is too long or not plain text")
		}
	}
	if !f.Period.Valid() || f.Period.Days() > MaxYears*366 {
		r.Add(CodeFrame, "effectivePeriod", "%s to %s: want at least a day and at most %d years", f.Period.Start, f.Period.End, MaxYears)
	}
	if !days(f.NoticeDays) || !days(f.PaymentDays) || f.Incoterm != "" && !slices.Contains(incoterms, f.Incoterm) {
		r.Add(CodeFrame, "paymentDays", "notice of %d days, payment after %d or incoterm %q is out of range or unknown", f.NoticeDays, f.PaymentDays, artifact.Clip(string(f.Incoterm)))
	}
	if f.Currency.Digits() < 0 {
		r.Add(CodeMoney, "currency", "unknown currency %q: want an ISO 4217 code such as EUR", artifact.Clip(string(f.Currency)))
	}
	if !slices.Contains(roundingModes, f.Rounding.Mode) || !slices.Contains(roundingLevels, f.Rounding.Level) {
		r.Add(CodeMoney, "rounding", "mode %q at level %q: want HALF_UP, HALF_EVEN, DOWN or UP at DOCUMENT or LINE", artifact.Clip(string(f.Rounding.Mode)), artifact.Clip(string(f.Rounding.Level)))
	}
	checkCalendar(r, f.Calendar)
	t := f.Tolerance
	if !part(t.OverPPM) || !part(t.UnderPPM) || !days(t.EarlyDays) || !days(t.LateDays) {
		r.Add(CodeTolerance, "tolerance", "over %d, under %d ppm, %d days early, %d late: want 0 to 1,000,000 and 0 to %d", t.OverPPM, t.UnderPPM, t.EarlyDays, t.LateDays, MaxDays)
	}
	l := f.Loop
	if l.Backward < 0 || l.Backward > MaxWindow || l.Forward < 0 || l.Forward > MaxWindow || !days(l.AnswerDays) || l.OnNoAnswer != forecast.NoCommit && l.OnNoAnswer != forecast.LastCommitStands {
		r.Add(CodeLoop, "loop", "%d buckets backward, %d forward, an answer in %d days, else %q: want 0 to %d buckets, and NO_COMMIT or LAST_COMMIT_STANDS", l.Backward, l.Forward, l.AnswerDays, artifact.Clip(string(l.OnNoAnswer)), MaxWindow)
	}
	checkData(r, f)
	checkDisputes(r, f)
	checkCadence(r, f)
}

func checkData(r *artifact.Report, f Frame) {
	d := f.Data
	ok := len(d.Purposes) > 0 && len(d.Purposes) <= MaxPurposes && slices.Contains(onwards, d.Onward) && days(d.RetentionDays) && d.MinContributors >= 0 && d.MinContributors <= PPM
	for i, p := range d.Purposes {
		ok = ok && artifact.IsName(p) && (i == 0 || d.Purposes[i-1] < p)
	}
	if !ok {
		r.Add(CodeData, "dataTerms", "want 1 to %d purposes in order, onward use NONE, AGGREGATED or MASKED, %d days of retention at most", MaxPurposes, MaxDays)
	}
}

// checkDisputes is rule T7 of contract terms: the whole path ends in finite time, and its last level with an outcome of its own.
func checkDisputes(r *artifact.Report, f Frame) {
	if len(f.Disputes) == 0 || len(f.Disputes) > MaxLevels {
		r.Add(CodeDispute, "disputePath", "%d levels: want 1 to %d", len(f.Disputes), MaxLevels)
		return
	}
	rank := -1
	for i, l := range f.Disputes {
		at, last := fmt.Sprintf("disputePath[%d]", i), i == len(f.Disputes)-1
		now := slices.Index(levels, l.Level)
		switch {
		case now <= rank:
			r.Add(CodeDispute, at+".level", "level %q: want DESK, COO, CEO or ARBITER, each once, in this order", artifact.Clip(l.Level))
		case l.Days <= 0 || l.Days > MaxDays:
			r.Add(CodeDispute, at+".days", "%d working days: want 1 to %d", l.Days, MaxDays)
		case !slices.Contains(outcomes, l.Default) || last && l.Default == NextLevel:
			r.Add(CodeDispute, at+".default", "outcome %q: want STANDS, DROPPED or HALVED, or NEXT_LEVEL where one follows", artifact.Clip(string(l.Default)))
		}
		if (l.EndsUpTo != nil) != (l.Ends != "") || l.EndsUpTo != nil && (l.EndsUpTo.Minor <= 0 || l.EndsUpTo.Currency != f.Currency || l.Ends == NextLevel || !slices.Contains(outcomes, l.Ends)) {
			r.Add(CodeDispute, at+".endsUpTo", "want a positive amount in %s and STANDS, DROPPED or HALVED as what small disputes end with, or neither", f.Currency)
		}
		rank = max(now, rank)
	}
	if a := f.Arbitration; a != nil && (!artifact.IsName(a.Seat) || !artifact.IsName(a.Rules) || !artifact.IsName(a.Language)) {
		r.Add(CodeDispute, "arbitration", "names its seat, its rules and its language")
	}
}

func checkCadence(r *artifact.Report, f Frame) {
	if len(f.Cadence) > MaxCadences {
		r.Add(CodeBounds, "cadence", "%d are more than %d", len(f.Cadence), MaxCadences)
		return
	}
	for i, c := range f.Cadence {
		at := fmt.Sprintf("cadence[%d]", i)
		if !artifact.IsName(c.ID) || !artifact.IsName(c.Name) || !c.First.Valid() || i > 0 && f.Cadence[i-1].ID >= c.ID || len(c.Gates) > MaxLevels {
			r.Add(CodeCadence, at, "cadence %q has an ID in order, a name, a first day and at most %d gates", artifact.Clip(c.ID), MaxLevels)
			continue
		}
		for _, g := range c.Gates {
			if !artifact.IsName(g) {
				r.Add(CodeCadence, at+".gates", "gate %q is malformed", artifact.Clip(g))
			}
		}
		if _, err := calendar.ParseRule(c.RRule, c.First); err != nil {
			r.Add(CodeCadence, at+".rrule", "%s", artifact.Clip(err.Error()))
		}
	}
}

// checkIDs finds clauses of one kind with one name, and malformed names.
func checkIDs(r *artifact.Report, d Document) {
	seen := map[string]bool{}
	for i, c := range rows(d) {
		key := c.Key()
		id := key
		switch {
		case c.Price != nil:
			id = c.Price.ID
		case c.Flex != nil:
			id = c.Flex.ID
		case c.Authorisation != nil:
			id = c.Authorisation.ID
		case c.SLA != nil:
			id = c.SLA.ID
		case c.Remedy != nil:
			id = c.Remedy.ID
		}
		if !artifact.IsName(id) || seen[key] {
			r.Add(CodeID, fmt.Sprintf("clauses[%d]", i), "clause %q stands twice, or its name is malformed", artifact.Clip(key))
		}
		seen[key] = true
	}
}

func checkItems(r *artifact.Report, path string, items []string) {
	if len(items) > MaxItems {
		r.Add(CodeBounds, path, "%d are more than %d", len(items), MaxItems)
		return
	}
	for i, id := range items {
		if !artifact.IsName(id) || i > 0 && items[i-1] >= id {
			r.Add(CodeItems, fmt.Sprintf("%s[%d]", path, i), "%q is malformed, twice or out of order", artifact.Clip(id))
			return
		}
	}
}

func days(n int64) bool { return n >= 0 && n <= MaxDays }

func part(ppm int64) bool { return ppm >= 0 && ppm <= PPM }

// figure tells whether a price, a border or a value is inside the bounds.
func figure(q quantity.Quantity) bool {
	return q.Exponent() >= -MaxDecimals && q.Abs().Cmp(quantity.Of(MaxUnitPrice)) <= 0
}

// CheckScope applies the granted scope to the products and regions the clauses name. A clause for every product speaks
// of those the partnership is about.
func CheckScope(d Document, granted artifact.Scope) []artifact.Finding {
	var r artifact.Report
	check := func(path string, items, regions []string) {
		for _, id := range items {
			if !granted.HasProduct(id) {
				r.Add(CodeScope, path+".items", "product %q is outside the scope", artifact.Clip(id))
			}
		}
		for _, g := range regions {
			if !granted.HasRegion(g) {
				r.Add(CodeScope, path+".regions", "region %q is outside the scope", artifact.Clip(g))
			}
		}
	}
	for i, p := range d.Prices {
		check(fmt.Sprintf("prices[%d]", i), p.Items, nil)
	}
	for i, b := range d.Bands {
		check(fmt.Sprintf("flexBands[%d]", i), b.Items, nil)
	}
	for i, a := range d.Authorisations {
		check(fmt.Sprintf("authorizations[%d]", i), a.Items, nil)
	}
	for i, s := range d.SLAs {
		check(fmt.Sprintf("slas[%d]", i), s.Items, s.Regions)
	}
	return r.Findings()
}

// CheckRevision applies the rules between a revision and the one it replaces: one series, the next number, one contract.
func CheckRevision(old, revised Document) []artifact.Finding {
	var r artifact.Report
	if old.Header.Series != revised.Header.Series || revised.Header.Revision != old.Header.Revision+1 || revised.Header.Issued < old.Header.Issued {
		r.Add(CodeRevision, "header", "revision %d does not follow revision %d of its series, or is of an earlier time", revised.Header.Revision, old.Header.Revision)
	}
	if old.Contract != revised.Contract {
		r.Add(CodeRevision, "contractReference", "is %q and was %q: another contract is a series of its own", artifact.Clip(revised.Contract), artifact.Clip(old.Contract))
	}
	return r.Findings()
}
