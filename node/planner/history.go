package planner

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"kontor/protocol/calendar"
)

// Bounds of a history. They keep one forecast inside a second or two and a few
// hundred megabytes; a company with more series forecasts them in parts.
const (
	MaxSeries = 20_000
	MaxMonths = 1_200 // a hundred years
)

// Key names one series.
type Key struct{ Product, Region string }

// Compare orders keys by product, then region.
func (k Key) Compare(other Key) int {
	return cmp.Or(cmp.Compare(k.Product, other.Product), cmp.Compare(k.Region, other.Region))
}

// Record is the quantity of one product in one region in one month. Several
// records of one series and month add up.
type Record struct {
	Key
	Month    calendar.Month
	Quantity float64 // in the product's own unit, not negative
}

// History holds equally long monthly series without holes: a month nobody
// reported is a month in which nothing was needed.
type History struct {
	First  calendar.Month // of every series
	Months int            // length of every series
	Keys   []Key          // ascending
	Values [][]float64    // Values[i][t] belongs to Keys[i] and First+t
}

// NewHistory arranges records into series. Every product is paired with every
// region, because a pair without deliveries has a forecast too: one that says
// how seldom such pairs begin. The series run from the first record's month
// through last, also where last has no record; records after last are refused.
func NewHistory(records []Record, last calendar.Month) (History, error) {
	if len(records) == 0 {
		return History{}, fmt.Errorf("arrange history: there is no record")
	}
	first := records[0].Month
	var products, regions []string
	for _, r := range records {
		if r.Product == "" {
			return History{}, fmt.Errorf("arrange history: a record of %s in region %q has no product", r.Month, r.Region)
		}
		if math.IsNaN(r.Quantity) || math.IsInf(r.Quantity, 0) || r.Quantity < 0 {
			return History{}, fmt.Errorf("arrange history: quantity %v of %q in %q, %s: want a number of 0 or more", r.Quantity, r.Product, r.Region, r.Month)
		}
		if r.Month > last {
			return History{}, fmt.Errorf("arrange history: a record of %q in %q is of %s, after the last month %s", r.Product, r.Region, r.Month, last)
		}
		first = min(first, r.Month)
		products = append(products, r.Product)
		regions = append(regions, r.Region)
	}
	products, regions = distinct(products), distinct(regions)
	months := int(last-first) + 1
	if months > MaxMonths {
		return History{}, fmt.Errorf("arrange history: %s to %s are %d months, more than %d", first, last, months, MaxMonths)
	}
	if n := len(products) * len(regions); n > MaxSeries {
		return History{}, fmt.Errorf("arrange history: %d products x %d regions are %d series, more than %d", len(products), len(regions), n, MaxSeries)
	}

	h := History{First: first, Months: months}
	row := make(map[Key]int, len(products)*len(regions))
	for _, product := range products {
		for _, region := range regions {
			key := Key{product, region}
			row[key] = len(h.Keys)
			h.Keys = append(h.Keys, key)
			h.Values = append(h.Values, make([]float64, months))
		}
	}
	for _, r := range records {
		h.Values[row[r.Key]][r.Month-first] += r.Quantity
	}
	return h, nil
}

// Last is the last month of every series.
func (h History) Last() calendar.Month { return h.First + calendar.Month(h.Months) - 1 }

// Until is the history as it was known at the end of the month last. It shares
// no value with h, so that nothing later can be looked at by accident.
func (h History) Until(last calendar.Month) (History, error) {
	if last < h.First || last > h.Last() {
		return History{}, fmt.Errorf("cut history: %s lies outside %s to %s", last, h.First, h.Last())
	}
	cut := History{First: h.First, Months: int(last-h.First) + 1, Keys: slices.Clone(h.Keys)}
	for _, values := range h.Values {
		cut.Values = append(cut.Values, slices.Clone(values[:cut.Months]))
	}
	return cut, nil
}

// Shifted moves every month by whole years.
func (h History) Shifted(years int) History {
	h.First = h.First.Add(12 * years)
	return h
}

func distinct(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

// indexes numbers the products and regions of the keys from 0.
func (h History) indexes() (product, region []int, products, regions int) {
	productOf, regionOf := map[string]int{}, map[string]int{}
	for _, key := range h.Keys {
		if _, ok := productOf[key.Product]; !ok {
			productOf[key.Product] = len(productOf)
		}
		if _, ok := regionOf[key.Region]; !ok {
			regionOf[key.Region] = len(regionOf)
		}
		product = append(product, productOf[key.Product])
		region = append(region, regionOf[key.Region])
	}
	return product, region, len(productOf), len(regionOf)
}
