package board

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"

	"kontor/node"
	"kontor/node/api/wire"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/quantity"
)

// mindRows hold what this company's officers think about a topic; reasonRows the reasons they gave last.
const (
	mindRows   = "board/mind/"
	reasonRows = "board/reason/"
)

// mind is what a company thinks about one topic: private, and needed whole to open its commitments.
type mind struct {
	Secret  decision.Secret         `cbor:"secret"`
	Weights decision.CompanyWeights `cbor:"weights"`
	Scores  []decision.Score        `cbor:"scores"` // as persons gave them; Partnership Values they left alone are not among them
	Lifted  []decision.Lifting      `cbor:"lifted"`
	// Seen are the computed Partnership Values the roles had before them.
	Seen []seen `cbor:"seen,omitempty"`
	// Sheet is what the newest commitment commits to.
	Sheet *decision.ScoreSheet `cbor:"sheet,omitempty"`
	// Ready is the state of the context that officers declared complete. When only a value basis comes after it, the node says so again.
	Ready *block.CID `cbor:"ready,omitempty"`
	// Basis is stated when all parties have taken the topic up: before, it takes none.
	Basis []decision.OptionBasis `cbor:"basis,omitempty"`
	// Reveal is what officers chose to show once all have committed: "positions", "rank", "scores" or nothing.
	Reveal string `cbor:"reveal"`
	// Strategy lets the node offer by itself.
	Strategy *decision.Strategy `cbor:"strategy,omitempty"`
}

// mind reads, or makes, what this company thinks about a topic.
func (b *Board) mind(f found) (m mind, err error) {
	err = b.node.Private(func(rows node.PrivateRows) error {
		held, err := rows.Get(mindRows+f.t.ID.String(), &m)
		if err != nil || held {
			return err
		}
		m = mind{Weights: decision.StandardWeights(), Scores: []decision.Score{}, Lifted: []decision.Lifting{}}
		if m.Secret, err = decision.NewSecret(rand.Reader, f.p.PID, f.t.ID, b.node.Company()); err != nil {
			return err
		}
		return rows.Put(mindRows+f.t.ID.String(), m)
	})
	return m, err
}

// peek reads it without making it.
func (b *Board) peek(topic block.CID) (m mind, held bool, err error) {
	err = b.node.ReadPrivate(func(rows node.PrivateRows) error {
		held, err = rows.Get(mindRows+topic.String(), &m)
		return err
	})
	return m, held, err
}

func (b *Board) keep(f found, m mind) error {
	return b.node.Private(func(rows node.PrivateRows) error { return rows.Put(mindRows+f.t.ID.String(), m) })
}

// sheet is the score sheet over the topic as it stands: persons' scores, and the computed Partnership Value for each role that scored an option and
// left that lens alone. Scores of options that are gone are left out.
func (m mind) sheet(t decision.Topic, materiality quantity.Money) (decision.ScoreSheet, []decision.Arithmetic) {
	sheet, shown := t.Scorable(m.Weights, materiality)
	type cell struct {
		role   decision.Role
		option string
	}
	given, moved := map[cell]bool{}, map[cell]bool{}
	for _, s := range m.Scores {
		if _, known := t.Option(s.Option); !known {
			continue
		}
		sheet.Scores = append(sheet.Scores, s)
		given[cell{s.Role, s.Option}] = true
		moved[cell{s.Role, s.Option}] = moved[cell{s.Role, s.Option}] || s.Lens == decision.PartnershipValue
	}
	for _, o := range sheet.Options {
		for _, role := range decision.ScoringRoles {
			if at := (cell{role, o.ID}); given[at] && !moved[at] {
				s := decision.Score{Role: role, Option: o.ID, Lens: decision.PartnershipValue, Points: o.Computed}
				if s.Points <= 2 || s.Points >= 8 {
					s.Reason = computedReason
				}
				sheet.Scores = append(sheet.Scores, s)
			}
		}
	}
	sheet.Lifted = slices.Clone(m.Lifted)
	return sheet.Sorted(), shown
}

// contextOf identifies what officers looked at when they said that the context is complete; value bases may still come.
func contextOf(t decision.Topic) (block.CID, error) {
	seen := struct {
		Context []decision.ContextRef `cbor:"context"`
		Options []decision.Option     `cbor:"options"`
		Issues  []decision.Issue      `cbor:"issues"`
	}{t.Context, slices.Clone(t.Options), t.Issues}
	for i := range seen.Options {
		seen.Options[i].Basis = []decision.StatedBasis{}
	}
	b, err := block.New(seen)
	return b.CID, err
}

