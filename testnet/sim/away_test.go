package sim

import (
	"testing"
	"time"

	"kontor/protocol"
	"kontor/protocol/block"
)

// A partner is away for thirty days, in which the buyer revises its forecast two hundred times. It shows that a company back from a long absence
// may not write before it has heard what happened (its clock might be wrong), that what it missed arrives exactly once and in order, and
// that both then believe the same.
//
// The buyer's office opens every third day for as long as it takes to write; between, and at the partner all the time, the office is closed.
func TestAwayForThirtyDays(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	const visits, revisions = 10, 20
	play(t, func(t *testing.T, w *world) {
		agency, maker := w.found("Agency"), w.found("Maker")
		pid := agency.buysFrom(maker)
		check(t, agency.expects(maker, 1000))
		agency.inStep(pid, maker, time.Minute)
		held := maker.head(pid, agency.Company())
		maker.close()

		for visit := range visits {
			agency.close()
			time.Sleep(3 * 24 * time.Hour)
			agency.open()
			if err := agency.expects(maker, 1001); failure(err) != "CLOCK_LEAP" {
				t.Fatalf("a clock three days past everything held was believed: %v", err)
			}
			agency.Confirm() // the admin says that it is right
			for i := range revisions {
				time.Sleep(time.Second)
				check(t, agency.expects(maker, 1100+visit*revisions+i))
			}
		}
		missed := agency.head(pid, agency.Company()) - held
		if missed < visits*revisions {
			t.Fatalf("the agency wrote %d entries", missed)
		}

		maker.open()
		notices, end := maker.Listen()
		defer end()
		if _, err := maker.Write(t.Context(), pid, "", heartbeat); failure(err) != "CLOCK_LEAP" {
			t.Fatalf("the maker wrote before it heard anything: %v", err)
		}
		took := maker.await(pid, agency.Company(), agency.head(pid, agency.Company()), 10*time.Minute)
		t.Logf("%d entries of %v were held %v after the office opened", missed, time.Since(firstDay).Round(time.Hour), took.Round(time.Millisecond))
		agency.inStep(pid, maker, 2*time.Minute)
		if _, err := maker.Write(t.Context(), pid, "", heartbeat); err != nil {
			t.Errorf("the maker can't write after it heard everything: %v", err)
		}
		agency.inStep(pid, maker, 2*time.Minute)

		came := map[block.CID]int{}
		for len(notices) > 0 {
			for _, e := range (<-notices).Outcome.Admitted {
				came[e.CID]++
			}
		}
		for _, e := range maker.entries(pid, agency.Company())[held:] {
			if came[e.CID] != 1 {
				t.Errorf("entry %d was taken in %d times", e.Header.Seq, came[e.CID])
			}
		}
		versions, err := maker.desk.Forecasts("")
		check(t, err)
		if len(versions) != 1+visits*revisions {
			t.Errorf("the maker holds %d versions of the forecast", len(versions))
		}
		if last := versions[len(versions)-1]; last.Status != "IN_FORCE" || last.Revision != visits*revisions {
			t.Errorf("the last version is revision %d, %s", last.Revision, last.Status)
		}
	})
}

func heartbeat(*protocol.Replica, int64) (protocol.Draft, error) {
	return protocol.Draft{Kind: protocol.KindHeartbeat}, nil
}
