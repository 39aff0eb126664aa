package keys

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha512"
	"fmt"
	"testing"

	"filippo.io/edwards25519"
	"pgregory.net/rapid"
)

// seed32 draws 32 bytes.
func seed32(t *rapid.T, label string) []byte {
	return rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, label)
}

func TestMultiplesAddUpToWhatTheCurveSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		wide := append(seed32(t, "scalar"), make([]byte, 32)...)
		scalar, err := edwards25519.NewScalar().SetUniformBytes(wide)
		if err != nil {
			t.Fatal(err)
		}
		var sum extended
		sum.y.One()
		sum.z.One()
		sum.addMultiple(ofBase(), scalar.Bytes())
		want := new(edwards25519.Point).ScalarBaseMult(scalar).Bytes()
		if got := sum.bytes(); !bytes.Equal(got[:], want) {
			t.Fatalf("%x times the base point is %x, not %x", scalar.Bytes(), want, got)
		}
	})
}

// TestDigitsAtTheirEnds adds with the scalars whose digits are the least and the greatest that there are, and with the greatest scalar.
func TestDigitsAtTheirEnds(t *testing.T) {
	order := fromLittle("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
	order[0]-- // the greatest scalar
	scalars := [][]byte{make([]byte, 32), {31: 0x0f}, order}
	for _, digit := range []byte{1, 31, 32, 33, 63} {
		scalar := make([]byte, 32)
		for bit := 0; bit < 252; bit += digitBits {
			for b := range digitBits {
				if digit>>b&1 == 1 && bit+b < 252 {
					scalar[(bit+b)/8] |= 1 << ((bit + b) % 8)
				}
			}
		}
		scalars = append(scalars, scalar)
	}
	for _, bytes32 := range scalars {
		scalar, err := edwards25519.NewScalar().SetCanonicalBytes(bytes32)
		if err != nil {
			t.Fatalf("%x: %v", bytes32, err)
		}
		var sum extended
		sum.y.One()
		sum.z.One()
		sum.addMultiple(ofBase(), scalar.Bytes())
		if got := sum.bytes(); !bytes.Equal(got[:], new(edwards25519.Point).ScalarBaseMult(scalar).Bytes()) {
			t.Errorf("%x times the base point is wrong", bytes32)
		}
	}
}

func fromLittle(hex string) []byte {
	var out []byte
	for i := 0; i < len(hex); i += 2 {
		var b byte
		if _, err := fmt.Sscanf(hex[i:i+2], "%02x", &b); err != nil {
			panic(err)
		}
		out = append(out, b)
	}
	return out
}

// TestMultiplesJudgeAsTheStandardLibrary alters signatures, messages and keys and compares.
func TestMultiplesJudgeAsTheStandardLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		private := ed25519.NewKeyFromSeed(seed32(t, "seed"))
		pub := Public(private.Public().(ed25519.PublicKey))
		m := negated(pub)
		message := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "message")
		sig := ed25519.Sign(private, message)
		if !m.holds(pub, message, sig) {
			t.Fatal("a good signature does not hold")
		}
		bit := rapid.IntRange(0, 8*len(sig)-1).Draw(t, "bit")
		sig[bit/8] ^= 1 << (bit % 8)
		if got, want := m.holds(pub, message, sig), ed25519.Verify(pub[:], message, sig); got != want {
			t.Fatalf("with bit %d altered it holds: %t, in the standard library %t", bit, got, want)
		}
	})
}

