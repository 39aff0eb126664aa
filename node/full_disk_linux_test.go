package node

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"kontor/protocol"
)

// smallDiskEnv holds the mount point of the small disk in the process that runs inside a mount namespace of its own.
const smallDiskEnv = "KONTOR_NODE_SMALL_DISK"

// TestFullDisk fills the real disk of one of two partners: commands there are refused with a code, what the partner sends waits with the partner, and both
// come by themselves when space returns.
func TestFullDisk(t *testing.T) {
	if dir := os.Getenv(smallDiskEnv); dir != "" {
		if err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", 700<<20)); err != nil {
			t.Skipf("a small disk can't be mounted here: %v", err)
		}
		fullDisk(t, dir)
		return
	}
	if testing.Short() {
		t.Skip("starts a process and fills memory")
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestFullDisk$", "-test.v")
	cmd.Env = append(os.Environ(), smallDiskEnv+"="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}, GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}}
	out, err := cmd.CombinedOutput()
	if err != nil && len(out) == 0 || strings.Contains(string(out), "can't be mounted here") {
		t.Skipf("this machine gives no namespaces of one's own: %v %s", err, out)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func fullDisk(t *testing.T, dir string) {
	home := Home(filepath.Join(dir, "buyer"))
	if _, err := Init(home, InitOptions{Company: "buyer", Listen: []string{"/ip4/127.0.0.1/tcp/0"}, Now: time.Now()}); err != nil {
		t.Fatal(err)
	}
	buyer, seller := open(t, home), found(t, "seller")
	p := pair(t, buyer, seller)
	write := func(o *office) error {
		_, err := o.Write(context.Background(), p.PID, "", func(*protocol.Replica, int64) (protocol.Draft, error) {
			return protocol.Draft{Kind: protocol.KindHeartbeat}, nil
		})
		return err
	}
	held := func(o *office, author *office) int64 {
		h, err := o.Held(context.Background(), p.PID)
		if err != nil {
			t.Fatal(err)
		}
		return h.Seq(author.Company())
	}
	inStep := func() bool {
		return held(buyer, seller) == held(seller, seller) && held(buyer, buyer) == held(seller, buyer)
	}
	if err := write(buyer); err != nil {
		t.Fatal(err)
	}
	eventually(t, "both in step", inStep)

	ballast, err := os.Create(filepath.Join(dir, "ballast"))
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Fallocate(int(ballast.Fd()), 0, 0, 300<<20); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the refusal", func() bool { err = write(buyer); return err != nil })
	if got := AsFailure(err).Code; got != "STORE_DISK_FULL" {
		t.Fatalf("on a full disk a command ends with %s: %v", got, err)
	}
	before := held(buyer, seller)
	for range 5 {
		if err := write(seller); err != nil {
			t.Fatal(err)
		}
	}
	if got := held(buyer, seller); got != before {
		t.Errorf("entries were taken on a full disk: %d, then %d", before, got)
	}
	if err := ballast.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(ballast.Name()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a command after space returned", func() bool { return write(buyer) == nil })
	// The partner's entries come with the next try, which a full disk may have put off by minutes.
	buyer.Host().SyncNow(p.PID)
	eventually(t, "both in step after space returned", inStep)
}
