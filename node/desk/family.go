package desk

import (
	"kontor/node"
	"kontor/protocol/artifact"
	"kontor/protocol/forecast"
)

// FamilyOptions say which family an own product counts to.
type FamilyOptions struct {
	Family   string   `json:"family" doc:"empty: none"`
	Products []string `json:"products"`
}

// SetFamily counts own products to a family. Far figures leave under its name where a scope's grain says so (practice T3).
func (d *Desk) SetFamily(o FamilyOptions) (out []OwnProduct, err error) {
	if o.Family != "" && !artifact.IsName(o.Family) || len(o.Products) == 0 {
		return nil, node.Failf("BAD_FAMILY", "family %q of %s: want a name, and the products that count to it", o.Family, node.Count(len(o.Products), "product"))
	}
	err = d.node.Private(func(rows node.PrivateRows) error {
		out = nil
		if found, err := rows.Get(productRows+rowName(o.Family), &OwnProduct{}); err != nil || found {
			if found {
				err = node.Failf("BAD_FAMILY", "%q is a product's number; a family needs a name of its own", o.Family)
			}
			return err
		}
		for _, id := range o.Products {
			var row OwnProduct
			if found, err := rows.Get(productRows+rowName(id), &row); err != nil {
				return err
			} else if !found {
				return node.Failf("NO_SUCH_PRODUCT", "%q is no own product; kontor product list shows them, kontor product import takes more", id)
			}
			row.Family = o.Family
			if err := rows.Put(productRows+rowName(id), row); err != nil {
				return err
			}
			out = append(out, row)
		}
		return nil
	})
	return out, err
}

// families tells the family of an item by any of its numbers; "" for none.
func (d *Desk) families() (func(forecast.Item) string, error) {
	own, err := d.ownProducts()
	of := map[string]string{}
	for _, p := range own {
		if p.Family == "" {
			continue
		}
		of[p.ID] = p.Family
		if p.GTIN != "" {
			of[p.GTIN] = p.Family
		}
		for _, n := range p.Numbers {
			of[n.Theirs] = p.Family
		}
	}
	return func(i forecast.Item) string {
		for _, id := range []string{i.BuyersID, i.SellersID, i.GTIN} {
			if name := of[id]; id != "" && name != "" {
				return name
			}
		}
		return ""
	}, err
}
