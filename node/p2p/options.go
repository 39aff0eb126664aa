package p2p

import (
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/prometheus/client_golang/prometheus"

	"kontor/crypto/keys"
	"kontor/protocol/wire"
)

// Options say how a host is opened. Office and Key are needed; the rest has defaults.
type Options struct {
	// Key is the node key; the PeerID follows from it.
	Key keys.Private
	// Office is the node.
	Office Office
	// Listen are multiaddrs to listen at. Default: TCP and QUIC on port 4001 of every address.
	Listen []string
	// Clock is the node's clock. Default: time.Now.
	Clock func() time.Time
	// Logger. Default: slog.Default().
	Logger *slog.Logger
	// Registerer takes the metrics. Default: a registry of the host's own.
	Registerer prometheus.Registerer
	// Exceeded is told of errors about what a peer sent, for counting the limits that were exceeded (bound.Of); most are about none. It is called by
	// many goroutines at once. Default: nobody is told.
	Exceeded func(error)
	// Rand gives what must be unpredictable. It is read by many goroutines at once. Default: crypto/rand.
	Rand io.Reader
	// Pace are times and rates; the zero value means DefaultPace.
	Pace Pace
	// Record takes a copy of every byte received from partners, decrypted: for an audit of what reaches this company. It is written to by many
	// goroutines at once. Default: none is kept.
	Record io.Writer
	// Transport replaces the TCP and QUIC transports, for simulated networks in tests.
	Transport Transport
}

// Transport is what a host travels over.
type Transport = []libp2p.Option

// Pace are the times a host keeps. Shorter ones find a fault sooner and cost more traffic.
type Pace struct {
	// DialMin and DialMax bound the wait before a partner is dialled again: a random time up to DialMin after the first failure, doubling
	// up to DialMax. A partner is never given up.
	DialMin, DialMax time.Duration
	// DialTimeout bounds one dial to all addresses of a partner.
	DialTimeout time.Duration
	// RetryMin and RetryMax bound the wait before a broken sync is begun again on a connection that stands.
	RetryMin, RetryMax time.Duration
	// Wait is how long an ask for news is held open; see wire.SyncAsk. After it the requester syncs once without waiting, so that every partnership
	// is compared at least once in about this time.
	Wait time.Duration
	// HintGrace is how long a waiting ask may take to bring what a hint announced before it is broken off and asked anew.
	HintGrace time.Duration
	// Confirm is how long people may take to compare words while a pairing stream is open.
	Confirm time.Duration
	// Rotate is how often the weekly channel names are looked at.
	Rotate time.Duration
}

// DefaultPace is the pace of PROTOCOL 5: reconnect 1 s to 5 min, compare at least every 60 s.
var DefaultPace = Pace{
	DialMin: time.Second, DialMax: 5 * time.Minute, DialTimeout: 10 * time.Second,
	RetryMin: 100 * time.Millisecond, RetryMax: 5 * time.Minute,
	Wait: wire.WaitLimit * time.Millisecond, HintGrace: 250 * time.Millisecond,
	Confirm: 10 * time.Minute, Rotate: 10 * time.Minute,
}

// Times of PROTOCOL 9.
const (
	streamIdle     = wire.StreamIdle * time.Millisecond
	handshakeLimit = wire.HandshakeLimit * time.Millisecond
)

func (o Options) withDefaults() (Options, error) {
	if !o.Key.Defined() || o.Office == nil {
		return o, fmt.Errorf("open network: a node key and an office are needed")
	}
	if o.Listen == nil {
		o.Listen = []string{"/ip4/0.0.0.0/tcp/4001", "/ip6/::/tcp/4001", "/ip4/0.0.0.0/udp/4001/quic-v1", "/ip6/::/udp/4001/quic-v1"}
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Registerer == nil {
		o.Registerer = prometheus.NewRegistry()
	}
	if o.Exceeded == nil {
		o.Exceeded = func(error) {}
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Pace == (Pace{}) {
		o.Pace = DefaultPace
	}
	if o.Pace.Wait > wire.WaitLimit*time.Millisecond {
		return o, fmt.Errorf("open network: an ask may wait %d ms, not %v", wire.WaitLimit, o.Pace.Wait)
	}
	return o, nil
}
