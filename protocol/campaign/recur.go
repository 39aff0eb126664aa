package campaign

import "kontor/protocol/calendar"

// Windows are the days of a blackout that fall into a span, each occurrence once, in order. The rule has passed Check.
func (b Blackout) Windows(span calendar.Bucket) []calendar.Bucket {
	if b.RRule == "" {
		if b.Period.Overlaps(span) {
			return []calendar.Bucket{b.Period}
		}
		return nil
	}
	rule, err := calendar.ParseRule(b.RRule, b.Period.Start)
	if err != nil {
		return nil // refused by Check
	}
	length := b.Period.Days()
	var out []calendar.Bucket
	for _, start := range rule.From(b.Period.Start, span.End, MaxAhead) {
		if w := (calendar.Bucket{Start: start, End: start.AddDays(length)}); w.Overlaps(span) {
			out = append(out, w)
		}
	}
	return out
}
