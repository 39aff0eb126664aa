package command

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/node/api"
	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol/measure"
	"kontor/protocol/quality"
)

func qualityNoun() *cli.Command {
	return noun("quality", "quality reports: defect counts and charts, complaints and their 8D, lot blocks, audits",
		qualityImportVerb(),
		verb{
			name: "preview", short: "show every field a partner would see, and why it may", flags: []cli.Flag{withFlag()},
			examples: []string{"kontor quality preview --json"},
			run: func(c *call) error {
				out, err := ask(c, api.QualityPreview, api.WithQuery{With: c.String("with")})
				if err != nil {
					return err
				}
				return c.print(out, func(w io.Writer) {
					printPreview(w, out.Preview)
					for _, x := range out.Diff {
						fmt.Fprintf(w, "changes: %s %s%s%s\n", x.Row, x.Field, arrow(x.Old, x.New), material(x.Material))
					}
				})
			},
		},
		verb{
			name: "share", short: "share the quality report with a partner", flags: []cli.Flag{withFlag()}, exits: []int{wire.ExitRefused},
			examples: []string{"kontor quality share --with \"Relief Agency\""},
			run:      answerWith(api.QualityShare, func(w io.Writer, out desk.Shared) { printSharedRows(w, quality.Type, "measure", out) }),
		},
		verb{
			name: "list", short: "list the lot blocks and complaints in force, own and partners'",
			examples: []string{"kontor quality list"},
			run: func(c *call) error {
				out, err := ask(c, api.QualityList, wire.None{})
				if err != nil {
					return err
				}
				return c.print(out, func(w io.Writer) { printLots(w, out) })
			},
		},
		verb{
			name: "show", short: "show the reports in force: rates, complaints with their clocks, audits",
			examples: []string{"kontor quality show", "kontor quality show --json"},
			run: func(c *call) error {
				out, err := ask(c, api.QualityList, wire.None{})
				if err != nil {
					return err
				}
				return c.print(out, func(w io.Writer) {
					for _, h := range out {
						printReport(w, h)
					}
				})
			},
		},
		verb{
			name: "chart", short: "draw the control chart of a product's counts", args: "PRODUCT", flags: []cli.Flag{withFlag(),
				&cli.BoolFlag{Name: "own", Usage: "of the own report, not the partner's"}, &cli.StringFlag{Name: "region", Usage: "`COUNTRY` of the counts"}, &cli.StringFlag{Name: "process", Usage: "`NAME` of the process"}},
			long: "Where the report names no kind: a p chart, or a u chart where a subgroup counts more than its units, which only defects can; Laney's\n" +
				"limits (p', u') where subgroups vary more than 1.2 times chance; units (g) or area (t) between failures where fewer than five are expected\n" +
				"in a subgroup. Rule 1, a point beyond three sigma, and rule 4, a run of eight on one side, signal. Limits come from the first 20 subgroups,\n" +
				"or those that the report names, and stay: both nodes draw the same.",
			examples: []string{"kontor quality chart ZDV-300", "kontor quality chart ZDV-300 --own --json"},
			run: func(c *call) error {
				out, err := ask(c, api.QualityChart, desk.ChartQuery{With: c.String("with"), Own: c.Bool("own"), Product: c.Args().First(), Region: c.String("region"), Process: c.String("process")})
				if err != nil {
					return err
				}
				return c.print(out, func(w io.Writer) { printChart(w, out) })
			},
		},
		qualityBlockVerb, qualityReleaseVerb, qualityAuditVerb)
}

func qualityImportVerb() verb {
	v := importVerb("defect counts", "product, region, process, period, inspected, received, delivered quantity, defectives, confirmed, defects, denominator, failure code, unit", api.QualityImport)
	v.long = "A table of counts; or a JSON document {\"service\", \"measures\", \"complaints\", \"cases\", \"audits\"} as kontor quality show --json prints them.\n" +
		"A rate needs a named denominator: the column's, or the one quantity the file has.\n" + v.long
	return v
}

