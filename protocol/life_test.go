package protocol_test

import (
	"slices"
	"testing"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/campaign"
	"kontor/protocol/decision"
	"kontor/protocol/feed"
	"kontor/protocol/forecast"
	"kontor/testnet/virtual"
)

func write(t *testing.T, d *virtual.Desk, kind string, body any) feed.Entry {
	t.Helper()
	return must[feed.Entry](t)(d.Force(must[protocol.Draft](t)(virtual.Body(kind, body)), nil))
}

func inForceAt(t *testing.T, d *virtual.Desk, typ string) (roots []block.CID) {
	t.Helper()
	if err := d.View(func(r *protocol.Replica) error {
		rows, err := r.InForce(typ, block.CID{})
		for _, row := range rows {
			roots = append(roots, row.Root)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return roots
}

// Practice T1 and T21: an author takes back what is in force; the partner can't, and nothing can be taken back twice. What rested on it is refused,
// and the series goes on with its next revision.
func TestWithdrawnArtifacts(t *testing.T) {
	s := scene(t, 2, false)
	agency, maker := s.Desk("agency"), s.Desk("maker")
	first := share(t, agency, virtual.Forecast("x", 0, nil, s.Now, 100, 100, 100))
	meet(t, s)
	root := *first.Header.Body
	withdrawal := protocol.Withdrawal{Artifact: root, Cause: protocol.CauseError, Note: "the wrong warehouse"}
	everywhere(t, s, write(t, maker, protocol.KindWithdraw, withdrawal), "LIFE-01")
	everywhere(t, s, write(t, agency, protocol.KindWithdraw, protocol.Withdrawal{Artifact: root, Cause: "MOOD"}), "LIFE-02")
	everywhere(t, s, write(t, agency, protocol.KindWithdraw, withdrawal), "")
	everywhere(t, s, write(t, agency, protocol.KindWithdraw, withdrawal), "LIFE-01")
	everywhere(t, s, write(t, agency, protocol.KindReaffirm, protocol.Reaffirmation{Artifact: root, Until: s.Now + virtual.Day}), "LIFE-01")
	for _, d := range s.Desks {
		if roots := inForceAt(t, d, forecast.Type); len(roots) != 0 {
			t.Fatalf("%s still holds %v in force", d.Name, roots)
		}
	}
	doc := virtual.Forecast("x", 0, nil, s.Now, 100, 100, 100)
	everywhere(t, s, share(t, maker, virtual.Answer("late", 0, nil, s.Now, root, doc)), "SERIES-02")
	everywhere(t, s, share(t, agency, virtual.Forecast("x", 0, nil, s.Now+1, 100, 100, 100)), "SERIES-01") // the series does not begin anew
	next := share(t, agency, virtual.Forecast("x", 1, &root, s.Now, 120, 100, 100))
	everywhere(t, s, next, "")
	if roots := inForceAt(t, maker, forecast.Type); !slices.Equal(roots, []block.CID{*next.Header.Body}) {
		t.Fatalf("in force are %v", roots)
	}
	if err := maker.View(func(r *protocol.Replica) error {
		row, _, err := r.Version(root)
		if row.Status != protocol.Withdrawn || row.Ended == nil || row.Ended.Cause != protocol.CauseError || row.Ended.Note != withdrawal.Note {
			t.Errorf("the withdrawn version is %+v", row)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// A reaffirmation counts the age anew, until the time it names; it is bounded, and it is its author's alone.
func TestReaffirmedArtifacts(t *testing.T) {
	s := scene(t, 2, false)
	agency, maker := s.Desk("agency"), s.Desk("maker")
	first := share(t, agency, virtual.Forecast("x", 0, nil, s.Now, 100, 100, 100))
	meet(t, s)
	root := *first.Header.Body
	for until, code := range map[int64]string{first.Header.T: "LIFE-03", s.Now + 500*virtual.Day: "LIFE-03", s.Now + 30*virtual.Day: ""} {
		everywhere(t, s, write(t, agency, protocol.KindReaffirm, protocol.Reaffirmation{Artifact: root, Until: until}), code)
	}
	everywhere(t, s, write(t, maker, protocol.KindReaffirm, protocol.Reaffirmation{Artifact: root, Until: s.Now + virtual.Day}), "LIFE-01")
	if err := maker.View(func(r *protocol.Replica) error {
		row, found, err := r.Reaffirmed(root)
		if !found || row.Until != s.Now+30*virtual.Day {
			t.Errorf("%+v %t", row, found)
		}
		issued := row.T - 1000
		if row.Since(issued, row.T) != row.T || row.Since(issued, row.Until) != row.T || row.Since(issued, row.Until+1) != issued || row.Since(row.T+5, row.T+9) != row.T+5 {
			t.Error("the age does not count from the reaffirmation while it lasts")
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// Withdrawing what a topic rests on sends the topic back to its context, as a material revision does.
func TestWithdrawalIsMaterial(t *testing.T) {
	s := scene(t, 2, false)
	d := s.Parties()[0]
	first := share(t, d, virtual.Campaign("x", 0, nil, s.Now, campaign.Proposed, 100))
	meet(t, s)
	proposal := virtual.Proposal(d.Contract.Genesis, d.ID, s.Now+20*virtual.Day, *first.Header.Body)
	topic := must[feed.Entry](t)(d.Write(must[protocol.Draft](t)(virtual.Body(protocol.KindTopic, decision.Act{Verb: decision.ProposeTopic, Propose: &proposal}))))
	meet(t, s)
	for _, p := range s.Parties()[1:] {
		act(t, p, decision.Act{Verb: decision.Join, Topic: &topic.CID})
		meet(t, s)
	}
	act(t, d, decision.Act{Verb: decision.Ready, Topic: &topic.CID, Weights: virtual.DigestOf("weights")})
	meet(t, s)
	if old(t, d, topic.CID) {
		t.Fatal("nobody is ready")
	}
	everywhere(t, s, write(t, d, protocol.KindWithdraw, protocol.Withdrawal{Artifact: *first.Header.Body, Cause: protocol.CausePlan}), "")
	if !old(t, d, topic.CID) {
		t.Error("the topic does not hear that what it rests on was withdrawn")
	}
}

// Where an artifact comes from is followed over revisions and over what it was made for, and every one says how well it is evidenced.
func TestDerivation(t *testing.T) {
	s := scene(t, 2, false)
	agency, maker := s.Desk("agency"), s.Desk("maker")
	first := share(t, agency, virtual.Forecast("x", 0, nil, s.Now, 100, 100, 100))
	second := share(t, agency, virtual.Forecast("x", 1, first.Header.Body, s.Now, 200, 100, 100))
	meet(t, s)
	answer := share(t, maker, virtual.Answer("a", 0, nil, s.Now, *second.Header.Body, virtual.Forecast("x", 1, first.Header.Body, s.Now, 200, 100, 100)))
	name := func(id block.CID) string { return id.Short() }
	if err := maker.View(func(r *protocol.Replica) error {
		g, err := r.Derivation(*answer.Header.Body, name)
		if err != nil {
			return err
		}
		if len(g.Nodes) != 3 || len(g.Edges) != 2 || g.Nodes[0].Type != "ForecastAnswer.v1" || g.Nodes[2].Status != protocol.Superseded || g.Nodes[0].Grade != "B" {
			t.Errorf("%+v", g)
		}
		sheets := [2]block.Sheet{}
		for i, root := range []block.CID{*first.Header.Body, *second.Header.Body} {
			if sheets[i], err = r.Sheet(root); err != nil {
				return err
			}
		}
		changes, err := protocol.DiffArtifacts(sheets[0], sheets[1])
		if err != nil || len(changes) != 1 || !changes[0].Material || changes[0].Delta.String() != "100" {
			t.Errorf("%+v %v", changes, err)
		}
		_, err = protocol.DiffArtifacts(sheets[0], block.Sheet{Type: "CapacityPlan.v1"})
		if err == nil {
			t.Error("a forecast was compared with a plan")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// A cell that the scope of a revision no longer holds was not taken away: it is called no longer shared, and material.
func TestDifferenceOfANarrowedScope(t *testing.T) {
	old := virtual.Forecast("x", 0, nil, 1_800_000_000_000, 100, 100)
	revised := old
	revised.Lines = nil
	for product, want := range map[string]string{"OTHER": "no longer shared", old.Lines[0].Item.BuyersID: "removed"} {
		revised.Header.Scope.Products = []string{product}
		var sheets [2]block.Sheet
		for i, d := range []forecast.Document{old, revised} {
			sheets[i] = must[block.Sheet](t)(forecast.ToSheet(d, [32]byte{1}))
		}
		changes, err := protocol.DiffArtifacts(sheets[0], sheets[1])
		if err != nil || len(changes) != 2 {
			t.Fatalf("%+v %v", changes, err)
		}
		for _, c := range changes {
			if c.Field != want || c.Old != "100" || !c.Material {
				t.Errorf("scope %s: %+v", product, c)
			}
		}
	}
}
