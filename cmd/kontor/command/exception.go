package command

import (
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/crypto/keys"
	"kontor/node/api"
	"kontor/node/desk"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/quantity"
)

func exceptionNoun() *cli.Command {
	return noun("exception", "what somebody should do something about",
		verb{
			name: "list", short: "list exceptions, most valuable first",
			flags: []cli.Flag{withFlag(), exceptionGuest, &cli.BoolFlag{Name: "all", Usage: "those that are over too, with why and by whom"}},
			long: "Both nodes list the same under the same names: they follow from the documents of both, revision by revision. Each has an owner, a value at risk, a\n" +
				"deadline, and what comes by itself then. One whose cause goes closes by itself. Beside shortages and overloads: moves of the forecast beyond the bands both\n" +
				"signed or in the frozen zone, volatility, overstock, forecast bias, campaign conflicts, control-chart signals, stale, overtaken and missing inputs, unmapped\n" +
				"products, slots to review, and promises of the terms that are being missed. The last line says how many somebody acted on. --guest lists what is recorded for a partner without a node shows: evidence of grade C, this\n" +
				"company's alone to see to. Nobody signs over it, so that none is closed by hand: it goes with its cause, or ends by default.",
			examples: []string{"kontor exception list", "kontor exception list --all", "kontor exception list --guest \"Small Shop\""},
			run: func(c *call) error {
				out, err := ask(c, api.ExceptionList, api.ExceptionQuery{WithQuery: api.WithQuery{With: c.String("with")}, Guest: c.String("guest"), All: c.Bool("all")})
				if err != nil {
					return err
				}
				quality, err := ask(c, api.ExceptionQuality, api.AlertQuery{WithQuery: api.WithQuery{With: c.String("with")}, Guest: c.String("guest")})
				if err != nil {
					return err
				}
				return c.print(out, func(w io.Writer) {
					printExceptions(w, out)
					fmt.Fprintln(w, quality)
				})
			},
		},
		verb{
			name: "quality", short: "show how many exceptions somebody acted on", flags: []cli.Flag{withFlag(), exceptionGuest},
			long: "Acted on is what a desk closed, officers took up in a topic, or somebody removed by saying what was to be said: an answer, a report, a payment. Kind by kind:\n" +
				"where few of one are, most of them are noise. kontor exception policy --min-units looks away from small shortages.",
			examples: []string{"kontor exception quality"},
			run: func(c *call) error {
				out, err := ask(c, api.ExceptionQuality, api.AlertQuery{WithQuery: api.WithQuery{With: c.String("with")}, Guest: c.String("guest")})
				if err != nil {
					return err
				}
				return c.print(out, func(w io.Writer) {
					var rows [][]string
					for _, k := range out.Kinds {
						rows = append(rows, []string{string(k.Kind), fmt.Sprint(k.Raised), fmt.Sprint(k.Open), fmt.Sprint(k.Acted), fmt.Sprint(k.Itself), fmt.Sprint(k.Default), measuredText(k.Measured)})
					}
					if len(rows) > 0 {
						table(w, []string{"kind", "raised", "open", "acted on", "by themselves", "by default", "share acted on"}, rows)
					}
					fmt.Fprintln(w, out)
				})
			},
		},
		verb{
			name: "policy", short: "set up to which value an exception is the desk's", flags: []cli.Flag{
				&cli.StringFlag{Name: "limit", Usage: "`\"AMOUNT CURRENCY\"`, 10000 USD", Required: true},
				&cli.StringFlag{Name: "min-units", Usage: "expected shortages not above `N` units are no exception"},
			},
			examples: []string{"kontor exception policy --limit \"10000 USD\""},
			run: func(c *call) error {
				m, err := parseAmount("limit", c.String("limit"))
				if err != nil {
					return err
				}
				_, err = ask(c, api.ExceptionRules, api.ExceptionPolicy{LimitMinor: m.Minor, Currency: m.Currency, MinUnits: c.String("min-units")})
				return err
			},
		},
		verb{
			name: "close", tells: true, short: "close an exception at the desk, inside a mandate", args: "ID", flags: []cli.Flag{withFlag(),
				&cli.StringFlag{Name: "key-file", Usage: "the mandate's key `FILE`; it is opened in this program only", Required: true},
				&cli.StringFlag{Name: "resolution", Usage: "UBL resolution `CODE`", Value: "LOCAL_ISSUE_LEFT_VALUE_UNCHANGED"},
				&cli.StringFlag{Name: "note", Usage: "`TEXT` both sides keep"},
				passphraseFlag(),
			},
			long: "The form is signed here, with the desk's key file; the node only carries the signature. Both nodes check the mandate: kind of act,\n" +
				"products, value and time. What is above it goes to an officer.",
			examples: []string{"kontor exception close 3f0c... --key-file desk.key --note \"pre-built in March\""},
			run: func(c *call) error {
				form, err := ask(c, api.ExceptionForm, api.CloseQuery{With: c.String("with"), Exception: c.Args().First(), Resolution: c.String("resolution"), Note: c.String("note")})
				if err != nil {
					return err
				}
				key, err := c.openKey(c.String("key-file"), keys.Mandate)
				if err != nil {
					return err
				}
				signed, err := protocol.SignDocument(key, protocol.ExceptionSignature, form.Close)
				if err != nil {
					return err
				}
				data, err := block.Marshal(signed)
				if err != nil {
					return err
				}
				out, err := ask(c, api.ExceptionClose, desk.CloseRequest{With: c.String("with"), Signed: data})
				if err != nil {
					return err
				}
				return c.print(out, func(w io.Writer) {
					fmt.Fprintf(w, "exception %s is closed: %s; the partner sees the same as soon as it has this entry\n", out.Exception, form.Close.Resolution)
				})
			},
		},
	)
}

