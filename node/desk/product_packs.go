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

// This file puts quantities of a seller's documents into its buyer's pack sizes: of lot blocks, and of what events are planned to sell on top (decision 0092).

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
	whole, err := wholeUnits(b.Quantity, p.units)
	if err == nil {
		var covered quantity.Quantity
		if covered, err = whole.Mul(p.units); err == nil && covered.Less(b.Quantity) {
			whole, err = whole.Add(quantity.Of(1))
		}
	}
	if err != nil {
		r.once("block %s keeps its own number: %v", b.ID, err)
		return
	}
	r.once("block %s: %s of %s are in %s of %s", b.ID, b.Unit.Said(b.Quantity.String()), own, p.unit.Said(whole.String()), p.buyers)
	b.Item = forecast.Item{BuyersID: p.buyers, SellersID: own, Description: b.Item.Description}
	b.Quantity, b.Unit = whole, p.unit
}

// inPacks counts the lift of an event in the buyer's packs, where all that the event says of the item holds for a pack as for a unit: a share off the price does, an
// amount off, or so many units for one, does not.
func (r *renaming) inPacks(e *campaign.Event) {
	for i := range e.Items {
		own := e.Items[i].ID()
		p, ok := r.packed(own)
		if !ok || own == e.Items[i].GTIN || e.Items[i].BuyersID != "" && e.Items[i].SellersID != "" {
			continue
		}
		if slices.ContainsFunc(e.Offers, func(o campaign.Offer) bool {
			return o.Item == own && (o.Amount != nil || o.Price != nil || o.MinUnits != 0)
		}) {
			r.once("%s keeps its own number in event %s: its offer is of one unit, not of a pack", own, e.ID)
			continue
		}
		lifted, ok := r.lifts(e.Impacts, own, p)
		if !ok {
			r.once("%s keeps its own number in event %s: its lift does not divide into packs of %s", own, e.ID, p.units)
			continue
		}
		e.Impacts = lifted
		e.Items[i] = forecast.Item{BuyersID: p.buyers, SellersID: own, Description: e.Items[i].Description}
		for k := range e.Offers {
			if e.Offers[k].Item == own {
				e.Offers[k].Item = p.buyers
			}
		}
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
