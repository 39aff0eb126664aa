package command

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/node/api/wire"
)

var topicStatus = verb{
	name: "status", short: "show where a topic stands: who waits for whom, and what happens by itself", args: "[TOPIC]", most: 1,
	long:     "Both sides in one table, the next step of each, and every deadline with what happens by itself when nobody does anything; a deadline has passed 15 minutes after it.\n" + topicArgument,
	examples: []string{"kontor topic status", "kontor topic status q2nmx3ya --json"}, exits: []int{wire.ExitNotFound}, flags: []cli.Flag{withFlag()},
	run: func(c *call) error {
		out, err := ask(c, wire.TopicShow, c.topicQuery())
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) { printTopicStatus(w, out) })
	},
}

func printTopicStatus(w io.Writer, t wire.TopicDetail) {
	facts(w, "topic", t.ID, "title", t.Title, "with", t.Partner, "status", string(t.Status), "rounds", strconv.Itoa(t.Rounds))
	if t.Reason != "" {
		facts(w, "reason", t.Reason)
	}
	todo := map[string]string{}
	for _, wait := range t.Waiting {
		todo[wait.Company] = wait.Todo
	}
	var rows [][]string
	for _, p := range t.Parties {
		rows = append(rows, []string{p.Label + " " + p.Name, yesNo(p.Joined), yesNo(p.Ready), committedWord(p), acceptedWord(p, t.Rounds), signedWord(t, p.Company), waitWord(p, todo[p.Company])})
	}
	fmt.Fprintln(w)
	table(w, []string{"party", "joined", "ready", "scores", "accepted", "signed", "waits for it to"}, rows)
	if d := lastDistance(t); d != "" {
		fmt.Fprintf(w, "the parties are %s of the range apart\n", d)
	}
	if len(t.Deadlines) == 0 {
		return
	}
	rows = nil
	for _, d := range t.Deadlines {
		rows = append(rows, []string{moment(d.At), d.What, d.Then})
	}
	fmt.Fprintln(w)
	table(w, []string{"until", "what", "otherwise, by itself"}, rows)
}

// waitWord is what is waited for of a party, and of another than this company since when nothing has come of it.
func waitWord(p wire.TopicParty, todo string) string {
	if todo != "" && !p.Own && p.Heard != 0 {
		todo += ", silent since " + moment(p.Heard)
	}
	return orDash(todo)
}

func signedWord(t wire.TopicDetail, company string) string {
	for _, s := range t.Signing {
		if s.Company.String() != company {
			continue
		}
		word := orDash(roles(s.Signers))
		if s.Missing != "" {
			word += ", still " + s.Missing
		}
		if s.SilentSince != 0 {
			word += ", silent since " + moment(s.SilentSince)
		}
		return word
	}
	return "-"
}

func lastDistance(t wire.TopicDetail) string {
	if n := len(t.Offers); n > 0 && t.Offers[n-1].Distance != nil {
		return percent(t.Offers[n-1].Distance.Overall)
	}
	return ""
}

var topicHistory = verb{
	name: "history", short: "show every round: what changed, what was traded, how far apart", args: "[TOPIC]", most: 1,
	long:     "Each offer as a difference to the one before, with its trade-offs, and how far the parties' newest offers are apart on every issue, as part of its range. " + topicArgument,
	examples: []string{"kontor topic history", "kontor topic history q2nmx3ya --json"}, exits: []int{wire.ExitNotFound}, flags: []cli.Flag{withFlag()},
	run: func(c *call) error {
		out, err := ask(c, wire.TopicShow, c.topicQuery())
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) { printHistory(w, out) })
	},
}

func printHistory(w io.Writer, t wire.TopicDetail) {
	facts(w, "topic", t.ID, "title", t.Title, "status", string(t.Status))
	for _, o := range t.Offers {
		var values []string
		for _, v := range o.Values {
			values = append(values, v.Issue+" "+v.Value.String())
		}
		fmt.Fprintf(w, "\nround %d  %s  %s offers option %s: %s\n", o.Round, moment(o.At.T), o.Name, o.Option, strings.Join(values, ", "))
		for _, c := range o.Changes {
			fmt.Fprintf(w, "  %s: %s, before %s %s (%s of the range)\n", c.Name, c.To, c.From, c.Unit, percent(c.PPM))
		}
		printTrades(w, "  ", o.Trades)
		if o.Note != "" {
			fmt.Fprintf(w, "  %s\n", o.Note)
		}
	}
	if len(t.Offers) == 0 {
		fmt.Fprintln(w, "no offer was made yet: kontor topic offer")
		return
	}
	head := []string{"round"}
	for _, i := range t.Issues {
		head = append(head, i.ID)
	}
	var rows [][]string
	for _, o := range t.Offers {
		row := []string{strconv.FormatInt(o.Round, 10)}
		for k := range t.Issues {
			if o.Distance == nil {
				row = append(row, "-")
				continue
			}
			row = append(row, percent(o.Distance.Issues[k].PPM))
		}
		overall := "-"
		if o.Distance != nil {
			overall = percent(o.Distance.Overall)
		}
		rows = append(rows, append(row, overall))
	}
	fmt.Fprintln(w, "\napart, as part of each issue's range:")
	table(w, append(head, "overall"), rows)
}
