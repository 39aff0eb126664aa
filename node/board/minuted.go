package board

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"kontor/node"
	"kontor/node/api/wire"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/cadence"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/protocol/terms"
)

const (
	// meetingBefore is how many days back a meeting is looked for that minutes are written of without naming its day: two months and a bit.
	meetingBefore = 70
	// minutedHorizon is how many days a topic of minutes looks ahead that is about no exception: a quarter.
	minutedHorizon = 92
)

// Record writes down what a meeting brought and opens its topics. Each part is written once, however often the request comes: also where the node stopped
// between them.
func (b *Board) Record(ctx context.Context, by By, in wire.MinutesRequest) (wire.MinutesReceipt, error) {
	p, err := b.desk.Partner(in.With, "")
	if err != nil {
		return wire.MinutesReceipt{}, err
	}
	if !b.sees(by.Scope, p) || restricted(by) {
		return wire.MinutesReceipt{}, node.Failf("FORBIDDEN", "minutes speak of every product: a token for some products writes none")
	}
	doc, err := b.minutesOf(by, p, in)
	if err != nil {
		return wire.MinutesReceipt{}, err
	}
	if findings := doc.Check(p.PID); len(findings) > 0 {
		return wire.MinutesReceipt{}, refusal("minutes", findings)
	}
	body, err := doc.Block()
	if err != nil {
		return wire.MinutesReceipt{}, err
	}
	out := wire.MinutesReceipt{Partnership: p.PID.String(), Minutes: body.CID.String(), Day: doc.Day.String(), Cadence: doc.Cadence}
	row, err := b.minutesRow(p, body.CID)
	if err != nil {
		return out, err
	}
	if _, said := row.Word(b.node.Company()); !said {
		w, err := b.node.Write(ctx, p.PID, by.Command, func(*protocol.Replica, int64) (protocol.Draft, error) {
			return protocol.Draft{Kind: protocol.KindMinutes, Body: &body}, nil
		})
		if err != nil {
			return out, err
		}
		out.Entry, out.Seq, out.T = w.Entry.String(), w.Seq, w.T
	}
	for i, l := range doc.Lines {
		if l.Kind != cadence.ToTopic {
			continue
		}
		topic, err := b.openMinuted(ctx, by, p, body.CID, i, l, in)
		if err != nil {
			return out, node.Failf(node.AsFailure(err).Code, "the minutes are written, and no topic was opened of line %s: %v; mend it and give the same command again", cadence.LineID(i), err)
		}
		out.Topics = append(out.Topics, topic)
	}
	return out, nil
}

// restricted tells a token that does not see every product.
func restricted(by By) bool { return len(by.Scope.Products)+len(by.Scope.Regions) > 0 }

func (b *Board) minutesRow(p *node.Partnership, id block.CID) (row protocol.MinutesRow, err error) {
	err = b.node.View(p.PID, func(r *protocol.Replica) error {
		list, err := r.Minutes()
		for _, m := range list {
			if m.ID == id {
				row = m
			}
		}
		return err
	})
	return row, err
}

// minutesOf is the document of a request.
func (b *Board) minutesOf(by By, p *node.Partnership, in wire.MinutesRequest) (cadence.Minutes, error) {
	doc := cadence.Minutes{Type: cadence.MinutesType, Partnership: p.PID, Lines: []cadence.Line{}}
	var err error
	if doc.Cadence, doc.Day, err = b.meetingOf(p, in); err != nil {
		return doc, err
	}
	var agreement *block.CID
	if in.Agreement != "" {
		d, err := b.pick(by, wire.AgreementQuery{Agreement: in.Agreement, With: p.PID.String()}, open)
		if err != nil {
			return doc, err
		}
		agreement = &d.row.Document
	}
	for _, text := range in.Decided {
		doc.Lines = append(doc.Lines, cadence.Line{Kind: cadence.Decided, Text: text})
	}
	for _, a := range in.Actions {
		party, err := b.side(p, a.Side)
		if err != nil {
			return doc, err
		}
		due, err := calendar.ParseDate(a.Due)
		if err != nil {
			return doc, node.Failf("BAD_DATE", "the day %q of the action %q: %v", a.Due, a.Text, err)
		}
		doc.Lines = append(doc.Lines, cadence.Line{Kind: cadence.Action, Text: a.Text, Party: &party, Owner: a.Owner, Due: due, Proof: a.Proof, Agreement: agreement})
	}
	for _, t := range in.Topics {
		l := cadence.Line{Kind: cadence.ToTopic, Text: t.Title, Topic: t.Kind, Agreement: agreement}
		if t.Exception != "" {
			about, _, err := b.fromException(p, wire.TopicOpenRequest{Exception: t.Exception})
			if err != nil {
				return doc, err
			}
			l.Topic, l.Text, l.Cause = cmp.Or(l.Topic, about.Kind), cmp.Or(l.Text, about.Title), about.Exception
		}
		l.Topic = cmp.Or(l.Topic, decision.DemandCapacity)
		doc.Lines = append(doc.Lines, l)
	}
	return doc, nil
}

