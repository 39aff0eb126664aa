package virtual

import (
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/partnership"
)

// History is everything ever written in one partnership, and what is needed to fold it.
type History struct {
	Genesis    partnership.Genesis
	Identities feed.Identities
	Entries    []feed.Envelope // in the total order
	Blocks     []block.Block
}

// HistoryOf plays a seed and returns the history of its first partnership: forks, refused acts and all.
func HistoryOf(seed uint64) (h History, err error) {
	w, err := newWorld(Config{Seed: seed})
	if err != nil {
		return h, err
	}
	if err := w.play(); err != nil {
		return h, err
	}
	if err := w.heal(); err != nil {
		return h, err
	}
	o := w.offices[w.members(0)[0]]
	h.Genesis, h.Identities = w.circles[0].genesis, w.cast.Identities()
	err = o.view(0, func(r *protocol.Replica) error {
		places, err := r.Log.Places()
		if err != nil {
			return err
		}
		for _, at := range places {
			e, err := r.Log.Resolve(at)
			if err != nil {
				return err
			}
			h.Entries = append(h.Entries, e.Envelope)
			if e.Header.Body == nil || e.Header.Kind == protocol.KindSign {
				continue
			}
			blocks, err := below(r, *e.Header.Body, e.Header.Kind)
			if err != nil {
				return err
			}
			h.Blocks = append(h.Blocks, blocks...)
		}
		return nil
	})
	return h, err
}
