package capacity

import (
	"fmt"
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/forecast"
)

// CheckAnswer applies the newest rule set to an answer alone.
func CheckAnswer(a Answer) []artifact.Finding { return CheckAnswerUnder(a, artifact.RulesNewest) }

// CheckAnswerUnder applies the rules in force under the given rule set.
func CheckAnswerUnder(a Answer, _ artifact.Rules) []artifact.Finding {
	var r artifact.Report
	r.Append(artifact.CheckHeader(a.Header, AnswerType))
	if len(a.Lines) == 0 || len(a.Lines) > MaxAnswerLines {
		r.Add(CodeAnswerEmpty, "lines", "%d lines: want 1 to %d", len(a.Lines), MaxAnswerLines)
		return r.Findings()
	}
	lines := map[string]bool{}
	for i, l := range a.Lines {
		if r.Full() {
			break
		}
		path := fmt.Sprintf("lines[%d]", i)
		if l.Line == "" || len(l.Line) > block.MaxRowKey || lines[l.Line] {
			r.Add(CodeAnswerLine, path+".line", "%q is malformed or answered twice", artifact.Clip(l.Line))
		}
		lines[l.Line] = true
		if len(l.Buckets) == 0 || len(l.Buckets) > MaxAnswerBuckets {
			r.Add(CodeAnswerEmpty, path+".buckets", "%d buckets: want 1 to %d", len(l.Buckets), MaxAnswerBuckets)
			continue
		}
		for j, c := range l.Buckets {
			checkCommit(&r, fmt.Sprintf("%s.buckets[%d]", path, j), a, l, j, c)
		}
	}
	return r.Findings()
}

func checkCommit(r *artifact.Report, at string, a Answer, l AnswerLine, j int, c Commit) {
	if !c.Bucket.Valid() || (j > 0 && c.Start < l.Buckets[j-1].End) {
		r.Add(CodeAnswerOrder, at, "bucket %q to %q is empty, backwards, unsorted or overlaps the one before", c.Start, c.End)
	}
	if c.Committed.Sign() < 0 || !withinBounds(c.Committed) {
		r.Add(CodeAnswerSize, at+".committed", "quantity %s is below zero or out of bounds", c.Committed)
	}
	switch c.State {
	case StateAnswered, StateAccepted, StateCountered:
	default:
		r.Add(CodeAnswerState, at+".state", "state %q cannot be written: want ANSWERED, ACCEPTED or COUNTERED", artifact.Clip(string(c.State)))
	}
	if c.Reason != "" && !slices.Contains(CommitReasons, c.Reason) {
		r.Add(CodeAnswerWhy, at+".reason", "unknown reason %q", artifact.Clip(string(c.Reason)))
	}
	if c.ValidUntil != 0 && (c.ValidUntil <= a.Header.Issued || c.ValidUntil > artifact.MaxTime) {
		r.Add(CodeAnswerUntil, at+".validUntil", "%d is not after the issue at %d", c.ValidUntil, a.Header.Issued)
	}
}

// CheckAnswerAgainst compares an answer with the forecast it answers: every line and bucket is one of the
// forecast's, in its unit; ACCEPTED means all of it; less than the forecast has a reason.
func CheckAnswerAgainst(a Answer, f forecast.Document) []artifact.Finding {
	var r artifact.Report
	lines := make(map[string]forecast.Line, len(f.Lines))
	for _, l := range f.Lines {
		lines[l.Key()] = l
	}
	for i, l := range a.Lines {
		if r.Full() {
			break
		}
		path := fmt.Sprintf("lines[%d]", i)
		asked, known := lines[l.Line]
		if !known {
			r.Add(CodeAnswerLine, path+".line", "the forecast has no line %q", artifact.Clip(l.Line))
			continue
		}
		if l.Unit != asked.Unit {
			r.Add(CodeAnswerUnit, path+".unit", "unit %q where the forecast line has %q", artifact.Clip(string(l.Unit)), string(asked.Unit))
		}
		for j, c := range l.Buckets {
			at := fmt.Sprintf("%s.buckets[%d]", path, j)
			cell, known := asked.Cell(c.Bucket)
			if !known {
				r.Add(CodeAnswerLine, at, "the forecast line has no bucket %s", c.Bucket)
				continue
			}
			below := c.Committed.Less(cell.Mean)
			if c.State == StateAccepted && below {
				r.Add(CodeAnswerState, at+".state", "accepted, but %s of %s is committed", c.Committed, cell.Mean)
			}
			if below && c.Reason == "" {
				r.Add(CodeAnswerWhy, at+".reason", "%s of %s is committed and no reason given", c.Committed, cell.Mean)
			}
		}
	}
	return r.Findings()
}
