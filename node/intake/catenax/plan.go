package catenax

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"kontor/node/intake"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
)

// material reads a WeekBasedMaterialDemand or ShortTermMaterialDemand.
func (r *reader) material(m materialDemand, path string) {
	weekly := r.model == "WeekBasedMaterialDemand"
	if m.Inactive {
		r.note(path+"materialDemandIsInactive", "true", intake.NoteInactive, "the demand is inactive: its sender no longer stands for it")
		if r.many {
			return // one of several: the others are read
		}
		r.demand.Inactive = true
	}
	item := forecast.Item{BuyersID: m.CustomersPart, SellersID: m.SuppliersPart, Description: m.Description}
	if item.ID() == "" {
		if m.GlobalAsset == "" {
			r.complain(path+"materialNumberCustomer", "", intake.CodeIdentity, "no number of the material", "materialNumberCustomer")
			return
		}
		item.BuyersID = m.GlobalAsset
	}
	r.demand.Number = m.ID
	for i, s := range m.Series {
		at := fmt.Sprintf("%sdemandSeries[%d]", path, i)
		unitCode := m.Unit
		if !weekly {
			unitCode = shortUnit(s)
		}
		unit, ok := r.unit(unitCode, m.UnitOmitted, at+".unitOfMeasure")
		if !ok {
			continue
		}
		code := s.CustomerLocation
		if code == "" {
			code = s.CustomerLocation1
		}
		where := r.Place(intake.Party{Code: code, Agency: "bpns"}, r.report, intake.Complaint{Column: at + ".customerLocation"})
		line := intake.Planned(item, where, unit, forecast.ByNeed)
		if c := forecast.Category(s.Category.Code); c != "" {
			if !slices.Contains([]forecast.Category{forecast.Default, forecast.AfterSales, forecast.Series, forecast.PhaseIn, forecast.OneTime, forecast.OperatingItems, forecast.Extraordinary, forecast.PhaseOut}, c) {
				r.complain(at+".demandCategory", string(c), intake.CodeSyntax, "an unknown demand category", "0001, A1S1, SR99, PI01, OS01, OI01, ED01 or PO01")
				continue
			}
			line.Category = c
		}
		l := r.schedule.Begin(line, code, intake.Complaint{Column: at})
		if l == nil {
			continue
		}
		for j, d := range s.Demands {
			r.cell(l, d, weekly, unitCode, fmt.Sprintf("%s.demands[%d]", at, j))
		}
	}
}

// shortUnit is the unit of the first demand of a ShortTermMaterialDemand, which
// gives one with each.
func shortUnit(s demandSeries) string {
	var a amount
	if len(s.Demands) > 0 {
		_ = json.Unmarshal(s.Demands[0].Demand, &a) // a malformed one is complained about where it stands
	}
	return a.Unit
}

func (r *reader) cell(l *intake.ScheduleLine, d demand, weekly bool, unit, at string) {
	number := json.Number(strings.TrimSpace(string(d.Demand)))
	var b calendar.Bucket
	if weekly {
		var ok bool
		if b, ok = r.week(d.Point, at+".pointInTime"); !ok {
			return
		}
	} else {
		var a amount
		if err := json.Unmarshal(d.Demand, &a); err != nil || a.Unit != unit {
			r.complain(at+".demand", a.Unit, intake.CodeContradiction, "another unit than the first demand of the series has, or no quantity", unit)
			return
		}
		number = a.Value
		day, err := calendar.ParseDate(d.Day)
		if err != nil {
			r.complain(at+".day", d.Day, intake.CodePeriod, "not a date", "a day as 2026-11-23")
			return
		}
		b = intake.Day(day)
	}
	if q, ok := r.number(number, at+".demand"); ok {
		l.Add(forecast.Cell{Bucket: b, Mean: q}, intake.Complaint{Column: at})
	}
}

// group reads a WeekBasedCapacityGroup.
func (r *reader) group(g capacityGroup, path string) {
	if g.Inactive {
		r.note(path+"capacityGroupIsInactive", "true", intake.NoteInactive, "the group is inactive: it is kept, and not matched")
	}
	unit, ok := r.unit(g.Unit, g.UnitOmitted, path+"unitOfMeasure")
	if !ok {
		return
	}
	if len(g.Locations) > 0 {
		r.note(path+"supplierLocations", strings.Join(g.Locations, " "), intake.NoteNotCarried, "sites of the supplier: a capacity plan has no field for them")
	}
	out := capacity.Group{ID: g.ID, Name: g.Name, Inactive: g.Inactive, Unit: unit, Nested: g.Groups}
	if g.Volatility != nil {
		out.Volatility = r.volatility(*g.Volatility, path+"demandVolatilityParameters.")
	}
	for i, l := range g.Linked {
		at := fmt.Sprintf("%slinkedDemandSeries[%d]", path, i)
		link := capacity.Link{Product: l.CustomersPart, Category: forecast.Category(l.Category.Code)}
		if link.Product == "" {
			link.Product = l.SuppliersPart
		}
		where := r.Place(intake.Party{Code: l.Location, Agency: "bpns"}, r.report, intake.Complaint{Column: at + ".customerLocation"})
		link.Region = where.Region
		if l.LoadFactor != "" {
			q, ok := r.number(l.LoadFactor, at+".loadFactor")
			if !ok {
				return
			}
			link.Factor = q
		}
		if slices.ContainsFunc(out.Links, func(o capacity.Link) bool {
			return o.Product == link.Product && o.Region == link.Region && o.Category == link.Category
		}) {
			r.complain(at+".customerLocation", l.Location, intake.CodeIdentity, "the product and category are linked already, and neither place has a region here", "both places in the table of places, each with its region")
			continue
		}
		out.Links = append(out.Links, link)
	}
	for i, c := range g.Capacities {
		at := fmt.Sprintf("%scapacities[%d]", path, i)
		b, ok := r.week(c.Point, at+".pointInTime")
		if !ok {
			continue
		}
		cell := capacity.Capacity{Bucket: b}
		if cell.Actual, ok = r.number(c.Actual, at+".actualCapacity"); !ok {
			continue
		}
		if cell.Maximum, ok = r.number(c.Maximum, at+".maximumCapacity"); !ok {
			continue
		}
		if c.Agreed != "" {
			if q, ok := r.number(c.Agreed, at+".agreedCapacity"); ok {
				cell.Agreed = &q
			}
		}
		if c.Delta != "" {
			if q, ok := r.number(c.Delta, at+".deltaProductionResult"); ok {
				cell.Delta = &q
			}
		}
		out.Capacities = append(out.Capacities, cell)
	}
	slices.SortStableFunc(out.Capacities, func(a, b capacity.Capacity) int { return a.Bucket.Compare(b.Bucket) })
	r.draft.Groups = append(r.draft.Groups, out)
}

