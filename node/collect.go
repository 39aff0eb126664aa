package node

import (
	"context"
	"fmt"
	"strings"
	"time"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/state"
	"kontor/store"
)

// Blocks are stored before the entry that names them (PROTOCOL 5). Each set stored so is noted with its time; a day later, what of it no
// admitted entry names is deleted. Blocks that came in an entry's own transaction need no note.
const (
	// storedRows note blocks stored ahead: by partnership, time and content, a list of CIDs.
	storedRows = "stored/"
	// collectEvery is how often notes are looked at, collectAfter their age when they are.
	collectEvery = time.Hour
	collectAfter = 24 * time.Hour
	// noteBlocks bounds the CIDs of one note: far below the bound of a private row.
	noteBlocks = 4096
)

type storedRow struct {
	Blocks []block.CID `cbor:"blocks"`
}

// noteStored writes the notes of blocks that are about to be stored. It comes before them, so that no crash leaves a block without a note.
func (n *Node) noteStored(pid block.CID, blocks []block.Block, put func(table byte, key, value []byte) error) error {
	for len(blocks) > 0 {
		some := blocks[:min(len(blocks), noteBlocks)]
		blocks = blocks[len(some):]
		var row storedRow
		for _, b := range some {
			row.Blocks = append(row.Blocks, b.CID)
		}
		data, err := block.Marshal(row)
		if err != nil {
			return err
		}
		key := fmt.Sprintf("%s%s/%016x/%s", storedRows, pid, n.Now(), block.Sum(data))
		if err := put(state.TablePrivate, []byte(key), data); err != nil {
			return err
		}
	}
	return nil
}

// collectBlocks deletes blocks that were stored ahead of entries that never came: at the start and every hour.
func (n *Node) collectBlocks(ctx context.Context) {
	tick := time.NewTicker(collectEvery)
	defer tick.Stop()
	for {
		for _, p := range n.Partnerships() {
			for more := true; more && ctx.Err() == nil; {
				deleted, rest, err := n.collect(p)
				if err != nil {
					n.log.Warn("unreferenced blocks not collected", "partnership", p.PID.Short(), "reason", err)
				} else if deleted > 0 {
					n.log.Info("blocks that no entry names were deleted", "partnership", p.PID.Short(), "blocks", deleted)
				}
				more = rest && err == nil
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// restEvery is how long an artifact that nobody looks at stays in memory, up to twice as long.
const restEvery = 2 * time.Minute

// restArtifacts gives back the memory of artifacts that were looked at a while ago.
func (n *Node) restArtifacts(ctx context.Context) {
	tick := time.NewTicker(restEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for _, p := range n.Partnerships() {
			p.Rest()
		}
	}
}

// collect looks at the notes of a partnership that are old enough, up to noteBlocks CIDs at once, and tells whether there are more. Looking and
// deleting is one transaction: an entry that comes in between would name a block that is just being deleted.
func (n *Node) collect(p *Partnership) (deleted int, more bool, err error) {
	due := fmt.Sprintf("%016x", n.Now()-collectAfter.Milliseconds())
	if waiting, err := n.notesDue(p, due); err != nil || !waiting {
		return 0, false, err // nearly always: no transaction that writes
	}
	err = n.db.Update(func(kv store.KV) error {
		deleted, more = 0, false
		rows := PrivateRows{kv}
		candidates, young := map[block.CID]bool{}, map[block.CID]bool{}
		var old []string
		prefix := storedRows + p.PID.String() + "/"
		err := rows.Scan(prefix, func(key string, decode func(any) error) (bool, error) {
			var row storedRow
			if err := decode(&row); err != nil {
				return false, err
			}
			set := young
			if at, _, _ := strings.Cut(key, "/"); at <= due {
				if len(old) > 0 && len(candidates)+len(row.Blocks) > noteBlocks {
					more = true
				} else {
					old, set = append(old, key), candidates
				}
			}
			for _, id := range row.Blocks {
				set[id] = true
			}
			return true, nil
		})
		if err != nil {
			return err
		}
		for id := range young {
			delete(candidates, id)
		}
		r := p.Open(kv)
		if err := r.DropNamed(candidates); err != nil {
			return err
		}
		p.Forget(candidates) // before they are gone
		for id := range candidates {
			if err := kv.Delete(state.TableBlocks, protocol.BlockKey(p.PID, id)); err != nil {
				return err
			}
			deleted++
		}
		for _, key := range old {
			if err := rows.Delete(prefix + key); err != nil {
				return err
			}
		}
		return nil
	})
	return deleted, more, err
}

// notesDue tells whether a partnership has a note of a time at or before due. Notes of one partnership are in the order of time.
func (n *Node) notesDue(p *Partnership, due string) (waiting bool, err error) {
	err = n.ReadPrivate(func(rows PrivateRows) error {
		return rows.Scan(storedRows+p.PID.String()+"/", func(key string, _ func(any) error) (bool, error) {
			at, _, _ := strings.Cut(key, "/")
			waiting = at <= due
			return false, nil
		})
	})
	return waiting, err
}
