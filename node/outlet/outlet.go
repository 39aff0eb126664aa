package outlet

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"kontor/node/intake"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// Format is a form a document is written in.
type Format string

// The forms.
const (
	CSV     Format = "csv"
	XLSX    Format = "xlsx"
	DELFOR  Format = "delfor"   // EDIFACT D.97A
	X12     Format = "x12-830"  // ANSI X12 004010
	UBL     Format = "ubl"      // Forecast, or ForecastRevision of a later revision; RetailEvent
	CatenaX Format = "catena-x" // WeekBasedMaterialDemand, WeekBasedCapacityGroup or Report8D
	CARFile Format = "car"
	DAGJSON Format = "dag-json"

	UBLExceptions Format = "ubl-exception" // ExceptionNotification of a revision against the one before it
)

// maxNotes bounds what is listed: a document that loses more than that in a format
// is not for that format.
const maxNotes = 50

// Formats are the names of all forms.
func Formats() []string {
	return []string{string(CSV), string(XLSX), string(DELFOR), string(X12), string(UBL), string(UBLExceptions), string(CatenaX), string(CARFile), string(DAGJSON)}
}

// Options say what a document does not: who exchanges it, under which codes.
type Options struct {
	Number   string            // of the document at its receiver; "" takes the series and revision
	Sender   string            // interchange address, GLN or BPNL
	Receiver string            // the same
	Contact  Contact           // of the customer, for a Report8D
	Order    string            // of the part, for a Report8D
	Places   map[string]string // code of a place by what it means here: GLN, UN/LOCODE or region
	Layout   intake.Layout     // of a table; "" is a line for each period
}

// notes are what a format does not carry, each said once.
type notes []string

func (n *notes) add(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if len(*n) < maxNotes && !slices.Contains(*n, text) {
		*n = append(*n, text)
	}
}

// Forecast writes a forecast. The second answer is what the format does not carry.
func Forecast(d forecast.Document, format Format, o Options) ([]byte, []string, error) {
	var n notes
	write, known := map[Format]func(forecast.Document, Options, *notes) ([]byte, error){
		CSV: forecastTable(CSV), XLSX: forecastTable(XLSX), DELFOR: delfor, X12: x12, UBL: ublForecast, CatenaX: materialDemand,
	}[format]
	if !known {
		return nil, nil, fmt.Errorf("a forecast is not written as %q; want csv, xlsx, delfor, x12-830, ubl or catena-x", format)
	}
	data, err := write(d, o, &n)
	if err != nil {
		return nil, nil, err
	}
	return data, n, nil
}

// Plan writes a capacity plan.
func Plan(p capacity.Plan, format Format, o Options) ([]byte, []string, error) {
	var n notes
	write, known := map[Format]func(capacity.Plan, Options, *notes) ([]byte, error){CSV: planTable(CSV), XLSX: planTable(XLSX), CatenaX: capacityGroups}[format]
	if !known {
		return nil, nil, fmt.Errorf("a capacity plan is not written as %q; want csv, xlsx or catena-x", format)
	}
	data, err := write(p, o, &n)
	if err != nil {
		return nil, nil, err
	}
	return data, n, nil
}

// number is the document's number at its receiver.
func (o Options) number(d forecast.Document) string {
	if o.Number != "" {
		return o.Number
	}
	return fmt.Sprintf("%.8s-%d", d.Header.Series.String(), d.Header.Revision)
}

// anywhere is the entry of the table of places for lines that name none: a capacity that serves wherever the demand is.
const anywhere = "*"

// place is the receiver's code of a place, where the table has one.
func (o Options) place(key string) (string, bool) {
	code, ok := o.Places[cmp.Or(key, anywhere)]
	return code, ok
}

// uncarried lists what no exchange format of schedules carries.
func uncarried(d forecast.Document, n *notes, name string) {
	if len(d.Fences) > 0 {
		n.add("%s has no time fences", name)
	}
	for _, l := range d.Lines {
		uncarriedOfLine(l, n, name)
		for _, c := range l.Buckets {
			uncarriedOfCell(c, n, name)
		}
	}
}

// schedules tells whether a format says how firm a period is, and cumulative quantities.
func schedules(name string) bool { return name == "DELFOR" || name == "X12 830" }

