package campaign

import (
	"bytes"
	"fmt"
	"math/big"
	"slices"
	"sort"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// Change is one difference between two revisions of a calendar.
type Change struct {
	Row      string            `json:"row"`   // key of the event, blackout or reply
	Field    string            `json:"field"` // "status", "period", "plannedImpact[A|CI]", "added", "removed"
	Old      string            `json:"old,omitempty"`
	New      string            `json:"new,omitempty"`
	Material bool              `json:"material"`       // by the default tolerance of practice T1
	Delta    quantity.Quantity `json:"delta,omitzero"` // of a planned lift
}

// Tolerance is what a planned lift may move without being material.
const tolerancePPM = 50_000

// Diff lists what differs between two calendars that passed Check, by row, then field. Material by practice T1 are
// dates, funding, offers, items and places, blackouts, an event that came, went or was called off, and a lift that
// moved by more than five percent and more than one unit. Names, tactics, messages, bands and replies inform.
func Diff(old, revised Document) []Change {
	var out []Change
	before, after := rowsOf(old), rowsOf(revised)
	keys := make([]string, 0, len(before)+len(after))
	for k := range before {
		keys = append(keys, k)
	}
	for k := range after {
		if _, both := before[k]; !both {
			keys = append(keys, k)
		}
	}
	sort.Strings(keys)
	for _, k := range keys {
		o, had := before[k]
		n, has := after[k]
		switch {
		case !had:
			out = append(out, Change{Row: k, Field: "added", Material: n.Reply == nil})
		case !has:
			out = append(out, Change{Row: k, Field: "removed", Material: o.Reply == nil && (o.Event == nil || o.Event.Status.Open())})
		case o.Event != nil:
			out = append(out, eventChanges(k, *o.Event, *n.Event)...)
		case !same(o, n):
			out = append(out, Change{Row: k, Field: "changed", Material: o.Blackout != nil})
		}
	}
	if old.Zone != revised.Zone {
		out = append(out, Change{Field: "zone", Old: old.Zone, New: revised.Zone, Material: true})
	}
	return out
}

// Material reports whether any change of a revision is.
func Material(changes []Change) bool {
	for _, c := range changes {
		if c.Material {
			return true
		}
	}
	return false
}

func rowsOf(d Document) map[string]row {
	m := make(map[string]row, len(d.Events)+len(d.Blackouts)+len(d.Replies))
	for i := range d.Events {
		m[d.Events[i].Key()] = row{Event: &d.Events[i]}
	}
	for i := range d.Blackouts {
		m[d.Blackouts[i].Key()] = row{Blackout: &d.Blackouts[i]}
	}
	for i := range d.Replies {
		m[d.Replies[i].Key()] = row{Reply: &d.Replies[i]}
	}
	return m
}

// same compares by canonical bytes.
func same(a, b any) bool {
	x, err := block.Marshal(a)
	if err != nil {
		return false
	}
	y, err := block.Marshal(b)
	return err == nil && bytes.Equal(x, y)
}

func eventChanges(key string, o, n Event) (out []Change) {
	note := func(field string, material bool, a, b any) {
		if !same(a, b) {
			c := Change{Row: key, Field: field, Material: material}
			if s, ok := a.(fmt.Stringer); ok {
				c.Old, c.New = s.String(), b.(fmt.Stringer).String()
			}
			out = append(out, c)
		}
	}
	if o.Status != n.Status {
		calledOff := !n.Status.Open() && n.Status != Completed
		out = append(out, Change{Row: key, Field: "status", Old: string(o.Status), New: string(n.Status), Material: calledOff})
	}
	note("name", false, o.Name, n.Name)
	note("type", false, string(o.Kind), string(n.Kind))
	note("submission", false, []int64{int64(o.Submitted), int64(o.AcceptBy)}, []int64{int64(n.Submitted), int64(n.AcceptBy)})
	note("period", true, o.Period, n.Period)
	note("shipPeriod", true, o.SellIn, n.SellIn)
	note("performancePeriod", true, o.SellOut, n.SellOut)
	note("windows", false, []int64{o.PreDays, o.PostDays}, []int64{n.PreDays, n.PostDays})
	note("items", true, o.Items, n.Items)
	note("participatingLocations", true, o.Places, n.Places)
	note("tactics", false, o.Tactics, n.Tactics)
	note("offers", true, o.Offers, n.Offers)
	note("funding", true, o.Funding, n.Funding)
	note("messaging", false, o.Messages, n.Messages)
	note("goNoGo", true, o.Go, n.Go)
	note("launch", o.Launch == nil || n.Launch == nil || o.Launch.Date != n.Launch.Date || o.Launch.Item != n.Launch.Item, o.Launch, n.Launch)
	note("inForecast", true, o.InForecast, n.InForecast)
	note("ext", false, o.Ext, n.Ext)
	return append(out, impactChanges(key, o, n)...)
}

func impactChanges(key string, o, n Event) (out []Change) {
	name := func(m Impact) string { return forecast.JoinKey(m.Item, m.Place.Key(), m.Bucket.String()) }
	before, after := map[string]Impact{}, map[string]Impact{}
	var keys []string
	for _, m := range o.Impacts {
		before[name(m)] = m
		keys = append(keys, name(m))
	}
	for _, m := range n.Impacts {
		if _, both := before[name(m)]; !both {
			keys = append(keys, name(m))
		}
		after[name(m)] = m
	}
	sort.Strings(keys)
	for _, k := range keys {
		a, had := before[k]
		b, has := after[k]
		if had && has && same(a, b) {
			continue
		}
		c := Change{Row: key, Field: "plannedImpact[" + k + "]", Old: a.Lift.String(), New: b.Lift.String()}
		delta, err := b.Lift.Sub(a.Lift)
		c.Delta = delta
		c.Material = err != nil || had && has && a.Unit != b.Unit || moved(a.Lift, delta)
		out = append(out, c)
	}
	return out
}

// moved is practice T1 for a figure without a stated lot: more than one unit and more than five percent.
func moved(base, delta quantity.Quantity) bool {
	if delta.Abs().Cmp(quantity.Of(1)) <= 0 {
		return false
	}
	e := min(base.Exponent(), delta.Exponent())
	d, _ := delta.Abs().At(e)
	b, _ := base.Abs().At(e)
	return d.Mul(d, big.NewInt(PPM)).Cmp(b.Mul(b, big.NewInt(tolerancePPM))) > 0
}

// ReasonForRevision is what a revision of a calendar is said to be for, by its largest change.
func ReasonForRevision(changes []Change) artifact.Reason {
	reason := artifact.Reason("")
	for _, c := range changes {
		switch {
		case c.Field == "status" && (c.New == string(Canceled) || c.New == string(Terminated)):
			return "CANCELED_PROMOTION"
		case c.Field == "added":
			reason = "NEW_PROMOTION"
		case reason == "" && c.Material && c.Delta.Sign() > 0:
			reason = "EXPANDED_PROMOTION"
		case reason == "" && c.Material && c.Delta.Sign() < 0:
			reason = "REDUCED_PROMOTION"
		case reason == "" && c.Material:
			reason = "REVISED_PROMOTION"
		}
	}
	return reason
}

// About is the part of a calendar that speaks of any of the products in a horizon: what a revision may be material to.
// Blackouts of every item count for each.
func About(d Document, products []string, horizon calendar.Bucket) Document {
	named := func(ids ...string) bool {
		return slices.Contains(products, artifact.All) || slices.ContainsFunc(ids, func(id string) bool { return id != "" && slices.Contains(products, id) })
	}
	part := Document{Header: d.Header, Zone: d.Zone}
	for _, e := range d.Events {
		span := calendar.Bucket{Start: min(e.Period.Start, e.Delivery().Start), End: max(e.Period.End, e.Delivery().End)}
		if span.Overlaps(horizon) && slices.ContainsFunc(e.Items, func(i forecast.Item) bool { return named(i.BuyersID, i.SellersID, i.GTIN) }) {
			part.Events = append(part.Events, e)
		}
	}
	for _, b := range d.Blackouts {
		if (len(b.Items) == 0 || named(b.Items...)) && (b.RRule != "" || b.Period.Overlaps(horizon)) {
			part.Blackouts = append(part.Blackouts, b)
		}
	}
	return part
}
