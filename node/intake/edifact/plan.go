package edifact

import (
	"strings"

	"kontor/node/intake"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// planning is the state of reading one DELFOR or DELJIT.
type planning struct {
	*reader
	message  string
	shipTo   segment // NAD of the whole message, then of the place the lines below are for
	lin      segment
	item     forecast.Item
	loc      segment
	status   string  // SCC 4017
	grain    string  // SCC 2013
	scc      segment // last SCC
	before   bool    // SCC stood before the quantity it belongs to
	pending  *planned
	periods  []planned
	aside    bool              // the line says something of the past, which is left aside
	counts   forecast.Schedule // accumulated quantities of the line, and what may be made or bought ahead
	told     segment           // where one of them stands
	owed     segment           // where a backlog among them stands
	despatch string
}

// planned is one quantity with what was said of it.
type planned struct {
	qty           segment
	kind          string // 6063
	quantity      quantity.Quantity
	unit          string
	bucket        calendar.Bucket // of delivery, where that is given, else of shipment
	shipped       calendar.Bucket // of shipment, beside one of delivery
	first, last   calendar.Date   // earliest and latest delivery
	opens, closes calendar.Date   // horizon start and end
	basis         forecast.DateBasis
	status, grain string
	from, until   calendar.Date      // of a cumulative quantity: the days it counts
	accumulated   *quantity.Quantity // at the end of the period
}

// What a schedule's quantity says (6063).
const (
	discrete   = "113" // to be delivered
	ordered    = "21"
	cumulative = "3"
)

// shortage is the 4017 of what should have been delivered before: backlog.
const shortage = "5"

// statuses are the firmness of 4017 (GS1 EANCOM: 1 firm, 2 commitment for
// manufacturing and material, 3 for material, 4 planning; 10 immediate, which is
// due now and as firm as it gets).
var statuses = map[string]forecast.Firmness{"1": forecast.Firm, "2": forecast.Fabrication, "3": forecast.RawMaterial, "4": forecast.PlannedLevel, "10": forecast.Firm}

// plan reads a DELFOR or DELJIT.
func (r *reader) plan(m message) {
	p := &planning{reader: r, message: m.kind}
	for i, s := range m.segments {
		next := ""
		if i+1 < len(m.segments) {
			next = m.segments[i+1].tag
		}
		p.segment(s, next)
	}
	p.endLine()
}

func (p *planning) segment(s segment, next string) {
	inLine := p.lin.tag != ""
	switch s.tag {
	case "BGM":
		p.demand.Number = s.at(1, 0)
		if s.at(2, 0) == "1" || s.at(2, 0) == "3" {
			p.demand.Inactive = true
			c := s.place("1225")
			c.Code, c.Value, c.Text = intake.NoteInactive, s.at(2, 0), "the message takes back what it names"
			p.report.Note(c)
		}
		p.demand.Revision = s.at(2, 0) == "5" || s.at(2, 0) == "4"
	case "NAD":
		switch s.at(0, 0) {
		case "ST", "CN", "DP", "UC":
			p.endLine()
			p.shipTo = s
		}
	case "LIN":
		p.endLine()
		p.lin, p.item = s, forecast.Item{}
		p.items(&p.item, s, true)
	case "PIA":
		if inLine {
			p.items(&p.item, s, true)
		}
	case "IMD":
		if inLine && p.item.Description == "" {
			p.item.Description = strings.TrimSpace(s.at(2, 3) + s.at(2, 4))
		}
	case "LOC":
		if q := s.at(0, 0); inLine && p.pending == nil && (q == "7" || q == "11") && p.loc.tag == "" {
			p.loc = s // 7 place of delivery, 11 place of discharge; later ones refine it
		}
	case "SCC":
		if inLine {
			p.scheduling(s, next)
		}
	case "QTY":
		if inLine {
			p.quantity(s)
		}
	case "DTM":
		if inLine {
			p.date(s)
		}
	case "RFF":
		if inLine && s.at(0, 0) == "AAK" && p.despatch == "" { // of the newest despatch that was counted in
			p.despatch = s.at(0, 1)
		}
	}
}

// scheduling takes an SCC. It stands before its quantities (DELFOR), or after each and
// before its date (DELJIT, some of D.04A): then a date follows it, or the quantity
// before it has none yet. A quantity that is left aside takes its SCC with it.
func (p *planning) scheduling(s segment, next string) {
	status, grain := s.at(0, 0), strings.TrimSpace(s.at(2, 0))
	if _, known := statuses[status]; !known && status != "" && status != shortage {
		p.unknown(s, "4017", status, p.lin.n)
	}
	if p.pending != nil && !p.before && (next == "DTM" || p.pending.bucket == (calendar.Bucket{}) && isScheduled(p.pending.kind)) {
		p.pending.status, p.pending.grain, p.scc = status, grain, s
		return
	}
	p.flush()
	p.status, p.grain, p.scc, p.before = status, grain, s, true
}

func isScheduled(kind string) bool {
	return kind == discrete || kind == cumulative || kind == ordered || kind == "1"
}

func (p *planning) quantity(s segment) {
	p.flush()
	p.pending = &planned{qty: s} // of no kind: its SCC and DTM belong to nothing
	q, ok := p.number(s, s.at(0, 1))
	if !ok {
		return
	}
	kind := s.at(0, 0)
	p.pending.kind = kind
	if isScheduled(kind) {
		p.pending = &planned{qty: s, kind: kind, quantity: q, unit: s.at(0, 2), status: p.status, grain: p.grain}
		return
	}
	switch kind {
	case "70":
		if p.before {
			p.notCarried(s, "a cumulative quantity received that stands among the periods")
			return
		}
		p.counts.Received, p.told = &q, s
	case "83":
		p.owe(q, s)
	case "12", "48", "52", "194", "79", "78", "66", "17", "145":
		p.notCarried(s, "a quantity despatched, received, packed or on hand")
	default:
		p.unknown(s, "6063", kind, p.lin.n)
	}
}

func (p *planning) notCarried(s segment, what string) {
	p.aside = true
	c := s.place("6063 " + s.at(0, 0))
	c.Code, c.Value, c.Text = intake.NoteNotCarried, s.at(0, 1), what+": a forecast has no field for it"
	p.tally.Note("carried"+s.tag+s.at(0, 0)+what, p.lin.n, c)
}

func (p *planning) date(s segment) {
	switch q := s.at(0, 0); q {
	case "51": // from when cumulative quantities count
		b, ok := p.period(s)
		if ok && p.pending != nil && p.pending.kind == cumulative {
			p.pending.from = b.Start
		}
		if ok && p.counts.Reset == 0 {
			p.counts.Reset = b.Start
		}
	case "52":
		if b, ok := p.period(s); ok && p.pending != nil && p.pending.kind == cumulative {
			p.pending.until = b.Last()
		}
	case "158", "159": // a horizon: of the quantity before it where that has no date of its own, else the periods say it themselves
		if p.pending == nil || !isScheduled(p.pending.kind) {
			return
		}
		if b, ok := p.period(s); ok && q == "158" {
			p.pending.opens = b.Start
		} else if ok {
			p.pending.closes = b.Last()
		}
	case "137", "36", "7", "157", "171", "50", "11", "4", "35", "97", "364":
		// ends and starts of horizons and of earlier documents: the periods say it themselves
	case "2", "10", "63", "64", "69", "74", "191", "17", "67", "194", "206":
		if p.pending == nil || !isScheduled(p.pending.kind) {
			return
		}
		b, ok := p.period(s)
		if !ok {
			p.pending = nil
			return
		}
		p.pending.dated(q, b)
	default:
		p.unknown(s, "2005", q, p.lin.n)
	}
}

// dated takes a date of the quantity. One of delivery goes before one of shipment, in whatever order they stand.
func (c *planned) dated(qualifier string, b calendar.Bucket) {
	switch qualifier {
	case "10":
		if c.basis == forecast.ByArrival {
			c.shipped = b
			return
		}
		c.bucket, c.basis = b, forecast.ByShip
		return
	}
	if c.basis == forecast.ByShip {
		c.shipped, c.bucket = c.bucket, calendar.Bucket{}
	}
	c.basis = forecast.ByArrival
	switch qualifier {
	case "64", "194":
		c.first = b.Start
	case "63", "206":
		c.last = b.End.AddDays(-1)
	default:
		c.bucket = b
	}
}
