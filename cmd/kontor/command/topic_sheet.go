package command

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"kontor/node/api/wire"
	"kontor/protocol/decision"
)

// sheetLenses are the lenses in the order in which a sheet asks for them, each with its question and the ends of its scale.
var sheetLenses = []struct {
	lens           decision.Lens
	name, question string
}{
	{decision.LocalVision, "Vision", "toward a written goal? 0 makes one unreachable, 5 no difference, 10 meets one; g2 cites goal 2"},
	{decision.LocalPurpose, "Purpose", "our duties in the next two quarters? 0 breaks one (a veto), 5 as today, 10 clearly better"},
	{decision.PartnershipValue, "Partnership", "computed; to be moved by two at most, with a reason"},
	{decision.Legendary, "Legendary", "publish it? swap sides? make it the rule? Answer like yyn; points inside the range may follow"},
}

// duties are what each role answers for under Local Purpose.
var duties = map[decision.Role]string{decision.COO: "service, safety, load", decision.CMO: "customer promise, brand", decision.CFO: "cash, margin, exposure", decision.CTO: "data, quality system, feasibility"}

// sheetTries is how often one line of a sheet is asked again before the sheet gives up: nobody is at the terminal.
const sheetTries = 5

// sheet asks a role for its scores, option by option and lens by lens.
type sheet struct {
	c      *call
	in     *os.File
	topic  wire.TopicDetail
	role   decision.Role
	scores []wire.Scoring
}

// askSheet fills in the scores of a request at the terminal.
func (c *call) askSheet(in *wire.TopicScoreRequest) error {
	terminal := c.terminal()
	if terminal == nil {
		return &wire.Problem{Code: "BAD_USAGE", Text: "--sheet asks on a terminal, and there is none", Next: "without one say the scores: kontor topic score --as COO --score 1:vision=6"}
	}
	t, err := ask(c, wire.TopicShow, in.TopicQuery)
	if err != nil {
		return err
	}
	if t.Own == nil {
		return wire.Problemf("FORBIDDEN", "scores are for officers and the admin")
	}
	if in.As == "" && len(t.Own.Missing) == 1 {
		in.As = t.Own.Missing[0]
	}
	if duties[in.As] == "" {
		return missing("as", "the ROLE whose sheet it is: COO, CMO, CFO or CTO")
	}
	in.Topic = t.ID
	s := sheet{c: c, in: terminal, topic: t, role: in.As}
	if err := s.fill(); err != nil {
		return err
	}
	if len(s.scores) == 0 && !slices.ContainsFunc(t.Own.Scores, func(x decision.Score) bool { return x.Role == s.role }) {
		return wire.Problemf("BAD_USAGE", "no view on any lens: nothing was entered")
	}
	if in.Reveal == "" {
		answer, err := c.askLine(terminal, "Show the partner our ranking once all have scored? The nodes then propose an option. [y/N] ")
		if err != nil {
			return err
		}
		if strings.HasPrefix(strings.ToLower(answer), "y") {
			in.Reveal = "rank"
		}
	}
	in.Scores = append(in.Scores, s.scores...)
	return c.agree(fmt.Sprintf("Enter these %d scores for the %s?", len(s.scores), s.role), &wire.Problem{Code: "CONFIRM", Text: "the sheet was filled in, not entered", Next: "answer y, or say --yes"})
}

func (s *sheet) say(format string, args ...any) { fmt.Fprintf(s.c.stderr, format, args...) }

// fill asks for every option.
func (s *sheet) fill() error {
	s.say("%s, with %s: the sheet of the %s (%s)\n", s.topic.Title, s.topic.Partner, s.role, duties[s.role])
	s.say("Points from 0 to 10, and why: \"8 a year early\"; option 0 is %d on every lens. Enter takes what stands in brackets, - is no view.\n", decision.Neutral)
	explained := s.c.Bool("brief")
	for i, g := range s.topic.Own.Goals {
		if explained {
			break
		}
		s.say("  g%d  %s (%s)\n", i+1, g.Text, g.Measure)
	}
	for _, o := range s.topic.Options {
		if o.ID == decision.NoAgreement && s.c.Bool("brief") {
			continue
		}
		s.say("\noption %s  %s\n", o.ID, o.Summary)
		if !s.c.Bool("brief") {
			printExpected(s.c.stderr, s.topic, o)
		}
		if o.ID == decision.NoAgreement {
			continue
		}
		for _, l := range sheetLenses {
			if !explained {
				s.say("  %s: %s\n", l.name, l.question)
			}
			if err := s.line(o.ID, l.lens, l.name); err != nil {
				return err
			}
		}
		explained = true
	}
	return nil
}

