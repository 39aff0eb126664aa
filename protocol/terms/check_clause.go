package terms

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"kontor/protocol/artifact"
	"kontor/protocol/measure"
	"kontor/protocol/quantity"
)

func checkPrice(r *artifact.Report, path string, p Price, currency quantity.Currency) {
	checkItems(r, path+".items", p.Items)
	if !p.Unit.Known() || !p.Valid.Valid() || !slices.Contains(priceKinds, p.Kind) {
		r.Add(CodePrice, path, "kind %q, unit %q or validity %s to %s is unknown or malformed", artifact.Clip(string(p.Kind)), artifact.Clip(string(p.Unit)), p.Valid.Start, p.Valid.End)
	}
	checkUnitPrice(r, path+".price", p.Base, currency)
	if (p.Kind == Tiered) != (len(p.Tiers) > 0) || (p.Kind == Tiered) != (p.Basis != "") || (p.Kind == Indexed) != (p.Index != nil) {
		r.Add(CodePrice, path, "a price that is %s: tiers and their basis belong to TIERED, an index to INDEXED, and neither to FIXED", artifact.Clip(string(p.Kind)))
	}
	if p.Kind == Tiered {
		checkTiers(r, path, p)
	}
	if p.Index != nil {
		checkIndex(r, path+".index", *p.Index)
	}
	artifact.CheckExt(r, CodeExt, path+".ext", p.Ext)
}

func checkUnitPrice(r *artifact.Report, path string, p quantity.Price, currency quantity.Currency) {
	if p.Currency != currency {
		r.Add(CodeMoney, path+".currency", "currency %q in terms of %q", artifact.Clip(string(p.Currency)), artifact.Clip(string(currency)))
	}
	if p.Amount.Sign() < 0 || !figure(p.Amount) || p.Per.Sign() <= 0 || !figure(p.Per) {
		r.Add(CodePrice, path, "%s per %s: want at least nothing per more than nothing, with at most %d decimals", p.Amount, p.Per, MaxDecimals)
	}
}

// checkTiers is rule T1 of contract terms: borders rise from the first tier's zero, so that every quantity is in exactly one.
func checkTiers(r *artifact.Report, path string, p Price) {
	if !slices.Contains(tierBases, p.Basis) || len(p.Tiers) > MaxTiers {
		r.Add(CodeTiers, path+".tierBasis", "basis %q of %d tiers: want MARGINAL or ALL_UNITS, and at most %d", artifact.Clip(string(p.Basis)), len(p.Tiers), MaxTiers)
		return
	}
	last := quantity.Quantity{}
	for i, t := range p.Tiers {
		if !last.Less(t.From) || !figure(t.From) || t.Amount.Sign() < 0 || !figure(t.Amount) {
			r.Add(CodeTiers, fmt.Sprintf("%s.tiers[%d]", path, i), "from %s at %s: borders rise from above zero, and prices are at least nothing", t.From, t.Amount)
			return
		}
		last = t.From
	}
}

