package forecast

import (
	"fmt"

	"kontor/protocol/artifact"
	"kontor/protocol/quantity"
)

func checkBuckets(r *artifact.Report, path string, l Line) {
	if len(l.Buckets) == 0 {
		r.Add(CodeEmpty, path+".buckets", "the line has no buckets")
	}
	if len(l.Buckets) > MaxBuckets {
		r.Add(CodeBounds, path+".buckets", "%d buckets are more than %d", len(l.Buckets), MaxBuckets)
		return
	}
	for j := range l.Buckets {
		if r.Full() {
			return
		}
		c, at := &l.Buckets[j], place{path, j, ""}
		if !c.Bucket.Valid() {
			r.Add(CodeBuckets, at.String(), "bucket from %q to %q is empty or backwards", c.Start, c.End)
		}
		if j > 0 {
			switch before := l.Buckets[j-1].Bucket; {
			case c.Start < before.End:
				r.Add(CodeBuckets, at.String(), "bucket %s begins before bucket %s ends", c.Bucket, before)
			case c.Start > before.End && l.GapReason == "":
				r.Add(CodeGap, at.String(), "nothing is said about %s to %s and no reason given", before.End, c.Start)
			}
		}
		checkCell(r, at, c)
		if j > 0 {
			checkCumulative(r, at, &l.Buckets[j-1], c)
		}
	}
}

// place is a path inside a bucket, spelled out only where there is a finding: most of a million cells have none.
type place struct {
	line   string
	bucket int
	tail   string
}

func (p place) field(name string) place { return place{p.line, p.bucket, p.tail + name} }

func (p place) String() string { return fmt.Sprintf("%s.buckets[%d]%s", p.line, p.bucket, p.tail) }

func checkCell(r *artifact.Report, at place, c *Cell) {
	if c.Firmness != "" && !oneOf(c.Firmness, Firm, Fabrication, RawMaterial, PlannedLevel) {
		r.Add(CodeEnum, at.field(".firmness").String(), "unknown firmness %q", artifact.Clip(string(c.Firmness)))
	}
	if !plain(c.Mean) {
		checkFigure(r, at.field(".mean"), c.Mean)
	}
	if c.Ordered != nil {
		checkFigure(r, at.field(".ordered"), *c.Ordered)
	}
	if len(c.Quantiles) > 0 {
		checkQuantiles(r, at.field(".quantiles"), c.Quantiles)
	}
	if len(c.Cumulative) > 0 {
		checkQuantiles(r, at.field(".cumulative"), c.Cumulative)
	}
	// A mean need not lie between quantiles, but nobody expects nothing where half of all outcomes are above zero:
	// the point forecast was not given.
	if c.Mean.IsZero() {
		for _, q := range c.Quantiles {
			if q.P <= PPM/2 && q.Q.Sign() > 0 {
				r.Add(CodeMean, at.field(".mean").String(), "mean is missing: it is zero while %s are needed with probability %s or more", q.Q, percent(PPM-q.P))
				break
			}
		}
	}
}

func checkFigure(r *artifact.Report, at place, q quantity.Quantity) {
	switch {
	case q.Sign() < 0:
		r.Add(CodeNegative, at.String(), "quantity %s is below zero", q)
	case !withinBounds(q):
		r.Add(CodeBounds, at.String(), "quantity %s exceeds 10^15 or %d decimals", q, MaxDecimals)
	}
}

var largest = quantity.Of(MaxQuantity)

// plain tells of most figures at one look that they are neither below zero nor out of bounds.
func plain(q quantity.Quantity) bool {
	return q.Mantissa() >= 0 && q.Mantissa() <= MaxQuantity && q.Exponent() <= 0 && q.Exponent() >= -MaxDecimals
}

func withinBounds(q quantity.Quantity) bool {
	return q.Exponent() >= -MaxDecimals && q.Abs().Cmp(largest) <= 0
}

func checkQuantiles(r *artifact.Report, at place, qs []Quantile) {
	if len(qs) > MaxQuantiles {
		r.Add(CodeBounds, at.String(), "%d levels are more than %d", len(qs), MaxQuantiles)
		return
	}
	for k, q := range qs {
		if q.P <= 0 || q.P >= PPM {
			r.Add(CodeLevel, at.String(), "probability %d ppm: want more than 0 and less than 1,000,000", q.P)
			return
		}
		if !plain(q.Q) {
			checkFigure(r, at, q.Q)
		}
		if k == 0 {
			continue
		}
		switch before := qs[k-1]; {
		case q.P <= before.P:
			r.Add(CodeLevel, at.String(), "probability %d ppm follows %d ppm: want rising levels", q.P, before.P)
			return
		case q.Q.Less(before.Q):
			r.Add(CodeFalling, at.String(), "quantile values fall from %s at %s to %s at %s", before.Q, percent(before.P), q.Q, percent(q.P))
			return
		}
	}
}

// checkCumulative compares two neighbouring buckets: cumulative demand has one set of levels along a line, and
// never falls at any of them.
func checkCumulative(r *artifact.Report, at place, before, c *Cell) {
	if len(before.Cumulative) != len(c.Cumulative) {
		r.Add(CodeCumulative, at.field(".cumulative").String(), "%d levels follow %d: cumulative demand has one set of levels along a line", len(c.Cumulative), len(before.Cumulative))
		return
	}
	for k, q := range c.Cumulative {
		switch b := before.Cumulative[k]; {
		case q.P != b.P:
			r.Add(CodeCumulative, at.field(".cumulative").String(), "level %d ppm follows %d ppm: cumulative demand has one set of levels along a line", q.P, b.P)
			return
		case q.Q.Less(b.Q):
			r.Add(CodeCumulative, at.field(".cumulative").String(), "cumulative demand at %s falls from %s to %s", percent(q.P), b.Q, q.Q)
			return
		}
	}
}

// percent writes ppm as a percentage, for sentences.
func percent(ppm int64) string {
	q, err := quantity.Scaled(ppm, -4)
	if err != nil {
		return fmt.Sprintf("%d ppm", ppm)
	}
	return q.String() + " %"
}
