// Package admin is what the administrators of a node do: partners, officers' certificates, mandates handed in, tokens, the clock,
// status and backups.
//
// An [Office] works on a node.Node and speaks in the documents of the local API. Officers' and root keys never come here: their
// holders sign in their own program and hand the result in.
package admin

import (
	"context"
	"encoding/hex"
	"time"

	"kontor/crypto/keys"
	"kontor/node"
	"kontor/node/api/wire"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
)

// Office is the administration of one node.
type Office struct {
	node  *node.Node
	since int64
}

// New opens the administration of a node.
func New(n *node.Node) *Office { return &Office{node: n, since: n.Now()} }

// State is how the node stands: "ready", "recovering" or "read-only", and why.
func (o *Office) State() (state, why string) {
	if recovering := o.node.Recovering(); len(recovering) > 0 {
		for pid := range recovering {
			return "recovering", "partnership " + pid.Short() + " is read-only until a partner has given our own entries back"
		}
	}
	if err := o.node.Writable(); err != nil {
		return "read-only", node.AsFailure(err).Text
	}
	return "ready", ""
}

// Status tells how the node stands.
func (o *Office) Status(ctx context.Context, scope wire.Scope) (wire.StatusReport, error) {
	chain := o.node.Chain(o.node.Company())
	r := wire.StatusReport{Company: o.node.Company().String(), Name: o.node.Name(), Fingerprint: Fingerprint(chain),
		NodeKey: o.nodeKey(chain), Addresses: []string{}, Since: o.since, Now: o.node.Now(), Disk: o.disk()}
	r.State, r.Why = o.State()
	if h := o.node.Host(); h != nil {
		r.Addresses = h.Addresses()
	}
	listing, err := o.Partners(ctx, scope)
	r.Partnerships, r.Invitations, r.Proposals = listing.Partnerships, listing.Invitations, listing.Proposals
	return r, err
}

// Fingerprint is what people compare by telephone: the hash of the newest entry of an identity chain, in groups of four.
func Fingerprint(chain *identity.Chain) string {
	if chain == nil {
		return ""
	}
	return fingerprintOf(chain.Head())
}

func fingerprintOf(head block.CID) string {
	digest := head.Bytes()
	text := hex.EncodeToString(digest[len(digest)-32:][:16])
	out := ""
	for i := 0; i < len(text); i += 4 {
		if i > 0 {
			out += " "
		}
		out += text[i : i+4]
	}
	return out
}

func (o *Office) nodeKey(chain *identity.Chain) string {
	list := chain.Now().Current(keys.Node)
	if len(list) == 0 {
		return ""
	}
	return string(keys.Public(list[len(list)-1].Key).ID())
}

func (o *Office) disk() wire.DiskStatus {
	stats, err := o.node.StoreStats()
	if err != nil {
		return wire.DiskStatus{Why: node.AsFailure(err).Text}
	}
	d := wire.DiskStatus{Tables: stats.LSMBytes, Values: stats.VlogBytes, Free: stats.FreeDisk, Writable: true}
	if err := o.node.Writable(); err != nil {
		d.Writable, d.Why = false, node.AsFailure(err).Text
	}
	return d
}

// ConfirmClock vouches for this machine's clock until the node stops.
func (o *Office) ConfirmClock() wire.ClockReport {
	o.node.Confirm()
	return wire.ClockReport{Now: o.node.Now(), Confirmed: true}
}

// partnershipStatus is how one partnership stands.
func (o *Office) partnershipStatus(p *node.Partnership) (wire.PartnershipStatus, error) {
	st := wire.PartnershipStatus{Partnership: p.PID.String(), Role: o.node.Own(p).Role, Recovering: o.node.Recovering()[p.PID], Members: []wire.MemberStatus{}}
	_, st.Mismatch = o.node.Mismatched(p.PID)
	if d, found := o.node.Difference(p.PID); found {
		st.Difference = d.Row
	}
	err := o.node.Peek(p.PID, func(r *protocol.Replica) error {
		row, err := r.Partnership()
		if err != nil {
			return err
		}
		st.State, st.EndedBy, st.Ends = row.Status(&r.Genesis, o.node.Now()), nil, 0
		for _, e := range row.Ended {
			st.EndedBy = append(st.EndedBy, o.node.CompanyName(e.Member))
			if t, alone := e.Over(&r.Genesis); alone && (st.Ends == 0 || t < st.Ends) {
				st.Ends = t
			}
		}
		acts, err := r.StandingActs()
		if err != nil {
			return err
		}
		st.SuspendedBy, st.Ended = nil, nil
		for _, a := range acts {
			list := &st.SuspendedBy
			if a.Ends {
				list = &st.Ended
			}
			*list = append(*list, wire.PartnerAct{Company: a.Member.String(), Name: o.node.CompanyName(a.Member), Time: a.T, Reason: a.Reason})
		}
		if again, err := r.FoldingAgain(); err != nil {
			return err
		} else if again {
			st.State = "folding"
			if st.Folded, st.Entries, err = r.Folded(); err != nil {
				return err
			}
		}
		if st.Line, err = r.Line(); err != nil {
			return err
		}
		if root, known, err := r.RootAt(st.Line); err != nil {
			return err
		} else if known {
			st.Root = hex.EncodeToString(root[:])
		}
		st.Members = st.Members[:0]
		forks, err := r.OpenForks()
		if err != nil {
			return err
		}
		for _, m := range r.Genesis.Members {
			ms, err := o.memberStatus(r, m.Company)
			if err != nil {
				return err
			}
			for _, f := range forks {
				if f.Author == m.Company && !f.Resolved {
					ms.Forked = f.Seq
				}
			}
			ms.Role = m.Role
			st.Members = append(st.Members, ms)
		}
		return nil
	})
	if p.Removed && st.State != "withdrawn" {
		st.State = "ended"
	}
	return st, err
}

func (o *Office) memberStatus(r *protocol.Replica, company block.CID) (wire.MemberStatus, error) {
	chain := o.node.Chain(company)
	ms := wire.MemberStatus{Company: company.String(), Name: o.node.CompanyName(company), Own: company == o.node.Company(),
		Fingerprint: Fingerprint(chain), Frozen: o.node.Frozen(company)}
	head, found, err := r.Log.Head(company)
	if err != nil {
		return ms, err
	}
	if found {
		ms.Head, ms.LastEntry = head.Header.Seq, head.Header.T
	}
	if ms.Own {
		if ms.LastEntry > o.node.Now()+feed.AheadLimit {
			ms.ParkedT = ms.LastEntry
		}
		return ms, nil
	}
	ms.ParkedT = o.node.Parked(r.PID, company)
	if ms.Unacked, ms.UnackedT, err = r.Unacknowledged(o.node.Company(), company); err != nil {
		return ms, err
	}
	o.network(&ms, r.PID, company)
	return ms, nil
}

func (o *Office) network(ms *wire.MemberStatus, pid, company block.CID) {
	h := o.node.Host()
	if h == nil {
		return
	}
	for _, s := range h.Sessions() {
		if s.PID == pid && s.Company == company {
			ms.Connected = ms.Connected || s.Connected
		}
	}
	if offset, known := h.ClockOffset(company, pid); known {
		ms.ClockOffset = new(int64)
		*ms.ClockOffset = int64(offset / time.Millisecond)
	}
}

func receipt(pid block.CID, w node.Written) wire.EntryReceipt {
	r := wire.EntryReceipt{Partnership: pid.String(), Entry: w.Entry.String(), Seq: w.Seq, T: w.T}
	if w.Body != nil {
		r.Body = w.Body.String()
	}
	return r
}
