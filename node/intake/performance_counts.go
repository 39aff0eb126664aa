package intake

import (
	"slices"

	"kontor/protocol/performance"
)

// Columns of counts of lines and orders in a table of figures, after the figures.
const (
	countLines = iota
	countLinesFirst
	countLinesWhole
	countOrders
	countOrdersFirst
	countOrdersWhole
	countJudged
	countOnTime
	countInFull
	countUndamaged
	countDocuments
	countPerfect
	countTimed
	countLeadDays
	countOpen
	countDue
	countBoth
)

func countColumns() []Column {
	return []Column{
		countLines:       {Says: "lines due", Names: []string{"lines due", "order lines due"}, Form: Number},
		countLinesFirst:  {Says: "lines filled by the first delivery", Names: []string{"lines filled", "lines filled at once"}, Form: Number},
		countLinesWhole:  {Says: "lines filled with later deliveries", Names: []string{"lines filled later", "lines filled with backorders"}, Form: Number},
		countOrders:      {Says: "orders due", Names: []string{"orders due"}, Form: Number},
		countOrdersFirst: {Says: "orders filled by the first delivery", Names: []string{"orders filled", "orders filled at once"}, Form: Number},
		countOrdersWhole: {Says: "orders filled with later deliveries", Names: []string{"orders filled later", "orders filled with backorders"}, Form: Number},
		countJudged:      {Says: "orders judged in all four parts of a perfect order", Names: []string{"orders judged"}, Form: Number},
		countOnTime:      {Says: "orders on time", Names: []string{"orders on time"}, Form: Number},
		countInFull:      {Says: "orders in full", Names: []string{"orders in full"}, Form: Number},
		countUndamaged:   {Says: "orders undamaged", Names: []string{"orders undamaged", "orders damage free"}, Form: Number},
		countDocuments:   {Says: "orders with the right documents", Names: []string{"orders with right documents", "orders documents right"}, Form: Number},
		countPerfect:     {Says: "orders true on all four", Names: []string{"orders perfect", "perfect orders"}, Form: Number},
		countTimed:       {Says: "orders with a lead time", Names: []string{"orders timed", "orders with lead time"}, Form: Number},
		countLeadDays:    {Says: "the sum of their lead times in days", Names: []string{"lead days", "lead time days", "sum of lead days"}, Form: Number},
		countOpen:        {Says: "of them, not in full by close-out", Names: []string{"orders open", "orders not in full"}, Form: Number},
		countDue:         {Says: "orders judged by time and quantity", Names: []string{"orders judged on time in full"}, Form: Number},
		countBoth:        {Says: "of them, on time in full", Names: []string{"orders on time in full", "orders otif"}, Form: Number},
	}
}

// counts are the whole numbers of a row's count columns.
type counts struct {
	line   *Line
	stated [countBoth + 1]bool
	of     [countBoth + 1]int64
}

func countsOf(l *Line) counts {
	c := counts{line: l}
	for i := range c.of {
		at := countFirst() + i
		q, stated := l.Quantity(at)
		if !stated {
			continue
		}
		n, whole := q.At(0)
		if c.stated[i] = true; !whole || !n.IsInt64() || n.Int64() < 0 || n.Int64() > performance.MaxCounted*performance.MaxLeadDays {
			l.Refuse(at, CodeNumber, "no count", "a whole number of 0 or more")
			continue
		}
		c.of[i] = n.Int64()
	}
	return c
}

// countFirst is where the counts begin among the columns of figures.
func countFirst() int { return figureFirst + len(performance.Figures) }

// all tells whether all of some columns are stated. Some without others are refused: a part says nothing without its whole.
func (c counts) all(columns ...int) bool {
	any, all := false, true
	for _, i := range columns {
		any, all = any || c.stated[i], all && c.stated[i]
	}
	if any && !all {
		for _, i := range columns {
			if !c.stated[i] {
				c.line.Refuse(countFirst()+i, CodeMissing, "other counts of the same are there, and this is not", "all of them: "+c.says(columns))
				break
			}
		}
	}
	return all
}

func (c counts) says(columns []int) string {
	text := ""
	for n, i := range columns {
		if n > 0 {
			text += ", "
		}
		text += countColumns()[i].Names[0]
	}
	return text
}

// fill is what was filled; without a count of what came later nothing did.
func (c counts) fill(due, first, whole int) performance.Fill {
	f := performance.Fill{Due: c.of[due], First: c.of[first], Whole: c.of[whole]}
	if !c.stated[whole] {
		f.Whole = f.First
	}
	return f
}

// service is what a row counts; nil where it counts nothing. Fills are by receipts.
func (c counts) service() *performance.Service {
	var out performance.Service
	if lines, orders := c.all(countLines, countLinesFirst), c.all(countOrders, countOrdersFirst); lines || orders {
		out.Received = &performance.Filled{Lines: c.fill(countLines, countLinesFirst, countLinesWhole), Orders: c.fill(countOrders, countOrdersFirst, countOrdersWhole)}
	}
	if c.all(countJudged, countOnTime, countInFull, countUndamaged, countDocuments, countPerfect) {
		out.Perfect = &performance.Perfect{Due: c.of[countJudged], OnTime: c.of[countOnTime], InFull: c.of[countInFull], Undamaged: c.of[countUndamaged], Documents: c.of[countDocuments], All: c.of[countPerfect]}
	}
	if c.all(countDue, countBoth) {
		out.Timely = &performance.Timely{Due: c.of[countDue], Both: c.of[countBoth]}
	}
	if c.all(countTimed, countLeadDays) {
		out.Lead = &performance.Lead{Due: c.of[countTimed], Days: c.of[countLeadDays], Open: c.of[countOpen]}
	}
	if !slices.Contains(c.stated[:], true) || out == (performance.Service{}) {
		return nil
	}
	return &out
}
