package p2p

import (
	"context"
	"time"
)

const (
	// restTimes is how many times as long as an ask took the next one of the same partner waits: a partner that asks for another cell's lines each time,
	// for which a tree over all of them is made, has a quarter of one processor at most, and others their turn.
	restTimes = 3
	// restFree is what an ask may take without a rest: reading from a tree that is there takes less.
	restFree = 20 * time.Millisecond
)

// turns lets one ask of a partner at a time be answered, with a rest after a long one.
type turns chan struct{}

func newTurns() turns {
	t := make(turns, 1)
	t <- struct{}{}
	return t
}

// take waits for the turn; done ends it.
func (t turns) take(ctx context.Context) (done func(), err error) {
	if err := ctx.Err(); err != nil { // a turn that is free at the same time is not for who has gone
		return nil, err
	}
	select {
	case <-t:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	began := time.Now()
	return func() {
		next := func() { t <- struct{}{} }
		if spent := time.Since(began); spent > restFree {
			time.AfterFunc(restTimes*spent, next)
		} else {
			next()
		}
	}, nil
}
