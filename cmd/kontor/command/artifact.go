package command

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/node"
	"kontor/node/api"
	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol"
	"kontor/protocol/artifact"
)

func artifactNoun() *cli.Command {
	exportVerb := exportAny
	exportVerb.args, exportVerb.short = "CID", "write an artifact or an agreement as car, dag-json or in a format of its kind"
	exportVerb.examples = []string{"kontor artifact export bafyrei... --as car -o forecast.car", "kontor artifact export bafyrei... --as dag-json"}
	exportVerb.long = "CAR (DAG-CBOR) and DAG-JSON are read by any IPLD tool; every artifact and agreement goes out as either."
	return noun("artifact", "what was shared, of every kind: versions, differences, where they come from, withdrawal and reaffirmation",
		verb{
			name: "list", short: "list the versions in force, own and partners'", flags: []cli.Flag{withFlag(),
				&cli.StringFlag{Name: "kind", Usage: "only this `KIND`: forecast, capacity, answer, campaign, quality, agreement"},
				&cli.BoolFlag{Name: "all", Usage: "superseded, withdrawn and refused versions too"}},
			long: "Says of each version in force which of its figures are older than its author vouches for, and what has overtaken it since: an input withdrawn or\n" +
				"materially changed, a lot blocked out of stock it counts. An author renews it with a revision, or says with kontor artifact reaffirm that it stands.",
			examples: []string{"kontor artifact list", "kontor artifact list --kind forecast --all --json"},
			run: func(c *call) error {
				out, err := ask(c, api.ArtifactList, desk.ArtifactQuery{With: c.String("with"), Kind: c.String("kind"), All: c.Bool("all")})
				if err != nil {
					return err
				}
				return c.print(out, func(w io.Writer) {
					var rows [][]string
					for _, v := range out {
						rows = append(rows, []string{v.CID.String(), v.Kind, v.With, v.Author, strconv.FormatInt(v.Revision, 10), v.Status, moment(v.T), standing(v)})
					}
					table(w, []string{"cid", "kind", "with", "author", "revision", "status", "dated", "stands"}, rows)
				})
			},
		},
		verb{
			name: "show", short: "show a version with all it says", args: "CID", exits: []int{wire.ExitNotFound},
			long:     "CID may be its last six characters or more.",
			examples: []string{"kontor artifact show bafyrei...", "kontor artifact show --json q6kp3mem"},
			run: func(c *call) error {
				out, err := ask(c, api.ArtifactShow, api.ArtifactName{CID: c.Args().First()})
				if err != nil {
					return err
				}
				return c.print(out, func(w io.Writer) { printArtifact(w, out) })
			},
		},
		verb{
			name: "diff", short: "list the cells in which two versions differ", args: "CID [CID]", most: 2, exits: []int{wire.ExitNotFound},
			flags:    []cli.Flag{&cli.BoolFlag{Name: "material", Usage: "only changes beyond the tolerance"}},
			long:     "With one CID it is compared with the version it replaced. Material is a change beyond the tolerance: the flex band, else 5 % and one lot.",
			examples: []string{"kontor artifact diff bafyrei...", "kontor artifact diff OLD NEW --material --json"},
			run: func(c *call) error {
				in := api.ArtifactPair{To: c.Args().First()}
				if c.Args().Len() > 1 {
					in = api.ArtifactPair{From: c.Args().Get(0), To: c.Args().Get(1)}
				}
				out, err := ask(c, api.ArtifactDiff, in)
				if err != nil {
					return err
				}
				if c.Bool("material") {
					var kept []artifact.Change
					for _, x := range out.Changes {
						if x.Material {
							kept = append(kept, x)
						}
					}
					out.Changes = append([]artifact.Change{}, kept...)
				}
				return c.print(out, func(w io.Writer) { printDiff(w, out) })
			},
		},
		verb{
			name: "history", short: "list the versions of a series with what each changed", args: "CID", exits: []int{wire.ExitNotFound},
			examples: []string{"kontor artifact history bafyrei..."},
			run: func(c *call) error {
				out, err := ask(c, api.ArtifactHistory, api.ArtifactName{CID: c.Args().First()})
				if err != nil {
					return err
				}
				return c.print(out, func(w io.Writer) {
					var rows [][]string
					for _, s := range out {
						rows = append(rows, []string{strconv.FormatInt(s.Revision, 10), s.CID.String(), s.Status, moment(s.T), string(s.Reason), strconv.Itoa(s.Changed), strconv.Itoa(s.Material)})
					}
					table(w, []string{"revision", "cid", "status", "dated", "reason", "cells changed", "materially"}, rows)
				})
			},
		},
		verb{
			name: "withdraw", short: "take an artifact of one's own back, on both sides", args: "CID", exits: []int{wire.ExitRefused, wire.ExitNotFound, wire.ExitNotNow},
			flags: []cli.Flag{
				&cli.StringFlag{Name: "cause", Usage: "`CODE`: " + causesText(), Required: true},
				&cli.StringFlag{Name: "note", Usage: "`TEXT` both sides keep"}},
			long: "It stands no more, on both sides; topics that rest on it go back to their context. What was agreed on it stays in force. The series goes on with\n" +
				"the next share.",
			examples: []string{"kontor artifact withdraw bafyrei... --cause ERROR --note \"the wrong warehouse\""},
			run: func(c *call) error {
				out, err := ask(c, api.ArtifactWithdraw, desk.WithdrawOptions{CID: c.Args().First(), Cause: c.String("cause"), Note: c.String("note")})
				if err != nil {
					return err
				}
				return c.print(out, func(w io.Writer) {
					fmt.Fprintf(w, "withdrawn: %s holds it as withdrawn as soon as it has this entry%s\n", out.With, waitsNote(out.Waits))
				})
			},
		},
		verb{
			name: "reaffirm", short: "say that an artifact of one's own still stands, unchanged, until a day", args: "CID", exits: []int{wire.ExitRefused, wire.ExitNotFound, wire.ExitNotNow},
			flags:    []cli.Flag{&cli.StringFlag{Name: "until", Usage: "last `DAY` it stands", Required: true}},
			long:     "A cheap word in place of a revision: its figures count as fresh from now, until that day.",
			examples: []string{"kontor artifact reaffirm bafyrei... --until 2027-01-31"},
			run: func(c *call) error {
				out, err := ask(c, api.ArtifactReaffirm, desk.ReaffirmOptions{CID: c.Args().First(), Until: c.String("until")})
				if err != nil {
					return err
				}
				return c.print(out, func(w io.Writer) {
					fmt.Fprintf(w, "reaffirmed until %s to %s%s\n", moment(out.Until), out.With, waitsNote(out.Waits))
				})
			},
		},
		verb{
			name: "provenance", short: "say where an artifact comes from, and how well it is evidenced", args: "CID", exits: []int{wire.ExitNotFound},
			flags:    []cli.Flag{&cli.BoolFlag{Name: "prov", Usage: "print W3C PROV-JSON instead"}},
			examples: []string{"kontor artifact provenance bafyrei...", "kontor artifact provenance bafyrei... --prov > provenance.json"},
			run: func(c *call) error {
				out, err := ask(c, api.ArtifactProvenance, api.ArtifactName{CID: c.Args().First()})
				if err != nil {
					return err
				}
				if c.Bool("prov") {
					_, err := fmt.Fprintln(c.stdout, string(out.PROV))
					return err
				}
				return c.print(out, func(w io.Writer) { printOrigin(w, out) })
			},
		},
		exportVerb)
}

