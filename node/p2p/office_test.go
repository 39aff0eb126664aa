package p2p_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kontor/node/p2p"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
	"kontor/protocol/partnership"
	"kontor/protocol/performance"
	"kontor/protocol/state"
	"kontor/protocol/wire"
	"kontor/protocol/wire/wiretest"
	"kontor/store/kv"
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

func (o *office) log(txn state.KV, pid block.CID) feed.Log {
	return feed.NewLog(txn, o.member(pid).circle)
}

func (o *office) Held(_ context.Context, pid block.CID) (held wire.Held, err error) {
	err = o.store.View(func(txn kv.KV) error {
		held, err = o.held(txn, pid)
		return err
	})
	return held, err
}

func (o *office) held(txn kv.KV, pid block.CID) (wire.Held, error) {
	return wire.HeldOf(o.log(txn, pid), o.member(pid).circle, func(c block.CID) *identity.Chain {
		o.mu.RLock()
		defer o.mu.RUnlock()
		return o.chains[c]
	})
}

func (o *office) Gather(_ context.Context, pid, _ block.CID, theirs wire.Held) (b wire.Batch, err error) {
	err = o.store.View(func(txn kv.KV) error {
		b, err = wire.Gather(wire.Source{Log: o.log(txn, pid), Circle: o.member(pid).circle,
			Chain: func(c block.CID, from int64) []identity.Envelope {
				o.mu.RLock()
				defer o.mu.RUnlock()
				if chain := o.chains[c]; chain != nil {
					return chain.From(from)
				}
				return nil
			},
			Body: func(e feed.Entry, _ wire.Held) ([][]byte, error) {
				if e.Header.Kind == partnership.SignKind || o.noInline {
					return nil, nil
				}
				return wire.InlineBody(*e.Header.Body, e.Header.Kind == kindSheet, func(id block.CID) ([]byte, error) {
					data, found, err := txn.Get(state.TableBlocks, blockKey(pid, id))
					if err == nil && !found {
						err = errors.New("own block is not held")
					}
					return data, err
				})
			}}, theirs)
		if err == nil {
			b.Held, err = o.held(txn, pid)
		}
		return err
	})
	return b, err
}

func blockKey(pid, id block.CID) []byte {
	d := state.PartitionOf(id)
	return state.PartitionOf(pid).Key(d[:])
}

func (o *office) Deliver(_ context.Context, pid, _ block.CID, b wire.Batch) (d p2p.Delivered, err error) {
	m := o.member(pid)
	o.mu.Lock()
	o.batches++
	for _, run := range b.IDs {
		chain := o.chains[run.Company]
		for _, env := range run.Entries {
			if err := chain.Append(env); err != nil {
				o.mu.Unlock()
				return d, err
			}
		}
	}
	o.mu.Unlock()
	signed := make([]feed.Signed, len(b.Entries))
	errs := make([]error, len(b.Entries))
	var group sync.WaitGroup
	for w := range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for i := w; i < len(b.Entries); i += runtime.GOMAXPROCS(0) {
				signed[i], errs[i] = feed.Open(m.circle, b.Entries[i], o.view)
			}
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return d, err
		}
	}
	var stopped error
	err = o.store.Update(func(txn kv.KV) error {
		for _, data := range b.Blocks {
			if err := txn.Put(state.TableBlocks, blockKey(pid, block.Sum(data)), data); err != nil {
				return err
			}
		}
		log := feed.NewLog(txn, m.circle)
		for _, s := range signed {
			if want, missing, err := o.wanted(txn, pid, s); err != nil {
				return err
			} else if missing {
				d.Wanted = append(d.Wanted, want)
				continue
			}
			if len(d.Wanted) > 0 {
				continue
			}
			_, fresh, err := log.Admit(s, o.clock().UnixMilli())
			if errors.Is(err, feed.ErrParked) {
				d.Parked++
				continue
			}
			if err != nil {
				stopped = err
				return nil
			}
			if fresh {
				d.Fresh++
				continue
			}
			o.mu.Lock()
			o.again++
			o.mu.Unlock()
		}
		return nil
	})
	if err == nil {
		err = stopped
	}
	if d.Fresh > 0 {
		o.arrived.signal()
	}
	return d, err
}

func (o *office) view(company, head block.CID) (identity.View, bool) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	if chain := o.chains[company]; chain != nil {
		return chain.At(head)
	}
	return identity.View{}, false
}

