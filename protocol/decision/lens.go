package decision

import (
	"cmp"
	"fmt"
	"slices"

	"kontor/protocol/artifact"
)

// Lens is one of the four questions of lenses.md. Every answer is a change against option 0.
type Lens string

// The four lenses.
const (
	LocalVision      Lens = "LOCAL_VISION"      // does it move us toward our written goals of three years?
	LocalPurpose     Lens = "LOCAL_PURPOSE"     // are those we answer to today better served in two quarters?
	PartnershipValue Lens = "PARTNERSHIP_VALUE" // is the joint result larger, and our part fair?
	Legendary        Lens = "LEGENDARY"         // would we be proud of it in ten years, as a rule?
)

// Lenses in the order of weights, screens and hashes.
var Lenses = [4]Lens{LocalVision, LocalPurpose, PartnershipValue, Legendary}

func (l Lens) index() int { return slices.Index(Lenses[:], l) }

// NoAgreement is the ID of option 0: what happens by itself if nothing is agreed.
const NoAgreement = "0"

// Bounds of a score sheet.
const (
	MaxPoints  = 10  // the scale of a lens
	Neutral    = 5   // option 0 on every lens: no difference
	MaxReason  = 500 // bytes of a reason; a paragraph, not a memo
	MaxScores  = 4096
	MaxCites   = 16   // evidence a score cites
	objectAt   = 2    // a lens at or below this is an objection
	MaxOptions = 16   // options of one topic, option 0 among them: more cannot be scored in one sitting
	MaxID      = 32   // bytes of an option, issue or milestone ID
	MaxText    = 4096 // bytes of a summary or note
)

// Score is one role's answer to one lens for one option. "No view" is the absence of a Score, not a 5.
type Score struct {
	Role     Role     `cbor:"role" json:"role"`
	Option   string   `cbor:"option" json:"option"`
	Lens     Lens     `cbor:"lens" json:"lens"`
	Points   int64    `cbor:"points" json:"points"`                         // 0..10, 5 = as option 0
	Reason   string   `cbor:"reason,omitempty" json:"reason,omitempty"`     // required for 0..2 and 8..10
	Evidence []string `cbor:"evidence,omitempty" json:"evidence,omitempty"` // goal number, duty, CID of a document
	Lift     string   `cbor:"lift,omitempty" json:"lift,omitempty"`         // what would lift the objection this score is
}

// Weights of the four lenses in per cent; they sum to 100.
type Weights struct {
	Vision      int64 `cbor:"vision" json:"vision"`
	Purpose     int64 `cbor:"purpose" json:"purpose"`
	Partnership int64 `cbor:"partnership" json:"partnership"`
	Legendary   int64 `cbor:"legendary" json:"legendary"`
}

// DefaultWeights are those of lenses.md.
var DefaultWeights = Weights{Vision: 25, Purpose: 30, Partnership: 30, Legendary: 15}

func (w Weights) of(l Lens) int64 {
	return [4]int64{w.Vision, w.Purpose, w.Partnership, w.Legendary}[l.index()]
}

func (w Weights) valid() bool {
	for _, l := range Lenses {
		if w.of(l) < 0 {
			return false
		}
	}
	return w.Vision+w.Purpose+w.Partnership+w.Legendary == 100 &&
		max(w.Vision, w.Purpose, w.Partnership, w.Legendary) <= 100
}

// RoleWeights sets the weights of one role apart from the company's.
type RoleWeights struct {
	Role    Role    `cbor:"role" json:"role"`
	Weights Weights `cbor:"weights" json:"weights"`
}

// CompanyWeights are a company's own, set privately before the first score of a topic.
type CompanyWeights struct {
	Default Weights       `cbor:"default" json:"default"`
	Roles   []RoleWeights `cbor:"roles,omitempty" json:"roles,omitempty"` // ascending by role
	Margin  int64         `cbor:"margin" json:"margin"`                   // above 500, what ACCEPT asks; 0..500
}

// DefaultMargin is what an option's company value must exceed 500 by to be accepted without talk.
const DefaultMargin = 25

// StandardWeights are the defaults of lenses.md for every role.
func StandardWeights() CompanyWeights {
	return CompanyWeights{Default: DefaultWeights, Margin: DefaultMargin}
}

// Of is the weights a role scores with.
func (c CompanyWeights) Of(r Role) Weights {
	for _, own := range c.Roles {
		if own.Role == r {
			return own.Weights
		}
	}
	return c.Default
}

// Lifting closes an objection: by the role that raised it, or the CEO.
type Lifting struct {
	Role   Role   `cbor:"role" json:"role"` // whose objection
	Option string `cbor:"option" json:"option"`
	Lens   Lens   `cbor:"lens" json:"lens"`
	By     Role   `cbor:"by" json:"by"` // that role, or the CEO
	Reason string `cbor:"reason" json:"reason"`
}

// ScoreSheet is everything one company thinks about one topic. It never leaves the company but by Reveal.
type ScoreSheet struct {
	Kind    Kind           `cbor:"kind" json:"kind"`
	Options []ScoredOption `cbor:"options" json:"options"` // ascending by ID; option 0 among them
	Weights CompanyWeights `cbor:"weights" json:"weights"`
	Scores  []Score        `cbor:"scores" json:"scores"` // ascending by role, option, lens; none for option 0
	Lifted  []Lifting      `cbor:"lifted,omitempty" json:"lifted,omitempty"`
}

// ScoredOption names an option and its computed Partnership Value.
type ScoredOption struct {
	ID       string `cbor:"id" json:"id"`
	Computed int64  `cbor:"computed" json:"computed"` // computed Partnership Value 0..10; 5 when nothing was stated
}

// Sorted is the sheet with its lists in their one order; what Check and Commit expect.
func (s ScoreSheet) Sorted() ScoreSheet {
	s.Options, s.Scores, s.Lifted = slices.Clone(s.Options), slices.Clone(s.Scores), slices.Clone(s.Lifted)
	s.Weights.Roles = slices.Clone(s.Weights.Roles)
	slices.SortFunc(s.Options, func(a, b ScoredOption) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(s.Scores, compareScores)
	slices.SortFunc(s.Lifted, compareLiftings)
	slices.SortFunc(s.Weights.Roles, func(a, b RoleWeights) int { return cmp.Compare(a.Role, b.Role) })
	return s
}

func compareScores(a, b Score) int {
	return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.Option, b.Option), cmp.Compare(a.Lens.index(), b.Lens.index()))
}

func compareLiftings(a, b Lifting) int {
	return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.Option, b.Option), cmp.Compare(a.Lens.index(), b.Lens.index()))
}

// Check finds what is wrong with a sheet: SCORE-01 kind or weights, SCORE-02 options, SCORE-03 a score outside the
// scale, SCORE-04 order or doubles, SCORE-05 a missing reason, SCORE-06 Partnership Value moved by more than two,
// SCORE-07 a lifting by someone who may not.
func (s ScoreSheet) Check() []artifact.Finding {
	var f artifact.Report
	if !s.Kind.Known() {
		f.Add("SCORE-01", "kind", "unknown topic kind %q", s.Kind)
	}
	if s.Weights.Margin < 0 || s.Weights.Margin > 500 {
		f.Add("SCORE-01", "weights.margin", "margin %d is outside 0..500", s.Weights.Margin)
	}
	if !s.Weights.Default.valid() {
		f.Add("SCORE-01", "weights.default", "lens weights %v are not four shares of 100", s.Weights.Default)
	}
	for i, w := range s.Weights.Roles {
		if !w.Weights.valid() || s.Kind.Weight(w.Role) == 0 {
			f.Add("SCORE-01", fmt.Sprintf("weights.roles[%d]", i), "weights of %q are not four shares of 100 for a role that scores", w.Role)
		}
		if i > 0 && s.Weights.Roles[i-1].Role >= w.Role {
			f.Add("SCORE-04", fmt.Sprintf("weights.roles[%d]", i), "role %q is out of order or double", w.Role)
		}
	}
	options := s.checkOptions(&f)
	s.checkScores(&f, options)
	for i, l := range s.Lifted {
		at := fmt.Sprintf("lifted[%d]", i)
		if l.By != l.Role && l.By != CEO {
			f.Add("SCORE-07", at, "%s can't lift an objection of %s: only that role or the CEO can", l.By, l.Role)
		}
		if l.Reason == "" || !plain(l.Reason, MaxReason) {
			f.Add("SCORE-05", at+".reason", "a lifting needs a reason of 1..%d bytes of plain text", MaxReason)
		}
		if i > 0 && compareLiftings(s.Lifted[i-1], l) >= 0 {
			f.Add("SCORE-04", at, "lifting is out of order or double")
		}
	}
	return f.Findings()
}

