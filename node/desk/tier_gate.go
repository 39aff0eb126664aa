package desk

import (
	"fmt"
	"maps"
	"slices"
	"strings"

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

// pass judges all figures of a component; they leave together or not at all.
func (g *gate) pass(component string, granted bool) (findings []artifact.Finding, err error) {
	sums := g.sums[component]
	for _, s := range sums {
		l := g.ledgers[s.group]
		if l == nil {
			l = &release.Ledger{}
			if g.in.Ledger != nil {
				if l, err = g.in.Ledger(s.group); err != nil {
					return nil, err
				}
			}
			g.ledgers[s.group] = l
		}
		if !granted && len(findings) == 0 {
			findings = l.Judge(s.sum)
		}
	}
	if len(findings) > 0 {
		return findings, nil
	}
	release := "the release of " + calendar.DateOf(g.in.Use.At).String()
	for _, s := range sums {
		if g.ledgers[s.group].Add(release, s.sum, granted) {
			g.changed[s.group] = g.ledgers[s.group]
		}
	}
	return nil, nil
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
