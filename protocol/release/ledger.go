package release

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"

	"kontor/protocol/artifact"
	"kontor/protocol/quantity"
)

// Bounds of a group of the ledger.
const (
	// MaxReleased bounds the cells held: five years of weekly releases of the components of one bucket. Beyond it nothing new passes.
	MaxReleased = 8192
	// MaxHeld bounds the amounts of all of them, so that a group fits a row of the store.
	MaxHeld = 65_536
	// MaxTerms bounds what one cell adds up: customers times products.
	MaxTerms = 8192
	// MaxCombined bounds the earlier cells that are combined exactly, and maxWork the multiplications that takes; a cell that needs more is
	// refused, because nothing shows that it is safe.
	MaxCombined = 128
	maxWork     = 20_000_000
)

// Codes of what the ledger refuses.
const (
	CodeCombines = "RELEASE-08" // with cells released earlier it isolates a cell of fewer than k contributors
	CodeFull     = "RELEASE-11" // more cells of its group have left than are compared: nothing shows that another is safe
)

// Term is what one contributor adds to a cell: a factor of an amount. Where factor and amount are known to nobody but the company, what
// names the amount: "EFV600-30" for a product's demand.
type Term struct {
	Contributor string
	What        string
	Amount      quantity.Quantity
	Factor      quantity.Quantity // not zero
}

// Sum is a cell as the sum it is.
type Sum struct {
	Path  string
	Terms []Term
}

// Ledger holds the cells of one group released to one partner. A group is every cell that may share an amount: one bucket, or one line.
// An amount that changed is another unknown; one that did not, or came back, is the same, and that is what the differences of releases show.
//
// It lets a cell pass when no combination of it with earlier ones speaks of at least one and fewer than k contributors. Three ways lead
// there: the cell repeats one released, up to a factor; or at least k of its contributors add an amount that no earlier cell has, so that no
// combination removes them; or the exact search finds none. The receiver's own amounts are left out by the caller: it knows them.
//
// Not promised: two partners who pool what they got, knowledge from elsewhere, and inferences that are not linear.
type Ledger struct {
	Contributors []string   `cbor:"contributors"`
	Rows         []Released `cbor:"rows"`
	Full         bool       `cbor:"full"` // a cell left by a grant that there was no room for

	number map[string]int64
	known  map[int64]bool
	shapes map[[32]byte]bool
	held   int

	// Of the cell that is read: one after the other is judged, and most of them take no place in the rows.
	ids  []int64 // of the amounts it adds up; 0 while not known
	room [][3]int64
}

// Released is one cell of the ledger.
type Released struct {
	Release string     `cbor:"release"` // which: for people
	Path    string     `cbor:"path"`
	Granted bool       `cbor:"granted"`
	Terms   [][3]int64 `cbor:"terms"` // unknown, contributor, factor modulo the prime; ascending
}

func (l *Ledger) open() {
	if l.number != nil {
		return
	}
	l.number, l.known, l.shapes = map[string]int64{}, map[int64]bool{}, map[[32]byte]bool{}
	for i, c := range l.Contributors {
		l.number[c] = int64(i)
	}
	for _, r := range l.Rows {
		l.note(r)
	}
}

func (l *Ledger) note(r Released) {
	for _, t := range r.Terms {
		l.known[t[0]] = true
	}
	l.shapes[shape(r.Terms)] = true
	l.held += len(r.Terms)
}

// full tells that another cell of so many amounts has no room. What leaves by a grant all the same isn't held: from then on nothing new passes
// without one.
func (l *Ledger) full(terms int) bool { return len(l.Rows) >= MaxReleased || l.held+terms > MaxHeld }

// shape is the same for cells that differ by a factor only.
func shape(terms [][3]int64) [32]byte {
	h := sha256.New()
	if len(terms) > 0 {
		f := inverse(uint64(terms[0][2]))
		for _, t := range terms {
			h.Write(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(t[0])), times(uint64(t[2]), f)))
		}
	}
	return [32]byte(h.Sum(nil))
}

// read begins with another cell.
func (l *Ledger) read(s Sum) {
	l.open()
	l.ids = slices.Grow(l.ids[:0], len(s.Terms))[:len(s.Terms)]
	clear(l.ids)
}

// id is the unknown that the cell's term i stands for: 63 bits of a hash of what names it.
func (l *Ledger) id(s Sum, i int) int64 {
	if l.ids[i] == 0 {
		t := &s.Terms[i]
		name := t.Amount.Append(make([]byte, 0, 128)) // digits and signs only, so the lengths that follow keep the parts apart
		name = binary.BigEndian.AppendUint32(append(name, '|'), uint32(len(t.Contributor)))
		name = append(append(name, t.Contributor...), t.What...)
		sum := sha256.Sum256(name)
		l.ids[i] = int64(binary.BigEndian.Uint64(sum[:]) >> 1)
	}
	return l.ids[i]
}

