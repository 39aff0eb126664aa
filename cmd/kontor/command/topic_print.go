package command

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"kontor/node"
	"kontor/node/api/wire"
	"kontor/protocol/decision"
)

// printTopic shows a topic: all parties side by side, who has and who has not yet, and what happens by itself.
func printTopic(w io.Writer, t wire.TopicDetail) {
	facts(w, "topic", t.ID, "title", t.Title, "with", t.Partner, "status", string(t.Status), "deadline", moment(t.Deadline), "by itself", t.Default)
	if t.Reason != "" {
		facts(w, "reason", t.Reason)
	}
	fmt.Fprintln(w)
	var rows [][]string
	for _, p := range t.Parties {
		rows = append(rows, []string{p.Label + " " + p.Name, roles(p.Roles), yesNo(p.Joined), yesNo(p.Ready), committedWord(p), orDash(strings.Join(p.Order, " > ")), acceptedWord(p, t.Rounds)})
	}
	table(w, []string{"party", "scored by", "joined", "ready", "scores", "ranking", "accepted"}, rows)
	for _, wait := range t.Waiting {
		fmt.Fprintf(w, "waits for %s: %s, by %s\n", wait.Name, wait.Todo, moment(wait.By))
	}
	fmt.Fprintln(w)
	printOptions(w, t)
	rows = nil
	for _, i := range t.Issues {
		rows = append(rows, []string{i.ID, i.Name, i.Low.String(), i.High.String(), i.Unit})
	}
	if len(rows) > 0 {
		table(w, []string{"issue", "what", "from", "to", "unit"}, rows)
	}
	for _, id := range t.Refused {
		fmt.Fprintf(w, "issue %s is a resale price: this company neither offers nor accepts here; decline, or ask the partner to open the topic without it\n", id)
	}
	printRounds(w, t)
	if t.Own != nil && len(t.Own.Scores) > 0 {
		fmt.Fprintln(w, "\nthis company's scores (they stay in this node):")
		printValues(w, t.Own.Values)
		printObjections(w, t.Own.Values)
		printChanged(w, t.Own.Changed)
	}
	printProposal(w, t)
	if t.Document != "" {
		fmt.Fprintf(w, "\nagreement %s: %s\n", t.Document, t.Binding)
	}
}

// printObjections shows what stands in an option's way inside this company, and what would lift it.
func printObjections(w io.Writer, values []decision.OptionValue) {
	for _, v := range values {
		for _, o := range v.Objections {
			what, lifts := "objects", "no condition would lift it: the option is rejected"
			if o.Veto {
				what, lifts = "vetoes (law, safety or a covenant)", "it stands until that role or the CEO lifts it"
			}
			if o.Lift != "" {
				lifts = "lifted if " + o.Lift
			}
			if o.Lifted {
				lifts = "lifted"
			}
			fmt.Fprintf(w, "option %s: the %s %s, %d on %s; %s\n", v.Option, o.Role, what, o.Points, strings.ToLower(string(o.Lens)), lifts)
		}
	}
}

func printOptions(w io.Writer, t wire.TopicDetail) {
	for _, o := range t.Options {
		fmt.Fprintf(w, "option %s  %s\n", o.ID, o.Summary)
		printExpected(w, t, o)
		for _, e := range o.Effects {
			fmt.Fprintf(w, "          %s, region %s, %s: %s\n", e.Product, e.Region, e.Bucket, e.Unit.Said(e.Quantity.String()))
		}
		for _, a := range t.Arithmetic {
			if a.Option == o.ID {
				for _, l := range a.Lines {
					fmt.Fprintf(w, "          | %s\n", l)
				}
			}
		}
	}
	fmt.Fprintln(w)
}

// printExpected says what an option is expected to leave short and over, and where that does not follow from the documents named. Where nothing was stated and nothing can be
// computed there is no figure to doubt.
func printExpected(w io.Writer, t wire.TopicDetail, o decision.Option) {
	for _, x := range t.Expectations {
		if x.Option == o.ID && x.Code == decision.ExpectUncounted && o.Expect == (decision.Expectation{}) {
			return
		}
	}
	fmt.Fprintf(w, "          expected short %s, over %s\n", o.Expect.Short, o.Expect.Over)
	for _, x := range t.Expectations {
		if x.Option == o.ID && x.Code != "" {
			fmt.Fprintf(w, "          %s: %s\n", x.Code, x.Text)
		}
	}
}

func printRounds(w io.Writer, t wire.TopicDetail) {
	for _, o := range t.Offers {
		var values []string
		for _, v := range o.Values {
			values = append(values, v.Issue+" "+v.Value.String())
		}
		fmt.Fprintf(w, "round %d  %s offers option %s: %s\n", o.Round, o.Name, o.Option, strings.Join(values, ", "))
		for _, c := range o.Changes {
			fmt.Fprintf(w, "         %s from %s to %s\n", c.Name, c.From, c.To)
		}
		printTrades(w, "         ", o.Trades)
		if o.Distance != nil {
			fmt.Fprintf(w, "         apart by %s of the range\n", percent(o.Distance.Overall))
		}
	}
}

func printProposal(w io.Writer, t wire.TopicDetail) {
	switch p := t.Proposal; {
	case p == nil:
	case p.Option != "":
		fmt.Fprintf(w, "\nthe node proposes option %s: the first both have met going down their lists (step %d)\n", p.Option, p.Depth)
	default:
		fmt.Fprintln(w, "\nno option is above both impasse lines; the nearest to agreement:")
		for _, way := range p.Ways {
			fmt.Fprintf(w, "  option %s: %s to lift; %s\n", way.Option, node.Count(way.Open, "objection"), orDash(strings.Join(way.Conditions, "; ")))
		}
	}
}

func roles(list []decision.Role) string {
	var out []string
	for _, r := range list {
		out = append(out, string(r))
	}
	return strings.Join(out, ", ")
}

func committedWord(p wire.TopicParty) string {
	switch {
	case !p.Committed:
		return "not yet"
	case p.Old:
		return "from before a revision"
	}
	return "committed"
}

func acceptedWord(p wire.TopicParty, rounds int) string {
	if p.Accepted == 0 {
		return "not yet"
	}
	if p.Accepted == int64(rounds) {
		return "round " + strconv.FormatInt(p.Accepted, 10)
	}
	return "round " + strconv.FormatInt(p.Accepted, 10) + ", not the newest"
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
