package planner

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Scenario makes up a maker's capacity, stock and backlog to go with a forecast,
// for demonstrations: real ones are nobody's to publish. Everything follows from
// the forecast's means, the packs' sizes and the capacity factor by the rules
// below, and leaves as CSV files, so that it enters a node like any company's
// own figures.
//
//   - Lines. Products in falling order of their mean load are dealt to
//     ceil(n/3) lines, forth and back, so that big and small ones share a line.
//   - Load. A line counts packs of the reference size: a pack of 30 loads it with
//     30/60. Without a pack size the load factor is 1.
//   - Capacity. A line's maximum is its busiest month's mean load x 1.25 x factor,
//     and its actual capacity 0.85 of the maximum.
//   - Service. Every second line, from the busiest on, stands still for part of two
//     months: line i (from 0) in the months 2+i and 8+i of the horizon, counted
//     round it. In those months it has 0.55 of its maximum.
//   - Supply. On hand is a month's mean, in transit half a month's, both rounded
//     down to tens; every seventh series has a tenth of a month as backlog.
//
// At factor 1 a serviced line has 0.69 of its busiest month's mean load, so the
// months of its service are bottlenecks wherever the load is above that; at
// factor 2 it has 1.38 and no line is one.
type Scenario struct {
	Lines []ProductionLine
	Stock []StockRow
}

// The numbers of the rules above.
const (
	productsPerLine   = 3
	referencePack     = 60.0
	headroom          = 1.25
	actualOfMaximum   = 0.85
	serviceOfMaximum  = 0.55
	maxCapacityFactor = 1000.0
)

// ProductionLine is a line shared by several products.
type ProductionLine struct {
	Name     string
	Products []LoadFactor
	Months   []LineMonth
}

// LoadFactor is how much of a line's unit one pack takes.
type LoadFactor struct {
	Product string
	Factor  float64
}

// LineMonth is a line's capacity in one month, in whole units.
type LineMonth struct {
	Month           string
	Actual, Maximum int64
	Load            float64 // mean load the rules saw; not part of the file
}

// StockRow is one product in one region.
type StockRow struct {
	Key
	OnHand, InTransit, Backlog int64
}

// MakeScenario applies the rules. packSize gives the tablets in a pack by
// product; factor scales all capacity.
func MakeScenario(r Result, packSize map[string]int64, factor float64) (Scenario, error) {
	if !(factor > 0 && factor <= maxCapacityFactor) {
		return Scenario{}, fmt.Errorf("capacity factor %v: want more than 0 and at most %v", factor, maxCapacityFactor)
	}
	horizon := 0
	load := map[string][]float64{}
	factors := map[string]float64{}
	var products []string
	var s Scenario
	for i, series := range r.Series {
		if load[series.Product] == nil {
			products = append(products, series.Product)
			horizon = len(series.Months)
			load[series.Product] = make([]float64, horizon)
			factors[series.Product] = 1
			if size := packSize[series.Product]; size > 0 {
				factors[series.Product] = float64(size) / referencePack
			}
		}
		year := 0.0
		for k, month := range series.Months {
			load[series.Product][k] += month.Mean * factors[series.Product]
			year += month.Mean
		}
		month := year / float64(len(series.Months))
		row := StockRow{Key: series.Key, OnHand: tens(month), InTransit: tens(month / 2)}
		if i%7 == 0 {
			row.Backlog = tens(month / 10)
		}
		if row.OnHand+row.InTransit+row.Backlog > 0 {
			s.Stock = append(s.Stock, row)
		}
	}
	total := func(product string) float64 {
		sum := 0.0
		for _, l := range load[product] {
			sum += l
		}
		return sum
	}
	slices.SortStableFunc(products, func(a, b string) int {
		return cmp.Or(cmp.Compare(total(b), total(a)), cmp.Compare(a, b))
	})

	lines := (len(products) + productsPerLine - 1) / productsPerLine
	dealt := make([][]string, lines)
	for n, product := range products {
		at := n % lines
		if n/lines%2 == 1 {
			at = lines - 1 - at
		}
		dealt[at] = append(dealt[at], product)
	}
	for i, shared := range dealt {
		line := ProductionLine{Name: fmt.Sprintf("LINE-%d", i+1)}
		loads := make([]float64, horizon)
		for _, product := range shared {
			line.Products = append(line.Products, LoadFactor{product, factors[product]})
			for k, l := range load[product] {
				loads[k] += l
			}
		}
		full := slices.Max(loads) * headroom * factor
		for k, l := range loads {
			maximum := full
			if i%2 == 0 && (k == (2+i)%horizon || k == (8+i)%horizon) {
				maximum *= serviceOfMaximum
			}
			line.Months = append(line.Months, LineMonth{
				Month:   r.First.Add(k).String(),
				Maximum: int64(math.Floor(maximum)), Actual: int64(math.Floor(maximum * actualOfMaximum)),
				Load: l,
			})
		}
		s.Lines = append(s.Lines, line)
	}
	return s, nil
}

// Bottleneck is a month in which a line's mean load is above its maximum.
type Bottleneck struct {
	Line, Month   string
	Load, Maximum float64
}

// Bottlenecks are the months in which mean load is above the maximum.
func (s Scenario) Bottlenecks() []Bottleneck {
	var found []Bottleneck
	for _, line := range s.Lines {
		for _, m := range line.Months {
			if m.Load > float64(m.Maximum) {
				found = append(found, Bottleneck{line.Name, m.Month, m.Load, float64(m.Maximum)})
			}
		}
	}
	return found
}

// CapacityCSV is one row per line, month and product:
// line, month, actual, maximum, unit, product, load_factor.
func (s Scenario) CapacityCSV() []byte {
	rows := [][]string{{"line", "month", "actual", "maximum", "unit", "product", "load_factor"}}
	for _, line := range s.Lines {
		for _, m := range line.Months {
			for _, p := range line.Products {
				rows = append(rows, []string{
					line.Name, m.Month, strconv.FormatInt(m.Actual, 10), strconv.FormatInt(m.Maximum, 10), "C62",
					p.Product, strconv.FormatFloat(p.Factor, 'f', -1, 64),
				})
			}
		}
	}
	return table(rows)
}

// StockCSV is one row per product and region:
// product, region, on_hand, in_transit, backlog.
func (s Scenario) StockCSV() []byte {
	rows := [][]string{{"product", "region", "on_hand", "in_transit", "backlog"}}
	for _, r := range s.Stock {
		rows = append(rows, []string{
			r.Product, r.Region,
			strconv.FormatInt(r.OnHand, 10), strconv.FormatInt(r.InTransit, 10), strconv.FormatInt(r.Backlog, 10),
		})
	}
	return table(rows)
}

func table(rows [][]string) []byte {
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
		panic("planner: writing to memory failed: " + err.Error())
	}
	return b.Bytes()
}

// tens rounds down to a multiple of ten.
func tens(x float64) int64 { return int64(x/10) * 10 }
