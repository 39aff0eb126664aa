package protocol

import (
	"fmt"

	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/state"
)

// Blocks of a partnership are kept apart from those of any other: nothing is shared across partnerships, so that nobody can probe
// one by another.

// BlockKey is the key of a block in the blocks table.
func BlockKey(pid, id block.CID) []byte {
	d := state.PartitionOf(id)
	return state.PartitionOf(pid).Key(d[:])
}

// PutBlock stores a block after checking that its bytes are its CID's.
func (r *Replica) PutBlock(b block.Block) error {
	if block.Sum(b.Data) != b.CID && block.SumRaw(b.Data) != b.CID {
		return fmt.Errorf("block %s does not hold the bytes of its CID", b.CID.Short())
	}
	return r.kv.Put(state.TableBlocks, BlockKey(r.PID, b.CID), b.Data)
}

// Block reads a block of this partnership.
func (r *Replica) Block(id block.CID) ([]byte, error) {
	data, found, err := r.kv.Get(state.TableBlocks, BlockKey(r.PID, id))
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fmt.Errorf("block %s is not held in partnership %s", id.Short(), r.PID.Short())
	}
	return data, nil
}

// HasBlock tells whether a block is held.
func (r *Replica) HasBlock(id block.CID) (bool, error) {
	_, found, err := r.kv.Get(state.TableBlocks, BlockKey(r.PID, id))
	return found, err
}

// MissingBlocks walks the DAG below a body and lists up to limit blocks that are not held.
func (r *Replica) MissingBlocks(root block.CID, limit int) (missing []block.CID, err error) {
	seen := map[block.CID]bool{root: true}
	todo := []block.CID{root}
	for len(todo) > 0 && len(missing) < limit {
		id := todo[0]
		todo = todo[1:]
		links, known := r.stored.get(id)
		if !known {
			data, found, err := r.kv.Get(state.TableBlocks, BlockKey(r.PID, id))
			if err != nil {
				return nil, err
			}
			if !found {
				missing = append(missing, id)
				continue
			}
			if links, err = block.Links(data); err != nil {
				return nil, err
			}
		}
		for _, link := range links {
			if !seen[link] {
				seen[link] = true
				todo = append(todo, link)
			}
		}
	}
	return missing, nil
}

// DropNamed takes out of a set of blocks those that an admitted entry names: its body and, of a sheet, everything below.
func (r *Replica) DropNamed(ids map[block.CID]bool) error {
	if len(ids) == 0 {
		return nil
	}
	places, err := r.Log.Places()
	if err != nil {
		return err
	}
	var named []feed.Signed
	for _, at := range places {
		e, err := r.Log.Resolve(at)
		if err != nil {
			return err
		}
		named = append(named, e.Signed)
	}
	for _, m := range r.Circle.Members {
		aside, err := r.Log.Aside(m.Company) // they may be taken back
		if err != nil {
			return err
		}
		named = append(named, aside...)
	}
	seen := map[block.CID]bool{} // of sheets
	for _, e := range named {
		if e.Header.Body == nil {
			continue
		}
		if !CarriesSheet(e.Header.Kind) {
			delete(ids, *e.Header.Body) // what a document names is no part of it
			continue
		}
		todo := []block.CID{*e.Header.Body}
		for len(todo) > 0 {
			id := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			if seen[id] {
				continue
			}
			seen[id] = true
			delete(ids, id)
			data, err := r.Block(id)
			if err != nil {
				return err // a body is complete when its entry is admitted
			}
			links, err := block.Links(data)
			if err != nil {
				return err
			}
			todo = append(todo, links...)
		}
	}
	return nil
}
