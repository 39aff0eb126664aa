package board

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"kontor/node"
	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/cadence"
	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
	"kontor/protocol/capacity"
	"kontor/protocol/decision"
	"kontor/protocol/forecast"
	"kontor/protocol/partnership"
	"kontor/protocol/performance"
	"kontor/protocol/terms"
)

// meetingsAhead is how many meetings of each cadence are looked for: launch syncs that nothing is launched in are among them.
const meetingsAhead = 60

// Cadence shows the next meetings of the terms in force with a partner: their steps with owner, inputs, gate and what happens by itself, and
// the agenda as what both sides signed makes it today.
func (b *Board) Cadence(by By, q wire.CadenceQuery) (wire.CadenceReport, error) {
	on, err := b.meetingsFrom(q)
	if err != nil {
		return wire.CadenceReport{}, err
	}
	return b.meetings(by, q, on, on)
}

// meetingsFrom is the day asked for, or today.
func (b *Board) meetingsFrom(q wire.CadenceQuery) (calendar.Date, error) {
	if q.From == "" {
		return calendar.DateOf(b.node.Now()), nil
	}
	day, err := calendar.ParseDate(q.From)
	if err != nil {
		return 0, node.Failf("BAD_DATE", "the day %q: %v", q.From, err)
	}
	return day, nil
}

// meetings are those from a day on, by the terms in force on another.
func (b *Board) meetings(by By, q wire.CadenceQuery, on, from calendar.Date) (wire.CadenceReport, error) {
	list, err := b.visible(by.Scope, q.With)
	if err != nil {
		return wire.CadenceReport{}, err
	}
	if len(list) != 1 {
		return wire.CadenceReport{}, node.Failf("WHICH_PARTNER", "%d partnerships fit; name one with --with: kontor partner list", len(list))
	}
	g := gathering{Board: b, by: by, p: list[0], on: on}
	if err := g.gather(); err != nil {
		return wire.CadenceReport{}, err
	}
	out := wire.CadenceReport{With: b.desk.PartnerName(g.p), Meetings: []wire.Meeting{}, Restricted: len(by.Scope.Products)+len(by.Scope.Regions) > 0}
	for _, t := range g.terms {
		perCadence := map[string]int{}
		for _, m := range t.Document.Meetings(from, meetingsAhead) {
			if q.Cadence != "" && m.Cadence != q.Cadence || perCadence[m.Cadence] >= max(q.Most, 1) {
				continue
			}
			if m.Cadence == cadence.Launch && !cadence.Launching(m.Day, g.launchDays()) {
				continue
			}
			perCadence[m.Cadence]++
			one, err := g.meeting(t, m)
			if err != nil {
				return out, err
			}
			out.Meetings = append(out.Meetings, one)
		}
	}
	slices.SortStableFunc(out.Meetings, func(x, y wire.Meeting) int { return cmp.Compare(x.Day, y.Day) })
	if len(out.Meetings) == 0 {
		return out, node.Failf("NO_MEETING", "the terms in force with %s name no such meeting from %s on; kontor terms dates lists them", out.With, from)
	}
	return out, nil
}

// gathering is what the state of a partnership says that a meeting may be about.
type gathering struct {
	*Board
	by       By
	p        *node.Partnership
	on       calendar.Date
	terms    []terms.Agreed
	items    []cadence.Item // but launches
	launches []campaign.LaunchView
	held     map[string]protocol.ArtifactRow // newest in force, by type and side
	answered block.CID                       // the forecast that the newest answer answers
	windows  []protocol.WindowRow
}

func (g *gathering) gather() error {
	err := g.node.View(g.p.PID, func(r *protocol.Replica) (err error) {
		if g.terms, err = r.TermsInForce(g.on); err != nil {
			return err
		}
		if g.windows, err = r.Windows(); err != nil {
			return err
		}
		return g.holdings(r)
	})
	if err != nil {
		return err
	}
	if len(g.terms) == 0 {
		return g.desk.NoTerms(g.p, "", g.on)
	}
	for _, add := range []func() error{g.milestones, g.topicsOpen, g.exceptions, g.figures} {
		if err := add(); err != nil {
			return err
		}
	}
	check, err := g.desk.CheckCampaigns(g.p.PID.String())
	if err == nil {
		g.launches = check.Launches
	}
	return ignoreMissing(err)
}

