package p2p

import (
	"context"
	"log/slog"
	"sync"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/peer"
	"golang.org/x/time/rate"

	"kontor/protocol/block"
	"kontor/protocol/wire"
)

// Sizes of the queues of hints. They hold what a burst brings; what does not fit is lost, which a hint may be.
const (
	hintQueue         = 1024
	hintValidateQueue = 256
	hintBuffer        = 256
	maxChannels       = 2 * wire.MaxPartners
	maxHintMessage    = 4 << 10
)

// hints says and hears on the channels of the partnerships.
type hints struct {
	h      *Host
	ps     *pubsub.PubSub
	cancel context.CancelFunc

	mu       sync.Mutex
	accepted map[string]*circle // channels of this week and the last
	joined   map[string]*channel
	sending  map[block.CID]*sender
}

// channel is a joined topic.
type channel struct {
	topic *pubsub.Topic
	sub   *pubsub.Subscription
}

func newHints(h *Host) (*hints, error) {
	g := &hints{h: h, accepted: map[string]*circle{}, joined: map[string]*channel{}, sending: map[block.CID]*sender{}}
	ctx, cancel := context.WithCancel(h.ctx)
	g.cancel = cancel
	ps, err := pubsub.NewGossipSub(ctx, h.host,
		// Without flood publishing the first hint after a connection is lost, because the mesh forms at the next heartbeat.
		pubsub.WithFloodPublish(true),
		// The seal says that a member wrote it; who exactly does not matter for a reason to ask.
		pubsub.WithMessageSignaturePolicy(pubsub.StrictNoSign), pubsub.WithNoAuthor(),
		pubsub.WithMessageIdFn(func(m *pb.Message) string { return string(block.SumRaw(m.Data).Bytes()) }),
		pubsub.WithSubscriptionFilter(pubsub.WrapLimitSubscriptionFilter(g, maxChannels)),
		pubsub.WithPeerFilter(g.mayJoin),
		pubsub.WithDefaultValidator(pubsub.ValidatorEx(g.validate), pubsub.WithValidatorInline(true)),
		pubsub.WithMaxMessageSize(maxHintMessage), pubsub.WithPeerOutboundQueueSize(hintQueue), pubsub.WithValidateQueueSize(hintValidateQueue),
		pubsub.WithLogger(slog.New(slog.DiscardHandler)), pubsub.WithRPCLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		cancel()
		return nil, err
	}
	g.ps = ps
	h.start(func() {
		for sleep(ctx, h.pace.Rotate, nil) {
			if err := g.refresh(); err != nil {
				h.log.Warn("join channels", "err", err)
			}
		}
	})
	return g, nil
}

func (g *hints) close() { g.cancel() }

func (g *hints) circle(topic string) *circle {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.accepted[topic]
}

// CanSubscribe lets only channels of this node's partnerships be joined, or be heard of.
func (g *hints) CanSubscribe(topic string) bool { return g.circle(topic) != nil }

// FilterIncomingSubscriptions drops what a peer joins beyond the channels it is a member of.
func (g *hints) FilterIncomingSubscriptions(from peer.ID, subs []*pb.RPC_SubOpts) ([]*pb.RPC_SubOpts, error) {
	return pubsub.FilterSubscriptions(subs, func(topic string) bool { return g.mayJoin(from, topic) }), nil
}

func (g *hints) mayJoin(id peer.ID, topic string) bool {
	c := g.circle(topic)
	return c != nil && c.members[id]
}

// validate decides on a hint. Accept: it is opened and passed on to other members. Ignore: it goes no further; nothing else happens
// to the peer, which may be no worse than early or late.
func (g *hints) validate(_ context.Context, from peer.ID, m *pubsub.Message) pubsub.ValidationResult {
	if record := g.h.opts.Record; record != nil {
		_, _ = record.Write(append([]byte(m.GetTopic()), m.GetData()...))
	}
	c := g.circle(m.GetTopic())
	if c == nil {
		return pubsub.ValidationIgnore
	}
	if from != g.h.host.ID() {
		if !c.members[from] {
			g.count("dropped")
			return pubsub.ValidationIgnore
		}
		if !g.take(from) {
			g.count("dropped")
			g.h.opts.Exceeded(errHintRate)
			return pubsub.ValidationIgnore
		}
	}
	if len(m.GetData()) > wire.MaxHint {
		g.count("dropped")
		g.h.opts.Exceeded(errHintSize)
		return pubsub.ValidationIgnore
	}
	hint, err := wire.OpenHint(c.key, m.GetTopic(), m.GetData())
	if err != nil {
		g.count("dropped")
		return pubsub.ValidationIgnore
	}
	m.ValidatorData = hint
	return pubsub.ValidationAccept
}

// take counts a hint against what the peer may send.
func (g *hints) take(from peer.ID) bool {
	g.h.mu.Lock()
	p := g.h.partners[from]
	g.h.mu.Unlock()
	return p != nil && p.hints.Allow()
}

