package desk

import (
	"context"
	"fmt"
	"math/big"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
	"kontor/protocol/partnership"
	"kontor/protocol/quantity"
)

// AnswerResult is the receipt of an answer.
type AnswerResult struct {
	Shared
	Accepted  int               `json:"accepted"`            // cells committed in full
	Countered int               `json:"countered"`           // cells committed in part
	ByHand    int               `json:"by_hand,omitempty"`   // cells that stand as the desk wrote them into a file
	Explained int               `json:"explained,omitempty"` // cells with a reason that the desk named
	Asked     quantity.Quantity `json:"asked"`               // sum of means, in the products' own units
	Committed quantity.Quantity `json:"committed"`
}

// AnswerOrder says how a forecast is answered.
type AnswerOrder struct {
	With    string
	Reasons []string // CODE for every line that is answered with less, PRODUCT=CODE, or PRODUCT@REGION=CODE; the most particular holds
	Signed  []byte
}

// Answer answers the forecast in force line by line: in each period a product gets what its stock and its share of capacity allow, and what is short is
// divided over the regions in proportion to what each asked for.
//
// Where less is committed, the reason is CAPACITY or what the desk names for the line.
//
// A forecast that moved beyond the bands both signed is answered with the signature of a mandate's key, or of an officer (practice T4): signed is what its
// own program signed of [Desk.PrepareAnswer], nil where nothing moved beyond them.
func (d *Desk) Answer(ctx context.Context, o AnswerOrder, command node.Command) (AnswerResult, error) {
	p, err := d.Partner(o.With, partnership.RoleSeller)
	if err != nil {
		return AnswerResult{}, err
	}
	now := d.node.Now()
	var form *protocol.AnswerSign
	var body *block.Block
	if o.Signed != nil {
		made := int64(0)
		if form, body, made, err = readAnswerSign(o.Signed); err != nil {
			return AnswerResult{}, err
		}
		if made > now || now-made > answerAge {
			return AnswerResult{}, node.Failf("STATE_MOVED", "the answer was made more than an hour before it was signed; say the command again")
		}
		now = made
	}
	if form != nil {
		if out, done, err := d.answered(p, form.Answer); done || err != nil {
			return out, err
		}
	}
	made, err := d.answer(p, now, o.Reasons)
	if err != nil {
		return made.out, err
	}
	switch {
	case form == nil && made.beyond != nil:
		return AnswerResult{}, d.beyondFailure(p, made.beyond)
	case form != nil && (made.root.CID != form.Answer || made.answer.Forecast != form.Forecast):
		return AnswerResult{}, node.Failf("STATE_MOVED", "forecast, plan or agreements moved since the answer was signed; say the command again")
	}
	if form != nil && made.beyond != nil {
		step := command
		if step != "" {
			step += "/sign"
		}
		if _, err := d.node.Write(ctx, p.PID, step, func(*protocol.Replica, int64) (protocol.Draft, error) {
			return protocol.Draft{Kind: protocol.KindAnswerSign, Body: body}, nil
		}); err != nil {
			return AnswerResult{}, err
		}
	}
	out := made.out
	w, size, err := d.share(ctx, p, command, protocol.KindAnswer, made.sheet)
	if err != nil {
		return out, err
	}
	out.Shared = Shared{CID: *w.Body, Entry: w.Entry, With: d.PartnerName(p), Revision: made.answer.Header.Revision, Series: len(made.answer.Lines), Bytes: size,
		Buckets: out.Accepted + out.Countered}
	out.Waits, err = d.waits(p, w.Entry)
	return out, err
}

// madeAnswer is an answer ready to be shared.
type madeAnswer struct {
	answer capacity.Answer
	sheet  block.Sheet
	root   block.Block
	out    AnswerResult
	beyond *beyond // nil: nothing moved beyond the bands
}

