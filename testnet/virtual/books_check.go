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
// for good, three levels of three working days and six for an arbiter, the grace between them, and a month that ends meanwhile. A contested agreement under
// no terms has 45 working days at the most.
const lastWeeks = 18

// fewWeeks are enough for figures that are apart to come into dispute.
const fewWeeks = 5

// runOut lets weeks pass after all faults, so many at least, until no dispute runs any more: nothing happens without an entry.
func (w *world) runOut(least int) error {
	for week := 0; ; week++ {
		running := 0
		err := w.offices[w.members(0)[0]].view(0, func(r *protocol.Replica) error {
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
		case running == 0 && week >= least:
			return nil
		case week >= lastWeeks:
			return fmt.Errorf("%d disputes run %d weeks after all faults ended", running, week)
		}
		w.now += 7 * Day
		for range 2 { // the second tells that the first was heard
			for _, i := range w.members(0) {
				if err := w.offices[i].write(0, plain(protocol.KindHeartbeat)); err != nil {
					return fmt.Errorf("%s can't write after all faults ended: %w", w.offices[i].c.Name, err)
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

// audit judges the books of a story's network: the same at all members, nothing owed twice or above its cap, every dispute with one end that binds all,
// and agreements of which one holds in each cell.
func (w *world) audit() error {
	if w.story == noStory {
		return nil
	}
	var first book
	for n, i := range w.members(0) {
		b, err := w.offices[i].book()
		if err != nil {
			return err
		}
		if n == 0 {
			first = b
		} else if !reflect.DeepEqual(b, first) {
			return fmt.Errorf("P4: %s and %s keep other books: %+v and %+v", w.offices[i].c.Name, w.cast[w.members(0)[0]].Name, b, first)
		}
	}
	w.totals.Windows += len(first.Windows)
	if err := w.auditItems(first.Items); err != nil {
		return err
	}
	if err := w.auditDisputes(first); err != nil {
		return err
	}
	return w.offices[w.members(0)[0]].view(0, w.auditAgreements)
}

// checkEnds holds every end of a dispute at this office's settled line against what anybody's settled line said before: it binds all in one way, for good.
func (w *world) checkEnds(o *office, r *protocol.Replica) error {
	list, err := r.Disputes()
	if err != nil {
		return err
	}
	for _, d := range list {
		settled, found, err := r.SettledDispute(d.ID)
		if err != nil {
			return err
		}
		was, ended := w.ends[d.ID]
		switch {
		case !found || settled.End == nil:
		case ended && !reflect.DeepEqual(was, *settled.End):
			return fmt.Errorf("P1: dispute %s has ended %s with %s at the settled line of %s, and %s with %s before", d.ID, settled.End.Cause, settled.End.Outcome, o.c.Name, was.Cause, was.Outcome)
		default:
			w.ends[d.ID] = *settled.End
		}
	}
	return nil
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
		if i.Kind == remedy.Correction {
			w.totals.Corrections++
		}
		if i.Amount.Minor < 0 {
			return fmt.Errorf("less than nothing is owed: %s", i)
		}
		if m := i.Period.Last().Month(); i.Kind != remedy.EarnedBack && i.Kind != remedy.Awarded && i.Status != remedy.Dropped {
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
		if d.End == nil {
			return fmt.Errorf("dispute %s still runs: %s", d.ID, d.Subject)
		}
		w.totals.Ended++
		if err := w.auditEnd(d); err != nil {
			return err
		}
		if d.Subject.Kind != dispute.Credit {
			continue
		}
		i, found := items[d.Subject.Item]
		if !found || i.Dispute == "" {
			return fmt.Errorf("dispute %s is about no entry", d.ID)
		}
		if d.End.Cause != dispute.Withdrawn { // after which the other side may open one of its own
			if was, twice := stands[i.ID]; twice || i.Dispute != d.ID {
				return fmt.Errorf("dispute %s decided an entry that names %q and that %q decided: %s", d.ID, i.Dispute, was, i)
			}
			stands[i.ID] = d.ID
		}
		if d.End.Outcome == "" || i.Status == remedy.Disputed {
			return fmt.Errorf("dispute %s ended %s and decided nothing: %s", d.ID, d.End.Cause, i)
		}
	}
	return nil
}

// auditEnd judges how a dispute ended: within what it was about, and by no act that somebody had not seen in time.
func (w *world) auditEnd(d dispute.Dispute) error {
	w.totals.Ends[d.End.Cause]++
	if d.Worth != nil && d.End.Amount != nil && (d.End.Amount.Minor < 0 || d.End.Amount.Minor > d.Worth.Minor) {
		return fmt.Errorf("dispute %s over %s ended at %s", d.ID, d.Worth, d.End.Amount)
	}
	if (d.End.Cause == dispute.Ruled) && (d.Arbiter == nil || d.End.Level != dispute.Arbiter) {
		return fmt.Errorf("dispute %s was ruled upon at level %s", d.ID, d.End.Level)
	}
	if len(d.Pending) > 0 {
		return fmt.Errorf("dispute %s has ended, and %d acts wait to be seen", d.ID, len(d.Pending))
	}
	if d.End.Act == nil {
		return nil
	}
	w.totals.Bound++
	for _, turn := range d.Turns {
		if turn.What == dispute.Unseen && turn.Act.Entry == d.End.Act.Entry {
			return fmt.Errorf("dispute %s binds by an act that another side had not seen in time", d.ID)
		}
	}
	return nil
}
