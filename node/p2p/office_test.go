package p2p_test

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kontor/node/p2p"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
	"kontor/protocol/partnership"
	"kontor/protocol/wire"
	"kontor/protocol/wire/wiretest"
	"kontor/store/memory"
)

func TestMain(m *testing.M) {
	if os.Getenv(attackEnv) != "" {
		attack()
		return
	}
	goleak.VerifyTestMain(m)
}

// Kinds of the test office: a document has one block, a sheet a root and chunks.
const (
	kindNote  = "test.note"
	kindDoc   = "test.document"
	kindSheet = "test.sheet"
)

// office is a node in memory: real feeds, identities and blocks, and no rules.
type office struct {
	*wiretest.Company
	t     testing.TB
	store *memory.Store
	host  *p2p.Host
	clock func() time.Time

	mu          sync.RWMutex
	chains      map[block.CID]*identity.Chain
	circles     map[block.CID]*membership
	invitations map[string]partnership.InviterState
	accepted    map[string]partnership.AcceptorState
	confirm     func(partnership.Words) (bool, error)
	failSave    func(step string) error
	arrived     signal // something was admitted
	acked       map[block.CID]wire.Held
	batches     int
	again       int // entries that came and were held
	patches     int
	noInline    bool
	exceeded    func(error) // nil: nobody counts
	patch       func(entry block.CID, from []block.CID) ([]byte, bool)
}

type membership struct {
	genesis partnership.Genesis
	circle  feed.Circle
	channel wire.ChannelKey
	removed bool
	at      map[block.CID][]string // addresses of the others
}

type signal chan struct{}

func (s signal) signal() {
	select {
	case s <- struct{}{}:
	default:
	}
}

var _ p2p.Office = (*office)(nil)

func newOffice(t testing.TB, c *wiretest.Company) *office {
	return &office{Company: c, t: t, store: memory.New(), chains: map[block.CID]*identity.Chain{c.ID: c.Chain}, circles: map[block.CID]*membership{},
		clock:       func() time.Time { return time.UnixMilli(wiretest.Begin + 3_600_000).Add(time.Since(started)) },
		invitations: map[string]partnership.InviterState{}, accepted: map[string]partnership.AcceptorState{}, arrived: make(signal, 1), acked: map[block.CID]wire.Held{}}
}

var started = time.Now()

// quick is the pace of tests: the same machinery, no long waits.
var quick = p2p.Pace{DialMin: 20 * time.Millisecond, DialMax: 200 * time.Millisecond, DialTimeout: 5 * time.Second, RetryMin: 10 * time.Millisecond,
	RetryMax: 200 * time.Millisecond, Wait: 2 * time.Second, HintGrace: 50 * time.Millisecond, Confirm: 5 * time.Second, Rotate: time.Minute}

var loopbackTCP = []string{"/ip4/127.0.0.1/tcp/0"}

func (o *office) listen(pace p2p.Pace, at ...string) {
	o.t.Helper()
	level := slog.LevelError
	if os.Getenv("KONTOR_TEST_LOG") != "" {
		level = slog.LevelDebug
	}
	if at == nil {
		at = loopbackTCP
	}
	h, err := p2p.Open(context.Background(), p2p.Options{Key: o.Node, Office: o, Listen: at, Clock: o.clock, Pace: pace, Exceeded: o.exceeded,
		Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})).With("me", o.Name)})
	if err != nil {
		o.t.Fatal(err)
	}
	o.host = h
	o.t.Cleanup(func() { check(o.t, h.Close()) })
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// join makes partners of offices: all know all, and where they listen.
func join(t testing.TB, offices ...*office) block.CID {
	t.Helper()
	return joinOn(t, wire.ChannelKey{7}, offices...)
}

// joinOn is join with a channel key of one's own, for an office of several partnerships.
func joinOn(t testing.TB, channel wire.ChannelKey, offices ...*office) block.CID {
	t.Helper()
	var companies []*wiretest.Company
	for _, o := range offices {
		companies = append(companies, o.Company)
	}
	g := wiretest.Genesis(channel, companies...)
	circle, err := g.Circle()
	check(t, err)
	for _, o := range offices {
		m := &membership{genesis: g, circle: circle, channel: channel, at: map[block.CID][]string{}}
		for _, other := range offices {
			if other != o {
				chain, err := identity.Load(other.Chain.From(0))
				check(t, err)
				o.mu.Lock()
				o.chains[other.ID] = chain
				if other.host != nil {
					m.at[other.ID] = other.host.Addresses()
				}
				o.mu.Unlock()
			}
		}
		o.mu.Lock()
		o.circles[circle.PID] = m
		o.mu.Unlock()
	}
	for _, o := range offices {
		if o.host != nil {
			check(t, o.host.Refresh(context.Background()))
		}
	}
	return circle.PID
}

func (o *office) member(pid block.CID) *membership {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.circles[pid]
}

func (o *office) Links(context.Context) (links []p2p.Link, err error) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	for pid, m := range o.circles {
		if m.removed {
			continue
		}
		for _, other := range m.genesis.Others(o.ID) {
			links = append(links, p2p.Link{PID: pid, Company: other.Company, Node: [32]byte(other.NodeKey), Addresses: append(other.Addresses, m.at[other.Company]...), Channel: m.channel})
		}
	}
	return links, nil
}
