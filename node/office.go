package node

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"kontor/crypto/keys"
	"kontor/node/p2p"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
	"kontor/protocol/wire"
)

// The node answers the network. Membership of peer, company and partnership is checked there before any of these is asked.
var _ p2p.Office = (*Node)(nil)

// Links implements p2p.Directory. A member is met by the node key that the genesis names, unless its chain has revoked it, and by those its
// chain certifies now. The genesis' key counts without a certificate: members must meet before one holds the chain of the other.
func (n *Node) Links(context.Context) ([]p2p.Link, error) {
	var out []p2p.Link
	for _, p := range n.Partnerships() {
		if p.Removed {
			continue
		}
		for _, m := range p.Genesis.Others(n.company) {
			link := p2p.Link{PID: p.PID, Company: m.Company, Node: keys.Public(m.NodeKey), Addresses: append(append([]string{}, m.Addresses...), n.addressesOf(m.Company)...),
				Channel: wire.ChannelKey(p.Channel)}
			chain := n.Chain(m.Company)
			if chain == nil {
				out = append(out, link)
				continue
			}
			if !revoked(chain.Now(), m.NodeKey) {
				out = append(out, link)
			}
			for _, cert := range chain.Now().Current(keys.Node) {
				if other := keys.Public(cert.Key); other != link.Node {
					more := link
					more.Node = other
					out = append(out, more)
				}
			}
		}
	}
	return n.unambiguous(out), nil
}

// revoked tells whether a company has taken a key back.
func revoked(view identity.View, key []byte) bool {
	return slices.ContainsFunc(view.Keys(), func(k identity.KeyState) bool { return k.Revoked && bytes.Equal(k.Key, key) })
}

// unambiguous leaves out links by a node key that is another company's: one whose chain certifies it, which the key itself signed for, or else
// the one that an older partnership names. A founder who gives a third member somebody else's key leads nobody astray.
func (n *Node) unambiguous(links []p2p.Link) []p2p.Link {
	owner := map[keys.Public]block.CID{n.nodeKey.Public(): n.company}
	for _, l := range links {
		if chain := n.Chain(l.Company); chain != nil {
			if _, certified := chain.Now().Key(l.Node[:], keys.Node, 0); certified {
				owner[l.Node] = l.Company
			}
		}
	}
	return slices.DeleteFunc(links, func(l p2p.Link) bool {
		if _, known := owner[l.Node]; !known {
			owner[l.Node] = l.Company
		}
		return owner[l.Node] != l.Company
	})
}

// addressesOf are addresses an admin set by hand for a company.
func (n *Node) addressesOf(company block.CID) (addresses []string) {
	err := n.ReadPrivate(func(rows PrivateRows) error {
		_, err := rows.Get("addresses/"+company.String(), &addresses)
		return err
	})
	if err != nil {
		n.log.Warn("addresses set by hand were not read", "company", company.Short(), "reason", err)
	}
	return addresses
}

func (n *Node) chainLen(company block.CID) int64 {
	if chain := n.Chain(company); chain != nil {
		return chain.Len()
	}
	return 0
}

// Held implements p2p.Feeds.
func (n *Node) Held(_ context.Context, pid block.CID) (held wire.Held, err error) {
	err = n.Peek(pid, func(r *protocol.Replica) error {
		held, err = wire.HeldOf(r.Log, r.Circle, n.Chain)
		return err
	})
	return held, err
}

// Gather implements p2p.Feeds. An own entry leaves only after the high-water file knows it.
func (n *Node) Gather(_ context.Context, pid, _ block.CID, theirs wire.Held) (batch wire.Batch, err error) {
	var own int64
	err = n.Peek(pid, func(r *protocol.Replica) error {
		src := wire.Source{Log: r.Log, Circle: r.Circle, Chain: func(company block.CID, from int64) []identity.Envelope {
			if chain := n.Chain(company); chain != nil {
				return chain.From(from)
			}
			return nil
		}, Body: func(e feed.Entry, _ wire.Held) ([][]byte, error) {
			if e.Header.Author == n.company {
				own = max(own, e.Header.Seq)
			}
			if e.Header.Kind == protocol.KindSign {
				return nil, nil // the genesis is held before any entry is
			}
			return wire.InlineBody(*e.Header.Body, protocol.CarriesSheet(e.Header.Kind), r.Block)
		}}
		if batch, err = wire.Gather(src, theirs); err != nil {
			return err
		}
		if batch.Held, err = wire.HeldOf(r.Log, r.Circle, n.Chain); err != nil || len(batch.Entries) == 0 {
			return err
		}
		head, found, err := r.Log.Head(n.company)
		if found {
			own = head.Header.Seq
		}
		return err
	})
	if err != nil || own == 0 {
		return batch, err
	}
	return batch, n.high.Raise(map[string]int64{pid.String(): own})
}

