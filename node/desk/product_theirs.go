package desk

import (
	"slices"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
	"kontor/protocol/forecast"
	"kontor/protocol/partnership"
	"kontor/protocol/quality"
	"kontor/protocol/quantity"
)

// theirNumbers names the items of a seller's own documents by the numbers its buyer uses too, where the maps in force on a day give one number. Counts of defects
// keep the seller's number unless one unit is one of the buyer's, since a defect in a pack is none of a tablet; quantities of lots and of lifts are counted in the
// buyer's packs. Nil for a buyer, whose numbers are the partnership's.
func (d *Desk) theirNumbers(p *node.Partnership, r *protocol.Replica, day calendar.Date) (*renaming, error) {
	if d.node.Own(p).Role != partnership.RoleSeller {
		return nil, nil
	}
	links, err := r.ProductLinks()
	if err != nil || len(links) == 0 {
		return nil, err
	}
	used := map[string]bool{}
	for _, l := range links {
		if l.Holds(day) {
			used[l.Buyers] = true
		}
	}
	units, err := buyersUnits(r)
	return &renaming{links: links, asked: func(id string) bool { return used[id] }, units: units, day: day}, err
}

// alike is the buyer's number of an own one, where it is the same thing in the same unit; false where it has none, and where the two differ.
func (r *renaming) alike(id string) (string, bool) {
	found := r.theirs(id)
	if len(found) == 0 {
		return "", false
	}
	if one, single := r.single(id); !single || one.Units != quantity.Of(1) {
		r.once("%s keeps its own number: the map does not give one unit of one of the buyer's items for it", id)
		return "", false
	}
	r.once("%s is named %s too, the buyer's number", id, found[0].Buyers)
	return found[0].Buyers, true
}

// item adds the buyer's number to an item that goes by an own one.
func (r *renaming) item(i *forecast.Item) {
	if own := i.ID(); own == i.GTIN || i.BuyersID != "" && i.SellersID != "" {
		return // known to both
	} else if theirs, found := r.alike(own); found {
		i.BuyersID, i.SellersID = theirs, own
	}
}

// id is an item's number in a document whose items both sides' numbers name.
func (r *renaming) id(own *string) {
	if theirs, found := r.alike(*own); found {
		*own = theirs
	}
}

// thing names an item of which no quantity is said: any pack of it is the same thing.
func (r *renaming) thing(own *string) {
	if l, one := r.single(*own); one {
		*own = l.Buyers
	}
}

// quality names the items of a report.
func (r *renaming) quality(doc *quality.Document) {
	doc.Measures, doc.Complaints, doc.Blocks = slices.Clone(doc.Measures), slices.Clone(doc.Complaints), slices.Clone(doc.Blocks)
	for i := range doc.Measures {
		r.counts(&doc.Measures[i].Item)
	}
	for i := range doc.Complaints {
		r.complaint(&doc.Complaints[i])
	}
	for i := range doc.Blocks {
		r.lotBlock(&doc.Blocks[i])
	}
}

// campaign names the items of a calendar. What a blackout keeps free it keeps free under both numbers.
func (r *renaming) campaign(doc *campaign.Document) {
	doc.Events, doc.Blackouts = slices.Clone(doc.Events), slices.Clone(doc.Blackouts)
	for i := range doc.Events {
		e := &doc.Events[i]
		e.Items, e.Offers, e.Impacts = slices.Clone(e.Items), slices.Clone(e.Offers), slices.Clone(e.Impacts)
		r.inPacks(e)
		for k := range e.Items {
			r.item(&e.Items[k])
		}
		for k := range e.Offers {
			r.id(&e.Offers[k].Item)
		}
		for k := range e.Impacts {
			m := &e.Impacts[k]
			m.Cannibalises, m.Halo = slices.Clone(m.Cannibalises), slices.Clone(m.Halo)
			r.id(&m.Item)
			for _, list := range [][]string{m.Cannibalises, m.Halo} {
				for n := range list {
					r.thing(&list[n])
				}
			}
		}
		if e.Launch != nil {
			launch := *e.Launch
			r.id(&launch.Item)
			e.Launch = &launch
		}
	}
	for i := range doc.Blackouts {
		b := &doc.Blackouts[i]
		b.Items = slices.Clone(b.Items)
		for _, own := range b.Items {
			if l, one := r.single(own); one && !slices.Contains(b.Items, l.Buyers) {
				b.Items = append(b.Items, l.Buyers)
			}
		}
	}
}
