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