// side is the party a person means: by its role in the partnership or by its name.
func (b *Board) side(p *node.Partnership, name string) (block.CID, error) {
	var fits []block.CID
	for _, m := range members(p) {
		if strings.EqualFold(m.Label, name) || strings.EqualFold(b.node.CompanyName(m.Company), name) {
			fits = append(fits, m.Company)
		}
	}
	if len(fits) != 1 {
		return block.CID{}, node.Failf("WHICH_PARTY", "%d parties are called %q; say buyer, seller or a company's name", len(fits), name)
	}
	return fits[0], nil
}

// meetingOf is the meeting that minutes are of: one that the terms in force name, or an extra one.
func (b *Board) meetingOf(p *node.Partnership, in wire.MinutesRequest) (string, calendar.Date, error) {
	today := calendar.DateOf(b.node.Now())
	on := today
	if in.Day != "" {
		var err error
		if on, err = calendar.ParseDate(in.Day); err != nil {
			return "", 0, node.Failf("BAD_DATE", "the day %q: %v", in.Day, err)
		}
		if on > today {
			return "", 0, node.Failf("BAD_DATE", "the day %s lies ahead: minutes are of a meeting that was held", on)
		}
	}
	if in.Cadence == cadence.Extra {
		return cadence.Extra, on, nil
	}
	from := on
	if in.Day == "" {
		from = today.AddDays(-meetingBefore)
	}
	var held []terms.Meeting
	var named []string
	inForce := false
	err := b.node.View(p.PID, func(r *protocol.Replica) error {
		agreed, err := r.TermsInForce(on)
		inForce = len(agreed) > 0
		for _, t := range agreed {
			for _, c := range t.Document.Cadence {
				named = append(named, c.ID)
			}
			for _, m := range t.Document.Meetings(from, meetingsAhead) {
				if m.Day <= on && (in.Cadence == "" || m.Cadence == in.Cadence) {
					held = append(held, m)
				}
			}
		}
		return err
	})
	if err != nil {
		return "", 0, err
	}
	switch {
	case !inForce:
		none := node.AsFailure(b.desk.NoTerms(p, "", on))
		return "", 0, node.Failf(none.Code, "%s; minutes of a meeting that no terms name take --cadence %s", none.Text, cadence.Extra)
	case len(named) == 0:
		return "", 0, node.Failf("NO_MEETING", "the terms in force name no meetings; minutes of one take --cadence %s", cadence.Extra)
	case in.Cadence != "" && !slices.Contains(named, in.Cadence):
		return "", 0, node.Failf("NO_MEETING", "the terms in force name no cadence %q; theirs are %s, and minutes of any other meeting take --cadence %s", in.Cadence, strings.Join(named, ", "), cadence.Extra)
	case len(held) == 0:
		return "", 0, node.Failf("NO_MEETING", "the terms in force name no such meeting on %s or shortly before; kontor cadence show lists the next ones, and minutes of any other meeting take --cadence %s", on, cadence.Extra)
	}
	last := slices.MaxFunc(held, func(x, y terms.Meeting) int { return cmp.Compare(x.Day, y.Day) })
	if slices.ContainsFunc(held, func(m terms.Meeting) bool { return m.Cadence != last.Cadence }) {
		return "", 0, node.Failf("WHICH_MEETING", "the terms name several cadences; say which with --cadence")
	}
	return last.Cadence, last.Day, nil
}

// openMinuted opens the topic of a line, where none was opened of it before.
func (b *Board) openMinuted(ctx context.Context, by By, p *node.Partnership, minutes block.CID, i int, l cadence.Line, in wire.MinutesRequest) (string, error) {
	line := cadence.LineID(i)
	var before block.CID
	var done bool
	if err := b.node.View(p.PID, func(r *protocol.Replica) (err error) { before, done, err = r.Minuted(minutes, line); return err }); err != nil {
		return "", err
	}
	if done {
		return before.String(), nil
	}
	own := decision.Proposal{Title: l.Text, Kind: l.Topic, Minuted: &decision.Minuted{Minutes: minutes, Line: line}}
	step := by
	step.Command = by.step("topic-" + line)
	var out wire.TopicReceipt
	var err error
	switch {
	case l.Cause != nil:
		out, err = b.Open(ctx, step, wire.TopicOpenRequest{With: p.PID.String(), Exception: in.Topics[i-len(in.Decided)-len(in.Actions)].Exception, Proposal: &own})
	case l.Agreement != nil:
		own.Trigger = decision.ByCadence
		out, err = b.Amend(ctx, step, wire.AgreementAmendRequest{AgreementQuery: wire.AgreementQuery{Agreement: l.Agreement.String(), With: p.PID.String()}, Proposal: &own})
	default:
		own = minutedProposal(own, calendar.DateOf(b.node.Now()))
		out, err = b.Open(ctx, step, wire.TopicOpenRequest{With: p.PID.String(), Manual: true, Proposal: &own})
	}
	return out.Topic, err
}

