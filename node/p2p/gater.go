package p2p

import (
	"github.com/libp2p/go-libp2p/core/connmgr"
	"github.com/libp2p/go-libp2p/core/control"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
)

// gater admits known partners, and for each open invitation the one throw-away identity whose key both sides make from its secret.
// Nobody else gets past the security handshake.
type gater struct {
	known   func() *directory
	metrics *metrics
}

var _ connmgr.ConnectionGater = (*gater)(nil)

func (g *gater) deny(why string) bool {
	g.metrics.gaterDenied.WithLabelValues(why).Inc()
	return false
}

// InterceptPeerDial lets only partners be dialled.
func (g *gater) InterceptPeerDial(id peer.ID) bool {
	if g.known().peers[id] == nil {
		return g.deny("dial_stranger")
	}
	return true
}

// InterceptAddrDial lets only addresses be dialled that the partner's policy allows, after names were resolved.
func (g *gater) InterceptAddrDial(id peer.ID, addr ma.Multiaddr) bool {
	p := g.known().peers[id]
	if p == nil || !p.dial.allows(addr) {
		return g.deny("dial_address")
	}
	return true
}

// InterceptAccept knows an address only, which proves nothing; the resource manager bounds how many get this far.
func (g *gater) InterceptAccept(network.ConnMultiaddrs) bool { return true }

// InterceptSecured is where strangers end: the peer has just proved its key.
func (g *gater) InterceptSecured(dir network.Direction, id peer.ID, _ network.ConnMultiaddrs) bool {
	d := g.known()
	if d.peers[id] != nil {
		return true
	}
	if dir == network.DirInbound && d.invitations[id] != "" {
		return true
	}
	return g.deny("stranger")
}

// InterceptUpgraded looks once more: the directory may have changed since the handshake.
func (g *gater) InterceptUpgraded(c network.Conn) (bool, control.DisconnectReason) {
	d := g.known()
	if d.peers[c.RemotePeer()] == nil && d.invitations[c.RemotePeer()] == "" {
		return g.deny("removed"), 0
	}
	return true, 0
}

// onlyInviter is the gater of the short-lived host that takes up an invitation: it dials one peer and accepts nobody.
type onlyInviter struct{ inviter peer.ID }

var _ connmgr.ConnectionGater = onlyInviter{}

func (g onlyInviter) InterceptPeerDial(id peer.ID) bool                 { return id == g.inviter }
func (g onlyInviter) InterceptAddrDial(id peer.ID, _ ma.Multiaddr) bool { return id == g.inviter }
func (g onlyInviter) InterceptAccept(network.ConnMultiaddrs) bool       { return false }
func (g onlyInviter) InterceptSecured(dir network.Direction, id peer.ID, _ network.ConnMultiaddrs) bool {
	return dir == network.DirOutbound && id == g.inviter
}
func (g onlyInviter) InterceptUpgraded(network.Conn) (bool, control.DisconnectReason) { return true, 0 }
