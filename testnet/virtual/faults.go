package virtual

import (
	"errors"
	"fmt"

	"kontor/protocol"
	"kontor/protocol/decision"
	"kontor/protocol/feed"
)

// least is how many entries a network writes before it is healed.
const least = 60

// most bounds the events of a network, so that a broken one ends too.
const most = 6000

// play runs the network with faults until enough has been written.
func (w *world) play() (err error) {
	defer func() {
		if r := recover(); r != nil {
			b, ok := r.(broken)
			if !ok {
				panic(r)
			}
			err = fmt.Errorf("%s", string(b))
		}
	}()
	for _, o := range w.offices {
		for p, m := range o.part {
			if m != nil {
				if err := o.write(p, signing(o, p)); err != nil {
					return err
				}
			}
		}
	}
	if w.credits {
		if err := w.agreeTerms(); err != nil {
			return err
		}
		w.live()
	}
	for _, o := range w.offices {
		w.tick(o)
	}
	w.in(2*Hour+w.rng.Int64N(6*Hour), w.partition)
	w.in(1*Hour+w.rng.Int64N(12*Hour), w.planCrash)
	w.in(3*Hour+w.rng.Int64N(12*Hour), w.jump)
	if w.rng.IntN(3) == 0 {
		w.in(4*Hour+w.rng.Int64N(8*Hour), w.backup)
	}
	if w.rng.IntN(4) == 0 {
		w.in(Hour, w.silence)
	}
	if w.forking {
		w.in(6*Hour+w.rng.Int64N(12*Hour), w.fork)
	}
	for n := 0; ; n++ {
		if w.totals.Entries >= least && w.totals.Partitions > 0 && w.totals.Crashes > 0 && w.totals.Jumps > 0 && (!w.forking || w.shown) && w.played() {
			return nil
		}
		if n >= most {
			return fmt.Errorf("the network wrote only %d entries in %d events", w.totals.Entries, n)
		}
		e, ok := w.next()
		if !ok {
			return fmt.Errorf("nothing happens any more after %d events", n)
		}
		if err := e.do(); err != nil {
			return err
		}
	}
}

// tick is an office at work: it asks a partner for news, does something, and comes back later.
func (w *world) tick(o *office) {
	w.in(Minute+w.rng.Int64N(90*Minute), func() error {
		defer w.tick(o)
		if o.down || w.calm {
			return nil
		}
		p := w.anyPartnership(o)
		if w.rng.IntN(2) == 0 {
			if err := w.ask(o, p, w.anyPartner(o, p)); err != nil {
				return err
			}
		}
		return w.act(o, p)
	})
}

// anyPartnership prefers the first.
func (w *world) anyPartnership(o *office) int {
	var mine []int
	for p, m := range o.part {
		if m != nil {
			mine = append(mine, p)
		}
	}
	if len(mine) == 0 {
		return -1
	}
	if w.rng.IntN(3) > 0 {
		return mine[0]
	}
	return mine[w.rng.IntN(len(mine))]
}

func (w *world) anyPartner(o *office, p int) int {
	members := w.members(p)
	for {
		if m := members[w.rng.IntN(len(members))]; m != o.i {
			return m
		}
	}
}

// partition cuts one office off, or one direction of one link, for hours or days.
func (w *world) partition() error {
	w.totals.Partitions++
	i := w.rng.IntN(len(w.offices))
	until := w.now + Hour + w.rng.Int64N(30*Hour)
	oneWay := w.rng.IntN(3) == 0
	for j := range w.offices {
		if j != i {
			w.cut[i][j] = until
			if !oneWay {
				w.cut[j][i] = until
			}
		}
	}
	w.log("! %s is cut off (one way: %t) until %d hours from now", w.offices[i].c.Name, oneWay, (until-w.now)/Hour)
	if w.rng.IntN(2) == 0 {
		w.in(w.rng.Int64N(3*Day), w.partition)
	}
	return nil
}

