package planner

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
)

// dependence is the correlation of one series' months with each other, on the
// normal scale: mostly doubt about the level, which all its months share. Chosen
// with the settings of the fit; between 0.3 and 0.5 the totals do about as well.
const dependence = 0.4

// simulate draws paths of one series' months and returns, for every k, the
// ascending totals of the first k+1 months. The months of one path share a
// normal factor, so that a series that turns out high in one month tends to in
// the others: adding independent months would make the year look too certain,
// adding quantiles too uncertain.
func simulate(laws []law, paths int, seed uint64) [][]float64 {
	random := rand.New(rand.NewPCG(seed, 0x6b6f6e746f72))
	totals := make([][]float64, len(laws))
	silent := make([]float64, len(laws)) // below this z the month is empty
	for k, l := range laws {
		totals[k] = make([]float64, paths)
		silent[k] = normalQuantile(1 - l.p)
	}
	shared, alone := math.Sqrt(dependence), math.Sqrt(1-dependence)
	for path := range paths {
		factor, sum := shared*random.NormFloat64(), 0.0
		for k, l := range laws {
			if z := factor + alone*random.NormFloat64(); z > silent[k] {
				sum += l.quantile(normalShare(z))
			}
			totals[k][path] = sum
		}
	}
	for _, t := range totals {
		slices.Sort(t)
	}
	return totals
}

// seedOf gives every series its own stream, so that one series' paths do not
// depend on which others are forecast beside it.
func seedOf(seed uint64, key Key) uint64 {
	sum := fnv.New64a()
	sum.Write([]byte(key.Product))
	sum.Write([]byte{0})
	sum.Write([]byte(key.Region))
	return sum.Sum64() ^ seed
}

// quantileOf is the quantile of ascending values, linear between them, the
// first at level 0 and the last at level 1.
func quantileOf(ascending []float64, level float64) float64 {
	x := level * float64(len(ascending)-1)
	i := int(x)
	if i >= len(ascending)-1 {
		return ascending[len(ascending)-1]
	}
	return ascending[i] + (x-float64(i))*(ascending[i+1]-ascending[i])
}

// cdfOf is the share of ascending values below y, and at most y.
func cdfOf(ascending []float64, y float64) (below, upTo float64) {
	i, _ := slices.BinarySearch(ascending, y)
	j := i
	for j < len(ascending) && ascending[j] == y {
		j++
	}
	n := float64(len(ascending))
	return float64(i) / n, float64(j) / n
}
