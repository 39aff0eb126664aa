package protocol

import (
	"fmt"
	"strings"

	"kontor/protocol/block"
	"kontor/protocol/dispute"
	"kontor/protocol/remedy"
	"kontor/protocol/state"
)

// Row keys of disputes. What an entry means for them is found by its author and claimed time, however many run.
const (
	disputePrefix        = "dispute/row/"
	disputeSubjectPrefix = "dispute/subject/" // the last dispute about a subject, for good
	disputeCountPrefix   = "dispute/count/"   // by the side that opened them, or byNobody: how many run
	disputeWakePrefix    = "dispute/wake/"    // by member, earliest claimed time of an entry of its that matters, and ID
	disputeNextPrefix    = "dispute/next/"    // by member: the least of those times
	disputeWaitPrefix    = "dispute/wait/"    // by entry of a remedy: its figures stay apart, and as many disputes run as may
)

func disputeNextKey(member block.CID) string { return disputeNextPrefix + member.String() }

func disputeWakeKey(member block.CID, t int64, id string) string {
	return fmt.Sprintf("%s%s/%016x/%s", disputeWakePrefix, member, t, id)
}

// Bounds of the disputes that run at once.
const (
	// maxOpenDisputes is of those that one side opened. Each side has its own, so that nobody keeps the other from disputing a credit in time.
	maxOpenDisputes = 128
	// maxOwnDisputes is of those that opened by themselves: a hundred SLAs whose two remedies are apart in every one. An entry beyond waits its turn.
	maxOwnDisputes = 256
)

// byNobody counts the disputes that opened by themselves.
const byNobody = "NOBODY"

// ownSide is under what name the disputes count that the author opens.
func (f *fold) ownSide() string { return string(sidesOf(f.genesis)[f.author.Company]) }

// disputesFull tells whether too many of an opener run for so many more.
func (f *fold) disputesFull(opener string, more int) (bool, error) {
	var n int64
	_, err := get(f.rows, disputeCountPrefix+opener, &n)
	most := int64(maxOpenDisputes)
	if opener == byNobody {
		most = maxOwnDisputes
	}
	return n+int64(more) > most, err
}

// DisputesRun tells whether any dispute runs.
func (r *Replica) DisputesRun() (runs bool, err error) {
	err = r.Rows().Scan(disputeCountPrefix, func(string, []byte) (bool, error) {
		runs = true
		return false, nil
	})
	return runs, err
}

func (f *fold) countDispute(d dispute.Dispute, by int64) error {
	opener := string(d.Side)
	if d.Own {
		opener = byNobody
	}
	var n int64
	if _, err := get(f.rows, disputeCountPrefix+opener, &n); err != nil {
		return err
	}
	if n += by; n <= 0 {
		return f.rows.Delete(disputeCountPrefix + opener)
	}
	return put(f.rows, disputeCountPrefix+opener, n)
}

// putDispute writes a dispute that has changed, or is new where before is nil, and for each party from when on an entry of its matters to it.
func (f *fold) putDispute(before *dispute.Dispute, after dispute.Dispute) error {
	if err := put(f.rows, disputePrefix+after.ID, after); err != nil {
		return err
	}
	ran, runs := before != nil && before.End == nil, after.End == nil
	if ran != runs {
		by := int64(1)
		if ran {
			by = -1
		}
		if err := f.countDispute(after, by); err != nil {
			return err
		}
	}
	for _, p := range after.Parties {
		was, waited := int64(0), false
		if before != nil {
			was, waited = before.Wakes(p.Company)
		}
		is, waits := after.Wakes(p.Company)
		if was == is && waited == waits {
			continue
		}
		if waited {
			if err := f.rows.Delete(disputeWakeKey(p.Company, was, after.ID)); err != nil {
				return err
			}
		}
		if waits {
			if err := f.rows.Put(disputeWakeKey(p.Company, is, after.ID), []byte{}); err != nil {
				return err
			}
		}
		if err := f.nextDispute(p.Company); err != nil {
			return err
		}
	}
	return nil
}

