package main

import (
	"regexp"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// Two companies decide and sign: scripts in which one waits for what the other's node brings.
func TestAgreementScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/agreement",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"field": field, "until": until},
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("KONTOR_HOME", "")
			env.Setenv("TZ", "UTC")
			return nil
		},
	})
}

// untilLimit is how long news may take from one node on this machine to the other.
const untilLimit = 20 * time.Second

// until says a command again until its output matches: until REGEXP COMMAND ARGUMENTS...
func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until REGEXP COMMAND...")
	}
	want := regexp.MustCompile(args[0])
	for deadline := time.Now().Add(untilLimit); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if err := ts.Exec(args[1], args[2:]...); err == nil && want.MatchString(ts.ReadFile("stdout")) {
			return
		}
	}
	ts.Fatalf("%q never came from %v", args[0], args[1:])
}
