package p2p

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"

	"kontor/crypto/keys"
)

// PeerID is the libp2p name of a node key.
func PeerID(node keys.Public) (peer.ID, error) {
	pub, err := crypto.UnmarshalEd25519PublicKey(node[:])
	if err != nil {
		return "", err
	}
	return peer.IDFromPublicKey(pub)
}

func privKey(k keys.Private) (crypto.PrivKey, error) {
	pub := k.Public()
	return crypto.UnmarshalEd25519PrivateKey(append(k.Seed(), pub[:]...))
}

// class of an address: a partner that may be dialled in one is not for that reason dialled in another. So nobody steers this node's dials to its own
// machine or into its own network.
type class int

const (
	classOther class = iota // nothing is dialled there
	classLoopback
	classPrivate
	classPublic
)

func classOf(addr ma.Multiaddr) class {
	ip, err := manet.ToIP(addr)
	if err != nil {
		return classOther
	}
	a, ok := netip.AddrFromSlice(ip)
	if !ok {
		return classOther
	}
	a = a.Unmap()
	switch {
	case a.IsLoopback():
		return classLoopback
	case a.IsUnspecified() || a.IsMulticast():
		return classOther
	case a.IsPrivate() || a.IsLinkLocalUnicast() || !manet.IsPublicAddr(addr):
		return classPrivate
	}
	return classPublic
}

// dialPolicy says which addresses of one peer may be dialled.
type dialPolicy struct {
	set     []ma.Multiaddr // by an accepted invitation, a genesis or an admin
	classes map[class]bool
}

func newDialPolicy(addresses []ma.Multiaddr) dialPolicy {
	p := dialPolicy{set: addresses, classes: map[class]bool{}}
	for _, a := range addresses {
		if c := classOf(a); c != classOther {
			p.classes[c] = true
		}
	}
	return p
}

func (p dialPolicy) allows(addr ma.Multiaddr) bool {
	for _, a := range p.set {
		if a.Equal(addr) || resolvedFrom(addr, a) {
			return true
		}
	}
	c := classOf(addr)
	return c != classOther && p.classes[c]
}

// resolvedFrom tells whether addr may be what the name in a set address resolved to: everything behind the name is the same.
func resolvedFrom(addr, set ma.Multiaddr) bool {
	first, rest := ma.SplitFirst(set)
	if first == nil {
		return false
	}
	switch first.Protocol().Code {
	case ma.P_DNS, ma.P_DNS4, ma.P_DNS6:
	default:
		return false
	}
	_, other := ma.SplitFirst(addr)
	return rest != nil && other != nil && rest.Equal(other)
}

// parseAddresses reads multiaddrs; those that can't be read, or name another peer, are left out. What travels in an address never names the peer.
func parseAddresses(id peer.ID, list []string) []ma.Multiaddr {
	var out []ma.Multiaddr
	for _, s := range list {
		a, err := ma.NewMultiaddr(s)
		if err != nil {
			continue
		}
		transport, named := peer.SplitAddr(a)
		if transport == nil || (named != "" && named != id) {
			continue
		}
		out = append(out, transport)
	}
	return out
}

// CheckListen tells why a host can't listen at a multiaddr: it does not read, or is neither TCP nor QUIC on an IP address of this form. Whether the address is
// this machine's and free shows when the host starts.
func CheckListen(address string) error {
	a, err := ma.NewMultiaddr(address)
	if err != nil {
		return fmt.Errorf("address %q: %w; right would be /ip4/192.0.2.7/tcp/4001 or /ip4/192.0.2.7/udp/4001/quic-v1", address, err)
	}
	var names []string
	for _, c := range a {
		names = append(names, c.Protocol().Name)
	}
	form := strings.Join(names, "/")
	for _, known := range []string{"ip4/tcp", "ip6/tcp", "ip4/udp/quic-v1", "ip6/udp/quic-v1"} {
		if form == known {
			return nil
		}
	}
	return fmt.Errorf("address %q is of the form %s; right would be /ip4/192.0.2.7/tcp/4001 or /ip4/192.0.2.7/udp/4001/quic-v1", address, form)
}
