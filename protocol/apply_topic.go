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

// PartyPolicy is one party's quorum.
type PartyPolicy struct {
	Company block.CID `cbor:"company" json:"company"`
	Quorum  string    `cbor:"quorum" json:"quorum"`
	Policy  block.CID `cbor:"policy" json:"policy"` // identity chain entry
	DualHat bool      `cbor:"dual_hat" json:"dual_hat"`
}

func (p PolicyRow) authority(witness *block.CID) decision.Authority {
	auth := decision.Authority{Witness: witness}
	for _, party := range p.Parties {
		auth.Parties = append(auth.Parties, decision.PartyAuthority{Company: party.Company, Policy: party.Policy, Quorum: party.Quorum, DualHat: party.DualHat})
	}
	return auth
}

const policyPrefix = "policy/"

func policyKey(topic block.CID) string { return policyPrefix + topic.String() }

// parties are the members who write and sign; a witness judges and is none of them.
func parties(g *partnership.Genesis) (out []decision.Member) {
	for _, m := range g.Members {
		if m.Role == partnership.RoleObserver || (g.Witness != nil && *g.Witness == m.Company) {
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
	row := PolicyRow{}
	for _, party := range t.Parties {
		view, held, err := f.knownView(party.Company)
		if err != nil {
			return nil, err
		}
		if !held {
			return []string{codeUnsigned}, nil
		}
		quorum, entry := view.Quorum(string(t.Kind))
		row.Parties = append(row.Parties, PartyPolicy{Company: party.Company, Quorum: quorum, Policy: entry, DualHat: view.DualHat()})
	}
	if err := put(f.rows, policyKey(t.ID), row); err != nil {
		return nil, err
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
