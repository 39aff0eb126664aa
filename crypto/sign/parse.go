package sign

import (
	"fmt"
	"strconv"
	"strings"
)

// ParsePolicy reads a policy from text:
//
//	COO and CFO
//	COO and 1 of (CFO, CTO)
//	2 of (CEO, COO and CFO, CTO)
//	CEO or (COO and CFO)
//
// "and" wants all, "or" wants one, "k of (...)" wants k of the list. "and" and "or" are not mixed without parentheses.
// "one", "two" and "three" may stand for the number, and roles may be in any case.
func ParsePolicy(text string) (Policy, error) {
	if len(text) > MaxPolicyText {
		return Policy{}, fmt.Errorf("read policy: %d characters are more than %d", len(text), MaxPolicyText)
	}
	p := parser{words: words(text)}
	policy, err := p.group(1)
	if err == nil && p.peek() != "" {
		err = fmt.Errorf("%q is not expected here", p.peek())
	}
	if err == nil {
		err = policy.Validate()
	}
	if err != nil {
		return Policy{}, fmt.Errorf("read policy %q: %w", text, err)
	}
	return policy, nil
}

// words splits text at blanks and around parentheses and commas.
func words(text string) []string {
	for _, mark := range []string{"(", ")", ","} {
		text = strings.ReplaceAll(text, mark, " "+mark+" ")
	}
	return strings.Fields(text)
}

type parser struct{ words []string }

func (p *parser) peek() string {
	if len(p.words) == 0 {
		return ""
	}
	return p.words[0]
}

func (p *parser) next() string {
	word := p.peek()
	if word != "" {
		p.words = p.words[1:]
	}
	return word
}

func (p *parser) expect(word string) error {
	if got := p.next(); got != word {
		if got == "" {
			return fmt.Errorf("%q is missing at the end", word)
		}
		return fmt.Errorf("%q stands where %q should", got, word)
	}
	return nil
}

// group reads terms joined by one of "and" and "or". Depth bounds the recursion by parentheses, which may be more
// than those of the tree: "((COO))" is a leaf.
func (p *parser) group(depth int) (Policy, error) {
	const deepest = 4 * MaxPolicyDepth
	if depth > deepest {
		return Policy{}, &tooLarge{"policy_depth", fmt.Sprintf("parentheses nested deeper than %d", deepest)}
	}
	first, err := p.term(depth)
	if err != nil {
		return Policy{}, err
	}
	join := strings.ToLower(p.peek())
	if join != "and" && join != "or" {
		return first, nil
	}
	node := Policy{Need: 1, Of: []Policy{first}}
	for {
		switch word := strings.ToLower(p.peek()); word {
		case join:
			p.next()
		case "and", "or":
			return Policy{}, fmt.Errorf("%q and %q stand side by side: put one in parentheses", join, word)
		default:
			if join == "and" {
				node.Need = int64(len(node.Of))
			}
			return node, nil
		}
		child, err := p.term(depth)
		if err != nil {
			return Policy{}, err
		}
		node.Of = append(node.Of, child)
	}
}

func (p *parser) term(depth int) (Policy, error) {
	word := p.next()
	switch {
	case word == "":
		return Policy{}, fmt.Errorf("a role is missing at the end")
	case word == "(":
		inner, err := p.group(depth + 1)
		if err != nil {
			return Policy{}, err
		}
		return inner, p.expect(")")
	}
	if need, ok := number(word); ok {
		return p.list(need, depth)
	}
	role := strings.ToUpper(word)
	if roleIndex(role) < 0 {
		return Policy{}, fmt.Errorf("%q is no officer's role (they are %s)", word, strings.Join(Roles, ", "))
	}
	return Policy{Role: role}, nil
}

// list reads what follows the number of "k of (a, b)". A list of one, "1 of (COO)", is the one.
func (p *parser) list(need int64, depth int) (Policy, error) {
	if err := p.expect("of"); err != nil {
		return Policy{}, err
	}
	if err := p.expect("("); err != nil {
		return Policy{}, err
	}
	node := Policy{Need: need}
	for {
		child, err := p.group(depth + 1)
		if err != nil {
			return Policy{}, err
		}
		node.Of = append(node.Of, child)
		if p.peek() != "," {
			break
		}
		p.next()
	}
	if len(node.Of) == 1 && need == 1 {
		node = node.Of[0]
	}
	return node, p.expect(")")
}

func number(word string) (int64, bool) {
	switch strings.ToLower(word) {
	case "one":
		return 1, true
	case "two":
		return 2, true
	case "three":
		return 3, true
	}
	n, err := strconv.ParseInt(word, 10, 32)
	return n, err == nil
}
