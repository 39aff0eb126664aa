package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"kontor/node"
	"kontor/node/intake"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/partnership"
	productmap "kontor/protocol/product"
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
	lines, report := intake.ReadProducts(data, opts)
	noteKept(report, kept)
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
			now := OwnProduct{ID: id, GTIN: was.GTIN, Description: was.Description, Unit: was.Unit, Numbers: slices.Clone(was.Numbers)}
			for _, x := range lines {
				now.GTIN, now.Description, now.Unit = cmp.Or(x.Item.GTIN, now.GTIN), cmp.Or(x.Item.Description, now.Description), cmp.Or(x.Unit, now.Unit)
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
	partners := d.node.Partnerships()
	if with != "" {
		p, err := d.Partner(with, "")
		if err != nil {
			return out, err
		}
		partners = []*node.Partnership{p}
	}
	for _, p := range partners {
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
	rows, err := r.InForce(forecast.Type, block.CID{})
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.Author == d.node.Company() {
			continue
		}
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
type preparedMap struct {
	doc      productmap.Document
	sheet    block.Sheet
	current  *protocol.ArtifactRow
	changes  []artifact.Change
	outside  []string
	refusals []artifact.Finding
	notes    []string
}

func (d *Desk) prepareMap(p *node.Partnership) (out preparedMap, err error) {
	leaving, err := d.leaving(p, protocol.KindProduct)
	if err != nil {
		return out, err
	}
	own, err := d.ownProducts()
	if err != nil {
		return out, err
	}
	s, err := d.series(p.PID, productmap.Type, "own")
	if err != nil {
		return out, err
	}
	seller, texts := d.node.Own(p).Role == partnership.RoleSeller, d.texts(p)
	for _, x := range own {
		for _, n := range x.Numbers {
			if n.With != "" && !d.names(p, n.With) {
				continue
			}
			plant, err := plantOf(n.Plant)
			if err != nil {
				return out, err
			}
			l := productmap.Link{Buyers: x.ID, Sellers: n.Theirs, GTIN: x.GTIN, Plant: plant, From: n.From, Until: n.Until, Units: n.Units, Kit: n.Kit, Share: n.Share,
				Description: texts.mask("links."+x.ID+".description", x.Description)}
			if seller {
				l.Buyers, l.Sellers = l.Sellers, l.Buyers
			}
			in := slices.ContainsFunc(leaving.Scopes(), func(s artifact.Scope) bool { return s.HasProduct(l.Buyers, l.Sellers, l.GTIN) })
			if !in {
				if len(out.outside) < maxOutside {
					out.outside = append(out.outside, x.ID+": outside the scope")
				}
				continue
			}
			out.doc.Links = append(out.doc.Links, l)
		}
	}
	if len(out.doc.Links) == 0 {
		return out, node.Failf("NO_DRAFT", "no own product has a number of %s's to share; run: kontor product map OWN THEIRS, or kontor product import FILE", d.PartnerName(p))
	}
	slices.SortFunc(out.doc.Links, func(a, b productmap.Link) int { return strings.Compare(a.Key(), b.Key()) })
	out.notes, out.refusals = texts.notes, texts.refusals
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		h, current, err := d.next(r, productmap.Type, s, d.node.Now())
		if err != nil {
			return err
		}
		h.Scope, h.Provenance = leaving.Scope, artifact.Provenance{SourceSystem: "product desk", ExtractedAt: h.Issued, Activity: "EDIT"}
		out.doc.Header, out.current = h, current
		if current == nil {
			return nil
		}
		before, err := r.ProductMap(current.Root)
		if err == nil {
			out.changes, err = artifact.Compare(before, out.doc, nil)
		}
		return err
	})
	if err != nil {
		return out, err
	}
	out.sheet, err = productmap.ToSheet(out.doc, s.Key)
	return out, err
}

// PreviewProducts shows the product map a partner would hold.
func (d *Desk) PreviewProducts(with string) (v Preview, err error) {
	p, err := d.Partner(with, "")
	if err != nil {
		return v, err
	}
	pre, err := d.prepareMap(p)
	if err != nil {
		return v, err
	}
	root, below, err := pre.sheet.Build()
	if err != nil {
		return v, err
	}
	v = Preview{With: d.PartnerName(p), Type: productmap.Type, Revision: pre.doc.Header.Revision, Series: len(pre.doc.Links), Bytes: len(root.Data), Withheld: len(pre.outside), Outside: append([]string{}, pre.outside...),
		Changes: len(pre.changes), Material: countMaterial(pre.changes), Notes: append([]string{}, pre.notes...), Findings: append(productmap.Check(pre.doc), pre.refusals...), Inferable: []string{}, Sample: []forecast.Line{},
		Sees: []Seen{{"links", "own number, the partner's number, GTIN, plant, days, units, share", "both sides name one product by two numbers"}, {"description", "the product's description", "so that people can compare"},
			{"provenance", "product desk", "every artifact says where it comes from"}}}
	for _, b := range below {
		v.Bytes += len(b.Data)
	}
	return v, nil
}

