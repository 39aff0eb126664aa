package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/dgraph-io/badger/v4"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/testnet/virtual"
)

// floors are the parts an exchange can't do without.
type floors struct {
	own, partner *badger.DB
	wire         *wire
	pen          pen
}

// measureShare shares revisions of a small forecast and waits for the partner's receipt of each.
func measureShare(ctx context.Context, b *bench) error {
	c, err := pairUp(ctx, b.dir)
	if err != nil {
		return err
	}
	defer c.close()
	var parent *block.CID
	revise := func(n int64) (protocol.Draft, error) {
		d, err := virtual.Share(virtual.Forecast("bench", n, parent, c.agency.Now(), 100+n, 200, 300))
		if err == nil {
			parent = &d.Body.CID
		}
		return d, err
	}
	first, err := revise(0)
	if err != nil {
		return err
	}
	sent, taken, entry, err := weigh(ctx, c, c.agency, c.maker, first)
	if err != nil {
		return err
	}
	message := len(entry.Envelope.Header) + len(entry.Envelope.Sig) + len(first.Body.Data)
	for _, below := range first.Blocks {
		message += len(below.Data)
	}
	f, err := newFloors(ctx, b.dir, len(entry.Envelope.Header))
	if err != nil {
		return err
	}
	defer f.close()
	receipts := make(chan int64, 16)
	me := c.agency.index(c.pid, c.agency.Company())
	end := c.agency.arrivals(func(e feed.Entry) {
		if e.Header.Author == c.maker.Company() && e.Header.Kind == protocol.KindReceipt {
			receipts <- e.Clock[me]
		}
	})
	defer end()
	share := func(d protocol.Draft) error {
		w, err := c.agency.Write(ctx, c.pid, "", func(*protocol.Replica, int64) (protocol.Draft, error) { return d, nil })
		if err != nil {
			return err
		}
		limit := time.After(pairLimit)
		for {
			select {
			case seen := <-receipts:
				if seen >= w.Seq {
					return nil
				}
			case <-limit:
				return fmt.Errorf("no receipt of entry %d within %s", w.Seq, pairLimit)
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	if err := share(first); err != nil {
		return err
	}
	var p pair
	for n := range b.Samples {
		watch := startWatch()
		d, err := revise(int64(n + 1))
		if err != nil {
			return err
		}
		if err := share(d); err != nil {
			return err
		}
		took, cpu := watch.stop()
		p.cpu = append(p.cpu, cpu)
		floor, err := f.exchange(sent, taken, message, len(entry.Envelope.Header)+len(entry.Envelope.Sig))
		if err != nil {
			return err
		}
		p.add(took, floor)
	}
	r := p.milliseconds("small artifact shared, receipt back", "2 synced transactions, 1 round trip, 2 signatures, 2 verifications")
	r.Parts = map[string]float64{"message_bytes": float64(message), "sent_bytes": float64(sent.bytes()), "taken_bytes": float64(taken.bytes()), "cpu_ms": ms(median(p.cpu))}
	return b.emit(r.judge(goal{ratio: 3, under: 3}))
}

// index is a company's place in the circle of a partnership.
func (o *office) index(pid, company block.CID) int {
	p, err := o.Partnership(pid)
	if err != nil {
		return 0
	}
	return p.Circle.Index(company)
}

func newFloors(ctx context.Context, dir string, header int) (f *floors, err error) {
	f = &floors{}
	defer func() {
		if err != nil {
			f.close()
		}
	}()
	if f.own, err = bareStore(filepath.Join(dir, "bare own")); err != nil {
		return f, err
	}
	if f.partner, err = bareStore(filepath.Join(dir, "bare partner")); err != nil {
		return f, err
	}
	if f.pen, err = newPen(header); err != nil {
		return f, err
	}
	f.wire, err = newWire(ctx)
	return f, err
}

func (f *floors) close() {
	if f.own != nil {
		f.own.Close()
	}
	if f.partner != nil {
		f.partner.Close()
	}
	if f.wire != nil {
		f.wire.close()
	}
}

// exchange is one artifact there and its receipt back, by its parts.
func (f *floors) exchange(sent, taken shape, message, receipt int) (sum time.Duration, err error) {
	for _, part := range []func() (time.Duration, error){
		func() (time.Duration, error) { return f.pen.strokes(2, 2) },
		func() (time.Duration, error) { return commitShape(f.own, sent) },
		func() (time.Duration, error) { return f.wire.roundTrip(message, receipt) },
		func() (time.Duration, error) { return commitShape(f.partner, taken) },
	} {
		took, err := part()
		if err != nil {
			return 0, err
		}
		sum += took
	}
	return sum, nil
}
