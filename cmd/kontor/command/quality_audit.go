package command

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/node/api"
	"kontor/node/client"
	"kontor/node/desk"
	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quality"
)

var qualityAuditVerb = verb{
	name: "audit", short: "keep an audit or a certificate in the draft, by the hash of its report", args: "ID", exits: []int{},
	flags: []cli.Flag{&cli.StringFlag{Name: "standard", Usage: "`NAME`: 'ISO 9001:2015', 'VDA 6.3'", Required: true},
		&cli.StringFlag{Name: "date", Usage: "`DAY` of the audit", Required: true}, &cli.StringFlag{Name: "until", Usage: "`DAY` up to which it is valid"},
		&cli.StringFlag{Name: "result", Usage: "`CODE`: PASSED, CONDITIONAL or FAILED", Required: true}, &cli.StringFlag{Name: "region", Usage: "`COUNTRY` of the audited site"},
		&cli.StringFlag{Name: "evidence", Usage: "`FILE` of the report, which stays here (its hash leaves), or its SHA-256", Required: true},
		&cli.StringSliceFlag{Name: "finding", Usage: "`FINDING`: clause, MAJOR, MINOR or OBSERVATION, the day it was closed if any, a colon, what it is; may be repeated"}},
	long: "An audit of the same ID takes its place. It leaves with the next kontor quality share, the hash of the report with it: whoever is given the report by another way\n" +
		"compares the hash with what sha256sum says.",
	examples: []string{"kontor quality audit A-27 --standard 'VDA 6.3' --date 2027-02-03 --until 2028-02-02 --result CONDITIONAL --evidence report.pdf --finding '6.2.1 MINOR: torque is not recorded'",
		"kontor quality audit C-9001 --standard 'ISO 9001:2015' --date 2027-02-03 --until 2030-02-02 --result PASSED --evidence certificate.pdf"},
	run: func(c *call) error {
		a, err := c.audit()
		if err != nil {
			return err
		}
		data, err := json.Marshal(map[string]any{"audits": []quality.Audit{a}})
		if err != nil {
			return err
		}
		n, err := c.node()
		if err != nil {
			return err
		}
		defer n.Close()
		if _, err := client.Upload(c.Context.Context, n, api.QualityImport, desk.ImportOptions{}, bytes.NewReader(data)); err != nil {
			return err
		}
		return c.print(a, func(w io.Writer) {
			fmt.Fprintf(w, "audit %q by %q is kept, its report by SHA-256 %s; tell partners with: kontor quality share\n", a.ID, a.Standard, hex.EncodeToString(a.Evidence))
		})
	},
}

// audit reads an audit from the flags.
func (c *call) audit() (a quality.Audit, err error) {
	a = quality.Audit{ID: c.Args().First(), Standard: c.String("standard"), Result: quality.AuditResult(strings.ToUpper(c.String("result")))}
	if !artifact.IsName(a.ID) || !artifact.IsName(a.Standard) {
		return a, usagef("an audit and its standard go by short plain names; %q or %q is none", artifact.Clip(a.ID), artifact.Clip(a.Standard))
	}
	switch a.Result {
	case quality.Passed, quality.Conditional, quality.Failed:
	default:
		return a, usagef("--result %q: want PASSED, CONDITIONAL or FAILED", c.String("result"))
	}
	if a.At, err = calendar.ParseDate(c.String("date")); err != nil {
		return a, usagef("--date: %v", err)
	}
	if text := c.String("until"); text != "" {
		if a.Until, err = calendar.ParseDate(text); err != nil || a.Until < a.At {
			return a, usagef("--until %q: want a day like 2027-02-03, not before --date", text)
		}
	}
	if region := c.String("region"); region != "" {
		if !forecast.ValidRegion(region) {
			return a, usagef("--region %q: want a country such as CI or a part of one such as CI-AB", region)
		}
		a.Site = forecast.Location{Region: region}
	}
	for _, text := range c.StringSlice("finding") {
		f, err := parseFinding(text)
		if err != nil {
			return a, err
		}
		a.Findings = append(a.Findings, f)
	}
	e, err := readEvidence(c.String("evidence"))
	a.Evidence = e.Hash
	return a, err
}

// parseFinding reads "6.2.1 MINOR 2027-03-01: torque is not recorded"; day and text may be missing.
func parseFinding(text string) (f quality.AuditFinding, err error) {
	head, says, _ := strings.Cut(text, ":")
	f.Text = strings.TrimSpace(says)
	words := strings.Fields(head)
	if n := len(words); n > 2 {
		if f.Closed, err = calendar.ParseDate(words[n-1]); err == nil {
			words = words[:n-1]
		}
	}
	if n := len(words); n > 1 {
		f.Clause, f.Grade = strings.Join(words[:n-1], " "), quality.FindingGrade(strings.ToUpper(words[n-1]))
	}
	switch f.Grade {
	case quality.MajorFinding, quality.MinorFinding, quality.Observation:
	default:
		return f, usagef("--finding %q: want a clause, MAJOR, MINOR or OBSERVATION, the day it was closed if any, and after a colon what it is", text)
	}
	if !artifact.IsName(f.Clause) || !artifact.IsSentence(f.Text) {
		return f, usagef("--finding %q: clause or text is too long or not plain", artifact.Clip(text))
	}
	return f, nil
}

// printAudits lists audits with what shows them.
func printAudits(w io.Writer, audits []quality.Audit) {
	var rows [][]string
	for _, a := range audits {
		until := "-"
		if a.Until != 0 {
			until = a.Until.String()
		}
		rows = append(rows, []string{a.ID, a.Standard, a.At.String(), until, string(a.Result), fmt.Sprint(len(a.Findings)), "SHA-256 " + hex.EncodeToString(a.Evidence)})
	}
	if len(rows) > 0 {
		table(w, []string{"audit", "standard", "date", "until", "result", "findings", "evidence"}, rows)
	}
}
