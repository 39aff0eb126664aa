package desk

import (
	"slices"
	"strings"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/decision"
	"kontor/protocol/forecast"
	"kontor/protocol/partnership"
	"kontor/protocol/performance"
	"kontor/protocol/quality"
	"kontor/protocol/quantity"
)

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
		m.documents = append(m.documents, doc)
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