// ignoreMissing lets what is not shared yet be no item.
func ignoreMissing(err error) error {
	if err == nil || node.AsFailure(err).Code != "INTERNAL" {
		return nil
	}
	return err
}

// sideOf names a company's side in the partnership.
func (g *gathering) sideOf(company block.CID) cadence.Side {
	if m, ok := g.p.Genesis.Member(company); ok && m.Role == partnership.RoleBuyer {
		return cadence.Buyer
	}
	return cadence.Seller
}

func (g *gathering) holdings(r *protocol.Replica) error {
	g.held = map[string]protocol.ArtifactRow{}
	for _, typ := range []string{forecast.Type, capacity.PlanType, capacity.AnswerType} {
		rows, err := r.Versions(typ)
		if err != nil {
			return err
		}
		for _, row := range rows {
			key := typ + string(g.sideOf(row.Author))
			if before, there := g.held[key]; row.Status == protocol.InForce && (!there || before.T < row.T) {
				g.held[key] = row
			}
		}
	}
	if row, ok := g.held[capacity.AnswerType+string(cadence.Seller)]; ok {
		answer, err := r.Answer(row.Root)
		if err != nil {
			return err
		}
		g.answered = answer.Forecast
	}
	return nil
}

func (g *gathering) add(kind cadence.Kind, ref, title, owner string, due calendar.Date) {
	g.items = append(g.items, cadence.Item{Kind: kind, Ref: ref, Title: title, Owner: owner, Due: due})
}

// milestones are the steps of rollout plans that are ready or overdue.
func (g *gathering) milestones() error {
	docs, err := g.documents(g.by, g.p.PID.String())
	if err != nil {
		return err
	}
	for _, d := range docs {
		if !d.toDo() {
			continue
		}
		steps, err := g.plan(d)
		if err != nil {
			return err
		}
		for _, s := range steps {
			if s.State == decision.StepReady || s.State == decision.StepOverdue {
				g.add(cadence.Milestone, d.row.Document.String()+"/"+s.ID, s.Title, string(g.sideOf(s.Party))+" "+string(s.Owner), s.Due)
			}
		}
	}
	loose, err := g.looseSteps(g.by, g.p)
	for _, s := range loose {
		if s.State == decision.StepReady || s.State == decision.StepOverdue {
			g.add(cadence.Milestone, s.ID, s.Title, string(g.sideOf(s.Party))+" "+string(s.Owner), s.Due)
		}
	}
	return err
}

func (g *gathering) topicsOpen() error {
	return g.eachTopic(g.by, wire.TopicListQuery{With: g.p.PID.String(), Open: true}, func(f found) error {
		g.add(cadence.Decision, f.t.ID.String(), f.t.Title, "both", calendar.DateOf(f.t.Deadline))
		return nil
	})
}

// exceptions that no topic is about yet.
func (g *gathering) exceptions() error {
	view, err := g.desk.Match(g.p.PID.String())
	if err != nil {
		return ignoreMissing(err)
	}
	for _, e := range view.Exceptions {
		if e.Closed || e.Topic != "" || !g.by.Scope.Product(e.Scope.Product) || e.Scope.Region != "" && !g.by.Scope.Region(e.Scope.Region) {
			continue
		}
		g.add(cadence.Exception, e.ID.String(), exceptionTitle(e), strings.ToLower(string(e.Side))+" "+e.Role, calendar.DateOf(e.Deadline))
	}
	return nil
}

func exceptionTitle(e desk.ExceptionView) string {
	about := []string{strings.ToLower(strings.ReplaceAll(string(e.Kind), "_", " "))}
	for _, s := range []string{e.Scope.Group, e.Scope.Product, e.Scope.Region, e.Scope.Buckets.String()} {
		if s != "" {
			about = append(about, s)
		}
	}
	return strings.Join(about, " ")
}