// answer makes the answer that would be shared at a time, ms UTC: the same figures at the same time make the same bytes.
func (d *Desk) answer(p *node.Partnership, now int64, reasons []string) (made madeAnswer, err error) {
	granted, err := d.granted(p, protocol.KindAnswer)
	if err != nil {
		return made, err
	}
	s, err := d.series(p.PID, capacity.AnswerType, "own")
	if err != nil {
		return made, err
	}
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		made.out = AnswerResult{}
		in, err := d.MatchInput(p, r)
		if err != nil {
			return err
		}
		result, err := Match(in)
		if err != nil {
			return err
		}
		h, _, err := d.next(r, capacity.AnswerType, s, now)
		if err != nil {
			return err
		}
		h.Scope = granted
		h.Provenance = artifact.Provenance{SourceSystem: "kontor match", ExtractedAt: h.Issued, Activity: "ANSWER", DerivedFrom: sortedCIDs(in.ForecastCID, in.PlanCID)}
		plan := in.PlanCID
		made.answer = capacity.Answer{Header: h, Forecast: in.ForecastCID, Plan: &plan}
		if err := answerLines(&made.answer, in.Forecast, result, &made.out); err != nil {
			return err
		}
		why, err := readReasons(reasons, in.Forecast)
		if err != nil {
			return err
		}
		drafts, err := d.answerDrafts(p.PID, in.ForecastCID)
		if err != nil {
			return err
		}
		why.explain(&made.answer, in.Forecast, drafts, &made.out)
		if err := byHand(&made.answer, in.Forecast, drafts, &made.out); err != nil {
			return err
		}
		inForce, err := r.TermsInForce(calendar.DateOf(now))
		if err != nil {
			return err
		}
		made.beyond, err = d.beyondBands(p, r, inForce)
		return err
	})
	if err != nil {
		return made, err
	}
	if findings := capacity.CheckAnswer(made.answer); len(findings) > 0 {
		return made, &node.Failure{Code: "ANSWER_REFUSED", Text: fmt.Sprintf("the answer breaks %s: %s", node.Count(len(findings), "rule"), findings[0].Error()), Findings: findings}
	}
	if made.sheet, err = capacity.AnswerToSheet(made.answer, s.Key); err != nil {
		return made, err
	}
	made.root, _, err = made.sheet.Build()
	return made, err
}

func sortedCIDs(a, b block.CID) []block.CID {
	if a.Compare(b) > 0 {
		a, b = b, a
	}
	return []block.CID{a, b}
}

// answerLines commits product by product, period by period.
func answerLines(answer *capacity.Answer, fc forecast.Document, result capacity.Result, out *AnswerResult) error {
	supplied := supplyOf(result)
	rows := make([]capacity.AnswerLine, len(fc.Lines))
	byProduct := map[string][]int{}
	for i, l := range fc.Lines {
		rows[i] = capacity.AnswerLine{Line: l.Key(), Unit: l.Unit}
		at := l.Item.ID()
		if _, own := supplied[at+"|"+l.Location.Key()]; own {
			at += "|" + l.Location.Key()
		}
		byProduct[at] = append(byProduct[at], i)
	}
	for at, lines := range byProduct {
		free := new(big.Rat).Set(supplied[at].opening) // what is not committed yet: left over it serves later periods
		for _, b := range bucketsOf(fc, lines) {
			free.Add(free, supplied[at].cells[b])
			part := partOf(free, fc, lines, b)
			for _, i := range lines {
				c, ok := fc.Lines[i].Cell(b)
				if !ok {
					continue
				}
				commit, err := committedOf(c, part)
				if err != nil {
					return err
				}
				free.Sub(free, ratOf(commit.Committed))
				if err := out.count(c, commit); err != nil {
					return err
				}
				rows[i].Buckets = append(rows[i].Buckets, commit)
			}
		}
	}
	answer.Lines = rows
	return nil
}

// partOf is which part of what lines ask for in a period is free: 1 where all of it is.
func partOf(free *big.Rat, fc forecast.Document, lines []int, b calendar.Bucket) *big.Rat {
	asked := new(big.Rat)
	for _, i := range lines {
		if c, ok := fc.Lines[i].Cell(b); ok {
			asked.Add(asked, ratOf(c.Mean))
		}
	}
	switch {
	case asked.Sign() <= 0 || free.Cmp(asked) >= 0:
		return big.NewRat(1, 1)
	case free.Sign() < 0:
		return new(big.Rat)
	}
	return new(big.Rat).Quo(free, asked)
}

// committedOf commits a part of a cell, in whole units where it is not all of it.
func committedOf(c forecast.Cell, part *big.Rat) (capacity.Commit, error) {
	commit, err := floorOf(new(big.Rat).Mul(ratOf(c.Mean), part))
	if err != nil {
		return capacity.Commit{}, err
	}
	if commit.Less(c.Mean) {
		return capacity.Commit{Bucket: c.Bucket, Committed: commit, State: capacity.StateCountered, Reason: capacity.ReasonCapacity}, nil
	}
	return capacity.Commit{Bucket: c.Bucket, Committed: c.Mean, State: capacity.StateAccepted}, nil
}

// count adds a commitment to the totals.
func (out *AnswerResult) count(c forecast.Cell, commit capacity.Commit) (err error) {
	if commit.State == capacity.StateAccepted {
		out.Accepted++
	} else {
		out.Countered++
	}
	if out.Asked, err = out.Asked.Add(c.Mean); err != nil {
		return err
	}
	out.Committed, err = out.Committed.Add(commit.Committed)
	return err
}

// floorOf is the whole part.
func floorOf(r *big.Rat) (quantity.Quantity, error) {
	return quantity.FromBig(new(big.Int).Div(r.Num(), r.Denom()), 0)
}
