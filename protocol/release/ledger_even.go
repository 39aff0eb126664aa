package release

import (
	"cmp"
	"slices"
	"strings"
)

// underway is what the cells of the release that is being made have in common. Components of the same products add up the same amounts, so that few of
// them have amounts of their own; still no combination shows fewer than k contributors while whoever asks for a product is in every cell that it is in.
//
// Two amounts are alike when every cell of the release adds them up in one proportion; the amounts of the release fall into classes of like ones. A
// combination of the release's cells takes away a class wholly or not at all. So if each class has amounts that no earlier release has of at least k
// contributors, a combination of its cells with whatever left before either shows that many, or it takes away all that the release's cells say, and is one
// of earlier releases. This holds for any cells as "the release", if those before them are "earlier": they need not be complete. Cells that share no
// class, not even through others, are judged apart.
type underway struct {
	release string
	columns map[int64]column
	classes []class
	groups  []group
	// Of the cell that is read.
	touched []touch
}

// column is an amount of the release's cells.
type column struct {
	class int32
	per   uint64 // one by its share of what its class is in any cell
	fresh bool   // no earlier release has it
}

// class is amounts that are alike.
type class struct {
	group   int32
	columns int
	fresh   map[string]int // fresh columns by contributor
}

// group is classes that share cells, directly or through others. It stands for itself while within is its own number.
type group struct {
	within int32
	thin   int // of its classes: those that fewer than k contributors have fresh columns in
}

// touch is what a cell does to a column.
type touch struct {
	class int32 // -1: to one that no cell of the release has
	fresh bool
	share uint64
	term  *term // of the cell
}

func (t touch) who() string { return t.term.name.contributor }

func (u *underway) groupOf(class int32) int32 {
	at := u.classes[class].group
	for u.groups[at].within != at {
		at = u.groups[at].within
	}
	u.classes[class].group = at
	return at
}

// touches lists what a cell does, by class and share.
func (l *Ledger) touches(terms []term) []touch {
	u := &l.underway
	out := slices.Grow(u.touched[:0], len(terms))
	for i := range terms {
		t := &terms[i]
		if c, there := u.columns[t.id]; there {
			out = append(out, touch{c.class, c.fresh, times(t.factor, c.per), t})
		} else {
			out = append(out, touch{-1, !l.known(t.base, t.id), 1, t})
		}
	}
	slices.SortFunc(out, func(a, b touch) int {
		return cmp.Or(cmp.Compare(a.class, b.class), cmp.Compare(a.share, b.share), strings.Compare(a.who(), b.who()))
	})
	u.touched = out
	return out
}

// alike cuts off the touches of one class and share.
func alike(touches []touch) (first, rest []touch) {
	n := 1
	for n < len(touches) && touches[n].class == touches[0].class && touches[n].share == touches[0].share {
		n++
	}
	return touches[:n], touches[n:]
}

// contributors counts those with a fresh column among touches of one class and share.
func contributors(touches []touch) (n int) {
	last := -1
	for i, t := range touches {
		if t.fresh && (last < 0 || touches[last].who() != t.who()) {
			n, last = n+1, i
		}
	}
	return n
}

// even tells that after a cell every class that is linked to it has fresh columns of k contributors.
func (l *Ledger) even(terms []term) bool {
	u := &l.underway
	touches := l.touches(terms)
	for len(touches) > 0 {
		class, whole := touches[0].class, touches
		for len(touches) > 0 && touches[0].class == class {
			var one []touch
			if one, touches = alike(touches); contributors(one) < MinContributors {
				return false
			}
		}
		if class < 0 {
			continue
		}
		c := u.classes[class]
		whole = whole[:len(whole)-len(touches)]
		if len(whole) < c.columns && c.remaining(whole) < MinContributors || u.groups[u.groupOf(class)].thin > 0 {
			return false
		}
	}
	return true
}

// remaining counts the contributors with fresh columns of a class beside those that a cell touches.
func (c class) remaining(touched []touch) int {
	left := len(c.fresh)
	taken := map[string]int{}
	for _, t := range touched {
		if t.fresh {
			if taken[t.who()]++; taken[t.who()] == c.fresh[t.who()] {
				left--
			}
		}
	}
	return left
}

// takes has the release under way take a cell in, before the ledger holds it. Touched says that what it does was listed already.
func (l *Ledger) takes(release string, terms []term, touched bool) {
	u := &l.underway
	if u.columns == nil || u.release != release {
		l.underway = underway{release: release, columns: map[int64]column{}, touched: u.touched}
		touched = false
	}
	group := int32(-1)
	join := func(other int32) {
		if group < 0 {
			group = other
		}
		if other != group {
			u.groups[other].within = group
			u.groups[group].thin += u.groups[other].thin
		}
	}
	touches := u.touched
	if !touched {
		touches = l.touches(terms)
	}
	for _, t := range touches {
		if t.class >= 0 {
			join(u.groupOf(t.class))
		}
	}
	if group < 0 {
		group = int32(len(u.groups))
		u.groups = append(u.groups, newGroup(group))
	}
	for len(touches) > 0 {
		var one []touch
		one, touches = alike(touches)
		from := one[0].class
		if from >= 0 && len(one) == u.classes[from].columns {
			continue // all of it, in one proportion
		}
		to := int32(len(u.classes))
		u.classes = append(u.classes, class{group: group, fresh: map[string]int{}})
		if from >= 0 && len(u.classes[from].fresh) < MinContributors {
			u.groups[group].thin--
		}
		for _, t := range one {
			c := column{to, 0, t.fresh}
			if from >= 0 {
				c.per = u.columns[t.term.id].per
				u.classes[from].columns--
				if t.fresh {
					if u.classes[from].fresh[t.who()]--; u.classes[from].fresh[t.who()] == 0 {
						delete(u.classes[from].fresh, t.who())
					}
				}
			} else {
				c.per = l.inverse(t.term.factor)
			}
			u.columns[t.term.id] = c
			u.classes[to].columns++
			if t.fresh {
				u.classes[to].fresh[t.who()]++
			}
		}
		for _, changed := range []int32{from, to} {
			if changed >= 0 && u.classes[changed].columns > 0 && len(u.classes[changed].fresh) < MinContributors {
				u.groups[group].thin++
			}
		}
	}
}

func newGroup(number int32) group { return group{within: number} }
