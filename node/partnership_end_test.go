package node

import (
	"context"
	"errors"
	"slices"
	"testing"

	"kontor/protocol"
	"kontor/protocol/block"
)

// A partnership is over when both ended it; then the partners are strangers again, and what was stays readable.
func TestEndedPartnershipIsRemoved(t *testing.T) {
	ctx := context.Background()
	buyer, seller := found(t, "buyer"), found(t, "seller")
	p := pair(t, buyer, seller)
	ends := map[*office]Written{}
	end := func(o *office) {
		t.Helper()
		body, err := block.New(protocol.PartnershipAct{Reason: "over"})
		if err != nil {
			t.Fatal(err)
		}
		if ends[o], err = o.Write(ctx, p.PID, "the end", func(*protocol.Replica, int64) (protocol.Draft, error) {
			return protocol.Draft{Kind: protocol.KindEnd, Body: &body}, nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(o *office) []string {
		t.Helper()
		body, err := block.New(protocol.PartnershipAct{Reason: "audit"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = o.Write(ctx, p.PID, "", func(*protocol.Replica, int64) (protocol.Draft, error) {
			return protocol.Draft{Kind: protocol.KindSuspend, Body: &body}, nil
		})
		var refusal *protocol.Refusal
		if !errors.As(err, &refusal) {
			t.Fatalf("%v is no refusal with codes", err)
		}
		return refusal.Codes
	}
	over := func(o *office) bool {
		held, err := o.Partnership(p.PID)
		if err != nil {
			t.Fatal(err)
		}
		done, err := o.isOver(held)
		if err != nil {
			t.Fatal(err)
		}
		return done
	}
	end(buyer)
	if over(buyer) {
		t.Fatal("over after one end")
	}
	end(seller)
	for _, o := range []*office{buyer, seller} {
		eventually(t, "the end of both at "+o.Name(), func() bool { return over(o) })
	}
	for _, o := range []*office{buyer, seller} {
		held, _ := o.Partnership(p.PID)
		before := refused(o)
		if err := o.remove(ctx, held); err != nil {
			t.Fatal(err)
		}
		if after := refused(o); len(before) != 1 || before[0] != "PARTNERSHIP-02" || !slices.Equal(before, after) {
			t.Fatalf("a suspension is refused with %q before the partner is disconnected, with %q after", before, after)
		}
		if w, err := o.Write(ctx, p.PID, "the end", nil); err != nil || w.Entry != ends[o].Entry {
			t.Fatalf("the retry of the end answers %v, %v; want %v", w.Entry, err, ends[o].Entry)
		}
		if _, err := o.Write(ctx, p.PID, "", func(*protocol.Replica, int64) (protocol.Draft, error) {
			return protocol.Draft{Kind: protocol.KindHeartbeat}, nil
		}); err == nil {
			t.Fatal("a heartbeat was written that nobody receives")
		}
	}
	if links, err := buyer.Links(ctx); err != nil || len(links) != 0 {
		t.Fatalf("%d links are left: %v", len(links), err)
	}
	buyer.stop()
	again := open(t, buyer.home)
	held, err := again.Partnership(p.PID)
	if err != nil || !held.Removed {
		t.Fatalf("after a restart: %v", err)
	}
	if heads, err := again.Heads(p.PID); err != nil || len(heads) != 2 {
		t.Fatalf("%d feeds are readable: %v", len(heads), err)
	}
}
