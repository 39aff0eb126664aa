package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/partnership"
	productmap "kontor/protocol/product"
	"kontor/protocol/quantity"
)

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
	v, err = d.outline(p, pre.doc.Header, productmap.Type, pre.sheet, append(productmap.Check(pre.doc), pre.refusals...), pre.notes)
	if err != nil {
		return v, err
	}
	v.Series, v.Withheld, v.Outside = len(pre.doc.Links), len(pre.outside), append(v.Outside, pre.outside...)
	v.Changes, v.Material = len(pre.changes), countMaterial(pre.changes)
	v.Sees = []Seen{{"links", "own number, the partner's number, GTIN, plant, days, units, share", "both sides name one product by two numbers"}, {"description", "the product's description", "so that people can compare"},
		{"provenance", "product desk", "every artifact says where it comes from"}}
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
		return d.unchanged(p, pre.current, out)
	}
	if findings := append(productmap.Check(pre.doc), pre.refusals...); len(findings) > 0 {
		return out, &node.Failure{Code: "PRODUCT_REFUSED", Text: fmt.Sprintf("the product map breaks %s: %s", node.Count(len(findings), "rule"), findings[0].Error()), Findings: findings}
	}
	return d.revise(ctx, p, command, protocol.KindProduct, pre.sheet, out)
}

// inBuyersNumbers names a seller's lines and stock by the numbers its buyer asks under, where the maps in force on a day say so: load per unit and stock are
// converted, the notes keep the figures as they were. What stands under the buyer's number already stays.
func inBuyersNumbers(lines []capacityRow, stock []stockRow, links []productmap.Link, asked func(string) bool, day calendar.Date) ([]capacityRow, []stockRow, []string, error) {
	r := renaming{links: links, asked: asked, day: day}
	lines = slices.Clone(lines)
	for i := range lines {
		var err error
		if lines[i].Links, err = r.loads(lines[i].Links); err != nil {
			return nil, nil, nil, err
		}
	}
	out, err := r.stock(stock)
	if err != nil {
		return nil, nil, nil, err
	}
	return lines, out, r.notes, nil
}

// renaming turns own numbers into a buyer's.
type renaming struct {
	links []productmap.Link
	asked func(string) bool // the buyer asks for the number
	day   calendar.Date
	units map[string]quantity.Unit // the buyer's, by its numbers; where a forecast in force names them
	notes []string                 // at most maxOutside
}

func (r *renaming) note(format string, args ...any) {
	if len(r.notes) < maxOutside {
		r.notes = append(r.notes, fmt.Sprintf(format, args...))
	}
}

// once notes what was not noted yet.
func (r *renaming) once(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(r.notes, text) {
		r.note("%s", text)
	}
}

// theirs are the links of an own number to numbers that are asked for; none where the own number is asked for itself.
func (r *renaming) theirs(id string) (out []productmap.Link) {
	if r.asked(id) {
		return nil
	}
	for _, l := range productmap.Find(r.links, productmap.OfSeller, id, forecast.Location{}, r.day) {
		if r.asked(l.Buyers) {
			out = append(out, l)
		}
	}
	return out
}

// loads adds to what a line makes what it makes under the buyer's numbers.
func (r *renaming) loads(links []capacityLink) ([]capacityLink, error) {
	kept := []capacityLink{}
	for _, k := range links {
		kept = append(kept, k)
		for _, l := range r.theirs(k.Product) {
			factor, err := k.Factor.Mul(l.Units)
			if err != nil {
				return nil, err
			}
			if !hasLink(kept, l.Buyers) {
				kept = append(kept, capacityLink{l.Buyers, factor})
				r.note("%s is %s of the buyer's: load %s became %s", k.Product, l.Buyers, k.Factor, factor)
			}
		}
	}
	slices.SortFunc(kept, func(a, b capacityLink) int { return strings.Compare(a.Product, b.Product) })
	return kept, nil
}

// stock adds what lies under own numbers to what lies under the buyer's, in whole units of the buyer's.
func (r *renaming) stock(stock []stockRow) ([]stockRow, error) {
	out := slices.Clone(stock)
	for _, s := range stock {
		found := r.theirs(s.Product)
		if len(found) != 1 || found[0].Kit {
			if len(found) > 0 {
				r.note("stock of %s is not counted: %d of the buyer's items, or a kit, may be made of it", s.Product, len(found))
			}
			continue
		}
		l := found[0]
		x := s
		x.Product = l.Buyers
		for _, q := range []*quantity.Quantity{&x.OnHand, &x.InTransit, &x.Backlog} {
			whole, err := wholeUnits(*q, l.Units)
			if err != nil {
				return nil, err
			}
			*q = whole
		}
		r.note("%s of %s on hand are %s of %s", s.OnHand, s.Product, x.OnHand, l.Buyers)
		at := slices.IndexFunc(out, func(o stockRow) bool { return o.Product == x.Product && o.Region == x.Region })
		if at < 0 {
			out = append(out, x)
			continue
		}
		var err error
		for _, pair := range [][2]*quantity.Quantity{{&out[at].OnHand, &x.OnHand}, {&out[at].InTransit, &x.InTransit}, {&out[at].Backlog, &x.Backlog}} {
			if *pair[0], err = pair[0].Add(*pair[1]); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
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
