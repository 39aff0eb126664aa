package node

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"kontor/crypto/keys"
	"kontor/crypto/sign"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/bound"
	"kontor/protocol/decision"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
	"kontor/protocol/wire"
)

// Bound is one limit of PROTOCOL 9 as this program keeps it.
type Bound struct {
	Name  string // bound.All
	Limit int64
	Unit  string
	What  string // what the figure of use counts; empty where there is none
}

// Bounds are the limits of PROTOCOL 9, in its order.
var Bounds = []Bound{
	{bound.EntryHeader, feed.MaxHeaderBytes, "bytes", "largest header admitted"},
	{bound.Block, block.MaxBlock, "bytes", "largest block received"},
	{bound.Artifact, block.MaxSheet, "bytes", ""},
	{bound.Depth, block.MaxDepth, "levels", ""},
	{bound.Map, block.MaxMap, "pairs", ""},
	{bound.Array, block.MaxArray, "elements", ""},
	{bound.Text, block.MaxText, "bytes", ""},
	{bound.Hint, wire.MaxHint, "bytes", ""},
	{bound.HintRate, wire.HintRate, "hints a second and peer", ""},
	{bound.Frame, wire.MaxFrame, "bytes", ""},
	{bound.SyncBatch, wire.MaxBatchEntries, "entries", "largest batch received"},
	{bound.Streams, wire.MaxStreams, "streams a peer", "most streams that one peer has open here now"},
	{bound.StreamIdle, wire.StreamIdle, "ms", ""},
	{bound.Handshake, wire.HandshakeLimit, "ms", ""},
	{bound.Partners, wire.MaxPartners, "nodes", "partners' nodes now"},
	{bound.Invitations, wire.MaxInvitations, "invitations", "open invitations now"},
	{bound.Officers, identity.MaxRoleKeys, "keys", "officers' keys in force of the company that has most"},
	{bound.Mandates, protocol.MaxMandates, "mandates", "mandates not revoked, of the company that has most in one partnership"},
	{bound.PolicyDepth, sign.MaxPolicyDepth, "levels", ""},
	{bound.PolicyNodes, sign.MaxPolicyNodes, "roles and groups", ""},
	{bound.Rounds, decision.MaxRounds, "rounds", "most rounds of an active topic"},
	{bound.IdentityEntry, identity.MaxEntryBytes, "bytes", ""},
	{bound.IdentityChain, identity.MaxChain, "entries", "longest identity chain held"},
	{bound.Tail, maxTail, "entries", "largest distance of a partnership's newest entry from the settled line"},
}

// limitCodes are the limits behind the codes of failures and of business rules.
var limitCodes = map[string]string{
	"LIMIT_TAIL": bound.Tail, "LIMIT_PARTNERS": bound.Partners, "LIMIT_INVITATIONS": bound.Invitations, "TOPIC-25": bound.Rounds, "MANDATE-06": bound.Mandates,
}

var _ bound.Exceeder = (*Failure)(nil)

// Exceeds names the limit of PROTOCOL 9 that was exceeded; empty where it is another matter.
func (f *Failure) Exceeds() string {
	name := limitCodes[f.Code]
	for _, finding := range f.Findings {
		name = cmp.Or(name, limitCodes[finding.Code])
	}
	return name
}

// exceeded counts the limit that an error is about, if it is about one.
func (m *metrics) exceeded(err error) {
	name := bound.Of(err)
	if err != nil && name == "" {
		name = AsFailure(err).Exceeds() // the rules' verdict on a draft of our own
	}
	if name != "" {
		m.bounds.WithLabelValues(name).Inc()
	}
}

// used notes a size for a figure that is the largest since the start.
func (m *metrics) used(name string, size int64) {
	m.peakMu.Lock()
	defer m.peakMu.Unlock()
	if size > m.peaks[name] {
		m.peaks[name] = size
		m.use.WithLabelValues(name).Set(float64(size))
	}
}

