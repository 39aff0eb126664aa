package node

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"kontor/protocol"
	"kontor/protocol/block"
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
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
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
	reg.MustRegister(m.entries, m.replayed, m.refusals, m.parked, m.forks, m.mismatches, m.line, m.lag, m.unackedAge, m.lsm, m.vlog, m.free, m.writable)
	return m
}

func (m *metrics) outcome(pid block.CID, out protocol.Outcome) {
	for _, e := range out.Admitted {
		m.entries.WithLabelValues(e.Header.Kind).Inc()
	}
	m.replayed.Add(float64(out.Replayed))
	m.forks.Add(float64(len(out.Forks)))
	m.mismatches.Add(float64(len(out.Mismatches)))
	m.line.WithLabelValues(pid.Short()).Set(float64(out.Line))
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
