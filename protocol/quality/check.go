package quality

import (
	"bytes"
	"fmt"
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// Codes of the rules of a quality report. A code never changes its meaning.
const (
	CodeBounds      = "QUALITY-01" // more rows, codes, lots or subgroups than the bounds, or a figure beyond them
	CodeEmpty       = "QUALITY-02" // a report of nothing
	CodeTwice       = "QUALITY-03" // one measure, complaint, case, block or audit twice
	CodeItem        = "QUALITY-04" // an item, place, process or unit malformed
	CodeDenominator = "QUALITY-05" // the denominator is not named, or its quantity is missing
	CodeCount       = "QUALITY-06" // counts below zero, or more defectives than the units they were found in
	CodeRate        = "QUALITY-07" // the stated ppm is not what the figures give
	CodeFailure     = "QUALITY-08" // a failure code malformed, twice, or counted below zero
	CodeLot         = "QUALITY-09" // a lot or serial hash is not 32 bytes, or one lot, receipt and code twice
	CodeSubgroup    = "QUALITY-10" // subgroups unsorted, or more found than inspected
	CodeChart       = "QUALITY-11" // unknown chart, or a baseline longer than the subgroups
	CodeSeverity    = "QUALITY-12" // unknown severity
	CodeService     = "QUALITY-13" // the service rule is malformed
	CodeComplaint   = "QUALITY-14" // a complaint malformed, or of an unknown status
	CodeRole        = "QUALITY-15" // a role is no code: people are not named here
	CodeCause       = "QUALITY-16" // a root cause of an unknown type, without its node or without whys
	CodeStep        = "QUALITY-17" // steps of an 8D unknown, twice or out of order, or closed (D8) without D3 to D7 or proof of effect
	CodeAction      = "QUALITY-18" // an action malformed, twice, or of an unknown kind or status
	CodeBlock       = "QUALITY-19" // a lot block malformed, without lots, or ended without a day
	CodeChance      = "QUALITY-20" // chances of release do not rise, or lie before the block
	CodeAudit       = "QUALITY-21" // an audit malformed or without the hash of its evidence
	CodeScope       = "QUALITY-22" // a product or region outside the scope
	CodeSalt        = "QUALITY-23" // the salt is not 16 bytes
	CodeExt         = "QUALITY-24" // extension fields too many or too long
	CodeReopened    = "QUALITY-25" // a lot block that ended holds again, or one that holds is gone: release or cancel it
	CodeRevisions   = "QUALITY-26" // the revision does not follow the one it replaces, or changes the salt
	CodeLimits      = "QUALITY-27" // subgroups inside the frozen baseline of a chart were changed
)

// SaltSize is the bytes of a report's salt.
const SaltSize = 16

// hashSize is the bytes of a SHA-256.
const hashSize = 32

// Check applies the newest rule set to a report alone.
func Check(d Document) []artifact.Finding { return CheckUnder(d, artifact.RulesNewest) }

// CheckUnder applies the rules in force under the given rule set.
func CheckUnder(d Document, _ artifact.Rules) []artifact.Finding {
	var r artifact.Report
	r.Append(artifact.CheckHeader(d.Header, Type))
	if len(d.Salt) != SaltSize {
		r.Add(CodeSalt, "salt", "%d bytes instead of %d", len(d.Salt), SaltSize)
	}
	checkService(&r, d.Service)
	rows := d.rows()
	if len(rows) == 0 {
		r.Add(CodeEmpty, "", "the report has no measure, complaint, case, block or audit")
	}
	if max(len(d.Measures), len(d.Complaints), len(d.Cases), len(d.Blocks), len(d.Audits)) > MaxRows {
		r.Add(CodeBounds, "", "more than %d rows of one kind", MaxRows)
		return r.Findings()
	}
	seen := make(map[string]bool, len(rows))
	for _, w := range rows {
		if key := w.Key(); seen[key] {
			r.Add(CodeTwice, "", "%q stands twice", artifact.Clip(key))
		} else {
			seen[key] = true
		}
	}
	each(&r, "measures", d.Measures, checkMeasure)
	each(&r, "complaints", d.Complaints, checkComplaint)
	each(&r, "cases", d.Cases, checkCase)
	each(&r, "blocks", d.Blocks, checkBlock)
	each(&r, "audits", d.Audits, checkAudit)
	return r.Findings()
}

func each[T any](r *artifact.Report, name string, list []T, check func(*artifact.Report, string, T)) {
	for i, v := range list {
		if r.Full() {
			return
		}
		check(r, fmt.Sprintf("%s[%d]", name, i), v)
	}
}

func checkService(r *artifact.Report, s ServiceRule) {
	const day = 24 * 60
	ok := artifact.IsName(s.Zone) && s.Offset >= -day && s.Offset <= day && s.Cutoff > 0 && s.Cutoff <= day && len(s.Weekend) < 7 && len(s.Holidays) <= MaxHolidays && len(s.Deadlines) <= len(steps)
	ok = ok && len(s.Shifts) <= terms.MaxShifts && terms.BadShift(s.Offset, s.Shifts) < 0
	for i, w := range s.Weekend {
		ok = ok && w >= 0 && w < 7 && !slices.Contains(s.Weekend[:i], w)
	}
	for i, h := range s.Holidays {
		ok = ok && h.Valid() && (i == 0 || s.Holidays[i-1] < h)
	}
	last := -1
	for _, d := range s.Deadlines {
		at := slices.Index(steps, d.Step)
		ok = ok && at > last && d.Days >= 0 && d.Days <= 1_000
		last = at
	}
	if !ok {
		r.Add(CodeService, "service", "zone %q, offset, changes of its clock, cut-off, weekend, holidays or deadlines are out of range or order", artifact.Clip(s.Zone))
	}
}

func checkItem(r *artifact.Report, path string, i forecast.Item, site forecast.Location, process string) {
	name := func(s string) bool { return s == "" || artifact.IsName(s) }
	place := (site.GLN == "" || forecast.ValidGLN(site.GLN)) && (site.Region == "" || forecast.ValidRegion(site.Region)) && (site.UNLOCODE == "" || forecast.ValidUNLOCODE(site.UNLOCODE))
	if i.ID() == "" || i.GTIN != "" && !forecast.ValidGTIN(i.GTIN) || !name(i.BuyersID) || !name(i.SellersID) || !artifact.IsSentence(i.Description) || !place || !name(process) {
		r.Add(CodeItem, path, "item %q, place %q or process %q is malformed", artifact.Clip(i.ID()), artifact.Clip(site.Key()), artifact.Clip(process))
	}
}

func figure(q quantity.Quantity) bool {
	return q.Sign() >= 0 && q.Exponent() >= -forecast.MaxDecimals && q.Cmp(quantity.Of(forecast.MaxQuantity)) <= 0
}

func checkMeasure(r *artifact.Report, path string, m Measure) {
	checkItem(r, path, m.Item, m.Site, m.Process)
	if !m.Unit.Known() || !m.Period.Valid() {
		r.Add(CodeItem, path, "unit %q or period %q to %q is malformed", artifact.Clip(string(m.Unit)), m.Period.Start, m.Period.End)
	}
	if len(m.Lots) > MaxLots || len(m.Subgroups) > MaxSubgroups {
		r.Add(CodeBounds, path, "%d lots or %d subgroups are too many", len(m.Lots), len(m.Subgroups))
		return
	}
	if m.Base() == nil {
		r.Add(CodeDenominator, path+".denominator", "a rate needs a named denominator and its quantity: %q has none", artifact.Clip(string(m.Denominator)))
	}
	if m.Counting != CountConfirmed && m.Counting != CountLot {
		r.Add(CodeDenominator, path+".countingRule", "%q is neither CONFIRMED nor LOT", artifact.Clip(string(m.Counting)))
	}
	counts := []quantity.Quantity{m.Defectives, m.Defects, m.Confirmed, m.Suspect, m.Reworked, m.Returned}
	for _, q := range []*quantity.Quantity{m.Inspected, m.Received, m.Delivered} {
		if q != nil {
			counts = append(counts, *q)
		}
	}
	for _, q := range counts {
		if !figure(q) {
			r.Add(CodeCount, path, "quantity %s is below zero or out of bounds", q)
			return
		}
	}
	if m.Inspected != nil && m.Inspected.Less(m.Defectives) || m.Defectives.Less(m.Confirmed) {
		r.Add(CodeCount, path+".nonconformingUnits", "%s confirmed of %s bad units among those inspected: each is part of the next", m.Confirmed, m.Defectives)
	}
	checkLots(r, path, m.Lots)
	checkRate(r, path, m)
	checkCodes(r, path, m.Codes)
	if m.Severity != "" && !m.Severity.Known() {
		r.Add(CodeSeverity, path+".severity", "unknown severity %q", artifact.Clip(string(m.Severity)))
	}
	for i, g := range m.Subgroups {
		if !g.At.Valid() || g.N <= 0 || g.X < 0 || i > 0 && g.At < m.Subgroups[i-1].At || g.N > forecast.MaxQuantity || g.X > forecast.MaxQuantity {
			r.Add(CodeSubgroup, fmt.Sprintf("%s.subgroups[%d]", path, i), "%d found among %d on %s: want units, and subgroups in order of time", g.X, g.N, g.At)
			break
		}
	}
	if c := m.Chart; c != nil && (!slices.Contains(chartKinds, c.Kind) || c.Baseline < 1 || c.Baseline > int64(len(m.Subgroups))) {
		r.Add(CodeChart, path+".chart", "chart %q over a baseline of %d of %d subgroups", artifact.Clip(string(c.Kind)), c.Baseline, len(m.Subgroups))
	}
	if m.Cost != nil && (m.Cost.Minor < 0 || m.Cost.Currency.Digits() < 0) || !artifact.IsSentence(m.CostBasis) {
		r.Add(CodeBounds, path+".costOfPoorQuality", "no amount of a known currency, or a basis that is no sentence")
	}
	artifact.CheckExt(r, CodeExt, path+".ext", m.Ext)
}

func checkRate(r *artifact.Report, path string, m Measure) {
	rate, ok, err := m.Rate()
	switch {
	case err != nil:
		r.Add(CodeBounds, path, "the defect rate can't be computed: %v", err)
	case m.PPM != nil && (!ok || *m.PPM != rate):
		r.Add(CodeRate, path+".ppm", "%s is stated and the figures give %s", *m.PPM, rate)
	}
}

func checkLots(r *artifact.Report, path string, lots []LotCount) {
	seen := map[string]bool{}
	for i, l := range lots {
		key := fmt.Sprintf("%x|%s|%s", l.Lot, l.Receipt, l.Code)
		if len(l.Lot) != hashSize || !artifact.IsName(l.Receipt) || !artifact.IsName(l.Code) || !figure(l.Units) || seen[key] {
			r.Add(CodeLot, fmt.Sprintf("%s.lots[%d]", path, i), "lot of %d bytes, receipt %q, code %q is malformed or stands twice", len(l.Lot), artifact.Clip(l.Receipt), artifact.Clip(l.Code))
		}
		seen[key] = true
	}
}

func checkHashes(r *artifact.Report, path string, lists ...[][]byte) {
	for _, list := range lists {
		if len(list) > MaxLots {
			r.Add(CodeBounds, path, "%d hashes are more than %d", len(list), MaxLots)
			return
		}
		for i, h := range list {
			if len(h) != hashSize || slices.ContainsFunc(list[:i], func(o []byte) bool { return bytes.Equal(o, h) }) {
				r.Add(CodeLot, path, "hash %d has %d bytes instead of %d, or stands twice", i, len(h), hashSize)
			}
		}
	}
}

func checkCodes(r *artifact.Report, path string, codes []FailureCode) {
	if len(codes) > MaxCodes {
		r.Add(CodeBounds, path+".failureCodes", "%d failure codes are more than %d", len(codes), MaxCodes)
		return
	}
	seen := map[string]bool{}
	for i, c := range codes {
		key := c.System + "|" + c.Code
		if !artifact.IsName(c.System) || !artifact.IsName(c.Code) || c.Count < 0 || seen[key] {
			r.Add(CodeFailure, fmt.Sprintf("%s.failureCodes[%d]", path, i), "code %q of %q is malformed, twice, or counted as %d", artifact.Clip(c.Code), artifact.Clip(c.System), c.Count)
		}
		seen[key] = true
	}
}

func checkRole(r *artifact.Report, path, role string) {
	if role != "" && !artifact.IsRole(role) {
		r.Add(CodeRole, path, "%q is no code of a role such as QUALITY_MANAGER: people are not named here", artifact.Clip(role))
	}
}

func checkComplaint(r *artifact.Report, path string, c Complaint) {
	checkItem(r, path, c.Item, c.Site, c.Family)
	if !artifact.IsName(c.ID) || c.SupplierID != "" && !artifact.IsName(c.SupplierID) || c.Raised <= 0 || c.Raised > artifact.MaxTime || !slices.Contains(complaintStatuses, c.Status) || !artifact.IsSentence(c.Text) || !figure(c.Units) || c.Unit != "" && !c.Unit.Known() {
		r.Add(CodeComplaint, path, "complaint %q of status %q is malformed", artifact.Clip(c.ID), artifact.Clip(string(c.Status)))
	}
	if !c.Severity.Known() {
		r.Add(CodeSeverity, path+".severity", "unknown severity %q", artifact.Clip(string(c.Severity)))
	}
	checkCodes(r, path, c.Codes)
	checkHashes(r, path+".serialRanges", c.Serials)
	if v := c.Verified; v != nil {
		checkRole(r, path+".verified.role", v.Role)
		if v.Role == "" || !v.At.Valid() || len(v.Evidence) != 0 && len(v.Evidence) != hashSize {
			r.Add(CodeComplaint, path+".verified", "a verification names a role, a day and, if any, the hash of its evidence")
		}
	}
	if c.Recurs != nil {
		checkRole(r, path+".recurrence.confirmedBy", c.Recurs.Role)
		if !artifact.IsName(c.Recurs.Of) || c.Recurs.Of == c.ID || c.Recurs.Role == "" {
			r.Add(CodeComplaint, path+".recurrence", "a recurrence names another complaint and the role that confirmed it")
		}
	}
}

func checkCase(r *artifact.Report, path string, c Case) {
	if !artifact.IsName(c.Complaint) || !artifact.IsSentence(c.Is) || !artifact.IsSentence(c.IsNot) {
		r.Add(CodeComplaint, path, "complaint %q, or what the problem is and is not, is malformed", artifact.Clip(c.Complaint))
	}
	checkRole(r, path+".leader", c.Leader)
	if len(c.Team) > MaxActions || len(c.Causes) > MaxCauses || len(c.Actions) > MaxActions || len(c.Steps) > len(steps) {
		r.Add(CodeBounds, path, "%d roles, %d causes, %d actions or %d steps are too many", len(c.Team), len(c.Causes), len(c.Actions), len(c.Steps))
		return
	}
	for _, role := range c.Team {
		checkRole(r, path+".team", role)
	}
	for i, k := range c.Causes {
		ok := slices.Contains(causeTypes, k.Type) && artifact.IsName(k.Node) && len(k.Whys) > 0 && len(k.Whys) <= MaxWhys
		for _, w := range k.Whys {
			ok = ok && w != "" && artifact.IsSentence(w)
		}
		if !ok {
			r.Add(CodeCause, fmt.Sprintf("%s.causes[%d]", path, i), "a cause is TUA, TUN, SUA or SUN, names its node and has 1 to %d whys", MaxWhys)
		}
	}
	checkActions(r, path, c.Actions)
	checkSteps(r, path, c)
}

func checkActions(r *artifact.Report, path string, actions []Action) {
	seen := map[string]bool{}
	for i, a := range actions {
		at := fmt.Sprintf("%s.actions[%d]", path, i)
		ok := artifact.IsName(a.ID) && !seen[a.ID] && slices.Contains(steps, a.Step) && slices.Contains(actionKinds, a.Kind) && slices.Contains(actionStatuses, a.Status) && a.Measure != "" && artifact.IsSentence(a.Measure) && a.Role != ""
		ok = ok && (a.Due == 0 || a.Due.Valid()) && (a.Begun == 0 || a.Begun.Valid()) && (len(a.Evidence) == 0 || len(a.Evidence) == hashSize) && (a.Effective == nil || *a.Effective >= 0 && *a.Effective <= PPMWhole)
		if !ok {
			r.Add(CodeAction, at, "action %q of %s is malformed, twice, without a responsible role, or of an unknown kind or status", artifact.Clip(a.ID), artifact.Clip(string(a.Step)))
		}
		checkRole(r, at+".responsibleRole", a.Role)
		seen[a.ID] = true
	}
}

// checkSteps is the order of an 8D: each step once, in order and not before the one it follows, and D8 only with D3 to
// D7 closed and an effect that was measured.
func checkSteps(r *artifact.Report, path string, c Case) {
	last, closed := -1, map[Step]bool{}
	for i, s := range c.Steps {
		at := slices.Index(steps, s.Step)
		if at <= last || !s.At.Valid() || i > 0 && s.At < c.Steps[i-1].At {
			r.Add(CodeStep, fmt.Sprintf("%s.steps[%d]", path, i), "step %q on %s is unknown, twice or out of order", artifact.Clip(string(s.Step)), s.At)
			return
		}
		last, closed[s.Step] = at, true
	}
	if !closed[D8] {
		return
	}
	measured := slices.ContainsFunc(c.Actions, func(a Action) bool { return a.Effective != nil })
	for _, s := range []Step{D3, D4, D5, D6, D7} {
		if !closed[s] {
			r.Add(CodeStep, path+".steps", "D8 is closed and %s is not", s)
		}
	}
	if !measured {
		r.Add(CodeStep, path+".steps", "D8 is closed and no action says how effective it was")
	}
}

func checkBlock(r *artifact.Report, path string, b Block) {
	checkItem(r, path, b.Item, b.Site, b.Complaint)
	ended := b.Status == Released || b.Status == Withdrawn
	ok := artifact.IsName(b.ID) && slices.Contains(blockStatuses, b.Status) && figure(b.Quantity) && b.Unit.Known() && b.Since.Valid() && (len(b.Lots)+len(b.Serials) > 0 || b.Made != nil && b.Made.Valid())
	ok = ok && ended == (b.Ended != 0) && (!ended || b.Ended.Valid() && b.Ended >= b.Since) && (len(b.Evidence) == 0 || len(b.Evidence) == hashSize)
	if !ok {
		r.Add(CodeBlock, path, "block %q of status %q is malformed, names no lots, or has no day on which it ended", artifact.Clip(b.ID), artifact.Clip(string(b.Status)))
	}
	if !b.Severity.Known() {
		r.Add(CodeSeverity, path+".severity", "unknown severity %q", artifact.Clip(string(b.Severity)))
	}
	checkHashes(r, path, b.Lots, b.Serials)
	checkCodes(r, path, b.Codes)
	checkRole(r, path+".decidedBy", b.Role)
	if len(b.Release) > MaxCodes {
		r.Add(CodeBounds, path+".releaseQuantiles", "%d chances of release are more than %d", len(b.Release), MaxCodes)
		return
	}
	for i, c := range b.Release {
		if c.P <= 0 || c.P >= PPMWhole || !c.By.Valid() || c.By < b.Since || i > 0 && (c.P <= b.Release[i-1].P || c.By < b.Release[i-1].By) {
			r.Add(CodeChance, fmt.Sprintf("%s.releaseQuantiles[%d]", path, i), "%d ppm by %s: chances and days rise, from the block on", c.P, c.By)
			return
		}
	}
}

func checkAudit(r *artifact.Report, path string, a Audit) {
	ok := artifact.IsName(a.ID) && artifact.IsName(a.Standard) && a.At.Valid() && (a.Until == 0 || a.Until.Valid() && a.Until >= a.At) && slices.Contains(auditResults, a.Result) && len(a.Evidence) == hashSize && len(a.Findings) <= MaxFindings
	for _, f := range a.Findings {
		ok = ok && artifact.IsName(f.Clause) && slices.Contains(findingGrades, f.Grade) && artifact.IsSentence(f.Text) && (f.Closed == 0 || f.Closed.Valid())
	}
	if !ok {
		r.Add(CodeAudit, path, "audit %q by %q is malformed or has no hash of its evidence", artifact.Clip(a.ID), artifact.Clip(a.Standard))
	}
	if a.Site != (forecast.Location{}) {
		checkItem(r, path+".site", forecast.Item{BuyersID: "-"}, a.Site, "")
	}
}

// CheckScope applies the granted scope to items and sites. Cases speak of complaints, and audits of sites: a site's
// region counts, an audit without one passes.
func CheckScope(d Document, granted artifact.Scope) []artifact.Finding {
	var r artifact.Report
	check := func(path string, i forecast.Item, site forecast.Location) {
		if !granted.HasProduct(i.BuyersID, i.SellersID, i.GTIN) {
			r.Add(CodeScope, path+".item", "product %q is outside the scope", artifact.Clip(i.ID()))
		}
		if site.Region != "" && !granted.HasRegion(site.Region) {
			r.Add(CodeScope, path+".site", "region %q is outside the scope", artifact.Clip(site.Region))
		}
	}
	for i, m := range d.Measures {
		check(fmt.Sprintf("measures[%d]", i), m.Item, m.Site)
	}
	for i, c := range d.Complaints {
		check(fmt.Sprintf("complaints[%d]", i), c.Item, c.Site)
	}
	for i, b := range d.Blocks {
		check(fmt.Sprintf("blocks[%d]", i), b.Item, b.Site)
	}
	for i, a := range d.Audits {
		if a.Site.Region != "" && !granted.HasRegion(a.Site.Region) {
			r.Add(CodeScope, fmt.Sprintf("audits[%d].site", i), "region %q is outside the scope", artifact.Clip(a.Site.Region))
		}
	}
	return r.Findings()
}

// Filter keeps what a scope grants.
func Filter(d Document, granted artifact.Scope) Document {
	kept := d
	kept.Measures, kept.Complaints, kept.Blocks, kept.Audits = nil, nil, nil, nil
	for _, m := range d.Measures {
		if len(CheckScope(Document{Measures: []Measure{m}}, granted)) == 0 {
			kept.Measures = append(kept.Measures, m)
		}
	}
	for _, c := range d.Complaints {
		if len(CheckScope(Document{Complaints: []Complaint{c}}, granted)) == 0 {
			kept.Complaints = append(kept.Complaints, c)
		}
	}
	for _, b := range d.Blocks {
		if len(CheckScope(Document{Blocks: []Block{b}}, granted)) == 0 {
			kept.Blocks = append(kept.Blocks, b)
		}
	}
	for _, a := range d.Audits {
		if len(CheckScope(Document{Audits: []Audit{a}}, granted)) == 0 {
			kept.Audits = append(kept.Audits, a)
		}
	}
	return kept
}

// CheckRevision applies the rules between a revision and the one it replaces: a block ends once and by its own row,
// the salt stays, and the baseline of a chart is frozen.
func CheckRevision(old, revised Document) []artifact.Finding {
	var r artifact.Report
	if old.Header.Series != revised.Header.Series || revised.Header.Revision != old.Header.Revision+1 || revised.Header.Issued < old.Header.Issued || !bytes.Equal(old.Salt, revised.Salt) {
		r.Add(CodeRevisions, "header", "revision %d does not follow revision %d of its series, is of an earlier time, or has another salt", revised.Header.Revision, old.Header.Revision)
	}
	blocks := make(map[string]Block, len(revised.Blocks))
	for _, b := range revised.Blocks {
		blocks[b.ID] = b
	}
	for i, b := range old.Blocks {
		n, there := blocks[b.ID]
		if b.Status == Blocked && !there || b.Status != Blocked && there && n.Status != b.Status {
			r.Add(CodeReopened, fmt.Sprintf("blocks[%d]", i), "block %q was %s and is %s", artifact.Clip(b.ID), b.Status, orGone(n.Status, there))
		}
	}
	measures := make(map[string]Measure, len(revised.Measures))
	for _, m := range revised.Measures {
		measures[m.Key()] = m
	}
	for i, m := range old.Measures {
		n, there := measures[m.Key()]
		if !there || m.Chart == nil || n.Chart == nil || m.Chart.Baseline != n.Chart.Baseline {
			continue // another baseline is another chart, and material
		}
		if !slices.Equal(m.Subgroups[:m.Chart.Baseline], n.Subgroups[:min(int(n.Chart.Baseline), len(n.Subgroups))]) {
			r.Add(CodeLimits, fmt.Sprintf("measures[%d].subgroups", i), "the first %d subgroups are the frozen baseline of the chart", m.Chart.Baseline)
		}
	}
	return r.Findings()
}

func orGone(s BlockStatus, there bool) string {
	if !there {
		return "gone"
	}
	return string(s)
}

// ExpiredAudits are the audits of a report whose certificate is no longer valid on a day.
func ExpiredAudits(d Document, day calendar.Date) (out []Audit) {
	for _, a := range d.Audits {
		if a.Until != 0 && a.Until < day {
			out = append(out, a)
		}
	}
	return out
}