func (b *Board) own(t decision.Topic) decision.Participant {
	i := slices.IndexFunc(t.Parties, func(p decision.Participant) bool { return p.Company == b.node.Company() })
	if i < 0 {
		return decision.Participant{}
	}
	return t.Parties[i]
}

// Score takes a role's scores and goes as far as the topic allows: it joins, states the basis, declares the context complete, and commits once every
// required role has scored and the partner is ready too. What remains, [Board.Watch] does when its time comes.
func (b *Board) Score(ctx context.Context, by By, in wire.TopicScoreRequest) (out wire.TopicScored, err error) {
	if !slices.Contains([]string{"", "positions", "rank", "scores", "nothing"}, in.Reveal) {
		return out, node.Failf("BAD_REVEAL", "reveal %q: positions, rank, scores and nothing are known", in.Reveal)
	}
	f, roles, done, err := b.begin(by, in.TopicAct)
	if err != nil {
		return out, err
	}
	defer done()
	out.Steps = []string{}
	do := func(verb decision.Verb, make func(t decision.Topic, now int64) (decision.Act, error)) error {
		w, err := b.act(ctx, f, by.step(string(verb)), roles, make)
		if errors.Is(err, errIdle) {
			return nil
		}
		if err != nil {
			return err
		}
		out.TopicReceipt = receipt(f, w)
		out.Steps = append(out.Steps, string(verb))
		return b.refresh(&f)
	}
	out.TopicReceipt = wire.TopicReceipt{Partnership: f.p.PID.String(), Topic: f.t.ID.String()}
	err = do(decision.Join, func(t decision.Topic, _ int64) (decision.Act, error) {
		if b.own(t).Joined {
			return decision.Act{}, errIdle
		}
		return decision.Act{Verb: decision.Join}, nil
	})
	if err != nil {
		return out, err
	}
	if len(in.Basis) > 0 && f.t.Status == decision.Scoring && !stated(f.t, b.node.Company(), in.Basis) {
		return out, node.Failf("REFUSED", "value bases are stated before the context is complete, and all sides have said it is: leave --basis out to score on what stands")
	}
	if len(in.Basis) > 0 && f.t.Status != decision.Proposed {
		err = do(decision.StateBasis, func(t decision.Topic, _ int64) (decision.Act, error) {
			if stated(t, b.node.Company(), in.Basis) {
				return decision.Act{}, errIdle
			}
			return decision.Act{Verb: decision.StateBasis, Basis: in.Basis}, nil
		})
		if err != nil {
			return out, err
		}
	}
	m, err := b.take(f, roles, in)
	if err != nil {
		return out, err
	}
	if len(in.Basis) > 0 {
		m.Basis = nil // what was said last counts
	}
	if f.t.Status == decision.Proposed {
		// What the officers have before them is complete to them; the node says so once the partner has taken the topic up.
		context, err := contextOf(f.t)
		if err != nil {
			return out, err
		}
		m.Ready = &context
		if len(in.Basis) > 0 {
			m.Basis = in.Basis
		}
	} else if err := do(decision.Ready, b.ready(&m, in.Keep)); err != nil {
		return out, err
	}
	if err := b.keep(f, m); err != nil {
		return out, err
	}
	if committed, err := b.commit(ctx, &f, by.step(string(decision.Commit)), roles, &m); err != nil {
		return out, err
	} else if committed.Entry.Defined() {
		out.TopicReceipt = receipt(f, committed)
		out.Steps = append(out.Steps, string(decision.Commit))
	}
	sheet := b.sheetOf(f, m)
	own := b.own(f.t)
	out.Committed = own.Commitment != nil && !own.Old
	out.Values, out.Changed = sheet.Evaluate(), m.changed(sheet)
	out.WaitsFor = b.waitsFor(f, m)
	return out, nil
}

// stated tells whether a side's statements stand already.
func stated(t decision.Topic, company block.CID, basis []decision.OptionBasis) bool {
	for _, s := range basis {
		o, known := t.Option(s.Option)
		if !known || !slices.Contains(o.Basis, decision.StatedBasis{Company: company, Basis: s.Basis}) {
			return false
		}
	}
	return true
}

