package remedy

import (
	"math/big"

	"kontor/protocol/calendar"
	"kontor/protocol/measure"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// Case is one window to be evaluated: the reports are those each side had in force in time.
type Case struct {
	Terms         terms.Document
	SLA           terms.SLA
	Period        calendar.Bucket
	Buyer, Seller []performance.Document
	Agreed        terms.Party    // whose figures the desks agreed upon; "" where they did not
	Before        Before         // where a rebate counts growth from it (GrowsFrom)
	Records       Records        // for measures that reports of performance don't carry
	LastCharges   quantity.Money // of the newest window of the SLA before this whose charges are known
}

// sides is a case with what each side said, from the point of view of the promise.
type sides struct {
	Case
	debtor, creditor     terms.Party
	byDebtor, byCreditor figures
}

// Evaluate says what a window comes to.
//
// Whose figures count is in the clause. Where they are missing, or are too few, the other side's stand (practice T2): by NOT_MEASURED the silence of
// the side that would be paid means that nothing is due, by REPORTING_REMEDY that of the side that promised means that the target is missed. The
// other way round neither clause speaks: silence would pay. Where nobody reports, a window is missed only when the side that promised alone owed the
// report.
func Evaluate(c Case) Result {
	s := sides{Case: c, debtor: c.SLA.By, creditor: Other(c.SLA.By)}
	b, v := gather(terms.Buyer, c.SLA, c.Period, c.Buyer), gather(terms.Seller, c.SLA, c.Period, c.Seller)
	s.byDebtor, s.byCreditor = c.count(b, v), c.count(v, b)
	charged := b.whole || v.whole
	if window, counts := GrowsFrom(c.Terms, c.SLA, c.Period); counts {
		s.byDebtor.before, s.byCreditor.before = c.yearBefore(window)
	}
	switch sourceOf(c.SLA.Measure) {
	case byQuality:
		x, y := c.inspections(c.Records.Quality[terms.Buyer]), c.inspections(c.Records.Quality[terms.Seller])
		c.known(&s.byDebtor, charged)
		c.known(&s.byCreditor, charged)
		c.defects(&s.byDebtor, x, y)
		c.defects(&s.byCreditor, y, x)
	case byRecord:
		m := c.ofRecord()
		for _, f := range []*figures{&s.byDebtor, &s.byCreditor} {
			c.known(f, charged)
			f.whole, f.value, f.count, f.reason = true, m.value, m.count, m.reason
		}
	}
	if s.debtor == terms.Seller {
		s.byDebtor, s.byCreditor = s.byCreditor, s.byDebtor
	}
	out := s.decide()
	out.Buyer, out.Seller = shown(s.of(terms.Buyer)), shown(s.of(terms.Seller))
	for _, p := range []terms.Party{terms.Buyer, terms.Seller} {
		if !s.of(p).whole {
			out.Silent = append(out.Silent, p)
		}
	}
	return out
}

// known keeps the charges of a window whose measure is not of performance reports; without such reports they are those last known.
func (c Case) known(f *figures, charged bool) {
	if !charged {
		f.charges = major(c.LastCharges)
	}
	f.failing, f.excluded, f.refused = new(big.Rat), nil, nil
}

func (s sides) of(p terms.Party) figures {
	if p == s.debtor {
		return s.byDebtor
	}
	return s.byCreditor
}

// counts tells whether a side's figures count by the clause.
func (s sides) counts(p terms.Party) bool { return s.SLA.Source == p || s.SLA.Source == terms.Both }

func (s sides) decide() Result {
	if !Measurable(s.SLA.Measure) {
		return Result{Verdict: NotMeasured, Why: Unsupported}
	}
	if s.Agreed != "" && s.of(s.Agreed).enough(s.SLA) {
		return s.by(s.Agreed, ByAgreement)
	}
	debtor, creditor := s.byDebtor.enough(s.SLA), s.byCreditor.enough(s.SLA)
	silent := Why("")
	if !s.byDebtor.whole || !s.byCreditor.whole {
		silent = BySilence
	}
	switch {
	case debtor && creditor && s.SLA.Source == terms.Both:
		return s.compare()
	case debtor && creditor:
		return s.by(s.SLA.Source, "")
	case debtor:
		if !s.byCreditor.whole && s.counts(s.creditor) && s.SLA.OnMissing == terms.NotMeasured {
			return Result{Verdict: NotMeasured, Why: ByClause}
		}
		return s.by(s.debtor, silent)
	case creditor:
		if !s.byDebtor.whole && owes(s.SLA, s.debtor) && s.SLA.OnMissing == terms.ReportingRemedy {
			return s.failed(s.byCreditor)
		}
		return s.by(s.creditor, silent)
	case s.byDebtor.whole || s.byCreditor.whole && s.SLA.OnMissing != terms.ReportingRemedy:
		return Result{Verdict: NotMeasured, Why: TooFew, Reason: s.reason(), Count: s.most()}
	case owes(s.SLA, s.debtor) && (s.byCreditor.whole || !owes(s.SLA, s.creditor)):
		return s.failed(s.byCreditor)
	}
	return Result{Verdict: NotMeasured, Why: NoReports}
}

// most are the observations of the side that has more of them, of those whose reports cover the window.
func (s sides) most() (n int64) {
	for _, f := range []figures{s.byDebtor, s.byCreditor} {
		if f.whole {
			n = max(n, f.count)
		}
	}
	return n
}

// reason says why there is no value, where a measure says more than that there was too little.
func (s sides) reason() measure.Reason {
	for _, f := range []figures{s.byDebtor, s.byCreditor} {
		if f.whole && f.value == nil {
			return f.reason
		}
	}
	return ""
}

// by is what the window comes to by one side's figures.
func (s sides) by(p terms.Party, why Why) Result {
	f := s.of(p)
	out := Result{Verdict: Missed, Value: shown(f), Count: f.count, Stands: p, Why: why, Unpriced: f.unpriced, Excluded: f.excluded, Refused: f.refused}
	out.Charges = s.money(f.charges)
	if s.met(f.value) {
		out.Verdict = Met
	}
	out.Amounts = s.amounts(f.value, f)
	return out
}

// failed is a window that counts as missed as far as can be, because the side that promised gave no report.
func (s sides) failed(f figures) Result {
	if !f.whole {
		f.charges = major(s.LastCharges)
		f.failing = f.charges
	}
	return Result{Verdict: Missed, Stands: s.creditor, Why: ByClause, Charges: s.money(f.charges), Amounts: s.amounts(nil, f)}
}

// compare is what the window comes to where both sides' figures count.
func (s sides) compare() Result {
	x, y := s.byDebtor, s.byCreditor
	x.gradeC = x.gradeC || y.gradeC
	y.gradeC = x.gradeC
	agree := s.SLA.Agree.Rat()
	diff := new(big.Rat).Sub(x.value, y.value)
	if diff.Abs(diff).Cmp(agree) > 0 {
		one, other := s.by(s.debtor, ""), s.by(s.creditor, "")
		same := one.Verdict == other.Verdict && s.alike(one.Amounts, other.Amounts)
		if same && one.Verdict == Met {
			other.Stands = terms.Both
			return other
		}
		if !same || s.SLA.Petty == nil || len(one.Amounts) == 0 {
			return s.apart(one, other)
		}
	}
	mean := x
	mean.value, mean.charges, mean.failing = middle(x.value, y.value), middle(x.charges, y.charges), middle(x.failing, y.failing)
	mean.count, mean.volume = min(x.count, y.count), halfway(x.volume, y.volume)
	if x.before != nil && y.before != nil {
		mean.before = halfway(x.before, y.before)
	}
	both := s
	both.byDebtor, both.byCreditor = mean, mean
	out := both.by(s.debtor, "")
	if out.Stands = terms.Both; x.value.Cmp(y.value) != 0 {
		out.Why = ByMean
	}
	// The result stands; what it is of must too.
	if !s.alike(s.amounts(mean.value, x), s.amounts(mean.value, y)) {
		return s.apart(s.with(x, mean.value), s.with(y, mean.value))
	}
	return out
}

// with is the window by one side's quantities and the result that stands.
func (s sides) with(f figures, value *big.Rat) Result {
	f.value = value
	s.byDebtor, s.byCreditor = f, f
	return s.by(s.debtor, "")
}

// apart holds the greater of two amounts, remedy by remedy, until the desks have reconciled.
func (s sides) apart(one, other Result) Result {
	out := Result{Verdict: Unequal}
	for _, r := range s.remedies() {
		held := Amount{Remedy: r.ID, Kind: r.Kind, Held: true, Amount: quantity.Money{Currency: s.Terms.Currency}}
		found := false
		for _, list := range [][]Amount{one.Amounts, other.Amounts} {
			for _, a := range list {
				if a.Remedy == r.ID {
					found = true
					if a.Amount.Minor >= held.Amount.Minor {
						held.Amount, held.SharePPM, held.Limit = a.Amount, a.SharePPM, a.Limit
					}
				}
			}
		}
		if found {
			out.Amounts = append(out.Amounts, held)
		}
	}
	return out
}

func middle(a, b *big.Rat) *big.Rat {
	m := new(big.Rat).Add(a, b)
	return m.Quo(m, big.NewRat(2, 1))
}

func (s sides) met(value *big.Rat) bool {
	c := value.Cmp(s.SLA.Target.Rat())
	return c == 0 || (c < 0) == s.SLA.AtMost
}

func shown(f figures) *quantity.Quantity {
	if f.value == nil {
		return nil
	}
	d, err := quantity.DecimalOf(f.value)
	if err != nil {
		return nil
	}
	q, err := d.Round(9)
	if err != nil {
		return nil
	}
	return &q
}
