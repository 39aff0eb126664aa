package desk

import (
	"cmp"
	"slices"

	"kontor/node"
	"kontor/protocol/artifact"
)

// leadRow is a lead time.
type leadRow struct {
	Product string `cbor:"product"` // "" for all that have none of their own
	Buckets int64  `cbor:"buckets"`
}

// MaxLead bounds a lead time in buckets of the forecast: no horizon reaches further.
const MaxLead = 120

// Lead is a lead time: how many buckets of the customer's forecast before a product is needed its components must have arrived.
type Lead struct {
	Product string `json:"product"` // "": all products that have none of their own
	Buckets int64  `json:"buckets"`
}

// LeadOptions set a lead time, or take it back.
type LeadOptions struct {
	Lead
	Remove bool `json:"remove,omitempty"` // the product goes by the one for all others again, and those by 0
}

// LeadView is a lead time that was set.
type LeadView struct {
	Lead
	Note string `json:"note,omitempty"` // why it changes nothing yet
}

// SetLead says how many buckets before a product is needed its components must have arrived. Edges in mode DERIVE tell their suppliers by it.
func (d *Desk) SetLead(o LeadOptions) (LeadView, error) {
	out := LeadView{Lead: o.Lead}
	if o.Buckets < 0 || o.Buckets > MaxLead {
		return out, node.Failf("BAD_LEAD", "a lead time of %d buckets is outside 0 to %d", o.Buckets, MaxLead)
	}
	if o.Product != "" && !artifact.IsName(o.Product) {
		return out, node.Failf("BAD_LEAD", "product %q is no product number: want at most %d bytes of plain text", artifact.Clip(o.Product), artifact.MaxName)
	}
	key := leadRows + rowName(o.Product)
	err := d.node.Private(func(rows node.PrivateRows) error {
		var was leadRow
		known, err := rows.Get(key, &was)
		if err != nil {
			return err
		}
		if o.Remove {
			if !known {
				return node.Failf("NOT_FOUND", "product %q has no lead time of its own; kontor tier edges lists those there are", o.Product)
			}
			if err := rows.Delete(key); err != nil {
				return err
			}
			return changed(rows)
		}
		if out.Note, err = unusedLead(rows, o.Product); err != nil {
			return err
		}
		if err := rows.Put(key, leadRow{o.Product, o.Buckets}); err != nil {
			return err
		}
		return changed(rows)
	})
	return out, err
}

// unusedLead says why the lead time of a product changes nothing yet; "" where it does.
func unusedLead(rows node.PrivateRows, product string) (string, error) {
	if product == "" {
		return "", nil
	}
	var bill billRow
	known, err := rows.Get(billRows+rowName(product), &bill)
	if err != nil || known {
		return "", err
	}
	return "the bill of materials has no product of this number: it counts once kontor bom import names it", nil
}

// listLeads are the lead times, the one for all other products first, then by product.
func listLeads(rows node.PrivateRows) (out []Lead, err error) {
	err = rows.Scan(leadRows, func(_ string, decode func(any) error) (bool, error) {
		var row leadRow
		err := decode(&row)
		out = append(out, Lead(row))
		return true, err
	})
	slices.SortFunc(out, func(a, b Lead) int { return cmp.Compare(a.Product, b.Product) })
	return out, err
}

// readLeads are the lead times by product, and the one of all others.
func readLeads(rows node.PrivateRows) (byProduct map[string]int, standard int, err error) {
	leads, err := listLeads(rows)
	byProduct = map[string]int{}
	for _, l := range leads {
		if l.Product == "" {
			standard = int(l.Buckets)
		} else {
			byProduct[l.Product] = int(l.Buckets)
		}
	}
	return byProduct, standard, err
}
