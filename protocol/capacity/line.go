package capacity

import (
	"math/big"

	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// demandLine is one forecast line made ready: figures as integers of the match's scale, demand from the first
// bucket on summed up.
type demandLine struct {
	key      string
	product  string // item id
	region   string
	category forecast.Category
	unit     quantity.Unit
	axis     *axis
	levels   []int64            // of cumulative demand, in every row; nil without bands. Lines of the same levels share the slice
	chained  bool               // cumulative levels were not shared: bucket quantiles were added, as if all buckets were high together
	linked   bool               // to an active group
	owed     *quantity.Quantity // what the buyer says is overdue

	// One row a bucket, of width columns. Where all of them are from 0 to maxFigure they stand in figures, else in exact.
	figures []int64
	exact   []*big.Int
}

// The columns of a row: then one for each level of cumulative demand.
const (
	colMean  = iota // demand of the bucket
	colSum          // mean demand from the first bucket to the end of this one
	colFloor        // the least cumulative demand possible: what is ordered
	colLevel
)

// maxFigure leaves room for one addition of two figures.
const maxFigure = 1<<62 - 1

func (l *demandLine) width() int { return colLevel + len(l.levels) }

// figure is one figure of either form; of row -1, before the first bucket, it is 0.
func (l *demandLine) figure(row, col int) *big.Int {
	switch at := row*l.width() + col; {
	case row < 0:
		return zero
	case l.figures != nil:
		return big.NewInt(l.figures[at])
	default:
		return l.exact[at]
	}
}

// cumulative is the demand up to the end of a row's bucket.
func (l *demandLine) cumulative(row int) curve {
	c := curve{levels: l.levels, values: make([]*big.Int, len(l.levels)), mean: l.figure(row, colSum), floor: l.figure(row, colFloor)}
	for k := range c.values {
		c.values[k] = l.figure(row, colLevel+k)
	}
	return c
}

// read fills the figures of a line without orders, and tells whether all of them fit.
func (l *demandLine) read(from *forecast.Line, scale int) bool {
	w := l.width()
	l.figures = make([]int64, len(from.Buckets)*w)
	fits := true
	figure := func(q quantity.Quantity) int64 {
		n, ok := q.Int64At(scale)
		fits = fits && ok && n >= 0 && n <= maxFigure
		return n
	}
	before := make([]int64, w)
	for i := range from.Buckets {
		c, row := &from.Buckets[i], l.figures[i*w:(i+1)*w]
		row[colMean] = figure(c.Mean)
		row[colSum] = before[colSum] + row[colMean]
		fits = fits && row[colSum] <= maxFigure
		for k, q := range levelsOf(c, l.chained) {
			n := figure(q.Q)
			if l.chained {
				n += before[colLevel+k]
			}
			row[colLevel+k] = n
			fits = fits && n <= maxFigure
		}
		if !fits {
			return false
		}
		before = row
	}
	return true
}

// narrow moves exact figures to where sums of them cost less, if all of them fit.
func (l *demandLine) narrow() {
	figures := make([]int64, len(l.exact))
	for i, n := range l.exact {
		if !n.IsInt64() || n.Sign() < 0 || n.Int64() > maxFigure {
			return
		}
		figures[i] = n.Int64()
	}
	l.figures, l.exact = figures, nil
}

// addTo adds what lies in some rows, times a factor.
func (l *demandLine) addTo(sum *accumulator, from, to, col int, f factor) {
	w := l.width()
	if l.figures == nil || f.n == 0 {
		for row := from; row < to; row++ {
			sum.addBig(new(big.Int).Mul(l.figure(row, col), f.exact))
		}
		return
	}
	for row := from; row < to; row++ {
		sum.add(l.figures[row*w+col], f.n)
	}
}

// term is the cumulative demand of a line up to a row, times a factor.
type term struct {
	line   *demandLine
	row    int
	factor factor
}

// curve is the term as a curve of its own.
func (t term) curve() curve { return t.line.cumulative(t.row).times(t.factor.exact) }

// values are the term's figures from the first column to the last before the factor, and false where they or the factor are wide.
func (t term) values() (row []int64, narrow bool) {
	if t.line.figures == nil || t.factor.n == 0 {
		return nil, false
	}
	w := t.line.width()
	if t.row < 0 {
		return nothing[:min(w, len(nothing))], w <= len(nothing)
	}
	return t.line.figures[t.row*w : (t.row+1)*w], true
}

var nothing [colLevel + forecast.MaxQuantiles]int64

// together is the sum of terms that are high together, as comonotone says; level tells that all of them have the same levels.
func together(terms []term) (sum curve, level bool) {
	levels := terms[0].line.levels
	for _, t := range terms[1:] {
		if len(t.line.levels) != len(levels) || len(levels) > 0 && &t.line.levels[0] != &levels[0] && !equalLevels(t.line.levels, levels) {
			curves := make([]curve, len(terms))
			for i, t := range terms {
				curves[i] = t.curve()
			}
			return comonotone(curves), false
		}
	}
	sums := make([]accumulator, colLevel+len(levels))
	for _, t := range terms {
		if row, narrow := t.values(); narrow {
			for col := colSum; col < len(sums); col++ {
				sums[col].add(row[col], t.factor.n)
			}
			continue
		}
		for col := colSum; col < len(sums); col++ {
			t.line.addTo(&sums[col], t.row, t.row+1, col, t.factor)
		}
	}
	sum = curve{levels: levels, values: make([]*big.Int, len(levels)), mean: sums[colSum].value(), floor: sums[colFloor].value()}
	for k := range levels {
		sum.values[k] = sums[colLevel+k].value()
	}
	return sum, true
}

// moves tells that the term is not certain to be nothing.
func (t term) moves() bool {
	n := len(t.line.levels)
	return n > 0 && t.line.figure(t.row, colLevel+n-1).Sign() != 0
}