// exceptionGuest takes a partner without a node in place of one with a partnership.
var exceptionGuest = &cli.StringFlag{Name: "guest", Usage: "`NAME` of a partner without a node, instead"}

func printExceptions(w io.Writer, list []desk.ExceptionView) {
	var rows [][]string
	for _, e := range list {
		what := e.Scope.Product
		if what == "" {
			what = e.Scope.Group
		}
		owner := e.Owner + ": " + strings.ToLower(string(e.Speed)) + ", " + e.Role
		state := strings.ToLower(string(e.State))
		switch {
		case e.Closed:
			state += " by " + e.ClosedBy
		case e.Grown:
			state += ", grown since it was closed"
		case e.Topic != "":
			state += ", topic " + short(e.Topic)
		}
		value := "-"
		if e.Value != (quantity.Money{}) {
			value = e.Value.String()
		}
		if e.Claimed != nil && *e.Claimed != e.Value {
			value += " (closed as " + e.Claimed.String() + ")"
		}
		if e.Grade != "" {
			state += ", evidence " + string(e.Grade)
		}
		rows = append(rows, []string{e.ID.String(), string(e.Kind), what, e.Scope.Buckets.String(), e.Span(), value, owner, state, moment(e.Deadline)})
	}
	table(w, []string{"id", "kind", "about", "period", "units", "value at risk", "owner", "state", "deadline"}, rows)
	for _, e := range list {
		text := e.Default.Text
		if e.Worth != "" {
			text += " At risk: " + e.Worth + "."
		}
		switch {
		case !e.Closed && e.Cause != "":
			fmt.Fprintf(w, "%s: %s. %s\n", e.ID.String()[:8], e.Cause, text)
		case !e.Closed:
			fmt.Fprintf(w, "%s: %s\n", e.ID.String()[:8], text)
		case e.Reason != "":
			fmt.Fprintf(w, "%s: %s\n", e.ID.String()[:8], e.Reason)
		}
	}
}
