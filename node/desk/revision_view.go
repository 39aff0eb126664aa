package desk

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"kontor/node"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// RevisionView is what a forecast changes of the revision before it.
type RevisionView struct {
	Against  *block.CID    `json:"against,omitempty"` // the revision before; absent: there is none
	Revision int64         `json:"revision"`          // of the one before
	Changed  int           `json:"changed"`           // cells
	Material int           `json:"material"`          // of them, beyond tolerance (practice T1)
	Lines    []RevisedLine `json:"lines"`             // that changed, the most material first
}

// RevisedLine is a line that a revision changed.
type RevisedLine struct {
	Line     string            `json:"line"`
	Cells    int               `json:"cells"`
	Material int               `json:"material"`
	Delta    quantity.Quantity `json:"delta"`              // sum over the cells, new less old
	Unshared int               `json:"unshared,omitempty"` // of the cells: outside the scope of the revision, so nothing tells what they are now
	Reason   artifact.Reason   `json:"reason,omitempty"`
	// Guess says that nobody stated the reason: it is this node's guess, made where a line leaves the tolerance (practice T22).
	Guess bool `json:"guess,omitempty"`
}

// ForecastChanges says what a version changes of the one it replaced; an undefined CID means the draft, against what is in force with a partner, whom with
// names where there are several.
func (d *Desk) ForecastChanges(cid block.CID, with string, sees func(product, region string) bool) (v RevisionView, err error) {
	v.Lines = []RevisedLine{}
	if !cid.Defined() {
		p, err := d.Partner(with, "")
		if err != nil {
			return v, nil // no partner, or several and none named: there is nothing to compare with
		}
		pre, err := d.prepare(p)
		if err != nil || pre.current == nil {
			var missing *node.Failure
			if err != nil && !errors.As(err, &missing) {
				return v, err
			}
			return v, nil
		}
		return revisionView(pre.current.Root, pre.before, pre.doc, sees)
	}
	doc, err := d.Forecast(cid)
	if err != nil || doc.Header.Parent == nil {
		return v, err
	}
	before, err := d.Forecast(*doc.Header.Parent)
	var missing *node.Failure
	if errors.As(err, &missing) {
		return v, nil // from before this node held the series
	}
	if err != nil {
		return v, err
	}
	return revisionView(*doc.Header.Parent, before, doc, sees)
}

func revisionView(against block.CID, before, doc forecast.Document, sees func(product, region string) bool) (v RevisionView, err error) {
	v = RevisionView{Against: &against, Revision: before.Header.Revision, Lines: []RevisedLine{}}
	changes, err := forecast.Diff(before, doc)
	if err != nil {
		return v, err
	}
	old, now := linesByKey(before), linesByKey(doc)
	at := map[string]int{}
	for _, c := range changes {
		l := now[c.Line]
		if l == nil {
			l = old[c.Line]
		}
		if !sees(l.Item.ID(), l.Location.Region) {
			continue
		}
		i, known := at[c.Line]
		if !known {
			i = len(v.Lines)
			at[c.Line] = i
			v.Lines = append(v.Lines, RevisedLine{Line: c.Line})
		}
		row := &v.Lines[i]
		row.Cells++
		v.Changed++
		if c.Unshared {
			row.Unshared++
		}
		if row.Delta, err = row.Delta.Add(c.Delta); err != nil {
			return v, err
		}
		if forecast.Material(c, before.ToleranceAt(c.Bucket)) {
			row.Material++
			v.Material++
		}
	}
	for i := range v.Lines {
		row := &v.Lines[i]
		row.Reason, row.Guess = reasonOf(doc, old[row.Line], now[row.Line], row.Material > row.Unshared)
	}
	slices.SortStableFunc(v.Lines, func(a, b RevisedLine) int {
		return cmp.Or(cmp.Compare(b.Material, a.Material), cmp.Compare(b.Cells, a.Cells), cmp.Compare(a.Line, b.Line))
	})
	return v, nil
}

// reasonOf is the reason that was stated for a line, else for the document; where there is none and one is asked for, the node's guess.
func reasonOf(doc forecast.Document, old, now *forecast.Line, asked bool) (reason artifact.Reason, guess bool) {
	if now != nil {
		reason = now.Reason
	}
	coarser := (now == nil || now.Members > 0) && slices.ContainsFunc(doc.Lines, func(l forecast.Line) bool { return l.Members > 0 })
	if reason = cmp.Or(reason, doc.Header.Reason); reason == "" && asked && !coarser { // what went into a family was not discontinued
		return forecast.GuessReason(old, now), true
	}
	return reason, false
}

func linesByKey(d forecast.Document) map[string]*forecast.Line {
	out := make(map[string]*forecast.Line, len(d.Lines))
	for i := range d.Lines {
		out[d.Lines[i].Key()] = &d.Lines[i]
	}
	return out
}

// askedReasons names the groups of lines that leave the tolerance without a reason, each with the node's guess (practice T22).
func askedReasons(pre prepared) (notes []string) {
	if pre.current == nil {
		return nil
	}
	v, err := revisionView(pre.current.Root, pre.before, pre.doc, func(string, string) bool { return true })
	if err != nil {
		return nil // prepare compared the same two before
	}
	groups, first := map[artifact.Reason]int{}, map[artifact.Reason]string{}
	for _, l := range v.Lines {
		if l.Guess {
			groups[l.Reason]++
			first[l.Reason] = cmp.Or(first[l.Reason], l.Line)
		}
	}
	for reason, n := range groups {
		notes = append(notes, fmt.Sprintf("%s, %s first, beyond tolerance and without a reason; %s is this node's guess: state it with kontor forecast adjust --reason, or in the column reason of an import",
			node.Count(n, "line"), first[reason], reason))
	}
	slices.Sort(notes)
	return notes
}

// sameBeside tells that two revisions say the same beside their cells.
func sameBeside(a, b forecast.Document) bool {
	if !slices.Equal(a.Fences, b.Fences) {
		return false
	}
	was := linesByKey(a)
	return !slices.ContainsFunc(b.Lines, func(l forecast.Line) bool {
		o := was[l.Key()]
		return o == nil || o.Reason != l.Reason && l.Reason != ""
	})
}
