package desk

import (
	"fmt"
	"strconv"
	"time"

	"kontor/node"
	"kontor/node/planner"
	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// BaselineOptions ask for a baseline forecast.
type BaselineOptions struct {
	Horizon       int    `json:"horizon"`         // months ahead; default 12
	DropLastMonth bool   `json:"drop_last_month"` // the newest month of the history is incomplete
	Unit          string `json:"unit"`            // of the history; default packs (PK)
}

// BaselineResult says what was forecast and how well such a forecast has done on months it had not seen.
type BaselineResult struct {
	Lines            int      `json:"lines"`
	Buckets          int      `json:"buckets"`
	First            string   `json:"first"` // month
	Last             string   `json:"last"`
	Notes            []string `json:"notes"`
	Coverage80       float64  `json:"coverage_80"`
	Pinball          float64  `json:"pinball"`
	PinballEmpirical float64  `json:"pinball_empirical"`
	JudgedFrom       string   `json:"judged_from"`
	JudgedThrough    string   `json:"judged_through"`
	Judgement        string   `json:"judgement"`
	Holds            bool     `json:"holds"` // the bands may be shown as they are
	Milliseconds     int64    `json:"milliseconds"`
}

// Baseline forecasts every series of the private history and keeps the result as the draft to share. A history that ends long ago is shifted by
// whole years, so that its seasons stay and the horizon lies ahead; the result says so.
func (d *Desk) Baseline(o BaselineOptions) (BaselineResult, error) {
	started := time.Now()
	unit := quantity.Unit("PK")
	if o.Unit != "" {
		var err error
		if unit, err = quantity.ParseUnit(o.Unit); err != nil {
			return BaselineResult{}, node.Failf("BAD_UNIT", "%v", err)
		}
	}
	history, notes, err := d.plannerHistory(o.DropLastMonth)
	if err != nil {
		return BaselineResult{}, err
	}
	today := calendar.DateOf(d.node.Now())
	shift := planner.ShiftAhead(history.Last(), today)
	notes = append(notes, shift.String())
	if o.Horizon == 0 {
		o.Horizon = 12
	}
	judged, err := planner.JudgeLatest(history, planner.Options{Horizon: o.Horizon, LeadIn: shift.LeadIn})
	if err != nil {
		// A history too short to be judged still has a forecast; its bands are then not vouched for.
		notes = append(notes, fmt.Sprintf("the bands were not judged: %v", err))
	}
	result, err := planner.Forecast(history.Shifted(shift.Years), planner.Options{Horizon: o.Horizon, LeadIn: shift.LeadIn})
	if err != nil {
		return BaselineResult{}, node.Failf("NO_FORECAST", "%v", err)
	}
	lines, err := result.Lines(unit)
	if err != nil {
		return BaselineResult{}, node.Failf("NO_FORECAST", "%v", err)
	}
	lines, left := known(lines, history)
	if left > 0 {
		notes = append(notes, fmt.Sprintf("left out, as they had no demand in the past: %s of product and region", node.Count(left, "pair")))
	}
	draft := forecastDraft{
		Method:     judged.Method(),
		Provenance: artifact.Provenance{SourceSystem: "kontor baseline", ExtractedAt: d.node.Now(), Version: planner.MethodVersion, Activity: "FORECAST"},
		Notes:      notes,
	}
	if err := d.keepDraft(draft, lines); err != nil {
		return BaselineResult{}, err
	}
	out := BaselineResult{Lines: len(lines), Notes: notes, Milliseconds: time.Since(started).Milliseconds(),
		Coverage80: judged.Coverage80, Pinball: judged.Pinball, PinballEmpirical: judged.PinballEmpirical, Holds: judged.Cells > 0 && judged.Holds()}
	if judged.Cells > 0 {
		out.JudgedFrom, out.JudgedThrough, out.Judgement = judged.From.String(), judged.Through.String(), judged.String()
	}
	if len(lines) > 0 {
		out.First, out.Last = result.First.String(), result.First.Add(o.Horizon-1).String()
		out.Buckets = len(lines) * o.Horizon
	}
	return out, nil
}

// known keeps the lines of pairs that have a past: the planner can say how seldom new pairs begin, but what nobody ever asked for is not shared as a
// forecast.
func known(lines []forecast.Line, h planner.History) (kept []forecast.Line, left int) {
	past := map[planner.Key]bool{}
	for i, key := range h.Keys {
		for _, v := range h.Values[i] {
			past[key] = past[key] || v > 0
		}
	}
	for _, l := range lines {
		if past[planner.Key{Product: l.Item.ID(), Region: l.Location.Region}] {
			kept = append(kept, l)
		}
	}
	return kept, len(lines) - len(kept)
}

// plannerHistory arranges the private history for the planner.
func (d *Desk) plannerHistory(dropLast bool) (planner.History, []string, error) {
	rows, err := d.history()
	if err != nil {
		return planner.History{}, nil, err
	}
	if len(rows) == 0 {
		return planner.History{}, nil, node.Failf("NO_HISTORY", "there is no history to forecast from; run: kontor history import FILE")
	}
	var records []planner.Record
	var last calendar.Month
	for _, row := range rows {
		for _, m := range row.Months {
			month, err := calendar.ParseMonth(m.Month)
			if err != nil {
				return planner.History{}, nil, fmt.Errorf("stored history of %q: %w", row.Product, err)
			}
			amount, err := strconv.ParseFloat(m.Quantity.String(), 64)
			if err != nil {
				return planner.History{}, nil, err
			}
			last = max(last, month)
			records = append(records, planner.Record{Key: planner.Key{Product: row.Product, Region: row.Region}, Month: month, Quantity: amount})
		}
	}
	var notes []string
	if dropLast {
		notes = append(notes, fmt.Sprintf("%s, the last month of the history, is incomplete and was dropped", last))
		last--
		kept := records[:0]
		for _, r := range records {
			if r.Month <= last {
				kept = append(kept, r)
			}
		}
		records = kept
	}
	h, err := planner.NewHistory(records, last)
	if err != nil {
		return h, notes, node.Failf("BAD_HISTORY", "%v", err)
	}
	return h, notes, nil
}
