package p2p

import (
	"context"
	"errors"

	"github.com/libp2p/go-libp2p/core/peer"

	"kontor/protocol/block"
	"kontor/protocol/wire"
)

// storeBytes is how many bytes of blocks are stored at once. More keeps the disk idle until the first are there and the wire idle while the last are
// written; fewer pay for more synced writes. With a block of the largest size on top it is still one transaction of the store.
const storeBytes = 8 << 20

// fetch gets the body of an entry from a partner. What is held of it already is not fetched again, so a fetch that broke off goes on
// where it stopped.
func (h *Host) fetch(ctx context.Context, from peer.ID, pid block.CID, want Wanted) error {
	t, err := h.open(ctx, from, wire.BlocksID)
	if err != nil {
		return err
	}
	done := false
	defer func() {
		if !done {
			_ = t.Reset()
		}
	}()
	defer context.AfterFunc(ctx, func() { _ = t.Reset() })()
	f := &fetcher{h: h, ctx: ctx, t: t, pid: pid, want: want}
	if err := f.run(); err != nil {
		return err
	}
	done = true
	return t.Close()
}

type fetcher struct {
	h    *Host
	ctx  context.Context
	t    *talk
	pid  block.CID
	want Wanted
}

func (f *fetcher) run() error {
	_, rootHeld, err := f.h.office.Block(f.ctx, f.pid, f.want.Body)
	if err != nil {
		return err
	}
	if !f.want.Deep {
		if rootHeld {
			return nil
		}
		_, err := f.one(nil, f.want.Body, nil)
		return err
	}
	if len(f.want.From) == 0 {
		return f.deep()
	}
	if !rootHeld {
		patched, err := f.one(nil, f.want.Body, f.want.From)
		if err != nil || patched {
			return err
		}
	}
	return f.missing(nil, f.want.Body)
}

func (f *fetcher) ask(path []int64, deep bool, skip int64, earlier []block.CID) error {
	return f.t.say(wire.BlocksAsk{PID: f.pid, Entry: f.want.Entry, Path: path, Deep: deep, Skip: skip, From: earlier[:min(len(earlier), wire.MaxFrom)]})
}

// reply reads the head of an answer and its first frame; nil when there is none.
func (f *fetcher) reply() (form string, err error) {
	r, err := hear[wire.BlocksReply](f.t, wire.MaxPairFrame, streamIdle)
	if err != nil {
		return "", err
	}
	if r.Err != nil {
		return "", r.Err
	}
	return r.Form, nil
}

func (f *fetcher) frame() ([]byte, error) {
	if err := f.t.listen(streamIdle); err != nil {
		return nil, err
	}
	data, err := wire.ReadFrame(f.t.r, wire.MaxFrame)
	f.h.metrics.fetched.Add(float64(len(data)))
	return data, err
}

// single reads an answer of one frame.
func (f *fetcher) single() (form string, data []byte, err error) {
	if form, err = f.reply(); err != nil {
		return "", nil, err
	}
	if data, err = f.frame(); err != nil {
		return "", nil, err
	}
	end, err := f.frame()
	if err == nil && (len(end) != 0 || len(data) == 0) {
		err = wire.Faultf(wire.CodeMalformed, "an answer of one block has another number of frames")
	}
	return form, data, err
}

// one gets the block at a path, or a patch that makes the whole body.
func (f *fetcher) one(path []int64, id block.CID, earlier []block.CID) (patched bool, err error) {
	if err := f.ask(path, false, 0, earlier); err != nil {
		return false, err
	}
	form, data, err := f.single()
	if err != nil {
		return false, err
	}
	if form == wire.FormPatch {
		if len(earlier) == 0 {
			return false, wire.Faultf(wire.CodeMalformed, "a patch that was not asked for")
		}
		if err := f.h.office.ApplyPatch(f.ctx, f.pid, f.want, data); err == nil {
			return true, nil
		} else if f.ctx.Err() != nil {
			return false, err
		} else {
			f.h.log.Warn("patch does not fit; fetching the blocks", "partnership", f.pid.Short(), "entry", f.want.Entry.Short(), "err", err)
			f.h.metrics.verifyFailures.WithLabelValues("PATCH").Inc()
		}
		return f.one(path, id, nil)
	}
	return false, f.store(id, data)
}

