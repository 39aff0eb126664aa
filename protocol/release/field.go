package release

import (
	"math/bits"

	"kontor/protocol/quantity"
)

// prime is 2^61-1. The ledger's linear algebra is exact modulo it: a combination that holds for the quantities holds here too, and one that
// holds here alone needs the prime to divide a minor of the ledger's matrix.
const prime = 1<<61 - 1

func modulo(x uint64) uint64 {
	if x = x>>61 + x&prime; x >= prime {
		x -= prime
	}
	return x
}

func times(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return modulo(hi<<3 + lo>>61 + lo&prime)
}

func less(a, b uint64) uint64 { return modulo(a + prime - b) }

func inverse(a uint64) uint64 {
	r := uint64(1)
	for e := uint64(prime - 2); e > 0; e >>= 1 {
		if e&1 == 1 {
			r = times(r, a)
		}
		a = times(a, a)
	}
	return r
}

// factorOf is a quantity modulo the prime.
func factorOf(q quantity.Quantity) uint64 {
	m := q.Mantissa()
	f := modulo(uint64(max(m, -(m + 1))))
	if m < 0 {
		f = less(0, modulo(f+1))
	}
	ten := uint64(10)
	if q.Exponent() < 0 {
		ten = tenth
	}
	for range max(q.Exponent(), -q.Exponent()) {
		f = times(f, ten)
	}
	return f
}

var tenth = inverse(10)

// row is a linear combination of unknowns, column by column.
type row []uint64

// inSpan tells whether target is a combination of rows where only the columns of keep are looked at, and which rows it takes. work is lowered
// by the products it costs; below zero nothing is known.
func inSpan(rows []row, target row, keep []int, work *int) (uses []int, yes bool) {
	n := len(rows)
	solve := make([]row, 0, n)
	extended := func(r row, unit int) row {
		e := make(row, len(keep)+n)
		for i, c := range keep {
			e[i] = r[c]
		}
		if unit >= 0 {
			e[len(keep)+unit] = 1
		}
		return e
	}
	lead := []int{}
	reduce := func(e row) int {
		for i, s := range solve {
			if f := e[lead[i]]; f != 0 {
				*work -= len(e)
				for j := range e {
					if s[j] != 0 {
						e[j] = less(e[j], times(f, s[j]))
					}
				}
			}
		}
		for j := range keep {
			if e[j] != 0 {
				return j
			}
		}
		return -1
	}
	for i, r := range rows {
		if *work < 0 {
			return nil, false
		}
		e := extended(r, i)
		j := reduce(e)
		if j < 0 {
			continue
		}
		f := inverse(e[j])
		for k := range e {
			e[k] = times(e[k], f)
		}
		solve, lead = append(solve, e), append(lead, j)
	}
	e := extended(target, -1)
	if reduce(e) >= 0 {
		return nil, false
	}
	for i := range n {
		if e[len(keep)+i] != 0 {
			uses = append(uses, i)
		}
	}
	return uses, true
}
