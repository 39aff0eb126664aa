package board

import (
	"context"
	"testing"

	"kontor/node/api/wire"
	"kontor/protocol/decision"
)

// A company's goals are at most seven, plain, and each with a measure; a score cites one that is there, on Local Vision alone.
func TestGoalsAreWrittenDownBeforeTheyAreCited(t *testing.T) {
	c := paired(t)
	c.short(t)
	good := wire.Goal{Text: "every clinic served", Measure: "clinics without stock"}
	for name, in := range map[string][]wire.Goal{"eight": {good, good, good, good, good, good, good, good}, "no measure": {{Text: "grow"}}, "turned round": {{Text: "grow\u202e", Measure: "sales"}}} {
		if _, err := c.maker.SetGoals(wire.Goals{Goals: in}); codesOf(err) != "BAD_GOAL" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := c.maker.Goals(); err != nil || len(got.Goals) != 0 {
		t.Fatalf("a refused list was kept: %+v, %v", got, err)
	}
	if _, err := c.maker.SetGoals(wire.Goals{Goals: []wire.Goal{good}}); err != nil {
		t.Fatal(err)
	}
	opened, err := c.maker.Open(context.Background(), admin, wire.TopicOpenRequest{})
	if err != nil {
		t.Fatal(err)
	}
	score := func(lens decision.Lens, cites string) error {
		in := wire.TopicScoreRequest{TopicAct: wire.TopicAct{TopicQuery: wire.TopicQuery{Topic: opened.Topic}, As: decision.COO}}
		in.Scores = []wire.Scoring{{Option: "1", Lens: lens, Points: 6, Evidence: []string{cites}}}
		_, err := c.maker.Score(context.Background(), admin, in)
		return err
	}
	for _, bad := range []error{score(decision.LocalVision, "goal 2"), score(decision.LocalVision, "goal one"), score(decision.LocalPurpose, "goal 1")} {
		if codesOf(bad) != "NO_GOAL" {
			t.Errorf("%v", bad)
		}
	}
	if err := score(decision.LocalVision, "goal 1"); err != nil {
		t.Fatal(err)
	}
	d, err := c.maker.Show(admin, wire.TopicQuery{Topic: opened.Topic})
	if err != nil || len(d.Own.Goals) != 1 || len(d.Own.Scores) == 0 {
		t.Fatalf("%+v, %v", d.Own, err)
	}
	c.sees(t, c.agency, opened.Topic, decision.Proposed)
	theirs, err := c.agency.Show(admin, wire.TopicQuery{Topic: opened.Topic})
	if err != nil || len(theirs.Own.Goals) != 0 {
		t.Fatalf("a goal left the node: %+v, %v", theirs.Own, err)
	}
}
