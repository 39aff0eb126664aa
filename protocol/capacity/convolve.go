package capacity

// lanes is how many sums dot16 makes at once.
const lanes = 16

// convolve multiplies the masses of two distributions, all with all: out[k] is the sum of a[i] × b[k-i]. Masses are billionths, below 2^32, and sum up to
// a billion at most in each, so that nothing leaves 64 bits. It is most of what a match costs, and the one place where it pays to have a processor do four
// multiplications at once; the result is the same without.
func (g *scratch) convolve(a, b []uint64) []uint64 {
	if len(a) > len(b) {
		a, b = b, a
	}
	n := len(a) + len(b) - 1
	if !vectors {
		out := g.take(n)
		for i, x := range a {
			if x == 0 {
				continue
			}
			row := out[i : i+len(b)]
			for j, y := range b {
				row[j] += x * y
			}
		}
		return out
	}
	// Zeroes before and after b stand in for the figures it does not have: none is read further away.
	padded, out := g.take(len(b)+2*lanes), g.take((n+lanes-1)/lanes*lanes)
	copy(padded[lanes:], b)
	for k := 0; k < n; k += lanes {
		from, to := max(0, k-len(b)+1), min(len(a), k+lanes) // of a
		dot16(&out[k], &a[from], to-from, &padded[lanes+k-from])
	}
	return out[:n]
}
