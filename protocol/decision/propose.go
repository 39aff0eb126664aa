package decision

import (
	"fmt"
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/quantity"
)

// MaxDeadline bounds how far ahead a topic's deadline may lie: a topic nobody closes for a year is a habit.
const MaxDeadline = 366 * 24 * 60 * 60 * 1000

// Member is a party of the partnership with the word people know it by.
type Member struct {
	Company block.CID
	Label   string // "buyer", "seller"
}

// OpenTopic makes the topic a proposal opens, or says what is wrong with it: TOPIC-01 kind, trigger or priority,
// TOPIC-02 proposer or parties, TOPIC-03 deadline, TOPIC-04 scope, TOPIC-05 context, TOPIC-06 to -10 options,
// TOPIC-11 issues. Members are those who write and sign; observers and a witness are not among them.
func OpenTopic(partnership block.CID, p Proposal, members []Member, at At) (Topic, []artifact.Finding) {
	var f artifact.Report
	checkProposal(&f, p, members, at)
	t := Topic{ID: at.Entry, Partnership: partnership, Kind: p.Kind, Title: p.Title, ProposedBy: at.Member, Opened: at.mark(), Since: at.mark(),
		Trigger: p.Trigger, Exception: p.Exception, Priority: p.Priority, Scope: p.Scope, Deadline: p.Deadline,
		Required: p.Required, Options: p.Options, Issues: p.Issues, Offers: []Offer{}, Context: []ContextRef{}, Amends: p.Amends, Minuted: p.Minuted,
		Parties: []Participant{}, Status: Proposed}
	for _, c := range p.Context {
		t.Context = append(t.Context, ContextRef{CID: c})
	}
	for _, m := range members {
		t.Parties = append(t.Parties, Participant{Company: m.Company, Label: m.Label, Joined: m.Company == at.Member})
	}
	slices.SortFunc(t.Parties, func(a, b Participant) int { return a.Company.Compare(b.Company) })
	for _, o := range t.Options {
		if o.By != at.Member {
			f.Add("TOPIC-06", "options", "option %q says it is by another company", o.ID)
		}
		for _, b := range o.Basis {
			if b.Company != at.Member {
				f.Add("TOPIC-10", "options", "option %q states a value basis of another company", o.ID)
			}
		}
	}
	if found := f.Findings(); len(found) > 0 {
		return Topic{}, found
	}
	return t, nil
}

func checkProposal(f *artifact.Report, p Proposal, members []Member, at At) {
	if !p.Kind.Known() {
		f.Add("TOPIC-01", "kind", "unknown topic kind %q", p.Kind)
	}
	if !slices.Contains([]Trigger{ByException, BySLA, ByCadence, ByEvent, ByHand}, p.Trigger) || (p.Trigger == ByException) != (p.Exception != nil) {
		f.Add("TOPIC-01", "trigger", "trigger %q: an EXCEPTION names its exception, nothing else does", p.Trigger)
	}
	if !slices.Contains([]Priority{High, Medium, Low}, p.Priority) {
		f.Add("TOPIC-01", "priority", "priority %q is none of HIGH, MEDIUM, LOW", p.Priority)
	}
	if !validName(p.Title) {
		f.Add("TOPIC-01", "title", "the title is empty, too long or not plain text")
	}
	if len(members) < 2 || !slices.ContainsFunc(members, func(m Member) bool { return m.Company == at.Member }) {
		f.Add("TOPIC-02", "", "%s is no party of this partnership", at.Member.Short())
	}
	checkRequired(f, p.Required, members)
	if p.Deadline <= at.T || p.Deadline > at.T+MaxDeadline {
		f.Add("TOPIC-03", "deadline", "deadline %d must lie within a year after the proposal at %d", p.Deadline, at.T)
	}
	checkScope(f, p.Scope)
	checkLinks(f, "context", p.Context, 0)
	checkOptions(f, p.Options)
	if p.Amends != nil && !p.Amends.Agreement.Defined() {
		f.Add("TOPIC-28", "amends", "an amendment names the agreement it is about")
	}
	if len(p.Issues) > MaxIssues {
		f.Add("TOPIC-11", "issues", "%d issues, at most %d", len(p.Issues), MaxIssues)
		return
	}
	for i, issue := range p.Issues {
		issue.check(f, fmt.Sprintf("issues[%d]", i))
		if i > 0 && p.Issues[i-1].ID >= issue.ID {
			f.Add("TOPIC-11", fmt.Sprintf("issues[%d]", i), "issue %q is out of order or double", issue.ID)
		}
	}
}

func checkRequired(f *artifact.Report, required []Requirement, members []Member) {
	if len(required) != len(members) {
		f.Add("TOPIC-02", "required", "roles are required of %d companies, the topic has %d parties", len(required), len(members))
		return
	}
	for i, r := range required {
		path := fmt.Sprintf("required[%d]", i)
		if !slices.ContainsFunc(members, func(m Member) bool { return m.Company == r.Company }) || i > 0 && required[i-1].Company.Compare(r.Company) >= 0 {
			f.Add("TOPIC-02", path, "company %s is no party, out of order or double", r.Company.Short())
		}
		if len(r.Roles) == 0 || len(r.Roles) > len(ScoringRoles) {
			f.Add("TOPIC-02", path, "%d roles: one to %d are required", len(r.Roles), len(ScoringRoles))
		}
		for j, role := range r.Roles {
			if !slices.Contains(ScoringRoles, role) || j > 0 && r.Roles[j-1] >= role {
				f.Add("TOPIC-02", path, "role %q does not score, is out of order or double", role)
			}
		}
	}
}