func causesText() string {
	var names []string
	for _, x := range protocol.Causes {
		names = append(names, string(x))
	}
	return strings.Join(names, ", ")
}

func waitsNote(waits []string) string {
	if len(waits) == 0 {
		return ""
	}
	return "; it waits for " + strings.Join(waits, ", ") + ": " + waitsText
}

// standing is how a version stands, in a few words.
func standing(v desk.ArtifactView) string {
	var parts []string
	switch {
	case v.Withdrawn != nil:
		parts = append(parts, "withdrawn: "+string(v.Withdrawn.Cause))
	case len(v.Codes) > 0:
		parts = append(parts, strings.Join(v.Codes, " "))
	case v.StaleFrom != "":
		parts = append(parts, "stale for "+v.StaleFrom+" to "+v.StaleUntil)
	case v.Status == protocol.InForce:
		parts = append(parts, "fresh")
	}
	if v.Reaffirmed != 0 {
		parts = append(parts, "reaffirmed until "+moment(v.Reaffirmed))
	}
	for _, x := range v.Invalid {
		event, _, _ := strings.Cut(x, ":")
		parts = append(parts, event)
	}
	return strings.Join(parts, "; ")
}

func printArtifact(w io.Writer, out desk.ArtifactContent) {
	pairs := []string{"artifact", out.CID.String(), "type", out.Type, "with", out.With, "author", out.Author, "status", out.Status, "dated", moment(out.T)}
	if out.Kind != desk.AgreementKind {
		h := out.Header
		pairs = append(pairs, "series", out.Series, "revision", strconv.FormatInt(out.Revision, 10), "issued", moment(h.Issued), "from", strings.TrimSpace(h.Provenance.SourceSystem+" "+h.Provenance.SourceRecord),
			"for roles", list(h.Scope.Roles), "products", list(h.Scope.Products), "regions", list(h.Scope.Regions), "purpose", list(h.Scope.Purpose))
		if h.Reason != "" {
			pairs = append(pairs, "reason", string(h.Reason))
		}
	}
	pairs = append(pairs, "evidence", string(out.Grade)+": "+out.Evidence)
	if s := standing(out.ArtifactView); s != "" {
		pairs = append(pairs, "stands", s)
	}
	facts(w, pairs...)
	for _, x := range out.Invalid {
		fmt.Fprintf(w, "overtaken: %s\n", x)
	}
	if out.Withdrawn != nil && out.Withdrawn.Note != "" {
		fmt.Fprintf(w, "note: %s\n", out.Withdrawn.Note)
	}
	changes, err := artifact.Cells(out.Document)
	if err != nil {
		return
	}
	printed := changes[:min(len(changes), shownFigures)]
	var rows [][]string
	for _, x := range printed {
		rows = append(rows, []string{x.Row, x.Cell, x.Field, x.New})
	}
	if len(rows) > 0 {
		table(w, []string{"row", "cell", "field", "value"}, rows)
	}
	if n := len(changes) - len(printed); n > 0 {
		fmt.Fprintf(w, "and %s more; --json shows all\n", node.Count(n, "value"))
	}
}

