package performance

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// Fields are the parts of a report that a scope can keep at home beside its figures: days of stock, running totals, counts of order lines and of orders, and the roots over them.
var Fields = append(names(Figures), "days", "cumulative", "deliveries", "service", "lines")

func names(all []Figure) (out []string) {
	for _, f := range all {
		out = append(out, string(f))
	}
	return out
}

// KeepFields takes out the parts of a report that are not on the list; an empty list keeps all. Cells that are left with nothing are left out.
func KeepFields(d Document, fields []string) Document {
	if len(fields) == 0 {
		return d
	}
	kept := d
	kept.Cells = nil
	out := func(field string) bool { return !slices.Contains(fields, field) }
	for _, c := range d.Cells {
		for _, f := range Figures {
			if out(string(f)) {
				*c.At(f) = nil
			}
		}
		if out("days") {
			c.Days = nil
		}
		if out("cumulative") {
			c.Cumulative = nil
		}
		if out("deliveries") {
			c.Deliveries = nil
		}
		if out("service") {
			c.Service = nil
		}
		if out("lines") {
			c.Lines = nil
		}
		if !c.empty() {
			kept.Cells = append(kept.Cells, c)
		}
	}
	return kept
}

func (c Cell) empty() bool {
	return c.Days == nil && c.Cumulative == nil && !c.counted() && !slices.ContainsFunc(Figures, func(f Figure) bool { return *c.At(f) != nil })
}

// CheckLadder tells why a ladder is none for reports; "" for a good one. A report speaks of what is past, so there is one step and no horizon; and it is set
// against the other side's product by product, so it has no families.
func CheckLadder(ladder []artifact.Step) string {
	if len(ladder) > 1 {
		return fmt.Sprintf("%d steps: a performance report speaks of what is past, so one step holds for all of it; want one such as 0:WEEK:REGION", len(ladder))
	}
	for _, s := range ladder {
		if s.Level == artifact.Family {
			return fmt.Sprintf("%s: a performance report is set against the other side's product by product; want it without a family, such as 0:MONTH:REGION", s)
		}
	}
	return artifact.CheckLadder(ladder)
}

// shortest is how many days a cell of a grain has at the least: a month of reports is four weeks or more, because weekly figures make no whole month.
var shortest = map[calendar.Grain]int{calendar.Days: 1, calendar.Weeks: 7, calendar.Months: 28}

// Coarsen puts figures together that are finer than a step: places in their region or country, and what lies in one of the periods in one cell. What moved in a period
// adds up, where each part names it; stock is that of the end, where the last part of every place names it. Of what can't be put together, a figure that one
// part does not name or periods with a gap between them, the notes say that it stays at home. Of counts of stock by day the last of a period leaves. Cells of lines are not for this: they are counted anew.
func Coarsen(cells []Cell, step artifact.Step, periods []calendar.Bucket) (out []Cell, notes []string, err error) {
	groups := map[string]*[]Cell{}
	var order []*[]Cell
	placed := map[string]int{}
	for _, c := range cells {
		place, err := c.Place.At(step.Place)
		if err != nil {
			placed[c.Place.Key()]++
			continue
		}
		whole := c.Bucket
		if i := slices.IndexFunc(periods, func(b calendar.Bucket) bool { return b.Covers(c.Bucket) }); i >= 0 {
			whole = periods[i]
		}
		key := forecast.JoinKey(c.Item.ID(), place.Key(), whole.String())
		if groups[key] == nil {
			groups[key] = &[]Cell{}
			order = append(order, groups[key])
		}
		*groups[key] = append(*groups[key], c)
	}
	for _, key := range slices.Sorted(maps.Keys(placed)) {
		notes = append(notes, fmt.Sprintf("place %q names no region: what was counted there stays at home", artifact.Clip(key)))
	}
	for _, g := range order {
		c, said, err := together(*g, step)
		if err != nil {
			return nil, nil, err
		}
		notes = append(notes, said...)
		if c != nil {
			out = append(out, *c)
		}
	}
	return out, notes, nil
}

