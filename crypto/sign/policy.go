package sign

import (
	"errors"
	"fmt"
	"strings"
)

// Roles are the officers' roles, in the order in which they are shown.
var Roles = []string{"CEO", "COO", "CMO", "CFO", "CTO"}

// Bounds of a policy, so that a partner's policy costs little to read and to judge.
const (
	MaxPolicyDepth = 4
	MaxPolicyNodes = 64
	// MaxPolicyText bounds the text form in bytes: 64 nodes in words stay well below.
	MaxPolicyText = 1024
	// maxPolicyWork bounds how many combinations of roles are looked at to judge a policy. "31 of" 62 single officers
	// has more ways to be met than any board has use for.
	maxPolicyWork = 1 << 16
)

// Policy says whose signatures suffice. It is a tree: a leaf names a role, a node wants at least Need of the policies
// below it. Each leaf is filled by one signer of that role, and no signer fills two. It is a wire type.
type Policy struct {
	Role string   `cbor:"role,omitempty"` // of a leaf, one of Roles
	Need int64    `cbor:"need,omitempty"` // of a node, 1 to len(Of)
	Of   []Policy `cbor:"of,omitempty"`   // of a node, at least two
}

// Validate reports what is wrong with the form of p: a role that does not exist, a node that can't be met, too deep,
// too many nodes, too many ways to be met.
func (p Policy) Validate() error {
	nodes := 0
	if err := p.validate(1, &nodes); err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	if _, err := p.ways(new(int)); err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	return nil
}

func (p Policy) validate(depth int, nodes *int) error {
	*nodes++
	if depth > MaxPolicyDepth {
		return &tooLarge{"policy_depth", fmt.Sprintf("nested deeper than %d", MaxPolicyDepth)}
	}
	if *nodes > MaxPolicyNodes {
		return &tooLarge{"policy_nodes", fmt.Sprintf("more than %d roles and groups", MaxPolicyNodes)}
	}
	if len(p.Of) == 0 {
		if p.Need != 0 {
			return fmt.Errorf("%d of nobody", p.Need)
		}
		if roleIndex(p.Role) < 0 {
			return fmt.Errorf("%q is no officer's role (they are %s)", p.Role, strings.Join(Roles, ", "))
		}
		return nil
	}
	if p.Role != "" {
		return fmt.Errorf("%q is a role and a group at once", p.Role)
	}
	if len(p.Of) < 2 {
		return errors.New("a group of one: name it alone")
	}
	if p.Need < 1 || p.Need > int64(len(p.Of)) {
		return fmt.Errorf("%d of %d can't be", p.Need, len(p.Of))
	}
	for _, child := range p.Of {
		if err := child.validate(depth+1, nodes); err != nil {
			return err
		}
	}
	return nil
}

// tooLarge is the error of a policy beyond a limit of PROTOCOL 9.
type tooLarge struct{ limit, text string }

func (e *tooLarge) Error() string { return e.text }

// Exceeds names the limit, for whoever counts refusals.
func (e *tooLarge) Exceeds() string { return e.limit }

func roleIndex(role string) int {
	for i, known := range Roles {
		if role == known {
			return i
		}
	}
	return -1
}

// String is the text form: roles joined by "and" where all are needed, "k of (...)" where not.
// [ParsePolicy] reads it back as the same policy.
func (p Policy) String() string { return p.text(false) }

func (p Policy) text(inner bool) string {
	if len(p.Of) == 0 {
		return p.Role
	}
	all := p.Need == int64(len(p.Of))
	parts := make([]string, len(p.Of))
	for i, child := range p.Of {
		parts[i] = child.text(all)
	}
	if !all {
		return fmt.Sprintf("%d of (%s)", p.Need, strings.Join(parts, ", "))
	}
	s := strings.Join(parts, " and ")
	if inner {
		s = "(" + s + ")"
	}
	return s
}