// planCrash makes an office's store crash at one of its next steps: at a write, before a commit or after it.
func (w *world) planCrash() error {
	o := w.offices[w.rng.IntN(len(w.offices))]
	if !o.down {
		o.db.CrashAt(1 + w.rng.IntN(80))
	}
	w.in(3*Hour+w.rng.Int64N(Day), w.planCrash)
	return nil
}

// crashed takes an office down and plans its restart.
func (w *world) crashed(o *office) {
	if o.down {
		return
	}
	o.down = true
	w.totals.Crashes++
	w.log("! %s crashes", o.c.Name)
	w.in(Minute+w.rng.Int64N(5*Hour), func() error {
		if !o.down {
			return nil
		}
		w.log("! %s is back", o.c.Name)
		return o.restart()
	})
}

// jump moves a clock by up to an hour either way, or the time of all by days.
func (w *world) jump() error {
	w.totals.Jumps++
	if w.rng.IntN(4) > 0 {
		o := w.offices[w.rng.IntN(len(w.offices))]
		o.skew = w.rng.Int64N(2*Hour) - Hour
		w.log("! clock of %s is %d minutes off", o.c.Name, o.skew/Minute)
	} else {
		days := 1 + w.rng.Int64N(16)
		w.now += days * Day
		w.log("! %d days pass", days)
	}
	w.in(3*Hour+w.rng.Int64N(Day), w.jump)
	return nil
}

// backup copies a database; later the office is put back to the copy.
func (w *world) backup() error {
	o := w.offices[w.rng.IntN(len(w.offices))]
	if o.down || w.anyPartnership(o) < 0 {
		return nil
	}
	o.copy = &snapshot{o.db.Clone()}
	w.log("! %s makes a copy of its database", o.c.Name)
	w.in(6*Hour+w.rng.Int64N(2*Day), func() error { return w.restoreOf(o) })
	return nil
}

// restoreOf puts the copy back once some partner holds all the office ever sent: what nobody holds is gone with the disk, and then people
// decide (PROTOCOL 4, resume), which is no matter of this simulation.
func (w *world) restoreOf(o *office) error {
	safe := !o.down
	for p, m := range o.part {
		if m == nil || !safe {
			continue
		}
		elsewhere := int64(0)
		for _, i := range w.members(p) {
			if i == o.i {
				continue
			}
			err := w.offices[i].dbView(p, func(r *protocol.Replica) error {
				head, found, err := r.Log.Head(o.c.ID)
				if found {
					elsewhere = max(elsewhere, head.Header.Seq)
				}
				return err
			})
			if err != nil {
				return err
			}
		}
		safe = elsewhere >= m.high && len(w.forkers) == 0 && elsewhere >= int64(len(m.acked))
	}
	if !safe {
		w.in(2*Hour, func() error { return w.restoreOf(o) })
		return nil
	}
	w.totals.Restores++
	w.log("! %s puts its old database back", o.c.Name)
	return o.restore()
}

// dbView reads a partnership even when the office is down.
func (o *office) dbView(p int, fn func(*protocol.Replica) error) error {
	if o.down {
		return nil
	}
	return o.view(p, fn)
}

// silence waits until one party has acknowledged a document and not heard that another did. Then no word passes between them until the
// first may record a lapse, and does.
func (w *world) silence() error {
	for _, i := range w.members(0) {
		o := w.offices[i]
		if o.down || o.part[0].want > 0 {
			continue
		}
		var due int64
		var word protocol.Lapse
		err := o.view(0, func(r *protocol.Replica) error {
			rounds, err := r.Rounds()
			for _, row := range rounds {
				var acked, silent *decision.RoundParty
				for k, party := range row.Parties {
					switch {
					case party.Company == o.c.ID && party.Ack != nil:
						acked = &row.Parties[k]
					case party.Company != o.c.ID && party.Ack == nil && party.Void == nil:
						silent = &row.Parties[k]
					}
				}
				if acked != nil && silent != nil && row.Verdict == decision.Open {
					due, word = row.SignBy+decision.Grace+decision.LapseAfter, protocol.Lapse{Document: row.Document, Party: silent.Company}
				}
			}
			return err
		})
		if err != nil {
			return err
		}
		if due == 0 || due < w.now {
			continue
		}
		w.now = due + 2*Hour
		for j := range w.offices {
			w.cut[i][j], w.cut[j][i] = w.now+Hour, w.now+Hour
		}
		w.totals.Jumps++
		w.totals.Partitions++
		w.log("! no word passes to or from %s for days", o.c.Name)
		draft, err := Body(protocol.KindLapse, word)
		if err != nil {
			return err
		}
		err = o.write(0, func(*protocol.Replica, int64) (protocol.Draft, error) { return draft, nil })
		var refusal *protocol.Refusal
		if err == errDown || errors.As(err, &refusal) { // a forker's own acts may count no more
			return nil
		}
		return err
	}
	w.in(20*Minute, w.silence)
	return nil
}

