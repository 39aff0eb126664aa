package desk

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/decision"
	"kontor/protocol/forecast"
	"kontor/protocol/measure"
	"kontor/protocol/partnership"
	"kontor/protocol/performance"
	"kontor/protocol/quality"
	"kontor/protocol/quantity"
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
	windows  int
	oneSided int
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
	var reaches []MeasuredGroup
	err = d.node.View(p.PID, func(r *protocol.Replica) (err error) {
		if err := d.gather(&m, r, p); err != nil {
			return err
		}
		if err := d.gatherQuality(&m, r); err != nil {
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
	return append(append(append(out, m.stability(), m.supply()), m.quality()...), alerts...), nil
}

// gather reads the reports of actuals and the forecasts they are held against.
func (d *Desk) gather(m *measuring, r *protocol.Replica, p *node.Partnership) error {
	m.settled, m.versions, m.reports, m.setting, m.windows, m.oneSided = nil, nil, map[string][]quality.Measure{}, nil, 0, 0
	if err := d.gatherReports(m, r, p); err != nil {
		return err
	}
	return m.gatherVersions(r)
}

func (d *Desk) gatherReports(m *measuring, r *protocol.Replica, p *node.Partnership) error {
	rows, err := r.Windows()
	if err != nil {
		return err
	}
	for _, row := range rows {
		s, err := d.sidesOf(r, p, row)
		if err != nil {
			return err
		}
		used := false
		for _, c := range performance.Settle(s.buyer, s.seller, performance.DefaultTolerance()) {
			if m.sees(c.Item, c.Place.Region, c.Bucket) {
				m.settled, used = append(m.settled, c), true
			}
		}
		if !used {
			continue
		}
		m.windows++
		if s.buyer == nil || s.seller == nil {
			m.oneSided++
		}
		for _, doc := range []*performance.Document{s.seller, s.buyer} { // the receiver's definition, where the two differ
			if doc != nil && len(doc.Delivery) > 0 {
				m.setting = doc.Setting()
			}
		}
	}
	return nil
}

// gatherVersions reads every accepted version of every forecast with its newest answer.
func (m *measuring) gatherVersions(r *protocol.Replica) error {
	answers, err := r.Versions(capacity.AnswerType)
	if err != nil {
		return err
	}
	committed := map[block.CID]map[string]quantity.Quantity{}
	for _, row := range answers {
		a, err := r.Answer(row.Root)
		if err != nil {
			return err
		}
		said := map[string]quantity.Quantity{}
		for _, l := range a.Lines {
			for _, b := range l.Buckets {
				said[l.Line+"|"+b.Bucket.String()] = b.Committed
			}
		}
		committed[a.Forecast] = said // oldest first: the last one counts
	}
	rows, err := r.Versions(forecast.Type)
	if err != nil {
		return err
	}
	series := map[string]int{}
	for _, row := range rows {
		doc, err := r.Forecast(row.Root)
		if err != nil {
			return err
		}
		doc.Lines = slices.DeleteFunc(doc.Lines, func(l forecast.Line) bool {
			return m.q.Product != "" && l.Item.ID() != m.q.Product || m.q.Region != "" && l.Location.Region != m.q.Region
		})
		said := committed[row.Root]
		v := performance.Version{At: row.T, Document: doc, Committed: func(line string, b calendar.Bucket) (quantity.Quantity, bool) {
			q, answered := said[line+"|"+b.String()]
			return q, answered
		}}
		key := row.Author.String() + row.Series
		i, known := series[key]
		if !known {
			i = len(m.versions)
			series[key] = i
			m.versions = append(m.versions, nil)
		}
		m.versions[i] = append(m.versions[i], v)
	}
	return nil
}

func (d *Desk) gatherQuality(m *measuring, r *protocol.Replica) error {
	rows, err := r.InForce(quality.Type, block.CID{})
	if err != nil {
		return err
	}
	for _, row := range rows {
		doc, err := r.Quality(row.Root)
		if err != nil {
			return err
		}
		role := partnership.RoleBuyer
		if member, ok := r.Genesis.Member(row.Author); ok {
			role = member.Role
		}
		for _, x := range doc.Measures {
			if m.sees(x.Item, x.Site.Region, x.Period) {
				m.reports[role] = append(m.reports[role], x)
			}
		}
	}
	return nil
}

// firstDay finds the day from which an agreement has effect.
func (m *measuring) firstDay(r *protocol.Replica) error {
	if m.q.Agreement == "" {
		return nil
	}
	rounds, err := r.Rounds()
	if err != nil {
		return err
	}
	for _, round := range rounds {
		name := round.Document.String()
		if name != m.q.Agreement && (len(m.q.Agreement) < shortestName || !strings.HasSuffix(name, m.q.Agreement)) {
			continue
		}
		if round.Verdict != decision.Final {
			return node.Failf("NOT_READY", "the agreement %s is %s: it has no effect yet, so there is no time after it", m.q.Agreement, round.Verdict)
		}
		doc, err := r.Agreement(round.Document)
		if err != nil {
			return err
		}
		m.since = doc.From
		return nil
	}
	return node.Failf("NO_AGREEMENT", "no agreement is called %q; kontor agreement list shows those held, by CID or the end of it", m.q.Agreement)
}

// shortestName is how much of a CID people have to give.
const shortestName = 6

func values(of string, results ...measure.Result) MeasuredGroup {
	g := MeasuredGroup{Of: of, Notes: []string{}, Results: []MeasuredValue{}}
	for _, r := range results {
		g.Results = append(g.Results, valueOf(r))
	}
	return g
}

func (m *measuring) accuracy() MeasuredGroup {
	setting := measure.Setting{"actualBasis": m.basis, "lag": strconv.Itoa(m.lag)}
	errors, scores := &measure.Errors{Setting: setting}, &measure.Scores{Setting: setting}
	for _, versions := range m.versions {
		e, s := performance.Accuracy(m.settled, versions, m.basis, m.lag, setting)
		errors.Join(e)
		scores.Join(s)
	}
	if len(m.versions) == 0 {
		e, s := performance.Accuracy(m.settled, nil, m.basis, m.lag, setting)
		errors.Join(e)
		scores.Join(s)
	}
	results := []measure.Result{errors.Result(measure.WAPE), errors.Result(measure.Bias), errors.Result(measure.MAPE), errors.Result(measure.MAE), errors.Result(measure.RMSE), errors.Result(measure.SMAPE2), errors.Result(measure.TrackingTest),
		scores.Result(measure.Pinball), scores.Result(measure.WIS)}
	for _, band := range scores.Bands() {
		results = append(results, scores.Of(measure.Coverage, "band", quantity.Quantity.String(ppmOf(band))))
	}
	g := values("forecast", results...)
	g.Notes = append(g.Notes, fmt.Sprintf("each actual against the forecast that stood %s before its bucket began", node.Count(m.lag, "bucket")))
	return g
}

func ppmOf(n int64) quantity.Quantity {
	q, err := quantity.Scaled(n, -6)
	if err != nil {
		panic("invariant: parts of a million are a quantity: " + err.Error())
	}
	return q
}

func (m *measuring) deliveries() MeasuredGroup {
	d := performance.Delivered(m.settled, m.setting)
	results := []measure.Result{d.Result(measure.OnTime), d.Result(measure.InFull), d.Result(measure.OTIF), d.Result(measure.OTIFUnits)}
	for _, code := range []measure.Code{measure.LineFill, measure.OrderFill} {
		for _, event := range []string{"SHIPPED", "RECEIVED"} {
			set := measure.Setting{"fillEvent": event, "dateBasis": m.setting["dateBasis"]}
			if m.setting["dateBasis"] == "" {
				delete(set, "dateBasis")
			}
			results = append(results, performance.Served(m.settled, code, set).Result(code, set))
		}
	}
	for _, code := range []measure.Code{measure.PerfectOrder, measure.LeadTime} {
		results = append(results, performance.Served(m.settled, code, m.setting).Result(code, m.setting))
	}
	g := values("delivery", results...)
	if m.windows > 0 {
		g.Notes = append(g.Notes, fmt.Sprintf("from the reports of %s, %d of them by one side alone", node.Count(m.windows, "window"), m.oneSided))
	}
	return g
}

func (m *measuring) stocks(cells []performance.Settled) performance.Stocked {
	var all []performance.Version
	for _, versions := range m.versions {
		all = append(all, versions...)
	}
	return performance.Stocks(cells, all, measure.Setting{"cover": strconv.Itoa(m.cover)}, m.cover)
}

func (m *measuring) stock() MeasuredGroup {
	s := m.stocks(m.settled)
	return values("stock", s.Days.Result(measure.StockoutRate), s.Levels.Result(measure.Overstock), s.Levels.Result(measure.Turns), s.Levels.Result(measure.StockCover))
}

// beforeAndAfter are the stock measures before and after a day, and whether the stockouts changed by more than chance.
func (m *measuring) beforeAndAfter() []MeasuredGroup {
	before, after := performance.Split(m.settled, m.since)
	a, b := m.stocks(before), m.stocks(after)
	changes, unpaired := measure.StockoutChanges(a.Days, b.Days)
	change := values("stockouts, after less before "+m.since.String(), measure.Compared(changes, unpaired, measure.Setting{"minimum": "2"}))
	change.Notes = append(change.Notes, fmt.Sprintf("%s before and %d after; each product and place is compared with itself: it says what changed, not why", node.Count(len(before), "cell"), len(after)))
	return []MeasuredGroup{
		values("stock before "+m.since.String(), a.Days.Result(measure.StockoutRate), a.Levels.Result(measure.Overstock)),
		values("stock from "+m.since.String(), b.Days.Result(measure.StockoutRate), b.Levels.Result(measure.Overstock)),
		change,
	}
}

func (m *measuring) stability() MeasuredGroup {
	all := &measure.Revisions{}
	count := 0
	for _, versions := range m.versions {
		all.Join(performance.Revised(versions))
		count += len(versions)
	}
	g := values("revisions", all.Result(measure.Nervousness), all.Result(measure.Revised), all.Result(measure.DemandShift), all.Result(measure.FrozenChanges))
	g.Notes = append(g.Notes, fmt.Sprintf("over %s of %s, each against the one before", node.Count(count, "version"), node.Count(len(m.versions), "forecast")))
	return g
}

func (m *measuring) supply() MeasuredGroup {
	attained, adhered := &measure.Kept{}, &measure.Kept{}
	for _, versions := range m.versions {
		a, b := performance.Kept(m.settled, versions)
		attained.Join(a)
		adhered.Join(b)
	}
	return values("supply", attained.Result(measure.Attainment), adhered.Result(measure.Adherence))
}

// denominators are what the measures call the denominators of reports.
var denominators = map[quality.Denominator]string{quality.ByReceived: "RECEIVED", quality.ByDelivered: "SHIPPED", quality.ByInspected: "INSPECTED"}

func (m *measuring) quality() (out []MeasuredGroup) {
	for _, role := range []string{partnership.RoleBuyer, partnership.RoleSeller} {
		collectors := map[string]*measure.Defects{}
		for _, x := range m.reports[role] {
			base := x.Base()
			if base == nil {
				continue
			}
			name := denominators[x.Denominator]
			if collectors[name] == nil {
				collectors[name] = &measure.Defects{Setting: measure.Setting{"denominator": name}}
			}
			collectors[name].Add(measure.Lot{Units: *base, Defective: x.Confirmed, Defects: x.Defects})
		}
		var results []measure.Result
		for _, name := range []string{"RECEIVED", "SHIPPED", "INSPECTED"} {
			if c := collectors[name]; c != nil {
				results = append(results, c.Result(measure.DefectPPM), c.Result(measure.Yield))
			}
		}
		if len(results) > 0 {
			out = append(out, values("quality, as the "+role+" reports it", results...))
		}
	}
	if len(out) == 0 {
		none := measure.Defects{}
		out = append(out, values("quality", none.Result(measure.DefectPPM)))
	}
	return out
}
