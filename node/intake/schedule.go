package intake

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// Schedule gathers the lines of a planning document whose format names items,
// places and dates by codes: EDIFACT, X12, VDA, UBL, Catena-X. It sorts, adds up
// what stands twice, and refuses what can't be told apart.
type Schedule struct {
	report *Report
	lines  []*ScheduleLine
	byKey  map[string]*ScheduleLine
	added  Complaint // the first cell that was added to another
	adds   int
}

// ScheduleLine is one item at one place.
type ScheduleLine struct {
	Line  forecast.Line
	Place string // as the file writes it: two places under one key can't be told apart
	at    Complaint
	cells []scheduleCell
}

type scheduleCell struct {
	forecast.Cell
	at Complaint
}

// NewSchedule begins an empty schedule that complains to a report.
func NewSchedule(r *Report) *Schedule {
	return &Schedule{report: r, byKey: map[string]*ScheduleLine{}}
}

// Planned is a line with what is true of a plain planning document: total demand
// of the default category, gross, all of it asked of this seller.
func Planned(item forecast.Item, place forecast.Location, unit quantity.Unit, basis forecast.DateBasis) forecast.Line {
	return forecast.Line{Item: item, Location: place, Unit: unit, Kind: forecast.Total, Category: forecast.Default,
		BucketBasis: forecast.Gross, DateBasis: basis, SourcingShare: forecast.PPM}
}

// Begin starts a line, or continues the one with the same item and place. It
// answers nil, and has complained, where the line can't be told from another.
func (s *Schedule) Begin(l forecast.Line, place string, at Complaint) *ScheduleLine {
	if l.Item.ID() == "" {
		at.Code, at.Text, at.Want = CodeIdentity, "a line without a product number", "the buyer's or the seller's number, or a GTIN"
		s.report.Complain(at)
		return nil
	}
	before := s.byKey[l.Key()]
	switch {
	case before == nil:
		line := &ScheduleLine{Line: l, Place: place, at: at}
		s.byKey[l.Key()] = line
		s.lines = append(s.lines, line)
		return line
	case before.Place != place:
		at.Code, at.Column, at.Value = CodeIdentity, cmp.Or(at.Column, "place"), place
		at.Text = fmt.Sprintf("product %q is already planned for the place %q, and neither place has a number of its own here", l.Item.ID(), before.Place)
		at.Want = "both places in the table of places, each with its GLN, UN/LOCODE or region"
		s.report.Complain(at)
		return nil
	case before.Line.Unit != l.Unit || before.Line.DateBasis != l.DateBasis:
		at.Code, at.Value = CodeContradiction, string(l.Unit)
		at.Text = fmt.Sprintf("product %q is already planned in %s by %s date", l.Item.ID(), before.Line.Unit.Name(), strings.ToLower(string(before.Line.DateBasis)))
		at.Want = "one unit and one meaning of dates for each product and place"
		s.report.Complain(at)
		return nil
	}
	return before
}

// Add puts one period into the line.
func (l *ScheduleLine) Add(c forecast.Cell, at Complaint) {
	l.cells = append(l.cells, scheduleCell{c, at})
}

// Counts puts what a message says beside the periods into the line. Of a line that is
// named again, at another dock or for another order, the backlogs add up and the rest is
// what was said last.
func (l *ScheduleLine) Counts(s forecast.Schedule, r *Report) {
	if was := l.Line.Schedule; was != nil && was.Backlog != nil {
		s.Backlog = Owed(s.Backlog, *was.Backlog, r, l.at)
	}
	l.Line.Schedule = &s
}

// Owed adds to a backlog, nil where there is none yet. It complains where the sum is too large.
func Owed(sum *quantity.Quantity, q quantity.Quantity, r *Report, at Complaint) *quantity.Quantity {
	if sum == nil {
		return &q
	}
	all, err := sum.Add(q)
	if err != nil {
		at.Code, at.Value, at.Text, at.Want = CodeNumber, q.String(), "a backlog too large to be added up", "a quantity below 10^15"
		r.Complain(at)
	}
	return &all
}

// Lines are the lines in the order of the file, their periods in order.
func (s *Schedule) Lines() []forecast.Line {
	out := make([]forecast.Line, 0, len(s.lines))
	for _, l := range s.lines {
		l.Line.Buckets = s.cells(l)
		if len(l.Line.Buckets) == 0 {
			at := l.at
			at.Code, at.Text, at.Want = CodeEmpty, fmt.Sprintf("product %q has no period", l.Line.Item.ID()), "one period or more, with a quantity of 0 where nothing is needed"
			s.report.Complain(at)
			continue
		}
		s.settle(l)
		out = append(out, l.Line)
	}
	if s.adds > 0 {
		at := s.added
		at.Code, at.Text = NoteAddedUp, fmt.Sprintf("quantities of one product, place and period, added up: %d, this one first", s.adds)
		s.report.Note(at)
	}
	return out
}