func (o *office) wanted(txn kv.KV, pid block.CID, s feed.Signed) (p2p.Wanted, bool, error) {
	if s.Header.Body == nil || s.Header.Kind == partnership.SignKind {
		return p2p.Wanted{}, false, nil
	}
	want := p2p.Wanted{Entry: s.CID, Body: *s.Header.Body, Deep: s.Header.Kind == kindSheet}
	if o.patch != nil || o.patches < 0 {
		err := feed.NewLog(txn, o.member(pid).circle).From(s.Header.Author, 1, func(e feed.Entry) (bool, error) {
			if e.Header.Kind == kindSheet && e.Header.Seq < s.Header.Seq {
				want.From = append([]block.CID{*e.Header.Body}, want.From...)
			}
			return true, nil
		})
		if err != nil {
			return want, false, err
		}
	}
	walk := wire.NewDeep(want.Body)
	for {
		id, more := walk.Next()
		if !more {
			return want, false, nil
		}
		data, found, err := txn.Get(state.TableBlocks, blockKey(pid, id))
		if err != nil || !found {
			return want, !found, err
		}
		if !want.Deep {
			return want, false, nil
		}
		if err := walk.Take(data); err != nil {
			return want, false, err
		}
	}
}

func (o *office) PartnerHolds(_ context.Context, _, company block.CID, theirs wire.Held) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.acked[company] = theirs
}

func (o *office) Body(_ context.Context, pid, _, entry block.CID) (root block.CID, found bool, err error) {
	err = o.store.View(func(txn kv.KV) error {
		e, held, err := o.log(txn, pid).Get(entry)
		if held && e.Header.Body != nil {
			root, found = *e.Header.Body, true
		}
		return err
	})
	return root, found, err
}

func (o *office) Block(_ context.Context, pid, id block.CID) (data []byte, found bool, err error) {
	err = o.store.View(func(txn kv.KV) error {
		data, found, err = txn.Get(state.TableBlocks, blockKey(pid, id))
		return err
	})
	return data, found, err
}

func (o *office) StoreBlocks(_ context.Context, pid block.CID, blocks []block.Block) error {
	return o.store.Bulk(func(put func(byte, []byte, []byte) error) error {
		for _, b := range blocks {
			if err := put(state.TableBlocks, blockKey(pid, b.CID), b.Data); err != nil {
				return err
			}
		}
		return nil
	})
}

func (o *office) Patch(_ context.Context, _, entry block.CID, from []block.CID) ([]byte, bool, error) {
	if o.patch == nil {
		return nil, false, nil
	}
	data, found := o.patch(entry, from)
	return data, found, nil
}

func (o *office) ApplyPatch(ctx context.Context, pid block.CID, want p2p.Wanted, data []byte) error {
	p, err := block.OpenPatch(data)
	if err != nil {
		return err
	}
	old, err := block.OpenSheet(p.Parent, func(id block.CID) ([]byte, error) {
		data, found, err := o.Block(ctx, pid, id)
		if err == nil && !found {
			err = errors.New("not held")
		}
		return data, err
	})
	if err != nil {
		return err
	}
	_, root, below, err := p.Rebuild(old)
	if err != nil {
		return err
	}
	if root.CID != want.Body {
		return errors.New("patch leads elsewhere")
	}
	o.mu.Lock()
	o.patches++
	o.mu.Unlock()
	return o.StoreBlocks(ctx, pid, append(below, root))
}

func (o *office) TreeNode(_ context.Context, pid block.CID, path []byte) (line int64, node *state.Node, err error) {
	err = o.store.View(func(txn kv.KV) error {
		node, err = state.NewTree(txn, state.PartitionOf(pid)).Nodes(path)
		return err
	})
	return 7, node, err
}

func (o *office) Lines(_ context.Context, _, _ block.CID, ask wire.LinesAsk) (wire.LinesReply, error) {
	if ask.Cell == "" {
		return wire.LinesReply{}, wire.Faultf(wire.CodeNotFound, "nothing is held there")
	}
	if ask.Open != nil {
		return wire.LinesReply{Count: 1}, nil
	}
	return wire.LinesReply{Count: 1, Nodes: []performance.Node{{Place: make([]byte, 32), Leaf: make([]byte, 32)}}}, nil
}

func (o *office) Invitations(context.Context) (list []partnership.InviterState, err error) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	for _, s := range o.invitations {
		list = append(list, s)
	}
	return list, nil
}

func (o *office) Party(context.Context) (partnership.Party, error) {
	p := o.Company.Party()
	if o.host != nil {
		p.Addresses = o.host.Addresses()
	}
	return p, nil
}

func (o *office) Invitation(_ context.Context, id string) (partnership.InviterState, bool, error) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	s, found := o.invitations[id]
	return s, found, nil
}

func (o *office) SaveInviter(_ context.Context, s partnership.InviterState, paired *partnership.Paired) error {
	if err := o.failing("inviter " + s.Stage); err != nil {
		return err
	}
	stored := reload(o.t, s)
	o.mu.Lock()
	o.invitations[s.Token.ID()] = stored
	o.mu.Unlock()
	return o.install(paired)
}

