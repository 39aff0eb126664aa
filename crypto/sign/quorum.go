package sign

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"kontor/crypto/keys"
)

// Signer is who stands behind one verified signature, as its certificate says. Checking the signature and the
// certificate comes before.
type Signer struct {
	Key    keys.Public
	Person [16]byte // asserted by the company; the zero value is nobody and counts for nothing
	Role   string
}

// Met reports whether the signers meet the policy: each leaf that is counted is filled by another signer. Distinct
// persons count once each; if the company's genesis allows a dual hat, one person counts once in each of its roles.
// A key that stands with two persons or two roles contradicts itself and counts for nothing.
// An invalid policy is never met.
func (p Policy) Met(signers []Signer, allowDualHat bool) bool {
	ways, err := p.checkedWays()
	if err != nil {
		return false
	}
	supply := supplyOf(signers, allowDualHat)
	for _, way := range ways {
		if supply.fills(way) {
			return true
		}
	}
	return false
}

// Missing says in words who is still to sign, "" if nobody: "CFO", "CFO or CTO", "COO and CFO". Where a person has
// signed in two roles and only one counts, the roles named want another person. Of many equally short ways six are
// named.
func (p Policy) Missing(signers []Signer, allowDualHat bool) string {
	ways, err := p.checkedWays()
	if err != nil {
		return err.Error()
	}
	supply := supplyOf(signers, allowDualHat)
	least := len(Roles) * MaxPolicyNodes
	for _, way := range ways {
		least = min(least, supply.deficit(way))
	}
	if least == 0 {
		return ""
	}
	const most = 6
	var found []count
	for _, way := range ways {
		if len(found) <= most && supply.deficit(way) == least {
			found = supply.gaps(found, map[count]bool{}, way, count{}, most+1)
		}
	}
	more := len(found) > most
	found = found[:min(len(found), most)]
	slices.SortFunc(found, func(a, b count) int { return -slices.Compare(a[:], b[:]) })
	var parts []string
	for _, gap := range found {
		parts = append(parts, gap.text(len(found) > 1))
	}
	if more {
		parts = append(parts, "other ways")
	}
	return strings.Join(parts, " or ")
}

func (p Policy) checkedWays() ([]count, error) {
	nodes := 0
	if err := p.validate(1, &nodes); err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	return p.ways(new(int))
}

// count says how many signers of each role, in the order of Roles. Leaves of one role are alike, so a policy comes down
// to the counts that meet it.
type count [5]uint8

func (c count) plus(d count) count {
	for i := range c {
		c[i] += d[i]
	}
	return c
}

func (c count) total() (n int) {
	for _, k := range c {
		n += int(k)
	}
	return n
}

// within reports whether every number of c is at most that of d.
func (c count) within(d count) bool {
	for i := range c {
		if c[i] > d[i] {
			return false
		}
	}
	return true
}

// text names the roles; several are put in parentheses where alternatives stand around them.
func (c count) text(grouped bool) string {
	var parts []string
	for i, k := range c {
		switch {
		case k == 1:
			parts = append(parts, Roles[i])
		case k > 1:
			parts = append(parts, fmt.Sprintf("%d %s", k, Roles[i]))
		}
	}
	s := strings.Join(parts, " and ")
	if grouped && len(parts) > 1 {
		s = "(" + s + ")"
	}
	return s
}

// ways lists the least counts that meet p: each meets it, none is within another.
func (p Policy) ways(work *int) ([]count, error) {
	if len(p.Of) == 0 {
		var c count
		c[roleIndex(p.Role)] = 1
		return []count{c}, nil
	}
	// met[k] holds the counts that meet k of the children looked at so far.
	met := make([]map[count]bool, p.Need+1)
	for k := range met {
		met[k] = map[count]bool{}
	}
	met[0][count{}] = true
	for _, child := range p.Of {
		below, err := child.ways(work)
		if err != nil {
			return nil, err
		}
		for k := p.Need; k > 0; k-- {
			*work += len(met[k-1]) * len(below)
			if *work > maxPolicyWork {
				return nil, errors.New("too many ways to meet it")
			}
			for have := range met[k-1] {
				for _, more := range below {
					met[k][have.plus(more)] = true
				}
			}
		}
	}
	return least(met[p.Need]), nil
}

// least keeps the counts that no other lies within, in one order.
func least(all map[count]bool) []count {
	list := make([]count, 0, len(all))
	for c := range all {
		list = append(list, c)
	}
	// One that lies within another has the smaller total, so looking back suffices.
	slices.SortFunc(list, func(a, b count) int {
		if d := a.total() - b.total(); d != 0 {
			return d
		}
		return slices.Compare(a[:], b[:])
	})
	var kept []count
	for _, c := range list {
		if !slices.ContainsFunc(kept, func(k count) bool { return k.within(c) }) {
			kept = append(kept, c)
		}
	}
	return kept
}

// supply says for every set of roles (bit i for Roles[i]) how many hands can fill it, a hand being what counts once: a
// person, or with a dual hat a person in a role.
type supply [1 << 5]int

func supplyOf(signers []Signer, allowDualHat bool) *supply {
	type claim struct {
		person [16]byte
		role   string
	}
	claims := map[keys.Public]claim{}
	contradicted := map[keys.Public]bool{}
	for _, s := range signers {
		said := claim{s.Person, s.Role}
		if before, ok := claims[s.Key]; ok && before != said {
			contradicted[s.Key] = true
		}
		claims[s.Key] = said
	}
	roles := map[claim]uint{} // per hand, the set of roles it can fill
	for key, said := range claims {
		role := roleIndex(said.role)
		if contradicted[key] || role < 0 || said.person == ([16]byte{}) {
			continue
		}
		hand := claim{person: said.person}
		if allowDualHat {
			hand.role = said.role
		}
		roles[hand] |= 1 << role
	}
	var s supply
	for set := range s {
		for _, can := range roles {
			if can&uint(set) != 0 {
				s[set]++
			}
		}
	}
	return &s
}

// fills reports whether different hands can fill want.
func (s *supply) fills(want count) bool { return s.deficit(want) == 0 }

// deficit is how many of want must stay without a hand. By Hall's theorem that is the largest excess, over all sets of
// roles, of what is wanted of the set over the hands that can fill it.
func (s *supply) deficit(want count) int {
	most := 0
	for set := range s {
		wanted := 0
		for i, k := range want {
			if set&(1<<i) != 0 {
				wanted += int(k)
			}
		}
		most = max(most, wanted-s[set])
	}
	return most
}

// gaps adds to found the smallest counts that, taken from want, leave what can be filled, until there are enough. Gap
// is what was taken so far and seen what was looked at. Each step takes one that lowers the deficit: there always is
// one, since somebody stands without a hand.
func (s *supply) gaps(found []count, seen map[count]bool, want, gap count, enough int) []count {
	if seen[gap] || len(found) >= enough {
		return found
	}
	seen[gap] = true
	deficit := s.deficit(want)
	if deficit == 0 {
		if !slices.Contains(found, gap) {
			found = append(found, gap)
		}
		return found
	}
	for i := range want {
		if want[i] == 0 {
			continue
		}
		rest, taken := want, gap
		rest[i]--
		taken[i]++
		if s.deficit(rest) < deficit {
			found = s.gaps(found, seen, rest, taken, enough)
		}
	}
	return found
}
