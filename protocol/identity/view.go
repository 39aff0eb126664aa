package identity

import (
	"bytes"
	"slices"

	"kontor/crypto/keys"
	"kontor/protocol/block"
)

// View is an identity chain as it stood at one head.
type View struct {
	chain *Chain
	seq   int64
}

// At is the view at a head; false when the chain does not hold that head (yet).
func (c *Chain) At(head block.CID) (View, bool) {
	seq, known := c.index[head]
	return View{c, seq}, known
}

// Now is the view at the newest head.
func (c *Chain) Now() View { return View{c, c.Len() - 1} }

// Company is the CompanyID.
func (v View) Company() block.CID { return v.chain.company }

// Seq is the place of the head in the chain; a later view has a greater one.
func (v View) Seq() int64 { return v.seq }

// Head is the CID of the entry this view ends with.
func (v View) Head() block.CID { return v.chain.heads[v.seq] }

// DualHat tells whether one person may fill several roles of a quorum.
func (v View) DualHat() bool { return v.chain.dualHat }

// Name is what the company calls itself; its short ID when it never said.
func (v View) Name() string {
	for i := len(v.chain.profiles) - 1; i >= 0; i-- {
		if p := v.chain.profiles[i]; p.seq <= v.seq {
			return p.profile.Name
		}
	}
	return v.chain.company.Short()
}

// Key finds the certificate of a key in force at this view. A validity period is judged at t, the claimed time of
// the entry that carries the signature; t = 0 leaves it unjudged.
func (v View) Key(key []byte, usage keys.Usage, t int64) (Certificate, bool) {
	for _, g := range v.chain.keys {
		if !bytes.Equal(g.cert.Key, key) || g.cert.Usage != string(usage) {
			continue
		}
		if g.added > v.seq || (g.revoked != 0 && g.revoked <= v.seq) {
			return Certificate{}, false
		}
		if t != 0 && (t < g.cert.From || t > g.cert.Until) {
			return Certificate{}, false
		}
		return g.cert, true
	}
	return Certificate{}, false
}

// Names tells whether a key is or was one of the company's: a root's or a certified one, in force or revoked.
func (v View) Names(key []byte) bool {
	for _, g := range v.chain.keys {
		if g.added <= v.seq && bytes.Equal(g.cert.Key, key) {
			return true
		}
	}
	for _, roots := range v.chain.rootSets {
		if roots.seq <= v.seq && slices.ContainsFunc(roots.set.Roots, func(root []byte) bool { return bytes.Equal(root, key) }) {
			return true
		}
	}
	return false
}

// Revoked tells whether a key was certified once and is revoked at this view.
func (v View) Revoked(key []byte) bool {
	return slices.ContainsFunc(v.chain.keys, func(g grant) bool { return bytes.Equal(g.cert.Key, key) && g.revoked != 0 && g.revoked <= v.seq })
}

// KeyState is a certificate and whether it is in force at this view.
type KeyState struct {
	Certificate
	Revoked bool
}

// Keys lists the keys ever added up to this view, in chain order.
func (v View) Keys() []KeyState {
	var out []KeyState
	for _, g := range v.chain.keys {
		if g.added <= v.seq {
			out = append(out, KeyState{g.cert, g.revoked != 0 && g.revoked <= v.seq})
		}
	}
	return out
}

// Current lists the keys of a usage in force at this view, in chain order.
func (v View) Current(usage keys.Usage) []Certificate {
	var out []Certificate
	for _, k := range v.Keys() {
		if !k.Revoked && k.Usage == string(usage) {
			out = append(out, k.Certificate)
		}
	}
	return out
}

// FeedKey is the feed key in force: the newest one added and not revoked.
func (v View) FeedKey() (keys.Public, bool) {
	list := v.Current(keys.Feed)
	if len(list) == 0 {
		return keys.Public{}, false
	}
	return keys.Public(list[len(list)-1].Key), true
}
