package api_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	ma "github.com/multiformats/go-multiaddr"

	"kontor/crypto/keys"
	"kontor/node"
	"kontor/node/admin"
	"kontor/node/api"
	"kontor/node/client"
	"kontor/protocol/block"
	"kontor/protocol/bound"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
	"kontor/protocol/partnership"
	"kontor/protocol/wire"
)

// running is a node with its network, and its API on the socket of its home.
type running struct {
	*node.Node
	home   node.Home
	office *admin.Office
	client *client.Client
	stop   func()
}

func run(t *testing.T, name string) *running {
	t.Helper()
	home := node.Home(filepath.Join(t.TempDir(), name))
	must(t, second(node.Init(home, node.InitOptions{Company: name, Listen: []string{"/ip4/127.0.0.1/tcp/0"}, Now: time.Now()})))
	n, err := node.Open(node.Config{Home: home})
	must(t, err)
	r := &running{Node: n, home: home, office: admin.New(n)}
	socket, err := api.ListenSocket(home.Socket())
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 2)
	go func() {
		done <- api.New(api.Routes(n, r.office), r.office, r.office.State, n.Metrics()).Serve(ctx, socket, true)
	}()
	go func() { done <- n.Run(ctx) }()
	r.client = client.Dial(string(home), "")
	stopped := false
	r.stop = func() {
		if stopped {
			return
		}
		stopped = true
		r.client.Close()
		cancel()
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(r.stop)
	return r
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func second[T any](_ T, err error) error { return err }

// metric reads a value from /metrics over the socket; false when it is not there.
func (r *running) metric(t *testing.T, name string) (float64, bool) {
	t.Helper()
	status, page, err := r.client.Raw(t.Context(), "/metrics")
	if err != nil || status != 200 {
		t.Fatalf("/metrics: HTTP %d, %v", status, err)
	}
	for _, line := range strings.Split(string(page), "\n") {
		if rest, found := strings.CutPrefix(line, name+" "); found {
			v, err := strconv.ParseFloat(rest, 64)
			must(t, err)
			return v, true
		}
	}
	return 0, false
}

// above waits until a metric is above a value.
func (r *running) above(t *testing.T, name string, floor float64) {
	t.Helper()
	var last float64
	for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(10 * time.Millisecond) {
		if last, _ = r.metric(t, name); last > floor {
			return
		}
	}
	t.Errorf("%s stays at %v, not above %v", name, last, floor)
}

// pairWith makes partners of two nodes, as two admins do.
func (r *running) pairWith(t *testing.T, seller *running) block.CID {
	t.Helper()
	offer := partnership.Offer{Role: partnership.RoleSeller, Materiality: identity.Amount{Minor: 10_000_00, Currency: "USD"},
		Products: []string{}, Regions: []string{}, Expires: time.Now().Add(time.Hour).UnixMilli()}
	in, text, err := r.Invite(t.Context(), "", offer, false)
	must(t, err)
	p, err := seller.AcceptInvitation(t.Context(), text)
	must(t, err)
	p, err = seller.ConfirmWordsOf(t.Context(), p.ID, true)
	must(t, err)
	for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(10 * time.Millisecond) {
		if got, err := r.PairingOf(in.ID); err == nil && got.Stage == partnership.StageDone {
			return *p.PID
		}
	}
	t.Fatal("the pairing was not finished")
	return block.CID{}
}

// mallory speaks bytes with the node key of a partner.
type mallory struct {
	t    *testing.T
	host host.Host
	to   peer.ID
}

func newMallory(t *testing.T, home node.Home, to *running) *mallory {
	t.Helper()
	priv, _, err := crypto.GenerateEd25519Key(rand.Reader)
	if home != "" {
		file, readErr := os.ReadFile(home.KeyFile(keys.Node))
		must(t, readErr)
		_, seed, openErr := keys.OpenFile(file, nil)
		must(t, openErr)
		key, seedErr := keys.FromSeed(seed)
		must(t, seedErr)
		pub := key.Public()
		priv, err = crypto.UnmarshalEd25519PrivateKey(append(key.Seed(), pub[:]...))
	}
	must(t, err)
	h, err := libp2p.New(libp2p.Identity(priv), libp2p.ListenAddrStrings("/ip4/127.0.0.1/tcp/0"), libp2p.DisableRelay(), libp2p.DisableMetrics(),
		libp2p.DisableIdentifyAddressDiscovery())
	must(t, err)
	t.Cleanup(func() { must(t, h.Close()) })
	return &mallory{t, h, to.Host().ID()}
}

func (m *mallory) connect(to *running) {
	info := peer.AddrInfo{ID: m.to}
	for _, a := range to.Host().Addresses() {
		addr, err := ma.NewMultiaddr(a)
		must(m.t, err)
		info.Addrs = append(info.Addrs, addr)
	}
	_ = m.host.Connect(m.t.Context(), info) // a stranger may or may not be told
}

func (m *mallory) open(id string) network.Stream {
	s, err := m.host.NewStream(m.t.Context(), m.to, protocol.ID(id))
	if err != nil {
		return nil
	}
	return s
}

func (m *mallory) say(id string, data []byte) {
	if s := m.open(id); s != nil {
		_ = s.SetDeadline(time.Now().Add(time.Minute))
		_, _ = s.Write(data)
		_, _ = s.Read(make([]byte, 1))
		_ = s.Reset()
	}
}

// answers makes the node ask, and be answered with a message that no honest program would write.
func (m *mallory) answers(to *running, pid block.CID, message any) {
	data, err := block.Marshal(message)
	must(m.t, err)
	m.host.SetStreamHandler(protocol.ID(wire.SyncID), func(s network.Stream) {
		defer s.Reset()
		_ = s.SetDeadline(time.Now().Add(time.Minute))
		if _, err := wire.ReadFrame(bufio.NewReader(s), wire.MaxFrame); err == nil {
			_, _ = s.Write(wire.AppendFrame(nil, data))
			_ = s.CloseWrite()
			_, _ = s.Read(make([]byte, 1))
		}
	})
	to.Host().SyncNow(pid)
}

// What a hostile partner and a stranger do is seen on /metrics, and so are the figures of the store: read as Prometheus would, over the socket.
func TestMetricsTell(t *testing.T) {
	acme, evil := run(t, "acme"), run(t, "evil")
	pid := acme.pairWith(t, evil)
	for name, value := range map[string]float64{"kontor_partners_connected": 0, "kontor_disk_free_bytes": 1 << 20, "kontor_badger_lsm_bytes": 0, "kontor_store_writable": 0,
		`kontor_entries_total{kind="partnership.sign"}`: 1, `kontor_limit_used{limit="partners"}`: 0, `kontor_limit_used{limit="entry_header"}`: 100,
		`kontor_limit_used{limit="sync_batch"}`: 0, `kontor_limit_used{limit="identity_chain"}`: 2, "kontor_sync_duration_seconds_count": 0} {
		acme.above(t, name, value)
	}
	var channel wire.ChannelKey
	links, err := evil.Links(t.Context())
	must(t, err)
	channel = links[0].Channel
	evil.stop()

	stranger := newMallory(t, "", acme)
	stranger.connect(acme)
	acme.above(t, `kontor_gater_denied_total{why="stranger"}`, 0)

	m := newMallory(t, evil.home, acme)
	m.connect(acme)
	silent := m.open(wire.SyncID) // for the handshake's limit, which takes its time
	_, _ = silent.Write([]byte{0x80})
	frame := func(v any) []byte {
		data, err := block.Marshal(v)
		must(t, err)
		return wire.AppendFrame(nil, data)
	}
	m.say(wire.SyncID, binary.AppendUvarint(nil, wire.MaxAsk+1))
	acme.above(t, `kontor_limit_refused_total{limit="frame"}`, 0)
	for limit, data := range map[string][]byte{
		bound.Depth: bytes.Repeat([]byte{0x81}, 5000), bound.Array: {0x9a, 0, 1, 0, 1}, bound.Map: {0xb9, 0x10, 0x01}, bound.Text: {0x7a, 0, 1, 0, 1},
	} {
		m.say(wire.BlocksID, wire.AppendFrame(nil, data))
		acme.above(t, `kontor_limit_refused_total{limit="`+limit+`"}`, 0)
	}
	ids := func(n int64) wire.SyncAsk {
		return wire.SyncAsk{PID: pid, T: 1, Nonce: 1, Held: wire.Held{Heads: []wire.Head{}, IDs: []wire.IDLen{{Company: acme.Company(), Len: n, Head: pid}}}}
	}
	m.say(wire.SyncID, frame(ids(identity.MaxChain+1)))
	acme.above(t, `kontor_limit_refused_total{limit="identity_chain"}`, 0)
	var open []network.Stream
	for range 2 * wire.MaxStreams {
		if s := m.open(wire.SyncID); s != nil {
			_, _ = s.Write([]byte{0x80})
			open = append(open, s)
		}
	}
	acme.above(t, `kontor_limit_refused_total{limit="streams"}`, 0)
	for _, s := range open {
		_ = s.Reset()
	}

	// As a responder: batches beyond what a batch may be.
	entry := feed.Envelope{Header: make([]byte, feed.MaxHeaderBytes+1), Sig: make([]byte, 64)}
	m.answers(acme, pid, wire.Batch{T: 1, Nonce: 1, Entries: []feed.Envelope{entry}})
	acme.above(t, `kontor_limit_refused_total{limit="entry_header"}`, 0)
	m.answers(acme, pid, wire.Batch{T: 1, Nonce: 1, Entries: make([]feed.Envelope, wire.MaxBatchEntries+1)})
	acme.above(t, `kontor_limit_refused_total{limit="sync_batch"}`, 0)
	m.answers(acme, pid, wire.Batch{T: 1, Nonce: 1, Entries: []feed.Envelope{{Header: []byte{0xa0}, Sig: make([]byte, 64)}}})
	acme.above(t, `kontor_verify_fail_total{reason="ENTRY_MALFORMED"}`, 0)
	m.answers(acme, pid, wire.Batch{T: 1, Nonce: 1, IDs: []wire.IDRange{{Company: evil.Company(), From: 0, Entries: []identity.Envelope{{Entry: make([]byte, identity.MaxEntryBytes+1), Signatures: []identity.RootSignature{}}}}}})
	acme.above(t, `kontor_limit_refused_total{limit="identity_entry"}`, 0)

	// Hints: too large, and too many.
	ps, err := pubsub.NewGossipSub(t.Context(), m.host, pubsub.WithFloodPublish(true), pubsub.WithMessageSignaturePolicy(pubsub.StrictNoSign), pubsub.WithNoAuthor(),
		pubsub.WithPeerOutboundQueueSize(1024), pubsub.WithMessageIdFn(func(m *pb.Message) string { return string(m.Data) }))
	must(t, err)
	name := wire.Channel(channel, time.Now().UnixMilli())
	topic, err := ps.Join(name)
	must(t, err)
	for began := time.Now(); len(topic.ListPeers()) == 0 && time.Since(began) < time.Minute; {
		time.Sleep(10 * time.Millisecond)
	}
	must(t, topic.Publish(t.Context(), make([]byte, wire.MaxHint+1)))
	acme.above(t, `kontor_limit_refused_total{limit="hint"}`, 0)
	for i := range 4 * wire.HintBurst {
		must(t, topic.Publish(t.Context(), binary.AppendVarint(nil, int64(i))))
	}
	acme.above(t, `kontor_limit_refused_total{limit="hint_rate"}`, 0)
	acme.above(t, `kontor_hints_total{what="dropped"}`, wire.HintBurst)

	// At home.
	for range wire.MaxInvitations + 1 {
		_, _, err = acme.Invite(t.Context(), "", partnership.Offer{Role: partnership.RoleSeller, Materiality: identity.Amount{Minor: 1, Currency: "USD"},
			Products: []string{}, Regions: []string{}, Expires: time.Now().Add(time.Hour).UnixMilli()}, false)
	}
	if err == nil {
		t.Error("an invitation too many was made")
	}
	acme.above(t, `kontor_limit_refused_total{limit="invitations"}`, 0)

	if testing.Short() {
		return
	}
	acme.above(t, `kontor_limit_used{limit="invitations"}`, wire.MaxInvitations-1)
	acme.above(t, `kontor_limit_refused_total{limit="handshake"}`, 0)
	acme.above(t, `kontor_unacked_entries{member="`+evil.Company().Short()+`",partnership="`+pid.Short()+`"}`, -1)
	for _, b := range node.Bounds {
		limit, there := acme.metric(t, `kontor_limit{limit="`+b.Name+`"}`)
		if !there || limit != float64(b.Limit) {
			t.Errorf("kontor_limit{%s} is %v, not %d", b.Name, limit, b.Limit)
		}
		if _, there := acme.metric(t, `kontor_limit_refused_total{limit="`+b.Name+`"}`); !there {
			t.Errorf("refusals by %s have no metric", b.Name)
		}
		if _, there := acme.metric(t, `kontor_limit_used{limit="`+b.Name+`"}`); there != (b.What != "") {
			t.Errorf("the use of %s has a metric: %t", b.Name, there)
		}
	}
}
