package keys

import (
	"crypto/sha512"
	"fmt"
	"math/big"
	"slices"
	"testing"
)

// point is a point of the curve in plain coordinates. The arithmetic is slow and obvious: it is here to find the points
// of small order without trusting the constants they are compared with.
type point struct{ x, y *big.Int }

func mod(n *big.Int) *big.Int { return n.Mod(n, prime) }

func times(a, b *big.Int) *big.Int { return mod(new(big.Int).Mul(a, b)) }

func (p point) add(q point) point {
	xx, yy := times(p.x, q.x), times(p.y, q.y)
	k := times(curveD, times(xx, yy))
	x := mod(new(big.Int).Add(times(p.x, q.y), times(q.x, p.y)))
	y := mod(new(big.Int).Add(yy, xx))
	x = times(x, new(big.Int).ModInverse(mod(new(big.Int).Add(one, k)), prime))
	y = times(y, new(big.Int).ModInverse(mod(new(big.Int).Sub(one, k)), prime))
	return point{x, y}
}

func (p point) scale(n *big.Int) point {
	sum := point{new(big.Int), big.NewInt(1)}
	for i := n.BitLen() - 1; i >= 0; i-- {
		sum = sum.add(sum)
		if n.Bit(i) == 1 {
			sum = sum.add(p)
		}
	}
	return sum
}

func (p point) encode() Public { return encodeY(p.y, p.x.Bit(0)) }

// encodeY writes any number below 2^255 as if it were a coordinate, with a sign.
func encodeY(y *big.Int, sign uint) (out Public) {
	y.FillBytes(out[:])
	slices.Reverse(out[:])
	out[31] |= byte(sign << 7)
	return out
}

// decodePoint finds x for the y of a canonical encoding.
func decodePoint(p Public) (point, bool) {
	y, canonical := p.coordinate()
	if !canonical {
		return point{}, false
	}
	yy := times(y, y)
	u := mod(new(big.Int).Sub(yy, one))
	v := mod(new(big.Int).Add(times(curveD, yy), one))
	x := new(big.Int).ModSqrt(times(u, new(big.Int).ModInverse(v, prime)), prime)
	if x == nil {
		return point{}, false
	}
	if x.Bit(0) != uint(p[31]>>7) {
		x = mod(new(big.Int).Neg(x))
	}
	return point{x, y}, true
}

// order is the prime order of the base point (RFC 8032, section 5.1).
var order = new(big.Int).Add(new(big.Int).Lsh(one, 252), fromHex("14def9dea2f79cd65812631a5cf5d3ed"))

// torsion finds the eight points of small order: any point times the prime order is one of them.
func torsion(t testing.TB) []point {
	var eighth point
	for y := int64(2); ; y++ {
		p, ok := decodePoint(encodeY(big.NewInt(y), 0))
		if !ok {
			continue
		}
		eighth = p.scale(order)
		if four := eighth.scale(big.NewInt(4)); four.y.Cmp(one) != 0 { // order 8 exactly
			break
		}
	}
	var all []point
	for i := range int64(8) {
		all = append(all, eighth.scale(big.NewInt(i)))
	}
	if last := eighth.scale(big.NewInt(8)); last.x.Sign() != 0 || last.y.Cmp(one) != 0 {
		t.Fatal("the torsion point has not order 8")
	}
	return all
}

func TestAdmitRefusesSmallOrder(t *testing.T) {
	seen := map[Public]bool{}
	try := func(name string, p Public) {
		seen[p] = true
		if got, err := AdmitPublic(p[:]); err == nil || got != (Public{}) {
			t.Errorf("%s %x was admitted", name, p)
		} else {
			t.Logf("%s: %v", name, err)
		}
	}
	limit := new(big.Int).Lsh(one, 255)
	for i, p := range torsion(t) {
		name := fmt.Sprintf("%d times the point of order 8", i)
		try(name, p.encode())
		// The same y with the other sign of x: the opposite point, or no point where x is zero.
		try(name+", other sign", encodeY(p.y, 1-p.x.Bit(0)))
		// The same y with the prime added, where 255 bits hold it.
		if y := new(big.Int).Add(p.y, prime); y.Cmp(limit) < 0 {
			try(name+", prime added", encodeY(y, p.x.Bit(0)))
			try(name+", prime added, other sign", encodeY(y, 1-p.x.Bit(0)))
		}
	}
	// 8 points, 2 more with a sign for an x that is zero, 4 with the prime added: y is 0 or 1, sign 0 or 1.
	if len(seen) != 14 {
		t.Errorf("%d encodings of small order, want 14", len(seen))
	}
}

