// Package node is one company's office: it holds the keys, the clock and the database, decides and commits, and talks to partners.
//
// [Init] founds a company, [Open] opens its office, [Node.Run] keeps it until the context ends. [Node.Write] turns a command into
// the next entry of a feed; [Node.Deliver] takes what a partner sent. Both commit entry, rows and result in one transaction.
//
// Guarantees: what Write returned is durable; an entry leaves the machine only after the high-water file knows it; a node that
// finds itself behind that file writes nothing until a partner has given its own entries back.
package node

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kontor/crypto/keys"
	"kontor/crypto/sign"
	"kontor/node/p2p"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/identity"
	"kontor/protocol/state"
	"kontor/store"
	"kontor/store/ahead"
)

// Config says how to open an office.
type Config struct {
	Home    Home
	KeyFile string // database key; empty: a systemd credential, or what the settings name
	// StorePassphrase opens a database whose key is derived from a passphrase.
	StorePassphrase []byte
	Log             *slog.Logger
	Clock           func() time.Time // nil: the machine's
	// Record takes a copy of every byte received from partners, decrypted; nil: none is kept. It must bear many writers at once.
	Record io.Writer
	// Offline opens the office without network: for backup, restore and inspection.
	Offline bool
	// Transport replaces the TCP and QUIC transports, for simulated networks in tests.
	Transport p2p.Transport
}

// Node is the running office of one company.
type Node struct {
	home     Home
	settings Settings
	log      *slog.Logger
	clock    func() time.Time
	registry *prometheus.Registry
	metrics  *metrics
	db       *store.DB
	private  *ahead.Rows // the company's own rows in db
	high     *store.HighWater
	staging  sync.Mutex               // see Staged
	network  atomic.Pointer[p2p.Host] // nil in an office opened offline, and while it opens

	company  block.CID
	feedKey  keys.Private
	nodeKey  keys.Private
	sealKey  keys.SealPrivate
	notices  broadcast
	commitCh chan block.CID // partnerships whose line moved: the commitment writer's work
	bisectCh chan protocol.Mismatch
	pairing  pairing // what of pairings under way lives in memory
	lines    lineCache

	learning     sync.Mutex // held while an identity chain grows
	folding      folding
	mu           sync.RWMutex
	chains       map[block.CID]*identity.Chain
	frozen       map[block.CID]bool // companies whose identity chain forked
	partnerships map[block.CID]*Partnership
	recovering   map[block.CID]int64  // partnership → own seq that must come back
	moreSince    map[block.CID]coming // partnership → when a batch came that is followed by more
	confirmed    map[block.CID]map[block.CID]bool
	parked       map[block.CID]map[block.CID]int64 // partnership, member → claimed time of entries kept aside
	maxTail      int64                             // see the constant
	foldPatience time.Duration                     // see the constant
	clockOK      time.Time                         // an admin vouched for the clock then
	mismatched   map[block.CID]protocol.Mismatch
	differences  map[block.CID]state.Difference
}

