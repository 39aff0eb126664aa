package keys

import (
	"crypto/sha512"
	"slices"
	"sync"

	"filippo.io/edwards25519"
	"filippo.io/edwards25519/field"
)

// Verifying a signature (R, S) of a message under a key A means computing [S]B - [k]A and comparing its encoding with R, where k is the SHA-512 of R, A and
// the message (RFC 8032, section 5.1.7, without the cofactor, as crypto/ed25519 does it). Most of the work are some 250 doublings. Who verifies many
// signatures of one key can do without: with [j·64^i]A at hand, for every i and for j from 1 to 32, the product is a sum of at most one point for
// each digit of k to the base 64.

const (
	digitBits = 6
	digits    = 43                   // 258 bits; scalars have 253
	halfBase  = 1 << (digitBits - 1) // digits run from -32 to 32
)

// multiples are those of a point, in affine coordinates: [j·64^i]P stands at i·32 + j-1. They take 165 KiB.
type multiples [digits * halfBase]affine

// affine is a point prepared for adding: y+x, y-x, 2dxy.
type affine struct{ sum, difference, product field.Element }

// extended is a point in extended coordinates: x = X/Z, y = Y/Z, xy = T/Z.
type extended struct{ x, y, z, t field.Element }

// twiceD is 2d of the curve, d = -121665/121666.
var twiceD = sync.OnceValue(func() *field.Element {
	numerator, denominator := new(field.Element).One(), new(field.Element).One()
	numerator.Mult32(numerator, 2*121665)
	denominator.Mult32(denominator, 121666)
	return numerator.Negate(numerator.Multiply(numerator, denominator.Invert(denominator)))
})

// ofBase are the multiples of the base point, made when the first signature needs them.
var ofBase = sync.OnceValue(func() *multiples { return multiplesOf(edwards25519.NewGeneratorPoint()) })

// multiplesOf computes the multiples of a point: about 1,600 additions and one inversion.
func multiplesOf(p *edwards25519.Point) *multiples {
	var points [digits * halfBase]extended
	base := new(edwards25519.Point).Set(p)
	for i := range digits {
		at := new(edwards25519.Point).Set(base)
		for j := range halfBase {
			if j > 0 {
				at.Add(at, base)
			}
			e := &points[i*halfBase+j]
			x, y, z, t := at.ExtendedCoordinates()
			e.x, e.y, e.z, e.t = *x, *y, *z, *t
		}
		base.Add(at, at) // [2·32]
	}
	// All Z are inverted with one inversion: of the products of all before.
	var before [len(points)]field.Element
	all := *new(field.Element).One()
	for i := range points {
		before[i] = all
		all.Multiply(&all, &points[i].z)
	}
	all.Invert(&all)
	m := new(multiples)
	for i, e := range slices.Backward(points[:]) {
		var inverse, x, y field.Element
		inverse.Multiply(&all, &before[i])
		all.Multiply(&all, &e.z)
		x.Multiply(&e.x, &inverse)
		y.Multiply(&e.y, &inverse)
		m[i].sum.Add(&y, &x)
		m[i].difference.Subtract(&y, &x)
		m[i].product.Multiply(&x, &y)
		m[i].product.Multiply(&m[i].product, twiceD())
	}
	return m
}

// signedDigits writes a scalar, 32 bytes little-endian and below 2^253, to the base 64 with digits from -31 to 32.
func signedDigits(scalar []byte) (out [digits]int8) {
	carry := 0
	for i := range out {
		bit := i * digitBits
		window := int(scalar[bit/8]) >> (bit % 8)
		if next := bit/8 + 1; next < len(scalar) {
			window |= int(scalar[next]) << (8 - bit%8)
		}
		digit := window&(2*halfBase-1) + carry
		carry = 0
		if digit > halfBase {
			digit, carry = digit-2*halfBase, 1
		}
		out[i] = int8(digit)
	}
	return out
}

// addMultiple adds [scalar]P to e, P the point of m.
func (e *extended) addMultiple(m *multiples, scalar []byte) {
	for i, digit := range signedDigits(scalar) {
		switch {
		case digit > 0:
			e.add(&m[i*halfBase+int(digit)-1])
		case digit < 0:
			e.subtract(&m[i*halfBase-int(digit)-1])
		}
	}
}

// add adds a point: the unified formula for a = -1, with which every two points of the curve can be added (Hisil, Wong, Carter, Dawson, 2008, section 3.1).
func (e *extended) add(p *affine) {
	var a, b, c field.Element
	a.Multiply(a.Subtract(&e.y, &e.x), &p.difference)
	b.Multiply(b.Add(&e.y, &e.x), &p.sum)
	c.Multiply(&e.t, &p.product)
	e.combine(&a, &b, &c, false)
}

// subtract adds the point with the other sign of x.
func (e *extended) subtract(p *affine) {
	var a, b, c field.Element
	a.Multiply(a.Subtract(&e.y, &e.x), &p.sum)
	b.Multiply(b.Add(&e.y, &e.x), &p.difference)
	c.Multiply(&e.t, &p.product)
	e.combine(&a, &b, &c, true)
}

func (e *extended) combine(a, b, c *field.Element, negative bool) {
	var d, f, g, h, k field.Element
	d.Add(&e.z, &e.z)
	f.Subtract(b, a)
	g.Subtract(&d, c)
	h.Add(&d, c)
	if negative {
		g.Swap(&h, 1)
	}
	k.Add(b, a)
	e.x.Multiply(&f, &g)
	e.y.Multiply(&h, &k)
	e.t.Multiply(&f, &k)
	e.z.Multiply(&g, &h)
}

// bytes is the encoding of the point.
func (e *extended) bytes() (out [PublicSize]byte) {
	var inverse, x, y field.Element
	inverse.Invert(&e.z)
	x.Multiply(&e.x, &inverse)
	y.Multiply(&e.y, &inverse)
	copy(out[:], y.Bytes())
	out[PublicSize-1] |= byte(x.IsNegative() << 7)
	return out
}

// negated are the multiples of -A for a key A; nil when its bytes are no point.
func negated(p Public) *multiples {
	a, err := new(edwards25519.Point).SetBytes(p[:])
	if err != nil {
		return nil
	}
	return multiplesOf(a.Negate(a))
}

// holds reports whether sig is the signature over message of the key p whose multiples, negated, are m.
func (m *multiples) holds(p Public, message, sig []byte) bool {
	s, err := edwards25519.NewScalar().SetCanonicalBytes(sig[32:])
	if err != nil {
		return false
	}
	h := sha512.New()
	h.Write(sig[:32])
	h.Write(p[:])
	h.Write(message)
	var digest [sha512.Size]byte
	k, err := edwards25519.NewScalar().SetUniformBytes(h.Sum(digest[:0]))
	if err != nil {
		return false
	}
	var sum extended
	sum.y.One()
	sum.z.One()
	sum.addMultiple(ofBase(), s.Bytes())
	sum.addMultiple(m, k.Bytes())
	return sum.bytes() == [PublicSize]byte(sig[:32])
}
