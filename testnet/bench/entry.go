package bench

import (
	"context"
	"crypto/rand"
	"path/filepath"

	"kontor/protocol"
	"kontor/protocol/block"
)

// recordBytes is the content of a record: what a delivery note or an acknowledgement holds.
const recordBytes = 1 << 10

// newRecord makes the draft of a record, signed by the office's officer. Of is the entry that it countersigns, or nil.
func (o *office) newRecord(pid block.CID, of *block.CID, size int) (protocol.Draft, error) {
	p, err := o.Partnership(pid)
	if err != nil {
		return protocol.Draft{}, err
	}
	return o.recordIn(p.Contract, of, size)
}

// recordIn makes the draft without an open office.
func (o *office) recordIn(c *protocol.Contract, of *block.CID, size int) (protocol.Draft, error) {
	rec := protocol.Record{PID: c.PID, Type: "bench", Label: "record", Of: of}
	if of == nil {
		rec.Text = make([]byte, size)
		rand.Read(rec.Text)
	}
	signed, err := c.SignDocument(o.role, protocol.RecordSignature, rec)
	if err != nil {
		return protocol.Draft{}, err
	}
	body, err := block.New(signed)
	return protocol.Draft{Kind: protocol.KindRecord, Body: &body}, err
}

// send writes a draft.
func (o *office) send(ctx context.Context, pid block.CID, d protocol.Draft) error {
	_, err := o.Write(ctx, pid, "", func(*protocol.Replica, int64) (protocol.Draft, error) { return d, nil })
	return err
}

// measureEntry commits entries while the partner is away, beside bare transactions of the same records.
func measureEntry(ctx context.Context, b *bench) error {
	c, err := pairUp(ctx, b.dir)
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.maker.close(); err != nil {
		return err
	}
	draft, err := c.agency.newRecord(c.pid, nil, 256)
	if err != nil {
		return err
	}
	s, err := newScale(c.agency, c.pid)
	if err != nil {
		return err
	}
	author, err := c.agency.author(ctx)
	if err != nil {
		return err
	}
	weight, _, err := s.write(draft, author, c.agency.Now())
	if err != nil {
		return err
	}
	db, err := bareStore(filepath.Join(b.dir, "bare"))
	if err != nil {
		return err
	}
	defer db.Close()
	var p pair
	for range b.Samples {
		if draft, err = c.agency.newRecord(c.pid, nil, 256); err != nil {
			return err
		}
		watch := startWatch()
		if err := c.agency.send(ctx, c.pid, draft); err != nil {
			return err
		}
		took, cpu := watch.stop()
		p.cpu = append(p.cpu, cpu)
		floor, err := commitShape(db, weight)
		if err != nil {
			return err
		}
		p.add(took, floor)
	}
	r := p.milliseconds("one entry committed", "one synced Badger transaction of the same records")
	r.Parts = map[string]float64{"records": float64(len(weight)), "bytes": float64(weight.bytes()), "cpu_ms": ms(median(p.cpu))}
	return b.emit(r.judge(goal{ratio: 2}))
}
