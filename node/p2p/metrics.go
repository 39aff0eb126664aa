package p2p

import "github.com/prometheus/client_golang/prometheus"

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
	fetched        prometheus.Counter     // bytes of blocks
	connected      prometheus.Gauge       // partners
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
		fetched:   prometheus.NewCounter(prometheus.CounterOpts{Name: "kontor_blocks_fetched_bytes_total", Help: "Bytes of blocks fetched from partners."}),
		connected: prometheus.NewGauge(prometheus.GaugeOpts{Name: "kontor_partners_connected", Help: "Partners with a connection."}),
	}
	for _, c := range []prometheus.Collector{m.verifyFailures, m.gaterDenied, m.hints, m.syncSeconds, m.feedLag, m.clockOffset, m.refused, m.dials, m.fetched, m.connected} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}