func checkIndex(r *artifact.Report, path string, x Index) {
	low, high := int64(0), int64(MaxIndexRatio*PPM)
	if x.LowPPM != nil {
		low = *x.LowPPM
	}
	if x.HighPPM != nil {
		high = *x.HighPPM
	}
	switch {
	case !artifact.IsName(x.ID) || x.BaseValue.Sign() <= 0 || !figure(x.BaseValue) || x.WeightPPM <= 0 || x.WeightPPM > PPM:
		r.Add(CodeIndex, path, "index %q from %s with weight %d ppm: want a name, a base above zero and a weight above zero, at most one whole", artifact.Clip(x.ID), x.BaseValue, x.WeightPPM)
	case x.LagMonths < 0 || x.LagMonths > 60 || x.Decimals < 0 || x.Decimals > MaxDecimals:
		r.Add(CodeIndex, path, "a lag of %d months and %d decimals: want 0 to 60 and 0 to %d", x.LagMonths, x.Decimals, MaxDecimals)
	case low < 0 || low > PPM || high < PPM || high > MaxIndexRatio*PPM:
		r.Add(CodeIndex, path+".collarLow", "a collar from %d to %d ppm of the base price: it must hold the base price itself", low, high)
	case x.Adjust != nil && (x.Adjust.FinalDays < 2*RebutDays || !days(x.Adjust.FinalDays) || !days(x.Adjust.DisputeDays) || !slices.Contains(indexMissings, x.Adjust.OnMissing)):
		r.Add(CodeIndex, path+".adjust", "final after %d working days, disputed for %d, and a missing value means %q: want %d days or more, and LAST_KNOWN, BASE or UNADJUSTED", x.Adjust.FinalDays, x.Adjust.DisputeDays, artifact.Clip(string(x.Adjust.OnMissing)), 2*RebutDays)
	case len(x.Values) > MaxValues:
		r.Add(CodeBounds, path+".values", "%d values are more than %d", len(x.Values), MaxValues)
	default:
		for i, v := range x.Values {
			if !v.Month.Valid() || v.Month != v.Month.Month().First() || v.Value.Sign() <= 0 || !figure(v.Value) || i > 0 && x.Values[i-1].Month >= v.Month {
				r.Add(CodeIndex, fmt.Sprintf("%s.values[%d]", path, i), "%s in %s: want a value above zero for the first day of a month, in order", v.Value, v.Month)
				return
			}
		}
	}
}

func checkFlex(r *artifact.Report, path string, b FlexBand) {
	checkItems(r, path+".items", b.Items)
	if !slices.Contains(zones, b.Zone) || !days(b.From) || !days(b.To) || b.From >= b.To {
		r.Add(CodeFlex, path, "zone %q from day %d to %d: want FROZEN, FIRM, SLUSHY or FREE and at least a day, within %d", artifact.Clip(string(b.Zone)), b.From, b.To, MaxDays)
	}
	if !part(b.DownPPM) || b.UpPPM < 0 || b.UpPPM > MaxIndexRatio*PPM || b.Zone == Frozen && (b.UpPPM != 0 || b.DownPPM != 0) || b.Zone == Free && (b.UpPPM != 0 || b.DownPPM != 0) {
		r.Add(CodeFlex, path, "up %d and down %d ppm do not fit zone %s: in FROZEN nothing moves, in FREE anything, both without figures", b.UpPPM, b.DownPPM, artifact.Clip(string(b.Zone)))
	}
}

func checkAuthorisation(r *artifact.Report, path string, a Authorisation, currency quantity.Currency) {
	checkItems(r, path+".items", a.Items)
	checkUnitPrice(r, path+".finished", a.Finished, currency)
	checkUnitPrice(r, path+".raw", a.Raw, currency)
	if !a.Unit.Known() || a.FabDays <= 0 || !days(a.FabDays) || !days(a.RawDays) || a.RawDays < a.FabDays || !days(a.AgeDays) || !a.Year.Valid() {
		r.Add(CodeAuthority, path, "made %d days ahead, bought %d, aged %d, in %q from %s: want material no later than what is made of it, and a first day", a.FabDays, a.RawDays, a.AgeDays, artifact.Clip(string(a.Unit)), a.Year)
	}
	if !part(a.LiablePPM.Finished) || !part(a.LiablePPM.Raw) {
		r.Add(CodeAuthority, path+".liability", "%d and %d ppm: want at most one whole", a.LiablePPM.Finished, a.LiablePPM.Raw)
	}
}

