package desk

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"kontor/node"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// bothSides reads what a row said and what it says.
func bothSides[T any](c node.RowChange) (before, after *T, err error) {
	read := func(data []byte) (*T, error) {
		if data == nil {
			return nil, nil
		}
		v := new(T)
		return v, c.Decode(data, v)
	}
	if before, err = read(c.Before); err != nil {
		return nil, nil, err
	}
	after, err = read(c.After)
	return before, after, err
}

// lineCells compares a line of a forecast with what it was; nil where it is not.
func lineCells(d *Difference, before, after *forecast.Line) error {
	doc := func(l *forecast.Line) (out forecast.Document) {
		if l != nil {
			out.Lines = []forecast.Line{*l}
		}
		return out
	}
	changes, err := forecast.Diff(doc(before), doc(after))
	if err != nil {
		return err
	}
	l := cmp.Or(after, before)
	text := func(c *forecast.Cell) string {
		if c == nil {
			return ""
		}
		s := c.Mean.String()
		for _, q := range c.Quantiles {
			level, err := quantity.Scaled(q.P, -4)
			if err != nil {
				return s
			}
			s += fmt.Sprintf(" p%s=%s", level, q.Q)
		}
		return s
	}
	for _, change := range changes {
		cell := CellChange{Series: series(l.Item.ID(), l.Location.Key()), Period: change.Bucket.String(), Figure: strings.Join(change.Fields, ", "), Material: forecast.Material(change, forecast.DefaultTolerance())}
		cell.Before, cell.After = text(change.Old), text(change.New)
		if !slices.Contains(change.Fields, "quantiles") && change.Old != nil && change.New != nil {
			cell.Before, cell.After = change.Old.Mean.String(), change.New.Mean.String()
		}
		d.add(cell)
	}
	return nil
}

func series(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), " | ")
}

// figureCell is one number of a row.
type figureCell struct {
	series, period, figure string
	value                  quantity.Quantity
}

func (f figureCell) key() [3]string { return [3]string{f.series, f.period, f.figure} }

// cellsOf compares rows of numbers.
func cellsOf[T any](cells func(T) []figureCell) func(*Difference, node.RowChange) error {
	return func(d *Difference, c node.RowChange) error {
		before, after, err := bothSides[T](c)
		if err != nil {
			return err
		}
		was := map[[3]string]quantity.Quantity{}
		var gone []figureCell
		if before != nil {
			gone = cells(*before)
			for _, f := range gone {
				was[f.key()] = f.value
			}
		}
		if after != nil {
			for _, f := range cells(*after) {
				old, known := was[f.key()]
				delete(was, f.key())
				switch {
				case !known:
					d.add(CellChange{f.series, f.period, f.figure, "", f.value.String(), !f.value.IsZero()})
				case old != f.value:
					d.add(CellChange{f.series, f.period, f.figure, old.String(), f.value.String(), materialMove(old, f.value)})
				}
			}
		}
		for _, f := range gone {
			if _, still := was[f.key()]; still {
				d.add(CellChange{f.series, f.period, f.figure, f.value.String(), "", !f.value.IsZero()})
			}
		}
		return nil
	}
}

func historyCells(r historyRow) (out []figureCell) {
	for _, m := range r.Months {
		out = append(out, figureCell{series(r.Product, r.Region), m.Month, "quantity", m.Quantity})
	}
	return out
}

func capacityCells(r capacityRow) (out []figureCell) {
	for _, l := range r.Links {
		out = append(out, figureCell{series(r.Line, l.Product), "", "load factor", l.Factor})
	}
	for _, p := range r.Periods {
		out = append(out, figureCell{r.Line, p.Bucket.String(), "actual", p.Actual}, figureCell{r.Line, p.Bucket.String(), "maximum", p.Maximum})
	}
	return out
}

// capacityDifference are the figures of a line, and the days on which it makes nothing.
func capacityDifference(d *Difference, c node.RowChange) error {
	if err := cellsOf(capacityCells)(d, c); err != nil {
		return err
	}
	before, after, err := bothSides[capacityRow](c)
	if err != nil {
		return err
	}
	line, closed := "", map[calendar.Bucket][2]string{}
	for i, side := range []*capacityRow{before, after} {
		if side == nil {
			continue
		}
		line = side.Line
		for _, s := range side.Shutdowns {
			at := closed[s.Bucket]
			at[i] = "closed"
			closed[s.Bucket] = at
		}
	}
	for _, b := range slices.SortedFunc(maps.Keys(closed), calendar.Bucket.Compare) {
		if at := closed[b]; at[0] != at[1] {
			d.add(CellChange{Series: line, Period: b.String(), Figure: "shutdown", Before: at[0], After: at[1], Material: true})
		}
	}
	return nil
}

func stockCells(r stockRow) []figureCell {
	at := series(r.Product, r.Region)
	return []figureCell{{at, "", "on hand", r.OnHand}, {at, "", "in transit", r.InTransit}, {at, "", "backlog", r.Backlog}}
}

func billCells(r billRow) (out []figureCell) {
	for _, p := range r.Parts {
		out = append(out, figureCell{series(r.Product, p.Component), "", "per unit, " + string(p.Unit), p.PerUnit})
	}
	return out
}
