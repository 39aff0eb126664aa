package p2p

import (
	"context"
	"fmt"
	"slices"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"kontor/protocol/block"
	"kontor/protocol/wire"
)

// directory is who may connect and what for. It is never changed: [Host.Refresh] makes another one.
type directory struct {
	peers       map[peer.ID]*acquaintance
	invitations map[peer.ID]string // throw-away identity → invitation ID
	pids        map[block.CID]*circle
	beyond      int // links left out because a node keeps up with no more peers
}

// acquaintance is a partner's node.
type acquaintance struct {
	id      peer.ID
	company block.CID
	dial    dialPolicy
	pids    []block.CID
}

func (a *acquaintance) shares(pid block.CID) bool { return slices.Contains(a.pids, pid) }

// circle is a partnership as the network sees it.
type circle struct {
	pid     block.CID
	key     wire.ChannelKey
	members map[peer.ID]bool
	tags    map[string]block.CID // author tag → company
}

func (d *directory) channels(now int64) map[string]*circle {
	out := map[string]*circle{}
	for _, c := range d.pids {
		for _, name := range wire.Channels(c.key, now) {
			out[name] = c
		}
	}
	return out
}

// readDirectory asks the office who may connect.
func readDirectory(ctx context.Context, office Office, now int64) (*directory, error) {
	links, err := office.Links(ctx)
	if err != nil {
		return nil, fmt.Errorf("read partners: %w", err)
	}
	d := &directory{peers: map[peer.ID]*acquaintance{}, invitations: map[peer.ID]string{}, pids: map[block.CID]*circle{}}
	addresses := map[peer.ID][]ma.Multiaddr{}
	for _, l := range links {
		id, err := PeerID(l.Node)
		if err != nil {
			return nil, fmt.Errorf("node key of %s: %w", l.Company.Short(), err)
		}
		a := d.peers[id]
		if a == nil {
			if len(d.peers) == wire.MaxPartners {
				d.beyond++ // the oldest partnerships come first
				continue
			}
			a = &acquaintance{id: id, company: l.Company}
			d.peers[id] = a
		}
		if a.company != l.Company {
			return nil, fmt.Errorf("companies %s and %s have one node key", a.company.Short(), l.Company.Short())
		}
		if !a.shares(l.PID) {
			a.pids = append(a.pids, l.PID)
		}
		for _, addr := range parseAddresses(id, l.Addresses) {
			if !slices.ContainsFunc(addresses[id], addr.Equal) {
				addresses[id] = append(addresses[id], addr)
			}
		}
		c := d.pids[l.PID]
		if c == nil {
			c = &circle{pid: l.PID, key: l.Channel, members: map[peer.ID]bool{}, tags: map[string]block.CID{}}
			d.pids[l.PID] = c
		}
		c.members[id] = true
		c.tags[string(wire.AuthorTag(c.key, l.Company))] = l.Company
	}
	for id, a := range d.peers {
		a.dial = newDialPolicy(addresses[id])
	}
	invitations, err := office.Invitations(ctx)
	if err != nil {
		return nil, fmt.Errorf("read invitations: %w", err)
	}
	for _, s := range invitations {
		if s.Usable(now) != nil || len(d.invitations) == wire.MaxInvitations {
			continue
		}
		key, err := s.Token.Throwaway()
		if err != nil {
			return nil, err
		}
		id, err := PeerID(key.Public())
		if err != nil {
			return nil, err
		}
		d.invitations[id] = s.Token.ID()
	}
	return d, nil
}
