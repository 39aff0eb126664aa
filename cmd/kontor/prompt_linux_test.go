package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"kontor/testnet/terminal"
)

// Questions on a terminal: scripts in which a person types.
func TestPromptScripts(t *testing.T) {
	master, slave, err := terminal.Open()
	if err != nil {
		t.Skipf("a pseudo-terminal is needed: %v", err)
	}
	master.Close()
	slave.Close()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/prompt",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"field": field, "until": until, "typed": typed},
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("KONTOR_HOME", "")
			env.Setenv("TZ", "UTC")
			return nil
		},
	})
}

// asker collects what a program says, and types one answer for each question it asks.
type asker struct {
	mu      sync.Mutex
	said    bytes.Buffer
	master  *os.File
	answers []string
	asked   int
}

// question is how a program asks: what it says ends there until somebody types.
var question = regexp.MustCompile(`(\[y/N\]|\]:|why:) $`)

func (a *asker) Write(b []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.said.Write(b)
	if a.asked < len(a.answers) && question.Match(a.said.Bytes()) {
		a.asked++
		if _, err := a.master.WriteString(a.answers[a.asked-1]); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}

// keys are the keys of a script's answers.
var keys = strings.NewReplacer(`\n`, "\n", "^C", "\x03", "^D", "\x04")

// typedLimit is how long a program may take to end after an answer.
const typedLimit = time.Minute

// typed runs a program on a terminal of its own and types the answer when it asks: [!] typed ANSWER PROGRAM ARGUMENTS... Several answers stand in one
// word, with | between them.
func typed(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: [!] typed ANSWER PROGRAM...")
	}
	master, slave, err := terminal.Open()
	ts.Check(err)
	defer master.Close()
	defer slave.Close()
	path := args[1]
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if found, err := exec.LookPath(filepath.Join(dir, args[1])); err == nil {
			path = found
			break
		}
	}
	a := &asker{master: master, answers: strings.Split(keys.Replace(args[0]), "|")}
	cmd := exec.Command(path, args[2:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = []string{"HOME=" + ts.Getenv("HOME"), "PATH=" + ts.Getenv("PATH"), "TZ=UTC"}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, ts.Stdout(), a
	// The program leads a session on the terminal, so that Ctrl-C reaches it as it would a person's.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
	ts.Check(cmd.Start())
	ended := time.AfterFunc(typedLimit, func() { _ = cmd.Process.Kill() })
	err = cmd.Wait()
	if !ended.Stop() {
		ts.Fatalf("%v did not end after %q; it said:\n%s", args[1:], args[0], a.said.String())
	}
	_, _ = ts.Stderr().Write(a.said.Bytes())
	switch {
	case a.asked < len(a.answers):
		ts.Fatalf("%v asked %d times, %d answers were ready; it said:\n%s", args[1:], a.asked, len(a.answers), a.said.String())
	case neg && err == nil:
		ts.Fatalf("unexpected command success")
	case !neg && err != nil:
		ts.Fatalf("%v: %s", err, a.said.String())
	}
}
