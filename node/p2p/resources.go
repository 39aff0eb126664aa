package p2p

import (
	"strings"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/protocol"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"

	"kontor/protocol/wire"
)

// Bounds of what peers may make this node hold. They are explicit because the defaults follow the machine's memory, count eight
// connections an address, and so let one cloud gateway shut out several partners.
const (
	maxConns       = 512
	maxConnsPeer   = 8
	maxConnsSubnet = 64
	// maxTransient bounds the connections of each direction that have not proved a key yet. Strangers who hold all inbound ones do not keep this node from
	// dialling its partners; it is more than one address may have, so that one address can't hold them all.
	maxTransient = 2 * maxConnsSubnet
	maxStreams   = 4096
	// maxStreamsPeer covers wire.MaxStreams in each direction, hints and identification.
	maxStreamsPeer  = 3 * wire.MaxStreams
	maxMemory       = 256 << 20
	maxMemoryPeer   = 64 << 20
	transientMemory = 16 << 20
)

// resources bounds connections, streams and memory. Loopback addresses are exempt from the bounds by subnet.
func resources(m *metrics, exceeded func(error)) (network.ResourceManager, error) {
	limits := rcmgr.PartialLimitConfig{
		System: rcmgr.ResourceLimits{Conns: maxConns, ConnsInbound: maxConns, ConnsOutbound: maxConns, FD: maxConns,
			Streams: maxStreams, StreamsInbound: maxStreams, StreamsOutbound: maxStreams, Memory: maxMemory},
		Transient: rcmgr.ResourceLimits{Conns: 2 * maxTransient, ConnsInbound: maxTransient, ConnsOutbound: maxTransient, FD: 2 * maxTransient,
			Streams: 4 * maxTransient, StreamsInbound: 4 * maxTransient, StreamsOutbound: 4 * maxTransient, Memory: transientMemory},
		PeerDefault: rcmgr.ResourceLimits{Conns: maxConnsPeer, ConnsInbound: maxConnsPeer, ConnsOutbound: maxConnsPeer, FD: maxConnsPeer,
			Streams: maxStreamsPeer, StreamsInbound: maxStreamsPeer, StreamsOutbound: maxStreamsPeer, Memory: maxMemoryPeer},
		ProtocolPeer: map[protocol.ID]rcmgr.ResourceLimits{},
	}
	for _, id := range []protocol.ID{wire.PairID, wire.SyncID, wire.BlocksID, wire.TreeID, wire.LinesID} {
		limits.ProtocolPeer[id] = rcmgr.ResourceLimits{Streams: 2 * wire.MaxStreams, StreamsInbound: wire.MaxStreams, StreamsOutbound: wire.MaxStreams, Memory: maxMemoryPeer}
	}
	base := rcmgr.DefaultLimits.Scale(maxMemory, maxConns)
	return rcmgr.NewResourceManager(rcmgr.NewFixedLimiter(limits.Build(base)), rcmgr.WithMetricsDisabled(), rcmgr.WithTraceReporter(blocked{m, exceeded}),
		rcmgr.WithLimitPerSubnet(
			[]rcmgr.ConnLimitPerSubnet{{PrefixLength: 32, ConnCount: maxConnsSubnet}},
			[]rcmgr.ConnLimitPerSubnet{{PrefixLength: 56, ConnCount: maxConnsSubnet}, {PrefixLength: 48, ConnCount: 4 * maxConnsSubnet}}))
}

// blocked counts what the resource manager refuses. It sees every reservation, so it does nothing else.
type blocked struct {
	metrics  *metrics
	exceeded func(error)
}

var _ rcmgr.TraceReporter = blocked{}

// ConsumeEvent implements rcmgr.TraceReporter.
func (b blocked) ConsumeEvent(e rcmgr.TraceEvt) {
	switch e.Type {
	case rcmgr.TraceBlockAddConnEvt:
		b.metrics.blocked.WithLabelValues("connection").Inc()
	case rcmgr.TraceBlockAddStreamEvt:
		b.metrics.blocked.WithLabelValues("stream").Inc()
		if strings.Contains(e.Name, "peer:") {
			b.exceeded(errTooManyStreams)
		}
	case rcmgr.TraceBlockReserveMemoryEvt:
		b.metrics.blocked.WithLabelValues("memory").Inc()
	}
}
