package desk

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"kontor/node"
	"kontor/node/planner"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
	"kontor/protocol/release"
)

// ledgerRows hold what left to a partner about third parties (PROTOCOL 7), by partnership, kind and group of cells.
const ledgerRows = "release/ledger/"

// ledgerKey begins the rows of a group: its pages, by number.
func ledgerKey(pid block.CID, kind, group string) string {
	return ledgerRows + pid.String() + "/" + kind + "/" + group + "/"
}

func (d *Desk) ledger(pid block.CID, kind, group string) (*release.Ledger, error) {
	l := &release.Ledger{}
	err := d.node.ReadPrivate(func(rows node.PrivateRows) error {
		return rows.Scan(ledgerKey(pid, kind, group), func(_ string, decode func(any) error) (bool, error) {
			var p release.Page
			if err := decode(&p); err != nil {
				return false, err
			}
			return true, l.Load(p)
		})
	})
	return l, err
}

// pagesAtOnce bounds what one update of the store writes: a page is at most half a block.
const pagesAtOnce = 8

// keepLedgers notes what is about to leave: the new pages of the ledgers that changed, after those that are there. It comes before the release: a crash in
// between leaves cells that never left, and the release tried again repeats them. Several updates where one would be too large.
func (d *Desk) keepLedgers(pid block.CID, kind string, ledgers map[string]*release.Ledger) error {
	type row struct {
		key  string
		page release.Page
	}
	var rows []row
	for _, group := range slices.Sorted(maps.Keys(ledgers)) {
		first, pages := ledgers[group].Unstored()
		for i, p := range pages {
			rows = append(rows, row{fmt.Sprintf("%s%08d", ledgerKey(pid, kind, group), first+i), p})
		}
	}
	for len(rows) > 0 {
		n := 0
		for bytes := 0; n < len(rows) && bytes < pagesAtOnce*release.PageBytes; n++ {
			bytes += rows[n].page.Bytes()
		}
		if err := d.node.Private(func(to node.PrivateRows) error {
			for _, r := range rows[:n] {
				if err := to.Put(r.key, r.page); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// gate judges the components of one emission against what left before, one after the other: those that pass are part of what the next is
// judged against.
type gate struct {
	in      derivation
	sums    map[string][]groupedSum // by component
	ledgers map[string]*release.Ledger
	changed map[string]*release.Ledger
}

// groupedSum is a figure of a component. Its group is a bucket and a level: amounts of other buckets and levels never meet in a sum.
type groupedSum struct {
	group string
	sum   release.Sum
}

// gate takes every figure of every component apart into what each customer's products add to it. Planned receipts are judged with the end
// demand they follow from: netting and lead times are no sums.
func (in derivation) gate(end planner.Explosion) (*gate, error) {
	g := &gate{in: in, sums: map[string][]groupedSum{}, ledgers: map[string]*release.Ledger{}, changed: map[string]*release.Ledger{}}
	terms := map[string]map[string][]release.Term{} // component, group
	for _, customer := range in.Customers {
		lines, err := pool(linesOf(customer.Lines, forecast.EndDemand), nil)
		if err != nil {
			return nil, err
		}
		for _, l := range lines {
			for _, use := range in.Bill.Of(l.Item.ID()) {
				if terms[use.Component] == nil {
					terms[use.Component] = map[string][]release.Term{}
				}
				of := terms[use.Component]
				for _, c := range l.Buckets {
					eachFigure(c, func(level string, q quantity.Quantity) {
						group := groupOf(c.Bucket, level)
						of[group] = append(of[group], release.Term{Contributor: customer.Name, What: l.Item.ID() + "/" + l.Location.Region, Amount: q, Factor: use.PerUnit})
					})
				}
			}
		}
	}
	for _, c := range end.Components {
		for _, cell := range c.EndDemand {
			eachFigure(cell, func(level string, _ quantity.Quantity) {
				group := groupOf(cell.Bucket, level)
				g.sums[c.Component] = append(g.sums[c.Component], groupedSum{group, release.Sum{Path: c.Component + ", " + cell.Bucket.String() + " " + level, Terms: terms[c.Component][group]}})
			})
		}
	}
	return g, nil
}

func groupOf(b calendar.Bucket, level string) string { return b.String() + "/" + level }

func eachFigure(c forecast.Cell, fn func(level string, q quantity.Quantity)) {
	fn("mean", c.Mean)
	for _, q := range c.Quantiles {
		fn(fmt.Sprintf("q%d", q.P), q.Q)
	}
	for _, q := range c.Cumulative {
		fn(fmt.Sprintf("c%d", q.P), q.Q)
	}
}

// pass judges all figures of a component; they leave together or not at all. Where no two are of one ledger, they are judged beside each other.
func (g *gate) pass(component string, granted bool) (findings []artifact.Finding, err error) {
	sums := g.sums[component]
	if err := g.load(sums); err != nil {
		return nil, err
	}
	spread := block.Spread(node.Spread)
	if groups := map[string]bool{}; slices.ContainsFunc(sums, func(s groupedSum) bool { again := groups[s.group]; groups[s.group] = true; return again }) {
		spread = block.OneByOne
	}
	weighed := make([]release.Weighed, len(sums))
	if !granted {
		all := make([][]artifact.Finding, len(sums))
		var first atomic.Int64 // refused figure
		first.Store(int64(len(sums)))
		spread(len(sums), func(i int) {
			if int64(i) > first.Load() {
				return // the one before decides, and says why
			}
			if weighed[i], all[i] = g.ledgers[sums[i].group].Weigh(sums[i].sum); len(all[i]) == 0 {
				return
			}
			for at := first.Load(); int64(i) < at && !first.CompareAndSwap(at, int64(i)); at = first.Load() {
			}
		})
		if at := int(first.Load()); at < len(sums) {
			return all[at], nil
		}
	}
	name := "the release of " + calendar.DateOf(g.in.Use.At).String()
	changed := make([]bool, len(sums))
	spread(len(sums), func(i int) {
		l := g.ledgers[sums[i].group]
		if granted {
			changed[i] = l.Add(name, sums[i].sum, true)
		} else {
			changed[i] = l.Take(name, weighed[i], false)
		}
	})
	for i, s := range sums {
		if changed[i] {
			g.changed[s.group] = g.ledgers[s.group]
		}
	}
	return nil, nil
}

// load reads the ledgers of figures that were not read yet.
func (g *gate) load(sums []groupedSum) error {
	var missing []string
	for _, s := range sums {
		if g.ledgers[s.group] == nil && !slices.Contains(missing, s.group) {
			missing = append(missing, s.group)
		}
	}
	ledgers, errs := make([]*release.Ledger, len(missing)), make([]error, len(missing))
	node.Spread(len(missing), func(i int) {
		ledgers[i] = &release.Ledger{}
		if g.in.Ledger != nil {
			ledgers[i], errs[i] = g.in.Ledger(missing[i])
		}
	})
	for i, group := range missing {
		if errs[i] != nil {
			return errs[i]
		}
		g.ledgers[group] = ledgers[i]
	}
	return nil
}

// before are the lines of a component that the supplier was told last.
func (in derivation) before(component string) (lines []forecast.Line) {
	for _, l := range in.Before {
		if l.Item.ID() == component {
			lines = append(lines, l)
		}
	}
	return lines
}

// keptBack says which components stay at their released figures, and why the first does.
func keptBack(out derived) string {
	text := fmt.Sprintf("components that stay at the figures told last: %d (%s)", len(out.Kept), strings.Join(out.Kept[:min(len(out.Kept), 5)], ", "))
	for _, f := range out.Findings {
		if f.Code == release.CodeCombines || f.Code == release.CodeFull {
			return text + "; " + f.Error()
		}
	}
	return text
}
