// Package command is the command line: one file of commands per noun, all thin clients of the node's local API, but for those that
// need a key file or the home itself.
//
// [Main] runs one command line. A noun's file declares its verbs as data ([verb]) and is registered by one line in nouns. The result goes to
// stdout, everything else to stderr; with --json the result is one JSON document whose fields are only ever added.
package command

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"kontor/node/api/wire"
	"kontor/node/client"
)

// nouns are the top-level commands, in the order of the help.
func nouns() []*cli.Command {
	return []*cli.Command{
		initVerb.command(),
		runVerb.command(),
		statusVerb.command(),
		partnerNoun(),
		officerNoun(),
		mandateNoun(),
		policyNoun(),
		cadenceNoun(),
		tokenNoun(),
		historyNoun(),
		forecastNoun(),
		capacityNoun(),
		stockNoun(),
		campaignNoun(),
		qualityNoun(),
		termsNoun(),
		performanceNoun(),
		slaNoun(),
		remedyNoun(),
		disputeNoun(),
		orderNoun(),
		artifactNoun(),
		requestNoun(),
		scopeNoun(),
		productNoun(),
		guestNoun(),
		bomNoun(),
		tierNoun(),
		priceNoun(),
		importNoun(),
		exportNoun(),
		exceptionNoun(),
		noticeNoun(),
		topicNoun(),
		agreementNoun(),
		measureNoun(),
		auditNoun(),
		clockNoun(),
		backupVerb.command(),
		restoreVerb.command(),
		completionVerb.command(),
		versionVerb.command(),
	}
}

// verb is one command: what it is called, takes, does and answers.
type verb struct {
	name     string
	short    string // one line, for lists
	args     string // "FILE", "TOKEN", "" for none
	most     int    // how many arguments at most; those in args without brackets are required
	long     string // what else to know
	examples []string
	exits    []int // exit statuses besides 0, 1 and 2 that it may end with
	flags    []cli.Flag
	// local commands work on the home or on files: they need no node and take no --address.
	local bool
	// tells says that partners hear of it, by an entry whose answer does not name who is away: see [call.noteAway].
	tells bool
	run   func(c *call) error
}

// noun groups verbs.
func noun(name, short string, verbs ...verb) *cli.Command {
	n := &cli.Command{Name: name, Usage: short, HideHelpCommand: true,
		OnUsageError: func(*cli.Context, error, bool) error {
			return usagef("kontor %s needs a verb; kontor %s --help lists them", name, name)
		},
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return noVerb(name, c.Args().First())
			}
			return cli.ShowSubcommandHelp(c)
		}}
	for _, v := range verbs {
		n.Subcommands = append(n.Subcommands, v.command())
	}
	return n
}

func noVerb(noun, verb string) error {
	return usagef("kontor %s has no verb %q; kontor %s --help lists them", noun, verb, noun)
}

func (v verb) command() *cli.Command {
	flags, needed := v.required()
	return &cli.Command{
		Name: v.name, Usage: v.short, ArgsUsage: v.args, Description: v.description(), HideHelpCommand: true,
		Flags:        append(flags, v.common()...),
		OnUsageError: func(ctx *cli.Context, err error, _ bool) error { return helpOf(ctx, flagError(err)) },
		Action: func(ctx *cli.Context) (err error) {
			defer func() { err = helpOf(ctx, err) }()
			least := 0
			for _, a := range strings.Fields(v.args) {
				if !strings.HasPrefix(a, "[") {
					least++
				}
			}
			if n := ctx.Args().Len(); n < least {
				return usagef("%s is missing: %s %s", strings.Fields(v.args)[n], ctx.Command.HelpName, v.args)
			} else if n > max(least, v.most) {
				return usagef("%q is one argument too many: %s", ctx.Args().Get(n-1), strings.TrimSpace(ctx.Command.HelpName+" "+v.args))
			}
			for _, f := range needed {
				if !ctx.IsSet(f.Names()[0]) {
					usage := f.(cli.DocGenerationFlag).GetUsage()
					return usagef("--%s is missing: %s", f.Names()[0], strings.ReplaceAll(usage, "`", ""))
				}
			}
			call := newCall(ctx)
			if err = v.run(call); err == nil && v.tells {
				call.noteAway()
			}
			return err
		},
	}
}

