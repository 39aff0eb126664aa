package command

import (
	"fmt"
	"io"
	"strings"

	"kontor/node"
	"kontor/node/desk"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
)

func tallyText(tally map[performance.Verdict]int) string {
	var parts []string
	for _, v := range []performance.Verdict{performance.Equal, performance.DeMinimis, performance.Unequal, performance.OneSided} {
		if n := tally[v]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, strings.ToLower(strings.ReplaceAll(string(v), "_", " "))))
		}
	}
	return strings.Join(parts, ", ")
}

func settingText(d performance.Document) string {
	var parts []string
	for _, p := range d.Delivery {
		parts = append(parts, p.Name+"="+p.Value)
	}
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, " ")
}

// printCells prints the figures that any cell of a report has.
func printCells(w io.Writer, d performance.Document) {
	const most = 200 // a screen is not a spreadsheet; --json has all
	head := []string{"product", "place", "bucket", "unit"}
	var figures []performance.Figure
	for _, f := range performance.Figures {
		for _, c := range d.Cells {
			if *c.At(f) != nil {
				figures, head = append(figures, f), append(head, string(f))
				break
			}
		}
	}
	var rows [][]string
	for i, c := range d.Cells {
		if i == most {
			break
		}
		row := []string{c.Item.ID(), c.Place.Key(), c.Bucket.String(), string(c.Unit)}
		for _, f := range figures {
			row = append(row, amountText(*c.At(f)))
		}
		lines, due := "-", "-"
		if c.Lines != nil {
			lines = fmt.Sprintf("%d %x", c.Lines.Count, c.Lines.Root[:4])
		}
		if x := c.Deliveries; x != nil {
			due = fmt.Sprintf("%d on time, %d in full, %d both of %d", x.OnTime, x.InFull, x.Both, x.Due)
		}
		rows = append(rows, append(row, due, lines))
	}
	table(w, append(head, "deliveries", "lines"), rows)
	printService(w, d.Cells[:min(len(d.Cells), most)])
	if n := len(d.Cells) - most; n > 0 {
		fmt.Fprintf(w, "and %d more cells; --json has all\n", n)
	}
}

// printService prints what cells count of lines and orders filled, of orders on time in full, of perfect ones and of lead times.
func printService(w io.Writer, cells []performance.Cell) {
	var rows [][]string
	filled := func(f *performance.Filled) string {
		if f == nil {
			return "-"
		}
		return fmt.Sprintf("lines %d (later %d) of %d, orders %d (later %d) of %d", f.Lines.First, f.Lines.Whole, f.Lines.Due, f.Orders.First, f.Orders.Whole, f.Orders.Due)
	}
	for _, c := range cells {
		s := c.Service
		if s == nil {
			continue
		}
		timely, perfect, lead := "-", "-", "-"
		if t := s.Timely; t != nil {
			timely = fmt.Sprintf("%d of %d", t.Both, t.Due)
		}
		if p := s.Perfect; p != nil {
			perfect = fmt.Sprintf("%d of %d: %d on time, %d in full, %d undamaged, %d with right documents", p.All, p.Due, p.OnTime, p.InFull, p.Undamaged, p.Documents)
		}
		if l := s.Lead; l != nil {
			lead = fmt.Sprintf("%s of %s", node.Count(int(l.Days), "day"), node.Count(int(l.Due), "order"))
		}
		rows = append(rows, []string{c.Item.ID(), c.Place.Key(), c.Bucket.String(), filled(s.Shipped), filled(s.Received), timely, perfect, lead})
	}
	if len(rows) > 0 {
		fmt.Fprintln(w)
		table(w, []string{"product", "place", "bucket", "filled by despatches", "filled by receipts", "orders on time in full", "perfect orders", "lead time"}, rows)
	}
}

func amountText(q *quantity.Quantity) string {
	if q == nil {
		return "-"
	}
	return q.String()
}

func printComparison(w io.Writer, out performance.Comparison, all bool) {
	var rows [][]string
	for _, x := range out.Cells {
		for _, f := range x.Figures {
			if all || f.Verdict != performance.Equal {
				rows = append(rows, []string{x.Item.ID(), x.Place.Key(), x.Bucket.String(), string(f.Figure), amountText(f.Buyer), amountText(f.Seller), string(f.Verdict), amountText(f.Stands)})
			}
		}
		for _, s := range x.Deliveries {
			if all || s.Verdict != performance.Equal {
				rows = append(rows, []string{x.Item.ID(), x.Place.Key(), x.Bucket.String(), s.Measure, fmt.Sprintf("%d of %d", s.BuyerHas, s.BuyerOf), fmt.Sprintf("%d of %d", s.SellerHas, s.SellerOf), string(s.Verdict), ""})
			}
		}
		if x.Units {
			rows = append(rows, []string{x.Item.ID(), x.Place.Key(), x.Bucket.String(), "unit", "", "", "OTHER_UNITS", ""})
		}
		if all || x.Lines == performance.LinesUnequal || x.Lines == performance.LinesOther {
			rows = append(rows, []string{x.Item.ID(), x.Place.Key(), x.Bucket.String(), "lines", "", "", string(x.Lines), ""})
		}
	}
	if len(rows) == 0 && len(out.Cells) > 0 {
		fmt.Fprintf(w, "both reports of %s are equal in all of %s; --all lists them\n", out.Window, node.Count(len(out.Cells), "cell"))
	} else {
		table(w, []string{"product", "place", "bucket", "what", "buyer", "seller", "verdict", "stands"}, rows)
		fmt.Fprintf(w, "cells: %s\n", tallyText(out.Tally))
	}
	if out.Definition == performance.Unequal {
		fmt.Fprintln(w, "note: the two count deliveries by different definitions; kontor performance show has both")
	}
	if out.Apart > 0 {
		fmt.Fprintf(w, "lines differ in %s: kontor performance reconcile --window %s\n", node.Count(out.Apart, "cell"), out.Window)
	}
}

func printLines(w io.Writer, lines []desk.LineView) {
	var rows [][]string
	for _, l := range lines {
		one := l.Ours
		if one == nil {
			one = l.Theirs
		}
		if one == nil {
			continue
		}
		rows = append(rows, []string{l.Window.String(), one.Order, one.Line, one.Item, lineText(l.Ours), lineText(l.Theirs), strings.Join(l.Differs, ", ")})
	}
	table(w, []string{"window", "order", "line", "product", "ours", "theirs", "differs in"}, rows)
}

// lineText is what a side says of a line.
func lineText(l *performance.Line) string {
	if l == nil {
		return "no such line"
	}
	if l.Event == "" {
		return fmt.Sprintf("ordered %s due %s, nothing came", amountText(l.Ordered), l.Due)
	}
	return fmt.Sprintf("ordered %s due %s, %s %s on %s", amountText(l.Ordered), l.Due, amountText(l.Accepted), strings.ToLower(string(l.Event)), l.Date)
}