// Deliver implements p2p.Feeds.
func (n *Node) Deliver(ctx context.Context, pid, _ block.CID, b wire.Batch) (out p2p.Delivered, err error) {
	for _, run := range b.IDs {
		before := n.chainLen(run.Company)
		if err := n.learn(pid, run); err != nil {
			return out, err
		}
		out.Fresh += int(n.chainLen(run.Company) - before)
	}
	entries := b.Entries
	fresh, err := n.Receive(ctx, pid, entries, b.Blocks, b.More)
	out.Fresh += fresh
	var missing *feed.Missing
	switch {
	case err == nil:
		return out, nil
	case errors.Is(err, feed.ErrParked):
		out.Parked = 1 // at least: what follows it was not looked at
		return out, nil
	case errors.As(err, &missing) && missing.What == "body":
		out.Wanted, err = n.wanted(pid, entries)
		return out, err
	case errors.As(err, &missing):
		// The member skipped what its entries build on, or another member's batch is still on its way: it is asked again soon, from what we hold.
		n.log.Debug("batch builds on what is not held", "partnership", pid.Short(), "reason", err)
		return out, err
	}
	return out, err
}

// learn takes a run of identity entries of a member of the partnership; of anyone else it is no business of this stream.
func (n *Node) learn(pid block.CID, run wire.IDRange) error {
	p, err := n.Partnership(pid)
	if err != nil {
		return err
	}
	if _, member := p.Genesis.Member(run.Company); !member {
		return feed.Refuse(feed.CodeStranger, "identity entries of %s, who is no member", run.Company.Short())
	}
	if run.Company == n.company && !n.extendsOwn(run) {
		return nil // our own chain is what we made it; a partner that holds another finds the fork by itself
	}
	if err := n.LearnIdentity(run.Company, run.Entries); err != nil {
		return &feed.Error{Code: feed.CodeIDHead, Text: "identity chain of " + run.Company.Short(), Cause: err}
	}
	return nil
}

// extendsOwn tells that a run continues our own chain as we hold it: a restored office learns from its partners what its roots signed after the
// backup.
func (n *Node) extendsOwn(run wire.IDRange) bool {
	own := n.Chain(n.company)
	for i, env := range run.Entries {
		if _, held := own.At(env.CID()); !held {
			return run.From+int64(i) == own.Len()
		}
	}
	return false
}

// wanted names the bodies that entries not admitted yet need.
func (n *Node) wanted(pid block.CID, envs []feed.Envelope) (out []p2p.Wanted, err error) {
	err = n.Peek(pid, func(r *protocol.Replica) error {
		for _, env := range envs {
			var h feed.Header
			if block.Unmarshal(env.Header, &h) != nil || h.Body == nil || h.Kind == protocol.KindSign {
				continue
			}
			if _, held, err := r.Log.Get(env.CID()); err != nil || held {
				if err != nil {
					return err
				}
				continue
			}
			deep := protocol.CarriesSheet(h.Kind)
			missing, err := missingBody(r, *h.Body, deep)
			if err != nil {
				return err
			}
			if missing {
				w := p2p.Wanted{Entry: env.CID(), Body: *h.Body, Deep: deep}
				if deep {
					if w.From, err = earlierBodies(r, h.Author, h.Kind); err != nil {
						return err
					}
				}
				out = append(out, w)
			}
		}
		return nil
	})
	return out, err
}

func missingBody(r *protocol.Replica, body block.CID, deep bool) (bool, error) {
	if !deep {
		held, err := r.HasBlock(body)
		return !held, err
	}
	missing, err := r.MissingBlocks(body, 1)
	return len(missing) > 0, err
}

// earlierBodies are artifacts of an author in force, against which a patch would do.
func earlierBodies(r *protocol.Replica, author block.CID, kind string) (out []block.CID, err error) {
	rows, err := r.InForce(protocol.ArtifactType(kind), author)
	for _, row := range rows {
		if len(out) < wire.MaxFrom {
			out = append(out, row.Root)
		}
	}
	return out, err
}

// PartnerHolds implements p2p.Feeds.
func (n *Node) PartnerHolds(_ context.Context, pid, company block.CID, theirs wire.Held) {
	for _, head := range theirs.Heads {
		if head.Author == n.company {
			n.partnerHolds(pid, company, head.Seq, head.CID)
		}
	}
}

// Body implements p2p.Bodies.
func (n *Node) Body(_ context.Context, pid, _, entry block.CID) (root block.CID, found bool, err error) {
	err = n.Peek(pid, func(r *protocol.Replica) error {
		e, held, err := r.Log.Get(entry)
		if err != nil || !held || e.Header.Body == nil {
			return err
		}
		root, found = *e.Header.Body, true
		return nil
	})
	return root, found, err
}
