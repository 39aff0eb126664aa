package virtual

import (
	"errors"
	"fmt"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/decision"
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
	if err := w.begin(); err != nil {
		return err
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
		most := int64(16)
		if w.story != noStory { // levels of disputes are three days long, rounds of signatures a few
			most = 3
		}
		days := 1 + w.rng.Int64N(most)
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

// restoreOf puts the copy back once some partner holds all the office ever sent or acknowledged: what nobody holds is gone with the disk, and then people
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
		safe = elsewhere >= max(m.high, m.ackedTo) && len(w.forkers) == 0
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

// silentIn is the party that neither acknowledged nor voided what a company has acknowledged; nil if there is none.
func silentIn(row protocol.RoundRow, company block.CID) (silent *decision.RoundParty) {
	acked := false
	for k, party := range row.Parties {
		switch {
		case party.Company == company:
			acked = party.Ack != nil
		case party.Ack == nil && party.Void == nil:
			silent = &row.Parties[k]
		}
	}
	if !acked {
		return nil
	}
	return silent
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
				if silent := silentIn(row, o.c.ID); silent != nil && row.Verdict == decision.Open {
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
