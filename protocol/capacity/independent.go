package capacity

import (
	"math/big"
	"math/bits"
	"slices"
)

// The other end of the dependence interval is the sum of independent terms. Its distribution is counted on a grid:
// every term's mass is laid on grid points so that its mean is kept, and the terms are folded two and two, halves of
// halves. The last two are never folded: what is asked of the sum is read from both (see pair). Masses are whole
// billionths and folds are rounded cumulatively, so the total stays exact and both nodes count the
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

// grid is the distribution of a sum as that of two independent parts: index i is the value origin + i × step.
type grid struct {
	origin *big.Int
	step   *big.Int
	parts  pair
}

func gridStepsFor(terms int) int { return min(gridSteps+gridPerTerm*terms, maxGridSteps) }

// gridWork bounds the multiplications of a grid: all terms span steps together, and two of them meet in one fold.
func gridWork(terms int) int { return gridStepsFor(terms) * gridStepsFor(terms) / 2 }

// laid are masses in billionths at some indexes in a row, the first of them at index at.
type laid struct {
	at   int
	mass []uint64
}

// independent lays and folds the terms, whose sum is known where all of them are high together; false where a term has no levels.
func (g *scratch) independent(terms []term, sum curve, level bool) (grid, bool) {
	n := len(sum.levels)
	if n == 0 {
		return grid{}, false
	}
	if !level { // sum has the levels that all share, not the outer ones of each
		return g.independentOf(curvesOf(terms))
	}
	out := grid{origin: sum.values[0], step: stepOf(new(big.Int).Sub(sum.values[n-1], sum.values[0]), len(terms))}
	g.reset()
	for _, t := range terms {
		at, fits := g.positions(t, out.step)
		if !fits {
			at = t.curve().positions(out.step)
		}
		g.lay(sum.levels, at)
	}
	out.parts = g.halves()
	return out, true
}

// independentOf is independent of curves: exact at any size and with any levels.
func (g *scratch) independentOf(terms []curve) (grid, bool) {
	origin, width := new(big.Int), new(big.Int)
	for _, t := range terms {
		n := len(t.levels)
		if n == 0 {
			return grid{}, false
		}
		origin.Add(origin, t.values[0])
		width.Add(width, t.values[n-1]).Sub(width, t.values[0])
	}
	out := grid{origin: origin, step: stepOf(width, len(terms))}
	g.reset()
	for _, t := range terms {
		g.lay(t.levels, t.positions(out.step))
	}
	out.parts = g.halves()
	return out, true
}

func stepOf(width *big.Int, terms int) *big.Int {
	step := new(big.Int).Quo(width, big.NewInt(int64(gridStepsFor(terms))))
	return step.Add(step, big.NewInt(1))
}

func curvesOf(terms []term) []curve {
	curves := make([]curve, len(terms))
	for i, t := range terms {
		curves[i] = t.curve()
	}
	return curves
}

// positions are the values at the levels in 2^-subSteps of a grid step, from the lowest.
func (c curve) positions(step *big.Int) []int64 {
	at := make([]int64, len(c.values))
	for k, v := range c.values {
		d := new(big.Int).Sub(v, c.values[0])
		at[k] = d.Quo(d.Lsh(d, subSteps), step).Int64()
	}
	return at
}

// scratch is the room in which one grid after the other is counted.
type scratch struct {
	at    []int64
	terms []laid
	room  []uint64
	used  int
}

func (g *scratch) reset() { g.terms, g.used = g.terms[:0], 0 }

// take is a row of zeroes, good until reset.
func (g *scratch) take(n int) []uint64 {
	if g.used+n > len(g.room) {
		g.room, g.used = make([]uint64, max(2*len(g.room), 4*n, 4096)), 0 // rows taken before keep the room they have
	}
	row := g.room[g.used : g.used+n : g.used+n]
	g.used += n
	clear(row)
	return row
}

// positions is that of curves for a term of narrow figures, good until the next; false where something does not fit.
func (g *scratch) positions(t term, step *big.Int) (at []int64, fits bool) {
	row, narrow := t.values()
	if !narrow || !step.IsUint64() {
		return nil, false
	}
	divisor := step.Uint64()
	row = row[colLevel:]
	g.at = g.at[:0]
	for _, v := range row {
		hi, lo := bits.Mul64(uint64(v-row[0]), uint64(t.factor.n))
		if hi >= 1<<(64-subSteps) {
			return nil, false
		}
		hi, lo = hi<<subSteps|lo>>(64-subSteps), lo<<subSteps
		if hi >= divisor {
			return nil, false
		}
		position, _ := bits.Div64(hi, lo, divisor)
		g.at = append(g.at, int64(position))
	}
	return g.at, true
}