func uncarriedOfLine(l forecast.Line, n *notes, name string) {
	if l.Kind != forecast.Total && name != "UBL" {
		n.add("%s has no type of forecast: %s was left out", name, l.Kind)
	}
	if l.Category != forecast.Default && name != "Catena-X" {
		n.add("%s has no demand category: %s was left out", name, l.Category)
	}
	if l.BucketBasis != forecast.Gross {
		n.add("%s does not say whether orders are inside: %s was left out", name, l.BucketBasis)
	}
	if l.SourcingShare != forecast.PPM {
		n.add("%s has no sourcing share", name)
	}
	if l.Role != "" {
		n.add("%s has no tier role: %s was left out", name, l.Role)
	}
	if !l.Lot.IsZero() {
		n.add("%s has no order lot", name)
	}
	if l.Schedule != nil && l.Schedule.Backlog != nil && name != "DELFOR" {
		n.add("%s has no backlog", name)
	}
	if l.Schedule != nil && !schedules(name) && *l.Schedule != (forecast.Schedule{Backlog: l.Schedule.Backlog}) {
		n.add("%s has no cumulative quantities and authorisations", name)
	}
	if l.Lifecycle != nil {
		n.add("%s has no life cycle of a product", name)
	}
	if l.Reason != "" && name != "UBL" {
		n.add("%s has no reason of a change", name)
	}
	if len(l.ShipFrom) > 0 {
		n.add("%s does not name the sites a product may come from", name)
	}
}

func uncarriedOfCell(c forecast.Cell, n *notes, name string) {
	if len(c.Quantiles) > 0 || len(c.Cumulative) > 0 {
		n.add("%s has no bands: quantiles were left out", name)
	}
	if c.Ordered != nil {
		n.add("%s has no quantity already ordered", name)
	}
	if c.Firmness != "" && c.Firmness != forecast.PlannedLevel && !schedules(name) {
		n.add("%s has no firmness: %s was left out", name, c.Firmness)
	}
}

// distinct refuses a document of which two lines would be one line there.
func distinct(d forecast.Document, name string, key func(forecast.Line) string) error {
	seen := map[string]string{}
	for _, l := range d.Lines {
		k := key(l)
		if before, twice := seen[k]; twice {
			return fmt.Errorf("%s can't tell the lines %q and %q apart; export one of them at a time", name, before, l.Key())
		}
		seen[k] = l.Key()
	}
	return nil
}

// itemKey is what a schedule tells its lines by.
func itemKey(l forecast.Line) string {
	return strings.Join([]string{l.Item.BuyersID, l.Item.SellersID, l.Item.GTIN, l.Location.Key()}, "\x00")
}

// digits is a date as ccyymmdd.
func digits(d calendar.Date) string { return strings.ReplaceAll(d.String(), "-", "") }

// uuid derives an identifier from what it names, so that every revision has the
// same: the first 16 bytes of a SHA-256 in the form of a UUID of version 8.
func uuid(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// tradeCodes are the codes of units that EDIFACT and X12 use, by ours.
var tradeCodes = map[quantity.Unit][2]string{ // EDIFACT, X12
	quantity.Piece: {"PCE", "PC"}, quantity.Each: {"EA", "EA"}, quantity.Kilogram: {"KGM", "KG"}, quantity.Gram: {"GRM", "GR"}, quantity.Tonne: {"TNE", "MP"}, quantity.Litre: {"LTR", "LT"},
	quantity.Millilit: {"MLT", "ML"}, quantity.Metre: {"MTR", "MR"}, quantity.Dozen: {"DZN", "DZ"}, quantity.Thousand: {"MIL", "TH"}, quantity.Hour: {"HUR", "HR"}, quantity.Pack: {"PK", "PK"},
	quantity.Pound: {"LBR", "LB"}, quantity.Foot: {"FOT", "FT"}, quantity.Gallon: {"GLL", "GA"}, quantity.Carton: {"CT", "CT"}, quantity.Case: {"CS", "CA"}, quantity.Box: {"BX", "BX"},
	quantity.CubicM: {"MTQ", "CR"}, quantity.SquareM: {"MTK", "SM"}, quantity.Minute: {"MIN", "MJ"},
}

func tradeCode(u quantity.Unit, i int) string {
	if c, ok := tradeCodes[u]; ok {
		return c[i]
	}
	return string(u)
}
