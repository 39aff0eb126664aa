package decision

import (
	"cmp"
	"fmt"
	"slices"

	"kontor/crypto/sign"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
)

func compareIDs(a, b string) int { return cmp.Compare(a, b) }

func compareParties(a, b AgreementParty) int { return a.Company.Compare(b.Company) }

func compareEffects(a, b Effect) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), a.Party.Compare(b.Party), a.Cell.Compare(b.Cell), cmp.Compare(a.Ref, b.Ref))
}

// Check finds what is wrong with a document by itself: AGREEMENT-01 type or links, -02 parties or policies, -03 texts,
// -04 effects, -05 artifacts, -06 trade-offs, -07 targets, -08 rollout steps, -09 a rollout that waits for itself,
// -10 dates, -11 rollback, -12 amount, -13 terms.
func (a Agreement) Check() []artifact.Finding {
	var f artifact.Report
	if a.Type != AgreementType {
		f.Add("AGREEMENT-01", "type", "document type %q where %q is read", artifact.Clip(a.Type), AgreementType)
	}
	if !a.Partnership.Defined() || !a.Topic.Defined() || !a.Offer.Defined() || a.Round < 1 || a.Round > MaxRounds {
		f.Add("AGREEMENT-01", "", "partnership, topic and offer must be named, and the round be 1 to %d", MaxRounds)
	}
	if !validName(a.Title) || !identifier(a.Option) || a.Option == NoAgreement || a.Summary == "" || !plain(a.Summary, MaxText) {
		f.Add("AGREEMENT-03", "option", "title, option and summary must be there, in plain text; option 0 is not agreed to")
	}
	a.checkParties(&f)
	a.checkEffects(&f)
	for i, term := range a.Terms {
		known := (term.Value.Number == nil) != (term.Value.Date == nil)
		if len(a.Terms) > MaxIssues || !known || !identifier(term.Issue) || !validName(term.Name) || !plain(term.Unit, MaxID) || i > 0 && a.Terms[i-1].Issue >= term.Issue {
			f.Add("AGREEMENT-13", fmt.Sprintf("terms[%d]", i), "a term is a number or a date for a named issue, once, in order")
			break
		}
	}
	trades := make([]TradeOff, len(a.Trades))
	for i, trade := range a.Trades {
		trades[i] = trade.TradeOff
		if !a.has(trade.By) {
			f.Add("AGREEMENT-06", fmt.Sprintf("trades[%d].by", i), "%s is no party", trade.By.Short())
		}
	}
	checkTrades(&f, "trades", "AGREEMENT-06", trades)
	a.checkTargets(&f)
	a.checkRollout(&f)
	a.checkDates(&f)
	a.checkRollback(&f)
	if m := a.Amount; m != nil && (m.Minor < 0 || m.Currency.Digits() < 0) {
		f.Add("AGREEMENT-12", "amount", "the amount committed to must be money of at least nothing in a known currency")
	}
	return f.Findings()
}

func (a Agreement) has(company block.CID) bool {
	return slices.ContainsFunc(a.Parties, func(p AgreementParty) bool { return p.Company == company })
}

func (a Agreement) checkParties(f *artifact.Report) {
	if len(a.Parties) < 2 || len(a.Parties) > MaxParties {
		f.Add("AGREEMENT-02", "parties", "%d parties, want 2 to %d", len(a.Parties), MaxParties)
		return
	}
	for i, p := range a.Parties {
		at := fmt.Sprintf("parties[%d]", i)
		if !p.Company.Defined() || !p.Policy.Defined() || !validName(p.Name) || !validName(p.Label) || i > 0 && compareParties(a.Parties[i-1], p) >= 0 {
			f.Add("AGREEMENT-02", at, "a party has a company, a policy, a name and a role, once, in order")
		}
		policy, err := sign.ParsePolicy(p.Quorum)
		if err != nil {
			f.Add("AGREEMENT-02", at+".quorum", "%v", err)
		} else if policy.String() != p.Quorum {
			f.Add("AGREEMENT-02", at+".quorum", "the policy %q is written %q", artifact.Clip(p.Quorum), policy)
		}
	}
	if a.Witness != nil && a.has(*a.Witness) {
		f.Add("AGREEMENT-02", "witness", "a party can't be the witness")
	}
}

