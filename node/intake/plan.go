package intake

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// plan gathers the figures of a table of forecasts into lines. Each row goes to its
// place at once and nothing is kept of it but what a forecast has, and the line of the
// file a bucket stands in.
type plan struct {
	lines   []forecast.Line
	origins [][]origin // of the lines' buckets
	series  map[series]int32
	last    series // of the row before, and its line: rows of one series stand together in most files
	lastAt  int32
	astray  []bool               // lines whose rows did not come in the order of their periods
	cells   map[linePeriod]int32 // place of each bucket in its line, of those
	room    []forecast.Quantile
	scratch []forecast.Quantile
	banded  bool
	said    [][]string // what the rows of each line said of it, attribute by attribute; nil where the header has none
	whole   Demand     // what the rows said of the document
	// wholeSaid is how they said it, attribute by attribute.
	wholeSaid []string
}

// series tells lines apart: by forecast type and demand category too, where the header has columns for them.
type series struct{ product, region, kind, category string }

type linePeriod struct {
	line   int32
	period calendar.Bucket
}

// origin is where the line of the file begins that a bucket was first met in, and
// whether its mean was given.
type origin struct {
	at   uint32
	mean bool
}

func newPlan() *plan {
	return &plan{series: map[series]int32{}, lastAt: -1, cells: map[linePeriod]int32{}}
}

// lineOf finds or makes the line of a series. It has complained where the answer is false.
func (s *state) lineOf(row *row, product, region string, unit quantity.Unit) (int32, bool) {
	p := s.plan
	key := series{product: product, region: region}
	s.tellApart(row, &key)
	at, found := p.lastAt, p.lastAt >= 0 && p.last == key
	if !found {
		if at, found = p.series[key]; !found {
			at = int32(len(p.lines))
			p.series[key] = at
			p.lines = append(p.lines, Planned(forecast.Item{BuyersID: product}, PlaceOf(region), unit, forecast.ByNeed))
			if len(s.header.attributes) > 0 {
				p.said = append(p.said, make([]string, len(s.header.attributes)))
			}
			p.origins, p.astray = append(p.origins, nil), append(p.astray, false)
			if at > 0 { // most series have as many periods as the one before
				n := len(p.origins[at-1])
				p.lines[at].Buckets, p.origins[at] = make([]forecast.Cell, 0, n), make([]origin, 0, n)
			}
		}
		p.last, p.lastAt = key, at
	}
	if !s.ofLine(row, at) {
		return at, false
	}
	if is := p.lines[at].Unit; is != unit {
		row.bad = true
		s.report.Complain(Complaint{Code: CodeContradiction, Line: row.line, Value: string(unit), Text: fmt.Sprintf("line %d gives the same product and region in %s", s.lineAt(p.origins[at][0]), is), Want: "one unit for each"})
		return at, false
	}
	return at, true
}

// lineAt counts the lines before an origin, for a complaint.
func (s *state) lineAt(o origin) int { return 1 + strings.Count(s.content[:o.at], "\n") }

// find is the place of a bucket in its line. Rows come in the order of their periods in
// most files, and then the last bucket alone tells; the others are looked up.
func (p *plan) find(line int32, period calendar.Bucket) (int32, bool) {
	have := p.lines[line].Buckets
	n := int32(len(have))
	if n == 0 {
		return 0, false
	}
	if !p.astray[line] {
		switch c := have[n-1].Bucket.Compare(period); {
		case c == 0:
			return n - 1, true
		case c < 0:
			return 0, false
		}
		p.astray[line] = true
		for i, c := range have {
			p.cells[linePeriod{line, c.Bucket}] = int32(i)
		}
	}
	at, found := p.cells[linePeriod{line, period}]
	return at, found
}

// add adds a bucket that is not there to a line.
func (p *plan) add(line int32, period calendar.Bucket, at origin) *forecast.Cell {
	l := &p.lines[line]
	if p.astray[line] {
		p.cells[linePeriod{line, period}] = int32(len(l.Buckets))
	}
	l.Buckets = append(l.Buckets, forecast.Cell{Bucket: period})
	p.origins[line] = append(p.origins[line], at)
	return &l.Buckets[len(l.Buckets)-1]
}

// put adds a figure to its bucket, which it makes where there is none. It has complained
// where the figure is there.
func (s *state) put(row *row, line int32, period calendar.Bucket, m figureKind, q quantity.Quantity) {
	p := s.plan
	at, found := p.find(line, period)
	if !found {
		at = int32(len(p.lines[line].Buckets))
		p.add(line, period, origin{at: row.at})
	}
	c, o := &p.lines[line].Buckets[at], &p.origins[line][at]
	if m.beside != nil {
		s.putBeside(row, line, c, m, q)
		return
	}
	level := m.level
	i, stated := slices.BinarySearchFunc(c.Quantiles, level, func(a forecast.Quantile, p int64) int { return cmp.Compare(a.P, p) })
	switch {
	case stated || level == 0 && o.mean:
		s.again(row, line, *o, period)
	case level == 0:
		c.Mean, o.mean = q, true
	default:
		if len(c.Quantiles) == cap(c.Quantiles) {
			c.Quantiles = append(p.take(max(4, 2*len(c.Quantiles))), c.Quantiles...)
		}
		c.Quantiles = slices.Insert(c.Quantiles, i, forecast.Quantile{P: level, Q: q})
		p.banded = true
	}
}

func (s *state) again(row *row, line int32, o origin, period calendar.Bucket) {
	l := s.plan.lines[line]
	row.bad = true
	s.report.Complain(Complaint{Code: CodeRepeatedKey, Line: row.line, Text: fmt.Sprintf("line %d, or one after it, already gives this figure of product %q in region %q, %s", s.lineAt(o), l.Item.BuyersID, l.Location.Key(), period), Want: "one line for each"})
}

// take is room for n quantiles: one piece of memory serves those of many buckets.
func (p *plan) take(n int) []forecast.Quantile {
	const piece = 4096
	if len(p.room)+n > cap(p.room) {
		p.room = make([]forecast.Quantile, 0, max(piece, n))
	}
	from := len(p.room)
	p.room = p.room[:from+n]
	return p.room[from : from : from+n]
}

// forecast reads a line with all figures of one period.
func (s *state) forecast(row *row) bool {
	product, region, period := s.text(row, forecastProduct), s.text(row, forecastRegion), s.period(row, forecastPeriod)
	mean, stated := s.number(row, forecastMean, len(s.header.levels) == 0)
	quantiles := s.plan.scratch[:0]
	for k, level := range s.header.levels {
		if q, stated := s.number(row, forecastQuantiles+k, false); stated {
			quantiles = append(quantiles, forecast.Quantile{P: level, Q: q})
		}
	}
	s.plan.scratch = quantiles
	unit := s.unit(row, forecastUnit, s.unitOr("C62"))
	if !row.bad && !stated && len(quantiles) == 0 {
		s.bad(row, forecastMean, CodeMissing, "neither a mean nor a quantile", "at least one of them; 0 where nothing is expected")
	}
	s.rising(row, quantiles)
	if row.bad {
		return false
	}
	if !s.known(row, product) {
		return true
	}
	line, ok := s.lineOf(row, product, region, unit)
	if !ok {
		return false
	}
	if at, found := s.plan.find(line, period); found {
		s.twice(row, s.plan.origins[line][at], fmt.Sprintf("product %q in region %q, %s", product, region, period))
		return false
	}
	c := s.plan.add(line, period, origin{row.at, stated})
	c.Mean = mean
	if len(quantiles) > 0 {
		c.Quantiles = append(s.plan.take(len(quantiles)), quantiles...)
		s.plan.banded = true
	}
	s.ofCell(row, line, c)
	return false
}

