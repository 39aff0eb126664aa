package intake

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"kontor/protocol/quantity"
)

// MaxMapping bounds a mapping in bytes: hundreds of columns and codes, and little enough to travel beside a file in the line of a request.
const MaxMapping = 16 << 10

// Mapping says what the columns of a table mean whose headers nobody could guess, and what stands in no column at all.
type Mapping struct {
	Kind      Kind   `yaml:"kind"`       // of the file; "" leaves it to the columns
	Sheet     string `yaml:"sheet"`      // of a workbook
	Decimal   string `yaml:"decimal"`    // "." or ","
	DateOrder string `yaml:"date_order"` // DMY or MDY
	Transit   string `yaml:"transit"`    // days that goods travel, for messages with dates of shipment beside dates of delivery
	Delimiter string `yaml:"delimiter"`  // comma, semicolon, tab or pipe
	// Columns are fields by header: any name that the field goes by, a level such as p90, a period such as 2026-W48 for a column of a wide
	// table, or "ignore".
	Columns map[string]string `yaml:"columns"`
	// Constants are values by field, for every line, where the file has no column for the field.
	Constants map[string]string `yaml:"constants"`
	// Units are UN/ECE Rec 20 codes by the sender's own.
	Units map[string]string `yaml:"units"`
	// Codes are, by field, what its cells mean.
	Codes map[string]map[string]string `yaml:"codes"`

	// Optional is set for a mapping that was kept from before: a file with none of its columns is read without it.
	Optional bool `yaml:"-"`
}

// ignore is the field of a column that nothing is to be read from.
const ignore = "ignore"

