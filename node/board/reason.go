package board

import (
	"cmp"
	"slices"

	"kontor/node"
	"kontor/node/api/wire"
	"kontor/protocol/decision"
)

// computedReason stands with a Partnership Value that nobody moved and that needs a reason for its height.
const computedReason = "computed from the value bases both sides stated"

// sameReason stands for the reason a role gave last on a lens.
const sameReason = "="

// lastReasons puts reasons given before in the place of the sign for them.
func (b *Board) lastReasons(role decision.Role, scores []wire.Scoring) error {
	if !slices.ContainsFunc(scores, func(s wire.Scoring) bool { return s.Reason == sameReason }) {
		return nil
	}
	given, err := b.reasons()
	if err != nil {
		return err
	}
	for i, s := range scores {
		if s.Reason != sameReason {
			continue
		}
		k := slices.IndexFunc(given, func(r wire.LastReason) bool { return r.Role == role && r.Lens == s.Lens })
		if k < 0 {
			return node.Failf("NO_REASON", "the %s has given no reason on %s yet; write one", role, s.Lens)
		}
		scores[i].Reason = given[k].Reason
	}
	return nil
}

// kept tells whether scores are those a role has given already.
func kept(m mind, role decision.Role, scores []wire.Scoring) bool {
	return !slices.ContainsFunc(scores, func(s wire.Scoring) bool {
		return !slices.ContainsFunc(m.Scores, func(old decision.Score) bool {
			return old.Role == role && old.Option == s.Option && old.Lens == s.Lens && old.Points == s.Points
		})
	})
}

// reasonRow is the reason a role gave last on a lens.
type reasonRow struct {
	Role   decision.Role `cbor:"role"`
	Lens   decision.Lens `cbor:"lens"`
	Points int64         `cbor:"points"`
	Reason string        `cbor:"reason"`
}

func (b *Board) keepReasons(m mind) error {
	return b.node.Private(func(rows node.PrivateRows) error {
		for _, s := range m.Scores {
			if s.Reason == "" {
				continue
			}
			if err := rows.Put(reasonRows+string(s.Role)+"/"+string(s.Lens), reasonRow{s.Role, s.Lens, s.Points, s.Reason}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *Board) reasons() (out []wire.LastReason, err error) {
	out = []wire.LastReason{}
	err = b.node.ReadPrivate(func(rows node.PrivateRows) error {
		return rows.Scan(reasonRows, func(_ string, decode func(any) error) (bool, error) {
			var row reasonRow
			err := decode(&row)
			out = append(out, wire.LastReason(row))
			return true, err
		})
	})
	slices.SortFunc(out, func(x, y wire.LastReason) int {
		return cmp.Or(cmp.Compare(x.Role, y.Role), cmp.Compare(x.Lens, y.Lens))
	})
	return out, err
}
