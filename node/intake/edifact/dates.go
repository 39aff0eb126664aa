package edifact

import (
	"fmt"
	"strconv"

	"kontor/node/intake"
	"kontor/protocol/forecast"
)

// uniform complains where the quantities of a line have two units, or two kinds of
// dates that nothing brings together. A line of a forecast has one kind: where some of
// its quantities have a date of shipment and others one of delivery, all are put on
// delivery, by the days that goods travel.
func (p *planning) uniform(lin segment, periods []planned) bool {
	shipped, arrived := 0, 0
	for i, c := range periods {
		if c.unit != periods[0].unit {
			at := c.qty.place("")
			at.Code, at.Value, at.Text, at.Want = intake.CodeContradiction, c.unit, "another unit than the first quantity of the line has", "one unit in all of a line"
			p.report.Complain(at)
			return false
		}
		if periods[i].basis == forecast.ByShip {
			shipped++
		} else {
			arrived++
		}
	}
	p.noteShipped(lin, periods)
	if shipped == 0 || arrived == 0 {
		return true
	}
	days, told := p.transit(periods)
	for i := range periods {
		c := &periods[i]
		if c.basis != forecast.ByShip {
			continue
		}
		at := c.qty.place("DTM 10")
		at.Value = c.bucket.String()
		if !told {
			at.Code, at.Text = intake.CodeContradiction, "a date of shipment, in a line that has dates of delivery, and nothing says how long the goods travel"
			at.Want = "--transit DAYS, or transit in the mapping of the partner; or one kind of date in all of a line"
			p.report.Complain(at)
			return false
		}
		at.Code, at.Text = intake.NoteAssumed, fmt.Sprintf("a date of shipment, in a line that has dates of delivery: put %s later, on the delivery", travel(days))
		p.tally.Note("shipped", lin.n, at)
		c.shipped, c.basis = c.bucket, forecast.ByArrival
		c.bucket.Start, c.bucket.End = c.bucket.Start.AddDays(days), c.bucket.End.AddDays(days)
	}
	return true
}

// noteShipped says that a date of shipment beside one of delivery is left aside.
func (p *planning) noteShipped(lin segment, periods []planned) {
	for _, c := range periods {
		if c.shipped.Start.Valid() && c.basis == forecast.ByArrival {
			at := c.qty.place("DTM 10")
			at.Code, at.Value, at.Text = intake.NoteNotCarried, c.shipped.String(), "a date of shipment beside one of delivery: the quantity stands on its delivery"
			p.tally.Note("both dates", lin.n, at)
		}
	}
}

// transit is how many days goods travel: as the reader was told, else as every
// quantity of the line with both dates has it.
func (p *planning) transit(periods []planned) (days int, told bool) {
	if p.Transit != nil {
		return *p.Transit, true
	}
	for _, c := range periods {
		if !c.shipped.Start.Valid() || c.basis != forecast.ByArrival {
			continue
		}
		d := c.bucket.Start.Sub(c.shipped.Start)
		if d < 0 || d > intake.MaxTransit || told && d != days {
			return 0, false
		}
		days, told = d, true
	}
	return days, told
}

func travel(days int) string {
	if days == 1 {
		return "1 day"
	}
	return strconv.Itoa(days) + " days"
}
