package p2p

import (
	"kontor/protocol/feed"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics of one host. Labels never hold what a peer may choose.
type metrics struct {
	verifyFailures *prometheus.CounterVec // by reason: a code
	gaterDenied    *prometheus.CounterVec // by why
	hints          *prometheus.CounterVec // by what: sent, received, dropped, held
	syncSeconds    prometheus.Histogram   // one batch: asked, received, delivered
	feedLag        *prometheus.GaugeVec   // by partner: entries we hold and the partner has not acknowledged
	clockOffset    *prometheus.GaugeVec   // by partner, seconds
	refused        *prometheus.CounterVec // by protocol, why
	dials          *prometheus.CounterVec // by outcome
	blocked        *prometheus.CounterVec // by what: connection, stream, memory
	fetched        prometheus.Counter     // bytes of blocks
	connected      prometheus.Gauge       // partners
}

// Usage is how much of what is bounded is in use now.
type Usage struct {
	Partners    int // partners' nodes that may connect
	Invitations int // open ones
	Streams     int // of the peer that has most open here
}

// Usage reads the figures; it costs little.
func (h *Host) Usage() Usage {
	d := h.known.Load()
	return Usage{Partners: len(d.peers), Invitations: len(d.invitations), Streams: h.streams.most()}
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	m := &metrics{
		verifyFailures: counter("kontor_verify_fail_total", "Entries, blocks and batches of partners that were refused.", "reason"),
		gaterDenied:    counter("kontor_gater_denied_total", "Connections denied.", "why"),
		hints:          counter("kontor_hints_total", "Hints on partnership channels.", "what"),
		syncSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "kontor_sync_duration_seconds",
			Help: "Time from asking a partner to holding what it sent, waiting for news left out.", Buckets: prometheus.ExponentialBuckets(0.0001, 4, 12)}),
		feedLag: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "kontor_feed_head_lag",
			Help: "Entries held here that the partner has not acknowledged."}, []string{"partner"}),
		clockOffset: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "kontor_partner_clock_offset_seconds",
			Help: "The partner's clock minus this one."}, []string{"partner"}),
		refused:   counter("kontor_streams_refused_total", "Streams of peers that were refused or broken off.", "protocol", "why"),
		dials:     counter("kontor_dials_total", "Dials to partners.", "outcome"),
		blocked:   counter("kontor_rcmgr_blocked_total", "Connections, streams and memory refused by the bounds of the network library.", "what"),
		fetched:   prometheus.NewCounter(prometheus.CounterOpts{Name: "kontor_blocks_fetched_bytes_total", Help: "Bytes of blocks fetched from partners."}),
		connected: prometheus.NewGauge(prometheus.GaugeOpts{Name: "kontor_partners_connected", Help: "Partners with a connection."}),
	}
	for _, c := range []prometheus.Collector{m.verifyFailures, m.gaterDenied, m.hints, m.syncSeconds, m.feedLag, m.clockOffset, m.refused, m.dials, m.blocked, m.fetched, m.connected} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	// What is alarming is there from the start, at zero.
	for _, what := range []string{"connection", "stream", "memory"} {
		m.blocked.WithLabelValues(what)
	}
	for _, why := range []string{"stranger", "removed", "dial_stranger", "dial_address"} {
		m.gaterDenied.WithLabelValues(why)
	}
	for _, code := range append(slices.Clone(feed.Codes), "BLOCK", "PATCH") {
		m.verifyFailures.WithLabelValues(code)
	}
	return m, nil
}
