package release

import (
	"fmt"
	"maps"
	"slices"
)

// Inferable says what the receiver of an item's figures could work out (practice T10): quantities may be inferable where one
// product or one customer stands behind them, and nothing more is promised than to say so.
type Inferable struct {
	Item         string   `json:"item"`
	Products     []string `json:"products"`     // behind it, ascending
	Contributors []string `json:"contributors"` // behind it, ascending
}

// Infer lists the items behind which one contributor or one product stands, ascending. products names the products of an item; an
// item that is not there is judged by its contributors alone.
func Infer(cells []Cell, products map[string][]string) []Inferable {
	behind := map[string]map[string]bool{}
	for _, c := range cells {
		if c.Own {
			continue
		}
		if behind[c.Item] == nil {
			behind[c.Item] = map[string]bool{}
		}
		for _, p := range c.Parts {
			behind[c.Item][p.Contributor] = true
		}
	}
	var out []Inferable
	for _, item := range slices.Sorted(maps.Keys(behind)) {
		i := Inferable{Item: item, Products: slices.Compact(slices.Sorted(slices.Values(products[item]))), Contributors: slices.Sorted(maps.Keys(behind[item]))}
		if len(i.Products) == 1 || len(i.Contributors) <= 1 {
			out = append(out, i)
		}
	}
	return out
}

// String says it to the officer who decides. It names products and customers and is never sent to anyone.
func (i Inferable) String() string {
	one, only := len(i.Contributors) == 1, len(i.Products) == 1
	switch {
	case one && only:
		return fmt.Sprintf("%s: inferable: this shows one customer's total; only product %s of %s stands behind it, and dividing by its content gives that customer's demand for that product", i.Item, i.Products[0], i.Contributors[0])
	case one:
		return fmt.Sprintf("%s: inferable: this shows one customer's total; only %s stands behind it, and its figures show how that customer's demand moves", i.Item, i.Contributors[0])
	case only:
		return fmt.Sprintf("%s: inferable: only product %s stands behind it, and dividing by its content gives the demand for that product", i.Item, i.Products[0])
	}
	return fmt.Sprintf("%s: nothing is known of who stands behind it", i.Item)
}
