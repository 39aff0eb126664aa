package virtual

import (
	"fmt"
	"reflect"

	"kontor/protocol"
	"kontor/protocol/calendar"
	"kontor/protocol/dispute"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
)

// lastWeeks bounds the weeks after which every window is closed and every dispute has ended: the figures' three working days and ten more until they stand
// for good, three levels of three working days, the grace between them, and a month that ends meanwhile.
const lastWeeks = 16

// fewWeeks are enough for figures that are apart to come into dispute.
const fewWeeks = 5

// runOut lets weeks pass after all faults until no dispute runs any more: nothing happens without an entry.
func (w *world) runOut() error {
	for week := 0; ; week++ {
		running := 0
		err := w.offices[0].view(0, func(r *protocol.Replica) error {
			list, err := r.Disputes()
			for _, d := range list {
				if d.End == nil {
					running++
				}
			}
			return err
		})
		switch {
		case err != nil:
			return err
		case running == 0 && week >= fewWeeks:
			return nil
		case week >= lastWeeks:
			return fmt.Errorf("%d disputes run %d weeks after all faults ended", running, week)
		}
		w.now += 7 * Day
		for range 2 { // the second tells that the first was heard
			for _, o := range w.offices {
				if err := o.write(0, plain(protocol.KindHeartbeat)); err != nil {
					return fmt.Errorf("%s can't write after all faults ended: %w", o.c.Name, err)
				}
			}
			if err := w.drain(); err != nil {
				return err
			}
		}
	}
}

// book is what an office holds of windows, entries and disputes.
type book struct {
	Windows  []protocol.SLARow
	Items    []remedy.Item
	Disputes []dispute.Dispute
}

func (o *office) book() (b book, err error) {
	err = o.view(0, func(r *protocol.Replica) (err error) {
		if b.Windows, err = r.SLAWindows(); err != nil {
			return err
		}
		if b.Items, err = r.Remedies(); err != nil {
			return err
		}
		b.Disputes, err = r.Disputes()
		return err
	})
	return b, err
}

// audit judges the books of a network under terms: both the same, nothing owed twice or above its cap, and every dispute with one end that binds both.
func (w *world) audit() error {
	b, err := w.offices[0].book()
	if err != nil {
		return err
	}
	other, err := w.offices[1].book()
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(b, other) {
		return fmt.Errorf("P4: the two companies keep other books: %+v and %+v", b, other)
	}
	w.totals.Windows += len(b.Windows)
	if err := w.auditItems(b.Items); err != nil {
		return err
	}
	return w.auditDisputes(b)
}

func (w *world) auditItems(items []remedy.Item) error {
	type quarter struct {
		remedy string
		start  calendar.Month
	}
	seen, sums := map[string]bool{}, map[quarter]int64{}
	for _, i := range items {
		key := fmt.Sprint(i.Kind, i.Window, i.Remedy, i.Cause)
		if i.Kind == remedy.Decided {
			key += i.Of // of a credit and of its correction
		}
		if seen[key] {
			return fmt.Errorf("a credit is owed twice: %s", i)
		}
		seen[key] = true
		if i.Kind == remedy.Kind(terms.Credit) {
			w.totals.Credits++
		}
		if i.Amount.Minor < 0 {
			return fmt.Errorf("less than nothing is owed: %s", i)
		}
		if m := i.Period.Last().Month(); i.Kind != remedy.EarnedBack && i.Status != remedy.Dropped {
			sums[quarter{i.Remedy, m - m%3}] += i.Net(terms.Seller)
		}
	}
	for q, sum := range sums {
		if sum > quarterCap {
			return fmt.Errorf("%s comes to %d cents in the quarter from %s, above its cap of %d", q.remedy, sum, q.start, quarterCap)
		}
	}
	return nil
}

func (w *world) auditDisputes(b book) error {
	items, stands := map[string]remedy.Item{}, map[string]string{}
	for _, i := range b.Items {
		items[i.ID] = i
	}
	for _, d := range b.Disputes {
		w.totals.Disputes++
		i, found := items[d.Subject.Item]
		if !found || i.Dispute == "" {
			return fmt.Errorf("dispute %s is about no entry", d.ID)
		}
		if d.End == nil {
			return fmt.Errorf("dispute %s still runs: %s", d.ID, i)
		}
		w.totals.Ended++
		if d.End.Cause != dispute.Withdrawn { // after which the other side may open one of its own
			if was, twice := stands[i.ID]; twice || i.Dispute != d.ID {
				return fmt.Errorf("dispute %s decided an entry that names %q and that %q decided: %s", d.ID, i.Dispute, was, i)
			}
			stands[i.ID] = d.ID
		}
		if d.End.Outcome == "" || i.Status == remedy.Disputed {
			return fmt.Errorf("dispute %s ended %s and decided nothing: %s", d.ID, d.End.Cause, i)
		}
		if d.Worth != nil && d.End.Amount != nil && (d.End.Amount.Minor < 0 || d.End.Amount.Minor > d.Worth.Minor) {
			return fmt.Errorf("dispute %s over %s ended at %s", d.ID, d.Worth, d.End.Amount)
		}
		if d.End.Act == nil {
			continue
		}
		w.totals.Bound++
		for _, turn := range d.Turns {
			if turn.What == dispute.Unseen && turn.Act.Entry == d.End.Act.Entry {
				return fmt.Errorf("dispute %s binds by an act that the other side had not seen in time", d.ID)
			}
		}
	}
	return nil
}
