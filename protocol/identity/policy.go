package identity

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"kontor/crypto/sign"
	"kontor/protocol/block"
	"kontor/protocol/legible"
)

// Bounds of the quorums a company sets for weightier matters, so that choosing one costs a partner little.
const (
	MaxRules     = 16  // in force for one kind of topic
	MaxRuleNames = 64  // products, and regions, of one condition
	MaxRuleName  = 128 // bytes of a product or region
)

// Policy is the quorum of officers that binds the company in topics of one kind; text form of sign.Policy. Without a condition it is
// the kind's own; with one it takes its place for the documents that meet the condition.
type Policy struct {
	TopicKind string     `cbor:"topic_kind"`
	Quorum    string     `cbor:"quorum"` // "" with a condition: the condition's rule ends
	When      *Condition `cbor:"when,omitempty"`
}

// Condition says of which documents a policy speaks: all its parts must hold, and at least one is there.
type Condition struct {
	// Above is met by a document that commits to more, and by one that can't be shown to commit to less: it names no amount, or one in
	// another currency.
	Above    *Amount  `cbor:"above,omitempty" json:"above,omitempty"`
	Products []string `cbor:"products,omitempty" json:"products,omitempty"` // ascending; met by a document about one of them
	Regions  []string `cbor:"regions,omitempty" json:"regions,omitempty"`   // ascending; met by a document about one of them
}

// Rule is a quorum with its condition, in force since a chain entry.
type Rule struct {
	Condition
	Quorum string    `cbor:"quorum" json:"quorum"`
	Entry  block.CID `cbor:"entry" json:"entry"`
}

// Matter is what a document is about, as far as a condition asks.
type Matter struct {
	Amount   *Amount // what it commits to at most; nil: unknown
	Products []string
	Regions  []string
}

// Meets tells whether the condition speaks of the matter.
func (c Condition) Meets(m Matter) bool {
	if c.Above != nil && m.Amount != nil && m.Amount.Currency == c.Above.Currency && m.Amount.Minor <= c.Above.Minor {
		return false
	}
	return touches(c.Products, m.Products) && touches(c.Regions, m.Regions)
}

// touches tells whether a matter is about one of the names; a matter that names none is about all of them.
func touches(names, about []string) bool {
	return len(names) == 0 || len(about) == 0 || slices.ContainsFunc(names, func(n string) bool { return slices.Contains(about, n) })
}

// Choose is the rule that binds in a matter: of those whose condition it meets the first in the order of [View.Rules], else base.
func Choose(base Rule, rules []Rule, m Matter) Rule {
	for _, r := range rules {
		if r.Meets(m) {
			return r
		}
	}
	return base
}

// Quorum is whose signatures bind the company in topics of a kind that open at t (ms UTC), and the chain entry that says so: its newest
// policy for the kind without a condition, or a default, which stands with the genesis.
func (v View) Quorum(topicKind string, t int64) (text string, entry block.CID) {
	for i := len(v.chain.policies) - 1; i >= 0; i-- {
		if p := v.chain.policies[i]; p.seq <= v.seq && p.policy.TopicKind == topicKind && p.policy.When == nil {
			return p.policy.Quorum, v.chain.heads[p.seq]
		}
	}
	if own := KindQuorum(topicKind); v.seats(own, t) {
		return own, v.Founded()
	}
	return DefaultQuorum, v.Founded()
}

// Founded is the entry with which the company began: defaults stand with it.
func (v View) Founded() block.CID { return v.chain.heads[0] }

// Bound is the quorum that binds the company in a matter of a kind for which no default stands: of its rules the one the matter meets, else the kind's own; false
// where the company has set none.
func (v View) Bound(kind string, m Matter) (Rule, bool) {
	quorum, entry := v.Quorum(kind, 0) // a default is left out below
	base := Rule{Quorum: quorum, Entry: entry}
	if entry == v.Founded() {
		base = Rule{}
	}
	rule := Choose(base, v.Rules(kind), m)
	return rule, rule.Quorum != ""
}

