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
	"kontor/protocol/quantity"
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

func basisFlag() cli.Flag {
	return repeated("basis", "what an option is worth to this side: `\"OPTION SHORT OVER COST\"`: cost of a unit short, of a unit over, of the option itself")
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

// parseBasis reads "OPTION SHORT OVER COST", several of them.
func parseBasis(list []string) (out []decision.OptionBasis, err error) {
	for _, text := range list {
		f := strings.Fields(text)
		if len(f) != 4 {
			return nil, usagef("--basis %q: want \"OPTION SHORT OVER COST\", such as \"1 2.50 0.10 12000\"", text)
		}
		var q [3]quantity.Quantity
		for i, number := range f[1:] {
			if q[i], err = quantity.Parse(number); err != nil {
				return nil, usagef("--basis %q: %v", text, err)
			}
		}
		out = append(out, decision.OptionBasis{Option: f[0], Basis: decision.ValueBasis{PerUnitShort: q[0], PerUnitOver: q[1], ExtraCost: q[2]}})
	}
	return out, nil
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
	name: "join", short: "take a topic up", args: "[TOPIC]", most: 1, long: topicArgument + " kontor topic score joins by itself.",
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

func topicBasis() verb {
	return verb{
		name: "basis", short: "state what options are worth to this side", args: "[TOPIC]", most: 1,
		long:     "The partner sees these figures: from both sides' the nodes compute the Partnership Value of each option. " + topicArgument,
		examples: []string{`kontor topic basis --basis "1 2.50 0 12000" --basis "2 2.50 0 8000"`}, exits: boardExits, flags: []cli.Flag{withFlag(), asFlag, basisFlag()},
		run: func(c *call) error {
			basis, err := parseBasis(c.texts("basis"))
			if err != nil {
				return err
			}
			if len(basis) == 0 {
				return missing("basis", `"OPTION SHORT OVER COST"`)
			}
			out, err := ask(c, wire.TopicBasis, wire.TopicBasisRequest{TopicAct: c.topicAct(), Basis: basis})
			return c.topicDone(out, err, "value basis stated")
		},
	}
}

var topicReady = verb{
	name: "ready", short: "declare the context complete", args: "[TOPIC]", most: 1, long: topicArgument + " kontor topic score does it by itself.",
	examples: []string{"kontor topic ready", "kontor topic ready --keep"}, exits: boardExits,
	flags: []cli.Flag{withFlag(), asFlag, &cli.BoolFlag{Name: "keep", Usage: "after a revision: the scores given before stand"}},
	run: func(c *call) error {
		out, err := ask(c, wire.TopicReady, wire.TopicReadyRequest{TopicAct: c.topicAct(), Keep: c.Bool("keep")})
		return c.topicDone(out, err, "context complete")
	},
}

var topicReveal = verb{
	name: "reveal", short: "show the partner positions, ranking or scores", args: "[TOPIC]", most: 1,
	long:     "Without a flag positions and ranking are shown. Once both rankings are, the nodes propose an option. " + topicArgument,
	examples: []string{"kontor topic reveal", "kontor topic reveal --positions"}, exits: boardExits,
	flags: []cli.Flag{withFlag(), asFlag, &cli.BoolFlag{Name: "positions", Usage: "what this company says to each option, and its conditions"},
		&cli.BoolFlag{Name: "rank", Usage: "the ranking of the options"}, &cli.BoolFlag{Name: "scores", Usage: "everything"}},
	run: func(c *call) error {
		out, err := ask(c, wire.TopicReveal, wire.TopicRevealRequest{TopicAct: c.topicAct(), Positions: c.Bool("positions"), Rank: c.Bool("rank"), Scores: c.Bool("scores")})
		return c.topicDone(out, err, "shown")
	},
}

func topicScore() verb {
	return verb{
		name: "score", short: "score options for one role, and go on as far as possible", args: "[TOPIC]", most: 1,
		long: "Scores are changes against option 0, which is 5 on every lens: 0 to 10, with a reason for 0 to 2 and 8 to 10. Partnership Value is filled in from the arithmetic\n" +
			"and may be moved by two. A low score may name what would lift the objection: \"1:purpose=2: no night shift unless: the union agrees\".\n" +
			"The command takes the topic up, states --basis, declares the context complete and, once every required role has scored and the partner is ready,\n" +
			"commits; the node does what remains when its time comes. A reason of \"=\" is the role's last on that lens: \"1:purpose=8: =\".\n" +
			"On Local Vision \"g2\" cites goal 2 (kontor topic goals); on the Legendary Lens three answers of y or n stand for points: publish it? swap sides? make it the rule?\n" +
			"--sheet asks for all of it at the terminal and offers what was computed and the reasons given last. Scores stay in this node unless --reveal says otherwise. Without --score it only goes on with what is there.\n" + topicArgument,
		examples: []string{`kontor topic score --as COO --score 1:vision=6 --score "1:purpose=8: served in March" --score 1:legendary=yyn --score 2:purpose=6`, "kontor topic score --as COO --sheet", "kontor topic score --as CFO --file scores.json --reveal rank"},
		exits:    boardExits,
		flags: []cli.Flag{withFlag(), asFlag, basisFlag(),
			repeated("score", "`OPTION:LENS=POINTS[,gGOAL][: REASON]`, several times"),
			&cli.StringFlag{Name: "file", Usage: "`FILE` with scores as JSON: [{option, lens, points, reason, lift}]"},
			&cli.StringFlag{Name: "weights", Usage: "`FILE` with this company's lens weights as JSON, before the first score", DefaultText: "the standard weights"},
			&cli.StringFlag{Name: "reveal", Usage: "what the node shows once all have committed: `WHAT` is positions, rank, scores or nothing", DefaultText: "nothing"},
			repeated("lift", "take an objection back: `\"ROLE:OPTION:LENS: REASON\"`, by that role or the CEO"),
			&cli.BoolFlag{Name: "keep", Usage: "after a revision: the scores given before stand"},
			&cli.BoolFlag{Name: "sheet", Usage: "ask for the scores on the terminal, option by option"},
			&cli.BoolFlag{Name: "brief", Usage: "a sheet without what was read before: goals, explanations and arithmetic; for the second role of one person"},
			yesFlag("enter the sheet without being asked at its end"),
		},
		run: func(c *call) error {
			in := wire.TopicScoreRequest{TopicAct: c.topicAct(), Scores: []wire.Scoring{}, Reveal: c.String("reveal"), Keep: c.Bool("keep")}
			if path := c.String("file"); path != "" {
				if err := readDocument("file", path, &in.Scores); err != nil {
					return err
				}
			}
			for _, text := range c.texts("score") {
				s, err := parseScore(text)
				if err != nil {
					return err
				}
				in.Scores = append(in.Scores, s)
			}
			for _, text := range c.texts("lift") {
				l, err := parseLift(text, in.As)
				if err != nil {
					return err
				}
				in.Lifted = append(in.Lifted, l)
			}
			if path := c.String("weights"); path != "" {
				in.Weights = &decision.CompanyWeights{}
				if err := readDocument("weights", path, in.Weights); err != nil {
					return err
				}
			}
			var err error
			if in.Basis, err = parseBasis(c.texts("basis")); err != nil {
				return err
			}
			if c.Bool("sheet") {
				if err := c.askSheet(&in); err != nil {
					return err
				}
			}
			out, err := ask(c, wire.TopicScore, in)
			if err != nil {
				return err
			}
			return c.print(out, func(w io.Writer) {
				printScored(w, out)
				if c.Bool("sheet") {
					return // it showed the arithmetic and offered the reasons
				}
				if t, err := ask(c, wire.TopicShow, wire.TopicQuery{Topic: out.Topic}); err == nil {
					printReasons(w, t, in.As)
				}
			})
		},
	}
}

// printReasons shows the Partnership Values as they were computed, and offers the reasons given before.
func printReasons(w io.Writer, t wire.TopicDetail, role decision.Role) {
	for _, a := range t.Arithmetic {
		fmt.Fprintf(w, "Partnership Value of option %s:\n", a.Option)
		for _, l := range a.Lines {
			fmt.Fprintf(w, "  | %s\n", l)
		}
	}
	if t.Own == nil {
		return
	}
	var rows [][]string
	for _, r := range t.Own.Reasons {
		if role == "" || r.Role == role {
			rows = append(rows, []string{string(r.Role), strings.ToLower(string(r.Lens)), strconv.FormatInt(r.Points, 10), r.Reason})
		}
	}
	if len(rows) > 0 {
		table(w, []string{"role", "lens", "points", "last reason, to be used again with ="}, rows)
	}
}

func parseLift(text string, by decision.Role) (l decision.Lifting, err error) {
	f := strings.SplitN(text, ":", 4)
	if len(f) != 4 || lensNames[strings.ToLower(f[2])] == "" {
		return l, usagef("--lift %q: want \"ROLE:OPTION:LENS: REASON\"", text)
	}
	return decision.Lifting{Role: decision.Role(f[0]), Option: f[1], Lens: lensNames[strings.ToLower(f[2])], By: by, Reason: strings.TrimSpace(f[3])}, nil
}

func printScored(w io.Writer, out wire.TopicScored) {
	printValues(w, out.Values)
	printObjections(w, out.Values)
	printChanged(w, out.Changed)
	switch {
	case out.Committed:
		fmt.Fprintf(w, "topic %s: this company has committed to its scores; they stay in this node\n", short(out.Topic))
	default:
		fmt.Fprintf(w, "topic %s: kept; the commitment waits for %s\n", short(out.Topic), strings.Join(out.WaitsFor, " and "))
	}
}

// printChanged marks Partnership Values that a role has not seen as they are now.
func printChanged(w io.Writer, changed []wire.ChangedValue) {
	for _, v := range changed {
		what := "look again"
		if v.Again {
			what = "it must be given anew"
		}
		fmt.Fprintf(w, "Partnership Value of option %s: %d when the %s scored, %d now: %s\n", v.Option, v.From, v.Role, v.To, what)
	}
}

func printValues(w io.Writer, values []decision.OptionValue) {
	var rows [][]string
	for _, v := range values {
		if !v.Scored {
			rows = append(rows, []string{v.Option, "not scored", "", "", strconv.FormatInt(v.Computed, 10)})
			continue
		}
		var roles []string
		for _, r := range v.Roles {
			roles = append(roles, fmt.Sprintf("%s %d", r.Role, r.Value))
		}
		position := string(v.Position)
		if v.TalkFirst {
			position += ", roles differ: talk first"
		}
		rows = append(rows, []string{v.Option, strconv.FormatInt(v.Value, 10), strings.Join(roles, ", "), position, strconv.FormatInt(v.Computed, 10)})
	}
	table(w, []string{"option", "value", "by role", "position", "partnership value"}, rows)
}

var topicAccept = verb{
	name: "accept", short: "accept the newest offer", args: "[TOPIC]", most: 1,
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
	name: "decline", short: "end a topic: option 0 happens", args: "[TOPIC]", most: 1, long: topicArgument,
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