var qualityBlockVerb = verb{
	name: "block", short: "block a lot, or change a block that holds", args: "ID", flags: []cli.Flag{
		&cli.StringFlag{Name: "with", Usage: "the block is for this `PARTNER` only"},
		&cli.StringFlag{Name: "product", Usage: "`NUMBER`"}, &cli.StringFlag{Name: "region", Usage: "`COUNTRY` where the lot lies"},
		&cli.StringSliceFlag{Name: "lot", Usage: "lot `NUMBER`; it leaves as a salted hash; may be repeated"}, &cli.StringSliceFlag{Name: "serials", Usage: "`FIRST..LAST`; leaves as a salted hash"},
		&cli.StringFlag{Name: "quantity", Usage: "`UNITS` that are blocked"}, &cli.StringFlag{Name: "unit", Usage: "UN/ECE Rec 20 `CODE`"},
		&cli.StringFlag{Name: "severity", Usage: "`CODE`: MINOR, MAJOR, CRITICAL or LIFE-THREATENING"},
		&cli.StringFlag{Name: "since", Usage: "`DAY`; default today"}, &cli.StringFlag{Name: "likely", Usage: "released by this `DAY` with nine chances in ten"},
		&cli.StringFlag{Name: "complaint", Usage: "`NUMBER` of the complaint behind it"}, &cli.StringFlag{Name: "role", Usage: "`CODE` of the role that decided"},
	},
	long:     "It takes the named stock out of cover once, and does not slow a line. It leaves with the next kontor quality share.",
	examples: []string{"kontor quality block B-7 --product ZDV-300 --lot L7 --quantity 300 --unit PK --severity CRITICAL --role QUALITY_MANAGER"},
	run: func(c *call) error {
		out, err := ask(c, api.QualityBlock, desk.LotBlockPlan{ID: c.Args().First(), With: c.String("with"), Product: c.String("product"), Region: c.String("region"), Lots: c.StringSlice("lot"), Serials: c.StringSlice("serials"),
			Quantity: c.String("quantity"), Unit: c.String("unit"), Severity: c.String("severity"), Since: c.String("since"), Likely: c.String("likely"), Complaint: c.String("complaint"), Role: c.String("role")})
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			fmt.Fprintf(w, "%s of %s are blocked (%s) since %s; tell partners with: kontor quality share\n", out.Unit.Said(out.Quantity.String()), out.Item.ID(), out.Severity, out.Since)
		})
	},
}

var qualityReleaseVerb = verb{
	name: "release", short: "release a blocked lot", args: "ID", flags: []cli.Flag{
		&cli.StringFlag{Name: "at", Usage: "`DAY`; default today"}, &cli.BoolFlag{Name: "mistake", Usage: "it was blocked by mistake"},
		&cli.StringFlag{Name: "evidence", Usage: "`FILE` that shows the lot is good, which stays here (its hash leaves), or its SHA-256"}, &cli.StringFlag{Name: "role", Usage: "`CODE` of the role that decided"},
	},
	long:     "A block ends once. It leaves with the next kontor quality share.",
	examples: []string{"kontor quality release B-7 --evidence retest.pdf --role QUALITY_MANAGER"},
	run: func(c *call) error {
		in := desk.LotEnd{ID: c.Args().First(), Mistake: c.Bool("mistake"), At: c.String("at"), Role: c.String("role")}
		if text := c.String("evidence"); text != "" {
			e, err := readEvidence(text)
			if err != nil {
				return err
			}
			in.Evidence = e.Hash
		}
		out, err := ask(c, api.QualityRelease, in)
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			fmt.Fprintf(w, "block %q of %s is %s on %s; tell partners with: kontor quality share\n", out.ID, out.Item.ID(), out.Status, out.Ended)
		})
	},
}

func printLots(w io.Writer, reports []desk.HeldQuality) {
	var rows [][]string
	for _, h := range reports {
		for _, b := range h.Document.Blocks {
			rows = append(rows, []string{"lot block", b.ID, h.Author, b.Item.ID(), b.Unit.Said(b.Quantity.String()), string(b.Severity), string(b.Status), b.Since.String()})
		}
		for _, c := range h.Document.Complaints {
			rows = append(rows, []string{"complaint", c.ID, h.Author, c.Item.ID(), c.Unit.Said(c.Units.String()), string(c.Severity), string(c.Status), moment(c.Raised)})
		}
	}
	table(w, []string{"what", "id", "author", "product", "quantity", "severity", "status", "since"}, rows)
}

