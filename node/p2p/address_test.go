package p2p

import (
	"testing"

	ma "github.com/multiformats/go-multiaddr"
)

// Nobody steers this node's dials: an address that a partner announces later is dialled only if it is of a class that was set for that partner, so that one on the
// internet can't point into this machine or the network behind it (attack 20).
func TestAnnouncedAddressesStayInTheirClass(t *testing.T) {
	address := func(s string) ma.Multiaddr {
		a, err := ma.NewMultiaddr(s)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	for _, c := range []struct {
		set, announced string
		allowed        bool
	}{
		{"/ip4/203.0.114.7/tcp/4001", "/ip4/203.0.114.7/tcp/4001", true},
		{"/ip4/203.0.114.7/tcp/4001", "/ip4/198.41.0.4/udp/4001/quic-v1", true},
		{"/ip4/203.0.114.7/tcp/4001", "/ip4/127.0.0.1/tcp/22", false},
		{"/ip4/203.0.114.7/tcp/4001", "/ip6/::1/tcp/22", false},
		{"/ip4/203.0.114.7/tcp/4001", "/ip6/::ffff:127.0.0.1/tcp/22", false},
		{"/ip4/203.0.114.7/tcp/4001", "/ip4/192.168.1.1/tcp/80", false},
		{"/ip4/203.0.114.7/tcp/4001", "/ip4/169.254.169.254/tcp/80", false},
		{"/ip4/203.0.114.7/tcp/4001", "/ip6/fd00::1/tcp/80", false},
		{"/ip4/203.0.114.7/tcp/4001", "/ip4/0.0.0.0/tcp/80", false},
		{"/ip4/203.0.114.7/tcp/4001", "/dns4/metadata.internal/tcp/80", false},
		{"/ip4/192.168.1.5/tcp/4001", "/ip4/192.168.1.6/tcp/4001", true},
		{"/ip4/192.168.1.5/tcp/4001", "/ip4/127.0.0.1/tcp/4001", false},
		{"/dns4/maker.example/tcp/4001", "/ip4/203.0.114.7/tcp/4001", true}, // what the name that was set came to
		{"/dns4/maker.example/tcp/4001", "/ip4/203.0.114.7/tcp/22", false},
	} {
		if got := newDialPolicy([]ma.Multiaddr{address(c.set)}).allows(address(c.announced)); got != c.allowed {
			t.Errorf("a partner set as %s announces %s: dialled is %t", c.set, c.announced, got)
		}
	}
}