func (a Agreement) checkEffects(f *artifact.Report) {
	if len(a.Effects) > MaxEffects || len(a.Artifacts) > MaxArtifacts || len(a.Supersedes) > MaxSupersedes {
		f.Add("AGREEMENT-04", "effects", "more than %d effects, %d artifacts or %d superseded agreements", MaxEffects, MaxArtifacts, MaxSupersedes)
		return
	}
	for i, e := range a.Effects {
		at := fmt.Sprintf("effects[%d]", i)
		if !slices.Contains(effectKinds, e.Kind) || !e.Cell.valid() || e.Quantity.Sign() < 0 {
			f.Add("AGREEMENT-04", at, "effect of kind %q: want a known kind, a cell and a quantity of at least zero", artifact.Clip(string(e.Kind)))
		}
		switch {
		case !e.Kind.measured():
			// Terms and work to be done speak of no quantity: the cell is what they cover, the artifact or Ref what they are.
			if e.Kind == TermsInForce && e.Artifact == nil || !e.Quantity.IsZero() || e.Unit != "" {
				f.Add("AGREEMENT-04", at, "an effect %s has neither quantity nor unit; TERMS_IN_FORCE names the terms", e.Kind)
			}
		case !e.Unit.Known():
			f.Add("AGREEMENT-04", at+".unit", "unknown unit %q", artifact.Clip(string(e.Unit)))
		}
		if (e.Ref != "") != e.Kind.refers() || !plain(e.Ref, artifact.MaxName) {
			f.Add("AGREEMENT-04", at+".ref", "an effect %s of %q: CAMPAIGN_PLANNED names an event and CAPA_DUE a complaint, others nothing", artifact.Clip(string(e.Kind)), artifact.Clip(e.Ref))
		}
		if !a.has(e.Party) {
			f.Add("AGREEMENT-04", at+".party", "%s is no party", e.Party.Short())
		}
		if e.Artifact != nil && !slices.Contains(a.Artifacts, *e.Artifact) {
			f.Add("AGREEMENT-05", at+".artifact", "the artifact is not among those the agreement names")
		}
		if i > 0 && compareEffects(a.Effects[i-1], e) >= 0 {
			f.Add("AGREEMENT-04", at, "effect is out of order, or the cell is fixed twice")
		}
	}
	for _, list := range []struct {
		path  string
		links []block.CID
	}{{"artifacts", a.Artifacts}, {"supersedes", a.Supersedes}} {
		for i, c := range list.links {
			if !c.Defined() || i > 0 && list.links[i-1].Compare(c) >= 0 {
				f.Add("AGREEMENT-05", fmt.Sprintf("%s[%d]", list.path, i), "link is missing, out of order or double")
			}
		}
	}
}

func (a Agreement) checkTargets(f *artifact.Report) {
	if len(a.Targets) > MaxMeasures {
		f.Add("AGREEMENT-07", "targets", "%d targets, at most %d", len(a.Targets), MaxMeasures)
		return
	}
	for i, t := range a.Targets {
		if !identifier(t.ID) || !validName(t.Name) || !plain(t.Unit, MaxID) || !t.By.Valid() || i > 0 && a.Targets[i-1].ID >= t.ID {
			f.Add("AGREEMENT-07", fmt.Sprintf("targets[%d]", i), "a target has an ID, a name, a unit and a date, once, in order")
		}
	}
}

