package sign

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"kontor/crypto/keys"

	"pgregory.net/rapid"
)

// signer is the n-th key, of a numbered person, in a role.
func signer(key, person int, role string) Signer {
	return Signer{keys.Public{byte(key), byte(key >> 8)}, [16]byte{byte(person), byte(person >> 8)}, role}
}

// A company's board as the tests know it. Carol has two hats, Dave two keys in one role.
var (
	aliceCOO = signer(1, 1, "COO")
	bobCFO   = signer(2, 2, "CFO")
	carolCTO = signer(3, 3, "CTO")
	carolCFO = signer(4, 3, "CFO")
	carolCOO = signer(5, 3, "COO")
	daveCFO  = signer(6, 4, "CFO")
	daveToo  = signer(7, 4, "CFO")
	nobody   = signer(8, 0, "CFO")
)

func TestMetAndMissing(t *testing.T) {
	for _, c := range []struct {
		policy  string
		signers []Signer
		dual    bool
		missing string // "" means met
	}{
		{"COO and CFO", nil, false, "COO and CFO"},
		{"COO and CFO", []Signer{aliceCOO}, false, "CFO"},
		{"COO and CFO", []Signer{bobCFO}, false, "COO"},
		{"COO and CFO", []Signer{aliceCOO, bobCFO}, false, ""},
		{"COO and CFO", []Signer{bobCFO, aliceCOO, carolCTO, aliceCOO}, false, ""},
		{"COO and CFO", []Signer{aliceCOO, carolCTO}, false, "CFO"},
		{"COO and CFO", []Signer{carolCOO, carolCFO}, false, "COO or CFO"},
		{"COO and CFO", []Signer{carolCOO, carolCFO}, true, ""},
		{"COO and CFO", []Signer{carolCOO, carolCFO, bobCFO}, false, ""},
		{"COO and CFO", []Signer{carolCOO, carolCFO, aliceCOO}, false, ""},
		{"COO and CFO", []Signer{aliceCOO, nobody}, true, "CFO"},
		{"COO and 1 of (CFO, CTO)", []Signer{aliceCOO}, false, "CFO or CTO"},
		{"COO and 1 of (CFO, CTO)", []Signer{aliceCOO, carolCTO}, false, ""},
		{"COO and 1 of (CFO, CTO)", nil, false, "(COO and CFO) or (COO and CTO)"},
		{"CEO or (COO and CFO)", []Signer{aliceCOO}, false, "CEO or CFO"},
		{"CEO or (COO and CFO)", nil, false, "CEO"},
		{"CFO and CFO", []Signer{daveCFO, daveToo}, false, "CFO"},
		{"CFO and CFO", []Signer{daveCFO, daveToo}, true, "CFO"},
		{"CFO and CFO", []Signer{daveCFO, bobCFO}, false, ""},
		{"CFO and CFO", nil, false, "2 CFO"},
		{"2 of (COO, CFO, CTO)", []Signer{carolCOO, carolCFO, carolCTO}, false, "COO or CFO or CTO"},
		{"2 of (COO, CFO, CTO)", []Signer{carolCOO, carolCFO, carolCTO}, true, ""},
		{"2 of (COO, CFO, CTO)", []Signer{carolCTO, bobCFO}, false, ""},
	} {
		p := policy(t, c.policy)
		if got := p.Missing(c.signers, c.dual); got != c.missing {
			t.Errorf("%s with %d signers, dual hat %v: missing %q, want %q", c.policy, len(c.signers), c.dual, got, c.missing)
		}
		if got := p.Met(c.signers, c.dual); got != (c.missing == "") {
			t.Errorf("%s with %d signers, dual hat %v: met is %v", c.policy, len(c.signers), c.dual, got)
		}
	}
}

// Carol's key with two roles, or two persons behind one key, is a contradiction: neither counts.
func TestAKeyThatContradictsItselfDoesNotCount(t *testing.T) {
	p := policy(t, "COO or CFO")
	for _, second := range []Signer{signer(5, 3, "CFO"), signer(5, 9, "COO")} {
		if p.Met([]Signer{carolCOO, second}, true) || p.Met([]Signer{second, carolCOO}, true) {
			t.Errorf("%v beside %v counts", second, carolCOO)
		}
		if !p.Met([]Signer{carolCOO, second, bobCFO}, false) {
			t.Error("it keeps another's signature from counting")
		}
	}
}

// met is the definition: try every way to give leaves of the tree to different hands. It is slow and obvious.
func met(p Policy, signers []Signer, dual bool) bool {
	var leaves []*Policy
	var collect func(*Policy)
	collect = func(p *Policy) {
		if len(p.Of) == 0 {
			leaves = append(leaves, p)
		}
		for i := range p.Of {
			collect(&p.Of[i])
		}
	}
	collect(&p)
	filled := map[*Policy]bool{}
	var holds func(*Policy) bool
	holds = func(p *Policy) bool {
		if len(p.Of) == 0 {
			return filled[p]
		}
		n := int64(0)
		for i := range p.Of {
			if holds(&p.Of[i]) {
				n++
			}
		}
		return n >= p.Need
	}
	usedKeys := map[keys.Public]bool{}
	type hand struct {
		person [16]byte
		role   string
	}
	usedHands := map[hand]bool{}
	var try func(int) bool
	try = func(i int) bool {
		if holds(&p) {
			return true
		}
		if i == len(leaves) {
			return false
		}
		for _, s := range signers {
			h := hand{person: s.Person}
			if dual {
				h.role = s.Role
			}
			if s.Role != leaves[i].Role || s.Person == [16]byte{} || usedKeys[s.Key] || usedHands[h] {
				continue
			}
			usedKeys[s.Key], usedHands[h], filled[leaves[i]] = true, true, true
			ok := try(i + 1)
			usedKeys[s.Key], usedHands[h], filled[leaves[i]] = false, false, false
			if ok {
				return true
			}
		}
		return try(i + 1)
	}
	return try(0)
}

