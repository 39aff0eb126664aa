package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	companykeys "kontor/crypto/keys"
	"kontor/crypto/sign"
	"kontor/node/api/wire"
	"kontor/node/client"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/feed"
)

// Two companies decide and sign: scripts in which one waits for what the other's node brings.
func TestAgreementScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/agreement",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"field": field, "freeport": freePort, "until": until, "metric": metric, "forkproof": forkProof, "roots": roots, "sheet": sheet, "tamper": tamper, "for": forRoles},
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("KONTOR_HOME", "")
			env.Setenv("TZ", "UTC")
			env.Setenv("TODAY", time.Now().UTC().Format(time.DateOnly))
			env.Setenv("SOON", time.Now().AddDate(0, 1, 0).Format(time.DateOnly))
			env.Setenv("FAR", time.Now().AddDate(3, 0, 0).Format(time.DateOnly))
			return nil
		},
	})
}

// untilLimit is how long news may take from one node on this machine to the other.
const untilLimit = time.Minute

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

// metric asserts what a home's node counts: metric NAME VALUE HOME.
func metric(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: metric NAME VALUE HOME")
	}
	node := client.Dial(ts.MkAbs(args[2]), "")
	defer node.Close()
	_, page, err := node.Raw(context.Background(), "/metrics")
	ts.Check(err)
	if line := args[0] + " " + args[1] + "\n"; !strings.Contains(string(page), line) {
		ts.Fatalf("%q is not on the metrics of %s:\n%s", line, args[2], page)
	}
}

// roots waits until a partnership, the only one unless it is named, stands at one settled line with one root in all homes: roots [PARTNERSHIP] HOME...
func roots(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: roots [PARTNERSHIP] HOME...")
	}
	which := func(s wire.StatusReport) wire.PartnershipStatus { return s.Partnerships[0] }
	if pid := args[0]; strings.HasPrefix(pid, "bafy") {
		args = args[1:]
		which = func(s wire.StatusReport) wire.PartnershipStatus {
			i := slices.IndexFunc(s.Partnerships, func(p wire.PartnershipStatus) bool { return p.Partnership == pid })
			if i < 0 {
				ts.Fatalf("no partnership %s in %+v", pid, s)
			}
			return s.Partnerships[i]
		}
	}
	seen := []wire.StatusReport{}
	for deadline := time.Now().Add(untilLimit); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		seen = seen[:0]
		for _, home := range args {
			ts.Check(ts.Exec("kontor", "status", "--home", home, "--json"))
			var s wire.StatusReport
			ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &s))
			seen = append(seen, s)
		}
		same := true
		for _, s := range seen {
			p, first := which(s), which(seen[0])
			same = same && p.Root != "" && p.Root == first.Root && p.Line == first.Line
		}
		if same {
			return
		}
	}
	ts.Fatalf("the roots never met: %+v", seen)
}

// forkProof asserts that the forks on stdout are proven: by two entries of one author under one number.
func forkProof(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: forkproof")
	}
	var l wire.ForkListing
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &l))
	for _, f := range l.Forks {
		ids := map[block.CID]bool{}
		for _, b := range f.Branches {
			var env feed.Envelope
			var h feed.Header
			ts.Check(block.Unmarshal(b.Proof, &env))
			ts.Check(block.Unmarshal(env.Header, &h))
			if h.Author.String() != f.Member || h.Seq != f.Seq || h.PID.String() != l.Partnership || len(env.Sig) == 0 {
				ts.Fatalf("%+v proves no entry %d of %s", h, f.Seq, f.Name)
			}
			ids[env.CID()] = true
		}
		if len(ids) < 2 {
			ts.Fatalf("%d entries prove no fork", len(ids))
		}
	}
	if len(l.Forks) == 0 {
		ts.Fatalf("no fork is listed")
	}
}

// forRoles says a command once for each of two roles: for ROLE1 ROLE2 COMMAND..., where ROLE stands for it.
func forRoles(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: for ROLE1 ROLE2 COMMAND...")
	}
	for _, role := range args[:2] {
		var words []string
		for _, w := range args[3:] {
			w = strings.ReplaceAll(w, "ROLE", role)
			words = append(words, w)
		}
		ts.Check(ts.Exec(args[2], words...))
	}
}

// tamper changes a signing request or a signature as one between two machines could: tamper WHAT FILE INTO.
func tamper(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: tamper body|document|cid|previous|keys|head|signature|end FILE INTO")
	}
	data := []byte(ts.ReadFile(args[1]))
	switch args[0] {
	case "signature":
		s, err := decision.ParseSignedRole(data)
		ts.Check(err)
		s.Sig[0] ^= 1
		data, err = block.Marshal(s)
		ts.Check(err)
	case "end":
		data = append(data, 0)
	case "body": // as it lies there: a signer that may sign more
		data = bytes.Replace(data, []byte("Zidovudine"), []byte("Zidovudinf"), 1)
	default: // by somebody who signs it anew, with a key that is nobody's
		var r wire.SigningRequest
		ts.Check(json.Unmarshal(data, &r))
		var d wire.AgreementDetail
		ts.Check(json.Unmarshal([]byte(r.Body), &d))
		switch args[0] {
		case "document": // one byte of the title: still a document, another one
			d.Document = bytes.Replace(d.Document, []byte("Zidovudine"), []byte("Zidovudinf"), 1)
		case "cid":
			d.CID = d.Topic
		case "previous": // the same document again, so that nothing seems to have changed
			d.Previous = d.Document
		case "keys":
			d.Keys = nil
		case "head":
			d.IDHead = d.Topic
		}
		body, err := json.Marshal(d)
		ts.Check(err)
		forger, err := companykeys.FromSeed(make([]byte, 32))
		ts.Check(err)
		data, err = json.Marshal(wire.SigningRequest{Body: string(body), Key: forger.Public().Hex(), Signature: hex.EncodeToString(sign.Sign(forger, wire.SigningRequestKind, body))})
		ts.Check(err)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), data, 0o600))
}
