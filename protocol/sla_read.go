package protocol

import (
	"slices"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/partnership"
	"kontor/protocol/performance"
	"kontor/protocol/quality"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
)

// slaReader finds what windows of SLAs are evaluated by: reports, forecasts and answers as they stood, and how long a node was silent. It reads no entry
// that is not in the causal past of the one at which it reads, so that every node finds the same.
type slaReader struct {
	replica  *Replica
	genesis  *partnership.Genesis
	sides    map[block.CID]terms.Party
	clock    []int64 // of the entry at which it reads; nil: everything that is held, for views
	rows     map[string][]ArtifactRow
	reported []WindowRow // by first day
	read     bool        // those, once

	reports   map[block.CID]performance.Document
	inspected map[block.CID]quality.Document
	forecasts map[block.CID]forecast.Document
	answered  map[block.CID]answerSaid
}

// answerSaid is what an answer says, by bucket.
type answerSaid struct {
	at       int64 // it stood from, ms UTC
	forecast block.CID
	buckets  map[string]quantity.Quantity
}

func newSLAReader(r *Replica, g *partnership.Genesis, clock []int64) *slaReader {
	return &slaReader{replica: r, genesis: g, sides: sidesOf(g), clock: clock, rows: map[string][]ArtifactRow{}, reports: map[block.CID]performance.Document{}, inspected: map[block.CID]quality.Document{},
		forecasts: map[block.CID]forecast.Document{}, answered: map[block.CID]answerSaid{}}
}

// Bounds of what one window reads. A hostile side that writes more makes its own figures older, and nobody's work greater.
const (
	maxForecastVersions = 400       // of one series: the last of each day
	believed            = 24 * hour // how long after its claimed time an entry may reach the other side and still count from that time
	hour                = 3_600_000
)

// versions are all versions of an artifact type, oldest first.
func (s *slaReader) versions(typ string) ([]ArtifactRow, error) {
	if known, ok := s.rows[typ]; ok {
		return known, nil
	}
	list, err := s.replica.Versions(typ)
	if err == nil {
		s.rows[typ] = list
	}
	return list, err
}

// load reads once what reports there are.
func (s *slaReader) load() (err error) {
	if s.read {
		return nil
	}
	if s.reported, err = s.replica.Windows(); err != nil {
		return err
	}
	slices.SortStableFunc(s.reported, func(a, b WindowRow) int { return a.Window.Compare(b.Window) })
	s.read = true
	return nil
}

// intime finds, for each series of a type, the newest version whose claimed time is at or before the deadline and which the other sides had seen when
// they passed it (PROTOCOL 4). Without passings all that is held was seen.
func (s *slaReader) intime(typ string, deadline int64, passed []SLAPassing) (map[string]ArtifactRow, error) {
	all, err := s.versions(typ)
	if err != nil {
		return nil, err
	}
	out := map[string]ArtifactRow{}
	for _, v := range all {
		key := v.Author.String() + v.Series
		if best, known := out[key]; v.T > deadline || v.Status == Withdrawn || known && v.Revision <= best.Revision {
			continue
		}
		seen, err := s.seen(v, passed)
		if err != nil {
			return nil, err
		}
		if seen {
			out[key] = v
		}
	}
	return out, nil
}

// seen tells whether every other side had a version when it passed the deadline. Of a side whose silence was recorded as a lapse nobody knows.
func (s *slaReader) seen(v ArtifactRow, passed []SLAPassing) (bool, error) {
	at := s.replica.Circle.Index(v.Author)
	for _, x := range passed {
		if x.Member == v.Author || x.Lapsed {
			continue
		}
		e, found, err := s.replica.Log.Get(v.Entry)
		if err != nil {
			return false, err
		}
		if !found || at < 0 || at >= len(x.Saw) || x.Saw[at] < e.Header.Seq {
			return false, nil
		}
	}
	return true, nil
}

// ofWindow are the performance reports of a period that each side had in force in time.
func (s *slaReader) ofWindow(period calendar.Bucket, deadline int64, passed []SLAPassing) (buyer, seller []performance.Document, err error) {
	if err := s.load(); err != nil {
		return nil, nil, err
	}
	newest, err := s.intime(performance.Type, deadline, passed)
	if err != nil {
		return nil, nil, err
	}
	for _, w := range s.reported {
		if !w.Window.Overlaps(period) {
			continue
		}
		for _, report := range w.Reports {
			v, in := newest[report.Author.String()+report.Series]
			if !in {
				continue
			}
			doc, known := s.reports[v.Root]
			if !known {
				if doc, err = s.replica.Performance(v.Root); err != nil {
					return nil, nil, err
				}
				if err := s.evident(&doc); err != nil {
					return nil, nil, err
				}
				s.reports[v.Root] = doc
			}
			switch s.sides[report.Author] {
			case terms.Buyer:
				buyer = append(buyer, doc)
			case terms.Seller:
				seller = append(seller, doc)
			}
		}
	}
	return buyer, seller, nil
}

