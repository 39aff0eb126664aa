package decision

import (
	"flag"
	"testing"

	"kontor/crypto/keys"
	"kontor/crypto/sign"
	"kontor/protocol/block"
)

// The check of PROTOCOL 6 by brute force. A history is a set of entries in two (or three) feeds, each with a claimed
// time, an act, and a causal past that holds a prefix of every other feed. A node that was denied some messages holds
// a causally closed part of a history, which is itself a history; so it is enough to look at every history and at
// every entry that can be added to it:
//
//   - safety: adding an entry never turns FINAL into VOID or OPEN, nor VOID into anything. Two nodes with two parts
//     of one history have a union; what one holds as FINAL and the other as VOID would have to change on the way there.
//   - order of arrival: two entries that don't know each other give the same round, whichever is observed first.
//     Every causal order of a history is reached from any other by such swaps.
//
// Each history is visited once, in its normal form: the smallest order of feeds among all orders it can be read in.

var wholeModel = flag.Bool("whole", false, "search histories beyond the point where a round is closed; about twice the time")

const modelSignBy = 1_000_000_000

// The claimed times that matter: in time, in the grace, passed, late enough to record a lapse.
var modelTimes = []int64{modelSignBy, modelSignBy + Grace - 1, modelSignBy + Grace, modelSignBy + Grace + LapseAfter}

type modelAct int

const (
	plainEntry modelAct = iota
	signsEntry
	lapsesEntry
	resolvesEntry
	abortsEntry
)

type modelEntry struct {
	feed  int
	seq   int64
	clock int
	act   modelAct
	past  [3]int64 // how many entries of each feed the causal past holds, itself included
}

type model struct {
	t        *testing.T
	members  []block.CID
	keys     []keys.Public
	witness  int // index of the witness's feed, or -1
	longest  []int64
	acts     func(r Round, feed, clock int) []modelAct
	history  []modelEntry
	count    [3]int64
	used     [3][5]bool // acts already taken by a feed: a second signature or lapse adds nothing
	visited  int
	steps    int
	swaps    int
	verdicts map[Verdict]int
	whole    bool // also look at what follows once a round is closed
	observe  func(Round, Event) Round
	broken   func(format string, args ...any) // what to do when a history breaks a promise
}

func newModel(t *testing.T, witness int, longest ...int64) *model {
	m := &model{t: t, witness: witness, longest: longest, verdicts: map[Verdict]int{}, observe: Round.Observe, broken: t.Fatalf, whole: *wholeModel}
	for i := range longest {
		m.members = append(m.members, block.Sum([]byte{byte(i)}))
		m.keys = append(m.keys, keys.Public{byte(i + 1)})
	}
	return m
}

func (m *model) open() Round {
	var parties []RoundParty
	for i, member := range m.members {
		if i != m.witness {
			parties = append(parties, RoundParty{Company: member, PolicyCID: member, Policy: sign.Policy{Role: "COO"}})
		}
	}
	var witness *block.CID
	if m.witness >= 0 {
		witness = &m.members[m.witness]
	}
	r, err := NewRound(block.Sum([]byte("topic")), 1, block.Sum([]byte("document")), modelSignBy, witness, parties)
	if err != nil {
		m.t.Fatal(err)
	}
	return r
}

func (m *model) event(e modelEntry) Event {
	ev := Event{Member: m.members[e.feed], Seq: e.seq, Lam: e.past[0] + e.past[1] + e.past[2], T: modelTimes[e.clock],
		Saw: func(member block.CID, seq int64) bool {
			for i := range m.members {
				if m.members[i] == member {
					return seq <= e.past[i]
				}
			}
			return false
		}}
	switch e.act {
	case signsEntry:
		ev.Signatures = []SignatureFact{{Key: m.keys[e.feed], Person: [16]byte{byte(e.feed + 1)}, Role: COO}}
	case lapsesEntry:
		ev.Lapsed = &m.members[1-e.feed]
	case resolvesEntry:
		ev.Resolve = true
	case abortsEntry:
		ev.Abort = true
	}
	return ev
}

// last is the newest entry of a feed in the history.
func (m *model) last(feed int) *modelEntry {
	for i := len(m.history) - 1; i >= 0; i-- {
		if m.history[i].feed == feed {
			return &m.history[i]
		}
	}
	return nil
}

