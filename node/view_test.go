package node

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/forecast"
	"kontor/store"
)

// forecasts counts the forecasts of a member that are in force.
func forecasts(o *office, pid, author block.CID) (n int, err error) {
	err = o.View(pid, func(r *protocol.Replica) error {
		rows, err := r.InForce(forecast.Type, author)
		n = len(rows)
		return err
	})
	return n, err
}

// copied is a home as a snapshot of the machine would have it.
func copied(t *testing.T, home Home) Home {
	t.Helper()
	to := Home(filepath.Join(t.TempDir(), "copy"))
	if err := os.CopyFS(string(to), os.DirFS(string(home))); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(string(home), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		below, err := filepath.Rel(string(home), path)
		if err != nil {
			return err
		}
		return os.Chmod(filepath.Join(string(to), below), info.Mode().Perm())
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// A member's machine and its copy both wrote. The partner finds the fork and folds thousands of entries again; who reads meanwhile waits and sees what
// is in force, or is told that it is being folded, and never a list that is short.
func TestReadsWaitForTheFold(t *testing.T) {
	buyer, seller := foundAt(t, "buyer"), foundAt(t, "seller")
	pid := pair(t, buyer, seller).PID
	if err := shareDraft(buyer, pid, draft(t)); err != nil {
		t.Fatal(err)
	}
	author := buyer.Company()
	inForce := func() bool { n, err := forecasts(seller, pid, author); return err == nil && n == 1 }
	eventually(t, "the forecast", inForce)
	at := func() int64 { return buyersHead(t, seller, buyer, pid) }
	grow := func(home Home, entries int) {
		buyer.stop()
		writeAlone(t, home, pid, entries)
		want := ownHead(t, &office{home: home}, pid)
		buyer = open(t, home)
		eventually(t, "the buyer's feed at the seller", func() bool { return at() >= want })
	}
	entries := 2_000
	if testing.Short() {
		entries = 600
	}
	grow(buyer.home, entries)
	buyer.stop()
	twin := copied(t, buyer.home)
	grow(buyer.home, 1)
	buyer.stop()
	writeAlone(t, twin, pid, 2)
	open(t, twin)
	// What is known of the fork is known before all is folded again.
	forked := func() (found, done bool) {
		if err := seller.Peek(pid, func(r *protocol.Replica) error {
			forks, err := r.Log.Forks()
			if err != nil {
				return err
			}
			behind, err := r.Behind()
			found, done = len(forks) > 0, !behind
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return found, done
	}
	reads := 0
	for began := time.Now(); ; reads++ {
		found, done := forked()
		n, err := forecasts(seller, pid, author)
		if code := codeOf(err); err != nil && code != "FOLDING" || err == nil && n != 1 {
			t.Fatalf("read %d, fork found: %v, folded: %v: %d forecasts in force, %v", reads, found, done, n, err)
		}
		if found && done {
			break
		}
		if time.Since(began) > 5*time.Minute {
			t.Fatal("the fork was not found")
		}
	}
	if !inForce() {
		t.Error("nothing is in force at the end")
	}
}

// Where folding takes longer than a read waits, the read says so and how far it is.
func TestReadsSayHowFarTheFoldIs(t *testing.T) {
	o := found(t, "alone")
	other := found(t, "other")
	pid := pair(t, o, other).PID
	other.stop()
	o.stop()
	writeAlone(t, o.home, pid, 1_000)
	n, err := Open(Config{Home: o.home, Offline: true})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	p, err := n.Partnership(pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.db.Update(func(kv store.KV) error { return p.Open(kv).Rebuild() }); err != nil {
		t.Fatal(err)
	}
	n.foldPatience = time.Nanosecond
	err = n.View(pid, func(*protocol.Replica) error { return nil })
	if codeOf(err) != "FOLDING" || !strings.Contains(err.Error(), " of 100") {
		t.Fatalf("read in the middle of the fold: %v", err)
	}
	n.foldPatience = time.Minute
	if err := n.View(pid, func(r *protocol.Replica) error {
		again, err := r.FoldingAgain()
		if again {
			t.Error("read while it is folding again")
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}
