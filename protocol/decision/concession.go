package decision

import (
	"fmt"
	"math/big"
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// Concession is how far a company's people let their node go on one issue: where it begins and the furthest it goes. It is private.
type Concession struct {
	Issue string `cbor:"issue" json:"issue"`
	First Value  `cbor:"first" json:"first"`
	Last  Value  `cbor:"last" json:"last"`
	Pace  Pace   `cbor:"pace,omitempty" json:"pace,omitempty"` // absent: EVEN
}

// Pace says how a company's node spreads what it concedes on an issue over its offers.
type Pace string

// The paces. With N steps, after k of them the way gone is k/N, 1 - (1 - k/N)^2 or (k/N)^2.
const (
	Even  Pace = "EVEN"  // equal steps
	Early Pace = "EARLY" // large steps first: where time costs more than the issue
	Late  Pace = "LATE"  // small steps first: where the issue is worth holding
)

// gone is the part of the way after some of the steps.
func (p Pace) gone(step, steps int64) *big.Rat {
	k := min(step, steps)
	switch p {
	case Early:
		left := big.NewRat(steps-k, steps)
		return new(big.Rat).Sub(big.NewRat(1, 1), left.Mul(left, left))
	case Late:
		done := big.NewRat(k, steps)
		return done.Mul(done, done)
	}
	return big.NewRat(k, steps)
}

// Strategy lets a node offer by itself: from First to Last on every issue at its own pace, one step an offer. It offers; people accept.
type Strategy struct {
	Option string       `cbor:"option" json:"option"`
	Issues []Concession `cbor:"issues" json:"issues"` // every issue of the topic, ascending
	Steps  int64        `cbor:"steps" json:"steps"`   // offers after the first until Last is reached, 1 to MaxRounds
}

// Check finds what keeps a strategy from being followed in a topic (PERSON-05).
func (s Strategy) Check(t Topic) []artifact.Finding {
	if _, known := t.Option(s.Option); !known || s.Option == NoAgreement || s.Steps < 1 || s.Steps > MaxRounds || len(s.Issues) != len(t.Issues) {
		return refuse("PERSON-05", "strategy", "a strategy names an option, all of the topic's %d issues, and 1 to %d steps", len(t.Issues), MaxRounds)
	}
	for i, issue := range t.Issues {
		c := s.Issues[i]
		if !slices.Contains([]Pace{"", Even, Early, Late}, c.Pace) {
			return refuse("PERSON-05", fmt.Sprintf("strategy.issues[%d].pace", i), "issue %q at pace %q: EVEN, EARLY and LATE are known", issue.ID, artifact.Clip(string(c.Pace)))
		}
		if c.Issue != issue.ID || !issue.within(c.First) || !issue.within(c.Last) {
			return refuse("PERSON-05", fmt.Sprintf("strategy.issues[%d]", i), "issue %q goes from %s to %s, inside %s to %s", issue.ID, c.First, c.Last, issue.Low, issue.High)
		}
	}
	return nil
}

// Limits are how far the strategy's people go on each issue: from the end of its range that suits them to Last.
func (s Strategy) Limits(t Topic) (out []Limit) {
	for i, issue := range t.Issues {
		c := s.Issues[i]
		l := Limit{Issue: issue.ID, Low: c.Last, High: c.Last}
		switch c.Last.rat().Cmp(c.First.rat()) {
		case 1:
			l.Low = issue.Low
		case -1:
			l.High = issue.High
		}
		out = append(out, l)
	}
	return out
}

// Why a node does not offer by itself.
const (
	ConcedeWait   = "the other party's offer is awaited"
	ConcedeAccept = "the newest offer is as far as this company would go, or better: it is for people to accept"
	ConcedeUsed   = "the strategy is used up: a person offers"
)

// Concede is the next offer of a strategy; why says what keeps it back, and then there is none. A value the other side has offered already is not asked
// to be better than it is: on each issue the offer stops where the other side stands.
func (s Strategy) Concede(t Topic, company Participant) (terms Terms, why string) {
	terms = t.NextOffer(s.Option)
	terms.Values = []IssueValue{}
	made := int64(0)
	for _, o := range t.Offers {
		if o.By == company.Company {
			made++
		}
	}
	var last *Offer
	if n := len(t.Offers); n > 0 {
		last = &t.Offers[n-1]
		if last.By == company.Company {
			return Terms{}, ConcedeWait
		}
	}
	if made > s.Steps {
		return Terms{}, ConcedeUsed
	}
	met := last != nil && last.Option == s.Option
	for i, issue := range t.Issues {
		v := s.Issues[i].at(made, s.Steps)
		if last != nil {
			if theirs, ok := last.value(issue.ID); ok && s.Issues[i].reached(v, theirs) {
				v = theirs
			} else {
				met = false
			}
		}
		terms.Values = append(terms.Values, IssueValue{issue.ID, v})
	}
	if met {
		return Terms{}, ConcedeAccept
	}
	return terms, ""
}

// at is the value after some steps, rounded toward First to the digits First and Last have: never beyond the step.
func (c Concession) at(step, steps int64) Value {
	way := new(big.Rat).Sub(c.Last.rat(), c.First.rat())
	way.Mul(way, c.Pace.gone(step, steps))
	if c.First.Date != nil {
		return Day(*c.First.Date + calendar.Date(toward(way, 0).Int64()))
	}
	digits := min(c.First.Number.Exponent(), c.Last.Number.Exponent(), 0)
	moved, err := quantity.FromBig(toward(way, int(-digits)), digits)
	if err != nil {
		return c.First
	}
	sum, err := c.First.Number.Add(moved)
	if err != nil {
		return c.First
	}
	return Number(sum)
}

// toward is r × 10^digits, cut off toward zero.
func toward(r *big.Rat, digits int) *big.Int {
	scaled := new(big.Rat).Mul(r, new(big.Rat).SetInt(pow10(digits)))
	return new(big.Int).Quo(scaled.Num(), scaled.Denom())
}

// reached tells whether the other side's value is as good for us as ours, or better: no further in the direction in which we concede.
func (c Concession) reached(ours, theirs Value) bool {
	order := theirs.rat().Cmp(ours.rat())
	switch c.Last.rat().Cmp(c.First.rat()) {
	case 1:
		return order <= 0
	case -1:
		return order >= 0
	}
	return order == 0
}