// fork makes an office write a second entry for its newest seq and show it to some of the others.
func (w *world) fork() error {
	o := w.offices[w.rng.IntN(2)]
	p := 0
	retry := func() error { w.in(Hour, w.fork); return nil }
	if o.down || o.part[p].want > 0 || len(w.forkers) > 0 {
		return retry()
	}
	var env feed.Envelope
	err := o.view(p, func(r *protocol.Replica) error {
		head, found, err := r.Log.Head(o.c.ID)
		if err != nil || !found || head.Header.Seq < 2 {
			return errIdle
		}
		// Some forks lie in the past: a history may be rewritten long after.
		for w.rng.IntN(2) == 0 && head.Header.Seq > 2 {
			at, err := r.Log.At(o.c.ID, head.Header.Seq-1)
			if err != nil || len(at) == 0 {
				return err
			}
			head = at[0]
		}
		h := head.Header
		h.Kind, h.Body, h.Crit = protocol.KindHeartbeat, nil, false
		h.T++
		view, _ := o.c.Chain.At(h.IDHead)
		key := o.c.feed[0]
		if k, _ := view.FeedKey(); k != key.Public() {
			key = o.c.feed[1]
		}
		env, err = feed.Seal(h, key)
		return err
	})
	if err == errIdle {
		return retry()
	}
	if err != nil {
		return err
	}
	w.forkers[o.c.ID] = true
	w.totals.Forks++
	w.log("! %s writes a second history", o.c.Name)
	for _, i := range w.members(p) {
		if i == o.i || w.rng.IntN(2) == 0 {
			w.in(w.delay(), func() error {
				if w.offices[i].down {
					return nil
				}
				return w.offices[i].receive(p, []feed.Envelope{env}, nil)
			})
		}
	}
	return w.keepTrying(o, p, env)
}

// keepTrying makes sure that the second branch reaches its own author's store, from where it spreads.
func (w *world) keepTrying(o *office, p int, env feed.Envelope) error {
	if !o.down {
		if err := o.receive(p, []feed.Envelope{env}, nil); err != nil {
			return err
		}
		if o.part[p].held[env.CID()] {
			w.shown = true
			return nil
		}
	}
	w.in(Hour, func() error { return w.keepTrying(o, p, env) })
	return nil
}

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
	bound := 8 + len(w.circles)*4 + w.totals.Entries/batch
	for round := 0; ; round++ {
		if round > bound {
			return fmt.Errorf("P3: offices still differ %d rounds after all faults ended", bound)
		}
		if err := w.exchange(); err != nil {
			return err
		}
		if w.level() {
			break
		}
	}
	if err := w.resolveForks(); err != nil {
		return err
	}
	if w.credits {
		if err := w.runOut(); err != nil {
			return err
		}
	}
	// A last word of everybody moves the settled line past all that was said.
	for _, kind := range []string{protocol.KindHeartbeat, protocol.KindCommitment, protocol.KindHeartbeat} {
		for _, o := range w.offices {
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
					return fmt.Errorf("%s can't write after all faults ended: %w", o.c.Name, err)
				}
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