// Rules are the conditional quorums in force for a kind of topic, in the order in which they are asked: the highest amount first, of
// equal ones those that name more of products and regions, then the newest.
func (v View) Rules(topicKind string) []Rule { return v.chain.rules(topicKind, v.seq) }

func (c *Chain) rules(topicKind string, seq int64) (out []Rule) {
	for _, p := range c.policies { // the newest comes first
		if p.seq > seq || p.policy.TopicKind != topicKind || p.policy.When == nil {
			continue
		}
		out = slices.DeleteFunc(out, func(r Rule) bool { return r.same(*p.policy.When) })
		if p.policy.Quorum != "" {
			out = slices.Insert(out, 0, Rule{*p.policy.When, p.policy.Quorum, c.heads[p.seq]})
		}
	}
	slices.SortStableFunc(out, func(x, y Rule) int {
		return cmp.Or(cmp.Compare(y.threshold(), x.threshold()), cmp.Compare(y.named(), x.named()))
	})
	return out
}

func (c Condition) same(o Condition) bool {
	sum := (c.Above == nil) == (o.Above == nil) && (c.Above == nil || *c.Above == *o.Above)
	return sum && slices.Equal(c.Products, o.Products) && slices.Equal(c.Regions, o.Regions)
}

func (c Condition) threshold() int64 {
	if c.Above == nil {
		return -1
	}
	return c.Above.Minor
}

// named counts which of products and regions the condition asks for.
func (c Condition) named() (n int) {
	for _, names := range [][]string{c.Products, c.Regions} {
		if len(names) > 0 {
			n++
		}
	}
	return n
}

// checkPolicy judges an entry that would follow the chain's newest.
func (c *Chain) checkPolicy(p Policy) error {
	if p.When != nil {
		if err := c.checkCondition(p); err != nil {
			return err
		}
		if p.Quorum == "" {
			return nil
		}
	}
	policy, err := sign.ParsePolicy(p.Quorum)
	if err != nil {
		return err
	}
	// Agreements name the quorum by its printed form: another text for it could never be met by a document.
	if printed := policy.String(); printed != p.Quorum {
		return fmt.Errorf("quorum %q is not in its printed form; %q is right", p.Quorum, printed)
	}
	return nil
}

func (c *Chain) checkCondition(p Policy) error {
	if p.When.Above == nil && p.When.named() == 0 {
		return fmt.Errorf("the condition of a policy for %q names no amount, product or region; without a condition it is the kind's own", p.TopicKind)
	}
	if a := p.When.Above; a != nil && (a.Minor < 0 || len(a.Currency) != 3) {
		return fmt.Errorf("the condition's amount %d %q is none; minor units from 0 and an ISO 4217 code are right", a.Minor, a.Currency)
	}
	for _, names := range [][]string{p.When.Products, p.When.Regions} {
		if len(names) > MaxRuleNames {
			return fmt.Errorf("the condition names %d products or regions; at most %d are allowed", len(names), MaxRuleNames)
		}
		for i, n := range names {
			if n == "" || len(n) > MaxRuleName || strings.ContainsFunc(n, legible.Treacherous) || i > 0 && names[i-1] >= n {
				return fmt.Errorf("the condition's name %q is empty, longer than %d bytes, not plain text, or out of ascending order", n, MaxRuleName)
			}
		}
	}
	inForce := slices.DeleteFunc(c.rules(p.TopicKind, int64(len(c.heads))), func(r Rule) bool { return r.same(*p.When) })
	if p.Quorum != "" && len(inForce) >= MaxRules {
		return fmt.Errorf("%d conditional policies are in force for %q; at most %d are allowed: end one first", len(inForce), p.TopicKind, MaxRules)
	}
	for _, r := range inForce {
		if r.Above != nil && p.When.Above != nil && r.Above.Currency != p.When.Above.Currency {
			return fmt.Errorf("the amounts of the policies for %q are in %s; one in %s can't be ordered among them", p.TopicKind, r.Above.Currency, p.When.Above.Currency)
		}
	}
	return nil
}
