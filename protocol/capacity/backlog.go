package capacity

import (
	"fmt"

	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// readBacklogs puts what the buyer's schedule says is overdue against the stock that serves its lines. The seller's word goes before it: a position that
// names a backlog keeps it, and so does one counted after the forecast was issued, because what was overdue then may have been delivered since.
func (m *matcher) readBacklogs() error {
	owed := map[[2]string]quantity.Quantity{}
	for i := range m.demand.lines {
		l := &m.demand.lines[i]
		if l.owed == nil {
			continue
		}
		at := [2]string{l.product, m.stockRegion(l)}
		sum, err := owed[at].Add(*l.owed)
		if err != nil {
			return fmt.Errorf("the backlogs of product %q: %w", l.product, err)
		}
		owed[at] = sum
	}
	issued := calendar.DateOf(m.Forecast.Header.Issued)
	for i := range m.positions {
		p := &m.positions[i]
		q := owed[[2]string{p.Product, p.Region}]
		if q.IsZero() || p.Stock == nil || !p.Backlog.IsZero() || p.AsOf > issued {
			continue
		}
		p.Backlog = q
		m.note("stock of %q: the plan names no backlog, and %s are overdue as the forecast says: they are taken off", p.Product, q)
	}
	return nil
}
