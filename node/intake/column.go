package intake

import (
	"slices"
	"strings"
	"unicode"

	"kontor/protocol/calendar"
)

// Kind is what a file tells of.
type Kind string

// The kinds of files.
const (
	History  Kind = "history"  // what was needed: product, region, period, quantity
	Capacity Kind = "capacity" // what a line can make: line, period, maximum
	Stock    Kind = "stock"    // what is there: product, region, on hand
	Bill     Kind = "bom"      // what a product is made of: product, component, quantity, unit
	Products Kind = "products" // what products are: product, description, pack size
	Forecast Kind = "forecast" // what will be needed: product, region, period, mean, quantiles
	Campaign Kind = "campaign" // events: event, first and last day, product, lift
	Quality  Kind = "quality"  // defect counts: product, period, bad units, and what they are of

	Performance Kind = "performance" // what was counted with a partner: product, period, ordered, received ...
	Terms       Kind = "terms"       // contract terms, by their fields
	Answers     Kind = "answer"      // what a seller commits of a forecast: product, region, period, committed
)

// Kinds of messages that no table has.
const (
	Despatch Kind = "despatch" // what was sent: product, place, date, quantity
	Receipt  Kind = "receipt"  // what arrived
	Output   Kind = "output"   // what is planned to be made for one customer
	Notices  Kind = "notice"   // what disturbs demand or capacity
	Requests Kind = "request"  // which documents are asked for anew

	Exceptions Kind = "exception" // values of a plan that differ by more than was agreed
)

// kinds in the order in which a header is tried: the more particular first.
var kinds = []Kind{Bill, Capacity, Stock, Forecast, History, Products}

// ParseKind reads a kind's name; "" and "auto" mean that the header decides.
func ParseKind(name string) (Kind, bool) {
	if name == "" || name == "auto" {
		return "", true
	}
	k := Kind(name)
	return k, slices.Contains(openKinds, k) || slices.Contains(kinds, k)
}

// openKinds are read by columns of their own, which no other kind has.
var openKinds = []Kind{Campaign, Quality, Answers, Performance}

// leastFigures is how many columns of counted figures tell a table of performance: a history or a stock list has one or two of them.
const leastFigures = 4

// TableKind tells a table of campaigns, quality, answers or performance by its header; "" for all others.
func TableKind(data []byte, options Options) Kind {
	options = options.Mapped()
	data = data[:min(len(data), MaxField)] // the header stands among the first lines
	for _, kind := range openKinds {
		report := &Report{}
		columns := columnsOf(kind)
		r := openTable(data, options, report, func(text string, delimiter rune) (header, bool) {
			return findColumns(text, delimiter, columns, options.Map, report)
		})
		if r == nil {
			continue
		}
		if figures := slices.DeleteFunc(slices.Clone(r.header.at[min(figureFirst, len(columns)):]), func(at int) bool { return at < 0 }); kind == Performance && len(figures) < leastFigures {
			continue
		}
		return kind
	}
	return ""
}

// columnsOf are the columns of the kinds that have some of their own.
func columnsOf(k Kind) []Column {
	return map[Kind][]Column{Campaign: eventColumns, Quality: defectColumns, Performance: figureColumns, Answers: answerColumns}[k]
}

// field is one thing that a kind of file says, and the headers it goes by, the
// most telling first. Where several columns have such a header the first of this
// list is read.
type field struct {
	says   string
	names  []string
	needed bool
}

var (
	productNames = []string{"product", "product code", "product id", "product no", "product number", "sku", "item", "item code", "item id", "item no", "item number", "material", "material number", "material no", "part", "part num", "part number", "part no", "article", "article number", "seller part", "sellers item id", "buyers item id", "gtin", "ean", "artikel", "artikelnummer", "artikelnr", "material nr", "materialnummer", "produkt", "produktnummer", "sachnummer", "teilenummer", "item description"}
	regionNames  = []string{"region", "country", "country code", "market", "location", "ship to", "site", "plant", "land", "ländercode", "markt", "standort", "werk"}
	periodNames  = []string{"month", "week", "period", "date", "bucket", "bucket start", "day", "year month", "calendar month", "calendar week", "monat", "kalendermonat", "woche", "kalenderwoche", "kw", "periode", "zeitraum", "datum", "lieferdatum", "delivered to client date", "delivery date", "delivered", "posting date"}
)

