package command

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// reorder moves flags in front of arguments, so that both orders work: the parser below stops at the first argument. Everything
// after "--" is an argument. Command names come first, whatever stood before them. Who asks a command for help gets it whatever the arguments are: the parser
// would take one for a topic.
func reorder(commands []*cli.Command, args []string) []string {
	var path, flags, rest []string
	known := allFlags(commands)
	level := commands
	ended, help, leaf := false, false, false
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case ended:
			rest = append(rest, arg)
		case arg == "--":
			ended = true
		case strings.HasPrefix(arg, "-") && len(arg) > 1:
			flags = append(flags, arg)
			help = help || arg == "--help" || arg == "-h"
			if strings.Contains(arg, "=") || !takesValue(known, strings.TrimLeft(arg, "-")) || i+1 >= len(args) {
				continue
			}
			i++
			value := args[i]
			// An amount is two words: --limit 1000000 USD.
			if amountFlags[strings.TrimLeft(arg, "-")] && i+1 < len(args) && isCurrency(args[i+1]) {
				i++
				value += " " + args[i]
			}
			flags = append(flags, value)
		default:
			if next := find(level, arg); next != nil && len(rest) == 0 {
				path = append(path, arg)
				level, leaf = next.Subcommands, len(next.Subcommands) == 0
				known = allFlags([]*cli.Command{next})
				continue
			}
			rest = append(rest, arg)
			level = nil
		}
	}
	if len(path) == 0 {
		return rest // no command: which one was meant is for the caller to ask
	}
	if help && leaf {
		return append(path, "--help")
	}
	out := append(path, flags...)
	if len(rest) > 0 && ended {
		out = append(out, "--")
	}
	return append(out, rest...)
}

// unknownVerb finds the word that stands where a noun has its verb and is none; args are in the parser's order, the words last.
func unknownVerb(commands []*cli.Command, args []string) (string, bool) {
	if len(args) < 2 {
		return "", false
	}
	noun, word := find(commands, args[0]), args[len(args)-1]
	if noun == nil || len(noun.Subcommands) == 0 || noun.ArgsUsage != "" || find(noun.Subcommands, args[1]) != nil || strings.HasPrefix(word, "-") {
		return "", false
	}
	if !strings.HasPrefix(args[1], "-") {
		word = args[1]
	}
	return word, true
}

// amountFlags are the flags that take an amount of money.
var amountFlags = map[string]bool{"above": true, "amount": true, "limit": true, "materiality": true, "value": true}

func isCurrency(s string) bool {
	return len(s) == 3 && strings.ToUpper(s) == s && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

func find(level []*cli.Command, name string) *cli.Command {
	for _, c := range level {
		if c.HasName(name) {
			return c
		}
	}
	return nil
}

// allFlags collects the flags of commands and of those below them.
func allFlags(commands []*cli.Command) []cli.Flag {
	var out []cli.Flag
	for _, c := range commands {
		out = append(append(out, c.Flags...), allFlags(c.Subcommands)...)
	}
	return out
}

func takesValue(known []cli.Flag, name string) bool {
	for _, f := range known {
		if slices.Contains(f.Names(), name) {
			_, isBool := f.(*cli.BoolFlag)
			return !isBool
		}
	}
	return false
}

func wantsJSON(args []string) bool {
	for _, a := range args {
		if a == "--" {
			return false
		}
		if a == "--json" || a == "-json" || a == "--json=true" {
			return true
		}
	}
	return false
}
