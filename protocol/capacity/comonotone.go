package capacity

import (
	"math/big"
)

// comonotone is the curve of a sum whose terms are high together and low together: quantiles add (and under no
// other dependence do they). Where the terms have different levels the sum is known at all of them inside the
// range they share, each term read off its straight lines.
func comonotone(terms []curve) curve {
	sum := curve{mean: new(big.Int), floor: new(big.Int)}
	for _, t := range terms {
		if t.mean == nil {
			sum.mean = nil
		} else if sum.mean != nil {
			sum.mean.Add(sum.mean, t.mean)
		}
		sum.floor.Add(sum.floor, t.lowest())
	}
	sum.levels = sharedLevels(terms)
	sum.values = make([]*big.Int, len(sum.levels))
	for i, p := range sum.levels {
		v := new(big.Int)
		for _, t := range terms {
			v.Add(v, t.at(p))
		}
		sum.values[i] = v
	}
	return sum
}

// sharedLevels are the levels of all terms that lie inside every term's outer levels.
func sharedLevels(terms []curve) []int64 {
	if len(terms) == 0 {
		return nil
	}
	same := true
	low, high := int64(0), int64(ppm)
	for _, t := range terms {
		if len(t.levels) == 0 {
			return nil
		}
		same = same && equalLevels(t.levels, terms[0].levels)
		low, high = max(low, t.levels[0]), min(high, t.levels[len(t.levels)-1])
	}
	if same {
		return terms[0].levels
	}
	set := map[int64]bool{}
	for _, t := range terms {
		for _, p := range t.levels {
			if p >= low && p <= high {
				set[p] = true
			}
		}
	}
	return sortedLevels(set)
}

// at is the value at a level inside the outer ones, rounded down to the scale.
func (c curve) at(p int64) *big.Int {
	k := 0
	for k+1 < len(c.levels) && c.levels[k+1] <= p {
		k++
	}
	if c.levels[k] == p || k+1 == len(c.levels) {
		return c.values[k]
	}
	step := new(big.Int).Sub(c.values[k+1], c.values[k])
	step.Mul(step, big.NewInt(p-c.levels[k]))
	step.Div(step, big.NewInt(c.levels[k+1]-c.levels[k]))
	return step.Add(step, c.values[k])
}
