package capacity

import (
	"cmp"
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
	moves, err := movesBetween(made, inForce)
	if err != nil {
		return nil, err
	}
	for _, g := range p.Groups {
		for _, s := range g.Slots {
			v := SlotView{Group: g.ID, Slot: s, State: s.Status}
			if v.Over = s.ExpiresAt != 0 && now >= s.ExpiresAt; v.Over && s.Status != SlotConsumed {
				v.State = SlotReleased
			}
			if v.State == SlotOffered || s.held() && !v.Over {
				if err := v.review(moves); err != nil {
					return nil, err
				}
			}
			out = append(out, v)
		}
	}
	slices.SortStableFunc(out, func(a, b SlotView) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Slot.ID, b.Slot.ID))
	})
	return out, nil
}

// move is a cell that changed materially, with the newest line it is of.
type move struct {
	forecast.Change
	of forecast.Line
}

// movesBetween are the material changes from one forecast to another; none where one of them is not known.
func movesBetween(made, inForce *forecast.Document) (out []move, err error) {
	if made == nil || inForce == nil {
		return nil, nil
	}
	changes, err := forecast.Diff(*made, *inForce)
	if err != nil {
		return nil, err
	}
	lines := map[string]forecast.Line{}
	for _, doc := range []*forecast.Document{made, inForce} {
		for _, l := range doc.Lines {
			lines[l.Key()] = l
		}
	}
	for _, c := range changes {
		if forecast.Material(c, forecast.DefaultTolerance()) {
			out = append(out, move{c, lines[c.Line]})
		}
	}
	return out, nil
}

// review notes the moves that a slot's line made in its days.
func (v *SlotView) review(moves []move) error {
	for _, m := range moves {
		if !v.Slot.maps(m.of) || !m.Bucket.Overlaps(v.Slot.Bucket) {
			continue
		}
		v.State = SlotNeedsReview
		if err := v.moved(m.Change); err != nil {
			return err
		}
	}
	return nil
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
