package command

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"kontor/node/api/wire"
	"kontor/protocol/decision"
	"kontor/protocol/quantity"

	"github.com/urfave/cli/v2"
)

// lensNames are what people write for the lenses.
var lensNames = map[string]decision.Lens{"vision": decision.LocalVision, "purpose": decision.LocalPurpose, "partnership": decision.PartnershipValue, "legendary": decision.Legendary}

// parseScore reads "OPTION:LENS=POINTS[,gGOAL]", with an optional ": REASON".
func parseScore(text string) (s wire.Scoring, err error) {
	bad := usagef("--score %q: want OPTION:LENS=POINTS or \"OPTION:LENS=POINTS: REASON\" with the lens vision, purpose, partnership or legendary", text)
	option, rest, ok := strings.Cut(text, ":")
	name, rest, ok2 := strings.Cut(rest, "=")
	points, reason, _ := strings.Cut(rest, ":")
	lens, known := lensNames[strings.ToLower(strings.TrimSpace(name))]
	if !ok || !ok2 || !known {
		return s, bad
	}
	words := strings.FieldsFunc(points, func(r rune) bool { return r == ',' || r == ' ' })
	if s, err = scored(lens, words, strings.TrimSpace(reason)); err != nil {
		return wire.Scoring{}, bad
	}
	s.Option = strings.TrimSpace(option)
	return s, nil
}

// scoresOf reads a file of scores; lenses go by the names people write or by those of the document.
func scoresOf(path string) (out []wire.Scoring, err error) {
	if err := readDocument("file", path, &out); err != nil {
		return nil, err
	}
	for i, s := range out {
		lens, named := lensNames[strings.ToLower(strings.TrimSpace(string(s.Lens)))]
		switch {
		case named:
			out[i].Lens = lens
		case !slices.Contains(decision.Lenses[:], s.Lens):
			return nil, usagef("--file %s: [%d].lens: %q is no lens: want vision, purpose, partnership or legendary", path, i, s.Lens)
		}
	}
	return out, nil
}

// scored makes a score of what a person wrote: points; on Local Vision "g2" for the goal it is about; on the Legendary Lens three answers of y or n to
// "publish it? swap sides? make it the rule?" before the points or in their place. A reason may name after "unless:" what would lift the objection.
func scored(lens decision.Lens, words []string, reason string) (s wire.Scoring, err error) {
	s = wire.Scoring{Lens: lens, Reason: reason}
	if why, lift, found := strings.Cut(reason, "unless:"); found {
		s.Reason, s.Lift = strings.TrimSpace(why), strings.TrimSpace(lift)
	}
	least, most := int64(0), int64(decision.MaxPoints)
	given := false
	for _, w := range words {
		number, err := strconv.ParseInt(w, 10, 64)
		switch {
		case err == nil && !given:
			s.Points, given = number, true
		case lens == decision.LocalVision && len(w) > 1 && w[0] == 'g':
			s.Evidence = append(s.Evidence, "goal "+w[1:])
		case lens == decision.Legendary && isAnswers(w) && s.Evidence == nil:
			yes := strings.Count(w, "y")
			least, most = legendary[yes].least, legendary[yes].most
			s.Evidence = []string{answersText(w)}
			if !given {
				s.Points = legendary[yes].usual
			}
			if s.Reason == "" && (yes == 0 || yes == 3) {
				s.Reason = answersText(w)
			}
		default:
			return s, fmt.Errorf("%q is neither points from 0 to %d%s", w, decision.MaxPoints, alsoTaken(lens))
		}
	}
	switch {
	case !given && lens != decision.Legendary || len(words) == 0 || lens == decision.Legendary && !given && s.Evidence == nil:
		return s, fmt.Errorf("points from 0 to %d are missing%s", decision.MaxPoints, alsoTaken(lens))
	case s.Points < least || s.Points > most:
		return s, fmt.Errorf("%d points: want %d to %d%s", s.Points, least, most, alsoTaken(lens))
	}
	return s, nil
}

