package command

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"kontor/node/api/wire"
	"kontor/protocol"
)

var update = flag.Bool("update", false, "write the frozen list of flags anew")

// leaves lists every command that does something, by its path.
func leaves(path string, level []*cli.Command) map[string]*cli.Command {
	out := map[string]*cli.Command{}
	for _, c := range level {
		name := strings.TrimSpace(path + " " + c.Name)
		if len(c.Subcommands) == 0 || c.ArgsUsage != "" {
			out[name] = c
		}
		for sub, leaf := range leaves(name, c.Subcommands) {
			out[sub] = leaf
		}
	}
	return out
}

// Commands and flags are a promise to scripts: this list changes on purpose only.
func TestFlagsAreFrozen(t *testing.T) {
	var lines []string
	for name, c := range leaves("", nouns()) {
		line := strings.TrimSpace(name + " " + c.ArgsUsage)
		var flags []string
		for _, f := range c.Flags {
			for _, n := range f.Names() {
				if n != "home" && n != "json" && n != "address" && n != "token-file" {
					flags = append(flags, strings.Repeat("-", min(len(n), 2))+n)
				}
			}
		}
		sort.Strings(flags)
		lines = append(lines, strings.TrimSpace(line+" : "+strings.Join(flags, " ")))
	}
	sort.Strings(lines)
	path := filepath.Join("testdata", "flags.txt")
	if *update {
		if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(strings.TrimSpace(string(data)), "\n")
	for _, line := range want {
		if !slices.Contains(lines, line) {
			t.Errorf("%q is gone or changed; scripts rely on it", line)
		}
	}
	for _, line := range lines {
		if !slices.Contains(want, line) {
			t.Errorf("%q is new; write it down with: go test ./cmd/kontor/command -run Frozen -update", line)
		}
	}
}

// Every command has the common flags, a sentence, an example that names commands and flags there are, and its exit statuses.
func TestHelpIsComplete(t *testing.T) {
	all := leaves("", nouns())
	for name, c := range all {
		if c.Usage == "" || !strings.Contains(c.Description, "Exit status:\n  0  done") {
			t.Errorf("kontor %s lacks a line or its exit statuses", name)
		}
		for _, common := range []string{"home", "json"} {
			if !slices.ContainsFunc(c.Flags, func(f cli.Flag) bool { return slices.Contains(f.Names(), common) }) {
				t.Errorf("kontor %s lacks --%s", name, common)
			}
		}
		for _, f := range c.Flags {
			if n := f.Names()[0]; strings.Contains(n, "passphrase") && n != "no-passphrase" && !strings.HasSuffix(n, "-file") {
				t.Errorf("kontor %s takes a secret as --%s: every user of the machine would see it", name, n)
			}
		}
		_, examples, _ := strings.Cut(c.Description, "Examples:\n")
		examples, _, _ = strings.Cut(examples, "\n\n")
		if examples == "" && name != "version" {
			t.Errorf("kontor %s has no example", name)
		}
		for _, line := range strings.Split(strings.TrimSpace(examples), "\n") {
			checkExample(t, all, line)
		}
	}
}

func checkExample(t *testing.T, all map[string]*cli.Command, line string) {
	t.Helper()
	words := strings.Fields(line)
	at := slices.Index(words, "kontor")
	if at < 0 {
		if at = slices.IndexFunc(words, func(w string) bool { return strings.HasSuffix(w, "(kontor") }); at < 0 {
			return
		}
	}
	words = words[at+1:]
	var command *cli.Command
	for n := min(3, len(words)); n > 0 && command == nil; n-- {
		command = all[strings.Join(words[:n], " ")]
	}
	if command == nil {
		t.Errorf("the example %q names no command", line)
		return
	}
	for _, w := range words {
		if !strings.HasPrefix(w, "-") || w == "-" {
			continue
		}
		name, _, _ := strings.Cut(strings.TrimLeft(strings.TrimRight(w, "'\")"), "-"), "=")
		if !slices.ContainsFunc(command.Flags, func(f cli.Flag) bool { return slices.Contains(f.Names(), name) }) {
			t.Errorf("the example %q has the flag %s, which the command has not", line, w)
		}
	}
}

// What an example shows is a command line that the parser takes: run where there is no home and no file, it fails for that and not for its usage,
// and says nothing on stdout.
func TestExamplesAreTaken(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, c := range leaves("", nouns()) {
		if name == "init" || name == "completion" || name == "version" {
			continue // they succeed
		}
		_, examples, _ := strings.Cut(c.Description, "Examples:\n")
		examples, _, _ = strings.Cut(examples, "\n\n")
		for _, line := range strings.Split(strings.TrimSpace(examples), "\n") {
			args, ok := exampleArgs(line)
			if !ok || slices.Contains(args, "--wait") {
				continue // --wait waits
			}
			var stdout, stderr bytes.Buffer
			status := Main(append(args, "--home", "nowhere"), strings.NewReader(""), &stdout, &stderr)
			if strings.Contains(stderr.String(), "shows what it takes") && !strings.Contains(stderr.String(), "no such file") {
				t.Errorf("the example %q ends with %d: %s", line, status, stderr.String())
			}
			if status != wire.ExitOK && stdout.Len() > 0 {
				t.Errorf("the example %q fails and prints on stdout: %.300s", line, stdout.String())
			}
		}
	}
}

// exampleArgs are the arguments of a kontor command line, up to what a shell does with its output.
func exampleArgs(line string) (args []string, ok bool) {
	word, quote, any := "", rune(0), false
	for _, r := range strings.TrimSpace(line) + " " {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word += string(r)
		case r == '"' || r == '\'':
			quote, any = r, true
		case strings.ContainsRune("|<>;&#", r):
			return args[min(1, len(args)):], len(args) > 0 && args[0] == "kontor"
		case r == ' ':
			if word != "" || any {
				args = append(args, word)
			}
			word, any = "", false
		default:
			word += string(r)
		}
	}
	return args[min(1, len(args)):], len(args) > 0 && args[0] == "kontor"
}

