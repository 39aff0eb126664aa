package desk

import (
	"slices"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/block"
	productmap "kontor/protocol/product"
)

// ProductListing is what is known of products.
type ProductListing struct {
	Products []OwnProduct    `json:"products"`
	Links    []HeldLink      `json:"links"`    // of the maps in force, own and partners'
	Worklist []ParkedProduct `json:"worklist"` // products that nothing explains yet
}

// HeldLink is a link of a map in force.
type HeldLink struct {
	With   string `json:"with"`
	Author string `json:"author"`
	productmap.Link
}

// Products lists own items, the links in force, and what waits to be mapped: products of files, and of partners' forecasts, that nothing explains.
func (d *Desk) Products(with string) (out ProductListing, err error) {
	out = ProductListing{Products: []OwnProduct{}, Links: []HeldLink{}, Worklist: []ParkedProduct{}}
	own, err := d.ownProducts()
	if err != nil {
		return out, err
	}
	out.Products = append(out.Products, own...)
	known, err := d.knownProducts()
	if err != nil {
		return out, err
	}
	err = d.node.ReadPrivate(func(rows node.PrivateRows) error {
		return rows.Scan(worklistRows, func(_ string, decode func(any) error) (bool, error) {
			var row ParkedProduct
			err := decode(&row)
			if !known[row.Product] {
				out.Worklist = append(out.Worklist, row)
			}
			return true, err
		})
	})
	if err != nil {
		return out, err
	}
	partnerships, err := d.partnershipsWith(with)
	if err != nil {
		return out, err
	}
	for _, p := range partnerships {
		err := d.node.View(p.PID, func(r *protocol.Replica) error {
			rows, err := r.InForce(productmap.Type, block.CID{})
			if err != nil {
				return err
			}
			for _, row := range rows {
				doc, err := r.ProductMap(row.Root)
				if err != nil {
					return err
				}
				for _, l := range doc.Links {
					out.Links = append(out.Links, HeldLink{d.PartnerName(p), d.node.CompanyName(row.Author), l})
				}
			}
			return d.unexplained(p, r, known, &out)
		})
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

// unexplained adds the items of partners' forecasts in force that no own item is.
func (d *Desk) unexplained(p *node.Partnership, r *protocol.Replica, known map[string]bool, out *ProductListing) error {
	if known == nil {
		return nil
	}
	rows, err := d.theirForecasts(r)
	if err != nil {
		return err
	}
	for _, row := range rows {
		doc, err := r.Forecast(row.Root)
		if err != nil {
			return err
		}
		for _, l := range doc.Lines {
			i := l.Item
			if known[i.BuyersID] || known[i.SellersID] || i.GTIN != "" && known[i.GTIN] {
				continue
			}
			at := slices.IndexFunc(out.Worklist, func(x ParkedProduct) bool { return x.Product == i.ID() })
			if at < 0 {
				out.Worklist = append(out.Worklist, ParkedProduct{i.ID(), "forecast of " + d.node.CompanyName(row.Author), 0, row.T})
				at = len(out.Worklist) - 1
			}
			out.Worklist[at].Count++
		}
	}
	return nil
}

// preparedMap is a product map ready to be shared.
