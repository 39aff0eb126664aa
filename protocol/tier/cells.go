package tier

import (
	"math"
	"math/big"
	"strings"

	"kontor/protocol/quantity"
)

// Cells are an emission's figures by a key of the caller's. What stands before the first bar of a key is the group whose figures may
// be added up, such as a unit: "KGM|API|2026-12|mean".
type Cells map[string]quantity.Quantity

// Same reports whether both have the same figures; absent and zero differ.
func (c Cells) Same(d Cells) bool {
	if len(c) != len(d) {
		return false
	}
	for key, q := range c {
		if r, ok := d[key]; !ok || r != q {
			return false
		}
	}
	return true
}

// Moved reports whether any figure lies outside the dead band around the last emission: it differs by more than
// five percent of what was emitted, or something of some size came or went.
func (c Cells) Moved(from Cells) bool {
	for key, q := range c {
		if outside(from[key], q) {
			return true
		}
	}
	for key, q := range from {
		if _, still := c[key]; !still && !q.IsZero() {
			return true
		}
	}
	return false
}

func outside(was, is quantity.Quantity) bool {
	e := min(was.Exponent(), is.Exponent())
	a, _ := was.At(e)
	b, _ := is.At(e)
	move := new(big.Int).Sub(a, b)
	move.Abs(move).Mul(move, big.NewInt(1_000_000))
	return move.Cmp(a.Abs(a).Mul(a, big.NewInt(DeadBandPPM))) > 0
}

// Amount is how much of one group moved, in thousandths, and no more than an int64 holds.
type Amount struct {
	Group       string `cbor:"group"`
	Thousandths int64  `cbor:"thousandths"`
}

// Distance is the sum of the absolute differences of two sets of figures, by group, ascending. It serves the loop gain only: it is rounded
// up to thousandths and stops at the largest int64.
func Distance(a, b Cells) []Amount {
	sums := map[string]*big.Int{}
	add := func(key string, p, q quantity.Quantity) {
		e := min(p.Exponent(), q.Exponent(), -3)
		x, _ := p.At(e)
		y, _ := q.At(e)
		x.Abs(x.Sub(x, y))
		for range -3 - e {
			x.Add(x, nine).Quo(x, ten)
		}
		group, _, _ := strings.Cut(key, "|")
		if sums[group] == nil {
			sums[group] = new(big.Int)
		}
		sums[group].Add(sums[group], x)
	}
	for key, p := range a {
		add(key, p, b[key])
	}
	for key, q := range b {
		if _, both := a[key]; !both {
			add(key, quantity.Quantity{}, q)
		}
	}
	var out []Amount
	for _, group := range sortedKeys(sums) {
		n := int64(math.MaxInt64)
		if sums[group].IsInt64() {
			n = sums[group].Int64()
		}
		out = append(out, Amount{group, n})
	}
	return out
}

var nine, ten = big.NewInt(9), big.NewInt(10)
