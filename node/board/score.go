package board

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"

	"kontor/node"
	"kontor/node/api/wire"
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

// computedReason stands with a Partnership Value that nobody moved and that needs a reason for its height.
const computedReason = "computed from the value bases both sides stated"

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
		open := f.t
		if open.Status == decision.Proposed {
			open.Status = decision.InContext // scores are this company's own until it commits: it need not wait for the partner to think
		}
		if findings := open.MayScore(decision.Person{Company: b.node.Company(), Roles: roles}, role); len(findings) > 0 {
			return m, refusal("scores", findings)
		}
		if err := b.lastReasons(role, in.Scores); err != nil {
			return m, err
		}
		for _, s := range in.Scores {
			m.Scores = slices.DeleteFunc(m.Scores, func(old decision.Score) bool {
				return old.Role == role && old.Option == s.Option && old.Lens == s.Lens
			})
			m.Scores = append(m.Scores, decision.Score{Role: role, Option: s.Option, Lens: s.Lens, Points: s.Points, Reason: s.Reason, Lift: s.Lift, Evidence: s.Evidence})
		}
	}
	for _, l := range in.Lifted {
		if l.By == "" && len(roles) == 1 {
			l.By = roles[0]
		}
		if !slices.Contains(roles, l.By) {
			return m, node.Failf("FORBIDDEN", "an objection is lifted by its role or the CEO in person, not by %v", roles)
		}
		m.Lifted = append(slices.DeleteFunc(m.Lifted, func(old decision.Lifting) bool {
			return old.Role == l.Role && old.Option == l.Option && old.Lens == l.Lens
		}), l)
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

// sameReason stands for the reason a role gave last on a lens.
const sameReason = "="

// lastReasons puts reasons given before in the place of the sign for them.
func (b *Board) lastReasons(role decision.Role, scores []wire.Scoring) error {
	if !slices.ContainsFunc(scores, func(s wire.Scoring) bool { return s.Reason == sameReason }) {
		return nil
	}
	given, err := b.reasons()
	if err != nil {
		return err
	}
	for i, s := range scores {
		if s.Reason != sameReason {
			continue
		}
		k := slices.IndexFunc(given, func(r wire.LastReason) bool { return r.Role == role && r.Lens == s.Lens })
		if k < 0 {
			return node.Failf("NO_REASON", "the %s has given no reason on %s yet; write one", role, s.Lens)
		}
		scores[i].Reason = given[k].Reason
	}
	return nil
}

// kept tells whether scores are those a role has given already.
func kept(m mind, role decision.Role, scores []wire.Scoring) bool {
	return !slices.ContainsFunc(scores, func(s wire.Scoring) bool {
		return !slices.ContainsFunc(m.Scores, func(old decision.Score) bool {
			return old.Role == role && old.Option == s.Option && old.Lens == s.Lens && old.Points == s.Points
		})
	})
}

// ready declares the context complete, with the commitment to the weights the first time.
func (b *Board) ready(m *mind, keep bool) func(decision.Topic, int64) (decision.Act, error) {
	return func(t decision.Topic, _ int64) (decision.Act, error) {
		own := b.own(t)
		if t.Status != decision.InContext || own.Ready {
			return decision.Act{}, errIdle
		}
		a := decision.Act{Verb: decision.Ready, Keep: keep && own.Commitment != nil}
		if own.Weights == nil {
			d, err := m.Secret.CommitWeights(m.Weights)
			if err != nil {
				return a, err
			}
			a.Weights = &d
		}
		context, err := contextOf(t)
		m.Ready = &context
		return a, err
	}
}

// commit commits to the scores if their time has come: the topic is in scoring, every required role has scored, and nothing is committed yet. An
// undefined entry says that it was not.
func (b *Board) commit(ctx context.Context, f *found, command node.Command, roles []decision.Role, m *mind) (node.Written, error) {
	own := b.own(f.t)
	if f.t.Status != decision.Scoring || own.Commitment != nil && !own.Old {
		return node.Written{}, nil
	}
	sheet := b.sheetOf(*f, *m)
	if len(f.t.Unscored(b.node.Company(), sheet)) > 0 || again(m.changed(sheet)) {
		return node.Written{}, nil
	}
	digest, err := m.Secret.Commit(sheet)
	if err != nil {
		return node.Written{}, node.Failf("REFUSED", "%v", err)
	}
	// The sheet is durable before the commitment leaves: a commitment nobody can open would be worthless.
	m.Sheet = &sheet
	if err := b.keep(*f, *m); err != nil {
		return node.Written{}, err
	}
	w, err := b.act(ctx, *f, command, roles, func(t decision.Topic, _ int64) (decision.Act, error) {
		if own := b.own(t); own.Commitment != nil && !own.Old {
			return decision.Act{}, errIdle
		}
		return decision.Act{Verb: decision.Commit, Commit: &digest}, nil
	})
	if errors.Is(err, errIdle) {
		return node.Written{}, nil
	}
	if err != nil {
		return w, err
	}
	return w, b.refresh(f)
}

// waitsFor says what stands between this company's scores and their commitment.
func (b *Board) waitsFor(f found, m mind) []string {
	out := []string{}
	sheet := b.sheetOf(f, m)
	for _, role := range f.t.Unscored(b.node.Company(), sheet) {
		out = append(out, fmt.Sprintf("the scores of the %s", role))
	}
	for _, c := range m.changed(sheet) {
		if c.Again {
			out = append(out, fmt.Sprintf("the %s's Partnership Value of option %s: it was given as %d when %d was computed, and %d is computed now", c.Role, c.Option, c.Points, c.From, c.To))
		}
	}
	if f.t.Status == decision.Proposed || f.t.Status == decision.InContext {
		seen, err := contextOf(f.t)
		changed := err != nil || m.Ready == nil || *m.Ready != seen // since this company's officers declared it complete
		for _, w := range f.t.Waiting() {
			if w.Company != b.node.Company() || changed {
				out = append(out, fmt.Sprintf("%s: %s", b.node.CompanyName(w.Company), w.Todo))
			}
		}
	}
	return out
}

// Ready declares the context complete.
func (b *Board) Ready(ctx context.Context, by By, in wire.TopicReadyRequest) (wire.TopicReceipt, error) {
	f, roles, done, err := b.begin(by, in.TopicAct)
	if err != nil {
		return wire.TopicReceipt{}, err
	}
	defer done()
	m, err := b.mind(f)
	if err != nil {
		return wire.TopicReceipt{}, err
	}
	if in.Weights != nil && b.own(f.t).Weights == nil {
		m.Weights = *in.Weights
	}
	if err := b.keep(f, m); err != nil {
		return wire.TopicReceipt{}, err
	}
	w, err := b.act(ctx, f, by.Command, roles, b.ready(&m, in.Keep))
	if errors.Is(err, errIdle) {
		return wire.TopicReceipt{}, node.Failf("ALREADY_READY", "a topic in %s does not wait for this company to be ready", f.t.Status)
	}
	if err != nil {
		return wire.TopicReceipt{}, err
	}
	return receipt(f, w), b.keep(f, m)
}

// Reveal opens parts of the newest commitment.
func (b *Board) Reveal(ctx context.Context, by By, in wire.TopicRevealRequest) (wire.TopicReceipt, error) {
	show := decision.Show{Positions: in.Positions, Rank: in.Rank, Scores: in.Scores}
	if show == (decision.Show{}) {
		show = decision.Show{Positions: true, Rank: true}
	}
	f, roles, done, err := b.begin(by, in.TopicAct)
	if err != nil {
		return wire.TopicReceipt{}, err
	}
	defer done()
	m, _, err := b.peek(f.t.ID)
	if err != nil {
		return wire.TopicReceipt{}, err
	}
	w, err := b.reveal(ctx, f, by.Command, roles, m, show)
	if err != nil {
		return wire.TopicReceipt{}, err
	}
	return receipt(f, w), nil
}

func (b *Board) reveal(ctx context.Context, f found, command node.Command, roles []decision.Role, m mind, show decision.Show) (node.Written, error) {
	return b.act(ctx, f, command, roles, func(decision.Topic, int64) (decision.Act, error) {
		if m.Sheet == nil {
			return decision.Act{}, node.Failf("NO_SCORES", "this company has committed to no scores in this topic")
		}
		r, err := m.Secret.Reveal(*m.Sheet, show)
		return decision.Act{Verb: decision.RevealScores, Reveal: &r}, err
	})
}

// reasonRow is the reason a role gave last on a lens.
type reasonRow struct {
	Role   decision.Role `cbor:"role"`
	Lens   decision.Lens `cbor:"lens"`
	Points int64         `cbor:"points"`
	Reason string        `cbor:"reason"`
}

func (b *Board) keepReasons(m mind) error {
	return b.node.Private(func(rows node.PrivateRows) error {
		for _, s := range m.Scores {
			if s.Reason == "" {
				continue
			}
			if err := rows.Put(reasonRows+string(s.Role)+"/"+string(s.Lens), reasonRow{s.Role, s.Lens, s.Points, s.Reason}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *Board) reasons() (out []wire.LastReason, err error) {
	out = []wire.LastReason{}
	err = b.node.ReadPrivate(func(rows node.PrivateRows) error {
		return rows.Scan(reasonRows, func(_ string, decode func(any) error) (bool, error) {
			var row reasonRow
			err := decode(&row)
			out = append(out, wire.LastReason(row))
			return true, err
		})
	})
	slices.SortFunc(out, func(x, y wire.LastReason) int {
		return cmp.Or(cmp.Compare(x.Role, y.Role), cmp.Compare(x.Lens, y.Lens))
	})
	return out, err
}
