package protocol_test

import (
	"testing"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/cadence"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/testnet/virtual"
)

// minuted are minutes of a meeting held now: a decision in words, a step for each of the two sides and a matter for the officers.
func minuted(s *virtual.Scene) cadence.Minutes {
	today := calendar.DateOf(s.Now)
	step := func(d *virtual.Desk, text string) cadence.Line {
		return cadence.Line{Kind: cadence.Action, Text: text, Party: &d.ID, Owner: decision.COO, Due: today.AddDays(10), Proof: "a report"}
	}
	return cadence.Minutes{Type: cadence.MinutesType, Partnership: s.Desks[0].Contract.PID, Cadence: cadence.Planning, Day: today, Lines: []cadence.Line{
		{Kind: cadence.Decided, Text: "week 12 stays"}, step(s.Desks[0], "call off"), step(s.Desks[1], "test the second shift"),
		{Kind: cadence.ToTopic, Text: "the third shift", Topic: decision.DemandCapacity}}}
}

func writeOf(t *testing.T, d *virtual.Desk, kind string, said any) (block.CID, error) {
	t.Helper()
	draft := must[protocol.Draft](t)(virtual.Body(kind, said))
	_, err := d.Write(draft)
	return draft.Body.CID, err
}

func actions(t *testing.T, d *virtual.Desk) (stand, done int) {
	t.Helper()
	err := d.View(func(r *protocol.Replica) error {
		list, err := r.Actions()
		for _, a := range list {
			stand++
			if a.Done != nil {
				done++
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return stand, done
}

// An action stands when its own company has said yes, and only that company reports it; both nodes hold the same.
func TestMinutesBindWhoSaidYes(t *testing.T) {
	s := scene(t, 2, false)
	one, two := s.Desks[0], s.Desks[1]
	id, err := writeOf(t, one, protocol.KindMinutes, minuted(s))
	if err != nil {
		t.Fatal(err)
	}
	_, err = writeOf(t, one, protocol.KindMinutes, minuted(s))
	refusedWith(t, err, cadence.CodeTwice)
	meet(t, s)
	report := func(line string) protocol.MilestoneReport {
		return protocol.MilestoneReport{Document: id, Milestone: line, Proof: "seen"}
	}
	_, err = writeOf(t, two, protocol.KindMilestone, report("3"))
	refusedWith(t, err, "MILESTONE-02")
	for _, d := range s.Desks {
		if stand, _ := actions(t, d); stand != 1 {
			t.Errorf("at %s %d actions stand before the other side's word", d.Name, stand)
		}
	}
	_, err = writeOf(t, two, protocol.KindMinutesAnswer, cadence.MinutesAnswer{Minutes: block.Sum([]byte("unknown"))})
	refusedWith(t, err, cadence.CodeUnknown)
	if _, err := writeOf(t, two, protocol.KindMinutesAnswer, cadence.MinutesAnswer{Minutes: id}); err != nil {
		t.Fatal(err)
	}
	_, err = writeOf(t, two, protocol.KindMinutesAnswer, cadence.MinutesAnswer{Minutes: id, Reject: "on second thought"})
	refusedWith(t, err, cadence.CodeTwice)
	_, err = writeOf(t, two, protocol.KindMilestone, report("2"))
	refusedWith(t, err, "MILESTONE-02") // the other's
	_, err = writeOf(t, two, protocol.KindMilestone, report("1"))
	refusedWith(t, err, "MILESTONE-02") // no action
	if _, err := writeOf(t, two, protocol.KindMilestone, report("3")); err != nil {
		t.Fatal(err)
	}
	_, err = writeOf(t, two, protocol.KindMilestone, report("3"))
	refusedWith(t, err, "MILESTONE-04")
	meet(t, s)
	for _, d := range s.Desks {
		if stand, done := actions(t, d); stand != 2 || done != 1 {
			t.Errorf("at %s %d actions stand and %d are done", d.Name, stand, done)
		}
	}
}

// Who objects is bound by none of it. The same minutes written by both sides are one record, and each side's writing is its yes.
func TestMinutesRejectedAndWrittenTwice(t *testing.T) {
	s := scene(t, 2, false)
	id, err := writeOf(t, s.Desks[0], protocol.KindMinutes, minuted(s))
	if err != nil {
		t.Fatal(err)
	}
	meet(t, s)
	if _, err := writeOf(t, s.Desks[1], protocol.KindMinutesAnswer, cadence.MinutesAnswer{Minutes: id, Reject: "never said"}); err != nil {
		t.Fatal(err)
	}
	both := minuted(s)
	both.Cadence = cadence.Extra
	for _, d := range s.Desks { // before either knows of the other's
		if _, err := writeOf(t, d, protocol.KindMinutes, both); err != nil {
			t.Fatal(err)
		}
	}
	meet(t, s)
	for _, d := range s.Desks {
		if stand, _ := actions(t, d); stand != 1+2 {
			t.Errorf("at %s %d actions stand, want the writer's own and both of the record of two", d.Name, stand)
		}
		err := d.View(func(r *protocol.Replica) error {
			rows, err := r.Minutes()
			if len(rows) != 2 {
				t.Errorf("at %s there are %d minutes", d.Name, len(rows))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Of a line for the officers one topic is opened, whoever opens it and also after it has ended; of other lines none.
func TestATopicOfMinutesIsOpenedOnce(t *testing.T) {
	s := scene(t, 2, false)
	id, err := writeOf(t, s.Desks[0], protocol.KindMinutes, minuted(s))
	if err != nil {
		t.Fatal(err)
	}
	meet(t, s)
	open := func(d *virtual.Desk, line string) (block.CID, error) {
		p := virtual.Proposal(s.Genesis, d.ID, d.Clock()+20*virtual.Day)
		p.Trigger, p.Minuted = decision.ByCadence, &decision.Minuted{Minutes: id, Line: line}
		draft := must[protocol.Draft](t)(virtual.Body(protocol.KindTopic, decision.Act{Verb: decision.ProposeTopic, Propose: &p}))
		e, err := d.Write(draft)
		return e.CID, err
	}
	for _, line := range []string{"1", "2", "5", ""} {
		_, err := open(s.Desks[0], line)
		refusedWith(t, err, cadence.CodeTopic)
	}
	for _, d := range s.Desks { // both at once: one stands
		must[block.CID](t)(open(d, "4"))
	}
	meet(t, s)
	var topics [2]block.CID
	for i, d := range s.Desks {
		err := d.View(func(r *protocol.Replica) error {
			list := must[[]decision.Topic](t)(r.Topics())
			if len(list) != 1 {
				t.Fatalf("at %s %d topics stand", d.Name, len(list))
			}
			of, ok, err := r.Minuted(id, "4")
			if topics[i] = list[0].ID; !ok || of != list[0].ID {
				t.Errorf("at %s the line is of topic %s, %t", d.Name, of.Short(), ok)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if topics[0] != topics[1] {
		t.Fatalf("the sides hold %v", topics)
	}
	_, err = open(s.Desks[1], "4")
	refusedWith(t, err, cadence.CodeTopic)
}

// What minutes must be.
func TestMinutesAreChecked(t *testing.T) {
	s := scene(t, 2, false)
	for name, x := range map[string]struct {
		bend func(*cadence.Minutes)
		code string
	}{
		"another type":                   {func(m *cadence.Minutes) { m.Type = "Minutes.v2" }, cadence.CodeMinutes},
		"another partnership":            {func(m *cadence.Minutes) { m.Partnership = block.Sum([]byte("x")) }, cadence.CodeMinutes},
		"no line":                        {func(m *cadence.Minutes) { m.Lines = []cadence.Line{} }, cadence.CodeMinutes},
		"33 lines":                       {func(m *cadence.Minutes) { m.Lines = make([]cadence.Line, cadence.MaxLines+1) }, cadence.CodeMinutes},
		"a line of no kind":              {func(m *cadence.Minutes) { m.Lines[0].Kind = "WISH" }, cadence.CodeLine},
		"a decision with an owner":       {func(m *cadence.Minutes) { m.Lines[0].Owner = decision.COO }, cadence.CodeLine},
		"an action due before":           {func(m *cadence.Minutes) { m.Lines[1].Due = m.Day.AddDays(-1) }, cadence.CodeAction},
		"an action of nobody":            {func(m *cadence.Minutes) { m.Lines[1].Party = nil }, cadence.CodeAction},
		"an action of a stranger":        {func(m *cadence.Minutes) { c := block.Sum([]byte("x")); m.Lines[1].Party = &c }, cadence.CodeAction},
		"an action without proof":        {func(m *cadence.Minutes) { m.Lines[1].Proof = "" }, cadence.CodeAction},
		"an action of no officer":        {func(m *cadence.Minutes) { m.Lines[1].Owner = "CLERK" }, cadence.CodeAction},
		"an action for another's plan":   {func(m *cadence.Minutes) { c := block.Sum([]byte("x")); m.Lines[1].Agreement = &c }, cadence.CodeLink},
		"a topic of no kind":             {func(m *cadence.Minutes) { m.Lines[3].Topic = "GOSSIP" }, cadence.CodeLine},
		"a topic with a day":             {func(m *cadence.Minutes) { m.Lines[3].Due = m.Day }, cadence.CodeLine},
		"text that turns a line round":   {func(m *cadence.Minutes) { m.Lines[0].Text = "a\u202eb" }, cadence.CodeLine},
		"an amendment of what is no one": {func(m *cadence.Minutes) { c := block.Sum([]byte("x")); m.Lines[3].Agreement = &c }, cadence.CodeLink},
	} {
		t.Run(name, func(t *testing.T) {
			m := minuted(s)
			x.bend(&m)
			_, err := writeOf(t, s.Desks[0], protocol.KindMinutes, m)
			refusedWith(t, err, x.code)
		})
	}
}
