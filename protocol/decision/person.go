package decision

import (
	"slices"
	"strconv"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
)

// This file is what a local person may do to a topic; peer.go is what entries of either side do. A command is checked
// here, then tried with Apply on the state the node holds, and only then written: so a node never writes an act its
// own fold would refuse.

// Person is who asks, as the node's own tokens say.
type Person struct {
	Company block.CID
	Roles   []Role // none: desk
}

// Decide answers whether a person may write this act now: PERSON-01 of no party, PERSON-02 not in a role that may,
// PERSON-03 too late to be sure of it, PERSON-06 a resale price is negotiated; else what Apply says. The result is the topic as it will stand when nothing
// of the partner's comes between.
func (t Topic) Decide(act Act, who Person, at At) (Topic, []artifact.Finding) {
	if who.Company != at.Member || t.party(who.Company) < 0 {
		return t, refuse("PERSON-01", "", "%s is no party of the topic", who.Company.Short())
	}
	if !t.may(who, act.Verb) {
		return t, refuse("PERSON-02", "verb", "%s is for %s", act.Verb, t.rolesFor(who.Company))
	}
	if at.T >= t.Deadline && act.Verb != RevealScores {
		return t, refuse("PERSON-03", "", "the deadline was %d: %s", t.Deadline, t.Default())
	}
	if found := t.lawful(act); len(found) > 0 {
		return t, found
	}
	return t.Apply(act, at)
}

// lawful keeps people from negotiating what two companies may not agree on (practice T19), whoever put it on the table.
func (t Topic) lawful(act Act) []artifact.Finding {
	switch act.Verb {
	case AddIssue:
		return refuseResale([]Issue{*act.Issue}, nil)
	case MakeOffer:
		return refuseResale(t.Issues, act.Offer.Trades)
	case AcceptOffer:
		var trades []TradeOff
		if n := len(t.Offers); n > 0 {
			trades = t.Offers[n-1].Trades
		}
		return refuseResale(t.Issues, trades)
	}
	return nil
}

// may tells whether one of the person's roles may do it. The desk may prepare: join, name context, state what the
// match computed. What binds, or shows what officers think, is for the roles the topic requires, and the CEO.
func (t Topic) may(who Person, verb Verb) bool {
	switch verb {
	case Join, AddContext, DropContext, StateBasis:
		return true
	case Withdraw:
		return t.Status == Proposed || len(who.Roles) > 0 && t.may(who, Decline) // what a desk opened it may take back until somebody took it up
	}
	return slices.ContainsFunc(who.Roles, func(r Role) bool { return r == CEO || slices.Contains(t.rolesFor(who.Company), r) })
}

func (t Topic) rolesFor(company block.CID) []Role {
	for _, r := range t.Required {
		if r.Company == company {
			return r.Roles
		}
	}
	return nil
}

// Default is the outcome when the deadline passes, in words; it is known from the first day.
func (t Topic) Default() string {
	o, _ := t.Option(NoAgreement)
	return "no agreement, option 0 happens: " + o.Summary
}

// MayScore tells whether a person may enter a score for a role: its own only, and only one the topic requires.
func (t Topic) MayScore(who Person, role Role) []artifact.Finding {
	switch {
	case !slices.Contains(who.Roles, role):
		return refuse("PERSON-02", "role", "%s is scored by its holder", role)
	case !slices.Contains(t.rolesFor(who.Company), role):
		return refuse("PERSON-02", "role", "the topic does not ask %s of this company, but %s", role, t.rolesFor(who.Company))
	case t.Status != InContext && t.Status != Scoring:
		return refuse("TOPIC-20", "", "a topic in %s takes no scores", t.Status)
	}
	return nil
}

// Unscored lists the required roles of a company that have not scored every option on some lens: who the node still
// waits for before it commits.
func (t Topic) Unscored(company block.CID, sheet ScoreSheet) []Role {
	var out []Role
	for _, role := range t.rolesFor(company) {
		for _, o := range t.Options {
			has := slices.ContainsFunc(sheet.Scores, func(s Score) bool { return s.Role == role && s.Option == o.ID })
			if o.ID != NoAgreement && !has {
				out = append(out, role)
				break
			}
		}
	}
	return out
}

// Limit is how far a company's people let the node go on one issue.
type Limit struct {
	Issue string `cbor:"issue" json:"issue"`
	Low   Value  `cbor:"low" json:"low"`
	High  Value  `cbor:"high" json:"high"`
}

// WithinLimits says what in an offer goes beyond the limits a company's people have set (PERSON-04). A node that
// offers by itself offers only what passes; issues without a limit are for people.
func (t Topic) WithinLimits(terms Terms, limits []Limit) []artifact.Finding {
	var f artifact.Report
	for _, issue := range t.Issues {
		i := slices.IndexFunc(limits, func(l Limit) bool { return l.Issue == issue.ID })
		v, ok := terms.value(issue.ID)
		if i < 0 || !ok || !v.fits(issue.Kind) || !limits[i].Low.fits(issue.Kind) || !limits[i].High.fits(issue.Kind) {
			f.Add("PERSON-04", "offer.values", "issue %q has no limit or no value: a person must offer", issue.ID)
			continue
		}
		if v.rat().Cmp(limits[i].Low.rat()) < 0 || v.rat().Cmp(limits[i].High.rat()) > 0 {
			f.Add("PERSON-04", "offer.values", "%s of issue %q is outside the limits %s to %s", v, issue.ID, limits[i].Low, limits[i].High)
		}
	}
	return f.Findings()
}

// NextOffer is the frame of the next offer: its round, and the values of the last offer to change.
func (t Topic) NextOffer(option string) Terms {
	terms := Terms{Round: int64(len(t.Offers)) + 1, Option: option, Values: []IssueValue{}, Trades: []TradeOff{}}
	if n := len(t.Offers); n > 0 {
		terms.Values = slices.Clone(t.Offers[n-1].Values)
	}
	return terms
}

// Waiting says whom a topic waits for, one line a party with something to do.
func (t Topic) Waiting() []Wait {
	var out []Wait
	last := int64(len(t.Offers))
	for _, p := range t.Parties {
		var todo string
		switch t.Status {
		case Proposed:
			todo = when(!p.Joined, "join or decline")
		case InContext:
			todo = when(!p.Ready, "declare the context complete")
		case Scoring:
			todo = when(!committed(p), "score and commit")
		case Negotiation:
			switch {
			case last == 0:
				todo = "make the first offer"
			case p.Accepted != last:
				todo = "accept, counter or decline round " + strconv.FormatInt(last, 10)
			}
		case Signing:
			todo = either(t.Document == nil, "draft the document", "sign")
		}
		if todo != "" {
			by := t.Deadline
			if t.Status == Signing && t.Document != nil {
				by = min(by, t.SignBy)
			}
			out = append(out, Wait{p.Company, p.Label, todo, by})
		}
	}
	return out
}

// Wait is one party's next step, and the deadline it has.
type Wait struct {
	Company block.CID `json:"company"`
	Label   string    `json:"label"`
	Todo    string    `json:"todo"`
	By      int64     `json:"by"` // ms UTC
}
