package capacity

import (
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// LoopInput is what stands between a forecast and its orders: the answers to it, and what was answered before.
type LoopInput struct {
	Forecast forecast.Document
	Answer   *Answer // to this revision; nil while there is none
	Before   *Answer // the newest to an earlier revision; nil if there is none
	Passed   bool    // the seller let the day of the answer pass (PROTOCOL 4)
}

// LoopLine is where one line of a forecast stands (practice T5).
type LoopLine struct {
	Line  string               `json:"line"` // key
	Item  forecast.Item        `json:"item"`
	Place string               `json:"place"`
	Unit  quantity.Unit        `json:"unit"`
	Basis forecast.BucketBasis `json:"bucketBasis"`
	State LineState            `json:"state"`
	Cells []LoopCell           `json:"cells"`
}

// LoopCell is one bucket after consumption, with what stands behind its demand.
type LoopCell struct {
	forecast.Consumed
	Committed *quantity.Quantity `json:"committed,omitempty"` // what the seller stands by in this bucket
	Earlier   bool               `json:"earlier,omitempty"`   // by an answer to an earlier revision
	Layers    forecast.Layers    `json:"layers"`
	Governs   forecast.Statement `json:"governs"`
}

// Loop says where each line stands: what is ordered, what of the forecast remains, what the seller stands by, and which statement governs. Both nodes
// compute it alike from the documents.
//
// A line is OPEN without an answer, LAPSED once the day of the answer passed; then silence means what the forecast says: nothing is committed, or what
// was committed last stands. While it is open the last commitment stands too: commitments stay in force until they are answered anew (practice T21).
func Loop(in LoopInput) ([]LoopLine, error) {
	answers, before := commits(in.Answer), commits(in.Before)
	out := make([]LoopLine, 0, len(in.Forecast.Lines))
	for _, l := range in.Forecast.Lines {
		key := l.Key()
		line := LoopLine{Line: key, Item: l.Item, Place: l.Location.Key(), Unit: l.Unit, Basis: l.BucketBasis, State: lineState(in, key), Cells: []LoopCell{}}
		consumed, err := l.Consume(in.Forecast.Consumption)
		if err != nil {
			return nil, err
		}
		for i, c := range consumed {
			cell := LoopCell{Consumed: c}
			if commit, ok := answers[key][c.Bucket]; ok {
				cell.Committed = &commit.Committed
			} else if line.State == StateOpen || line.State == StateLapsed && in.Forecast.OnNoAnswer == forecast.LastCommitStands {
				if commit, ok := before[key][c.Bucket]; ok {
					cell.Committed, cell.Earlier = &commit.Committed, true
				}
			}
			if cell.Layers, err = c.Layers(l.Buckets[i].Firmness, cell.Committed); err != nil {
				return nil, err
			}
			cell.Governs = cell.Layers.Governs()
			line.Cells = append(line.Cells, cell)
		}
		out = append(out, line)
	}
	return out, nil
}

func commits(a *Answer) map[string]map[calendar.Bucket]Commit {
	out := map[string]map[calendar.Bucket]Commit{}
	if a == nil {
		return out
	}
	for _, l := range a.Lines {
		out[l.Line] = map[calendar.Bucket]Commit{}
		for _, c := range l.Buckets {
			out[l.Line][c.Bucket] = c
		}
	}
	return out
}

// lineState is the weakest word on any bucket of the line: countered before answered before accepted.
func lineState(in LoopInput, key string) LineState {
	if in.Answer != nil {
		if l, ok := in.Answer.Line(key); ok && len(l.Buckets) > 0 {
			state := StateAccepted
			for _, c := range l.Buckets {
				switch {
				case c.State == StateCountered:
					return StateCountered
				case c.State != StateAccepted:
					state = StateAnswered
				}
			}
			return state
		}
	}
	if in.Passed {
		return StateLapsed
	}
	return StateOpen
}

// Accepts is the answer that accepts every bucket of a forecast: what a node gives by itself where both signed that it may.
func Accepts(f forecast.Document) []AnswerLine {
	lines := make([]AnswerLine, len(f.Lines))
	for i, l := range f.Lines {
		lines[i] = AnswerLine{Line: l.Key(), Unit: l.Unit, Buckets: make([]Commit, len(l.Buckets))}
		for j, c := range l.Buckets {
			lines[i].Buckets[j] = Commit{Bucket: c.Bucket, Committed: c.Mean, State: StateAccepted}
		}
	}
	return lines
}

// AcceptsAll tells whether an answer accepts every bucket it speaks of.
func (a Answer) AcceptsAll() bool {
	for _, l := range a.Lines {
		for _, c := range l.Buckets {
			if c.State != StateAccepted {
				return false
			}
		}
	}
	return len(a.Lines) > 0
}
