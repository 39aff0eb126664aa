package client

import (
	"bufio"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kontor/node/api/wire"
)

// Each cause of a node that can't be reached has its own code and the command that helps.
func TestUnreachableNode(t *testing.T) {
	dir := t.TempDir()
	home := func(name string, prepare func(path string)) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(path, 0o700); err != nil {
			t.Fatal(err)
		}
		prepare(path)
		return path
	}
	settle := func(path string) {
		if err := os.WriteFile(filepath.Join(path, "kontor.json"), []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, test := range map[string]struct {
		home, code, next string
	}{
		"no home":     {filepath.Join(dir, "nowhere"), "NOT_INITIALISED", "kontor init --company NAME"},
		"empty home":  {home("empty", func(string) {}), "NOT_INITIALISED", "kontor init --company NAME"},
		"not running": {home("stopped", settle), "NODE_STOPPED", "kontor run --home"},
		"killed": {home("killed", func(path string) {
			settle(path)
			l, err := net.Listen("unix", filepath.Join(path, socketName))
			if err != nil {
				t.Fatal(err)
			}
			l.(*net.UnixListener).SetUnlinkOnClose(false)
			l.Close()
		}), "NODE_GONE", "kontor run --home"},
		"another address": {"http://127.0.0.1:1", "NODE_UNREACHABLE", "kontor run --api"},
	} {
		_, err := Call(context.Background(), Dial(test.home, ""), wire.Status, wire.None{})
		var p *wire.Problem
		if !errors.As(err, &p) || p.Code != test.code || !strings.Contains(p.Next, test.next) {
			t.Errorf("%s: %+v", name, err)
		}
		if wire.Meaning(p.Code).Exit != wire.ExitNoNode {
			t.Errorf("%s: exit status %d", name, wire.Meaning(p.Code).Exit)
		}
	}
	if os.Getuid() != 0 { // root may open everything
		path := home("foreign", settle)
		os.Chmod(path, 0)
		defer os.Chmod(path, 0o700)
		if _, err := Call(context.Background(), Dial(path, ""), wire.Status, wire.None{}); err == nil || !strings.Contains(err.Error(), "another user") {
			t.Errorf("a home of another user: %v", err)
		}
	}
}

// A command whose connection broke before the answer is sent again under the same ID.
func TestRetryKeepsTheCommandID(t *testing.T) {
	home := t.TempDir()
	l, err := net.Listen("unix", filepath.Join(home, socketName))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	seen := make(chan string, 8)
	go func() {
		for i := 0; ; i++ {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			lines := bufio.NewScanner(conn)
			for lines.Scan() && lines.Text() != "" {
				if id, ok := strings.CutPrefix(lines.Text(), commandHeader+": "); ok {
					seen <- id
				}
			}
			if i > 0 {
				conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 28\r\n\r\n{\"now\":1,\"confirmed\":true}  "))
			}
			conn.Close()
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if r, err := Call(ctx, Dial(home, ""), wire.ClockConfirm, wire.None{}); err != nil || !r.Confirmed {
		t.Fatalf("%+v: %v", r, err)
	}
	if first, second := <-seen, <-seen; first != second || first == "" {
		t.Fatalf("the retry had the ID %q, the first try %q", second, first)
	}
}
