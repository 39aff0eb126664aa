package p2p

import (
	"slices"

	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/wire"
)

// recited are entries a partner sent that were held before, the newest of each author. A partner that holds another history of an author than this side
// does not know where the two parted; it begins up to feed.ForkEntries before the end (PROTOCOL 5), and a batch may end before it comes to what is new.
// The next ask names what was recited as held, and the partner goes on behind it.
type recited map[block.CID]wire.Head

// recite takes in a batch that brought nothing new. False says that all of it was recited before: asking on would bring it again.
func (r *recited) recite(b wire.Batch) bool {
	if *r == nil {
		*r = recited{}
	}
	further := false
	for _, env := range b.Entries {
		var h feed.Header
		if block.Unmarshal(env.Header, &h) != nil {
			return false
		}
		if before, known := (*r)[h.Author]; !known || h.Seq > before.Seq {
			(*r)[h.Author] = wire.Head{Author: h.Author, Seq: h.Seq, CID: env.CID()}
			further = true
		}
	}
	return further
}

// within adds what was recited to what is held, where an ask has room for it.
func (r recited) within(held wire.Held) wire.Held {
	if len(r) == 0 {
		return held
	}
	heads := slices.Clone(held.Heads)
	for _, head := range r {
		ends := 0
		for _, known := range heads {
			if known.Author == head.Author {
				ends++
			}
		}
		if ends < feed.MaxEnds && !slices.Contains(heads, head) {
			heads = append(heads, head)
		}
	}
	held.Heads = wire.SortHeads(heads)
	return held
}