// drawBoard draws signers whose keys each have one person and role, as certificates give them: few persons, so that
// they share roles and hats.
func drawBoard(t *rapid.T) []Signer {
	n := rapid.IntRange(0, 6).Draw(t, "signers")
	board := make([]Signer, n)
	for i := range board {
		board[i] = signer(i+1, rapid.IntRange(0, 4).Draw(t, "person"), rapid.SampledFrom(Roles[:4]).Draw(t, "role"))
	}
	return board
}

func TestMetIsWhatTheDefinitionSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, board, dual := drawPolicy(t, 3), drawBoard(t), rapid.Bool().Draw(t, "dual")
		want := met(p, board, dual)
		if got := p.Met(board, dual); got != want {
			t.Fatalf("%s by %v, dual hat %v: met is %v, want %v", p, board, dual, got, want)
		}
		// Whatever was drawn, each policy is seen met and not met.
		if nobody := []Signer(nil); p.Met(nobody, dual) || met(p, nobody, dual) {
			t.Fatalf("%s is met by nobody", p)
		}
		if all := oneForEach(p); !p.Met(all, dual) || !met(p, all, dual) {
			t.Fatalf("%s is not met by %v, one person for each place", p, all)
		}
	})
}

// oneForEach gives every place of a policy a person and a key of its own.
func oneForEach(p Policy) (all []Signer) {
	var walk func(Policy)
	walk = func(p Policy) {
		if len(p.Of) == 0 {
			all = append(all, signer(len(all)+1, len(all)+1, p.Role))
		}
		for _, part := range p.Of {
			walk(part)
		}
	}
	walk(p)
	return all
}

func TestQuorumLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, board, dual := drawPolicy(t, 3), drawBoard(t), rapid.Bool().Draw(t, "dual")
		is := p.Met(board, dual)
		missing := p.Missing(board, dual)
		if is != (missing == "") {
			t.Fatalf("met is %v, missing %q", is, missing)
		}
		// Order and repeats do not matter.
		mixed := append(slices.Clone(board), board...)
		rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "mix"), 0)).Shuffle(len(mixed), func(i, j int) {
			mixed[i], mixed[j] = mixed[j], mixed[i]
		})
		if p.Met(mixed, dual) != is || p.Missing(mixed, dual) != missing {
			t.Fatalf("%s by %v: order or repeats matter", p, mixed)
		}
		// One more valid signer never un-meets.
		more := append(slices.Clone(board), signer(100, rapid.IntRange(0, 5).Draw(t, "more person"), rapid.SampledFrom(Roles).Draw(t, "more role")))
		if is && !p.Met(more, dual) {
			t.Fatalf("%s was met by %v and is not by %v", p, board, more)
		}
		// A dual hat only helps.
		if p.Met(board, false) && !p.Met(board, true) {
			t.Fatalf("%s by %v: a dual hat hurts", p, board)
		}
		// One person never counts twice: all signatures of one person meet no more than the best one of them alone.
		one := slices.Clone(board)
		for i := range one {
			one[i].Person = [16]byte{1}
		}
		if p.Met(one, false) && !slices.ContainsFunc(one, func(s Signer) bool { return p.Met([]Signer{s}, false) }) {
			t.Fatalf("%s: one person counted twice in %v", p, one)
		}
		// Who is missing suffices: fill the first way that is named with new persons.
		if !is {
			first, _, _ := strings.Cut(missing, " or ")
			filled := slices.Clone(board)
			n := 200
			for _, part := range strings.Split(strings.Trim(first, "()"), " and ") {
				times := 1
				if count, role, found := strings.Cut(part, " "); found {
					times, part = int(count[0]-'0'), role
				}
				for range times {
					filled = append(filled, signer(n, n, part))
					n++
				}
			}
			if !p.Met(filled, dual) {
				t.Fatalf("%s by %v lacks %q; with it, it is not met", p, board, missing)
			}
			if len(filled) > len(board)+1 && p.Met(filled[:len(filled)-1], dual) {
				t.Fatalf("%s by %v lacks less than %q", p, board, missing)
			}
		}
	})
}

// The most work that a valid policy can ask for stays small.
func TestTheHeaviestPolicyIsCheap(t *testing.T) {
	p := Policy{Need: 3}
	for range 6 {
		group := Policy{Need: 4}
		for i := range 9 {
			group.Of = append(group.Of, Policy{Role: Roles[i%5]})
		}
		p.Of = append(p.Of, group)
	}
	for p.Validate() != nil {
		p.Of = p.Of[1:]
		p.Need = min(p.Need, int64(len(p.Of)))
	}
	work := 0
	if _, err := p.ways(&work); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s takes %d of %d steps", p, work, maxPolicyWork)
	if p.Missing(nil, false) == "" {
		t.Error("met by nobody")
	}
}

func BenchmarkMet(b *testing.B) {
	p := policy(b, "COO and 1 of (CFO, CTO)")
	board := []Signer{aliceCOO, bobCFO, carolCTO}
	b.ReportAllocs()
	for b.Loop() {
		if !p.Met(board, false) {
			b.Fatal("not met")
		}
	}
}
