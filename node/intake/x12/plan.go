package x12

import (
	"slices"

	"kontor/node/intake"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// planning is the state of reading one 830 or 862.
type planning struct {
	*reader
	basis      forecast.DateBasis
	cumulative bool // quantities count up (BFR05 or BSS11 is C)
	place      intake.Party
	placeSet   segment // N1 that names the place
	inPlace    bool    // the last N1 is that of the place
	lin, uit   segment
	item       forecast.Item
	periods    []period
	counts     forecast.Schedule // accumulated quantities, and what may be made or bought ahead
	shipped    bool              // the last SHP told of accumulated quantities
	lines      int
	sum        quantity.Quantity
}

type period struct {
	at       segment
	bucket   calendar.Bucket
	quantity quantity.Quantity
	firmness forecast.Firmness
	count    *quantity.Quantity // accumulated at its end
}

// firmness of FST02 (forecast qualifier 680): C firm, D planning, A immediate.
var firmness = map[string]forecast.Firmness{"A": forecast.Firm, "C": forecast.Firm, "D": forecast.PlannedLevel}

// plan reads an 830 or 862.
func (r *reader) plan(t set) {
	p := &planning{reader: r, basis: forecast.ByArrival}
	for _, s := range t.segments {
		p.segment(t.kind, s)
	}
	p.endLine()
}

func (p *planning) segment(kind string, s segment) {
	switch s.tag {
	case "BFR":
		p.demand.Number = first(s.at(2), s.at(3))
		p.head(s, 4, 5)
	case "BSS":
		p.demand.Number = s.at(2)
		p.head(s, 4, 11)
	case "N1":
		p.inPlace = s.at(1) == "ST" || s.at(1) == "MI" && p.placeSet.tag == ""
		if p.inPlace {
			p.endLine()
			p.place, p.placeSet = party(s), s
		}
	case "N4":
		if p.inPlace {
			p.place.Country = s.at(4)
			if s.at(5) == "UN" && p.place.Code == "" { // UN/LOCODE
				p.place.Code, p.place.Agency = s.at(6), intake.AgencyUN
			}
		}
	case "LIN":
		p.endLine()
		p.lin, p.item, p.lineAt = s, p.reader.item(s), s.n
		p.lines++
	case "UIT":
		p.uit = s
	case "PID":
		if p.lin.tag != "" && p.item.Description == "" {
			p.item.Description = s.at(5)
		}
	case "FST":
		if p.lin.tag != "" {
			p.scheduled(s)
		}
	case "SHP":
		if p.shipped = s.at(1) == "02" && p.lin.tag != ""; !p.shipped {
			p.notCarried(s, "quantities shipped or received: a forecast has no field for them")
			break
		}
		if q, ok := p.number(s, 2); ok {
			p.counts.Received = &q
		}
		if s.at(4) != "" {
			if day, ok := p.day(s, 4); ok {
				p.counts.Reset = day
			}
		}
	case "REF":
		if p.shipped && (s.at(1) == "SI" || s.at(1) == "PK") { // shipper's number or packing list of what was counted in
			p.counts.LastDespatch = s.at(2)
		}
	case "ATH":
		if p.lin.tag != "" {
			p.authorise(s)
		}
	case "CTT":
		p.endLine()
		total(s, p.lines, p.sum, p.report)
	}
}

// authorise reads ATH: what may be made (FI) or bought (MT) ahead until a day, accumulated. Of the current quantity and the highest one the latter is what
// the buyer answers for.
func (p *planning) authorise(s segment) {
	at := map[string]**forecast.Authorisation{"FI": &p.counts.Fabrication, "MT": &p.counts.Material}[s.at(1)]
	if at == nil {
		p.notCarried(s, "an authorisation of another kind than finished goods and material: a forecast has no field for it")
		return
	}
	until, ok := p.day(s, 2)
	if !ok {
		return
	}
	field := 3
	if s.at(4) != "" {
		field = 4
	}
	q, ok := p.number(s, field)
	if !ok {
		return
	}
	var from calendar.Date
	if s.at(5) != "" {
		if from, ok = p.day(s, 5); !ok {
			return
		}
		if p.counts.Reset == 0 { // ATH05 is where the cumulative quantity begins
			p.counts.Reset = from
		}
	}
	*at = intake.NewAuthorisation(q, from, until)
}

// head reads what the figures mean.
func (p *planning) head(s segment, basis, counting int) {
	if s.at(1) == "01" || s.at(1) == "03" {
		p.demand.Inactive = true
		c := s.place(1)
		c.Code, c.Value, c.Text = intake.NoteInactive, s.at(1), "the schedule takes back what it names"
		p.report.Note(c)
	}
	p.demand.Revision = s.at(1) == "05" || s.at(1) == "04"
	switch s.at(basis) {
	case "DL", "":
	case "SH":
		p.basis = forecast.ByShip
	case "BB", "KB":
		p.basis = forecast.ByNeed
	default:
		p.unknown(s, basis, "an unknown type of schedule: dates were taken for those of delivery")
	}
	p.cumulative = s.at(counting) == "C"
}

func (p *planning) scheduled(s segment) {
	q, ok := p.number(s, 1)
	if !ok {
		return
	}
	if sum, err := p.sum.Add(q); err == nil {
		p.sum = sum
	}
	start, ok := p.day(s, 4)
	if !ok {
		return
	}
	b := intake.Day(start)
	switch s.at(3) {
	case "D", "C", "": // C: a daily bucket of a calendar week, a day all the same
	case "W", "WM":
		b.End = start.AddDays(7)
	case "M":
		b = start.Month().Bucket()
	case "Q":
		b = calendar.Bucket{Start: start.Month().Bucket().Start, End: start.Month().Bucket().Start.AddMonths(3)}
	case "F":
		end, ok := start, true
		if s.at(5) != "" {
			if end, ok = p.day(s, 5); !ok {
				return
			}
		}
		b.End = end.AddDays(1)
		if !b.Valid() {
			c := s.place(5)
			c.Code, c.Value, c.Text, c.Want = intake.CodePeriod, s.at(5), "an interval that ends before it begins", "FST05 on or after FST04"
			p.report.Complain(c)
			return
		}
	default:
		c := s.place(3)
		c.Code, c.Value, c.Text, c.Want = intake.CodePeriod, s.at(3), "a length of period that is not known", "D, W, M, Q or F"
		p.report.Complain(c)
		return
	}
	f, known := firmness[s.at(2)]
	if !known {
		f = forecast.PlannedLevel
		p.unknown(s, 2, "an unknown forecast qualifier: the quantity was taken as planned, which binds nobody")
	}
	p.periods = append(p.periods, period{at: s, bucket: b, quantity: q, firmness: f})
}

// endLine turns what was gathered since LIN into a line of the schedule.
func (p *planning) endLine() {
	lin, periods, counts := p.lin, p.periods, p.counts
	uit := p.uit
	p.lin, p.periods, p.counts, p.shipped, p.uit = segment{}, nil, forecast.Schedule{}, false, segment{}
	if lin.tag == "" {
		return
	}
	if len(periods) == 0 {
		c := lin.place(0)
		c.Code, c.Text, c.Want = intake.CodeEmpty, "a line without a scheduled quantity", "FST after LIN; a quantity of 0 where nothing is needed"
		p.report.Complain(c)
		return
	}
	at := lin.place(0)
	if uit.tag != "" {
		at = uit.place(1)
	}
	unit, ok := p.unitOf(uit.at(1), at)
	if !ok {
		return
	}
	at = lin.place(0)
	if p.placeSet.tag != "" {
		at = p.placeSet.place(4)
	}
	where := p.Place(p.place, p.report, at)
	line := p.schedule.Begin(intake.Planned(p.item, where, unit, p.basis), p.place.Code, lin.place(0))
	if line == nil {
		return
	}
	if counts != (forecast.Schedule{}) {
		line.Counts(counts, p.report)
	}
	if p.cumulative {
		periods = p.discrete(periods, counts.Received)
	}
	for _, c := range periods {
		line.Add(forecast.Cell{Bucket: c.bucket, Mean: c.quantity, Firmness: c.firmness, Accumulated: c.count}, c.at.place(0))
	}
}

// discrete gives each period what its cumulative quantity adds.
func (p *planning) discrete(periods []period, received *quantity.Quantity) (out []period) {
	if received == nil {
		c := periods[0].at.place(1)
		c.Code, c.Value = intake.CodeCumulative, periods[0].quantity.String()
		c.Text, c.Want = "cumulative quantities, and nothing says what was received before the first", "SHP 02 (cumulative quantity) with each line, or discrete quantities (BFR05 A)"
		p.report.Complain(c)
		return nil
	}
	slices.SortStableFunc(periods, func(a, b period) int { return a.bucket.Compare(b.bucket) })
	before := *received
	for _, c := range periods {
		added, err := c.quantity.Sub(before)
		if err != nil || added.Sign() < 0 {
			at := c.at.place(1)
			at.Code, at.Value = intake.CodeCumulative, c.quantity.String()
			at.Text, at.Want = "a cumulative quantity below "+before.String()+", which came before it", "cumulative quantities that never fall"
			p.report.Complain(at)
			return nil
		}
		count := c.quantity
		before = count
		c.quantity, c.count = added, &count
		out = append(out, c)
	}
	return out
}
