package dispute

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// The cast: a buyer, a seller, and an arbiter whom both named.
var (
	buyer   = block.Sum([]byte("buyer"))
	seller  = block.Sum([]byte("seller"))
	arbiter = block.Sum([]byte("arbiter"))
	day1    = calendar.MustDate("2027-03-01") // a Monday
	berlin  = ClockOf(terms.Calendar{Offset: 60})
)

const hour = int64(60 * 60 * 1000)

// stage is a dispute with the feeds of its members: who has seen how much of whom.
type stage struct {
	Dispute
	t    int64
	seq  map[block.CID]int64
	knew map[block.CID]map[block.CID]int64
}

func levels() []terms.DisputeLevel {
	return []terms.DisputeLevel{{Level: Desk, Days: 5, Default: terms.NextLevel, EndsUpTo: &quantity.Money{Minor: 10_000, Currency: "EUR"}, Ends: terms.Halved},
		{Level: COO, Days: 10, Default: terms.NextLevel}, {Level: CEO, Days: 10, Default: terms.Stands}, {Level: Arbiter, Days: 20, Default: terms.Dropped}}
}

func open(minor int64) *stage {
	s := &stage{t: berlin.End(day1) - 12*hour, seq: map[block.CID]int64{}, knew: map[block.CID]map[block.CID]int64{buyer: {}, seller: {}, arbiter: {}}}
	who := arbiter
	parties := []Party{{buyer, terms.Buyer}, {seller, terms.Seller}}
	slices.SortFunc(parties, func(a, b Party) int { return a.Company.Compare(b.Company) })
	s.Dispute = Open(Opening{Subject: Subject{Kind: Credit, Contract: "frame", Item: "0123456789abcdef"}, Levels: levels(), Clock: berlin, Side: terms.Seller, Worth: &quantity.Money{Minor: minor, Currency: "EUR"},
		Debtor: terms.Seller, Rounding: terms.HalfUp, Parties: parties, Arbiter: &who, At: s.mark(seller)})
	return s
}

func (s *stage) mark(by block.CID) Mark {
	s.seq[by]++
	return Mark{By: by, Entry: block.Sum(fmt.Appendf(nil, "%s %d", by, s.seq[by])), Seq: s.seq[by], T: s.t}
}

// meet shows everyone all that was written.
func (s *stage) meet() {
	for _, m := range []block.CID{buyer, seller, arbiter} {
		s.sync(m)
	}
}

func (s *stage) sync(m block.CID) {
	for who, n := range s.seq {
		s.knew[m][who] = n
	}
}

// write is an entry of a member, with what it says.
func (s *stage) write(by block.CID, a *Act, i *Instrument, role string, limit *quantity.Money) (code string) {
	mark := s.mark(by)
	knew := map[block.CID]int64{}
	for k, v := range s.knew[by] {
		knew[k] = v
	}
	s.Dispute, _ = s.Observe(Event{Mark: mark, Saw: func(m block.CID, seq int64) bool { return knew[m] >= seq }}, berlin)
	if a == nil {
		return ""
	}
	s.Dispute, code = s.Do(*a, Doer{Mark: mark, Instrument: i, Signer: Signer{role, limit}})
	return code
}

func (s *stage) say(by block.CID, v Verb) string {
	return s.write(by, &Act{Verb: v, Dispute: s.ID, Text: "so it was"}, nil, "", nil)
}

func (s *stage) sign(by block.CID, v Verb, role string, outcome terms.Outcome, minor int64, of *block.CID) string {
	i := Instrument{Dispute: s.ID, Verb: v, Level: s.Step().Level, Company: by, Role: role, Outcome: outcome, Proposal: of}
	if outcome == Sum {
		i.Amount = &quantity.Money{Minor: minor, Currency: "EUR"}
	}
	return s.write(by, &Act{Verb: v, Dispute: s.ID, Signed: &Sealed{}}, &i, role, nil)
}

func (s *stage) last() *block.CID { return &s.Proposals[len(s.Proposals)-1].Entry }

func (s *stage) want(t *testing.T, cause Cause, outcome terms.Outcome, minor int64) {
	t.Helper()
	if s.End == nil || s.End.Cause != cause || s.End.Outcome != outcome || s.End.Amount.Minor != minor {
		t.Fatalf("ended as %+v, want %s %s %d", s.End, cause, outcome, minor)
	}
}

