package node

import (
	"errors"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/bound"
	"kontor/protocol/feed"
	"kontor/store"
)

// metrics are what Prometheus scrapes of an office. A business figure is a measure and does not stand here.
type metrics struct {
	entries    *prometheus.CounterVec
	replayed   prometheus.Counter
	refusals   *prometheus.CounterVec
	parked     prometheus.Counter
	forks      prometheus.Counter
	mismatches prometheus.Counter
	line       *prometheus.GaugeVec
	lag        *prometheus.GaugeVec
	unackedAge *prometheus.GaugeVec
	lsm, vlog  prometheus.Gauge
	free       prometheus.Gauge
	writable   prometheus.Gauge
	acts       *prometheus.CounterVec // by code
	bounds     *prometheus.CounterVec // by limit of PROTOCOL 9
	use        *prometheus.GaugeVec   // the same
	exceptions *prometheus.GaugeVec   // by what became of them

	peakMu sync.Mutex
	peaks  map[string]int64
}

// measureAtMost is how often figures that cost reading the database and its directory are read, however often they are asked for.
const measureAtMost = time.Second

// scrape reads what must be measured when somebody asks.
type scrape struct {
	n  *Node
	mu sync.Mutex
	at time.Time
}

// Metrics gives the office's metrics; figures of store, disk, acknowledgement and use are read when they are gathered.
func (n *Node) Metrics() prometheus.Gatherer { return &scrape{n: n} }

// Gather implements prometheus.Gatherer.
func (s *scrape) Gather() ([]*dto.MetricFamily, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); now.Sub(s.at) >= measureAtMost {
		s.at = now
		s.n.metrics.store(s.n.db)
		s.n.measureLag()
		s.n.measureUse()
	}
	return s.n.registry.Gather()
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		peaks:      map[string]int64{},
		entries:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "kontor_entries_total", Help: "Entries admitted, by kind."}, []string{"kind"}),
		replayed:   prometheus.NewCounter(prometheus.CounterOpts{Name: "kontor_entries_replayed_total", Help: "Entries folded again because an earlier one came late."}),
		refusals:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "kontor_entries_refused_total", Help: "Entries not admitted, by reason."}, []string{"reason"}),
		parked:     prometheus.NewCounter(prometheus.CounterOpts{Name: "kontor_entries_parked_total", Help: "Entries that claim a time ahead of this clock."}),
		forks:      prometheus.NewCounter(prometheus.CounterOpts{Name: "kontor_equivocations_total", Help: "Members seen to write two histories."}),
		mismatches: prometheus.NewCounter(prometheus.CounterOpts{Name: "kontor_commitment_mismatch_total", Help: "State roots of partners that differ from ours."}),
		line:       prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "kontor_settled_line", Help: "Settled line, as logical time."}, []string{"partnership"}),
		lag:        prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "kontor_unacked_entries", Help: "Own entries a member has not acknowledged."}, []string{"partnership", "member"}),
		unackedAge: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "kontor_unacked_age_seconds", Help: "Age of the oldest own entry a member has not acknowledged."}, []string{"partnership", "member"}),
		lsm:        prometheus.NewGauge(prometheus.GaugeOpts{Name: "kontor_badger_lsm_bytes", Help: "Size of the sorted tables."}),
		vlog:       prometheus.NewGauge(prometheus.GaugeOpts{Name: "kontor_badger_vlog_bytes", Help: "Size of the value log."}),
		free:       prometheus.NewGauge(prometheus.GaugeOpts{Name: "kontor_disk_free_bytes", Help: "Free disk under the database."}),
		writable:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "kontor_store_writable", Help: "1 while the store takes writes."}),
	}
	m.acts = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "kontor_acts_refused_total", Help: "Entries stored as refused by the business rules, by code."}, []string{"code"})
	m.bounds = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "kontor_limit_refused_total", Help: "What was refused because it exceeded a limit of the protocol, by limit."}, []string{"limit"})
	m.use = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "kontor_limit_used", Help: "How much of a limit of the protocol is used: what stands now, or the largest seen since the start."}, []string{"limit"})
	m.exceptions = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "kontor_exceptions", Help: "Exceptions by what became of them: open, acted on, gone by themselves, ended by default."}, []string{"partnership", "state"})
	limit := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "kontor_limit", Help: "The limits of the protocol."}, []string{"limit"})
	limitGauges(limit, m.bounds, m.use)
	reg.MustRegister(m.acts, m.bounds, m.use, m.exceptions, limit)
	reg.MustRegister(m.entries, m.replayed, m.refusals, m.parked, m.forks, m.mismatches, m.line, m.lag, m.unackedAge, m.lsm, m.vlog, m.free, m.writable)
	return m
}

func (m *metrics) outcome(pid block.CID, out protocol.Outcome) {
	for _, e := range out.Admitted {
		m.entries.WithLabelValues(kindLabel(e.Header.Kind)).Inc()
		m.used(bound.EntryHeader, int64(len(e.Envelope.Header)))
	}
	m.replayed.Add(float64(out.Replayed))
	m.forks.Add(float64(len(out.Forks)))
	m.mismatches.Add(float64(len(out.Mismatches)))
	m.line.WithLabelValues(pid.Short()).Set(float64(out.Line))
}

// kindLabel keeps what a partner may write as the kind of an unknown entry out of the labels.
func kindLabel(kind string) string {
	if protocol.Known(kind) {
		return kind
	}
	return "unknown"
}

func (m *metrics) refused(err error) {
	var verdict *feed.Error
	switch {
	case errors.As(err, &verdict):
		m.refusals.WithLabelValues(verdict.Code).Inc()
	case errors.Is(err, feed.ErrParked):
		m.parked.Inc()
	}
}

func (m *metrics) acknowledged(pid, member block.CID, behind int64) {
	m.lag.WithLabelValues(pid.Short(), member.Short()).Set(float64(max(behind, 0)))
}

func (m *metrics) unacknowledged(pid, member block.CID, count, oldest, now int64) {
	m.lag.WithLabelValues(pid.Short(), member.Short()).Set(float64(count))
	age := 0.0
	if count > 0 {
		age = float64(now-oldest) / 1000
	}
	m.unackedAge.WithLabelValues(pid.Short(), member.Short()).Set(age)
}

func (m *metrics) store(db *store.DB) {
	stats, err := db.Stats()
	if err != nil {
		return
	}
	m.lsm.Set(float64(stats.LSMBytes))
	m.vlog.Set(float64(stats.VlogBytes))
	m.free.Set(float64(stats.FreeDisk))
	ok := 0.0
	if db.Writable() == nil {
		ok = 1
	}
	m.writable.Set(ok)
}

// ExceptionCount is how many exceptions of a partnership there are and were, by what became of them.
type ExceptionCount struct{ Open, Acted, Itself, Default int }

// CountExceptions tells the metrics what the desk counted last.
func (n *Node) CountExceptions(pid block.CID, c ExceptionCount) {
	for state, count := range map[string]int{"open": c.Open, "acted": c.Acted, "itself": c.Itself, "default": c.Default} {
		n.metrics.exceptions.WithLabelValues(pid.Short(), state).Set(float64(count))
	}
}
