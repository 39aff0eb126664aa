package virtual

import (
	"container/heap"
	"sort"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/feed"
)

// message is what one office sends another about one partnership: entries with their blocks, or what it has.
type message struct {
	from, to, p int
	chains      []int64 // how far the sender knows each company's chain; nil: not said
	envs        []feed.Envelope
	blocks      []block.Block
	have        []int64 // by member; nil: not asking
}

// event is something that happens at a time.
type event struct {
	at int64
	n  int // order of making, so that equal times have one order
	do func() error
}

type queue []event

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].at < q[j].at || q[i].at == q[j].at && q[i].n < q[j].n }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)        { *q = append(*q, x.(event)) }
func (q *queue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}

// in plans something after a delay.
func (w *world) in(delay int64, do func() error) {
	w.made++
	heap.Push(&w.queue, event{w.now + delay, w.made, do})
}

// next takes the earliest event and moves the time to it.
func (w *world) next() (event, bool) {
	if len(w.queue) == 0 {
		return event{}, false
	}
	e := heap.Pop(&w.queue).(event)
	w.now = max(w.now, e.at)
	return e, true
}

// send gives a message to the bus, which may lose it, repeat it, or keep it for long.
func (w *world) send(m message) {
	w.totals.Messages++
	if w.cut[m.from][m.to] > w.now || w.rng.Float64() < w.drop {
		w.totals.Lost++
		w.log("%-10s x %-10s lost", w.offices[m.from].c.Name, w.offices[m.to].c.Name)
		return
	}
	copies := 1
	if w.rng.Float64() < w.repeat {
		copies = 2
		w.totals.Repeated++
	}
	for range copies {
		w.in(w.delay(), func() error { return w.deliver(m) })
	}
}

// delay is mostly short and sometimes hours: messages overtake each other.
func (w *world) delay() int64 {
	if w.calm {
		return 50
	}
	d := 50 + w.rng.Int64N(2000)
	if w.rng.IntN(10) == 0 {
		d += w.rng.Int64N(3 * Hour)
	}
	return d
}

func (w *world) deliver(m message) error {
	o := w.offices[m.to]
	if o.down || w.cut[m.from][m.to] > w.now {
		w.totals.Lost++
		return nil
	}
	for i, n := range m.chains {
		o.knew[i] = max(o.knew[i], n)
	}
	if m.have != nil {
		return w.serve(o, m)
	}
	w.log("%-10s -> %-10s %d entries in %s", w.offices[m.from].c.Name, o.c.Name, len(m.envs), w.title(m.p))
	return o.receive(m.p, m.envs, m.blocks)
}

// push tells the others about new entries at once. They leave the machine here: the high-water mark rises first.
func (w *world) push(o *office, p int, entries []feed.Entry) {
	if len(entries) == 0 {
		return
	}
	for _, to := range w.members(p) {
		if to != o.i && !w.down(to) {
			w.post(o, p, to, entries)
		}
	}
}

func (w *world) down(i int) bool { return w.offices[i].down }

// post sends entries with their blocks.
func (w *world) post(o *office, p, to int, entries []feed.Entry) {
	m := message{from: o.i, to: to, p: p}
	if w.rng.IntN(4) > 0 || w.calm {
		m.chains = append([]int64{}, o.knew...)
	}
	err := o.view(p, func(r *protocol.Replica) error {
		for _, e := range entries {
			m.envs = append(m.envs, e.Envelope)
			if e.Header.Author == o.c.ID {
				o.part[p].high = max(o.part[p].high, e.Header.Seq)
			}
			if e.Header.Body != nil && e.Header.Kind != protocol.KindSign {
				blocks, err := below(r, *e.Header.Body, e.Header.Kind)
				if err != nil {
					return err
				}
				m.blocks = append(m.blocks, blocks...)
			}
		}
		return nil
	})
	if err != nil {
		panic("invariant: an office reads what it holds: " + err.Error())
	}
	w.send(m)
}

// below lists a body and, of an artifact, every block under it.
func below(r *protocol.Replica, root block.CID, kind string) (out []block.Block, err error) {
	todo := []block.CID{root}
	for len(todo) > 0 {
		data, err := r.Block(todo[0])
		if err != nil {
			return nil, err
		}
		out = append(out, block.Block{CID: todo[0], Data: data})
		todo = todo[1:]
		if protocol.ArtifactType(kind) != "" || kind == protocol.KindAttachment {
			links, err := block.Links(data)
			if err != nil {
				return nil, err
			}
			todo = append(todo, links...)
		}
	}
	return out, nil
}

// ask says what an office has, so that another may send the rest.
func (w *world) ask(o *office, p, to int) error {
	m := message{from: o.i, to: to, p: p, chains: append([]int64{}, o.knew...), have: []int64{}}
	err := o.view(p, func(r *protocol.Replica) error {
		for _, member := range r.Circle.Members {
			head, found, err := r.Log.Head(member.Company)
			if err != nil {
				return err
			}
			seq := int64(0)
			if found {
				seq = head.Header.Seq
			}
			if _, forked := w.forkers[member.Company]; forked {
				seq = 0 // both branches are wanted
			}
			m.have = append(m.have, seq)
		}
		return nil
	})
	if err == nil {
		w.send(m)
	}
	return err
}

// batch is the most entries of one answer.
const batch = 48

// serve answers with the entries an office lacks, oldest first.
func (w *world) serve(o *office, q message) error {
	var lacking []feed.Entry
	err := o.view(q.p, func(r *protocol.Replica) error {
		for i, member := range r.Circle.Members {
			err := r.Log.From(member.Company, q.have[i]+1, func(e feed.Entry) (bool, error) {
				lacking = append(lacking, e)
				return true, nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || len(lacking) == 0 {
		return err
	}
	sort.Slice(lacking, func(i, j int) bool { return lacking[i].Key().Compare(lacking[j].Key()) < 0 })
	if len(w.forkers) == 0 { // a forked feed is sent whole: both branches count under the same numbers
		lacking = lacking[:min(len(lacking), batch)]
	}
	w.post(o, q.p, q.from, lacking)
	return nil
}
