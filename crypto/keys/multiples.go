package keys

import (
	"filippo.io/edwards25519"
	"filippo.io/edwards25519/field"
)

// A scalar is written in 43 signed digits of 6 bits, each from -32 to 32: 2^258 is above four times the group order. A
// multiple of the point is then a sum of one table entry a digit, without a doubling. Wider digits sum fewer entries of
// larger tables: 6 bits are 86 additions of two tables of 165 KB, which the processor's second cache holds; 5 bits 104
// of 100 KB, 8 bits 64 of 490 KB.
const (
	digitBits = 6
	digits    = 43
	entries   = 1 << (digitBits - 1)
)

// niels is a point in the form in which it is added fastest: y+x, y-x and 2dxy, in affine coordinates.
type niels struct{ sum, difference, product field.Element }

// multiples holds, for each digit i of a scalar, 1 to 32 times 64^i times a point. They are made and used with time
// that depends on the values: only what is public is multiplied by them.
type multiples [digits][entries]niels

// extended is a point in extended coordinates: x = X/Z, y = Y/Z, xy = T/Z.
type extended struct{ x, y, z, t field.Element }

// twoD is 2d, d the constant of the curve.
var twoD = func() field.Element {
	var d field.Element
	y := curveD.FillBytes(make([]byte, PublicSize))
	for i, j := 0, len(y)-1; i < j; i, j = i+1, j-1 {
		y[i], y[j] = y[j], y[i]
	}
	if _, err := d.SetBytes(y); err != nil {
		panic("invariant: the constant of the curve is a field element: " + err.Error())
	}
	return *d.Add(&d, &d)
}()

// newMultiples makes the table of a point.
func newMultiples(p *edwards25519.Point) *multiples {
	table := new(multiples)
	// In projective coordinates first; then all are divided by their z at the price of one inversion.
	var points [digits * entries]extended
	base := new(edwards25519.Point).Set(p)
	for i := range digits {
		q := new(edwards25519.Point).Set(base)
		for j := range entries {
			x, y, z, _ := q.ExtendedCoordinates()
			points[i*entries+j] = extended{x: *x, y: *y, z: *z}
			if j < entries-1 {
				q.Add(q, base)
			}
		}
		base.Add(q, q) // 64 times
	}
	// product is that of all z up to and with this one.
	var product [digits * entries]field.Element
	product[0] = points[0].z
	for i := 1; i < len(points); i++ {
		product[i].Multiply(&product[i-1], &points[i].z)
	}
	inverse := new(field.Element).Invert(&product[len(points)-1])
	for i := len(points) - 1; i >= 0; i-- {
		at := &points[i]
		var zInverse, x, y field.Element
		if i > 0 {
			zInverse.Multiply(inverse, &product[i-1])
			inverse.Multiply(inverse, &at.z)
		} else {
			zInverse = *inverse
		}
		x.Multiply(&at.x, &zInverse)
		y.Multiply(&at.y, &zInverse)
		n := &table[i/entries][i%entries]
		n.sum.Add(&y, &x)
		n.difference.Subtract(&y, &x)
		n.product.Multiply(&x, &y)
		n.product.Multiply(&n.product, &twoD)
	}
	return table
}

// add adds a scalar, 32 bytes little-endian and below the group order, times the point of the table.
func (p *extended) add(table *multiples, scalar []byte) {
	carry := 0
	for i := range digits {
		// Six bits from bit 6i on, which lie in at most two bytes.
		at, shift := i*digitBits/8, i*digitBits%8
		d := int(scalar[at]) >> shift
		if at+1 < len(scalar) {
			d |= int(scalar[at+1]) << (8 - shift)
		}
		d = d&(1<<digitBits-1) + carry
		if carry = 0; d > entries {
			d -= 1 << digitBits
			carry = 1
		}
		switch {
		case d > 0:
			p.addEntry(&table[i][d-1], false)
		case d < 0:
			p.addEntry(&table[i][-d-1], true)
		}
	}
}

// addEntry adds or subtracts a table entry: the mixed addition of Hisil, Wong, Carter and Dawson, "Twisted Edwards Curves
// Revisited" (2008), section 3.1 with a = -1. It holds for any two points of the curve.
func (p *extended) addEntry(q *niels, negative bool) {
	sum, difference := &q.sum, &q.difference
	if negative {
		sum, difference = difference, sum
	}
	var a, b, c, d, e, f, g, h field.Element
	a.Subtract(&p.y, &p.x)
	a.Multiply(&a, difference)
	b.Add(&p.y, &p.x)
	b.Multiply(&b, sum)
	c.Multiply(&p.t, &q.product)
	d.Add(&p.z, &p.z)
	e.Subtract(&b, &a)
	h.Add(&b, &a)
	if negative {
		f.Add(&d, &c)
		g.Subtract(&d, &c)
	} else {
		f.Subtract(&d, &c)
		g.Add(&d, &c)
	}
	p.x.Multiply(&e, &f)
	p.y.Multiply(&g, &h)
	p.t.Multiply(&e, &h)
	p.z.Multiply(&f, &g)
}

// encode writes the point as in RFC 8032, section 5.1.2.
func (p *extended) encode() (out Public) {
	var inverse, x, y field.Element
	inverse.Invert(&p.z)
	x.Multiply(&p.x, &inverse)
	y.Multiply(&p.y, &inverse)
	copy(out[:], y.Bytes())
	out[PublicSize-1] |= byte(x.IsNegative() << 7)
	return out
}