// ShareProducts shares the product map with a partner as its next revision.
func (d *Desk) ShareProducts(ctx context.Context, with string, command node.Command) (out Shared, err error) {
	p, err := d.Partner(with, "")
	if err != nil {
		return out, err
	}
	pre, err := d.prepareMap(p)
	if err != nil {
		return out, err
	}
	out = Shared{With: d.PartnerName(p), Revision: pre.doc.Header.Revision, Series: len(pre.doc.Links), Changes: len(pre.changes)}
	if pre.current != nil && len(pre.changes) == 0 {
		out.CID, out.Entry, out.Revision, out.Unchanged = pre.current.Root, pre.current.Entry, pre.current.Revision, true
		out.Waits, err = d.waits(p, out.Entry)
		return out, err
	}
	if findings := append(productmap.Check(pre.doc), pre.refusals...); len(findings) > 0 {
		return out, &node.Failure{Code: "PRODUCT_REFUSED", Text: fmt.Sprintf("the product map breaks %s: %s", node.Count(len(findings), "rule"), findings[0].Error()), Findings: findings}
	}
	w, size, err := d.share(ctx, p, command, protocol.KindProduct, pre.sheet)
	if err != nil {
		return out, err
	}
	out.CID, out.Entry, out.Bytes = *w.Body, w.Entry, size
	out.Waits, err = d.waits(p, out.Entry)
	return out, err
}

// inBuyersNumbers names a seller's lines and stock by the numbers its buyer asks under, where the maps in force on a day say so: load per unit and stock are
// converted, the notes keep the figures as they were. What stands under the buyer's number already stays.
func inBuyersNumbers(lines []capacityRow, stock []stockRow, links []productmap.Link, asked func(string) bool, day calendar.Date) ([]capacityRow, []stockRow, []string, error) {
	var notes []string
	note := func(format string, args ...any) {
		if len(notes) < maxOutside {
			notes = append(notes, fmt.Sprintf(format, args...))
		}
	}
	// theirs are the links of an own number to numbers that are asked for.
	theirs := func(id string) (out []productmap.Link) {
		if asked(id) {
			return nil
		}
		for _, l := range productmap.Find(links, productmap.OfSeller, id, forecast.Location{}, day) {
			if asked(l.Buyers) {
				out = append(out, l)
			}
		}
		return out
	}
	lines = slices.Clone(lines)
	for i := range lines {
		kept := []capacityLink{}
		for _, k := range lines[i].Links {
			kept = append(kept, k)
			for _, l := range theirs(k.Product) {
				factor, err := k.Factor.Mul(l.Units)
				if err != nil {
					return nil, nil, nil, err
				}
				if !hasLink(kept, l.Buyers) {
					kept = append(kept, capacityLink{l.Buyers, factor})
					note("%s is %s of the buyer's: load %s became %s", k.Product, l.Buyers, k.Factor, factor)
				}
			}
		}
		slices.SortFunc(kept, func(a, b capacityLink) int { return strings.Compare(a.Product, b.Product) })
		lines[i].Links = kept
	}
	out := slices.Clone(stock)
	for _, s := range stock {
		found := theirs(s.Product)
		if len(found) != 1 || found[0].Kit {
			if len(found) > 0 {
				note("stock of %s is not counted: %d of the buyer's items, or a kit, may be made of it", s.Product, len(found))
			}
			continue
		}
		l := found[0]
		x := s
		x.Product = l.Buyers
		for _, q := range []*quantity.Quantity{&x.OnHand, &x.InTransit, &x.Backlog} {
			whole, err := wholeUnits(*q, l.Units)
			if err != nil {
				return nil, nil, nil, err
			}
			*q = whole
		}
		note("%s of %s on hand are %s of %s", s.OnHand, s.Product, x.OnHand, l.Buyers)
		if at := slices.IndexFunc(out, func(o stockRow) bool { return o.Product == x.Product && o.Region == x.Region }); at >= 0 {
			var err error
			for _, pair := range [][2]*quantity.Quantity{{&out[at].OnHand, &x.OnHand}, {&out[at].InTransit, &x.InTransit}, {&out[at].Backlog, &x.Backlog}} {
				if *pair[0], err = pair[0].Add(*pair[1]); err != nil {
					return nil, nil, nil, err
				}
			}
			continue
		}
		out = append(out, x)
	}
	return lines, out, notes, nil
}

// wholeUnits is how many whole packs of some units are in a quantity: what is less than one is none.
func wholeUnits(q, units quantity.Quantity) (quantity.Quantity, error) {
	e := min(q.Exponent(), units.Exponent())
	a, okA := q.At(e)
	b, okB := units.At(e)
	if !okA || !okB || b.Sign() <= 0 {
		return quantity.Quantity{}, fmt.Errorf("convert %s by %s: out of range", q, units)
	}
	return quantity.FromBig(a.Quo(a, b), 0)
}
