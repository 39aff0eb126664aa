package feed

import (
	"sync"

	"kontor/protocol/block"
	"kontor/protocol/state"
)

// Cache remembers decoded entries by their digest, over all transactions of a partnership. An entry's bytes, its causal past and so its
// clock follow from its CID, so a remembered entry can't be wrong; whether it is held is asked of the transaction every time.
// It may be used from many goroutines; the entries in it are shared and not to be changed.
type Cache struct {
	mu      sync.Mutex
	entries map[state.Partition]Entry
	before  map[state.Partition]Entry // the generation before: what is still used moves on
}

// maxCached bounds a generation: the heads, and the tail that a late entry makes to be folded again. At 1 KiB an entry, two
// generations hold 2 MiB a partnership.
const maxCached = 1024

func (c *Cache) get(id state.Partition) (Entry, bool) {
	if c == nil {
		return Entry{}, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, known := c.entries[id]; known {
		return e, true
	}
	e, known := c.before[id]
	if known {
		c.add(id, e)
	}
	return e, known
}

func (c *Cache) put(id state.Partition, e Entry) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add(id, e)
}

// add is called with mu.
func (c *Cache) add(id state.Partition, e Entry) {
	if c.entries == nil || len(c.entries) >= maxCached {
		c.entries, c.before = map[state.Partition]Entry{}, c.entries
	}
	c.entries[id] = e
}

// memo is what one transaction has read of a log: it is the only one that writes to it meanwhile.
type memo struct {
	heads    map[block.CID]Entry // of authors that have one
	forks    []Fork
	looked   bool // forks are known
	forked   bool // some entry was in doubt once
	resolved map[block.CID][]Resolution
	goesOn   map[block.CID]goesOn

	// Since the last call of Keep: from which seq on an author's entries are in doubt, which entries are new, which came back.
	doubts map[block.CID]int64
	fresh  map[block.CID]bool
	taken  map[block.CID]bool
}

func newMemo() *memo {
	return &memo{heads: map[block.CID]Entry{}, resolved: map[block.CID][]Resolution{}, goesOn: map[block.CID]goesOn{},
		doubts: map[block.CID]int64{}, fresh: map[block.CID]bool{}, taken: map[block.CID]bool{}}
}
