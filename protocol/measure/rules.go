package measure

import "math/big"

// Rule is a pattern that a process without a cause shows rarely.
type Rule string

// The rules, numbered as in the Western Electric handbook. Zone rules on counts alarm often without a cause: they are an option.
const (
	RuleLimit Rule = "1" // a point beyond three standard deviations
	RuleTwo   Rule = "2" // two of three points in a row beyond two, on one side
	RuleFour  Rule = "3" // four of five in a row beyond one, on one side
	RuleRun   Rule = "4" // eight in a row on one side of the centre
)

// ruleWords say what a chart saw.
var ruleWords = map[Rule]string{
	RuleLimit: "a point beyond three standard deviations",
	RuleTwo:   "two of three points beyond two standard deviations, on one side",
	RuleFour:  "four of five points beyond one standard deviation, on one side",
	RuleRun:   "eight points in a row on one side of the centre",
}

// Words say what the rule saw: its number says nothing to who has to act on it.
func (r Rule) Words() string { return ruleWords[r] }

// judge names the signals: at the point that completes the pattern.
func (c *Chart) judge(rules string) {
	zones, runs := rules == "WESTERN_ELECTRIC", rules != "POINT"
	run := 0
	for i := range c.Points {
		p := &c.Points[i]
		if p.beyond(3) != 0 && !(p.NoLow && p.deviation.Sign() < 0 && c.Kind == ChartG) {
			p.Signals = append(p.Signals, RuleLimit)
		}
		if zones {
			if c.pattern(i, 3, 2, 2) {
				p.Signals = append(p.Signals, RuleTwo)
			}
			if c.pattern(i, 5, 4, 1) {
				p.Signals = append(p.Signals, RuleFour)
			}
		}
		switch {
		case p.side == 0:
			run = 0
		case i > 0 && p.side == c.Points[i-1].side:
			run++
		default:
			run = 1
		}
		if runs && run >= 8 {
			p.Signals = append(p.Signals, RuleRun)
		}
	}
}

// beyond is the side on which a point is more than k standard deviations from the centre, 0 where it is not. It compares squares.
func (p Point) beyond(k int64) int {
	if square(p.deviation).Cmp(times(new(big.Rat).SetInt64(k*k), p.variance)) > 0 {
		return p.deviation.Sign()
	}
	return 0
}

// pattern tells whether of the last points, this one among them, enough are beyond k on one side. This one has to be one of them, except
// in the first window there is, which may be complete before it is full.
func (c *Chart) pattern(i, window, enough int, k int64) bool {
	if i+1 < window {
		return false
	}
	sides := map[int]int{}
	for _, p := range c.Points[i+1-window : i+1] {
		sides[p.beyond(k)]++
	}
	this := c.Points[i].beyond(k)
	for _, side := range []int{-1, 1} {
		if sides[side] >= enough && (this == side || i+1 == window) {
			return true
		}
	}
	return false
}
