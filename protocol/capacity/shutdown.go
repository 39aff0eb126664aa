package capacity

import (
	"fmt"

	"kontor/protocol/artifact"
	"kontor/protocol/forecast"
)

func checkShutdowns(r *artifact.Report, path string, g Group) {
	if len(g.Shutdowns) > MaxShutdowns {
		r.Add(CodePlanBounds, path+".shutdowns", "%d shutdowns are more than %d", len(g.Shutdowns), MaxShutdowns)
		return
	}
	for j, s := range g.Shutdowns {
		at := fmt.Sprintf("%s.shutdowns[%d]", path, j)
		if !s.Bucket.Valid() || (j > 0 && s.Start < g.Shutdowns[j-1].End) || (s.Name != "" && !artifact.IsName(s.Name)) {
			r.Add(CodeShutdown, at, "%q from %q to %q is malformed, unsorted or overlaps the one before", artifact.Clip(s.Name), s.Start, s.End)
			return
		}
	}
	for j, c := range g.Capacities {
		if s := g.closed(c); s != nil && c.Actual.Sign() > 0 {
			r.Add(CodeShutdown, fmt.Sprintf("%s.capacities[%d].actual", path, j), "%s in a time in which nothing is made (%s to %s): want 0", c.Actual, s.Start, s.Last())
			return
		}
	}
}

// closed is the shutdown that the bucket lies in wholly, or nil.
func (g Group) closed(c Capacity) *Shutdown {
	for i := range g.Shutdowns {
		if g.Shutdowns[i].Covers(c.Bucket) {
			return &g.Shutdowns[i]
		}
	}
	return nil
}

func checkBand(r *artifact.Report, at string, c Capacity) {
	if len(c.Quantiles) > forecast.MaxQuantiles {
		r.Add(CodePlanBounds, at, "%d quantiles are more than %d", len(c.Quantiles), forecast.MaxQuantiles)
		return
	}
	for i, q := range c.Quantiles {
		checkFigure(r, at, q.Q)
		if q.P <= 0 || q.P >= forecast.PPM || c.Maximum.Less(q.Q) || (i > 0 && (q.P <= c.Quantiles[i-1].P || q.Q.Less(c.Quantiles[i-1].Q))) {
			r.Add(CodeBand, fmt.Sprintf("%s[%d]", at, i), "%s at %d ppm does not rise, or lies above the maximum %s", q.Q, q.P, c.Maximum)
			return
		}
	}
}
