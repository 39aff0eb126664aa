package api

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"

	"kontor/node"
)

// MaxSocketPath is the longest path of a unix socket in bytes: sun_path of Linux holds 108 with its end, other systems less.
const MaxSocketPath = 103

// dialPatience is how long another node is given to answer on a socket that lies there.
const dialPatience = time.Second

// ListenSocket opens the unix socket at path for its owner alone (0600 in a 0700 directory). A file that lies there is removed only
// when nobody answers on it.
func ListenSocket(path string) (net.Listener, error) {
	if len(path) > MaxSocketPath {
		return nil, node.Failf("SOCKET_PATH", "the path of the socket has %d bytes, more than the %d a unix socket may have: %s; choose a shorter --home", len(path), MaxSocketPath, path)
	}
	info, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return nil, node.Failf("SOCKET_DIR", "the directory of the socket: %v", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, node.Failf("SOCKET_DIR", "%s can be entered by others (mode %04o); run: chmod 700 %s", filepath.Dir(path), info.Mode().Perm(), filepath.Dir(path))
	}
	if err := clearStale(path); err != nil {
		return nil, err
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", path, err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

func clearStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() != fs.ModeSocket {
		return node.Failf("SOCKET_FOREIGN", "%s is no socket; move it away", path)
	}
	if err := CheckFree(path); err != nil {
		return err
	}
	return os.Remove(path)
}

// CheckFree tells whether another node answers on a socket; asked before the database is opened, it spares the wait for its lock.
func CheckFree(path string) error {
	conn, err := net.DialTimeout("unix", path, dialPatience)
	if err != nil {
		return nil
	}
	conn.Close()
	return node.Failf("NODE_RUNNING", "a node answers on %s already; stop it first", path)
}

// ListenLoopback opens a TCP port of this machine's loopback; every call over it needs a token.
func ListenLoopback(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, node.Failf("BAD_ADDRESS", "API address %q: %v; 127.0.0.1:7070 is of the right form", address, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, node.Failf("BAD_ADDRESS", "API address %q is not of this machine's loopback; to reach it from elsewhere use an SSH tunnel", address)
	}
	return net.Listen("tcp", address)
}
