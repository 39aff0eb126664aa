// Package p2p is the network of a node: it connects to partners, keeps partnerships in step with them, and runs pairings.
//
// [Open] starts a [Host] for an [Office], which is what the node does and knows; [Host.Announce] tells partners that something was
// committed; [Host.Refresh] follows a change of partners or invitations; [Host.Pair] takes up an invitation.
//
// How news travels. For every partnership with a connected partner a session keeps one sync stream on which it asks, delivers, and
// then asks for news with the wait flag: the partner answers the moment it commits. Hints on the partnership's channel are the second way: one
// that the session does not make good in a moment makes it ask anew. What is true is only what a sync brings.
//
// Guarantees. Only partners get past the security handshake, and one throw-away identity per open invitation. Every stream, frame
// and wait is bounded; a peer can't make this node hold more than its limits. Nothing of a peer reaches the Office unchecked in form.
//
// Not guaranteed: that nobody sees which addresses talk to each other, and that a hint arrives.
package p2p

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/net/connmgr"
	libp2pquic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"

	"kontor/protocol/block"
	"kontor/protocol/wire"
)

// Host is a node's network.
type Host struct {
	office  Office
	opts    Options
	pace    Pace
	clock   func() time.Time
	log     *slog.Logger
	metrics *metrics
	host    host.Host
	known   atomic.Pointer[directory]
	news    *news
	hints   *hints
	streams streamCount
	pairing busy

	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu       sync.Mutex // guards partners; Refresh holds refresh, not mu, while it asks the office
	refresh  sync.Mutex
	partners map[peer.ID]*partner
	closed   bool
}

