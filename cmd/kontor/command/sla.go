package command

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"kontor/node"
	"kontor/node/api"
	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
)

func slaNoun() *cli.Command {
	return noun("sla", "service levels of the terms in force: what their windows come to, and what terms would have paid", slaStatusVerb, slaSimulateVerb, slaReconcileVerb, slaIndexVerb, slaLapseVerb)
}

func slaFlags() []cli.Flag {
	return []cli.Flag{withFlag(), contractFlag(), &cli.StringFlag{Name: "sla", Usage: "`NAME` of the clause", DefaultText: "all"}}
}

func windowOf() cli.Flag {
	return &cli.StringFlag{Name: "window", Usage: "`PERIOD`: 2027-02, or 2027-02-01/2027-05-01", DefaultText: "all"}
}

func (c *call) slaQuery() desk.SLAQuery {
	return desk.SLAQuery{With: c.String("with"), Contract: c.String("contract"), SLA: c.String("sla"), Window: c.String("window")}
}

var slaStatusVerb = verb{
	name: "status", short: "list the windows that are over or running, what they come to or are heading for, and who has reported", flags: append(slaFlags(), windowOf()),
	long: "A window waits until both sides have closed their reports, or have written something after the last day for corrections. Then both nodes evaluate it by themselves,\n" +
		"from the same reports; what stands by silence may be rebutted for ten working days. Of a window that waits, what the reports would come to now is shown in brackets.\n" +
		"A window that is running is on track, at risk (projected to miss) or lost, by what is reported so far, with the arithmetic.",
	examples: []string{"kontor sla status", "kontor sla status --with \"Tablet Maker\" --window 2027-02 --json"},
	run: func(c *call) error {
		out, err := ask(c, api.SLAStatus, c.slaQuery())
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			if len(out) == 0 {
				fmt.Fprintln(w, "No window of terms in force fits, running or over. From when terms apply: kontor terms list; what they would have paid: kontor sla simulate")
				return
			}
			var rows [][]string
			for _, s := range out {
				rows = append(rows, []string{s.With, s.Contract, s.SLA, s.Period.String(), stateText(s), resultText(s), owedText(s.Items)})
			}
			table(w, []string{"with", "contract", "sla", "window", "state", "result", "owed"}, rows)
			for _, s := range out {
				for _, o := range s.Outages {
					fmt.Fprintf(w, "%s %s: deadlines moved for an outage of %s, %s\n", s.SLA, s.Period, o.Company, node.Count(int(o.Days), "working day"))
				}
				if s.Ahead != nil {
					fmt.Fprintf(w, "%s %s: %s\n", s.SLA, s.Period, s.Ahead.Text)
					continue
				}
				reported := slices.ContainsFunc(s.Sides, func(x desk.SLASide) bool { return x.Reported > 0 })
				if len(out) == 1 || s.Result == nil && reported || s.Result != nil && s.Result.Verdict == remedy.Unequal {
					printSides(w, s)
				}
			}
		})
	},
}

func stateText(s desk.SLAStatus) string {
	text := string(s.State)
	if s.Result != nil && !s.Settled {
		text += " (pending)"
	}
	return text
}

