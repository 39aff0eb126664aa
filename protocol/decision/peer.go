package decision

import (
	"cmp"
	"fmt"
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
)

// This file is what entries of either side do to a topic; person.go is what a local person may do. Both go through
// the table.

// Apply is the topic after an act of a party. On refusal it is unchanged and the findings say why: TOPIC-20 the act
// is not one this state takes, TOPIC-21 by no party, TOPIC-22 after the deadline, TOPIC-23 already done, TOPIC-24
// after a role signature, TOPIC-26 withdrawn by another than its author; the other codes belong to the parts. Give Observe the entry first.
func (t Topic) Apply(act Act, at At) (Topic, []artifact.Finding) {
	if found := act.Check(); len(found) > 0 {
		return t, found
	}
	i := t.party(at.Member)
	switch {
	case i < 0:
		return t, refuse("TOPIC-21", "", "%s is no party of the topic", at.Member.Short())
	case act.Topic == nil || *act.Topic != t.ID:
		return t, refuse("TOPIC-20", "topic", "the act is about another topic")
	case !slices.Contains(acts[t.Status], act.Verb):
		return t, refuse("TOPIC-20", "verb", "a topic in %s does not take %s; kontor topic status says what comes first", t.Status, act.Verb)
	case at.T > t.Deadline && act.Verb != RevealScores:
		return t, refuse("TOPIC-22", "", "acted at %d, after the deadline %d", at.T, t.Deadline)
	case t.Bound && act.Verb != RevealScores:
		return t, refuse("TOPIC-24", "verb", "a role signature stands: only the round's outcome moves the topic")
	}
	after, found := t.clone().apply(act, at, i)
	if len(found) > 0 {
		return t, found
	}
	return after, nil
}

// clone copies what acts write to, so that the topic before the act stays as it was.
func (t Topic) clone() Topic {
	t.Parties, t.Context, t.Options = slices.Clone(t.Parties), slices.Clone(t.Context), slices.Clone(t.Options)
	t.Issues, t.Offers = slices.Clone(t.Issues), slices.Clone(t.Offers)
	return t
}

func (t Topic) apply(act Act, at At, i int) (Topic, []artifact.Finding) {
	switch act.Verb {
	case Join:
		return t.join(at, i)
	case AddContext:
		return t.addContext(act.Context, at)
	case DropContext:
		return t.dropContext(act.Drop, at)
	case AddOption:
		return t.addOption(*act.Option, at)
	case AddIssue:
		return t.addIssue(*act.Issue)
	case StateBasis:
		return t.stateBasis(act.Basis, at)
	case Ready:
		return t.ready(act, at, i)
	case Commit:
		return t.commit(*act.Commit, at, i)
	case RevealScores:
		return t.reveal(*act.Reveal, at, i)
	case MakeOffer:
		return t.offer(*act.Offer, at, i)
	case AcceptOffer:
		return t.accept(*act.Accept, at, i)
	case Decline:
		return t.leave(act, at, Declined)
	case Withdraw:
		if at.Member != t.ProposedBy {
			return t, refuse("TOPIC-26", "verb", "only its author takes a topic back; others decline it")
		}
		return t.leave(act, at, Withdrawn)
	}
	panic(fmt.Sprintf("invariant: the table takes no act %q", act.Verb))
}

// leave ends the topic with a reason.
func (t Topic) leave(act Act, at At, to Status) (Topic, []artifact.Finding) {
	if !plain(act.Reason, MaxNote) {
		return t, refuse("TOPIC-15", "reason", "the reason is longer than %d bytes or not plain text", MaxNote)
	}
	t.Closer, t.Reason = &at.Member, act.Reason
	return t.move(Cause(act.Verb), to, at.mark()), nil
}

func (t Topic) join(at At, i int) (Topic, []artifact.Finding) {
	if t.Parties[i].Joined {
		return t, refuse("TOPIC-23", "verb", "%s takes part already", t.Parties[i].Label)
	}
	t.Parties[i].Joined = true
	if t.all(func(p Participant) bool { return p.Joined }) {
		t = t.move(Cause(Join), InContext, at.mark())
	}
	return t, nil
}

func (t Topic) addContext(links []block.CID, at At) (Topic, []artifact.Finding) {
	var f artifact.Report
	checkLinks(&f, "context", links, len(t.Context))
	for i, c := range links {
		if slices.ContainsFunc(t.Context, func(r ContextRef) bool { return r.CID == c }) {
			f.Add("TOPIC-05", fmt.Sprintf("context[%d]", i), "the artifact is named already")
		}
		t.Context = append(t.Context, ContextRef{CID: c, By: &at.Member})
	}
	t.unready()
	return t, f.Findings()
}

