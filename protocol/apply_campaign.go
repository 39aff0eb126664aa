package protocol

import (
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/campaign"
	"kontor/protocol/decision"
	"kontor/protocol/quality"
)

func applyCampaign(f *fold) ([]string, error) {
	v, err := f.judge(func(s block.Sheet, scopes []artifact.Scope, rules RuleSet) (verdict, error) {
		doc, err := campaign.FromSheet(s)
		if err != nil {
			return verdict{}, err
		}
		return verdict{codes: artifact.Codes(append(campaign.CheckUnder(doc, rules.Artifacts), outside(func(s artifact.Scope) []artifact.Finding { return campaign.CheckScope(doc, s) }, scopes)...)), header: doc.Header}, nil
	})
	if err != nil || len(v.codes) > 0 {
		return v.codes, err
	}
	return f.install(v)
}

func applyQuality(f *fold) ([]string, error) {
	v, err := f.judge(func(s block.Sheet, scopes []artifact.Scope, rules RuleSet) (verdict, error) {
		doc, err := quality.FromSheet(s)
		if err != nil {
			return verdict{}, err
		}
		return verdict{codes: artifact.Codes(append(quality.CheckUnder(doc, rules.Artifacts), outside(func(s artifact.Scope) []artifact.Finding { return quality.CheckScope(doc, s) }, scopes)...)), header: doc.Header}, nil
	})
	if err != nil || len(v.codes) > 0 {
		return v.codes, err
	}
	return f.install(v)
}

// reviseCampaign compares two calendars: the codes that refuse the later one, else how to tell whether it is material to a scope.
func (f *fold) reviseCampaign(old, revised block.CID) ([]string, error) {
	a, err := f.replica.Campaign(old)
	if err != nil {
		return nil, err
	}
	b, err := f.replica.Campaign(revised)
	if err != nil {
		return nil, err
	}
	if codes := artifact.Codes(campaign.CheckRevision(a, b)); len(codes) > 0 {
		return codes, nil
	}
	f.revised = &revision{other: func(s decision.Scope) bool {
		return campaign.Material(campaign.Diff(campaign.About(a, s.Products, s.Horizon), campaign.About(b, s.Products, s.Horizon)))
	}}
	return nil, nil
}

// reviseQuality compares two reports in the same way.
func (f *fold) reviseQuality(old, revised block.CID) ([]string, error) {
	a, err := f.replica.Quality(old)
	if err != nil {
		return nil, err
	}
	b, err := f.replica.Quality(revised)
	if err != nil {
		return nil, err
	}
	if codes := artifact.Codes(quality.CheckRevision(a, b)); len(codes) > 0 {
		return codes, nil
	}
	f.revised = &revision{other: func(s decision.Scope) bool {
		return quality.Material(quality.Diff(quality.About(a, s.Products), quality.About(b, s.Products)))
	}}
	return nil, nil
}
