package node

import (
	"fmt"
	"sort"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/partnership"
	"kontor/protocol/state"
	"kontor/store"
)

// Partnership is a circle this company is a member of, as the office holds it.
type Partnership struct {
	*protocol.Contract
	Channel []byte // the channel key
	Since   int64  // ms UTC
	Removed bool   // ended here: its peers are disconnected, its past stays
}

// partnershipRecord is the partnership at rest among the private rows.
type partnershipRecord struct {
	Genesis []byte `cbor:"genesis"`
	Channel []byte `cbor:"channel"`
	Since   int64  `cbor:"since"`
	Removed bool   `cbor:"removed"`
}

var partnershipPrefix = []byte("partnership/")

func (n *Node) loadPartnerships(kv store.KV) error {
	return kv.Scan(state.TablePrivate, partnershipPrefix, partnershipPrefix, func(_, value []byte) (bool, error) {
		var rec partnershipRecord
		if err := block.Unmarshal(value, &rec); err != nil {
			return false, fmt.Errorf("stored partnership: %w; restore the database from a backup", err)
		}
		g, err := partnership.Decode(rec.Genesis)
		if err != nil {
			return false, err
		}
		p, err := n.remember(g, rec)
		if err != nil {
			return false, err
		}
		return true, n.compareHighWater(kv, p)
	})
}

func (n *Node) remember(g partnership.Genesis, rec partnershipRecord) (*Partnership, error) {
	contract, err := protocol.NewContract(g, n.identities)
	if err != nil {
		return nil, err
	}
	p := &Partnership{Contract: contract, Channel: rec.Channel, Since: rec.Since, Removed: rec.Removed}
	n.mu.Lock()
	n.partnerships[p.PID] = p
	n.mu.Unlock()
	return p, nil
}

func savePartnership(kv store.KV, pid block.CID, rec partnershipRecord) error {
	data, err := block.Marshal(rec)
	if err != nil {
		return err
	}
	return kv.Put(state.TablePrivate, append(append([]byte{}, partnershipPrefix...), pid.String()...), data)
}

// Partnership finds a partnership by its ID.
func (n *Node) Partnership(pid block.CID) (*Partnership, error) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	p, known := n.partnerships[pid]
	if !known {
		return nil, Failf("NO_PARTNERSHIP", "no partnership %s is held here; kontor partner list shows those that are", pid.Short())
	}
	return p, nil
}

// Partnerships lists the partnerships, oldest first.
func (n *Node) Partnerships() []*Partnership {
	n.mu.RLock()
	defer n.mu.RUnlock()
	var out []*Partnership
	for _, p := range n.partnerships {
		out = append(out, p)
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].Since != out[j].Since {
			return out[i].Since < out[j].Since
		}
		return out[i].PID.Compare(out[j].PID) < 0
	})
	return out
}

// Own is this company's membership.
func (n *Node) Own(p *Partnership) partnership.Member {
	m, _ := p.Genesis.Member(n.company)
	return m
}

// Confirm vouches for the machine's clock (an admin's word after a long pause or a warning), until the node stops.
func (n *Node) Confirm() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.clockOK = n.clock()
}

// Confirmed tells whether an admin has vouched for the machine's clock since the node started.
func (n *Node) Confirmed() bool {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return !n.clockOK.IsZero()
}
