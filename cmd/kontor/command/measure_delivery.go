package command

import (
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"kontor/node/intake"
	"kontor/protocol/calendar"
	"kontor/protocol/measure"
	"kontor/protocol/quantity"
)

var deliveryColumns = []intake.Column{
	{Says: "the date due", Names: []string{"due", "due date", "scheduled delivery date", "requested date", "promised date", "requested delivery date", "promised", "required date", "need date", "planned date", "scheduled", "faellig", "fällig"}, Form: intake.Period, Needed: true},
	{Says: "the date of arrival", Names: []string{"delivered", "delivered to client date", "arrival", "arrival date", "received", "receipt date", "received date", "delivery date", "delivered date", "actual date", "actual delivery date", "delivered on", "posting date", "geliefert"}, Form: intake.Period},
	{Says: "the quantity ordered", Names: []string{"ordered", "ordered quantity", "order quantity", "quantity ordered", "ordered qty", "order qty", "qty ordered", "quantity", "qty", "bestellt"}, Form: intake.Number},
	{Says: "the quantity accepted", Names: []string{"accepted", "accepted quantity", "received quantity", "quantity received", "delivered quantity", "quantity delivered", "accepted qty", "received qty", "delivered qty", "qty delivered", "qty received"}, Form: intake.Number},
	{Says: "the quantity rejected", Names: []string{"rejected", "rejected quantity"}, Form: intake.Number},
	{Says: "the line", Names: []string{"line", "order line", "line id", "line number", "line no", "line item", "position", "id"}},
	{Says: "the order", Names: []string{"order", "order no", "order number", "order id", "sales order", "purchase order", "po", "po number", "po / so #", "bestellung"}},
	{Says: "the reason to leave the line out", Names: []string{"exclusion", "excluded", "exclude", "exception"}},
	{Says: "whether the buyer cancelled", Names: []string{"cancelled", "canceled", "cancelled by buyer"}, Form: intake.Flag},
}

// Positions of those columns.
const (
	deliveryDue, deliveryArrived, deliveryOrdered, deliveryAccepted, deliveryRejected, deliveryLine, deliveryOrder, deliveryExclude, deliveryCanceled = 0, 1, 2, 3, 4, 5, 6, 7, 8
)

var measureDeliveryVerb = verb{
	name: "delivery", short: "judge deliveries: on time, in full, both, fill rates", local: true, exits: []int{3},
	long: "--lines is a table of order lines: due, delivered, and where they are known order, line, ordered, accepted, rejected, exclusion, cancelled.\n" +
		"Several rows of one order and line are partial deliveries. A row without a date of arrival is disputed, not failed.\n" +
		"In full is what was accepted until the line is closed; on time is what of it came inside the window; both is what was accepted inside\n" +
		"the window. Without quantities only on time is measured. Exclusions are FORCE_MAJEURE, BUYER_RESCHEDULE, NO_SLOT_AVAILABLE,\n" +
		"BUYER_CARRIER, HOLD_REQUESTED and EDI_OUTAGE.\n" + fileHelp,
	examples: []string{
		"kontor measure delivery --lines lines.csv",
		"kontor measure delivery --lines lines.csv --early 2 --late 1 --under 0.02 --over 0.05 --calendar BUSINESS_DAYS",
		"kontor measure delivery --lines lines.csv --as-of 2026-04-01 --json",
	},
	flags: fileFlags(
		&cli.StringFlag{Name: "lines", Usage: "CSV `FILE` of order lines"},
		&cli.StringFlag{Name: "early", Usage: "`DAYS` before the due date at which the window opens; ANY is the default"},
		&cli.StringFlag{Name: "late", Usage: "`DAYS` after the due date at which it closes"},
		&cli.StringFlag{Name: "grace", Usage: "`DAYS` after the window until the line is closed"},
		&cli.StringFlag{Name: "calendar", Usage: "`DAYS` or BUSINESS_DAYS"},
		&cli.StringFlag{Name: "under", Usage: "`SHARE` of the ordered quantity that may be missing"},
		&cli.StringFlag{Name: "over", Usage: "`SHARE` of the ordered quantity that may be too much; ANY is the default"},
		&cli.StringFlag{Name: "partials", Usage: "what counts of several deliveries: `CUMULATIVE` or FIRST_ONLY"},
		&cli.StringFlag{Name: "as-of", Usage: "`DATE` on which lines whose window is still open are left out as pending"}),
	run: measureDelivery,
}

