package virtual

import (
	"errors"
	"fmt"

	"kontor/protocol"
	"kontor/protocol/feed"
)

// heal ends all faults and lets the offices talk until nothing is missing: a bounded number of rounds, or P3 is broken.
func (w *world) heal() (err error) {
	defer func() {
		if r := recover(); r != nil {
			b, ok := r.(broken)
			if !ok {
				panic(r)
			}
			err = fmt.Errorf("%s", string(b))
		}
	}()
	if err := w.endFaults(); err != nil {
		return err
	}
	if err := w.agree(); err != nil {
		return err
	}
	if err := w.resolveForks(); err != nil {
		return err
	}
	least := 0 // any story may leave a contested agreement, which is in dispute by itself
	if w.story.disputes() {
		least = fewWeeks
	}
	if w.story != noStory {
		if err := w.runOut(least); err != nil {
			return err
		}
	}
	return w.lastWords()
}

// endFaults mends the network, sets the clocks right and starts who is down.
func (w *world) endFaults() error {
	w.calm, w.drop, w.repeat = true, 0, 0
	w.log("! all faults end")
	for i := range w.cut {
		for j := range w.cut[i] {
			w.cut[i][j] = 0
		}
	}
	// Parked entries wait for their time: the latest claimed time is at most an hour ahead.
	w.now += 3 * Hour
	for _, o := range w.offices {
		o.skew = 0
		o.db.CrashAt(0)
		if o.down {
			if err := o.restart(); err != nil {
				return err
			}
		}
	}
	w.queue = nil
	return nil
}

// agree lets everybody talk until all members hold the same.
func (w *world) agree() error {
	bound := 8 + len(w.circles)*4 + w.totals.Entries/batch
	for range bound + 1 {
		if err := w.exchange(); err != nil {
			return err
		}
		if w.level() {
			return nil
		}
	}
	return fmt.Errorf("P3: offices still differ %d rounds after all faults ended", bound)
}

// lastWords of everybody move the settled line past all that was said.
func (w *world) lastWords() error {
	for _, kind := range []string{protocol.KindHeartbeat, protocol.KindCommitment, protocol.KindHeartbeat} {
		for _, o := range w.offices {
			if err := o.lastWord(kind); err != nil {
				return fmt.Errorf("%s can't write after all faults ended: %w", o.c.Name, err)
			}
		}
		if err := w.drain(); err != nil { // nothing is lost any more: what was pushed arrives
			return err
		}
	}
	if err := w.exchange(); err != nil {
		return err
	}
	if !w.level() {
		return fmt.Errorf("P3: offices differ after the last words")
	}
	return nil
}

// lastWord writes a heartbeat, or the commitment that is due, in every partnership.
func (o *office) lastWord(kind string) error {
	for p, m := range o.part {
		if m == nil {
			continue
		}
		err := o.write(p, func(r *protocol.Replica, _ int64) (protocol.Draft, error) {
			if kind != protocol.KindCommitment {
				return protocol.Draft{Kind: kind}, nil
			}
			d, due, err := r.CommitmentDraft(o.c.ID)
			if err == nil && !due {
				err = errIdle
			}
			return d, err
		})
		if err != nil && err != errIdle {
			return err
		}
	}
	return nil
}

// resolveForks lets the officers of all members sign how the forks are resolved.
func (w *world) resolveForks() error {
	for p := range w.circles {
		var forks []protocol.OpenFork
		first := w.offices[w.members(p)[0]]
		err := first.view(p, func(r *protocol.Replica) (err error) {
			forks, err = r.OpenForks()
			return err
		})
		if err != nil {
			return err
		}
		for _, fork := range forks {
			if fork.Resolved {
				continue
			}
			w.log("! the members resolve the fork of %s", w.name(fork.Author))
			for _, i := range w.members(p) {
				o := w.offices[i]
				officers := []string{"COO", "CFO"}
				if o.at >= CFORevoked {
					o.publish(max(o.at, CFOBack))
					officers[1] = CFO2
				}
				for _, officer := range officers {
					if err := w.voteFor(o, p, fork.Proposal, officer); err != nil {
						return fmt.Errorf("P5: %s can't sign the resolution of a fork in %s: %w", o.c.Name, w.title(p), err)
					}
				}
			}
			if err := w.exchange(); err != nil {
				return err
			}
			w.totals.Resolved++
		}
	}
	return nil
}

// voteFor writes an officer's signature; what the resolution keeps must stand before it in the order.
func (w *world) voteFor(o *office, p int, doc protocol.ForkResolution, officer string) error {
	for range feed.ForkEntries {
		err := o.write(p, func(r *protocol.Replica, _ int64) (protocol.Draft, error) {
			return SignedBody(protocol.KindForkResolve, protocol.ForkSignature, o.c.Officer(officer), doc)
		})
		var refusal *protocol.Refusal
		if !errors.As(err, &refusal) || refusal.Codes[0] != "FORK-02" {
			return err
		}
		if err := o.write(p, plain(protocol.KindHeartbeat)); err != nil {
			return err
		}
	}
	return fmt.Errorf("what the resolution keeps never comes to stand before the signature")
}

// exchange lets everybody ask everybody and waits until the bus is empty.
func (w *world) exchange() error {
	for _, o := range w.offices {
		for p, m := range o.part {
			if m == nil {
				continue
			}
			for _, to := range w.members(p) {
				if to != o.i {
					if err := w.ask(o, p, to); err != nil {
						return err
					}
				}
			}
		}
	}
	return w.drain()
}

// drain lets everything under way arrive.
func (w *world) drain() error {
	for {
		e, ok := w.next()
		if !ok {
			return nil
		}
		if err := e.do(); err != nil {
			return err
		}
	}
}

// level tells whether the members of every partnership hold the same entries.
func (w *world) level() bool {
	for p := range w.circles {
		first := w.offices[w.members(p)[0]].part[p]
		for _, i := range w.members(p) {
			if m := w.offices[i].part[p]; m.set != first.set || m.want > 0 {
				return false
			}
		}
	}
	return true
}
