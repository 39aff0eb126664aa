package desk

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/exception"
	"kontor/protocol/forecast"
	"kontor/protocol/partnership"
	"kontor/protocol/tier"
)

// upstreamBands are the sizes of a change upstream in per cent, largest first: what moved by at most the last of them is no news (PROTOCOL 8, the dead band).
var upstreamBands = []int64{50, 25, 10, 5}

// upstreamDemand is what one item is needed of, by period.
type upstreamDemand map[string]map[calendar.Bucket]forecast.Cell

// upstream raises that the demand behind a supplier has moved since it was last told, where the edge leaves the telling to people (NOTIFY) or to the next run
// of the planning system (ERP): direction, band of size, horizon and how sure it is, and no figure of the customer's (practice T9). The next forecast shared with the
// supplier closes it. The supplier does not know of it before it is told.
func (s *sight) upstream() (out []exception.Exception, err error) {
	if s.d.node.Own(s.p).Role != partnership.RoleBuyer {
		return nil, nil
	}
	settings, err := s.d.tierSettings()
	if err != nil {
		return nil, err
	}
	told, err := s.lastTold()
	if err != nil {
		return nil, err
	}
	var before, now []forecast.Line
	var mode tier.Mode
	var changed, since int64
	for _, route := range settings.routes {
		if route.To != s.p.PID || route.Mode == tier.Derive {
			continue
		}
		mode, since = route.Mode, max(told, route.Since)
		then, today, at, err := s.d.demandSince(route.From, since)
		if err != nil {
			return nil, err
		}
		before, now, changed = append(before, then...), append(now, today...), max(changed, at)
	}
	if changed == 0 {
		return nil, nil
	}
	if settings.base.Scope, err = s.d.granted(s.p, protocol.KindForecast); err != nil {
		return nil, err
	}
	was, err := settings.needed(s.p.PID, before)
	if err != nil {
		return nil, err
	}
	is, err := settings.needed(s.p.PID, now)
	if err != nil {
		return nil, err
	}
	for _, item := range slices.Sorted(maps.Keys(is)) {
		text, span := moved(was[item], is[item], s.today)
		if text == "" {
			continue
		}
		e := exception.Exception{Kind: exception.Upstream, Side: exception.Buyer, Scope: exception.Scope{Product: item, Buckets: span}, Deadline: s.workday(calendar.DateOf(changed), reactDays),
			Cause: "since this supplier was last told the demand behind " + item + " " + text,
			Default: exception.Outcome{Code: exception.OutcomeStays, Text: "If nothing is done the supplier goes on by what it was told. The next forecast shared with it closes this: " + map[bool]string{
				false: "kontor forecast share, or say it by other means and let this node do it from now on: kontor tier edge --mode DERIVE",
				true:  "the planning system takes the customer's demand from outbox, its next run comes in by inbox/forecast, then kontor forecast share"}[mode == tier.ERP]}}
		e = named(e, exception.Scope{Product: item, Region: strconv.FormatInt(since, 10)})
		if e, err = s.forDesk(e, "asked for", "PLANNER"); err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// lastTold is when this company last shared a forecast with the supplier, ms UTC; 0: never.
func (s *sight) lastTold() (at int64, err error) {
	versions, err := s.r.Versions(forecast.Type)
	for _, v := range versions {
		if v.Author == s.d.node.Company() && v.Ended == nil {
			at = max(at, v.T)
		}
	}
	return at, err
}

// demandSince is what a customer asked for at a time, and what it asks for now; changed is when the newest of it came, 0 where nothing did since.
func (d *Desk) demandSince(customer block.CID, since int64) (before, now []forecast.Line, changed int64, err error) {
	err = d.node.View(customer, func(r *protocol.Replica) error {
		versions, err := r.Versions(forecast.Type)
		if err != nil {
			return err
		}
		then := map[string]protocol.ArtifactRow{}
		for _, v := range versions { // the oldest first
			if v.Author == d.node.Company() {
				continue
			}
			if v.T <= since {
				then[v.Author.String()+v.Series] = v
			}
			if v.Status != protocol.InForce {
				continue
			}
			doc, err := r.Forecast(v.Root)
			if err != nil {
				return err
			}
			now = append(now, doc.Lines...)
			if v.T > since {
				changed = max(changed, v.T)
			}
		}
		for _, v := range then {
			doc, err := r.Forecast(v.Root)
			if err != nil {
				return err
			}
			before = append(before, doc.Lines...)
		}
		return nil
	})
	return before, now, changed, err
}

// needed is what lines of customers need of a supplier's components by the bill of materials; of the products themselves where there is no bill.
func (s tierSettings) needed(to block.CID, lines []forecast.Line) (upstreamDemand, error) {
	out := upstreamDemand{}
	put := func(item string, c forecast.Cell) error {
		if out[item] == nil {
			out[item] = map[calendar.Bucket]forecast.Cell{}
		}
		sum, held := out[item][c.Bucket]
		if !held {
			out[item][c.Bucket] = c
			return nil
		}
		mean, err := sum.Mean.Add(c.Mean)
		out[item][c.Bucket] = forecast.Cell{Bucket: c.Bucket, Mean: mean} // bands of a sum are not the sum of bands
		return err
	}
	in := s.base
	in.Components = s.suppliers[to].Components
	if len(in.Bill.Components()) == 0 {
		for _, l := range linesOf(lines, forecast.EndDemand) {
			for _, c := range l.Buckets {
				if err := put(l.Item.ID(), c); err != nil {
					return nil, err
				}
			}
		}
		return out, nil
	}
	in.Customers = []customerDemand{{Lines: lines}}
	end, _, err := in.explode()
	if err != nil {
		return nil, err
	}
	for _, c := range end.Components {
		for _, cell := range c.EndDemand {
			if !in.makes(c.Component) {
				continue
			}
			if err := put(c.Component, cell); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// moved says in words how demand has changed in the periods to come that both versions hold, and over which; nothing where that is no news.
func moved(was, is map[calendar.Bucket]forecast.Cell, today calendar.Date) (string, calendar.Bucket) {
	before, after, widest := new(big.Rat), new(big.Rat), new(big.Rat)
	var span calendar.Bucket
	news, banded, outside := 0, 0, 0
	for b, c := range is {
		old, both := was[b]
		if !both && len(was) > 0 || b.End <= today {
			continue
		}
		before.Add(before, old.Mean.Rat())
		after.Add(after, c.Mean.Rat())
		size := movedBy(old.Mean.Rat(), c.Mean.Rat())
		if size == nil || size.Cmp(big.NewRat(upstreamBands[len(upstreamBands)-1], 100)) <= 0 {
			continue
		}
		if widest.Cmp(size) < 0 {
			widest = size
		}
		if news++; news == 1 {
			span = b
		}
		span.Start, span.End = min(span.Start, b.Start), max(span.End, b.End)
		if n := len(c.Quantiles); n > 1 {
			banded++
			if old.Mean.Less(c.Quantiles[0].Q) || c.Quantiles[n-1].Q.Less(old.Mean) {
				outside++
			}
		}
	}
	if news == 0 {
		return "", span
	}
	sure := "how sure that is, no band tells"
	if banded > 0 {
		sure = fmt.Sprintf("what was expected before lies outside the band of now in %d of %s", outside, node.Count(banded, "period"))
	}
	size := movedBy(before, after)
	switch direction := after.Cmp(before); {
	case before.Sign() == 0:
		return fmt.Sprintf("is new in %s; %s", span, sure), span
	case size.Cmp(big.NewRat(upstreamBands[len(upstreamBands)-1], 100)) <= 0:
		return fmt.Sprintf("has moved between periods by %s in %s; %s", sizeBand(widest), span, sure), span
	case direction > 0:
		return fmt.Sprintf("has risen by %s in %s; %s", sizeBand(size), span, sure), span
	}
	return fmt.Sprintf("has fallen by %s in %s; %s", sizeBand(size), span, sure), span
}

// movedBy is by how much of the one the other differs from it; all of it where there was nothing, nil where both are nothing.
func movedBy(was, is *big.Rat) *big.Rat {
	if was.Sign() == 0 {
		if is.Sign() == 0 {
			return nil
		}
		return big.NewRat(1, 1)
	}
	by := new(big.Rat).Sub(is, was)
	return by.Quo(by.Abs(by), was)
}

// sizeBand is the band that a change lies in, so that nobody reads a figure out of it.
func sizeBand(size *big.Rat) string {
	for i, from := range upstreamBands {
		if size.Cmp(big.NewRat(from, 100)) <= 0 {
			continue
		}
		if i == 0 {
			return fmt.Sprintf("more than %d %%", from)
		}
		return fmt.Sprintf("%d to %d %%", from, upstreamBands[i-1])
	}
	return fmt.Sprintf("up to %d %%", upstreamBands[len(upstreamBands)-1])
}
