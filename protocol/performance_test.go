package protocol_test

import (
	"testing"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/protocol/feed"
	"kontor/protocol/performance"
	"kontor/testnet/virtual"
)

// Reports of either side come into force, one for each window and author; a window is closed when both have closed it, and then stands. What
// breaks a rule, or lies outside the scope, is stored as refused by all.
func TestPerformanceInTheFold(t *testing.T) {
	s := scene(t, 2, false)
	october, november := calendar.MustBucket("2026-10"), calendar.MustBucket("2026-11")
	window := func(want int, closed bool) {
		t.Helper()
		for _, d := range s.Parties() {
			if err := d.View(func(r *protocol.Replica) error {
				row, err := r.Window(october)
				if err != nil || len(row.Reports) != want || row.Closed != closed {
					t.Errorf("%s: %d reports, closed %t, %v; want %d, %t", d.Name, len(row.Reports), row.Closed, err, want, closed)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	var last []*block.CID
	for i, d := range s.Parties() {
		first := share(t, d, virtual.Performance(d.Name, 0, nil, s.Now, october, false, 990))
		everywhere(t, s, first, "")
		everywhere(t, s, share(t, d, virtual.Performance(d.Name+" again", 0, nil, s.Now, october, false, 990)), "SERIES-03")
		everywhere(t, s, share(t, d, virtual.Performance(d.Name+" early", 0, nil, s.Now, november, false, 990)), performance.CodeFuture)
		late := virtual.Performance(d.Name, 1, first.Header.Body, s.Now, october, false, 990)
		more := *late.Cells[0].Ordered
		more, _ = more.Add(more)
		late.Cells[0].OnTime = &more
		everywhere(t, s, share(t, d, late), performance.CodeOnTime)
		foreign := virtual.Performance(d.Name, 1, first.Header.Body, s.Now, october, false, 990)
		foreign.Cells[0].Item.BuyersID = "OTHER"
		everywhere(t, s, share(t, d, foreign), performance.CodeScope)
		moved := virtual.Performance(d.Name, 1, first.Header.Body, s.Now, calendar.MustBucket("2026-09"), false, 990)
		everywhere(t, s, share(t, d, moved), performance.CodeRevisions)
		second := share(t, d, virtual.Performance(d.Name, 1, first.Header.Body, s.Now, october, false, 995))
		everywhere(t, s, second, "")
		last = append(last, second.Header.Body)
		window(i+1, false)
	}
	for i, d := range s.Parties() {
		closing := share(t, d, virtual.Performance(d.Name, 2, last[i], s.Now, october, true, 995))
		everywhere(t, s, closing, "")
		window(2, i == 1)
		if i == 0 {
			everywhere(t, s, share(t, d, virtual.Performance(d.Name, 3, closing.Header.Body, s.Now, october, false, 995)), performance.CodeRevisions)
			closing = share(t, d, virtual.Performance(d.Name, 3, closing.Header.Body, s.Now, october, true, 999)) // corrected before the other has closed
			everywhere(t, s, closing, "")
		} else {
			everywhere(t, s, share(t, d, virtual.Performance(d.Name, 3, closing.Header.Body, s.Now, october, true, 999)), "SERIES-04")
		}
	}
}

// Practice T1: a report that moves beyond the tolerance sends a topic that names it back; one unit does not.
func TestPerformanceRevisionsAreMaterialByScope(t *testing.T) {
	for what, c := range map[string]struct {
		received int64
		material bool
	}{"one unit": {989, false}, "a tenth": {890, true}} {
		s := scene(t, 2, false)
		d, october := s.Parties()[0], calendar.MustBucket("2026-10")
		first := share(t, d, virtual.Performance(d.Name, 0, nil, s.Now, october, false, 990))
		meet(t, s)
		proposal := virtual.Proposal(d.Contract.Genesis, d.ID, s.Now+20*virtual.Day, *first.Header.Body)
		topic := must[feed.Entry](t)(d.Write(must[protocol.Draft](t)(virtual.Body(protocol.KindTopic, decision.Act{Verb: decision.ProposeTopic, Propose: &proposal}))))
		meet(t, s)
		for _, p := range s.Parties()[1:] { // who proposes has joined
			act(t, p, decision.Act{Verb: decision.Join, Topic: &topic.CID})
			meet(t, s)
		}
		act(t, d, decision.Act{Verb: decision.Ready, Topic: &topic.CID, Weights: virtual.DigestOf("weights")})
		meet(t, s)
		everywhere(t, s, share(t, d, virtual.Performance(d.Name, 1, first.Header.Body, s.Now, october, false, c.received)), "")
		if got := old(t, d, topic.CID); got != c.material {
			t.Errorf("%s: material is %t", what, got)
		}
	}
}

// A report that its author takes back is out of its window, and the series goes on; of a window that both have closed none is taken back.
func TestWithdrawnReports(t *testing.T) {
	s := scene(t, 2, false)
	october := calendar.MustBucket("2026-10")
	reports := func() (n int) {
		if err := s.Parties()[0].View(func(r *protocol.Replica) error {
			row, err := r.Window(october)
			n = len(row.Reports)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, d := range s.Parties() {
		first := share(t, d, virtual.Performance(d.Name, 0, nil, s.Now, october, true, 990))
		meet(t, s)
		before := reports()
		taken := protocol.Withdrawal{Artifact: *first.Header.Body, Cause: protocol.CauseError}
		if before == 2 {
			everywhere(t, s, write(t, d, protocol.KindWithdraw, taken), "SERIES-04")
			return
		}
		everywhere(t, s, write(t, d, protocol.KindWithdraw, taken), "")
		if n := reports(); n != 0 {
			t.Fatalf("%d reports after one was taken back", n)
		}
		everywhere(t, s, share(t, d, virtual.Performance(d.Name, 1, first.Header.Body, s.Now, october, true, 990)), "")
	}
	t.Fatal("the window was never closed by both")
}
