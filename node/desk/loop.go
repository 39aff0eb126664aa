package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
	"kontor/protocol/state"
	"kontor/protocol/terms"
)

// passedAfter is how long after a deadline a member's own entry shows that it let it pass (PROTOCOL 4).
const passedAfter = 15 * 60 * 1000

// LoopView is where the forecast in force with a partner stands between what is foreseen, answered and ordered.
type LoopView struct {
	With        string               `json:"with"`
	Forecast    block.CID            `json:"forecast"`
	Revision    int64                `json:"revision"`
	AnswerDue   int64                `json:"answerDue,omitempty"`  // ms UTC
	OnNoAnswer  forecast.OnNoAnswer  `json:"onNoAnswer,omitempty"` // what silence means
	Consumption forecast.Consumption `json:"consumption"`
	Answer      *block.CID           `json:"answer,omitempty"` // to this revision
	Late        bool                 `json:"late,omitempty"`   // it came after the day it was due
	Before      *block.CID           `json:"before,omitempty"` // the newest to an earlier revision
	Passed      bool                 `json:"passed,omitempty"` // the seller let the day pass
	// Signed is who signed for an answer to a forecast beyond the bands (practice T4).
	Signed *protocol.AnswerSignRow `json:"signed,omitempty"`
	Lines  []capacity.LoopLine     `json:"lines"`
}

// Loop says where each line of the forecast in force stands: the same on both nodes, from the same documents.
func (d *Desk) Loop(with string, sees func(product, region string) bool) (out LoopView, err error) {
	p, err := d.Partner(with, "")
	if err != nil {
		return out, err
	}
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		out = LoopView{With: d.PartnerName(p)}
		in, _, err := d.loopInput(p, r, &out)
		if err != nil {
			return err
		}
		out.Lines, err = capacity.Loop(in)
		return err
	})
	out.Lines = slices.DeleteFunc(out.Lines, func(l capacity.LoopLine) bool { return !sees(l.Item.ID(), l.Place) })
	return out, err
}

// loopInput gathers the forecast in force, its answer and the one before.
func (d *Desk) loopInput(p *node.Partnership, r *protocol.Replica, out *LoopView) (in capacity.LoopInput, series artifact.SeriesID, err error) {
	pair, err := d.flexPair(p, r)
	if err != nil {
		return in, series, err
	}
	in.Forecast, series = pair.revised, pair.revised.Header.Series
	h := in.Forecast.Header
	out.Forecast, out.Revision, out.AnswerDue, out.OnNoAnswer, out.Consumption = pair.revisedCID, h.Revision, in.Forecast.AnswerDue, in.Forecast.OnNoAnswer, in.Forecast.Consumption
	answers, err := r.Versions(capacity.AnswerType)
	if err != nil {
		return in, series, err
	}
	for i := len(answers) - 1; i >= 0 && in.Answer == nil; i-- {
		a, err := r.Answer(answers[i].Root)
		if err != nil {
			return in, series, err
		}
		if a.Forecast == out.Forecast {
			in.Answer, out.Answer, out.Late = &a, &answers[i].Root, in.Forecast.AnswerDue != 0 && answers[i].T > in.Forecast.AnswerDue
		}
	}
	if out.Answer != nil {
		row, held, err := r.Version(*out.Answer)
		if err != nil {
			return in, series, err
		}
		if signed, found, err := r.AnswerSigned(*out.Answer, out.Forecast, row.Author); err != nil {
			return in, series, err
		} else if held && found {
			out.Signed = &signed
		}
	}
	if pair.answered != nil {
		a, err := r.Answer(*pair.answered)
		if err != nil {
			return in, series, err
		}
		in.Before, out.Before = &a, pair.answered
	}
	for _, seller := range sellers(p) {
		head, found, err := r.Log.Head(seller)
		if err != nil {
			return in, series, err
		}
		in.Passed = in.Passed || found && in.Forecast.AnswerDue != 0 && head.Header.T >= in.Forecast.AnswerDue+passedAfter
	}
	out.Passed = in.Passed
	return in, series, nil
}

