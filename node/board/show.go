package board

import (
	"cmp"
	"slices"
	"strings"

	"kontor/node"
	"kontor/node/api/wire"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/decision"
)

// List lists the topics a caller may see, newest first.
func (b *Board) List(by By, q wire.TopicListQuery) (wire.TopicListing, error) {
	out := wire.TopicListing{Topics: []wire.TopicInfo{}}
	err := b.eachTopic(by, q, func(f found) error {
		if q.Waiting {
			if mine, err := b.waitsForMe(by, f); err != nil || !mine {
				return err
			}
		}
		out.Topics = append(out.Topics, b.info(f.p, f.t))
		return nil
	})
	slices.SortStableFunc(out.Topics, func(x, y wire.TopicInfo) int { return cmp.Compare(y.Opened, x.Opened) })
	return out, err
}

// eachTopic visits the topics a caller may see, the active ones alone where it asks for those, by partnership.
func (b *Board) eachTopic(by By, q wire.TopicListQuery, visit func(found) error) error {
	list, err := b.visible(by.Scope, q.With)
	if err != nil {
		return err
	}
	for _, p := range list {
		topics, err := b.topics(p)
		if err != nil {
			return err
		}
		for _, t := range topics {
			if !seesScope(by.Scope, t.Scope) || q.Open && !t.Status.Active() {
				continue
			}
			if err := visit(found{p, t}); err != nil {
				return err
			}
		}
	}
	return nil
}

// waitsForMe tells whether the next step of a topic is the caller's: its company's, and in signing and scoring one its role has not taken.
func (b *Board) waitsForMe(by By, f found) (bool, error) {
	company := b.node.Company()
	if !slices.ContainsFunc(f.t.Waiting(), func(w decision.Wait) bool { return w.Company == company }) {
		return false, nil
	}
	role := decision.Role(by.Role)
	asked := !by.Role.Officer() || slices.Contains(required(f.t, company), role)
	switch {
	case f.t.Status == decision.Signing && f.t.Document != nil:
		missing, err := b.unsigned(f)
		return missing != "" && (!by.Role.Officer() || strings.Contains(missing, string(role))), err
	case f.t.Status == decision.Scoring && by.Role.Officer():
		m, held, err := b.peek(f.t.ID)
		if err != nil || !held {
			return asked, err
		}
		sheet := b.sheetOf(f, m)
		anew := slices.ContainsFunc(m.changed(sheet), func(c wire.ChangedValue) bool { return c.Again && c.Role == role })
		return anew || slices.Contains(f.t.Unscored(company, sheet), role), nil
	}
	return asked, nil
}

// unsigned says whose signatures this company's quorum still lacks under the topic's document: "CFO", "CFO or CTO".
func (b *Board) unsigned(f found) (missing string, err error) {
	err = b.node.View(f.p.PID, func(r *protocol.Replica) error {
		row, _, err := r.Round(*f.t.Document)
		for _, s := range row.Status() {
			if s.Company == b.node.Company() {
				missing = s.Missing
			}
		}
		return err
	})
	return missing, err
}

func (b *Board) info(p *node.Partnership, t decision.Topic) wire.TopicInfo {
	out := wire.TopicInfo{ID: t.ID.String(), Partnership: p.PID.String(), Partner: b.desk.PartnerName(p), Kind: t.Kind, Title: t.Title, Status: t.Status,
		ProposedBy: b.node.CompanyName(t.ProposedBy), Opened: t.Opened.T, Deadline: t.Deadline, Rounds: len(t.Offers), Document: optional(t.Document), Waiting: []wire.TopicWait{}}
	for _, w := range t.Waiting() {
		out.Waiting = append(out.Waiting, wire.TopicWait{Company: w.Company.String(), Name: b.node.CompanyName(w.Company), Todo: w.Todo, By: w.By})
	}
	return out
}

func optional(c *block.CID) string {
	if c == nil {
		return ""
	}
	return c.String()
}