// shownFigures is how many values a terminal shows of an artifact or a difference.
const shownFigures = 200

func printDiff(w io.Writer, out desk.ArtifactDiff) {
	fmt.Fprintf(w, "%s revision %d against revision %d: %s changed, %d of them materially\n", out.To.Type, out.To.Revision, out.From.Revision, node.Count(out.Changed, "cell"), out.Material)
	var rows [][]string
	for _, x := range out.Changes[:min(len(out.Changes), shownFigures)] {
		delta := "-"
		if !x.Delta.IsZero() {
			delta = x.Delta.String()
			if x.Delta.Sign() > 0 {
				delta = "+" + delta
			}
		}
		rows = append(rows, []string{x.Row, x.Cell, x.Field, x.Old, x.New, delta, yesNo(x.Material)})
	}
	if len(rows) > 0 {
		table(w, []string{"row", "cell", "field", "was", "is", "by", "material"}, rows)
	}
	if n := out.Changed - len(rows); n > 0 && len(rows) == shownFigures {
		fmt.Fprintf(w, "and %s more; --json shows them\n", node.Count(n, "cell"))
	}
}

func printOrigin(w io.Writer, out api.ArtifactOrigin) {
	var rows [][]string
	for _, n := range out.Nodes {
		from := []string{}
		for _, e := range out.Edges {
			if e.From == n.ID {
				word := "from "
				if e.Rel == "wasRevisionOf" {
					word = "revises "
				}
				from = append(from, word+short(e.To))
			}
		}
		what := n.Type
		switch {
		case n.Commitment:
			what = "input from another tier"
		case !n.Held:
			what = "not held here"
		}
		rows = append(rows, []string{short(n.ID), what, n.Name, n.Status, strings.TrimSpace(n.Source + " " + strings.ToLower(n.Activity)), moment(n.Issued), string(n.Grade), strings.Join(from, ", ")})
	}
	table(w, []string{"id", "what", "author", "status", "made by", "issued", "evidence", "rests on"}, rows)
	if len(out.Nodes) > 0 && out.Nodes[0].Evidence != "" {
		fmt.Fprintf(w, "evidence %s: %s\n", out.Nodes[0].Grade, out.Nodes[0].Evidence)
	}
	if out.Cut {
		fmt.Fprintln(w, "more stands behind it than is shown")
	}
}
