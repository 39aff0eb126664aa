package feed

import (
	"kontor/protocol/block"
)

// chooser walks up an author's tree of entries.
type chooser struct {
	log         Log
	author      block.CID
	low         int64
	built       map[block.CID]bool
	resolutions []Resolution
	kept        map[block.CID]bool
	goesOn      map[block.CID]int // by entry: how many resolutions it goes on from
	fork        int64             // where the fork not yet resolved began; 0: nowhere
	furthest    *Entry            // kept so far, by identity head
}

// level chooses among the entries with one number: what others built upon, the furthest by identity, and of a fork not yet resolved, as long as it is
// young, the two lowest.
func (c *chooser) level(all []known) error {
	seq := all[0].Header.Seq
	past := 0 // resolutions behind this seq
	for past < len(c.resolutions) && c.resolutions[past].OnSeq < seq {
		past++
	}
	if past > 0 && c.fork <= c.resolutions[past-1].OnSeq {
		c.fork = 0
	}
	able := c.able(all)
	furthest := c.furthest
	for i, e := range able {
		if c.goesOn[e.CID] == past && (furthest == nil || e.IDSeq > furthest.IDSeq) {
			furthest = &able[i].Entry
		}
	}
	lowest, many := 0, 0
	for _, e := range able {
		stale, err := c.stale(e.Entry, furthest)
		if err != nil {
			return err
		}
		keep := c.built[e.CID] || !stale && furthest != nil && furthest.CID == e.CID
		if !stale && c.goesOn[e.CID] == past && (c.fork == 0 || seq <= c.fork+ForkEntries) && lowest < 2 {
			keep = true
			lowest++
		}
		if keep {
			c.kept[e.CID] = true
			many++
			if c.furthest == nil || e.IDSeq > c.furthest.IDSeq {
				kept := e.Entry
				c.furthest = &kept
			}
		}
	}
	if many > 1 && c.fork == 0 {
		c.fork = seq
	}
	return nil
}

// able are the entries with one number that stand upon what is kept. It counts the resolutions that each goes on from.
func (c *chooser) able(all []known) (out []known) {
	for _, e := range all {
		h := e.Header
		if h.Prev != nil && !c.kept[*h.Prev] && h.Seq != c.low {
			continue
		}
		out = append(out, e)
		if h.Prev == nil {
			continue
		}
		n := c.goesOn[*h.Prev]
		if n < len(c.resolutions) && *h.Prev == c.resolutions[n].On {
			n++
		}
		c.goesOn[e.CID] = n
	}
	return out
}

// stale tells that an entry is signed by a key which its author had revoked by then.
func (c *chooser) stale(e Entry, furthest *Entry) (bool, error) {
	if c.log.ids == nil || furthest == nil || furthest.IDSeq <= e.IDSeq {
		return false, nil
	}
	view, held := c.log.ids(c.author, e.Header.IDHead)
	now, heldNow := c.log.ids(c.author, furthest.Header.IDHead)
	if !held || !heldNow {
		return false, &Missing{"identity", e.Header.IDHead}
	}
	key, ok := view.FeedKey()
	return ok && now.Revoked(key[:]), nil
}
