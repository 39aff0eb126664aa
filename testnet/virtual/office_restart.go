package virtual

import (
	"fmt"

	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/feed"
	"kontor/store/kv"
	"kontor/store/memory"
)

// snapshot is what a restore brings back.
type snapshot struct{ db *memory.Store }

// restart brings a crashed office back and checks that everything acknowledged is there.
func (o *office) restart() error {
	o.db.Restart()
	o.down = false
	for p, m := range o.part {
		if m == nil {
			continue
		}
		// What the process knew is gone; a new one reads its contract and its entries again.
		m.contract = o.w.contract(p, o)
		if err := Rest(o.db, m.contract, nil); err != nil {
			return err
		}
		if err := o.reread(p); err != nil {
			return err
		}
	}
	return nil
}

// reread finds out what the database holds, and that nothing acknowledged is missing.
func (o *office) reread(p int) error {
	m := o.part[p]
	return o.db.View(func(kv kv.KV) error {
		r := m.contract.Open(kv)
		m.held, m.set = map[block.CID]bool{}, [32]byte{}
		for _, member := range r.Circle.Members {
			err := r.Log.From(member.Company, 1, func(e feed.Entry) (bool, error) {
				m.hold(e.CID)
				o.w.admitted(p, e)
				return true, nil
			})
			if err != nil {
				return err
			}
		}
		if m.want > 0 { // a new process compares its database with the high-water mark again
			head, found, err := r.Log.Head(o.c.ID)
			if err != nil {
				return err
			}
			if found && head.Header.Seq >= m.want {
				m.want = 0
			}
		}
		forks, err := r.OpenForks()
		if err != nil {
			return err
		}
		if m.forks = len(forks); m.forks > 0 {
			m.line = 0 // a crash may have hidden from us that the fork took it back
		}
		if m.want == 0 {
			for _, id := range m.acked {
				if !m.held[id] {
					return fmt.Errorf("P2: %s lost its acknowledged entry %s", o.c.Name, id.Short())
				}
			}
		}
		return nil
	})
}

// restore brings back an old database. What the company had sent since decides whether it may write.
func (o *office) restore() error {
	o.db = o.copy.db
	o.copy = nil
	o.down = false
	for p, m := range o.part {
		if m == nil {
			continue
		}
		m.contract = o.w.contract(p, o)
		m.line, m.forks, m.verdicts = 0, 0, map[block.CID]decision.Verdict{}
		m.want = 1 << 60 // not zero while rereading: acknowledged entries may be missing, and that is the point
		if err := o.reread(p); err != nil {
			return err
		}
		m.want = 0
		o.w.unsent(p, o.c.ID, m.high)
		err := o.db.View(func(kv kv.KV) error {
			head, found, err := m.contract.Open(kv).Log.Head(o.c.ID)
			if err != nil {
				return err
			}
			if !found && m.high > 0 || found && head.Header.Seq < m.high {
				m.want = m.high
				o.w.log("%-10s is read-only in %s until its entry %d is back", o.c.Name, o.w.title(p), m.want)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