// line asks for one score, until it can be taken.
func (s *sheet) line(option string, lens decision.Lens, name string) error {
	before, computed := s.before(option, lens), s.computed(option)
	offered := "no view"
	switch {
	case before != nil:
		offered = strconv.FormatInt(before.Points, 10)
	case lens == decision.PartnershipValue:
		offered = fmt.Sprintf("%d, computed", computed)
	}
	if lens == decision.PartnershipValue && !s.c.Bool("brief") {
		s.arithmetic(option)
	}
	for range sheetTries {
		text, err := s.c.askLine(s.in, fmt.Sprintf("  %-12s[%s]: ", name, offered))
		if err != nil || text == "" || text == "-" {
			return err
		}
		score, err := typedScore(lens, text)
		if err == nil && lens == decision.PartnershipValue && (score.Points > computed+2 || score.Points < computed-2) {
			err = fmt.Errorf("%d points: at most two from the computed %d", score.Points, computed)
		}
		if err != nil {
			s.say("    %v\n", err)
			continue
		}
		score.Option = option
		moved := lens == decision.PartnershipValue && score.Points != computed
		if score.Reason == "" && (score.Points <= 2 || score.Points >= 8 || moved) {
			if score.Reason, err = s.reason(lens); err != nil {
				return err
			}
			if score.Reason == "" {
				s.say("    without a reason %d can't be entered\n", score.Points)
				continue
			}
		}
		if score.Points <= 2 && score.Lift == "" {
			if score.Lift, err = s.c.askLine(s.in, "    what would lift this objection [nothing]: "); err != nil {
				return err
			}
		}
		s.scores = append(s.scores, score)
		return nil
	}
	return usagef("%s of option %s: no score after %d answers", name, option, sheetTries)
}

// typedScore reads a line such as "8 g2 a year early": points and marks, then the reason, behind a colon or not.
func typedScore(lens decision.Lens, text string) (wire.Scoring, error) {
	words := strings.Fields(text)
	marks := 0
	for marks < len(words) {
		w, end := strings.CutSuffix(words[marks], ":")
		_, err := strconv.ParseInt(w, 10, 64)
		goal := len(w) > 1 && w[0] == 'g' && strings.Trim(w[1:], "0123456789") == ""
		if err != nil && !goal && !(lens == decision.Legendary && isAnswers(w)) {
			break
		}
		words[marks] = w
		marks++
		if end {
			break
		}
	}
	return scored(lens, words[:marks], strings.Join(words[marks:], " "))
}

// reason asks for the reason a score needs, and offers the one the role gave last on the lens.
func (s *sheet) reason(lens decision.Lens) (string, error) {
	i := slices.IndexFunc(s.topic.Own.Reasons, func(r wire.LastReason) bool { return r.Role == s.role && r.Lens == lens })
	if i < 0 {
		return s.c.askLine(s.in, "    why: ")
	}
	last := s.topic.Own.Reasons[i]
	text, err := s.c.askLine(s.in, fmt.Sprintf("    why [as last, with %d: %s]: ", last.Points, last.Reason))
	if err == nil && text == "" {
		text = last.Reason
	}
	return text, err
}

// before is the score this role has entered already; a Partnership Value it left alone is none.
func (s *sheet) before(option string, lens decision.Lens) *decision.Score {
	for _, x := range s.topic.Own.Scores {
		if x.Role == s.role && x.Option == option && x.Lens == lens && (lens != decision.PartnershipValue || x.Points != s.computed(option)) {
			return &x
		}
	}
	return nil
}

func (s *sheet) computed(option string) int64 {
	for _, v := range s.topic.Own.Values {
		if v.Option == option {
			return v.Computed
		}
	}
	return decision.Neutral
}

// arithmetic shows how a Partnership Value comes about, without what the option's own lines and the question say already.
func (s *sheet) arithmetic(option string) {
	for _, a := range s.topic.Arithmetic {
		if a.Option == option {
			for _, l := range a.Lines {
				if strings.HasPrefix(l, "expected ") || strings.HasPrefix(l, "Partnership Value ") {
					continue
				}
				s.say("          | %s\n", l)
			}
		}
	}
}
