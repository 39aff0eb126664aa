package capacity

import (
	"math/big"
	"slices"
)

// The other end of the dependence interval is the sum of independent terms. Its distribution is counted on a grid:
// every term's mass is laid on grid points so that its mean is kept, and the terms are folded one after the other.
// Masses are whole billionths and sums are rounded cumulatively, so the total stays exact and both nodes count the
// same. What lies beyond a term's outer levels is held at those levels: this end is an estimate, and the comonotone
// end carries what is not known.
const (
	gridSteps    = 128  // of the whole range, plus gridPerTerm for each term: rounding a term to the grid widens it
	gridPerTerm  = 8    // by a fraction of a step, so more terms need finer steps
	maxGridSteps = 1024 // bounds the cost of one bucket whatever the number of lines
	billion      = 1_000_000_000
	minPieces    = 4  // each straight line is laid down as this many equal masses, and one more for each step it spans
	subSteps     = 16 // bits of position inside one grid step
)

// grid is the distribution of a sum: mass[i] billionths at origin + i × step.
type grid struct {
	origin *big.Int
	step   *big.Int
	mass   []int64
}

func gridStepsFor(terms int) int { return min(gridSteps+gridPerTerm*terms, maxGridSteps) }

// independent folds the terms; false where a term has no levels.
func independent(terms []curve) (grid, bool) {
	g := grid{origin: new(big.Int)}
	width := new(big.Int)
	for _, t := range terms {
		n := len(t.levels)
		if n == 0 {
			return grid{}, false
		}
		g.origin.Add(g.origin, t.values[0])
		width.Add(width, t.values[n-1]).Sub(width, t.values[0])
	}
	steps := gridStepsFor(len(terms))
	g.step = new(big.Int).Add(new(big.Int).Quo(width, big.NewInt(int64(steps))), big.NewInt(1))
	g.mass = []int64{billion}
	// Folding short terms first keeps the intermediate sums short.
	laid := make([][]int64, len(terms))
	for i, t := range terms {
		laid[i] = t.lay(g.step)
	}
	slices.SortStableFunc(laid, func(a, b []int64) int { return len(a) - len(b) })
	for _, l := range laid {
		g.mass = fold(g.mass, l)
	}
	return g, true
}

// lay puts the term's mass on grid points counted from its lowest value.
func (c curve) lay(step *big.Int) []int64 {
	n := len(c.levels)
	// Positions in 2^-subSteps of a grid step.
	at := make([]int64, n)
	for k, v := range c.values {
		d := new(big.Int).Sub(v, c.values[0])
		at[k] = d.Quo(d.Lsh(d, subSteps), step).Int64()
	}
	mass := make([]int64, (at[n-1]>>subSteps)+2)
	put := func(pos, m int64) {
		i, part := pos>>subSteps, pos&(1<<subSteps-1)
		right := m * part >> subSteps
		mass[i] += m - right
		mass[i+1] += right
	}
	put(at[0], c.levels[0]*(billion/ppm))
	put(at[n-1], (ppm-c.levels[n-1])*(billion/ppm))
	for k := 0; k+1 < n; k++ {
		m, d := (c.levels[k+1]-c.levels[k])*(billion/ppm), at[k+1]-at[k]
		if d == 0 {
			put(at[k], m)
			continue
		}
		pieces := minPieces + d>>subSteps
		for j := int64(0); j < pieces; j++ {
			put(at[k]+d*(2*j+1)/(2*pieces), m*(j+1)/pieces-m*j/pieces)
		}
	}
	for len(mass) > 1 && mass[len(mass)-1] == 0 {
		mass = mass[:len(mass)-1]
	}
	return mass
}

// fold is the distribution of the sum of two. Products stay below 10^18 in sum, inside an int64.
func fold(a, b []int64) []int64 {
	if len(b) == 1 {
		return a // all mass on the first point
	}
	raw := make([]int64, len(a)+len(b)-1)
	for i, x := range a {
		if x == 0 {
			continue
		}
		row := raw[i : i+len(b)]
		for j, y := range b {
			row[j] += x * y
		}
	}
	var sum, given int64
	for i, x := range raw {
		sum += x
		upTo := (sum + billion/2) / billion
		raw[i], given = upTo-given, upTo
	}
	return raw
}

// exceed estimates the probability of more than s, in ppm.
func (g grid) exceed(s *big.Int) int64 {
	mass, _ := g.tail(g.upTo(s), len(g.mass))
	return mass / (billion / ppm)
}

// short estimates the expected excess over s, as a mass.
func (g grid) short(s *big.Int) *big.Int {
	mass, moment := g.tail(g.upTo(s), len(g.mass))
	return g.distance(s, mass, moment)
}

// over estimates the expected shortfall below s, as a mass.
func (g grid) over(s *big.Int) *big.Int {
	mass, moment := g.tail(0, g.upTo(s))
	d := g.distance(s, mass, moment)
	return d.Neg(d)
}

// upTo is the number of grid points at or below s.
func (g grid) upTo(s *big.Int) int {
	d := new(big.Int).Sub(s, g.origin)
	if d.Sign() < 0 {
		return 0
	}
	d.Quo(d, g.step)
	if !d.IsInt64() || d.Int64() >= int64(len(g.mass)) {
		return len(g.mass)
	}
	return int(d.Int64()) + 1
}

// tail sums mass and mass × index over some of the points.
func (g grid) tail(from, to int) (mass, moment int64) {
	for i := from; i < to; i++ {
		mass += g.mass[i]
		moment += g.mass[i] * int64(i)
	}
	return mass, moment
}

// distance is the sum of mass × (value - s) in units of 2 × ppm instead of billionths.
func (g grid) distance(s *big.Int, mass, moment int64) *big.Int {
	d := timesInt(g.step, moment)
	d.Add(d, timesInt(new(big.Int).Sub(g.origin, s), mass))
	return d.Quo(d, big.NewInt(billion/(2*ppm)))
}

func (g grid) value(i int) *big.Int {
	v := new(big.Int).Mul(g.step, big.NewInt(int64(i)))
	return v.Add(v, g.origin)
}

func equalLevels(a, b []int64) bool { return slices.Equal(a, b) }

func sortedLevels(set map[int64]bool) []int64 {
	all := make([]int64, 0, len(set))
	for p := range set {
		all = append(all, p)
	}
	slices.Sort(all)
	return all
}