func (s ScoreSheet) checkOptions(f *artifact.Report) map[string]int64 {
	options := map[string]int64{}
	if len(s.Options) > MaxOptions {
		f.Add("SCORE-02", "options", "%d options, at most %d", len(s.Options), MaxOptions)
	}
	for i, o := range s.Options {
		at := fmt.Sprintf("options[%d]", i)
		if !identifier(o.ID) || o.Computed < 0 || o.Computed > MaxPoints {
			f.Add("SCORE-02", at, "option %q with computed value %d is out of bounds", o.ID, o.Computed)
		}
		if i > 0 && s.Options[i-1].ID >= o.ID {
			f.Add("SCORE-04", at, "option %q is out of order or double", o.ID)
		}
		options[o.ID] = o.Computed
	}
	if computed, ok := options[NoAgreement]; !ok || computed != Neutral {
		f.Add("SCORE-02", "options", "option 0 must be on the list with the value %d", Neutral)
	}
	return options
}

func (s ScoreSheet) checkScores(f *artifact.Report, options map[string]int64) {
	if len(s.Scores) > MaxScores {
		f.Add("SCORE-03", "scores", "%d scores, at most %d", len(s.Scores), MaxScores)
		return
	}
	for i, score := range s.Scores {
		at := fmt.Sprintf("scores[%d]", i)
		computed, known := options[score.Option]
		switch {
		case score.Option == NoAgreement:
			f.Add("SCORE-03", at+".option", "option 0 is %d on every lens by definition and is not scored", Neutral)
		case !known:
			f.Add("SCORE-03", at+".option", "option %q is not on the list", score.Option)
		}
		if s.Kind.Weight(score.Role) == 0 {
			f.Add("SCORE-03", at+".role", "role %q does not score", score.Role)
		}
		switch {
		case score.Lens.index() < 0:
			f.Add("SCORE-03", at+".lens", "lens %q: want one of %v", artifact.Clip(string(score.Lens)), Lenses)
		case score.Points < 0 || score.Points > MaxPoints:
			f.Add("SCORE-03", at, "%d points on lens %q are off the scale 0..%d", score.Points, score.Lens, MaxPoints)
		}
		if score.Reason == "" && (score.Points <= objectAt || score.Points >= 8) {
			f.Add("SCORE-05", at+".reason", "%d points on %s need a reason", score.Points, score.Lens)
		}
		if !plain(score.Reason, MaxReason) || !plain(score.Lift, MaxReason) || len(score.Evidence) > MaxCites {
			f.Add("SCORE-05", at, "reason, condition or evidence is too long or not plain text")
		}
		if away := score.Points - computed; score.Lens == PartnershipValue && known {
			if away < -2 || away > 2 {
				f.Add("SCORE-06", at+".points", "Partnership Value %d is more than 2 from the computed %d", score.Points, computed)
			} else if away != 0 && score.Reason == "" {
				f.Add("SCORE-06", at+".reason", "moving Partnership Value from %d to %d needs a reason", computed, score.Points)
			}
		}
		if i > 0 && compareScores(s.Scores[i-1], score) >= 0 {
			f.Add("SCORE-04", at, "score is out of order or double")
		}
	}
}
