package proc_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/testnet/data"
	"kontor/testnet/proc"
)

var kontor string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "kontor-proc-")
	if err != nil {
		panic(err)
	}
	kontor = filepath.Join(dir, "kontor")
	build := exec.Command("go", "build", "-trimpath", "-o", kontor, "kontor/cmd/kontor")
	build.Stderr = os.Stderr
	code := 1
	if err := build.Run(); err == nil {
		code = m.Run()
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

// pair founds a buyer and a seller, real processes both, and pairs them.
func pair(t *testing.T, ctx context.Context) (buyer, seller *proc.Company) {
	t.Helper()
	dir := t.TempDir()
	var cast []*proc.Company
	for _, name := range []string{"Relief Agency", "Tablet Maker"} {
		c, err := proc.New(dir, kontor, name, fmt.Sprintf("c%d", len(cast)))
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
	must(t, proc.Eventually(ctx, "one line and one root on both sides", 30*time.Second, func() (bool, error) {
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

// THREATS NET-4, DUR-1: a node killed in the middle of sharing loses nothing it acknowledged, writes no second history, and both sides
// end with the same state.
func TestKilledInTheMiddleOfSharing(t *testing.T) {
	kills := 4
	if testing.Short() {
		kills = 1
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	buyer, seller := pair(t, ctx)
	monthly, err := buyer.WriteFile("monthly.csv", data.Monthly())
	must(t, err)
	_, err = buyer.Run(ctx, "history", "import", monthly)
	must(t, err)
	_, err = buyer.Run(ctx, "forecast", "baseline", "--horizon", "3")
	must(t, err)

	acknowledged := map[string]bool{}
	for round := range kills {
		victim := []*proc.Company{buyer, seller}[round%2]
		var wg sync.WaitGroup
		var mu sync.Mutex
		stop := make(chan struct{})
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				percent := []string{"3", "-2"}[i%2]
				if _, err := buyer.Run(ctx, "forecast", "adjust", "--product", "TDF300-30", "--percent", percent); err != nil {
					return // the node is gone: that is the point
				}
				var shared desk.Shared
				if err := buyer.Ask(ctx, &shared, "forecast", "share"); err != nil {
					return
				}
				mu.Lock()
				acknowledged[shared.CID.String()] = true
				mu.Unlock()
			}
		}()
		time.Sleep(time.Duration(350+170*round) * time.Millisecond)
		victim.Kill()
		close(stop)
		wg.Wait()
		must(t, victim.Start(ctx))
	}
	if len(acknowledged) == 0 {
		t.Fatal("nothing was shared between the kills; the test shows nothing")
	}
	settled(t, ctx, buyer, seller)
	for _, c := range []*proc.Company{buyer, seller} {
		var list []desk.HeldForecast
		must(t, c.Ask(ctx, &list, "forecast", "list"))
		held := map[string]int{}
		for _, f := range list {
			held[f.CID.String()]++
		}
		for cid := range acknowledged {
			if held[cid] != 1 {
				t.Errorf("%s holds the acknowledged forecast %s %d times", c.Name, cid, held[cid])
			}
		}
	}
	t.Logf("%d kills, %d shares acknowledged, all held once on both sides", kills, len(acknowledged))
}
