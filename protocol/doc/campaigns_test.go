package doc

import (
	"fmt"
	"testing"

	"kontor/protocol/campaign"
	"kontor/protocol/quality"
	"kontor/testnet/virtual"
)

func TestCampaigns(t *testing.T) {
	parts := map[string]string{}
	for name, doc := range map[string]any{"campaign": virtual.Campaign("buyer calendar", 0, nil, virtual.Start, campaign.Proposed, 400),
		"quality": virtual.Quality("maker report", 0, nil, virtual.Start, quality.Blocked, 5)} {
		draft, err := virtual.Share(doc)
		if err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprintf("Root `%s`. The root block:\n\n", draft.Body.CID) + fence(view(t, draft.Body.Data))
		for i, b := range draft.Blocks {
			text += fmt.Sprintf("\nBlock %d of %d below it, `%s`:\n\n", i+1, len(draft.Blocks), b.CID) + fence(view(t, b.Data))
		}
		parts[name] = text
	}
	page(t, "campaigns.md", parts)
}
