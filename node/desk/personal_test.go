package desk

import (
	"context"
	"errors"
	"strings"
	"testing"

	"kontor/node"
	"kontor/protocol/artifact"
	"kontor/protocol/forecast"
	"kontor/protocol/release"
)

// What a planner typed about people is masked before it leaves, in the preview as in what is shared; an identifier stops the share.
func TestTextsLeaveWithoutPeople(t *testing.T) {
	buyer, seller := foundDesk(t, agency), foundDesk(t, "Maker")
	p := buyer.buysFrom(t, seller)
	draft := func(mean int64, description string) {
		t.Helper()
		l := need(product, country, mean)
		l.Item.Description = description
		if err := buyer.keepDraft(forecastDraft{Method: forecast.Method{Bands: forecast.BandsModel}, Provenance: artifact.Provenance{SourceSystem: "test", Activity: "EDIT"}}, []forecast.Line{l}); err != nil {
			t.Fatal(err)
		}
	}
	draft(1000, "Efavirenz, questions to Mr. Tendai Moyo, +263 77 123 4567")
	preview, err := buyer.PreviewForecast("")
	if err != nil {
		t.Fatal(err)
	}
	const want = "Efavirenz, questions to [who], [phone]"
	if got := preview.Sample[0].Item.Description; got != want || len(preview.Notes) != 2 || !strings.Contains(strings.Join(preview.Notes, "\n"), want) {
		t.Errorf("the preview shows %q and says %q", got, preview.Notes)
	}
	shared, err := buyer.ShareForecast(context.Background(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	lines, _, err := buyer.version(p.PID.String()+"/", shared.CID.String())
	if err != nil || len(lines) != 1 || lines[0].Item.Description != want {
		t.Fatalf("shared is %v: %v", lines, err)
	}
	draft(2000, "Efavirenz, passport no. C01X00T47")
	var failure *node.Failure
	if _, err := buyer.ShareForecast(context.Background(), "", ""); !errors.As(err, &failure) || failure.Findings[0].Code != release.CodePersonal || strings.Contains(err.Error(), "C01X") {
		t.Errorf("an identifier leaves: %v", err)
	}
}
