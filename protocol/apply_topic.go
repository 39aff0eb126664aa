package protocol

import (
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/identity"
	"kontor/protocol/partnership"
)

// PolicyRow is whose signatures bind each party of a topic: as the opener knew it when it opened the topic, so that a weaker
// policy applies to topics opened after it.
type PolicyRow struct {
	Parties []PartyPolicy `cbor:"parties" json:"parties"`
}

// PartyPolicy is one party's quorum: its own for the kind, and those for weightier matters in the order in which they are asked.
type PartyPolicy struct {
	Company block.CID       `cbor:"company" json:"company"`
	Quorum  string          `cbor:"quorum" json:"quorum"`
	Policy  block.CID       `cbor:"policy" json:"policy"` // identity chain entry
	DualHat bool            `cbor:"dual_hat" json:"dual_hat"`
	Rules   []identity.Rule `cbor:"rules,omitempty" json:"rules,omitempty"`
}

// Authority is whose signatures bind each party to a document about a topic of this scope: what the document commits to and touches
// chooses among the quorums that stood when the topic was opened.
func (p PolicyRow) Authority(doc decision.Agreement, scope decision.Scope, witness *block.CID) decision.Authority {
	m := matterOf(doc, scope)
	auth := decision.Authority{Witness: witness}
	for _, party := range p.Parties {
		rule := identity.Choose(identity.Rule{Quorum: party.Quorum, Entry: party.Policy}, party.Rules, m)
		auth.Parties = append(auth.Parties, decision.PartyAuthority{Company: party.Company, Policy: rule.Entry, Quorum: rule.Quorum, DualHat: party.DualHat})
	}
	return auth
}

// matterOf is what a document is about: products and regions of the topic's scope and of its effects. Where either names none, as
// terms put in force do, it is about all of them, so that nothing escapes a condition by saying less.
func matterOf(doc decision.Agreement, scope decision.Scope) (m identity.Matter) {
	allProducts, allRegions := len(scope.Products) == 0, len(scope.Regions) == 0
	for _, e := range doc.Effects {
		allProducts, allRegions = allProducts || e.Product == "", allRegions || e.Region == ""
		m.Products, m.Regions = append(m.Products, e.Product), append(m.Regions, e.Region)
	}
	m.Products, m.Regions = append(m.Products, scope.Products...), append(m.Regions, scope.Regions...)
	if allProducts {
		m.Products = nil
	}
	if allRegions {
		m.Regions = nil
	}
	if doc.Amount != nil {
		m.Amount = &identity.Amount{Minor: doc.Amount.Minor, Currency: string(doc.Amount.Currency)}
	}
	return m
}

const policyPrefix = "policy/"

func policyKey(topic block.CID) string { return policyPrefix + topic.String() }

// judges tells whether a member is the witness or the arbiter, who take no side.
func judges(g *partnership.Genesis, company block.CID) bool {
	return g.Witness != nil && *g.Witness == company || g.Arbiter != nil && *g.Arbiter == company
}

// parties are the members who write and sign; who judges is none of them.
func parties(g *partnership.Genesis) (out []decision.Member) {
	for _, m := range g.Members {
		if m.Role == partnership.RoleObserver || judges(g, m.Company) {
			continue
		}
		out = append(out, decision.Member{Company: m.Company, Label: m.Role})
	}
	return out
}

func applyTopic(f *fold) ([]string, error) {
	act, err := decision.ParseAct(f.body)
	if err != nil {
		if finding, ok := err.(artifact.Finding); ok {
			return []string{finding.Code}, nil
		}
		return []string{codeBody}, nil
	}
	if act.Verb == decision.ProposeTopic {
		return f.openTopic(*act.Propose)
	}
	var t decision.Topic
	found, err := get(f.rows, topicKey(*act.Topic), &t)
	if err != nil {
		return nil, err
	}
	if !found {
		return []string{codeNoTopic}, nil
	}
	after, findings := t.Apply(act, f.at())
	if len(findings) > 0 {
		return artifact.Codes(findings), nil
	}
	return nil, f.putTopic(after)
}

func (f *fold) openTopic(p decision.Proposal) ([]string, error) {
	t, findings := decision.OpenTopic(f.replica.PID, p, parties(f.genesis), f.at())
	if len(findings) > 0 {
		return artifact.Codes(findings), nil
	}
	if p.Exception != nil {
		// Duplicates join what is open.
		double, err := f.activeAbout(*p.Exception)
		if err != nil || double {
			return []string{codeTopicOpen}, err
		}
	}
	if p.Amends != nil {
		if stands, err := f.standsFinal(p.Amends.Agreement); err != nil || !stands {
			return []string{codeAmends}, err
		}
	}
	if p.Minuted != nil {
		if codes, err := f.openMinuted(*p.Minuted); err != nil || len(codes) > 0 {
			return codes, err
		}
	}
	row := PolicyRow{}
	for _, party := range t.Parties {
		view, held, err := f.knownView(party.Company)
		if err != nil {
			return nil, err
		}
		if !held {
			return []string{codeUnsigned}, nil
		}
		quorum, entry := view.Quorum(string(t.Kind), f.entry.Header.T)
		row.Parties = append(row.Parties, PartyPolicy{Company: party.Company, Quorum: quorum, Policy: entry, DualHat: view.DualHat(), Rules: view.Rules(string(t.Kind))})
	}
	if err := put(f.rows, policyKey(t.ID), row); err != nil {
		return nil, err
	}
	if p.Minuted != nil {
		if err := put(f.rows, minutedKey(*p.Minuted), MinutedRow{Topic: t.ID}); err != nil {
			return nil, err
		}
	}
	return nil, f.putTopic(t)
}

// activeAbout tells whether an active topic is about the same exception.
func (f *fold) activeAbout(exception block.CID) (found bool, err error) {
	ids, err := f.indexed(activeTopicPrefix)
	if err != nil {
		return false, err
	}
	for _, id := range ids {
		var t decision.Topic
		if _, err := get(f.rows, topicKey(id), &t); err != nil {
			return false, err
		}
		found = found || t.Exception != nil && *t.Exception == exception
	}
	return found, nil
}

// knownView is a company's identity as this entry's author knew it: the identity head of the newest entry of that company in the
// entry's causal past.
func (f *fold) knownView(company block.CID) (identity.View, bool, error) {
	if company == f.author.Company {
		return f.view, true, nil
	}
	for _, id := range f.entry.Header.Seen {
		seen, found, err := f.replica.Log.Get(id)
		if err != nil {
			return identity.View{}, false, err
		}
		if found && seen.Header.Author == company {
			view, held := f.replica.Identities(company, seen.Header.IDHead)
			return view, held, nil
		}
	}
	return identity.View{}, false, nil
}
