package release

import (
	"maps"
	"slices"
)

// released is a cell that left, or is to leave, taken apart.
type released struct {
	page, pattern int32
	release, path string
	terms         []unknown // by id
}

type unknown struct {
	id     int64
	who    string
	factor uint64
}

func cellOf(terms []term) (out released) {
	for _, t := range terms {
		out.terms = append(out.terms, unknown{t.id, t.name.contributor, t.factor})
	}
	slices.SortFunc(out.terms, byID)
	return out
}

func byID(a, b unknown) int {
	switch {
	case a.id < b.id:
		return -1
	case a.id > b.id:
		return 1
	}
	return 0
}

// released takes a cell that left apart.
func (l *Ledger) released(in, number int32) released {
	p := &l.patterns[number]
	out := released{in, number, l.pages[in].release, p.path, make([]unknown, len(p.uses))}
	for i, u := range p.uses {
		s := &l.sources[u.source]
		out.terms[i] = unknown{s.at(in), s.contributor, u.factor}
	}
	slices.SortFunc(out.terms, byID)
	return out
}

// linked are the earlier cells that share an amount with a cell, directly or through others, in the order they left. Beyond MaxCombined some of them are left
// out; among those that are not is the cell's own last figure, as a rule what it is compared with.
func (l *Ledger) linked(path string, terms []term) (out []released, all bool) {
	x := l.indexed()
	l.indexUsers()
	type place struct{ page, pattern int32 }
	type wanted struct {
		name sourceName
		id   int64
	}
	in, reached := map[place]bool{}, map[int64]bool{}
	var next []wanted
	reach := func(name sourceName, id int64) {
		if !reached[id] {
			reached[id] = true
			name.again = 0
			next = append(next, wanted{name, id})
		}
	}
	take := func(at place) {
		if in[at] {
			return
		}
		in[at] = true
		out = append(out, l.released(at.page, at.pattern))
		for _, u := range l.patterns[at.pattern].uses {
			s := &l.sources[u.source]
			reach(s.sourceName, s.at(at.page))
		}
	}
	for _, t := range terms {
		reach(t.name, t.id)
	}
	if !slices.ContainsFunc(terms, func(t term) bool { return t.source < 0 }) {
		if n, known := l.patternOf(path, usesOf(terms)); known {
			at := place{x.last(n), n} // a pattern is held because a cell of it left
			if cell := l.released(at.page, n); slices.ContainsFunc(cell.terms, func(u unknown) bool { return reached[u.id] }) {
				take(at)
			}
		}
	}
	for ; len(next) > 0 && len(out) <= MaxCombined; next = next[1:] {
		for name := next[0].name; len(out) <= MaxCombined; name.again++ {
			of, held := l.at[name]
			if !held {
				break
			}
			amounts, until := l.sources[of].amounts, int32(len(l.pages))
			for _, a := range slices.Backward(amounts) {
				for in := until - 1; a.id == next[0].id && in >= a.page && len(out) <= MaxCombined; in-- {
					l.usersIn(in, of, func(n int32) bool {
						take(place{in, n})
						return len(out) <= MaxCombined
					})
				}
				until = a.page
			}
		}
	}
	slices.SortFunc(out, func(a, b released) int {
		if a.page != b.page {
			return int(a.page - b.page)
		}
		return int(a.pattern - b.pattern)
	})
	return out, len(out) <= MaxCombined
}

// difference finds an earlier cell that a multiple of this one differs from in fewer than k contributors: the newest such.
func difference(r released, earlier []released) (who []string, with released) {
	for _, e := range slices.Backward(earlier) {
		factors := map[uint64]bool{}
		var order []uint64
		eachShared(r.terms, e.terms, func(a, b uint64) {
			if f := times(a, inverse(b)); len(order) < 4 && !factors[f] {
				factors[f] = true
				order = append(order, f)
			}
		})
		for _, f := range order {
			if who := left(r.terms, e.terms, f); len(who) > 0 && len(who) < MinContributors {
				return who, e
			}
		}
	}
	return nil, with
}

func eachShared(a, b []unknown, fn func(a, b uint64)) {
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0].id < b[0].id:
			a = a[1:]
		case a[0].id > b[0].id:
			b = b[1:]
		default:
			fn(a[0].factor, b[0].factor)
			a, b = a[1:], b[1:]
		}
	}
}

// left are the contributors of a - f b, ascending; k of them at most.
func left(a, b []unknown, f uint64) []string {
	found := map[string]bool{}
	for (len(a) > 0 || len(b) > 0) && len(found) < MinContributors {
		switch {
		case len(b) == 0 || (len(a) > 0 && a[0].id < b[0].id):
			found[a[0].who] = true
			a = a[1:]
		case len(a) == 0 || a[0].id > b[0].id:
			found[b[0].who] = true
			b = b[1:]
		default:
			if a[0].factor != times(f, b[0].factor) {
				found[a[0].who] = true
			}
			a, b = a[1:], b[1:]
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// search looks for any combination of the cell with the earlier ones linked to it that leaves fewer than k contributors: for every set of k-1 of them,
// whether the rest of the cell is a combination of the rest of the earlier ones. Contributors who alone have a fresh amount are in every set.
func search(r released, linked []released, fresh []string) (who []string, with []released, sure bool) {
	if len(linked) == 0 {
		return nil, nil, true // nothing released shares an amount with it: Rules alone judges it
	}
	at, owner := map[int64]int{}, []string{}
	for _, e := range append(slices.Clone(linked), r) {
		for _, t := range e.terms {
			if _, known := at[t.id]; !known {
				at[t.id] = len(owner)
				owner = append(owner, t.who)
			}
		}
	}
	dense := func(e released) row {
		d := make(row, len(owner))
		for _, t := range e.terms {
			d[at[t.id]] = t.factor
		}
		return d
	}
	rows := make([]row, len(linked))
	for i, e := range linked {
		rows[i] = dense(e)
	}
	target, work := dense(r), maxWork
	// What follows from earlier cells as a whole says nothing new.
	all := make([]int, len(owner))
	for i := range all {
		all[i] = i
	}
	if _, repeats := inSpan(rows, target, all, &work); repeats {
		return nil, nil, true
	}
	chosen := slices.Clone(fresh)
	var others []string
	for _, c := range slices.Compact(slices.Sorted(slices.Values(owner))) {
		if !slices.Contains(fresh, c) {
			others = append(others, c)
		}
	}
	var try func(from, room int) bool
	try = func(from, room int) bool {
		if room > 0 && from < len(others) {
			for i := from; i < len(others) && work >= 0; i++ {
				chosen = append(chosen, others[i])
				if try(i+1, room-1) {
					return true
				}
				chosen = chosen[:len(chosen)-1]
			}
			if len(others)-from >= room {
				return false // smaller sets are pages of those tried
			}
		}
		uses, yes := inSpan(rows, target, without(owner, chosen), &work)
		if !yes {
			return false
		}
		who = slices.Sorted(slices.Values(chosen))
		for _, c := range chosen { // say no more names than it takes
			fewer := slices.DeleteFunc(slices.Clone(who), func(o string) bool { return o == c })
			if u, yes := inSpan(rows, target, without(owner, fewer), &work); yes {
				who, uses = fewer, u
			}
		}
		for _, i := range uses {
			with = append(with, linked[i])
		}
		return true
	}
	found := try(0, MinContributors-1-len(chosen))
	return who, with, found || work >= 0
}

// without are the columns of everybody else.
func without(owner, chosen []string) (keep []int) {
	for c, o := range owner {
		if !slices.Contains(chosen, o) {
			keep = append(keep, c)
		}
	}
	return keep
}
