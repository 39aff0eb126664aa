package forecast

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// Coarsen brings every figure to the grain that a ladder allows for its horizon, seen from a day (practice T3): buckets are put together, lines of
// several sites become one of their region. Means and ordered quantities add up exactly; levels of a band do not, so a figure put together
// has none, but for the cumulative levels of a line that stays one line. Products of one family that are not measured alike make a line for each unit, sourcing share and basis. A week belongs to the month in which it begins. what free tells of stays as
// it is. family names what products are counted to; where the ladder wants a family, the figures of a product without one stay at home. The notes
// say what was put together, and what stays.
func Coarsen(d Document, ladder []artifact.Step, from calendar.Date, free func(Line, calendar.Bucket) bool, family func(Item) string) (Document, []string, error) {
	if len(ladder) == 0 {
		return d, nil, nil
	}
	if free == nil {
		free = func(Line, calendar.Bucket) bool { return false }
	}
	c := coarsening{ladder: ladder, from: from, free: free, named: familyNames(d.Lines, ladder, from, free, family),
		merged: map[string]*Line{}, members: map[string]map[string]bool{}, homeless: map[string]bool{}}
	for _, l := range d.Lines {
		if err := c.take(l); err != nil {
			return Document{}, nil, err
		}
	}
	out := d
	out.Lines = make([]Line, 0, len(c.order))
	for _, key := range c.order {
		l, err := c.line(key)
		if err != nil {
			return Document{}, nil, err
		}
		out.Lines = append(out.Lines, l)
	}
	return out, c.notes(), nil
}

// coarsening is a document while its lines are put together.
type coarsening struct {
	ladder   []artifact.Step
	from     calendar.Date
	free     func(Line, calendar.Bucket) bool
	named    func(Line) string
	merged   map[string]*Line
	order    []string                   // of the keys in merged
	members  map[string]map[string]bool // products of each family line
	homeless map[string]bool            // products without a family, whose far figures stay at home
	places   int                        // lines that became one with another
	periods  int                        // buckets that became one with another
}

// take adds a line's parts to the lines that they become.
func (c *coarsening) take(l Line) error {
	parts, err := byPlace(l, c.ladder, c.from, c.free, c.named)
	if err != nil {
		return err
	}
	if cellsOf(parts) < len(l.Buckets) {
		c.homeless[l.Item.ID()] = true
	}
	for _, part := range parts {
		key := part.Key()
		if part.Members > 0 {
			if c.members[key] == nil {
				c.members[key] = map[string]bool{}
			}
			c.members[key][l.Item.ID()] = true
		}
		if err := c.join(key, part); err != nil {
			return err
		}
	}
	return nil
}

// join puts a part into the line of its key.
func (c *coarsening) join(key string, part Line) error {
	have := c.merged[key]
	if have == nil {
		c.merged[key] = &part
		c.order = append(c.order, key)
		return nil
	}
	if (part.Members > 0) != (have.Members > 0) {
		return fmt.Errorf("%q is the name of a family and the number of a product: they can't be told apart; give the family another name", artifact.Clip(part.Item.ID()))
	}
	if part.Members == 0 {
		c.places++
	}
	sum, err := AddLines(*have, part)
	if err != nil {
		return err
	}
	*have = sum
	return nil
}

// line is a line put together, with its buckets put together too.
func (c *coarsening) line(key string) (Line, error) {
	l := *c.merged[key]
	joined, err := byPeriod(&l, c.ladder, c.from, c.free)
	if err != nil {
		return Line{}, err
	}
	c.periods += joined
	l.Members = int64(len(c.members[key]))
	if l.Members > 0 && l.GapReason == "" && hasGap(l) {
		l.GapReason = "no product of the family has a figure in between"
	}
	return l, nil
}

// notes say what was put together, and what stays.
func (c *coarsening) notes() []string {
	notes := []string{}
	if len(c.members) > 0 {
		products := map[string]bool{}
		for _, of := range c.members {
			maps.Copy(products, of)
		}
		notes = append(notes, fmt.Sprintf("far figures of %d products were put together in %d lines of their families (practice T3)", len(products), len(c.members)))
	}
	if len(c.homeless) > 0 {
		notes = append(notes, fmt.Sprintf("%d products count to no family: their figures beyond the item's horizon stay at home; say what they count to with kontor product family", len(c.homeless)))
	}
	if c.places > 0 {
		notes = append(notes, fmt.Sprintf("%d lines of sites were put together by region (practice T3)", c.places))
	}
	if c.periods > 0 {
		notes = append(notes, fmt.Sprintf("%d periods were put together by horizon (practice T3); they have no bands of their own", c.periods))
	}
	return notes
}

