package node

import (
	"context"
	"testing"
	"time"

	"kontor/protocol"
	"kontor/protocol/partnership"
)

// signedAlone is a pairing that the seller has signed and the buyer has not confirmed.
func signedAlone(t *testing.T, buyer, seller *office) (invited Pairing, text string) {
	t.Helper()
	ctx := context.Background()
	invited, text, err := buyer.Invite(ctx, "", proposal(), true)
	if err != nil {
		t.Fatal(err)
	}
	p, err := seller.AcceptInvitation(ctx, text)
	if err != nil {
		t.Fatal(err)
	}
	go seller.ConfirmWordsOf(ctx, p.ID, true)
	eventually(t, "the acceptor's signature", func() bool { return stage(t, seller, p.ID) == partnership.StageSigned })
	return invited, text
}

// A pairing that one side signed ends by itself, a week after the other could have signed last.
func TestPairingEndsByItself(t *testing.T) {
	buyer, seller := found(t, "buyer"), found(t, "seller")
	before := time.Now().UnixMilli()
	inv, _ := signedAlone(t, buyer, seller)
	theirs, err := seller.PairingOf(inv.ID)
	if err != nil {
		t.Fatal(err)
	}
	if theirs.Since < before || theirs.Since > time.Now().UnixMilli() || !theirs.Signed {
		t.Errorf("signed %t since %d, begun at %d", theirs.Signed, theirs.Since, before)
	}
	ours, err := buyer.PairingOf(inv.ID)
	if err != nil {
		t.Fatal(err)
	}
	expires := inv.Token.Expires
	for _, c := range []struct {
		name string
		p    Pairing
		at   int64
		over bool
	}{
		{"inviter, open", ours, expires - 1, false},
		{"inviter, expired", ours, expires, true},
		{"acceptor, expired", theirs, expires, false},
		{"acceptor, last moment", theirs, expires + signedLife - 1, false},
		{"acceptor, a week later", theirs, expires + signedLife, true},
	} {
		if c.p.Over(c.at) != c.over {
			t.Errorf("%s: over is %t", c.name, !c.over)
		}
	}
	ours.Signed, ours.Stage = true, partnership.StageSigned
	if ours.Over(expires + 2*signedLife) {
		t.Error("a partnership that the inviter has signed was over with its invitation")
	}
}

// A signature taken back before the inviter confirmed: nobody is left with a partnership that the other side knows nothing of.
func TestPairingTakenBack(t *testing.T) {
	ctx := context.Background()
	buyer, seller := found(t, "buyer"), found(t, "seller")
	inv, _ := signedAlone(t, buyer, seller)
	back, err := seller.Withdraw(ctx, inv.ID)
	if err != nil || !back.Back || !back.Signed {
		t.Fatalf("taken back: %+v, %v", back, err)
	}
	if _, err := seller.ConfirmWordsOf(ctx, inv.ID, true); codeOf(err) != "PAIRING_IDLE" {
		t.Errorf("a pairing taken back was confirmed: %v", err)
	}
	// The inviter does not know and confirms: what stands is ended at once.
	if _, err := buyer.ConfirmWordsOf(ctx, inv.ID, true); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the end by the acceptor, at the inviter", func() bool {
		list, ended := buyer.Partnerships(), false
		if len(list) != 1 {
			return false
		}
		if err := buyer.View(list[0].PID, func(r *protocol.Replica) error {
			row, err := r.Partnership()
			ended = len(row.Ended) == 1 && row.Ended[0].Member == seller.Company()
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return ended
	})
	eventually(t, "the end of the taking back", func() bool { p, err := seller.PairingOf(inv.ID); return err == nil && !p.Back })
	if _, err := seller.Withdraw(ctx, inv.ID); codeOf(err) != partnership.CodeUsed {
		t.Errorf("a partnership of both was withdrawn: %v", err)
	}
}

// Whoever accepts again after taking back goes on with the signature that was given.
func TestPairingTakenBackAndAcceptedAgain(t *testing.T) {
	ctx := context.Background()
	buyer, seller := found(t, "buyer"), found(t, "seller")
	inv, text := signedAlone(t, buyer, seller)
	if _, err := seller.Withdraw(ctx, inv.ID); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { _, err := seller.AcceptInvitation(ctx, text); done <- err }()
	eventually(t, "the acceptance again", func() bool { p, err := seller.PairingOf(inv.ID); return err == nil && !p.Back })
	if _, err := buyer.ConfirmWordsOf(ctx, inv.ID, true); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	eventually(t, "the partnership on both sides", func() bool {
		return len(buyer.Partnerships()) == 1 && stage(t, seller, inv.ID) == partnership.StageDone
	})
	for _, p := range seller.Partnerships() {
		if word, err := seller.standing(p.PID); err != nil || word != "active" {
			t.Errorf("the partnership accepted again is %q: %v", word, err)
		}
	}
}
