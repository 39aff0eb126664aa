package protocol_test

import (
	"errors"
	"testing"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/feed"
	"kontor/testnet/virtual"
)

// vote lets officers of a desk sign a resolution.
func vote(t testing.TB, d *virtual.Desk, doc protocol.ForkResolution, officers ...string) {
	t.Helper()
	for _, officer := range officers {
		must[feed.Entry](t)(d.Write(must[protocol.Draft](t)(d.ForkVote(doc, officer))))
	}
}

func refusedWith(t testing.TB, err error, code string) {
	t.Helper()
	var refusal *protocol.Refusal
	if !errors.As(err, &refusal) || refusal.Codes[0] != code {
		t.Fatalf("%v, want %s", err, code)
	}
}

func lineOf(t testing.TB, d *virtual.Desk) (line int64) {
	t.Helper()
	if err := d.View(func(r *protocol.Replica) (err error) { line, err = r.Line(); return err }); err != nil {
		t.Fatal(err)
	}
	return line
}

// chatter lets everybody write and hear a few times.
func chatter(t testing.TB, s *virtual.Scene) {
	t.Helper()
	for range 3 {
		s.Now++
		for _, d := range s.Desks {
			heartbeat(t, d)
		}
		meet(t, s)
	}
}

// TestForkIsResolved by the quorums of both members: what binds is written again, the settled line passes the fork, the forker writes on from
// the branch that goes on, what else it wrote on the other counts nowhere, and a second fork freezes again.
func TestForkIsResolved(t *testing.T) {
	s := scene(t, 2, false)
	agency, maker := s.Desk("agency"), s.Desk("maker")
	chatter(t, s)
	twin := agency.Twin()
	first := must[feed.Entry](t)(agency.Write(must[protocol.Draft](t)(virtual.Share(virtual.Forecast("a", 0, nil, s.Now, 100, 200)))))
	give(t, agency, maker)
	s.Now++
	second := must[feed.Entry](t)(twin.Write(must[protocol.Draft](t)(virtual.Share(virtual.Forecast("a", 0, nil, s.Now, 7, 7)))))
	late := second
	for range 2 {
		late = heartbeat(t, twin)
	}
	give(t, twin, maker)
	meet(t, s)
	fork := must[protocol.OpenFork](t)(maker.Fork(agency.ID))
	if len(fork.Ends) != 2 || fork.Proposal.Main != first.CID || fork.On.Header.Seq < late.Header.Seq {
		t.Fatalf("proposed: %d ends, main %s, on from %s", len(fork.Ends), fork.Proposal.Main.Short(), fork.On.CID.Short())
	}
	doc := fork.Proposal

	// Without the quorums nothing thaws.
	vote(t, maker, doc, "COO")
	refusedWith(t, errOf(maker.Write(must[protocol.Draft](t)(maker.ForkVote(doc, "COO")))), "AGREEMENT-34")
	vote(t, maker, doc, "CFO")
	meet(t, s)
	proposal := virtual.Proposal(s.Genesis, maker.ID, s.Now+virtual.Day)
	open := must[protocol.Draft](t)(virtual.Body(protocol.KindTopic, decision.Act{Verb: decision.ProposeTopic, Propose: &proposal}))
	refusedWith(t, errOf(maker.Write(open)), "PARTNERSHIP-04")
	other := doc
	other.Main = second.CID
	refusedWith(t, errOf(maker.Write(must[protocol.Draft](t)(maker.ForkVote(other, "CMO")))), "FORK-04")
	wrong := doc
	wrong.Seq--
	refusedWith(t, errOf(agency.Write(must[protocol.Draft](t)(agency.ForkVote(wrong, "COO")))), "FORK-01")
	wrong = doc
	wrong.Main = late.CID
	refusedWith(t, errOf(agency.Write(must[protocol.Draft](t)(agency.ForkVote(wrong, "COO")))), "FORK-03")

	vote(t, agency, doc, "COO", "CFO")
	meet(t, s)
	chatter(t, s)
	for _, d := range s.Desks {
		if line := lineOf(t, d); line <= late.Header.Lam {
			t.Errorf("%s: the line stands at %d, the fork at %d", d.Name, line, fork.Lam)
		}
		if got := codesOf(t, d, second); len(got) != 1 || got[0] != "PARTNERSHIP-06" {
			t.Errorf("%s: the other history's forecast: %v", d.Name, got)
		}
		if got := codesOf(t, d, first); len(got) != 0 {
			t.Errorf("%s: the forecast others built upon: %v", d.Name, got)
		}
	}
	straggler := agency.Twin()
	must[feed.Entry](t)(maker.Write(open))
	must[feed.Entry](t)(agency.Write(must[protocol.Draft](t)(virtual.Share(virtual.Forecast("b", 0, nil, s.Now, 5, 5)))))
	meet(t, s)
	chatter(t, s)
	sameRows(t, s.Desks...)

	// A further entry where the feed went on is a second fork; it freezes again, and is resolved like the first.
	line := lineOf(t, maker)
	s.Now++
	heartbeat(t, straggler)
	give(t, straggler, maker)
	again := must[protocol.OpenFork](t)(maker.Fork(agency.ID))
	if again.Resolved || again.Seq <= fork.Seq {
		t.Fatalf("the second fork is at %d, resolved %t", again.Seq, again.Resolved)
	}
	meet(t, s)
	vote(t, agency, again.Proposal, "COO", "CFO")
	vote(t, maker, again.Proposal, "COO", "CFO")
	meet(t, s)
	chatter(t, s)
	if now := lineOf(t, maker); now <= line {
		t.Errorf("the line stands at %d after the second resolution, was at %d", now, line)
	}
	sameRows(t, s.Desks...)
}

