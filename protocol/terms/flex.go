package terms

import (
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// FlexCell is what the bands say of one cell that a revision moved.
type FlexCell struct {
	Line    string            `json:"line"` // key of the forecast line
	Product string            `json:"product"`
	Bucket  calendar.Bucket   `json:"bucket"`
	Ahead   int64             `json:"ahead"`          // days, or working days, from the issue to the bucket's first day
	Band    string            `json:"band,omitempty"` // that speaks of it
	Zone    Zone              `json:"zone,omitempty"`
	Old     quantity.Quantity `json:"old"` // the reference
	New     quantity.Quantity `json:"new"`
	Low     quantity.Quantity `json:"low"`  // of a band with limits: what the quantity may fall to
	High    quantity.Quantity `json:"high"` // and rise to
	Inside  bool              `json:"inside"`
	Why     string            `json:"why"`
}

// Flex judges a revised forecast against a reference both sides stood by: every cell whose quantity moved and that has
// not ended on the day of the issue, by the forecast's order. The day is that of the terms' calendar (practice T13). A
// move of at most one lot is inside except where frozen (practice T1). That orders meet forecast in the buckets these terms say, where the
// reference was made before them, is no move; nor is what the scope of the revision no longer holds. Both documents have passed their checks.
func (d Document) Flex(reference, revised forecast.Document) ([]FlexCell, error) {
	if loop := (forecast.Consumption{Backward: d.Loop.Backward, Forward: d.Loop.Forward}); revised.Consumption == loop {
		reference.Consumption = loop
	}
	changes, err := forecast.Diff(reference, revised)
	if err != nil {
		return nil, err
	}
	issued := d.Calendar.Day(revised.Header.Issued)
	days := d.Calendar.Workdays()
	items := map[string]forecast.Item{}
	for _, doc := range []forecast.Document{reference, revised} {
		for _, l := range doc.Lines {
			items[l.Key()] = l.Item
		}
	}
	out := []FlexCell{}
	for _, c := range changes {
		sameMeaning := true
		for _, f := range c.Fields {
			sameMeaning = sameMeaning && f != "unit" && f != "line"
		}
		if c.Bucket.End <= issued || c.Unshared || sameMeaning && c.Delta.IsZero() {
			continue
		}
		item := items[c.Line]
		cell := FlexCell{Line: c.Line, Product: item.ID(), Bucket: c.Bucket, Old: mean(c.Old), New: mean(c.New)}
		band, ahead, ok := d.band(item, c.Bucket.Start, issued, days)
		cell.Ahead = ahead
		switch {
		case !sameMeaning:
			cell.Why = "the unit or the meaning of the figures changed"
		case !ok:
			cell.Why = "no band speaks of it"
		default:
			cell.Band, cell.Zone = band.ID, band.Zone
			if err := cell.judge(band, c); err != nil {
				return nil, err
			}
		}
		out = append(out, cell)
	}
	return out, nil
}

// Inside tells whether every cell of a verdict is.
func Inside(cells []FlexCell) bool {
	for _, c := range cells {
		if !c.Inside {
			return false
		}
	}
	return true
}

func mean(c *forecast.Cell) quantity.Quantity {
	if c == nil {
		return quantity.Quantity{}
	}
	return c.Mean
}

// judge sets the limits of a band around the reference and compares.
func (c *FlexCell) judge(b FlexBand, change forecast.Change) (err error) {
	if b.Zone == Free {
		c.Inside, c.Why = true, "free: anything moves"
		return nil
	}
	if change.Old == nil {
		c.Why = "newly in the horizon: nothing was stood by to measure it against"
		return nil
	}
	factor := func(ppm int64) (q quantity.Quantity) {
		if err == nil {
			if q, err = quantity.Scaled(PPM+ppm, -6); err == nil {
				q, err = c.Old.Mul(q)
			}
		}
		return q
	}
	c.Low, c.High = factor(-b.DownPPM), factor(b.UpPPM)
	if err != nil {
		return err
	}
	switch {
	case !c.New.Less(c.Low) && !c.High.Less(c.New):
		c.Inside, c.Why = true, "inside the band"
	case b.Zone != Frozen && change.Delta.Abs().Cmp(change.Lot) <= 0:
		c.Inside, c.Why = true, "by no more than one lot"
	case b.Zone == Frozen:
		c.Why = "frozen: it moves by agreement"
	case c.High.Less(c.New):
		c.Why = "above the band"
	default:
		c.Why = "below the band"
	}
	return nil
}

// band finds the band that speaks of a product so far ahead, and how far that is.
func (d Document) band(item forecast.Item, start, issued calendar.Date, w calendar.Workdays) (FlexBand, int64, bool) {
	calendarDays := int64(max(start.Sub(issued), 0))
	workingDays := int64(0)
	if start > issued {
		workingDays = int64(w.Count(calendar.Bucket{Start: issued.AddDays(1), End: start.AddDays(1)}))
	}
	ahead := func(b FlexBand) int64 {
		if b.Working {
			return workingDays
		}
		return calendarDays
	}
	b, ok := best(d.Bands, func(b FlexBand) ([]string, bool) { return b.Items, b.From <= ahead(b) && ahead(b) < b.To }, item.BuyersID, item.SellersID, item.GTIN)
	if !ok {
		return b, calendarDays, false
	}
	return b, ahead(b), true
}