func checkSLA(r *artifact.Report, path string, s SLA, currency quantity.Currency) {
	checkItems(r, path+".items", s.Items)
	checkItems(r, path+".regions", s.Regions)
	if err := s.Measure.Check(); err != nil {
		r.Add(CodeDefinition, path+".measure", "%s", artifact.Clip(err.Error()))
	}
	w := s.Window
	rolling := w.Kind == Rolling
	ok := slices.Contains(windowKinds, w.Kind) && rolling == (w.Days > 0) && rolling == (w.Step > 0) && days(w.Days) && days(w.Step)
	if !ok {
		r.Add(CodeSLA, path+".window", "window %q of %d days every %d: want MONTH, QUARTER or YEAR, or ROLLING with both", artifact.Clip(string(w.Kind)), w.Days, w.Step)
	}
	if !artifact.IsName(s.Name) || s.By != Buyer && s.By != Seller || !slices.Contains(parties, s.Source) || !figure(s.Target) || s.MinSample < 1 || s.MinSample > PPM || s.Agree.Sign() < 0 || !figure(s.Agree) {
		r.Add(CodeSLA, path, "SLA %q of %q on figures of %q, target %s, at least %d observations: a part is malformed or out of range", artifact.Clip(s.Name), artifact.Clip(string(s.By)), artifact.Clip(string(s.Source)), s.Target, s.MinSample)
	}
	if s.Petty != nil && (s.Petty.Minor < 0 || s.Petty.Currency != currency) {
		r.Add(CodeSLA, path+".deMinimis", "%s: want no less than nothing, in %s", s.Petty, artifact.Clip(string(currency)))
	}
	if s.Cause != "" && !artifact.IsName(s.Cause) {
		r.Add(CodeSLA, path+".cause", "cause %q is too long or not plain text", artifact.Clip(s.Cause))
	}
	for i, x := range s.Exclusions {
		if !slices.Contains(measure.DeliveryExclusions, x) || slices.Contains(s.Exclusions[:i], x) {
			r.Add(CodeSLA, fmt.Sprintf("%s.exclusions[%d]", path, i), "exclusion %q is not on the closed list, or twice", artifact.Clip(string(x)))
			break
		}
	}
	checkDuties(r, path, s)
}

// checkDuties: whoever's figures count owes them by a day, and silence has a meaning (practice T2).
func checkDuties(r *artifact.Report, path string, s SLA) {
	if !slices.Contains(onMissings, s.OnMissing) {
		r.Add(CodeDuty, path+".onMissing", "silence means %q: want COUNTERPARTY_STANDS, NOT_MEASURED or REPORTING_REMEDY", artifact.Clip(string(s.OnMissing)))
	}
	if len(s.Duties) == 0 || len(s.Duties) > MaxDuties {
		r.Add(CodeDuty, path+".reporting", "%d duties: want 1 to %d, for somebody must report", len(s.Duties), MaxDuties)
		return
	}
	if strings.HasPrefix(s.ID, adjustmentPrefix) {
		r.Add(CodeID, path+".id", "names that begin with %q are those of price adjustments", adjustmentPrefix)
	}
	owes := map[Party]bool{}
	for i, d := range s.Duties {
		if d.By != Buyer && d.By != Seller || !artifact.IsName(d.What) || d.DueDays < 0 || d.DueDays > MaxDays || d.CorrectDays < d.DueDays || d.CorrectDays > MaxDays {
			r.Add(CodeDuty, fmt.Sprintf("%s.reporting[%d]", path, i), "%q by %q due after %d working days, corrected until %d: want the buyer or the seller, and no correction before the report", artifact.Clip(d.What), artifact.Clip(string(d.By)), d.DueDays, d.CorrectDays)
		}
		owes[d.By] = true
	}
	for _, p := range []Party{Buyer, Seller} {
		if (s.Source == p || s.Source == Both) && !owes[p] {
			r.Add(CodeDuty, path+".reporting", "the figures of the %s count and it owes none", p)
		}
	}
}