// TestMultiplesOfStrangePoints signs for keys of small and of mixed order, where a signature is good in one equation and bad in another: what the
// multiples accept must be what crypto/ed25519 accepts.
func TestMultiplesOfStrangePoints(t *testing.T) {
	eighth := fromLittle("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
	torsion, err := new(edwards25519.Point).SetBytes(eighth)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[bool]int{}
	for n := range 64 {
		wide := bytes.Repeat([]byte{byte(n + 1)}, 64)
		secret, err := edwards25519.NewScalar().SetUniformBytes(wide)
		if err != nil {
			t.Fatal(err)
		}
		key := new(edwards25519.Point).ScalarBaseMult(secret)
		if n%4 == 0 {
			key.Set(edwards25519.NewIdentityPoint())
		}
		for range n % 8 {
			key.Add(key, torsion)
		}
		pub := Public(key.Bytes())
		// R = [r]B with a torsion part of its own; S = r + k·secret, as if the torsion were not there.
		r, err := edwards25519.NewScalar().SetUniformBytes(bytes.Repeat([]byte{byte(200 - n)}, 64))
		if err != nil {
			t.Fatal(err)
		}
		point := new(edwards25519.Point).ScalarBaseMult(r)
		for range n / 8 % 8 {
			point.Add(point, torsion)
		}
		for attempt := range 8 {
			message := []byte{byte(n), byte(attempt)}
			k := challenge(t, point.Bytes(), pub, message)
			s := edwards25519.NewScalar().Set(r)
			if n%4 != 0 {
				s.MultiplyAdd(k, secret, r)
			}
			sig := append(point.Bytes(), s.Bytes()...)
			want := ed25519.Verify(pub[:], message, sig)
			if got := negated(pub).holds(pub, message, sig); got != want {
				t.Errorf("key %x, message %x: holds %t, in the standard library %t", pub, message, got, want)
			}
			seen[want]++
		}
	}
	if seen[true] == 0 || seen[false] == 0 {
		t.Errorf("of the strange signatures %d are good and %d bad: both are needed", seen[true], seen[false])
	}
}

func TestNoMultiplesOfWhatIsNoPoint(t *testing.T) {
	var pub Public
	pub[0] = 2 // y = 2 is not on the curve
	if negated(pub) != nil {
		t.Error("multiples of no point")
	}
}

func TestOftenVerifiedKeysArePrepared(t *testing.T) {
	var o oftenVerified
	key, err := Generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	pub, message := key.Public(), []byte("often")
	sig := key.Sign(message)
	bad := sig
	bad[40] ^= 1
	for n := range oftenEnough {
		if o.multiples(pub) != nil {
			t.Fatalf("prepared after %d signatures", n)
		}
		if o.verify(pub, message, bad[:]) {
			t.Fatal("a bad signature holds")
		}
		if !o.verify(pub, message, sig[:]) {
			t.Fatal("a good signature does not hold")
		}
	}
	if o.multiples(pub) == nil {
		t.Fatalf("not prepared after %d good signatures", oftenEnough)
	}
	if !o.verify(pub, message, sig[:]) || o.verify(pub, message, bad[:]) {
		t.Error("a prepared key judges otherwise")
	}
}

func TestPreparedKeysAreBounded(t *testing.T) {
	var o oftenVerified
	used := Public{1}
	one := &multiples{}
	o.keep(used, one)
	for n := range 3 * maxOften {
		for range 10 {
			if o.multiples(used) == nil {
				t.Fatalf("the key used most was dropped after %d others", n)
			}
		}
		o.keep(Public{2, byte(n)}, one)
		if have := len(*o.known.Load()); have > maxOften {
			t.Fatalf("%d keys are kept; at most %d", have, maxOften)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	key, err := Generate(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	pub, message := key.Public(), make([]byte, 512)
	sig := key.Sign(message)
	b.Run("seldom", func(b *testing.B) {
		for b.Loop() {
			ed25519.Verify(pub[:], message, sig[:])
		}
	})
	b.Run("often", func(b *testing.B) {
		m := negated(pub)
		for b.Loop() {
			m.holds(pub, message, sig[:])
		}
	})
	b.Run("prepare", func(b *testing.B) {
		for b.Loop() {
			negated(pub)
		}
	})
}

func challenge(t *testing.T, r []byte, pub Public, message []byte) *edwards25519.Scalar {
	t.Helper()
	digest := sha512.Sum512(bytes.Join([][]byte{r, pub[:], message}, nil))
	k, err := edwards25519.NewScalar().SetUniformBytes(digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return k
}