// refresh reads the topic again.
func (b *Board) refresh(f *found) error {
	topics, err := b.topics(f.p)
	for _, t := range topics {
		if t.ID == f.t.ID {
			f.t = t
		}
	}
	return err
}

// take checks and keeps the scores of one role.
func (b *Board) take(f found, roles []decision.Role, in wire.TopicScoreRequest) (mind, error) {
	m, err := b.mind(f)
	if err != nil {
		return m, err
	}
	if in.Weights != nil && b.own(f.t).Weights == nil {
		m.Weights = *in.Weights
	}
	if in.Reveal != "" {
		m.Reveal = in.Reveal
	}
	if len(in.Scores) == 0 && len(in.Lifted) == 0 {
		return m, b.keep(f, m)
	}
	if len(in.Scores) > 0 {
		role := in.As
		if role == "" && len(roles) == 1 {
			role = roles[0]
		}
		if role == "" {
			return m, node.Failf("WHICH_ROLE", "%v score for this company; say for which with --as ROLE", roles)
		}
		// A retry of a command that led to a commitment finds it and changes nothing.
		if own := b.own(f.t); own.Commitment != nil && !own.Old && f.t.Status != decision.InContext && f.t.Status != decision.Scoring {
			if kept(m, role, in.Scores) {
				return m, nil
			}
		}
		if err := b.mayScore(f.t, roles, role, in.Scores); err != nil {
			return m, err
		}
		m.score(role, in.Scores)
	}
	if err := m.lift(roles, in.Lifted); err != nil {
		return m, err
	}
	sheet := b.sheetOf(f, m)
	if findings := sheet.Check(); len(findings) > 0 {
		return m, refusal("scores", findings)
	}
	if len(in.Scores) > 0 {
		var options []string
		for _, s := range in.Scores {
			options = append(options, s.Option)
		}
		m.noteSeen(m.Scores[len(m.Scores)-1].Role, options, sheet)
	}
	if err := b.keepReasons(m); err != nil {
		return m, err
	}
	return m, b.keep(f, m)
}

// mayScore tells why scores of a role can't be taken from officers of some roles.
func (b *Board) mayScore(t decision.Topic, roles []decision.Role, role decision.Role, scores []wire.Scoring) error {
	if t.Status == decision.Proposed {
		t.Status = decision.InContext // scores are this company's own until it commits: it need not wait for the partner to think
	}
	if findings := t.MayScore(decision.Person{Company: b.node.Company(), Roles: roles}, role); len(findings) > 0 {
		return refusal("scores", findings)
	}
	var unknown artifact.Report
	for i, s := range scores {
		if _, listed := t.Option(s.Option); !listed {
			unknown.Add("SCORE-03", fmt.Sprintf("scores[%d].option", i), "option %q is not on the list; kontor topic show prints it", artifact.Clip(s.Option))
		}
	}
	if list := unknown.Findings(); len(list) > 0 {
		return refusal("scores", list)
	}
	if err := b.lastReasons(role, scores); err != nil {
		return err
	}
	return b.cited(scores)
}

// score takes scores of a role in the place of those it gave before.
func (m *mind) score(role decision.Role, scores []wire.Scoring) {
	for _, s := range scores {
		m.Scores = slices.DeleteFunc(m.Scores, func(old decision.Score) bool {
			return old.Role == role && old.Option == s.Option && old.Lens == s.Lens
		})
		m.Scores = append(m.Scores, decision.Score{Role: role, Option: s.Option, Lens: s.Lens, Points: s.Points, Reason: s.Reason, Lift: s.Lift, Evidence: s.Evidence})
	}
}

// lift takes objections back, by officers of some roles.
func (m *mind) lift(roles []decision.Role, lifted []decision.Lifting) error {
	for _, l := range lifted {
		if l.By == "" && len(roles) == 1 {
			l.By = roles[0]
		}
		if !slices.Contains(roles, l.By) {
			return node.Failf("FORBIDDEN", "an objection is lifted by its role or the CEO in person, not by %v", roles)
		}
		m.Lifted = append(slices.DeleteFunc(m.Lifted, func(old decision.Lifting) bool {
			return old.Role == l.Role && old.Option == l.Option && old.Lens == l.Lens
		}), l)
	}
	return nil
}