func checkScope(f *artifact.Report, s Scope) {
	for _, list := range []struct {
		path  string
		names []string
	}{{"scope.products", s.Products}, {"scope.regions", s.Regions}} {
		if len(list.names) == 0 || len(list.names) > MaxScope {
			f.Add("TOPIC-04", list.path, "%d names: want 1 to %d", len(list.names), MaxScope)
			continue
		}
		for i, name := range list.names {
			if !validName(name) || i > 0 && list.names[i-1] >= name {
				f.Add("TOPIC-04", list.path, "name %q is empty, too long, out of order or double", artifact.Clip(name))
			}
		}
	}
	if !s.Horizon.Valid() {
		f.Add("TOPIC-04", "scope.horizon", "the horizon is no period")
	}
}

func checkLinks(f *artifact.Report, path string, links []block.CID, held int) {
	if held+len(links) > MaxContext {
		f.Add("TOPIC-05", path, "%d artifacts, at most %d", held+len(links), MaxContext)
		return
	}
	for i, c := range links {
		if !c.Defined() || slices.Index(links, c) != i {
			f.Add("TOPIC-05", fmt.Sprintf("%s[%d]", path, i), "an artifact is named twice or not at all")
		}
	}
}

func checkOptions(f *artifact.Report, options []Option) {
	effects := 0
	if len(options) > MaxOptions {
		f.Add("TOPIC-06", "options", "%d options, at most %d", len(options), MaxOptions)
		return
	}
	for i, o := range options {
		effects += len(o.Effects)
		o.check(f, fmt.Sprintf("options[%d]", i))
		if i > 0 && options[i-1].ID >= o.ID {
			f.Add("TOPIC-06", fmt.Sprintf("options[%d]", i), "option %q is out of order or double", o.ID)
		}
	}
	if effects > MaxEffects {
		f.Add("TOPIC-08", "options", "%d effects, at most %d over all options", effects, MaxEffects)
	}
	if !slices.ContainsFunc(options, func(o Option) bool { return o.ID == NoAgreement }) {
		f.Add("TOPIC-07", "options", "option 0, what happens by itself, is not on the list")
	}
}

func (o Option) check(f *artifact.Report, path string) {
	if !identifier(o.ID) || o.Summary == "" || !plain(o.Summary, MaxText) {
		f.Add("TOPIC-06", path, "option %q: want a short ID and a summary in plain text", artifact.Clip(o.ID))
	}
	if o.ID == NoAgreement && (len(o.Needs) > 0 || len(o.Basis) > 0) {
		f.Add("TOPIC-07", path, "option 0 happens by itself: it needs nothing and costs nothing extra")
	}
	if len(o.Needs) > MaxNeeds || slices.ContainsFunc(o.Needs, func(n string) bool { return n == "" || !plain(n, MaxNote) }) {
		f.Add("TOPIC-06", path+".needs", "more than %d needs, or one is empty, too long or not plain text", MaxNeeds)
	}
	for i, e := range o.Effects {
		at := fmt.Sprintf("%s.effects[%d]", path, i)
		if !e.Cell.valid() || e.Quantity.Sign() < 0 || !e.Party.Defined() {
			f.Add("TOPIC-08", at, "an effect names a party, a cell and a quantity of at least zero")
		}
		if !e.Unit.Known() {
			f.Add("TOPIC-08", at+".unit", "unknown unit %q", artifact.Clip(string(e.Unit)))
		}
		if i > 0 && compareOptionEffects(o.Effects[i-1], e) >= 0 {
			f.Add("TOPIC-08", at, "effect is out of order or double")
		}
	}
	if o.Expect.Short.Sign() < 0 || o.Expect.Over.Sign() < 0 {
		f.Add("TOPIC-09", path+".expect", "expected units short and over can't be negative")
	}
	for i, b := range o.Basis {
		if !b.Basis.valid() || i > 0 && o.Basis[i-1].Company.Compare(b.Company) >= 0 {
			f.Add("TOPIC-10", fmt.Sprintf("%s.basis[%d]", path, i), "a unit short or over can't cost less than nothing, and a company states one basis")
		}
	}
}

func (b ValueBasis) valid() bool {
	return b.PerUnitShort.Sign() >= 0 && b.PerUnitOver.Sign() >= 0 // the extra cost may be a saving
}

func compareOptionEffects(a, b OptionEffect) int {
	if c := a.Party.Compare(b.Party); c != 0 {
		return c
	}
	return a.Cell.Compare(b.Cell)
}

// SumEffects is the total quantity of an option's effects on a party's plan, for people.
func (o Option) SumEffects(party block.CID) (quantity.Quantity, error) {
	var all []quantity.Quantity
	for _, e := range o.Effects {
		if e.Party == party {
			all = append(all, e.Quantity)
		}
	}
	return quantity.Sum(all...)
}
