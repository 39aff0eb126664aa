package decision

import (
	"fmt"
	"strings"
	"testing"

	"kontor/crypto/keys"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// The cast: a relief agency buys tablets, a tablet maker sells them.
var (
	agency    = block.Sum([]byte("agency"))
	maker     = block.Sum([]byte("maker"))
	witness   = block.Sum([]byte("witness"))
	pid       = block.Sum([]byte("partnership"))
	policyCID = block.Sum([]byte("policy"))
	forecast  = block.Sum([]byte("forecast"))
	capacity  = block.Sum([]byte("capacity"))
)

const (
	hour  = 60 * 60 * 1000
	day   = 24 * hour
	start = 1_795_305_600_000 // 2026-11-22 00:00 UTC
)

func number(s string) Value { return Number(quantity.MustParse(s)) }

func date(s string) Value { return Day(calendar.MustDate(s)) }

func euros(minor int64) quantity.Money { return quantity.Money{Minor: minor, Currency: "EUR"} }

// key makes the nth officer's key.
func key(t testing.TB, n byte) keys.Private {
	t.Helper()
	seed := make([]byte, keys.SeedSize)
	seed[0] = n
	k, err := keys.FromSeed(seed)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func codes(found []artifact.Finding) string { return strings.Join(artifact.Codes(found), " ") }

// script drives one topic the way a fold does: every entry is observed, then its act applied.
type script struct {
	t     testing.TB
	topic Topic
	seqs  map[block.CID]int64
	lam   int64
	now   int64
	log   strings.Builder
}

func newScript(t testing.TB) *script {
	return &script{t: t, seqs: map[block.CID]int64{}, now: start}
}

var names = map[block.CID]string{agency: "agency", maker: "maker", witness: "witness"}

func (s *script) at(who block.CID) At {
	s.seqs[who]++
	s.lam++
	s.now += hour
	return At{Entry: block.Sum(fmt.Appendf(nil, "entry %d", s.lam)), Member: who, Seq: s.seqs[who], Lam: s.lam, T: s.now}
}

// does applies an act; want is the codes expected, "" for none. The transcript gets one line.
func (s *script) does(who block.CID, act Act, want string) {
	s.t.Helper()
	at := s.at(who)
	if act.Verb != ProposeTopic && act.Topic == nil {
		act.Topic = &s.topic.ID
	}
	body, err := act.Marshal()
	if err != nil {
		s.t.Fatalf("%s %s: %v", names[who], act.Verb, err)
	}
	if act, err = ParseAct(body); err != nil {
		s.t.Fatalf("%s %s: %v", names[who], act.Verb, err)
	}
	before := s.topic
	var found []artifact.Finding
	if act.Verb == ProposeTopic {
		s.topic, found = OpenTopic(pid, *act.Propose, []Member{{agency, "buyer"}, {maker, "seller"}}, at)
	} else {
		s.topic = s.topic.Observe(Event{Member: who, Seq: at.Seq, Lam: at.Lam, T: at.T, Saw: func(block.CID, int64) bool { return true }})
		s.topic, found = s.topic.Apply(act, at)
	}
	if codes(found) != want {
		s.t.Fatalf("%s %s: got %v, want %q", names[who], act.Verb, found, want)
	}
	if len(found) > 0 && act.Verb != ProposeTopic && s.topic.Status == before.Status && !sameRow(s.t, before, s.topic) {
		s.t.Fatalf("%s %s was refused and changed the topic", names[who], act.Verb)
	}
	result := string(s.topic.Status)
	if want != "" {
		result = "refused " + want
	}
	fmt.Fprintf(&s.log, "%-6s %-8s -> %s\n", names[who], act.Verb, result)
}

func sameRow(t testing.TB, a, b any) bool {
	t.Helper()
	x, err := block.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := block.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(x) == string(y)
}

// bottleneck is the proposal of the running example: 40,000 bottles more than March's capacity.
func bottleneck() Proposal {
	march := calendar.MustBucket("2027-03")
	exception := block.Sum([]byte("exception"))
	effect := func(party block.CID, n int64) OptionEffect {
		return OptionEffect{Cell: Cell{"ZDV-300", "CI", march}, Party: party, Quantity: quantity.Of(n), Unit: "C62"}
	}
	required := []Requirement{{agency, []Role{CFO, COO}}, {maker, []Role{CFO, COO}}}
	if agency.Compare(maker) > 0 {
		required[0], required[1] = required[1], required[0]
	}
	return Proposal{Kind: DemandCapacity, Title: "Zidovudine March 2027", Trigger: ByException, Exception: &exception, Priority: High,
		Scope:    Scope{Products: []string{"ZDV-300"}, Regions: []string{"CI"}, Horizon: march},
		Deadline: start + 10*day, Required: required, Context: []block.CID{forecast, capacity},
		Options: []Option{
			{ID: "0", Summary: "40,000 bottles arrive in April", By: maker, Effects: []OptionEffect{}, Basis: []StatedBasis{}, Expect: Expectation{Short: quantity.Of(40000)}},
			{ID: "1", Summary: "a third shift in March", By: maker, Effects: []OptionEffect{effect(maker, 100000)}, Basis: []StatedBasis{}, Needs: []string{"overtime rate"}, Expect: Expectation{Short: quantity.Of(4000)}},
			{ID: "2", Summary: "half of it from the second site", By: maker, Effects: []OptionEffect{effect(maker, 80000)}, Basis: []StatedBasis{}, Expect: Expectation{Short: quantity.Of(20000)}},
		},
		Issues: []Issue{
			{ID: "price", Name: "price", Kind: PriceIssue, Unit: "EUR per 1000", Low: number("10"), High: number("12")},
			{ID: "ship", Name: "last shipment", Kind: DateIssue, Low: date("2027-03-01"), High: date("2027-03-31")},
			{ID: "volume", Name: "volume", Kind: QuantityIssue, Unit: "C62", Low: number("60000"), High: number("100000")},
		}}
}

func offerOf(round int64, option, price, ship, volume string) *Terms {
	return &Terms{Round: round, Option: option, Values: []IssueValue{{"price", number(price)}, {"ship", date(ship)}, {"volume", number(volume)}},
		Trades: []TradeOff{{Gave: "overtime paid", Got: "delivery in March"}}}
}

// negotiated takes the running example as far as the negotiation.
func negotiated(t testing.TB) *script {
	t.Helper()
	s := newScript(t)
	p := bottleneck()
	s.does(maker, Act{Verb: ProposeTopic, Propose: &p}, "")
	s.does(agency, Act{Verb: Join}, "")
	basis := func(short, extra string) []OptionBasis {
		b := ValueBasis{PerUnitShort: quantity.MustParse(short), ExtraCost: quantity.MustParse(extra)}
		return []OptionBasis{{"1", b}, {"2", b}}
	}
	s.does(agency, Act{Verb: StateBasis, Basis: basis("2", "12000")}, "")
	s.does(maker, Act{Verb: StateBasis, Basis: basis("1.5", "10000")}, "")
	for i, who := range []block.CID{agency, maker} {
		d, err := secretOf(s.topic.ID, who).CommitWeights(StandardWeights())
		if err != nil {
			t.Fatal(err)
		}
		s.does(who, Act{Verb: Ready, Weights: &d}, "")
		_ = i
	}
	for _, who := range []block.CID{agency, maker} {
		d, err := secretOf(s.topic.ID, who).Commit(scoresOf(s.topic, who))
		if err != nil {
			t.Fatal(err)
		}
		s.does(who, Act{Verb: Commit, Commit: &d}, "")
	}
	return s
}

func secretOf(topic, who block.CID) Secret {
	s := Secret{Partnership: pid, Topic: topic, Company: who}
	copy(s.Salt[:], who.Bytes()[4:])
	return s
}

// scoresOf: the agency wants the third shift; the maker prefers the second site but can live with the shift.
func scoresOf(topic Topic, who block.CID) ScoreSheet {
	sheet, _ := topic.Scorable(StandardWeights(), euros(5_000_000))
	score := func(role Role, option string, points [4]int64) {
		for i, lens := range Lenses {
			p, why := points[i], ""
			if lens == PartnershipValue {
				for _, o := range sheet.Options {
					if o.ID == option {
						p = o.Computed
					}
				}
			}
			if p <= 2 || p >= 8 {
				why = "see the match"
			}
			sheet.Scores = append(sheet.Scores, Score{Role: role, Option: option, Lens: lens, Points: p, Reason: why})
		}
	}
	if who == agency {
		score(COO, "1", [4]int64{6, 9, 0, 7})
		score(COO, "2", [4]int64{5, 6, 0, 5})
		score(CFO, "1", [4]int64{5, 6, 0, 6})
	} else {
		score(COO, "1", [4]int64{5, 5, 0, 7})
		score(COO, "2", [4]int64{6, 7, 0, 7})
		score(CFO, "1", [4]int64{5, 6, 0, 6})
	}
	return sheet.Sorted()
}
