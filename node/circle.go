package node

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"slices"

	"kontor/crypto/keys"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/identity"
	"kontor/protocol/partnership"
)

// This file is what people do to found a circle of three and more and to join one; how it enters the office is in circle_enter.go.

// CircleOffer says what circle to found.
type CircleOffer struct {
	Role        string // of this company
	Members     []CircleSeat
	Witness     *block.CID // a writing member
	Arbiter     *block.CID // rules on disputes: no party, as a member or outside
	Materiality identity.Amount
	Products    []string // the scopes name only these; none: all
	Regions     []string
	Replaces    *block.CID // the circle whose members or terms change; this company is a member of it
	Notice      int64      // days after one member's end; 0: all end it
	Expires     int64      // until when members may join, ms UTC; 0: 30 days from now
}

// circleLife is how long a proposal stands open unless the founder says otherwise, ms.
const circleLife = 30 * 24 * 3600 * 1000

// CircleSeat is a member to be and its role.
type CircleSeat struct {
	Company block.CID
	Role    string
}

// Circle is a circle of three or more that was proposed, as a person may see it.
type Circle struct {
	PID     block.CID
	Genesis partnership.Genesis
	Founder block.CID
	T       int64 // when it was proposed, ms UTC
	Expires int64 // until when it may be joined, ms UTC
	Joined  bool  // this company has signed
	// Waits are the members whose signature is not held here, Declined those who said no.
	Waits, Declined []block.CID
	// Closed says that this company has declined or the founder has withdrawn, as far as the pair it was proposed in tells.
	Closed *protocol.CircleClosed
}

// founding is a circle that this company founded and has not proposed to every member yet. It lies among the private rows.
type founding struct {
	PID     block.CID `cbor:"pid"`
	Created int64     `cbor:"created"`
	Expires int64     `cbor:"expires"`
}

const (
	foundingPrefix = "founding/"
	// circleCommandPrefix leads from a command's ID to the circle it founded.
	circleCommandPrefix = "command/circle/"
)

// FoundCircle draws up a circle with companies that this one has paired with, signs it and proposes it to each. A retry of the command founds
// no second circle; it proposes to those whom the first run did not reach, and so does the next start of the node.
func (n *Node) FoundCircle(ctx context.Context, command Command, offer CircleOffer) (Circle, error) {
	if len(command) > MaxCommand {
		return Circle{}, Failf("BAD_COMMAND_ID", "command ID has %d bytes; at most %d are allowed", len(command), MaxCommand)
	}
	if err := n.db.Writable(); err != nil {
		return Circle{}, err
	}
	var open founding
	again := false
	if command != "" {
		err := n.ReadPrivate(func(rows PrivateRows) (err error) {
			again, err = rows.Get(circleCommandPrefix+string(command), &open)
			return err
		})
		if err != nil {
			return Circle{}, err
		}
	}
	if !again {
		g, key, err := n.draftCircle(ctx, offer)
		if err != nil {
			return Circle{}, err
		}
		if open.PID, err = g.ID(); err != nil {
			return Circle{}, err
		}
		if open.Created, open.Expires = n.Now(), offer.Expires; open.Expires == 0 {
			open.Expires = open.Created + circleLife
		}
		if open.Expires <= open.Created || open.Expires > open.Created+partnership.MaxCircleLife {
			return Circle{}, Failf("BAD_EXPIRY", "a proposed circle can be joined for at most 90 days from now")
		}
		err = n.enterCircle(ctx, g, key, func(rows PrivateRows) error {
			if command != "" {
				if err := rows.Put(circleCommandPrefix+string(command), open); err != nil {
					return err
				}
			}
			return rows.Put(foundingPrefix+open.PID.String(), open)
		})
		if err != nil {
			return Circle{}, err
		}
	}
	p, err := n.Partnership(open.PID)
	if err != nil {
		return Circle{}, err
	}
	return Circle{PID: p.PID, Genesis: p.Genesis, Founder: n.company, T: open.Created, Expires: open.Expires, Joined: true}, n.proposeCircle(ctx, p, open.Expires)
}

