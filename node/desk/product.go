package desk

import (
	"cmp"
	"slices"

	"kontor/node"
	"kontor/node/intake"
	"kontor/node/intake/door"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// productRows hold this company's own items by their number, with the numbers partners have for them.
const productRows = "figures/product/"

// OwnProduct is an item of this company's own.
type OwnProduct struct {
	ID          string        `cbor:"id" json:"id"`
	GTIN        string        `cbor:"gtin,omitempty" json:"gtin,omitempty"`
	Description string        `cbor:"description,omitempty" json:"description,omitempty"`
	Unit        quantity.Unit `cbor:"unit,omitempty" json:"unit,omitempty"`
	Family      string        `cbor:"family,omitempty" json:"family,omitempty"` // what its far figures are shared under (practice T3)
	Numbers     []OwnNumber   `cbor:"numbers" json:"numbers"`
}

// OwnNumber is the number a partner has for an own item.
type OwnNumber struct {
	Theirs string            `cbor:"theirs" json:"theirs"`
	With   string            `cbor:"with,omitempty" json:"with,omitempty"` // the partner; "": every one
	From   calendar.Date     `cbor:"from" json:"from"`
	Until  calendar.Date     `cbor:"until,omitzero" json:"until,omitzero"` // first day on which it holds no more
	Units  quantity.Quantity `cbor:"units" json:"units"`                   // of the seller's item in one of the buyer's
	Plant  string            `cbor:"plant,omitempty" json:"plant,omitempty"`
	Kit    bool              `cbor:"kit,omitempty" json:"kit,omitempty"`
	Share  int64             `cbor:"share,omitzero" json:"share,omitempty"` // ppm
}

// ParkedProduct is a product that nothing explains yet.
type ParkedProduct struct {
	Product string `cbor:"product" json:"product"`
	Where   string `cbor:"where" json:"where"` // the kind of file, or the partner whose document names it
	Count   int    `cbor:"count" json:"count"` // lines
	T       int64  `cbor:"t" json:"t"`         // ms UTC
}

// everSince is from when a number holds where no day is given: before any plan of this program.
var everSince = calendar.MustDate("2000-01-01")

// ImportProducts takes own items, and the numbers partners have for them, from a table.
func (d *Desk) ImportProducts(data []byte, o ImportOptions) (ImportResult, error) {
	opts, kept, err := d.readOptions(o, intake.Products)
	if err != nil {
		return ImportResult{}, err
	}
	text, opts, report, ok := door.Plain(data, door.Options{Options: opts, Format: door.Format(o.Format), Sheet: o.Sheet})
	if !ok {
		return ImportResult{Report: report}, &node.Failure{Code: "IMPORT_REFUSED", Text: refusalText(report)}
	}
	lines, report := intake.ReadProducts(text, opts)
	NoteMapping(report, kept)
	if lines == nil {
		return ImportResult{Report: report}, &node.Failure{Code: "IMPORT_REFUSED", Text: refusalText(report)}
	}
	result := ImportResult{Report: report, DryRun: o.DryRun}
	byID := map[string][]intake.Identity{}
	for _, x := range lines {
		byID[x.Item.BuyersID] = append(byID[x.Item.BuyersID], x)
	}
	err = d.change(o, &result, func(rows node.PrivateRows) error {
		if o.Replace {
			if err := rows.Clear(productRows); err != nil {
				return err
			}
		}
		for id, lines := range byID {
			var was OwnProduct
			found, err := rows.Get(productRows+rowName(id), &was)
			if err != nil {
				return err
			}
			now := OwnProduct{ID: id, GTIN: was.GTIN, Description: was.Description, Unit: was.Unit, Family: was.Family, Numbers: slices.Clone(was.Numbers)}
			for _, x := range lines {
				now.GTIN, now.Description, now.Unit = cmp.Or(x.Item.GTIN, now.GTIN), cmp.Or(x.Item.Description, now.Description), cmp.Or(x.Unit, now.Unit)
				now.Family = cmp.Or(x.Family, now.Family)
				if x.Theirs != "" {
					now.Numbers = withNumber(now.Numbers, OwnNumber{x.Theirs, x.With, cmp.Or(x.From, everSince), x.Until, orOne(x.Units), x.Plant, x.Kit, x.SharePPM})
				}
			}
			if err := putCounted(rows, productRows+rowName(id), now, was, found, &result); err != nil {
				return err
			}
		}
		return nil
	})
	return result, err
}

func orOne(q quantity.Quantity) quantity.Quantity {
	if q.IsZero() {
		return quantity.Of(1)
	}
	return q
}

// withNumber adds a number, or takes the place of the one that begins on the same day.
func withNumber(list []OwnNumber, n OwnNumber) []OwnNumber {
	list = slices.DeleteFunc(slices.Clone(list), func(x OwnNumber) bool { return sameNumber(x, n) && x.From == n.From })
	list = append(list, n)
	slices.SortFunc(list, func(a, b OwnNumber) int {
		return cmp.Or(cmp.Compare(a.Theirs, b.Theirs), cmp.Compare(a.With, b.With), cmp.Compare(a.Plant, b.Plant), cmp.Compare(a.From, b.From))
	})
	return list
}

func sameNumber(a, b OwnNumber) bool {
	return a.Theirs == b.Theirs && a.With == b.With && a.Plant == b.Plant
}

// MapOptions say what an own item is called by a partner.
type MapOptions struct {
	Own    string `json:"own"`
	Theirs string `json:"theirs"`
	With   string `json:"with,omitempty" doc:"the partner; empty: every one"`
	From   string `json:"from,omitempty"`
	Until  string `json:"until,omitempty" doc:"first day on which it holds no more"`
	Units  string `json:"units,omitempty" doc:"of the seller's item in one of the buyer's; 1 where it is not given"`
	Plant  string `json:"plant,omitempty" doc:"GLN, UN/LOCODE or region"`
	Kit    bool   `json:"kit,omitempty"`
	Remove bool   `json:"remove,omitempty"`
}

// MapProduct says what an own item is called by a partner. A number that was open ends where the new one of the same two items begins.
func (d *Desk) MapProduct(o MapOptions) (row OwnProduct, err error) {
	n := OwnNumber{Theirs: o.Theirs, With: o.With, From: everSince, Units: quantity.Of(1), Plant: o.Plant, Kit: o.Kit}
	if !artifact.IsName(o.Own) || !artifact.IsName(o.Theirs) {
		return row, node.Failf("BAD_PRODUCT", "own item %q or the partner's %q is empty, too long or not plain text", o.Own, o.Theirs)
	}
	for _, x := range []struct {
		text string
		into *calendar.Date
	}{{o.From, &n.From}, {o.Until, &n.Until}} {
		if x.text != "" {
			if *x.into, err = calendar.ParseDate(x.text); err != nil {
				return row, node.Failf("BAD_DATE", "%v", err)
			}
		}
	}
	if o.Units != "" {
		if n.Units, err = quantity.Parse(o.Units); err != nil || n.Units.Sign() <= 0 {
			return row, node.Failf("BAD_UNITS", "%q is no number above zero", o.Units)
		}
	}
	if n.Until != 0 && n.Until <= n.From {
		return row, node.Failf("BAD_DATE", "it ends on %s and begins on %s", n.Until, n.From)
	}
	if _, err := plantOf(o.Plant); err != nil {
		return row, err
	}
	err = d.node.Private(func(rows node.PrivateRows) error {
		if _, err := rows.Get(productRows+rowName(o.Own), &row); err != nil {
			return err
		}
		row.ID = o.Own
		if o.Remove {
			row.Numbers = slices.DeleteFunc(slices.Clone(row.Numbers), func(x OwnNumber) bool { return sameNumber(x, n) && (o.From == "" || x.From == n.From) })
			return rows.Put(productRows+rowName(o.Own), row)
		}
		for i, x := range row.Numbers {
			if sameNumber(x, n) && x.From < n.From && (x.Until == 0 || x.Until > n.From) {
				row.Numbers[i].Until = n.From
			}
		}
		row.Numbers = withNumber(row.Numbers, n)
		return rows.Put(productRows+rowName(o.Own), row)
	})
	return row, err
}

func plantOf(text string) (l forecast.Location, err error) {
	switch {
	case text == "":
	case forecast.ValidGLN(text):
		l.GLN = text
	case forecast.ValidUNLOCODE(text):
		l.UNLOCODE = text
	case forecast.ValidRegion(text):
		l.Region = text
	default:
		return l, node.Failf("BAD_PLACE", "plant %q is no GLN, UN/LOCODE or region", text)
	}
	return l, nil
}

func (d *Desk) ownProducts() (out []OwnProduct, err error) {
	err = d.node.ReadPrivate(func(rows node.PrivateRows) error {
		return rows.Scan(productRows, func(_ string, decode func(any) error) (bool, error) {
			var row OwnProduct
			err := decode(&row)
			out = append(out, row)
			return true, err
		})
	})
	return out, err
}

// knownProducts are the numbers an import takes: own ones, GTINs, and those that maps explain. Nil while this company keeps no products.
func (d *Desk) knownProducts() (map[string]bool, error) {
	own, err := d.ownProducts()
	if err != nil || len(own) == 0 {
		return nil, err
	}
	known := map[string]bool{}
	for _, p := range own {
		known[p.ID], known[p.GTIN] = true, true
		for _, n := range p.Numbers {
			known[n.Theirs] = true
		}
	}
	for _, p := range d.node.Partnerships() {
		err := d.node.View(p.PID, func(r *protocol.Replica) error {
			links, err := r.ProductLinks()
			for _, l := range links {
				if known[l.Buyers] || known[l.Sellers] {
					known[l.Buyers], known[l.Sellers] = true, true
				}
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	delete(known, "")
	return known, nil
}

// park keeps the products a file named that nothing explains.
func (d *Desk) park(report *intake.Report, o ImportOptions) error {
	if len(report.Worklist) == 0 || o.DryRun {
		return nil
	}
	return d.node.Private(func(rows node.PrivateRows) error {
		for _, u := range report.Worklist {
			row := ParkedProduct{u.Product, "file of kind " + string(report.Kind), u.Count, d.node.Now()}
			if err := rows.Put(worklistRows+rowName(u.Product), row); err != nil {
				return err
			}
		}
		return nil
	})
}
