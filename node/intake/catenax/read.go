package catenax

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"kontor/node/intake"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// maxDocuments bounds the payloads of one file: a customer's materials at one
// supplier.
const maxDocuments = forecast.MaxLines

// models are told apart by a member only they have.
var models = []struct {
	name, member string
	kind         intake.Kind
}{
	{"WeekBasedCapacityGroup", "capacityGroupId", intake.Capacity},
	{"DemandAndCapacityNotification", "leadingRootCause", intake.Notices},
	{"WeekBasedMaterialDemand", "materialDemandId", intake.Forecast},
	{"ShortTermMaterialDemand", "demandSeries", intake.Forecast},
	{"IdBasedRequestForUpdate", "weekBasedMaterialDemand", intake.Requests},
	{"IdBasedRequestForUpdate", "weekBasedCapacityGroup", intake.Requests},
	{"positions", "positions", intake.Stock},
}

// Model is the name of the model of a payload and the kind of what it says, or ""
// for another file.
func Model(data []byte) (string, intake.Kind) {
	var top map[string]json.RawMessage
	body := bytes.TrimLeft(data, " \t\r\n")
	if len(body) > 0 && body[0] == '[' {
		d := json.NewDecoder(bytes.NewReader(body))
		if _, err := d.Token(); err != nil || !d.More() || d.Decode(&top) != nil {
			return "", ""
		}
	} else if json.Unmarshal(body, &top) != nil {
		return "", ""
	}
	if _, other := top["demandRate"]; other {
		return "", "" // MaterialDemand, whose dates mean something else
	}
	if _, ok := top["header"]; ok {
		for member := range top {
			if strings.HasPrefix(member, "stepD") {
				return "Report8D", intake.Quality
			}
		}
	}
	for _, m := range models {
		if _, ok := top[m.member]; !ok {
			continue
		}
		if m.name != "positions" {
			return m.name, m.kind
		}
		switch text := string(top["positions"]); {
		case strings.Contains(text, `"allocatedStocks"`):
			return "ItemStock", intake.Stock
		case strings.Contains(text, `"deliveries"`):
			return "DeliveryInformation", intake.Despatch
		case strings.Contains(text, `"allocatedPlannedProductionOutputs"`):
			return "PlannedProductionOutput", intake.Output
		}
	}
	return "", ""
}

type reader struct {
	intake.Options
	report   *intake.Report
	draft    *intake.Draft
	schedule *intake.Schedule
	demand   *intake.Demand
	model    string
	many     bool
	counting *intake.Counting // figures, where stock is read for a report
	seen     map[string]bool
}

// Read reads a file of one or more payloads of one model. The draft is nil where
// nothing can be read at all; whether complaints refuse the file is the caller's
// to say.
func Read(data []byte, o intake.Options) (*intake.Draft, *intake.Report) {
	r := &intake.Report{Format: "catena-x"}
	text, ok := intake.Decode(data, r)
	if !ok {
		return nil, r
	}
	if err := json.Unmarshal([]byte(text), new(json.RawMessage)); err != nil {
		r.Complain(syntax(text, err))
		return nil, r
	}
	model, kind := Model([]byte(text))
	if model == "" {
		r.Complain(intake.Complaint{Code: intake.CodeFormat, Text: "no payload of a model that is read", Want: "WeekBasedMaterialDemand, WeekBasedCapacityGroup, DemandAndCapacityNotification and the like"})
		return nil, r
	}
	if o.Kind == intake.Performance && kind == intake.Stock {
		kind = intake.Performance
	}
	r.Format, r.Kind = "catena-x "+model, kind
	var documents []json.RawMessage
	body := strings.TrimLeft(text, " \t\r\n")
	many := strings.HasPrefix(body, "[")
	if many {
		if err := json.Unmarshal([]byte(body), &documents); err != nil {
			r.Complain(syntax(text, err))
			return nil, r
		}
	} else {
		documents = []json.RawMessage{json.RawMessage(body)}
	}
	if len(documents) > maxDocuments {
		r.Complain(intake.Complaint{Code: intake.CodeTooLarge, Text: fmt.Sprintf("%d payloads in one file", len(documents)), Want: fmt.Sprintf("at most %d", maxDocuments)})
		return nil, r
	}
	rd := &reader{Options: o, report: r, draft: &intake.Draft{Kind: kind}, schedule: intake.NewSchedule(r), model: model, many: many, seen: map[string]bool{},
		demand: &intake.Demand{Purpose: forecast.OrderForecast, Method: forecast.Method{Name: "file", Bands: forecast.BandsNone}}}
	tally := intake.NewTally(r)
	rd.counting = intake.NewCounting(r, tally)
	for i, d := range documents {
		path := ""
		if many {
			path = fmt.Sprintf("[%d].", i)
		}
		if err := rd.document(d, path); err != nil {
			c := syntax(text, err)
			c.Column = strings.TrimSuffix(path, ".")
			r.Complain(c)
			return nil, r
		}
	}
	if kind == intake.Forecast {
		rd.demand.Lines = rd.schedule.Lines()
		rd.draft.Message = rd.demand
	}
	if kind == intake.Performance {
		rd.draft.Figures = rd.counting.Cells()
	}
	tally.Close()
	rd.nesting()
	return rd.draft, r
}