// draftCircle builds the genesis and draws the channel key and every member's nonce: nonces only tell circles of the same terms apart.
func (n *Node) draftCircle(ctx context.Context, offer CircleOffer) (partnership.Genesis, [32]byte, error) {
	var key [32]byte
	if _, err := rand.Read(key[:]); err != nil {
		return partnership.Genesis{}, key, err
	}
	sum := sha256.Sum256(key[:])
	g := partnership.Genesis{Witness: offer.Witness, Arbiter: offer.Arbiter, Materiality: offer.Materiality, Scopes: partnership.DefaultScopes(offer.Products, offer.Regions), Channel: sum[:],
		Notice: offer.Notice, Replaces: offer.Replaces}
	if offer.Replaces != nil {
		old, err := n.Partnership(*offer.Replaces)
		if err != nil {
			return g, key, err
		}
		if len(old.Genesis.Members) < 3 {
			return g, key, Failf("CIRCLE_REPLACES", "%s is a partnership of two; a circle replaces a circle", old.PID.Short())
		}
	}
	self, err := n.Party(ctx)
	if err != nil {
		return g, key, err
	}
	if len(self.Addresses) == 0 {
		return g, key, Failf("NO_ADDRESS", "this node listens at no address that a partner could dial; set one at init with --listen")
	}
	node := n.nodeKey.Public()
	g.Members = []partnership.Member{{Company: n.company, Role: offer.Role, NodeKey: node[:], Addresses: self.Addresses}}
	for _, seat := range offer.Members {
		if seat.Company == n.company {
			return g, key, Failf("BAD_MEMBER", "this company is a member of what it founds; name the others")
		}
		m, err := n.memberOf(seat)
		if err != nil {
			return g, key, err
		}
		g.Members = append(g.Members, m)
	}
	for i := range g.Members {
		g.Members[i].Nonce = make([]byte, partnership.NonceSize)
		if _, err := rand.Read(g.Members[i].Nonce); err != nil {
			return g, key, err
		}
	}
	g, err = partnership.New(g)
	if err == nil {
		err = g.CheckCircle()
	}
	if err != nil {
		return g, key, Failf("CIRCLE_TERMS", "%v", err)
	}
	return g, key, nil
}

// memberOf is a company as its pair and its identity chain give it now.
func (n *Node) memberOf(seat CircleSeat) (partnership.Member, error) {
	pair, err := n.pairWith(seat.Company)
	if err != nil {
		return partnership.Member{}, err
	}
	met, _ := pair.Genesis.Member(seat.Company)
	m := partnership.Member{Company: seat.Company, Role: seat.Role, NodeKey: met.NodeKey, Addresses: slices.Clone(met.Addresses)}
	view := n.Chain(seat.Company).Now()
	if !n.certifies(view, m.NodeKey) {
		list := view.Current(keys.Node)
		if len(list) == 0 {
			return m, Failf("CIRCLE_NODE", "the identity of %s certifies no node key", n.CompanyName(seat.Company))
		}
		m.NodeKey = list[len(list)-1].Key
	}
	for _, address := range n.addressesOf(seat.Company) {
		if len(m.Addresses) < partnership.MaxAddresses && !slices.Contains(m.Addresses, address) {
			m.Addresses = append(m.Addresses, address)
		}
	}
	return m, nil
}

func (n *Node) certifies(view identity.View, nodeKey []byte) bool {
	_, ok := view.Key(nodeKey, keys.Node, n.Now())
	return ok
}

// pairWith is the oldest partnership of two with a company that is in force.
func (n *Node) pairWith(company block.CID) (*Partnership, error) {
	for _, p := range n.Partnerships() {
		if _, member := p.Genesis.Member(company); p.Removed || !member || len(p.Genesis.Members) != 2 {
			continue
		}
		standing, err := n.standing(p.PID)
		if err != nil {
			return nil, err
		}
		if standing == "active" {
			return p, nil
		}
	}
	return nil, Failf("CIRCLE_PAIR", "there is no partnership of two in force with %s; a founder pairs with each member first: kontor partner invite", n.CompanyName(company))
}

