package desk

import (
	"kontor/node"
	"kontor/protocol/partnership"
	"kontor/protocol/tier"
)

// Recorded is an arrival that was not passed on.
type Recorded struct {
	At      int64        `cbor:"at" json:"at"`
	From    string       `cbor:"from" json:"from"`
	Verdict tier.Verdict `cbor:"verdict" json:"verdict"`
}

// EmissionReport is the last demand passed on to a supplier.
type EmissionReport struct {
	To       string `cbor:"to" json:"to"`
	CID      string `cbor:"cid" json:"cid"`
	Entry    string `cbor:"entry" json:"entry"`
	Series   string `cbor:"series" json:"series"`
	Revision int64  `cbor:"revision" json:"revision"`
	Lines    int64  `cbor:"lines" json:"lines"`
	Events   int64  `cbor:"events" json:"events"`
	Hops     int64  `cbor:"hops" json:"hops"`
	At       int64  `cbor:"at" json:"at"` // ms UTC
	// Milliseconds from the customer's entry settling here to the emission committed here, with any hold-off in between; -1 where
	// no customer's entry caused it.
	Milliseconds int64 `cbor:"milliseconds" json:"milliseconds"`
}

// TierStatus is an outgoing edge as people see it.
type TierStatus struct {
	To        string           `json:"to"`
	Last      EmissionReport   `json:"last"`
	Waiting   int              `json:"waiting"` // batches of changes that have not left
	DueAt     int64            `json:"due_at"`  // ms UTC; 0: nothing waits for a time
	Suspended *tier.Suspension `json:"suspended,omitempty"`
	Note      string           `json:"note,omitempty"` // why nothing leaves
	Recorded  []Recorded       `json:"recorded"`       // arrivals that were not passed on, newest last
}

// TierStatus says where an edge to a supplier stands.
func (d *Desk) TierStatus(to string) (out TierStatus, err error) {
	p, err := d.Partner(to, partnership.RoleBuyer)
	if err != nil {
		return out, err
	}
	st, err := d.tierState(p.PID)
	out = TierStatus{To: d.PartnerName(p), Last: st.Report, Waiting: len(st.Edge.Pending), Suspended: st.Edge.Suspended, Note: st.Note, Recorded: append([]Recorded{}, st.Recorded...)}
	if due, waiting := st.Edge.Due(); waiting {
		out.DueAt = due
	}
	return out, err
}

// word is what a human tells the loop about an edge.
type word struct {
	Suspend string `cbor:"suspend"` // why; empty: resume
}

// SuspendEdge stops passing demand on to a supplier; ResumeEdge begins again.
func (d *Desk) SuspendEdge(to, why string) error {
	if why == "" {
		why = "stopped by hand"
	}
	return d.tell(to, word{Suspend: why})
}

// ResumeEdge begins again after a suspension.
func (d *Desk) ResumeEdge(to string) error { return d.tell(to, word{}) }

func (d *Desk) tell(to string, w word) error {
	p, err := d.Partner(to, partnership.RoleBuyer)
	if err != nil {
		return err
	}
	return d.node.Private(func(rows node.PrivateRows) error {
		if err := rows.Put(wordRows+p.PID.String(), w); err != nil {
			return err
		}
		return changed(rows)
	})
}
