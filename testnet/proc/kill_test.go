package proc_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/testnet/data"
	"kontor/testnet/proc"
)

func TestMain(m *testing.M) { os.Exit(proc.Main(m.Run)) }

// pair founds a buyer and a seller, real processes both, and pairs them.
func pair(t *testing.T, ctx context.Context) (buyer, seller *proc.Company) {
	t.Helper()
	dir := t.TempDir()
	var cast []*proc.Company
	for _, name := range []string{"Relief Agency", "Tablet Maker"} {
		c, err := proc.New(dir, proc.Binary, name, fmt.Sprintf("c%d", len(cast)))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Kill)
		if err := c.Found(ctx); err != nil {
			t.Fatal(err)
		}
		cast = append(cast, c)
	}
	buyer, seller = cast[0], cast[1]
	var token wire.Invitation
	must(t, buyer.Ask(ctx, &token, "partner", "invite", "--as", "buyer"))
	must(t, seller.Ask(ctx, &wire.Pairing{}, "partner", "accept", token.Invitation, "--yes"))
	return buyer, seller
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// settled waits until both sides stand at one line with one root, and nothing is unacknowledged that should not be.
func settled(t *testing.T, ctx context.Context, buyer, seller *proc.Company) {
	t.Helper()
	must(t, proc.Eventually(ctx, "one line and one root on both sides", time.Minute, func() (bool, error) {
		var a, b wire.PartnerListing
		if err := buyer.Ask(ctx, &a, "partner", "list"); err != nil {
			return false, err
		}
		if err := seller.Ask(ctx, &b, "partner", "list"); err != nil {
			return false, err
		}
		p, q := a.Partnerships[0], b.Partnerships[0]
		if p.Mismatch || q.Mismatch || p.Recovering != 0 || q.Recovering != 0 {
			state, _ := json.Marshal([]any{p, q})
			return false, fmt.Errorf("mismatch or recovery: %s", state)
		}
		return p.Line == q.Line && p.Root == q.Root && p.Line > 1, nil
	}))
}

// planned gives the buyer figures to share.
func planned(t *testing.T, ctx context.Context, buyer *proc.Company) {
	t.Helper()
	monthly, err := buyer.WriteFile("monthly.csv", data.Monthly())
	must(t, err)
	_, err = buyer.Run(ctx, "history", "import", monthly)
	must(t, err)
	_, err = buyer.Run(ctx, "forecast", "baseline", "--horizon", "3")
	must(t, err)
}

// share keeps a buyer sharing revisions from another goroutine, until it is stopped or its node is gone.
type share struct {
	mu           sync.Mutex
	acknowledged map[string]bool
	cancel       context.CancelFunc
	done         chan struct{}
}

func (s *share) start(ctx context.Context, buyer *proc.Company) {
	ctx, s.cancel = context.WithCancel(ctx)
	s.done = make(chan struct{})
	go func() {
		defer close(s.done)
		for i := 0; ctx.Err() == nil; i++ {
			percent := []string{"3", "-2"}[i%2]
			if _, err := buyer.Run(ctx, "forecast", "adjust", "--product", "TDF300-30", "--percent", percent); err != nil {
				return // the node is gone: that is the point
			}
			var shared desk.Shared
			if err := buyer.Ask(ctx, &shared, "forecast", "share"); err != nil {
				return
			}
			s.mu.Lock()
			s.acknowledged[shared.CID.String()] = true
			s.mu.Unlock()
		}
	}()
}

func (s *share) stop() {
	s.cancel()
	<-s.done
}

// count is how many shares were acknowledged.
func (s *share) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.acknowledged)
}

// reaches waits until so many shares were acknowledged.
func (s *share) reaches(t *testing.T, ctx context.Context, n int) {
	t.Helper()
	must(t, proc.Eventually(ctx, fmt.Sprintf("acknowledgement %d of a share", n), time.Minute, func() (bool, error) { return s.count() >= n, nil }))
}

// held makes sure that every company holds what was acknowledged, once.
func (s *share) held(t *testing.T, ctx context.Context, companies ...*proc.Company) {
	t.Helper()
	for _, c := range companies {
		var list []desk.HeldForecast
		must(t, c.Ask(ctx, &list, "forecast", "list"))
		held := map[string]int{}
		for _, f := range list {
			held[f.CID.String()]++
		}
		for cid := range s.acknowledged {
			if held[cid] != 1 {
				t.Errorf("%s holds the acknowledged forecast %s %d times", c.Name, cid, held[cid])
			}
		}
	}
}

