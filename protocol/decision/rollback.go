package decision

import (
	"fmt"
	"slices"
	"strings"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// What a condition can be measured by. Shares are of the delivery lines of both sides' reports, as the terms' clauses count them, from 0 to 1; sums are figures of
// those reports.
const (
	ByStep      = "STEP" // a step of the rollout plan is not reported when its day has passed
	ByOnTime    = "ON_TIME"
	ByInFull    = "IN_FULL"
	ByOTIF      = "OTIF"
	ByOTIFUnits = "OTIF_UNITS"
	ByDemand    = "DEMAND"
	ByOrdered   = "ORDERED"
	ByShipped   = "SHIPPED"
	ByReceived  = "RECEIVED"
	BySold      = "SOLD"
	ByReturned  = "RETURNED"
)

var (
	rollbackShares = []string{ByOnTime, ByInFull, ByOTIF, ByOTIFUnits}
	rollbackSums   = []string{ByDemand, ByOrdered, ByShipped, ByReceived, BySold, ByReturned}
)

// rollbackWords are the figures as the text of an agreement names them.
var rollbackWords = map[string]string{
	ByOnTime: "the share of delivery lines on time", ByInFull: "the share of delivery lines in full",
	ByOTIF: "the share of delivery lines on time in full", ByOTIFUnits: "the share of units on time in full",
	ByDemand: "the quantity asked for", ByOrdered: "the quantity ordered", ByShipped: "the quantity shipped",
	ByReceived: "the quantity received", BySold: "the quantity sold", ByReturned: "the quantity returned",
}

// RollbackMeasures lists what a condition can be measured by.
func RollbackMeasures() []string {
	return slices.Concat([]string{ByStep}, rollbackShares, rollbackSums)
}

// MaxRollbackDays bounds the working days given to act on a condition that is met.
const MaxRollbackDays = 60

// RollbackTest says what decides a condition, and who sees to it by when once it is met.
type RollbackTest struct {
	Measure  string            `cbor:"measure" json:"measure"`
	Step     string            `cbor:"step,omitempty" json:"step,omitempty"`         // of STEP alone: a milestone of the rollout plan
	Below    bool              `cbor:"below" json:"below"`                           // met where the figure is below the limit, else where it is above; of STEP false
	Limit    quantity.Quantity `cbor:"limit" json:"limit"`                           // of STEP zero
	Unit     quantity.Unit     `cbor:"unit,omitempty" json:"unit,omitempty"`         // of a sum
	Within   calendar.Bucket   `cbor:"within,omitzero" json:"within,omitzero"`       // the periods whose reports count; of STEP none
	Products []string          `cbor:"products,omitempty" json:"products,omitempty"` // ascending; none: all
	Regions  []string          `cbor:"regions,omitempty" json:"regions,omitempty"`   // ascending; none: all
	Least    int64             `cbor:"least,omitempty" json:"least,omitempty"`       // of a share: fewer lines than this decide nothing
	Party    block.CID         `cbor:"party" json:"party"`                           // who sees to it
	Owner    Role              `cbor:"owner" json:"owner"`
	Days     int64             `cbor:"days" json:"days"` // working days to do so, from the last day that counts or the report that told
}

// IsShare tells whether the test is of a share of lines.
func (t RollbackTest) IsShare() bool { return slices.Contains(rollbackShares, t.Measure) }

// Met compares a figure with the limit.
func (t RollbackTest) Met(order int) bool { return t.Below && order < 0 || !t.Below && order > 0 }

// String writes the test as people say it: "OTIF below 0.9 in 2027-03".
func (t RollbackTest) String() string {
	if t.Measure == ByStep {
		return "step " + t.Step + " not reported by its day"
	}
	limit := t.Limit.String()
	if t.Unit != "" {
		limit = t.Unit.Said(limit)
	}
	text := fmt.Sprintf("%s %s %s in %s", t.Measure, either(t.Below, "below", "above"), limit, t.Within)
	if len(t.Products) > 0 {
		text += " of " + strings.Join(t.Products, ", ")
	}
	if len(t.Regions) > 0 {
		text += " in " + strings.Join(t.Regions, ", ")
	}
	if t.Least > 0 {
		text += fmt.Sprintf(" over %d lines or more", t.Least)
	}
	return text
}

func (a Agreement) checkRollback(f *artifact.Report) {
	if len(a.Rollback) > MaxRollback {
		f.Add("AGREEMENT-11", "rollback", "%d rollbacks, at most %d", len(a.Rollback), MaxRollback)
		return
	}
	for i, r := range a.Rollback {
		at := fmt.Sprintf("rollback[%d]", i)
		if r.Condition == "" || r.Action == "" || !plain(r.Condition, MaxNote) || !plain(r.Action, MaxNote) {
			f.Add("AGREEMENT-11", at, "a rollback has a condition and an action in plain text")
		}
		if r.Test != nil {
			if why := a.wrongTest(*r.Test); why != "" {
				f.Add("AGREEMENT-40", at+".test", "%s", why)
			}
		}
	}
}

// wrongTest says what keeps a test from deciding anything; "" where it can.
func (a Agreement) wrongTest(t RollbackTest) string {
	share, sum, step := t.IsShare(), slices.Contains(rollbackSums, t.Measure), t.Measure == ByStep
	figures := t.Limit.Sign() != 0 || t.Unit != "" || t.Below || t.Within != (calendar.Bucket{}) || len(t.Products)+len(t.Regions) > 0
	within := t.Within.Valid() && t.Within.End > a.From && t.Within.Start < a.Expires
	switch {
	case !share && !sum && !step:
		return fmt.Sprintf("nobody measures %q; want one of %s", artifact.Clip(t.Measure), strings.Join(RollbackMeasures(), ", "))
	case !a.has(t.Party) || !t.Owner.Known() || t.Days < 1 || t.Days > MaxRollbackDays:
		return fmt.Sprintf("a measured condition names a party, one of its officers and 1 to %d working days", MaxRollbackDays)
	case step && (!a.milestone(t.Step) || figures):
		return fmt.Sprintf("a condition by a step names one of the rollout plan and nothing else, not %q", artifact.Clip(t.Step))
	case !step && t.Step != "", !step && !within:
		return "a condition by reports names a period that the agreement runs in, and no step"
	case t.Limit.Sign() < 0, t.Least < 0, !share && t.Least != 0:
		return "the limit is at least zero, and only a share asks for a least number of lines"
	case sum != t.Unit.Known(), !sum && t.Unit != "":
		return fmt.Sprintf("a sum has a known unit, a share none, not %q", artifact.Clip(string(t.Unit)))
	case !ascending(t.Products), !ascending(t.Regions):
		return fmt.Sprintf("at most %d products and regions each, ascending", MaxScope)
	}
	return ""
}

func ascending(names []string) bool {
	if len(names) > MaxScope {
		return false
	}
	for i, n := range names {
		if !artifact.IsName(n) || i > 0 && names[i-1] >= n {
			return false
		}
	}
	return true
}

// measured says in an agreement's text what decides a condition.
func (a Agreement) measured(t *RollbackTest) string {
	if t == nil {
		return "not measured: the reviews look at it"
	}
	text := "step " + quote(t.Step) + " is not reported by its day"
	if t.Measure != ByStep {
		text = a.figure(*t)
	}
	return fmt.Sprintf("measured: if %s, the %s of %s sees to it within %d working days", text, either(t.Owner.Known(), string(t.Owner), quote(string(t.Owner))), a.who(t.Party), t.Days)
}

// figure says in an agreement's text which figure of the reports decides a condition, and at what limit.
func (a Agreement) figure(t RollbackTest) string {
	name, known := rollbackWords[t.Measure]
	if !known {
		name = quote(t.Measure)
	}
	text := fmt.Sprintf("%s is %s %s", name, either(t.Below, "below", "above"), t.Limit)
	if t.Unit != "" {
		text += fmt.Sprintf(" %s (%s)", unitName(t.Unit), quote(string(t.Unit)))
	}
	text += " in " + t.Within.String()
	for _, list := range []struct {
		word  string
		names []string
	}{{"for products", t.Products}, {"in regions", t.Regions}} {
		for i, n := range list.names {
			text += either(i == 0, " "+list.word+" ", ", ") + quote(n)
		}
	}
	if t.Least > 0 {
		text += fmt.Sprintf(" over %d lines or more", t.Least)
	}
	return text
}
