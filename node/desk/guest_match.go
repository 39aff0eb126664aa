package desk

import (
	"fmt"
	"slices"
	"strings"

	"kontor/node"
	"kontor/node/intake"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/company"
	"kontor/protocol/exception"
	"kontor/protocol/forecast"
)

// GuestName names a partner without a node.
type GuestName struct {
	Guest string `json:"guest" doc:"name of a partner without a node"`
}

// GuestMatch is a match against what is recorded for a partner without a node: what it needs against the lines and the stock here, or the draft forecast against
// what it gives. Its evidence is C throughout, so it is a match of its own and no part of one between signed documents.
type GuestMatch struct {
	Number   int64          `json:"number"` // of the record
	Kind     intake.Kind    `json:"kind"`
	Grade    artifact.Grade `json:"grade"`
	Evidence string         `json:"evidence"` // the grade in words
	Notes    []string       `json:"notes"`
	MatchView
}

// MatchGuest matches the newest that is recorded for a guest.
func (d *Desk) MatchGuest(q GuestName) (out GuestMatch, err error) {
	in, out, err := d.guestInput(q.Guest)
	if err != nil {
		return out, err
	}
	result, err := Match(in)
	if err != nil {
		return out, node.Failf("NOT_MATCHED", "what is recorded for %s can't be matched: %v", out.With, err)
	}
	out.Forecast, out.Plan, out.Result = in.ForecastCID, in.PlanCID, result
	out.count()
	open, err := d.GuestExceptions(q.Guest, false)
	for _, v := range open {
		if v.Kind == exception.Shortage || v.Kind == exception.Overload {
			out.Exceptions = append(out.Exceptions, v)
		}
	}
	return out, err
}

// guestInput gathers what a match with a guest is made from, and the match without its result.
func (d *Desk) guestInput(name string) (in capacity.Input, out GuestMatch, err error) {
	list, err := d.Guests()
	if err != nil {
		return in, out, err
	}
	i := slices.IndexFunc(list, func(r GuestRecord) bool { return r.Guest == name }) // the newest first
	if i < 0 {
		return in, out, noGuest(name, list)
	}
	rec, cells, err := d.guest(list[i].Number)
	if err != nil {
		return in, out, err
	}
	out = GuestMatch{Number: rec.Number, Kind: rec.Kind, Grade: list[i].Grade, Evidence: list[i].Evidence, Notes: []string{}, MatchView: MatchView{With: rec.Guest, Exceptions: []ExceptionView{}}}
	if rec.Kind == intake.Forecast {
		in, err = d.needAgainstLines(rec, cells, &out)
	} else {
		in, err = d.draftAgainstGiven(rec, cells, &out)
	}
	return in, out, err
}

func noGuest(name string, list []GuestRecord) error {
	if len(list) == 0 {
		return node.Failf("NO_GUEST", "nothing is recorded for %q, nor for any other partner without a node; hand out a template: kontor guest template NAME", intake.Shortened(name))
	}
	return node.Failf("NO_GUEST", "nothing is recorded for a partner %q without a node; kontor guest list shows for whom there is", intake.Shortened(name))
}

// namedInput gives both documents of a match at home the CIDs they would have: they go nowhere.
func namedInput(in *capacity.Input, rec guestRecord, now int64) error {
	var key [32]byte
	copy(key[:], rec.Template)
	sheet, err := forecast.ToSheet(in.Forecast, key)
	if err != nil {
		return err
	}
	root, _, err := sheet.Build()
	if err != nil {
		return err
	}
	in.ForecastCID = root.CID
	in.Plan.Forecast = &in.ForecastCID
	if sheet, err = capacity.PlanToSheet(in.Plan, key); err != nil {
		return err
	}
	root, _, err = sheet.Build()
	in.PlanCID = root.CID
	return err
}

// needAgainstLines sets what a customer needs against the lines and the stock of this company.
func (d *Desk) needAgainstLines(rec guestRecord, cells []guestCell, out *GuestMatch) (in capacity.Input, err error) {
	lines, err := d.capacityLines()
	if err != nil {
		return in, err
	}
	if len(lines) == 0 {
		return in, node.Failf("NO_CAPACITY", "there is no capacity to match against yet; run: kontor capacity import FILE")
	}
	stock, err := d.stock()
	if err != nil {
		return in, err
	}
	in.Forecast = rec.forecast(cells)
	units := unitsOf(in.Forecast)
	now := d.node.Now()
	in.Plan = capacity.Plan{Header: atHome(capacity.PlanType, rec, now)}
	for _, line := range lines {
		if g := line.making(units); len(g.Links) > 0 {
			in.Plan.Groups = append(in.Plan.Groups, line.group(g))
		}
	}
	in.Plan.Groups = append(in.Plan.Groups, around(lines, in.Plan.Groups)...)
	if in.Plan.Positions, err = positionsOf(stock, units); err != nil {
		return in, err
	}
	out.Notes = append(out.Notes, "the whole of each line and of the stock stands against it, also what is promised to others: kontor capacity oversold --guests looks at all customers together")
	return in, namedInput(&in, rec, now)
}

