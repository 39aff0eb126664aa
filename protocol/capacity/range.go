package capacity

import (
	"fmt"
	"math/big"

	"kontor/protocol/quantity"
)

// Interval is a probability of which only the two ends are known, in ppm.
type Interval struct {
	Lower int64 `json:"lower"`
	Upper int64 `json:"upper"`
}

// Range is an expected number of units of which only the two ends are known.
type Range struct {
	Lower quantity.Quantity `json:"lower"`
	Upper quantity.Quantity `json:"upper"`
	Open  bool              `json:"open,omitempty"` // nothing bounds it from above: no mean is known, and Upper is what the levels alone give
}

// resultDecimals is the number of decimals in which expected units are stated, the lower end rounded down and the
// upper end up.
const resultDecimals = 3

// toRange states a mass in units of 10^scale.
func (m mass) toRange(scale int, open bool) (Range, error) {
	lower, err := ratio(m.lower, wholePPM, scale, false)
	if err != nil {
		return Range{}, err
	}
	upper, err := ratio(m.upper, wholePPM, scale, true)
	return Range{lower, upper, open}, err
}

// ratio is num/den × 10^scale with resultDecimals decimals, rounded down or up; den is above zero.
func ratio(num, den *big.Int, scale int, up bool) (quantity.Quantity, error) {
	n, d := new(big.Int).Set(num), new(big.Int).Set(den)
	if shift := scale + resultDecimals; shift >= 0 {
		n.Mul(n, power(shift))
	} else {
		d.Mul(d, power(-shift))
	}
	q, rest := n.DivMod(n, d, new(big.Int)) // Euclidean: rounds down for a positive divisor
	if up && rest.Sign() != 0 {
		q.Add(q, big.NewInt(1))
	}
	return toQuantity(q, -resultDecimals)
}

// toQuantity is n × 10^scale. A figure of more digits than a quantity holds is shown with those that fit, cut towards zero: the verdict was made on the
// exact one. One above every quantity is an error, never a small figure.
func toQuantity(n *big.Int, scale int) (quantity.Quantity, error) {
	q, err := quantity.FromBig(n, scale)
	if err == nil {
		return q, nil
	}
	const digits = 19 // of an int64; the largest of them do not all fit, and lose one more
	long := len(new(big.Int).Abs(n).String())
	cut := max(long-digits, -quantity.MaxExponent-scale, 1)
	for last := cut + 1; cut <= last && cut < len(powersOfTen); cut++ {
		if q, err := quantity.FromBig(new(big.Int).Quo(n, power(cut)), scale+cut); err == nil && (q != quantity.Quantity{} || scale+long <= -quantity.MaxExponent) {
			return q, nil
		}
	}
	return quantity.Quantity{}, fmt.Errorf("figure of %d digits: %w", long, err)
}

var powersOfTen = func() (p [80]*big.Int) {
	p[0] = big.NewInt(1)
	for i := 1; i < len(p); i++ {
		p[i] = new(big.Int).Mul(p[i-1], big.NewInt(10))
	}
	return p
}()

// power is 10^n; scales of a match are bounded by the bounds of quantities, far below the table's end.
func power(n int) *big.Int { return powersOfTen[n] }
