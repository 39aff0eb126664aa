package node

import (
	"context"
	"testing"

	"kontor/protocol/partnership"
)

// Nothing is signed by either side before its person has said that the words are the same, if it wants to be asked.
func TestPairingAsksBothSides(t *testing.T) {
	buyer, seller := found(t, "buyer"), found(t, "seller")
	ctx := context.Background()
	inv, text, err := buyer.Invite(ctx, "", proposal(), true)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := seller.AcceptInvitation(ctx, text)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := buyer.PairingOf(inv.ID)
	if err != nil {
		t.Fatal(err)
	}
	if len(ours.Words) != 6 || len(theirs.Words) != 6 {
		t.Fatalf("words are %q here and %q there", ours.Words, theirs.Words)
	}
	for i := range ours.Words {
		if ours.Words[i] != theirs.Words[i] {
			t.Fatalf("words are %q here and %q there", ours.Words, theirs.Words)
		}
	}
	done := make(chan error, 1)
	go func() { _, err := seller.ConfirmWordsOf(ctx, theirs.ID, true); done <- err }()
	eventually(t, "the acceptor's word", func() bool {
		return stage(t, seller, theirs.ID) == partnership.StageConfirmed || stage(t, seller, theirs.ID) == partnership.StageSigned
	})
	if len(buyer.Partnerships()) != 0 || len(seller.Partnerships()) != 0 {
		t.Fatal("a partnership stands that the inviter did not confirm")
	}
	if _, err := buyer.ConfirmWordsOf(ctx, inv.ID, true); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if len(seller.Partnerships()) != 1 || seller.CompanyName(buyer.Company()) != "buyer" {
		t.Fatal("no partnership stands after both confirmed")
	}
}

// A crash of both between the acceptor's signature and the inviter's burns nothing: they go on by themselves where they were.
func TestPairingResumesByItself(t *testing.T) {
	ctx := context.Background()
	buyer, seller := found(t, "buyer"), found(t, "seller")
	// The invitation names the address, so it must be there again after the restart.
	settings, err := buyer.home.Settings()
	if err != nil {
		t.Fatal(err)
	}
	settings.Listen = buyer.Host().Addresses()
	inv, text, err := buyer.Invite(ctx, "", proposal(), true)
	if err != nil {
		t.Fatal(err)
	}
	p, err := seller.AcceptInvitation(ctx, text)
	if err != nil {
		t.Fatal(err)
	}
	go seller.ConfirmWordsOf(ctx, p.ID, true)
	eventually(t, "the acceptor's signature or word", func() bool {
		s := stage(t, seller, p.ID)
		return s == partnership.StageSigned || s == partnership.StageConfirmed
	})
	seller.stop()
	buyer.stop()
	if err := buyer.home.SaveSettings(settings); err != nil {
		t.Fatal(err)
	}
	buyer, seller = open(t, buyer.home), open(t, seller.home)
	eventually(t, "the question to the inviter", func() bool {
		_, err := buyer.ConfirmWordsOf(ctx, inv.ID, true)
		return err == nil
	})
	eventually(t, "the partnership on both sides", func() bool { return len(buyer.Partnerships()) == 1 && len(seller.Partnerships()) == 1 })
	eventually(t, "the end of the pairing", func() bool { return stage(t, seller, p.ID) == partnership.StageDone })
}