func kindFields(kind Kind) []field {
	product := field{"the product", productNames, true}
	region := field{"the region", regionNames, false}
	period := field{"the month, week or date", periodNames, true}
	switch kind {
	case History:
		return []field{product, region, period,
			{"the quantity", []string{"quantity", "qty", "packs delivered", "delivered quantity", "demand", "units", "consumption", "sales", "usage", "volume", "value", "menge", "bedarf", "bedarfsmenge", "verbrauch", "absatz", "liefermenge", "ist", "ist menge", "line item quantity"}, true},
			{"the date due", []string{"due", "due date", "scheduled delivery date", "scheduled", "promised date", "requested date", "fällig", "fälligkeit", "wunschtermin", "solltermin", "termin"}, false},
		}
	case Capacity:
		return []field{
			{"the line or capacity group", []string{"line", "group", "capacity group", "capacity group id", "resource", "work center", "work centre", "machine", "linie", "anlage", "maschine", "arbeitsplatz", "kapazitätsgruppe"}, true},
			period,
			{"the maximum capacity", []string{"maximum", "max", "maximum capacity", "max capacity", "capacity", "maximal", "maximum kapazität", "maximalkapazität", "max kapazität", "kapazität"}, true},
			{"the actual capacity", []string{"actual", "actual capacity", "normal", "normal capacity", "planned capacity", "ist", "ist kapazität", "aktuell", "normalkapazität", "verfügbar"}, false},
			{"the product", productNames, false},
			{"the load factor", []string{"load factor", "load", "factor", "per unit", "lastfaktor", "belastungsfaktor", "faktor"}, false},
			{"the unit", []string{"unit", "uom", "unit of measure", "einheit", "mengeneinheit", "me"}, false},
		}
	case Stock:
		return []field{product, region,
			{"the quantity on hand", []string{"on hand", "stock", "inventory", "available", "stock on hand", "quantity on hand", "bestand", "ist", "ist bestand", "istbestand", "lagerbestand", "verfügbar", "vorrat"}, true},
			{"the quantity in transit", []string{"in transit", "transit", "inbound", "on order", "unterwegs", "in zulauf", "zulauf", "transit bestand", "bestellt"}, false},
			{"the backlog", []string{"backlog", "back order", "backorder", "backorders", "overdue", "rückstand", "lieferrückstand", "überfällig"}, false},
		}
	case Bill:
		return []field{product,
			{"the component", []string{"component", "ingredient", "component code", "component id", "child", "child item", "raw material", "komponente", "bestandteil", "rohstoff", "einsatzstoff"}, true},
			{"the quantity per unit of product", []string{"quantity per pack", "quantity per", "quantity per unit", "per unit", "quantity", "qty", "usage", "menge je einheit", "menge pro einheit", "einsatzmenge", "menge"}, true},
			{"the unit", []string{"unit", "uom", "unit of measure", "einheit", "mengeneinheit", "me"}, true},
		}
	case Products:
		return []field{product,
			{"the description", []string{"description", "name", "product name", "text", "item description", "bezeichnung", "beschreibung"}, true},
			{"the pack size", []string{"pack size", "pack", "units per pack", "packsize", "packungsgröße", "packungsgrösse", "inhalt"}, false},
		}
	case Forecast:
		return []field{product, region, period,
			{"the mean, or quantiles such as p10, p50, p90", []string{"mean", "forecast", "expected", "average", "point forecast", "mittelwert", "erwartungswert", "prognose", "planmenge"}, true},
			{"the unit", []string{"unit", "uom", "unit of measure", "einheit", "mengeneinheit", "me"}, false},
		}
	}
	panic("intake: a kind without fields")
}

// Positions of the fields in the lists above.
const (
	historyProduct, historyRegion, historyPeriod, historyQuantity, historyDue                                  = 0, 1, 2, 3, 4
	capacityLine, capacityPeriod, capacityMaximum, capacityActual, capacityProduct, capacityLoad, capacityUnit = 0, 1, 2, 3, 4, 5, 6
	stockProduct, stockRegion, stockOnHand, stockInTransit, stockBacklog                                       = 0, 1, 2, 3, 4
	billProduct, billComponent, billQuantity, billUnit                                                         = 0, 1, 2, 3
	productsProduct, productsDescription, productsPack                                                         = 0, 1, 2
	forecastProduct, forecastRegion, forecastPeriod, forecastMean, forecastUnit, forecastQuantiles             = 0, 1, 2, 3, 4, 5
)

