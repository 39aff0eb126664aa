package keys

import (
	"crypto/ed25519"
	"sync"
	"sync/atomic"
)

// A node verifies many signatures of few keys: of its partners' feeds, of their officers. Of a key that has verified often enough the
// multiples are kept, and each further signature costs about a third of what it did. What they accept crypto/ed25519 accepts too; what they do not accept it is
// asked about, so that a refusal is always its own.

const (
	// oftenEnough is after how many good signatures the multiples of a key are made: they cost as much as some ten verifications.
	oftenEnough = 64
	// maxOften bounds the keys whose multiples are kept: 5 MiB. More than that verify as seldom ones do.
	maxOften = 32
	// maxCounted bounds the keys that are counted.
	maxCounted = 4096
)

// oftenVerified are the keys that verified often, of all partnerships of this process.
type oftenVerified struct {
	known   atomic.Pointer[map[Public]*prepared] // replaced, not changed
	mu      sync.Mutex
	counted map[Public]int
}

type prepared struct {
	negated *multiples
	used    atomic.Int64
}

var often oftenVerified

// verify is crypto/ed25519.Verify for a signature of 64 bytes, sooner done for a key that verified often.
func (o *oftenVerified) verify(p Public, message, sig []byte) bool {
	if m := o.multiples(p); m != nil && m.holds(p, message, sig) {
		return true
	}
	good := ed25519.Verify(p[:], message, sig)
	if good {
		o.count(p)
	}
	return good
}

func (o *oftenVerified) multiples(p Public) *multiples {
	known := o.known.Load()
	if known == nil {
		return nil
	}
	k := (*known)[p]
	if k == nil {
		return nil
	}
	k.used.Add(1)
	return k.negated
}

// count notes a good signature, and prepares the key when it is the one that makes them enough.
func (o *oftenVerified) count(p Public) {
	o.mu.Lock()
	if o.counted == nil || len(o.counted) >= maxCounted {
		o.counted = map[Public]int{}
	}
	o.counted[p]++
	enough := o.counted[p] == oftenEnough
	o.mu.Unlock()
	if !enough {
		return
	}
	m := negated(p)
	if m == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.counted, p)
	o.keep(p, m)
}

// keep adds a key, in the place of the one used least when there are too many. It is called with mu.
func (o *oftenVerified) keep(p Public, m *multiples) {
	next := map[Public]*prepared{p: {negated: m}}
	least, uses := Public{}, int64(-1)
	if known := o.known.Load(); known != nil {
		for q, k := range *known {
			if q == p {
				continue
			}
			next[q] = k
			if n := k.used.Load(); uses < 0 || n < uses {
				least, uses = q, n
			}
			k.used.Store(k.used.Load() / 2) // what was used long ago counts less and less
		}
	}
	if len(next) > maxOften {
		delete(next, least)
	}
	o.known.Store(&next)
}
