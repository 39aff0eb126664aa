package sim

import (
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	libp2pquic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/quicreuse"
	"github.com/marcopolo/simnet"
	"github.com/quic-go/quic-go"
	"go.uber.org/fx"
)

const (
	distance  = 25 * time.Millisecond // one way, between any two companies
	bandwidth = 100_000_000           // bits a second, each way
	port      = 4001
)

// network is the sea between the companies. Every company has one address; the way between two of them can be cut.
type network struct {
	sim *simnet.Simnet

	mu    sync.Mutex
	cut   map[[2]string]bool // by the addresses of both, in both orders
	ports int                // the last one given to a host that asked for none
}

func newNetwork(t *testing.T) *network {
	n := &network{cut: map[[2]string]bool{}, ports: port,
		// A packet to somebody who has closed is dropped, as it should be, and is no news.
		sim: &simnet.Simnet{LatencyFunc: simnet.StaticLatency(distance), Logger: slog.New(slog.DiscardHandler)}}
	n.sim.Start()
	t.Cleanup(n.sim.Close)
	return n
}

// part cuts the way between two companies and says nothing to either; meet mends it.
func (n *network) part(a, b net.IP) { n.set(a, b, true) }
func (n *network) meet(a, b net.IP) { n.set(a, b, false) }

func (n *network) set(a, b net.IP, cut bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cut[[2]string{a.String(), b.String()}], n.cut[[2]string{b.String(), a.String()}] = cut, cut
}

func (n *network) parted(a, b net.IP) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.cut[[2]string{a.String(), b.String()}]
}

// endpoint gives a host a place to send from and hear at.
func (n *network) endpoint(ip net.IP, port int) net.PacketConn {
	n.mu.Lock()
	defer n.mu.Unlock()
	if port == 0 {
		n.ports++
		port = n.ports
	}
	link := simnet.LinkSettings{BitsPerSecond: bandwidth}
	return cable{n.sim.NewEndpoint(&net.UDPAddr{IP: ip, Port: port}, simnet.NodeBiDiLinkSettings{Downlink: link, Uplink: link}), n, ip}
}

// transport is QUIC from one address of the network.
func (n *network) transport(ip net.IP) []libp2p.Option {
	return []libp2p.Option{libp2p.Transport(libp2pquic.NewTransport), libp2p.QUICReuse(
		func(l fx.Lifecycle, reset quic.StatelessResetKey, token quic.TokenGeneratorKey, options ...quicreuse.Option) (*quicreuse.ConnManager, error) {
			conns, err := quicreuse.NewConnManager(reset, token, options...)
			if err == nil {
				l.Append(fx.StopHook(conns.Close))
			}
			return conns, err
		},
		quicreuse.OverrideSourceIPSelector(func() (quicreuse.SourceIPSelector, error) { return from(ip), nil }),
		quicreuse.OverrideListenUDP(func(_ string, at *net.UDPAddr) (net.PacketConn, error) { return n.endpoint(ip, at.Port), nil }))}
}

// from is the one address a host sends from.
type from net.IP

func (f from) PreferredSourceIPForDestination(*net.UDPAddr) (net.IP, error) { return net.IP(f), nil }

// cable loses what is sent where the way is cut.
type cable struct {
	*simnet.SimConn
	network *network
	ip      net.IP
}

func (c cable) WriteTo(data []byte, to net.Addr) (int, error) {
	at := *to.(*net.UDPAddr)
	if at.IP = at.IP.To4(); c.network.parted(c.ip, at.IP) { // the router tells four bytes from sixteen
		return len(data), nil
	}
	return c.SimConn.WriteTo(data, &at)
}
