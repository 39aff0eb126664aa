package keys

import (
	"crypto/ed25519"
	"crypto/sha512"
	"maps"
	"sync"
	"sync/atomic"

	"filippo.io/edwards25519"
)

const (
	// tableAfter is how many signatures of a key are verified before its table is made, which takes as long as some twenty.
	tableAfter = 64
	// maxTables bounds the tables: the members of a few circles that write at once, with their officers. Each takes 165 KB.
	maxTables = 16
	// maxCounted bounds the keys that are counted on their way to a table.
	maxCounted = 1024
)

// tables are the multiples of keys that verify often: signatures of few keys come by the thousand, and two thirds of
// the work of verifying one is doubling the same point. What is in a table follows from the key alone.
type tables struct {
	known atomic.Pointer[map[Public]*known] // replaced, not changed in place
	base  func() *multiples

	mu      sync.Mutex
	counted map[Public]int
}

// known is a key with its table.
type known struct {
	negative *multiples // of the opposite point
	used     atomic.Int64
}

var often = &tables{base: sync.OnceValue(func() *multiples { return newMultiples(edwards25519.NewGeneratorPoint()) })}

// of returns the table of a key; nil while it is not used often.
func (t *tables) of(p Public) *known {
	all := t.known.Load()
	if all != nil {
		if k := (*all)[p]; k != nil {
			k.used.Add(1)
			return k
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	count, counts := t.counted[p]
	if !counts {
		return nil
	}
	if t.counted[p]++; count < tableAfter {
		return nil
	}
	delete(t.counted, p)
	return t.learn(p)
}

// note begins to count a key after a signature of it held: who sends what does not verify makes nobody build tables.
func (t *tables) note(p Public) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, counts := t.counted[p]; counts {
		return
	}
	if t.counted == nil || len(t.counted) >= maxCounted {
		t.counted = map[Public]int{}
	}
	t.counted[p] = 1
}

// learn makes the table of a key, called with mu. Of too many, the one that was used least gives way; the others begin to count anew.
func (t *tables) learn(p Public) *known {
	point, err := new(edwards25519.Point).SetBytes(p[:])
	if err != nil {
		return nil // not admitted: crypto/ed25519 says so
	}
	k := &known{negative: newMultiples(point.Negate(point))}
	next := map[Public]*known{}
	if all := t.known.Load(); all != nil {
		maps.Copy(next, *all)
	}
	if len(next) >= maxTables {
		var least Public
		for q, other := range next {
			if held := next[least]; held == nil || other.used.Load() < held.used.Load() {
				least = q
			}
		}
		delete(next, least)
		for _, other := range next {
			other.used.Store(0)
		}
	}
	next[p] = k
	t.known.Store(&next)
	return k
}

// verify judges as crypto/ed25519 does: S is below the group order, and [S]B - [k]A, encoded, is R byte by byte.
func (t *tables) verify(p Public, message, sig []byte) bool {
	if len(sig) != SignatureSize {
		return false
	}
	k := t.of(p)
	if k == nil {
		good := ed25519.Verify(p[:], message, sig)
		if good {
			t.note(p)
		}
		return good
	}
	return k.verify(t.base(), p, message, sig)
}

func (k *known) verify(base *multiples, p Public, message, sig []byte) bool {
	s, err := new(edwards25519.Scalar).SetCanonicalBytes(sig[32:])
	if err != nil {
		return false
	}
	var digest [sha512.Size]byte
	h := sha512.New()
	h.Write(sig[:32])
	h.Write(p[:])
	h.Write(message)
	hash, err := new(edwards25519.Scalar).SetUniformBytes(h.Sum(digest[:0]))
	if err != nil {
		panic("invariant: any 64 bytes make a scalar: " + err.Error())
	}
	var sum extended // the neutral point
	sum.y.One()
	sum.z.One()
	sum.add(base, s.Bytes())
	sum.add(k.negative, hash.Bytes())
	return sum.encode() == Public(sig[:32])
}
