package decision

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
)

func lines(s string) string { return strings.TrimLeft(strings.ReplaceAll(s, "\n\t\t", "\n"), "\n") }

// The running example from the first word to the accepted offer. It shows who moves a topic from state to state, and
// that the distance falls with every counter-offer.
func TestTopicFromProposalToAcceptance(t *testing.T) {
	s := negotiated(t)
	for _, who := range []block.CID{agency, maker} {
		r, err := secretOf(s.topic.ID, who).Reveal(scoresOf(s.topic, who), Show{Rank: true, Positions: true})
		if err != nil {
			t.Fatal(err)
		}
		s.does(who, Act{Verb: RevealScores, Reveal: &r}, "")
	}
	b, ok := s.topic.Proposal(euros(5_000_000))
	if !ok || b.Option != "1" {
		t.Errorf("the nodes propose %+v, want option 1", b)
	}
	s.does(maker, Act{Verb: MakeOffer, Offer: offerOf(1, "1", "12", "2027-03-31", "90000")}, "")
	if _, ok := s.topic.Distance(0); ok {
		t.Error("a distance before both have offered")
	}
	s.does(maker, Act{Verb: MakeOffer, Offer: offerOf(2, "1", "11", "2027-03-31", "90000")}, "TOPIC-18")
	s.does(agency, Act{Verb: MakeOffer, Offer: offerOf(2, "1", "10", "2027-03-16", "100000")}, "")
	s.does(maker, Act{Verb: MakeOffer, Offer: offerOf(3, "1", "11", "2027-03-19", "100000")}, "")
	s.does(agency, Act{Verb: AcceptOffer, Accept: &Acceptance{2, s.topic.Offers[1].Entry}}, "TOPIC-19")
	s.does(maker, Act{Verb: AcceptOffer, Accept: &Acceptance{3, s.topic.Offers[2].Entry}}, "TOPIC-23")
	s.does(agency, Act{Verb: AcceptOffer, Accept: &Acceptance{3, s.topic.Offers[2].Entry}}, "")

	two, _ := s.topic.Distance(2)
	three, _ := s.topic.Distance(3)
	// round 2: price 2 of 2, ship 15 of 30 days, volume 10,000 of 40,000: (1 + 0.5 + 0.25) / 3; round 3: 0.5, 0.1, 0.
	if two.Overall != 583333 || three.Overall != 200000 || !three.SameOption {
		t.Errorf("distances %+v then %+v", two, three)
	}
	changes := Difference(s.topic.Issues, s.topic.Offers[0].Terms, s.topic.Offers[2].Terms)
	if len(changes) != 3 || changes[0].Issue != "price" || changes[0].PPM != 500000 || changes[1].To.String() != "2027-03-19" {
		t.Errorf("changes %+v", changes)
	}
	want := lines(`
		maker  PROPOSE  -> PROPOSED
		agency JOIN     -> CONTEXT
		agency BASIS    -> CONTEXT
		maker  BASIS    -> CONTEXT
		agency READY    -> CONTEXT
		maker  READY    -> SCORING
		agency COMMIT   -> SCORING
		maker  COMMIT   -> NEGOTIATION
		agency REVEAL   -> NEGOTIATION
		maker  REVEAL   -> NEGOTIATION
		maker  OFFER    -> NEGOTIATION
		maker  OFFER    -> refused TOPIC-18
		agency OFFER    -> NEGOTIATION
		maker  OFFER    -> NEGOTIATION
		agency ACCEPT   -> refused TOPIC-19
		maker  ACCEPT   -> refused TOPIC-23
		agency ACCEPT   -> SIGNING
		`)
	if strings.TrimSpace(s.log.String()) != strings.TrimSpace(want) {
		t.Errorf("got\n%s", s.log.String())
	}
}