func TestAdmitRefusesEveryCoordinateAtOrAboveThePrime(t *testing.T) {
	for y := new(big.Int).Set(prime); y.BitLen() <= 255; y.Add(y, one) {
		for sign := range uint(2) {
			p := encodeY(y, sign)
			if _, err := AdmitPublic(p[:]); err == nil {
				t.Errorf("%x was admitted", p)
			}
		}
	}
}

func TestAdmitAgreesWithTheCurve(t *testing.T) {
	on := 0
	for y := int64(2); y < 200; y++ {
		p := encodeY(big.NewInt(y), uint(y%2))
		_, curve := decodePoint(p)
		_, err := AdmitPublic(p[:])
		if curve != (err == nil) {
			t.Errorf("y = %d: on the curve %v, admitted %v", y, curve, err)
		}
		if curve {
			on++
		}
	}
	if on < 60 || on > 140 {
		t.Errorf("%d of 198 are on the curve, want about half", on)
	}
}

// A key with a part of small order is a key, and its signatures are judged without the cofactor: of those made as if the
// part were not there, the ones whose hash happens to be a multiple of eight hold, the others don't. Multiplying by the
// cofactor, as batches do, would take all of them.
func TestVerifyIsCofactorless(t *testing.T) {
	base, ok := decodePoint(encodeY(times(big.NewInt(4), new(big.Int).ModInverse(big.NewInt(5), prime)), 0))
	if !ok {
		t.Fatal("no base point")
	}
	a, r := big.NewInt(123456789), big.NewInt(987654321)
	mixed := base.scale(a).add(torsion(t)[1])
	pub, err := AdmitPublic(mixed.encode().slice())
	if err != nil {
		t.Fatal(err)
	}
	commitment := base.scale(r).encode()
	held := 0
	for i := range 64 {
		message := []byte{byte(i)}
		h := sha512.Sum512(slices.Concat(commitment[:], pub[:], message))
		slices.Reverse(h[:])
		k := new(big.Int).Mod(new(big.Int).SetBytes(h[:]), order)
		s := new(big.Int).Mod(new(big.Int).Add(r, new(big.Int).Mul(k, a)), order)
		scalar := encodeY(s, 0)
		want := new(big.Int).Mod(k, big.NewInt(8)).Sign() == 0
		if got := pub.Verify(message, slices.Concat(commitment[:], scalar[:])); got != want {
			t.Fatalf("message %d: valid is %v, want %v", i, got, want)
		}
		if want {
			held++
		}
	}
	if held == 0 || held == 64 {
		t.Fatalf("%d of 64 hold: the test shows nothing", held)
	}
}

func TestVerifyRefusesAScalarAtOrAboveTheOrder(t *testing.T) {
	k, err := FromSeed(make([]byte, SeedSize))
	if err != nil {
		t.Fatal(err)
	}
	message := []byte("message")
	sig := k.Sign(message)
	if !k.Public().Verify(message, sig[:]) {
		t.Fatal("a true signature does not hold")
	}
	s, _ := Public(sig[32:]).coordinate()
	more := encodeY(s.Add(s, order), 0)
	if k.Public().Verify(message, slices.Concat(sig[:32], more[:])) {
		t.Error("S + L is taken for S")
	}
	for n := range 66 {
		if n != 64 && k.Public().Verify(message, slices.Concat(sig[:], sig[:])[:n]) {
			t.Errorf("%d bytes are taken for a signature", n)
		}
	}
}

func (p Public) slice() []byte { return p[:] }