// AnswerInside accepts by itself what both signed that a node may (practice T4, the first speed): a revised forecast every move of which lies inside the flex
// bands in force, on top of one this company had accepted in full, where the terms say so. Everything else waits for the desk. It goes on until ctx ends.
func (d *Desk) AnswerInside(ctx context.Context) error {
	return d.whenever(ctx, "forecasts not answered by rule", d.answerInside, func(out protocol.Outcome) bool {
		return slices.ContainsFunc(out.Settled, func(row state.SettledRow) bool {
			return row.New != nil && strings.HasPrefix(row.Key, "inforce/"+forecast.Type+"/")
		})
	})
}

func (d *Desk) answerInside(ctx context.Context) error {
	var all []error
	for _, p := range d.node.Partnerships() {
		if p.Removed || !slices.Contains(sellers(p), d.node.Company()) {
			continue
		}
		if err := d.acceptInside(ctx, p); err != nil {
			all = append(all, err)
		}
	}
	return errors.Join(all...)
}

// acceptInside answers one partnership's forecast where the rule allows it.
func (d *Desk) acceptInside(ctx context.Context, p *node.Partnership) error {
	granted, err := d.granted(p, protocol.KindAnswer)
	if err != nil {
		return nil // who may not answer is not asked
	}
	s, err := d.series(p.PID, capacity.AnswerType, "own")
	if err != nil {
		return err
	}
	var answer *capacity.Answer
	contract := ""
	if err := d.node.View(p.PID, func(r *protocol.Replica) error {
		answer = nil
		pair, agreed, err := d.insideBands(p, r)
		if err != nil || agreed == nil {
			return err
		}
		h, _, err := d.next(r, capacity.AnswerType, s, d.node.Now())
		if err != nil {
			return err
		}
		contract = agreed.Document.Contract
		h.Scope = granted
		h.Provenance = artifact.Provenance{SourceSystem: "kontor flex", SourceRecord: recordName(contract), ExtractedAt: h.Issued, Activity: "AUTO", DerivedFrom: sortedCIDs(agreed.Root, pair.revisedCID)}
		answer = &capacity.Answer{Header: h, Forecast: pair.revisedCID, Lines: capacity.Accepts(pair.revised)}
		return nil
	}); err != nil || answer == nil {
		return err
	}
	if findings := capacity.CheckAnswer(*answer); len(findings) > 0 {
		return findings[0]
	}
	sheet, err := capacity.AnswerToSheet(*answer, s.Key)
	if err != nil {
		return err
	}
	// One answer by rule for one revision, however often it is tried.
	if _, _, err = d.share(ctx, p, node.Command("answer inside "+answer.Forecast.String()), protocol.KindAnswer, sheet); err != nil {
		return err
	}
	d.node.Log().Info("forecast accepted by rule: every move is inside the flex bands", "with", d.PartnerName(p), "contract", contract, "forecast", answer.Forecast.Short())
	return nil
}

// insideBands finds the forecast in force that may be accepted by rule: not answered yet, on top of one that this company accepted in full, every move inside
// the bands of the one contract in force that lets nodes do so. Nil terms: none may.
func (d *Desk) insideBands(p *node.Partnership, r *protocol.Replica) (pair flexed, agreed *terms.Agreed, err error) {
	inForce, err := r.TermsInForce(calendar.DateOf(d.node.Now()))
	if err != nil {
		return pair, nil, err
	}
	auto := slices.DeleteFunc(inForce, func(a terms.Agreed) bool { return !a.Document.Loop.Auto || len(a.Document.Bands) == 0 })
	if len(auto) != 1 {
		return pair, nil, nil
	}
	var view LoopView
	in, _, err := d.loopInput(p, r, &view)
	var missing *node.Failure
	if errors.As(err, &missing) {
		return pair, nil, nil // no forecast yet
	}
	if err != nil || in.Answer != nil || in.Before == nil || !in.Before.AcceptsAll() {
		return pair, nil, err
	}
	row, held, err := r.Version(*view.Before)
	if err != nil || !held || row.Author != d.node.Company() {
		return pair, nil, err
	}
	if pair, err = d.flexPair(p, r); err != nil {
		return pair, nil, err
	}
	cells, err := auto[0].Document.Flex(pair.reference, pair.revised)
	if err != nil {
		return pair, nil, fmt.Errorf("flex bands of %s: %w", artifact.Clip(auto[0].Document.Contract), err)
	}
	if !terms.Inside(cells) {
		return pair, nil, nil
	}
	return pair, &auto[0], nil
}
