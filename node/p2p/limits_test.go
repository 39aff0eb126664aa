package p2p_test

import (
	"encoding/binary"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/marcopolo/simnet"
	ma "github.com/multiformats/go-multiaddr"

	"kontor/node/p2p"
	"kontor/protocol/block"
	"kontor/protocol/bound"
	"kontor/protocol/feed"
	"kontor/protocol/wire"
	"kontor/protocol/wire/wiretest"
)

// exceeding collects the limits that a host counts.
type exceeding struct {
	mu   sync.Mutex
	seen map[string]int
}

func (e *exceeding) count(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.seen == nil {
		e.seen = map[string]int{}
	}
	e.seen[bound.Of(err)]++
}

func (e *exceeding) of(limit string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.seen[limit]
}

// A partner's document that names more blocks than any document has is fetched no further than that, and counted (PROTOCOL 9).
func TestEndlessDocument(t *testing.T) {
	var limits exceeding
	o := newOffice(t, wiretest.New("buyer"))
	bad := newOffice(t, wiretest.New("mallory"))
	o.exceeded = limits.count
	// A block of a megabyte has room for some 25,000 links. The first leads to the next such block, the others to nothing, and nobody gets that far.
	const inBlock = 25_000
	var blocks []block.Block // the last part first
	for i := 0; i < wire.MaxDeepBlocks+inBlock; i += inBlock {
		links := make([]block.CID, inBlock)
		for j := range links {
			links[j] = block.Sum(binary.AppendVarint(nil, int64(i+j)))
		}
		if len(blocks) > 0 {
			links[0] = blocks[len(blocks)-1].CID
		}
		part, err := block.New(links)
		check(t, err)
		blocks = append(blocks, part)
	}
	slices.Reverse(blocks)
	pid := join(t, o, bad)
	o.listen(quick)
	mallory := newRaw(t, bad.Node)
	h := feed.Header{V: 1, PID: pid, Author: bad.ID, Seq: 1, Seen: []block.CID{}, IDHead: bad.Chain.Head(), Lam: 1, T: o.clock().UnixMilli(), Kind: kindSheet, Crit: true, Body: &blocks[0].CID}
	entry, err := feed.Seal(h, bad.Feed)
	check(t, err)
	mallory.lie(wire.SyncID, func(s network.Stream) {
		_, _ = s.Write(frame(t, wire.Batch{T: 1, Nonce: 1, Entries: []feed.Envelope{entry}}))
	})
	mallory.lie(wire.BlocksID, func(s network.Stream) {
		_, _ = s.Write(frame(t, wire.BlocksReply{Form: wire.FormBlocks}))
		for _, b := range blocks {
			_, _ = s.Write(wire.AppendFrame(nil, b.Data))
		}
	})
	check(t, mallory.connect(o))
	eventually(t, "the refusal", func() bool { return limits.of(bound.Artifact) > 0 })
	if held, err := o.Held(t.Context(), pid); err != nil || held.Seq(bad.ID) != 0 {
		t.Errorf("the entry is held: %v, %v", held, err)
	}
}

// A partner that asks and then says nothing keeps its stream for a minute and no longer, and is counted: in a simulated network's time.
func TestSilentStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := &simnet.Simnet{LatencyFunc: simnet.StaticLatency(time.Millisecond)}
		sim.Start()
		t.Cleanup(sim.Close)
		var limits exceeding
		o, bad := newOffice(t, wiretest.New("buyer")), newOffice(t, wiretest.New("mallory"))
		pid := join(t, o, bad)
		begin := time.Now()
		o.clock = func() time.Time { return time.UnixMilli(wiretest.Begin).Add(time.Since(begin) + time.Hour) }
		h, err := p2p.Open(t.Context(), p2p.Options{Key: o.Node, Office: o, Clock: o.clock, Pace: p2p.DefaultPace, Exceeded: limits.count, Transport: quicOver(sim),
			Listen: []string{"/ip4/10.0.0.1/udp/4001/quic-v1"}})
		check(t, err)
		t.Cleanup(func() { check(t, h.Close()) })
		key, err := crypto.UnmarshalEd25519PrivateKey(append(bad.Node.Seed(), func() []byte { p := bad.Node.Public(); return p[:] }()...))
		check(t, err)
		mallory, err := libp2p.New(append(quicOver(sim), libp2p.Identity(key), libp2p.ListenAddrStrings("/ip4/10.0.0.2/udp/4001/quic-v1"), libp2p.DisableRelay(),
			libp2p.DisableMetrics(), libp2p.DisableIdentifyAddressDiscovery())...)
		check(t, err)
		t.Cleanup(func() { check(t, mallory.Close()) })
		id, err := p2p.PeerID(o.Node.Public())
		check(t, err)
		addr, err := ma.NewMultiaddr("/ip4/10.0.0.1/udp/4001/quic-v1")
		check(t, err)
		check(t, mallory.Connect(t.Context(), peer.AddrInfo{ID: id, Addrs: []ma.Multiaddr{addr}}))
		s, err := mallory.NewStream(t.Context(), id, protocol.ID(wire.SyncID))
		check(t, err)
		_, err = s.Write(frame(t, wire.SyncAsk{PID: pid, Held: wire.Held{Heads: []wire.Head{}, IDs: []wire.IDLen{}}, T: o.clock().UnixMilli(), Nonce: 1}))
		check(t, err)
		time.Sleep(wire.StreamIdle*time.Millisecond - 5*time.Second)
		if n := limits.of(bound.StreamIdle); n != 0 {
			t.Errorf("after 55 s the stream counts as silent")
		}
		time.Sleep(10 * time.Second)
		if n := limits.of(bound.StreamIdle); n != 1 {
			t.Errorf("after 65 s %d streams were silent too long, not 1", n)
		}
		_ = s.Reset()
	})
}
