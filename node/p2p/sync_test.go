package p2p_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/wire/wiretest"
)

func pair(t testing.TB) (buyer, seller *office, pid block.CID) {
	t.Helper()
	buyer, seller = newOffice(t, wiretest.New("buyer")), newOffice(t, wiretest.New("seller"))
	buyer.listen(quick)
	seller.listen(quick)
	return buyer, seller, join(t, buyer, seller)
}

// What either side commits reaches the other, with its body, and is acknowledged.
func TestEntriesReachThePartner(t *testing.T) {
	buyer, seller, pid := pair(t)
	buyer.write(pid, kindNote)
	seller.awaitHead(pid, buyer.ID, 1)
	body := note(t, "hello")
	seller.write(pid, kindDoc, body)
	buyer.awaitHead(pid, seller.ID, 1)
	if _, found, _ := buyer.Block(t.Context(), pid, body.CID); !found {
		t.Fatal("the body is not held")
	}
	eventually(t, "the acknowledgement", func() bool {
		seller.mu.RLock()
		defer seller.mu.RUnlock()
		return seller.acked[buyer.ID].Seq(seller.ID) == 1
	})
	eventually(t, "a clock comparison", func() bool {
		offset, ok := buyer.host.ClockOffset(seller.ID, pid)
		return ok && offset.Abs() < time.Second
	})
}

// The goal is well under a millisecond from a local commit to the partner holding the entry and its small body.
func TestLatency(t *testing.T) {
	buyer, seller, pid := pair(t)
	eventually(t, "both in step", inStep(buyer, seller))
	const rounds = 300
	var took []time.Duration
	for i := range rounds {
		body := note(t, fmt.Sprint("figure ", i))
		id := buyer.commit(pid, buyer.clock().UnixMilli(), kindDoc, body)
		began := time.Now()
		buyer.host.Announce(pid, buyer.ID, int64(i+1), id)
		seller.awaitHead(pid, buyer.ID, int64(i+1))
		took = append(took, time.Since(began))
		time.Sleep(2 * time.Millisecond)
	}
	slices.Sort(took)
	p50, p99 := took[rounds/2], took[rounds*99/100]
	t.Logf("commit to held at the partner, loopback TCP, in-memory commit: p50 %v, p99 %v, max %v", p50, p99, took[rounds-1])
}

// Identity entries come before the entries that need them.
func TestIdentityTravelsFirst(t *testing.T) {
	buyer, seller, pid := pair(t)
	buyer.mu.Lock()
	for range 5 {
		buyer.Checkpoint()
	}
	buyer.mu.Unlock()
	buyer.write(pid, kindNote)
	seller.awaitHead(pid, buyer.ID, 1)
}

// A third member gets what the first two wrote from either of them.
func TestMemberPassesOn(t *testing.T) {
	buyer, seller, auditor := newOffice(t, wiretest.New("buyer")), newOffice(t, wiretest.New("seller")), newOffice(t, wiretest.New("auditor"))
	seller.listen(quick)
	auditor.listen(quick)
	pid := join(t, buyer, seller, auditor)
	buyer.listen(quick)
	// The buyer knows the seller's address only, and the auditor does not know the buyer's.
	buyer.mu.Lock()
	buyer.circles[pid].at = map[block.CID][]string{seller.ID: seller.host.Addresses()}
	buyer.mu.Unlock()
	check(t, buyer.host.Refresh(t.Context()))
	for i := range 20 {
		buyer.write(pid, kindDoc, note(t, fmt.Sprint(i)))
	}
	auditor.awaitHead(pid, buyer.ID, 20)
}

// 10,000 entries written while the partner was away.
func TestCatchUp(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	buyer, seller := newOffice(t, wiretest.New("buyer")), newOffice(t, wiretest.New("seller"))
	pid := join(t, buyer, seller)
	const entries = 10_000
	for range entries {
		buyer.commit(pid, buyer.clock().UnixMilli(), kindNote)
	}
	buyer.listen(quick)
	buyer.mu.Lock()
	seller.circles[pid].at[buyer.ID] = buyer.host.Addresses()
	buyer.mu.Unlock()
	began := time.Now()
	seller.listen(quick)
	seller.awaitHead(pid, buyer.ID, entries)
	took := time.Since(began)
	seller.mu.RLock()
	defer seller.mu.RUnlock()
	t.Logf("%d entries in %v, %d batches", entries, took, seller.batches)
	if want := entries/256 + 1; seller.batches > want+5 {
		t.Errorf("%d batches for %d entries; %d suffice", seller.batches, entries, want)
	}
}

// A partner that restarts at the same place is found again, and what was written meanwhile arrives.
func TestReconnect(t *testing.T) {
	buyer, seller, pid := pair(t)
	buyer.write(pid, kindNote)
	seller.awaitHead(pid, buyer.ID, 1)
	at := buyer.host.Addresses()
	check(t, buyer.host.Close())
	buyer.commit(pid, buyer.clock().UnixMilli(), kindNote)
	buyer.listen(quick, at...)
	seller.awaitHead(pid, buyer.ID, 2)
}

// A removed partner is disconnected at once and gets nothing any more.
func TestRemovedPartner(t *testing.T) {
	buyer, seller, pid := pair(t)
	eventually(t, "both in step", inStep(buyer, seller))
	buyer.mu.Lock()
	buyer.circles[pid].removed = true
	buyer.mu.Unlock()
	check(t, buyer.host.Refresh(t.Context()))
	eventually(t, "the disconnection", func() bool { return !seller.host.Sessions()[0].Connected })
	buyer.commit(pid, buyer.clock().UnixMilli(), kindNote)
	time.Sleep(300 * time.Millisecond)
	if held, _ := seller.Held(t.Context(), pid); held.Seq(buyer.ID) != 0 {
		t.Fatal("a removed partner still gets entries")
	}
}

// An entry dated ahead is parked, not refused, and the sync does not spin on it.
func TestParkedEntryDoesNotSpin(t *testing.T) {
	buyer, seller, pid := pair(t)
	buyer.commit(pid, buyer.clock().Add(feed.AheadLimit*time.Millisecond+time.Hour).UnixMilli(), kindNote)
	buyer.host.Announce(pid, buyer.ID, 1, block.Sum([]byte{0}))
	delivered := func() int {
		seller.mu.RLock()
		defer seller.mu.RUnlock()
		return seller.batches
	}
	began := time.Now()
	eventually(t, "the entry", func() bool { return delivered() > 0 })
	time.Sleep(time.Second)
	// Pauses grow from RetryMin to RetryMax: a few short ones, then at most two in the time of a long one.
	took := time.Since(began)
	if n, most := delivered(), 10+2*int(took/quick.RetryMax); n > most {
		t.Fatalf("%d batches delivered in %v, not at most %d", n, took, most)
	}
}

// What a partner sent while its own ask waited does not go back to it with the answer.
func TestNothingGoesBackToWhoSentIt(t *testing.T) {
	buyer, seller, pid := pair(t)
	eventually(t, "both in step", inStep(buyer, seller))
	asked := func() { time.Sleep(50 * time.Millisecond) } // both ask again, and wait
	for i := range int64(10) {
		buyer.write(pid, kindDoc, note(t, fmt.Sprint("figure ", i)))
		seller.awaitHead(pid, buyer.ID, i+1)
		asked()
		seller.write(pid, kindNote)
		buyer.awaitHead(pid, seller.ID, i+1)
		asked()
	}
	for _, o := range []*office{buyer, seller} {
		o.mu.RLock()
		if o.again > 0 {
			t.Errorf("%d entries came to an office that held them", o.again)
		}
		o.mu.RUnlock()
	}
}
