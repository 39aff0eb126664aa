package desk

import (
	"context"
	"time"

	"kontor/protocol"
)

// rulePoll is how often work by rule is looked for where a notice was lost.
const rulePoll = 30 * time.Second

// whenever does a pass of work now, after each notice that calls for it, and every rulePoll, until ctx ends. A pass that fails is noted under what it
// left undone, and comes again.
func (d *Desk) whenever(ctx context.Context, undone string, pass func(context.Context) error, calls func(protocol.Outcome) bool) error {
	notices, stop := d.node.Listen()
	defer stop()
	poll := time.NewTicker(rulePoll)
	defer poll.Stop()
	for {
		if err := pass(ctx); err != nil && ctx.Err() == nil {
			d.node.Log().Debug(undone, "reason", err)
		}
		for wait := true; wait; {
			select {
			case <-ctx.Done():
				return nil
			case <-poll.C:
				wait = false
			case n, open := <-notices:
				if !open {
					return nil
				}
				wait = !calls(n.Outcome)
			}
		}
	}
}
