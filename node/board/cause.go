package board

import (
	"errors"
	"fmt"
	"slices"

	"kontor/node"
	"kontor/node/desk"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
	"kontor/protocol/capacity"
	"kontor/protocol/decision"
	"kontor/protocol/exception"
	"kontor/protocol/forecast"
	"kontor/protocol/quality"
)

// This file makes topics of exceptions that are no shortage: which of the four kinds each becomes, what happens by itself, and two ways out in words. Where a
// forecast moved beyond its bands the ways out name the cells.

// matter is what a topic about a sort of exception is about. The ways out are for people to change; %s is what the exception speaks of.
type matter struct {
	kind     decision.Kind
	title    string
	one, two string
	rests    string // type of the documents it rests on; "" is the forecast and the plan that were matched
}

var matters = map[exception.Kind]matter{
	exception.Flex: {decision.Commercial, "%s moved beyond the bands", "the move stands: %s is asked for as the forecast says, beyond the bands",
		"the move stands as far as the bands let it: %s goes back to their limit", forecast.Type},
	exception.FrozenZone: {decision.Commercial, "%s moved where nothing may move", "the move stands: %s is asked for as the forecast says, in the frozen zone too",
		"the move is taken back: %s stays what both stood by", forecast.Type},
	exception.Volatility: {decision.DemandCapacity, "demand of %s moves too much", "the new demand stands, and the next plan of %s follows it",
		"the demand of %s comes back inside its thresholds before the next measurement", ""},
	exception.Overstock: {decision.DemandCapacity, "too much of %s lies there", "less of %s is made and ordered until the stock is worked off",
		"the stock of %s is taken off earlier than the forecast says, or moved to where it is wanted", ""},
	exception.Bias: {decision.DemandCapacity, "forecasts of %s err to one side", "the next forecasts of %s are corrected by what they err",
		"how %s is forecast is looked into, and the next three revisions are watched", forecast.Type},
	// where days are known on which nothing stands against the event, the option names them
	exception.Campaign: {decision.JointMarketing, "something stands against %s", "%s moves to other days",
		"%s goes as planned with less: less volume, fewer places or fewer items", campaign.Type},
	exception.Chart: {decision.Quality, "the chart of %s signals", "what was made of %s since the signal is held until the cause is found",
		"%s goes on leaving with every lot inspected until the cause is found", quality.Type},
	exception.Missing: {decision.DemandCapacity, "%s is missing", "what is missing of %s comes within five working days",
		"the figures held stand for %s until it comes", ""},
	exception.StaleData: {decision.DemandCapacity, "figures of %s are old", "new figures of %s come within five working days",
		"the figures of %s stand, and are looked at again in four weeks", ""},
	exception.Invalidated: {decision.DemandCapacity, "figures of %s were overtaken", "new figures of %s come within five working days",
		"the figures of %s stand although they were overtaken, until the next ones", ""},
	exception.Unmapped: {decision.DemandCapacity, "nobody makes %s under that number", "the seller takes %s into its plan",
		"%s is taken out of the forecast, or asked for under another number", ""},
	exception.SLARisk: {decision.Commercial, "%s is about to be missed", "what is left of the window is put first, so that %s is kept",
		"less is promised by %s for this window, against something else", ""},
	exception.SlotReview: {decision.DemandCapacity, "the slot of %s no longer fits", "the slot takes what the forecast asks of %s now",
		"the slot of %s is given back", ""},
	exception.IndexDue: {decision.Commercial, "the value of %s is due", "both state what %s was published at, with its source, within five working days",
		"the price that %s moves is agreed for this month", ""},
	exception.Unpaid: {decision.Commercial, "%s is owed and not paid", "%s is paid within ten working days",
		"%s is set against what is owed the other way", ""},
	exception.Late: {decision.DemandCapacity, "step %s is overdue", "step %s is done within ten working days",
		"the agreement behind step %s is amended: its dates or what is to be done", ""},
	exception.Disturbed: {decision.DemandCapacity, "%s is disturbed", "new figures of %s that hold the disturbance come within five working days",
		"the figures of %s stand, and are looked at again when it is over", ""},
	exception.Upstream: {decision.DemandCapacity, "the demand behind %s has moved", "%s is asked for by new figures that come within five working days",
		"what was asked of %s stands, and is looked at again in four weeks", forecast.Type},
}

// maxRests bounds the documents a topic made here rests on: people add others.
const maxRests = 4

