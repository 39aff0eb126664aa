package bench

import (
	"context"
	"crypto/rand"
	"fmt"
	"path/filepath"
	"time"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/feed"
)

// rowBytes is the size of one row of the large artifact.
const rowBytes = 64 << 10

// largeSheet is an attachment of random bytes.
func largeSheet(size int) (block.Sheet, error) {
	s := block.Sheet{Type: "bench/file", Head: []byte{0xa0}}
	rand.Read(s.SeriesKey[:])
	for at := 0; at < size; at += rowBytes {
		part := make([]byte, min(rowBytes, size-at))
		rand.Read(part)
		value, err := block.Marshal(part)
		if err != nil {
			return s, err
		}
		s.Rows = append(s.Rows, block.Row{Key: fmt.Sprintf("%08d", at/rowBytes), Value: value})
	}
	return s, nil
}

// measureBulk gives the partner a large artifact: its blocks cross the wire, are verified and stored, and then its entry commits.
func measureBulk(ctx context.Context, b *bench) error {
	c, err := pairUp(ctx, b.dir)
	if err != nil {
		return err
	}
	defer c.close()
	db, err := bareStore(filepath.Join(b.dir, "bare"))
	if err != nil {
		return err
	}
	defer db.Close()
	w, err := newWire(ctx)
	if err != nil {
		return err
	}
	defer w.close()
	arrived := make(chan block.CID, 16)
	end := c.maker.arrivals(func(e feed.Entry) {
		if e.Header.Kind == protocol.KindAttachment {
			arrived <- *e.Header.Body
		}
	})
	defer end()
	var rates, pours, fills, cpus []float64
	size := 0.0
	for round := range b.Rounds {
		sheet, err := largeSheet(b.Bytes)
		if err != nil {
			return err
		}
		root, below, err := sheet.Build()
		if err != nil {
			return err
		}
		if err := c.agency.PutBlocks(c.pid, append(below, root)); err != nil {
			return err
		}
		blocks := [][]byte{root.Data}
		for _, bl := range below {
			blocks = append(blocks, bl.Data)
		}
		size = 0
		for _, data := range blocks {
			size += float64(len(data)) / 1e6
		}
		watch := startWatch()
		if err := c.agency.send(ctx, c.pid, protocol.Draft{Kind: protocol.KindAttachment, Body: &root}); err != nil {
			return err
		}
		select {
		case <-arrived:
		case <-time.After(2 * pairLimit):
			return fmt.Errorf("the artifact did not arrive within %s", 2*pairLimit)
		case <-ctx.Done():
			return ctx.Err()
		}
		spent, cpu := watch.stop()
		rates, cpus = append(rates, perSecond(size, spent)), append(cpus, ms(cpu)/size)
		took, err := w.pour(blocks)
		if err != nil {
			return err
		}
		pours = append(pours, perSecond(size, took))
		if took, err = fill(db, blocks); err != nil {
			return err
		}
		fills = append(fills, perSecond(size, took))
		b.say("  round %d of %d: %.0f MB/s, %.1f ms of processor a MB; bare stream %.0f, bare fill %.0f", round+1, b.Rounds, rates[round], cpus[round], pours[round], fills[round])
	}
	r := Result{Work: fmt.Sprintf("%d MiB artifact to the partner", b.Bytes>>20), Unit: "MB/s", Value: median(rates), Samples: len(rates),
		Parts: map[string]float64{"bare_stream": median(pours), "bare_fill": median(fills), "cpu_ms_mb": median(cpus)}}
	r.Limit, r.LimitOf = median(fills), "bare Badger fill"
	if stream := median(pours); stream < r.Limit {
		r.Limit, r.LimitOf = stream, "bare libp2p stream"
	}
	return b.emit(r.judge(goal{over: 150}))
}