func resultText(s desk.SLAStatus) string {
	if s.Ahead != nil {
		text := strings.ToLower(strings.ReplaceAll(string(s.Ahead.Outlook), "_", " "))
		if s.Ahead.Value != nil {
			text += fmt.Sprintf(": %s so far, wanted %s", s.Ahead.Value.Format(3), targetText(terms.SLA{Target: s.Target, AtMost: s.AtMost}))
		}
		return text
	}
	r, open, shut := s.Result, "", ""
	if r == nil {
		if r = s.Preview; r == nil {
			return ""
		}
		open, shut = "(", ")"
	}
	text := string(r.Verdict)
	if r.Value != nil {
		text += fmt.Sprintf(" %s, wanted %s", r.Value.Format(3), targetText(terms.SLA{Target: s.Target, AtMost: s.AtMost}))
	}
	if r.Verdict == remedy.Adjusted && r.Value != nil {
		text = fmt.Sprintf("ADJUSTED by an index of %s", r.Value.Format(4))
	}
	if r.Verdict == remedy.Unequal && r.Buyer != nil && r.Seller != nil {
		text += fmt.Sprintf(": buyer %s, seller %s", r.Buyer.Format(3), r.Seller.Format(3))
	}
	if r.Why != "" {
		text += ", " + strings.ToLower(strings.ReplaceAll(string(r.Why), "_", " "))
	}
	if r.Why == remedy.TooFew {
		if s.Least > 0 {
			text += fmt.Sprintf(": %d of at least %s", r.Count, node.Count(s.Least, "observation"))
		}
		if r.Reason != "" {
			text += ", " + strings.ToLower(strings.ReplaceAll(string(r.Reason), "_", " "))
		}
	}
	return open + text + shut
}

func owedText(items []remedy.Item) string {
	var parts []string
	for _, i := range items {
		parts = append(parts, fmt.Sprintf("%s %s %s", i.ID[:8], i.Amount, i.Status))
	}
	return strings.Join(parts, ", ")
}

func printSides(w io.Writer, s desk.SLAStatus) {
	for _, x := range s.Sides {
		has := "reported " + stamp(x.Reported)
		if x.Closed {
			has += ", closed"
		}
		if x.Reported == 0 {
			has = "has not reported"
			if x.Owes != "" {
				has += " " + x.Owes
			}
		}
		if !x.Passed && s.Result == nil {
			has += fmt.Sprintf("; nothing newer than %s was heard of it", stamp(x.Last))
		}
		fmt.Fprintf(w, "%s %s: %s (%s) %s\n", s.SLA, s.Period, x.Company, strings.ToLower(string(x.Side)), has)
	}
	if s.Result == nil {
		fmt.Fprintf(w, "%s %s: reports are corrected until %s, or until both sides close the window: kontor performance close\n", s.SLA, s.Period, stamp(s.Until))
	}
	if n := unpriced(s); n > 0 {
		fmt.Fprintf(w, "%s %s: cells of the reports without a price: %d; no clause of %s fits their product, unit and day, so nothing is owed for them: kontor terms price\n", s.SLA, s.Period, n, s.Contract)
	}
}

// unpriced is how many cells are in no charges of a window, as far as it is known.
func unpriced(s desk.SLAStatus) int64 {
	switch {
	case s.Result != nil:
		return s.Result.Unpriced
	case s.Preview != nil:
		return s.Preview.Unpriced
	}
	return 0
}

// stamp is a day and time, UTC.
func stamp(ms int64) string {
	if ms == 0 {
		return "never"
	}
	return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04")
}

