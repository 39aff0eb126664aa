package intake

import (
	"kontor/node/fields"
	"kontor/node/ical"
	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
	"kontor/protocol/performance"
	"kontor/protocol/quality"
	"kontor/protocol/quantity"
)

// Draft is what a file says. The part of its kind is filled, in the order of
// the file's lines.
type Draft struct {
	Kind     Kind
	History  []HistoryRow
	Capacity []CapacityRow
	Stock    []StockRow
	Bill     []BillRow
	Products []ProductRow
	// Message is the forecast, whatever format it came in; nil where the draft is none.
	Message *Demand
	// Groups are capacity groups of a format that says more than rows can.
	Groups   []capacity.Group
	Events   []campaign.Event
	Measures []quality.Measure
	Figures  []performance.Cell
	Answers  []AnswerRow
	// Fields is a document as a table of its fields; the desk that keeps the kind puts it together.
	Fields    []fields.Row
	Movements []Movement
	Notices   []Notice
	Requests  []Request

	Deviations []Deviation
	Complaints []quality.Complaint
	// Calendar are entries of a calendar: days without campaigns, or of the kind Capacity days on which nothing is made.
	Calendar []ical.Entry
	Cases    []quality.Case
}

// Demand is a forecast as a document would have it, before it has a header.
type Demand struct {
	Number     string // the sender's number of the document, "" where it has none
	Revision   bool   // the document replaces lines of an earlier one
	Purpose    forecast.Purpose
	WeekScheme forecast.WeekScheme
	Method     forecast.Method
	Reason     artifact.Reason
	Inactive   bool // its sender no longer stands for it
	Fences     []forecast.Fence
	Lines      []forecast.Line
	// Says are the attributes that a table had columns for, by name; what else a line has, it does not speak of.
	Says []string
}

// Movement is a quantity that was despatched, received or, of the kind Output, is
// planned to be made.
type Movement struct {
	Line     int `json:"line"`
	Segment  int `json:"segment,omitempty"`
	Item     forecast.Item
	Location forecast.Location
	Date     calendar.Date
	Quantity quantity.Quantity
	Unit     quantity.Unit
	Accepted *quantity.Quantity // of a receipt: what was taken in; absent where it isn't said
	Document string             // the despatch or receipt advice
	Order    string             // the order it belongs to
	Ordered  calendar.Date      // date of that order; 0 where it isn't said
	Damaged  *quantity.Quantity // of a receipt: of what came; absent where it isn't said
}

// Notice tells of something that disturbs demand or capacity.
type Notice struct {
	ID       string // of the notification
	Source   string // of the disruption it speaks of, the same along the chain
	Related  []string
	Text     string
	Effect   string // demand-increase, demand-reduction, capacity-increase, capacity-reduction
	Cause    string
	Status   string // open or resolved
	Start    int64  // ms UTC
	End      int64  // ms UTC; 0: not known
	Changed  int64  // ms UTC
	Measure  string
	Products []forecast.Item
	Sender   []string // sites
	Receiver []string // sites
}

// Deviation is a value of a plan that differs from another by more than was agreed.
type Deviation struct {
	Line       int
	Sender     string // the number or the name it gives of itself
	Document   string // that names it
	Issued     calendar.Date
	ID         string // of the line
	Item       forecast.Item
	Period     calendar.Bucket
	Status     string // of UBL: NEW, ACKNOWLEDGED, RESOLVED, SUPERSEDED or UNRESOLVABLE
	Priority   string // HIGH, MEDIUM, LOW, or not said
	Resolution string
	Of         string // what is compared: ORDER_FORECAST TOTAL and the like
	Compared   quantity.Quantity
	Source     quantity.Quantity
	Unit       quantity.Unit
}

// Request asks for the newest version of something.
type Request struct {
	What  string // forecast or capacity; "" for all
	ID    string // in the other side's words; "" for all of the kind
	Known int64  // only if newer than that, ms UTC; 0: without condition
}

// Size is that of what a draft becomes: series, and their periods.
func (d *Draft) Size() (lines, buckets int) {
	if d == nil {
		return 0, 0
	}
	histories := map[series]bool{}
	for _, r := range d.History {
		histories[series{product: r.Product, region: r.Region}] = true
	}
	groups, cells := map[string]bool{}, map[groupPeriod]bool{}
	for _, r := range d.Capacity {
		groups[r.Group], cells[groupPeriod{r.Group, r.Period}] = true, true
	}
	buckets = len(d.History) + len(cells)
	lines = len(histories) + len(groups) + len(d.Stock) + len(d.Bill) + len(d.Products) + len(d.Movements) + len(d.Notices) + len(d.Requests) + len(d.Groups) + len(d.Events) + len(d.Measures) + len(d.Deviations) + len(d.Cases) + len(d.Figures) + fields.Entries(d.Fields)
	buckets += len(d.Measures) + len(d.Figures) + len(d.Answers)
	answered := map[series]bool{}
	for _, a := range d.Answers {
		answered[series{product: a.Product, region: a.Region}] = true
	}
	lines += len(answered)
	for _, e := range d.Events {
		buckets += len(e.Impacts)
	}
	lines += len(d.Calendar)
	for _, e := range d.Calendar {
		buckets += len(e.Spans)
	}
	for _, g := range d.Groups {
		buckets += len(g.Capacities)
	}
	if d.Message != nil {
		lines += len(d.Message.Lines)
		for _, l := range d.Message.Lines {
			buckets += len(l.Buckets)
		}
	}
	return lines, buckets
}
