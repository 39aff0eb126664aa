package intake

import (
	"fmt"

	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
)

// Counting gathers the figures of a performance report from a message that has them one by one. Read them with Cells.
type Counting struct {
	report *Report
	tally  *Tally
	cells  []performance.Cell
	at     map[string]int     // cells by key
	said   map[countedAt]bool // what one place has said
}

type countedAt struct {
	cell, place string
	figure      performance.Figure
}

// Counted is one quantity of a message.
type Counted struct {
	Item     forecast.Item
	Place    forecast.Location
	Code     string // of the place as the message has it; several may be one Place
	Bucket   calendar.Bucket
	Figure   performance.Figure
	Quantity quantity.Quantity // 0 or more
	Unit     quantity.Unit
	At       Complaint // the segment or field it stands in
}

// standing figures are what is there at the end of a bucket; the others add up over it.
var standing = map[performance.Figure]bool{performance.OnHand: true, performance.Blocked: true, performance.InTransit: true}

// NewCounting begins an empty count that complains to a report.
func NewCounting(r *Report, t *Tally) *Counting {
	return &Counting{report: r, tally: t, at: map[string]int{}, said: map[countedAt]bool{}}
}

// Add counts a quantity. Quantities of one cell add up, which is noted; a second stock of one place, another unit and a quantity below zero are complained of.
func (g *Counting) Add(c Counted) {
	at := c.At
	at.Value = c.Quantity.String()
	if c.Quantity.Sign() < 0 {
		at.Code, at.Text, at.Want = CodeSign, fmt.Sprintf("%s below zero", c.Figure), "0 or more"
		g.report.Complain(at)
		return
	}
	cell := performance.Cell{Item: c.Item, Place: c.Place, Bucket: c.Bucket, Unit: c.Unit}
	key := cell.Key()
	i, there := g.at[key]
	if !there {
		i = len(g.cells)
		g.at[key], g.cells = i, append(g.cells, cell)
	}
	have := &g.cells[i]
	if have.Unit != c.Unit {
		at.Code, at.Value = CodeContradiction, string(c.Unit)
		at.Text, at.Want = fmt.Sprintf("another unit than the %s of what was counted of the product before: they can't be one figure", have.Unit), "one unit for each product, place and period"
		g.report.Complain(at)
		return
	}
	from := countedAt{key, c.Code, c.Figure}
	if standing[c.Figure] && g.said[from] {
		at.Code, at.Text = CodeRepeatedKey, fmt.Sprintf("a second %s of one product at one place and time: nothing tells whether it is a part of the first or more", c.Figure)
		at.Want = "each product, place and time once"
		g.report.Complain(at)
		return
	}
	g.said[from] = true
	to := have.At(c.Figure)
	if *to == nil {
		*to = &c.Quantity
		return
	}
	sum, err := (*to).Add(c.Quantity)
	if err != nil {
		at.Code, at.Text, at.Want = CodeNumber, "a figure that adds up to too much", "fewer"
		g.report.Complain(at)
		return
	}
	*to = &sum
	at.Code, at.Text = NoteAddedUp, fmt.Sprintf("%s of one product, place and period in several quantities: they were added up", c.Figure)
	g.tally.Note("counted "+string(c.Figure), i, at)
}

// Cells are the figures in the order in which their cells were met. Blocked stock above the stock that it is a part of is complained of.
func (g *Counting) Cells() []performance.Cell {
	for _, c := range g.cells {
		if c.Blocked == nil || c.OnHand == nil {
			continue
		}
		if rest, err := c.OnHand.Sub(*c.Blocked); err == nil && rest.Sign() < 0 {
			g.report.Complain(Complaint{Code: CodeContradiction, Column: c.Key(), Value: c.Blocked.String(), Text: fmt.Sprintf("more is blocked than the %s on hand", c.OnHand), Want: "stock on hand with what is blocked of it"})
		}
	}
	return g.cells
}
