package protocol_test

import (
	"testing"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/partnership"
	"kontor/testnet/virtual"
)

func closeDraft(t testing.TB, circle block.CID, reason string) protocol.Draft {
	t.Helper()
	return must[protocol.Draft](t)(virtual.Body(protocol.KindCircleClose, partnership.CircleClose{Circle: circle, Reason: reason}))
}

func endDraft(t testing.TB) protocol.Draft {
	t.Helper()
	return must[protocol.Draft](t)(virtual.Body(protocol.KindEnd, protocol.PartnershipAct{Reason: "over"}))
}

func standsAt(t testing.TB, d *virtual.Desk, now int64, want string) {
	t.Helper()
	err := d.View(func(r *protocol.Replica) error {
		got, err := r.StandingAt(now)
		if err == nil && got != want {
			t.Errorf("at %s it is %s, want %s", d.Name, got, want)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestCircleClose: the member declines or the founder withdraws, once; what is closed or expired makes room for another.
func TestCircleClose(t *testing.T) {
	s, third := circleScene(t)
	founder, member := s.Desk("founder"), s.Desk("member")
	g, _ := circleOf(t, s, third)
	pid := must[block.CID](t)(g.ID())
	refusedAtHome(t, member, closeDraft(t, pid, "nothing is proposed"))
	everywhere(t, s, must[feed.Entry](t)(member.Force(closeDraft(t, pid, ""), nil)), "CIRCLE-08")
	must[feed.Entry](t)(founder.Write(circleDraft(t, proposalOf(t, g, founder.ID))))
	meet(t, s)
	refusedAtHome(t, member, closeDraft(t, pid, string(make([]byte, partnership.MaxReason+1))))
	everywhere(t, s, must[feed.Entry](t)(member.Write(closeDraft(t, pid, "too many sellers"))), "")
	everywhere(t, s, must[feed.Entry](t)(founder.Force(closeDraft(t, pid, ""), nil)), "CIRCLE-09")
	row := circlesOf(t, founder)[0]
	if row.Closed == nil || row.Closed.By != member.ID || row.Closed.Reason != "too many sellers" || row.Open(s.Now) {
		t.Fatalf("the founder sees %+v", row)
	}
	for range protocol.MaxCircles {
		g.Materiality.Minor++
		must[feed.Entry](t)(founder.Write(circleDraft(t, proposalOf(t, g, founder.ID))))
	}
	g.Materiality.Minor++
	refusedAtHome(t, founder, circleDraft(t, proposalOf(t, g, founder.ID)))
	s.Now += 31 * virtual.Day // those have expired
	p := proposalOf(t, g, founder.ID)
	p.Expires = s.Now + virtual.Day
	everywhere(t, s, must[feed.Entry](t)(founder.Write(circleDraft(t, p))), "")
}

// TestEndBeforeAllSigned: a member that ends before it has seen all signatures withdraws, in whichever order entries come; what a member wrote that
// could not know it stands.
func TestEndBeforeAllSigned(t *testing.T) {
	s := must[*virtual.Scene](t)(virtual.NewScene(3, false))
	desks := s.Desks
	for i, d := range desks {
		b := must[block.Block](t)(block.New(s.Genesis))
		must[feed.Entry](t)(d.Write(protocol.Draft{Kind: protocol.KindSign, Body: &b}))
		if i == 0 {
			must[feed.Entry](t)(d.Write(endDraft(t)))
		}
	}
	standsAt(t, desks[0], s.Now, "withdrawn")
	// The other two know each other's signatures and nothing of the first's end yet.
	meet(t, s)
	for _, d := range desks {
		standsAt(t, d, s.Now, "withdrawn")
		refusedAtHome(t, d, endDraft(t))
	}
	late := must[protocol.Draft](t)(virtual.Share(virtual.Forecast("demand", 0, nil, s.Now, 1, 2)))
	everywhere(t, s, must[feed.Entry](t)(desks[1].Force(late, nil)), "PARTNERSHIP-08")
}

// TestNotice: with a notice period one side's end is enough; who knows it writes nothing dated later. Without one both must end.
func TestNotice(t *testing.T) {
	cast := must[*virtual.Scene](t)(virtual.NewScene(2, false)).Cast
	for _, notice := range []int64{0, 90} {
		g := must[partnership.Genesis](t)(virtual.Found([]virtual.Seat{{Company: cast[0], Role: partnership.RoleBuyer}, {Company: cast[1], Role: partnership.RoleSeller}}, nil))
		g.Notice = notice
		s := must[*virtual.Scene](t)(virtual.NewSceneOf(cast, g))
		if err := s.Signed(); err != nil {
			t.Fatal(err)
		}
		buyer, seller := s.Desks[0], s.Desks[1]
		everywhere(t, s, must[feed.Entry](t)(buyer.Write(endDraft(t))), "")
		at := s.Now
		s.Now += 10 * virtual.Day
		everywhere(t, s, must[feed.Entry](t)(buyer.Write(endDraft(t))), "") // does not begin anew
		standsAt(t, seller, at+89*virtual.Day, "ending")
		s.Now = at + 90*virtual.Day
		draft := must[protocol.Draft](t)(virtual.Share(virtual.Forecast("demand", 0, nil, s.Now, 1, 2)))
		if notice == 0 {
			standsAt(t, seller, s.Now, "ending")
			everywhere(t, s, must[feed.Entry](t)(buyer.Write(draft)), "")
			everywhere(t, s, must[feed.Entry](t)(seller.Write(endDraft(t))), "")
			standsAt(t, buyer, s.Now, "ended")
			continue
		}
		standsAt(t, seller, s.Now, "ended")
		refusedAtHome(t, buyer, draft)
		everywhere(t, s, must[feed.Entry](t)(buyer.Force(draft, nil)), "PARTNERSHIP-02")
	}
	g := must[*virtual.Scene](t)(virtual.NewScene(2, false)).Genesis
	for _, bad := range []int64{-1, partnership.MaxNotice + 1} {
		if g.Notice = bad; g.Check() == nil {
			t.Errorf("a notice of %d days passes", bad)
		}
	}
}