// fresh tells that k contributors each add an amount that no earlier cell has. It looks no further than to the k-th; an amount that the
// cell adds up twice is left to row, because two factors may take it away.
func (l *Ledger) fresh(s Sum) bool {
	var found [MinContributors]int
	n := 0
	for i := range s.Terms {
		t := &s.Terms[i]
		seen := slices.ContainsFunc(found[:n], func(j int) bool { return s.Terms[j].Contributor == t.Contributor })
		if seen || l.known[l.id(s, i)] || factorOf(t.Factor) == 0 {
			continue
		}
		found[n] = i
		if n++; n == MinContributors {
			break
		}
	}
	if n < MinContributors {
		return false
	}
	for i := range s.Terms {
		t := &s.Terms[i]
		for _, j := range found {
			if f := &s.Terms[j]; i != j && t.Amount == f.Amount && t.Contributor == f.Contributor && t.What == f.What {
				return false
			}
		}
	}
	return true
}

// row is the cell that was read; contributors that the ledger has not seen are added. Its terms are good until the next is read.
func (l *Ledger) row(s Sum) Released {
	terms := slices.Grow(l.room[:0], len(s.Terms))
	for i, t := range s.Terms {
		number, known := l.number[t.Contributor]
		if !known {
			number = int64(len(l.Contributors))
			l.number[t.Contributor] = number
			l.Contributors = append(l.Contributors, t.Contributor)
		}
		terms = append(terms, [3]int64{l.id(s, i), number, int64(factorOf(t.Factor))})
	}
	slices.SortFunc(terms, func(a, b [3]int64) int { return cmp.Compare(a[0], b[0]) })
	kept := terms[:0]
	for i, t := range terms {
		if i > 0 && kept[len(kept)-1][0] == t[0] {
			last := &kept[len(kept)-1]
			last[2] = int64(modulo(uint64(last[2]) + uint64(t[2])))
			continue
		}
		kept = append(kept, t)
	}
	l.room = terms
	return Released{Path: s.Path, Terms: slices.DeleteFunc(kept, func(t [3]int64) bool { return t[2] == 0 })}
}

// Add holds a cell that leaves, and tells whether that changed the ledger: one that repeats another takes no room.
func (l *Ledger) Add(release string, s Sum, granted bool) bool {
	l.read(s)
	r := l.row(s)
	if len(r.Terms) == 0 || l.shapes[shape(r.Terms)] {
		return false
	}
	if l.full(len(r.Terms)) {
		changed := !l.Full
		l.Full = true
		return changed
	}
	r.Release, r.Granted, r.Terms = release, granted, slices.Clone(r.Terms)
	l.Rows = append(l.Rows, r)
	l.note(r)
	return true
}

// Held is how many amounts it holds.
func (l *Ledger) Held() int {
	l.open()
	return l.held
}

// Copy is a ledger that can be tried without changing this one.
func (l *Ledger) Copy() *Ledger {
	return &Ledger{Contributors: slices.Clone(l.Contributors), Rows: slices.Clone(l.Rows), Full: l.Full}
}

// Judge tells why a cell can't join those released: nothing when it can. A standing grant is the caller's matter.
func (l *Ledger) Judge(s Sum) []artifact.Finding {
	var report artifact.Report
	if len(s.Terms) > MaxTerms {
		report.Add(CodeCombines, s.Path, "it adds up %d amounts, more than the %d that can be compared with earlier releases; roll up less at once", len(s.Terms), MaxTerms)
		return report.Findings()
	}
	l.read(s)
	if !l.Full && !l.full(len(s.Terms)) && l.fresh(s) {
		return nil
	}
	r := l.row(s)
	fresh := make([]int64, 0, MinContributors)
	for _, t := range r.Terms {
		if len(fresh) < MinContributors && !l.known[t[0]] && !slices.Contains(fresh, t[1]) {
			fresh = append(fresh, t[1])
		}
	}
	if len(fresh) == 0 && (len(r.Terms) == 0 || l.shapes[shape(r.Terms)]) {
		return nil
	}
	if l.Full || l.full(len(r.Terms)) {
		report.Add(CodeFull, s.Path, "%d cells with %d amounts of its group have left, and at most %d with %d are compared: release it at a coarser level or for a longer period, which is a group of its own, or let an officer grant it (kontor tier grant)",
			len(l.Rows), l.held, MaxReleased, MaxHeld)
		return report.Findings()
	}
	if len(fresh) >= MinContributors {
		return nil
	}
	if who, with := l.difference(r); len(who) > 0 {
		l.refuse(&report, s.Path, who, []Released{with})
		return report.Findings()
	}
	who, with, sure := l.search(r, fresh)
	switch {
	case !sure:
		report.Add(CodeCombines, s.Path, "whether it and earlier releases isolate fewer than %d customers can't be told within bounds; let more of the figures change before it leaves, or let an officer grant it", MinContributors)
	case len(who) > 0:
		l.refuse(&report, s.Path, who, with)
	}
	return report.Findings()
}

