package keys

import (
	"bytes"
	"crypto/ed25519"
	"math/big"
	"slices"
	"testing"

	"filippo.io/edwards25519"
	"pgregory.net/rapid"
)

// verifyTwice verifies by the key alone and by its table; the two must agree.
func verifyTwice(t interface{ Errorf(string, ...any) }, p Public, message, sig []byte) bool {
	alone := len(sig) == SignatureSize && ed25519.Verify(p[:], message, sig)
	k := new(tables).learn(p)
	if k == nil {
		if alone {
			t.Errorf("key %x verifies and has no table", p)
		}
		return alone
	}
	if by := len(sig) == SignatureSize && k.verify(often.base(), p, message, sig); by != alone {
		t.Errorf("key %x, message %x, signature %x: crypto/ed25519 says %v, the table %v", p, message, sig, alone, by)
	}
	if got := p.Verify(message, sig); got != alone {
		t.Errorf("key %x, message %x, signature %x: crypto/ed25519 says %v, Verify %v", p, message, sig, alone, got)
	}
	return alone
}

// A sum of table entries is the multiple that plain doubling and adding gives, for the digits at every border too.
func TestMultiplesAreMultiples(t *testing.T) {
	tables := map[string]*multiples{}
	points := map[string]*edwards25519.Point{"the base point": edwards25519.NewGeneratorPoint()}
	for i, small := range torsion(t)[1:4] {
		encoded := small.encode()
		p, err := new(edwards25519.Point).SetBytes(encoded[:])
		if err != nil {
			t.Fatal(err)
		}
		points["small order"+string(rune('1'+i))] = p
		points["mixed order"+string(rune('1'+i))] = new(edwards25519.Point).Add(p, edwards25519.NewGeneratorPoint())
	}
	for name, p := range points {
		tables[name] = newMultiples(p)
	}
	check := func(t interface{ Errorf(string, ...any) }, n *big.Int) {
		encoded := encodeY(n, 0)
		scalar, err := new(edwards25519.Scalar).SetCanonicalBytes(encoded[:])
		if err != nil {
			t.Errorf("%x: %v", n, err)
			return
		}
		for name, p := range points {
			var sum extended
			sum.y.One()
			sum.z.One()
			sum.add(tables[name], scalar.Bytes())
			if got, want := sum.encode(), new(edwards25519.Point).ScalarMult(scalar, p).Bytes(); !bytes.Equal(got[:], want) {
				t.Errorf("%x times %s is %x, want %x", n, name, got, want)
			}
		}
	}
	for _, digit := range []int64{0, 1, 31, 32, 33, 63} {
		n := new(big.Int)
		for n.BitLen() < 246 {
			n.Add(n.Lsh(n, digitBits), big.NewInt(digit))
			if digit == 0 {
				break
			}
		}
		check(t, n)
	}
	for i := range int64(40) {
		check(t, big.NewInt(i))
		check(t, new(big.Int).Sub(order, big.NewInt(i+1)))
	}
	rapid.Check(t, func(t *rapid.T) {
		n := new(big.Int).SetBytes(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "scalar"))
		check(t, n.Mod(n, order))
	})
}

// Whatever is done to a signature, its key or its message, both ways of verifying say the same.
func TestTableJudgesAsTheLibrary(t *testing.T) {
	small := torsion(t)
	rapid.Check(t, func(t *rapid.T) {
		k, err := FromSeed(rapid.SliceOfN(rapid.Byte(), SeedSize, SeedSize).Draw(t, "seed"))
		if err != nil {
			t.Fatal(err)
		}
		p := k.Public()
		message := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "message")
		signed := k.Sign(message)
		sig := signed[:]
		if !verifyTwice(t, p, message, sig) {
			t.Fatal("a true signature does not hold")
		}
		switch rapid.IntRange(0, 4).Draw(t, "what is done") {
		case 0: // a bit of the signature
			bit := rapid.IntRange(0, 511).Draw(t, "bit")
			sig[bit/8] ^= 1 << (bit % 8)
		case 1: // a multiple of the order added to S, as far as it fits
			s, _ := Public(sig[32:]).coordinate()
			more := s.Add(s, new(big.Int).Mul(order, big.NewInt(rapid.Int64Range(1, 7).Draw(t, "times")))) // 8 times the order is above 2^255
			encoded := encodeY(more, 0)
			sig = slices.Concat(sig[:32], encoded[:])
		case 2: // a point of small order for R, canonical or not
			r := small[rapid.IntRange(0, 7).Draw(t, "order")]
			encoded := encodeY(r.y, uint(rapid.IntRange(0, 1).Draw(t, "sign")))
			sig = slices.Concat(encoded[:], sig[32:])
		case 3: // another key, maybe none
			bit := rapid.IntRange(0, 255).Draw(t, "bit")
			p[bit/8] ^= 1 << (bit % 8)
		case 4: // another length
			sig = sig[:rapid.IntRange(0, 63).Draw(t, "length")]
		}
		if verifyTwice(t, p, message, sig) {
			t.Fatal("what was changed holds")
		}
	})
}

// A key gets a table after enough good signatures, bad ones bring none; there are never too many, and judgement stays.
func TestTablesAreBounded(t *testing.T) {
	all := &tables{base: often.base}
	message := []byte("message")
	for i := range maxTables + 3 {
		k, err := FromSeed(slices.Concat([]byte{byte(i)}, make([]byte, SeedSize-1)))
		if err != nil {
			t.Fatal(err)
		}
		p, sig := k.Public(), k.Sign(message)
		bad := sig
		bad[40] ^= 1
		for range 2 * tableAfter {
			if all.verify(p, message, bad[:]) {
				t.Fatal("a bad signature holds")
			}
		}
		if held := all.known.Load(); held != nil && (*held)[p] != nil {
			t.Fatal("bad signatures brought a table")
		}
		for range tableAfter + 2 {
			if !all.verify(p, message, sig[:]) || all.verify(p, message, bad[:]) || all.verify(p, message, sig[:63]) {
				t.Fatalf("key %d: wrong verdict", i)
			}
		}
		if held := all.known.Load(); held == nil || (*held)[p] == nil || len(*held) > maxTables {
			t.Fatalf("key %d: no table, or too many", i)
		}
	}
	for i := range maxCounted + 10 {
		all.note(Public{byte(i), byte(i >> 8)})
		if len(all.counted) > maxCounted {
			t.Fatalf("%d keys are counted", len(all.counted))
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	k, err := FromSeed(make([]byte, SeedSize))
	if err != nil {
		b.Fatal(err)
	}
	message := make([]byte, 1024)
	p, sig := k.Public(), k.Sign(message)
	b.Run("alone", func(b *testing.B) {
		for b.Loop() {
			ed25519.Verify(p[:], message, sig[:])
		}
	})
	b.Run("table", func(b *testing.B) {
		known := new(tables).learn(p)
		base := often.base()
		for b.Loop() {
			known.verify(base, p, message, sig[:])
		}
	})
	b.Run("making a table", func(b *testing.B) {
		for b.Loop() {
			new(tables).learn(p)
		}
	})
}