// dropContext takes back what a party named; what another rests its case on stays.
func (t Topic) dropContext(links []block.CID, at At) (Topic, []artifact.Finding) {
	var f artifact.Report
	checkLinks(&f, "drop", links, 0)
	for i, c := range links {
		j := slices.IndexFunc(t.Context, func(r ContextRef) bool { return r.CID == c })
		if j < 0 || t.Context[j].author(t) != at.Member {
			f.Add("TOPIC-27", fmt.Sprintf("drop[%d]", i), "%s is not an artifact this party named", c.Short())
			continue
		}
		t.Context = slices.Delete(t.Context, j, j+1)
	}
	t.unready()
	return t, f.Findings()
}

func (r ContextRef) author(t Topic) block.CID {
	if r.By != nil {
		return *r.By
	}
	return t.ProposedBy
}

// unready takes back the parties' word that the context is complete: it has changed since they gave it.
func (t Topic) unready() {
	for i := range t.Parties {
		t.Parties[i].Ready = false
	}
}

func (t Topic) addOption(o Option, at At) (Topic, []artifact.Finding) {
	var f artifact.Report
	if o.By != at.Member || slices.ContainsFunc(o.Basis, func(b StatedBasis) bool { return b.Company != at.Member }) {
		f.Add("TOPIC-06", "option", "an option is by its author and states its author's value basis only")
	}
	if o.ID == NoAgreement {
		f.Add("TOPIC-07", "option.id", "option 0 is on the list already")
	}
	i, double := slices.BinarySearchFunc(t.Options, o.ID, func(o Option, id string) int { return cmp.Compare(o.ID, id) })
	if double {
		f.Add("TOPIC-06", "option.id", "option %q is on the list already", o.ID)
	}
	t.Options = slices.Insert(t.Options, i, o)
	checkOptions(&f, t.Options)
	t.unready()
	return t, f.Findings()
}

func (t Topic) addIssue(issue Issue) (Topic, []artifact.Finding) {
	var f artifact.Report
	issue.check(&f, "issue")
	i, double := slices.BinarySearchFunc(t.Issues, issue.ID, func(i Issue, id string) int { return cmp.Compare(i.ID, id) })
	if double || len(t.Issues) >= MaxIssues {
		f.Add("TOPIC-11", "issue.id", "issue %q is named already, or there are %d", issue.ID, MaxIssues)
	}
	t.Issues = slices.Insert(t.Issues, i, issue)
	t.unready()
	return t, f.Findings()
}

func (t Topic) stateBasis(stated []OptionBasis, at At) (Topic, []artifact.Finding) {
	var f artifact.Report
	if len(stated) > MaxOptions {
		f.Add("TOPIC-10", "basis", "%d statements, at most %d", len(stated), MaxOptions)
		return t, f.Findings()
	}
	for j, s := range stated {
		path := fmt.Sprintf("basis[%d]", j)
		i := slices.IndexFunc(t.Options, func(o Option) bool { return o.ID == s.Option })
		if i < 0 || s.Option == NoAgreement || !s.Basis.valid() {
			f.Add("TOPIC-10", path, "no value basis can be stated for option %q", artifact.Clip(s.Option))
			continue
		}
		mine := StatedBasis{at.Member, s.Basis}
		basis := slices.Clone(t.Options[i].Basis)
		k, found := slices.BinarySearchFunc(basis, at.Member, func(b StatedBasis, c block.CID) int { return b.Company.Compare(c) })
		if found {
			basis[k] = mine
		} else {
			basis = slices.Insert(basis, k, mine)
		}
		t.Options[i].Basis = basis
	}
	t.unready()
	return t, f.Findings()
}

func (t Topic) ready(act Act, at At, i int) (Topic, []artifact.Finding) {
	p := &t.Parties[i]
	switch {
	case p.Ready:
		return t, refuse("TOPIC-23", "verb", "%s is ready already", p.Label)
	case p.Weights == nil && act.Weights == nil:
		return t, refuse("TOPIC-16", "weights", "weights are committed to before the first score")
	case p.Weights != nil && act.Weights != nil && *p.Weights != *act.Weights:
		return t, refuse("TOPIC-16", "weights", "weights are committed to once in a topic")
	case act.Keep && p.Commitment == nil:
		return t, refuse("TOPIC-17", "keep", "there are no earlier scores to keep")
	}
	p.Ready = true
	if p.Weights == nil {
		p.Weights = act.Weights
	}
	if act.Keep {
		p.Old = false
	}
	if t.all(func(p Participant) bool { return p.Ready }) {
		t = t.move(Cause(Ready), Scoring, at.mark())
		if t.all(committed) {
			t = t.move(Cause(Ready), Negotiation, at.mark())
		}
	}
	return t, nil
}

