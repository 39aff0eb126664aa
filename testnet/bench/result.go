package bench

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Result is one line of the measured table.
type Result struct {
	Work  string  `json:"work"`
	Value float64 `json:"value"` // median
	Unit  string  `json:"unit"`
	// Limit is what the machine does without us, in the same unit; LimitOf says what was measured.
	Limit   float64 `json:"limit"`
	LimitOf string  `json:"limit_of"`
	// Ratio is how many times the limit the work costs: 1 is as good as the machine, more is worse, for times and for rates alike.
	Ratio   float64 `json:"ratio"`
	Reach   string  `json:"reach"`
	Reached bool    `json:"reached"`
	Samples int     `json:"samples"`
	// Parts are other medians of the same run, by name and unit.
	Parts map[string]float64 `json:"parts,omitempty"`
}

// goal is what a work should reach. Zero fields ask for nothing.
type goal struct {
	ratio float64 // at most
	under float64 // the value, in its unit
	over  float64 // the value, in its unit
}

func (g goal) text(unit string) string {
	var parts []string
	if g.ratio > 0 {
		parts = append(parts, fmt.Sprintf("at most %gx", g.ratio))
	}
	if g.under > 0 {
		parts = append(parts, fmt.Sprintf("under %g %s", g.under, unit))
	}
	if g.over > 0 {
		parts = append(parts, fmt.Sprintf("over %g %s", g.over, unit))
	}
	return strings.Join(parts, ", ")
}

func (g goal) met(r Result) bool {
	return r.Value > 0 && (g.ratio == 0 || r.Ratio <= g.ratio) && (g.under == 0 || r.Value < g.under) && (g.over == 0 || r.Value > g.over)
}

// judge completes a result: ratio, reach and whether it was reached. A unit with a stroke is a rate.
func (r Result) judge(g goal) Result {
	switch {
	case r.Limit <= 0 || r.Value <= 0:
	case strings.Contains(r.Unit, "/"):
		r.Ratio = r.Limit / r.Value
	default:
		r.Ratio = r.Value / r.Limit
	}
	r.Reach, r.Reached = g.text(r.Unit), g.met(r)
	return r
}

// pair is the times of a work and of its limit, taken in turn.
type pair struct{ work, limit, cpu []time.Duration }

func (p *pair) add(work, limit time.Duration) {
	p.work, p.limit = append(p.work, work), append(p.limit, limit)
}

// stopwatch takes the time of a work and what it had of the processors, which does not depend on who else runs.
type stopwatch struct {
	began time.Time
	cpu   time.Duration
}

func startWatch() stopwatch { return stopwatch{time.Now(), cpuTime()} }

func (w stopwatch) stop() (took, cpu time.Duration) { return time.Since(w.began), cpuTime() - w.cpu }

// milliseconds makes the result of a latency.
func (p pair) milliseconds(work, limitOf string) Result {
	return Result{Work: work, Unit: "ms", Value: ms(median(p.work)), Limit: ms(median(p.limit)), LimitOf: limitOf, Samples: len(p.work)}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func median[T cmp.Ordered](list []T) (middle T) {
	if len(list) == 0 {
		return middle
	}
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}

// perSecond turns how long n things took into a rate.
func perSecond(n float64, took time.Duration) float64 { return n / took.Seconds() }

func printJSON(w io.Writer, r Result) error { return json.NewEncoder(w).Encode(r) }

func printTable(w io.Writer, results []Result) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "work\tvalue\tlimit of the machine\tratio\treach\treached")
	for _, r := range results {
		reached := "yes"
		if !r.Reached {
			reached = "no"
		}
		fmt.Fprintf(t, "%s\t%s %s\t%s %s (%s)\t%.2fx\t%s\t%s\n", r.Work, figure(r.Value), r.Unit, figure(r.Limit), r.Unit, r.LimitOf, r.Ratio, r.Reach, reached)
	}
	return t.Flush()
}

// figure prints three digits or all before the point.
func figure(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}