// minutedProposal is a topic about what a meeting could not decide, in words: the options are for people to change.
func minutedProposal(p decision.Proposal, today calendar.Date) decision.Proposal {
	p.Trigger, p.Priority = decision.ByCadence, decision.Medium
	p.Scope = decision.Scope{Products: []string{artifact.All}, Regions: []string{artifact.All}, Horizon: calendar.Bucket{Start: today, End: today.AddDays(minutedHorizon)}}
	p.Options = []decision.Option{{ID: decision.NoAgreement, Summary: "everything goes on as it is; the next meeting may speak of it again"},
		{ID: "1", Summary: p.Title}}
	return p
}

// AnswerMinutes says that a partner's minutes are right, or what is wrong with them.
func (b *Board) AnswerMinutes(ctx context.Context, by By, in wire.MinutesAnswerRequest) (wire.MinutesReceipt, error) {
	if restricted(by) {
		return wire.MinutesReceipt{}, node.Failf("FORBIDDEN", "minutes speak of every product: a token for some products answers none")
	}
	p, row, err := b.pickMinutes(by, in.With, in.Minutes, func(m protocol.MinutesRow) bool {
		_, said := m.Word(b.node.Company())
		return !said
	})
	if err != nil {
		return wire.MinutesReceipt{}, err
	}
	return b.sayOf(ctx, by, p, row, protocol.KindMinutesAnswer, cadence.MinutesAnswer{Minutes: row.ID, Reject: in.Reject})
}

// ActionDone reports an action of minutes done.
func (b *Board) ActionDone(ctx context.Context, by By, in wire.MinutesDoneRequest) (wire.MinutesReceipt, error) {
	short, line, ok := strings.Cut(in.Action, ".")
	if !ok || short == "" {
		return wire.MinutesReceipt{}, node.Failf("NO_MINUTES", "the action %q is named as kontor cadence minutes does: minutes, a dot and the line, as in k3x9fqaa.2", in.Action)
	}
	p, row, err := b.pickMinutes(by, in.With, short, nil)
	if err != nil {
		return wire.MinutesReceipt{}, err
	}
	return b.sayOf(ctx, by, p, row, protocol.KindMilestone, protocol.MilestoneReport{Document: row.ID, Milestone: line, Proof: in.Proof, Evidence: in.Evidence})
}

func (b *Board) sayOf(ctx context.Context, by By, p *node.Partnership, row protocol.MinutesRow, kind string, said any) (wire.MinutesReceipt, error) {
	body, err := block.New(said)
	if err != nil {
		return wire.MinutesReceipt{}, err
	}
	w, err := b.node.Write(ctx, p.PID, by.Command, func(*protocol.Replica, int64) (protocol.Draft, error) {
		return protocol.Draft{Kind: kind, Body: &body}, nil
	})
	return wire.MinutesReceipt{Partnership: p.PID.String(), Minutes: row.ID.String(), Day: row.Day.String(), Cadence: row.Cadence, Entry: w.Entry.String(), Seq: w.Seq, T: w.T}, err
}

// pickMinutes finds the minutes a person means: by the end of their ID, or the only ones that some condition fits.
func (b *Board) pickMinutes(by By, with, id string, fits func(protocol.MinutesRow) bool) (*node.Partnership, protocol.MinutesRow, error) {
	list, err := b.visible(by.Scope, with)
	if err != nil {
		return nil, protocol.MinutesRow{}, err
	}
	var at []*node.Partnership
	var rows []protocol.MinutesRow
	for _, p := range list {
		err := b.node.View(p.PID, func(r *protocol.Replica) error {
			all, err := r.Minutes()
			for _, m := range all {
				if id != "" && strings.HasSuffix(m.ID.String(), id) || id == "" && fits(m) {
					at, rows = append(at, p), append(rows, m)
				}
			}
			return err
		})
		if err != nil {
			return nil, protocol.MinutesRow{}, err
		}
	}
	switch {
	case len(rows) == 1:
		return at[0], rows[0], nil
	case len(rows) > 1:
		return nil, protocol.MinutesRow{}, node.Failf("WHICH_MINUTES", "%d minutes fit; name one by its ID: kontor cadence minutes", len(rows))
	case id == "":
		return nil, protocol.MinutesRow{}, node.Failf("NO_MINUTES", "no minutes wait for this company's word; kontor cadence minutes shows what was written down")
	}
	return nil, protocol.MinutesRow{}, node.Failf("NO_MINUTES", "no minutes %q are held; kontor cadence minutes shows what was written down", id)
}
