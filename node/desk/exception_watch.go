package desk

import (
	"context"
	"errors"
	"time"

	"kontor/node"
	"kontor/protocol"
)

// lookAnew is how long after the last look another is taken where nothing was written: days pass and make inputs stale and reports due.
const lookAnew = time.Hour

// WatchExceptions looks for exceptions also while nobody asks, so that one that comes and goes at night is remembered, and tells the office's metrics how many
// there are. It goes on until ctx ends.
//
// A look makes the match anew, so that it is taken at most every rulePoll, however much is written.
func (d *Desk) WatchExceptions(ctx context.Context) error {
	written, last, guests := true, time.Time{}, time.Time{}
	return d.whenever(ctx, "exceptions not looked for", func(ctx context.Context) error {
		if time.Since(guests) >= lookAnew { // nothing that a partner writes is about them
			guests = time.Now()
			if err := d.lookForGuests(ctx); err != nil {
				return err
			}
		}
		if !written && time.Since(last) < lookAnew {
			return nil
		}
		written, last = false, time.Now()
		return d.lookForExceptions(ctx)
	}, func(out protocol.Outcome) bool {
		written = written || out.Business
		return false
	})
}

func (d *Desk) lookForExceptions(ctx context.Context) error {
	var all []error
	for _, p := range d.node.Partnerships() {
		if p.Removed || d.ended(p) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		q, err := d.Quality(p.PID.String())
		if err != nil {
			all = append(all, err)
			continue
		}
		d.node.CountExceptions(p.PID, node.ExceptionCount{Open: q.Open, Acted: q.Acted, Itself: q.Itself, Default: q.Default})
	}
	return errors.Join(all...)
}
