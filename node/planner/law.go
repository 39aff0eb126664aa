package planner

import (
	"cmp"
	"math"
	"slices"
)

// law is the predictive distribution of one month of one series: nothing with
// probability 1-p, else a quantity drawn from sizes.
type law struct {
	p float64
	sizes
}

// sizes is a distribution of positive quantities, given by its quantile
// function: linear between the points (upTo, value), flat outside them.
type sizes struct {
	value []float64 // ascending
	upTo  []float64 // ascending, inside (0, 1)
}

// weighted is a possible size and how much it counts.
type weighted struct{ value, weight float64 }

// newSizes puts weighted sizes in order, stretches them about their median by
// the power stretch and caps them at top (0 = no cap). Each point sits in the
// middle of its own weight, so that neither end claims certainty.
func newSizes(points []weighted, stretch, top float64) sizes {
	slices.SortFunc(points, func(a, b weighted) int { return cmp.Compare(a.value, b.value) })
	total := 0.0
	for _, p := range points {
		total += p.weight
	}
	median, run := points[len(points)-1].value, 0.0
	for _, p := range points {
		if run += p.weight; run >= total/2 {
			median = p.value
			break
		}
	}
	s := sizes{value: make([]float64, len(points)), upTo: make([]float64, len(points))}
	run = 0
	for i, p := range points {
		v := p.value
		if stretch != 1 {
			v = median * math.Pow(v/median, stretch)
		}
		if top > 0 {
			v = min(v, top)
		}
		s.value[i], s.upTo[i] = v, (run+p.weight/2)/total
		run += p.weight
	}
	return s
}

// at is the quantile function.
func (s sizes) at(u float64) float64 {
	i, _ := slices.BinarySearch(s.upTo, u)
	switch i {
	case 0:
		return s.value[0]
	case len(s.upTo):
		return s.value[i-1]
	}
	return s.value[i-1] + (u-s.upTo[i-1])/(s.upTo[i]-s.upTo[i-1])*(s.value[i]-s.value[i-1])
}

// share is the probability of less than v, and of at most v. They differ where
// several points share a value, and at both ends.
func (s sizes) share(v float64) (below, upTo float64) {
	n := len(s.value)
	i, exact := slices.BinarySearch(s.value, v)
	switch {
	case exact:
		j := i
		for j+1 < n && s.value[j+1] == v {
			j++
		}
		below, upTo = s.upTo[i], s.upTo[j]
		if i == 0 {
			below = 0
		}
		if j == n-1 {
			upTo = 1
		}
		return below, upTo
	case i == 0:
		return 0, 0
	case i == n:
		return 1, 1
	}
	u := s.upTo[i-1] + (v-s.value[i-1])/(s.value[i]-s.value[i-1])*(s.upTo[i]-s.upTo[i-1])
	return u, u
}

func (s sizes) mean() float64 {
	n := len(s.value)
	sum := s.value[0]*s.upTo[0] + s.value[n-1]*(1-s.upTo[n-1])
	for i := 1; i < n; i++ {
		sum += (s.value[i-1] + s.value[i]) / 2 * (s.upTo[i] - s.upTo[i-1])
	}
	return sum
}

// quantile is the smallest quantity whose probability of not being exceeded
// reaches u.
func (l law) quantile(u float64) float64 {
	if u <= 1-l.p {
		return 0
	}
	return l.sizes.at((u - (1 - l.p)) / l.p)
}

// cdf is F(y-) and F(y).
func (l law) cdf(y float64) (below, upTo float64) {
	if y <= 0 {
		return 0, 1 - l.p
	}
	a, b := l.sizes.share(y)
	return 1 - l.p + l.p*a, 1 - l.p + l.p*b
}

func (l law) mean() float64 { return l.p * l.sizes.mean() }

// within is the share of [below, upTo] that lies inside [low, high]: how much
// one actual counts as covered. A single point counts wholly or not at all.
func within(below, upTo, low, high float64) float64 {
	if upTo <= below {
		if upTo >= low && upTo <= high {
			return 1
		}
		return 0
	}
	return max(0, min(upTo, high)-max(below, low)) / (upTo - below)
}

func normalQuantile(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }

func normalShare(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }
