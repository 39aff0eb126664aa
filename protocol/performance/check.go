package performance

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/measure"
	"kontor/protocol/quantity"
)

// Codes of the rules of a performance report. A code never changes its meaning.
const (
	CodeBounds     = "PERFORMANCE-01" // more cells than the bounds, or a window longer than they allow
	CodeEmpty      = "PERFORMANCE-02" // a report of nothing, or a cell without a figure
	CodeTwice      = "PERFORMANCE-03" // one product, place and bucket twice, or buckets of one product and place that overlap
	CodeItem       = "PERFORMANCE-04" // an item, place or unit malformed, or two units of one product and place
	CodeWindow     = "PERFORMANCE-05" // the window is no period, or a bucket lies outside it
	CodeFuture     = "PERFORMANCE-06" // a bucket that was not over when the report was issued: what is expected is no actual
	CodeOpen       = "PERFORMANCE-07" // the window is closed in it, and was not over when the report was issued
	CodeFigure     = "PERFORMANCE-08" // a figure below zero or out of bounds
	CodeOnTime     = "PERFORMANCE-09" // more on time or in full than was ordered, or more on time than was received or shipped
	CodeBlocked    = "PERFORMANCE-10" // more blocked than on hand
	CodeCumulative = "PERFORMANCE-11" // a cumulative quantity that falls before it begins anew, or begins after its bucket
	CodeCounts     = "PERFORMANCE-12" // counts of lines that can't be: a part above its whole, a reason unknown or twice
	CodeDays       = "PERFORMANCE-13" // more days than the bucket has, or more without stock than listed
	CodeRoot       = "PERFORMANCE-14" // a root of lines that is no hash, or of a count out of bounds
	CodeDelivery   = "PERFORMANCE-15" // it does not say by which definition deliveries are counted, or says it wrongly
	CodeScope      = "PERFORMANCE-16" // a product or region outside the scope
	CodeExt        = "PERFORMANCE-17" // extension fields too many or too long
	CodeRevisions  = "PERFORMANCE-18" // the revision does not follow the one it replaces, changes the window, or opens it again
	CodeService    = "PERFORMANCE-19" // counts of fills, whole orders, perfect orders or lead times that can't be: a part above its whole, a reason unknown or twice, or nothing
)

// Check applies the newest rule set to a report alone.
func Check(d Document) []artifact.Finding { return CheckUnder(d, artifact.RulesNewest) }

// CheckUnder applies the rules in force under the given rule set.
func CheckUnder(d Document, _ artifact.Rules) []artifact.Finding {
	var r artifact.Report
	r.Append(artifact.CheckHeader(d.Header, Type))
	if !d.Window.Valid() {
		r.Add(CodeWindow, "window", "%s to %s is no period", d.Window.Start, d.Window.End)
		return r.Findings()
	}
	if len(d.Cells) > MaxCells || d.Window.Days() > MaxWindow {
		r.Add(CodeBounds, "", "%d cells over %d days; want at most %d over %d", len(d.Cells), d.Window.Days(), MaxCells, MaxWindow)
		return r.Findings()
	}
	if len(d.Cells) == 0 {
		r.Add(CodeEmpty, "cells", "the report has no cell")
	}
	if d.Closed && d.Window.End > over(d.Header.Issued) {
		r.Add(CodeOpen, "closed", "the window ends on %s, after the report was issued", d.Window.End)
	}
	checkDelivery(&r, d)
	for i, c := range d.Cells {
		if r.Full() {
			break
		}
		checkCell(&r, fmt.Sprintf("cells[%d]", i), d, c)
	}
	checkSeries(&r, d.Cells)
	return r.Findings()
}

// over is the last day by which, somewhere on earth, a period may have ended at a time: buckets are calendar days of their places.
func over(at int64) calendar.Date {
	const east = 14 * 60 * 60 * 1000 // ms; the zone that is furthest ahead
	return calendar.DateOf(at + east)
}

func checkDelivery(r *artifact.Report, d Document) {
	counted := slices.ContainsFunc(d.Cells, Cell.counted)
	if len(d.Delivery) == 0 {
		if counted {
			r.Add(CodeDelivery, "delivery", "deliveries are counted, and the definition is missing")
		}
		return
	}
	if want, err := DeliveryBy(d.Setting()); err != nil || !slices.Equal(want, d.Delivery) {
		r.Add(CodeDelivery, "delivery", "it must be all parameters of %s in order: %v", measure.OTIF, err)
	}
}

// counted tells whether lines of orders are counted in the cell: by which definition, the report says.
func (c Cell) counted() bool { return c.Deliveries != nil || c.Service != nil || c.Lines != nil }

func figure(q quantity.Quantity) bool {
	return q.Sign() >= 0 && q.Exponent() >= -forecast.MaxDecimals && q.Cmp(quantity.Of(forecast.MaxQuantity)) <= 0
}

func checkCell(r *artifact.Report, path string, d Document, c Cell) {
	name := func(s string) bool { return s == "" || artifact.IsName(s) }
	i, p := c.Item, c.Place
	at := (p.GLN == "" || forecast.ValidGLN(p.GLN)) && (p.Region == "" || forecast.ValidRegion(p.Region)) && (p.UNLOCODE == "" || forecast.ValidUNLOCODE(p.UNLOCODE))
	if i.ID() == "" || i.GTIN != "" && !forecast.ValidGTIN(i.GTIN) || !name(i.BuyersID) || !name(i.SellersID) || !artifact.IsSentence(i.Description) || !at || !c.Unit.Known() {
		r.Add(CodeItem, path, "item %q, place %q or unit %q is malformed", artifact.Clip(i.ID()), artifact.Clip(p.Key()), artifact.Clip(string(c.Unit)))
	}
	switch {
	case !c.Bucket.Valid() || !d.Window.Covers(c.Bucket):
		r.Add(CodeWindow, path+".bucket", "%s to %s is no period inside the window", c.Bucket.Start, c.Bucket.End)
		return
	case c.Bucket.End > over(d.Header.Issued):
		r.Add(CodeFuture, path+".bucket", "%s ends after the report was issued", c.Bucket)
	}
	none := c.Cumulative == nil && c.Days == nil && !c.counted()
	for _, f := range Figures {
		q := *c.At(f)
		if q == nil {
			continue
		}
		none = false
		if !figure(*q) {
			r.Add(CodeFigure, path+"."+string(f), "%s is below zero or out of bounds", *q)
			return
		}
	}
	if none {
		r.Add(CodeEmpty, path, "the cell has no figure")
	}
	above := func(part, whole *quantity.Quantity) bool { return part != nil && whole != nil && whole.Less(*part) }
	delivered := c.Received
	if delivered == nil {
		delivered = c.Shipped
	}
	switch {
	case above(c.OnTime, delivered):
		r.Add(CodeOnTime, path+".onTime", "%s on time of %s that came", *c.OnTime, *delivered)
	case above(c.OnTime, c.Ordered):
		r.Add(CodeOnTime, path+".onTime", "%s on time of %s ordered", *c.OnTime, *c.Ordered)
	case above(c.InFull, c.Ordered):
		r.Add(CodeOnTime, path+".inFull", "%s in full of %s ordered", *c.InFull, *c.Ordered)
	}
	if above(c.Blocked, c.OnHand) {
		r.Add(CodeBlocked, path+".blocked", "%s blocked of %s on hand", *c.Blocked, *c.OnHand)
	}
	if s := c.Days; s != nil && (s.Out < 0 || s.Listed < s.Out || s.Listed > int64(c.Bucket.Days())) {
		r.Add(CodeDays, path+".days", "%d days without stock of %d listed, in a bucket of %d", s.Out, s.Listed, c.Bucket.Days())
	}
	if l := c.Lines; l != nil && (len(l.Root) != sha256.Size || l.Count < 1 || l.Count > MaxLines) {
		r.Add(CodeRoot, path+".lines", "a root of %d bytes over %d lines; want %d bytes over 1 to %d", len(l.Root), l.Count, sha256.Size, MaxLines)
	}
	if c.Deliveries != nil {
		checkCounts(r, path+".deliveries", *c.Deliveries)
	}
	if c.Service != nil && !c.Service.possible() {
		r.Add(CodeService, path+".service", "a part above its whole, a reason unknown or twice, more days than %d for each order, or nothing counted", MaxLeadDays)
	}
	artifact.CheckExt(r, CodeExt, path+".ext", c.Ext)
}

func checkCounts(r *artifact.Report, path string, d Deliveries) {
	ok := d.Both >= 0 && d.Both <= d.InFull && d.InFull <= d.Quantified && d.Quantified <= d.Due && d.OnTime >= 0 && d.OnTime <= d.Due && d.Due <= MaxCounted
	ok = ok && figure(d.InWindow) && figure(d.Ordered) && !d.Ordered.Less(d.InWindow)
	for _, l := range d.LeftOut {
		ok = ok && l.Reason != measure.NotRecorded && l.Days == 0
	}
	ok = ok && leftOutPossible(d.LeftOut)
	if !ok {
		r.Add(CodeCounts, path, "%d due, %d on time, %d in full and %d both of %d with quantities, or what was left out, can't be", d.Due, d.OnTime, d.InFull, d.Both, d.Quantified)
	}
}

func leftOutPossible(list []Left) bool {
	for i, l := range list {
		known := measure.LeavesOutLines(l.Reason) || l.Reason == measure.NotRecorded
		if !known || l.Lines <= 0 || l.Lines > MaxCounted || l.Days < 0 || l.Days > l.Lines*MaxLeadDays || i > 0 && list[i-1].Reason >= l.Reason {
			return false
		}
	}
	return len(list) <= MaxReasons
}

// possible tells whether counts can be.
func (s Service) possible() bool {
	ok := true
	within := func(whole int64, parts ...int64) {
		ok = ok && whole >= 0 && whole <= MaxCounted
		for _, p := range parts {
			ok = ok && p >= 0 && p <= whole
		}
	}
	left := func(list []Left, days bool) {
		ok = ok && leftOutPossible(list) && (days || !slices.ContainsFunc(list, func(l Left) bool { return l.Days != 0 }))
	}
	for _, f := range []*Filled{s.Shipped, s.Received} {
		if f == nil {
			continue
		}
		for _, x := range []Fill{f.Lines, f.Orders} {
			within(x.Due, x.Whole)
			within(x.Whole, x.First)
			left(x.LeftOut, false)
		}
	}
	if t := s.Timely; t != nil {
		within(t.Due, t.Both)
		left(t.LeftOut, false)
	}
	if p := s.Perfect; p != nil {
		within(p.Due, p.OnTime, p.InFull, p.Undamaged, p.Documents)
		within(min(p.OnTime, p.InFull, p.Undamaged, p.Documents), p.All)
		left(p.LeftOut, false)
	}
	if l := s.Lead; l != nil {
		within(l.Due, l.Open)
		ok = ok && l.Days >= 0 && l.Days <= l.Due*MaxLeadDays
		left(l.LeftOut, true)
	}
	return ok && s != (Service{})
}

// checkSeries compares the cells of one product and place along time.
func checkSeries(r *artifact.Report, cells []Cell) {
	order := make([]int, len(cells))
	for i := range order {
		order[i] = i
	}
	series := func(c Cell) string { return forecast.JoinKey(c.Item.ID(), c.Place.Key()) }
	keys := make([]string, len(cells))
	for i, c := range cells {
		keys[i] = series(c)
	}
	slices.SortFunc(order, func(a, b int) int {
		if keys[a] != keys[b] {
			if keys[a] < keys[b] {
				return -1
			}
			return 1
		}
		return cells[a].Bucket.Compare(cells[b].Bucket)
	})
	for n := 1; n < len(order) && !r.Full(); n++ {
		i := order[n]
		if keys[order[n-1]] != keys[i] {
			continue
		}
		a, b, path := cells[order[n-1]], cells[i], fmt.Sprintf("cells[%d]", i)
		if a.Bucket.Overlaps(b.Bucket) {
			r.Add(CodeTwice, path+".bucket", "%s and %s of %q share days", a.Bucket, b.Bucket, artifact.Clip(b.Item.ID()))
		}
		if a.Unit != b.Unit {
			r.Add(CodeItem, path+".unit", "%q counts in %s, and in %s before", artifact.Clip(b.Item.ID()), b.Unit, a.Unit)
		}
		x, y := a.Cumulative, b.Cumulative
		if x == nil || y == nil || x.Since != y.Since {
			continue // it began anew
		}
		if y.Received.Less(x.Received) {
			r.Add(CodeCumulative, path+".cumulative", "%s since %s, and %s before", y.Received, y.Since, x.Received)
		}
	}
	for i, c := range cells {
		if x := c.Cumulative; x != nil && (!figure(x.Received) || !x.Since.Valid() || x.Since >= c.Bucket.End) {
			r.Add(CodeCumulative, fmt.Sprintf("cells[%d].cumulative", i), "%s since %s is out of bounds, or begins after the bucket", x.Received, x.Since)
		}
	}
}

// CheckScope finds cells of products and regions that a scope does not grant.
func CheckScope(d Document, granted artifact.Scope) []artifact.Finding {
	var r artifact.Report
	for i, c := range d.Cells {
		if r.Full() {
			break
		}
		if !within(c, granted) {
			r.Add(CodeScope, fmt.Sprintf("cells[%d]", i), "product %q in region %q is outside the scope", artifact.Clip(c.Item.ID()), artifact.Clip(c.Place.Region))
		}
	}
	return r.Findings()
}

func within(c Cell, granted artifact.Scope) bool {
	return granted.HasProduct(c.Item.BuyersID, c.Item.SellersID, c.Item.GTIN) && granted.HasRegion(c.Place.Region)
}

// Filter is the part of a report that a scope grants.
func Filter(d Document, granted artifact.Scope) Document {
	kept := d
	kept.Cells = nil
	for _, c := range d.Cells {
		if within(c, granted) {
			kept.Cells = append(kept.Cells, c)
		}
	}
	return kept
}

// CheckRevision applies the rules between a revision and the one it replaces. A side that has closed the window may
// still correct its figures, until the other has closed too; it does not open it again.
func CheckRevision(old, revised Document) []artifact.Finding {
	var r artifact.Report
	if old.Header.Series != revised.Header.Series || revised.Header.Revision != old.Header.Revision+1 || revised.Header.Issued < old.Header.Issued {
		r.Add(CodeRevisions, "header", "revision %d does not follow revision %d of its series, or is of an earlier time", revised.Header.Revision, old.Header.Revision)
	}
	if old.Window != revised.Window {
		r.Add(CodeRevisions, "window", "%s was %s: another window is another report", revised.Window, old.Window)
	}
	if old.Closed && !revised.Closed {
		r.Add(CodeRevisions, "closed", "the window was closed, and a correction leaves it closed")
	}
	return r.Findings()
}
