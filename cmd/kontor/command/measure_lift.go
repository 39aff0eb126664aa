package command

import (
	"fmt"
	"io"
	"slices"

	"github.com/urfave/cli/v2"

	"kontor/node/intake"
	"kontor/protocol/measure"
	"kontor/protocol/quantity"
)

var liftColumns = []intake.Column{
	seriesColumn, momentColumn, regionColumn,
	{Says: "the units sold", Names: []string{"sold", "sales", "units", "quantity", "qty", "volume", "value", "actual", "absatz"}, Form: intake.Number, Needed: true},
	{Says: "whether the event was on", Names: []string{"event", "promotion", "promo", "on promotion", "campaign", "aktion"}, Form: intake.Flag, Needed: true},
	{Says: "what would have sold without the event", Names: []string{"baseline", "base", "forecast"}, Form: intake.Number},
	{Says: "the lower quantile of the baseline", Names: []string{"baseline low", "low", "baseline p10", "p10"}, Form: intake.Number},
	{Says: "the upper quantile of the baseline", Names: []string{"baseline high", "high", "baseline p90", "p90"}, Form: intake.Number},
	{Says: "the role of the item", Names: []string{"role", "item role"}},
	{Says: "the share of places that had stock", Names: []string{"in stock", "availability", "instock", "in stock share"}, Form: intake.Number},
}

// Positions of those columns, beside the first four.
const liftEvent, liftBaseline, liftLow, liftHigh, liftRole, liftInStock = 4, 5, 6, 7, 8, 9

var measureLiftVerb = verb{
	name: "lift", short: "judge a promotion: what it added, took from others and pulled forward", local: true, exits: []int{3},
	long: "--sales is a table: item, period, sold, event (yes while it is on), and where they are known baseline with its 10 % and 90 % quantiles\n" +
		"(baseline low, baseline high), role (PROMOTED, the default, CANNIBALISED or HALO, as named before the event) and in stock (share).\n" +
		"The baseline is a forecast signed before the campaign was proposed; where the file has none it is the mean of at least four periods before\n" +
		"the event. All sums are signed, and an effect on other items or on the periods after is spoken of only where its interval excludes 0.\n" + fileHelp,
	examples: []string{
		"kontor measure lift --sales sales.csv",
		"kontor measure lift --sales sales.csv --periods 8 --dip 3 --effect 0.9 --json",
		"kontor measure lift --sales sales.csv --stores 100,150 --control 200,240 --margin 150 --funding 100",
	},
	flags: fileFlags(
		&cli.StringFlag{Name: "sales", Usage: "CSV `FILE` of sales before, during and after the event"},
		&cli.StringFlag{Name: "periods", Usage: "`N` ordinary periods that a mean needs at least"},
		&cli.StringFlag{Name: "dip", Usage: "`N` periods after the event to look at"},
		&cli.StringFlag{Name: "effect", Usage: "`PROBABILITY` of the interval that must exclude 0: 0.8, 0.9, 0.95 or 0.99"},
		&cli.StringFlag{Name: "sold", Usage: "which sales these are: `SELL_OUT` or SELL_IN"},
		&cli.StringFlag{Name: "stores", Usage: "`BEFORE,DURING`: what the stores of the event sold; with --control"},
		&cli.StringFlag{Name: "control", Usage: "`BEFORE,DURING`: what stores without it sold"},
		&cli.StringFlag{Name: "margin", Usage: "`AMOUNT` of margin that the event added; with --funding"},
		&cli.StringFlag{Name: "funding", Usage: "`AMOUNT` that it cost, in the same currency"}),
	run: measureLift,
}

// soldItem is one item's rows.
type soldItem struct {
	role measure.Role
	rows []soldRow
}

type soldRow struct {
	at    intake.Moment
	event bool
	sale  measure.Sale
}

