package desk

import (
	"math/big"
	"sort"

	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
)

// supply is what stands behind a product: its opening stock less backlog, and what each period adds.
type supply struct {
	opening *big.Rat
	cells   map[calendar.Bucket]*big.Rat
}

// supplyOf reads the supply of each product out of a match, by product, or by "product|region" where a region has a stock of its own.
func supplyOf(result capacity.Result) map[string]supply {
	out := map[string]supply{}
	for _, m := range result.Products {
		s := supply{opening: new(big.Rat), cells: map[calendar.Bucket]*big.Rat{}}
		total := new(big.Rat)
		for i, c := range m.Buckets {
			s.cells[c.Bucket] = ratOf(c.Supply)
			total.Add(total, ratOf(c.Supply))
			if i == 0 && c.Cover != nil {
				// Cover's supply is cumulative and holds the opening position.
				s.opening.Sub(ratOf(c.Cover.Supply), ratOf(c.Supply))
			}
		}
		key := m.Product
		if m.Region != "" {
			key += "|" + m.Region
		}
		out[key] = s
	}
	return out
}

func bucketsOf(fc forecast.Document, lines []int) (out []calendar.Bucket) {
	seen := map[calendar.Bucket]bool{}
	for _, i := range lines {
		for _, c := range fc.Lines[i].Buckets {
			if !seen[c.Bucket] {
				seen[c.Bucket] = true
				out = append(out, c.Bucket)
			}
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Compare(out[j]) < 0 })
	return out
}
