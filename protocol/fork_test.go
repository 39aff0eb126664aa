package protocol_test

import (
	"errors"
	"testing"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/feed"
	"kontor/store/memory"
	"kontor/testnet/virtual"
)

// second is another history of a desk: its database as it was, in other hands.
func second(d *virtual.Desk) *virtual.Desk {
	other := *d
	other.DB = d.DB.Clone()
	return &other
}

func verdictOf(t testing.TB, d *virtual.Desk, document block.CID) decision.Verdict {
	t.Helper()
	row, found, err := d.Round(document)
	if err != nil || !found {
		t.Fatalf("%s: round found %t, %v", d.Name, found, err)
	}
	return row.Verdict
}

// give delivers what one history holds.
func give(t testing.TB, from, to *virtual.Desk) {
	t.Helper()
	if err := from.Tell(to); err != nil {
		t.Fatal(err)
	}
}

func sign(t testing.TB, d *virtual.Desk, document block.CID) {
	t.Helper()
	for _, officer := range []string{"COO", "CFO"} {
		must[feed.Entry](t)(d.Write(must[protocol.Draft](t)(d.Signature(document, officer, nil))))
	}
}

func heartbeat(t testing.TB, d *virtual.Desk) feed.Entry {
	t.Helper()
	return must[feed.Entry](t)(d.Write(protocol.Draft{Kind: protocol.KindHeartbeat}))
}

