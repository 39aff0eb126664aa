package api_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kontor/node"
	"kontor/node/api"
)

func TestSocket(t *testing.T) {
	dir := t.TempDir()
	os.Chmod(dir, 0o700)
	path := filepath.Join(dir, "s")
	first, err := api.ListenSocket(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("the socket has mode %04o", info.Mode().Perm())
	}
	if _, err := api.ListenSocket(path); failure(err) != "NODE_RUNNING" {
		t.Errorf("a second listener: %v", err)
	}
	// A socket nobody answers on is taken over.
	first.(*net.UnixListener).SetUnlinkOnClose(false)
	first.Close()
	second, err := api.ListenSocket(path)
	if err != nil {
		t.Fatalf("a stale socket: %v", err)
	}
	second.Close()
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := api.ListenSocket(path); failure(err) != "SOCKET_FOREIGN" {
		t.Errorf("a file in the socket's place: %v", err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error("the foreign file was removed")
	}
	if _, err := api.ListenSocket(filepath.Join(dir, strings.Repeat("x", 120))); failure(err) != "SOCKET_PATH" || !strings.Contains(err.Error(), "shorter --home") {
		t.Errorf("a long path: %v", err)
	}
	os.Chmod(dir, 0o755)
	if _, err := api.ListenSocket(filepath.Join(dir, "t")); failure(err) != "SOCKET_DIR" {
		t.Errorf("an open directory: %v", err)
	}
	for _, address := range []string{"0.0.0.0:1", "example.com:80", "7070", "192.0.2.1:7070"} {
		if l, err := api.ListenLoopback(address); failure(err) != "BAD_ADDRESS" {
			t.Errorf("API address %q: %v", address, err)
			if l != nil {
				l.Close()
			}
		}
	}
}

func failure(err error) string {
	var f *node.Failure
	if errors.As(err, &f) {
		return f.Code
	}
	return fmt.Sprint(err)
}