// header is the header line of a file, matched with a kind.
type header struct {
	kind    Kind
	line    int
	names   []string // of all columns, as written, without trailing empty ones
	fields  []field  // of the kind, then one for each quantile column
	at      []int    // column of each field, -1 where there is none
	levels  []int64  // of the quantile columns, in parts per million, ascending
	missing []field
	found   int
	layout  layout
	periods []calendar.Bucket // of the columns of a wide table
	// attributes of forecasts, each with its field.
	attributes []attributeColumn
	titles     titles
}

func matchHeader(kind Kind, t titles, line int) header {
	h := t.match(line, kindFields(kind))
	h.kind = kind
	if kind == Forecast {
		h.addQuantiles()
		h.addAttributes(true)
		if len(h.levels) > 0 { // they say what is needed without the mean
			mean := kindFields(kind)[forecastMean].says
			h.missing = slices.DeleteFunc(h.missing, func(f field) bool { return f.says == mean })
		}
	}
	return h
}

func (h *header) addQuantiles() {
	type column struct {
		level int64
		at    int
	}
	var columns []column
	for i, name := range h.titles.means[:h.titles.width] {
		if level, ok := quantileLevel(name); ok && !slices.Contains(h.at, i) {
			columns = append(columns, column{level, i})
		}
	}
	slices.SortFunc(columns, func(a, b column) int { return int(a.level - b.level) })
	for k, c := range columns {
		if k > 0 && c.level == columns[k-1].level {
			continue // reported as a column nothing was read from
		}
		h.levels = append(h.levels, c.level)
		h.fields = append(h.fields, field{says: "a quantile"})
		h.at = append(h.at, c.at)
		h.found++
	}
}

// ignored are the columns that nothing is read from.
func (h header) ignored() []string {
	var names []string
	for i, name := range h.names {
		if !slices.Contains(h.at, i) && name != "" && h.titles.means[i] != ignore {
			names = append(names, name)
		}
	}
	return names
}

// column is the header of a field as written, or what the field says.
func (h header) column(f int) string {
	if h.at[f] >= 0 {
		return h.names[h.at[f]]
	}
	return h.fields[f].says
}

func (h header) has(f int) bool { return h.at[f] >= 0 }

// plainName is a header's letters and digits in lower case: "Part Num",
// "part_num" and "PART-NUM " are one name.
func plainName(name string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			return unicode.ToLower(c)
		}
		return -1
	}, name)
}

// levelMarks are what people write inside the name of a level.
var levelMarks = strings.NewReplacer(" ", "", "_", "", ",", ".")

// quantileLevel reads p10, q0.1, P_97.5, "quantile 0.9", 10% and 0.25 as a
// probability in parts per million.
func quantileLevel(name string) (int64, bool) {
	text := strings.ToLower(levelMarks.Replace(name))
	for _, prefix := range []string{"quantile", "percentile", "p", "q"} {
		if rest, ok := strings.CutPrefix(text, prefix); ok {
			if prefix == "q" && len(rest) == 1 {
				return 0, false // q1 to q4 are quarters of a year
			}
			return levelOf(rest, true)
		}
	}
	if rest, ok := strings.CutSuffix(text, "%"); ok {
		return levelOf(rest, true)
	}
	return levelOf(text, false)
}

// levelOf reads 0.1 as one tenth and, where percent are allowed, 10 as well.
func levelOf(text string, percent bool) (int64, bool) {
	q, err := parseDecimal(text)
	if err != nil || text == "" {
		return 0, false
	}
	exponent := -6
	if percent && !strings.HasPrefix(text, "0.") {
		exponent = -4
	}
	n, ok := q.At(exponent)
	if !ok || !n.IsInt64() || n.Int64() <= 0 || n.Int64() >= 1_000_000 {
		return 0, false
	}
	return n.Int64(), true
}
