package dispute

import (
	"slices"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/terms"
)

// Event is an entry as disputes see it.
type Event struct {
	Mark
	Saw func(member block.CID, seq int64) bool // its causal past holds that entry of another member, on the branch that counts
	// SawSide is the same for an entry on a side branch of a feed that forked; nil while none has.
	SawSide func(member, branch block.CID, seq int64) bool
	// Doubted says that the author wrote two histories and that this entry is of one of them, before the members resolved the fork. What it saw counts
	// against its author; it passes no deadline, so that who shows a second history is, as to time, like one who is silent.
	Doubted bool
	// Before is the claimed time of the author's entry before this one on the same branch; of a doubted entry only.
	Before int64
}

func (e Event) saw(p Ending) bool {
	if p.Side == nil {
		return e.Saw(p.By, p.Seq)
	}
	return e.SawSide != nil && e.SawSide(p.By, *p.Side, p.Seq)
}

// Observe is the dispute after an entry: what it knows of ending acts, then which deadlines it passes. Give it every entry of every party in the
// order of the fold, before what the entry itself says.
//
// The clock is that of the terms.
func (d Dispute) Observe(e Event, c Clock) (after Dispute, changed bool) {
	if d.End != nil || d.side(e.By) == "" {
		return d, false
	}
	d = d.clone()
	for d.End == nil {
		moved := d.see(e, c)
		moved = d.pass(e) || moved
		moved = d.expire(e, c) || moved
		if !moved {
			return d, changed
		}
		changed = true
	}
	return d, true
}

// Wakes is the earliest claimed time from which an entry of a party could change the dispute: 0 while it has an ending act to see.
func (d Dispute) Wakes(company block.CID) (t int64, ever bool) {
	if d.End != nil || d.side(company) == "" {
		return 0, false
	}
	if !d.hasPassed(company) {
		if slices.ContainsFunc(d.Pending, func(p Ending) bool { return p.By != company && !p.seen(company) }) {
			return 0, true
		}
		return d.Step().Deadline + Grace, true
	}
	return d.Step().Deadline + Grace + LapseAfter, true // for others that are silent
}

func (p Ending) seen(company block.CID) bool {
	return slices.ContainsFunc(p.Seen, func(s Sight) bool { return s.Company == company })
}

// see notes that the author knows ending acts. The first that all others knew in time ends the level.
func (d *Dispute) see(e Event, c Clock) (moved bool) {
	if d.hasPassed(e.By) || e.Doubted && e.Before >= d.Step().Deadline+Grace {
		return false // past the first entry beyond the deadline, also where a doubted one passed nothing
	}
	for i := range d.Pending {
		p := &d.Pending[i]
		if p.By == e.By || p.seen(e.By) || !e.saw(*p) {
			continue
		}
		p.Seen = append(p.Seen, Sight{e.By, e.Seq})
		moved = true
		if d.known(*p) {
			d.take(*p, e, c)
			return true
		}
	}
	return moved
}

// known tells whether every party but the author has seen an act.
func (d *Dispute) known(p Ending) bool {
	return !slices.ContainsFunc(d.Parties, func(x Party) bool { return x.Company != p.By && !p.seen(x.Company) })
}

// take puts an ending act into effect.
func (d *Dispute) take(p Ending, e Event, c Clock) {
	mark := p.Mark
	if p.Verb == Escalate {
		d.next(Turn{What: Escalated, Level: d.Step().Level, Entry: e.Entry, T: e.T, Act: &mark})
		schedule(d.Path[d.At:], c, min(c.Day(max(e.T, p.T)), d.Path[d.At].From)) // never later than if nobody had acted, never before the act by a clock turned back
		return
	}
	cause := map[Verb]Cause{Accept: Settled, Rule: Ruled, Withdraw: Withdrawn}[p.Verb]
	d.finish(End{Cause: cause, Outcome: p.Outcome, Amount: p.Amount, Act: &mark}, e, c)
}

func (d *Dispute) finish(end End, e Event, c Clock) {
	end.Level, end.Entry, end.T, end.Day = d.Step().Level, e.Entry, e.T, c.Day(e.T)
	if d.Worth != nil && end.Outcome != Concord && (!d.Claimed() || end.Cause == Settled || end.Cause == Ruled) {
		owed := d.Owes(end.Outcome, end.Amount)
		end.Amount = &owed
	}
	d.End, d.Pending = &end, []Ending{}
}

// next is the beginning of the next level.
func (d *Dispute) next(t Turn) {
	d.Turns = append(d.Turns, t)
	d.At++
	d.Passed, d.Pending = []Passing{}, []Ending{}
}

// pass notes that the author's time is beyond the level's deadline, and that of others of which it heard nothing for a week more. Ending acts that a
// member did not know when it passed are void.
func (d *Dispute) pass(e Event) (moved bool) {
	over := d.Step().Deadline + Grace
	if e.T < over || e.Doubted {
		return false
	}
	if !d.hasPassed(e.By) {
		d.leave(Passing{Company: e.By, Seq: e.Seq, T: e.T}, e)
		moved = true
	}
	if e.T < over+LapseAfter {
		return moved
	}
	for _, p := range d.Parties {
		if !d.hasPassed(p.Company) {
			by := e.By
			d.leave(Passing{Company: p.Company, Seq: e.Seq, T: e.T, Lapsed: &by}, e)
			moved = true
		}
	}
	return moved
}

func (d *Dispute) leave(p Passing, e Event) {
	d.Passed = append(d.Passed, p)
	d.Pending = slices.DeleteFunc(d.Pending, func(x Ending) bool {
		void := x.By != p.Company && !x.seen(p.Company)
		if void {
			mark := x.Mark
			d.Turns = append(d.Turns, Turn{What: Unseen, Level: d.Step().Level, Entry: e.Entry, T: e.T, Act: &mark})
		}
		return void
	})
}

// expire ends a level whose time is over. To go on to the next one passing is enough, when no ending act is under way: what others still say was
// not known in time. What ends the dispute waits until every party has passed.
func (d *Dispute) expire(e Event, c Clock) (moved bool) {
	if len(d.Passed) == 0 || len(d.Pending) > 0 {
		return false
	}
	if d.Step().Default == terms.NextLevel {
		d.next(Turn{What: TimedOut, Level: d.Step().Level, Entry: e.Entry, T: e.T})
		return true
	}
	if len(d.Passed) < len(d.Parties) {
		return false
	}
	d.finish(End{Cause: ByDefault, Outcome: d.Step().Default}, e, c)
	return true
}

// Now is where a dispute stands and what silence will bring.
type Now struct {
	State   State         `json:"state"`
	Level   string        `json:"level"`
	Until   calendar.Date `json:"until"`   // the level's last day
	Then    terms.Outcome `json:"then"`    // what the level comes to if nobody acts
	Ends    calendar.Date `json:"ends"`    // the last day of the path if nobody acts
	Default terms.Outcome `json:"default"` // what it comes to then
	Signs   []string      `json:"signs"`   // whose signature binds a company at this level
}

// Now says where it stands.
func (d Dispute) Now() Now {
	s := d.Step()
	ends, outcome := d.Ends()
	return Now{State: d.State(), Level: s.Level, Until: s.Until, Then: s.Default, Ends: ends, Default: outcome, Signs: Speaks(s.Level)}
}