// together is one cell of several; nil where they make none.
func together(parts []Cell, step artifact.Step) (*Cell, []string, error) {
	sum := parts[0]
	sum.Place, _ = sum.Place.At(step.Place) // Coarsen has asked before
	for _, c := range parts[1:] {
		if c.Unit != sum.Unit {
			return nil, []string{fmt.Sprintf("%s was counted in %s and in %s in %s: figures of two units make no sum, and stay at home", c.Item.ID(), sum.Unit, c.Unit, sum.Bucket)}, nil
		}
		sum.Bucket.Start, sum.Bucket.End = min(sum.Bucket.Start, c.Bucket.Start), max(sum.Bucket.End, c.Bucket.End)
	}
	if !slices.ContainsFunc(parts, func(c Cell) bool { return !c.StockAlone() }) {
		return lastCount(parts, sum)
	}
	gap, twice := uneven(parts, sum.Bucket)
	if gap != 0 || twice != 0 || sum.Bucket.Days() < shortest[step.Time] {
		why := fmt.Sprintf("is shorter than the grain that may leave, %s", step)
		switch {
		case twice != 0:
			why = fmt.Sprintf("has %s in two figures of one place", twice)
		case gap != 0:
			why = fmt.Sprintf("has nothing counted on %s at one of its places", gap)
		}
		return nil, []string{fmt.Sprintf("what was counted of %s in %s %s: it stays at home", sum.Item.ID(), sum.Bucket, why)}, nil
	}
	if len(parts) == 1 {
		return &sum, nil, nil
	}
	var notes []string
	var err error
	for _, f := range Figures {
		of := parts
		if f == OnHand || f == Blocked || f == InTransit {
			of = slices.DeleteFunc(slices.Clone(parts), func(c Cell) bool { return c.Bucket.End != sum.Bucket.End })
		}
		var total quantity.Quantity
		named := 0
		for _, c := range of {
			if v := *c.At(f); v != nil {
				named++
				if total, err = total.Add(*v); err != nil {
					return nil, nil, fmt.Errorf("%s of %q in %s: %w", f, artifact.Clip(sum.Item.ID()), sum.Bucket, err)
				}
			}
		}
		*sum.At(f) = nil
		switch named {
		case 0:
		case len(of):
			*sum.At(f) = &total
		default:
			notes = append(notes, fmt.Sprintf("%s of %s in %s: %d of %d parts name it; a sum of some would say too little, so it stays at home", f, sum.Item.ID(), sum.Bucket, named, len(of)))
		}
	}
	if slices.ContainsFunc(parts, Cell.counted) {
		notes = append(notes, fmt.Sprintf("counts of lines and orders of %s in %s: a line may stand in several of its parts, so they make no sum, and stay at home", sum.Item.ID(), sum.Bucket))
	}
	sum.Cumulative, sum.Deliveries, sum.Service, sum.Lines, sum.Ext = nil, nil, nil, nil, nil
	sum.Days = &StockDays{}
	for _, c := range parts {
		if c.Days == nil {
			sum.Days = nil
			break
		}
		sum.Days.Listed, sum.Days.Out = sum.Days.Listed+c.Days.Listed, sum.Days.Out+c.Days.Out
	}
	if sum.empty() {
		return nil, notes, nil
	}
	return &sum, notes, nil
}

// StockAlone tells whether a cell says what lay there at its end, and nothing else.
func (c Cell) StockAlone() bool {
	c.OnHand, c.Blocked, c.InTransit = nil, nil, nil
	return c.empty()
}

// lastCount is the stock at the last day on which it was counted: a state, and not what moved.
func lastCount(parts []Cell, sum Cell) (*Cell, []string, error) {
	last, err := sum, error(nil)
	for i, c := range slices.DeleteFunc(slices.Clone(parts), func(c Cell) bool { return c.Bucket.End != sum.Bucket.End }) {
		if i == 0 {
			last, last.Place = c, sum.Place
			continue
		}
		last.Bucket.Start = max(last.Bucket.Start, c.Bucket.Start)
		for _, f := range []Figure{OnHand, Blocked, InTransit} {
			have, more := last.At(f), *c.At(f)
			if *have == nil || more == nil {
				*have = nil
				continue
			}
			total, failed := (*have).Add(*more)
			*have, err = &total, errors.Join(err, failed)
		}
	}
	if err != nil {
		return nil, nil, fmt.Errorf("stock of %q in %s: %w", artifact.Clip(sum.Item.ID()), sum.Bucket, err)
	}
	if last.empty() {
		return nil, nil, nil
	}
	return &last, nil, nil
}

// uneven is the first day on which a place of the parts has no part, and one that two parts of a place count; 0 for none.
func uneven(parts []Cell, whole calendar.Bucket) (gap, twice calendar.Date) {
	byPlace := map[string][]calendar.Bucket{}
	for _, c := range parts {
		byPlace[c.Place.Key()] = append(byPlace[c.Place.Key()], c.Bucket)
	}
	for _, key := range slices.Sorted(maps.Keys(byPlace)) {
		list, at := byPlace[key], whole.Start
		slices.SortFunc(list, calendar.Bucket.Compare)
		for _, b := range append(list, calendar.Bucket{Start: whole.End, End: whole.End}) {
			switch {
			case b.Start > at && gap == 0:
				gap = at
			case b.Start < at && twice == 0:
				twice = b.Start
			}
			at = max(at, b.End)
		}
	}
	return gap, twice
}
