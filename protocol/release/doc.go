// Package release judges what may leave a company about third parties (PROTOCOL 7).
//
// A [Cell] is one figure about to leave and the contributors it speaks of. [Judge] says whether it passes: a company's own plan does; a cell
// of too few contributors, or one that a single contributor dominates, needs a roll-up or a [Grant], an officer's standing permission
// with a purpose and an end. A [Ledger] holds what left to one partner and refuses a cell that combines with earlier ones to show fewer than
// k contributors. A [TextPolicy] masks or refuses personal
// data in texts. [Infer] says what the receiver could work out (practice T10). [Round] rounds to a step, the same way every time.
//
// Guarantees: pure functions of their arguments; every refusal has a code, names the rule and the cell, and says what would pass. Texts name
// contributors by the names the caller gives; they are for the company's own people and never leave.
package release

import (
	"fmt"
	"math/big"
	"sort"

	"kontor/protocol/artifact"
	"kontor/protocol/quantity"
)

// Limits of PROTOCOL 7.
const (
	MinContributors = 5  // k: fewer need a roll-up or a grant
	MaxLargest      = 60 // percent of a cell's total from its largest contributor
	MaxThree        = 85 // percent from its three largest
)

// Codes of the rules. A code never changes its meaning.
const (
	CodeFew       = "RELEASE-01" // fewer than k contributors
	CodeLargest   = "RELEASE-02" // the largest contributor has too large a part
	CodeThree     = "RELEASE-03" // the three largest have too large a part
	CodeNegative  = "RELEASE-04" // a contribution below zero: parts can't be judged
	CodeGrant     = "RELEASE-05" // a grant is malformed
	CodeGrantTime = "RELEASE-06" // a grant has ended or not begun
	CodeGrantFor  = "RELEASE-07" // a grant is for another partner, kind, purpose or item
)

// Cell is one figure that would leave.
type Cell struct {
	Path  string // where it stands: "API-EFV, 2026-12"
	Item  string // what it speaks of: the partner's item
	Own   bool   // the sender's own plan: no third party stands behind it
	Parts []Part // one for each contributor, also of nothing: a zero speaks too
}

// Part is what one contributor adds to a cell.
type Part struct {
	Contributor string
	Amount      quantity.Quantity
}

// Verdict says whether a cell may leave.
type Verdict string

// The verdicts.
const (
	Passes      Verdict = "PASSES"
	ByGrant     Verdict = "BY_GRANT"    // only because an officer granted it
	NeedsAction Verdict = "NEEDS_GRANT" // roll up, or let an officer grant it
)

// Judge judges one cell for one use. The findings name every rule that the cell alone does not meet, also when a grant
// lets it pass: they are what the preview says.
func Judge(c Cell, u Use, grants []Grant) (Verdict, []artifact.Finding) {
	findings := Rules(c)
	if len(findings) == 0 {
		return Passes, nil
	}
	u.Item = c.Item
	for _, g := range grants {
		if len(g.Covers(u)) == 0 {
			return ByGrant, findings
		}
	}
	return NeedsAction, findings
}

// Rules applies the floor and the dominance rules without regard to grants.
func Rules(c Cell) []artifact.Finding {
	if c.Own {
		return nil
	}
	var r artifact.Report
	sums := map[string]*big.Int{}
	exponent := 0
	for _, p := range c.Parts {
		exponent = min(exponent, p.Amount.Exponent())
	}
	total := new(big.Int)
	for _, p := range c.Parts {
		if p.Amount.Sign() < 0 {
			r.Add(CodeNegative, c.Path, "contributor %q adds %s: a part below zero can't be weighed; share the parts gross", artifact.Clip(p.Contributor), p.Amount)
			return r.Findings()
		}
		n, _ := p.Amount.At(exponent)
		if sums[p.Contributor] == nil {
			sums[p.Contributor] = new(big.Int)
		}
		sums[p.Contributor].Add(sums[p.Contributor], n)
		total.Add(total, n)
	}
	if k := len(sums); k < MinContributors {
		what := fmt.Sprintf("shows the total of %d customers", k)
		switch k {
		case 0:
			what = "names no contributor and isn't the company's own plan"
		case 1:
			what = "shows one customer's total"
		}
		r.Add(CodeFew, c.Path, "%s; roll up until %d stand behind it, or let an officer grant it", what, MinContributors)
	}
	if total.Sign() == 0 {
		return r.Findings()
	}
	sizes := make([]*big.Int, 0, len(sums))
	for _, n := range sums {
		sizes = append(sizes, n)
	}
	sort.Slice(sizes, func(i, j int) bool { return sizes[i].Cmp(sizes[j]) > 0 })
	for _, rule := range []struct {
		code  string
		count int
		most  int64
		who   string
	}{{CodeLargest, 1, MaxLargest, "the largest customer has"}, {CodeThree, 3, MaxThree, "the three largest customers have"}} {
		top := new(big.Int)
		for _, n := range sizes[:min(rule.count, len(sizes))] {
			top.Add(top, n)
		}
		top.Mul(top, big.NewInt(100))
		if top.Cmp(new(big.Int).Mul(total, big.NewInt(rule.most))) > 0 {
			r.Add(rule.code, c.Path, "%s %s %% of it, at most %d may be; roll up until it is less, or let an officer grant it", rule.who, roundedUp(top, total), rule.most)
		}
	}
	return r.Findings()
}

// roundedUp is a percentage that never reads as one that would have passed.
func roundedUp(hundredfold, total *big.Int) string {
	q, rest := new(big.Int).QuoRem(hundredfold, total, new(big.Int))
	if rest.Sign() > 0 {
		q.Add(q, big.NewInt(1))
	}
	return q.String()
}

// Round rounds to a whole number of steps, half up away from zero: the same figure always becomes the same, so that asking again
// shows nothing more. A step of zero leaves the figure as it is.
func Round(q, step quantity.Quantity) (quantity.Quantity, error) {
	if step.Sign() < 0 {
		return quantity.Quantity{}, fmt.Errorf("round %s to steps of %s: want a step above zero", q, step)
	}
	if step.IsZero() {
		return q, nil
	}
	e := min(q.Exponent(), step.Exponent())
	n, _ := q.At(e)
	s, _ := step.At(e)
	twice := new(big.Int).Lsh(new(big.Int).Abs(n), 1)
	steps := twice.Add(twice, s)
	steps.Quo(steps, new(big.Int).Lsh(s, 1))
	steps.Mul(steps, s)
	if n.Sign() < 0 {
		steps.Neg(steps)
	}
	return quantity.FromBig(steps, e)
}
