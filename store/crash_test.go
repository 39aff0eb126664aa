package store_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"kontor/store"
	"kontor/store/kv"
)

// crashEnv holds the directory a victim writes to; see TestKillLosesNothing.
const crashEnv = "KONTOR_STORE_CRASH_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashEnv); dir != "" {
		if err := victim(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

const writers = 4

// crashValue is the content of record i of writer g: from a few bytes to
// 40 KiB, so that both the tables and the value log are hit.
func crashValue(g, i uint64) []byte {
	b := make([]byte, 16+(g*7919+i*104729)%(40<<10)/(1+i%7*i%11))
	for at := range b {
		b[at] = byte(uint64(at)*31 + g*17 + i)
	}
	return b
}

// victim writes until it is killed and says on standard output what was
// acknowledged: a line "g i" for record i of writer g, "bulk i" for a fill,
// "mark i" for the high-water file.
func victim(dir string) error {
	s, err := store.Open(store.Options{Dir: filepath.Join(dir, "db"), Key: testKey, Probe: roomy})
	if err != nil {
		return err
	}
	h, err := store.OpenHighWater(filepath.Join(dir, "high-water"))
	if err != nil {
		return err
	}
	var out sync.Mutex
	say := func(format string, args ...any) {
		out.Lock()
		defer out.Unlock()
		fmt.Fprintf(os.Stdout, format+"\n", args...)
	}
	say("open 0")
	failed := make(chan error)
	for g := range uint64(writers) {
		go func() {
			for {
				var i uint64
				err := s.Update(func(k kv.KV) error {
					v, _, err := k.Get('c', []byte{byte(g)})
					if err != nil {
						return err
					}
					if len(v) == 8 {
						i = binary.BigEndian.Uint64(v) + 1
					}
					if err := k.Put('r', fmt.Appendf(nil, "%d/%d", g, i), crashValue(g, i)); err != nil {
						return err
					}
					return k.Put('c', []byte{byte(g)}, binary.BigEndian.AppendUint64(nil, i))
				})
				if err != nil {
					failed <- err
					return // nothing was acknowledged
				}
				say("%d %d", g, i)
			}
		}()
	}
	go func() {
		mark, _ := h.Get("feed")
		for {
			mark++
			if err := h.Raise(map[string]int64{"feed": mark}); err != nil {
				failed <- err
				return
			}
			say("mark %d", mark)
		}
	}()
	for i := uint64(0); ; i++ {
		if err := s.Bulk(func(put func(byte, []byte, []byte) error) error {
			for b := range uint64(8) {
				if err := put('b', fmt.Appendf(nil, "%d/%d", i, b), crashValue(9, i+b)); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
		say("bulk %d", i)
		select {
		case err := <-failed:
			return err
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// TestKillLosesNothing kills a writing process five times and checks that
// everything it acknowledged is there, whole, and that no update is there in
// part. A kill leaves the page cache alone, so this is no test of power loss.
func TestKillLosesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	dir := t.TempDir()
	rnd := rand.New(rand.NewPCG(1, 2))
	total := 0
	for round := range 5 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), crashEnv+"="+dir)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		acked := map[string]uint64{}
		lines := bufio.NewScanner(out)
		var timer *time.Timer
		for lines.Scan() {
			if timer == nil && len(acked) >= 4 { // every kind of writer has shown itself
				timer = time.AfterFunc(time.Duration(100+rnd.IntN(300))*time.Millisecond, func() { cmd.Process.Kill() })
			}
			var who string
			var i uint64
			if n, _ := fmt.Sscanf(lines.Text(), "%s %d", &who, &i); n == 2 {
				acked[who] = i
				total++
			}
		}
		if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != -1 {
			t.Fatalf("round %d: the victim ended by itself: %v", round, err)
		}
		checkSurvivor(t, dir, round, acked)
	}
	t.Logf("%d acknowledgements over 5 kills", total)
}

func checkSurvivor(t *testing.T, dir string, round int, acked map[string]uint64) {
	t.Helper()
	start := time.Now()
	s := open(t, filepath.Join(dir, "db"))
	defer s.Close()
	t.Logf("round %d: opening took %s", round, time.Since(start))
	h, err := store.OpenHighWater(filepath.Join(dir, "high-water"))
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if v, _ := h.Get("feed"); uint64(v) < acked["mark"] {
		t.Errorf("round %d: high water %d, acknowledged %d", round, v, acked["mark"])
	}
	records := 0
	err = s.View(func(k kv.KV) error {
		for g := range uint64(writers) {
			v, found, err := k.Get('c', []byte{byte(g)})
			if err != nil {
				return err
			}
			last, wasAcked := acked[fmt.Sprint(g)]
			if !found {
				if wasAcked {
					t.Errorf("round %d: writer %d lost everything", round, g)
				}
				continue
			}
			count := binary.BigEndian.Uint64(v)
			if wasAcked && count < last {
				t.Errorf("round %d: writer %d has %d, acknowledged %d", round, g, count, last)
			}
			for i := range count + 1 {
				got, found, err := k.Get('r', fmt.Appendf(nil, "%d/%d", g, i))
				if err != nil {
					return err
				}
				if want := crashValue(g, i); !found || string(got) != string(want) {
					t.Errorf("round %d: record %d/%d found %v, %d bytes of %d", round, g, i, found, len(got), len(want))
				}
				records++
			}
			if _, found, err := k.Get('r', fmt.Appendf(nil, "%d/%d", g, count+1)); found || err != nil {
				t.Errorf("round %d: record %d/%d without its counter (%v)", round, g, count+1, err)
			}
		}
		if last, ok := acked["bulk"]; ok {
			for i := range last + 1 {
				for b := range uint64(8) {
					got, found, err := k.Get('b', fmt.Appendf(nil, "%d/%d", i, b))
					if err != nil {
						return err
					}
					if !found || string(got) != string(crashValue(9, i+b)) {
						t.Errorf("round %d: bulk record %d/%d found %v", round, i, b, found)
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("round %d: %d records after %v", round, records, acked)
}

// A process that is killed while Badger removes or makes a memory table leaves one without a byte. The database opens all the same, with all it held.
func TestAnEmptyTableIsNoObstacle(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "db")
	open := func() *store.DB {
		t.Helper()
		s, err := store.Open(store.Options{Dir: dir, Key: testKey, Probe: roomy})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	if err := s.Update(func(k kv.KV) error { return k.Put('r', []byte("a"), []byte("kept")) }); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"00000.mem", "00098.mem", "00099.mem"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			continue // a table in use
		}
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s = open()
	defer s.Close()
	if err := s.View(func(k kv.KV) error {
		v, found, err := k.Get('r', []byte("a"))
		if err != nil || !found || string(v) != "kept" {
			t.Errorf("%q, %v, %v", v, found, err)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}
