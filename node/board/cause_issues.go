package board

import (
	"fmt"
	"slices"

	"kontor/node"
	"kontor/node/desk"
	"kontor/protocol"
	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
	"kontor/protocol/decision"
	"kontor/protocol/exception"
	"kontor/protocol/quantity"
)

// workDays is how many days ahead work can be talked about that a topic is to bring to an end: a quarter.
const workDays = 91

// bargained is what the parties of a topic about an exception negotiate: how much volume an event keeps, or by which day the matter is done. Of a move of the
// forecast the options name the cells, and of a promise the terms the measure.
func (b *Board) bargained(p *node.Partnership, e desk.ExceptionView, out *decision.Proposal) error {
	today := calendar.DateOf(b.node.Now())
	if out.Kind == decision.Quality {
		out.Scope.Horizon = calendar.Bucket{Start: min(out.Scope.Horizon.Start, today), End: max(out.Scope.Horizon.End, today.AddDays(workDays+1))}
	}
	switch e.Kind {
	case exception.Campaign:
		if err := b.volume(p, e, out); err != nil {
			return err
		}
		return b.otherDays(p, e, out)
	case exception.Chart, exception.Unpaid, exception.Late, exception.Missing, exception.StaleData, exception.Invalidated, exception.Unmapped, exception.SlotReview:
		name := "done by"
		if e.Kind == exception.Chart {
			name = "work closed by"
		}
		out.Issues = []decision.Issue{{ID: issueDue, Name: name, Kind: decision.DateIssue, Low: decision.Day(today), High: decision.Day(today.AddDays(workDays))}}
	}
	return nil
}

// volume makes the lift of the event an issue, and the topic's scope the cells it is planned in: a document fixes nothing outside of that scope. Lifts in several units
// are not one sum: then the words alone stand.
func (b *Board) volume(p *node.Partnership, e desk.ExceptionView, out *decision.Proposal) error {
	var sum quantity.Quantity
	var unit quantity.Unit
	var span calendar.Bucket
	products, regions, one := []string{}, []string{}, true
	err := b.node.View(p.PID, func(r *protocol.Replica) error {
		for _, root := range out.Context {
			doc, err := r.Campaign(root)
			if err != nil {
				return err
			}
			for _, event := range doc.Events {
				if event.ID != e.Scope.Group {
					continue
				}
				for _, m := range event.Impacts {
					if unit == "" {
						unit, span = m.Unit, m.Bucket
					}
					one = one && m.Unit == unit
					span = calendar.Bucket{Start: min(span.Start, m.Bucket.Start), End: max(span.End, m.Bucket.End)}
					products, regions = append(products, m.Item), append(regions, regionOf(m))
					if sum, err = sum.Add(m.Lift); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
	if err != nil || unit == "" {
		return err
	}
	slices.Sort(products)
	slices.Sort(regions)
	out.Scope.Products, out.Scope.Regions, out.Scope.Horizon = slices.Compact(products), slices.Compact(regions), span
	if one && sum.Sign() > 0 {
		out.Issues = []decision.Issue{{ID: issueQuantity, Name: "volume of the event", Kind: decision.QuantityIssue, Unit: string(unit), Low: decision.Number(quantity.Quantity{}), High: decision.Number(sum)}}
	}
	return nil
}

// otherDays names the days to which the first option moves an event. Where its lifts go to other periods the option names these cells too, for the document to fix them there
// and not where they were.
func (b *Board) otherDays(p *node.Partnership, e desk.ExceptionView, out *decision.Proposal) error {
	c, err := b.desk.ConflictOf(p, e.Exception)
	if err != nil {
		return err
	}
	one := &out.Options[1]
	switch days := c.Event.Period; {
	case c.Kind == campaign.ByQuality:
		one.Summary = fmt.Sprintf("%s waits until the lots it needs are released", e.Scope.Group)
	case !c.Looked.Valid():
		one.Summary = fmt.Sprintf("%s moves to other days, although what stands against it is no matter of days", e.Scope.Group)
	case !c.Found:
		one.Summary = fmt.Sprintf("%s moves to other days: on none with a beginning from %s to %s is it known that nothing stands against it", e.Scope.Group, c.Looked.Start, c.Looked.Last())
	default:
		one.Summary = fmt.Sprintf("%s moves to %s to %s, days against which nothing stands now", e.Scope.Group, days.Start, days.Last())
	}
	if !c.Cells {
		return nil
	}
	for _, l := range (&drafter{topic: decision.Topic{Scope: decision.Scope{Products: out.Scope.Products, Regions: out.Scope.Regions, Horizon: everyDay}}}).planned(plannedEvent{author: c.Author, event: c.Event}) {
		one.Effects = append(one.Effects, decision.OptionEffect{Cell: l.Cell, Party: c.Author, Quantity: l.Quantity, Unit: l.Unit})
		out.Scope.Horizon = calendar.Bucket{Start: min(out.Scope.Horizon.Start, l.Bucket.Start), End: max(out.Scope.Horizon.End, l.Bucket.End)}
	}
	return nil
}

// everyDay is a horizon that holds everything.
var everyDay = calendar.Bucket{Start: calendar.MinDate, End: calendar.MaxDate}

// expects fills in what each option leaves short and over, where the documents named tell; what a person stated stays.
func (b *Board) expects(p *node.Partnership, out *decision.Proposal) {
	t := decision.Topic{Scope: out.Scope, Opened: decision.Mark{T: b.node.Now()}}
	for _, c := range out.Context {
		t.Context = append(t.Context, decision.ContextRef{CID: c})
	}
	for i, o := range out.Options {
		if o.Expect != (decision.Expectation{}) {
			continue
		}
		if x := b.expected(p, t, o.Effects, false); x != nil {
			out.Options[i].Expect = *x
		}
	}
}