func (o *office) SaveAcceptor(_ context.Context, s partnership.AcceptorState, paired *partnership.Paired) error {
	if err := o.failing("acceptor " + s.Stage); err != nil {
		return err
	}
	stored := reload(o.t, s)
	o.mu.Lock()
	o.accepted[s.Token.ID()] = stored
	o.mu.Unlock()
	return o.install(paired)
}

func (o *office) failing(step string) error {
	if o.failSave == nil {
		return nil
	}
	return o.failSave(step)
}

// reload is what a value is after it was stored and read.
func reload[T any](t testing.TB, v T) (out T) {
	data, err := block.Marshal(v)
	if err == nil {
		err = block.Unmarshal(data, &out)
	}
	if err != nil {
		t.Error(err)
	}
	return out
}

func (o *office) install(p *partnership.Paired) error {
	if p == nil {
		return nil
	}
	circle, err := p.Genesis.Circle()
	if err != nil {
		return err
	}
	chain, err := identity.Load(p.Chain)
	if err != nil {
		return err
	}
	o.mu.Lock()
	o.chains[chain.Company()] = chain
	o.circles[p.PID] = &membership{genesis: p.Genesis, circle: circle, channel: p.ChannelKey, at: map[block.CID][]string{}}
	o.mu.Unlock()
	return o.store.Update(func(txn kv.KV) error {
		log := feed.NewLog(txn, circle)
		for _, env := range []feed.Envelope{p.Ours, p.Theirs} {
			s, err := feed.Open(circle, env, o.view)
			if err != nil {
				return err
			}
			if _, _, err := log.Admit(s, 0); err != nil {
				return err
			}
		}
		return nil
	})
}

func (o *office) ConfirmWords(ctx context.Context, _ string, w partnership.Words) (bool, error) {
	if o.confirm == nil {
		return true, nil
	}
	return o.confirm(w)
}

// write commits an entry of this office and announces it, as the node does.
func (o *office) write(pid block.CID, kind string, blocks ...block.Block) block.CID {
	o.t.Helper()
	env := o.commit(pid, o.clock().UnixMilli(), kind, blocks...)
	seq, err := o.Held(context.Background(), pid)
	check(o.t, err)
	if o.host != nil {
		o.host.Announce(pid, o.ID, seq.Seq(o.ID), env)
	}
	return env
}

// commit commits an entry of this office. The first block is the body.
func (o *office) commit(pid block.CID, now int64, kind string, blocks ...block.Block) (id block.CID) {
	o.t.Helper()
	check(o.t, o.StoreBlocks(context.Background(), pid, blocks))
	o.mu.RLock()
	idHead := o.chains[o.ID].Head()
	o.mu.RUnlock()
	check(o.t, o.store.Update(func(txn kv.KV) error {
		log := o.log(txn, pid)
		h, err := log.Draft(o.ID, now)
		if err != nil {
			return err
		}
		h.Kind, h.IDHead, h.Crit = kind, idHead, true
		if len(blocks) > 0 {
			h.Body = &blocks[0].CID
		}
		env, err := feed.Seal(h, o.Feed)
		if err != nil {
			return err
		}
		s, err := feed.Open(o.member(pid).circle, env, o.view)
		if err != nil {
			return err
		}
		id = s.CID
		_, _, err = log.Admit(s, 0)
		return err
	}))
	return id
}

// awaitHead waits until an office holds an entry.
func (o *office) awaitHead(pid, author block.CID, seq int64) {
	o.t.Helper()
	limit := time.After(patience)
	for {
		held, err := o.Held(context.Background(), pid)
		check(o.t, err)
		if held.Seq(author) >= seq {
			return
		}
		select {
		case <-o.arrived:
		case <-limit:
			o.t.Fatalf("%s holds seq %d of %s instead of %d; sessions %+v", o.Name, held.Seq(author), author.Short(), seq, o.host.Sessions())
		}
	}
}

// patience is how long a test waits for what has to come: a slow machine that does other work too must not fail it.
const patience = 2 * time.Minute

// eventually waits for something that becomes true.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for began := time.Now(); time.Since(began) < patience; time.Sleep(10 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("%s did not come about", what)
}

func note(t testing.TB, text string) block.Block {
	t.Helper()
	b, err := block.New(struct {
		Text string `cbor:"text"`
	}{text})
	check(t, err)
	return b
}

func inStep(offices ...*office) func() bool {
	return func() bool {
		for _, o := range offices {
			if s := o.host.Sessions(); len(s) == 0 || slices.ContainsFunc(s, func(s p2p.SessionState) bool { return !s.InStep }) {
				return false
			}
		}
		return true
	}
}
