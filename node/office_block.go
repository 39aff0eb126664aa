package node

import (
	"context"
	"slices"

	"kontor/node/p2p"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/state"
	"kontor/store"
)

// Block implements p2p.Bodies.
func (n *Node) Block(_ context.Context, pid, id block.CID) (data []byte, found bool, err error) {
	err = n.db.View(func(kv store.KV) error {
		data, found, err = kv.Get(state.TableBlocks, protocol.BlockKey(pid, id))
		return err
	})
	return data, found, err
}

// StoreBlocks implements p2p.Bodies.
func (n *Node) StoreBlocks(_ context.Context, pid block.CID, blocks []block.Block) error {
	if err := n.db.Writable(); err != nil {
		return err
	}
	return n.PutBlocks(pid, blocks)
}

// Patch implements p2p.Bodies.
func (n *Node) Patch(_ context.Context, pid, entry block.CID, from []block.CID) (data []byte, found bool, err error) {
	err = n.Peek(pid, func(r *protocol.Replica) error {
		e, held, err := r.Log.Get(entry)
		if err != nil || !held || e.Header.Body == nil || !protocol.CarriesSheet(e.Header.Kind) {
			return err
		}
		revised, err := r.Artifact(*e.Header.Body)
		if err != nil {
			return err
		}
		for _, old := range from {
			base, err := r.Artifact(old)
			if err != nil || base.SeriesKey != revised.SeriesKey {
				continue
			}
			if data, err = r.Patch(base, revised, Spread); err != nil {
				continue // too large for a block, or no relation: the chunks travel instead
			}
			found = true
			return nil
		}
		return nil
	})
	return data, found, err
}

// ApplyPatch implements p2p.Bodies.
func (n *Node) ApplyPatch(_ context.Context, pid block.CID, want p2p.Wanted, data []byte) error {
	patch, err := block.OpenPatch(data)
	if err != nil {
		return err
	}
	if patch.Root != want.Body {
		return Failf("PATCH_ROOT", "the patch leads to %s, not to %s", patch.Root.Short(), want.Body.Short())
	}
	if !slices.Contains(want.From, patch.Parent) {
		return Failf("PATCH_ROOT", "the patch changes %s, which was not offered", patch.Parent.Short())
	}
	var old block.Version
	if err := n.Peek(pid, func(r *protocol.Replica) (err error) {
		old, err = r.Artifact(patch.Parent)
		return err
	}); err != nil {
		return err
	}
	revised, root, fresh, err := patch.RebuildOn(old, Spread)
	if err != nil {
		return err
	}
	return n.putArtifact(pid, old, revised, append(fresh, root), false)
}

// TreeNode implements p2p.Trees.
func (n *Node) TreeNode(_ context.Context, pid block.CID, path []byte) (line int64, node *state.Node, err error) {
	err = n.Peek(pid, func(r *protocol.Replica) error {
		if line, err = r.Line(); err != nil {
			return err
		}
		node, err = r.Tree().Nodes(path)
		return err
	})
	return line, node, err
}
