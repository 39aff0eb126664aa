package desk

import (
	"testing"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/testnet/virtual"
)

// Slots count from finality to the agreement's last day, and not after it.
func TestAgreedSuppliesExpire(t *testing.T) {
	s, err := virtual.NewScene(2, false)
	if err == nil {
		err = s.Signed()
	}
	if err != nil {
		t.Fatal(err)
	}
	topic, err := s.Negotiate(s.Now + 20*virtual.Day)
	if err != nil {
		t.Fatal(err)
	}
	document, err := s.Draft(s.Parties()[0], topic, s.Now+3*virtual.Day, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range s.Parties() {
		for _, officer := range []string{"COO", "CFO"} {
			if err := s.Meet(); err != nil {
				t.Fatal(err)
			}
			draft, err := d.Signature(document, officer, nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := d.Write(draft); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.Meet(); err != nil {
		t.Fatal(err)
	}
	maker := s.Desk("maker")
	if row, _, err := maker.Round(document); err != nil || row.Verdict != decision.Final {
		t.Fatalf("the round is %s: %v", row.Verdict, err)
	}
	for day, slots := range map[string]int{"2026-12-01": 1, "2027-03-15": 1, "2027-12-30": 1, "2027-12-31": 0, "2028-03-01": 0} {
		err := maker.View(func(r *protocol.Replica) error {
			for _, x := range []struct {
				seller block.CID
				want   int
			}{{maker.ID, slots}, {block.Sum([]byte("nobody")), 0}} {
				effects, err := effectsOn(r, calendar.MustDate(day), 0)
				if err != nil {
					return err
				}
				if out := agreedSupplies(effects, x.seller); len(out) != x.want {
					t.Errorf("%s: %d slots of %s count, want %d", day, len(out), x.seller.Short(), x.want)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
