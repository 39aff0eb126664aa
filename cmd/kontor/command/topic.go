package command

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/node/api/wire"
	"kontor/protocol/decision"
)

func topicNoun() *cli.Command {
	return noun("topic", "decide with a partner: options, scores, offers", topicOpen(), topicShow, topicStatus, topicHistory, topicContext(), topicScore(), topicOffer("offer"), topicOffer("counter"), topicAccept, topicDecline, topicList,
		topicJoin, topicBasis(), topicReady, topicReveal, topicAddOption(), topicAddIssue, topicWithdraw, topicDelegate(), topicLedger, topicGoals())
}

// Parts of the flags and statuses that commands about a topic share.
var (
	asFlag     = &cli.StringFlag{Name: "as", Usage: "the `ROLE` it is done in: COO, CFO, CMO, CTO or CEO", DefaultText: "the token's"}
	boardExits = []int{wire.ExitRefused, wire.ExitNotFound, wire.ExitNotNow}
)

// texts are the values of a flag given several times. Unlike those of the parser's own lists they may hold commas.
type texts struct{ list []string }

// Set implements cli.Generic.
func (t *texts) Set(s string) error {
	t.list = append(t.list, s)
	return nil
}

// String implements cli.Generic.
func (t *texts) String() string { return strings.Join(t.list, "; ") }

// repeated is a flag whose values are sentences. Each command makes its own: the flag holds what was given.
func repeated(name, usage string) cli.Flag {
	return &cli.GenericFlag{Name: name, Usage: usage, Value: &texts{}}
}

func (c *call) texts(name string) []string {
	t, _ := c.Generic(name).(*texts)
	if t == nil {
		return nil
	}
	return t.list
}

const topicArgument = "TOPIC is an ID or the end of it; left out, it is the only open one."

func (c *call) topicQuery() wire.TopicQuery {
	return wire.TopicQuery{Topic: c.Args().First(), With: c.String("with")}
}

func (c *call) topicAct() wire.TopicAct {
	return wire.TopicAct{TopicQuery: c.topicQuery(), As: decision.Role(c.String("as"))}
}

// readDocument reads a JSON file a person wrote; a field it does not know is a mistake.
func readDocument(flag, path string, into any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return usagef("--%s: %v", flag, err)
	}
	d := json.NewDecoder(strings.NewReader(string(data)))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return usagef("--%s %s: %v", flag, path, err)
	}
	return nil
}

var topicShow = verb{
	name: "show", short: "show a topic, all parties side by side", args: "[TOPIC]", most: 1, long: topicArgument,
	examples: []string{"kontor topic show", "kontor topic show q2nmx3ya --json"}, exits: []int{wire.ExitNotFound}, flags: []cli.Flag{withFlag()},
	run: func(c *call) error {
		out, err := ask(c, wire.TopicShow, c.topicQuery())
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) { printTopic(w, out) })
	},
}

var topicList = verb{
	name: "list", short: "list topics", examples: []string{"kontor topic list", "kontor topic list --waiting"}, exits: []int{wire.ExitNotFound},
	flags: []cli.Flag{withFlag(), &cli.BoolFlag{Name: "open", Usage: "those that still wait for people"},
		&cli.BoolFlag{Name: "waiting", Usage: "those whose next step is the caller's"}},
	run: func(c *call) error {
		out, err := ask(c, wire.TopicList, wire.TopicListQuery{With: c.String("with"), Open: c.Bool("open"), Waiting: c.Bool("waiting")})
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			var rows [][]string
			for _, t := range out.Topics {
				rows = append(rows, []string{short(t.ID), t.Title, t.Partner, string(t.Status), strconv.Itoa(t.Rounds), moment(t.Deadline), waiting(t)})
			}
			table(w, []string{"topic", "title", "partner", "status", "rounds", "deadline", "waits for"}, rows)
		})
	},
}

func waiting(t wire.TopicInfo) string {
	var parts []string
	for _, w := range t.Waiting {
		parts = append(parts, w.Name+": "+w.Todo)
	}
	return strings.Join(parts, "; ")
}

var topicJoin = verb{
	name: "join", tells: true, short: "take a topic up", args: "[TOPIC]", most: 1, long: topicArgument + " kontor topic score joins by itself.",
	examples: []string{"kontor topic join"}, exits: boardExits, flags: []cli.Flag{withFlag(), asFlag},
	run: func(c *call) error {
		out, err := ask(c, wire.TopicJoin, c.topicAct())
		return c.topicDone(out, err, "taken up")
	},
}

// topicDone prints what a command about a topic wrote.
func (c *call) topicDone(out wire.TopicReceipt, err error, what string) error {
	if err != nil {
		return err
	}
	return c.print(out, func(w io.Writer) { fmt.Fprintf(w, "topic %s: %s\n", short(out.Topic), what) })
}

var topicReady = verb{
	name: "ready", tells: true, short: "declare the context complete", args: "[TOPIC]", most: 1, long: topicArgument + " kontor topic score does it by itself.",
	examples: []string{"kontor topic ready", "kontor topic ready --keep"}, exits: boardExits,
	flags: []cli.Flag{withFlag(), asFlag, &cli.BoolFlag{Name: "keep", Usage: "after a revision: the scores given before stand"}},
	run: func(c *call) error {
		out, err := ask(c, wire.TopicReady, wire.TopicReadyRequest{TopicAct: c.topicAct(), Keep: c.Bool("keep")})
		return c.topicDone(out, err, "context complete")
	},
}

var topicAccept = verb{
	name: "accept", tells: true, short: "accept the newest offer", args: "[TOPIC]", most: 1,
	long: "When every party has accepted, the node puts the agreement document on the table, with rollout plan, reviews and rollback made from the offer, for the officers to\n" +
		"sign: kontor agreement show. With --no-draft it is left to kontor agreement draft. " + topicArgument,
	examples: []string{"kontor topic accept", "kontor topic accept --round 2 --as COO"}, exits: boardExits,
	flags: []cli.Flag{withFlag(), asFlag, &cli.Int64Flag{Name: "round", Usage: "only if `N` is still the newest"}, &cli.BoolFlag{Name: "no-draft", Usage: "leave the document to kontor agreement draft"}},
	run: func(c *call) error {
		out, err := ask(c, wire.TopicAccept, wire.TopicAcceptRequest{TopicAct: c.topicAct(), Round: c.Int64("round"), NoDraft: c.Bool("no-draft")})
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			fmt.Fprintf(w, "topic %s: the offer of round %d is accepted\n", short(out.Topic), out.Round)
			switch {
			case out.Agreement != "":
				fmt.Fprintf(w, "agreement %s is on the table, to be signed by %s: kontor agreement show\n", out.Agreement, moment(out.SignBy))
			case out.Undrafted != "":
				fmt.Fprintf(w, "no document is on the table yet (%s): kontor agreement draft\n", out.Undrafted)
			}
		})
	},
}

var topicDecline = verb{
	name: "decline", tells: true, short: "end a topic: option 0 happens", args: "[TOPIC]", most: 1, long: topicArgument,
	examples: []string{`kontor topic decline --reason "demand was withdrawn"`}, exits: boardExits,
	flags: []cli.Flag{withFlag(), asFlag, &cli.StringFlag{Name: "reason", Usage: "`TEXT` that the partner reads"}},
	run: func(c *call) error {
		if c.String("reason") == "" {
			return missing("reason", "a sentence that the partner reads")
		}
		out, err := ask(c, wire.TopicDecline, wire.TopicDeclineRequest{TopicAct: c.topicAct(), Reason: c.String("reason")})
		return c.topicDone(out, err, "declined; option 0 happens")
	},
}
