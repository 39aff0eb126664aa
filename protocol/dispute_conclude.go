package protocol

import (
	"kontor/protocol/calendar"
	"kontor/protocol/dispute"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
)

// conclude puts what a dispute came to into effect, once: on the entry or the contested agreement it is about, and by an entry of its own where it gives
// an amount that no entry stands for.
func (f *fold) conclude(d dispute.Dispute, doc terms.Document) error {
	switch {
	case d.End == nil:
		return nil
	case d.Subject.Kind == dispute.Credit:
		return f.decideEntry(d, doc)
	case d.Subject.Kind == dispute.Agreement:
		if err := f.ruleRound(d); err != nil {
			return err
		}
	}
	return f.award(d, doc)
}

// decideEntry takes an entry out of its dispute.
func (f *fold) decideEntry(d dispute.Dispute, doc terms.Document) error {
	var i remedy.Item
	found, err := get(f.rows, remedyPrefix+d.Subject.Item, &i)
	if err != nil || !found {
		return err
	}
	beside, err := f.replica.Remedies()
	if err != nil {
		return err
	}
	after, difference := i.Decide(remedy.Decision{Owed: *d.End.Amount, Dropped: d.End.Outcome == terms.Dropped, Withdrawn: d.End.Cause == dispute.Withdrawn, Side: d.Side, On: d.End.Day, PaymentDays: doc.PaymentDays}, beside)
	if difference != nil {
		if err := put(f.rows, remedyPrefix+difference.ID, *difference); err != nil {
			return err
		}
	}
	return put(f.rows, remedyPrefix+after.ID, after)
}

// award books what a settlement or a ruling gives over what is no entry.
func (f *fold) award(d dispute.Dispute, doc terms.Document) error {
	agreed := d.End.Cause == dispute.Settled || d.End.Cause == dispute.Ruled
	if !agreed || d.Worth == nil || d.End.Amount == nil || d.End.Amount.Minor <= 0 {
		return nil // by silence nobody owes what the other side alone says
	}
	a := remedy.Award{Dispute: d.ID, Terms: d.Terms, Debtor: d.Debtor, Amount: *d.End.Amount, On: d.End.Day, PaymentDays: doc.PaymentDays,
		Window: remedy.Window{Contract: d.Subject.Contract, SLA: dispute.AwardName(d.ID), Period: calendar.Bucket{Start: d.End.Day, End: d.End.Day.AddDays(1)}}}
	if d.Subject.Kind == dispute.Measurement {
		a.Window = remedy.Window{Contract: d.Subject.Contract, SLA: d.Subject.Part, Period: *d.Subject.Period}
		if _, price := doc.AdjustedPrice(d.Subject.Part); !price {
			s, _ := doc.Promise(d.Subject.Part)
			a.Promised = s.By
		}
	}
	beside, err := f.replica.Remedies()
	if err != nil {
		return err
	}
	i, due := a.Book(beside)
	if !due {
		return nil
	}
	return put(f.rows, remedyPrefix+i.ID, i)
}

// measurable tells whether a claim about what a window came to can be raised: its figures are final, and no entry of it waits for a decision that could
// give the same once more.
func (f *fold) measurable(w remedy.Window) (bool, error) {
	var row SLARow
	if found, err := get(f.rows, slaPrefix+slaKey(w), &row); err != nil || !found || row.State != SLAFinal {
		return false, err
	}
	entries, err := f.replica.Remedies()
	for _, i := range entries {
		if i.Window == w && (i.Status == remedy.Held || i.Status == remedy.Disputed) {
			return false, err
		}
	}
	return err == nil, err
}