// THREATS NET-4, DUR-1: a node killed at any moment of sharing loses nothing it acknowledged, writes no second history, and both sides
// end with the same state. The moments and the victims are drawn; KONTOR_KILLS sets how many.
func TestKilledAtAnyMoment(t *testing.T) {
	kills, seed := 10, uint64(time.Now().UnixNano())
	if testing.Short() {
		kills = 1
	}
	if n, err := strconv.Atoi(os.Getenv("KONTOR_KILLS")); err == nil {
		kills = n
	}
	random := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute+time.Duration(kills)*time.Minute)
	defer cancel()
	buyer, seller := pair(t, ctx)
	planned(t, ctx, buyer)
	sharing := share{acknowledged: map[string]bool{}}
	for i := range kills {
		victims := [][]*proc.Company{{buyer}, {seller}, {buyer, seller}}[random.IntN(3)]
		sharing.start(ctx, buyer)
		if i == 0 {
			sharing.reaches(t, ctx, 1) // so that there is something to lose, however slow the machine is
		}
		time.Sleep(time.Duration(50+random.IntN(900)) * time.Millisecond)
		for _, v := range victims {
			v.Kill()
		}
		sharing.stop()
		for _, v := range victims {
			must(t, v.Start(ctx))
		}
	}
	settled(t, ctx, buyer, seller)
	sharing.held(t, ctx, buyer, seller)
	unforked(t, ctx, buyer, seller)
	t.Logf("%d kills, %d shares acknowledged, all held once on both sides", kills, len(sharing.acknowledged))
}

// unforked makes sure that nobody saw two histories or two states.
func unforked(t *testing.T, ctx context.Context, companies ...*proc.Company) {
	t.Helper()
	for _, c := range companies {
		page := c.Metrics(t.Context())
		for _, line := range []string{"kontor_equivocations_total 0", "kontor_commitment_mismatch_total 0"} {
			if !strings.Contains(page, line+"\n") {
				t.Errorf("%s: %q is not on its metrics", c.Name, line)
			}
		}
	}
}

// PROTOCOL 4, a machine that lost its last writes: the database becomes a copy that was taken file by file while the node wrote, older than what the
// partner has seen. The node must notice, write nothing until the partner has given its entries back, and go on without a fork.
func TestDatabaseFromACopyTakenWhileRunning(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	buyer, seller := pair(t, ctx)
	planned(t, ctx, buyer)
	sharing := share{acknowledged: map[string]bool{}}
	sharing.start(ctx, buyer)
	sharing.reaches(t, ctx, 1)
	db, copied := filepath.Join(buyer.Home, "db"), filepath.Join(t.TempDir(), "db")
	// The manifest last, so that it names no table which the copy lacks unless one was made in between.
	must(t, exec.Command("sh", "-c", `mkdir "$2" && cd "$1" && for f in *; do [ "$f" = MANIFEST ] || cp -p "$f" "$2/" || :; done; cp -p MANIFEST "$2/"`, "sh", db, copied).Run())
	sharing.reaches(t, ctx, sharing.count()+2) // the partner sees what the copy lacks
	sharing.stop()
	settled(t, ctx, buyer, seller)
	sharing.held(t, ctx, seller)
	buyer.Kill()
	must(t, seller.Stop())
	must(t, os.RemoveAll(db))
	must(t, exec.Command("cp", "-a", copied, db).Run())
	must(t, buyer.Start(ctx))
	var status wire.StatusReport
	must(t, buyer.Ask(ctx, &status, "status"))
	if status.State != "recovering" {
		t.Fatalf("with an older database the node is %q", status.State)
	}
	_, err := buyer.Run(ctx, "forecast", "adjust", "--product", "TDF300-30", "--percent", "5") // so that there is something to share
	must(t, err)
	if said, err := buyer.Run(ctx, "forecast", "share"); err == nil {
		t.Fatalf("a node behind its own entries wrote another: %s\n%s", said, proc.Tail(buyer.Log))
	}
	must(t, seller.Start(ctx))
	err = proc.Eventually(ctx, "recovery", time.Minute, func() (bool, error) {
		err := buyer.Ask(ctx, &status, "status")
		return status.State == "ready", err
	})
	if err != nil {
		t.Fatalf("%v: %+v\n%s\n%s", err, status, proc.Tail(buyer.Log), proc.Tail(seller.Log))
	}
	settled(t, ctx, buyer, seller)
	sharing.held(t, ctx, buyer, seller)
	again := share{acknowledged: map[string]bool{}}
	again.start(ctx, buyer)
	again.reaches(t, ctx, 1)
	again.stop()
	settled(t, ctx, buyer, seller)
	unforked(t, ctx, buyer, seller)
}
