package doc

import (
	"encoding/hex"
	"fmt"
	"testing"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
	"kontor/testnet/virtual"
)

func TestPerformance(t *testing.T) {
	draft, err := virtual.Share(virtual.Performance("buyer 2026-10", 0, nil, virtual.Start, calendar.MustBucket("2026-10"), true, 990))
	if err != nil {
		t.Fatal(err)
	}
	report := fmt.Sprintf("Root `%s`. The root block:\n\n", draft.Body.CID) + fence(view(t, draft.Body.Data))
	for i, b := range draft.Blocks {
		report += fmt.Sprintf("\nBlock %d of %d below it, `%s`:\n\n", i+1, len(draft.Blocks), b.CID) + fence(view(t, b.Data))
	}
	var lines []performance.Line
	for i, accepted := range []int64{495, 495, 10} {
		q := quantity.Of(accepted)
		lines = append(lines, performance.Line{Order: fmt.Sprintf("PO-%d", i+1), Line: "10", Item: virtual.Product, Due: calendar.MustDate("2026-10-09"), Event: performance.ReceiptPosted, Accepted: &q, Date: calendar.MustDate("2026-10-08")})
	}
	tree, err := performance.NewTree(performance.NewSalt([]byte("channel key")), "ZDV-300|CI|2026-10-01/2026-11-01", lines)
	if err != nil {
		t.Fatal(err)
	}
	top, _ := tree.Node(nil)
	data, err := block.Marshal(top)
	if err != nil {
		t.Fatal(err)
	}
	parts := "The first node:\n\n" + fence(view(t, data))
	for _, l := range lines {
		for step := byte(0); step < 16; step++ {
			leaf, ok := tree.Node([]byte{step})
			if !ok || len(leaf.Children) > 0 {
				continue
			}
			o, hash, _ := tree.Open(performance.Hash(leaf.Place))
			if o.Line.Key() != l.Key() {
				continue
			}
			data, err := block.Marshal(o)
			if err != nil {
				t.Fatal(err)
			}
			parts += fmt.Sprintf("\nThe opening of `%s`, at place `%x`, hash `%x`:\n\n", l.Key(), leaf.Place, hash) + fence(view(t, data))
		}
	}
	parts += fmt.Sprintf("\nRoot over %d lines: `%s`.\n", tree.Root().Count, hex.EncodeToString(tree.Root().Root))
	page(t, "performance.md", map[string]string{"report": report, "tree": parts})
}