func measureDelivery(c *call) error {
	setting, err := c.setting(map[string]string{"early": "early", "late": "late", "grace": "grace", "calendar": "calendar", "under": "under", "over": "over", "partials": "partials"})
	if err != nil {
		return err
	}
	d, fills := measure.Deliveries{Setting: setting}, measure.Fills{Setting: measure.Setting{"fillEvent": "RECEIVED"}}
	if v := c.String("as-of"); v != "" {
		if d.AsOf, err = calendar.ParseDate(v); err != nil {
			return usagef("--as-of: %v", err)
		}
	}
	t, err := c.openTable("lines", deliveryColumns, false)
	if err != nil {
		return err
	}
	if !t.Has(deliveryArrived) {
		return usagef("%s has no column for the date of arrival; want a header such as delivered, arrival or receipt date", c.String("lines"))
	}
	var order []string
	lines := map[string]*measure.DeliveryLine{}
	file, err := c.each("lines", t, func(l *intake.Line) {
		line, id := deliveryOf(l)
		if l.Bad() {
			return
		}
		key := fmt.Sprint(l.Number())
		if t.Has(deliveryLine) && id != "" {
			key = line.Order + "\x00" + id
		}
		before := lines[key]
		if before == nil {
			lines[key] = &line
			order = append(order, key)
			return
		}
		if before.Ordered == nil {
			before.Ordered = line.Ordered
		}
		if before.Due != line.Due || line.Ordered != nil && *before.Ordered != *line.Ordered {
			l.Refuse(deliveryDue, intake.CodeContradiction, "another due date or ordered quantity than an earlier row of this order line", "the same due date and ordered quantity in every row of a line")
			return
		}
		before.Receipts = append(before.Receipts, line.Receipts...)
	})
	if err != nil {
		return err
	}
	for _, key := range order {
		line := *lines[key]
		d.Add(line)
		if f, known := fillOf(line); known {
			fills.Add(f)
		} else if line.Exclude == "" {
			fills.Unknown()
		}
	}
	var results []measure.Result
	for _, code := range []measure.Code{measure.OnTime, measure.InFull, measure.OTIF, measure.OTIFUnits, measure.OTIFOrders} {
		results = append(results, d.Result(code))
	}
	for _, code := range []measure.Code{measure.UnitFill, measure.LineFill, measure.OrderFill} {
		results = append(results, fills.Result(code))
	}
	early, due, late := 0, 0, 0
	for days, n := range d.Lateness() {
		switch {
		case days < 0:
			early += n
		case days == 0:
			due += n
		default:
			late += n
		}
	}
	doc := map[string]any{"lines": len(order), "early": early, "onTheDay": due, "late": late, "rejected": d.Rejected(), "files": []measuredFile{file}, "results": results}
	return c.print(doc, func(w io.Writer) {
		fmt.Fprintf(w, "%d order lines: %d arrived early, %d on the day, %d late\n\n", len(order), early, due, late)
		printResults(w, results)
		printLateness(w, d.Lateness())
	})
}

// deliveryOf reads one row.
func deliveryOf(l *intake.Line) (measure.DeliveryLine, string) {
	line := measure.DeliveryLine{Order: l.Text(deliveryOrder), Due: l.Period(deliveryDue).Start, Canceled: l.Flag(deliveryCanceled)}
	if v, stated := l.Quantity(deliveryOrdered); stated {
		line.Ordered = &v
	}
	if why := l.Text(deliveryExclude); why != "" {
		for _, known := range measure.DeliveryExclusions {
			if string(known) == why {
				line.Exclude = known
			}
		}
		if line.Exclude == "" {
			l.Refuse(deliveryExclude, intake.CodeOption, "no reason of the closed list", fmt.Sprint(measure.DeliveryExclusions))
		}
	}
	accepted, stated := l.Quantity(deliveryAccepted)
	rejected, _ := l.Quantity(deliveryRejected)
	if accepted.Sign() < 0 || rejected.Sign() < 0 {
		l.Refuse(deliveryAccepted, intake.CodeSign, "below zero", "a number of 0 or more")
	}
	if on := l.Period(deliveryArrived); on.Valid() {
		r := measure.Receipt{On: on.Start, Rejected: rejected}
		if stated {
			r.Accepted = &accepted
		}
		line.Receipts = append(line.Receipts, r)
	}
	return line, l.Text(deliveryLine)
}

// fillOf is the line for fill rates, where quantities are known: the first delivery is all that came on its day.
func fillOf(line measure.DeliveryLine) (measure.Fill, bool) {
	if line.Ordered == nil || line.Exclude != "" || len(line.Receipts) == 0 {
		return measure.Fill{}, false
	}
	f := measure.Fill{Order: line.Order, Ordered: *line.Ordered, Canceled: line.Canceled}
	first := line.Receipts[0].On
	for _, r := range line.Receipts {
		first = min(first, r.On)
	}
	for _, r := range line.Receipts {
		if r.Accepted == nil {
			return measure.Fill{}, false
		}
		all, err := quantity.Sum(f.Total, *r.Accepted)
		if err != nil {
			return measure.Fill{}, false
		}
		f.Total = all
		if r.On == first {
			f.First, _ = quantity.Sum(f.First, *r.Accepted) // no more than the total, which fits
		}
	}
	return f, true
}

// printLateness draws when lines came, by the days to their due date.
func printLateness(w io.Writer, lateness map[int]int) {
	limits := []struct {
		last  int
		label string
	}{{-31, "over 30 days early"}, {-8, "8 to 30 early"}, {-1, "1 to 7 early"}, {0, "on the day"}, {7, "1 to 7 late"}, {30, "8 to 30 late"}, {1 << 30, "over 30 days late"}}
	labels, counts := make([]string, len(limits)), make([]int, len(limits))
	for i, l := range limits {
		labels[i] = l.label
	}
	for days, n := range lateness {
		for i, l := range limits {
			if days <= l.last {
				counts[i] += n
				break
			}
		}
	}
	if len(lateness) > 0 {
		fmt.Fprintln(w, "\nlines by the day of their last arrival")
		bars(w, labels, counts)
	}
}