var slaSimulateVerb = verb{
	name: "simulate", short: "say what terms would have paid over the past", exits: []int{wire.ExitRefused},
	flags: []cli.Flag{withFlag(), contractFlag(), &cli.BoolFlag{Name: "draft", Usage: "by the own draft of terms", DefaultText: "the newest that were shared or signed"},
		&cli.StringFlag{Name: "over", Usage: "`DAYS`: 2026-01-01/2027-01-01", DefaultText: "the twelve months to the end of the newest report"},
		&cli.StringFlag{Name: "alone", Usage: "by the reports of one `SIDE` alone: own or partner", DefaultText: "both"},
		&cli.StringFlag{Name: "reports", Usage: "by the figures of `FILE`, as kontor performance import takes tables and JSON; both sides count as it says, and nothing of it is kept", DefaultText: "the reports in force"},
		&cli.StringFlag{Name: "event", Usage: "with --reports, what deliveries of a table are: `RECEIPT_POSTED`, ARRIVAL, DOCK or DESPATCH"}},
	long: "Each side can ask before anything is signed. The terms are moved over the period, prices with them, and every remedy applies by itself; nothing is written and nothing leaves.\n" +
		"Prices that an index moves are adjusted by the values the terms fix, those the sides stated, and where neither did those of kontor terms index.",
	examples: []string{"kontor sla simulate --draft", "kontor sla simulate --draft --reports lastyear.csv", "kontor sla simulate --contract FRAME-2027 --over 2026-01-01/2027-01-01 --alone own --json"},
	run: func(c *call) error {
		q := desk.SimulateQuery{With: c.String("with"), Contract: c.String("contract"), Over: c.String("over"), Alone: c.String("alone")}
		if c.Bool("draft") {
			q.Of = "draft"
		}
		if q.Alone != "" && q.Alone != "own" && q.Alone != "partner" {
			return usagef("%q is no side: want own or partner", q.Alone)
		}
		out, err := c.simulated(q)
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			var rows [][]string
			for _, x := range out.Windows {
				s := desk.SLAStatus{Result: &x.Result, Target: x.Target, AtMost: x.AtMost}
				paid := []string{}
				for _, i := range out.Items {
					if i.Window == x.Window {
						paid = append(paid, fmt.Sprintf("%s %s %s%s", strings.ToLower(string(i.Debtor)), strings.ToLower(string(i.Kind)), i.Amount, when(i.Limited != "", " ("+string(i.Limited)+")")))
					}
				}
				rows = append(rows, []string{x.SLA, x.Period.String(), resultText(s), strings.Join(paid, ", ")})
			}
			table(w, []string{"sla", "window", "result", "would have paid"}, rows)
			total := "nobody would have paid"
			if out.Debtor != "" {
				total = fmt.Sprintf("the %s would have paid %s", strings.ToLower(string(out.Debtor)), out.Total)
			}
			fmt.Fprintf(w, "%s (%s) over %s: %s", out.Contract, out.Of, out.Over, total)
			if out.Apart > 0 {
				fmt.Fprintf(w, "; in %s the two sides' figures come to different things", node.Count(out.Apart, "window"))
			}
			fmt.Fprintln(w)
		})
	},
}

func (c *call) simulated(q desk.SimulateQuery) (desk.SimulatedTerms, error) {
	path := c.String("reports")
	if path == "" {
		if c.String("event") != "" {
			return desk.SimulatedTerms{}, usagef("--event says how a file is read: it goes with --reports")
		}
		return ask(c, api.SLASimulate, q)
	}
	return uploadFrom(c, api.SLASimulateBy, desk.SimulateReports{SimulateQuery: q, Event: c.String("event")}, path)
}

var slaReconcileVerb = verb{
	name: "reconcile", short: "find the lines in which the two sides' figures of a window differ, or take the partner's figures", exits: []int{wire.ExitRefused},
	flags: append(slaFlags(), windowOf(), &cli.BoolFlag{Name: "agree", Usage: "take the partner's figures of the window: what is held falls due by them"}),
	long: "While reports may be corrected, whose lines are wrong shares its report again (kontor performance share). Later, or where a report can't be made again, the side\n" +
		"whose figures were wrong agrees to the other's. What nobody agrees upon until the last day to rebut is disputed.",
	examples: []string{"kontor sla reconcile --window 2027-02", "kontor sla reconcile --sla otif --window 2027-02 --agree"},
	run: func(c *call) error {
		out, err := ask(c, api.SLAReconcile, desk.SLAReconcileQuery{SLAQuery: c.slaQuery(), Agree: c.Bool("agree")})
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			if out.Entry != nil {
				fmt.Fprintf(w, "agreed: the figures of %s stand for %s of %s; see what is due: kontor remedy list\n", out.With, out.SLA, out.Period)
				return
			}
			fmt.Fprintf(w, "%s %s: %s\n", out.SLA, out.Period, resultText(out.SLAStatus))
			for _, cell := range out.Cells {
				fmt.Fprintf(w, "%s: %s\n", cell.Cell, node.Count(len(cell.Lines), "line"))
				printLines(w, cell.Lines)
			}
			if len(out.Cells) == 0 {
				fmt.Fprintln(w, "no cell has lines that can be compared; kontor performance compare shows the figures")
			}
		})
	},
}