func (l *Ledger) refuse(report *artifact.Report, path string, who []int64, with []Released) {
	var names, cells []string
	for _, id := range who {
		names = append(names, artifact.Clip(l.Contributors[id]))
	}
	for _, w := range with[:min(len(with), 3)] {
		cells = append(cells, fmt.Sprintf("%s of %s", w.Path, w.Release))
	}
	if len(with) > 3 {
		cells = append(cells, fmt.Sprintf("%d more", len(with)-3))
	}
	report.Add(CodeCombines, path, "combined with %s it shows what %s asks for; keep the released figure until at least %d customers' figures have changed, or let an officer grant it",
		strings.Join(cells, ", "), strings.Join(names, ", "), MinContributors)
}

// difference finds an earlier cell that a multiple of this one differs from in fewer than k contributors: the newest such.
func (l *Ledger) difference(r Released) (who []int64, with Released) {
	for _, e := range slices.Backward(l.Rows) {
		factors := map[uint64]bool{}
		var order []uint64
		eachShared(r.Terms, e.Terms, func(a, b int64) {
			if f := times(uint64(a), inverse(uint64(b))); len(order) < 4 && !factors[f] {
				factors[f] = true
				order = append(order, f)
			}
		})
		for _, f := range order {
			if who := left(r.Terms, e.Terms, f); len(who) > 0 && len(who) < MinContributors {
				return who, e
			}
		}
	}
	return nil, with
}

func eachShared(a, b [][3]int64, fn func(a, b int64)) {
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0][0] < b[0][0]:
			a = a[1:]
		case a[0][0] > b[0][0]:
			b = b[1:]
		default:
			fn(a[0][2], b[0][2])
			a, b = a[1:], b[1:]
		}
	}
}

// left are the contributors of a - f b, ascending; k of them at most.
func left(a, b [][3]int64, f uint64) []int64 {
	found := map[int64]bool{}
	for (len(a) > 0 || len(b) > 0) && len(found) < MinContributors {
		switch {
		case len(b) == 0 || (len(a) > 0 && a[0][0] < b[0][0]):
			found[a[0][1]] = true
			a = a[1:]
		case len(a) == 0 || a[0][0] > b[0][0]:
			found[b[0][1]] = true
			b = b[1:]
		default:
			if uint64(a[0][2]) != times(f, uint64(b[0][2])) {
				found[a[0][1]] = true
			}
			a, b = a[1:], b[1:]
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// search looks for any combination of the cell with earlier ones that leaves fewer than k contributors: for every set of k-1 of them, whether
// the rest of the cell is a combination of the rest of the earlier ones. Contributors who alone have a fresh amount are in every set.
func (l *Ledger) search(r Released, fresh []int64) (who []int64, with []Released, sure bool) {
	linked := l.linked(r)
	if linked == nil {
		return nil, nil, true // nothing released shares an amount with it: Rules alone judges it
	}
	if len(linked) > MaxCombined {
		return nil, nil, false
	}
	at, owner := map[int64]int{}, []int64{}
	for _, e := range append(slices.Clone(linked), r) {
		for _, t := range e.Terms {
			if _, known := at[t[0]]; !known {
				at[t[0]] = len(owner)
				owner = append(owner, t[1])
			}
		}
	}
	dense := func(e Released) row {
		d := make(row, len(owner))
		for _, t := range e.Terms {
			d[at[t[0]]] = uint64(t[2])
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
	var others []int64
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
				return false // smaller sets are parts of those tried
			}
		}
		uses, yes := inSpan(rows, target, without(owner, chosen), &work)
		if !yes {
			return false
		}
		who = slices.Sorted(slices.Values(chosen))
		for _, c := range chosen { // say no more names than it takes
			fewer := slices.DeleteFunc(slices.Clone(who), func(o int64) bool { return o == c })
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
func without(owner, chosen []int64) (keep []int) {
	for c, o := range owner {
		if !slices.Contains(chosen, o) {
			keep = append(keep, c)
		}
	}
	return keep
}

// linked are the earlier cells that share an amount with the cell, directly or through others, in the order they left.
func (l *Ledger) linked(r Released) (out []Released) {
	reached, in := map[int64]bool{}, make([]bool, len(l.Rows))
	for _, t := range r.Terms {
		reached[t[0]] = true
	}
	for more := true; more; {
		more = false
		for i, e := range l.Rows {
			if in[i] || !slices.ContainsFunc(e.Terms, func(t [3]int64) bool { return reached[t[0]] }) {
				continue
			}
			in[i], more = true, true
			for _, t := range e.Terms {
				reached[t[0]] = true
			}
		}
	}
	for i, e := range l.Rows {
		if in[i] {
			out = append(out, e)
		}
	}
	return out
}