func refused(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Fatalf("refused with %q, want %q", got, want)
	}
}

func TestThePathIsKnownAtOpening(t *testing.T) {
	big := open(100_000)
	ends, outcome := big.Ends()
	// Five days, ten and ten: the CEOs' level has an outcome of its own, and nobody goes to the arbiter by silence.
	if ends.String() != "2027-04-05" || outcome != terms.Stands || len(big.Path) != 4 {
		t.Fatalf("%s %s %d", ends, outcome, len(big.Path))
	}
	small := open(10_000)
	ends, outcome = small.Ends()
	if ends.String() != "2027-03-08" || outcome != terms.Halved || len(small.Path) != 1 {
		t.Fatalf("a small one: %s %s %d", ends, outcome, len(small.Path))
	}
	holiday := ClockOf(terms.Calendar{Holidays: []calendar.Date{calendar.MustDate("2027-03-08")}})
	if p := Plan(levels(), holiday, nil, day1); p[0].Until.String() != "2027-03-09" {
		t.Fatalf("a holiday is no business day: %s", p[0].Until)
	}
}

func TestASettlementBindsWhenTheProposerKnows(t *testing.T) {
	s := open(100_000)
	refused(t, s.sign(seller, Propose, "COO", Sum, 60_000, nil), "")
	s.meet()
	refused(t, s.sign(buyer, Accept, DeskRole, Sum, 60_000, s.last()), "")
	if s.End != nil {
		t.Fatal("it ended before the seller could know")
	}
	s.meet()
	s.write(seller, nil, nil, "", nil)
	s.want(t, Settled, Sum, 60_000)
	refused(t, s.say(buyer, Declare), CodeLate)
	refused(t, s.sign(buyer, Accept, DeskRole, Sum, 60_000, s.last()), CodeLate)
}

func TestAnAcceptanceNobodyKnewInTimeIsVoid(t *testing.T) {
	s := open(10_000)
	s.meet()
	refused(t, s.sign(seller, Propose, "COO", Sum, 4_000, nil), "")
	s.meet()
	refused(t, s.sign(buyer, Accept, "COO", Sum, 4_000, s.last()), "")
	s.t = s.Step().Deadline + Grace
	s.write(seller, nil, nil, "", nil) // has not heard
	if len(s.Pending) != 0 || s.Turns[0].What != Unseen {
		t.Fatalf("%+v %+v", s.Pending, s.Turns)
	}
	if s.End != nil {
		t.Fatal("it ended before the buyer's time was over")
	}
	s.write(buyer, nil, nil, "", nil)
	s.want(t, ByDefault, terms.Halved, 5_000)
}

func TestSilenceOfOneSideEndsIt(t *testing.T) {
	s := open(100_000)
	s.t = s.Path[2].Deadline + Grace
	s.write(seller, nil, nil, "", nil)
	if s.Step().Level != CEO || s.End != nil {
		t.Fatalf("at %s", s.Step().Level)
	}
	s.t += LapseAfter
	s.write(seller, nil, nil, "", nil)
	s.want(t, ByDefault, terms.Stands, 100_000)
	if s.Passed[1].Lapsed == nil {
		t.Fatal("who was silent is not named")
	}
}

func TestEscalationToTheArbiter(t *testing.T) {
	s := open(100_000)
	for _, level := range []string{COO, CEO, Arbiter} {
		refused(t, s.say(buyer, Escalate), "")
		refused(t, s.say(buyer, Escalate), CodeAgain)
		s.meet()
		s.write(seller, nil, nil, "", nil)
		if s.Step().Level != level {
			t.Fatalf("at %s, want %s", s.Step().Level, level)
		}
		s.meet()
	}
	if s.Step().Until.String() != "2027-03-29" {
		t.Fatalf("twenty business days from the day both knew: %s", s.Step().Until)
	}
	refused(t, s.say(buyer, Escalate), CodeLevel)
	refused(t, s.sign(buyer, Propose, "COO", Sum, 1, nil), CodeRole)
	refused(t, s.sign(buyer, Rule, "CEO", terms.Dropped, 0, nil), CodeArbiter)
	refused(t, s.sign(arbiter, Rule, "CEO", Sum, 100_001, nil), CodeAmount)
	refused(t, s.sign(arbiter, Rule, "CEO", terms.Halved, 0, nil), "")
	s.meet()
	s.write(buyer, nil, nil, "", nil)
	if s.End != nil {
		t.Fatal("the seller does not know the ruling yet")
	}
	s.write(seller, nil, nil, "", nil)
	s.want(t, Ruled, terms.Halved, 50_000)
}