var slaIndexVerb = verb{
	name: "index", short: "say what an index was published at, or list what both sides said", exits: []int{wire.ExitRefused},
	flags: []cli.Flag{withFlag(), &cli.StringFlag{Name: "index", Usage: "`NAME`, as the terms have it"}, &cli.StringFlag{Name: "month", Usage: "`MONTH`: 2027-02"}, &cli.StringFlag{Name: "value", Usage: "`FIGURE` it was published at"},
		&cli.BoolFlag{Name: "final", Usage: "its publisher will not revise it", DefaultText: "preliminary"}, &cli.StringFlag{Name: "source", Usage: "`SENTENCE`: where it is published"}, &cli.StringFlag{Name: "evidence", Usage: "`CID` of a shared artifact or attachment"}},
	long: "Either side states a value, with its source; it counts for prices that the terms adjust month by month. A final value goes before a preliminary one. Where the two state\n" +
		"different ones the adjustment is held until a side agrees: kontor sla reconcile --agree. Without --value both sides' statements are listed.",
	examples: []string{"kontor sla index", "kontor sla index --index PULP-EU --month 2027-02 --value 108.4 --final --source \"monthly bulletin of the pulp exchange\""},
	run: func(c *call) error {
		if c.String("value") == "" {
			for _, name := range []string{"month", "final", "source", "evidence"} {
				if c.IsSet(name) {
					return missing("value", "what it was published at, --value FIGURE; --"+name+" goes with it")
				}
			}
			out, err := ask(c, api.SLAIndexes, api.IndexQuery{With: c.String("with")})
			if err != nil {
				return err
			}
			return c.print(out, func(w io.Writer) {
				said := func(list []desk.StatedValue) string {
					if len(list) == 0 {
						return "nothing"
					}
					v := list[len(list)-1]
					return fmt.Sprintf("%s, %s, %s", v.Value, map[bool]string{true: "final", false: "preliminary"}[v.Final], v.Source)
				}
				var rows [][]string
				for _, x := range out {
					if index := c.String("index"); index != "" && index != x.Index {
						continue
					}
					rows = append(rows, []string{x.With, x.Index, x.Month, said(x.Buyer), said(x.Seller)})
				}
				table(w, []string{"with", "index", "month", "buyer says", "seller says"}, rows)
			})
		}
		v, err := quantity.Parse(c.String("value"))
		if err != nil {
			return usagef("--value: %v", err)
		}
		month, err := calendar.ParseBucket(c.String("month"))
		if err != nil {
			return usagef("--month: %v", err)
		}
		in := api.IndexStatement{With: c.String("with"), Point: remedy.Point{Index: c.String("index"), Month: month.Start, Value: v, Final: c.Bool("final"), Source: c.String("source")}}
		if text := c.String("evidence"); text != "" {
			id, err := block.ParseCID(text)
			if err != nil {
				return usagef("--evidence: %v", err)
			}
			in.Evidence = &id
		}
		out, err := ask(c, api.SLAIndex, in)
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			fmt.Fprintf(w, "stated: %s of %s was %s; see both sides: kontor sla index\n", out.Index, out.Month.Month(), out.Value)
		})
	},
}

var slaLapseVerb = verb{
	name: "lapse", short: "record that the partner wrote nothing for seven days after a window's deadline", exits: []int{wire.ExitRefused}, flags: append(slaFlags(), windowOf()),
	long: "The window goes on without it: by this side's reports, or by what the clause says of silence. What follows stands when the partner's node writes again; what it reports then\n" +
		"comes too late for the first evaluation, and in time to rebut it. Days on which its node was seen to be down move the deadline first.",
	examples: []string{"kontor sla lapse --sla otif --window 2027-02"},
	run: func(c *call) error {
		out, err := ask(c, api.SLALapse, c.slaQuery())
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			fmt.Fprintf(w, "recorded: %s let the deadline of %s of %s pass\n", out.With, out.SLA, out.Period)
		})
	},
}