func printReport(w io.Writer, h desk.HeldQuality) {
	fmt.Fprintf(w, "report of %s with %s, revision %d: %d measures, %d complaints, %d cases, %d lot blocks, %d audits\n", h.Author, h.With, h.Revision,
		len(h.Document.Measures), len(h.Document.Complaints), len(h.Document.Cases), len(h.Document.Blocks), len(h.Document.Audits))
	var rows [][]string
	for i, m := range h.Document.Measures {
		if i >= len(h.Rates) {
			break
		}
		rate := "not measured"
		if r := h.Rates[i]; r.Measured {
			rate = r.PPM + " ppm"
			if r.Upper != "" {
				rate += ", below " + r.Upper
			}
		}
		base := "-"
		if b := m.Base(); b != nil {
			base = b.String() + " " + string(m.Denominator)
		}
		rows = append(rows, []string{m.Item.ID(), m.Site.Key(), m.Process, m.Period.String(), m.Confirmed.String(), base, rate})
	}
	if len(rows) > 0 {
		table(w, []string{"product", "region", "process", "period", "confirmed", "of", "rate"}, rows)
	}
	rows = nil
	for _, c := range h.Clocks {
		for _, s := range c.Steps {
			rows = append(rows, []string{c.Complaint, c.Received.String(), string(s.Step), s.Due.String(), string(s.State)})
		}
	}
	if len(rows) > 0 {
		table(w, []string{"complaint", "received", "step", "due", "state"}, rows)
	}
	printCases(w, h.Document)
	for _, r := range h.Again {
		fmt.Fprintf(w, "complaint %s looks like %s again: %s, %s, cause %s (confirmed: %t)\n", r.Complaint, r.Of, r.Code, r.Family, r.Node, r.Confirmed)
	}
	printAudits(w, h.Document.Audits)
	for _, a := range h.Expired {
		fmt.Fprintf(w, "audit %s by %s was valid until %s\n", a.ID, a.Standard, a.Until)
	}
}

// printCases prints what an 8D found and does about it, and whether the complaining side saw it work: by roles.
func printCases(w io.Writer, doc quality.Document) {
	var causes, actions, verified [][]string
	for _, c := range doc.Cases {
		for _, k := range c.Causes {
			causes = append(causes, []string{c.Complaint, string(k.Type), causeWords[k.Type], k.Node, strings.Join(k.Whys, " <- ")})
		}
		for _, a := range c.Actions {
			effect := "-"
			if a.Effective != nil {
				effect = percent(*a.Effective)
			}
			actions = append(actions, []string{c.Complaint, a.ID, string(a.Step), string(a.Kind), a.Measure, a.Role, orDash(a.Due.String()), string(a.Status), effect})
		}
	}
	for _, c := range doc.Complaints {
		if v := c.Verified; v != nil {
			word := "the actions work"
			if !v.Effective {
				word = "the actions do not work"
			}
			verified = append(verified, []string{c.ID, v.At.String(), v.Role, word})
		}
	}
	for _, part := range []struct {
		head []string
		rows [][]string
	}{
		{[]string{"complaint", "type", "cause of", "node", "why, and why that"}, causes},
		{[]string{"complaint", "action", "step", "kind", "measure", "role", "due", "status", "effect"}, actions},
		{[]string{"complaint", "verified", "role", "seen"}, verified},
	} {
		if len(part.rows) > 0 {
			table(w, part.head, part.rows)
		}
	}
}

// causeWords are the four types of causes of an 8D report.
var causeWords = map[quality.CauseType]string{
	quality.TechnicalOccurrence: "occurrence, technical", quality.TechnicalNonDetection: "non-detection, technical",
	quality.SystemicOccurrence: "occurrence, systemic", quality.SystemicNonDetection: "non-detection, systemic",
}

// leaning is said of charts of units between failures, whose runs another line is judged about than the one that is drawn.
const leaning = "note: a run is about the median, 0.693 of the centre, because units between failures lean to the short"

func printChart(w io.Writer, v desk.ChartView) {
	fmt.Fprintf(w, "%s chart of %s: centre %s, limits of %d subgroups, %d signals\n", v.Kind, v.Product, v.Centre, v.Baseline, v.Signals)
	if v.Why != "" {
		fmt.Fprintf(w, "note: %s\n", v.Why)
	}
	if v.Dispersion != "" && v.Why == "" {
		fmt.Fprintf(w, "note: subgroups vary %s times as much as chance; limits are widened above 1.2, and well below 1 they are too wide to tell much\n", v.Dispersion)
	}
	if v.Kind == measure.ChartG {
		fmt.Fprintln(w, leaning)
	}
	if v.Short {
		fmt.Fprintln(w, "note: few subgroups: the limits are tentative")
	}
	var rows [][]string
	var legend []string
	for _, p := range v.Points {
		var signals []string
		for _, s := range p.Signals {
			signals = append(signals, string(s))
			if line := fmt.Sprintf("signal %s: %s", s, s.Words()); !slices.Contains(legend, line) {
				legend = append(legend, line)
			}
		}
		rows = append(rows, []string{p.At, p.Value, p.Low, p.High, strconv.FormatBool(p.Base), strings.Join(signals, " ")})
	}
	table(w, []string{"at", "value", "low", "high", "baseline", "signals"}, rows)
	for _, line := range legend {
		fmt.Fprintln(w, line)
	}
}
