package desk

import (
	"slices"

	"kontor/node"
	"kontor/node/intake"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
	"kontor/protocol/partnership"
	"kontor/protocol/quantity"
)

// draftAnswers hold what the desk wrote into an answer by hand, by partnership and line of the forecast. They are of one revision.
const draftAnswers = "draft/answer/"

// answerDraft is what the desk commits of one line of a forecast, in place of what the match would.
type answerDraft struct {
	Forecast block.CID    `cbor:"forecast"`
	Line     string       `cbor:"line"`
	Item     string       `cbor:"item"`
	Place    string       `cbor:"place,omitempty"`
	Cells    []answerCell `cbor:"cells"` // ascending
}

type answerCell struct {
	Bucket    calendar.Bucket       `cbor:"bucket"`
	Committed quantity.Quantity     `cbor:"committed"`
	Reason    capacity.CommitReason `cbor:"reason,omitempty"`
}

func answerCells(r answerDraft) (out []figureCell) {
	for _, c := range r.Cells {
		out = append(out, figureCell{series(r.Item, r.Place), c.Bucket.String(), "committed", c.Committed})
	}
	return out
}

// takeAnswers keeps what a file commits of the forecast in force: kontor forecast answer shares it. A cell the forecast has not, a unit that is not
// its own and a reason that is missing refuse the file.
func (d *Desk) takeAnswers(draft *intake.Draft, report *intake.Report, o ImportOptions) (ImportResult, error) {
	result := ImportResult{Report: report, DryRun: o.DryRun}
	p, err := d.Partner(o.From, partnership.RoleSeller)
	if err != nil {
		return result, err
	}
	var asked forecast.Document
	var cid block.CID
	if err := d.node.View(p.PID, func(r *protocol.Replica) error {
		pair, err := d.flexPair(p, r)
		asked, cid = pair.revised, pair.revisedCID
		return err
	}); err != nil {
		return result, err
	}
	lines := answerTo(asked, cid, draft.Answers, report)
	if !report.OK() {
		report.Imported = 0
		return result, &node.Failure{Code: "IMPORT_REFUSED", Text: refusalText(report)}
	}
	err = d.change(o, &result, func(rows node.PrivateRows) error {
		prefix := draftAnswers + p.PID.String() + "/"
		if o.Replace {
			if err := rows.Clear(prefix); err != nil {
				return err
			}
		}
		for _, l := range lines {
			if err := rows.Put(prefix+rowName(l.Line), l); err != nil {
				return err
			}
		}
		return nil
	})
	result.countFigures(len(draft.Answers))
	return result, err
}

// answerTo finds the cells of the forecast that rows of a file answer, and complains about those it has not.
func answerTo(asked forecast.Document, cid block.CID, rows []intake.AnswerRow, report *intake.Report) []*answerDraft {
	type at struct{ item, place string }
	lines := map[at][]forecast.Line{}
	for _, l := range asked.Lines {
		key := at{l.Item.ID(), l.Location.Key()}
		lines[key] = append(lines[key], l)
	}
	byLine := map[string]*answerDraft{}
	var out []*answerDraft
	complain := func(r intake.AnswerRow, code intake.Code, column, value, text, want string) {
		report.Complain(intake.Complaint{Code: code, Line: r.Line, Column: column, Value: value, Text: text, Want: want})
	}
	for _, r := range rows {
		found := lines[at{r.Product, r.Region}]
		switch len(found) {
		case 0:
			complain(r, intake.CodeIdentity, "product", r.Product, "the forecast in force asks for no such product in region \""+r.Region+"\"", "a line of the forecast: kontor export --kind answer --as xlsx writes them all")
			continue
		case 1:
		default:
			complain(r, intake.CodeIdentity, "product", r.Product, "the forecast has several lines of that product and region, of different types", "an answer by match, or a forecast of one type")
			continue
		}
		l := found[0]
		c, known := l.Cell(r.Period)
		switch {
		case !known:
			complain(r, intake.CodePeriod, "period", r.Period.String(), "the forecast has no such period of that product", "the periods of the forecast")
			continue
		case r.Unit != "" && r.Unit != l.Unit:
			complain(r, intake.CodeUnit, "unit", string(r.Unit), "the forecast counts that product in "+string(l.Unit), string(l.Unit))
			continue
		case r.Asked != nil && *r.Asked != c.Mean:
			complain(r, intake.CodeContradiction, "asked", r.Asked.String(), "the forecast in force asks for "+c.Mean.String(), "an answer to the forecast in force: export it anew")
			continue
		case r.Committed.Less(c.Mean) && r.Reason == "":
			complain(r, intake.CodeMissing, "reason", "", "less is committed than is asked for, and nothing says why", "CAPACITY, MATERIAL, LEAD_TIME or another reason")
			continue
		}
		if byLine[l.Key()] == nil {
			byLine[l.Key()] = &answerDraft{Forecast: cid, Line: l.Key(), Item: l.Item.ID(), Place: l.Location.Key()}
			out = append(out, byLine[l.Key()])
		}
		byLine[l.Key()].Cells = append(byLine[l.Key()].Cells, answerCell{r.Period, r.Committed, r.Reason})
	}
	for _, l := range out {
		slices.SortFunc(l.Cells, func(a, b answerCell) int { return a.Bucket.Compare(b.Bucket) })
	}
	return out
}

// answerDrafts are what the desk wrote into the answer to a revision, by line and bucket.
func (d *Desk) answerDrafts(pid, cid block.CID) (map[string]map[calendar.Bucket]answerCell, error) {
	out := map[string]map[calendar.Bucket]answerCell{}
	return out, d.node.ReadPrivate(func(rows node.PrivateRows) error {
		list, err := scanRows[answerDraft](rows, draftAnswers+pid.String()+"/")
		for _, l := range list {
			if l.Forecast != cid {
				continue // to an earlier revision
			}
			out[l.Line] = map[calendar.Bucket]answerCell{}
			for _, c := range l.Cells {
				out[l.Line][c.Bucket] = c
			}
		}
		return err
	})
}

// byHand puts what the desk wrote in the place of what the match commits, and tells how many cells that are.
func byHand(a *capacity.Answer, asked forecast.Document, drafts map[string]map[calendar.Bucket]answerCell, out *AnswerResult) error {
	for i := range a.Lines {
		written := drafts[a.Lines[i].Line]
		if len(written) == 0 {
			continue
		}
		line := asked.Lines[slices.IndexFunc(asked.Lines, func(l forecast.Line) bool { return l.Key() == a.Lines[i].Line })]
		for k := range a.Lines[i].Buckets {
			c := &a.Lines[i].Buckets[k]
			w, there := written[c.Bucket]
			if !there {
				continue
			}
			out.ByHand++
			if c.State == capacity.StateAccepted {
				out.Accepted--
			} else {
				out.Countered--
			}
			cell, _ := line.Cell(c.Bucket)
			less, err := out.Committed.Sub(c.Committed)
			if err != nil {
				return err
			}
			c.Committed, c.State, c.Reason = w.Committed, capacity.StateCountered, w.Reason
			if !w.Committed.Less(cell.Mean) {
				c.State, c.Reason = capacity.StateAccepted, ""
				out.Accepted++
			} else {
				out.Countered++
			}
			if out.Committed, err = less.Add(c.Committed); err != nil {
				return err
			}
		}
	}
	return nil
}