// proposeCircle writes the proposal in the pair with each member that does not hold one yet.
func (n *Node) proposeCircle(ctx context.Context, p *Partnership, expires int64) error {
	for _, m := range p.Genesis.Others(n.company) {
		if err := n.proposeTo(ctx, p, m.Company, expires); err != nil {
			f := AsFailure(err)
			return &Failure{Code: f.Code, Text: "circle " + p.PID.Short() + " is not proposed to " + n.CompanyName(m.Company) + " yet: " + f.Text, Findings: f.Findings}
		}
	}
	return n.Private(func(rows PrivateRows) error { return rows.Delete(foundingPrefix + p.PID.String()) })
}

func (n *Node) proposeTo(ctx context.Context, p *Partnership, company block.CID, expires int64) error {
	pair, err := n.pairWith(company)
	if err != nil {
		return err
	}
	done := false
	err = n.View(pair.PID, func(r *protocol.Replica) error {
		rows, err := r.Circles()
		done = slices.ContainsFunc(rows, func(row protocol.CircleRow) bool { return row.Circle == p.PID })
		return err
	})
	if err != nil || done {
		return err
	}
	list := n.Chain(company).Now().Current(keys.Seal)
	if len(list) == 0 {
		return Failf("CIRCLE_SEAL", "the identity of %s certifies no seal key", n.CompanyName(company))
	}
	seal, err := keys.AdmitSealPublic(list[len(list)-1].Key)
	if err != nil {
		return err
	}
	proposal, err := partnership.ProposeCircle(rand.Reader, p.Genesis, [32]byte(p.Channel), n.company, seal, expires)
	if err != nil {
		return err
	}
	body, err := block.New(proposal)
	if err != nil {
		return Failf("CIRCLE_TERMS", "%v", err)
	}
	_, err = n.Write(ctx, pair.PID, "", func(*protocol.Replica, int64) (protocol.Draft, error) {
		return protocol.Draft{Kind: protocol.KindCircle, Body: &body}, nil
	})
	return err
}

// resumeCircles proposes the circles that a stop of the node left half proposed. Open says that one still is.
func (n *Node) resumeCircles(ctx context.Context) (open bool) {
	var left []founding
	err := n.ReadPrivate(func(rows PrivateRows) error {
		return rows.Scan(foundingPrefix, func(_ string, decode func(any) error) (bool, error) {
			var rec founding
			err := decode(&rec)
			left = append(left, rec)
			return true, err
		})
	})
	if err != nil {
		n.log.Error("circles not resumed", "reason", err)
		return false
	}
	for _, rec := range left {
		p, err := n.Partnership(rec.PID)
		switch {
		case err == nil && rec.Expires <= n.Now():
			err = n.Private(func(rows PrivateRows) error { return rows.Delete(foundingPrefix + rec.PID.String()) })
		case err == nil && !p.Removed:
			err = n.proposeCircle(ctx, p, rec.Expires)
		}
		if err != nil {
			n.log.Warn("circle not proposed to all yet", "circle", rec.PID.Short(), "reason", err)
			open = true
		}
	}
	return open
}

// JoinCircle signs a circle that was proposed to this company. Joining again changes nothing.
func (n *Node) JoinCircle(ctx context.Context, pid block.CID) (Circle, error) {
	if err := n.db.Writable(); err != nil {
		return Circle{}, err
	}
	var circle Circle
	var key [32]byte
	why := Failf("NO_CIRCLE", "no circle %s is proposed here; kontor partner list shows those that are", pid.Short())
	found := false
	err := n.eachProposal(func(c Circle, proposal partnership.CircleProposal) bool {
		if c.PID != pid {
			return true
		}
		if !c.Joined && !c.open(n.Now()) {
			why = n.overWhy(c)
			return true
		}
		k, err := proposal.ChannelKey(n.sealKey)
		if err != nil && !c.Joined {
			why = Failf("CIRCLE_KEY", "the proposal by %s can't be taken: %v; ask for another circle", n.CompanyName(c.Founder), err)
			return true
		}
		circle, key, found = c, k, true
		return false
	})
	switch {
	case err != nil:
		return Circle{}, err
	case !found:
		return Circle{}, why
	case circle.Joined:
		return circle, nil
	}
	if err := n.checkSeats(circle.Genesis); err != nil {
		return Circle{}, err
	}
	circle.Joined = true
	return circle, n.enterCircle(ctx, circle.Genesis, key, func(PrivateRows) error { return nil })
}
