package desk

import (
	"strings"
	"testing"

	"kontor/protocol/block"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
	"kontor/protocol/release"
)

// A line's shares and a product's backlog are sums over all its customers: what the plan tells one of them must not depend on the others'.
func TestAPlanShowsNoOtherCustomers(t *testing.T) {
	ours := map[string]quantity.Unit{"A": "PK", "B": "PK"}
	weights := map[string]quantity.Quantity{"A": quantity.Of(900), "B": quantity.Of(100), "X": quantity.Of(3000)}
	line := func(products ...string) capacityRow {
		row := capacityRow{Line: "L1"}
		for _, p := range products {
			row.Links = append(row.Links, capacityLink{Product: p, Factor: quantity.Of(1)})
		}
		return row
	}
	granted := release.Grant{V: 1, Company: block.Sum([]byte("maker")), Partner: supplierPID, Purpose: "agreed shares", Kinds: []string{"capacity"}, From: 1, Until: 1000}
	use := release.Use{Partner: supplierPID, Kind: "capacity", At: 500}
	for name, c := range map[string]struct {
		row    capacityRow
		asked  string // by another customer
		grants []release.Grant
		first  int64 // share of A
		said   string
	}{
		"only what this buyer buys":         {line("A", "B"), "", nil, 900_000, ""},
		"another customer's product":        {line("A", "X"), "", nil, 500_000, "note: line L1: its shares show what other customers received of X"},
		"a product that nobody got":         {line("A", "Y"), "", nil, 1_000_000, ""},
		"a product that another buys too":   {line("A", "B"), "B", nil, 500_000, "note: line L1: its shares show what other customers received of B"},
		"another customer's, by a grant":    {line("A", "X"), "", []release.Grant{granted}, 230_769, "inferable: line L1"},
		"another customer's, grant forlorn": {line("A", "X"), "", []release.Grant{{V: 1}}, 500_000, "note: line L1"},
	} {
		g := &capacityGate{asked: map[string]bool{c.asked: true}, use: use, grants: c.grants}
		links := []capacity.Link{{Product: "A", Factor: quantity.Of(1)}}
		setShares(links, c.row.Links, g.weights(c.row, ours, weights))
		said := ""
		if len(g.notes) > 0 {
			said = "note: " + g.notes[0]
		}
		if len(g.inferable) > 0 {
			said = "inferable: " + g.inferable[0]
		}
		if links[0].Share != c.first || !strings.HasPrefix(said, c.said) || (c.said == "") != (said == "") {
			t.Errorf("%s: share %d, want %d; says %q, want %q", name, links[0].Share, c.first, said, c.said)
		}
	}
	g := &capacityGate{asked: map[string]bool{"B": true}, use: use}
	if !g.backlog("A") || g.backlog("B") || len(g.notes) != 1 {
		t.Errorf("a backlog that other customers have part in: %v", g.notes)
	}
	g.grants = []release.Grant{granted}
	if !g.backlog("B") || len(g.inferable) != 1 {
		t.Errorf("granted: %v", g.inferable)
	}
}

// A year of weekly plans: other customers' shipments change each week. Without a grant all plans are the same, whatever those were.
func TestAYearOfPlansShowsNoOtherCustomers(t *testing.T) {
	shares := func(gated bool) map[int64]bool {
		seen := map[int64]bool{}
		for week := range int64(52) {
			weights := map[string]quantity.Quantity{"A": quantity.Of(1000), "X": quantity.Of(500 + 37*week)}
			row := capacityRow{Line: "L1", Links: []capacityLink{{Product: "A", Factor: quantity.Of(1)}, {Product: "X", Factor: quantity.Of(1)}}}
			links := []capacity.Link{{Product: "A", Factor: quantity.Of(1)}}
			if gated {
				weights = (&capacityGate{asked: map[string]bool{}}).weights(row, map[string]quantity.Unit{"A": "PK"}, weights)
			}
			setShares(links, row.Links, weights)
			// What the buyer, who knows its own 1000, works out: the other customers' shipments.
			if links[0].Share > 0 && !gated {
				got := (1000*forecast.PPM + links[0].Share/2) / links[0].Share
				if got != 1000+500+37*week {
					t.Errorf("week %d: the attack finds %d", week, got)
				}
			}
			seen[links[0].Share] = true
		}
		return seen
	}
	if open := shares(false); len(open) != 52 {
		t.Errorf("without the gate %d of 52 plans differ", len(open))
	}
	if gated := shares(true); len(gated) != 1 {
		t.Errorf("with the gate %d plans differ: %v", len(gated), gated)
	}
}
