package desk

import (
	"fmt"
	"slices"

	"kontor/node"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/performance"
)

// countedCells makes the cells of a window: figures that came aggregated, completed and where they speak of the same corrected by what the order
// lines add up to.
func (d *Desk) countedCells(with counted, w calendar.Bucket, t countingTerms, today calendar.Date) (cells []performance.Cell, lines map[string][]performance.Line, notes []string, err error) {
	buckets, err := with.periods(w, t.By)
	if err != nil {
		return nil, nil, nil, err
	}
	var records []performance.Record
	var figures []performance.Cell
	if err := d.node.ReadPrivate(func(rows node.PrivateRows) error {
		if records, err = recordsOf(rows, with); err != nil {
			return err
		}
		figures, err = scanRows[performance.Cell](rows, draftFigures+with.key+"/")
		return err
	}); err != nil {
		return nil, nil, nil, err
	}
	figures = slices.DeleteFunc(figures, func(c performance.Cell) bool { return !w.Covers(c.Bucket) })
	if records, figures, notes, err = with.coarse(records, figures, w); err != nil {
		return nil, nil, nil, err
	}
	drawn, err := performance.Aggregate(records, t.Setting, buckets, today)
	if err != nil {
		return nil, nil, nil, node.Failf("NOT_COUNTED", "%v", err)
	}
	at := map[string]int{}
	for _, c := range figures {
		at[c.Key()] = len(cells)
		cells = append(cells, c)
	}
	lines = map[string][]performance.Line{}
	for _, x := range drawn {
		key := x.Cell.Key()
		tree, err := performance.NewTree(with.salt, key, x.Lines)
		if err != nil {
			return nil, nil, nil, node.Failf("NOT_COUNTED", "cell %q: %v", key, err)
		}
		root := tree.Root()
		c := x.Cell
		c.Lines, lines[key] = &root, x.Lines
		i, both := at[key]
		if !both {
			cells = append(cells, c)
			continue
		}
		for _, f := range performance.Figures {
			own, said := *c.At(f), *cells[i].At(f)
			if own != nil && said != nil && *own != *said {
				notes = append(notes, fmt.Sprintf("%s of %s: the lines add up to %s, and the file of figures says %s; the lines stand", f, key, own, said))
			}
			if own == nil {
				*c.At(f) = said
			}
		}
		c.Service = c.Service.Or(cells[i].Service)
		c.Days, c.Cumulative, c.Item = cells[i].Days, cells[i].Cumulative, cells[i].Item
		cells[i] = c
	}
	cells, said := atPeriodEnds(cells)
	return cells, lines, append(notes, said...), nil
}

// atPeriodEnds puts stock that was counted on a day, by a file that knows nothing else of it, into the cell of the same product and place whose bucket
// ends with that day: a cell's stock is that of the end of its bucket. Stock of a day inside such a bucket is no figure of it, and is left out.
func atPeriodEnds(cells []performance.Cell) (out []performance.Cell, notes []string) {
	longer := map[string][]int{} // buckets of several days by product and place
	at := func(c performance.Cell) string { return forecast.JoinKey(c.Item.ID(), c.Place.Key()) }
	for i, c := range cells {
		if c.Bucket.Days() > 1 {
			longer[at(c)] = append(longer[at(c)], i)
		}
	}
	counted := make([]bool, len(cells)) // inside a longer bucket: no cells of their own
	var left []string
	for k, c := range cells {
		if c.Bucket.Days() != 1 || !c.StockAlone() {
			continue
		}
		for _, i := range longer[at(c)] {
			around := &cells[i]
			if !around.Bucket.Contains(c.Bucket.Start) {
				continue
			}
			counted[k] = true
			switch {
			case around.Bucket.End != c.Bucket.End:
				left = append(left, fmt.Sprintf("the stock of %s was counted inside %s, which has other figures: it is not that of its end, and is left out", c.Key(), around.Bucket))
			case around.Unit != c.Unit:
				left = append(left, fmt.Sprintf("the stock of %s is in %s, and the figures of %s are in %s: it is left out", c.Key(), c.Unit, around.Bucket, around.Unit))
			default:
				notes = append(notes, takeCount(around, c)...)
			}
		}
	}
	for k, c := range cells {
		if !counted[k] {
			out = append(out, c)
		}
	}
	return out, append(notes, left...)
}

// takeCount puts a count into a cell as far as that has no stock of its own, and notes where the two differ.
func takeCount(into *performance.Cell, count performance.Cell) (notes []string) {
	for _, f := range stockFigures {
		own, said := *into.At(f), *count.At(f)
		if own != nil && said != nil && *own != *said {
			notes = append(notes, fmt.Sprintf("%s of %s: %s there, and %s in the count of %s; the first stands", f, into.Key(), own, said, count.Bucket))
		}
		if own == nil {
			*into.At(f) = said
		}
	}
	return notes
}

// stockFigures are those of the end of a bucket.
var stockFigures = []performance.Figure{performance.OnHand, performance.Blocked, performance.InTransit}
