package client

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"kontor/node/api/wire"
)

// explain finds out why the node could not be reached, and which command helps.
func (c *Client) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return wire.Problemf("TIMEOUT", "the node did not answer in time")
		}
		return ctx.Err()
	}
	if c.home == "" {
		p := wire.Problemf("NODE_UNREACHABLE", "no node answers at %s: %v", c.base, err)
		p.Next = "start it there with: kontor run --api ADDRESS"
		return p
	}
	return c.diagnose(err)
}

// diagnose tells the cases apart: no home, no socket, a socket nobody answers on, and one that is another user's.
func (c *Client) diagnose(err error) error {
	run := "kontor run --home " + c.home
	if _, statErr := os.Stat(filepath.Join(c.home, "kontor.json")); errors.Is(statErr, fs.ErrNotExist) {
		p := wire.Problemf("NOT_INITIALISED", "no company is set up in %s", c.home)
		p.Next = "kontor init --company NAME --home " + c.home + ", or name another directory with --home or KONTOR_HOME"
		return p
	}
	socket := filepath.Join(c.home, socketName)
	_, statErr := os.Stat(socket)
	switch {
	case errors.Is(err, fs.ErrPermission) || errors.Is(statErr, fs.ErrPermission):
		p := wire.Problemf("NODE_DENIED", "%s belongs to another user", socket)
		p.Next = "run the command as the user who runs the node, or use a personal token with --address and --token-file"
		return p
	case errors.Is(statErr, fs.ErrNotExist):
		p := wire.Problemf("NODE_STOPPED", "the node of %s is not running", c.home)
		p.Next = run
		return p
	case errors.Is(err, syscall.ECONNREFUSED):
		p := wire.Problemf("NODE_GONE", "the node of %s is not running; it did not stop cleanly and left its socket behind", c.home)
		p.Next = run + " (it removes the old socket by itself)"
		return p
	}
	p := wire.Problemf("NODE_UNREACHABLE", "the node of %s did not answer: %v", c.home, err)
	p.Next = "look into its log, then: " + run
	return p
}