func (g *hints) count(what string) { g.h.metrics.hints.WithLabelValues(what).Inc() }

// refresh joins the channels of this week and the last, and leaves others.
func (g *hints) refresh() error {
	wanted := g.h.known.Load().channels(g.h.clock().UnixMilli())
	g.mu.Lock()
	g.accepted = wanted
	var leave []*channel
	for name, c := range g.joined {
		if wanted[name] == nil {
			leave = append(leave, c)
			delete(g.joined, name)
		}
	}
	var join []string
	for name := range wanted {
		if g.joined[name] == nil {
			join = append(join, name)
		}
	}
	for pid, s := range g.sending {
		if g.h.known.Load().pids[pid] == nil {
			s.cancel()
			delete(g.sending, pid)
		}
	}
	g.mu.Unlock()
	// Pubsub calls back into the filter, so none of this may happen under the lock.
	for _, c := range leave {
		c.sub.Cancel()
		_ = c.topic.Close()
	}
	for _, name := range join {
		topic, err := g.ps.Join(name)
		if err != nil {
			return err
		}
		sub, err := topic.Subscribe(pubsub.WithBufferSize(hintBuffer))
		if err != nil {
			return err
		}
		g.mu.Lock()
		g.joined[name] = &channel{topic, sub}
		g.mu.Unlock()
		g.h.start(func() { g.hear(sub, wanted[name]) })
	}
	return nil
}

func (g *hints) hear(sub *pubsub.Subscription, c *circle) {
	for {
		m, err := sub.Next(g.h.ctx)
		if err != nil {
			return
		}
		hint, ok := m.ValidatorData.(wire.Hint)
		if !ok || m.ReceivedFrom == g.h.host.ID() {
			continue
		}
		g.count("received")
		author, known := c.tags[string(hint.Tag)]
		if !known {
			continue
		}
		if held, err := g.h.office.Held(g.h.ctx, c.pid); err == nil && held.Seq(author) >= hint.Seq {
			g.count("held")
			continue
		}
		// Whoever passed the hint on is up to date, or soon will be.
		g.h.mu.Lock()
		p := g.h.partners[m.ReceivedFrom]
		g.h.mu.Unlock()
		if p == nil {
			continue
		}
		if s := p.session(c.pid); s != nil {
			s.hinted(author, hint.Seq)
		}
	}
}

// sender sends the hints of one partnership, no faster than members take them: what comes faster is one hint, the newest, when the
// next may go. So the last hint of a burst is never among those that a receiver drops.
type sender struct {
	cancel context.CancelFunc
	wake   signal
	limit  *rate.Limiter
	mu     sync.Mutex
	newest map[block.CID]wire.Hint
}

// A little below what a receiver takes, because two clocks never run alike.
const (
	sendRate  = 0.8 * wire.HintRate
	sendBurst = wire.HintBurst / 2
)

// send hands a hint to the sender of its partnership and returns.
func (g *hints) send(pid, author block.CID, seq int64, head block.CID) {
	c := g.h.known.Load().pids[pid]
	if c == nil {
		return
	}
	g.mu.Lock()
	s := g.sending[pid]
	if s == nil {
		ctx, cancel := context.WithCancel(g.h.ctx)
		s = &sender{cancel: cancel, wake: newSignal(), limit: rate.NewLimiter(sendRate, sendBurst), newest: map[block.CID]wire.Hint{}}
		g.sending[pid] = s
		defer g.h.start(func() { g.keepSending(ctx, c, s) })
	}
	g.mu.Unlock()
	s.mu.Lock()
	s.newest[author] = wire.Hint{Tag: wire.AuthorTag(c.key, author), Seq: seq, Head: head}
	s.mu.Unlock()
	s.wake.signal()
}

func (g *hints) keepSending(ctx context.Context, c *circle, s *sender) {
	for sleep(ctx, time.Hour, s.wake) {
		for s.waiting() {
			// What comes while this waits replaces what was there.
			if s.limit.Wait(ctx) != nil {
				return
			}
			for _, hint := range s.takeAll() {
				g.publish(ctx, c, hint)
			}
		}
	}
}

func (s *sender) waiting() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.newest) > 0
}

func (s *sender) takeAll() map[block.CID]wire.Hint {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.newest
	s.newest = map[block.CID]wire.Hint{}
	return all
}

func (g *hints) publish(ctx context.Context, c *circle, hint wire.Hint) {
	name := wire.Channel(c.key, g.h.clock().UnixMilli())
	g.mu.Lock()
	joined := g.joined[name]
	g.mu.Unlock()
	if joined == nil {
		g.count("dropped")
		return
	}
	box, err := wire.SealHint(g.h.opts.Rand, c.key, name, hint)
	if err == nil {
		err = joined.topic.Publish(ctx, box)
	}
	if err != nil {
		g.count("dropped")
		return
	}
	g.count("sent")
}