func errOf[T any](_ T, err error) error { return err }

// TestSideEndsCountNowhere: what the forker wrote on the side branch past what the resolution keeps is stored, because others may have named
// it, and changes no row, whenever it comes.
func TestSideEndsCountNowhere(t *testing.T) {
	s := scene(t, 2, false)
	agency, maker := s.Desk("agency"), s.Desk("maker")
	twin := agency.Twin()
	for range 3 {
		heartbeat(t, agency)
	}
	give(t, agency, maker)
	s.Now++
	heartbeat(t, twin)
	give(t, twin, maker)
	give(t, maker, agency)
	doc := must[protocol.OpenFork](t)(maker.Fork(agency.ID)).Proposal
	beyond := must[feed.Entry](t)(twin.Write(must[protocol.Draft](t)(virtual.Share(virtual.Forecast("a", 0, nil, s.Now, 1, 1)))))
	vote(t, maker, doc, "COO", "CFO")
	vote(t, agency, doc, "COO", "CFO")
	meet(t, s)
	chatter(t, s)
	line, before := lineOf(t, maker), rows(t, maker)
	give(t, twin, maker)
	if !equal(before, rows(t, maker)) && len(codesOf(t, maker, beyond)) > 0 {
		t.Error("an entry that the resolution does not keep changed a row")
	}
	if now := lineOf(t, maker); now < line {
		t.Errorf("the line went back from %d to %d", line, now)
	}
	meet(t, s)
	chatter(t, s)
	sameRows(t, s.Desks...)
}

// TestSideSignatureCountsInACircle of three: the maker signed in a history it showed the agency alone; to the third it showed another
// one, without a signature. It is not freed: the round it signed is not void by its own silence.
func TestSideSignatureCountsInACircle(t *testing.T) {
	s := scene(t, 3, false)
	agency, maker, third := s.Desk("agency"), s.Desk("maker"), s.Desk("ingredient")
	topic := must[block.CID](t)(s.Negotiate(s.Now + 20*virtual.Day))
	document := must[block.CID](t)(s.Draft(agency, topic, s.Now+virtual.Day, 0))
	meet(t, s)
	sign(t, agency, document)
	meet(t, s)
	sign(t, third, document)
	meet(t, s)
	twin := maker.Twin()
	heartbeat(t, maker) // what the third sees first: it stands before, and counts
	give(t, maker, third)
	heartbeat(t, third)
	s.Now++
	sign(t, twin, document)
	give(t, twin, agency)
	ack := heartbeat(t, agency)
	give(t, agency, third)
	heartbeat(t, third)
	meet(t, s)
	row, found, err := agency.Round(document)
	if err != nil || !found {
		t.Fatal(err)
	}
	for _, p := range row.Parties {
		switch p.Company {
		case agency.ID:
			if p.Ack == nil || p.Ack.Seq > ack.Header.Seq {
				t.Errorf("the agency saw the complete set and has not acknowledged: %+v", p)
			}
		case third.ID:
			if p.Ack == nil {
				t.Errorf("the third heard of the signature through the agency and has not acknowledged: %+v", p)
			}
		case maker.ID:
			if !p.Forked || p.Ack == nil || p.AckSide == nil {
				t.Errorf("the forker's own side branch acknowledges against it: %+v", p)
			}
		}
	}
	s.Now += 2 * virtual.Day
	chatter(t, s)
	if v := verdictOf(t, third, document); v != decision.Final {
		t.Errorf("verdict %s", v)
	}
	doc := must[protocol.OpenFork](t)(agency.Fork(maker.ID)).Proposal
	for _, d := range s.Desks {
		vote(t, d, doc, "COO", "CFO")
		meet(t, s)
	}
	chatter(t, s)
	if v := verdictOf(t, third, document); v != decision.Final {
		t.Errorf("verdict %s after the resolution", v)
	}
	sameRows(t, s.Desks...)
}

// TestContestedStaysContested after the fork that made it so was resolved.
func TestContestedStaysContested(t *testing.T) {
	s := scene(t, 2, false)
	agency, maker := s.Desk("agency"), s.Desk("maker")
	topic := must[block.CID](t)(s.Negotiate(s.Now + 20*virtual.Day))
	document := must[block.CID](t)(s.Draft(agency, topic, s.Now+virtual.Day, 0))
	meet(t, s)
	sign(t, maker, document)
	meet(t, s)
	sign(t, agency, document)
	twin := maker.Twin()
	signatures := must[virtual.Parcel](t)(agency.Pack(twin))
	s.Now += virtual.Day + virtual.Hour
	heartbeat(t, maker)
	give(t, maker, agency)
	heartbeat(t, agency)
	give(t, agency, maker)
	s.Now -= virtual.Day
	must[protocol.Outcome](t)(twin.Take(signatures))
	s.Now += virtual.Day
	give(t, twin, agency)
	meet(t, s)
	doc := must[protocol.OpenFork](t)(agency.Fork(maker.ID)).Proposal
	vote(t, agency, doc, "COO", "CFO")
	vote(t, maker, doc, "COO", "CFO")
	meet(t, s)
	chatter(t, s)
	for _, d := range s.Desks {
		if v := verdictOf(t, d, document); v != decision.Contested {
			t.Errorf("%s: verdict %s", d.Name, v)
		}
	}
	sameRows(t, s.Desks...)
}