// Open opens the office of the company in a home. The caller runs it with Run and must Close it.
func Open(cfg Config) (n *Node, err error) {
	settings, err := cfg.Home.Settings()
	if err != nil {
		return nil, err
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	n = &Node{home: cfg.Home, settings: settings, log: cfg.Log, clock: cfg.Clock, registry: prometheus.NewRegistry(),
		partnerships: map[block.CID]*Partnership{}, recovering: map[block.CID]int64{}, moreSince: map[block.CID]coming{}, frozen: map[block.CID]bool{},
		confirmed: map[block.CID]map[block.CID]bool{}, parked: map[block.CID]map[block.CID]int64{}, mismatched: map[block.CID]protocol.Mismatch{}, differences: map[block.CID]state.Difference{}, maxTail: maxTail, foldPatience: foldPatience, commitCh: make(chan block.CID, 1024), bisectCh: make(chan protocol.Mismatch, 16)}
	n.metrics = newMetrics(n.registry)
	if n.company, err = block.ParseCID(settings.ID); err != nil {
		return nil, err
	}
	if err := n.loadKeys(); err != nil {
		return nil, err
	}
	key, err := cfg.Home.storeKey(settings, cfg.KeyFile, cfg.StorePassphrase)
	if err != nil {
		return nil, err
	}
	if n.db, err = store.Open(store.Options{Dir: cfg.Home.Database(), Key: key, Log: cfg.Log}); err != nil {
		return nil, err
	}
	opened := n // a return of nil below must not hide what is to be closed
	defer func() {
		if err != nil {
			opened.Close()
		}
	}()
	n.private = ahead.New(n.db, state.TablePrivate, "ahead/")
	if err := n.private.Recover(); err != nil {
		return nil, err
	}
	if n.high, err = store.OpenHighWater(cfg.Home.path("highwater")); err != nil {
		return nil, err
	}
	if err := n.load(); err != nil {
		return nil, err
	}
	if err := n.checkClock(); err != nil {
		return nil, err
	}
	if cfg.Offline {
		return n, nil
	}
	if err = n.listen(p2p.Options{Key: n.nodeKey, Office: n, Clock: cfg.Clock, Logger: cfg.Log, Registerer: n.registry, Exceeded: n.metrics.exceeded, Record: cfg.Record, Transport: cfg.Transport}); err != nil {
		return nil, err
	}
	return n, nil
}

func (n *Node) loadKeys() error {
	feedSeed, err := n.home.loadSeed(keys.Feed)
	if err != nil {
		return err
	}
	nodeSeed, err := n.home.loadSeed(keys.Node)
	if err != nil {
		return err
	}
	sealSeed, err := n.home.loadSeed(keys.Seal)
	if err != nil {
		return err
	}
	if n.feedKey, err = keys.FromSeed(feedSeed); err != nil {
		return err
	}
	if n.nodeKey, err = keys.FromSeed(nodeSeed); err != nil {
		return err
	}
	n.sealKey, err = keys.SealFromSeed(sealSeed)
	return err
}

// load reads identity chains and partnerships into memory and finds out whether the database is behind what was ever sent.
func (n *Node) load() error {
	err := n.db.View(func(kv store.KV) error {
		chains, err := loadChains(kv)
		if err != nil {
			return err
		}
		n.chains = chains
		if n.chains[n.company] == nil {
			return Failf("WRONG_DATABASE", "the database in %s does not hold the identity of company %s; check --home", n.home.Database(), n.company)
		}
		if err := n.loadFrozen(kv); err != nil {
			return err
		}
		return n.loadPartnerships(kv)
	})
	if err != nil {
		return err
	}
	return n.markRestored()
}

// Run keeps the office until ctx ends: commitments, heartbeats, figures. The network runs from Open to Close.
func (n *Node) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for _, work := range []func(context.Context){n.writeCommitments, n.writeHeartbeats, n.bisectMismatches, n.watchRestored, n.ResumePairings, n.removeEnded, n.collectBlocks, n.restArtifacts, n.countRefused} {
		wg.Add(1)
		go func() { defer wg.Done(); work(ctx) }()
	}
	<-ctx.Done()
	wg.Wait()
	return nil
}

// Close ends the office: network first, the database last. It may be called more than once.
func (n *Node) Close() error {
	var errs []error
	if host := n.Host(); host != nil {
		errs = append(errs, host.Close())
	}
	n.notices.close()
	n.folding.end()
	if n.high != nil {
		errs = append(errs, n.high.Close())
	}
	if n.db != nil {
		errs = append(errs, n.db.Close())
	}
	return errors.Join(errs...)
}

// Company is the CompanyID of this office.
func (n *Node) Company() block.CID { return n.company }

// Name is the display name of this office's company.
func (n *Node) Name() string { return n.settings.Company }

// Home is where this office lives.
func (n *Node) Home() Home { return n.home }

// Now is the office's clock, ms UTC.
func (n *Node) Now() int64 { return n.clock().UnixMilli() }

// Host is the network side; nil in an office opened offline.
func (n *Node) Host() *p2p.Host { return n.network.Load() }

// Log is the office's logger.
func (n *Node) Log() *slog.Logger { return n.log }

// Chain is a company's identity chain, or nil when none is held. The chain must not be changed by the caller.
func (n *Node) Chain(company block.CID) *identity.Chain {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.chains[company]
}

// identities answers the fold: the view of a chain at a head. Chains are replaced, never changed in place, so that a view taken
// once stays what it is.
func (n *Node) identities(company, head block.CID) (identity.View, bool) {
	chain := n.Chain(company)
	if chain == nil {
		return identity.View{}, false
	}
	return chain.At(head)
}

// CompanyName is what a company calls itself; its short ID when its chain is not held.
func (n *Node) CompanyName(company block.CID) string {
	if chain := n.Chain(company); chain != nil {
		return chain.Now().Name()
	}
	return company.Short()
}

// author is how this office signs entries now.
func (n *Node) author() protocol.Author {
	return protocol.Author{Company: n.company, Key: n.feedKey, IDHead: n.Chain(n.company).Head()}
}

// SignReceipt signs what goes to somebody without a node, or was received from one, under a label of its kind, with the key of this node.
func (n *Node) SignReceipt(kind string, body []byte) (keys.Public, []byte) {
	return n.nodeKey.Public(), sign.Sign(n.nodeKey, kind, body)
}
