// Package proc runs companies as real kontor processes: [Company] starts and kills one and gives it commands, as a person at a terminal would.
package proc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"kontor/node/client"
	"kontor/testnet/port"
)

// Company is one company with a home of its own and a real kontor process.
type Company struct {
	Name     string
	Label    string // short, for file names
	Home     string
	Kontor   string // path of the binary
	Log      string // where the process's output goes
	Received string // where every byte it receives from partners goes, decrypted
	Listen   string // multiaddr with a fixed port, so that partners find it again

	process *exec.Cmd
	ended   chan error
}

const (
	startLimit = 60 * time.Second
	stopLimit  = 60 * time.Second
)

// Start runs the node and returns when it answers.
func (c *Company) Start(ctx context.Context) error {
	logFile, err := os.OpenFile(c.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer logFile.Close()
	c.process = exec.Command(c.Kontor, "run", "--home", c.Home, "--record-received", c.Received)
	c.process.Stdout, c.process.Stderr = logFile, logFile
	// A group of its own: Ctrl-C on the terminal reaches the demonstration, which stops the nodes in order.
	c.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.process.Start(); err != nil {
		return fmt.Errorf("start the node of %s: %w", c.Name, err)
	}
	process, ended := c.process, make(chan error, 1)
	c.ended = ended
	go func() { ended <- process.Wait() }()
	deadline := time.Now().Add(startLimit)
	for {
		if _, err := c.Run(ctx, "status", "--json"); err == nil {
			return nil
		} else if time.Now().After(deadline) {
			return fmt.Errorf("the node of %s did not answer within %s: %w", c.Name, startLimit, err)
		}
		select {
		case err := <-ended:
			ended <- err
			return fmt.Errorf("the node of %s ended at start: %v\n%s", c.Name, err, Tail(c.Log))
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(30 * time.Millisecond):
		}
	}
}

// Stop asks the node to end cleanly and waits.
func (c *Company) Stop() error {
	if c.process == nil {
		return nil
	}
	_ = c.process.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-c.ended:
		c.process = nil
		if err != nil {
			return fmt.Errorf("the node of %s did not stop cleanly: %w", c.Name, err)
		}
		return nil
	case <-time.After(stopLimit):
		c.Kill()
		return fmt.Errorf("the node of %s did not stop within %s and was killed", c.Name, stopLimit)
	}
}

// Kill ends the node at once, as a power cut would.
func (c *Company) Kill() {
	if c.process == nil {
		return
	}
	_ = c.process.Process.Kill()
	<-c.ended
	c.process = nil
}

// Alive tells whether the process runs.
func (c *Company) Alive() bool {
	if c.process == nil {
		return false
	}
	select {
	case err := <-c.ended:
		c.ended <- err
		return false
	default:
		return true
	}
}

// CommandError is a kontor command that failed, with what it said.
type CommandError struct {
	Company string
	Args    []string
	Stderr  string
	Err     error
}

func (e *CommandError) Error() string {
	return fmt.Sprintf("%s: kontor %s: %s", e.Company, strings.Join(shorten(e.Args), " "), strings.TrimSpace(e.Stderr))
}

// Last is the command's error line, without what it printed before.
func (e *CommandError) Last() string {
	for _, line := range strings.Split(e.Stderr, "\n") {
		if _, text, found := strings.Cut(line, "kontor: error: "); found {
			return text
		}
	}
	return strings.TrimSpace(e.Stderr)
}

func (e *CommandError) Unwrap() error { return e.Err }

func shorten(args []string) []string {
	out := append([]string{}, args...)
	for i, a := range out {
		if len(a) > 60 {
			out[i] = a[:20] + "..."
		}
	}
	return out
}

// Run is one kontor command of this company, as a person would type it; it returns what it wrote to stdout.
func (c *Company) Run(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, c.Kontor, append(args, "--home", c.Home)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	// Ctrl-C on the terminal is this program's alone: a command it killed would look like one that failed.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Run(); err != nil {
		return out.Bytes(), &CommandError{c.Name, args, errs.String(), err}
	}
	return out.Bytes(), nil
}

// Ask is a command with --json whose answer is decoded.
func (c *Company) Ask(ctx context.Context, into any, args ...string) error {
	out, err := c.Run(ctx, append(args, "--json")...)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(out, into); err != nil {
		return fmt.Errorf("%s: kontor %s --json answered something else than expected: %w", c.Name, strings.Join(shorten(args), " "), err)
	}
	return nil
}

// Metrics is what Prometheus would scrape of the node; empty when it does not answer.
func (c *Company) Metrics(ctx context.Context) string {
	node := client.Dial(c.Home, "")
	defer node.Close()
	_, page, _ := node.Raw(ctx, "/metrics")
	return string(page)
}

// Eventually repeats a question until the answer is yes. It never sleeps longer than a node needs to hear from its partner.
func Eventually(ctx context.Context, what string, limit time.Duration, yes func() (bool, error)) error {
	deadline := time.Now().Add(limit)
	for {
		ok, err := yes()
		if ok {
			return nil
		}
		if time.Now().After(deadline) {
			return errors.Join(fmt.Errorf("%s did not happen within %s", what, limit), err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(15 * time.Millisecond):
		}
	}
}

// Tail is the end of a log.
func Tail(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	return strings.Join(lines[max(0, len(lines)-12):], "\n")
}

// WriteFile puts a file for a command to read.
func (c *Company) WriteFile(name string, data []byte) (string, error) {
	path := filepath.Join(filepath.Dir(c.Home), c.Label+"-"+name)
	return path, os.WriteFile(path, data, 0o600)
}

// New describes a company below a directory, listening on a free port of loopback. Somebody may take the port before the node does; then its start says so.
func New(dir, kontor, name, label string) (*Company, error) {
	free, err := port.Free()
	if err != nil {
		return nil, err
	}
	return &Company{Name: name, Label: label, Home: filepath.Join(dir, label), Kontor: kontor, Log: filepath.Join(dir, label+".log"),
		Received: filepath.Join(dir, label+".received"), Listen: fmt.Sprintf("/ip4/127.0.0.1/tcp/%d", free)}, nil
}

// Found sets the company up and starts its node.
func (c *Company) Found(ctx context.Context) error {
	if _, err := c.Run(ctx, "init", "--company", c.Name, "--listen", c.Listen, "--no-passphrase"); err != nil {
		return err
	}
	return c.Start(ctx)
}
