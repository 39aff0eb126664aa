package capacity

import (
	"fmt"

	"kontor/protocol/artifact"
)

// A group may hold other groups instead of demand series, as a paint shop holds the lines before it (CX-0128, nesting): the
// demand of what is inside is summed up, its capacity is not. The contract view has such a group like any other; products are
// allotted by the groups that link them.

// checkNesting applies the rules of groups inside groups: each is known and of the same unit, a group has links or groups
// inside and not both, and no path is a circle or deeper than MaxNesting.
func checkNesting(r *artifact.Report, groups []Group) {
	index := make(map[string]int, len(groups))
	for i, g := range groups {
		index[g.ID] = i
	}
	sound := true
	for i, g := range groups {
		if len(g.Nested) == 0 || r.Full() {
			continue
		}
		path := fmt.Sprintf("groups[%d].linkedCapacityGroups", i)
		if len(g.Nested) > MaxNested {
			r.Add(CodePlanBounds, path, "%d groups inside one are more than %d", len(g.Nested), MaxNested)
			sound = false
			continue
		}
		if len(g.Links) > 0 || len(g.Slots) > 0 {
			r.Add(CodeNested, path, "a group with groups inside has no demand series and no slots of its own")
		}
		seen := map[string]bool{}
		for j, id := range g.Nested {
			at := fmt.Sprintf("%s[%d]", path, j)
			k, known := index[id]
			switch {
			case !known || seen[id]:
				r.Add(CodeNested, at, "no group %q in the plan, or named twice", artifact.Clip(id))
				sound = sound && known
			case groups[k].Unit != g.Unit:
				r.Add(CodeNested, at, "group %q counts %q, this one %q: loads of one unit can be added", artifact.Clip(id), string(groups[k].Unit), string(g.Unit))
			}
			seen[id] = true
		}
	}
	if sound {
		checkDepth(r, groups, index)
	}
}

// checkDepth measures how deep groups stand inside each other, each group once.
func checkDepth(r *artifact.Report, groups []Group, index map[string]int) {
	const open = -1
	depth := map[int]int{} // levels below a group; open while it is being measured
	var measure func(i, above int) int
	measure = func(i, above int) int {
		if d, done := depth[i]; done || above > MaxNesting {
			if done && d != open {
				return d
			}
			return MaxNesting + 1 // a circle, or deep enough to be refused
		}
		depth[i] = open
		d := 0
		for _, id := range groups[i].Nested {
			d = max(d, 1+measure(index[id], above+1))
		}
		depth[i] = d
		return d
	}
	for i := range groups {
		if measure(i, 0) > MaxNesting {
			r.Add(CodeNested, fmt.Sprintf("groups[%d].linkedCapacityGroups", i), "groups stand inside each other in a circle, or deeper than %d", MaxNesting)
			return
		}
	}
}

// nest gives every group the loads of the groups inside it. A demand series counts once in a group, whatever the number of
// ways in which it gets there: by the first group inside, in their order, that it loads. What is inactive adds nothing.
func (m *matcher) nest() error {
	byID := make(map[string]int, len(m.groups))
	for i, g := range m.groups {
		byID[g.ID] = i
	}
	done := make([]bool, len(m.groups))
	var fill func(i int) error
	fill = func(i int) error {
		if done[i] {
			return nil
		}
		done[i] = true // CheckPlan refused circles
		seen := map[string]bool{}
		for _, id := range m.groups[i].Nested {
			k, active := byID[id]
			if !active {
				continue
			}
			if err := fill(k); err != nil {
				return err
			}
			if err := m.spend(len(m.groups[k].loads)); err != nil { // also of those that are there already
				return err
			}
			for _, l := range m.groups[k].loads {
				if seen[l.line.key] {
					continue
				}
				seen[l.line.key] = true
				m.groups[i].loads = append(m.groups[i].loads, l)
				if err := m.spend(len(l.line.axis.buckets) + len(m.groups[i].Capacities)); err != nil {
					return err
				}
			}
		}
		return nil
	}
	for i := range m.groups {
		if err := fill(i); err != nil {
			return err
		}
	}
	return nil
}