// nesting leaves out groups inside a group where the standard does not have them: beside demand of its own, or of another file.
func (r *reader) nesting() {
	read := map[string]bool{}
	for _, g := range r.draft.Groups {
		read[g.ID] = true
	}
	for i := range r.draft.Groups {
		g := &r.draft.Groups[i]
		at := fmt.Sprintf("%s linkedCapacityGroups", g.ID)
		if len(g.Links) > 0 && len(g.Nested) > 0 {
			r.note(at, strings.Join(g.Nested, " "), intake.NoteNotCarried, "groups inside one that has demand of its own: CX-0128 has either; the demand of its own counts")
			g.Nested = nil
		}
		var missing []string
		g.Nested = slices.DeleteFunc(g.Nested, func(id string) bool {
			if !read[id] {
				missing = append(missing, id)
			}
			return !read[id]
		})
		if len(missing) > 0 {
			r.note(at, strings.Join(missing, " "), intake.NoteNotCarried, "groups inside this one that are not in the file: their demand is not counted here")
		}
	}
}

// moment reads a timestamp; one without a zone is taken as UTC.
func (r *reader) moment(text, path string, needed bool) int64 {
	if text == "" {
		if needed {
			r.complain(path, "", intake.CodeMissing, "no time", "a time as 2026-11-22T08:00:00Z")
		}
		return 0
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, text); err == nil && t.Year() >= 1970 && t.Year() < 3000 {
			return t.UnixMilli()
		}
	}
	r.complain(path, text, intake.CodePeriod, "not a time", "a time as 2026-11-22T08:00:00Z")
	return 0
}

var (
	effects = []string{"demand-reduction", "demand-increase", "capacity-reduction", "capacity-increase"}
	causes  = []string{"strike", "natural-disaster", "production-incident", "pandemic-or-epidemic", "logistics-disruption", "war", "insolvency", "other"}
)

// notice reads a DemandAndCapacityNotification.
func (r *reader) notice(n notification, path string) {
	if !slices.Contains(effects, n.Effect) {
		r.complain(path+"effect", n.Effect, intake.CodeSyntax, "an unknown effect", strings.Join(effects, ", "))
	}
	if !slices.Contains(causes, n.Cause) {
		r.complain(path+"leadingRootCause", n.Cause, intake.CodeSyntax, "an unknown cause", strings.Join(causes, ", "))
	}
	if n.Status != "open" && n.Status != "resolved" {
		r.complain(path+"status", n.Status, intake.CodeSyntax, "an unknown status", "open or resolved")
	}
	out := intake.Notice{ID: n.ID, Source: n.Source, Related: n.Related, Text: n.Text, Effect: n.Effect, Cause: n.Cause, Status: n.Status, Measure: n.Measure, Sender: n.Sender, Receiver: n.Recipient,
		Start: r.moment(n.Start, path+"startDateOfEffect", true), End: r.moment(n.End, path+"expectedEndDateOfEffect", false), Changed: r.moment(n.Changed, path+"contentChangedAt", true)}
	for _, m := range n.Materials {
		item := forecast.Item{BuyersID: m.CustomersPart, SellersID: m.SuppliersPart}
		if item.ID() == "" {
			item.BuyersID = m.GlobalAsset
		}
		out.Products = append(out.Products, item)
	}
	r.draft.Notices = append(r.draft.Notices, out)
}

// request reads an IdBasedRequestForUpdate. An empty one asks for everything.
func (r *reader) request(u updateRequest, path string) {
	for i, d := range u.Demands {
		r.draft.Requests = append(r.draft.Requests, intake.Request{What: "forecast", ID: d.ID, Known: r.moment(d.Changed, fmt.Sprintf("%sweekBasedMaterialDemand[%d].changedAt", path, i), false)})
	}
	for i, g := range u.Groups {
		r.draft.Requests = append(r.draft.Requests, intake.Request{What: "capacity", ID: g.ID, Known: r.moment(g.Changed, fmt.Sprintf("%sweekBasedCapacityGroup[%d].changedAt", path, i), false)})
	}
	if len(u.Demands)+len(u.Groups) == 0 {
		r.draft.Requests = append(r.draft.Requests, intake.Request{})
	}
}
