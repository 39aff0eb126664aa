package capacity

import (
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// AnswerType is the document type and major version in the header.
const AnswerType = "ForecastAnswer.v1"

// Bounds of an answer: those of the forecast it answers.
const (
	MaxAnswerLines   = 50_000
	MaxAnswerBuckets = 520
)

// Answer is a seller's line-by-line response to one revision of a forecast.
type Answer struct {
	Header   artifact.Header `json:"header"`
	Forecast block.CID       `json:"forecast"`       // the revision that is answered
	Plan     *block.CID      `json:"plan,omitempty"` // the capacity plan behind the answer
	Lines    []AnswerLine    `json:"lines"`
}

// AnswerLine answers one line of the forecast.
type AnswerLine struct {
	Line    string        `cbor:"line" json:"line"` // key of the forecast line
	Unit    quantity.Unit `cbor:"unit" json:"unit"` // that of the forecast line
	Buckets []Commit      `cbor:"buckets" json:"buckets"`
}

// Commit is the answer for one bucket.
type Commit struct {
	calendar.Bucket
	Committed  quantity.Quantity `cbor:"committed" json:"committed"`                     // what the seller stands for
	State      LineState         `cbor:"state" json:"state"`                             // ANSWERED, ACCEPTED or COUNTERED
	Reason     CommitReason      `cbor:"reason,omitempty" json:"reason,omitempty"`       // asked where less than the forecast is committed
	ValidUntil int64             `cbor:"validUntil,omitzero" json:"validUntil,omitzero"` // ms UTC; 0 = until revised
}

// LineState is where forecast and answer stand (practice T5). OPEN and LAPSED are the fold's to say; the others are written.
type LineState string

// The states of a line.
const (
	StateOpen      LineState = "OPEN"      // no answer yet
	StateAnswered  LineState = "ANSWERED"  // a quantity was committed, no more said
	StateAccepted  LineState = "ACCEPTED"  // the whole forecast is committed
	StateCountered LineState = "COUNTERED" // another quantity is offered instead
	StateLapsed    LineState = "LAPSED"    // answer due has passed
)

// CommitReasons are all reasons. The last four are additions of practice T22 that say why a seller's figure moved.
var CommitReasons = []CommitReason{ReasonCapacity, ReasonMaterial, ReasonLeadTime, ReasonAllocation, ReasonQuality, ReasonShutdown, ReasonCommercial, ReasonLot,
	ReasonEngineering, ReasonMasterData, ReasonOrders, ReasonRerun}

// CommitReason says why a commitment is below the forecast.
type CommitReason string

// The reasons.
const (
	ReasonCapacity    CommitReason = "CAPACITY"
	ReasonMaterial    CommitReason = "MATERIAL"
	ReasonLeadTime    CommitReason = "LEAD_TIME"
	ReasonAllocation  CommitReason = "ALLOCATION"
	ReasonQuality     CommitReason = "QUALITY_HOLD"
	ReasonShutdown    CommitReason = "SHUTDOWN"
	ReasonCommercial  CommitReason = "COMMERCIAL"
	ReasonLot         CommitReason = "LOT_SIZE"
	ReasonEngineering CommitReason = "ENGINEERING_CHANGE"
	ReasonMasterData  CommitReason = "MASTER_DATA"
	ReasonOrders      CommitReason = "CUSTOMER_ORDER_CHANGE"
	ReasonRerun       CommitReason = "SYSTEM_RERUN"
)

// Key names the line among the rows of an answer.
func (l AnswerLine) Key() string { return l.Line }

type answerHead struct {
	Header   artifact.Header `cbor:"header"`
	Forecast block.CID       `cbor:"forecast"`
	Plan     *block.CID      `cbor:"plan,omitempty"`
}

// AnswerToSheet writes the answer as a sheet of keyed rows, one per line.
func AnswerToSheet(a Answer, seriesKey [32]byte) (block.Sheet, error) {
	return artifact.ToSheet(AnswerType, seriesKey, answerHead{a.Header, a.Forecast, a.Plan}, a.Lines)
}

// AnswerFromSheet reads what AnswerToSheet writes. On error the answer is empty.
func AnswerFromSheet(s block.Sheet) (Answer, error) {
	h, lines, err := artifact.FromSheet[answerHead, AnswerLine](s, AnswerType, MaxAnswerLines)
	if err != nil {
		return Answer{}, err
	}
	return Answer{h.Header, h.Forecast, h.Plan, lines}, nil
}

// Line is the answer to the forecast line with the given key.
func (a Answer) Line(key string) (AnswerLine, bool) {
	for _, l := range a.Lines {
		if l.Line == key {
			return l, true
		}
	}
	return AnswerLine{}, false
}
