package virtual

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kontor/protocol"
	"kontor/protocol/decision"
	"kontor/protocol/dispute"
)

var (
	seedFlag    = flag.Int64("seed", -1, "play this seed alone, with its trace")
	fromFlag    = flag.Uint64("from", 0, "play seeds from this one on")
	storiesFlag = flag.Bool("stories", false, "play those seeds alone that have a story")
)

// seeds is how many networks a test run plays: KONTOR_SEEDS, else 2,000, else 200 with -short.
func seeds() uint64 {
	if n, err := strconv.ParseUint(os.Getenv("KONTOR_SEEDS"), 10, 64); err == nil {
		return n
	}
	if testing.Short() {
		return 200
	}
	return 2000
}

// TestSeeds plays many networks, on all cores (SIM-1 and SIM-2).
func TestSeeds(t *testing.T) {
	if *seedFlag >= 0 {
		fmt.Println(Legend)
		totals, err := Run(Config{Seed: uint64(*seedFlag), Trace: os.Stdout})
		fmt.Printf("%+v\n", totals)
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // thousands of short-lived networks: collect less often
	began := time.Now()
	var sum Totals
	var mu sync.Mutex
	var next atomic.Uint64
	next.Store(*fromFlag)
	var wg sync.WaitGroup
	failed := 0
	for range runtime.GOMAXPROCS(0) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for {
				seed := next.Add(1) - 1
				if seed >= *fromFlag+seeds() {
					return
				}
				if *storiesFlag && storyOf(seed) == noStory {
					continue
				}
				totals, err := Run(Config{Seed: seed})
				mu.Lock()
				sum.Add(totals)
				if err != nil {
					failed++
					if failed <= 5 {
						t.Errorf("seed %d: %v", seed, err)
					}
					if failed == 1 {
						t.Log(replay(seed))
					}
				}
				stop := failed > 20
				mu.Unlock()
				if stop {
					return
				}
			}
		}()
	}
	wg.Wait()
	fmt.Printf("%s in %.1f s\n", sum, time.Since(began).Seconds())
	if failed > 0 {
		t.Fatalf("%d seeds failed", failed)
	}
	// A simulation that stopped doing what it is for must not pass.
	if *storiesFlag || *fromFlag > 0 {
		return
	}
	if n := sum.Seeds; sum.Entries < least*n || sum.Partitions < n || sum.Crashes < n || sum.Jumps < n || sum.Replays == 0 || sum.Steps < n || sum.Restores == 0 || sum.Forks == 0 || sum.Resolved == 0 {
		t.Errorf("the networks were too quiet: %+v", sum)
	}
	for _, what := range []string{"topic PROPOSE DEMAND_CAPACITY", "topic PROPOSE JOINT_MARKETING", "topic PROPOSE QUALITY", "topic PROPOSE COMMERCIAL",
		"topic PROPOSE to amend", "topic PROPOSE to end early", "topic PROPOSE from an exception", "topic DROP", "topic READY again",
		protocol.KindMilestone, protocol.KindReconfirm, protocol.KindExceptionClose, protocol.KindLapse, protocol.KindForkResolve,
		"dispute OPEN AGREEMENT", "dispute OPEN CLAUSE", "dispute OPEN MEASUREMENT", "remedy DISPUTE", "dispute PROPOSE", "dispute ACCEPT", "dispute ESCALATE", "dispute WITHDRAW", "dispute RULE"} {
		if sum.Told[what] == 0 && seeds() >= 1000 {
			t.Errorf("in %d seeds nobody did: %s", sum.Seeds, what)
		}
	}
	for _, cause := range []dispute.Cause{dispute.Settled, dispute.Ruled, dispute.Withdrawn, dispute.ByDefault} {
		if sum.Ends[cause] == 0 && seeds() >= 1000 {
			t.Errorf("no dispute ended %s in %d seeds", cause, sum.Seeds)
		}
	}
	if seeds() >= 1000 && (sum.Corrections == 0 || sum.RolledOut == 0 || sum.Standing[decision.Superseded] == 0) {
		t.Errorf("the stories were too quiet: %+v", sum)
	}
	if seeds() > 8 && (sum.Windows == 0 || sum.Credits == 0 || sum.Disputes == 0 || sum.Ended == 0 || sum.Bound == 0 && seeds() >= 200) { // seed 4 is the first under terms
		t.Errorf("the networks under terms were too quiet: %+v", sum)
	}
	for _, v := range []decision.Verdict{decision.Final, decision.Void, decision.Contested, decision.Open} {
		if sum.Rounds[v] == 0 && seeds() >= 1000 {
			t.Errorf("no round ended %s in %d seeds", v, sum.Seeds)
		}
	}
}

// replay is the end of a failing seed's trace.
func replay(seed uint64) string {
	var trace bytes.Buffer
	_, err := Run(Config{Seed: seed, Trace: &trace})
	lines := strings.Split(strings.TrimSpace(trace.String()), "\n")
	lines = lines[max(0, len(lines)-60):]
	return fmt.Sprintf("seed %d once more: %v\nplay it with: go test ./testnet/virtual -run Seeds -seed %d\n%s\n%s", seed, err, seed, Legend, strings.Join(lines, "\n"))
}

// TestSeedReplays: a seed gives the same trace each time, byte for byte.
func TestSeedReplays(t *testing.T) {
	for seed := uint64(0); seed < 8; seed++ {
		var traces [2]bytes.Buffer
		for i := range traces {
			if _, err := Run(Config{Seed: seed, Trace: &traces[i]}); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(traces[0].Bytes(), traces[1].Bytes()) {
			t.Errorf("seed %d plays differently the second time", seed)
		}
	}
}
