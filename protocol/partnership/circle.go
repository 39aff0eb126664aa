package partnership

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"

	"kontor/crypto/keys"
	"kontor/protocol/block"
)

// MinCircle is how many members a proposed circle has at least: two pair.
const MinCircle = 3

// CircleProposal is the body by which a founder proposes a circle of three or more, written in its partnership with each member.
type CircleProposal struct {
	Genesis []byte    `cbor:"genesis"` // as it is signed: its CID is the PartnershipID
	Wrapped []byte    `cbor:"wrapped"` // the channel key, sealed to the reader's seal key
	Founder block.CID `cbor:"founder"`
	Expires int64     `cbor:"expires"` // until when it may be joined, ms UTC
}

// MaxCircleLife is how long a proposal may stand open, ms: a quarter, in which a company's committees have met.
const MaxCircleLife = 90 * 24 * 3600 * 1000

// CircleClose is the body by which a founder withdraws a circle it proposed, or a member declines it, in the partnership where it was proposed.
type CircleClose struct {
	Circle block.CID `cbor:"circle"`
	Reason string    `cbor:"reason"`
}

// MaxReason bounds the reason of a close in bytes: a few sentences.
const MaxReason = 1024

// ParseCircleClose reads a close.
func ParseCircleClose(data []byte) (CircleClose, error) {
	var c CircleClose
	if err := block.Unmarshal(data, &c); err != nil {
		return CircleClose{}, fmt.Errorf("circle close: %w", err)
	}
	if len(c.Reason) > MaxReason {
		return CircleClose{}, fmt.Errorf("circle close: reason has %d bytes; at most %d are allowed", len(c.Reason), MaxReason)
	}
	return c, nil
}

// circleLabel binds a wrapped channel key to the circle it is for.
func circleLabel(pid block.CID) string { return "kontor circle channel key " + pid.String() }

// CheckCircle tells why a genesis can't be proposed as a circle. Node keys are each member's own: with one key two members would
// be one peer.
func (g Genesis) CheckCircle() error {
	if err := g.Check(); err != nil {
		return err
	}
	if len(g.Members) < MinCircle {
		return fmt.Errorf("circle: %d members; %d or more are proposed, two pair", len(g.Members), MinCircle)
	}
	for i, m := range g.Members {
		for _, other := range g.Members[:i] {
			if bytes.Equal(m.NodeKey, other.NodeKey) {
				return fmt.Errorf("circle: members %s and %s have one node key", other.Company.Short(), m.Company.Short())
			}
		}
	}
	return nil
}

// ProposeCircle makes the proposal for the member who holds a seal key. The key is the channel key that the genesis commits to; expires is until when
// it may be joined, ms UTC.
func ProposeCircle(rand io.Reader, g Genesis, key [32]byte, founder block.CID, to keys.SealPublic, expires int64) (CircleProposal, error) {
	if err := g.CheckCircle(); err != nil {
		return CircleProposal{}, err
	}
	if _, member := g.Member(founder); !member {
		return CircleProposal{}, fmt.Errorf("circle: its founder %s is no member", founder.Short())
	}
	if err := g.checkChannel(key[:]); err != nil {
		return CircleProposal{}, err
	}
	genesis, err := block.New(g)
	if err != nil {
		return CircleProposal{}, fmt.Errorf("circle: %w", err)
	}
	wrapped, err := keys.Wrap(rand, to, circleLabel(genesis.CID), key[:])
	if err != nil {
		return CircleProposal{}, fmt.Errorf("circle: channel key: %w", err)
	}
	return CircleProposal{Genesis: genesis.Data, Wrapped: wrapped, Founder: founder, Expires: expires}, nil
}

// ParseCircle reads a proposal's form. What it proposes is read by [CircleProposal.Circle].
func ParseCircle(data []byte) (CircleProposal, error) {
	var p CircleProposal
	if err := block.Unmarshal(data, &p); err != nil {
		return CircleProposal{}, fmt.Errorf("circle proposal: %w", err)
	}
	if len(p.Wrapped) != keys.WrapOverhead+32 {
		return CircleProposal{}, fmt.Errorf("circle proposal: wrapped channel key has %d bytes instead of %d", len(p.Wrapped), keys.WrapOverhead+32)
	}
	return p, nil
}

// Circle is the genesis proposed, checked, and its PartnershipID.
func (p CircleProposal) Circle() (Genesis, block.CID, error) {
	g, err := Decode(p.Genesis)
	if err == nil {
		err = g.CheckCircle()
	}
	if err != nil {
		return Genesis{}, block.CID{}, err
	}
	return g, block.Sum(p.Genesis), nil
}

// ChannelKey unwraps the channel key and compares it with what the genesis commits to.
func (p CircleProposal) ChannelKey(seal keys.SealPrivate) ([32]byte, error) {
	g, pid, err := p.Circle()
	if err != nil {
		return [32]byte{}, err
	}
	key, err := keys.Unwrap(seal, circleLabel(pid), p.Wrapped)
	if err != nil {
		return [32]byte{}, fmt.Errorf("circle proposal: channel key: %w", err)
	}
	if err := g.checkChannel(key); err != nil {
		return [32]byte{}, err
	}
	return [32]byte(key), nil
}

func (g Genesis) checkChannel(key []byte) error {
	if sum := sha256.Sum256(key); len(key) != 32 || !bytes.Equal(sum[:], g.Channel) {
		return fmt.Errorf("circle: the channel key is not the one the genesis commits to")
	}
	return nil
}
