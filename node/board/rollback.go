package board

import (
	"slices"
	"strconv"
	"strings"

	"kontor/node"
	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/protocol/quantity"
)

// rollbackOf reads conditions as people write them: "OTIF below 0.9 in 2027-03 of ZDV-300 for buyer COO 5 => option 2 applies". What begins with no measure is words.
func (b *Board) rollbackOf(p *node.Partnership, list []string) (out []decision.Rollback, err error) {
	for _, text := range list {
		condition, action, found := strings.Cut(text, "=>")
		condition, action = strings.TrimSpace(condition), strings.TrimSpace(action)
		if !found || condition == "" || action == "" {
			return nil, node.Failf("BAD_VALUE", "the condition %q: want \"CONDITION => ACTION\"", text)
		}
		r := decision.Rollback{Condition: condition, Action: action}
		words := strings.Fields(condition)
		if slices.Contains(decision.RollbackMeasures(), strings.ToUpper(words[0])) {
			test, err := b.testOf(p, words)
			if err != nil {
				return nil, err
			}
			r.Test, r.Condition = &test, test.String()
		}
		out = append(out, r)
	}
	return out, nil
}

// testOf reads "MEASURE below LIMIT [UNIT] in PERIOD [of PRODUCT,PRODUCT] [at REGION,REGION] [over LINES] for SIDE ROLE DAYS", or "STEP NAME for SIDE ROLE DAYS".
func (b *Board) testOf(p *node.Partnership, words []string) (t decision.RollbackTest, err error) {
	bad := func(why string) (decision.RollbackTest, error) {
		return t, node.Failf("BAD_VALUE", "the condition %q: %s; want \"MEASURE below|above LIMIT [UNIT] in PERIOD [of PRODUCTS] [at REGIONS] [over LINES] for SIDE ROLE DAYS\", as in \"OTIF below 0.9 in 2027-03 for buyer COO 5\"",
			strings.Join(words, " "), why)
	}
	t.Measure = strings.ToUpper(words[0])
	at := slices.Index(words, "for")
	if at < 2 || at+4 > len(words) {
		return bad("it does not say who sees to it")
	}
	n := len(words)
	if t.Party, err = b.side(p, strings.Join(words[at+1:n-2], " ")); err != nil {
		return t, err
	}
	t.Owner = decision.Role(strings.ToUpper(words[n-2]))
	if t.Days, err = strconv.ParseInt(words[n-1], 10, 64); err != nil {
		return bad("the working days are no number")
	}
	words = words[:at]
	if t.Measure == decision.ByStep {
		t.Step = words[1]
		return t, nil
	}
	if len(words) < 5 || words[1] != "below" && words[1] != "above" {
		return bad("it compares with no limit")
	}
	t.Below = words[1] == "below"
	if t.Limit, err = quantity.Parse(words[2]); err != nil {
		return bad("the limit " + words[2] + " is no number")
	}
	rest := words[3:]
	if rest[0] != "in" {
		t.Unit, rest = quantity.Unit(strings.ToUpper(rest[0])), rest[1:]
	}
	for ; len(rest) >= 2; rest = rest[2:] {
		switch rest[0] {
		case "in":
			if t.Within, err = calendar.ParseBucket(rest[1]); err != nil {
				return bad(err.Error())
			}
		case "of":
			t.Products = sortedNames(rest[1])
		case "at":
			t.Regions = sortedNames(rest[1])
		case "over":
			if t.Least, err = strconv.ParseInt(rest[1], 10, 64); err != nil {
				return bad("the number of lines is none")
			}
		default:
			return bad("the word " + rest[0] + " means nothing here")
		}
	}
	if len(rest) > 0 {
		return bad("the word " + artifact.Clip(rest[0]) + " stands alone")
	}
	return t, nil
}

func sortedNames(list string) []string {
	names := strings.Split(list, ",")
	slices.Sort(names)
	return slices.Compact(names)
}
