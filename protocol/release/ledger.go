package release

import (
	"fmt"
	"slices"
	"strings"

	"kontor/protocol/artifact"
	"kontor/protocol/quantity"
)

// Bounds of a group of the ledger.
const (
	// MaxReleased bounds the cells held: 10,000 components a week for two years. Beyond it nothing new passes.
	MaxReleased = 1 << 20
	// MaxHeld bounds the amounts of one group, and the factors of its patterns: eight megabytes of memory.
	MaxHeld = 1 << 19
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
// It lets a cell pass when no combination of it with earlier ones speaks of at least one and fewer than k contributors. Four ways lead
// there: the cell repeats one released, up to a factor; or at least k of its contributors add an amount that no earlier cell has, so that no
// combination removes them; or the release under way is even, with it; or the exact search finds none. The receiver's own amounts are left out by the caller: it knows them.
//
// The cells of one release mostly add up the same amounts, each by factors of its own that stay the same from release to release. So an
// amount is held once for all cells of a release, and the factors of a cell once for all releases: what a release adds is as much as changed.
// A ledger is stored as its pages, in order ([Ledger.Unstored], [Ledger.Load]).
//
// Not promised: two partners who pool what they got, knowledge from elsewhere, and inferences that are not linear.
type Ledger struct {
	full         bool // a cell left by a grant that there was no room for
	contributors []string
	number       map[string]int64 // of contributors
	sources      []source
	at           map[sourceName]int32
	patterns     []pattern
	byUse        map[[32]byte]int32 // patterns, by path and uses: the first so many
	keyed        int                // how many: loading them takes no keys, and a release like the one before asks for none
	expected     int32              // the pattern after the last that left: releases have their cells in one order
	asked        int32              // the source asked for last
	inverses     map[uint64]uint64  // of factors: cells share them
	pages        []page
	stored       int // pages that are stored
	cells, held  int
	index        index
	underway     underway
	terms        []term // of the cell that is read: one after the other is judged, and most of them take no place
	reads        int    // cells read so far: says whether terms are still those of a cell
}

// sourceName is a number of a contributor that cells add up: its demand for a product. Where one cell adds up two amounts of one name,
// they are told apart by a count.
type sourceName struct {
	contributor, what string
	again             int64
}

// source is such a number with the amounts it had.
type source struct {
	sourceName
	number  int64 // of its contributor
	amounts []amount
	used    int32 // the last page in which a cell added it up
	last    quantity.Quantity
	lastID  int64 // of last; 0: none was read yet
	// Whether an earlier cell has asked, an amount of this source's name, while sure: cells of one release ask for the same.
	asked       int64
	known, sure bool
	next        int32 // the source that was asked for after it: terms come in one order
	read        int   // the last cell that was read with it
}

// amount is what a source stands at from a page on.
type amount struct {
	page int32
	id   int64
}

// at is the source's amount in a page; 0 where it had none.
func (s *source) at(page int32) int64 {
	for _, a := range slices.Backward(s.amounts) {
		if a.page <= page {
			return a.id
		}
	}
	return 0
}

// pattern is a cell without its amounts.
type pattern struct {
	path string
	uses []use // by source
}

type use struct {
	source int32
	factor uint64 // modulo the prime
}

// term is an unknown of a cell with its factor.
type term struct {
	id     int64
	name   sourceName
	source int32 // -1: not held
	base   int32 // the source of its name that is counted 0; -1: not held
	factor uint64
}

func (l *Ledger) open() {
	if l.number == nil {
		l.number, l.at, l.byUse, l.inverses = map[string]int64{}, map[sourceName]int32{}, map[[32]byte]int32{}, map[uint64]uint64{}
	}
}

// Judge tells why a cell can't join those released: nothing when it can. A standing grant is the caller's matter.
func (l *Ledger) Judge(s Sum) []artifact.Finding {
	_, found := l.Weigh(s)
	return found
}

// Weighed is a cell that was judged, for [Ledger.Take].
type Weighed struct {
	sum     Sum
	terms   []term
	reads   int  // that terms are of; 0: it was not read
	repeats bool // a cell released
	touched bool // the ledger holds what it does to the release under way
}

// Weigh is [Ledger.Judge] that spares [Ledger.Take] finding out again what was found on the way. The terms are not to be changed in between.
func (l *Ledger) Weigh(s Sum) (Weighed, []artifact.Finding) {
	w := Weighed{sum: s}
	return w, l.weigh(s, &w)
}

func (l *Ledger) weigh(s Sum, w *Weighed) []artifact.Finding {
	var report artifact.Report
	if len(s.Terms) > MaxTerms {
		report.Add(CodeCombines, s.Path, "it adds up %d amounts, more than the %d that can be compared with earlier releases; roll up less at once", len(s.Terms), MaxTerms)
		return report.Findings()
	}
	l.open()
	if !l.full && l.cells < MaxReleased && l.held+2*len(s.Terms) <= MaxHeld && l.fresh(s) {
		return nil
	}
	terms := l.read(s)
	w.terms, w.reads = terms, l.reads
	var fresh []string // contributors; k of them at most
	unknown := false
	for _, t := range terms {
		if l.known(t.base, t.id) {
			continue
		}
		unknown = true
		if len(fresh) < MinContributors && !slices.Contains(fresh, t.name.contributor) {
			fresh = append(fresh, t.name.contributor)
		}
	}
	if w.repeats = !unknown && (len(terms) == 0 || l.repeats(s.Path, terms)); w.repeats {
		return nil
	}
	if l.full || !l.hasRoom(s.Path, terms) {
		report.Add(CodeFull, s.Path, "%d cells with %d amounts and factors of its group have left, and at most %d with %d are compared: release it at a coarser level or for a longer period, which is a group of its own, or let an officer grant it (kontor tier grant)",
			l.cells, l.held, MaxReleased, MaxHeld)
		return report.Findings()
	}
	if len(fresh) >= MinContributors {
		return nil
	}
	w.touched = true
	if l.even(terms) {
		return nil
	}
	linked, all := l.linked(s.Path, terms)
	cell := cellOf(terms)
	if who, with := difference(cell, linked); len(who) > 0 {
		refuse(&report, s.Path, who, []released{with})
		return report.Findings()
	}
	if !all {
		unsure(&report, s.Path)
		return report.Findings()
	}
	who, with, sure := search(cell, linked, fresh)
	switch {
	case !sure:
		unsure(&report, s.Path)
	case len(who) > 0:
		refuse(&report, s.Path, who, with)
	}
	return report.Findings()
}

func unsure(report *artifact.Report, path string) {
	report.Add(CodeCombines, path, "whether it and earlier releases isolate fewer than %d customers can't be told within bounds; let more of the figures change before it leaves, or let an officer grant it", MinContributors)
}

func refuse(report *artifact.Report, path string, who []string, with []released) {
	var names, cells []string
	for _, name := range who {
		names = append(names, artifact.Clip(name))
	}
	for _, w := range with[:min(len(with), 3)] {
		cells = append(cells, fmt.Sprintf("%s of %s", w.path, w.release))
	}
	if len(with) > 3 {
		cells = append(cells, fmt.Sprintf("%d more", len(with)-3))
	}
	report.Add(CodeCombines, path, "combined with %s it shows what %s asks for; keep the released figure until at least %d customers' figures have changed, or let an officer grant it",
		strings.Join(cells, ", "), strings.Join(names, ", "), MinContributors)
}