// A revision of the forecast sends the talks back; scores are kept, marked old, and one reconfirmation each is enough.
func TestMaterialRevisionAsksForOneReconfirmation(t *testing.T) {
	s := negotiated(t)
	newer := block.Sum([]byte("newer"))
	noted := s.topic.Revise(forecast, &newer, false, Mark{})
	if noted.Status != Negotiation || *noted.Context[0].ReplacedBy != newer || s.topic.Context[0].ReplacedBy != nil {
		t.Fatalf("an immaterial revision is noted and no more: %+v", noted.Context)
	}
	s.topic = s.topic.Revise(forecast, &newer, true, Mark{Lam: s.lam})
	if s.topic.Status != InContext || !s.topic.Parties[0].Old || s.topic.Parties[0].Commitment == nil {
		t.Fatalf("%s %+v", s.topic.Status, s.topic.Parties[0])
	}
	s.does(agency, Act{Verb: Ready, Keep: true}, "")
	other := Digest{1}
	s.does(maker, Act{Verb: Ready, Weights: &other}, "TOPIC-16")
	s.does(maker, Act{Verb: Ready, Keep: true}, "")
	if s.topic.Status != Negotiation {
		t.Errorf("after both have reconfirmed: %s", s.topic.Status)
	}
	if unnamed := s.topic.Revise(policyCID, nil, true, Mark{}); unnamed.Status != Negotiation {
		t.Error("a revision of something else moved the topic")
	}
}

func TestDeadlineEndsATopicByItself(t *testing.T) {
	s := negotiated(t)
	late := s.topic.Deadline + Grace
	blind := func(block.CID, int64) bool { return false }
	knows := func(block.CID, int64) bool { return true }
	entry := func(who block.CID, t int64, saw func(block.CID, int64) bool) Event {
		return Event{Member: who, Seq: 50, Lam: 99, T: t, Saw: saw}
	}
	if got := s.topic.Observe(entry(maker, late-1, knows)).Status; got != Negotiation {
		t.Errorf("inside the grace: %s", got)
	}
	if got := s.topic.Observe(entry(witness, late, knows)).Status; got != Negotiation {
		t.Errorf("passed by no party: %s", got)
	}
	if got := s.topic.Observe(entry(maker, late, knows)); got.Status != Expired || *got.Closer != maker {
		t.Errorf("passed by the maker: %+v", got.Status)
	}
	s.now = s.topic.Deadline - hour + Grace/2
	s.does(maker, Act{Verb: MakeOffer, Offer: offerOf(1, "1", "12", "2027-03-31", "90000")}, "TOPIC-22")
	s.now = s.topic.Deadline - 3*hour
	s.does(maker, Act{Verb: MakeOffer, Offer: offerOf(1, "1", "12", "2027-03-31", "90000")}, "")
	s.does(agency, Act{Verb: AcceptOffer, Accept: &Acceptance{1, s.topic.Offers[0].Entry}}, "")
	if got := s.topic.Observe(entry(maker, late, knows)).Status; got != Expired {
		t.Errorf("no document by the deadline: %s", got)
	}
	drafted := s.topic
	drafted.Document = &policyCID
	if got := drafted.Observe(entry(maker, late, knows)).Status; got != Signing {
		t.Errorf("the maker knew the acceptance, sign_by decides: %s", got)
	}
	if got := drafted.Observe(entry(maker, late, blind)).Status; got != Expired {
		t.Errorf("the acceptance did not precede the passing: %s", got)
	}
	drafted.Bound = true
	if got := drafted.Observe(entry(maker, late, blind)).Status; got != Signing {
		t.Errorf("a role signature stands: %s", got)
	}
}

func TestProposalRefusals(t *testing.T) {
	members := []Member{{agency, "buyer"}, {maker, "seller"}}
	for _, c := range []struct {
		what string
		bend func(*Proposal)
		want string
	}{
		{"unknown kind", func(p *Proposal) { p.Kind = "WEATHER" }, "TOPIC-01"},
		{"an exception that is not named", func(p *Proposal) { p.Exception = nil }, "TOPIC-01"},
		{"a title with a line end", func(p *Proposal) { p.Title = "a\nb" }, "TOPIC-01"},
		{"roles of one side only", func(p *Proposal) { p.Required = p.Required[:1] }, "TOPIC-02"},
		{"the CEO is to score", func(p *Proposal) { p.Required[0].Roles = []Role{CEO} }, "TOPIC-02"},
		{"deadline in the past", func(p *Proposal) { p.Deadline = start }, "TOPIC-03"},
		{"no products", func(p *Proposal) { p.Scope.Products = nil }, "TOPIC-04"},
		{"context named twice", func(p *Proposal) { p.Context = append(p.Context, forecast) }, "TOPIC-05"},
		{"options out of order", func(p *Proposal) { p.Options[1], p.Options[2] = p.Options[2], p.Options[1] }, "TOPIC-06"},
		{"another company's option", func(p *Proposal) { p.Options[1].By = agency }, "TOPIC-06"},
		{"no option 0", func(p *Proposal) { p.Options = p.Options[1:] }, "TOPIC-07"},
		{"a negative quantity", func(p *Proposal) { p.Options[1].Effects[0].Quantity = p.Options[1].Effects[0].Quantity.Neg() }, "TOPIC-08"},
		{"an unknown unit", func(p *Proposal) { p.Options[1].Effects[0].Unit = "HANDFUL" }, "TOPIC-08"},
		{"an empty range", func(p *Proposal) { p.Issues[0].High = p.Issues[0].Low }, "TOPIC-11"},
		{"a date issue with numbers", func(p *Proposal) { p.Issues[1].Low = number("1") }, "TOPIC-11"},
	} {
		p := bottleneck()
		c.bend(&p)
		topic, found := OpenTopic(pid, p, members, At{Entry: pid, Member: maker, Seq: 1, Lam: 1, T: start})
		if codes(found) != c.want || topic.Status != "" {
			t.Errorf("%s: got %v, want %q", c.what, found, c.want)
		}
	}
	if _, found := OpenTopic(pid, bottleneck(), members, At{Entry: pid, Member: witness, T: start}); !strings.Contains(codes(found), "TOPIC-02") {
		t.Errorf("proposed by a stranger: %v", found)
	}
}