// required are the flags without the mark that one must be given, and those that had it: the parser would print the whole help on stdout where
// one is missing.
func (v verb) required() (flags, needed []cli.Flag) {
	for _, f := range v.flags {
		switch marked := f.(type) {
		case *cli.StringFlag:
			if marked.Required {
				plain := *marked
				plain.Required = false
				f, needed = &plain, append(needed, &plain)
			}
		case *cli.Int64Flag:
			if marked.Required {
				plain := *marked
				plain.Required = false
				f, needed = &plain, append(needed, &plain)
			}
		}
		flags = append(flags, f)
	}
	return flags, needed
}

// helpOf names the command whose help says what is right, where an error of usage names none.
func helpOf(ctx *cli.Context, err error) error {
	var p *wire.Problem
	if errors.As(err, &p) && p.Next == anyHelp && ctx.Command.HelpName != "" {
		named := *p
		named.Next = ctx.Command.HelpName + " --help shows what it takes"
		return &named
	}
	return err
}

// common are the flags every command has.
func (v verb) common() []cli.Flag {
	flags := []cli.Flag{
		&cli.StringFlag{Name: "home", Usage: "`DIR` of the company", EnvVars: []string{"KONTOR_HOME"}, Value: defaultHome(), DefaultText: "~/.kontor"},
		&cli.BoolFlag{Name: "json", Usage: "print the result as JSON; fields are only ever added"},
	}
	if !v.local {
		flags = append(flags,
			&cli.StringFlag{Name: "address", Usage: "`URL` of a node's API on this machine instead of the home's socket", EnvVars: []string{"KONTOR_ADDRESS"}},
			&cli.StringFlag{Name: "token-file", Usage: "`FILE` with the personal token to call with", EnvVars: []string{"KONTOR_TOKEN_FILE"}})
	}
	return flags
}

func (v verb) description() string {
	var b strings.Builder
	if v.long != "" {
		b.WriteString(v.long + "\n\n")
	}
	if len(v.examples) > 0 {
		b.WriteString("Examples:\n")
		for _, e := range v.examples {
			b.WriteString("  " + e + "\n")
		}
		b.WriteString("\n")
	}
	exits := append([]int{wire.ExitOK, wire.ExitFailed, wire.ExitUsage}, v.exits...)
	if !v.local {
		exits = append(exits, wire.ExitDenied, wire.ExitNoNode, wire.ExitMachine)
	}
	b.WriteString("Exit status:\n")
	for status, meaning := range wire.Exits {
		for _, e := range exits {
			if e == status {
				b.WriteString("  " + meaning + "\n")
				break
			}
		}
	}
	b.WriteString("  130  interrupted by Ctrl-C\n")
	return strings.TrimRight(b.String(), "\n")
}

func defaultHome() string {
	home, err := os.UserHomeDir()
	if err != nil {
		return ".kontor"
	}
	return filepath.Join(home, ".kontor")
}

// call is one command under way.
type call struct {
	*cli.Context
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	now    func() time.Time
}

// streams carries the three streams and the clock through the parser.
type streams struct {
	in       io.Reader
	out, err io.Writer
	now      func() time.Time
}

func newCall(ctx *cli.Context) *call {
	s := ctx.App.Metadata["streams"].(streams)
	return &call{ctx, s.in, s.out, s.err, s.now}
}

// home is the company's directory, absolute.
func (c *call) home() string {
	path, err := filepath.Abs(c.String("home"))
	if err != nil {
		return c.String("home")
	}
	return path
}

// asJSON tells whether the result is wanted as JSON.
func (c *call) asJSON() bool { return c.Bool("json") }

// note tells the user something that is not the result.
func (c *call) note(format string, args ...any) {
	fmt.Fprintf(shown{c.stderr}, "kontor: "+format+"\n", args...)
}

// node is the client of the node this command talks to.
func (c *call) node() (*client.Client, error) {
	token := ""
	if path := c.String("token-file"); path != "" {
		data, err := readSecret("token", path)
		if err != nil {
			return nil, err
		}
		token = strings.TrimSpace(string(data))
	}
	if address := c.String("address"); address != "" {
		return client.Dial(address, token), nil
	}
	return client.Dial(c.home(), token), nil
}

// ask calls a route of the node.
func ask[In, Out any](c *call, route wire.Route[In, Out], in In) (Out, error) {
	n, err := c.node()
	if err != nil {
		var none Out
		return none, err
	}
	defer n.Close()
	return client.Call(c.Context.Context, n, route, in)
}
