package protocol

import (
	"sync"

	"kontor/protocol/state"
)

// quiet remembers the heads at which no topic was active and no signing round open: the usual state, in which an entry need not be
// shown to any. What stands at a set of heads follows from them, while nobody has forked; so it is no matter which transaction found it out, and
// whether that one was committed.
type quiet struct {
	mu    sync.Mutex
	heads string
}

func (q *quiet) is(heads string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return heads != "" && q.heads == heads
}

func (q *quiet) note(heads string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.heads = heads
}

// heads names what is held; empty while a fork makes heads say too little.
func (r *Replica) heads() (string, error) {
	if len(r.forks) > 0 {
		return "", nil
	}
	out := make([]byte, 0, 36*len(r.Circle.Members))
	for _, m := range r.Circle.Members {
		head, found, err := r.Log.Head(m.Company)
		if err != nil {
			return "", err
		}
		if found {
			out = append(out, head.CID.Bytes()...)
		}
	}
	return string(out), nil
}

// insert folds admitted entries, and others that wait; before names the heads held before them.
func (r *Replica) insert(places []state.OrderKey, before string, until int64) (state.Progress, error) {
	tip, _, err := r.machine.Tip()
	if err != nil {
		return state.Progress{}, err
	}
	r.idle, r.last = r.quiet.is(before), state.OrderKey{}
	for _, at := range places {
		r.idle = r.idle && at.Compare(tip) > 0 // an earlier one is folded into a state we know nothing about
	}
	progress, err := r.machine.Insert(places, until)
	if err == nil {
		err = r.unread
	}
	if err != nil || !r.idle || progress.Behind {
		return progress, err
	}
	now, err := r.heads()
	r.quiet.note(now)
	return progress, err
}