func TestOfferRefusals(t *testing.T) {
	s := negotiated(t)
	for _, c := range []struct {
		what string
		bend func(*Terms)
		want string
	}{
		{"another round", func(o *Terms) { o.Round = 2 }, "TOPIC-18"},
		{"option 0", func(o *Terms) { o.Option = "0" }, "TOPIC-12"},
		{"not a full package", func(o *Terms) { o.Values = o.Values[:2] }, "TOPIC-12"},
		{"out of the range", func(o *Terms) { o.Values[0].Value = number("12.01") }, "TOPIC-13"},
		{"a number for a date", func(o *Terms) { o.Values[1].Value = number("3") }, "TOPIC-13"},
		{"nothing for a number", func(o *Terms) { o.Values[0].Value = Value{} }, "TOPIC-13"},
		{"gave nothing", func(o *Terms) { o.Trades[0].Gave = "" }, "TOPIC-14"},
	} {
		o := offerOf(1, "1", "12", "2027-03-31", "90000")
		c.bend(o)
		_, found := s.topic.Apply(Act{Verb: MakeOffer, Topic: &s.topic.ID, Offer: o}, s.at(maker))
		if codes(found) != c.want {
			t.Errorf("%s: got %v, want %q", c.what, found, c.want)
		}
	}
}

func TestPersonsAndLimits(t *testing.T) {
	s := negotiated(t)
	offer := Act{Verb: MakeOffer, Topic: &s.topic.ID, Offer: offerOf(1, "1", "12", "2027-03-31", "90000")}
	at := s.at(maker)
	for _, c := range []struct {
		who  Person
		want string
	}{
		{Person{maker, nil}, "PERSON-02"}, {Person{maker, []Role{CMO}}, "PERSON-02"}, {Person{agency, []Role{COO}}, "PERSON-01"},
		{Person{maker, []Role{COO}}, ""}, {Person{maker, []Role{CEO}}, ""},
	} {
		if _, found := s.topic.Decide(offer, c.who, at); codes(found) != c.want {
			t.Errorf("%v: got %v, want %q", c.who.Roles, found, c.want)
		}
	}
	limits := []Limit{{"price", number("11"), number("12")}, {"ship", date("2027-03-15"), date("2027-03-31")}, {"volume", number("60000"), number("80000")}}
	found := s.topic.WithinLimits(*offer.Offer, limits)
	if codes(found) != "PERSON-04" || len(found) != 1 || !strings.Contains(found[0].Text, "volume") {
		t.Errorf("limits: %v", found)
	}
	if w := s.topic.Waiting(); len(w) != 2 || w[0].Todo != "make the first offer" {
		t.Errorf("waiting: %+v", w)
	}
	if !strings.HasPrefix(s.topic.Default(), "no agreement, option 0 happens: 40,000 bottles") {
		t.Errorf("default outcome: %s", s.topic.Default())
	}
}

