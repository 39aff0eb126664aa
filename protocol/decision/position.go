package decision

import (
	"cmp"
	"slices"
)

// Position is what a company says to an option.
type Position string

// The positions. Option 0 has none: it is the impasse line.
const (
	Accept      Position = "ACCEPT"
	Conditional Position = "CONDITIONAL"
	Reject      Position = "REJECT"
)

// Objection is a lens at or below 2 from a role with standing, or a broken duty (Local Purpose 0) from any role.
type Objection struct {
	Role   Role   `cbor:"role" json:"role"`
	Lens   Lens   `cbor:"lens" json:"lens"`
	Points int64  `cbor:"points" json:"points"`
	Veto   bool   `cbor:"veto" json:"veto"`                     // law, safety or covenant: stands until lifted
	Lift   string `cbor:"lift,omitempty" json:"lift,omitempty"` // the condition that would lift it
	Lifted bool   `cbor:"lifted" json:"lifted"`                 // by that role or the CEO
}

// objections of one option, in the order of the scores. A veto needs no standing: a duty does not weigh less because
// the officer who answers for it does.
func (s ScoreSheet) objections(option string) []Objection {
	var out []Objection
	for _, score := range s.Scores {
		veto := score.Lens == LocalPurpose && score.Points == 0
		if score.Option != option || score.Points > objectAt || !veto && !s.Kind.Standing(score.Role) {
			continue
		}
		lifted := slices.ContainsFunc(s.Lifted, func(l Lifting) bool {
			return l.Role == score.Role && l.Option == option && l.Lens == score.Lens && (l.By == l.Role || l.By == CEO)
		})
		out = append(out, Objection{score.Role, score.Lens, score.Points, veto, score.Lift, lifted})
	}
	return out
}

// position of a scored option: rule 4 of lenses.md.
func position(v OptionValue, margin int64) Position {
	open := false
	for _, o := range v.Objections {
		if o.Lifted {
			continue
		}
		if o.Veto || o.Lift == "" {
			return Reject
		}
		open = true
	}
	switch {
	case v.Value < rejectBelow:
		return Reject
	case !open && v.Value >= neutralValue+margin:
		return Accept
	}
	return Conditional
}

// Rank orders options from best to worst for the company: value, then the smallest lens over the roles (larger
// first), then the computed Partnership Value, then option ID. Option 0 stands in it as the impasse line; on a full
// tie with it, the option that changes nothing comes first, as its ID is the smallest. Options nobody scored come
// last, below the line: no view is no consent.
func Rank(values []OptionValue) []string {
	sorted := slices.Clone(values)
	slices.SortFunc(sorted, func(a, b OptionValue) int {
		if a.Scored != b.Scored {
			if a.Scored {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(b.Value, a.Value), cmp.Compare(b.Smallest, a.Smallest),
			cmp.Compare(b.Computed, a.Computed), cmp.Compare(a.Option, b.Option))
	})
	order := make([]string, len(sorted))
	for i, v := range sorted {
		order[i] = v.Option
	}
	return order
}
