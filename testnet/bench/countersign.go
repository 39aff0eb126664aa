package bench

import (
	"context"
	"fmt"
	"sync"
	"time"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/feed"
)

// counter makes the maker countersign every record of the agency, and tells who waits at the agency that it is back.
type counter struct {
	c       *couple
	ctx     context.Context
	slots   chan struct{} // bounds the countersignatures under way
	ends    []func()
	running sync.WaitGroup

	mu      sync.Mutex
	waiting map[block.CID]chan struct{} // by the agency's entry
	answers map[block.CID]block.CID     // the maker's body → the agency's entry
	err     error
	failed  chan struct{}
}

func newCounter(ctx context.Context, c *couple, flight int) *counter {
	n := &counter{c: c, ctx: ctx, slots: make(chan struct{}, 2*flight), waiting: map[block.CID]chan struct{}{}, answers: map[block.CID]block.CID{}, failed: make(chan struct{})}
	n.ends = append(n.ends, c.maker.arrivals(func(e feed.Entry) {
		if e.Header.Author != c.agency.Company() || e.Header.Kind != protocol.KindRecord {
			return
		}
		n.slots <- struct{}{}
		n.running.Go(func() {
			defer func() { <-n.slots }()
			if err := n.countersign(e.CID); err != nil {
				n.fail(err)
			}
		})
	}))
	n.ends = append(n.ends, c.agency.arrivals(func(e feed.Entry) {
		if e.Header.Author == c.maker.Company() && e.Header.Kind == protocol.KindRecord {
			n.back(*e.Header.Body)
		}
	}))
	return n
}

func (n *counter) close() {
	for _, end := range n.ends {
		end()
	}
	n.running.Wait()
}

func (n *counter) countersign(entry block.CID) error {
	d, err := n.c.maker.newRecord(n.c.pid, &entry, 0)
	if err != nil {
		return err
	}
	n.mu.Lock()
	n.answers[d.Body.CID] = entry
	n.mu.Unlock()
	return n.c.maker.send(n.ctx, n.c.pid, d)
}

// back releases whoever waits for the countersignature in a body. It may come before the agency's Write returned.
func (n *counter) back(body block.CID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	entry := n.answers[body]
	delete(n.answers, body)
	close(n.gate(entry))
}

// gate is closed when an entry is countersigned. It is called with mu.
func (n *counter) gate(entry block.CID) chan struct{} {
	if n.waiting[entry] == nil {
		n.waiting[entry] = make(chan struct{})
	}
	return n.waiting[entry]
}

func (n *counter) fail(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.err == nil {
		n.err = err
		close(n.failed)
	}
}

// record signs a record at the agency and returns when it is countersigned, durably on both sides.
func (n *counter) record() error {
	d, err := n.c.agency.newRecord(n.c.pid, nil, recordBytes)
	if err != nil {
		return err
	}
	w, err := n.c.agency.Write(n.ctx, n.c.pid, "", func(*protocol.Replica, int64) (protocol.Draft, error) { return d, nil })
	if err != nil {
		return err
	}
	n.mu.Lock()
	gate := n.gate(w.Entry)
	n.mu.Unlock()
	defer func() {
		n.mu.Lock()
		delete(n.waiting, w.Entry)
		n.mu.Unlock()
	}()
	limit := time.NewTimer(pairLimit)
	defer limit.Stop()
	select {
	case <-gate:
		return nil
	case <-n.failed:
		return n.err
	case <-limit.C:
		return fmt.Errorf("entry %d was not countersigned within %s", w.Seq, pairLimit)
	case <-n.ctx.Done():
		return n.ctx.Err()
	}
}

