package admin

import (
	"kontor/crypto/keys"
	"kontor/crypto/sign"
	"kontor/node/api/wire"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/identity"
	"kontor/protocol/partnership"
)

// Policies shows whose signatures bind this company and each partner the caller may see, as their identity chains say: nobody has to
// ask the other side who must sign.
func (o *Office) Policies(scope wire.Scope, with string) (wire.PolicyReport, error) {
	out := wire.PolicyReport{Companies: []wire.CompanyPolicies{o.policiesOf(o.node.Company())}}
	partnerships, err := o.visible(scope, with)
	if err != nil {
		return out, err
	}
	told := map[block.CID]bool{o.node.Company(): true}
	for _, p := range partnerships {
		for _, other := range p.Genesis.Others(o.node.Company()) {
			if other.Role == partnership.RoleObserver || told[other.Company] || o.node.Chain(other.Company) == nil {
				continue
			}
			told[other.Company] = true
			out.Companies = append(out.Companies, o.policiesOf(other.Company))
		}
	}
	return out, nil
}

func (o *Office) policiesOf(company block.CID) wire.CompanyPolicies {
	view, now := o.node.Chain(company).Now(), o.node.Now()
	out := wire.CompanyPolicies{Company: company.String(), Name: o.node.CompanyName(company), Own: company == o.node.Company(), DualHat: view.DualHat(),
		Policies: []wire.PolicyInfo{}, Officers: []wire.OfficerCount{}}
	for _, kind := range decision.Kinds {
		quorum, entry := view.Quorum(string(kind), now)
		for _, rule := range view.Rules(string(kind)) {
			out.Policies = append(out.Policies, policyInfo(kind, rule))
		}
		base := policyInfo(kind, identity.Rule{Quorum: quorum, Entry: entry})
		if base.Default = entry == view.Founded(); base.Default && quorum != identity.KindQuorum(string(kind)) {
			base.Vacant = identity.KindQuorum(string(kind))
		}
		out.Policies = append(out.Policies, base)
	}
	for _, rule := range view.Rules(protocol.SettlementKind) {
		out.Policies = append(out.Policies, policyInfo(protocol.SettlementKind, rule))
	}
	if quorum, entry := view.Quorum(protocol.SettlementKind, now); entry != view.Founded() {
		out.Policies = append(out.Policies, policyInfo(protocol.SettlementKind, identity.Rule{Quorum: quorum, Entry: entry}))
	}
	for _, role := range sign.Roles {
		count := wire.OfficerCount{Role: role}
		for _, k := range view.Current(keys.Role) {
			if k.Role != role || k.From > now || k.Until <= now {
				continue
			}
			count.Keys++
			if k.Limit == nil {
				count.Unlimited = true
			} else {
				count.Limits = append(count.Limits, wire.Amount{Minor: k.Limit.Minor, Currency: k.Limit.Currency})
			}
		}
		if count.Keys > 0 {
			out.Officers = append(out.Officers, count)
		}
	}
	return out
}

func policyInfo(kind decision.Kind, rule identity.Rule) wire.PolicyInfo {
	info := wire.PolicyInfo{Kind: string(kind), Quorum: rule.Quorum, Products: rule.Products, Regions: rule.Regions, Entry: rule.Entry.String()}
	if rule.Above != nil {
		info.Above = &wire.Amount{Minor: rule.Above.Minor, Currency: rule.Above.Currency}
	}
	return info
}