// weekScheme is the day on which the weeks of all lines begin, where they agree
// on one; else the standard's Monday.
func (d *Demand) weekScheme() forecast.WeekScheme {
	scheme := map[string]forecast.WeekScheme{"Sunday": forecast.WeeksSunday, "Saturday": forecast.WeeksSaturday}
	var found forecast.WeekScheme
	first := true
	for _, l := range d.Lines {
		for _, c := range l.Buckets {
			if c.Days() != 7 {
				continue
			}
			this := scheme[c.Start.Weekday().String()]
			if !first && this != found {
				return ""
			}
			found, first = this, false
		}
	}
	return found
}

const gapReason = "the schedule names days or periods with a delivery only"

func (s *Schedule) cells(l *ScheduleLine) []forecast.Cell {
	slices.SortStableFunc(l.cells, func(a, b scheduleCell) int { return a.Bucket.Compare(b.Bucket) })
	var out []forecast.Cell
	for _, c := range l.cells {
		n := len(out)
		switch {
		case c.Mean.Sign() < 0:
			at := c.at
			at.Code, at.Value = CodeSign, c.Mean.String()
			at.Text, at.Want = "a quantity below zero: what was delivered beyond the need, or a correction", "0, and the correction in the document it belongs to"
			s.report.Complain(at)
		case n > 0 && out[n-1].Bucket == c.Bucket:
			last := &out[n-1]
			sum, err := last.Mean.Add(c.Mean)
			if err != nil || len(c.Quantiles) > 0 || len(last.Quantiles) > 0 {
				at := c.at
				at.Code, at.Text, at.Want = CodeRepeatedKey, "the period "+c.Bucket.String()+" stands twice, and its figures can't be added", "each period once"
				s.report.Complain(at)
				continue
			}
			last.Mean = sum
			if last.Accumulated == nil || c.Accumulated != nil && last.Accumulated.Less(*c.Accumulated) {
				last.Accumulated = c.Accumulated
			}
			if last.Firmness != c.Firmness {
				last.Firmness = weaker(last.Firmness, c.Firmness)
			}
			if s.adds++; s.adds == 1 {
				s.added = c.at
			}
		case n > 0 && crosses(out[n-1].Bucket, c.Bucket):
			at, full := c.at, c.Bucket
			c.Bucket.Start = out[n-1].End
			at.Code, at.Value = NoteShortened, full.String()
			at.Text = "the period begins inside " + out[n-1].Bucket.String() + " of the same product and place: both quantities were kept, and the later period begins on " + c.Bucket.Start.String()
			s.report.Note(at)
			out = append(out, c.Cell)
		case n > 0 && out[n-1].Bucket.Overlaps(c.Bucket):
			at := c.at
			at.Code, at.Value = CodeContradiction, c.Bucket.String()
			at.Text, at.Want = "the period overlaps "+out[n-1].Bucket.String()+" of the same product and place", "periods side by side: it can't be told which quantity holds the other"
			s.report.Complain(at)
		default:
			if n > 0 && out[n-1].End != c.Start {
				l.Line.GapReason = gapReason
			}
			out = append(out, c.Cell)
		}
	}
	return out
}

// crosses says that a period reaches into the month, or another coarser period, that
// comes after it: where a schedule changes from weeks to months, the last week may end
// in the first month. The quantities are those of the sender's own cut, each once.
func crosses(earlier, later calendar.Bucket) bool {
	if !(earlier.Start < later.Start && later.Start < earlier.End && earlier.End < later.End) {
		return false
	}
	month := later == later.Start.Month().Bucket()
	return month || later.Days() > earlier.Days()
}

// weaker is the firmness that promises less: a sum is as firm as its least firm part.
func weaker(a, b forecast.Firmness) forecast.Firmness {
	order := []forecast.Firmness{forecast.Firm, forecast.Fabrication, forecast.RawMaterial, forecast.PlannedLevel}
	return order[max(slices.Index(order, a), slices.Index(order, b), 0)]
}

// Check completes a demand with the weeks it is written in, applies the rules of a
// forecast and complains in the words of those rules.
func (d *Demand) Check(r *Report) {
	if d.WeekScheme == "" {
		d.WeekScheme = d.weekScheme()
	}
	doc := forecast.Document{Purpose: cmp.Or(d.Purpose, forecast.OrderForecast), WeekScheme: d.WeekScheme, Method: d.Method, Lines: d.Lines}
	for _, f := range forecast.Check(doc) {
		if f.Code == forecast.CodeEmpty && len(d.Lines) == 0 && !r.OK() {
			continue // every line was refused, and why is said
		}
		if strings.HasPrefix(f.Code, "FORECAST-") && f.Code != forecast.CodeAnswer {
			r.Complain(Complaint{Code: CodeRule, Column: f.Path, Text: f.Code + ": " + f.Text, Want: "a forecast that keeps the rule"})
		}
	}
}

// Day is the bucket of one day.
func Day(d calendar.Date) calendar.Bucket { return calendar.Bucket{Start: d, End: d.AddDays(1)} }

// ReasonOf is a reason code of the list, or "" and false.
func ReasonOf(code string) (artifact.Reason, bool) {
	r := artifact.Reason(code)
	return r, r.Known()
}
