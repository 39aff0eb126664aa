package decision

import (
	"cmp"
	"slices"
)

// Values are times a hundred: a score of 5 is a value of 500, so that rounding never decides between two options
// that people would tell apart.
const (
	neutralValue = 500 // option 0, exactly
	rejectBelow  = 450 // under this the company rejects
	spreadTalk   = 300 // a spread above this asks the roles to talk before the position leaves
)

// RoleValue is V_r: one role's value of one option.
type RoleValue struct {
	Role  Role  `cbor:"role" json:"role"`
	Value int64 `cbor:"value" json:"value"` // 0..1000
}

// OptionValue is what a company's scores say about one option.
type OptionValue struct {
	Option     string      `cbor:"option" json:"option"`
	Scored     bool        `cbor:"scored" json:"scored"`     // some role had a view; else the value says nothing
	Value      int64       `cbor:"value" json:"value"`       // V, 0..1000; 500 = as good as no agreement
	Roles      []RoleValue `cbor:"roles" json:"roles"`       // in the order COO, CMO, CFO, CTO
	Spread     int64       `cbor:"spread" json:"spread"`     // between the highest and the lowest role value
	TalkFirst  bool        `cbor:"talk" json:"talk"`         // spread above 300: roles see it differently; blocks nothing
	Smallest   int64       `cbor:"smallest" json:"smallest"` // the lowest lens any role gave, 0..10
	Computed   int64       `cbor:"computed" json:"computed"` // computed Partnership Value
	Objections []Objection `cbor:"objections,omitempty" json:"objections,omitempty"`
	Position   Position    `cbor:"position,omitempty" json:"position,omitempty"` // none for option 0 and for an unscored option
}

// Evaluate computes the values and positions of every option of a checked sheet, ascending by option ID.
func (s ScoreSheet) Evaluate() []OptionValue {
	out := make([]OptionValue, 0, len(s.Options))
	for _, option := range s.Options {
		v := OptionValue{Option: option.ID, Computed: option.Computed, Roles: []RoleValue{}}
		if option.ID == NoAgreement {
			v.Scored, v.Value, v.Smallest = true, neutralValue, Neutral
			out = append(out, v)
			continue
		}
		s.weigh(&v)
		v.Objections = s.objections(option.ID)
		if v.Scored {
			v.Position = position(v, s.Weights.Margin)
		}
		out = append(out, v)
	}
	return out
}

// weigh fills in the role values, the company value and the spread.
func (s ScoreSheet) weigh(v *OptionValue) {
	v.Smallest = MaxPoints
	var sum, weight int64
	for _, role := range ScoringRoles {
		value, smallest, scored := s.roleValue(role, v.Option)
		if !scored {
			continue // an absent role is left out, not counted as zero
		}
		v.Roles = append(v.Roles, RoleValue{role, value})
		v.Smallest = min(v.Smallest, smallest)
		sum += s.Kind.Weight(role) * value
		weight += s.Kind.Weight(role)
	}
	if weight == 0 {
		v.Smallest = 0
		return
	}
	v.Scored, v.Value = true, halfUp(sum, weight)
	byValue := func(a, b RoleValue) int { return cmp.Compare(a.Value, b.Value) }
	v.Spread = slices.MaxFunc(v.Roles, byValue).Value - slices.MinFunc(v.Roles, byValue).Value
	v.TalkFirst = v.Spread > spreadTalk
}

// roleValue is V_r = 100 × sum(w × s) / sum(w) over the lenses the role scored. A role whose scored lenses all weigh
// nothing has not scored.
func (s ScoreSheet) roleValue(role Role, option string) (value, smallest int64, scored bool) {
	weights := s.Weights.Of(role)
	var sum, weight int64
	smallest = MaxPoints
	for _, score := range s.Scores {
		if score.Role != role || score.Option != option {
			continue
		}
		sum += weights.of(score.Lens) * score.Points
		weight += weights.of(score.Lens)
		smallest = min(smallest, score.Points)
	}
	if weight == 0 {
		return 0, 0, false
	}
	return halfUp(100*sum, weight), smallest, true
}

// halfUp is n/d rounded half-up for n >= 0, d > 0.
func halfUp(n, d int64) int64 { return (2*n + d) / (2 * d) }
