package demo_test

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"kontor/testnet/demo"
	"kontor/testnet/proc"
)

func TestMain(m *testing.M) { os.Exit(proc.Main(m.Run)) }

func play(t *testing.T, o demo.Options) (demo.Report, string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	var story bytes.Buffer
	o.Kontor, o.Exit, o.Stdout, o.Stderr = proc.Binary, true, &story, &story
	report, err := demo.Run(ctx, o)
	return report, story.String(), err
}

// The main job, from invitation to a signed agreement and one tier further.
func TestTheMainJob(t *testing.T) {
	r, story, err := play(t, demo.Options{})
	if err != nil {
		t.Fatalf("%v\n%s", err, story)
	}
	switch {
	case len(r.Companies) != 3, r.Forecast.Series == 0, r.Match.Bottlenecks == 0, r.Topic.Rounds < 2, r.Agreement.Signatures != 4, !r.Agreement.FinalOnBoth,
		!r.Agreement.VerifiedOffline, r.Agreement.AgreedSlots == 0, r.Propagation.Series == 0, r.Propagation.NamesOfAgencySeen != 0, !r.StateRootsEqual:
		t.Errorf("a measured value is not as the story says: %+v", r)
	}
	if q := r.Dispute; q == nil || !q.EqualOnBoth || !q.Verified || q.Cause != "SETTLED" {
		t.Errorf("the dispute over the credit does not end as the story says: %+v", q)
	}
	if r.Forecast.Coverage80 < 0.75 || r.Forecast.Coverage80 > 0.88 || r.Forecast.Pinball > r.Forecast.PinballEmpirical {
		t.Errorf("the bands do not hold: %+v", r.Forecast)
	}
}

// Twice the capacity: no line is a bottleneck, so nothing goes to the officers.
func TestWithEnoughCapacityItEndsDifferently(t *testing.T) {
	r, story, err := play(t, demo.Options{CapacityFactor: 2})
	if err != nil {
		t.Fatalf("%v\n%s", err, story)
	}
	if r.Match.Bottlenecks != 0 || !r.NoBottleneck || r.Topic.ID != "" || r.Agreement.CID != "" || !r.StateRootsEqual {
		t.Errorf("with twice the capacity: %+v", r)
	}
}

// Nodes killed with SIGKILL in the middle of signing: nothing acknowledged is lost, nobody signs twice, no second history, the same state.
func TestKilledInTheMiddleOfSigning(t *testing.T) {
	if testing.Short() {
		t.Skip("four kills take half a minute; the full run has them")
	}
	r, story, err := play(t, demo.Options{Kills: true})
	if err != nil {
		t.Fatalf("%v\n%s", err, story)
	}
	if r.Agreement.Signatures != 4 || !r.Agreement.FinalOnBoth || !r.Agreement.VerifiedOffline || !r.StateRootsEqual {
		t.Errorf("after four kills: %+v", r)
	}
	t.Log(story[strings.Index(story, "\n5."):strings.Index(story, "\n6.")])
}

// Every claim can fail: with one thing broken, the demonstration says which.
func TestBrokenOnPurpose(t *testing.T) {
	if testing.Short() {
		t.Skip("five demonstrations; the full run has them")
	}
	names := map[string]string{"sign": "signature of the CFO of Tablet Maker is refused", "quorum": "Tablet Maker still lacks CFO", "name": "the agency's name in",
		"root": "first row that differs: \"mandate/", "restart": "the node of Tablet Maker is down"}
	for _, thing := range demo.Breaks {
		t.Run(thing, func(t *testing.T) {
			_, story, err := play(t, demo.Options{Break: thing})
			if err == nil {
				t.Fatalf("nothing failed with %s broken\n%s", thing, story)
			}
			if !strings.Contains(err.Error(), names[thing]) {
				t.Errorf("the failure does not name it: %v", err)
			}
		})
	}
}