// next lists every entry that can be added to a feed: times don't fall, pasts only grow and are causally closed.
func (m *model) next(r Round, feed int) []modelEntry {
	if m.count[feed] == m.longest[feed] {
		return nil
	}
	var least [3]int64
	clock := 0
	if last := m.last(feed); last != nil {
		least, clock = last.past, last.clock
	}
	var out []modelEntry
	for _, past := range m.pasts(feed, least) {
		for c := clock; c < len(modelTimes); c++ {
			for _, act := range m.acts(r, feed, c) {
				if act != plainEntry && m.used[feed][act] {
					continue
				}
				out = append(out, modelEntry{feed, m.count[feed] + 1, c, act, past})
			}
		}
	}
	return out
}

func (m *model) pasts(feed int, least [3]int64) [][3]int64 {
	var out [][3]int64
	var fill func(at int, past [3]int64)
	fill = func(at int, past [3]int64) {
		if at == len(m.members) {
			if m.closed(feed, past) {
				out = append(out, past)
			}
			return
		}
		if at == feed {
			past[at] = m.count[feed] + 1
			fill(at+1, past)
			return
		}
		for n := least[at]; n <= m.count[at]; n++ {
			past[at] = n
			fill(at+1, past)
		}
	}
	fill(0, [3]int64{})
	return out
}

// closed tells whether the past holds the past of everything it holds.
func (m *model) closed(feed int, past [3]int64) bool {
	for _, h := range m.history {
		if h.feed == feed || h.seq > past[h.feed] {
			continue
		}
		for i := range m.members {
			if h.past[i] > past[i] {
				return false
			}
		}
	}
	return true
}

// normal tells whether adding e keeps the history in its normal form: no run of entries at its end, all unknown to
// e, has one of a later feed.
func (m *model) normal(e modelEntry) bool {
	for i := len(m.history) - 1; i >= 0; i-- {
		h := m.history[i]
		if h.seq <= e.past[h.feed] {
			return true
		}
		if h.feed > e.feed {
			return false
		}
	}
	return true
}

func (m *model) visit(r Round) {
	m.visited++
	m.verdicts[r.Verdict]++
	var next [3][]modelEntry
	var rounds [3][]Round
	for feed := range m.members {
		next[feed] = m.next(r, feed)
		for _, e := range next[feed] {
			after := m.observe(r, m.event(e))
			m.steps++
			m.check(r, after, e)
			rounds[feed] = append(rounds[feed], after)
		}
	}
	for a := range m.members {
		for b := a + 1; b < len(m.members); b++ {
			m.swap(next[a], next[b], rounds[a], rounds[b])
		}
	}
	if r.Closed() && !m.whole {
		return // every further entry has just been tried once; nothing takes a void mark or the witness's word away
	}
	for feed := range m.members {
		for i, e := range next[feed] {
			if !m.normal(e) {
				continue
			}
			was := m.used[feed][e.act]
			m.history = append(m.history, e)
			m.count[feed]++
			m.used[feed][e.act] = true
			m.visit(rounds[feed][i])
			m.history = m.history[:len(m.history)-1]
			m.count[feed]--
			m.used[feed][e.act] = was
		}
	}
}

// swap observes every pair of entries that don't know each other in both orders and compares the rounds.
func (m *model) swap(as, bs []modelEntry, afterA, afterB []Round) {
	for i := range as {
		for j := range bs {
			one := m.observe(afterA[i], m.event(bs[j]))
			two := m.observe(afterB[j], m.event(as[i]))
			m.swaps++
			if !sameRound(one, two) {
				m.broken("order of arrival matters\nhistory %+v\none %+v\ntwo %+v\ngives %+v\nor    %+v", m.history, as[i], bs[j], one, two)
			}
		}
	}
}

func sameRound(a, b Round) bool {
	if a.Verdict != b.Verdict || len(a.Signatures) != len(b.Signatures) || len(a.Lapses) != len(b.Lapses) {
		return false
	}
	for i := range a.Parties {
		p, q := &a.Parties[i], &b.Parties[i]
		if !sameMark(p.Ack, q.Ack) || !sameMark(p.Void, q.Void) || !sameMark(p.Heard, q.Heard) {
			return false
		}
	}
	for i := range a.Signatures {
		if a.Signatures[i] != b.Signatures[i] {
			return false
		}
	}
	for i := range a.Lapses {
		if a.Lapses[i] != b.Lapses[i] {
			return false
		}
	}
	return sameMark(a.Resolved, b.Resolved) && sameMark(a.Aborted, b.Aborted)
}