// lay puts a term's mass on grid points counted from its lowest value. A piece between two levels is laid as equal masses, each in
// the middle of its part of the piece; what a piece's mass and length leave when they are divided is carried from part to part.
func (g *scratch) lay(levels, at []int64) {
	n := len(levels)
	if at[n-1] == 0 {
		return // all mass on the first point: nothing is folded
	}
	mass := g.take(int(at[n-1]>>subSteps) + 2)
	put := func(pos, m int64) {
		i, part := pos>>subSteps, pos&(1<<subSteps-1)
		right := m * part >> subSteps
		mass[i] += uint64(m - right)
		mass[i+1] += uint64(right)
	}
	put(at[0], levels[0]*(billion/ppm))
	put(at[n-1], (ppm-levels[n-1])*(billion/ppm))
	for k := 0; k+1 < n; k++ {
		m, d := (levels[k+1]-levels[k])*(billion/ppm), at[k+1]-at[k]
		if d == 0 {
			put(at[k], m)
			continue
		}
		pieces := minPieces + d>>subSteps
		each, over, carried := m/pieces, m%pieces, int64(0)
		pos, rest := at[k]+d/(2*pieces), d%(2*pieces)
		ahead, aheadRest := d/pieces, 2*(d%pieces)
		for range pieces {
			part := each
			if carried += over; carried >= pieces {
				carried -= pieces
				part++
			}
			put(pos, part)
			pos += ahead
			if rest += aheadRest; rest >= 2*pieces {
				rest -= 2 * pieces
				pos++
			}
		}
	}
	g.terms = append(g.terms, trimmed(0, mass))
}

func trimmed(at int, mass []uint64) laid {
	for len(mass) > 1 && mass[len(mass)-1] == 0 {
		mass = mass[:len(mass)-1]
	}
	for len(mass) > 1 && mass[0] == 0 {
		mass = mass[1:]
		at++
	}
	return laid{at, mass}
}

// halves folds the terms laid into two.
func (g *scratch) halves() pair {
	middle := len(g.terms) / 2
	return pair{g.folded(g.terms[:middle]), g.folded(g.terms[middle:])}
}

func (g *scratch) folded(terms []laid) laid {
	switch len(terms) {
	case 0:
		return laid{0, []uint64{billion}}
	case 1:
		return terms[0]
	}
	middle := len(terms) / 2
	return g.fold(g.folded(terms[:middle]), g.folded(terms[middle:]))
}

// fold is the distribution of the sum of two. Products stay below 10^18 in sum, inside 64 bits.
func (g *scratch) fold(a, b laid) laid {
	raw := g.convolve(a.mass, b.mass)
	var sum, given uint64
	for i, x := range raw {
		sum += x
		upTo := (sum + billion/2) / billion
		raw[i], given = upTo-given, upTo
	}
	return trimmed(a.at+b.at, raw)
}

// exceed estimates the probability of more than s, in ppm.
func (g grid) exceed(s *big.Int) int64 {
	mass, _ := g.parts.tail(g.upTo(s))
	return int64(mass / (billion * (billion / ppm)))
}

// short estimates the expected excess over s, as a mass.
func (g grid) short(s *big.Int) *big.Int {
	mass, moment := g.parts.tail(g.upTo(s))
	return g.distance(s, mass, moment)
}

// over estimates the expected shortfall below s, as a mass.
func (g grid) over(s *big.Int) *big.Int {
	mass, moment := g.parts.head(g.upTo(s))
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
	if end := g.parts.end(); !d.IsInt64() || d.Int64() >= int64(end) {
		return end
	}
	return int(d.Int64()) + 1
}

// distance is the sum of mass × (value - s) in units of 2 × ppm instead of 10^-18.
func (g grid) distance(s *big.Int, mass uint64, moment wide) *big.Int {
	d := moment.big()
	d.Mul(d, g.step)
	short := new(big.Int).Sub(g.origin, s)
	d.Add(d, short.Mul(short, new(big.Int).SetUint64(mass)))
	return d.Quo(d, halfPPM)
}

var halfPPM = big.NewInt(billion / (2 * ppm) * billion)

// pair is the sum of two independent parts, read without folding them: their fold would be the longest of all, and only its tail is asked for.
type pair struct{ a, b laid }

// end is the index after the last one of the sum.
func (p pair) end() int { return p.a.at + len(p.a.mass) + p.b.at + len(p.b.mass) - 1 }

// tail sums mass and mass × index over the sum's indexes from one on, in units of 10^-18.
func (p pair) tail(from int) (mass uint64, moment wide) {
	// Of b what lies from an index on; that index falls as the one of a rises.
	j := len(p.b.mass)
	var right, rightMoment uint64
	for i, x := range p.a.mass {
		at := p.a.at + i
		for j > 0 && at+p.b.at+j-1 >= from {
			j--
			right += p.b.mass[j]
			rightMoment += p.b.mass[j] * uint64(p.b.at+j)
		}
		mass += x * right
		moment = moment.plus(x, right*uint64(at)+rightMoment)
	}
	return mass, moment
}

// head is the rest of tail.
func (p pair) head(to int) (mass uint64, moment wide) {
	j := 0
	var left, leftMoment uint64
	for i, x := range slices.Backward(p.a.mass) {
		at := p.a.at + i
		for j < len(p.b.mass) && at+p.b.at+j < to {
			left += p.b.mass[j]
			leftMoment += p.b.mass[j] * uint64(p.b.at+j)
			j++
		}
		mass += x * left
		moment = moment.plus(x, left*uint64(at)+leftMoment)
	}
	return mass, moment
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
