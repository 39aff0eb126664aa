package decision

import (
	"strings"
	"testing"

	"kontor/crypto/keys"
	"kontor/crypto/sign"
	"kontor/protocol/block"
)

// A signing as a planner would tell it: one line an entry, with what it carries and what its author knew.
type signing struct {
	t     *testing.T
	round Round
	knows map[block.CID]map[block.CID]int64
	seqs  map[block.CID]int64
}

const signBy = start + 3*day

func newSigning(t *testing.T, quorum string, witness *block.CID) *signing {
	t.Helper()
	policy, err := sign.ParsePolicy(quorum)
	if err != nil {
		t.Fatal(err)
	}
	parties := []RoundParty{{Company: maker, PolicyCID: policyCID, Policy: policy}, {Company: agency, PolicyCID: policyCID, Policy: policy}}
	r, err := NewRound(pid, 2, forecast, signBy, witness, parties)
	if err != nil {
		t.Fatal(err)
	}
	return &signing{t: t, round: r, knows: map[block.CID]map[block.CID]int64{}, seqs: map[block.CID]int64{}}
}

// syncs lets a member learn everything another has written so far.
func (s *signing) syncs(who, from block.CID) {
	if s.knows[who] == nil {
		s.knows[who] = map[block.CID]int64{}
	}
	s.knows[who][from] = s.seqs[from]
	for other, n := range s.knows[from] {
		s.knows[who][other] = max(s.knows[who][other], n)
	}
}

// writes lets a member write an entry; change fills it in. It answers the codes of what the round refuses in it.
func (s *signing) writes(who block.CID, when int64, change func(*Event)) string {
	s.seqs[who]++
	known := map[block.CID]int64{}
	for other, n := range s.knows[who] {
		known[other] = n
	}
	e := Event{Member: who, Seq: s.seqs[who], Lam: 1, T: when, Saw: func(m block.CID, n int64) bool { return n <= known[m] }}
	if change != nil {
		change(&e)
	}
	refused := codes(s.round.Check(e))
	s.round = s.round.Observe(e)
	return refused
}

func by(n byte, role Role) func(*Event) {
	return func(e *Event) {
		e.Signatures = append(e.Signatures, SignatureFact{Key: keys.Public{n}, Person: [16]byte{n}, Role: role})
	}
}

func (s *signing) want(v Verdict, why string) {
	s.t.Helper()
	if s.round.Verdict != v {
		s.t.Errorf("%s: got %s, want %s\n%+v", why, s.round.Verdict, v, s.round.Status())
	}
	if _, err := block.Marshal(s.round); err != nil {
		s.t.Errorf("%s: the round is no row: %v", why, err)
	}
}

func TestFinalWhenBothAcknowledge(t *testing.T) {
	s := newSigning(t, "COO and CFO", nil)
	s.writes(maker, start, by(1, COO))
	s.writes(maker, start+hour, by(2, CFO))
	s.syncs(agency, maker)
	s.writes(agency, start+2*hour, by(3, COO))
	if st := s.round.Status(); !strings.Contains(st[0].Missing+st[1].Missing, "CFO") {
		t.Errorf("who is missing: %+v", st)
	}
	s.writes(agency, start+3*hour, by(4, CFO))
	s.want(Open, "the agency has acknowledged with its last signature, the maker has not")
	s.writes(maker, start+4*hour, nil)
	s.want(Open, "an entry that does not know the set acknowledges nothing")
	s.syncs(maker, agency)
	s.writes(maker, signBy+30*day, nil)
	s.want(Final, "the maker's first entry after sign_by knows the set: that is an acknowledgement, not a void")
	if !s.round.Reserves(maker) || !s.round.Settled() || s.round.Closed() {
		t.Error("final, but not so to the round's own questions")
	}
}

func TestVoidWhenAPartyPassesSignByWithoutTheSet(t *testing.T) {
	s := newSigning(t, "COO", nil)
	s.writes(maker, start, by(1, COO))
	s.syncs(agency, maker)
	s.writes(agency, start, by(2, COO))
	s.writes(maker, signBy+Grace-1, nil)
	s.want(Open, "inside the grace nothing is void")
	s.writes(maker, signBy+Grace, nil)
	s.want(Void, "the agency's signature was withheld too long")
	s.syncs(maker, agency)
	s.writes(maker, signBy+Grace+hour, nil)
	s.want(Void, "knowing it later changes nothing")
	if s.round.Reserves(maker) || !s.round.Closed() {
		t.Error("void, and still reserving")
	}
}

func TestSignaturesThatDoNotCount(t *testing.T) {
	s := newSigning(t, "COO and CFO", nil)
	expect := func(got, want, what string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: got %q, want %q", what, got, want)
		}
	}
	expect(s.writes(witness, start, by(9, COO)), "ROUND-01", "by a stranger")
	expect(s.writes(maker, signBy+1, by(1, COO)), "ROUND-02", "after sign_by")
	expect(s.writes(agency, start, by(2, COO)), "", "the agency's COO")
	expect(s.writes(agency, start, by(2, COO)), "ROUND-04", "twice with one key")
	expect(s.writes(agency, start, func(e *Event) { e.Revises = true }), "", "the agency revises the forecast it is about to agree on")
	expect(s.writes(agency, start, by(3, CFO)), "ROUND-03", "its CFO signs after that")
	if len(s.round.Signatures) != 1 {
		t.Errorf("%d signatures count, want the first alone", len(s.round.Signatures))
	}
	twice := newSigning(t, "COO and CFO", nil)
	twice.writes(maker, start, func(e *Event) {
		e.Signatures = []SignatureFact{{keys.Public{1}, [16]byte{7}, COO}, {keys.Public{2}, [16]byte{7}, CFO}}
	})
	if st := twice.round.Status(); st[0].Missing == "" && st[1].Missing == "" {
		t.Error("one person filled both roles")
	}
}

