package intake

import (
	"fmt"
	"slices"
	"strings"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// Attribute is what a table of forecasts says beside its figures, of a line, of one of its periods, or of all of them. One list serves reading and
// writing, so that what goes out comes back.
type Attribute struct {
	Name  string // the header it is written under
	Of    Part   // what it is said of
	names []string
	form  Form // Text, Number, or Period for a day
	// text is the value as it is written; "" where nothing is said, and for what every plain forecast is.
	text func(*Demand, forecast.Line, forecast.Cell) string
	// set takes a value that was read, and answers what would be right where it is none.
	set func(*Demand, *forecast.Line, *forecast.Cell, value) (want string)
	// keep takes it over from another reading of the line, or of its cell.
	keep func(now *forecast.Line, was forecast.Line)
}

// Part is what an attribute is said of.
type Part int

// The parts.
const (
	OfLine     Part = iota // every row of a line says the same, or nothing
	OfKey                  // the same, and it tells lines of one product and place apart
	OfCell                 // of one period
	OfDocument             // every row says the same, or nothing
)

// value is a cell that was read, in the form of its attribute.
type value struct {
	text   string
	number quantity.Quantity
	day    calendar.Date
}

// Text is what is written for a cell of a line; the line's first cell stands for the line.
func (a *Attribute) Text(d *Demand, l forecast.Line, c forecast.Cell) string { return a.text(d, l, c) }

// Keep takes what the attribute says over from an earlier reading of the line.
func (a *Attribute) Keep(now *forecast.Line, was forecast.Line) {
	if a.keep != nil {
		a.keep(now, was)
	}
}

// Attributes are all but the levels of cumulative demand, which have a column each: see CumulativeLevel.
func Attributes() []*Attribute { return attributes }

var attributes = slices.Concat(keyAttributes, cellAttributes, lineAttributes, lifecycleAttributes, scheduleAttributes, documentAttributes)

var keyAttributes = []*Attribute{
	enumerated("forecast type", OfKey, func(l *forecast.Line, _ *forecast.Cell) *forecast.Kind { return &l.Kind }, forecast.Total,
		[]forecast.Kind{forecast.Base, forecast.Promotional, forecast.Seasonal, forecast.Total}, "forecast type code", "prognoseart"),
	enumerated("demand category", OfKey, func(l *forecast.Line, _ *forecast.Cell) *forecast.Category { return &l.Category }, forecast.Default,
		[]forecast.Category{forecast.Default, forecast.AfterSales, forecast.Series, forecast.PhaseIn, forecast.OneTime, forecast.OperatingItems, forecast.Extraordinary, forecast.PhaseOut},
		"demand category code", "bedarfskategorie"),
}

var cellAttributes = []*Attribute{
	enumerated("firmness", OfCell, func(_ *forecast.Line, c *forecast.Cell) *forecast.Firmness { return &c.Firmness }, forecast.PlannedLevel, firmnesses, "scheduling status", "verbindlichkeit"),
	{Name: "ordered", Of: OfCell, names: []string{"ordered quantity", "open orders", "bestellt"}, form: Number,
		text: func(_ *Demand, _ forecast.Line, c forecast.Cell) string { return optional(c.Ordered) },
		set: func(_ *Demand, _ *forecast.Line, c *forecast.Cell, v value) string {
			c.Ordered = &v.number
			return ""
		},
		keep: keepCells(func(now *forecast.Cell, was forecast.Cell, _ bool) { now.Ordered = was.Ordered })},
	{Name: "cumulative quantity", Of: OfCell, names: []string{"cum qty", "cumulative qty", "accumulated quantity", "fortschrittszahl"}, form: Number,
		text: func(_ *Demand, _ forecast.Line, c forecast.Cell) string { return optional(c.Accumulated) },
		set: func(_ *Demand, _ *forecast.Line, c *forecast.Cell, v value) string {
			c.Accumulated = &v.number
			return ""
		},
		keep: keepCells(func(now *forecast.Cell, was forecast.Cell, same bool) {
			if same { // else the quantities it was made of are others
				now.Accumulated = was.Accumulated
			}
		})},
}

var firmnesses = []forecast.Firmness{forecast.Firm, forecast.Fabrication, forecast.RawMaterial, forecast.PlannedLevel}

var lineAttributes = []*Attribute{
	enumerated("bucket basis", OfLine, func(l *forecast.Line, _ *forecast.Cell) *forecast.BucketBasis { return &l.BucketBasis }, forecast.Gross, []forecast.BucketBasis{forecast.Gross, forecast.NetOfOrders}),
	enumerated("date basis", OfLine, func(l *forecast.Line, _ *forecast.Cell) *forecast.DateBasis { return &l.DateBasis }, forecast.ByNeed,
		[]forecast.DateBasis{forecast.ByShip, forecast.ByArrival, forecast.ByNeed, forecast.BySale}),
	{Name: "sourcing share", names: []string{"quota", "lieferquote", "lieferanteil"},
		text: func(_ *Demand, l forecast.Line, _ forecast.Cell) string {
			if l.SourcingShare == forecast.PPM {
				return ""
			}
			return Percent(l.SourcingShare) + "%"
		},
		set: func(_ *Demand, l *forecast.Line, _ *forecast.Cell, v value) string {
			text, percent := strings.CutSuffix(strings.ReplaceAll(v.text, ",", "."), "%")
			exponent := -6
			if percent {
				exponent = -4
			}
			q, err := parseDecimal(strings.TrimSpace(text))
			n, whole := q.At(exponent)
			if err != nil || !whole || !n.IsInt64() || n.Int64() <= 0 || n.Int64() > forecast.PPM {
				return "a part of the whole need above 0, as 60% or 0.6"
			}
			l.SourcingShare = n.Int64()
			return ""
		},
		keep: func(now *forecast.Line, was forecast.Line) { now.SourcingShare = was.SourcingShare }},
	{Name: "lot", names: []string{"order lot", "lot size", "losgröße"}, form: Number,
		text: func(_ *Demand, l forecast.Line, _ forecast.Cell) string {
			if l.Lot.IsZero() {
				return ""
			}
			return Figure(l.Lot)
		},
		set:  func(_ *Demand, l *forecast.Line, _ *forecast.Cell, v value) string { l.Lot = v.number; return "" },
		keep: func(now *forecast.Line, was forecast.Line) { now.Lot = was.Lot }},
	{Name: "reason", names: []string{"reason code", "adjustment reason", "adjustment reason code", "änderungsgrund"},
		text: func(_ *Demand, l forecast.Line, _ forecast.Cell) string { return string(l.Reason) },
		set: func(_ *Demand, l *forecast.Line, _ *forecast.Cell, v value) string {
			if l.Reason = artifact.Reason(strings.ToUpper(v.text)); !l.Reason.Known() {
				return "a reason code such as REVISED_PLAN or CUSTOMER_ORDER_CHANGE"
			}
			return ""
		},
		keep: func(now *forecast.Line, was forecast.Line) { now.Reason = was.Reason }},
	{Name: "ship from", names: []string{"ship from sites", "lieferwerk"},
		text: func(_ *Demand, l forecast.Line, _ forecast.Cell) string {
			var sites []string
			for _, s := range l.ShipFrom {
				sites = append(sites, s.Key())
			}
			return strings.Join(sites, " ")
		},
		set: func(_ *Demand, l *forecast.Line, _ *forecast.Cell, v value) string {
			for _, site := range strings.Fields(v.text) {
				l.ShipFrom = append(l.ShipFrom, PlaceOf(site))
			}
			return ""
		},
		keep: func(now *forecast.Line, was forecast.Line) { now.ShipFrom = was.ShipFrom }},
}

var documentAttributes = []*Attribute{
	{Name: "time fences", Of: OfDocument, names: []string{"fences", "fixierungshorizonte"},
		text: func(d *Demand, _ forecast.Line, _ forecast.Cell) string { return forecast.FencesText(d.Fences) },
		set: func(d *Demand, _ *forecast.Line, _ *forecast.Cell, v value) string {
			var err error
			if d.Fences, err = forecast.ParseFences(strings.Fields(v.text)); err != nil {
				return err.Error()
			}
			return ""
		}},
	{Name: "bands", Of: OfDocument, names: []string{"kind of bands"},
		text: func(d *Demand, _ forecast.Line, _ forecast.Cell) string {
			if d.Method.Bands == forecast.BandsEmpirical { // a table shows itself whether it has levels
				return string(d.Method.Bands)
			}
			return ""
		},
		set: func(d *Demand, _ *forecast.Line, _ *forecast.Cell, v value) string {
			b := forecast.Bands(strings.ToLower(v.text))
			if b != forecast.BandsModel && b != forecast.BandsEmpirical && b != forecast.BandsNone {
				return "model, empirical or none"
			}
			d.Method.Bands = b
			return ""
		}},
}

// enumerated is an attribute whose values are codes; the usual one is not written.
func enumerated[T ~string](name string, of Part, at func(*forecast.Line, *forecast.Cell) *T, usual T, codes []T, names ...string) *Attribute {
	a := &Attribute{Name: name, Of: of, names: names,
		text: func(_ *Demand, l forecast.Line, c forecast.Cell) string {
			if is := *at(&l, &c); is != usual {
				return string(is)
			}
			return ""
		},
		set: func(_ *Demand, l *forecast.Line, c *forecast.Cell, v value) string {
			code := T(strings.ToUpper(v.text))
			if *at(l, c) = code; !slices.Contains(codes, code) {
				return fmt.Sprintf("one of %v", codes)
			}
			return ""
		}}
	if of == OfCell {
		a.keep = keepCells(func(now *forecast.Cell, was forecast.Cell, _ bool) { *at(nil, now) = *at(nil, &was) })
	} else {
		a.keep = func(now *forecast.Line, was forecast.Line) { *at(now, nil) = *at(&was, nil) }
	}
	return a
}

// keepCells takes something over cell by cell; same tells that all quantities and periods of the line are what they were.
func keepCells(keep func(now *forecast.Cell, was forecast.Cell, same bool)) func(*forecast.Line, forecast.Line) {
	return func(now *forecast.Line, was forecast.Line) {
		same := now.Unit == was.Unit && slices.EqualFunc(now.Buckets, was.Buckets, func(a, b forecast.Cell) bool { return a.Bucket == b.Bucket && a.Mean == b.Mean })
		for i := range now.Buckets {
			if c, found := was.Cell(now.Buckets[i].Bucket); found {
				keep(&now.Buckets[i], c, same)
			}
		}
	}
}

// CumulativeLevel is the attribute of one level of the demand accumulated from the first period.
func CumulativeLevel(ppm int64) *Attribute {
	return &Attribute{Name: "cumulative p" + Percent(ppm), Of: OfCell, form: Number,
		text: func(_ *Demand, _ forecast.Line, c forecast.Cell) string {
			for _, q := range c.Cumulative {
				if q.P == ppm {
					return Figure(q.Q)
				}
			}
			return ""
		},
		set: func(_ *Demand, _ *forecast.Line, c *forecast.Cell, v value) string {
			at, found := slices.BinarySearchFunc(c.Cumulative, ppm, func(q forecast.Quantile, p int64) int { return int(q.P - p) })
			if found {
				return "each level once"
			}
			c.Cumulative = slices.Insert(c.Cumulative, at, forecast.Quantile{P: ppm, Q: v.number})
			return ""
		}}
}

// cumulativeLevel reads the header of such a level: "cumulative p90", "cum 0.5".
func cumulativeLevel(name string) (ppm int64, ok bool) {
	text := strings.ToLower(strings.TrimSpace(name))
	for _, prefix := range []string{"cumulative", "cum", "kumuliert"} {
		if rest, found := strings.CutPrefix(text, prefix); found {
			return quantileLevel(strings.Trim(rest, " _-"))
		}
	}
	return 0, false
}

// Percent writes parts per million as a percentage.
func Percent(ppm int64) string {
	q, err := quantity.Scaled(ppm, -4)
	if err != nil {
		panic(fmt.Sprintf("intake: %d ppm have no percentage", ppm)) // four decimals always have
	}
	return q.String()
}

// Figure is a quantity as a reader of tables can't misread it: with three decimals the point might separate thousands.
func Figure(q quantity.Quantity) string {
	s := q.String()
	if at := strings.IndexByte(s, '.'); at >= 0 && len(s)-at == 4 {
		s += "0"
	}
	return s
}

func optional(q *quantity.Quantity) string {
	if q == nil {
		return ""
	}
	return Figure(*q)
}
