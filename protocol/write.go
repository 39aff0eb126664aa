package protocol

import (
	"errors"
	"fmt"
	"math"

	"kontor/crypto/keys"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/state"
)

// Author is whoever writes entries for a company: its feed key and identity head.
type Author struct {
	Company block.CID
	Key     keys.Private
	IDHead  block.CID
}

// Draft is an entry to be written: its kind, body and the blocks below the body.
type Draft struct {
	Kind   string
	Body   *block.Block
	Blocks []block.Block
}

// Write writes the author's next entry with the body of a draft, folds and settles. A draft that the fold refuses is a *Refusal
// error, and the transaction must be dropped: a company does not write what both sides would ignore. While entries held are not folded
// it is ErrBehind, but for receipts and heartbeats, which say nothing that rows could refuse.
func (r *Replica) Write(d Draft, a Author, now int64) (Outcome, error) {
	var out Outcome
	behind, err := r.machine.Behind()
	if err != nil {
		return out, err
	}
	if behind && kinds[d.Kind].apply != nil {
		return out, ErrBehind
	}
	if _, err := r.learnForks(); err != nil {
		return out, err
	}
	if r.frozen() && kinds[d.Kind].binding {
		return out, &Refusal{Kind: d.Kind, Codes: []string{codeForked}}
	}
	before, err := r.heads()
	if err != nil {
		return out, err
	}
	h, err := r.draft(d, a.Company, now)
	if err != nil {
		return out, err
	}
	h.Kind, h.IDHead, h.Feat = d.Kind, a.IDHead, max(h.Feat, FeatureLevel)
	h.Crit = kinds[d.Kind].critical
	for _, b := range d.Blocks {
		if err := r.PutBlock(b); err != nil {
			return out, err
		}
	}
	if d.Body != nil {
		if err := r.PutBlock(*d.Body); err != nil {
			return out, err
		}
		id := d.Body.CID
		h.Body = &id
	}
	env, err := feed.Seal(h, a.Key)
	if err != nil {
		return out, err
	}
	view, held := r.Identities(a.Company, a.IDHead)
	if !held {
		return out, fmt.Errorf("own identity chain does not hold its head %s", a.IDHead.Short())
	}
	s := feed.Signed{CID: env.CID(), Header: h, Envelope: env, IDSeq: view.Seq()}
	if err := r.checkKind(s); err != nil {
		return out, err
	}
	entry, fresh, err := r.Log.Admit(s, 0)
	if err != nil {
		return out, err
	}
	if !fresh {
		return out, fmt.Errorf("entry %s was written before", s.CID.Short())
	}
	out.Admitted = []feed.Entry{entry}
	out.Business = !kinds[h.Kind].housekeeping
	if err := r.noteVote(entry); err != nil {
		return out, err
	}
	if gone, changed, err := r.keepBranches(); err != nil {
		return out, err
	} else if gone[entry.CID] {
		return out, &Refusal{Kind: d.Kind, Codes: []string{codeTooFar}}
	} else if changed {
		err = r.Rebuild() // ours is the first entry to build upon one of the branches
		if err != nil {
			return out, err
		}
		behind = true
	}
	if behind {
		out.Behind = true
		out.Line, err = r.machine.Line()
		return out, err // it stands behind all that waits, and is folded with it
	}
	progress, err := r.insert([]state.OrderKey{entry.Key()}, before, math.MaxInt64)
	if err != nil {
		return out, err
	}
	if refusal, err := r.Refusal(entry.CID); err != nil {
		return out, err
	} else if refusal != nil {
		return out, refusal
	}
	return out, r.settle(&out, progress)
}

// ErrBehind says that entries held are not folded yet: call Continue until it is done.
var ErrBehind = errors.New("entries that arrived are still being folded")
