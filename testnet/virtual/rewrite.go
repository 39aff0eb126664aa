package virtual

import (
	"errors"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/feed"
)

// branch is a second history of a feed: entries that follow one that its author has written over.
type branch struct {
	envs   []feed.Envelope
	blocks []block.Block
}

// fork makes an office write a second history, of one entry or of a few, from its newest entry or from one long past, and show it to some of the others. What
// stands in it is what its people would have said: a signature, an act on a dispute, an offer, or nothing.
func (w *world) fork() error {
	o := w.offices[w.rng.IntN(2)]
	p := 0
	if o.down || o.part[p].want > 0 || len(w.forkers) > 0 {
		w.in(Hour, w.fork)
		return nil
	}
	back, length := 0, 1
	for w.rng.IntN(2) == 0 && back < 8 { // some forks lie in the past: a history may be rewritten long after
		back++
	}
	for w.rng.IntN(2) == 0 && length < 4 {
		length++
	}
	var said []build
	for range length {
		said = append(said, w.forked(o))
	}
	var second branch
	err := o.view(p, func(r *protocol.Replica) (err error) {
		second, err = o.rewrite(r, back, said)
		return err
	})
	if errors.Is(err, errIdle) {
		w.in(Hour, w.fork)
		return nil
	}
	if err != nil {
		return err
	}
	w.forkers[o.c.ID] = true
	w.totals.Forks++
	w.log("! %s writes a second history of %d entries", o.c.Name, len(second.envs))
	for _, i := range w.members(p) {
		if i == o.i || w.rng.IntN(2) == 0 {
			w.in(w.delay(), func() error {
				if w.offices[i].down {
					return nil
				}
				return w.offices[i].receive(p, second.envs, second.blocks)
			})
		}
	}
	return w.keepTrying(o, p, second)
}

// forked is what an entry of a second history says.
func (w *world) forked(o *office) build {
	switch n := w.rng.IntN(4); {
	case n == 0:
		return plain(protocol.KindHeartbeat)
	case n == 1 || w.story == noStory:
		return w.topicStep(o, 0)
	}
	return w.storyStep(o)
}

// rewrite makes a second history in place of the office's newest entries, as many as back says and one more. What its people would not say now is a heartbeat.
func (o *office) rewrite(r *protocol.Replica, back int, said []build) (out branch, err error) {
	head, found, err := r.Log.Head(o.c.ID)
	if err != nil || !found || head.Header.Seq < 2 {
		return out, orIdle(err)
	}
	for ; back > 0 && head.Header.Seq > 2; back-- {
		at, err := r.Log.At(o.c.ID, head.Header.Seq-1)
		if err != nil || len(at) == 0 {
			return out, orIdle(err)
		}
		head = at[0]
	}
	h := head.Header
	view, _ := o.c.Chain.At(h.IDHead)
	key := o.c.feed[0]
	if k, _ := view.FeedKey(); k != key.Public() {
		key = o.c.feed[1]
	}
	for i, b := range said {
		draft, err := b(r, h.T)
		if err != nil || draft.Kind == protocol.KindSign {
			draft = protocol.Draft{Kind: protocol.KindHeartbeat}
		}
		h.Kind, h.Body, h.Crit = draft.Kind, nil, draft.Kind != protocol.KindHeartbeat && draft.Kind != protocol.KindReceipt
		if draft.Body != nil {
			h.Body = &draft.Body.CID
			out.blocks = append(append(out.blocks, *draft.Body), draft.Blocks...)
		}
		h.T++
		if i > 0 {
			prev := out.envs[i-1].CID()
			h.Prev = &prev
			h.Seq, h.Lam = h.Seq+1, h.Lam+1
		}
		env, err := feed.Seal(h, key)
		if err != nil {
			return out, err
		}
		out.envs = append(out.envs, env)
	}
	return out, nil
}

// keepTrying makes sure that the second history reaches its own author's store, from where it spreads.
func (w *world) keepTrying(o *office, p int, second branch) error {
	if !o.down {
		if err := o.receive(p, second.envs, second.blocks); err != nil {
			return err
		}
		if o.part[p].held[second.envs[0].CID()] {
			w.shown = true
			return nil
		}
	}
	w.in(Hour, func() error { return w.keepTrying(o, p, second) })
	return nil
}
