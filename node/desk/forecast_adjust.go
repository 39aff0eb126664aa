package desk

import (
	"kontor/node"
	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// AdjustOptions change the draft by hand.
type AdjustOptions struct {
	Product string `json:"product"`
	Region  string `json:"region"`  // empty: every region
	From    string `json:"from"`    // first month changed; empty: all
	Percent int64  `json:"percent"` // +30 raises by 30 %
	Reason  string `json:"reason"`  // an adjustment reason code of UBL, e.g. REVISED_PLAN
}

// AdjustResult says what changed.
type AdjustResult struct {
	Lines  int               `json:"lines"`
	Before quantity.Quantity `json:"before"` // mean over the cells changed
	After  quantity.Quantity `json:"after"`
}

// Adjust raises or lowers the draft's figures of a product by a percentage, bands with it.
func (d *Desk) Adjust(o AdjustOptions) (out AdjustResult, err error) {
	if o.Percent <= -100 || o.Percent > 10_000 {
		return out, node.Failf("BAD_PERCENT", "a change of %d %% is outside -99 to 10000", o.Percent)
	}
	if o.Reason != "" && !artifact.Reason(o.Reason).Known() {
		return out, node.Failf("BAD_REASON", "%q is no adjustment reason code, such as REVISED_PLAN or CUSTOMER_ORDER_CHANGE", o.Reason)
	}
	from := calendar.Month(0)
	if o.From != "" {
		if from, err = calendar.ParseMonth(o.From); err != nil {
			return out, node.Failf("BAD_MONTH", "%v", err)
		}
	}
	draft, lines, err := d.draft()
	if err != nil {
		return out, err
	}
	factor, err := quantity.Scaled(100+o.Percent, -2)
	if err != nil {
		return out, err
	}
	for i := range lines {
		l := &lines[i]
		if l.Item.ID() != o.Product || (o.Region != "" && l.Location.Region != o.Region) {
			continue
		}
		out.Lines++
		if err := adjustLine(l, factor, from, &out); err != nil {
			return out, err
		}
	}
	if out.Lines == 0 {
		return out, node.Failf("NO_SUCH_LINE", "the draft has no line of product %q%s; kontor forecast show lists what it has", o.Product, inRegion(o.Region))
	}
	draft.Reason = artifact.Reason(o.Reason)
	draft.Provenance.Activity = "EDIT"
	return out, d.keepDraft(draft, lines)
}

func inRegion(region string) string {
	if region == "" {
		return ""
	}
	return " in " + region
}

// adjustLine scales a line from a month on. Cumulative levels grow by what the scaled buckets add: exact for a factor on all buckets, and an upper reading
// of the band where only later ones change.
func adjustLine(l *forecast.Line, factor quantity.Quantity, from calendar.Month, out *AdjustResult) error {
	scale := func(q quantity.Quantity) (quantity.Quantity, error) {
		p, err := q.Mul(factor)
		if err != nil {
			return p, err
		}
		return p.Round(0)
	}
	for j := range l.Buckets {
		c := &l.Buckets[j]
		if c.Bucket.Start.Month() < from {
			continue
		}
		mean, err := scale(c.Mean)
		if err != nil {
			return err
		}
		if out.Before, err = out.Before.Add(c.Mean); err != nil {
			return err
		}
		if out.After, err = out.After.Add(mean); err != nil {
			return err
		}
		c.Mean = mean
		for _, qs := range [][]forecast.Quantile{c.Quantiles, c.Cumulative} {
			for k := range qs {
				if qs[k].Q, err = scale(qs[k].Q); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