// TestForkIsProven: two entries with one seq are both kept, the proof stands by itself, of a third branch no more is kept, nothing at or above
// the fork settles, and nobody who knows of it writes what binds (P5).
func TestForkIsProven(t *testing.T) {
	s := scene(t, 2, false)
	agency, maker := s.Desk("agency"), s.Desk("maker")
	twin, triplet := second(agency), second(agency)
	heartbeat(t, agency)
	s.Now++
	heartbeat(t, twin)
	s.Now++
	heartbeat(t, triplet)
	give(t, agency, maker)
	out, err := maker.Take(must[virtual.Parcel](t)(twin.Pack(maker)))
	if err != nil || len(out.Forks) != 1 {
		t.Fatalf("forks %v, %v", out.Forks, err)
	}
	fork := out.Forks[0]
	var opened [2]feed.Signed
	for i, env := range fork.Proof {
		opened[i] = must[feed.Signed](t)(feed.Open(maker.Contract.Circle, env, maker.Contract.Identities))
	}
	if opened[0].CID == opened[1].CID || opened[0].Header.Seq != opened[1].Header.Seq || opened[0].Header.Author != agency.ID || opened[1].Header.Author != agency.ID {
		t.Fatalf("the proof is no proof: %+v", opened)
	}
	// A third history is set aside, or takes the place of one with a higher CID: two are kept, whichever came first.
	third, err := maker.Take(must[virtual.Parcel](t)(triplet.Pack(maker)))
	if err != nil || third.Aside+len(third.Admitted) != 1 {
		t.Fatalf("a third branch: %+v, %v", third, err)
	}
	give(t, twin, agency)
	for range 3 {
		heartbeat(t, agency)
		heartbeat(t, maker)
		give(t, agency, maker)
		give(t, maker, agency)
	}
	for _, d := range s.Desks {
		err := d.View(func(r *protocol.Replica) error {
			line, err := r.Line()
			if line >= fork.Lam {
				t.Errorf("%s settled line %d, past the fork at %d", d.Name, line, fork.Lam)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	proposal := virtual.Proposal(s.Genesis, maker.ID, s.Now+virtual.Day)
	_, err = maker.Write(must[protocol.Draft](t)(virtual.Body(protocol.KindTopic, decision.Act{Verb: decision.ProposeTopic, Propose: &proposal})))
	var refusal *protocol.Refusal
	if !errors.As(err, &refusal) || refusal.Codes[0] != "PARTNERSHIP-04" {
		t.Fatalf("a binding act after the fork: %v", err)
	}
	sameRows(t, agency, maker)
}

// TestEarlierForkOfTheSameAuthor: the second fork known of an author lies below the first, and below the line settled since.
func TestEarlierForkOfTheSameAuthor(t *testing.T) {
	s := scene(t, 2, false)
	agency, maker := s.Desk("agency"), s.Desk("maker")
	early := second(agency)
	for range 4 {
		heartbeat(t, agency)
		give(t, agency, maker)
		heartbeat(t, maker)
		give(t, maker, agency)
	}
	late := second(agency)
	heartbeat(t, agency)
	give(t, agency, maker)
	s.Now++
	heartbeat(t, late)
	first, err := maker.Take(must[virtual.Parcel](t)(late.Pack(maker)))
	if err != nil || len(first.Forks) != 1 {
		t.Fatalf("the later fork: %d, %v", len(first.Forks), err)
	}
	s.Now++
	heartbeat(t, early)
	out, err := maker.Take(must[virtual.Parcel](t)(early.Pack(maker)))
	if err != nil || len(out.Forks) != 1 || out.Forks[0].Seq >= first.Forks[0].Seq {
		t.Fatalf("the earlier fork: %d, %v", len(out.Forks), err)
	}
	sameRows(t, maker)
}

// TestForkNeverFreesItsAuthor: the maker agreed, then shows a second history that declined the topic long before. The agreement stays
// final, and nothing of what others built upon is undone.
func TestForkNeverFreesItsAuthor(t *testing.T) {
	s := scene(t, 2, false)
	agency, maker := s.Desk("agency"), s.Desk("maker")
	topic := must[block.CID](t)(s.Negotiate(s.Now + 20*virtual.Day))
	twin := second(maker)
	document := must[block.CID](t)(s.Draft(agency, topic, s.Now+virtual.Day, 0))
	meet(t, s)
	sign(t, agency, document)
	meet(t, s)
	sign(t, maker, document)
	meet(t, s)
	heartbeat(t, maker)
	heartbeat(t, agency)
	meet(t, s)
	if v := verdictOf(t, agency, document); v != decision.Final {
		t.Fatalf("verdict %s", v)
	}
	s.Now += virtual.Hour
	must[feed.Entry](t)(twin.Write(must[protocol.Draft](t)(virtual.Body(protocol.KindTopic, decision.Act{Verb: decision.Decline, Topic: &topic, Reason: "never mind"}))))
	give(t, twin, agency)
	give(t, agency, maker)
	for _, d := range s.Desks {
		if v := verdictOf(t, d, document); v != decision.Final {
			t.Errorf("%s holds the agreement as %s after the second history", d.Name, v)
		}
	}
	sameRows(t, agency, maker)
}

// TestForkersVoidIsContested: the agreement is void only because the maker's feed passed sign_by without it; the maker's other history
// had the complete set. Then the void no longer frees it: contested, never final by itself.
func TestForkersVoidIsContested(t *testing.T) {
	s := scene(t, 2, false)
	agency, maker := s.Desk("agency"), s.Desk("maker")
	topic := must[block.CID](t)(s.Negotiate(s.Now + 20*virtual.Day))
	document := must[block.CID](t)(s.Draft(agency, topic, s.Now+virtual.Day, 0))
	meet(t, s)
	sign(t, maker, document)
	meet(t, s)
	sign(t, agency, document)
	twin := second(maker)
	signatures := must[virtual.Parcel](t)(agency.Pack(twin))
	// The maker claims that it never heard of the agency's signatures in time.
	s.Now += virtual.Day + virtual.Hour
	void := heartbeat(t, maker)
	give(t, maker, agency)
	heartbeat(t, agency)
	give(t, agency, maker)
	if v := verdictOf(t, agency, document); v != decision.Void {
		t.Fatalf("verdict %s, the maker's void at entry %d", v, void.Header.Seq)
	}
	// Its other history shows that it did.
	s.Now -= virtual.Day
	must[protocol.Outcome](t)(twin.Take(signatures))
	s.Now += virtual.Day
	if _, err := agency.Take(must[virtual.Parcel](t)(twin.Pack(agency))); err != nil {
		t.Fatal(err)
	}
	if v := verdictOf(t, agency, document); v != decision.Contested {
		t.Errorf("verdict %s after the second history", v)
	}
	sameRows(t, agency)
}

// TestSuspensionIsJudgedByWhatTheAuthorKnew: a witness's suspension that arrives late, with a place before the signatures, does not take
// back an agreement that all parties have acknowledged.
func TestSuspensionIsJudgedByWhatTheAuthorKnew(t *testing.T) {
	s := scene(t, 3, true)
	agency, maker, witness := s.Desks[0], s.Desks[1], s.Desks[2]
	if agency.ID == *s.Genesis.Witness || maker.ID == *s.Genesis.Witness {
		t.Fatal("the cast changed places")
	}
	topic := must[block.CID](t)(s.Negotiate(s.Now + 20*virtual.Day))
	document := must[block.CID](t)(s.Draft(agency, topic, s.Now+virtual.Day, 0))
	meet(t, s)
	must[feed.Entry](t)(witness.Write(must[protocol.Draft](t)(virtual.Body(protocol.KindSuspend, protocol.PartnershipAct{Reason: "audit"}))))
	talk := func() { give(t, agency, maker); give(t, maker, agency) }
	sign(t, agency, document)
	talk()
	sign(t, maker, document)
	talk()
	heartbeat(t, agency)
	heartbeat(t, maker)
	talk()
	if v := verdictOf(t, agency, document); v != decision.Final {
		t.Fatalf("verdict %s", v)
	}
	meet(t, s)
	for _, d := range s.Desks {
		if v := verdictOf(t, d, document); v != decision.Final {
			t.Errorf("%s holds the agreement as %s", d.Name, v)
		}
	}
	// From here on everybody knows of it.
	mandate := must[protocol.Draft](t)(virtual.SignedBody(protocol.KindRecord, protocol.RecordSignature, agency.Officer("COO"),
		protocol.Record{PID: agency.Contract.PID, Type: "delivery", Label: "delivery"}))
	if _, err := agency.Write(mandate); err == nil {
		t.Error("a binding act is written while the partnership is suspended")
	}
	sameRows(t, s.Desks...)
}

// TestVerdictOfAnArtifactIsNotRemembered by its bytes alone: the same body sent as another kind, by another role, or judged before the
// forecast it answers arrived, is refused with the same codes by a program that ran all along and by one that was just started.
func TestVerdictOfAnArtifactIsNotRemembered(t *testing.T) {
	s := scene(t, 2, false)
	agency, maker := s.Desk("agency"), s.Desk("maker")
	doc := virtual.Forecast("a", 0, nil, s.Now, 100, 200)
	draft := must[protocol.Draft](t)(virtual.Share(doc))
	must[feed.Entry](t)(agency.Write(draft))
	meet(t, s)
	asPlan := draft
	asPlan.Kind = protocol.KindCapacity
	must[feed.Entry](t)(maker.Force(asPlan, nil))
	asForecast := draft
	must[feed.Entry](t)(maker.Force(asForecast, nil))
	meet(t, s)
	sameRows(t, agency, maker) // a fold from nothing remembers no verdicts

	// The maker answers a forecast it knows by its root before the agency's entry arrives here, with a line the forecast does not have.
	next := must[protocol.Draft](t)(virtual.Share(virtual.Forecast("b", 0, nil, s.Now, 7, 7)))
	other := virtual.Forecast("b", 0, nil, s.Now, 7, 7)
	other.Lines[0].Location.Region = "NG"
	answer := must[protocol.Draft](t)(virtual.Share(virtual.Answer("c", 0, nil, s.Now, next.Body.CID, other)))
	must[feed.Entry](t)(agency.Write(next)) // lam below the answer's
	for range 3 {
		heartbeat(t, maker)
	}
	early := must[feed.Entry](t)(maker.Force(answer, nil))
	if got := codesOf(t, maker, early); len(got) != 1 || got[0] != "SERIES-02" {
		t.Fatalf("before the forecast arrived: %v", got)
	}
	meet(t, s)
	sameRows(t, agency, maker)
	if got := codesOf(t, maker, early); len(got) == 0 || got[0] != "ANSWER-03" {
		t.Errorf("an answer to a line the forecast does not have: %v", got)
	}
}

// TestTamperedRowIsFound: one row altered in one node's database makes the roots differ, the partner's commitment raises the alarm, and
// bisection names the row.
func TestTamperedRowIsFound(t *testing.T) {
	s := scene(t, 2, false)
	agency, maker := s.Desk("agency"), s.Desk("maker")
	share := func(n int64) {
		must[feed.Entry](t)(agency.Write(must[protocol.Draft](t)(virtual.Share(virtual.Forecast(string(rune('a'+n)), 0, nil, s.Now, n+1, 2)))))
		meet(t, s)
		heartbeat(t, maker)
		heartbeat(t, agency)
		meet(t, s)
	}
	share(0)
	key := alterOneRow(t, maker.DB, maker.Contract)
	share(1)
	var mismatch bool
	for n := range int64(2) {
		var commitment protocol.Draft
		err := agency.View(func(r *protocol.Replica) error {
			d, ok, err := r.CommitmentDraft(agency.ID)
			if err == nil && !ok {
				err = errors.New("nothing to commit to")
			}
			commitment = d
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		must[feed.Entry](t)(agency.Write(commitment))
		out, err := maker.Take(must[virtual.Parcel](t)(agency.Pack(maker)))
		if err != nil {
			t.Fatal(err)
		}
		mismatch = mismatch || len(out.Mismatches) > 0
		share(2 + n)
	}
	if !mismatch {
		t.Error("the commitment raised no alarm")
	}
	d, err := virtual.Differ(agency.DB, maker.DB, agency.Contract.PID)
	if err != nil || d == nil || d.Row != key {
		t.Errorf("bisection names %+v, %v; altered was %q", d, err, key)
	}
}

func alterOneRow(t testing.TB, db *memory.Store, c *protocol.Contract) string {
	t.Helper()
	key, err := virtual.AlterRow(db, c, "version/")
	if err != nil {
		t.Fatal(err)
	}
	return key
}
