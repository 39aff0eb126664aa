package desk

import (
	"slices"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/campaign"
	"kontor/protocol/forecast"
	productmap "kontor/protocol/product"
	"kontor/protocol/quality"
	"kontor/protocol/quantity"
)

// This file puts quantities of a seller's documents into its buyer's pack sizes: of lot blocks and complaints, and of what events are planned to sell on top
// and offer (decisions 0092 and 0100).

// packs is how an own item becomes a buyer's: its number, how many own units are in one of the buyer's, and the buyer's unit.
type packs struct {
	buyers string
	units  quantity.Quantity
	unit   quantity.Unit
}

// liftPlaces are the decimals of a lift that is divided by a pack size.
const liftPlaces = 3

// buyersUnits are the units that the forecasts in force ask in, by every number of an item.
func buyersUnits(r *protocol.Replica) (map[string]quantity.Unit, error) {
	rows, err := r.InForce(forecast.Type, block.CID{})
	if err != nil {
		return nil, err
	}
	units := map[string]quantity.Unit{}
	for _, row := range rows {
		doc, err := r.Forecast(row.Root)
		if err != nil {
			return nil, err
		}
		for _, l := range doc.Lines {
			units[l.Item.ID()] = l.Unit
		}
	}
	return units, nil
}

// single is the one link that makes an own item a whole item of the buyer's, and nothing else does; false where several do, or it is a part.
func (r *renaming) single(id string) (productmap.Link, bool) {
	found := r.theirs(id)
	if len(found) != 1 || found[0].Kit || found[0].Units.Sign() <= 0 || len(productmap.Find(r.links, productmap.OfBuyer, found[0].Buyers, forecast.Location{}, r.day)) != 1 {
		return productmap.Link{}, false
	}
	return found[0], true
}

// packed is the buyer's pack of an own item of another size, where a forecast in force says in which unit the buyer counts it.
func (r *renaming) packed(id string) (packs, bool) {
	l, one := r.single(id)
	if !one || l.Units == quantity.Of(1) {
		return packs{}, false
	}
	unit, asked := r.units[l.Buyers]
	if !asked {
		r.once("%s keeps its own number: no forecast in force says in which unit %s is counted", id, l.Buyers)
		return packs{}, false
	}
	return packs{l.Buyers, l.Units, unit}, true
}

// lotBlock counts a blocked lot in the buyer's packs: a pack with one unit of the lot in it is blocked, so that what is left over makes a whole one.
func (r *renaming) lotBlock(b *quality.Block) {
	own := b.Item.ID()
	p, ok := r.packed(own)
	if !ok || own == b.Item.GTIN || b.Item.BuyersID != "" && b.Item.SellersID != "" {
		r.item(&b.Item)
		return
	}
	whole, err := p.holding(b.Quantity)
	if err != nil {
		r.once("block %s keeps its own number: %v", b.ID, err)
		return
	}
	r.once("block %s: %s of %s are in %s of %s", b.ID, b.Unit.Said(b.Quantity.String()), own, p.unit.Said(whole.String()), p.buyers)
	b.Item = forecast.Item{BuyersID: p.buyers, SellersID: own, Description: b.Item.Description}
	b.Quantity, b.Unit = whole, p.unit
}

// complaint counts the units of a complaint in the buyer's packs, as a lot block does: a pack with one such unit in it is complained of.
func (r *renaming) complaint(c *quality.Complaint) {
	own := c.Item.ID()
	p, ok := r.packed(own)
	if !ok || own == c.Item.GTIN || c.Item.BuyersID != "" && c.Item.SellersID != "" {
		r.item(&c.Item)
		return
	}
	whole, err := p.holding(c.Units)
	if err != nil {
		r.once("complaint %s keeps its own number: %v", c.ID, err)
		return
	}
	r.once("complaint %s: %s of %s are in %s of %s", c.ID, c.Unit.Said(c.Units.String()), own, p.unit.Said(whole.String()), p.buyers)
	c.Item = forecast.Item{BuyersID: p.buyers, SellersID: own, Description: c.Item.Description}
	c.Units, c.Unit = whole, p.unit
}

// counts names the item of counts of defects, whose rate no pack size changes the meaning of: how many packs are bad does not follow from how many of their units are.
func (r *renaming) counts(i *forecast.Item) {
	own := i.ID()
	if l, one := r.single(own); one && l.Units != quantity.Of(1) && own != i.GTIN && (i.BuyersID == "" || i.SellersID == "") {
		r.once("counts of %s keep its own number: how many of %s, in which there are %s, are bad does not follow from bad units", own, l.Buyers, l.Units)
		return
	}
	r.item(i)
}