func TestWhoMayDoWhat(t *testing.T) {
	s := open(100_000)
	stranger := block.Sum([]byte("stranger"))
	s.knew[stranger] = map[block.CID]int64{}
	refused(t, s.say(stranger, Declare), CodeSide)
	refused(t, s.say(arbiter, Escalate), CodeSide)
	refused(t, s.say(arbiter, Declare), "") // it may ask
	refused(t, s.sign(buyer, Withdraw, "COO", "", 0, nil), CodeSide)
	refused(t, s.sign(seller, Propose, "COO", Sum, 100_001, nil), CodeAmount)
	refused(t, s.sign(seller, Propose, "COO", Concord, 0, nil), CodeForm)
	refused(t, s.sign(seller, Accept, "COO", Sum, 1, &block.CID{}), CodeProposal)
	refused(t, s.sign(seller, Propose, "COO", Sum, 1_000, nil), "")
	refused(t, s.sign(seller, Accept, "COO", Sum, 1_000, s.last()), CodeProposal) // one's own
	s.meet()
	refused(t, s.sign(buyer, Accept, "COO", Sum, 999, s.last()), CodeProposal) // not what it says
	refused(t, s.say(buyer, Escalate), "")
	s.meet()
	s.write(seller, nil, nil, "", nil)
	refused(t, s.sign(buyer, Accept, "COO", Sum, 1_000, s.last()), CodeProposal) // lapsed with its level
	refused(t, s.sign(buyer, Propose, DeskRole, Sum, 1_000, nil), CodeRole)
	i := Instrument{Dispute: s.ID, Verb: Propose, Level: Desk, Company: buyer, Role: "COO", Outcome: terms.Dropped}
	refused(t, s.write(buyer, &Act{Verb: Propose}, &i, "COO", nil), CodeLevel)
	i.Level = COO
	refused(t, s.write(buyer, &Act{Verb: Propose}, &i, "COO", &quantity.Money{Minor: 99_999, Currency: "EUR"}), CodeAmount) // it would let 1000.00 go
	refused(t, s.write(buyer, &Act{Verb: Propose}, &i, "CEO", nil), CodeRole)
	i.Dispute = Identify(buyer, s.Subject)
	refused(t, s.write(buyer, &Act{Verb: Propose}, &i, "COO", nil), CodeForm)
	s.t = s.Step().Deadline + 1
	refused(t, s.sign(seller, Propose, "COO", Sum, 1_000, nil), CodeLate)
	for range MaxStatements - 1 {
		refused(t, s.say(seller, Declare), "")
	}
	refused(t, s.say(seller, Declare), CodeMany)
	refused(t, s.sign(seller, Withdraw, "COO", "", 0, nil), CodeLate)
}

func TestTheSideThatOpenedWithdraws(t *testing.T) {
	s := open(100_000)
	refused(t, s.sign(seller, Withdraw, DeskRole, "", 0, nil), "")
	s.meet()
	s.write(buyer, nil, nil, "", nil)
	s.want(t, Withdrawn, terms.Stands, 100_000)
}

func TestHalfIsRoundedAsTheTermsSay(t *testing.T) {
	for _, c := range []struct {
		mode terms.RoundingMode
		from int64
		want int64
	}{{terms.HalfUp, 101, 51}, {terms.Up, 101, 51}, {terms.Down, 101, 50}, {terms.HalfEven, 101, 50}, {terms.HalfEven, 103, 52}, {terms.HalfUp, 100, 50}, {terms.HalfUp, 0, 0}} {
		if got := Owed(quantity.Money{Minor: c.from}, terms.Halved, nil, c.mode).Minor; got != c.want {
			t.Errorf("half of %d, %s: %d, want %d", c.from, c.mode, got, c.want)
		}
	}
}

