package bench

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// weeksShared is how many weeks each series of the large forecast has.
const weeksShared = 52

// fewWrites is what a revision may take in milliseconds however little it changes: half a dozen synced writes, one after the other, and four messages.
const fewWrites = 25

// measureForecast shares a forecast of many series: gated, built, signed, sent, verified and durable at the partner; then again with one cell in a
// hundred changed, spread over all series. Its limit is the same bytes through a bare stream and into a bare database.
func measureForecast(ctx context.Context, b *bench) error {
	for _, series := range []int{b.Series / 100, b.Series / 10, b.Series} {
		dir, err := os.MkdirTemp(b.dir, "")
		if err != nil {
			return err
		}
		if err := b.forecastOf(ctx, dir, series); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) forecastOf(ctx context.Context, dir string, series int) error {
	c, err := pairUp(ctx, dir)
	if err != nil {
		return err
	}
	defer c.close()
	arrived := make(chan block.CID, 16)
	end := c.maker.arrivals(func(e feed.Entry) {
		if e.Header.Kind == protocol.KindForecast {
			arrived <- *e.Header.Body
		}
	})
	defer end()
	doc, _ := matchOf(series, 1)
	var first, took time.Duration
	var size, bytesFirst, bytesRevised float64
	for revision := range 2 {
		if revision > 0 {
			change(&doc)
		}
		if err := c.settleDown(ctx); err != nil {
			return err
		}
		before, watch := loopbackBytes(), startWatch()
		root, n, err := c.agency.shareForecast(ctx, c.pid, doc)
		if err != nil {
			return err
		}
		select {
		case <-arrived:
		case <-time.After(2 * pairLimit):
			return fmt.Errorf("the forecast did not arrive within %s", 2*pairLimit)
		case <-ctx.Done():
			return ctx.Err()
		}
		took, _ = watch.stop()
		if revision == 0 {
			first, size, bytesFirst = took, float64(n), loopbackBytes()-before
		} else {
			bytesRevised = loopbackBytes() - before
		}
		doc.Header.Revision, doc.Header.Parent = doc.Header.Revision+1, &root
	}
	limit, err := b.barely(ctx, dir, int(size))
	if err != nil {
		return err
	}
	name := thousands(series) + " series x 52 weeks x 5 quantiles"
	share := float64(series) / 10_000
	r := Result{Work: "forecast of " + name + " at the partner", Unit: "ms", Value: ms(first), Limit: ms(limit), LimitOf: "bare libp2p stream and bare Badger fill of its bytes", Samples: 1,
		Parts: map[string]float64{"mib": size / (1 << 20), "mib_on_the_wire": bytesFirst / (1 << 20)}}
	if err := b.emit(r.judge(goal{under: 4000 * share})); err != nil {
		return err
	}
	r = Result{Work: "1 % of its cells revised, at the partner", Unit: "ms", Value: ms(took), Limit: ms(limit), LimitOf: "the same for the whole", Samples: 1}
	if err := b.emit(r.judge(goal{under: max(500*share, fewWrites)})); err != nil {
		return err
	}
	if bytesFirst > 0 {
		r = Result{Work: "bytes of that revision", Unit: "%", Value: 100 * bytesRevised / bytesFirst, Limit: 1, LimitOf: "the share of cells that changed", Samples: 1}
		return b.emit(r.judge(goal{under: 3}))
	}
	return nil
}

// barely is how long the machine takes for the bytes alone: over a stream, and into a database.
func (b *bench) barely(ctx context.Context, dir string, size int) (time.Duration, error) {
	db, err := bareStore(filepath.Join(dir, "bare"))
	if err != nil {
		return 0, err
	}
	defer db.Close()
	w, err := newWire(ctx)
	if err != nil {
		return 0, err
	}
	defer w.close()
	var blocks [][]byte
	for at := 0; at < size; at += rowBytes {
		blocks = append(blocks, bytes.Repeat([]byte{byte(at >> 16)}, min(rowBytes, size-at)))
	}
	pour, err := w.pour(blocks)
	if err != nil {
		return 0, err
	}
	fill, err := fill(db, blocks)
	return pour + fill, err
}

// shareForecast gates, builds and writes a forecast as a desk does once it has its lines.
func (o *office) shareForecast(ctx context.Context, pid block.CID, doc forecast.Document) (root block.CID, size int, err error) {
	sheet, err := node.BuildForecast(doc, [32]byte{1})
	if err != nil {
		return root, 0, err
	}
	var base block.Version
	if doc.Header.Parent != nil {
		if err := o.View(pid, func(r *protocol.Replica) (err error) {
			base, err = r.Artifact(*doc.Header.Parent)
			return err
		}); err != nil {
			return root, 0, err
		}
	}
	v, top, below, err := sheet.BuildOn(base, node.Spread)
	if err != nil {
		return root, 0, err
	}
	all := append(below, top)
	for _, b := range all {
		size += len(b.Data)
	}
	if err := o.PutArtifact(pid, base, v, all); err != nil {
		return root, 0, err
	}
	p, err := o.Partnership(pid)
	if err != nil {
		return root, 0, err
	}
	if _, _, follows := p.Compare(base, v, artifact.RulesNewest, node.Spread); !follows { // it was compared beside the writing
		if found := append(forecast.Check(doc), forecast.CheckScope(doc, artifact.Everything())...); len(found) > 0 {
			return root, 0, found[0]
		}
	}
	return top.CID, size, o.send(ctx, pid, protocol.Draft{Kind: protocol.KindForecast, Body: &top})
}

// change gives every hundredth cell another mean.
func change(doc *forecast.Document) {
	i := 0
	for _, l := range doc.Lines {
		for k := range l.Buckets {
			if i++; i%100 == 0 {
				l.Buckets[k].Mean = quantity.Of(l.Buckets[k].Mean.Mantissa() + 5)
			}
		}
	}
}

// loopbackBytes is what this machine has received over loopback since it started; 0 where the system does not say. Others' bytes are among them.
func loopbackBytes() float64 {
	data, err := os.ReadFile("/proc/net/dev")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		name, counters, found := strings.Cut(strings.TrimSpace(line), ":")
		if fields := strings.Fields(counters); found && name == "lo" && len(fields) > 0 {
			n, err := strconv.ParseFloat(fields[0], 64)
			if err == nil {
				return n
			}
		}
	}
	return 0
}
