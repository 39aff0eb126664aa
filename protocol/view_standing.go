package protocol

import (
	"kontor/protocol/block"
)

// StandingAct is a suspension in force or an end, as people read it: whose, when by its author's clock, ms UTC, and why.
type StandingAct struct {
	Member block.CID
	Ends   bool // an end; else a suspension
	T      int64
	Reason string
}

// StandingActs lists what members did to the partnership itself and have not taken back: suspensions in the order of the fold, then ends.
func (r *Replica) StandingActs() (out []StandingAct, err error) {
	row, err := r.Partnership()
	if err != nil {
		return nil, err
	}
	add := func(member block.CID, seq int64, ends bool) error {
		entries, err := r.Log.At(member, seq)
		if err != nil || len(entries) == 0 {
			return err
		}
		act := StandingAct{Member: member, Ends: ends, T: entries[0].Header.T}
		body, err := r.bodyOf(entries[0].Header)
		if err != nil {
			return err
		}
		var said PartnershipAct
		if block.Unmarshal(body, &said) == nil { // an auditor may not have been given it
			act.Reason = said.Reason
		}
		out = append(out, act)
		return nil
	}
	for _, s := range row.History {
		if s.Until == 0 {
			if err := add(s.Member, s.From, false); err != nil {
				return nil, err
			}
		}
	}
	for _, e := range row.Ended {
		if err := add(e.Member, e.Seq, true); err != nil {
			return nil, err
		}
	}
	return out, nil
}
