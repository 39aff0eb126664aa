package doc

import (
	"fmt"
	"testing"

	"kontor/testnet/virtual"
)

func TestTerms(t *testing.T) {
	draft, err := virtual.Share(virtual.Terms("maker frame", 0, nil, virtual.Start, 0))
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("Root `%s`. The root block:\n\n", draft.Body.CID) + fence(view(t, draft.Body.Data))
	for i, b := range draft.Blocks {
		text += fmt.Sprintf("\nBlock %d of %d below it, `%s`:\n\n", i+1, len(draft.Blocks), b.CID) + fence(view(t, b.Data))
	}
	page(t, "terms.md", map[string]string{"terms": text})
}
