package planner

import "math"

// sums are the normal equations of a weighted least-squares problem, gathered
// row by row: left is symmetric and only its lower half is filled.
type sums struct {
	n     int
	left  [][]float64
	right []float64
}

func newSums(n int) *sums {
	s := &sums{n: n, right: make([]float64, n), left: make([][]float64, n)}
	for i := range s.left {
		s.left[i] = make([]float64, n)
	}
	return s
}

func (s *sums) add(x []float64, y, weight float64) {
	for i, a := range x {
		a *= weight
		s.right[i] += a * y
		row := s.left[i]
		for j := 0; j <= i; j++ {
			row[j] += a * x[j]
		}
	}
}

// solve returns the coefficients that minimise the gathered squares plus
// ridge x the squared distance to prior: with little data the answer is the
// prior, with much it is least squares. Solved by Cholesky's factorisation,
// which a ridge above 0 keeps possible.
func (s *sums) solve(prior []float64, ridge float64) []float64 {
	l := make([][]float64, s.n)
	x := make([]float64, s.n)
	for i := range l {
		l[i] = make([]float64, s.n)
		x[i] = s.right[i] + ridge*prior[i]
		for j := 0; j <= i; j++ {
			sum := s.left[i][j]
			if i == j {
				sum += ridge
			}
			for k := range j {
				sum -= l[i][k] * l[j][k]
			}
			if i == j {
				l[i][i] = math.Sqrt(max(sum, 1e-12))
			} else {
				l[i][j] = sum / l[j][j]
			}
		}
	}
	for i := range x {
		for k := range i {
			x[i] -= l[i][k] * x[k]
		}
		x[i] /= l[i][i]
	}
	for i := s.n - 1; i >= 0; i-- {
		for k := i + 1; k < s.n; k++ {
			x[i] -= l[k][i] * x[k]
		}
		x[i] /= l[i][i]
	}
	return x
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i, x := range a {
		sum += x * b[i]
	}
	return sum
}

// situations visits past forecast situations: what was known of a series at
// the end of the month at, and the month at+ahead that came of it.
type situations func(visit func(series, at, ahead int, weight float64))

// fitOccurrence fits the log odds of a delivery by Newton's method, starting at
// and held to prior. A step that does not lower the loss is halved, so that a
// far start cannot make the method run away.
func fitOccurrence(known [][]state, values [][]float64, each situations, prior []float64, ridge float64) []float64 {
	beta := append([]float64(nil), prior...)
	good := append([]float64(nil), prior...)
	loss := math.Inf(1)
	for range 12 {
		s := newSums(len(beta))
		current := penalty(beta, prior, ridge)
		each(func(series, at, ahead int, weight float64) {
			x := known[series][at].occurrence[:]
			eta := dot(x, beta)
			p := logistic(eta)
			y := 0.0
			if values[series][at+ahead] > 0 {
				y = 1
			}
			current += weight * (math.Log1p(math.Exp(-math.Abs(eta))) + max(eta, 0) - y*eta)
			spread := max(p*(1-p), 1e-4)
			s.add(x, eta+(y-p)/spread, weight*spread)
		})
		if current > loss {
			for i := range beta {
				beta[i] = (beta[i] + good[i]) / 2
			}
			continue
		}
		settled := loss-current < 1e-6*max(1, current)
		loss = current
		copy(good, beta)
		if settled {
			break
		}
		beta = s.solve(prior, ridge)
	}
	return good
}

// penalty is the cost of leaving the prior.
func penalty(beta, prior []float64, ridge float64) float64 {
	sum := 0.0
	for i := range beta {
		d := beta[i] - prior[i]
		sum += d * d
	}
	return ridge / 2 * sum
}

// fitSize fits the logarithm of a delivery's size, over the situations that had one.
func fitSize(known [][]state, values [][]float64, each situations, prior []float64, ridge float64) []float64 {
	s := newSums(len(prior))
	each(func(series, at, ahead int, weight float64) {
		if y := values[series][at+ahead]; y > 0 {
			s.add(known[series][at].size[:], math.Log(y), weight)
		}
	})
	return s.solve(prior, ridge)
}