// Whatever the two sides do and withhold, the dispute ends by the time its default names and the further time for silence, at most the amount in dispute is
// owed, and nobody is bound by an act it had not seen before it passed the deadline.
func TestEveryDisputeEnds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := open(rapid.Int64Range(0, 30_000).Draw(rt, "worth"))
		until, _ := s.Ends()
		for n := range rapid.IntRange(0, 40).Draw(rt, "acts") {
			who := rapid.SampledFrom([]block.CID{buyer, seller, arbiter}).Draw(rt, fmt.Sprint("who", n))
			switch rapid.IntRange(0, 8).Draw(rt, fmt.Sprint("what", n)) {
			case 0:
				s.say(who, Declare)
			case 1:
				s.say(who, Escalate)
			case 2:
				s.sign(who, Propose, "CEO", Sum, rapid.Int64Range(0, 40_000).Draw(rt, fmt.Sprint("sum", n)), nil)
			case 3:
				if len(s.Proposals) > 0 {
					o := s.Proposals[rapid.IntRange(0, len(s.Proposals)-1).Draw(rt, fmt.Sprint("of", n))]
					s.sign(who, Accept, "CEO", Sum, o.Amount.Minor, &o.Entry)
				}
			case 4:
				s.sign(who, Withdraw, "CEO", "", 0, nil)
			case 5:
				s.sign(who, Rule, "CEO", terms.Halved, 0, nil)
			case 6:
				s.sync(who)
			case 7:
				s.t += rapid.Int64Range(0, 120).Draw(rt, fmt.Sprint("hours", n)) * hour
			default:
				s.write(who, nil, nil, "", nil)
			}
			if s.End != nil {
				break
			}
		}
		s.t = max(s.t, berlin.End(berlin.Days.Add(until, 20))+Grace+LapseAfter) // with all that an arbiter may take
		s.write(buyer, nil, nil, "", nil)
		if s.End == nil {
			rt.Fatalf("it has not ended: %+v", s.Dispute)
		}
		if a := s.End.Amount; a.Minor < 0 || a.Minor > s.Worth.Minor {
			rt.Fatalf("%d of %d are owed", a.Minor, s.Worth.Minor)
		}
		for _, p := range s.Parties {
			if s.End.Act != nil && s.End.Act.By != p.Company && s.hasPassed(p.Company) {
				for _, x := range s.Passed {
					if x.Company == p.Company && x.Lapsed == nil && s.knew[p.Company][s.End.Act.By] < s.End.Act.Seq {
						rt.Fatalf("%s is bound by what it never saw", p.Side)
					}
				}
			}
		}
	})
}

func FuzzParseAct(f *testing.F) {
	s := Subject{Kind: Credit, Contract: "frame", Item: "0123456789abcdef"}
	for _, a := range []Act{{Verb: OpenDispute, Subject: &s, Text: "the dock was closed"}, {Verb: Declare, Dispute: Identify(buyer, s), Text: "see", Evidence: []block.CID{buyer}},
		{Verb: Accept, Dispute: Identify(buyer, s), Signed: &Sealed{Document: []byte{1}, Key: []byte{2}, Sig: []byte{3}}}} {
		data, err := block.Marshal(a)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := ParseAct(data)
		if err != nil {
			return
		}
		again, err := block.Marshal(a)
		if err != nil || string(again) != string(data) {
			t.Fatalf("read as %+v, written as %x: %v", a, again, err)
		}
		if a.Check() == "" && (len(a.Text) > MaxStatement || len(a.Evidence) > MaxEvidence || len(a.Chain) > MaxChain) {
			t.Fatal("an act beyond its bounds passes")
		}
		if a.Signed != nil {
			if i, err := ParseInstrument(a.Signed.Document); err == nil {
				i.Check()
			}
		}
	})
}

// A document is in dispute once, whichever contract's path that goes: terms come into force and lapse meanwhile.
func TestADocumentIsOneSubject(t *testing.T) {
	document, other := block.Sum([]byte("agreement")), block.Sum([]byte("another"))
	own := Subject{Kind: Agreement, Artifact: &document}
	for _, contract := range []string{"FRAME-2027", "FRAME-2028"} {
		if named := (Subject{Kind: Agreement, Contract: contract, Artifact: &document}); !named.Valid() || named.Key() != own.Key() {
			t.Errorf("by %s it is another subject", contract)
		}
	}
	if (Subject{Kind: Agreement, Artifact: &other}).Key() == own.Key() {
		t.Error("another document is the same subject")
	}
}
