package virtual

import (
	"errors"
	"fmt"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
	"kontor/protocol/state"
	"kontor/store/kv"
	"kontor/store/memory"
)

// office is one company's node: its database, its keys and what it knows of the others' chains.
type office struct {
	w       *world
	i       int
	c       *Company
	db      *memory.Store
	at      int     // how far its own chain is published
	knew    []int64 // how far each company's chain is known here, by place in the cast
	skew    int64   // its clock minus the true time
	down    bool
	step    state.Step    // what it folds in one transaction
	patient bool          // folds above the settled line only once a batch is whole
	part    []*membership // by partnership; nil where it is no member
	copy    *snapshot     // a copy of the database taken some time ago
}

// membership is an office's side of one partnership.
type membership struct {
	contract *protocol.Contract
	own      int                // its place in the circle
	high     int64              // own seq that left the machine: outlives the database
	want     int64              // > 0: read-only until the own entry with this seq is back
	acked    []block.CID        // own entries whose commit was acknowledged
	ackedTo  int64              // the newest of them
	held     map[block.CID]bool // everything admitted
	set      [32]byte           // exclusive or over the held entries' digests: equal sets, equal values
	line     int64              // settled line
	forks    int                // members known to have forked
	verdicts map[block.CID]decision.Verdict
}

func (m *membership) hold(id block.CID) {
	m.held[id] = true
	for i, b := range id.Bytes()[4:] {
		m.set[i] ^= b
	}
}

var (
	errIdle     = errors.New("nothing to do")
	errDown     = errors.New("the office is down")
	errReadOnly = errors.New("read-only until the own entries are back")
)

func (o *office) now() int64 { return o.w.now + o.skew }

func (o *office) author() protocol.Author { return o.c.Author(o.at) }

// identities is what this office knows of the cast's chains.
func (o *office) identities(company, head block.CID) (identity.View, bool) {
	for i, c := range o.w.cast {
		if c.ID == company {
			view, ok := c.Chain.At(head)
			return view, ok && view.Seq() <= o.knew[i]
		}
	}
	return identity.View{}, false
}

// publish moves the office's own chain to a milestone.
func (o *office) publish(milestone int) {
	o.at = milestone
	view, _ := o.c.Chain.At(o.c.Heads[milestone])
	o.knew[o.i] = max(o.knew[o.i], view.Seq())
}

// build makes a draft from what is believed now, inside the transaction.
type build func(r *protocol.Replica, now int64) (protocol.Draft, error)

// write is what a person does at home: refused drafts leave nothing behind.
func (o *office) write(p int, b build) error {
	return o.commit(p, func(r *protocol.Replica, now int64) (protocol.Outcome, error) {
		draft, err := b(r, now)
		if err != nil {
			return protocol.Outcome{}, err
		}
		return r.Write(draft, o.author(), now)
	})
}

// force writes an entry its own fold refuses: what a dishonest or a faulty program does. Links and signature are in order.
func (o *office) force(p int, b build) error {
	return o.commit(p, func(r *protocol.Replica, now int64) (protocol.Outcome, error) {
		draft, err := b(r, now)
		if err != nil {
			return protocol.Outcome{}, err
		}
		s, err := Forge(r, draft, o.author(), now, nil)
		if err != nil {
			return protocol.Outcome{}, err
		}
		return r.Receive([]feed.Signed{s}, 0)
	})
}

// Forge seals an entry without asking the fold. The header may be altered before it is signed.
func Forge(r *protocol.Replica, d protocol.Draft, a protocol.Author, now int64, alter func(*feed.Header)) (feed.Signed, error) {
	h, err := r.Log.Draft(a.Company, now)
	if err != nil {
		return feed.Signed{}, err
	}
	h.Kind, h.IDHead, h.Feat, h.Crit = d.Kind, a.IDHead, max(h.Feat, protocol.FeatureLevel), d.Kind != protocol.KindReceipt && d.Kind != protocol.KindHeartbeat
	if d.Body != nil {
		id := d.Body.CID
		h.Body = &id
		for _, b := range append([]block.Block{*d.Body}, d.Blocks...) {
			if err := r.PutBlock(b); err != nil {
				return feed.Signed{}, err
			}
		}
	}
	if alter != nil {
		alter(&h)
	}
	env, err := feed.Seal(h, a.Key)
	if err != nil {
		return feed.Signed{}, err
	}
	return feed.Open(r.Circle, env, r.Identities)
}

