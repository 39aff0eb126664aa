package main

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/rogpeppe/go-internal/testscript"

	"kontor/cmd/kontor/command"
	"kontor/testnet/port"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"kontor": func() { os.Exit(command.MainAt(clock(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// clock is this machine's, set forward by KONTOR_TEST_AHEAD: a script lives through a deadline of days by starting its nodes and commands in that time.
func clock() func() time.Time {
	ahead, _ := time.ParseDuration(os.Getenv("KONTOR_TEST_AHEAD"))
	return func() time.Time { return time.Now().Add(ahead) }
}

// The scripts are what people and programs rely on: each begins with what it shows.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"field": field, "lacks": lacks, "freeport": freePort, "agekey": ageKey, "until": until},
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("KONTOR_HOME", "")
			env.Setenv("TZ", "UTC")
			return nil
		},
	})
}

// field sets a variable to a field of the JSON document on stdout: field TOKEN invitation, field PID partnerships.0.partnership.
func field(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: field VARIABLE path.to.field")
	}
	var doc any
	if err := json.Unmarshal([]byte(ts.ReadFile("stdout")), &doc); err != nil {
		ts.Fatalf("stdout is no JSON document: %v", err)
	}
	for _, name := range strings.Split(args[1], ".") {
		switch d := doc.(type) {
		case map[string]any:
			doc = d[name]
		case []any:
			i := int(name[0] - '0')
			if i >= len(d) {
				ts.Fatalf("%s: the list has %d items", args[1], len(d))
			}
			doc = d[i]
		}
	}
	text, isText := doc.(string)
	if !isText {
		data, err := json.Marshal(doc)
		ts.Check(err)
		text = string(data)
	}
	ts.Setenv(args[0], text)
}

// freePort sets a variable to a TCP port that is free now.
func freePort(ts *testscript.TestScript, _ bool, args []string) {
	free, err := port.Free()
	ts.Check(err)
	ts.Setenv(args[0], strconv.Itoa(free))
}

// lacks asserts that nothing was left behind: lacks PATH...
func lacks(ts *testscript.TestScript, _ bool, args []string) {
	for _, path := range args {
		if _, err := os.Lstat(ts.MkAbs(path)); err == nil {
			ts.Fatalf("%s was left behind", path)
		}
	}
}

// ageKey writes a new age identity into a file, as age-keygen does, and sets a variable to its recipient: agekey FILE VARIABLE.
func ageKey(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: agekey FILE VARIABLE")
	}
	id, err := age.GenerateX25519Identity()
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte("# public key: "+id.Recipient().String()+"\n"+id.String()+"\n"), 0o600))
	ts.Setenv(args[1], id.Recipient().String())
}