// evident takes from a report the evidence that is not shared: a name of something nobody can open shows nothing.
func (s *slaReader) evident(doc *performance.Document) error {
	known := map[block.CID]bool{}
	for i := range doc.Cells {
		for _, left := range doc.Cells[i].LeftOut() {
			for k := range left {
				id := left[k].Evidence
				if id == nil {
					continue
				}
				shared, asked := known[*id]
				if !asked {
					var err error
					if shared, err = isShared(s.replica.Rows(), *id); err != nil {
						return err
					}
					known[*id] = shared
				}
				if !shared {
					left[k].Evidence = nil
				}
			}
		}
	}
	return nil
}

// records are what an SLA is measured by beside performance reports.
func (s *slaReader) records(doc terms.Document, sla terms.SLA, period calendar.Bucket, deadline int64, passed []SLAPassing) (out remedy.Records, err error) {
	if remedy.NeedsQuality(sla.Measure) {
		if out.Quality, err = s.quality(deadline, passed); err != nil {
			return out, err
		}
	}
	if days, needs := remedy.NeedsForecasts(sla.Measure); needs {
		if out.Forecasts, err = s.series(doc, period, days); err != nil {
			return out, err
		}
	}
	if remedy.NeedsAnswers(sla.Measure) {
		out.Asked, err = s.asked(doc, sla, period)
	}
	return out, err
}

func (s *slaReader) quality(deadline int64, passed []SLAPassing) (map[terms.Party][]quality.Document, error) {
	newest, err := s.intime(quality.Type, deadline, passed)
	if err != nil {
		return nil, err
	}
	keys := make([]string, 0, len(newest))
	for k := range newest {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	out := map[terms.Party][]quality.Document{}
	for _, k := range keys {
		row := newest[k]
		side, party := s.sides[row.Author]
		if !party {
			continue
		}
		doc, known := s.inspected[row.Root]
		if !known {
			if doc, err = s.replica.Quality(row.Root); err != nil {
				return nil, err
			}
			s.inspected[row.Root] = doc
		}
		out[side] = append(out[side], doc)
	}
	return out, nil
}

// SLACases gives what windows would be evaluated by if they were evaluated now, by all that is held: for previews, projections and simulations. Nothing
// follows from it. What one window reads is not read again for the next.
func (r *Replica) SLACases() func(terms.Document, terms.SLA, calendar.Bucket) (remedy.Case, error) {
	s := newSLAReader(r, &r.Genesis, nil)
	return s.now
}

// SLAPreview is what a window would come to if it were evaluated now, of an SLA or of a price that is adjusted.
func (r *Replica) SLAPreview(cases func(terms.Document, terms.SLA, calendar.Bucket) (remedy.Case, error), doc terms.Document, sla terms.SLA, period calendar.Bucket) (out remedy.Result, err error) {
	c, err := cases(doc, sla, period)
	if err != nil {
		return out, err
	}
	price, adjusts := doc.AdjustedPrice(sla.ID)
	if !adjusts {
		return remedy.Evaluate(c), nil
	}
	out = remedy.Adjust(remedy.PriceCase{Terms: doc, Price: price, Period: period, Buyer: c.Buyer, Seller: c.Seller, Values: r.SLAValues(&err)})
	return out, err
}

// SLAValues finds what each side stated that an index was published at, by all that is held. An error stays in err.
func (r *Replica) SLAValues(err *error) remedy.Values {
	return newSLAReader(r, &r.Genesis, nil).values(int64(1)<<62, nil, err)
}

func (s *slaReader) now(doc terms.Document, sla terms.SLA, period calendar.Bucket) (c remedy.Case, err error) {
	const ever = int64(1) << 62
	c = remedy.Case{Terms: doc, SLA: sla, Period: period, LastCharges: quantity.Money{Currency: doc.Currency}}
	if c.LastCharges, err = s.replica.lastCharges(remedy.Window{Contract: doc.Contract, SLA: sla.ID, Period: period}, doc.Currency); err != nil {
		return c, err
	}
	if c.Buyer, c.Seller, err = s.ofWindow(period, ever, nil); err != nil {
		return c, err
	}
	if before, counts := remedy.GrowsFrom(doc, sla, period); counts {
		if c.Before.Buyer, c.Before.Seller, err = s.ofWindow(before, ever, nil); err != nil {
			return c, err
		}
	}
	c.Records, err = s.records(doc, sla, period, ever, nil)
	return c, err
}

// lastCharges are those of the newest window of an SLA before one whose charges are known.
func (r *Replica) lastCharges(w remedy.Window, currency quantity.Currency) (out quantity.Money, err error) {
	out.Currency = currency
	at := calendar.Date(0)
	err = scanRows(r.Rows(), slaPrefix+slaName(w.Contract, w.SLA)+"/", func(_ string, row SLARow) error {
		if x := row.Result(); row.Period.Start < w.Period.Start && row.Period.Start >= at && x != nil && x.Charges != nil && x.Charges.Currency == currency {
			at, out = row.Period.Start, *x.Charges
		}
		return nil
	})
	return out, err
}
