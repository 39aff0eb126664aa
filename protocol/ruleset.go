package protocol

import (
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/partnership"
	"kontor/protocol/state"
)

// RuleSet is what the business rules of one version say where versions may differ. A rule that comes later comes with a new version: an
// old entry is judged by the version in force at its place, for ever.
type RuleSet struct {
	Artifacts      artifact.Rules // the version of the rules over forecasts
	Mandates       int            // in force at once, of a company in one partnership
	Suspensions    int            // ever written in one partnership
	AttachmentType int            // bytes of the type's name
}

// RuleSets are the versions a program knows.
type RuleSets map[int64]RuleSet

// ruleSets are the versions there are.
var ruleSets = RuleSets{
	partnership.FirstRuleset: {Artifacts: artifact.RulesV1, Mandates: MaxMandates, Suspensions: MaxSuspensions, AttachmentType: MaxAttachmentType},
}

// KnownRules are the versions this program knows.
func KnownRules() RuleSets {
	out := RuleSets{}
	for version, set := range ruleSets {
		out[version] = set
	}
	return out
}

// JudgeBy makes this copy of a partnership judge by other rules than the program's. It is for simulations of a program that is wrong: such a
// copy comes to other rows than its partners.
func (c *Contract) JudgeBy(sets RuleSets) { c.rules = sets }

// RulesetVote is the body of an entry by which a writing member takes up a version.
type RulesetVote struct {
	Version int64 `cbor:"version"`
}

// RulesetRow says which version is in force and who has taken up which.
type RulesetRow struct {
	InForce int64         `cbor:"in_force"`
	Votes   []MemberRules `cbor:"votes"` // in the order of the first vote
}

// MemberRules is the newest version a member has taken up.
type MemberRules struct {
	Company block.CID `cbor:"company"`
	Version int64     `cbor:"version"`
}

const rulesetKey = "ruleset"

func (r *Replica) rulesetRow(rows state.Rows) (row RulesetRow, err error) {
	row = RulesetRow{InForce: r.Genesis.Ruleset, Votes: []MemberRules{}}
	_, err = get(rows, rulesetKey, &row)
	return row, err
}

// Ruleset is the version of the rules in force now, and who has taken up which.
func (r *Replica) Ruleset() (RulesetRow, error) { return r.rulesetRow(r.Rows()) }

// rules are those in force at the fold's entry.
func (f *fold) rules() (set RuleSet, version int64, err error) {
	row, err := f.replica.rulesetRow(f.rows)
	if err != nil {
		return set, 0, err
	}
	set, known := f.replica.rules[row.InForce]
	if !known {
		panic("invariant: a version that this program does not know comes into force nowhere")
	}
	return set, row.InForce, nil
}

// checkRuleset refuses an entry that takes up a version which this program does not know: it could not judge what comes after.
func (r *Replica) checkRuleset(h feed.Header) error {
	data, err := r.Block(*h.Body)
	if err != nil {
		return err
	}
	var vote RulesetVote
	if block.Unmarshal(data, &vote) != nil {
		return nil // a matter of the fold
	}
	if _, known := r.rules[vote.Version]; !known && vote.Version > r.Genesis.Ruleset {
		return feed.Refuse(feed.CodeKind, "rule set %d is unknown to this program: update it, the feed of %s halts here", vote.Version, h.Author.Short())
	}
	return nil
}

// applyRuleset notes that a member takes up a version. It is in force after the last writing member's entry; that entry itself is judged
// by the one before.
func applyRuleset(f *fold) ([]string, error) {
	var vote RulesetVote
	if block.Unmarshal(f.body, &vote) != nil {
		return []string{codeBody}, nil
	}
	row, err := f.replica.rulesetRow(f.rows)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(row.Votes, func(v MemberRules) bool { return v.Company == f.author.Company })
	if vote.Version <= row.InForce || i >= 0 && vote.Version <= row.Votes[i].Version {
		return []string{codeRuleset}, nil
	}
	row.Votes = slices.Clone(row.Votes)
	if i < 0 {
		row.Votes = append(row.Votes, MemberRules{f.author.Company, vote.Version})
	} else {
		row.Votes[i].Version = vote.Version
	}
	lowest := vote.Version
	for _, m := range f.genesis.Members {
		if m.Role == partnership.RoleObserver {
			continue
		}
		j := slices.IndexFunc(row.Votes, func(v MemberRules) bool { return v.Company == m.Company })
		if j < 0 {
			lowest = row.InForce
			break
		}
		lowest = min(lowest, row.Votes[j].Version)
	}
	row.InForce = max(row.InForce, lowest)
	return nil, put(f.rows, rulesetKey, row)
}