// A verb that is not there is named, whatever stands behind it.
func TestUnknownVerb(t *testing.T) {
	for _, line := range []string{"price set x", "price set --unit PK", "price --unit PK", "nothing", "nothing --json"} {
		var stdout, stderr bytes.Buffer
		status := Main(append(strings.Fields(line), "--home", t.TempDir()), strings.NewReader(""), &stdout, &stderr)
		if status != wire.ExitUsage || stdout.Len() > 0 {
			t.Errorf("kontor %s ends with %d, prints %.300q and says %q", line, status, stdout.String(), stderr.String())
		}
	}
}

// A flag that must be given and is not is a mistake of the command line like any other: status 2, one sentence, nothing on stdout.
func TestMissingFlag(t *testing.T) {
	for _, line := range []string{"forecast adjust x", "topic decline x"} {
		var stdout, stderr bytes.Buffer
		args := strings.Fields(line)
		status := Main(append(args, "--home", t.TempDir()), strings.NewReader(""), &stdout, &stderr)
		want := "kontor: hint: kontor " + strings.TrimSuffix(line, " x") + " --help shows what it takes\n"
		if status != wire.ExitUsage || stdout.Len() > 0 || !strings.HasSuffix(stderr.String(), want) {
			t.Errorf("kontor %s ends with %d, prints %q and says %q", line, status, stdout.String(), stderr.String())
		}
	}
}

func TestReorder(t *testing.T) {
	for in, want := range map[string]string{
		"partner accept TOKEN --yes --home a":                   "partner accept --yes --home a TOKEN",
		"--home a partner accept --yes TOKEN":                   "partner accept --home a --yes TOKEN",
		"partner --json list":                                   "partner list --json",
		"officer add --limit 1000000 USD --role COO":            "officer add --limit 1000000_USD --role COO",
		"officer add --limit 1000000USD --role COO":             "officer add --limit 1000000USD --role COO",
		"partner show -- --json":                                "partner show -- --json",
		"partner show list --json":                              "partner show --json list",
		"token add --role=viewer bob":                           "token add --role=viewer bob",
		"partner accept - --yes":                                "partner accept --yes -",
		"nothing --home a":                                      "nothing",
		"partner invite --materiality 5 EUR --as seller --json": "partner invite --materiality 5_EUR --as seller --json",
		"partner suspend 'x' --reason a --lift":                 "partner suspend --reason a --lift 'x'",
		"partner accept":                                        "partner accept",
		"partner accept TOKEN --yes --help":                     "partner accept --help",
		"partner accept -- --help":                              "partner accept -- --help",
		"partner nothing --help":                                "partner --help nothing",
		"partner invite --expires":                              "partner invite --expires",
	} {
		got := reorder(nouns(), strings.Fields(in))
		for i := range got {
			got[i] = strings.ReplaceAll(got[i], " ", "_")
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("%q is read as %q; %q is right", in, text, want)
		}
	}
}

