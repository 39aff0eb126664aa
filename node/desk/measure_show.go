package desk

import (
	"strconv"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
	"kontor/protocol/forecast"
	"kontor/protocol/measure"
	"kontor/protocol/performance"
	"kontor/protocol/quality"
)

// MeasureQuery says what to measure from what this node holds.
type MeasureQuery struct {
	With      string `json:"with,omitempty"`
	Guest     string `json:"guest,omitempty"` // a partner without a node, instead
	Product   string `json:"product,omitempty"`
	Region    string `json:"region,omitempty"`
	From      string `json:"from,omitempty"`      // first day of the buckets
	To        string `json:"to,omitempty"`        // last day of them
	Basis     string `json:"basis,omitempty"`     // what the actual is: CONSUMPTION (default), POS, ORDER_IN_FORCE, RECEIPT or SHIPMENT
	Lag       string `json:"lag,omitempty"`       // buckets between a forecast's issue and its bucket; default 0
	Cover     string `json:"cover,omitempty"`     // days that stock may cover at most; default 90
	Agreement string `json:"agreement,omitempty"` // CID, or the end of it: stock before and after its first day
	Since     string `json:"since,omitempty"`     // or before and after a day
}

// MeasuredGroup are measures of one matter, and what they were made of.
type MeasuredGroup struct {
	Of      string          `json:"of"`
	Grade   artifact.Grade  `json:"grade,omitempty"` // of the evidence, where nobody else signed it
	Results []MeasuredValue `json:"results"`
	Notes   []string        `json:"notes"`
}

// MeasuredValue is a measured value, or the reason why there is none.
type MeasuredValue struct {
	Measure    measure.Code           `json:"measure"`
	Definition string                 `json:"definition"` // CID
	Parameters map[string]string      `json:"parameters,omitempty"`
	Measured   bool                   `json:"measured"`
	Value      string                 `json:"value,omitempty"`
	Unit       string                 `json:"unit"`
	Reason     measure.Reason         `json:"reason,omitempty"`
	Verdict    measure.Verdict        `json:"verdict,omitempty"`
	Low        string                 `json:"low,omitempty"` // of the interval
	High       string                 `json:"high,omitempty"`
	LevelPPM   int64                  `json:"levelPpm,omitempty"`
	Count      int                    `json:"count"`
	Excluded   map[measure.Reason]int `json:"excluded,omitempty"`
	Window     string                 `json:"window,omitempty"`
	Clause     string                 `json:"clause,omitempty"` // of terms in force, by whose definition it was measured
	Target     string                 `json:"target,omitempty"` // of the clause
	AtMost     bool                   `json:"atMost,omitempty"` // the target is the most, else the least
	Standing   string                 `json:"standing,omitempty"`
}

func valueOf(r measure.Result) MeasuredValue {
	e, _ := measure.Describe(r.Definition.Code)
	v := MeasuredValue{Measure: r.Definition.Code, Definition: r.Definition.CID().String(), Parameters: map[string]string{}, Measured: r.Measured(), Unit: e.Unit, Reason: r.Reason, Verdict: r.Verdict, Count: r.Count, Excluded: r.Excluded}
	for _, p := range r.Definition.Parameters {
		v.Parameters[p.Name] = p.Value
	}
	if r.Measured() {
		v.Value = r.Value.String()
	}
	if i := r.Interval; i != nil {
		v.Low, v.High, v.LevelPPM = i.Low.String(), i.High.String(), i.Level
	}
	if r.Window.Valid() {
		v.Window = r.Window.String()
	}
	return v
}

// measuring is a query read, and what it is made of.
type measuring struct {
	q        MeasureQuery
	from, to calendar.Date // 0: open
	basis    string
	lag      int
	cover    int
	since    calendar.Date
	settled  []performance.Settled
	setting  measure.Setting // of deliveries
	versions [][]performance.Version
	reports  map[string][]quality.Measure // by author
	events   []campaign.Event             // planned, running and over

	documents []quality.Document // of both sides, for corrective work
	today     calendar.Date
	windows   int
	oneSided  int
}

func (q MeasureQuery) read() (m measuring, err error) {
	m.q, m.basis, m.cover = q, "CONSUMPTION", 90
	if m.from, err = dayOf("the first day", q.From); err != nil {
		return m, err
	}
	if m.to, err = dayOf("the last day", q.To); err != nil {
		return m, err
	}
	if m.since, err = dayOf("the day", q.Since); err != nil {
		return m, err
	}
	if q.Basis != "" {
		m.basis = q.Basis
	}
	if _, known := performance.Bases[m.basis]; !known {
		return m, node.Failf("BAD_BASIS", "%q: want CONSUMPTION, POS, ORDER_IN_FORCE, RECEIPT or SHIPMENT", q.Basis)
	}
	for _, n := range []struct {
		text string
		to   *int
		most int
	}{{q.Lag, &m.lag, 520}, {q.Cover, &m.cover, 3660}} {
		if n.text == "" {
			continue
		}
		if *n.to, err = strconv.Atoi(n.text); err != nil || *n.to < 0 || *n.to > n.most {
			return m, node.Failf("BAD_NUMBER", "%q: want a whole number from 0 to %d", n.text, n.most)
		}
	}
	return m, nil
}

func (m *measuring) sees(item forecast.Item, region string, b calendar.Bucket) bool {
	return (m.q.Product == "" || item.ID() == m.q.Product) && (m.q.Region == "" || region == m.q.Region) && (m.from == 0 || b.Start >= m.from) && (m.to == 0 || b.Last() <= m.to)
}

// Measure computes what can be measured of one partnership from the documents that both sides hold: with the same query both nodes get the same, but for the
// exceptions, of which each has seen its own.
func (d *Desk) Measure(q MeasureQuery) ([]MeasuredGroup, error) {
	if q.Guest != "" {
		return d.measureGuest(q)
	}
	m, err := q.read()
	if err != nil {
		return nil, err
	}
	p, err := d.Partner(q.With, "")
	if err != nil {
		return nil, err
	}
	m.today = calendar.DateOf(d.node.Now())
	var reaches []MeasuredGroup
	err = d.node.View(p.PID, func(r *protocol.Replica) (err error) {
		if err := d.gather(&m, r, p); err != nil {
			return err
		}
		if err := d.gatherQuality(&m, r); err != nil {
			return err
		}
		if err := m.gatherCampaigns(r); err != nil {
			return err
		}
		if reaches, err = d.reaches(p, r, q); err != nil {
			return err
		}
		return m.firstDay(r)
	})
	if err != nil {
		return nil, err
	}
	alerts, err := d.alerts(p.PID.String(), q)
	if err != nil {
		return nil, err
	}
	byTerms, err := d.promised(p, &m)
	if err != nil {
		return nil, err
	}
	out := append([]MeasuredGroup{m.accuracy(), m.deliveries()}, byTerms...)
	out = append(append(out, m.stock()), reaches...)
	if m.since != 0 {
		out = append(out, m.beforeAndAfter()...)
	}
	out = append(append(out, m.stability()), m.swings()...)
	return append(append(append(out, m.supply()), m.quality()...), alerts...), nil
}
