package node

import (
	"context"
	"testing"
	"time"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/bound"
)

// After a start nothing with a signature that binds is written until the partner has confirmed our head; the rest is (PROTOCOL 4, restore).
func TestSignaturesWaitForAConfirmedHead(t *testing.T) {
	buyer, seller := found(t, "buyer"), found(t, "seller")
	pid := pair(t, buyer, seller).PID
	seller.stop()
	buyer.mu.Lock()
	buyer.confirmed = map[block.CID]map[block.CID]bool{} // as after a start; a start would take another port here
	buyer.mu.Unlock()
	write := func(kind string, patience time.Duration) string {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_, err := buyer.Write(ctx, pid, "", func(*protocol.Replica, int64) (protocol.Draft, error) {
			body, err := block.New(map[string]int64{"nonsense": 1})
			return protocol.Draft{Kind: kind, Body: &body}, err
		})
		if err == nil {
			return ""
		}
		return AsFailure(err).Code
	}
	signing := []string{protocol.KindSignature, protocol.KindMandateGrant, protocol.KindExceptionClose, protocol.KindRecord}
	for _, kind := range signing {
		if code := write(kind, 200*time.Millisecond); code != "HEAD_UNCONFIRMED" {
			t.Errorf("%s without a partner: %q", kind, code)
		}
	}
	if code := write(protocol.KindMandateRevoke, time.Minute); code != "REFUSED" { // the rules judge it, nonsense as it is
		t.Errorf("a revocation waits for the partner: %q", code)
	}
	open(t, seller.home)
	eventually(t, "the partner's word", func() bool { return buyer.HeadConfirmed(pid) })
	for _, kind := range signing {
		if code := write(kind, time.Minute); code != "REFUSED" {
			t.Errorf("%s after the partner's word: %q", kind, code)
		}
	}
}

// A member that is silent holds the settled line; what the others write above it is bounded (PROTOCOL 9), but for taking back.
func TestTailIsBounded(t *testing.T) {
	buyer, seller := found(t, "buyer"), found(t, "seller")
	pid := pair(t, buyer, seller).PID
	seller.stop()
	buyer.maxTail = 12
	write := func(kind string) error {
		_, err := buyer.Write(context.Background(), pid, "", func(r *protocol.Replica, _ int64) (protocol.Draft, error) {
			if kind == protocol.KindHeartbeat {
				return protocol.Draft{Kind: kind}, nil
			}
			body, err := block.New(protocol.PartnershipAct{Reason: "silent"})
			return protocol.Draft{Kind: kind, Body: &body}, err
		})
		return err
	}
	var err error
	for n := 0; err == nil && n <= 12; n++ {
		err = write(protocol.KindHeartbeat)
	}
	if code := codeOf(err); code != "LIMIT_TAIL" {
		t.Fatalf("a long tail: %q", code)
	}
	if n := refusals(t, buyer, bound.Tail); n != 1 {
		t.Errorf("%v refusals by the tail are counted, not 1", n)
	}
	if err := write(protocol.KindSuspend); err != nil {
		t.Errorf("a suspension is held up: %v", err)
	}
}
