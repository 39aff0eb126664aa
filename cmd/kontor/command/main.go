package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"kontor/node/api/wire"
)

// Main runs one command line and returns its exit status.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return MainAt(time.Now, args, stdin, stdout, stderr)
}

// MainAt is Main by another clock than this machine's: a test lives through the days of a deadline in it. A node that it runs keeps that clock.
func MainAt(now func() time.Time, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	// What shells and scripts ask often is answered before anything is built.
	if len(args) > 0 {
		switch args[0] {
		case "version", "--version", "-v":
			if !wantsHelp(args) {
				return printVersion(args[1:], stdout)
			}
		case "__complete":
			complete(args[1:], stdout)
			return wire.ExitOK
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	app := newApp(streams{stdin, stdout, stderr, now})
	asJSON := wantsJSON(args)
	if args = reorder(app.Commands, args); len(args) > 0 && !strings.HasPrefix(args[0], "-") && find(app.Commands, args[0]) == nil {
		return report(usagef("there is no command %q; kontor --help lists them", args[0]), asJSON, stderr)
	}
	if word, unknown := unknownVerb(app.Commands, args); unknown {
		return report(noVerb(args[0], word), asJSON, stderr) // also before --help: the parser would look for a help topic
	}
	err := app.RunContext(ctx, append([]string{"kontor"}, args...))
	if err == nil {
		return wire.ExitOK
	}
	return report(err, asJSON, stderr)
}

func wantsHelp(args []string) bool {
	for _, a := range args {
		if a == "--help" || a == "-h" {
			return true
		}
	}
	return false
}

func newApp(s streams) *cli.App {
	return &cli.App{
		Name: "kontor", Usage: "a company's office in its supply network", HideVersion: true, HideHelpCommand: true,
		Commands: nouns(), Reader: s.in, Writer: s.out, ErrWriter: s.err, Metadata: map[string]any{"streams": s},
		Description:    "Every command takes --home DIR (or KONTOR_HOME) and --json. Flags stand before or after arguments.\nkontor COMMAND --help shows examples and exit statuses.",
		OnUsageError:   func(_ *cli.Context, err error, _ bool) error { return usagef("%v", err) },
		ExitErrHandler: func(*cli.Context, error) {}, // Main reports errors and chooses the exit status
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return usagef("there is no command %q; kontor --help lists them", c.Args().First())
			}
			return cli.ShowAppHelp(c)
		},
	}
}

// errUsage wraps mistakes of the command line.
func usagef(format string, args ...any) error {
	return &wire.Problem{Code: "BAD_USAGE", Text: fmt.Sprintf(format, args...), Next: anyHelp}
}

// flagError says in the words of the command line what the parser says of a flag.
func flagError(err error) error {
	if name, found := strings.CutPrefix(err.Error(), "flag provided but not defined: -"); found {
		if strings.Trim(name, "0123456789.,") == "" {
			return usagef("-%s is read as a flag: a flag's value below zero is written --NAME=-%s, and no other number is below zero", name, name)
		}
		return usagef("there is no flag %s%s here", strings.Repeat("-", min(len(name), 2)), name)
	}
	return usagef("%v", err)
}

// anyHelp is the next step after a mistake of the command line, until [helpOf] knows whose help.
const anyHelp = "kontor COMMAND --help shows what it takes"

var errStopped = errors.New("stopped")
