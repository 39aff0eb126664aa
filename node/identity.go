package node

import (
	"context"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/identity"
	"kontor/protocol/state"
	"kontor/store"
)

// ExtendIdentity appends an entry, signed by the roots, to this company's own chain, durably, and announces it: each
// partnership gets an entry that names the new head, which for a revocation is the position from which it counts (PROTOCOL 2). It returns
// how many partnerships were told; one that can't be written to now learns with its next entry.
func (n *Node) ExtendIdentity(ctx context.Context, env identity.Envelope) (announced int, err error) {
	if behind := n.Recovering(); len(behind) > 0 {
		return 0, Failf("RECOVERING", "the database is behind what this company has sent, its identity chain perhaps too: no key is added or revoked until a partner has given the missing entries back; leave the node running and connected")
	}
	if err := n.appendOwn(env); err != nil {
		return 0, err
	}
	for _, p := range n.Partnerships() {
		if p.Removed {
			continue
		}
		_, err := n.Write(ctx, p.PID, "", func(*protocol.Replica, int64) (protocol.Draft, error) {
			return protocol.Draft{Kind: protocol.KindHeartbeat}, nil
		})
		if err != nil {
			n.log.Warn("identity change not announced yet", "partnership", p.PID.Short(), "reason", err)
			continue
		}
		announced++
	}
	return announced, nil
}

// appendOwn appends an entry to this company's chain; one that a partner brought back meanwhile stands there already.
func (n *Node) appendOwn(env identity.Envelope) error {
	n.learning.Lock()
	defer n.learning.Unlock()
	old := n.Chain(n.company)
	if _, held := old.At(env.CID()); held {
		return nil
	}
	chain, err := identity.Load(append(append([]identity.Envelope{}, old.From(0)...), env))
	if err != nil {
		n.metrics.exceeded(err)
		return Failf("BAD_IDENTITY_ENTRY", "%v", err)
	}
	err = n.db.Update(func(kv store.KV) error {
		stored, err := chainLen(kv, n.company)
		if err != nil {
			return err
		}
		if stored != old.Len() {
			return Failf("IDENTITY_CHANGED", "the identity chain grew meanwhile (%d entries instead of %d); make the entry again", stored, old.Len())
		}
		return saveChain(kv, n.company, old.Len(), []identity.Envelope{env})
	})
	if err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.chains[n.company] = chain
	return nil
}

func chainLen(kv store.KV, company block.CID) (count int64, err error) {
	prefix := state.PartitionOf(company).Key()
	err = kv.Scan(state.TableIdentity, prefix, prefix, func([]byte, []byte) (bool, error) {
		count++
		return true, nil
	})
	return count, err
}