// Show is everything about a topic, all parties side by side. What this company's officers think stands in it for officers and the admin alone.
func (b *Board) Show(by By, q wire.TopicQuery) (out wire.TopicDetail, err error) {
	f, err := b.find(by, q)
	if err != nil {
		return out, err
	}
	t := f.t
	out = wire.TopicDetail{TopicInfo: b.info(f.p, t), Scope: t.Scope, Default: t.Default(), Reason: t.Reason, Context: t.Context, Options: t.Options,
		Issues: t.Issues, Parties: []wire.TopicParty{}, Offers: []wire.TopicRound{}, Arithmetic: []decision.Arithmetic{},
		Deadlines: t.Deadlines(), Amends: t.Amends}
	for _, i := range decision.ResaleIssues(t.Issues) {
		out.Refused = append(out.Refused, i.ID)
	}
	if wire.Work.Allows(by.Role) {
		if out.Notes, err = b.notes(t.ID); err != nil {
			return out, err
		}
	}
	heard, err := b.heard(f.p, t)
	if err != nil {
		return out, err
	}
	for _, p := range t.Parties {
		one := wire.TopicParty{Company: p.Company.String(), Name: b.node.CompanyName(p.Company), Label: p.Label, Own: p.Company == b.node.Company(),
			Roles: required(t, p.Company), Joined: p.Joined, Ready: p.Ready, Committed: p.Commitment != nil, Old: p.Old, Accepted: p.Accepted, Heard: heard[p.Company]}
		if p.Shown != nil {
			one.Positions, one.Order = p.Shown.Positions, p.Shown.Order
		}
		out.Parties = append(out.Parties, one)
	}
	for i, o := range t.Offers {
		out.Offers = append(out.Offers, wire.TopicRound{Offer: o, Name: b.node.CompanyName(o.By), Changes: changes(t, i), Distance: distance(t, o.Round)})
	}
	m := materiality(f.p)
	out.Expectations = b.checks(f.p, t)
	judged := t.Expecting(out.Expectations)
	for _, o := range t.Options {
		if a, err := judged.Arithmetic(o.ID, m); err == nil && o.ID != decision.NoAgreement {
			out.Arithmetic = append(out.Arithmetic, a)
		}
	}
	if proposal, ok := judged.Proposal(m); ok {
		out.Proposal = &proposal
	}
	if t.Document != nil {
		err := b.node.View(f.p.PID, func(r *protocol.Replica) error {
			row, known, err := r.Round(*t.Document)
			if known {
				out.Binding, out.Signing = row.Binding(b.node.Company()), row.Status()
			}
			return err
		})
		if err != nil {
			return out, err
		}
	}
	if wire.Decide.Allows(by.Role) {
		out.Own, err = b.ownScores(f)
	}
	return out, err
}

func (b *Board) ownScores(f found) (*wire.OwnScores, error) {
	m, held, err := b.peek(f.t.ID)
	if err != nil {
		return nil, err
	}
	if !held {
		m = mind{Weights: decision.StandardWeights()}
	}
	sheet := b.sheetOf(f, m)
	own := b.own(f.t)
	out := &wire.OwnScores{Weights: m.Weights, Scores: sheet.Scores, Values: sheet.Evaluate(), Missing: f.t.Unscored(b.node.Company(), sheet),
		Committed: own.Commitment != nil && !own.Old, Changed: m.changed(sheet)}
	if out.Missing == nil {
		out.Missing = []decision.Role{}
	}
	if out.Reasons, err = b.reasons(); err != nil {
		return nil, err
	}
	goals, err := b.Goals()
	out.Goals = goals.Goals
	return out, err
}

// heard is when each party's newest entry held here was written, by its own clock.
func (b *Board) heard(p *node.Partnership, t decision.Topic) (map[block.CID]int64, error) {
	out := map[block.CID]int64{}
	err := b.node.View(p.PID, func(r *protocol.Replica) error {
		for _, party := range t.Parties {
			head, found, err := r.Log.Head(party.Company)
			if err != nil {
				return err
			}
			if found {
				out[party.Company] = head.Header.T
			}
		}
		return nil
	})
	return out, err
}
