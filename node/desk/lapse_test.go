package desk

import (
	"context"
	"testing"

	"kontor/node/intake"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// A forecast whose answer was due an hour ago, and a seller that wrote since without answering: on both nodes its lines have lapsed, and nothing is committed.
func TestAnAnswerThatNeverCameLapses(t *testing.T) {
	buyer, seller := foundDesk(t, "Buyer"), foundDesk(t, "Seller")
	p := buyer.buysFrom(t, seller)
	const hour = 60 * 60 * 1000
	now := buyer.n.Now()
	s, err := buyer.series(p.PID, forecast.Type, "own")
	if err != nil {
		t.Fatal(err)
	}
	var h artifact.Header
	if err := buyer.n.View(p.PID, func(r *protocol.Replica) (err error) {
		h, _, err = buyer.next(r, forecast.Type, s, now-2*hour)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	h.Scope, h.Provenance = artifact.Everything(), artifact.Provenance{SourceSystem: "test", Activity: "EDIT"}
	line := intake.Planned(forecast.Item{BuyersID: "A"}, forecast.Location{Region: "DE"}, quantity.Piece, forecast.ByNeed)
	line.Buckets = []forecast.Cell{{Bucket: calendar.MonthsFrom(calendar.DateOf(now).Month().Add(2), 1)[0], Mean: quantity.Of(100)}}
	sheet, err := forecast.ToSheet(forecast.Document{Header: h, Purpose: forecast.OrderForecast, Method: forecast.Method{Bands: forecast.BandsNone}, Lines: []forecast.Line{line},
		AnswerDue: now - hour, OnNoAnswer: forecast.NoCommit}, s.Key)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := buyer.share(context.Background(), p, "", protocol.KindForecast, sheet); err != nil {
		t.Fatal(err)
	}
	for name, d := range map[string]*desked{"buyer": buyer, "seller": seller} {
		var out LoopView
		soon(t, "the lapse at the "+name, func() bool {
			var err error
			out, err = d.Loop("", func(string, string) bool { return true })
			return err == nil && out.Passed
		})
		if len(out.Lines) != 1 || out.Lines[0].State != capacity.StateLapsed || out.Answer != nil || out.OnNoAnswer != forecast.NoCommit {
			t.Fatalf("%s: %+v", name, out)
		}
		if b := out.Lines[0].Cells[0]; b.Committed != nil && !b.Committed.IsZero() {
			t.Errorf("%s: silence committed %s", name, b.Committed)
		}
	}
}
