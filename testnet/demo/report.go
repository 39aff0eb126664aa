package demo

import (
	"fmt"
	"math"
	"text/tabwriter"
)

// Report is what the demonstration measured. With --json it is the one object on stdout.
type Report struct {
	Companies       []string          `json:"companies"`
	Forecast        ForecastReport    `json:"forecast"`
	Match           MatchReport       `json:"match"`
	Topic           TopicReport       `json:"topic"`
	Agreement       AgreementReport   `json:"agreement"`
	Propagation     PropagationReport `json:"propagation"`
	SLA             *ServiceReport    `json:"sla,omitempty"`
	Dispute         *DisputeReport    `json:"dispute,omitempty"`
	StateRootsEqual bool              `json:"state_roots_equal"`
	Seconds         float64           `json:"seconds"`
	NoBottleneck    bool              `json:"no_bottleneck,omitempty"` // nothing for the officers: no topic, no agreement
	Failed          string            `json:"failed,omitempty"`        // the claim that did not hold
}

// ForecastReport is the first share.
type ForecastReport struct {
	CID              string  `json:"cid"`
	Series           int     `json:"series"`
	Buckets          int     `json:"buckets"`
	Bytes            int     `json:"bytes"`
	Coverage80       float64 `json:"coverage_80"`
	Pinball          float64 `json:"pinball"`
	PinballEmpirical float64 `json:"pinball_empirical"`
}

// MatchReport is the match both nodes computed.
type MatchReport struct {
	Buckets                int     `json:"buckets"`
	Bottlenecks            int     `json:"bottlenecks"`
	MaxShortageProbability float64 `json:"max_shortage_probability"`
	ClosedAtDesk           string  `json:"closed_at_desk,omitempty"`
}

// TopicReport is the officers' topic.
type TopicReport struct {
	ID       string    `json:"id"`
	Rounds   int       `json:"rounds"`
	Distance []float64 `json:"distance,omitempty"` // between positions after each round, as a share of the range
}

// AgreementReport is what was signed.
type AgreementReport struct {
	CID             string `json:"cid"`
	Signatures      int    `json:"signatures"`
	FinalOnBoth     bool   `json:"final_on_both"`
	VerifiedOffline bool   `json:"verified_offline"`
	AgreedSlots     int    `json:"agreed_slots_in_next_match"`
}

// PropagationReport is the change that travelled.
type PropagationReport struct {
	CID               string `json:"cid"`
	Series            int    `json:"series"`
	Milliseconds      int64  `json:"milliseconds"`
	NamesOfAgencySeen int    `json:"names_of_agency_seen"`
	BytesSearched     int64  `json:"bytes_searched"`
}

func round(x float64, digits int) float64 {
	p := math.Pow10(digits)
	return math.Round(x*p) / p
}

// summary ends the story with a table.
func (d *demo) summary() {
	r := d.report
	fmt.Fprintln(d.story, "\nSummary")
	t := tabwriter.NewWriter(d.story, 0, 4, 2, ' ', 0)
	row := func(what, figure string, args ...any) {
		fmt.Fprintf(t, "   %s\t%s\n", what, fmt.Sprintf(figure, args...))
	}
	row("forecast", "%d series, %d periods, %d bytes", r.Forecast.Series, r.Forecast.Buckets, r.Forecast.Bytes)
	row("80 % band covers", "%.1f %%", 100*r.Forecast.Coverage80)
	row("pinball loss", "%.0f against %.0f of the empirical quantiles", r.Forecast.Pinball, r.Forecast.PinballEmpirical)
	row("match", "%d cells, %d bottlenecks, a shortage as probable as %.1f %%", r.Match.Buckets, r.Match.Bottlenecks, 100*r.Match.MaxShortageProbability)
	if r.NoBottleneck {
		row("topic", "none: no line is a bottleneck; what is left is the desk's, by its default outcomes")
	} else {
		row("topic", "%d rounds of offers", r.Topic.Rounds)
		row("agreement", "%d signatures, final on both: %t, verified offline: %t", r.Agreement.Signatures, r.Agreement.FinalOnBoth, r.Agreement.VerifiedOffline)
	}
	row("one tier further", "%d series after %d ms; the agency's names seen there: %d in %d bytes", r.Propagation.Series, r.Propagation.Milliseconds,
		r.Propagation.NamesOfAgencySeen, r.Propagation.BytesSearched)
	if s := r.SLA; s != nil {
		row("service level", "%d lines of %s, %.1f %% on time: %s credited, equal on both: %t", s.Lines, s.Month, 100*s.OnTime, s.Credit, s.EqualOnBoth)
	}
	if q := r.Dispute; q != nil {
		row("dispute", "%s over %s: %s is owed, equal on both: %t; %d bytes of evidence, the same from both, verified offline: %t", q.Cause, q.Over, q.Owed, q.EqualOnBoth, q.Evidence, q.Verified)
	}
	row("state roots equal", "%t", r.StateRootsEqual)
	t.Flush()
}
