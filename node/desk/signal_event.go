package desk

import (
	"errors"
	"fmt"
	"slices"

	"kontor/node"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
	"kontor/protocol/exception"
	"kontor/protocol/measure"
	"kontor/protocol/partnership"
	"kontor/protocol/quality"
	"kontor/protocol/quantity"
)

// conflictDays before an event something must have been done about what stands against it: goods and messages are under way by then.
const conflictDays = 14

// sideOfTrade is the side of a member.
func (s *sight) sideOfTrade(company block.CID) exception.Side {
	if m, _ := s.p.Genesis.Member(company); m.Role == partnership.RoleSeller {
		return exception.Seller
	}
	return exception.Buyer
}

// ConflictID names the exception over one sort of conflict of an event of a company's calendar.
func ConflictID(author block.CID, event string, k campaign.ConflictKind) exception.ID {
	return exception.NewID(exception.Campaign, exception.Scope{Group: event, Product: string(k)}, author)
}

// campaigns raises what stands against events in force, one exception for each event and sort of conflict: the side that planned the event sees to it.
func (s *sight) campaigns() (out []exception.Exception, err error) {
	in, _, err := s.d.campaignInput(s.p, s.r, nil)
	var none *node.Failure
	if errors.As(err, &none) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	conflicts, err := campaign.Conflicts(in)
	if err != nil {
		return nil, err
	}
	events := map[string]campaign.Event{}
	calendars := map[block.CID]campaign.Held{}
	for _, c := range in.Calendars {
		calendars[c.CID] = c
		for _, e := range c.Document.Events {
			events[c.CID.String()+"|"+e.ID] = e
		}
	}
	at := map[exception.ID]int{}
	for _, c := range conflicts {
		if !slices.Contains(campaign.Raised, c.Kind) {
			continue
		}
		author := calendars[c.Calendar].Author
		event := events[c.Calendar.String()+"|"+c.Event]
		span := c.Period
		if !span.Valid() {
			span = event.Period
		}
		if !span.Valid() || span.End <= s.today {
			continue // it is over: nothing can be changed any more
		}
		e := exception.Exception{Kind: exception.Campaign, Side: s.sideOfTrade(author), Speed: exception.Desk, Role: "ACCOUNT", Scope: exception.Scope{Group: c.Event, Buckets: span},
			Shortage: c.Shortage, Upper: c.Upper, Cause: string(c.Kind) + ": " + c.Text}
		if len(c.Items) == 1 {
			e.Scope.Product = c.Items[0]
		}
		e.Default = exception.Outcome{Code: exception.OutcomeConflict, Text: fmt.Sprintf("If nothing is done %s goes as planned, whatever stands against it.", c.Event)}
		if c.Severity == campaign.Stops {
			e.Speed, e.Role = exception.Officers, e.Kind.Officer()
			e.Default.Text = fmt.Sprintf("If nothing is done %s may not become active.", c.Event)
		}
		e.Deadline = max(span.Start.AddDays(-conflictDays).Millis(), s.workday(calendar.DateOf(calendars[c.Calendar].Document.Header.Issued), reactDays))
		e.ID = ConflictID(author, c.Event, c.Kind)
		if i, joined := at[e.ID]; joined {
			out[i].Scope.Buckets.Start, out[i].Scope.Buckets.End = min(out[i].Scope.Buckets.Start, span.Start), max(out[i].Scope.Buckets.End, span.End)
			out[i].Shortage, out[i].Upper = max(out[i].Shortage, e.Shortage), max(out[i].Upper, e.Upper)
			if e.Speed == exception.Officers {
				out[i].Speed, out[i].Role, out[i].Default = e.Speed, e.Role, e.Default
			}
			continue
		}
		if e, err = s.planned(e, event); err != nil {
			return nil, err
		}
		at[e.ID], out = len(out), append(out, e)
	}
	return out, nil
}

