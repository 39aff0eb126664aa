package decision

import (
	"bytes"
	"fmt"
	"testing"

	"kontor/protocol/block"
	"kontor/protocol/quantity"
)

// What either side may add while the context is gathered, and that a change takes back "ready".
func TestGatheringContext(t *testing.T) {
	s := newScript(t)
	p := bottleneck()
	s.does(maker, Act{Verb: ProposeTopic, Propose: &p}, "")
	s.does(maker, Act{Verb: Join}, "TOPIC-23")
	s.does(witness, Act{Verb: Join}, "TOPIC-21")
	s.does(agency, Act{Verb: Join}, "")
	weights := Digest{1}
	s.does(agency, Act{Verb: Ready, Keep: true}, "TOPIC-16")
	s.does(agency, Act{Verb: Ready, Weights: &weights}, "")
	third := Option{ID: "1b", Summary: "air freight", By: agency, Effects: []OptionEffect{}, Basis: []StatedBasis{}, Expect: Expectation{Short: quantity.Of(8000)}}
	s.does(maker, Act{Verb: AddOption, Option: &third}, "TOPIC-06") // not its own
	s.does(agency, Act{Verb: AddOption, Option: &third}, "")
	s.does(agency, Act{Verb: AddOption, Option: &third}, "TOPIC-06") // double
	if got := fmt.Sprint(s.topic.OptionIDs()); got != "[0 1 1b 2]" || !s.topic.all(func(p Participant) bool { return !p.Ready }) {
		t.Errorf("options %s, and who was ready is asked again: %+v", got, s.topic.Parties)
	}
	freight := Issue{ID: "freight", Name: "freight share", Kind: ShareIssue, Unit: "%", Low: number("0"), High: number("100")}
	s.does(agency, Act{Verb: AddIssue, Issue: &freight}, "")
	s.does(agency, Act{Verb: AddIssue, Issue: &freight}, "TOPIC-11")
	if s.topic.Issues[0].ID != "freight" || len(p.Issues) != 3 {
		t.Errorf("issues %+v", s.topic.Issues)
	}
	s.does(maker, Act{Verb: AddContext, Context: []block.CID{forecast}}, "TOPIC-05")
	s.does(maker, Act{Verb: AddContext, Context: []block.CID{policyCID}}, "")
	s.does(agency, Act{Verb: DropContext, Drop: []block.CID{policyCID}}, "TOPIC-27") // the maker named it
	s.does(agency, Act{Verb: DropContext, Drop: []block.CID{forecast}}, "TOPIC-27")  // the maker opened the topic with it
	s.does(maker, Act{Verb: DropContext, Drop: []block.CID{policyCID, policyCID}}, "TOPIC-05 TOPIC-27")
	s.does(maker, Act{Verb: DropContext, Drop: []block.CID{policyCID}}, "")
	s.does(maker, Act{Verb: DropContext, Drop: []block.CID{policyCID}}, "TOPIC-27")
	if s.topic.Rests(policyCID) || !s.topic.Rests(forecast) {
		t.Errorf("context %+v", s.topic.Context)
	}
	zero := []OptionBasis{{Option: "0"}}
	s.does(maker, Act{Verb: StateBasis, Basis: zero}, "TOPIC-10")
	s.does(maker, Act{Verb: Commit, Commit: &weights}, "TOPIC-20")
	s.does(maker, Act{Verb: Decline, Reason: "not now"}, "")
	if s.topic.Status != Declined || s.topic.Reason != "not now" || *s.topic.Closer != maker {
		t.Errorf("declined: %+v", s.topic.Status)
	}
	s.does(agency, Act{Verb: Join}, "TOPIC-20")
}

func TestScoringAtTheDesk(t *testing.T) {
	s := negotiated(t)
	topic := s.topic
	topic.Status = Scoring
	for _, c := range []struct {
		who  Person
		role Role
		want string
	}{
		{Person{agency, []Role{COO}}, COO, ""},
		{Person{agency, []Role{COO}}, CFO, "PERSON-02"}, // another's score
		{Person{agency, []Role{CMO}}, CMO, "PERSON-02"}, // not asked for
	} {
		if got := codes(topic.MayScore(c.who, c.role)); got != c.want {
			t.Errorf("%v for %s: got %q, want %q", c.who.Roles, c.role, got, c.want)
		}
	}
	if got := codes(s.topic.MayScore(Person{agency, []Role{COO}}, COO)); got != "TOPIC-20" {
		t.Errorf("scores after all have committed: %q", got)
	}
	if got := fmt.Sprint(topic.Unscored(agency, scoresOf(topic, agency))); got != "[CFO]" {
		t.Errorf("the node waits for %s; the CFO has no view of option 2", got)
	}
	if frame := topic.NextOffer("1"); frame.Round != 1 || len(frame.Values) != 0 {
		t.Errorf("frame of the first offer: %+v", frame)
	}
}

func TestRoundInWords(t *testing.T) {
	s := newSigning(t, "COO", nil)
	for _, step := range []struct {
		do   func()
		want string
	}{
		{func() {}, "not signed here: nothing binds yet"},
		{func() { s.writes(maker, start, by(1, COO)) }, "signed here: a firm offer until sign_by"},
		{func() { s.writes(agency, start, by(2, COO)); s.syncs(maker, agency); s.writes(maker, start, nil) }, "acknowledged here; final when the others have acknowledged"},
		{func() { s.syncs(agency, maker); s.writes(agency, start, nil) }, "final: binding on every party"},
	} {
		step.do()
		if got := s.round.Binding(maker); got != step.want {
			t.Errorf("got %q, want %q", got, step.want)
		}
	}
}

func TestSecretNeedsItsRandomness(t *testing.T) {
	a, err := NewSecret(bytes.NewReader(bytes.Repeat([]byte{7}, 32)), pid, pid, maker)
	if err != nil || a.Salt[31] != 7 {
		t.Errorf("%+v %v", a, err)
	}
	if _, err := NewSecret(bytes.NewReader(make([]byte, 31)), pid, pid, maker); err == nil {
		t.Error("31 bytes of randomness made a salt")
	}
}

// Its author takes a topic back until the list is closed; a desk only until somebody has taken it up.
func TestWithdrawing(t *testing.T) {
	back := Act{Verb: Withdraw, Reason: "opened by mistake"}
	p := bottleneck()
	s := newScript(t)
	s.does(maker, Act{Verb: ProposeTopic, Propose: &p}, "")
	s.does(agency, back, "TOPIC-26")
	if got := codes((Act{Verb: Withdraw, Topic: &s.topic.ID}).Check()); got != "ACT-02" {
		t.Errorf("without a reason: %q", got)
	}
	if !s.topic.may(Person{Company: maker}, Withdraw) {
		t.Error("a desk can't take back what nobody took up")
	}
	s.does(agency, Act{Verb: Join}, "")
	if s.topic.may(Person{Company: maker}, Withdraw) || !s.topic.may(Person{maker, []Role{COO}}, Withdraw) {
		t.Error("once it is taken up, an officer takes it back")
	}
	s.does(maker, back, "")
	if s.topic.Status != Withdrawn || s.topic.Reason != back.Reason || s.topic.Status.Active() {
		t.Errorf("%s: %s", s.topic.Status, s.topic.Reason)
	}
	s.does(agency, Act{Verb: Join}, "TOPIC-20")
}