// The inviter may confirm the words when no dialogue waits for it, and by the beginning of the ID; the acceptor comes back by itself.
func TestPairingConfirmedLate(t *testing.T) {
	ctx := context.Background()
	buyer, seller := found(t, "buyer"), found(t, "seller")
	inv, text, err := buyer.Invite(ctx, "", proposal(), true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := buyer.ConfirmWordsOf(ctx, inv.ID, true); codeOf(err) != "PAIRING_IDLE" {
		t.Fatalf("words nobody has seen were confirmed: %v", err)
	}
	p, err := seller.AcceptInvitation(ctx, text)
	if err != nil {
		t.Fatal(err)
	}
	go seller.ConfirmWordsOf(ctx, p.ID, true)
	eventually(t, "the acceptor's signature", func() bool { return stage(t, seller, p.ID) == partnership.StageSigned })
	seller.stop()
	eventually(t, "the confirmation without a dialogue", func() bool {
		if _, err := buyer.ConfirmWordsOf(ctx, inv.ID[:8], true); err != nil {
			t.Fatal(err)
		}
		// Signed, where the acceptor's signature had arrived before its node stopped.
		at := stage(t, buyer, inv.ID)
		return at == partnership.StageConfirmed || at == partnership.StageSigned
	})
	if _, err := buyer.PairingOf(inv.ID[:3]); codeOf(err) != "NO_INVITATION" {
		t.Errorf("three characters named an invitation: %v", err)
	}
	seller = open(t, seller.home)
	eventually(t, "the end of the pairing", func() bool {
		return stage(t, seller, p.ID) == partnership.StageDone && len(buyer.Partnerships()) == 1
	})
}

// A dialogue that breaks off after the acceptor has signed is taken up again while its node runs, without a person and without a restart.
func TestPairingComesBack(t *testing.T) {
	ctx := context.Background()
	buyer, seller := found(t, "buyer"), found(t, "seller")
	settings, err := buyer.home.Settings()
	if err != nil {
		t.Fatal(err)
	}
	settings.Listen = buyer.Host().Addresses()
	inv, _ := signedAlone(t, buyer, seller)
	buyer.stop()
	if err := buyer.home.SaveSettings(settings); err != nil {
		t.Fatal(err)
	}
	buyer = open(t, buyer.home)
	if _, err := buyer.ConfirmWordsOf(ctx, inv.ID, true); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the partnership on both sides", func() bool {
		return len(buyer.Partnerships()) == 1 && stage(t, seller, inv.ID) == partnership.StageDone
	})
}

func TestPairingRefuses(t *testing.T) {
	ctx := context.Background()
	buyer, seller := found(t, "buyer"), found(t, "seller")
	t.Run("words that differ", func(t *testing.T) {
		_, text, err := buyer.Invite(ctx, "", proposal(), false)
		if err != nil {
			t.Fatal(err)
		}
		p, err := seller.AcceptInvitation(ctx, text)
		if err != nil {
			t.Fatal(err)
		}
		if p, err = seller.ConfirmWordsOf(ctx, p.ID, false); err != nil || p.Stage != partnership.StageWithdrawn {
			t.Fatalf("giving up left stage %q: %v", p.Stage, err)
		}
	})
	t.Run("a withdrawn invitation", func(t *testing.T) {
		inv, text, err := buyer.Invite(ctx, "", proposal(), false)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := buyer.Withdraw(ctx, inv.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := seller.AcceptInvitation(ctx, text); err == nil {
			t.Fatal("a withdrawn invitation was taken up")
		}
	})
	t.Run("an answer nobody waits for", func(t *testing.T) {
		inv, _, err := buyer.Invite(ctx, "", proposal(), true)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := buyer.ConfirmWordsOf(ctx, inv.ID, true); codeOf(err) != "PAIRING_IDLE" {
			t.Fatal(err)
		}
		if _, err := buyer.ConfirmWordsOf(ctx, "0123456789abcdef", true); codeOf(err) != "NO_INVITATION" {
			t.Fatal(err)
		}
	})
	if len(buyer.Partnerships())+len(seller.Partnerships()) != 0 {
		t.Fatal("a partnership was left behind")
	}
}

// A retry with the command's ID opens no second invitation, and no more than sixteen are open at once.
func TestInvitationsAreBounded(t *testing.T) {
	ctx := context.Background()
	buyer := found(t, "buyer")
	_, first, err := buyer.Invite(ctx, "once", proposal(), false)
	if err != nil {
		t.Fatal(err)
	}
	if _, again, err := buyer.Invite(ctx, "once", proposal(), false); err != nil || again != first {
		t.Fatalf("a retry gave another invitation: %v", err)
	}
	for range 15 {
		if _, _, err := buyer.Invite(ctx, "", proposal(), false); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := buyer.Invite(ctx, "", proposal(), false); codeOf(err) != "LIMIT_INVITATIONS" {
		t.Fatalf("the seventeenth invitation: %v", err)
	}
	list, err := buyer.Pairings()
	if err != nil || len(list) != 16 {
		t.Fatalf("%d invitations are held: %v", len(list), err)
	}
	for _, p := range list {
		if p.Token.Secret != nil {
			t.Fatal("the list of pairings tells a secret")
		}
	}
}
