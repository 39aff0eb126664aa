package p2p_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"kontor/protocol/block"
	"kontor/protocol/identity"
	"kontor/protocol/partnership"
	"kontor/protocol/wire/wiretest"
)

// invite makes an invitation of the buyer and opens its door for it.
func invite(t testing.TB, o *office) string {
	t.Helper()
	self, err := o.Party(t.Context())
	check(t, err)
	s, text, err := partnership.Invite(wiretest.Rand(o.Name+" invites"), self, partnership.Offer{Role: partnership.RoleSeller,
		Materiality: identity.Amount{Minor: 5_000_00, Currency: "EUR"}, Expires: o.clock().UnixMilli() + 3_600_000})
	check(t, err)
	o.mu.Lock()
	o.invitations[s.Token.ID()] = s
	o.mu.Unlock()
	check(t, o.host.Refresh(t.Context()))
	return text
}

// accept takes it up, or goes on with what was saved.
func accept(t testing.TB, o *office, text string) (partnership.Paired, error) {
	t.Helper()
	token, err := partnership.ParseToken(text)
	check(t, err)
	o.mu.RLock()
	s, begun := o.accepted[token.ID()]
	o.mu.RUnlock()
	if !begun {
		self, err := o.Party(t.Context())
		check(t, err)
		if s, err = partnership.Accept(o.Rand, text, self, o.clock().UnixMilli()); err != nil {
			return partnership.Paired{}, err
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return o.host.Pair(ctx, s)
}

func strangers(t testing.TB) (buyer, seller *office) {
	t.Helper()
	buyer, seller = newOffice(t, wiretest.New("buyer")), newOffice(t, wiretest.New("seller"))
	buyer.listen(quick)
	seller.listen(quick)
	return buyer, seller
}

func TestPairing(t *testing.T) {
	buyer, seller := strangers(t)
	var shown [2]partnership.Words
	buyer.confirm = func(w partnership.Words) (bool, error) { shown[0] = w; return true, nil }
	seller.confirm = func(w partnership.Words) (bool, error) { shown[1] = w; return true, nil }
	text := invite(t, buyer)
	began := time.Now()
	paired, err := accept(t, seller, text)
	check(t, err)
	t.Logf("paired in %v", time.Since(began))
	if shown[0] != shown[1] || shown[0][0] == "" {
		t.Fatalf("words %q and %q", shown[0], shown[1])
	}
	// The partnership stands: what is written travels under the real identities.
	eventually(t, "both in step", inStep(buyer, seller))
	buyer.write(paired.PID, kindDoc, note(t, "first"))
	seller.awaitHead(paired.PID, buyer.ID, 2)
	// Used up: nobody gets in with it again.
	mallory := newOffice(t, wiretest.New("mallory"))
	mallory.listen(quick)
	eventually(t, "the invitation to close", func() bool {
		buyer.mu.RLock()
		defer buyer.mu.RUnlock()
		for _, s := range buyer.invitations {
			return s.Stage == partnership.StageDone
		}
		return false
	})
	if _, err := accept(t, mallory, text); err == nil {
		t.Fatal("a used invitation pairs again")
	}
}

func pairCode(err error) string {
	var pe *partnership.PairError
	if errors.As(err, &pe) {
		return pe.Code
	}
	return fmt.Sprint(err)
}

func TestPairingRefused(t *testing.T) {
	t.Run("expired", func(t *testing.T) {
		buyer, seller := strangers(t)
		text := invite(t, buyer)
		clock := seller.clock
		seller.clock = func() time.Time { return clock().Add(2 * time.Hour) }
		if _, err := accept(t, seller, text); pairCode(err) != partnership.CodeExpired {
			t.Fatal(err)
		}
	})
	t.Run("the inviter says the words differ", func(t *testing.T) {
		buyer, seller := strangers(t)
		buyer.confirm = func(partnership.Words) (bool, error) { return false, nil }
		text := invite(t, buyer)
		if _, err := accept(t, seller, text); pairCode(err) != partnership.CodeWords {
			t.Fatal(err)
		}
		if _, err := accept(t, seller, text); err == nil {
			t.Fatal("a withdrawn invitation pairs")
		}
	})
	t.Run("the acceptor says the words differ", func(t *testing.T) {
		buyer, seller := strangers(t)
		seller.confirm = func(partnership.Words) (bool, error) { return false, nil }
		if _, err := accept(t, seller, invite(t, buyer)); pairCode(err) != partnership.CodeWords {
			t.Fatal(err)
		}
		if len(buyer.circles) != 0 || len(seller.circles) != 0 {
			t.Fatal("a partnership stands all the same")
		}
	})
	t.Run("another company after the first", func(t *testing.T) {
		buyer, seller := strangers(t)
		thief := newOffice(t, wiretest.New("mallory"))
		thief.listen(quick)
		thief.confirm = func(partnership.Words) (bool, error) { return false, nil }
		text := invite(t, buyer)
		_, _ = accept(t, thief, text)
		if _, err := accept(t, seller, text); pairCode(err) != partnership.CodeBound {
			t.Fatal(err)
		}
	})
	t.Run("a used invitation", func(t *testing.T) {
		buyer, seller := strangers(t)
		text := invite(t, buyer)
		_, err := accept(t, seller, text)
		check(t, err)
		thief := newOffice(t, wiretest.New("mallory"))
		thief.listen(quick)
		eventually(t, "the end of the pairing, and the door closed", func() bool {
			_, err := accept(t, thief, text)
			return pairCode(err) == partnership.CodeWithdrawn
		})
		kept := buyer.store.Len()
		if _, err := accept(t, thief, text); pairCode(err) != partnership.CodeWithdrawn {
			t.Fatal(err)
		}
		buyer.mu.RLock()
		defer buyer.mu.RUnlock()
		if len(buyer.circles) != 1 || len(thief.circles) != 0 || buyer.store.Len() != kept {
			t.Fatalf("the inviter has %d partnerships, the thief %d", len(buyer.circles), len(thief.circles))
		}
	})
	t.Run("an altered invitation", func(t *testing.T) {
		buyer, _ := strangers(t)
		text := []byte(invite(t, buyer))
		text[40] ^= 1
		if _, err := partnership.ParseToken(string(text)); pairCode(err) != partnership.CodeAltered {
			t.Fatal(err)
		}
	})
}

// The disk fails, or the machine stops, at each save of either side, one after the other. Run again, the pairing ends in one partnership.
func TestPairingCrashAtEverySave(t *testing.T) {
	steps := map[string]bool{}
	for n := 1; ; n++ {
		failed := false
		t.Run(fmt.Sprint("save ", n), func(t *testing.T) {
			buyer, seller := strangers(t)
			count := 0
			fail := func(step string) error {
				if count++; count == n {
					failed = true
					steps[step] = true
					return errors.New("the disk is gone")
				}
				return nil
			}
			buyer.failSave, seller.failSave = fail, fail
			text := invite(t, buyer)
			paired, err := accept(t, seller, text)
			for began := time.Now(); err != nil && time.Since(began) < patience; {
				time.Sleep(20 * time.Millisecond) // the other side notices
				paired, err = accept(t, seller, text)
			}
			check(t, err)
			eventually(t, "both in step", inStep(buyer, seller))
			seller.write(paired.PID, kindNote)
			buyer.awaitHead(paired.PID, seller.ID, 2)
			buyer.mu.RLock()
			defer buyer.mu.RUnlock()
			if len(buyer.circles) != 1 || len(seller.circles) != 1 {
				t.Fatalf("%d and %d partnerships stand", len(buyer.circles), len(seller.circles))
			}
		})
		if t.Failed() || !failed {
			break
		}
	}
	if len(steps) < 6 {
		t.Errorf("only these saves were seen to fail: %v", steps)
	}
}

var _ block.CID
