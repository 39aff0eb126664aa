package protocol

import (
	"cmp"
	"slices"

	"kontor/protocol/calendar"
	"kontor/protocol/remedy"
)

// promised is a window of an SLA that is measured by reports, as it stands.
type promised struct {
	period calendar.Bucket
	final  bool // nothing about it changes any more
	counts bool // it was evaluated, and not void
}

// closeReports closes the windows of reports that the terms' days are over for: where every SLA that is measured by reports of the window has come to its
// end, by whoever's silence, what is reported stands as it was counted (practice T2). A window that no SLA speaks of stays its authors' own to close.
func (p *slaPass) closeReports(agreed []agreedSLA) error {
	var open []WindowRow
	if err := scanRows(p.rows, windowPrefix, func(_ string, row WindowRow) error {
		if !row.Closed {
			open = append(open, row)
		}
		return nil
	}); err != nil || len(open) == 0 {
		return err
	}
	all, err := p.promised(agreed)
	if err != nil {
		return err
	}
	for _, row := range open {
		if !over(all, row.Window) {
			continue
		}
		row.Closed, row.ByTerms = true, true
		if err := put(p.rows, windowKey(row.Window), row); err != nil {
			return err
		}
	}
	return nil
}

// over tells that windows of SLAs cover a window of reports, and that each that has a day of it is final.
func over(all []promised, window calendar.Bucket) bool {
	at := window.Start
	for _, s := range all {
		if !s.period.Overlaps(window) {
			continue
		}
		if !s.final {
			return false
		}
		if s.counts && s.period.Start <= at {
			at = max(at, s.period.End)
		}
	}
	return at >= window.End
}

// promised lists the windows of all SLAs that are measured by reports, those to come too, by their first day.
func (p *slaPass) promised(agreed []agreedSLA) (out []promised, err error) {
	for _, a := range agreed {
		frame := a.Document.Frame
		frame.Period.Start, frame.Period.End = max(frame.Period.Start, a.From), min(frame.Period.End, a.Expires)
		if !frame.Period.Valid() {
			continue
		}
		for _, s := range a.Document.Promises() {
			if !remedy.ByReports(s.Measure) {
				continue
			}
			for _, w := range frame.Windows(s, frame.Period) {
				inForce, err := p.termsOn(w.Period.Last())
				if err != nil {
					return nil, err
				}
				if inForce[a.Document.Contract] != a.Root {
					continue
				}
				var row SLARow
				if _, err := get(p.rows, slaPrefix+slaKey(remedy.Window{Contract: a.Document.Contract, SLA: s.ID, Period: w.Period}), &row); err != nil {
					return nil, err
				}
				out = append(out, promised{w.Period, row.State == SLAFinal || row.State == SLAVoid, row.State == SLAFinal})
			}
		}
	}
	slices.SortFunc(out, func(a, b promised) int { return cmp.Compare(a.period.Start, b.period.Start) })
	return out, nil
}
