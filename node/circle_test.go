package node

import (
	"context"
	"testing"
	"time"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/identity"
	"kontor/protocol/partnership"
	"kontor/protocol/state"
	"kontor/testnet/virtual"
)

// trio are three offices of which the first has paired with both others, who do not know each other.
func trio(t *testing.T) (buyer, seller, third *office) {
	t.Helper()
	buyer, seller, third = found(t, "buyer"), found(t, "seller"), found(t, "third")
	pair(t, buyer, seller)
	pair(t, buyer, third)
	return buyer, seller, third
}

func circleOf(seller, third *office) CircleOffer {
	witness := third.Company()
	return CircleOffer{Role: partnership.RoleBuyer, Witness: &witness, Materiality: identity.Amount{Minor: 10_000_00, Currency: "USD"}, Products: []string{}, Regions: []string{},
		Members: []CircleSeat{{seller.Company(), partnership.RoleSeller}, {third.Company(), partnership.RoleSeller}}}
}

func standing(t *testing.T, o *office, pid block.CID) (word string) {
	t.Helper()
	if _, err := o.Partnership(pid); err != nil {
		return ""
	}
	err := o.View(pid, func(r *protocol.Replica) (err error) {
		word, err = r.Standing()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return word
}

// proposed waits for the one circle proposed to an office.
func proposed(t *testing.T, o *office) (c Circle) {
	t.Helper()
	eventually(t, "the proposal at "+o.Name(), func() bool {
		list, err := o.ProposedCircles()
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 1 {
			c = list[0]
		}
		return len(list) == 1
	})
	return c
}

func draft(t *testing.T) protocol.Draft {
	t.Helper()
	d, err := virtual.Share(virtual.Forecast("demand", 0, nil, time.Now().UnixMilli(), 100, 200))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func shareDraft(o *office, pid block.CID, d protocol.Draft) error {
	_, err := o.Write(context.Background(), pid, "", func(*protocol.Replica, int64) (protocol.Draft, error) { return d, nil })
	return err
}

// Three companies, of which two never paired, found a circle over real sockets: it exists when all have signed, what one shares reaches both
// others, and all three commit to one state (PROTOCOL 3).
func TestCircleOfThree(t *testing.T) {
	ctx := context.Background()
	buyer, seller, third := trio(t)
	circle, err := buyer.FoundCircle(ctx, "once", circleOf(seller, third))
	if err != nil {
		t.Fatal(err)
	}
	again, err := buyer.FoundCircle(ctx, "once", circleOf(seller, third))
	if err != nil || again.PID != circle.PID || len(buyer.Partnerships()) != 3 {
		t.Fatalf("a retry founded another circle: %v", err)
	}
	pid := circle.PID
	if list, err := buyer.ProposedCircles(); err != nil || len(list) != 0 {
		t.Fatalf("the founder is proposed its own circle: %v", err)
	}
	for _, o := range []*office{seller, third} {
		if c := proposed(t, o); c.PID != pid || c.Founder != buyer.Company() || c.Joined || len(c.Genesis.Members) != 3 {
			t.Fatalf("%s is proposed %+v", o.Name(), c)
		}
	}
	if _, err := seller.JoinCircle(ctx, pid); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the seller's signature at the founder", func() bool { heads, err := buyer.Heads(pid); return err == nil && len(heads) == 2 })
	// It does not exist before all have signed.
	d := draft(t)
	if err := shareDraft(buyer, pid, d); AsFailure(err).Code != "REFUSED" {
		t.Fatalf("a forecast in a circle that one has not signed: %v", err)
	}
	for range 2 { // joining again changes nothing
		if c, err := third.JoinCircle(ctx, pid); err != nil || !c.Joined {
			t.Fatal(err)
		}
	}
	all := []*office{buyer, seller, third}
	for _, o := range all {
		eventually(t, "the circle at "+o.Name(), func() bool { return standing(t, o, pid) == "active" })
		if list, err := o.ProposedCircles(); err != nil || len(list) != 0 {
			t.Fatalf("%s is still proposed a circle: %v", o.Name(), err)
		}
	}
	// Those who never paired have learned each other's identity from its first entry.
	if seller.CompanyName(third.Company()) != "third" || third.CompanyName(seller.Company()) != "seller" {
		t.Fatal("the members do not know each other")
	}
	eventually(t, "a connection of those who never paired", func() bool {
		for _, s := range seller.Host().Sessions() {
			if s.Company == third.Company() && s.Connected {
				return true
			}
		}
		return false
	})
	if err := shareDraft(buyer, pid, d); err != nil {
		t.Fatal(err)
	}
	for _, o := range all {
		eventually(t, "the forecast at "+o.Name(), func() bool {
			inForce := 0
			err := o.View(pid, func(r *protocol.Replica) error {
				rows, err := r.InForce(protocol.ArtifactType(protocol.KindForecast), buyer.Company())
				inForce = len(rows)
				return err
			})
			return err == nil && inForce == 1
		})
	}
	if _, err := third.JoinCircle(ctx, pid); err != nil { // nor in a circle that stands
		t.Fatal(err)
	}
	sameRoots(t, pid, all...)
}

// sameRoots waits until the settled line of all has passed what they hold now and compares their state roots at one line.
func sameRoots(t *testing.T, pid block.CID, all ...*office) {
	t.Helper()
	lowest := func() int64 {
		low := int64(-1)
		for _, o := range all {
			if err := o.View(pid, func(r *protocol.Replica) error {
				line, err := r.Line()
				if low < 0 || line < low {
					low = line
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		return low
	}
	eventually(t, "a settled line past the forecast", func() bool { return lowest() >= 3 })
	var line int64
	var first state.Hash
	eventually(t, "a line that all stand at", func() bool {
		line = lowest()
		for i, o := range all {
			var root state.Hash
			known := false
			if err := o.View(pid, func(r *protocol.Replica) (err error) {
				root, known, err = r.RootAt(line)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if !known {
				return false
			}
			if i == 0 {
				first = root
			} else if root != first {
				t.Fatalf("at line %d %s has root %x and %s %x", line, all[0].Name(), first, o.Name(), root)
			}
		}
		return true
	})
	for _, o := range all {
		if m, differs := o.Mismatched(pid); differs {
			t.Fatalf("%s sees another state at %s", o.Name(), m.Member.Short())
		}
	}
}

// What was proposed waits through a restart of the one who joins; it joins with the same genesis.
func TestCircleWaitsThroughARestart(t *testing.T) {
	ctx := context.Background()
	buyer, seller, third := trio(t)
	circle, err := buyer.FoundCircle(ctx, "", circleOf(seller, third))
	if err != nil {
		t.Fatal(err)
	}
	proposed(t, seller)
	proposed(t, third)
	settings, err := seller.home.Settings()
	if err != nil {
		t.Fatal(err)
	}
	settings.Listen = seller.Host().Addresses() // the genesis names them
	seller.stop()
	if err := seller.home.SaveSettings(settings); err != nil {
		t.Fatal(err)
	}
	seller = open(t, seller.home)
	if c := proposed(t, seller); c.PID != circle.PID {
		t.Fatalf("after the restart %s is proposed", c.PID.Short())
	}
	for _, o := range []*office{seller, third} {
		if _, err := o.JoinCircle(ctx, circle.PID); err != nil {
			t.Fatal(err)
		}
	}
	// And one of them after it joined.
	settings, err = third.home.Settings()
	if err != nil {
		t.Fatal(err)
	}
	settings.Listen = third.Host().Addresses()
	third.stop()
	if err := third.home.SaveSettings(settings); err != nil {
		t.Fatal(err)
	}
	third = open(t, third.home)
	for _, o := range []*office{buyer, seller, third} {
		eventually(t, "the circle at "+o.Name(), func() bool { return standing(t, o, circle.PID) == "active" })
	}
}

// A founder that stops between its signature and its proposals proposes at its next start.
func TestFoundingGoesOnAfterAStop(t *testing.T) {
	ctx := context.Background()
	buyer, seller, third := trio(t)
	settings, err := buyer.home.Settings()
	if err != nil {
		t.Fatal(err)
	}
	settings.Listen = buyer.Host().Addresses()
	g, key, err := buyer.draftCircle(ctx, circleOf(seller, third))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := g.ID()
	if err != nil {
		t.Fatal(err)
	}
	err = buyer.enterCircle(ctx, g, key, func(rows PrivateRows) error {
		return rows.Put(foundingPrefix+pid.String(), founding{PID: pid, Created: buyer.Now(), Expires: buyer.Now() + circleLife})
	})
	if err != nil {
		t.Fatal(err)
	}
	buyer.stop()
	if err := buyer.home.SaveSettings(settings); err != nil {
		t.Fatal(err)
	}
	buyer = open(t, buyer.home)
	for _, o := range []*office{seller, third} {
		if c := proposed(t, o); c.PID != pid {
			t.Fatalf("%s is proposed %s", o.Name(), c.PID.Short())
		}
	}
	eventually(t, "the end of the founding", func() bool { return !buyer.resumeCircles(ctx) })
}

// A machine whose high-water file knows a signature that its database has lost does not sign a second time: it waits for its own entry.
func TestRestoredMemberSignsOnce(t *testing.T) {
	ctx := context.Background()
	buyer, seller, third := trio(t)
	circle, err := buyer.FoundCircle(ctx, "", circleOf(seller, third))
	if err != nil {
		t.Fatal(err)
	}
	proposed(t, seller)
	if err := seller.high.Raise(map[string]int64{circle.PID.String(): 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := seller.JoinCircle(ctx, circle.PID); err != nil {
		t.Fatal(err)
	}
	if seller.Recovering()[circle.PID] != 1 {
		t.Fatal("it does not wait for its own entry")
	}
	eventually(t, "the founder's signature", func() bool { heads, err := seller.Heads(circle.PID); return err == nil && len(heads) == 1 })
	if heads, _ := seller.Heads(circle.PID); heads[0].Header.Author != buyer.Company() {
		t.Fatal("it signed again")
	}
	if err := shareDraft(seller, circle.PID, protocol.Draft{Kind: protocol.KindHeartbeat}); codeOf(err) != "RECOVERING" {
		t.Fatalf("it writes: %v", err)
	}
}

// An observer signs too, and reads what the others share.
func TestCircleWithAnObserver(t *testing.T) {
	ctx := context.Background()
	buyer, seller, third := trio(t)
	offer := circleOf(seller, third)
	offer.Witness, offer.Members[1].Role = nil, partnership.RoleObserver
	circle, err := buyer.FoundCircle(ctx, "", offer)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []*office{third, seller} {
		proposed(t, o)
		if _, err := o.JoinCircle(ctx, circle.PID); err != nil {
			t.Fatal(err)
		}
	}
	all := []*office{buyer, seller, third}
	for _, o := range all {
		eventually(t, "the circle at "+o.Name(), func() bool { return standing(t, o, circle.PID) == "active" })
	}
	if err := shareDraft(buyer, circle.PID, draft(t)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the forecast at the observer", func() bool {
		inForce := 0
		err := third.View(circle.PID, func(r *protocol.Replica) error {
			rows, err := r.InForce(protocol.ArtifactType(protocol.KindForecast), buyer.Company())
			inForce = len(rows)
			return err
		})
		return err == nil && inForce == 1
	})
	sameRoots(t, circle.PID, all...)
}