func (f *fetcher) store(id block.CID, data []byte) error {
	if !id.Holds(data) {
		return wire.Faultf(wire.CodeMalformed, "the bytes of block %s are another's", id.Short())
	}
	return f.h.office.StoreBlocks(f.ctx, f.pid, []block.Block{{CID: id, Data: data}})
}

// deep gets the body and all below it as one stream, from the first block on that is not held.
func (f *fetcher) deep() error {
	walk := wire.NewDeep(f.want.Body)
	skip := int64(0)
	for {
		id, more := walk.Next()
		if !more {
			return nil
		}
		data, held, err := f.h.office.Block(f.ctx, f.pid, id)
		if err != nil {
			return err
		}
		if !held {
			break
		}
		if err := walk.Pass(data); err != nil {
			return err
		}
		skip++
	}
	if err := f.ask(nil, true, skip, nil); err != nil {
		return err
	}
	if form, err := f.reply(); err != nil {
		return err
	} else if form != wire.FormBlocks {
		return wire.Faultf(wire.CodeMalformed, "a patch that was not asked for")
	}
	return f.receive(walk)
}

// receive reads blocks, verifies each as it comes, and stores them by the batch beside the reading.
func (f *fetcher) receive(walk *wire.Deep) error {
	batches := make(chan []block.Block) // one batch is stored while the next is read, and no more are held
	stored := make(chan error, 1)
	f.h.start(func() {
		var failed error
		for b := range batches {
			if failed == nil {
				failed = f.h.office.StoreBlocks(f.ctx, f.pid, b)
			}
		}
		stored <- failed
	})
	err := f.readInto(walk, batches)
	close(batches)
	select {
	case failed := <-stored:
		return errors.Join(err, failed)
	case <-f.h.ctx.Done():
		return f.h.ctx.Err()
	}
}

func (f *fetcher) readInto(walk *wire.Deep, batches chan<- []block.Block) error {
	var batch []block.Block
	size := 0
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		select {
		case batches <- batch:
		case <-f.h.ctx.Done():
			return f.h.ctx.Err()
		}
		batch, size = nil, 0
		return nil
	}
	for {
		id, more := walk.Next()
		data, err := f.frame()
		if err != nil {
			return errors.Join(err, flush())
		}
		if len(data) == 0 {
			if more {
				return errors.Join(wire.Faultf(wire.CodeMalformed, "the answer ends before the document does"), flush())
			}
			return flush()
		}
		if err := walk.Take(data); err != nil {
			return errors.Join(err, flush())
		}
		batch = append(batch, block.Block{CID: id, Data: data})
		if size += len(data); size >= storeBytes {
			if err := flush(); err != nil {
				return err
			}
		}
	}
}

// askAhead is how many asks for single blocks are under way at once.
const askAhead = 32

// missing gets what is not held below a block that is: the way of a revision, which shares most blocks with the body before.
func (f *fetcher) missing(path []int64, id block.CID) error {
	if id.Raw() || len(path) == wire.MaxPath {
		return nil
	}
	data, held, err := f.h.office.Block(f.ctx, f.pid, id)
	if err != nil || !held {
		return errors.Join(err, wantHeld(held))
	}
	links, err := block.Links(data)
	if err != nil {
		return err
	}
	type place struct {
		path []int64
		id   block.CID
	}
	var lacking []place
	for i, link := range links {
		at := place{append(append([]int64{}, path...), int64(i)), link}
		if _, held, err := f.h.office.Block(f.ctx, f.pid, link); err != nil {
			return err
		} else if !held {
			lacking = append(lacking, at)
		}
	}
	for asked, got := 0, 0; got < len(lacking); got++ {
		for ; asked < len(lacking) && asked-got < askAhead; asked++ {
			if err := f.ask(lacking[asked].path, false, 0, nil); err != nil {
				return err
			}
		}
		_, data, err := f.single()
		if err != nil {
			return err
		}
		if err := f.store(lacking[got].id, data); err != nil {
			return err
		}
	}
	for i, link := range links {
		if err := f.missing(append(append([]int64{}, path...), int64(i)), link); err != nil {
			return err
		}
	}
	return nil
}

func wantHeld(held bool) error {
	if held {
		return nil
	}
	return errors.New("a block that was just stored is not held")
}
