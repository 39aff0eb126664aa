package remedy

import (
	"fmt"
	"math/big"

	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// Outlook is where a window that is not over is heading.
type Outlook string

// The outlooks.
const (
	OnTrack Outlook = "ON_TRACK" // what came so far reaches the target
	AtRisk  Outlook = "AT_RISK"  // it does not: projected to miss
	Lost    Outlook = "LOST"     // what is still to come can't make up for it, if as much comes as came
	Unknown Outlook = "UNKNOWN"  // nothing that counts was reported yet
)

// Projection is what a window that is not over is heading for.
type Projection struct {
	Outlook Outlook            `json:"outlook"`
	Value   *quantity.Quantity `json:"value,omitempty"` // so far
	Count   int64              `json:"count,omitempty"` // observations behind it
	Days    int                `json:"days"`            // of the window
	Over    int                `json:"over"`            // of them, reported
	Text    string             `json:"text"`            // the arithmetic, in a line
}

// Project says where a window is heading by what was reported until a day: by both sides' reports taken together, the buyer's first. A measure that is a
// share of counts is carried on as it ran; any other is compared as it stands. Nothing follows from it.
func Project(c Case, today calendar.Date) Projection {
	b, v := gather(terms.Buyer, c.SLA, c.Period, c.Buyer), gather(terms.Seller, c.SLA, c.Period, c.Seller)
	own, other := b, v
	if len(b.cells) == 0 {
		own, other = v, b
	}
	f := c.count(own, other)
	out := Projection{Outlook: Unknown, Days: c.Period.Days()}
	until := min(max(today, c.Period.Start), c.Period.End)
	switch sourceOf(c.SLA.Measure) {
	case byQuality:
		x, y := c.inspections(c.Records.Quality[terms.Buyer]), c.inspections(c.Records.Quality[terms.Seller])
		if len(x.by) == 0 {
			x, y = y, x
		}
		f.good, f.all = nil, nil
		c.defects(&f, x, y)
	case byRecord:
		m := c.ofRecord()
		f.value, f.count, f.good, f.all = m.value, m.count, nil, nil
	case byReports:
		until = c.Period.Start
		for _, x := range own.with(other, c.SLA.Measure) {
			until = max(until, x.Bucket.End)
		}
	default:
		out.Text = "what the two share does not carry what the measure needs"
		return out
	}
	out.Over = until.Sub(c.Period.Start)
	if out.Value, out.Count = shown(f), f.count; f.value == nil || out.Over <= 0 {
		out.Text = "nothing that counts is reported yet"
		return out
	}
	s := sides{Case: c}
	if out.Outlook = AtRisk; s.met(f.value) {
		out.Outlook = OnTrack
	}
	want, target := "at least", c.SLA.Target
	if c.SLA.AtMost {
		want = "at most"
	}
	out.Text = fmt.Sprintf("%s over %d of %d days, wanted %s %s", text(f.value), out.Over, out.Days, want, target)
	if f.all == nil || out.Over >= out.Days {
		return out
	}
	left := new(big.Rat).Mul(f.all, big.NewRat(int64(out.Days-out.Over), int64(out.Over)))
	need := new(big.Rat).Add(f.all, left)
	need.Mul(need, target.Rat()).Sub(need, f.good)
	out.Text = fmt.Sprintf("%s of %s over %d of %d days; if %s more come, %s %s of them must count to reach %s", text(f.good), text(f.all), out.Over, out.Days, text(left), want, text(need), target)
	if !c.SLA.AtMost && need.Cmp(left) > 0 || c.SLA.AtMost && need.Sign() < 0 {
		out.Outlook = Lost
		out.Text += ": no longer within reach"
	}
	return out
}

// text is a figure at three decimals at most.
func text(r *big.Rat) string {
	d, err := quantity.DecimalOf(r)
	if err != nil {
		return r.FloatString(3)
	}
	q, err := d.Round(3)
	if err != nil {
		return r.FloatString(3)
	}
	return q.String()
}