// measureCountersign has records countersigned one at a time.
func measureCountersign(ctx context.Context, b *bench) error {
	c, err := pairUp(ctx, b.dir)
	if err != nil {
		return err
	}
	defer c.close()
	draft, err := c.agency.newRecord(c.pid, nil, recordBytes)
	if err != nil {
		return err
	}
	sent, taken, entry, err := weigh(ctx, c, c.agency, c.maker, draft)
	if err != nil {
		return err
	}
	f, err := newFloors(ctx, b.dir, len(entry.Envelope.Header))
	if err != nil {
		return err
	}
	defer f.close()
	n := newCounter(ctx, c, 1)
	defer n.close()
	if err := n.record(); err != nil { // the first opens the streams
		return err
	}
	message := len(entry.Envelope.Header) + len(entry.Envelope.Sig) + len(draft.Body.Data)
	var p pair
	for range b.Samples {
		watch := startWatch()
		if err := n.record(); err != nil {
			return err
		}
		took, cpu := watch.stop()
		p.cpu = append(p.cpu, cpu)
		floor, err := f.countersigned(sent, taken, message)
		if err != nil {
			return err
		}
		p.add(took, floor)
	}
	r := p.milliseconds("1 KiB record countersigned, one at a time", "4 signatures, 4 verifications, 4 synced transactions, 1 round trip")
	r.Parts = map[string]float64{"cpu_ms": ms(median(p.cpu))}
	return b.emit(r.judge(goal{under: 5}))
}

// countersigned is a record there and its countersignature back, by its parts: each side commits its own entry and the other's.
func (f *floors) countersigned(sent, taken shape, message int) (sum time.Duration, err error) {
	for _, part := range []func() (time.Duration, error){
		func() (time.Duration, error) { return f.pen.strokes(4, 4) },
		func() (time.Duration, error) { return commitShape(f.own, sent) },
		func() (time.Duration, error) { return f.wire.roundTrip(message, message-recordBytes) },
		func() (time.Duration, error) { return commitShape(f.partner, taken) },
		func() (time.Duration, error) { return commitShape(f.partner, sent) },
		func() (time.Duration, error) { return commitShape(f.own, taken) },
	} {
		took, err := part()
		if err != nil {
			return 0, err
		}
		sum += took
	}
	return sum, nil
}

// measureMany has records countersigned, many at a time.
func measureMany(ctx context.Context, b *bench) error {
	c, err := pairUp(ctx, b.dir)
	if err != nil {
		return err
	}
	defer c.close()
	n := newCounter(ctx, c, b.Flight)
	defer n.close()
	p, err := newPen(recordBytes)
	if err != nil {
		return err
	}
	if err := n.burst(b.Flight, b.Flight); err != nil { // the first open the streams
		return err
	}
	var rates, limits, cpus []float64
	before := c.replayed()
	for round := range b.Rounds {
		watch := startWatch()
		if err := n.burst(b.Burst, b.Flight); err != nil {
			return err
		}
		took, cpu := watch.stop()
		rates, cpus = append(rates, perSecond(float64(b.Burst), took)), append(cpus, ms(cpu)/float64(b.Burst))
		limit, err := p.verifyRate(time.Second)
		if err != nil {
			return err
		}
		limits = append(limits, limit)
		b.say("  round %d of %d: %.0f records a second, %.2f ms of processor each", round+1, b.Rounds, rates[round], cpus[round])
	}
	r := Result{Work: fmt.Sprintf("1 KiB records countersigned, %d at a time", b.Flight), Unit: "records/s", Value: median(rates), Limit: median(limits),
		LimitOf: "Ed25519 verifications on all cores", Samples: len(rates), Parts: map[string]float64{"cpu_ms": median(cpus), "replayed": (c.replayed() - before) / float64(b.Burst*b.Rounds)}}
	return b.emit(r.judge(goal{over: 1500}))
}

// burst has count records countersigned, flight of them at once.
func (n *counter) burst(count, flight int) error {
	var wg sync.WaitGroup
	tickets := make(chan struct{}, count)
	for range count {
		tickets <- struct{}{}
	}
	close(tickets)
	for range flight {
		wg.Go(func() {
			for range tickets {
				if err := n.record(); err != nil {
					n.fail(err)
					return
				}
			}
		})
	}
	wg.Wait()
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.err
}
