package feed

import (
	"kontor/crypto/keys"
	"kontor/crypto/sign"
	"kontor/protocol/block"
	"kontor/protocol/identity"
)

// Identities gives the view of a company's identity chain at a head; false when that head is not held.
type Identities func(company, head block.CID) (identity.View, bool)

// Open checks what can be checked of an entry alone: size, form, membership, key and signature. It reads nothing but its arguments, so
// that many entries can be opened at once. It returns *Error, or *Missing when the author's identity chain is held only to an earlier head.
func Open(circle Circle, env Envelope, ids Identities) (Signed, error) {
	if len(env.Header) > MaxHeaderBytes {
		return Signed{}, Refuse(CodeTooLarge, "header has %d bytes; at most %d are allowed", len(env.Header), MaxHeaderBytes)
	}
	var h Header
	if err := block.Unmarshal(env.Header, &h); err != nil {
		return Signed{}, &Error{CodeMalformed, "header", err}
	}
	if err := checkForm(h); err != nil {
		return Signed{}, err
	}
	if h.PID != circle.PID {
		return Signed{}, Refuse(CodeForeign, "entry belongs to partnership %s, not to %s", h.PID.Short(), circle.PID.Short())
	}
	if circle.Index(h.Author) < 0 {
		return Signed{}, Refuse(CodeStranger, "author %s is no member of partnership %s", h.Author.Short(), circle.PID.Short())
	}
	view, held := ids(h.Author, h.IDHead)
	if !held {
		return Signed{}, &Missing{"identity", h.IDHead}
	}
	key, ok := view.FeedKey()
	if !ok {
		return Signed{}, Refuse(CodeNoKey, "author %s has no feed key in force at identity entry %d", h.Author.Short(), view.Seq())
	}
	if _, valid := view.Key(key[:], keys.Feed, h.T); !valid {
		return Signed{}, Refuse(CodeNoKey, "feed key %s of %s is not valid at the entry's claimed time", key.ID(), h.Author.Short())
	}
	if err := sign.Verify(key, SignatureKind, env.Header, env.Sig); err != nil {
		return Signed{}, &Error{CodeSignature, "entry " + env.CID().Short(), err}
	}
	return Signed{CID: env.CID(), Header: h, Envelope: env, IDSeq: view.Seq()}, nil
}

func checkForm(h Header) error {
	switch {
	case h.V != 1:
		return Refuse(CodeMalformed, "version %d is unknown; this program reads version 1", h.V)
	case h.Epoch != 0:
		return Refuse(CodeMalformed, "epoch is %d; it is 0 in version 1", h.Epoch)
	case h.Seq < 1 || h.Seq > MaxSeq:
		return Refuse(CodeSeq, "seq %d is outside 1 to %d", h.Seq, int64(MaxSeq))
	case (h.Seq == 1) != (h.Prev == nil):
		return Refuse(CodePrev, "only the first entry of a feed has no prev; seq is %d", h.Seq)
	case h.Lam < 1 || h.Lam > MaxSeq:
		return Refuse(CodeLam, "lam %d is outside 1 to %d", h.Lam, int64(MaxSeq))
	case h.T <= 0:
		return Refuse(CodeTime, "claimed time %d is not after 1970", h.T)
	case h.Kind == "" || len(h.Kind) > MaxKindBytes:
		return Refuse(CodeKind, "kind %q has %d bytes; 1 to %d are allowed", h.Kind, len(h.Kind), MaxKindBytes)
	case len(h.Seen) >= MaxMembers:
		return Refuse(CodeSeen, "%d heads are seen; a circle has at most %d others", len(h.Seen), MaxMembers-1)
	case h.Feat < 0:
		return Refuse(CodeFeat, "capability level %d is negative", h.Feat)
	}
	return nil
}
