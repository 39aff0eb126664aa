package measure

import "math/big"

// deviates are how many standard deviations the two-sided interval of a probability takes on either side of a normal distribution's
// mean; six decimals, part of the definition.
var deviates = map[string]*big.Rat{
	"0.8": fraction(1281552, PPM), "0.9": fraction(1644854, PPM), "0.95": fraction(1959964, PPM), "0.99": fraction(2575829, PPM),
}

// levelPPM is the same probability in parts per million.
var levelPPM = map[string]int64{"0.8": 800_000, "0.9": 900_000, "0.95": 950_000, "0.99": 990_000}

// get is the value of a parameter that the measure has.
func (d Definition) get(name string) string {
	for _, p := range d.Parameters {
		if p.Name == name {
			return p.Value
		}
	}
	panic("invariant: measure " + string(d.Code) + " has no parameter " + name)
}

// number is the value of a parameter that is a number.
func (d Definition) number(name string) *big.Rat {
	r, ok := new(big.Rat).SetString(d.get(name))
	if !ok {
		panic("invariant: parameter " + name + " was checked to be a number")
	}
	return r
}

// count is the value of a parameter that is a whole number.
func (d Definition) count(name string) int {
	r := d.number(name)
	return int(r.Num().Int64())
}

// wilson is the score interval of k of n at the definition's confidence: it stays inside 0 and 1 and is of use for few observations.
func (d Definition) wilson(k *big.Rat, n int) *Interval {
	z := deviates[d.get("confidence")]
	zz, size := square(z), whole(n)
	down := plus(size, zz)
	middle := over(plus(k, over(zz, whole(2))), down)
	spread := root(plus(over(times(k, minus(size, k)), size), over(zz, whole(4)))).Rat()
	half := over(times(z, spread), down)
	return &Interval{
		Low:   decimal(atLeast(minus(middle, half), new(big.Rat))),
		High:  decimal(bounded(plus(middle, half), nil, whole(1))),
		Level: levelPPM[d.get("confidence")],
	}
}

// agrees tells whether p lies in the score interval of k of n, by squares: (k/n - p)² · n ≤ z² · p(1 - p).
func (d Definition) agrees(k *big.Rat, n int, p *big.Rat) bool {
	z := deviates[d.get("confidence")]
	left := times(square(minus(over(k, whole(n)), p)), whole(n))
	return left.Cmp(times(square(z), times(p, minus(whole(1), p)))) <= 0
}
