package doc

import (
	"encoding/json"
	"fmt"
	"testing"

	"kontor/protocol"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/quantity"
)

func TestArtifacts(t *testing.T) {
	p := newPlay(t)
	p.share()
	p.check(p.buyer.View(func(r *protocol.Replica) error {
		parts := map[string]string{}
		for name, draft := range map[string]protocol.Draft{"forecast": p.forecast, "plan": p.plan, "answer": p.answer} {
			sheet, err := r.Sheet(draft.Body.CID)
			if err != nil {
				return err
			}
			text := fmt.Sprintf("`%s`, root `%s`. The head:\n\n", sheet.Type, draft.Body.CID) + fence(view(t, sheet.Head))
			for i, row := range sheet.Rows {
				text += fmt.Sprintf("\nRow %d of %d, under the key `%s`:\n\n", i+1, len(sheet.Rows), row.Key) + fence(view(t, row.Value))
			}
			parts[name] = text
		}
		doc, err := r.Forecast(p.forecast.Body.CID)
		if err != nil {
			return err
		}
		plan, err := r.Plan(p.plan.Body.CID)
		if err != nil {
			return err
		}
		stock := quantity.Of(20)
		plan.Positions = []capacity.Position{{Product: "ZDV-300", Unit: "PK", AsOf: calendar.MustDate("2026-12-31"), Stock: &stock}}
		result, err := capacity.Match(capacity.Input{Forecast: doc, ForecastCID: p.forecast.Body.CID, Plan: plan, PlanCID: p.plan.Body.CID})
		if err != nil {
			return err
		}
		text, err := json.MarshalIndent(map[string]any{"group bucket": result.Groups[0].Buckets[2], "product bucket": result.Products[0].Buckets[2]}, "", "  ")
		parts["match"] = fence(string(text))
		page(t, "artifacts.md", parts)
		return err
	}))
}
