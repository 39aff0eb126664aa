package store_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"kontor/store"
	"kontor/store/kv"
)

// smallDiskEnv holds the mount point of the small disk in the process that runs inside a mount namespace of its own.
const smallDiskEnv = "KONTOR_STORE_SMALL_DISK"

// smallDisk is little more than what the store needs free, so that the test can fill it.
const smallDisk = 700 << 20

// TestFullDisk fills a real file system, a tmpfs of 700 MiB in a mount namespace of the test's own, which ends with its process.
func TestFullDisk(t *testing.T) {
	if dir := os.Getenv(smallDiskEnv); dir != "" {
		if err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", smallDisk)); err != nil {
			t.Skipf("a small disk can't be mounted here: %v", err)
		}
		t.Run("filling", func(t *testing.T) { fillingDisk(t, filepath.Join(dir, "filling")) })
		t.Run("full at once", func(t *testing.T) { suddenlyFullDisk(t, filepath.Join(dir, "sudden")) })
		return
	}
	if testing.Short() {
		t.Skip("starts processes and fills 700 MiB of memory")
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestFullDisk$", "-test.v")
	cmd.Env = append(os.Environ(), smallDiskEnv+"="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EINVAL) {
		t.Skipf("needs user and mount namespaces of its own, which this machine does not give: %v", err)
	}
	if strings.Contains(string(out), "can't be mounted here") {
		t.Skipf("needs a small disk of its own (tmpfs in a mount namespace): %s", out)
	}
	t.Log(string(out))
	if err != nil {
		t.Fatal(err)
	}
}

// ballast fills the disk until only free bytes are left (0: until the disk says that it is full) and returns what gives them back.
func ballast(t *testing.T, dir string, free int64) (release func()) {
	t.Helper()
	path := filepath.Join(filepath.Dir(dir), "ballast")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	left, _, err := store.ProbeDisk(filepath.Dir(dir))
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Fallocate(int(f.Fd()), 0, 0, max(left-free, 0)); err != nil && !errors.Is(err, unix.ENOSPC) {
		t.Fatal(err)
	}
	if free == 0 {
		page := make([]byte, 4096)
		if _, err := f.Seek(0, 2); err != nil {
			t.Fatal(err)
		}
		for err == nil {
			_, err = f.Write(page)
		}
		if !errors.Is(err, unix.ENOSPC) {
			t.Fatalf("the disk is not full: %v", err)
		}
	}
	return func() {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// A disk that fills while the store runs: below the reserve it refuses with a code and goes on reading; when space returns it writes again by itself.
func fillingDisk(t *testing.T, dir string) {
	s, err := store.Open(store.Options{Dir: dir, Key: testKey})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	acked := 0
	put := func() error {
		err := s.Update(func(k kv.KV) error { return k.Put('r', fmt.Append(nil, acked), crashValue(1, uint64(acked))) })
		if err == nil {
			acked++
		}
		return err
	}
	for range 50 {
		if err := put(); err != nil {
			t.Fatal(err)
		}
	}
	release := ballast(t, dir, 400<<20)
	refused := eventuallyErr(func() error { return put() }, func(err error) bool { return err != nil })
	if kv.CodeOf(refused) != kv.CodeDiskFull || !strings.Contains(refused.Error(), "until space is freed") {
		t.Fatalf("a write on a full disk ends with %v", refused)
	}
	if err := s.Bulk(func(func(byte, []byte, []byte) error) error { return nil }); kv.CodeOf(err) != kv.CodeDiskFull {
		t.Errorf("a fill on a full disk ends with %v", err)
	}
	if got := s.Writable(); kv.CodeOf(got) != kv.CodeDiskFull {
		t.Errorf("writable: %v", got)
	}
	checkRecords(t, s, acked)
	release()
	if err := eventuallyErr(func() error { return put() }, func(err error) bool { return err == nil }); err != nil {
		t.Fatalf("space returned, and the store does not write: %v", err)
	}
	checkRecords(t, s, acked)
	t.Logf("%d records, refused with: %v", acked, refused)
}

// eventuallyErr repeats a call until its error is as wanted, for longer than a measurement of the disk holds.
func eventuallyErr(call func() error, wanted func(error) bool) (err error) {
	for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(10 * time.Millisecond) {
		if err = call(); wanted(err) {
			return err
		}
	}
	return err
}

func checkRecords(t *testing.T, s *store.DB, acked int) {
	t.Helper()
	err := s.View(func(k kv.KV) error {
		for i := range acked {
			got, found, err := k.Get('r', fmt.Append(nil, i))
			if err != nil {
				return err
			}
			if !found || string(got) != string(crashValue(1, uint64(i))) {
				t.Errorf("record %d of %d: found %v", i, acked, found)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// A disk that somebody else fills between two measurements, with the watchdog blind: the writer meets the full disk itself. It may end, by an error or
// by the signal that a memory map on a full disk brings; what it acknowledged is there when space has returned.
func suddenlyFullDisk(t *testing.T, dir string) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for round := range 3 {
		var stderr strings.Builder
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), crashEnv+"="+dir)
		cmd.Stderr = &stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		acked := map[string]uint64{}
		lines := bufio.NewScanner(out)
		var release func()
		n := 0
		for lines.Scan() {
			var who string
			var i uint64
			if got, _ := fmt.Sscanf(lines.Text(), "%s %d", &who, &i); got == 2 {
				acked[who] = i
			}
			if n++; n == 100*(round+1) {
				release = ballast(t, dir, 0)
			}
		}
		err = cmd.Wait()
		if release == nil {
			t.Fatalf("round %d: the writer ended before the disk was full: %v %s", round, err, stderr.String())
		}
		if err == nil {
			t.Errorf("round %d: the writer ended in peace on a full disk", round)
		}
		t.Logf("round %d: the writer ended with %v: %s", round, err, firstLine(stderr.String()))
		release()
		checkSurvivor(t, dir, round, acked)
	}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line[:min(len(line), 200)]
}