// checkRemedies: every remedy is of an SLA that is there, has the parts of its kind and, where it moves money, a cap; the
// allocations of one pool are at most one whole.
func checkRemedies(r *artifact.Report, d Document) {
	slas := map[string]SLA{}
	for _, s := range d.SLAs {
		slas[s.ID] = s
	}
	pools := map[string]int64{}
	for i, m := range d.Remedies {
		path := fmt.Sprintf("remedies[%d]", i)
		sla, known := slas[m.SLA]
		if !known || !slices.Contains(remedyKinds, m.Kind) || !days(m.DisputeDays) || m.EarnBack < 0 || m.EarnBack > MaxLevels*4 {
			r.Add(CodeRemedy, path, "remedy of kind %q for SLA %q: the kind or the SLA is not there, or its dispute window or earn-back is out of range", artifact.Clip(string(m.Kind)), artifact.Clip(m.SLA))
		}
		credit, rate, amount := m.Kind == Credit, m.Kind == CaseFine || m.Kind == ServiceRebate, m.Kind == Flat || m.Kind == LineDown
		if credit != (m.Pool != "") || credit != (m.PoolPPM > 0) || credit != (m.AllocationPPM > 0) || credit != (m.AtRiskPPM > 0) || rate != (m.RatePPM > 0) || amount != (m.Amount != nil) || !part(m.PoolPPM) || !part(m.AllocationPPM) || !part(m.AtRiskPPM) || !part(m.RatePPM) || m.Pool != "" && !artifact.IsName(m.Pool) {
			r.Add(CodeRemedy, path, "a remedy of kind %s has the parts of its formula and no others: pool, its share, allocation and at-risk part of CREDIT; a rate of CASE_FINE and SERVICE_REBATE; an amount of FLAT and LINE_DOWN", artifact.Clip(string(m.Kind)))
		}
		checkRemedyTiers(r, path, m, sla)
		checkVolume(r, path, m)
		if m.Kind.Money() != (m.Cap != nil) || m.Kind.Money() != (m.CapPeriod != "") || m.CapPeriod != "" && (m.CapPeriod == Rolling || !slices.Contains(windowKinds, m.CapPeriod)) {
			r.Add(CodeRemedy, path+".cap", "what moves money has a cap by MONTH, QUARTER or YEAR, and nothing else has one")
		}
		for _, money := range []*quantity.Money{m.Amount, m.Cap} {
			if money != nil && (money.Currency != d.Currency || money.Minor <= 0) {
				r.Add(CodeMoney, path, "%s is not above nothing in %s", money, artifact.Clip(string(d.Currency)))
			}
		}
		pools[m.Pool] += m.AllocationPPM
		if m.Pool != "" && pools[m.Pool] > PPM {
			r.Add(CodePool, path+".allocation", "the allocations of pool %q are more than one whole", artifact.Clip(m.Pool))
		}
	}
}

// checkRemedyTiers: borders go away from the target, and the farther one is missed the more is due.
func checkRemedyTiers(r *artifact.Report, path string, m Remedy, s SLA) {
	if len(m.Tiers) > MaxTiers || len(m.Tiers) > 0 && !m.Kind.Money() {
		r.Add(CodeRemedy, path+".tiers", "%d tiers: want at most %d, of a remedy that moves money", len(m.Tiers), MaxTiers)
		return
	}
	beyond := func(a, b quantity.Quantity) bool { return a.Less(b) != s.AtMost && a != b }
	for i, t := range m.Tiers {
		ok := figure(t.Beyond) && t.SharePPM > 0 && part(t.SharePPM) && !beyond(s.Target, t.Beyond)
		if i > 0 {
			ok = ok && beyond(t.Beyond, m.Tiers[i-1].Beyond) && m.Tiers[i-1].SharePPM < t.SharePPM
		}
		if !ok {
			r.Add(CodeRemedy, fmt.Sprintf("%s.tiers[%d]", path, i), "%d ppm beyond %s: borders begin at the target or beyond it and go away from it, shares rise to one whole at most", t.SharePPM, t.Beyond)
			return
		}
	}
}

// checkVolume: a volume rebate has borders that rise from above nothing, in a unit, and nothing else of a formula.
func checkVolume(r *artifact.Report, path string, m Remedy) {
	if !m.Kind.Rebate() {
		if m.Basis != "" || m.Unit != "" || len(m.Volume) > 0 || m.Reference != nil || m.LastYear {
			r.Add(CodeRemedy, path+".volume", "borders of volume, their basis and unit belong to VOLUME_REBATE and GROWTH_REBATE")
		}
		return
	}
	if grows := m.Kind == GrowthRebate; grows != (m.Reference != nil || m.LastYear) || m.Reference != nil && (m.LastYear || m.Reference.Sign() <= 0 || !figure(*m.Reference)) {
		r.Add(CodeRemedy, path+".reference", "growth is counted from a volume above nothing or from the year before, one of them, and nothing else is")
		return
	}
	if !slices.Contains(tierBases, m.Basis) || !m.Unit.Known() || len(m.Volume) == 0 || len(m.Volume) > MaxTiers || len(m.Tiers) > 0 || m.EarnBack > 0 {
		r.Add(CodeRemedy, path+".volume", "%d borders in %q by %q: want 1 to %d in a known unit, MARGINAL or ALL_UNITS, and neither tiers nor earn-back", len(m.Volume), artifact.Clip(string(m.Unit)), artifact.Clip(string(m.Basis)), MaxTiers)
		return
	}
	for i, t := range m.Volume {
		if t.From.Sign() < 0 || !figure(t.From) || t.RatePPM <= 0 || !part(t.RatePPM) || i > 0 && !m.Volume[i-1].From.Less(t.From) {
			r.Add(CodeRemedy, fmt.Sprintf("%s.volume[%d]", path, i), "%d ppm from %s: borders rise, rates are above nothing and at most one whole", t.RatePPM, t.From)
			return
		}
	}
}

