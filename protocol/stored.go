package protocol

import (
	"sync"

	"kontor/protocol/block"
)

// storedLinks remembers where blocks that were stored in this process lead, so that the walk which makes sure that a body is complete does not
// read them again: a large artifact was verified block by block as it came. Blocks that are
// deleted are forgotten before.
type storedLinks struct {
	mu    sync.Mutex
	links map[block.CID][]block.CID
}

// maxStored bounds the blocks remembered: a sheet of 256 MiB in chunks of 64 KiB.
const maxStored = 4096

func (s *storedLinks) get(id block.CID) ([]block.CID, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	links, known := s.links[id]
	return links, known
}

// Stored says that blocks of this partnership are stored, durably. The caller has verified that they hold the bytes of their CIDs.
func (c *Contract) Stored(blocks []block.Block) {
	for _, b := range blocks {
		links, err := block.Links(b.Data)
		if err != nil {
			continue
		}
		c.stored.mu.Lock()
		if c.stored.links == nil || len(c.stored.links) >= maxStored {
			c.stored.links = map[block.CID][]block.CID{}
		}
		c.stored.links[b.CID] = links
		c.stored.mu.Unlock()
	}
}

// Forget takes back what Stored said of blocks that are about to be deleted.
func (c *Contract) Forget(ids map[block.CID]bool) {
	c.stored.mu.Lock()
	defer c.stored.mu.Unlock()
	for id := range ids {
		delete(c.stored.links, id)
	}
}
