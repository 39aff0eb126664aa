package capacity

import (
	"math/big"
	"math/bits"
)

// wide is a figure of 128 bits that is not negative.
type wide struct{ hi, lo uint64 }

// plus adds x × y. The sum stays below 2^128: the caller's to know.
func (w wide) plus(x, y uint64) wide {
	hi, lo := bits.Mul64(x, y)
	lo, carry := bits.Add64(w.lo, lo, 0)
	hi, _ = bits.Add64(w.hi, hi, carry)
	return wide{hi, lo}
}

func (w wide) big() *big.Int {
	if w.hi == 0 {
		return new(big.Int).SetUint64(w.lo)
	}
	n := new(big.Int).SetUint64(w.hi)
	return n.Lsh(n, 64).Add(n, new(big.Int).SetUint64(w.lo))
}

// accumulator adds products of two figures exactly. It keeps 127 bits by itself and moves what it has to a big.Int before they could overflow, so a sum of
// ordinary figures costs no allocation and one of hostile figures is as right. The zero value is 0.
type accumulator struct {
	sum  wide     // below 2^127
	rest *big.Int // nil for zero
}

// spill is the least high word that is moved to rest: a product of two int64 is below 2^126, so that the next sum stays below 2^127.
const spill = 1 << 62

// add adds v × factor, neither of them negative.
func (a *accumulator) add(v, factor int64) {
	a.sum = a.sum.plus(uint64(v), uint64(factor))
	if a.sum.hi >= spill {
		a.addBig(a.sum.big())
		a.sum = wide{}
	}
}

func (a *accumulator) addBig(n *big.Int) {
	if a.rest == nil {
		a.rest = new(big.Int)
	}
	a.rest.Add(a.rest, n)
}

// value is the sum, the caller's to change.
func (a *accumulator) value() *big.Int {
	n := a.sum.big()
	if a.rest != nil {
		n.Add(n, a.rest)
	}
	return n
}

// factor is a load factor × 10^-factorScale, above zero.
type factor struct {
	n     int64    // 0 where it does not fit
	exact *big.Int // always
}

func factorOf(n *big.Int) factor {
	f := factor{exact: n}
	if n.IsInt64() {
		f.n = n.Int64()
	}
	return f
}