func alsoTaken(lens decision.Lens) string {
	switch lens {
	case decision.LocalVision:
		return ", nor a goal such as g2"
	case decision.Legendary:
		return "; three answers of y or n (publish it? swap sides? make it the rule?) give 0 to 2 without a yes, 3 or 4 with one, 5 to 7 with two, 8 to 10 with three"
	}
	return ""
}

// legendary are the points that each number of yes gives: a role picks inside the range, and says nothing when it takes the usual ones.
var legendary = [4]struct{ least, usual, most int64 }{{0, 2, 2}, {3, 4, 4}, {5, 6, 7}, {8, 8, 10}}

func isAnswers(w string) bool { return len(w) == 3 && strings.Trim(w, "yn") == "" }

// answersText is the evidence behind a score on the Legendary Lens.
func answersText(w string) string {
	said := map[byte]string{'y': "yes", 'n': "no"}
	return fmt.Sprintf("publish it: %s, swap sides: %s, make it the rule: %s", said[w[0]], said[w[1]], said[w[2]])
}

func basisFlag() cli.Flag {
	return repeated("basis", "what an option is worth to this side: `\"OPTION SHORT OVER COST\"`: cost of a unit short, of a unit over, of the option itself")
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

func topicBasis() verb {
	return verb{
		name: "basis", tells: true, short: "state what options are worth to this side", args: "[TOPIC]", most: 1,
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

var topicReveal = verb{
	name: "reveal", tells: true, short: "show the partner positions, ranking or scores", args: "[TOPIC]", most: 1,
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
		name: "score", tells: true, short: "score options for one role, and go on as far as possible", args: "[TOPIC]", most: 1,
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
			&cli.StringFlag{Name: "file", Usage: "`FILE` with scores as JSON: [{\"option\": \"1\", \"lens\": \"purpose\", \"points\": 8, \"reason\": \"...\", \"lift\": \"...\", \"evidence\": [...]}], lenses as for --score"},
			&cli.StringFlag{Name: "weights", Usage: "`FILE` with this company's lens weights as JSON, before the first score", DefaultText: "the standard weights"},
			&cli.StringFlag{Name: "reveal", Usage: "what the node shows once all have committed: `WHAT` is positions, rank, scores or nothing", DefaultText: "nothing"},
			repeated("lift", "take an objection back: `\"ROLE:OPTION:LENS: REASON\"`, by that role or the CEO"),
			&cli.BoolFlag{Name: "keep", Usage: "after a revision: the scores given before stand"},
			&cli.BoolFlag{Name: "sheet", Usage: "ask for the scores on the terminal, option by option"},
			&cli.BoolFlag{Name: "brief", Usage: "a sheet without what was read before: goals, explanations and arithmetic; for the second role of one person"},
			yesFlag("enter the sheet without being asked at its end"),
		},
		run: func(c *call) error {
			in, err := c.scoring()
			if err != nil {
				return err
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

// scoring is what a role says of the options: from a file, the flags and, where asked for, the sheet at the terminal.
func (c *call) scoring() (in wire.TopicScoreRequest, err error) {
	in = wire.TopicScoreRequest{TopicAct: c.topicAct(), Scores: []wire.Scoring{}, Reveal: c.String("reveal"), Keep: c.Bool("keep")}
	if path := c.String("file"); path != "" {
		if in.Scores, err = scoresOf(path); err != nil {
			return in, err
		}
	}
	for _, text := range c.texts("score") {
		s, err := parseScore(text)
		if err != nil {
			return in, err
		}
		in.Scores = append(in.Scores, s)
	}
	for _, text := range c.texts("lift") {
		l, err := parseLift(text, in.As)
		if err != nil {
			return in, err
		}
		in.Lifted = append(in.Lifted, l)
	}
	if path := c.String("weights"); path != "" {
		in.Weights = &decision.CompanyWeights{}
		if err := readDocument("weights", path, in.Weights); err != nil {
			return in, err
		}
	}
	if in.Basis, err = parseBasis(c.texts("basis")); err != nil {
		return in, err
	}
	if c.Bool("sheet") {
		err = c.askSheet(&in)
	}
	return in, err
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