func TestParseAmount(t *testing.T) {
	for text, want := range map[string]*wire.Amount{
		"1000000 USD": {Minor: 100000000, Currency: "USD"}, "1000000USD": {Minor: 100000000, Currency: "USD"}, "0.5 EUR": {Minor: 50, Currency: "EUR"},
		"12 JPY": {Minor: 12, Currency: "JPY"}, "1.234 KWD": {Minor: 1234, Currency: "KWD"},
		"": nil, "USD": nil, "12": nil, "-1 USD": nil, "1.234 USD": nil, "1e3 USD": nil, "1 XXX": nil, "99999999999999999999 USD": nil, "1,5 USD": nil, ".5 USD": nil,
	} {
		got, err := parseAmount("limit", text)
		if (err == nil) != (want != nil) || (want != nil && *got != *want) {
			t.Errorf("%q is read as %v: %v", text, got, err)
		}
	}
}

// Each exit status has its meaning in the table of the help, and an error tells what, findings and what to do.
func TestReport(t *testing.T) {
	var out bytes.Buffer
	exit := report(&wire.Problem{Code: "NODE_STOPPED", Text: "NODE_STOPPED: not running", Next: "kontor run"}, false, &out)
	if exit != wire.ExitNoNode || out.String() != "kontor: error: not running\nkontor: hint: kontor run\n" {
		t.Errorf("exit %d: %s", exit, out.String())
	}
	out.Reset()
	if exit := report(&wire.Problem{Code: "REFUSED", Text: "no"}, true, &out); exit != wire.ExitRefused || out.String() != `{"error":{"code":"REFUSED","text":"no"}}`+"\n" {
		t.Errorf("exit %d: %s", exit, out.String())
	}
	for i, line := range wire.Exits {
		if int(line[0]-'0') != i {
			t.Errorf("exit status %d is described as %q", i, line)
		}
	}
}

// What a file or a partner wrote can't steer the terminal, nor break the lines and columns of a table.
func TestShownText(t *testing.T) {
	var out bytes.Buffer
	table(shown{&out}, []string{"product", "unit"}, [][]string{{"O'Neill \x1b[31m\"q\"\u202e", "P\nK"}, {"Ärzte 世界", "C\t6"}})
	facts(shown{&out}, "name", "a\nb\x07")
	got := out.String()
	if strings.ContainsAny(got, "\x1b\x07\u202e") || strings.Count(got, "\n") != 4 || !strings.Contains(got, `O'Neill \u001b[31m"q"\u202e`) || !strings.Contains(got, "P K\n") {
		t.Errorf("shown as\n%s", got)
	}
}

// Ctrl-C ends a command as a shell expects it, and not as if the node were at fault.
func TestInterrupted(t *testing.T) {
	var out bytes.Buffer
	if exit := report(fmt.Errorf("ask: %w", context.Canceled), false, &out); exit != 130 || !strings.HasPrefix(out.String(), "kontor: error: interrupted\n") {
		t.Errorf("exit %d: %s", exit, out.String())
	}
	if exit := report(errInterrupted, false, &out); exit != 130 {
		t.Errorf("at a question: exit %d", exit)
	}
}

// A quorum that nobody can meet says which keys are missing; one that somebody can says nothing.
func TestUnseated(t *testing.T) {
	seats := []wire.OfficerCount{{Role: "COO", Keys: 1}, {Role: "CFO", Keys: 2}, {Role: "CTO"}}
	for quorum, want := range map[string][]string{
		"COO and CFO": nil, "CEO and CFO": {"CEO"}, "CEO or (COO and CFO)": nil, "COO and 1 of (CMO, CTO)": {"CMO", "CTO"}, "2 of (COO, CFO, CEO)": nil, "CEO": {"CEO"}, "": nil,
	} {
		if got := unseated(quorum, seats); !slices.Equal(got, want) {
			t.Errorf("%q lacks %v, want %v", quorum, got, want)
		}
	}
}

// What is granted leaves with the share of its kind, a seller's with another than a buyer's.
func TestAGrantNamesItsShare(t *testing.T) {
	for _, kind := range protocol.ArtifactKinds() {
		said := sharesOf([]string{kind})
		if leaves("", newApp(streams{}).Commands)[strings.TrimPrefix(said, "kontor ")] == nil {
			t.Errorf("%s: %q is no command", kind, said)
		}
	}
}
