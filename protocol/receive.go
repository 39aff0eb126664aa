package protocol

import (
	"errors"
	"math"
	"slices"

	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/state"
)

// Mismatch says that a member committed to another root than ours at one line: one of the two programs has a fault, or rows were altered.
type Mismatch struct {
	PID    block.CID
	Member block.CID
	Line   int64
	Ours   state.Hash
	Theirs state.Hash
}

// Outcome is what a change to a replica caused, in the order to act on it.
type Outcome struct {
	// Admitted are the new entries, in order of arrival; entries held before are left out.
	Admitted []feed.Entry
	// Replayed counts entries folded again because these came late.
	Replayed int
	// Settled are the rows that became final.
	Settled []state.SettledRow
	// Line is the settled line now.
	Line int64
	// Behind is true while entries held are not folded, or more could settle: go on with Continue in another transaction.
	Behind bool
	// Mismatches are commitments that differ from our root.
	Mismatches []Mismatch
	// Aside counts entries that were valid and set aside: further histories of a member, or what a stolen key signed (see feed.Log.Keep).
	Aside int
	// Forks are equivocations seen for the first time, also those that came resolved.
	Forks []feed.Fork
	// Business is true when something other than housekeeping was admitted: it deserves a receipt.
	Business bool
	// Refused is true when the rules refused something that was folded: among what was admitted, or replayed.
	Refused bool
}

// Receive admits entries whose bodies are stored already, folds them, settles and compares roots. It stops at the first entry that can't be admitted: what came before it in the batch stands,
// and the error (a *feed.Error, *feed.Missing or feed.ErrParked) names why it stopped. now is the receiver's clock, ms UTC.
// Any other error means that the transaction must be dropped.
func (r *Replica) Receive(batch []feed.Signed, now int64) (Outcome, error) {
	return r.receive(batch, now, false)
}

// ReceivePart is Receive while the sender has more on its way: what stands above the settled line is folded when the last has come. Otherwise a
// member that wrote while it was apart would fold its own entries again for every batch of the others'.
func (r *Replica) ReceivePart(batch []feed.Signed, now int64) (Outcome, error) {
	return r.receive(batch, now, true)
}

func (r *Replica) receive(batch []feed.Signed, now int64, more bool) (Outcome, error) {
	var out Outcome
	var stopped error
	var places []state.OrderKey
	if _, err := r.learnForks(); err != nil {
		return out, err
	}
	forksBefore := r.forks
	before, err := r.heads()
	if err != nil {
		return out, err
	}
	for _, s := range batch {
		if err := r.checkKind(s); err != nil {
			stopped = err
			break
		}
		entry, fresh, err := r.Log.Admit(s, now)
		if err != nil {
			if !IsVerdict(err) {
				return out, err
			}
			stopped = err
			break
		}
		if !fresh {
			continue
		}
		if err := r.noteVote(entry); err != nil {
			return out, err
		}
		out.Admitted = append(out.Admitted, entry)
		places = append(places, entry.Key())
		out.Business = out.Business || !kinds[s.Header.Kind].housekeeping
	}
	gone, changed, err := r.keepBranches()
	if err != nil {
		return out, err
	}
	if len(gone) > 0 {
		out.Aside = len(gone)
		out.Admitted = slices.DeleteFunc(out.Admitted, func(e feed.Entry) bool { return gone[e.CID] })
		places = places[:0]
		for _, e := range out.Admitted {
			places = append(places, e.Key())
		}
		out.Business = slices.ContainsFunc(out.Admitted, func(e feed.Entry) bool { return !kinds[e.Header.Kind].housekeeping })
	}
	if len(out.Admitted)+len(gone) > 0 {
		// Also one that changes no row yet, and one that came together with what resolves it: each is known from now on, and would be
		// news to nobody later.
		out.Forks = r.newForks(forksBefore)
	}
	if changed {
		if err := r.Rebuild(); err != nil {
			return out, err
		}
	}
	until := int64(math.MaxInt64)
	if more {
		if until, err = r.Log.SettledLine(); err != nil {
			return out, err
		}
	}
	progress, err := r.insert(places, before, until)
	if err != nil {
		return out, err
	}
	if err := r.settle(&out, progress); err != nil {
		return out, err
	}
	return out, stopped
}

// IsVerdict tells an entry verdict, or a reason to wait, from a failing store.
func IsVerdict(err error) bool {
	var verdict *feed.Error
	var missing *feed.Missing
	return errors.As(err, &verdict) || errors.As(err, &missing) || errors.Is(err, feed.ErrParked)
}

// newForks are the forks known now, resolved or not, that were not among those known before; in the order of the members.
func (r *Replica) newForks(before map[block.CID][]forkState) (fresh []feed.Fork) {
	for _, m := range r.Circle.Members {
		for _, f := range r.forks[m.Company] {
			known := slices.ContainsFunc(before[m.Company], func(b forkState) bool { return b.Seq == f.Seq })
			if !known {
				fresh = append(fresh, f.Fork)
			}
		}
	}
	return fresh
}

// checkKind checks what the kind of an entry demands of its header and that its body is here.
func (r *Replica) checkKind(s feed.Signed) error {
	h := s.Header
	k, known := kinds[h.Kind]
	if !known {
		if h.Crit {
			return feed.Refuse(feed.CodeKind, "kind %q is critical and unknown to this program: update it, the feed of %s halts here", h.Kind, h.Author.Short())
		}
		return r.checkBody(h, documentBody)
	}
	if k.critical != h.Crit {
		return feed.Refuse(feed.CodeKind, "kind %q must be marked critical: %t", h.Kind, k.critical)
	}
	if (h.Seq == 1) != (h.Kind == KindSign) {
		return feed.Refuse(feed.CodeKind, "a feed begins with %q and holds it once; seq %d is %q", KindSign, h.Seq, h.Kind)
	}
	if h.Kind == KindSign && (h.Body == nil || *h.Body != r.PID) {
		return feed.Refuse(feed.CodeBody, "the first entry signs another body than the partnership's genesis")
	}
	if k.form == noBody {
		if h.Body != nil {
			return feed.Refuse(feed.CodeBody, "kind %q carries no body", h.Kind)
		}
		return nil
	}
	if h.Body == nil {
		return feed.Refuse(feed.CodeBody, "kind %q carries a body; none is named", h.Kind)
	}
	if err := r.checkBody(h, k.form); err != nil || h.Kind != KindRuleset {
		return err
	}
	return r.checkRuleset(h)
}

func (r *Replica) checkBody(h feed.Header, form bodyForm) error {
	if h.Body == nil || r.withheld[*h.Body] {
		return nil
	}
	if h.Kind == KindSign {
		return nil // the genesis is held by every member before any entry is
	}
	if form == documentBody {
		// A document may name entries and artifacts by CID; only a sheet's links are part of its body.
		if held, err := r.HasBlock(*h.Body); err != nil || held {
			return err
		}
		return &feed.Missing{What: "body", CID: *h.Body}
	}
	missing, err := r.MissingBlocks(*h.Body, 1)
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		return &feed.Missing{What: "body", CID: missing[0]}
	}
	return nil
}