func (a Agreement) checkRollout(f *artifact.Report) {
	if len(a.Rollout) == 0 || len(a.Rollout) > MaxMilestones {
		f.Add("AGREEMENT-08", "rollout", "%d milestones, want 1 to %d", len(a.Rollout), MaxMilestones)
		return
	}
	ids := map[string]int{}
	for i, m := range a.Rollout {
		ids[m.ID] = i
	}
	for i, m := range a.Rollout {
		at := fmt.Sprintf("rollout[%d]", i)
		if !identifier(m.ID) || m.Title == "" || !plain(m.Title, MaxNote) || m.Proof == "" || !plain(m.Proof, MaxNote) || !m.Due.Valid() {
			f.Add("AGREEMENT-08", at, "a milestone has an ID, a title, a due date and what proves it")
		}
		if i > 0 && a.Rollout[i-1].ID >= m.ID {
			f.Add("AGREEMENT-08", at+".id", "milestone %q is out of order or double", artifact.Clip(m.ID))
		}
		if !a.has(m.Party) || !m.Owner.Known() {
			f.Add("AGREEMENT-08", at+".owner", "%s %q is no officer of a party", m.Party.Short(), artifact.Clip(string(m.Owner)))
		}
		for j, after := range m.After {
			k, known := ids[after]
			switch {
			case !known || j > 0 && m.After[j-1] >= after:
				f.Add("AGREEMENT-08", fmt.Sprintf("%s.after[%d]", at, j), "milestone %q is unknown, out of order or double", artifact.Clip(after))
			case a.Rollout[k].Due > m.Due:
				f.Add("AGREEMENT-10", fmt.Sprintf("%s.after[%d]", at, j), "milestone %q is due on %s, after what waits for it on %s", after, a.Rollout[k].Due, m.Due)
			}
		}
	}
	if circle := a.circle(); circle != "" {
		f.Add("AGREEMENT-09", "rollout", "milestone %q waits for itself", artifact.Clip(circle))
	}
}

// circle is a milestone that waits for itself, or "": steps whose predecessors are all done are taken away until
// none is left, or none can be.
func (a Agreement) circle() string {
	done := map[string]bool{}
	for range a.Rollout {
		moved := false
		for _, m := range a.Rollout {
			if !done[m.ID] && !slices.ContainsFunc(m.After, func(id string) bool { return !done[id] && a.milestone(id) }) {
				done[m.ID], moved = true, true
			}
		}
		if !moved {
			break
		}
	}
	for _, m := range a.Rollout {
		if !done[m.ID] {
			return m.ID
		}
	}
	return ""
}

func (a Agreement) milestone(id string) bool {
	return slices.ContainsFunc(a.Rollout, func(m Milestone) bool { return m.ID == id })
}

func (a Agreement) checkDates(f *artifact.Report) {
	if a.SignBy <= 0 || a.SignBy > artifact.MaxTime {
		f.Add("AGREEMENT-10", "sign_by", "%d is no time in milliseconds", a.SignBy)
	}
	if !a.From.Valid() || !a.Expires.Valid() || a.From >= a.Expires {
		f.Add("AGREEMENT-10", "expires", "the agreement runs from %s to before %s: want two dates, the earlier first", a.From, a.Expires)
	}
	if len(a.Reviews) == 0 || len(a.Reviews) > MaxReviews {
		f.Add("AGREEMENT-10", "reviews", "%d review dates, want 1 to %d", len(a.Reviews), MaxReviews)
		return
	}
	for i, d := range a.Reviews {
		if !d.Valid() || i > 0 && a.Reviews[i-1] >= d || d > a.Expires {
			f.Add("AGREEMENT-10", fmt.Sprintf("reviews[%d]", i), "review date %s is out of order or after the end", d)
		}
	}
}