func sameMark(a, b *Mark) bool { return a == b || a != nil && b != nil && *a == *b }

func (m *model) check(before, after Round, e modelEntry) {
	ok := before.Verdict == after.Verdict
	switch before.Verdict {
	case Open:
		ok = true
	case Final:
		ok = ok || after.Verdict == Contested && len(after.Lapses) > 0 && before.Resolved == nil
	case Contested:
		ok = ok || m.witness >= 0 // the witness's word settles what the parties left contested
	}
	if !ok {
		m.broken("verdict went from %s to %s\nhistory %+v\nthen %+v", before.Verdict, after.Verdict, m.history, e)
	}
}

func (m *model) report(what string) {
	m.t.Logf("%s: %d histories, %d entries added, %d pairs in both orders; verdicts %v", what, m.visited, m.steps, m.swaps, m.verdicts)
}

// Two parties, up to three entries each: signatures in time and in the grace (refused), entries that pass sign_by,
// lapses at the earliest time.
func TestEveryHistoryOfTwoParties(t *testing.T) {
	t.Parallel()
	longest := int64(3)
	if testing.Short() {
		longest = 2
	}
	m := newModel(t, -1, longest, longest)
	m.acts = func(_ Round, _, clock int) []modelAct {
		switch clock {
		case 0, 1:
			return []modelAct{plainEntry, signsEntry}
		case 3:
			return []modelAct{plainEntry, lapsesEntry}
		}
		return []modelAct{plainEntry}
	}
	m.visit(m.open())
	m.report("two parties")
	for _, v := range []Verdict{Open, Final, Void, Contested} {
		if m.verdicts[v] == 0 {
			t.Errorf("no history ends %s: the model looks at too little", v)
		}
	}
}

// Two parties and a witness, up to two entries each. What the search above has shown of times inside the grace is not
// repeated: parties sign or stay silent in time, pass sign_by, or record a lapse;
// the witness resolves in time, tries to resolve too late, and aborts. A lapse by one that has not acknowledged is an
// ordinary late entry.
func TestEveryHistoryWithWitness(t *testing.T) {
	t.Parallel()
	longest := int64(2)
	if testing.Short() {
		longest = 1
	}
	m := newModel(t, 2, 2, 2, longest)
	m.acts = func(r Round, feed, clock int) []modelAct {
		switch {
		case feed == 2 && clock == 0:
			return []modelAct{plainEntry, resolvesEntry}
		case feed == 2 && clock == 2:
			return []modelAct{resolvesEntry, abortsEntry}
		case feed < 2 && clock == 0:
			return []modelAct{plainEntry, signsEntry}
		case feed < 2 && clock == 2:
			return []modelAct{plainEntry}
		case feed < 2 && clock == 3 && r.Parties[r.party(m.members[feed])].Ack != nil:
			return []modelAct{lapsesEntry}
		}
		return nil
	}
	m.visit(m.open())
	m.report("two parties and a witness")
	for _, v := range []Verdict{Open, Final, Void} {
		if m.verdicts[v] == 0 {
			t.Errorf("no history ends %s: the model looks at too little", v)
		}
	}
}

// A search that can't fail proves nothing: with a rule broken on purpose it must find a history that shows it.
func TestModelFindsBrokenRules(t *testing.T) {
	type found string
	for name, observe := range map[string]func(Round, Event) Round{
		"everything held counts as known to the entry": func(r Round, e Event) Round {
			e.Saw = func(block.CID, int64) bool { return true }
			return r.Observe(e)
		},
		"a party that voided may still acknowledge": func(r Round, e Event) Round {
			for i, p := range r.Parties {
				if p.Company == e.Member && p.Void != nil {
					r.Parties = append([]RoundParty{}, r.Parties...)
					r.Parties[i].Void = nil
				}
			}
			return r.Observe(e)
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newModel(t, -1, 2, 3)
			m.observe, m.whole = observe, true
			m.broken = func(format string, args ...any) { panic(found(format)) }
			m.acts = func(_ Round, _, clock int) []modelAct {
				if clock < 2 {
					return []modelAct{plainEntry, signsEntry}
				}
				return []modelAct{plainEntry}
			}
			defer func() {
				if _, ok := recover().(found); !ok {
					t.Error("the search did not notice")
				}
			}()
			m.visit(m.open())
		})
	}
}
