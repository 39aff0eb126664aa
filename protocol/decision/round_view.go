package decision

import (
	"slices"

	"kontor/protocol/block"
)

// Settled tells that ordinary entries change nothing any more: every party has acknowledged or voided, or the witness
// has spoken. Entries that lapse, resolve or abort still matter to a round that is not Closed.
func (r Round) Settled() bool {
	if r.Closed() {
		return true
	}
	return !slices.ContainsFunc(r.Parties, func(p RoundParty) bool { return p.Ack == nil && (p.Void == nil || p.Forked) })
}

// Closed tells that nothing changes the verdict any more, forks apart.
func (r Round) Closed() bool {
	return r.Resolved != nil || r.Aborted != nil || r.Ruled != nil || r.Verdict == Void
}

// Reserves tells whether the document still holds capacity back at a party: while it is open and the party has signed
// and not recorded the other's lapse, and from finality on.
func (r Round) Reserves(company block.CID) bool {
	switch r.Verdict {
	case Final:
		return true
	case Open:
		signed := slices.ContainsFunc(r.Signatures, func(s Collected) bool { return s.Company == company })
		lapsed := slices.ContainsFunc(r.Lapses, func(l Lapse) bool { return l.By == company })
		return signed && !lapsed
	}
	return false
}

// Signed tells whether any role signature stands: from then on context no longer sends the topic back.
func (r Round) Signed() bool { return len(r.Signatures) > 0 }

// PartyStatus is what screens say about one party of a round.
type PartyStatus struct {
	Company     block.CID `cbor:"company" json:"company"`
	Signers     []Role    `cbor:"signers" json:"signers"`                               // who has signed, in the order of signing
	Missing     string    `cbor:"missing,omitempty" json:"missing,omitempty"`           // who is still to sign: "CFO"; empty: nobody
	State       string    `cbor:"state" json:"state"`                                   // WAITING, ACKNOWLEDGED, VOIDED, LAPSED
	SilentSince int64     `cbor:"silent_since,omitempty" json:"silent_since,omitempty"` // ms UTC of its newest entry, once sign_by has passed for another
}

// Status shows all parties side by side, over every signature held.
func (r Round) Status() []PartyStatus {
	all := func(Collected) bool { return true }
	passed := slices.ContainsFunc(r.Parties, func(p RoundParty) bool {
		return p.Ack != nil && p.Ack.T >= r.passing() || p.Void != nil
	}) || len(r.Lapses) > 0
	acked := slices.ContainsFunc(r.Parties, func(p RoundParty) bool { return p.Ack != nil })
	out := make([]PartyStatus, 0, len(r.Parties))
	for _, p := range r.Parties {
		s := PartyStatus{Company: p.Company, State: "WAITING", Signers: []Role{}}
		signers := r.signers(p.Company, all)
		for _, signer := range signers {
			s.Signers = append(s.Signers, Role(signer.Role))
		}
		s.Missing = p.Policy.Missing(signers, p.DualHat)
		lapsed := slices.ContainsFunc(r.Lapses, func(l Lapse) bool { return l.Over == p.Company })
		switch {
		case p.Ack != nil:
			s.State = "ACKNOWLEDGED"
		case p.Void != nil:
			s.State = "VOIDED"
		case lapsed:
			s.State = "LAPSED"
		}
		if p.Ack == nil && p.Void == nil && p.Heard != nil && (passed || acked) {
			s.SilentSince = p.Heard.T
		}
		out = append(out, s)
	}
	return out
}

// Binding says in words what a round means for a company now; the sentence screens and the command line show.
func (r Round) Binding(company block.CID) string {
	switch r.Verdict {
	case Final:
		return "final: binding on every party"
	case Void:
		return "void: binds nobody"
	case Contested:
		return "contested: effects stop until the dispute about it ends"
	}
	if i := r.party(company); i >= 0 && r.Parties[i].Ack != nil {
		return "acknowledged here; final when the others have acknowledged"
	}
	if r.Reserves(company) {
		return "signed here: a firm offer until sign_by"
	}
	return "not signed here: nothing binds yet"
}
