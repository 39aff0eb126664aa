package node

import (
	"bytes"
	"context"
	"slices"

	"kontor/crypto/keys"
	"kontor/node/p2p"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/partnership"
	"kontor/protocol/wire"
	"kontor/store"
)

// checkSeats compares the node keys a circle names with those certified, as far as identity chains are held. Of members unknown here
// the circle's founder is believed until they sign.
func (n *Node) checkSeats(g partnership.Genesis) error {
	for _, m := range g.Members {
		if chain := n.Chain(m.Company); chain != nil && !n.certifies(chain.Now(), m.NodeKey) {
			return Failf("CIRCLE_NODE", "the circle names a node key of %s that its identity does not certify; ask the founder for another circle", n.CompanyName(m.Company))
		}
	}
	links, err := n.Links(context.Background())
	if err != nil {
		return err
	}
	own := n.nodeKey.Public()
	for _, m := range g.Others(n.company) {
		claimed := bytes.Equal(m.NodeKey, own[:]) || slices.ContainsFunc(links, func(l p2p.Link) bool {
			return l.Company != m.Company && bytes.Equal(l.Node[:], m.NodeKey)
		})
		if claimed {
			return Failf("CIRCLE_NODE", "the circle names another company's node key as that of %s; ask the founder", m.Company.Short())
		}
	}
	return nil
}

// enterCircle stores a circle with this company's signature, durably, and lets the network know its members. Save is committed with it.
func (n *Node) enterCircle(ctx context.Context, g partnership.Genesis, key [32]byte, save func(PrivateRows) error) error {
	n.pairing.circles.Lock()
	defer n.pairing.circles.Unlock()
	pid, err := g.ID()
	if err != nil {
		return err
	}
	if _, err := n.Partnership(pid); err == nil {
		return nil
	}
	if recovering := n.Recovering(); len(recovering) > 0 {
		return Failf("RECOVERING", "%d partnerships are read-only until a partner has given our own entries back; nothing new is signed before", len(recovering))
	}
	if err := n.roomFor(ctx, g); err != nil {
		return err
	}
	genesis, err := block.New(g)
	if err != nil {
		return err
	}
	contract, err := protocol.NewContract(g, n.identities)
	if err != nil {
		return err
	}
	rec := partnershipRecord{Genesis: genesis.Data, Channel: slices.Clone(key[:]), Since: n.Now()}
	// Where the high-water file knows this company's signature, the database is a restored one: to sign again would be a second history.
	signed, _ := n.high.Get(pid.String())
	var out protocol.Outcome
	err = n.db.Update(func(kv store.KV) error {
		if err := save(PrivateRows{kv}); err != nil {
			return err
		}
		if err := savePartnership(kv, pid, rec); err != nil || signed > 0 {
			return err
		}
		var err error
		out, err = contract.Open(kv).Write(protocol.Draft{Kind: protocol.KindSign, Body: &genesis}, n.author(), n.Now())
		return err
	})
	if err != nil {
		return err
	}
	p, err := n.remember(g, rec)
	if err != nil {
		return err
	}
	if signed > 0 {
		n.MarkRecovering(p, signed)
		return n.refreshHost(ctx)
	}
	if err := n.high.Raise(map[string]int64{pid.String(): 1}); err != nil {
		return err
	}
	n.log.Info("circle signed", "partnership", pid.Short(), "members", len(g.Members))
	if err := n.refreshHost(ctx); err != nil {
		return err
	}
	n.written(p, out)
	return nil
}

// roomFor tells why the members of a circle can't all be met.
func (n *Node) roomFor(ctx context.Context, g partnership.Genesis) error {
	n.mu.RLock()
	for _, m := range g.Members {
		if n.frozen[m.Company] {
			n.mu.RUnlock()
			return Failf("IDENTITY_FORKED", "the identity of %s has two histories: nothing is written until people have compared fingerprints", m.Company.Short())
		}
	}
	n.mu.RUnlock()
	met, err := n.met(ctx)
	if err != nil {
		return err
	}
	for _, m := range g.Others(n.company) {
		met[keys.Public(m.NodeKey)] = true
	}
	return n.fits(len(met), "with this circle")
}

// roomForOne tells why one partner more can't be met.
func (n *Node) roomForOne(ctx context.Context) error {
	met, err := n.met(ctx)
	if err != nil {
		return err
	}
	return n.fits(len(met)+1, "with another partner")
}

// met are the nodes of all partners there are.
func (n *Node) met(ctx context.Context) (map[keys.Public]bool, error) {
	links, err := n.Links(ctx)
	out := map[keys.Public]bool{}
	for _, l := range links {
		out[l.Node] = true
	}
	return out, err
}

func (n *Node) fits(nodes int, with string) error {
	if nodes <= wire.MaxPartners {
		return nil
	}
	err := Failf("LIMIT_PARTNERS", "%s the node would have %d partners' nodes to keep up with, and no more than %d may be; end a partnership first: kontor partner end", with, nodes, wire.MaxPartners)
	n.metrics.exceeded(err)
	return err
}