// figures are the months about which the two sides' reports differ.
func (g *gathering) figures() error {
	for _, w := range g.windows {
		if len(w.Reports) < 2 {
			continue
		}
		c, err := g.desk.ComparePerformance(desk.CompareQuery{With: g.p.PID.String(), Window: w.Window.String()})
		if err != nil {
			if err := ignoreMissing(err); err != nil {
				return err
			}
			continue
		}
		if n := c.Tally[performance.Unequal]; n > 0 {
			g.add(cadence.Figures, w.Window.String(), fmt.Sprintf("the reports of %s differ in %s", w.Window, node.Count(n, "cell")), "both COO", w.Window.End)
		}
	}
	return nil
}

func (g *gathering) launchDays() (out []calendar.Date) {
	for _, l := range g.launches {
		out = append(out, l.Date)
	}
	return out
}

// gates are the launches within the weeks of a sync that are not ready.
func (g *gathering) gates(day calendar.Date) (out []cadence.Item) {
	for _, l := range g.launches {
		if !g.by.Scope.Product(l.Item) || l.Ready || !cadence.Launching(day, []calendar.Date{l.Date}) {
			continue
		}
		for _, gate := range l.Gates {
			if gate.State != campaign.GatePassed {
				out = append(out, cadence.Item{Kind: cadence.Gate, Ref: l.Event + "/" + string(gate.Kind) + "/" + gate.Role,
					Title: fmt.Sprintf("launch of %s on %s: gate %s", l.Item, l.Date, strings.ToLower(string(gate.Kind))), Owner: "both " + cmp.Or(gate.Role, "CMO"), Due: gate.Due})
			}
		}
	}
	return out
}

// meeting is one meeting of the cadence with its steps and its agenda.
func (g *gathering) meeting(t terms.Agreed, m terms.Meeting) (wire.Meeting, error) {
	items := g.items
	if m.Cadence == cadence.Launch {
		items = g.gates(m.Day)
	}
	plan := cadence.Agenda(items, m.Day)
	digest, err := plan.Digest()
	if err != nil {
		return wire.Meeting{}, err
	}
	out := wire.Meeting{Contract: t.Document.Contract, Cadence: m.Cadence, Name: m.Name, Day: m.Day, Gates: m.Gates, Agenda: plan, Canceled: plan.Canceled(), Digest: digest}
	steps := cadence.Cycle(m.Cadence, m.Day, t.Document.Calendar.Workdays())
	for _, s := range steps {
		met, why := g.met(s, steps[0].Day, plan)
		out.Steps = append(out.Steps, wire.MeetingStep{Step: s, Met: met, Missing: why})
	}
	return out, nil
}

// met tells whether what a step needs is there, and what is missing where it is not.
func (g *gathering) met(s cadence.Step, freeze calendar.Date, plan cadence.Plan) (bool, string) {
	switch s.ID {
	case "ACTUALS":
		month := s.Day.Month().Add(-1).Bucket()
		for _, w := range g.windows {
			if w.Window == month && len(w.Reports) >= 2 {
				return true, ""
			}
		}
		return false, fmt.Sprintf("two reports of %s", month)
	case "DEMAND":
		if row, ok := g.held[forecast.Type+string(cadence.Buyer)]; ok && calendar.DateOf(row.T) >= freeze {
			return true, ""
		}
		return false, fmt.Sprintf("a forecast issued since %s", freeze)
	case "SUPPLY":
		asked, ok := g.held[forecast.Type+string(cadence.Buyer)]
		_, planned := g.held[capacity.PlanType+string(cadence.Seller)]
		switch {
		case !planned:
			return false, "a capacity plan"
		case !ok || g.answered != asked.Root:
			return false, "an answer to the forecast in force"
		}
		return true, ""
	}
	open := slices.DeleteFunc(slices.Clone(plan.Items), func(i cadence.Item) bool { return i.Kind == cadence.Decision && s.ID != "EXECUTIVE" })
	if n := len(open) + int(plan.More); n > 0 {
		return false, node.Count(n, "item")
	}
	return true, ""
}