// Positions that move toward each other on any issue never raise the distance, and equal packages have none.
func TestDistanceFallsAsPositionsConverge(t *testing.T) {
	s := negotiated(t)
	rapid.Check(t, func(t *rapid.T) {
		pick := func(low, high int, name string) int { return rapid.IntRange(low, high).Draw(t, name) }
		topic := s.topic
		add := func(who block.CID, price, volume int) {
			o := offerOf(int64(len(topic.Offers))+1, "1", fmt.Sprintf("%d.%02d", price/100, price%100), "2027-03-15", fmt.Sprint(volume))
			topic.Offers = append(slices.Clone(topic.Offers), Offer{Terms: *o, By: who})
		}
		ask, bid := pick(1000, 1200, "ask"), pick(1000, 1200, "bid")
		have, want := pick(60000, 100000, "have"), pick(60000, 100000, "want")
		add(maker, ask, have)
		add(agency, bid, want)
		before, _ := topic.Distance(0)
		toward := func(from, to int, name string) int { return pick(min(from, to), max(from, to), name) }
		add(maker, toward(ask, bid, "new ask"), toward(have, want, "new volume"))
		after, ok := topic.Distance(0)
		if !ok || after.Overall > before.Overall {
			t.Fatalf("%+v, then %+v", before, after)
		}
		last := topic.Offers[2].Terms
		topic.Offers = append(topic.Offers, Offer{Terms: last, By: agency})
		if d, _ := topic.Distance(0); d.Overall != 0 {
			t.Fatalf("equal packages are %d apart", d.Overall)
		}
	})
}

// Whatever acts come in whatever order: a refused one changes nothing, a taken one follows the table, and a topic
// that has ended takes none.
func TestTopicNeverLeavesItsTable(t *testing.T) {
	outer, s := t, negotiated(t)
	rapid.Check(t, func(t *rapid.T) {
		topic := s.topic
		topic.Status = rapid.SampledFrom([]Status{Proposed, InContext, Scoring, Negotiation, Signing, Agreed, Declined, Expired, InContest, Disputed}).Draw(t, "status")
		for range rapid.IntRange(1, 12).Draw(t, "acts") {
			who := rapid.SampledFrom([]block.CID{agency, maker, witness}).Draw(t, "who")
			d := Digest{byte(rapid.IntRange(1, 3).Draw(t, "digest"))}
			n := int64(len(topic.Offers))
			accept := &Acceptance{n, pid}
			if n > 0 {
				accept.Offer = topic.Offers[n-1].Entry
			}
			act := rapid.SampledFrom([]Act{{Verb: Join}, {Verb: Ready, Keep: true}, {Verb: Ready, Weights: &d}, {Verb: Commit, Commit: &d}, {Verb: Decline, Reason: "no"},
				{Verb: AddContext, Context: []block.CID{policyCID}}, {Verb: MakeOffer, Offer: offerOf(n+1, "2", "11", "2027-03-02", "70000")}, {Verb: AcceptOffer, Accept: accept}}).Draw(t, "act")
			act.Topic = &topic.ID
			at := At{Entry: block.Sum([]byte{byte(n)}), Member: who, Seq: 9, Lam: 9, T: start + day}
			after, found := topic.Apply(act, at)
			if len(found) > 0 && !sameRow(outer, topic, after) {
				t.Fatalf("refused with %v, and changed", found)
			}
			if after.Status != topic.Status && !slices.ContainsFunc(Edges, func(e Edge) bool { return e.From == topic.Status && e.To == after.Status }) && !legalPair(topic.Status, after.Status) {
				t.Fatalf("moved from %s to %s", topic.Status, after.Status)
			}
			if !topic.Status.Active() && len(found) == 0 {
				t.Fatalf("a topic in %s took %s", topic.Status, act.Verb)
			}
			topic = after
		}
	})
}

// legalPair: the last READY of a reconfirmation walks two edges at once.
func legalPair(from, to Status) bool { return from == InContext && to == Negotiation }

func TestEveryStateIsReachedAndEveryEndIsAnEnd(t *testing.T) {
	reached := map[Status]bool{Proposed: true}
	for range Edges {
		for _, e := range Edges {
			if reached[e.From] {
				reached[e.To] = true
			}
		}
	}
	for _, s := range []Status{Proposed, InContext, Scoring, Negotiation, Signing, Agreed, Declined, Expired, InContest, Disputed} {
		if !reached[s] {
			t.Errorf("%s is never reached", s)
		}
	}
	for _, e := range Edges {
		if e.From == Declined || e.From == Expired || e.From == Disputed {
			t.Errorf("%s is an end, and %q leads out of it", e.From, e.Cause)
		}
	}
	if _, found := (Topic{Status: Agreed}).Dispute(Mark{}); found != nil {
		t.Error(found)
	}
	if _, found := (Topic{Status: Scoring}).Dispute(Mark{}); artifact.Codes(found)[0] != "TOPIC-20" {
		t.Error(found)
	}
}
