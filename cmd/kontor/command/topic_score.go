package command

import (
	"fmt"
	"strconv"
	"strings"

	"kontor/node/api/wire"
	"kontor/protocol/decision"
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