func TestLapseAndContest(t *testing.T) {
	lapse := func(e *Event) { e.Lapsed = &agency }
	late := signBy + Grace + int64(LapseAfter)
	s := newSigning(t, "COO", nil)
	s.writes(agency, start, by(1, COO))
	if got := s.writes(maker, late, lapse); got != "ROUND-05" {
		t.Errorf("a lapse by one that has not acknowledged: %q", got)
	}
	s = newSigning(t, "COO", nil)
	s.writes(agency, start, by(1, COO))
	s.syncs(maker, agency)
	s.writes(maker, start, by(2, COO))
	s.want(Open, "the maker has acknowledged")
	if got := s.writes(maker, late-1, lapse); got != "ROUND-07" {
		t.Errorf("a lapse too early: %q", got)
	}
	if !s.round.Reserves(maker) {
		t.Error("before the lapse the maker holds its slots")
	}
	if st := s.round.Status(); st[0].SilentSince+st[1].SilentSince != start {
		t.Errorf("silent since %+v", st)
	}
	if got := s.writes(maker, late, lapse); got != "" || s.round.Reserves(maker) {
		t.Errorf("after a valid lapse (%q) the document reserves nothing at the maker", got)
	}
	s.want(Open, "a lapse alone decides nothing")
	s.syncs(agency, maker)
	s.writes(agency, late+hour, nil)
	s.want(Contested, "an acknowledgement that does not precede the lapse")

	s = newSigning(t, "COO", nil)
	s.writes(agency, start, by(1, COO))
	s.syncs(maker, agency)
	s.writes(maker, start, by(2, COO))
	s.syncs(agency, maker)
	s.writes(agency, start+hour, nil)
	s.want(Final, "both have acknowledged")
	s.writes(maker, late, lapse) // the agency's acknowledgement was withheld from the maker
	s.want(Contested, "the only way out of FINAL")
	s.syncs(maker, agency)
	if got := s.writes(maker, late+hour, lapse); got != "ROUND-08" {
		t.Errorf("a lapse over one that is known to have answered: %q", got)
	}
}

func TestWitness(t *testing.T) {
	resolve, abort := func(e *Event) { e.Resolve = true }, func(e *Event) { e.Abort = true }
	start2 := func() *signing {
		s := newSigning(t, "COO", &witness)
		s.writes(agency, start, by(1, COO))
		s.syncs(maker, agency)
		s.writes(maker, start, by(2, COO))
		return s
	}
	s := start2()
	if got := s.writes(witness, start, resolve); got != "ROUND-10" {
		t.Errorf("resolve without the set: %q", got)
	}
	s.syncs(witness, maker)
	if got := s.writes(maker, start, resolve); got != "ROUND-09" {
		t.Errorf("resolve by a party: %q", got)
	}
	s.writes(agency, signBy+Grace, nil)
	s.want(Open, "with a witness an implied void alone decides nothing")
	if got := s.writes(witness, signBy+Grace, resolve); got != "ROUND-10" {
		t.Errorf("resolve too late: %q", got)
	}
	if got := s.writes(witness, signBy+Grace, abort); got != "ROUND-11" {
		t.Errorf("abort without knowing a void: %q", got)
	}
	s.syncs(witness, agency)
	s.writes(witness, signBy+Grace, abort)
	s.want(Void, "the witness aborts")
	if got := s.writes(witness, signBy+Grace, abort); got != "ROUND-12" {
		t.Errorf("a second word: %q", got)
	}

	s = start2()
	s.syncs(witness, maker)
	s.writes(witness, signBy, resolve)
	s.want(Final, "the witness resolves, the agency may be silent")
	s.writes(agency, signBy+Grace, nil)
	s.want(Final, "and a void changes nothing")
}

func TestForkNeverFreesItsAuthor(t *testing.T) {
	s := newSigning(t, "COO", nil)
	s.writes(agency, start, by(1, COO))
	s.syncs(maker, agency)
	s.writes(maker, start, by(2, COO))
	s.writes(agency, signBy+Grace, nil)
	s.want(Void, "the agency passed sign_by without the set")
	s.round = s.round.Fork(agency)
	s.want(Contested, "its other branch may say otherwise: void only by the forker's void")
	s.seqs[agency] = 1
	s.syncs(agency, maker)
	s.writes(agency, start+hour, nil)
	s.want(Contested, "an acknowledgement on the other branch does not make it final by itself")

	s = newSigning(t, "COO", nil)
	s.round = s.round.Fork(agency)
	s.writes(maker, signBy+Grace, nil)
	s.want(Void, "an honest void stands")
}

func TestRoundRefusesWhatItCannotJudge(t *testing.T) {
	one := RoundParty{Company: maker, PolicyCID: policyCID, Policy: sign.Policy{Role: "COO"}}
	two := RoundParty{Company: agency, PolicyCID: policyCID, Policy: sign.Policy{Role: "COO"}}
	bad := two
	bad.Policy = sign.Policy{Role: "BOSS"}
	for what, open := range map[string]func() (Round, error){
		"one party":             func() (Round, error) { return NewRound(pid, 1, pid, signBy, nil, []RoundParty{one}) },
		"a party twice":         func() (Round, error) { return NewRound(pid, 1, pid, signBy, nil, []RoundParty{one, one}) },
		"a witness who signs":   func() (Round, error) { return NewRound(pid, 1, pid, signBy, &maker, []RoundParty{one, two}) },
		"a policy without role": func() (Round, error) { return NewRound(pid, 1, pid, signBy, nil, []RoundParty{one, bad}) },
	} {
		if _, err := open(); err == nil {
			t.Errorf("%s: opened", what)
		}
	}
}