// Open starts listening, dialling and syncing; an address at which it can't listen is a [*ListenError]. The context bounds the start alone; [Host.Close] ends what was started.
func Open(ctx context.Context, options Options) (*Host, error) {
	o, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	if o.Transport == nil {
		if err := checkListen(o.Listen); err != nil {
			return nil, err
		}
	}
	m, err := newMetrics(o.Registerer)
	if err != nil {
		return nil, fmt.Errorf("open network: %w", err)
	}
	h := &Host{office: o.Office, opts: o, pace: o.Pace, clock: o.Clock, log: o.Logger, metrics: m, news: newNews(), partners: map[peer.ID]*partner{}}
	h.known.Store(&directory{})
	// What outlives Open must not end with the context of its caller.
	h.ctx, h.cancel = context.WithCancel(context.WithoutCancel(ctx))
	if h.host, err = newLibp2p(o, m, &gater{known: h.known.Load, metrics: m}); err != nil {
		h.cancel()
		return nil, fmt.Errorf("open network: %w", err)
	}
	h.host.Network().Notify(&network.NotifyBundle{
		ConnectedF:    func(_ network.Network, c network.Conn) { h.connection(c.RemotePeer()) },
		DisconnectedF: func(_ network.Network, c network.Conn) { h.connection(c.RemotePeer()) },
	})
	h.handle(wire.SyncID, h.serveSync)
	h.handle(wire.BlocksID, h.serveBlocks)
	h.handle(wire.TreeID, h.serveTree)
	h.handle(wire.LinesID, h.serveLines)
	h.handle(wire.PairID, h.servePair)
	if h.hints, err = newHints(h); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	if err := h.Refresh(ctx); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

func newLibp2p(o Options, m *metrics, gate *gater) (host.Host, error) {
	key, err := privKey(o.Key)
	if err != nil {
		return nil, err
	}
	limits, err := resources(m, o.Exceeded)
	if err != nil {
		return nil, err
	}
	conns, err := connmgr.NewConnManager(maxConns/2, maxConns)
	if err != nil {
		return nil, err
	}
	options := []libp2p.Option{
		libp2p.Identity(key), libp2p.ListenAddrStrings(o.Listen...), libp2p.ConnectionGater(gate), libp2p.ResourceManager(limits),
		libp2p.ConnectionManager(conns), libp2p.UserAgent(wire.UserAgent), libp2p.ProtocolVersion(wire.UserAgent),
		libp2p.WithDialTimeout(o.Pace.DialTimeout),
	}
	return libp2p.New(append(append(options, lean...), transports(o.Transport)...)...)
}

// lean leaves out what a network of partners does not use: relays, address discovery by strangers, a second set of metrics.
var lean = []libp2p.Option{libp2p.DisableRelay(), libp2p.DisableMetrics(), libp2p.DisableIdentifyAddressDiscovery()}

// transports are TCP and QUIC. The security of TCP is left at its default order, TLS before Noise: TLS is half again as fast. A port is
// not shared: the system would let two nodes of one user listen at it, and give a partner's connection to either.
func transports(replacement []libp2p.Option) []libp2p.Option {
	if replacement != nil {
		return replacement
	}
	return []libp2p.Option{libp2p.Transport(tcp.NewTCPTransport, tcp.DisableReuseport()), libp2p.Transport(libp2pquic.NewTransport)}
}

// ID is the host's libp2p name.
func (h *Host) ID() peer.ID { return h.host.ID() }

// Addresses are the multiaddrs the host listens at, with unspecified addresses resolved to those of the machine's interfaces.
func (h *Host) Addresses() []string {
	var out []string
	for _, a := range h.host.Addrs() {
		out = append(out, a.String())
	}
	return out
}

// Bound maps every address with a free port ("/tcp/0") that the host listens at by the system's choice to the one chosen.
func (h *Host) Bound() map[string]string {
	out := map[string]string{}
	for _, a := range h.host.Network().ListenAddresses() {
		if free := withFreePort(a); free != a.String() {
			out[free] = a.String()
		}
	}
	return out
}

// Close ends everything and waits for it. Streams are broken off: the other side sees a reset and asks again later.
func (h *Host) Close() error {
	h.mu.Lock()
	already := h.closed
	h.closed = true
	h.mu.Unlock()
	if already {
		return nil
	}
	h.cancel()
	if h.hints != nil {
		h.hints.close()
	}
	err := h.host.Close()
	h.wg.Wait()
	return err
}

// start runs fn until the host closes.
func (h *Host) start(fn func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	h.wg.Add(1)
	go func() {
		defer h.wg.Done()
		fn()
	}()
}

// Announce says that an entry was committed here: partners who wait for news get it now, the others a hint. It returns at once and may
// be called inside no transaction: what it announces must be readable already. It tells whether a partner waited.
func (h *Host) Announce(pid, author block.CID, seq int64, head block.CID) (awaited bool) {
	awaited = h.news.wake(pid, "")
	h.hints.send(pid, author, seq, head)
	return awaited
}

// Refresh reads partners and invitations from the office and follows: new partners are dialled, removed ones disconnected.
func (h *Host) Refresh(ctx context.Context) error {
	h.refresh.Lock()
	defer h.refresh.Unlock()
	d, err := readDirectory(ctx, h.office, h.clock().UnixMilli())
	if err != nil {
		return err
	}
	if d.beyond > 0 {
		h.opts.Exceeded(errPartners)
		h.log.Error("too many partners: the newest are not met", "left out", d.beyond, "limit", wire.MaxPartners)
	}
	old := h.known.Swap(d)
	if err := h.hints.refresh(); err != nil {
		return err
	}
	h.mu.Lock()
	var gone []*partner
	for id, p := range h.partners {
		if a := d.peers[id]; a == nil {
			delete(h.partners, id)
			gone = append(gone, p)
		} else {
			p.follow(a)
		}
	}
	var fresh []*partner
	if !h.closed {
		for id, a := range d.peers {
			if h.partners[id] == nil {
				p := newPartner(h, a)
				h.partners[id] = p
				fresh = append(fresh, p)
			}
		}
	}
	h.mu.Unlock()
	for _, p := range gone {
		p.stop()
		h.host.ConnManager().Unprotect(p.id, "partner")
		// Admission is judged at the handshake; a connection that stands must be closed.
		h.disconnect(p.id)
	}
	for id := range old.invitations {
		if d.invitations[id] == "" && d.peers[id] == nil {
			h.disconnect(id)
		}
	}
	for _, p := range fresh {
		h.host.ConnManager().Protect(p.id, "partner")
		p.begin()
	}
	return nil
}

func (h *Host) disconnect(id peer.ID) {
	if err := h.host.Network().ClosePeer(id); err != nil {
		h.log.Debug("close connection", "peer", id, "err", err)
	}
}

// connection follows a connection that came or went.
func (h *Host) connection(id peer.ID) {
	h.mu.Lock()
	p := h.partners[id]
	connected := 0
	for other := range h.partners {
		if h.connectedTo(other) {
			connected++
		}
	}
	h.mu.Unlock()
	h.metrics.connected.Set(float64(connected))
	if p != nil {
		p.changed.signal()
	}
}

func (h *Host) connectedTo(id peer.ID) bool {
	return h.host.Network().Connectedness(id) == network.Connected
}

// partnerOf finds the partner of a company: a connected one if there is.
func (h *Host) partnerOf(company, pid block.CID) *partner {
	h.mu.Lock()
	defer h.mu.Unlock()
	var found *partner
	for _, p := range h.partners {
		if a := p.acquaintance(); a.company == company && a.shares(pid) && (found == nil || h.connectedTo(p.id)) {
			found = p
		}
	}
	return found
}