func measureLift(c *call) error {
	setting, err := c.setting(map[string]string{"periods": "periods", "dip": "dip", "effect": "effect", "sold": "sold"})
	if err != nil {
		return err
	}
	beside, err := liftBeside(c)
	if err != nil {
		return err
	}
	t, err := c.openTable("sales", liftColumns, false)
	if err != nil {
		return err
	}
	setting["baseline"] = "MEAN_BEFORE"
	if t.Has(liftBaseline) {
		setting["baseline"] = "SIGNED_BEFORE_PROPOSAL"
	}
	var order []string
	items := map[string]*soldItem{}
	censored := 0
	file, err := c.each("sales", t, func(l *intake.Line) {
		name, row, role := nameOf(l), soldRow{at: l.Moment(inPeriod), event: l.Flag(liftEvent)}, roleOf(l)
		row.sale.Sold, _ = l.Quantity(inFigure)
		row.sale.Baseline, row.sale.Low, row.sale.High = optional(l, liftBaseline), optional(l, liftLow), optional(l, liftHigh)
		if l.Bad() || !l.Once("the same item and period", name, fmt.Sprint(row.at)) {
			return
		}
		if q, stated := l.Quantity(liftInStock); stated && row.event && q.Less(enoughStock) {
			censored++
		}
		item := items[name]
		if item == nil {
			item = &soldItem{role: role}
			items[name] = item
			order = append(order, name)
		}
		if item.role != role {
			l.Refuse(liftRole, intake.CodeContradiction, "another role than in an earlier row of this item", "one role for each item")
			return
		}
		item.rows = append(item.rows, row)
	})
	if err != nil {
		return err
	}
	e := measure.Effects{Setting: setting}
	var promoted []promotedPeriod
	for _, name := range order {
		e.Add(items[name].series())
		promoted = append(promoted, items[name].periods(name)...)
	}
	if censored > 0 {
		c.note("note: periods of the event with less than 95 %% in stock, in which more might have sold: %d", censored)
	}
	var results []measure.Result
	for _, code := range []measure.Code{measure.Incremental, measure.Lift, measure.IncrementShare, measure.Cannibalised, measure.Halo, measure.Dip, measure.NetLift} {
		results = append(results, e.Result(code))
	}
	results = append(results, beside...)
	doc := map[string]any{"items": len(order), "censored": censored, "files": []measuredFile{file}, "results": results}
	return c.print(doc, func(w io.Writer) {
		fmt.Fprintf(w, "%d items\n\n", len(order))
		printResults(w, results)
		drawSales(w, promoted)
	})
}

// enoughStock is the share of places with stock below which sales of an event are cut off by it.
var enoughStock = quantity.MustParse("0.95")

func optional(l *intake.Line, column int) *quantity.Quantity {
	if v, stated := l.Quantity(column); stated {
		return &v
	}
	return nil
}

func roleOf(l *intake.Line) measure.Role {
	switch v := l.Text(liftRole); v {
	case "", string(measure.RolePromoted):
		return measure.RolePromoted
	case string(measure.RoleCannibalised), string(measure.RoleHalo):
		return measure.Role(v)
	}
	l.Refuse(liftRole, intake.CodeOption, "an unknown role", "PROMOTED, CANNIBALISED or HALO")
	return ""
}

// series puts an item's rows in order: before the first period of the event, the event, after its last.
func (s *soldItem) series() measure.Series {
	slices.SortStableFunc(s.rows, func(a, b soldRow) int { return a.at.Compare(b.at) })
	out := measure.Series{Role: s.role}
	last := -1
	for i, r := range s.rows {
		if r.event {
			last = i
		}
	}
	for i, r := range s.rows {
		switch {
		case r.event:
			out.Event = append(out.Event, r.sale)
		case i > last:
			out.After = append(out.After, r.sale)
		case len(out.Event) == 0:
			out.Before = append(out.Before, r.sale.Sold)
		}
	}
	if last < 0 { // no event: nothing came after it either
		out.After = nil
	}
	return out
}

// promotedPeriod is one line of the drawing.
type promotedPeriod struct {
	label string
	row   soldRow
}

func (s *soldItem) periods(name string) []promotedPeriod {
	var out []promotedPeriod
	for _, r := range s.rows {
		if s.role != measure.RolePromoted {
			return nil
		}
		at := fmt.Sprint(r.at.Index)
		if r.at.Bucket.Valid() {
			at = r.at.Bucket.String()
		}
		out = append(out, promotedPeriod{name + " " + at, r})
	}
	return out
}

// drawSales draws promoted items: o an ordinary period, P one of the event, : the baseline where the file has one.
func drawSales(w io.Writer, all []promotedPeriod) {
	const most = 60
	if len(all) == 0 || len(all) > most {
		return
	}
	s, width := strip{}, 0
	s.cover(quantity.Quantity{}.Decimal())
	for _, p := range all {
		s.cover(p.row.sale.Sold.Decimal())
		if b := p.row.sale.Baseline; b != nil {
			s.cover(b.Decimal())
		}
		width = max(width, len([]rune(p.label)))
	}
	fmt.Fprintln(w, "\npromoted items: o sold, P sold in the event, : baseline")
	for _, p := range all {
		var marks []mark
		if b := p.row.sale.Baseline; b != nil {
			marks = append(marks, mark{b.Decimal(), ':'})
		}
		sign := byte('o')
		if p.row.event {
			sign = 'P'
		}
		fmt.Fprintf(w, "%-*s %10s  %s\n", width, p.label, p.row.sale.Sold, s.draw(append(marks, mark{p.row.sale.Sold.Decimal(), sign})...))
	}
}
