package node

import (
	"context"
	"testing"
	"time"

	"kontor/protocol"
	"kontor/protocol/block"
)

// After a start nothing with a signature that binds is written until the partner has confirmed our head; the rest is (PROTOCOL 4, restore).
func TestSignaturesWaitForAConfirmedHead(t *testing.T) {
	buyer, seller := found(t, "buyer"), found(t, "seller")
	pid := pair(t, buyer, seller).PID
	seller.stop()
	buyer.mu.Lock()
	buyer.confirmed = map[block.CID]map[block.CID]bool{} // as after a start; a start would take another port here
	buyer.mu.Unlock()
	write := func(kind string) string {
		ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
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
		if code := write(kind); code != "HEAD_UNCONFIRMED" {
			t.Errorf("%s without a partner: %q", kind, code)
		}
	}
	if code := write(protocol.KindMandateRevoke); code != "REFUSED" { // the rules judge it, nonsense as it is
		t.Errorf("a revocation waits for the partner: %q", code)
	}
	open(t, seller.home)
	eventually(t, "the partner's word", func() bool { return buyer.HeadConfirmed(pid) })
	for _, kind := range signing {
		if code := write(kind); code != "REFUSED" {
			t.Errorf("%s after the partner's word: %q", kind, code)
		}
	}
}
