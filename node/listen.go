package node

import (
	"context"
	"errors"
	"slices"

	"kontor/node/p2p"
)

// listen opens the network at the addresses of the settings. A port left to the system ("/tcp/0") is the one of the first start for ever
// after: partners dial a company where it was, and two companies that both came back elsewhere would never find each other. Only
// where another program holds that port does the node listen elsewhere, and says so: it can still reach partners that stayed.
func (n *Node) listen(o p2p.Options) error {
	o.Listen = n.settings.addresses()
	host, err := p2p.Open(context.Background(), o)
	var taken *p2p.ListenError
	if errors.As(err, &taken) && n.settings.isKept(taken.Address) {
		n.log.Warn("another program holds the port of this node's first start: until that stops and the node starts again, partners reach it only when it calls them",
			"address", taken.Address, "settings", n.home.path("kontor.json"))
		o.Listen = n.settings.Listen
		host, err = p2p.Open(context.Background(), o)
	}
	if errors.As(err, &taken) {
		return Failf("LISTEN_ADDRESS", "%v; stop that, or put an address of this machine and a free port under listen in %s, such as /ip4/0.0.0.0/tcp/4001", taken, n.home.path("kontor.json"))
	}
	if err != nil {
		return err
	}
	n.network.Store(host)
	return n.keepPorts(host.Bound())
}

// keepPorts writes to the settings where the system had the node listen, for addresses that have no such place yet.
func (n *Node) keepPorts(bound map[string]string) error {
	grown := false
	for address, at := range bound {
		if _, known := n.settings.Bound[address]; known || !slices.Contains(n.settings.Listen, address) {
			continue
		}
		if n.settings.Bound == nil {
			n.settings.Bound = map[string]string{}
		}
		n.settings.Bound[address] = at
		grown = true
	}
	if !grown {
		return nil
	}
	return n.home.SaveSettings(n.settings)
}

// addresses are where to listen: those of the settings, with the ports of the first start in place of free ones.
func (s Settings) addresses() []string {
	out := make([]string, len(s.Listen))
	for i, address := range s.Listen {
		out[i] = address
		if at, known := s.Bound[address]; known {
			out[i] = at
		}
	}
	return out
}

// isKept tells whether an address has its port from the first start and not from who wrote the settings.
func (s Settings) isKept(address string) bool {
	for _, listen := range s.Listen {
		if s.Bound[listen] == address {
			return true
		}
	}
	return false
}
