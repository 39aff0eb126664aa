package intake

import (
	"strings"

	"kontor/protocol/forecast"
	"kontor/protocol/quality"
	"kontor/protocol/quantity"
)

// Columns of a table of defect counts: one line for each product, place, process and period.
const (
	defectProduct = iota
	defectRegion
	defectProcess
	defectPeriod
	defectInspected
	defectReceived
	defectDelivered
	defectDefectives
	defectConfirmed
	defectDefects
	defectSuspect
	defectReworked
	defectReturned
	defectDenominator
	defectCode
	defectUnit
)

var defectColumns = []Column{
	defectProduct:     {Says: "the product", Names: productNames, Needed: true},
	defectRegion:      {Says: "the region", Names: regionNames},
	defectProcess:     {Says: "the process", Names: []string{"process", "line", "machine", "operation", "prozess", "linie"}},
	defectPeriod:      {Says: "the period", Names: periodNames, Form: Period, Needed: true},
	defectInspected:   {Says: "the units inspected", Names: []string{"inspected", "inspected quantity", "sample size", "n", "checked", "geprüft"}, Form: Number},
	defectReceived:    {Says: "the units received", Names: []string{"received", "received quantity", "receipts", "erhalten", "wareneingang"}, Form: Number},
	defectDelivered:   {Says: "the units delivered", Names: []string{"delivered quantity", "shipped", "shipped quantity", "geliefert"}, Form: Number},
	defectDefectives:  {Says: "the bad units", Names: []string{"defectives", "defective", "nonconforming units", "nonconforming", "rejects", "rejected", "bad units", "fehlerhaft", "ausschuss"}, Form: Number, Needed: true},
	defectConfirmed:   {Says: "the bad units confirmed", Names: []string{"confirmed", "confirmed supplier caused", "supplier caused", "bestätigt"}, Form: Number},
	defectDefects:     {Says: "the defects", Names: []string{"defects", "nonconformities", "fehler"}, Form: Number},
	defectSuspect:     {Says: "the suspect units", Names: []string{"suspect", "on hold", "verdächtig"}, Form: Number},
	defectReworked:    {Says: "the units reworked", Names: []string{"reworked", "rework", "nacharbeit"}, Form: Number},
	defectReturned:    {Says: "the units returned", Names: []string{"returned", "returns", "retouren"}, Form: Number},
	defectDenominator: {Says: "what defects are divided by", Names: []string{"denominator", "ppm denominator", "nenner"}},
	defectCode:        {Says: "the failure code", Names: []string{"failure code", "failure", "error code", "defect code", "fehlercode"}},
	defectUnit:        {Says: "the unit", Names: []string{"unit", "uom", "unit of measure", "einheit", "me"}},
}

// ReadQuality reads a table of defect counts. The denominator is the column's, or else the one quantity that the file has: a rate
// without a named denominator is nobody's. The measures are nil when the report has complaints and SkipBad isn't set.
func ReadQuality(data []byte, options Options) ([]quality.Measure, *Report) {
	t, report := Open(data, defectColumns, false, options)
	if t == nil {
		return nil, report
	}
	only := quality.Denominator("")
	bases := 0
	for column, d := range map[int]quality.Denominator{defectInspected: quality.ByInspected, defectReceived: quality.ByReceived, defectDelivered: quality.ByDelivered} {
		if t.Has(column) {
			only = d
			bases++
		}
	}
	if bases != 1 {
		only = ""
	}
	var measures []quality.Measure
	if !t.Each(func(l *Line) {
		if m, ok := readMeasure(l, options, only); ok && l.Once("that product, place, process and period", m.Key()) {
			measures = append(measures, m)
		}
	}) {
		return nil, report
	}
	report.Kind, report.Series, report.Buckets = Quality, len(measures), len(measures)
	return measures, report
}

func readMeasure(l *Line, o Options, only quality.Denominator) (quality.Measure, bool) {
	unit := o.Unit
	if unit == "" {
		unit = quantity.Piece
	}
	m := quality.Measure{Item: forecast.Item{BuyersID: l.Text(defectProduct)}, Site: forecast.Location{Region: l.Text(defectRegion)}, Process: l.Text(defectProcess),
		Period: l.Period(defectPeriod), Unit: l.t.unit(l.row, defectUnit, unit), Counting: quality.CountConfirmed, Denominator: only}
	if d := l.Text(defectDenominator); d != "" {
		m.Denominator = quality.Denominator(strings.ToUpper(d))
	}
	for column, to := range map[int]**quantity.Quantity{defectInspected: &m.Inspected, defectReceived: &m.Received, defectDelivered: &m.Delivered} {
		if q, ok := l.Quantity(column); ok {
			*to = &q
		}
	}
	for column, to := range map[int]*quantity.Quantity{defectDefectives: &m.Defectives, defectDefects: &m.Defects, defectSuspect: &m.Suspect, defectReworked: &m.Reworked, defectReturned: &m.Returned} {
		*to, _ = l.Quantity(column)
	}
	confirmed, stated := l.Quantity(defectConfirmed)
	if m.Confirmed = confirmed; !stated {
		m.Confirmed = m.Defectives
	}
	if l.Bad() {
		return m, false
	}
	if m.Base() == nil {
		l.Refuse(defectDenominator, CodeMissing, "no denominator is named, or its quantity is missing", "RECEIVED, DELIVERED or INSPECTED, and that quantity; or a file with one of the three")
		return m, false
	}
	if m.Defectives.Sign() < 0 || m.Inspected != nil && m.Inspected.Less(m.Defectives) || m.Defectives.Less(m.Confirmed) {
		l.Refuse(defectDefectives, CodeContradiction, "bad units below zero, more than inspected, or fewer than confirmed", "confirmed among the bad units, and those among the inspected")
		return m, false
	}
	if code := l.Text(defectCode); code != "" {
		count := int64(0)
		if n, ok := m.Defectives.At(0); ok && n.IsInt64() {
			count = n.Int64()
		}
		m.Codes = []quality.FailureCode{{System: "OWN", Code: code, Count: count}}
	}
	return m, !l.Bad()
}