// CheckAgainst finds where a checked document departs from its topic, proposed at time t (ms UTC): AGREEMENT-20 other
// topic, round or offer; -21 other parties; -22 terms or trade-offs that were not accepted; -23 sign_by not after the
// proposal or more than 14 days away, -24 effects outside the topic's scope, -27 not in the place of the agreement the topic is about.
func (a Agreement) CheckAgainst(topic Topic, t int64) []artifact.Finding {
	want, ok := topic.Agree()
	if !ok {
		return refuse("AGREEMENT-20", "topic", "a topic in %s has no accepted offer", topic.Status)
	}
	var f artifact.Report
	if a.Topic != want.Topic || a.Partnership != want.Partnership || a.Round != want.Round || a.Offer != want.Offer || a.Option != want.Option ||
		a.Title != want.Title || a.Summary != want.Summary {
		f.Add("AGREEMENT-20", "offer", "the document is not of the accepted offer of round %d, option %q", want.Round, want.Option)
	}
	if !slices.EqualFunc(a.Parties, want.Parties, func(p, q AgreementParty) bool { return p.Company == q.Company && p.Label == q.Label }) {
		f.Add("AGREEMENT-21", "parties", "the parties are not those of the topic")
	}
	if !slices.EqualFunc(a.Terms, want.Terms, func(p, q AgreedTerm) bool {
		return p.Issue == q.Issue && p.Name == q.Name && p.Unit == q.Unit && p.Value.Equal(q.Value)
	}) {
		f.Add("AGREEMENT-22", "terms", "the terms are not those accepted in round %d", want.Round)
	}
	if !slices.EqualFunc(a.Trades, want.Trades, func(p, q AgreedTrade) bool {
		return p.By == q.By && p.Gave == q.Gave && p.Got == q.Got && (p.Until == nil) == (q.Until == nil) && (p.Until == nil || *p.Until == *q.Until)
	}) {
		f.Add("AGREEMENT-22", "trades", "the trade-offs are not those of the accepted offer")
	}
	if topic.Amends != nil && (!slices.Contains(a.Supersedes, topic.Amends.Agreement) || topic.Amends.End && len(a.Effects) > 0) {
		f.Add("AGREEMENT-27", "supersedes", "the topic is about agreement %s: the document takes its place, and where the topic ends it, with no effects", topic.Amends.Agreement.Short())
	}
	if a.SignBy <= t || a.SignBy > t+MaxSignBy {
		f.Add("AGREEMENT-23", "sign_by", "sign_by %d must lie within 14 days after the proposal at %d", a.SignBy, t)
	}
	for i, e := range a.Effects {
		if !topic.Scope.covers(e.Cell) {
			f.Add("AGREEMENT-24", fmt.Sprintf("effects[%d]", i), "product %q in region %q, %s, is outside the topic's scope", e.Product, e.Region, e.Bucket)
		}
	}
	return f.Findings()
}

// covers tells whether a cell is one the topic is about.
func (s Scope) covers(c Cell) bool {
	return slices.Contains(s.Products, c.Product) && slices.Contains(s.Regions, c.Region) && s.Horizon.Covers(c.Bucket)
}

// Authority is what the partnership and the identity chains say about who signs: the policies in force at the topic's
// opening, and the witness the partnership names. A document may not say otherwise: its drafter would choose whose
// signature binds the partner.
type Authority struct {
	Parties []PartyAuthority
	Witness *block.CID
}

// PartyAuthority is one company's quorum for the topic's kind.
type PartyAuthority struct {
	Company block.CID
	Policy  block.CID // the identity chain entry that set it
	Quorum  string    // text form of sign.Policy
	DualHat bool      // its genesis lets one person sign in two roles
}

// CheckAuthority finds where a document departs from it: AGREEMENT-25 a party's policy, AGREEMENT-26 the witness.
func (a Agreement) CheckAuthority(auth Authority) []artifact.Finding {
	var f artifact.Report
	for i, p := range a.Parties {
		want := PartyAuthority{p.Company, p.Policy, p.Quorum, p.DualHat}
		if !slices.Contains(auth.Parties, want) {
			f.Add("AGREEMENT-25", fmt.Sprintf("parties[%d]", i), "%s is not bound by %q of policy %s", p.Company.Short(), artifact.Clip(p.Quorum), p.Policy.Short())
		}
	}
	if (a.Witness == nil) != (auth.Witness == nil) || a.Witness != nil && *a.Witness != *auth.Witness {
		f.Add("AGREEMENT-26", "witness", "the witness is not the one the partnership names")
	}
	return f.Findings()
}

// Signing opens the round of of a checked document whose CID is cid.
func (a Agreement) Signing(cid block.CID) (Round, error) {
	parties := make([]RoundParty, len(a.Parties))
	for i, p := range a.Parties {
		policy, err := sign.ParsePolicy(p.Quorum)
		if err != nil {
			return Round{}, fmt.Errorf("open round %d: party %s: %w", a.Round, p.Company.Short(), err)
		}
		parties[i] = RoundParty{Company: p.Company, PolicyCID: p.Policy, Policy: policy, DualHat: p.DualHat}
	}
	return NewRound(a.Topic, a.Round, cid, a.SignBy, a.Witness, parties)
}
