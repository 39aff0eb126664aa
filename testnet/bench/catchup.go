package bench

import (
	"context"
	"fmt"
	"sync"
	"time"

	"kontor/protocol"
)

// measureCatchUp lets one side write while the other is away, and measures how fast that one catches up from the moment it opens.
func measureCatchUp(ctx context.Context, b *bench) error {
	c, err := pairUp(ctx, b.dir)
	if err != nil {
		return err
	}
	defer c.close()
	p, err := newPen(512)
	if err != nil {
		return err
	}
	var rates, limits, cpus []float64
	for round := range min(b.Rounds, 3) {
		// What the round before left to settle and to commit to is not this one's work.
		if err := c.settleDown(ctx); err != nil {
			return err
		}
		if err := c.maker.close(); err != nil {
			return err
		}
		if err := c.writeMany(ctx, b.CatchUp, b.Flight); err != nil {
			return err
		}
		target, err := c.agency.seq(c, c.agency)
		if err != nil {
			return err
		}
		if err := c.maker.open(); err != nil {
			return err
		}
		watch, before := startWatch(), c.replayed()
		for deadline := watch.began.Add(4 * pairLimit); ; {
			seq, err := c.maker.seq(c, c.agency)
			if err != nil {
				return err
			}
			if seq >= target {
				break
			}
			if time.Now().After(deadline) {
				return fmt.Errorf("entry %d of %d after %s", seq, target, 4*pairLimit)
			}
			time.Sleep(5 * time.Millisecond)
		}
		took, cpu := watch.stop()
		again := c.replayed() - before
		rates, cpus = append(rates, perSecond(float64(b.CatchUp), took)), append(cpus, ms(cpu)/float64(b.CatchUp))
		limit, err := p.verifyRate(time.Second)
		if err != nil {
			return err
		}
		limits = append(limits, limit)
		b.say("  round %d of %d: %.0f entries a second, %.3f ms of processor each, %.0f folded again", round+1, min(b.Rounds, 3), rates[round], cpus[round], again)
	}
	r := Result{Work: fmt.Sprintf("catch-up of %d entries", b.CatchUp), Unit: "entries/s", Value: median(rates), Limit: median(limits),
		LimitOf: "Ed25519 verifications on all cores", Samples: len(rates), Parts: map[string]float64{"cpu_ms": median(cpus)}}
	return b.emit(r.judge(goal{over: 5000}))
}

// writeMany writes records at the agency.
func (c *couple) writeMany(ctx context.Context, count, flight int) error {
	var wg sync.WaitGroup
	errs := make(chan error, flight)
	tickets := make(chan struct{}, count)
	for range count {
		tickets <- struct{}{}
	}
	close(tickets)
	for range flight {
		wg.Go(func() {
			for range tickets {
				d, err := c.agency.newRecord(c.pid, nil, 128)
				if err == nil {
					err = c.agency.send(ctx, c.pid, d)
				}
				if err != nil {
					errs <- err
					return
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	return <-errs
}

// seq is the newest entry of an author that an office holds.
func (o *office) seq(c *couple, author *office) (seq int64, err error) {
	company := author.Company()
	err = o.View(c.pid, func(r *protocol.Replica) error {
		head, found, err := r.Log.Head(company)
		if found {
			seq = head.Header.Seq
		}
		return err
	})
	return seq, err
}
