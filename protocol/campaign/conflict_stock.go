package campaign

import (
	"fmt"
	"slices"
	"strings"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
)

// cover looks at every bucket from the first delivery to the end of the event. It stops the event where the
// probability of a shortage surely exceeds the limit, and warns where it may. Without stock shared there is no
// probability: then the contract view stands in, and demand above the maximum stops.
func (f *finder) cover(h held) {
	if f.Cover == nil {
		return
	}
	result := f.Cover(h.Event)
	if result == nil {
		f.add(Conflict{Kind: ByCover, Severity: Warns, Calendar: h.CID, Event: h.ID, Text: "nothing is known of cover: no forecast or no capacity plan is in force"})
		return
	}
	span := calendar.Bucket{Start: min(h.Delivery().Start, h.Period.Start), End: max(h.Delivery().End, h.Period.End)}
	for _, p := range result.Products {
		item, ok := h.item(p.Product)
		if !ok || p.Region != "" && !touches([]forecast.Location{{Region: p.Region}}, h.Places) {
			continue
		}
		if p.Missing != "" {
			f.contract(h, item.ID(), p, result, span)
			continue
		}
		for _, c := range p.Buckets {
			if c.Cover == nil || !c.Bucket.Overlaps(span) || c.Cover.Shortage.Upper <= h.limit() {
				continue
			}
			severity, word := Warns, "may fall short"
			if c.Cover.Shortage.Lower > h.limit() {
				severity, word = Stops, "falls short"
			}
			f.add(Conflict{Kind: ByCover, Severity: severity, Calendar: h.CID, Event: h.ID, With: forecast.JoinKey(p.Product, p.Region), Items: []string{item.ID()}, Period: c.Bucket,
				Shortage: c.Cover.Shortage.Lower, Upper: c.Cover.Shortage.Upper,
				Text: fmt.Sprintf("supply %s by the end of %s: probability %s, at most %s may be", word, c.Bucket, chances(c.Cover.Shortage.Lower, c.Cover.Shortage.Upper), percent(h.limit()))})
		}
	}
}

func (f *finder) contract(h held, item string, p capacity.ProductMatch, result *capacity.Result, span calendar.Bucket) {
	stopped := false
	for _, g := range result.Groups {
		if !slices.Contains(p.Groups, g.Group) {
			continue
		}
		for _, c := range g.Buckets {
			if c.Verdict != capacity.Bottleneck || !c.Bucket.Overlaps(span) {
				continue
			}
			severity := Warns
			if c.Maximum.Less(c.Demand) {
				severity = Stops
			}
			stopped = true
			f.add(Conflict{Kind: ByCover, Severity: severity, Calendar: h.CID, Event: h.ID, With: g.Group, Items: []string{item}, Period: c.Bucket,
				Text: fmt.Sprintf("%s: demand %s in %s against %s, at most %s, of group %q", p.Missing, c.Demand, c.Bucket, c.Actual, c.Maximum, artifact.Clip(g.Group))})
		}
	}
	if !stopped {
		f.add(Conflict{Kind: ByCover, Severity: Warns, Calendar: h.CID, Event: h.ID, With: forecast.JoinKey(p.Product, p.Region), Items: []string{item},
			Text: p.Missing + ": the probability of a shortage is not known"})
	}
}

// percent reads a part of one million as people do.
func percent(ppm int64) string {
	text := fmt.Sprintf("%d.%04d", ppm/10_000, ppm%10_000)
	return strings.TrimRight(strings.TrimRight(text, "0"), ".") + " %"
}

// chances is an interval of probabilities, or the one that both its ends are.
func chances(lower, upper int64) string {
	if lower == upper {
		return percent(lower)
	}
	return strings.TrimSuffix(percent(lower), " %") + " to " + percent(upper)
}

// limit is the event's own bound of a shortage, or the default.
func (e Event) limit() int64 {
	if e.Go != nil {
		return e.Go.MaxShortagePPM
	}
	return DefaultMaxShortage
}
