package outlet

import (
	"fmt"
	"strings"

	"kontor/node/fields"
	"kontor/node/intake"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
	"kontor/protocol/performance"
	"kontor/protocol/product"
	"kontor/protocol/quantity"
)

// Layouts that every document has: each of its fields, and nothing left out.
const (
	FieldLines intake.Layout = "fields"  // a line for each field
	Records    intake.Layout = "records" // a line for each entry of a list, a column for each field
)

// AllFields tells whether a layout is one of a whole document.
func AllFields(l intake.Layout) bool { return l == FieldLines || l == Records }

// Fields writes a document whole. kind is what its importer is called by.
func Fields(kind string, document any, format Format, layout intake.Layout) ([]byte, error) {
	write := fields.Write
	if layout == Records {
		write = fields.Records
	}
	rows, err := write(kind, document)
	if err != nil {
		return nil, err
	}
	return Table{Rows: rows, Period: -1, Figures: len(rows[0])}.Write(format, intake.ByPeriod)
}

// figureHeads are the figures of a report as ReadFigures knows them.
var figureHeads = map[performance.Figure]string{performance.OnTime: "on time", performance.InFull: "in full", performance.OnHand: "on hand", performance.InTransit: "in transit"}

// Performance writes what a report counted: a line for each product, place and bucket.
func Performance(d performance.Document, format Format, o Options) ([]byte, []string, error) {
	var n notes
	head := []string{"product", "region", "period", "unit", "cumulative since"}
	t := Table{Period: 2, Figures: len(head)}
	head = append(head, "days listed", "days out", "cumulative received")
	for _, f := range performance.Figures {
		name := figureHeads[f]
		if name == "" {
			name = string(f)
		}
		head = append(head, name)
	}
	t.Rows = [][]string{head}
	for _, c := range d.Cells {
		if c.Item.SellersID != "" && c.Item.BuyersID != "" || c.Item.Description != "" {
			n.add("a table has one number of a product: the buyer's, else the seller's, else the GTIN, and no description")
		}
		if c.Deliveries != nil || c.Service != nil || c.Lines != nil {
			n.add("a table of figures has no counts of deliveries and orders and no root over order lines: it has what was counted, not what was judged")
		}
		row := []string{c.Item.ID(), c.Place.Key(), c.Bucket.String(), string(c.Unit), "", "", "", ""}
		if c.Cumulative != nil {
			row[4], row[7] = c.Cumulative.Since.String(), figure(c.Cumulative.Received)
		}
		if c.Days != nil {
			row[5], row[6] = fmt.Sprint(c.Days.Listed), fmt.Sprint(c.Days.Out)
		}
		for _, f := range performance.Figures {
			cell := ""
			if q := *c.At(f); q != nil {
				cell = figure(*q)
			}
			row = append(row, cell)
		}
		t.Rows = append(t.Rows, row)
	}
	data, err := t.Write(format, o.Layout)
	return data, n, err
}

// AnswerRows is a forecast with what is committed of it: a line for each product, place and period. Without an answer every cell is committed as it is asked for.
func AnswerRows(f forecast.Document, a *capacity.Answer) (Table, error) {
	t := Table{Rows: [][]string{{"product", "region", "period", "unit", "reason", "asked", "committed"}}, Period: 2, Figures: 5}
	if err := distinct(f, "a table", func(l forecast.Line) string { return l.Item.ID() + "\x00" + l.Location.Key() }); err != nil {
		return t, err
	}
	committed := map[string]capacity.Commit{}
	if a != nil {
		for _, l := range a.Lines {
			for _, c := range l.Buckets {
				committed[l.Line+"\x00"+c.Bucket.String()] = c
			}
		}
	}
	for _, l := range f.Lines {
		for _, c := range l.Buckets {
			reason, given := "", c.Mean
			if a != nil {
				commit, answered := committed[l.Key()+"\x00"+c.Bucket.String()]
				if !answered {
					continue
				}
				reason, given = string(commit.Reason), commit.Committed
			}
			t.Rows = append(t.Rows, []string{l.Item.ID(), l.Location.Key(), c.Bucket.String(), string(l.Unit), reason, figure(c.Mean), figure(given)})
		}
	}
	return t, nil
}

// Answer writes an answer beside the forecast it answers.
func Answer(a *capacity.Answer, f forecast.Document, format Format, o Options) ([]byte, []string, error) {
	var n notes
	t, err := AnswerRows(f, a)
	if err != nil {
		return nil, nil, err
	}
	if a != nil {
		for _, l := range a.Lines {
			for _, c := range l.Buckets {
				if c.ValidUntil != 0 {
					n.add("a table of answers has no day until which a commitment holds")
				}
			}
		}
	}
	data, err := t.Write(format, o.Layout)
	return data, n, err
}

// ProductMap writes the links of a map as the table that kontor product import reads. own tells which of the two numbers is the own.
func ProductMap(d product.Document, own func(product.Link) (mine, theirs string), format Format, o Options) ([]byte, []string, error) {
	t := Table{Rows: [][]string{{"product", "gtin", "description", "partner item", "from", "until", "plant", "kit", "units", "share"}}, Period: -1, Figures: 10}
	for _, l := range d.Links {
		mine, theirs := own(l)
		row := []string{mine, l.GTIN, l.Description, theirs, l.From.String(), "", l.Plant.Key(), "", figure(l.Units), ""}
		if l.Until != 0 {
			row[5] = l.Until.String()
		}
		if l.Kit {
			row[7] = "yes"
		}
		if l.Share != 0 {
			row[9] = percentText(l.Share)
		}
		t.Rows = append(t.Rows, row)
	}
	data, err := t.Write(format, o.Layout)
	return data, nil, err
}

// Cell is a quantity as tables write it.
func Cell(q quantity.Quantity) string { return figure(q) }

// Percent is parts per million as tables write them.
func Percent(ppm int64) string { return percentText(ppm) }

// Layouts are the names of all layouts.
func Layouts() string {
	return strings.Join([]string{string(intake.ByPeriod), string(intake.Long), string(intake.Wide), string(FieldLines), string(Records)}, ", ")
}