// came notes the sizes of what a partner sent.
func (m *metrics) came(envs []feed.Envelope, blocks [][]byte) {
	m.used(bound.SyncBatch, int64(len(envs)))
	for _, b := range blocks {
		m.used(bound.Block, int64(len(b)))
	}
}

func limitGauges(limit *prometheus.GaugeVec, refused *prometheus.CounterVec, use *prometheus.GaugeVec) {
	for _, b := range Bounds {
		limit.WithLabelValues(b.Name).Set(float64(b.Limit))
		refused.WithLabelValues(b.Name) // there from the start, at zero
		if b.What != "" {
			use.WithLabelValues(b.Name)
		}
	}
}

// measureUse reads the figures of use that stand in the database or the directory.
func (n *Node) measureUse() {
	set := func(name string, v int64) { n.metrics.use.WithLabelValues(name).Set(float64(v)) }
	if host := n.Host(); host != nil {
		u := host.Usage()
		set(bound.Partners, int64(u.Partners))
		set(bound.Invitations, int64(u.Invitations))
		set(bound.Streams, int64(u.Streams))
	}
	n.mu.RLock()
	chains := slices.Collect(maps.Values(n.chains))
	n.mu.RUnlock()
	var longest, officers int64
	for _, c := range chains {
		longest = max(longest, c.Len())
		officers = max(officers, int64(len(c.Now().Current(keys.Role))))
	}
	set(bound.IdentityChain, longest)
	set(bound.Officers, officers)
	var most circleUse
	for _, p := range n.Partnerships() {
		if err := n.Peek(p.PID, most.see); err != nil {
			n.log.Debug("use of limits not measured", "partnership", p.PID.Short(), "reason", err)
		}
	}
	set(bound.Tail, most.tail)
	set(bound.Rounds, most.rounds)
	set(bound.Mandates, most.mandates)
}

// circleUse is the most that any partnership uses.
type circleUse struct {
	tail     int64 // lam of a head above the settled line
	rounds   int64 // offers of a topic
	mandates int64 // of a company, not revoked
}

func (u *circleUse) see(r *protocol.Replica) error {
	line, err := r.Line()
	if err != nil {
		return err
	}
	for _, m := range r.Circle.Members {
		if head, found, err := r.Log.Head(m.Company); err != nil {
			return err
		} else if found {
			u.tail = max(u.tail, head.Header.Lam-line)
		}
	}
	topics, err := r.Topics()
	if err != nil {
		return err
	}
	for _, t := range topics {
		if t.Status.Active() {
			u.rounds = max(u.rounds, int64(len(t.Offers)))
		}
	}
	granted, err := r.Mandates()
	if err != nil {
		return err
	}
	byCompany := map[block.CID]int64{}
	for _, m := range granted {
		if !m.Revoked {
			byCompany[m.Company]++
			u.mandates = max(u.mandates, byCompany[m.Company])
		}
	}
	return nil
}

// countRefused counts what the business rules refused of what was admitted. It listens to notices, beside the commits: a figure for people.
func (n *Node) countRefused(ctx context.Context) {
	notices, cancel := n.Listen()
	defer cancel()
	for {
		select {
		case <-ctx.Done():
			return
		case notice, open := <-notices:
			if !open {
				return
			}
			if out := notice.Outcome; !out.Business || !out.Refused && !out.Behind { // what is still to be folded is waited for
				continue
			}
			err := n.View(notice.PID, func(r *protocol.Replica) error {
				for _, e := range notice.Outcome.Admitted {
					refusal, err := r.Refusal(e.CID)
					if err != nil {
						return err
					}
					if refusal != nil {
						n.metrics.refusedActs(refusal)
					}
				}
				return nil
			})
			if err != nil {
				n.log.Debug("refused acts not counted", "partnership", notice.PID.Short(), "reason", err)
			}
		}
	}
}

func (m *metrics) refusedActs(refusal *protocol.Refusal) {
	for _, code := range refusal.Codes {
		m.acts.WithLabelValues(code).Inc()
		if name := limitCodes[code]; name != "" {
			m.bounds.WithLabelValues(name).Inc()
		}
	}
}