// ParseMapping reads a mapping written as YAML, as JSON, or as a table with the columns what, from, to and field: a line for each column,
// constant, unit, code or option.
func ParseMapping(data []byte) (*Mapping, error) {
	if len(data) > MaxMapping {
		return nil, fmt.Errorf("the mapping has %d bytes; at most %d are read", len(data), MaxMapping)
	}
	data = bytes.TrimPrefix(data, byteOrderMark)
	m := &Mapping{}
	first, _, _ := strings.Cut(strings.ToLower(string(data)), "\n")
	if plainName(first) == "whatfromtofield" || plainName(first) == "whatfromto" {
		if err := m.readTable(data, rune(strings.TrimSpace(first)[len("what")])); err != nil {
			return nil, err
		}
	} else {
		d := yaml.NewDecoder(bytes.NewReader(data))
		d.KnownFields(true)
		if err := d.Decode(m); err != nil {
			if errors.Is(err, io.EOF) {
				return nil, errors.New("the mapping is empty; want columns, constants, units or codes")
			}
			return nil, fmt.Errorf("read the mapping: %w; it has kind, sheet, decimal, date_order, delimiter, columns, constants, units and codes", err)
		}
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	return m, nil
}

func (m *Mapping) readTable(data []byte, delimiter rune) error {
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma, r.FieldsPerRecord, r.TrimLeadingSpace = delimiter, -1, true
	records, err := r.ReadAll()
	if err != nil {
		return fmt.Errorf("read the mapping: %w", err)
	}
	put := func(into *map[string]string, from, to string) {
		if *into == nil {
			*into = map[string]string{}
		}
		(*into)[from] = to
	}
	for i, cells := range records[1:] {
		for len(cells) < 4 {
			cells = append(cells, "")
		}
		from, to, field := strings.TrimSpace(cells[1]), strings.TrimSpace(cells[2]), strings.TrimSpace(cells[3])
		switch what := strings.ToLower(strings.TrimSpace(cells[0])); what {
		case "":
		case "column":
			put(&m.Columns, from, to)
		case "constant":
			put(&m.Constants, from, to)
		case "unit":
			put(&m.Units, from, to)
		case "code":
			if m.Codes == nil {
				m.Codes = map[string]map[string]string{}
			}
			codes := m.Codes[field]
			put(&codes, from, to)
			m.Codes[field] = codes
		case "option":
			options := map[string]*string{"kind": (*string)(&m.Kind), "sheet": &m.Sheet, "decimal": &m.Decimal, "date_order": &m.DateOrder, "delimiter": &m.Delimiter, "transit": &m.Transit}
			if options[from] == nil {
				return fmt.Errorf("mapping line %d: no option is called %q; want kind, sheet, decimal, date_order, delimiter or transit", i+2, from)
			}
			*options[from] = to
		default:
			return fmt.Errorf("mapping line %d: %q is none of column, constant, unit, code and option", i+2, what)
		}
	}
	return nil
}

// check refuses what could never be applied, whatever the file.
func (m *Mapping) check() error {
	if _, ok := ParseKind(string(m.Kind)); !ok {
		return fmt.Errorf("mapping: kind %q is none of history, forecast, capacity, stock, bom, products, campaign, quality, performance and answer", m.Kind)
	}
	if _, err := ParseTransit(m.Transit); err != nil {
		return fmt.Errorf("mapping: transit: %w", err)
	}
	if m.Delimiter != "" && m.delimiter() == 0 {
		return fmt.Errorf("mapping: delimiter %q is none of comma, semicolon, tab and pipe", m.Delimiter)
	}
	taken := map[string]string{}
	for _, column := range slices.Sorted(maps.Keys(m.Columns)) {
		field := m.Columns[column]
		if err := knownField("column", column, field, true); err != nil {
			return err
		}
		if plainName(column) == "" {
			return fmt.Errorf("mapping: column %q has no letter or digit by which a header could be found", column)
		}
		if before := taken[plainName(field)]; before != "" && field != ignore {
			return fmt.Errorf("mapping: columns %q and %q both go to the field %q; one column for each field", before, column, field)
		}
		taken[plainName(field)] = column
	}
	for _, field := range slices.Sorted(maps.Keys(m.Constants)) {
		if err := knownField("constant", m.Constants[field], field, false); err != nil {
			return err
		}
		if column := taken[plainName(field)]; column != "" {
			return fmt.Errorf("mapping: the field %q has the column %q and a constant; one of both", field, column)
		}
	}
	for _, code := range slices.Sorted(maps.Keys(m.Units)) {
		if _, err := quantity.ParseUnit(m.Units[code]); err != nil {
			return fmt.Errorf("mapping: unit %q: %w", code, err)
		}
	}
	for _, field := range slices.Sorted(maps.Keys(m.Codes)) {
		if err := knownField("codes of", field, field, false); err != nil {
			return err
		}
	}
	return nil
}

// knownField refuses a field that no kind of table has.
func knownField(what, name, field string, column bool) error {
	plain := plainName(field)
	for _, f := range allFields() {
		if slices.ContainsFunc(f.names, func(n string) bool { return plainName(n) == plain }) {
			return nil
		}
	}
	if column {
		_, level := quantileLevel(field)
		if _, cumulative := cumulativeLevel(field); level || cumulative || field == ignore {
			return nil
		}
		var d dates
		if _, problem := d.parse(field); problem == "" {
			return nil
		}
	}
	var names []string
	for _, f := range allFields() {
		if !slices.Contains(names, f.names[0]) {
			names = append(names, f.names[0])
		}
	}
	slices.Sort(names)
	return fmt.Errorf("mapping: %s %q goes to %q, which is no field; want one of %s; for a column also a level such as p90, a period such as 2026-W48, or ignore", what, name, field, strings.Join(names, ", "))
}

// allFields are those of all kinds of tables that are imported.
func allFields() (all []field) {
	for _, k := range kinds {
		all = append(all, kindFields(k)...)
	}
	for _, a := range attributes {
		all = append(all, field{a.Name, append([]string{a.Name}, a.names...), false})
	}
	all = append(all, field{"the measure", measureNames, false}, field{"the value", valueNames, false})
	for _, list := range [][]Column{eventColumns, defectColumns, orderColumns, figureColumns} {
		for _, c := range list {
			all = append(all, field{c.Says, c.Names, c.Needed})
		}
	}
	return all
}

func (m *Mapping) delimiter() rune {
	for mark, name := range delimiterNames {
		if name == m.Delimiter {
			return mark
		}
	}
	return 0
}

// Mapped are the options with what the mapping says where they leave it open.
func (o Options) Mapped() Options {
	if o.Map == nil {
		return o
	}
	if o.Kind == "" {
		o.Kind = o.Map.Kind
	}
	if o.Decimal == "" {
		o.Decimal = o.Map.Decimal
	}
	if o.DateOrder == "" {
		o.DateOrder = o.Map.DateOrder
	}
	if o.Delimiter == 0 {
		o.Delimiter = o.Map.delimiter()
	}
	if o.Transit == nil {
		o.Transit, _ = ParseTransit(o.Map.Transit) // checked with the mapping
	}
	return o
}

// noteMapping says what a mapping named in vain. A column that is not there may be one that was renamed: nothing is read then.
func (r *reader) noteMapping() {
	if m := r.header.titles.used; m != nil && len(r.header.titles.absent) > 0 {
		r.report.Complain(Complaint{Code: CodeMapping, Line: r.header.line, Text: fmt.Sprintf("the mapping names columns that the file has not: %s", shortenedList(slices.Clone(r.header.titles.absent))),
			Want: "the headers as the file writes them: " + shortenedList(slices.Clone(r.header.names[:r.header.titles.width]))})
	}
}