// span is one clause's claim on a product over a range: days of validity, or days ahead of an issue.
type span struct {
	item     string // "" = every other product
	start    int64
	end      int64
	path     string
	clause   string
	separate string // claims of different groups never meet
}

// checkOverlaps: for one product at one time at most one price, one band and one authorisation speaks.
func checkOverlaps(r *artifact.Report, d Document) {
	var all []span
	add := func(items []string, s span) {
		if len(items) == 0 {
			items = []string{""}
		}
		for _, item := range items {
			s.item = item
			all = append(all, s)
		}
	}
	for i, p := range d.Prices {
		add(p.Items, span{start: int64(p.Valid.Start), end: int64(p.Valid.End), path: fmt.Sprintf("prices[%d]", i), clause: p.ID, separate: "price"})
	}
	for i, b := range d.Bands {
		// Days and working days can't be compared: a product's bands are of one kind.
		add(b.Items, span{start: b.From, end: b.To, path: fmt.Sprintf("flexBands[%d]", i), clause: b.ID, separate: fmt.Sprintf("flex %t", b.Working)})
	}
	for i, a := range d.Authorisations {
		add(a.Items, span{start: 0, end: 1, path: fmt.Sprintf("authorizations[%d]", i), clause: a.ID, separate: "authorization"})
	}
	sort.SliceStable(all, func(i, j int) bool {
		a, b := all[i], all[j]
		if a.separate != b.separate {
			return a.separate < b.separate
		}
		if a.item != b.item {
			return a.item < b.item
		}
		return a.start < b.start
	})
	dated := map[string]bool{} // products with bands in calendar days
	for i, s := range all {
		if r.Full() {
			return
		}
		if i > 0 && all[i-1].separate == s.separate && all[i-1].item == s.item && s.start < all[i-1].end {
			r.Add(CodeOverlap, s.path, "clauses %q and %q both speak of product %q at one time", artifact.Clip(all[i-1].clause), artifact.Clip(s.clause), orEvery(s.item))
		}
		switch s.separate {
		case "flex false":
			dated[s.item] = true
		case "flex true":
			if dated[s.item] {
				r.Add(CodeOverlap, s.path, "bands of product %q count days and working days: want one of the two", orEvery(s.item))
			}
		}
	}
}

func orEvery(item string) string {
	if item == "" {
		return "every other"
	}
	return artifact.Clip(item)
}

// covers tells whether a clause for some products speaks of one, named by any of its identifiers; own is false where it
// is the clause for every other product.
func covers(items []string, ids ...string) (own, ok bool) {
	if len(items) == 0 {
		return false, true
	}
	for _, id := range ids {
		if _, found := slices.BinarySearch(items, id); found && id != "" {
			return true, true
		}
	}
	return false, false
}

// best is the clause that speaks of a product: one that names it before one for every other.
func best[C any](clauses []C, fits func(C) (items []string, ok bool), ids ...string) (found C, ok bool) {
	for _, c := range clauses {
		items, fit := fits(c)
		if !fit {
			continue
		}
		own, covered := covers(items, ids...)
		if covered && own {
			return c, true
		}
		if covered && !ok {
			found, ok = c, true
		}
	}
	return found, ok
}
