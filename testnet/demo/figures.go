package demo

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"

	"kontor/node/intake"
	"kontor/node/planner"
	"kontor/protocol/calendar"
	"kontor/testnet/data"
)

// figures are the tables the demonstration runs on: deliveries taken as past need, packs, and what a pack contains.
type figures struct {
	monthly, products, bill []byte
	source                  string
	dropLast                bool // the last month is incomplete
}

// loadFigures reads the tables built in, or others of the same shape from a directory.
func loadFigures(dir string) (figures, error) {
	if dir == "" {
		return figures{data.Monthly(), data.Products(), data.BillOfMaterials(),
			"USAID SCMS delivery history 2006-2015 (US Government public-domain records), deliveries taken as the agency's past need", true}, nil
	}
	f := figures{source: dir}
	for name, into := range map[string]*[]byte{"monthly.csv": &f.monthly, "products.csv": &f.products, "bill_of_materials.csv": &f.bill} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return f, fmt.Errorf("--data %s: %w; a directory holds monthly.csv, products.csv and bill_of_materials.csv", dir, err)
		}
		*into = b
	}
	// Whether the last month of other figures is complete nobody here knows; it is dropped as with our own, and said.
	f.dropLast = true
	return f, nil
}

// scenario is the maker's capacity and stock for these figures, as files.
type scenario struct {
	capacity, stock, prices []byte
	first                   calendar.Month // of the horizon
}

// makeScenario derives capacity and stock from the same baseline the agency's node computes, so that at factor 1 some lines are bottlenecks in some
// months and at factor 2 none is. See planner.Scenario for the rule.
func (f figures) makeScenario(today calendar.Date, factor float64) (scenario, error) {
	draft, report := intake.Read(f.monthly, intake.Options{Kind: intake.History})
	if draft == nil {
		return scenario{}, fmt.Errorf("monthly.csv: %s", report.Complaints[0].String())
	}
	var records []planner.Record
	var last calendar.Month
	for _, row := range draft.History {
		last = max(last, row.Month())
	}
	if f.dropLast {
		last--
	}
	for _, row := range draft.History {
		amount, err := strconv.ParseFloat(row.Quantity.String(), 64)
		if err != nil {
			return scenario{}, err
		}
		if row.Month() <= last {
			records = append(records, planner.Record{Key: planner.Key{Product: row.Product, Region: row.Region}, Month: row.Month(), Quantity: amount})
		}
	}
	history, err := planner.NewHistory(records, last)
	if err != nil {
		return scenario{}, err
	}
	shift := planner.ShiftAhead(history.Last(), today)
	result, err := planner.Forecast(history.Shifted(shift.Years), planner.Options{LeadIn: shift.LeadIn})
	if err != nil {
		return scenario{}, err
	}
	packs, err := packSizes(f.products)
	if err != nil {
		return scenario{}, err
	}
	made, err := planner.MakeScenario(result, packs, factor)
	if err != nil {
		return scenario{}, err
	}
	s := scenario{capacity: made.CapacityCSV(), stock: made.StockCSV(), first: shift.First}
	s.prices, err = f.unitPrices()
	return s, err
}

func packSizes(products []byte) (map[string]int64, error) {
	draft, report := intake.Read(products, intake.Options{Kind: intake.Products})
	if draft == nil {
		return nil, fmt.Errorf("products.csv: %s", report.Complaints[0].String())
	}
	out := map[string]int64{}
	for _, p := range draft.Products {
		n, err := strconv.ParseInt(p.PackSize.String(), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("products.csv: pack size of %q: %w", p.Product, err)
		}
		out[p.Product] = n
	}
	return out, nil
}

// unitPrices are average delivered values per pack, for what an exception is worth. Figures without a value column have none.
func (f figures) unitPrices() ([]byte, error) {
	rows, err := csv.NewReader(bytes.NewReader(f.monthly)).ReadAll()
	if err != nil || len(rows) < 2 {
		return nil, err
	}
	product, packs, value := slices.Index(rows[0], "product"), slices.Index(rows[0], "packs_delivered"), slices.Index(rows[0], "value_usd")
	if product < 0 || packs < 0 || value < 0 {
		return nil, nil
	}
	type sum struct{ packs, value *big.Rat }
	sums := map[string]sum{}
	for _, row := range rows[1:] {
		n, okN := new(big.Rat).SetString(row[packs])
		v, okV := new(big.Rat).SetString(row[value])
		if !okN || !okV {
			continue
		}
		s, known := sums[row[product]]
		if !known {
			s = sum{new(big.Rat), new(big.Rat)}
			sums[row[product]] = s
		}
		s.packs.Add(s.packs, n)
		s.value.Add(s.value, v)
	}
	var names []string
	for name := range sums {
		names = append(names, name)
	}
	sort.Strings(names)
	out := [][]string{{"product", "price", "currency"}}
	for _, name := range names {
		if s := sums[name]; s.packs.Sign() > 0 {
			out = append(out, []string{name, new(big.Rat).Quo(s.value, s.packs).FloatString(4), "USD"})
		}
	}
	return intake.Write(out), nil
}

// names are the agency's product codes and countries: words of its world that must never reach the ingredient maker.
func (f figures) names() (products, countries []string, err error) {
	draft, report := intake.Read(f.monthly, intake.Options{Kind: intake.History})
	if draft == nil {
		return nil, nil, fmt.Errorf("monthly.csv: %s", report.Complaints[0].String())
	}
	seen := map[string]bool{}
	for _, row := range draft.History {
		if !seen["product "+row.Product] {
			seen["product "+row.Product] = true
			products = append(products, row.Product)
		}
		if !seen["country "+row.Region] {
			seen["country "+row.Region] = true
			countries = append(countries, row.Region)
		}
	}
	return products, countries, nil
}