func committed(p Participant) bool { return p.Commitment != nil && !p.Old }

func (t Topic) commit(d Digest, at At, i int) (Topic, []artifact.Finding) {
	p := &t.Parties[i]
	if d.IsZero() {
		return t, refuse("TOPIC-17", "commit", "a commitment can't be all zeroes")
	}
	if slices.ContainsFunc(t.Parties, func(q Participant) bool { return q.Company != p.Company && q.Commitment != nil && *q.Commitment == d }) {
		return t, refuse("TOPIC-17", "commit", "this is another party's commitment")
	}
	p.Commitment, p.Old, p.Shown = &d, false, nil
	if t.all(committed) {
		t = t.move(Cause(Commit), Negotiation, at.mark())
	}
	return t, nil
}

func (t Topic) reveal(r Reveal, at At, i int) (Topic, []artifact.Finding) {
	p := &t.Parties[i]
	c := Committed{Partnership: t.Partnership, Topic: t.ID, Company: p.Company, Weights: *p.Weights, Scores: *p.Commitment}
	if found := r.Verify(c, t.OptionIDs()); len(found) > 0 {
		return t, found
	}
	shown := Shown{Entry: at.Entry, Scores: r.Scores != nil}
	if p.Shown != nil {
		shown.Positions, shown.Order = p.Shown.Positions, p.Shown.Order
		shown.Scores = shown.Scores || p.Shown.Scores
	}
	if r.Positions != nil {
		shown.Positions = r.Positions.Positions
	}
	if r.Rank != nil {
		shown.Order = r.Rank.Order
	}
	p.Shown = &shown
	return t, nil
}

func (t Topic) offer(terms Terms, at At, i int) (Topic, []artifact.Finding) {
	round := int64(len(t.Offers)) + 1
	switch {
	case round > MaxRounds:
		return t, refuse("TOPIC-25", "offer.round", "%d rounds have been played: decline, or accept the last", MaxRounds)
	case terms.Round != round:
		return t, refuse("TOPIC-18", "offer.round", "offer of round %d where round %d is due", terms.Round, round)
	case t.Status == Negotiation && round > 1 && t.Offers[round-2].By == at.Member && t.Parties[i].Accepted == round-1 && !t.reopened():
		return t, refuse("TOPIC-18", "offer", "%s made the last offer: it is another party's turn", t.Parties[i].Label)
	}
	if _, known := t.Option(terms.Option); !known || terms.Option == NoAgreement {
		return t, refuse("TOPIC-12", "offer.option", "option %q can't be offered", artifact.Clip(terms.Option))
	}
	if found := terms.check(t.Issues); len(found) > 0 {
		return t, found
	}
	t.Offers = append(t.Offers, Offer{Terms: terms, By: at.Member, Entry: at.Entry, At: at.mark()})
	for j := range t.Parties {
		t.Parties[j].Accepted = 0
	}
	t.Parties[i].Accepted = round // an offer is its author's acceptance
	if t.Status == Signing {
		t.Document, t.SignBy, t.Closer = nil, 0, nil
		t = t.move(Cause(MakeOffer), Negotiation, at.mark())
	}
	return t, nil
}

// reopened tells whether the last offer's round has run its course: accepted by all, then void. Then any party may
// make the next offer.
func (t Topic) reopened() bool {
	last := int64(len(t.Offers))
	return last > 0 && t.all(func(p Participant) bool { return p.Accepted == last })
}

func (t Topic) accept(a Acceptance, at At, i int) (Topic, []artifact.Finding) {
	last := int64(len(t.Offers))
	switch {
	case last == 0 || a.Round != last || a.Offer != t.Offers[last-1].Entry:
		return t, refuse("TOPIC-19", "accept", "only the newest offer, of round %d, can be accepted, by its entry", last)
	case t.Parties[i].Accepted == last:
		return t, refuse("TOPIC-23", "accept", "%s has accepted round %d already", t.Parties[i].Label, last)
	}
	t.Parties[i].Accepted = last
	if t.reopened() {
		t.Closer = &at.Member
		t = t.move(Cause(AcceptOffer), Signing, at.mark())
	}
	return t, nil
}
