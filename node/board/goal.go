package board

import (
	"strconv"
	"strings"

	"kontor/node"
	"kontor/node/api/wire"
	"kontor/protocol/decision"
	"kontor/protocol/legible"
)

// goalRow holds this company's goals: private, and never part of anything that leaves. A score cites one by its number alone.
const goalRow = "board/goals"

// Bounds of goals: who has more than seven has none.
const (
	maxGoals    = 7
	maxGoalText = 300 // bytes of a goal or its measure
)

// goalPrefix begins the evidence of a score that cites a goal.
const goalPrefix = "goal "

// Goals lists this company's goals.
func (b *Board) Goals() (out wire.Goals, err error) {
	out.Goals = []wire.Goal{}
	err = b.node.ReadPrivate(func(rows node.PrivateRows) error {
		_, err := rows.Get(goalRow, &out.Goals)
		return err
	})
	return out, err
}

// SetGoals replaces them. Scores that cited one keep its number.
func (b *Board) SetGoals(in wire.Goals) (wire.Goals, error) {
	if len(in.Goals) > maxGoals {
		return in, node.Failf("BAD_GOAL", "%d goals; a company has at most %d", len(in.Goals), maxGoals)
	}
	for i, g := range in.Goals {
		for _, text := range []string{g.Text, g.Measure} {
			if text == "" || len(text) > maxGoalText || strings.ContainsFunc(text, legible.Treacherous) {
				return in, node.Failf("BAD_GOAL", "goal %d: a goal and its measure are 1 to %d bytes of plain text each, such as \"every clinic served | clinics without stock, below 1 %%\"", i+1, maxGoalText)
			}
		}
	}
	if in.Goals == nil {
		in.Goals = []wire.Goal{}
	}
	return in, b.node.Private(func(rows node.PrivateRows) error { return rows.Put(goalRow, in.Goals) })
}

// cited checks the goals that scores name: on Local Vision, by the number of one that is written down.
func (b *Board) cited(scores []wire.Scoring) error {
	for _, s := range scores {
		for _, e := range s.Evidence {
			number, isGoal := strings.CutPrefix(e, goalPrefix)
			if !isGoal {
				continue
			}
			list, err := b.Goals()
			if err != nil {
				return err
			}
			n, err := strconv.Atoi(number)
			if err != nil || n < 1 || n > len(list.Goals) || s.Lens != decision.LocalVision {
				return node.Failf("NO_GOAL", "%s on %s of option %s: Local Vision cites one of this company's %s by its number: kontor topic goals", e, s.Lens, s.Option, node.Count(len(list.Goals), "goal"))
			}
		}
	}
	return nil
}
