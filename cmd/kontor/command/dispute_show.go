package command

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/node/api"
	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol/dispute"
)

var disputeList = verb{
	name: "list", short: "list disputes: the level, until when, and what happens then", flags: []cli.Flag{withFlag(), &cli.BoolFlag{Name: "all", Usage: "those too that have ended"}},
	examples: []string{"kontor dispute list", "kontor dispute list --all --json"},
	run: func(c *call) error {
		list, err := ask(c, api.DisputeList, desk.DisputeQuery{With: c.String("with"), All: c.Bool("all")})
		if err != nil {
			return err
		}
		return c.print(list, func(w io.Writer) {
			var rows [][]string
			for _, v := range list {
				worth := "-"
				if v.Worth != nil {
					worth = v.Worth.String()
				}
				rows = append(rows, []string{v.ID[:8], v.With, v.About, worth, v.Own, v.Step().Level, v.Step().Until.String(), v.Then})
			}
			table(w, []string{"id", "with", "about", "worth", "we are", "level", "until", "then"}, rows)
		})
	},
}

var disputeShow = verb{
	name: "show", short: "show a dispute with all that was said, both sides side by side", args: "DISPUTE", most: 1, exits: []int{wire.ExitNotFound},
	examples: []string{"kontor dispute show 3f2a", "kontor dispute show 3f2a --json"},
	run: func(c *call) error {
		v, err := ask(c, api.DisputeShow, api.DisputeName{ID: c.Args().First()})
		if err != nil {
			return err
		}
		return c.print(v, func(w io.Writer) { printDispute(w, v) })
	},
}

func printDispute(w io.Writer, v desk.DisputeView) {
	worth := "no amount"
	if v.Worth != nil {
		worth = fmt.Sprintf("%s, which the %s owes if it stands", v.Worth, strings.ToLower(string(v.Debtor)))
	}
	final := "above the settled line: it may still change"
	switch {
	case v.End == nil:
		final = "open"
	case v.Final:
		final = "final"
	}
	facts(w, "dispute", v.ID, "with", v.With, "about", v.About, "over", worth, "we are", v.Own, "arbiter", arbiterText(v), "state", final, "then", v.Then)
	var path [][]string
	for i, s := range v.Path {
		at := ""
		if i == int(v.At) {
			at = "here"
		}
		path = append(path, []string{s.Level, fmt.Sprint(s.Days), s.Until.String(), string(s.Default), at})
	}
	fmt.Fprintln(w)
	table(w, []string{"level", "business days", "until", "default", "stands"}, path)
	var sides [][]string
	for _, s := range v.Sides {
		name, offered, unseen := s.Name, s.Offered, strings.Join(s.Unseen, ", ")
		if s.Own {
			name += " (we)"
		}
		if offered == "" {
			offered = "-"
		}
		if unseen == "" {
			unseen = "-"
		}
		sides = append(sides, []string{name, strings.ToLower(string(s.Side)), fmt.Sprint(s.Said), offered, unseen, map[bool]string{true: "over", false: "runs"}[s.Passed], moment(s.LastSeen)})
	}
	fmt.Fprintln(w)
	table(w, []string{"party", "side", "statements", "offers", "has not seen", "its time", "heard"}, sides)
	fmt.Fprintln(w)
	for _, s := range v.Said {
		head := fmt.Sprintf("%s %s", s.Name, strings.ToLower(string(s.Verb)))
		if s.Role != "" {
			head += " (" + s.Role + ")"
		}
		if s.Amount != nil {
			head += " " + s.Amount.String()
		} else if s.Outcome != "" {
			head += " " + string(s.Outcome)
		}
		if s.State != "" {
			head += ", " + s.State
		}
		fmt.Fprintf(w, "%s  at %s, entry %s: %s\n", moment(s.T), s.Level, s.Entry.Short(), head)
		for line := range strings.SplitSeq(s.Text, "\n") {
			if line != "" {
				fmt.Fprintf(w, "    %s\n", line)
			}
		}
		for _, e := range s.Evidence {
			fmt.Fprintf(w, "    evidence %s\n", e)
		}
	}
}

// arbiterText names who rules, or says that nobody does, and what follows.
func arbiterText(v desk.DisputeView) string {
	level := slices.ContainsFunc(v.Path, func(s dispute.Step) bool { return s.Level == dispute.Arbiter })
	switch {
	case v.Judge != "" && !level:
		return v.Judge + ", to whom the terms name no level"
	case v.Judge != "":
		return v.Judge
	case v.End != nil:
		return "none is named"
	}
	day, outcome := v.Ends()
	return fmt.Sprintf("none is named: nobody rules, and what nobody settles ends on %s with %s; for a forum elsewhere kontor dispute export makes the evidence a file", day, outcome)
}

// printDone says what was done, where the dispute stands now, and what happens then.
func (c *call) printDone(out desk.DisputeDone, done string) error {
	return c.print(out, func(w io.Writer) {
		fmt.Fprintf(w, "dispute %s with %s: %s%s\n%s\n", out.ID[:8], out.With, done, when(len(out.Waits) > 0, "; it gets it when it is back: "+strings.Join(out.Waits, ", ")), out.Then)
	})
}

var disputeExport = verb{
	name: "export", short: "write what proves a dispute as one file", args: "DISPUTE", most: 1, exits: []int{wire.ExitNotFound, wire.ExitMachine},
	long: "For the arbiter, an auditor or a court: the terms, both sides' reports, statements, proposals and the ruling, with the entries, certificates and signatures that prove them. Bodies of\n" +
		"forecasts, capacity plans and other entries that have no part in it are left out. Both sides' nodes write the same bytes. Anyone checks it without a node: kontor audit verify FILE.",
	flags:    []cli.Flag{&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Usage: "`FILE` to write; it must not exist"}},
	examples: []string{"kontor dispute export 3f2a --out 3f2a.car"},
	run: func(c *call) error {
		path := c.String("out")
		if path == "" {
			return missing("out", "the file to write, --out FILE")
		}
		size, err := download(c, path, api.DisputeExport, api.DisputeName{ID: c.Args().First()})
		if err != nil {
			return err
		}
		return c.print(exportDocument{File: path, Bytes: size}, func(w io.Writer) {
			fmt.Fprintf(w, "%s: %s; check it anywhere with: kontor audit verify %s\n", path, bytesText(size), path)
		})
	},
}