// twice complains about a second row of one period: the same row again, or another.
func (s *state) twice(row *row, first origin, what string) {
	line := s.lineAt(first)
	again := newScanner(s.content[first.at:], s.delimiter)
	again.at, again.line = 0, 0 // no hint stands there
	if cells, _, err := again.next(); err == nil && slices.Equal(cells, row.all) {
		s.repeatedLine(row, line)
		return
	}
	s.repeatedKey(row, line, what)
}

// rising refuses quantiles that fall: which of the two is wrong only the file's author knows.
func (s *state) rising(row *row, quantiles []forecast.Quantile) {
	for i := 1; i < len(quantiles); i++ {
		low, high := quantiles[i-1], quantiles[i]
		if high.Q.Less(low.Q) {
			f := forecastQuantiles + slices.Index(s.header.levels, high.P)
			s.bad(row, f, CodeCrossing, fmt.Sprintf("the quantile falls below the %s of the lower level (column %q)", low.Q, s.header.column(forecastQuantiles+slices.Index(s.header.levels, low.P))),
				"values that rise with the level, or stay")
			return
		}
	}
}

// falls complains of quantiles that fall in a bucket put together from several lines or
// columns, which is left out.
func (s *state) falls(l *forecast.Line, c forecast.Cell, at origin) bool {
	for i := 1; i < len(c.Quantiles); i++ {
		if low, high := c.Quantiles[i-1], c.Quantiles[i]; high.Q.Less(low.Q) {
			s.report.Complain(Complaint{Code: CodeCrossing, Line: s.lineAt(at), Value: high.Q.String(),
				Text: fmt.Sprintf("the quantiles of product %q in %s fall: %d ppm is below the %s of %d ppm", l.Item.BuyersID, c.Bucket, high.P, low.Q, low.P), Want: "values that rise with the level, or stay"})
			return true
		}
	}
	return false
}

// demand completes what was gathered: the middle level stands in where no mean was
// given, buckets and lines stand in order, and gaps between buckets have a reason.
func (s *state) demand() *Demand {
	p := s.plan
	d := &Demand{Purpose: forecast.OrderForecast, Method: forecast.Method{Name: "file", Bands: p.whole.Method.Bands}, Fences: p.whole.Fences, Says: append(s.header.says(), p.whole.Says...)}
	switch {
	case !p.banded:
		d.Method.Bands = forecast.BandsNone
	case d.Method.Bands == "":
		d.Method.Bands = forecast.BandsModel
	}
	type keyed struct {
		key string
		at  int
	}
	var order []keyed
	for i := range p.lines {
		l := &p.lines[i]
		kept := l.Buckets[:0]
		for k, c := range l.Buckets {
			at := p.origins[i][k]
			if s.header.layout != byPeriod && s.falls(l, c, at) {
				continue
			}
			if n := len(c.Quantiles); !at.mean && n > 0 {
				c.Mean = c.Quantiles[n/2].Q
			} else if !at.mean && s.header.layout != byPeriod {
				s.report.Complain(Complaint{Code: CodeMissing, Line: s.lineAt(at), Text: fmt.Sprintf("product %q has something beside a quantity in %s, and neither a mean nor a quantile", l.Item.BuyersID, c.Bucket), Want: "at least one of them; 0 where nothing is expected"})
				continue
			}
			kept = append(kept, c)
		}
		if l.Buckets = kept; len(kept) == 0 {
			continue
		}
		inOrder := func(a, b forecast.Cell) int { return a.Bucket.Compare(b.Bucket) }
		if !slices.IsSortedFunc(l.Buckets, inOrder) {
			slices.SortFunc(l.Buckets, inOrder)
		}
		for k := 1; k < len(l.Buckets); k++ {
			if l.Buckets[k-1].End < l.Buckets[k].Start {
				l.GapReason = "the file says nothing of the periods in between"
				break
			}
		}
		order = append(order, keyed{l.Key(), i})
	}
	slices.SortFunc(order, func(a, b keyed) int { return cmp.Compare(a.key, b.key) })
	for _, o := range order {
		d.Lines = append(d.Lines, p.lines[o.at])
	}
	return d
}