// aboutCause makes the proposal of a topic about an exception that is no shortage.
func (b *Board) aboutCause(p *node.Partnership, e desk.ExceptionView) (decision.Proposal, error) {
	if e.Kind == exception.Rollback {
		return b.aboutRollback(p, e)
	}
	m, known := matters[e.Kind]
	if !known {
		return decision.Proposal{}, node.Failf("NO_WAY_OUT", "the node makes no topic of %s by itself; open it with --proposal FILE --manual", e.Kind)
	}
	if e.Kind == exception.Missing && e.Scope.Group != "" { // a report that a clause of the terms asks for
		m.kind = decision.Commercial
	}
	if e.Kind == exception.Late {
		m.kind = kindOfOwner(e.Role)
	}
	what := subject(e.Exception)
	id := desk.ExceptionCID(e.ID)
	out := decision.Proposal{Kind: m.kind, Trigger: decision.ByException, Exception: &id, Priority: decision.Medium, Title: fmt.Sprintf(m.title, what),
		Deadline: max(e.Deadline, b.node.Now()+leastTime), Scope: scopeOf(e.Exception, calendar.DateOf(b.node.Now())), Options: []decision.Option{
			{ID: decision.NoAgreement, Summary: e.Default.Text}, {ID: "1", Summary: fmt.Sprintf(m.one, what)}, {ID: "2", Summary: fmt.Sprintf(m.two, what)}}}
	if e.Speed == exception.Officers {
		out.Priority = decision.High
	}
	if e.Kind == exception.Flex || e.Kind == exception.FrozenZone {
		return out, b.moves(p, e, &out)
	}
	var err error
	if out.Context, err = b.restsOn(p, m.rests); err != nil {
		return out, err
	}
	return out, b.bargained(p, e, &out)
}

// kindOfOwner is the kind of topic in which the officer who answers for a step leads.
func kindOfOwner(role string) decision.Kind {
	switch decision.Role(role) {
	case decision.CMO:
		return decision.JointMarketing
	case decision.CTO:
		return decision.Quality
	case decision.CFO:
		return decision.Commercial
	}
	return decision.DemandCapacity
}

// byGroup are the kinds whose scope names in its group what they speak of: an event, a clause, an entry, a step.
var byGroup = []exception.Kind{exception.Campaign, exception.SLARisk, exception.IndexDue, exception.Unpaid, exception.Late}

// subject is what an exception speaks of, in a word.
func subject(e exception.Exception) string {
	switch {
	case slices.Contains(byGroup, e.Kind) && e.Scope.Group != "" || e.Scope.Product == "" && e.Scope.Group != "":
		return e.Scope.Group
	case e.Scope.Product != "":
		return e.Scope.Product
	case e.Side == exception.Buyer:
		return "the buyer"
	}
	return "the seller"
}

// scopeOf are the cells a topic about an exception is about. Only a region that forecasts name is one.
func scopeOf(e exception.Exception, today calendar.Date) decision.Scope {
	s := decision.Scope{Products: []string{artifact.All}, Regions: []string{artifact.All}, Horizon: e.Scope.Buckets}
	if e.Scope.Product != "" {
		s.Products = []string{e.Scope.Product}
	}
	if forecast.ValidRegion(e.Scope.Region) {
		s.Regions = []string{e.Scope.Region}
	}
	if !s.Horizon.Valid() {
		s.Horizon = calendar.Bucket{Start: today, End: today.AddDays(1)}
	}
	return s
}

// moves fills in the cells of a move: as the forecast asks for them, and as the bands let them be. Of more than fit in a topic the words alone stand.
func (b *Board) moves(p *node.Partnership, e desk.ExceptionView, out *decision.Proposal) error {
	list, root, err := b.desk.Moves(p, e.Scope.Product, e.Kind == exception.FrozenZone)
	if err != nil || !root.Defined() {
		return err
	}
	out.Context = []block.CID{root}
	if 2*len(list) > decision.MaxEffects {
		return nil
	}
	buyer := b.desk.AuthorOf(p, root)
	at := map[decision.Cell]int{}
	for _, m := range list {
		cell := decision.Cell{Product: m.Product, Region: m.Region, Bucket: m.Bucket}
		i, joined := at[cell] // lines of one product and region that differ in their site
		if !joined {
			i = len(at)
			at[cell] = i
			for o := 1; o <= 2; o++ {
				out.Options[o].Effects = append(out.Options[o].Effects, decision.OptionEffect{Cell: cell, Party: buyer, Unit: m.Unit})
			}
		}
		asked, allowed := &out.Options[1].Effects[i], &out.Options[2].Effects[i]
		if asked.Quantity, err = asked.Quantity.Add(m.Asked); err != nil {
			return err
		}
		if allowed.Quantity, err = allowed.Quantity.Add(m.Allowed); err != nil {
			return err
		}
	}
	return nil
}

// restsOn are the documents a topic rests on: those of a type in force, or the forecast and the plan as they are matched; none where there are none.
func (b *Board) restsOn(p *node.Partnership, typ string) ([]block.CID, error) {
	if typ != "" {
		return b.desk.Causes(p, typ, maxRests)
	}
	v, err := b.desk.Match(p.PID.String())
	var missing *node.Failure
	switch {
	case errors.As(err, &missing):
		plans, err := b.desk.Causes(p, capacity.PlanType, 1)
		if err != nil {
			return nil, err
		}
		forecasts, err := b.desk.Causes(p, forecast.Type, 1)
		return append(forecasts, plans...), err
	case err != nil:
		return nil, err
	}
	return []block.CID{v.Forecast, v.Plan}, nil
}

// byMatch tells whether the match found an exception: its ways out are computed.
func byMatch(k exception.Kind) bool {
	return slices.Contains([]exception.Kind{exception.Shortage, exception.Overload}, k)
}