func syntax(text string, err error) intake.Complaint {
	c := intake.Complaint{Code: intake.CodeSyntax, Text: "not the JSON of the model: " + err.Error(), Want: "a payload as its published schema has it"}
	if s, ok := err.(*json.SyntaxError); ok {
		c.Line = 1 + strings.Count(text[:min(int(s.Offset), len(text))], "\n")
	}
	if s, ok := err.(*json.UnmarshalTypeError); ok {
		c.Column, c.Value = s.Field, s.Value
	}
	return c
}

// into decodes one payload; every member that is not read is noted once, but for those known to say nothing that a draft holds.
func into[T any](r *reader, data json.RawMessage, known ...string) (v T, err error) {
	if err = json.Unmarshal(data, &v); err != nil {
		return v, err
	}
	var tree any
	numbers := json.NewDecoder(bytes.NewReader(data))
	numbers.UseNumber() // some are larger than a float64
	if err = numbers.Decode(&tree); err != nil {
		return v, err
	}
	for _, name := range unread(reflect.TypeFor[T](), tree, nil) {
		if r.seen[name] || slices.Contains(known, name) {
			continue
		}
		r.seen[name] = true
		r.report.Note(intake.Complaint{Code: intake.NoteQualifier, Value: name, Text: "a member that is not read"})
	}
	return v, nil
}

// unread adds the names of members that a type has no field for, in the order of their names inside each object.
func unread(t reflect.Type, tree any, names []string) []string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch node := tree.(type) {
	case []any:
		if t.Kind() == reflect.Slice {
			for _, element := range node {
				names = unread(t.Elem(), element, names)
			}
		}
	case map[string]any:
		if t.Kind() != reflect.Struct || reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
			return names
		}
		for _, name := range slices.Sorted(maps.Keys(node)) {
			if f, ok := field(t, name); ok {
				names = unread(f, node[name], names)
			} else if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// field is the type of the field that takes a member, by the rule of encoding/json: of its name, in whatever case.
func field(t reflect.Type, member string) (reflect.Type, bool) {
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.Anonymous && strings.EqualFold(name, member) {
			return f.Type, true
		}
	}
	return nil, false
}