// commit runs one writing transaction of the company itself.
func (o *office) commit(p int, fn func(*protocol.Replica, int64) (protocol.Outcome, error)) error {
	m := o.part[p]
	switch {
	case o.down:
		return errDown
	case m.want > 0:
		return errReadOnly
	}
	var out protocol.Outcome
	err := o.db.Update(func(kv kv.KV) (err error) {
		out, err = fn(m.contract.Open(kv), o.now())
		return err
	})
	if err == nil {
		err = o.rest(p, &out)
	}
	if o.db.Crashed() {
		o.w.crashed(o)
		return errDown
	}
	if err != nil {
		return err
	}
	if err := o.note(p, out, true); err != nil {
		return err
	}
	if err := o.w.check(o, p, out); err != nil {
		return err
	}
	o.w.push(o, p, out.Admitted)
	return nil
}

// receive admits what a partner sent and writes a receipt in the same transaction.
func (o *office) receive(p int, envs []feed.Envelope, blocks []block.Block) error {
	m := o.part[p]
	if o.down {
		return nil
	}
	var signed []feed.Signed
	var stopped error
	for _, env := range envs {
		if m.held[env.CID()] {
			continue
		}
		s, err := feed.Open(m.contract.Circle, env, m.contract.Identities)
		if err != nil {
			stopped = err
			break
		}
		signed = append(signed, s)
	}
	if len(signed) == 0 {
		return o.w.judge(o, p, stopped)
	}
	var in, own protocol.Outcome
	var halt error
	err := o.db.Update(func(kv kv.KV) error {
		in, own, halt = protocol.Outcome{}, protocol.Outcome{}, nil
		r := m.contract.Open(kv)
		for _, b := range blocks {
			if err := r.PutBlock(b); err != nil {
				return err
			}
		}
		var err error
		receive := r.Receive
		if o.patient {
			receive = r.ReceivePart
		}
		if in, err = receive(signed, o.now()); err != nil {
			if !protocol.IsVerdict(err) {
				return err
			}
			halt = err
		}
		if !in.Business || m.want > 0 {
			return nil
		}
		own, err = r.Write(protocol.Draft{Kind: protocol.KindReceipt}, o.author(), o.now())
		return err
	})
	if err == nil {
		last := &in
		if len(own.Admitted) > 0 {
			last = &own
		}
		err = o.rest(p, last)
	}
	if o.db.Crashed() {
		o.w.crashed(o)
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s drops a transaction in %s: %w", o.c.Name, o.w.title(p), err)
	}
	if halt == nil {
		halt = stopped
	}
	if err := o.w.judge(o, p, halt); err != nil {
		return err
	}
	if err := o.note(p, in, false); err != nil {
		return err
	}
	if err := o.note(p, own, true); err != nil {
		return err
	}
	if len(own.Admitted) > 0 {
		in.Settled, in.Line = append(in.Settled, own.Settled...), own.Line
		in.Mismatches = append(in.Mismatches, own.Mismatches...)
	}
	if err := o.w.check(o, p, in); err != nil {
		return err
	}
	o.w.push(o, p, own.Admitted)
	return nil
}

// rest folds and settles what the transaction of an outcome left, and adds what came of it.
func (o *office) rest(p int, out *protocol.Outcome) error {
	if !out.Behind {
		return nil
	}
	return Rest(o.db, o.part[p].contract, func(more protocol.Outcome) {
		out.Settled, out.Line = append(out.Settled, more.Settled...), more.Line
		out.Mismatches = append(out.Mismatches, more.Mismatches...)
		out.Replayed += more.Replayed
		o.w.totals.Steps++
	})
}

// note notes what a commit changed.
func (o *office) note(p int, out protocol.Outcome, own bool) error {
	m := o.part[p]
	for _, e := range out.Admitted {
		if m.held[e.CID] {
			return fmt.Errorf("P3: %s counts entry %d of %s twice", o.c.Name, e.Header.Seq, o.w.name(e.Header.Author))
		}
		m.hold(e.CID)
		o.w.admitted(p, e)
		if own {
			m.acked, m.ackedTo = append(m.acked, e.CID), max(m.ackedTo, e.Header.Seq)
		}
		if e.Header.Author == o.c.ID && m.want > 0 && e.Header.Seq >= m.want {
			m.want = 0
			o.w.log("%-10s writes again in %s", o.c.Name, o.w.title(p))
		}
	}
	o.w.totals.Replays += out.Replayed
	return nil
}

// view reads a partnership.
func (o *office) view(p int, fn func(*protocol.Replica) error) error {
	return o.db.View(func(kv kv.KV) error { return fn(o.part[p].contract.Open(kv)) })
}

// rows is every row at the tip.
func (o *office) rows(p int) (rows []state.Row, err error) {
	err = o.db.View(func(kv kv.KV) error {
		rows, err = state.Snapshot(kv, state.PartitionOf(o.part[p].contract.PID))
		return err
	})
	return rows, err
}
