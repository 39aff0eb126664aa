package decision

import (
	"cmp"
	"math/big"
	"slices"

	"kontor/protocol/block"
)

// Side is one company's revealed preferences.
type Side struct {
	Company   block.CID        `cbor:"company" json:"company"`
	Order     []string         `cbor:"order" json:"order"`                             // every option, best first, option 0 among them
	Positions []OptionPosition `cbor:"positions,omitempty" json:"positions,omitempty"` // if shown
}

// Bargain is what the node proposes when every side has shown its ranking. People accept; the node only proposes.
type Bargain struct {
	Option string `cbor:"option,omitempty" json:"option,omitempty"` // absent: impasse
	Depth  int64  `cbor:"depth,omitempty" json:"depth,omitempty"`   // how far down the lists: 1 = everybody's first choice
	Ways   []Way  `cbor:"ways,omitempty" json:"ways,omitempty"`     // at an impasse: how near each top option is
}

// Way says what stands between a side's best option and agreement.
type Way struct {
	Option     string      `cbor:"option" json:"option"`
	TopOf      block.CID   `cbor:"top_of" json:"top_of"`                             // whose best option above its impasse line this is
	Open       int64       `cbor:"open" json:"open"`                                 // objections that would have to be lifted
	Conditions []string    `cbor:"conditions,omitempty" json:"conditions,omitempty"` // those that name one
	Below      []block.CID `cbor:"below,omitempty" json:"below,omitempty"`           // sides that prefer no agreement to it
}

// Propose is fallback bargaining with impasse (Brams and Kilgour 2001): all sides go down their lists in step, and
// the first option that all have met, above everybody's impasse line, is proposed. It is Pareto-optimal and maximises
// the smaller satisfaction. Of several met at one step the higher joint gain (Arithmetic.Delta) wins, then the smaller
// option ID. An option some side has openly rejected is passed over: it would only cost a round.
// The order of sides does not matter.
func Propose(sides []Side, delta map[string]string) Bargain {
	if len(sides) == 0 {
		return Bargain{}
	}
	var best string
	var depth int
	for _, option := range sides[0].Order {
		d, ok := meets(sides, option)
		if ok && (depth == 0 || d < depth || d == depth && better(option, best, delta)) {
			best, depth = option, d
		}
	}
	if depth > 0 {
		return Bargain{Option: best, Depth: int64(depth)}
	}
	return Bargain{Ways: ways(sides)}
}

// meets is the step at which every side has reached option, if all have it above their impasse line.
func meets(sides []Side, option string) (depth int, ok bool) {
	for _, s := range sides {
		at, line := slices.Index(s.Order, option), slices.Index(s.Order, NoAgreement)
		if at < 0 || line >= 0 && at >= line || s.rejects(option) {
			return 0, false
		}
		depth = max(depth, at+1)
	}
	return depth, true
}

func (s Side) on(option string) (OptionPosition, bool) {
	for _, p := range s.Positions {
		if p.Option == option {
			return p, true
		}
	}
	return OptionPosition{}, false
}

func (s Side) rejects(option string) bool {
	p, shown := s.on(option)
	return shown && p.Position == Reject
}

func better(a, b string, delta map[string]string) bool {
	if c := gain(delta[a]).Cmp(gain(delta[b])); c != 0 {
		return c > 0
	}
	return a < b
}

// gain reads a joint gain; what was not computed counts as no gain.
func gain(s string) *big.Rat {
	if r, ok := new(big.Rat).SetString(s); ok {
		return r
	}
	return new(big.Rat)
}

// ways lists the best option of every side with what stands in its way, the nearest to agreement first: fewest sides
// that prefer no agreement, then fewest objections to lift.
func ways(sides []Side) []Way {
	var out []Way
	for _, side := range sides {
		if len(side.Order) == 0 || side.Order[0] == NoAgreement {
			continue
		}
		way := Way{Option: side.Order[0], TopOf: side.Company}
		for _, other := range sides {
			if p, shown := other.on(way.Option); shown {
				way.Open += p.Open
				way.Conditions = append(way.Conditions, p.Conditions...)
			}
			if _, ok := meets([]Side{{Order: other.Order}}, way.Option); !ok {
				way.Below = append(way.Below, other.Company)
			}
		}
		slices.Sort(way.Conditions)
		slices.SortFunc(way.Below, block.CID.Compare)
		out = append(out, way)
	}
	slices.SortFunc(out, func(a, b Way) int {
		return cmp.Or(cmp.Compare(len(a.Below), len(b.Below)), cmp.Compare(a.Open, b.Open),
			cmp.Compare(a.Option, b.Option), a.TopOf.Compare(b.TopOf))
	})
	return out
}