func (r *reader) document(data json.RawMessage, path string) error {
	switch r.model {
	case "WeekBasedMaterialDemand", "ShortTermMaterialDemand":
		m, err := into[materialDemand](r, data, "expectedSupplierLocation", "expectedSupplierLocationBpns", "lastUpdatedOnDateTime")
		if err == nil {
			r.material(m, path)
		}
		return err
	case "WeekBasedCapacityGroup":
		g, err := into[capacityGroup](r, data, "customer", "supplier", "changedAt")
		if err == nil {
			r.group(g, path)
		}
		return err
	case "DemandAndCapacityNotification":
		n, err := into[notification](r, data)
		if err == nil {
			r.notice(n, path)
		}
		return err
	case "Report8D":
		m, err := into[report8D](r, data, "customerContact", "supplierContact", "supplierName", "supplierId", "lastRevisionDate", "email", "phoneNumber", "department", "complaintDate", "customerComplaintId", "supplierComplaintId")
		if err == nil {
			r.eightD(m, path)
		}
		return err
	case "IdBasedRequestForUpdate":
		u, err := into[updateRequest](r, data)
		if err == nil {
			r.request(u, path)
		}
		return err
	}
	p, err := into[positions](r, data, "supplierOrderId", "customerOrderPositionId", "incoterm", "stockLocationBPNA", "bpnaProperty", "origin", "lastUpdatedOnDateTime")
	if err == nil {
		r.positions(p, path)
	}
	return err
}

func (r *reader) complain(path, value string, code intake.Code, text, want string) {
	r.report.Complain(intake.Complaint{Code: code, Column: path, Value: value, Text: text, Want: want})
}

func (r *reader) note(path, value string, code intake.Code, text string) {
	r.report.Note(intake.Complaint{Code: code, Column: path, Value: value, Text: text})
}

func (r *reader) number(n json.Number, path string) (quantity.Quantity, bool) {
	q, err := intake.ParseNumber(n.String())
	if err != nil {
		r.complain(path, n.String(), intake.CodeNumber, "not a number, or one with too many digits", "a number of at most 18 digits")
		return q, false
	}
	return q, true
}

// week reads the day a week begins with. Weeks of Catena-X begin on Mondays; one
// that does not is a week all the same, and noted.
func (r *reader) week(text, path string) (calendar.Bucket, bool) {
	d, err := calendar.ParseDate(text)
	if err != nil {
		r.complain(path, text, intake.CodePeriod, "not a date", "the Monday of a week, as 2026-11-23")
		return calendar.Bucket{}, false
	}
	b := calendar.Bucket{Start: d, End: d.AddDays(7)}
	if d.StartOfWeek(1) != d {
		r.note(path, text, intake.NoteAssumed, "a "+d.Weekday().String()+", where weeks begin on Mondays: the seven days from it were taken")
	}
	return b, b.Valid()
}

// units of the models that are exact equals of those known here.
var units = map[string]quantity.Unit{
	"unit:piece": quantity.Piece, "unit:kilogram": quantity.Kilogram, "unit:gram": quantity.Gram, "unit:tonneMetricTon": quantity.Tonne, "unit:litre": quantity.Litre, "unit:millilitre": quantity.Millilit,
	"unit:metre": quantity.Metre, "unit:squareMetre": quantity.SquareM, "unit:cubicMetre": quantity.CubicM, "unit:hourUnitOfTime": quantity.Hour, "unit:minuteUnitOfTime": quantity.Minute,
	"unit:secondUnitOfTime": quantity.Second, "unit:kilowattHour": quantity.KilowattH, "unit:cycle": quantity.Cycle,
}

// Units are the unit codes of Catena-X by ours, for the way out.
func Units() map[quantity.Unit]string {
	out := map[quantity.Unit]string{}
	for code, u := range units {
		out[u] = code
	}
	return out
}

func (r *reader) unit(code string, omitted bool, path string) (quantity.Unit, bool) {
	if code == "" {
		if !omitted && r.Unit == "" {
			r.complain(path, "", intake.CodeUnit, "no unit, and it is not said that there is none", "unitOfMeasure, or the option unit")
			return "", false
		}
		return r.MessageUnit("", r.report, intake.Complaint{Column: path})
	}
	u, ok := units[code]
	if !ok {
		r.complain(path, code, intake.CodeUnit, "a unit that is not known here", "unit:piece, unit:kilogram and the like")
	}
	return u, ok
}