// familyNames tells families apart whose products are not measured alike: where units, sourcing shares or bases of the figures differ, each sort leaves as a line of its
// own whose name says what it is. A family that is measured alike keeps its name.
func familyNames(lines []Line, ladder []artifact.Step, from calendar.Date, free func(Line, calendar.Bucket) bool, family func(Item) string) func(Line) string {
	if family == nil {
		return func(Line) string { return "" }
	}
	sorts := []func(Line) string{
		func(l Line) string { return string(l.Unit) },
		func(l Line) string {
			return "share " + strings.TrimSuffix(fmt.Sprintf("%d.%04d", l.SourcingShare/10_000, l.SourcingShare%10_000), ".0000") + " %"
		},
		func(l Line) string { return string(l.BucketBasis) },
		func(l Line) string { return string(l.DateBasis) },
	}
	seen := map[string][]map[string]bool{}
	for _, l := range lines {
		name := family(l.Item)
		far := func(c Cell) bool {
			return artifact.StepAt(ladder, from, c.Start).Level == artifact.Family && !free(l, c.Bucket)
		}
		if name == "" || l.Members > 0 || !slices.ContainsFunc(l.Buckets, far) {
			continue
		}
		if seen[name] == nil {
			seen[name] = make([]map[string]bool, len(sorts))
		}
		for i, sort := range sorts {
			if seen[name][i] == nil {
				seen[name][i] = map[string]bool{}
			}
			seen[name][i][sort(l)] = true
		}
	}
	return func(l Line) string {
		name := family(l.Item)
		out := name
		for i, sort := range sorts {
			if of := seen[name]; of != nil && len(of[i]) > 1 {
				out += ", " + sort(l)
			}
		}
		return out
	}
}

func cellsOf(lines []Line) (n int) {
	for _, l := range lines {
		n += len(l.Buckets)
	}
	return n
}

func hasGap(l Line) bool {
	for i := 1; i < len(l.Buckets); i++ {
		if l.Buckets[i-1].End < l.Buckets[i].Start {
			return true
		}
	}
	return false
}

// inFamily is a line of a family's, before others are added to it: what is true of one product alone is left out.
func inFamily(l Line, name string) Line {
	l.Item = Item{BuyersID: name}
	l.Members, l.Lot, l.Reason, l.ShipFrom, l.Lifecycle, l.Schedule, l.Ext = 1, quantity.Quantity{}, "", nil, nil, nil, nil
	l.Buckets = nil
	return l
}

// byPlace is a line in parts, one for each precision of place and product that its cells may have. Cells that may leave for a family alone are missing where
// the product has none.
func byPlace(l Line, ladder []artifact.Step, from calendar.Date, free func(Line, calendar.Bucket) bool, family func(Line) string) (parts []Line, err error) {
	type precision struct {
		place string
		level artifact.Level
	}
	index := map[precision]int{}
	for _, c := range l.Buckets {
		step := artifact.StepAt(ladder, from, c.Start)
		if free(l, c.Bucket) {
			step = artifact.Step{Place: artifact.Site}
		}
		where, err := l.Location.At(step.Place)
		if err != nil {
			return nil, fmt.Errorf("line %q: %w", artifact.Clip(l.Key()), err)
		}
		at := precision{where.Key(), artifact.Item}
		part := l
		if step.Level == artifact.Family && l.Members == 0 {
			name := family(l)
			if name == "" {
				continue
			}
			at.level, part = artifact.Family, inFamily(l, name)
			c.Quantiles, c.Cumulative, c.Accumulated = nil, nil, nil
		}
		i, known := index[at]
		if !known {
			part.Location, part.Buckets = where, nil
			i, index[at] = len(parts), len(parts)
			parts = append(parts, part)
		}
		parts[i].Buckets = append(parts[i].Buckets, c)
	}
	if len(parts) > 1 || cellsOf(parts) < len(l.Buckets) { // demand accumulated from the first bucket is another's where the line begins later
		for i := range parts {
			for k := range parts[i].Buckets {
				parts[i].Buckets[k].Cumulative, parts[i].Buckets[k].Accumulated = nil, nil
			}
			parts[i].Schedule = nil
		}
	}
	return parts, nil
}

// byPeriod puts buckets of a line together and counts how many it did.
func byPeriod(l *Line, ladder []artifact.Step, from calendar.Date, free func(Line, calendar.Bucket) bool) (joined int, err error) {
	var kept []Cell
	for _, c := range l.Buckets {
		grain := artifact.StepAt(ladder, from, c.Start).Time
		if n := len(kept) - 1; n >= 0 && artifact.StepAt(ladder, from, kept[n].Start).Time == grain && grain.Joins(kept[n].Bucket, c.Bucket) && !free(*l, c.Bucket) && !free(*l, kept[n].Bucket) {
			joined++
			if kept[n], err = addCells(kept[n], c); err != nil {
				return joined, err
			}
			continue
		}
		kept = append(kept, c)
	}
	l.Buckets = kept
	return joined, nil
}

// At is the place no more precise than p; an error where it names no region.
func (l Location) At(p artifact.Place) (Location, error) {
	if p == artifact.Site || p == "" {
		return l, nil
	}
	region := l.Region
	if region == "" && len(l.UNLOCODE) >= 2 {
		region = l.UNLOCODE[:2] // a UN/LOCODE begins with its country
	}
	if region == "" && l.Key() != "" {
		return Location{}, fmt.Errorf("place %q names no region: give its country, so that it can be shared by region", artifact.Clip(l.Key()))
	}
	if p == artifact.Country {
		region, _, _ = strings.Cut(region, "-")
	}
	return Location{Region: region}, nil
}
