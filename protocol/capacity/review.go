package capacity

import (
	"slices"

	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// SlotNeedsReview is the state of a slot whose forecast moved materially since it was set aside. It is said of a slot and never written in one: the
// seller's next plan, made for the forecast as it is now, keeps or changes the slot and ends it.
const SlotNeedsReview SlotStatus = "NEEDS_REVIEW"

// SlotView is a slot as it stands against the forecast in force.
type SlotView struct {
	Group string            `json:"group"`
	Slot  Slot              `json:"slot"`
	State SlotStatus        `json:"state"`             // its own status, RELEASED once it has expired, or NEEDS_REVIEW
	Was   quantity.Quantity `json:"was"`               // forecast of its product in its days when the plan was made; 0 where nothing moved
	Is    quantity.Quantity `json:"is"`                // and now
	Lines []string          `json:"moved,omitempty"`   // keys of the forecast lines that moved materially
	Over  bool              `json:"expired,omitempty"` // its time to live is over
}

// Slots reads the slots of a plan against the forecast in force, by group and slot. made is the forecast the plan was made for; a slot that is offered,
// reserved or committed needs a review where a cell of its line in its days moved by more than five percent and one lot since (practice T1), or is gone. now is
// ms UTC.
func Slots(p Plan, made, inForce *forecast.Document, now int64) (out []SlotView, err error) {
	var changes []forecast.Change
	items := map[string]forecast.Line{}
	if made != nil && inForce != nil {
		if changes, err = forecast.Diff(*made, *inForce); err != nil {
			return nil, err
		}
		for _, doc := range []*forecast.Document{made, inForce} {
			for _, l := range doc.Lines {
				items[l.Key()] = l
			}
		}
		changes = slices.DeleteFunc(changes, func(c forecast.Change) bool { return !forecast.Material(c, forecast.DefaultTolerance()) })
	}
	for _, g := range p.Groups {
		for _, s := range g.Slots {
			v := SlotView{Group: g.ID, Slot: s, State: s.Status}
			if v.Over = s.ExpiresAt != 0 && now >= s.ExpiresAt; v.Over && s.Status != SlotConsumed {
				v.State = SlotReleased
			}
			if v.State == SlotOffered || s.held() && !v.Over {
				for _, c := range changes {
					if l := items[c.Line]; !s.maps(l) || !c.Bucket.Overlaps(s.Bucket) {
						continue
					}
					v.State = SlotNeedsReview
					if err := v.moved(c); err != nil {
						return nil, err
					}
				}
			}
			out = append(out, v)
		}
	}
	slices.SortStableFunc(out, func(a, b SlotView) int {
		switch {
		case a.Group != b.Group && a.Group < b.Group, a.Group == b.Group && a.Slot.ID < b.Slot.ID:
			return -1
		case a.Group == b.Group && a.Slot.ID == b.Slot.ID:
			return 0
		}
		return 1
	})
	return out, nil
}

func (v *SlotView) moved(c forecast.Change) (err error) {
	if !slices.Contains(v.Lines, c.Line) {
		v.Lines = append(v.Lines, c.Line)
	}
	for _, at := range []struct {
		sum  *quantity.Quantity
		cell *forecast.Cell
	}{{&v.Was, c.Old}, {&v.Is, c.New}} {
		if at.cell != nil && err == nil {
			*at.sum, err = at.sum.Add(at.cell.Mean)
		}
	}
	return err
}

// maps tells whether a slot speaks of a line: of the one it names, else of every line of its product there.
func (s Slot) maps(l forecast.Line) bool {
	if s.Line != "" {
		return l.Key() == s.Line
	}
	i := l.Item
	return (s.Product == i.ID() || s.Product == i.BuyersID || s.Product == i.SellersID || s.Product == i.GTIN) && regionCovers(s.Region, l.Location.Region)
}
