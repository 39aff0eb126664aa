package outlet

import (
	"slices"

	"kontor/node/intake"
	"kontor/protocol/forecast"
)

// forecastColumns are the columns of a forecast as a table. What is true of every plain forecast has no column.
type forecastColumns struct {
	doc    forecast.Document
	said   *intake.Demand      // what attributes of the document are read from
	levels []int64             // of all bands, ascending
	line   []*intake.Attribute // of lines and of the document, that have something to say
	cell   []*intake.Attribute // of periods
}

func newForecastColumns(d forecast.Document, n *notes) (*forecastColumns, error) {
	err := distinct(d, "a table", func(l forecast.Line) string {
		return forecast.JoinKey(l.Item.ID(), l.Location.Key(), string(l.Kind), string(l.Category))
	})
	if err != nil {
		return nil, err
	}
	t := &forecastColumns{doc: d, said: &intake.Demand{Fences: d.Fences, Method: d.Method}}
	var cumulative []int64
	for _, l := range d.Lines {
		if l.Item.BuyersID == "" || l.Item.SellersID != "" || l.Item.GTIN != "" || l.Item.Description != "" || l.Item.Revision != "" {
			n.add("a table has one number of a product: %s, and no description", "the buyer's, else the seller's, else the GTIN")
		}
		if l.Role != "" {
			n.add("a table has no tier role: %s was left out", l.Role)
		}
		if l.Location.Region != "" && l.Location.Key() != l.Location.Region {
			n.add("a table has one number of a place: that of %s, without its region", l.Location.Key())
		}
		for _, c := range l.Buckets {
			for _, q := range c.Quantiles {
				t.levels = append(t.levels, q.P)
			}
			for _, q := range c.Cumulative {
				cumulative = append(cumulative, q.P)
			}
		}
	}
	slices.Sort(t.levels)
	t.levels = slices.Compact(t.levels)
	slices.Sort(cumulative)
	all := slices.Clone(intake.Attributes())
	for _, p := range slices.Compact(cumulative) {
		all = append(all, intake.CumulativeLevel(p))
	}
	for _, a := range all {
		switch {
		case !t.says(a):
		case a.Of == intake.OfCell:
			t.cell = append(t.cell, a)
		default:
			t.line = append(t.line, a)
		}
	}
	return t, nil
}

// says tells whether any line has something to say of an attribute.
func (t *forecastColumns) says(a *intake.Attribute) bool {
	return slices.ContainsFunc(t.doc.Lines, func(l forecast.Line) bool {
		if a.Of != intake.OfCell {
			return a.Text(t.said, l, forecast.Cell{}) != ""
		}
		return slices.ContainsFunc(l.Buckets, func(c forecast.Cell) bool { return a.Text(t.said, l, c) != "" })
	})
}

// texts are what a line says, attribute by attribute.
func (t *forecastColumns) texts(l forecast.Line) (out []string) {
	for _, a := range t.line {
		out = append(out, a.Text(t.said, l, forecast.Cell{}))
	}
	return out
}

func names(attributes []*intake.Attribute) (out []string) {
	for _, a := range attributes {
		out = append(out, a.Name)
	}
	return out
}

// measures are the figures of a cell in the order of their columns, with "" for what it has not.
func (t *forecastColumns) measures(l forecast.Line, c forecast.Cell) []string {
	out := []string{intake.Figure(c.Mean)}
	for _, p := range t.levels {
		text := ""
		for _, q := range c.Quantiles {
			if q.P == p {
				text = intake.Figure(q.Q)
			}
		}
		out = append(out, text)
	}
	for _, a := range t.cell {
		out = append(out, a.Text(t.said, l, c))
	}
	return out
}

func (t *forecastColumns) measureNames() []string {
	out := []string{"mean"}
	for _, p := range t.levels {
		out = append(out, "p"+intake.Percent(p))
	}
	return append(out, names(t.cell)...)
}

// forecastRows is a forecast as a table: a line for each period, what is true of the whole line first, then the mean, each level, and what is of the period.
func forecastRows(d forecast.Document, n *notes) (Table, error) {
	t, err := newForecastColumns(d, n)
	if err != nil {
		return Table{}, err
	}
	head := slices.Concat([]string{"product", "region", "period", "unit"}, names(t.line))
	out := Table{Rows: [][]string{append(slices.Clone(head), t.measureNames()...)}, Period: 2, Figures: len(head)}
	for _, l := range t.doc.Lines {
		beside := t.texts(l)
		for _, c := range l.Buckets {
			out.Rows = append(out.Rows, slices.Concat([]string{l.Item.ID(), l.Location.Key(), c.Bucket.String(), string(l.Unit)}, beside, t.measures(l, c)))
		}
	}
	return out, nil
}
