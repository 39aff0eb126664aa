package command

import (
	"fmt"
	"io"
	"slices"

	"github.com/urfave/cli/v2"

	"kontor/node/intake"
	"kontor/protocol/measure"
	"kontor/protocol/quantity"
)

// Columns of a table of a forecast's versions.
var issueColumn = intake.Column{Says: "the issue", Names: []string{"issue", "issued", "version", "revision", "snapshot", "created", "forecast date", "origin", "stand"}, Form: intake.Ordinal, Needed: true}

const inIssue, inFrozen = 4, 5

var frozenColumn = intake.Column{Says: "whether the period was frozen then", Names: []string{"frozen", "firm", "fixed"}, Form: intake.Flag}

var measureRevisionVerb = verb{
	name: "revision", short: "judge how a forecast moves from issue to issue: nervousness, revised cells, frozen ones", local: true, exits: []int{3},
	long: "--versions is a long table: series, issue, period and value, and where known a region and whether the period was frozen in that issue. Each issue\n" +
		"is compared with the one before it, over the periods of both.\n" + fileHelp,
	examples: []string{"kontor measure revision --versions forecasts.csv", "kontor measure revision --versions forecasts.csv --json"},
	flags:    fileFlags(&cli.StringFlag{Name: "versions", Usage: "CSV `FILE` of a forecast in several issues"}),
	run:      measureRevision,
}

type revisionCell struct {
	value  quantity.Quantity
	frozen bool
}

func measureRevision(c *call) error {
	t, err := c.openTable("versions", []intake.Column{seriesColumn, momentColumn, regionColumn, figureColumn, issueColumn, frozenColumn}, false)
	if err != nil {
		return err
	}
	// series, then issue, then period
	cells := map[string]map[intake.Moment]map[intake.Moment]revisionCell{}
	file, err := c.each("versions", t, func(l *intake.Line) {
		name, at, issue := nameOf(l), l.Moment(inPeriod), l.Moment(inIssue)
		v, stated := l.Quantity(inFigure)
		frozen := l.Flag(inFrozen)
		if l.Bad() || !stated {
			return
		}
		if cells[name] == nil {
			cells[name] = map[intake.Moment]map[intake.Moment]revisionCell{}
		}
		if cells[name][issue] == nil {
			cells[name][issue] = map[intake.Moment]revisionCell{}
		}
		if _, twice := cells[name][issue][at]; twice {
			l.Refuse(inFigure, intake.CodeRepeatedKey, "a second figure for the same series, issue and period", "one line for each")
			return
		}
		cells[name][issue][at] = revisionCell{v, frozen}
	})
	if err != nil {
		return err
	}
	r := &measure.Revisions{}
	pairs := 0
	for _, issues := range cells {
		var order []intake.Moment
		for at := range issues {
			order = append(order, at)
		}
		slices.SortFunc(order, intake.Moment.Compare)
		for i := 1; i < len(order); i++ {
			pairs++
			for at, now := range issues[order[i]] {
				if was, both := issues[order[i-1]][at]; both {
					r.Add(was.value, now.value, was.frozen)
				}
			}
		}
	}
	results := []measure.Result{r.Result(measure.Nervousness), r.Result(measure.Revised), r.Result(measure.DemandShift), r.Result(measure.FrozenChanges)}
	return c.print(map[string]any{"series": len(cells), "revisions": pairs, "files": []measuredFile{file}, "results": results}, func(w io.Writer) {
		fmt.Fprintf(w, "%d series, %d revisions\n\n", len(cells), pairs)
		printResults(w, results)
	})
}