// planned says what an event is planned to sell on top, where it counts in one unit, and what that is worth where every item has a price of one currency.
func (s *sight) planned(e exception.Exception, event campaign.Event) (_ exception.Exception, err error) {
	priced := true
	for _, i := range event.Impacts {
		if e.Unit != "" && i.Unit != e.Unit {
			e.Units, e.Unit, e.Worth = quantity.Quantity{}, "", "a lift in several units"
			priced = false
			break
		}
		e.Unit = i.Unit
		if e.Units, err = e.Units.Add(i.Lift); err != nil {
			return e, err
		}
		price, known := s.priceOf(i.Item, i.Unit)
		if !known || e.Value.Currency != "" && e.Value.Currency != price.Currency {
			priced = false
			continue
		}
		worth, err := price.Times(i.Lift)
		if err != nil {
			return e, err
		}
		if e.Value, err = (quantity.Money{Minor: e.Value.Minor, Currency: price.Currency}).Add(worth); err != nil {
			return e, err
		}
	}
	e.UnitsMax = e.Units
	if e.Units.Sign() > 0 {
		e.Worth = fmt.Sprintf("%s planned on top", e.Unit.Said(e.Units.String()))
	}
	if !priced {
		e.Value = quantity.Money{}
	} else if e.Value.Minor != 0 {
		e.Worth += fmt.Sprintf(", at the prices of %s: %s", node.Count(len(event.Items), "item"), e.Value)
	}
	return e, nil
}

// charts raises the items whose newest subgroup signals: the limits come from the baseline, so that a signal is no surprise of its own making.
func (s *sight) charts() (out []exception.Exception, err error) {
	rows, err := s.r.InForce(quality.Type, block.CID{})
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		doc, err := s.r.Quality(row.Root)
		if err != nil {
			return nil, err
		}
		drawn := map[string]bool{}
		for _, m := range doc.Measures {
			key := m.Item.ID() + "|" + m.Site.Key() + "|" + m.Process
			if drawn[key] {
				continue
			}
			drawn[key] = true
			groups, spec := quality.SeriesOf(doc, m.Item, m.Site, m.Process)
			c, err := quality.DrawChart(groups, spec)
			if err != nil || c.Chart.Short || len(c.Chart.Points) == 0 {
				continue // too few to draw limits from: a signal would say nothing
			}
			last := len(c.Chart.Points) - 1
			point, label := c.Chart.Points[last], groups[len(groups)-1].At
			if len(point.Signals) == 0 || point.Baseline {
				continue
			}
			e := exception.Exception{Kind: exception.Chart, Side: exception.Seller, Speed: exception.Desk, Role: "QUALITY", Unit: m.Unit,
				Scope:    exception.Scope{Group: m.Process, Product: m.Item.ID(), Region: m.Site.Key(), Buckets: calendar.Bucket{Start: label, End: label.AddDays(1)}},
				Deadline: s.workday(calendar.DateOf(doc.Header.Issued), reactDays),
				Cause:    fmt.Sprintf("the %s chart of %s signals on %s (%s)", c.Chart.Kind, m.Item.ID(), label, ruleNames(point.Signals)),
				Default:  exception.Outcome{Code: exception.OutcomeStays, Text: "If nothing is done the process stays as it is, and whatever changed it goes on unfound."}}
			e.Units = quantity.Of(groups[len(groups)-1].X)
			e.UnitsMax = e.Units
			if e, err = s.forDesk(e, fmt.Sprintf("defective of %d looked at", groups[len(groups)-1].N), "QUALITY"); err != nil {
				return nil, err
			}
			out = append(out, named(e, exception.Scope{Group: m.Process, Product: m.Item.ID(), Region: m.Site.Key()}, row.Author))
		}
	}
	return out, nil
}

func ruleNames(rules []measure.Rule) string {
	text := ""
	for i, r := range rules {
		if i > 0 {
			text += "; "
		}
		text += r.Words()
	}
	return text
}