// holding is how many packs a quantity of own units is in: a pack with one of them in it counts.
func (p packs) holding(q quantity.Quantity) (whole quantity.Quantity, err error) {
	if whole, err = wholeUnits(q, p.units); err != nil {
		return whole, err
	}
	covered, err := whole.Mul(p.units)
	if err == nil && covered.Less(q) {
		return whole.Add(quantity.Of(1))
	}
	return whole, err
}

// offers are those of an event with those of an own item as they hold for the buyer's packs: a share off the price is the same, an amount off and a price are those of
// all units in the pack, and so many units for one are packs where they make whole ones. False where one holds for no pack.
func (r *renaming) offers(offers []campaign.Offer, own string, p packs) (out []campaign.Offer, ok bool) {
	out = slices.Clone(offers)
	for i := range out {
		o := &out[i]
		if o.Item != own {
			continue
		}
		o.Item = p.buyers
		if o.MinUnits != 0 {
			least, err := wholeUnits(quantity.Of(o.MinUnits), p.units)
			back, again := least.Mul(p.units)
			n, whole := least.At(0)
			if err != nil || again != nil || back != quantity.Of(o.MinUnits) || !whole || !n.IsInt64() {
				return nil, false
			}
			o.MinUnits = n.Int64()
		}
		if o.Amount != nil {
			minor, err := quantity.Of(o.Amount.Minor).Mul(p.units)
			n, whole := minor.At(0)
			if err != nil || !whole || !n.IsInt64() {
				return nil, false
			}
			o.Amount = &quantity.Money{Minor: n.Int64(), Currency: o.Amount.Currency}
		}
		if o.Price != nil {
			price := *o.Price
			var err error
			if price.Amount, err = price.Amount.Mul(p.units); err != nil {
				return nil, false
			}
			o.Price, o.Unit = &price, p.unit
		}
	}
	return out, true
}

// inPacks counts the lift of an event and its offers in the buyer's packs, where all that the event says of the item holds for a pack as for a unit.
func (r *renaming) inPacks(e *campaign.Event) {
	for i := range e.Items {
		own := e.Items[i].ID()
		p, ok := r.packed(own)
		if !ok || own == e.Items[i].GTIN || e.Items[i].BuyersID != "" && e.Items[i].SellersID != "" {
			continue
		}
		offers, ok := r.offers(e.Offers, own, p)
		if !ok {
			r.once("%s keeps its own number in event %s: its offer is of so many units that they make no whole pack of %s", own, e.ID, p.units)
			continue
		}
		lifted, ok := r.lifts(e.Impacts, own, p)
		if !ok {
			r.once("%s keeps its own number in event %s: its lift does not divide into packs of %s", own, e.ID, p.units)
			continue
		}
		e.Impacts, e.Offers = lifted, offers
		e.Items[i] = forecast.Item{BuyersID: p.buyers, SellersID: own, Description: e.Items[i].Description}
		if e.Launch != nil && e.Launch.Item == own {
			launch := *e.Launch
			launch.Item = p.buyers
			e.Launch = &launch
		}
	}
}

// lifts are the impacts of an event with those of an own item in the buyer's packs; false where a figure does not divide.
func (r *renaming) lifts(impacts []campaign.Impact, own string, p packs) (out []campaign.Impact, ok bool) {
	out = slices.Clone(impacts)
	ok = true
	divide := func(q quantity.Quantity) quantity.Quantity {
		share, err := q.Quo(p.units)
		if err != nil {
			ok = false
			return q
		}
		rounded, err := share.Round(liftPlaces)
		ok = ok && err == nil
		return rounded
	}
	for i := range out {
		m := &out[i]
		if m.Item != own {
			continue
		}
		before := m.Unit.Said(m.Lift.String())
		m.Lift = divide(m.Lift)
		if m.Baseline != nil {
			baseline := divide(*m.Baseline)
			m.Baseline = &baseline
		}
		m.Quantiles = slices.Clone(m.Quantiles)
		for k := range m.Quantiles {
			m.Quantiles[k].Q = divide(m.Quantiles[k].Q)
		}
		m.Item, m.Unit = p.buyers, p.unit
		if ok {
			r.once("%s of %s on top in %s became %s of %s", before, own, m.Bucket, m.Unit.Said(m.Lift.String()), p.buyers)
		}
	}
	return out, ok
}