// nextDispute keeps, for a party, the earliest claimed time of an entry of its at which something can happen.
func (f *fold) nextDispute(member block.CID) error {
	next, found := int64(0), false
	prefix := disputeWakePrefix + member.String() + "/"
	if err := f.rows.Scan(prefix, func(key string, _ []byte) (bool, error) {
		found = true
		_, err := fmt.Sscanf(key[len(prefix):], "%016x/", &next)
		return false, err
	}); err != nil {
		return err
	}
	if !found {
		return f.rows.Delete(disputeNextKey(member))
	}
	return put(f.rows, disputeNextKey(member), next)
}

// woken lists the disputes to which an entry of the author at its time matters.
func (f *fold) woken() (ids []string, err error) {
	prefix := disputeWakePrefix + f.author.Company.String() + "/"
	err = f.rows.Scan(prefix, func(key string, _ []byte) (bool, error) {
		at, id, _ := strings.Cut(key[len(prefix):], "/")
		var t int64
		if _, err := fmt.Sscanf(at, "%016x", &t); err != nil {
			return false, err
		}
		if t > f.entry.Header.T {
			return false, nil
		}
		ids = append(ids, id)
		return true, nil
	})
	return ids, err
}

// observeDisputes does what an entry, its time and what it knew, means for disputes.
func (f *fold) observeDisputes() error {
	var next int64
	found, err := get(f.rows, disputeNextKey(f.author.Company), &next)
	if err != nil || !found || f.entry.Header.T < next {
		return err // nearly always; who is no party has no row
	}
	state.Opaque(f.rows)
	ids, err := f.woken()
	if err != nil {
		return err
	}
	e, err := f.disputeEvent()
	if err != nil {
		return err
	}
	ended := false
	for _, id := range ids {
		var d dispute.Dispute
		if _, err := get(f.rows, disputePrefix+id, &d); err != nil {
			return err
		}
		doc, err := f.replica.DisputeTerms(d)
		if err != nil {
			return err
		}
		after, changed := d.Observe(e, dispute.ClockOf(doc.Calendar))
		if !changed {
			continue
		}
		if err := f.putDispute(&d, after); err != nil {
			return err
		}
		if err := f.conclude(after, doc); err != nil {
			return err
		}
		ended = ended || after.End != nil
	}
	if !ended {
		return nil
	}
	return f.contestWaiting()
}

// disputeEvent is the entry as disputes see it.
func (f *fold) disputeEvent() (dispute.Event, error) {
	seen := f.event()
	e := dispute.Event{Mark: f.disputeMark(), Saw: seen.Saw, SawSide: seen.SawSide}
	var err error
	if e.Doubted = f.replica.doubted(f.entry); e.Doubted && f.entry.Header.Prev != nil {
		before, _, missing := f.replica.Log.Get(*f.entry.Header.Prev)
		e.Before, err = before.Header.T, missing
	}
	return e, err
}

// contestWaiting begins disputes of figures that had to wait, while there is room.
func (f *fold) contestWaiting() error {
	for {
		full, err := f.disputesFull(byNobody, 1)
		if err != nil || full {
			return err
		}
		item := ""
		if err := f.rows.Scan(disputeWaitPrefix, func(key string, _ []byte) (bool, error) {
			item = key[len(disputeWaitPrefix):]
			return false, nil
		}); err != nil || item == "" {
			return err
		}
		if err := f.rows.Delete(disputeWaitPrefix + item); err != nil {
			return err
		}
		var i remedy.Item
		found, err := get(f.rows, remedyPrefix+item, &i)
		if err != nil {
			return err
		}
		if !found || i.Status != remedy.Disputed || i.Dispute != "" {
			continue // the desks agreed meanwhile
		}
		if i, err = f.contest(i); err != nil {
			return err
		}
		if err := put(f.rows, remedyPrefix+i.ID, i); err != nil {
			return err
		}
	}
}

// reconcileDispute ends the dispute about an entry that the figures have decided.
func (f *fold) reconcileDispute(i remedy.Item) error {
	var d dispute.Dispute
	found, err := get(f.rows, disputePrefix+i.Dispute, &d)
	if err != nil || !found || d.End != nil {
		return err
	}
	doc, err := f.replica.DisputeTerms(d)
	if err != nil {
		return err
	}
	if err := f.putDispute(&d, d.Reconcile(f.disputeMark(), dayOf(doc, f.entry.Header.T))); err != nil {
		return err
	}
	return f.contestWaiting()
}