// draftAgainstGiven sets the draft forecast against what a supplier gives, in the periods that it filled in.
func (d *Desk) draftAgainstGiven(rec guestRecord, cells []guestCell, out *GuestMatch) (in capacity.Input, err error) {
	draft, lines, err := d.draft()
	if err != nil {
		return in, err
	}
	given := map[string][]guestCell{}
	for _, c := range cells {
		key := forecast.JoinKey(c.Product, c.Region)
		given[key] = append(given[key], c)
	}
	now := d.node.Now()
	in.Forecast = forecast.Document{Header: atHome(forecast.Type, rec, now), Purpose: forecast.OrderForecast, Method: draft.Method, WeekScheme: draft.WeekScheme}
	in.Plan = capacity.Plan{Header: atHome(capacity.PlanType, rec, now)}
	left := 0
	supply := supplies{groups: map[string]*capacity.Group{}, merged: meeting(lines)}
	for _, l := range lines {
		got := given[forecast.JoinKey(l.Item.ID(), l.Location.Key())]
		all := len(l.Buckets)
		l.Buckets = slices.DeleteFunc(slices.Clone(l.Buckets), func(c forecast.Cell) bool {
			return !slices.ContainsFunc(got, func(g guestCell) bool { return g.Bucket == c.Bucket })
		})
		left += all - len(l.Buckets)
		if len(l.Buckets) == 0 {
			continue
		}
		for i, c := range l.Buckets[1:] {
			if l.Buckets[i].End < c.Start {
				l.GapReason = "not filled in"
			}
		}
		in.Forecast.Lines = append(in.Forecast.Lines, l)
		if err := supply.add(l, got); err != nil {
			return in, err
		}
	}
	in.Plan.Groups, out.Notes = supply.list(), append(out.Notes, supply.notes...)
	if len(in.Forecast.Lines) == 0 {
		return in, node.Failf("NO_FORECAST", "the draft forecast asks for nothing that %s answered; run: kontor forecast show", rec.Guest)
	}
	if left > 0 {
		out.Notes = append(out.Notes, fmt.Sprintf("not compared, as %s said nothing of it: %s of the draft", rec.Guest, node.Count(left, "cell")))
	}
	return in, namedInput(&in, rec, now)
}

// supplies are what a supplier gives, each product and region as a line of production that makes no more and no less.
type supplies struct {
	groups map[string]*capacity.Group
	order  []string
	merged map[string]bool // products whose regions lie in one another: theirs are one
	notes  []string
}

// meeting are the products of which one line's region lies in another's: a match could not tell what is for which.
func meeting(lines []forecast.Line) map[string]bool {
	regions, out := map[string]string{}, map[string]bool{}
	for _, l := range lines {
		id, region := l.Item.ID(), l.Location.Region
		first, seen := regions[id]
		if !seen {
			regions[id] = region
		} else if first != region {
			country := func(r string) string { r, _, _ = strings.Cut(r, "-"); return r }
			out[id] = out[id] || first == "" || region == "" || country(first) == country(region)
		}
	}
	return out
}

// add takes what is given of one line. What comes later than its period counts in the one in which it comes.
func (s *supplies) add(l forecast.Line, given []guestCell) (err error) {
	link := capacity.Link{Product: l.Item.ID(), Region: l.Location.Region}
	if s.merged[link.Product] {
		link.Region = ""
	}
	id := strings.TrimSpace(link.Product + " " + link.Region)
	g := s.groups[id]
	if g == nil {
		g = &capacity.Group{ID: id, Name: id, Unit: l.Unit, Links: []capacity.Link{link}}
		s.groups[id], s.order = g, append(s.order, id)
	}
	at := func(day calendar.Date) int {
		return slices.IndexFunc(g.Capacities, func(x capacity.Capacity) bool { return x.Bucket.Contains(day) })
	}
	for _, c := range given {
		if at(c.Bucket.Start) < 0 {
			g.Capacities = append(g.Capacities, capacity.Capacity{Bucket: c.Bucket})
		}
	}
	slices.SortFunc(g.Capacities, func(a, b capacity.Capacity) int { return int(a.Bucket.Start - b.Bucket.Start) })
	for _, c := range given {
		day := c.Bucket.Start
		if c.late() {
			day = c.Date
		}
		i := at(day)
		if i < 0 {
			s.notes = append(s.notes, fmt.Sprintf("%s of %s come on %s, after the periods that are compared", c.Unit.Said(c.Given.String()), id, c.Date))
			continue
		}
		into := &g.Capacities[i]
		if into.Actual, err = into.Actual.Add(c.Given); err != nil {
			return err
		}
		into.Maximum = into.Actual
	}
	return nil
}

func (s *supplies) list() (out []capacity.Group) {
	for _, id := range s.order {
		out = append(out, *s.groups[id])
	}
	return out
}

// atHome is the header of a document that is made for a match at home alone.
func atHome(typ string, rec guestRecord, now int64) artifact.Header {
	return artifact.Header{Type: typ, Series: guestSeries(rec.Guest, intake.Kind("match "+typ)), Issued: now, Evidence: artifact.GradeC, Scope: artifact.Everything(),
		Provenance: artifact.Provenance{SourceSystem: "node", ExtractedAt: now, Activity: "MATCH", DerivedFrom: []block.CID{rec.Forecast}}}
}

// guestsNeed are what the newest forecasts recorded for partners without a node ask for from today on.
func (d *Desk) guestsNeed() (out []company.Commitment, err error) {
	list, err := d.Guests()
	if err != nil {
		return nil, err
	}
	today := calendar.DateOf(d.node.Now())
	for _, r := range list {
		if r.Kind != intake.Forecast || !r.Newest {
			continue
		}
		_, cells, err := d.guest(r.Number)
		if err != nil {
			return nil, err
		}
		for _, c := range cells {
			if c.Bucket.End > today && !c.Given.IsZero() {
				out = append(out, company.Commitment{Partner: r.Guest + " (grade C)", Product: c.Product, Region: intake.PlaceOf(c.Region).Region, Bucket: c.Bucket, Quantity: c.Given})
			}
		}
	}
	return out, nil
}
